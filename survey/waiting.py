"""Waiting: why there is no case for an interviewer now, what waits for later, and when there will be one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.dates import moment_words
from core.people import Staff
from core.terms import Words
from survey.attempts import Appointment
from survey.calling import Rules, open_from, within_hours
from survey.cases import Case, CaseState
from survey.interviewers import Interviewer
from survey.queue import open_waves


@dataclass(frozen=True)
class NothingNow:
    """Why nothing is callable, counts of what waits, and the next time (None when only a release helps)."""

    words: Words
    callbacks: int
    appointments: int
    fresh: int
    at_home: int
    """Callable cases of the interviewer's own county."""
    next_at: datetime | None

    @property
    def next_words(self) -> Words:
        """Say when the next case comes."""
        if self.next_at is None:
            return Words("请联系督导投放新样本", "Ask the supervisor to release more of the sample")
        return Words("下一个最早 {at}", "The next one is due {at}").filled(at=moment_words(self.next_at))


def why_nothing(session: Session, *, by: Staff, at: datetime) -> NothingNow:
    """Explain an empty queue to the person who sits before it."""
    waves = open_waves(session)
    ids = list(waves)
    home = by.home_county_id or 0
    cross = [w for w, (_, is_cross) in waves.items() if is_cross]
    is_home = sa.and_(Case.wave_id.in_(cross), Case.county_id == home)
    waiting = sa.and_(Case.state == CaseState.WAITING, Case.wave_id.in_(ids))
    counts = session.execute(
        sa.select(
            sa.func.count().filter(Case.due_at.is_not(None), ~is_home),
            sa.func.count().filter(Case.due_at.is_(None), ~is_home),
            sa.func.count().filter(is_home),
            sa.func.min(Case.due_at).filter(~is_home, Case.due_at > at),
        ).where(waiting)
    ).one()
    promised = session.execute(
        sa.select(sa.func.count(), sa.func.min(Appointment.at))
        .join(Case, Case.id == Appointment.case_id)
        .where(Appointment.is_open, Case.wave_id.in_(ids), ~is_home)
    ).one()
    rules = next((found[0] for found in waves.values()), Rules())
    me = session.get(Interviewer, by.id)
    cooling = me.cooling_until if me and me.cooling_until and me.cooling_until > at else None
    words, next_at = _why(at, rules, bool(ids), cooling, counts[3], promised[1])
    return NothingNow(words, counts[0], promised[0], counts[1], counts[2], next_at)


def _why(
    at: datetime,
    rules: Rules,
    has_wave: bool,
    cooling: datetime | None,
    due: datetime | None,
    promised: datetime | None,
) -> tuple[Words, datetime | None]:
    if not has_wave:
        return Words("现在没有进行中的调查", "No wave is open now"), None
    if cooling is not None:
        return Words("刚才辛苦了，休息一会儿再继续", "That was a hard call; take a short rest first"), cooling
    local = clock.local(at)
    if not within_hours(local, rules):
        hours = "、".join(f"{w.opens:%H:%M}–{w.closes:%H:%M}" for w in rules.hours)
        words = Words("现在不在拨打时段（{hours}）", "Outside calling hours ({hours})").filled(hours=hours)
        return words, open_from(local, rules)
    times = [moment for moment in (due, promised) if moment is not None]
    if not times:
        return Words("已投放的个案都拨完了", "Every released case is done"), None
    soonest = max(min(times), at + timedelta(seconds=5))
    return (
        Words("现在没有到时间的个案", "No case is due at this moment"),
        open_from(clock.local(soonest), rules),
    )
