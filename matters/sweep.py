"""The sweep: carries out what the clock has to do to matters, gives the notices that are due; safe to repeat."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, aliased

from core import calendar_days, clock
from core.problems import Problem
from core.sweeps import sweep
from matters.flow import Side
from matters.keeping_away import excluded
from matters.matter import Matter
from matters.moving import act, set_clock, standing_of
from matters.notices import PHONE_AFTER, RETRIES, MatterNotice, NoticeKind, give
from matters.policies import policy_of
from matters.states import HOLDS, Holder, MatterState
from matters.ticks import Tick, ticks
from matters.unit_texts import text_again

EVERY = timedelta(seconds=5)
AT_ONCE = 60
"""Matters in one run: short enough that nobody at the desk waits for the database; what is left follows at once."""
NOT_BEFORE = timedelta(minutes=10)
"""How long a matter that could not be ticked is left alone, so that it does not hold the others up."""
MOST_TICKS = 8
S = MatterState
log = logging.getLogger("tingmin.matters")


@sweep("matters.clock", every=EVERY, batch=AT_ONCE)
def tick_all(session: Session, now: datetime) -> int:
    """Do what the clock has to do by now; return how many things were done."""
    calendar_days.keep_fresh(session)
    query = (
        sa.select(Matter)
        .where(Matter.next_step_at <= now)
        .order_by(Matter.next_step_at)
        .limit(AT_ONCE)
        .options(sa.orm.defer(Matter.narrative), sa.orm.defer(Matter.redacted))
    )
    return sum(_tick(session, matter, now) for matter in session.scalars(query).all())


def _due(session: Session, matter: Matter, now: datetime) -> Tick | None:
    policy = policy_of(session, matter.policy_id, at=now)
    first = next(iter(ticks(standing_of(matter), policy, clock.zone())), None)
    return first if first is not None and first.at <= now else None


def _tick(session: Session, matter: Matter, now: datetime) -> int:
    """Do to one matter all that is due; what fails is told by its id and tried again later."""
    done = 0
    try:
        while done < MOST_TICKS and (tick := _due(session, matter, now)) is not None:
            with session.begin_nested():
                act(session, matter, tick.action, by=None, at=now, facts=tick.facts)
            done += 1
    except DBAPIError:
        raise
    except Problem as problem:
        log.warning("matter %d: the clock was refused: %s", matter.id, problem)
        matter.next_step_at = now + NOT_BEFORE
    else:
        if done == 0:  # the limits moved since the moment was written down
            set_clock(matter, standing_of(matter), policy_of(session, matter.policy_id, at=now))
    session.flush()
    return done


_DESKS = {Holder.CENTRE: Side.CENTRE, Holder.SUPERVISION: Side.SUPERVISION}
_WAITING: dict[MatterState, tuple[NoticeKind, Side]] = {
    state: (NoticeKind.STAGE_OVER, _DESKS[held]) for state, held in HOLDS.items() if held in _DESKS
}
_WAITING[S.DRAFT] = (NoticeKind.CALL_BACK, Side.CENTRE)
_WAITING[S.NOT_ACCEPTED] = (NoticeKind.STAGE_OVER, Side.CENTRE)
_WAITING[S.SUSPENDED] = (NoticeKind.REVIEW_OVER, Side.HEAD)
"""Whose step is overdue in which state: told once, the matter itself does not move by it."""


@sweep("matters.overdue", every=timedelta(seconds=30), batch=AT_ONCE)
def tell_overdue(session: Session, now: datetime) -> int:
    """Tell desk and offices of their own steps that are overdue; return how many notices were given."""
    given = 0
    for state, (kind, side) in _WAITING.items():
        told = sa.exists().where(
            MatterNotice.matter_id == Matter.id,
            MatterNotice.kind == kind,
            MatterNotice.due_at == Matter.stage_due_at,
        )
        query = (
            sa.select(Matter)
            .where(Matter.state == state, Matter.stage_due_at <= now, ~told)
            .order_by(Matter.stage_due_at)
            .limit(AT_ONCE)
            .options(sa.orm.defer(Matter.narrative), sa.orm.defer(Matter.redacted))
        )
        for matter in session.scalars(query).all():
            about = (matter.stage_due_at or now).isoformat()
            notice = give(session, matter, kind, side, about=about, at=now, due_at=matter.stage_due_at)
            given += notice is not None
    return given


@sweep("matters.retries", every=timedelta(seconds=30), batch=AT_ONCE)
def give_again(session: Session, now: datetime) -> int:
    """Give assignments that nobody has looked at once more, on the page and by text; then have the unit telephoned."""
    query = (
        sa.select(MatterNotice)
        .where(MatterNotice.retry_at <= now, MatterNotice.seen_at.is_(None), ~_was_seen())
        .order_by(MatterNotice.retry_at)
        .limit(AT_ONCE)
    )
    count = 0
    for notice in session.scalars(query).all():
        count += 1
        if not _is_theirs(session, notice):
            notice.retry_at = None
        elif notice.tries <= len(RETRIES):
            notice.tries += 1
            later = RETRIES[notice.tries - 1] if notice.tries <= len(RETRIES) else PHONE_AFTER
            notice.retry_at = notice.given_at + later
            _tell_again(session, notice, now)
        else:
            notice.retry_at = None
            give(session, notice.matter, NoticeKind.CALL_UNIT, Side.CENTRE, about=notice.id, at=now)
    session.flush()
    return count


def _is_theirs(session: Session, notice: MatterNotice) -> bool:
    """Say whether the unit still has the part that it was told of, and need not be kept away from it."""
    matter, unit = notice.matter, notice.unit_id
    if matter.state is not S.ASSIGNED or unit not in standing_of(matter).units:
        return False
    return unit not in excluded(session, matter)


def _was_seen() -> sa.ColumnElement[bool]:
    """Say that somebody of the unit looked at it when it was told again."""
    again = aliased(MatterNotice)
    return sa.exists().where(
        again.matter_id == MatterNotice.matter_id,
        again.unit_id == MatterNotice.unit_id,
        again.kind == NoticeKind.AGAIN,
        again.seen_at >= MatterNotice.given_at,
    )


def _tell_again(session: Session, notice: MatterNotice, now: datetime) -> None:
    """Put it on top of the unit's notices, unseen, and text the telephone on duty."""
    assert notice.unit_id is not None, "what is given again is a unit's"
    about = f"{notice.id}-{notice.tries}"
    give(session, notice.matter, NoticeKind.AGAIN, notice.unit_id, about=about, at=now, due_at=notice.due_at)
    text_again(session, notice.matter, notice.unit_id, at=now)
