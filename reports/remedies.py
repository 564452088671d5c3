"""Remedies: what was done about a root cause, and, ninety days later, what that prevented."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff, Unit
from core.problems import Invalid
from core.sweeps import sweep
from core.terms import Words
from reports.matter_counts import CAUSES, all_townships, raised
from reports.prevented import Prevented, prevented
from reports.root_causes import LONGEST_REMEDY, MEASURED_AFTER, ROOT_CAUSE_FLOW, A, RootCause, S


def remedy(
    session: Session,
    cause: RootCause,
    words: str,
    *,
    on: date | None,
    unit: Unit | None,
    by: Staff,
    at: datetime,
) -> None:
    """Note what was done about a cause, on which day and by which unit; its measure begins the day after."""
    words, problems = words.strip(), {}
    if not words or len(words) > LONGEST_REMEDY:
        problems["remedy"] = Words(
            "请写明做了什么，最多 2000 字", "Say what was done, in at most 2,000 characters"
        )
    if on is None or not cause.first_on <= on <= clock.today(at):
        problems["on"] = Words(
            "日期应在问题出现之后、今天之前", "The day lies between the first calls and today"
        )
    if unit is None or not unit.is_active:
        problems["unit"] = Words("请选择整改单位", "Choose the unit that did it")
    if problems or on is None or unit is None:
        raise Invalid(
            Words("还没有记下，填写的内容都保留着", "Not noted yet; what you typed is kept"), fields=problems
        )
    cause.remedied_on, cause.unit_id, cause.unit, cause.remedy = on, unit.id, unit, words
    ROOT_CAUSE_FLOW.move(session, cause, A.REMEDY, by=by, at=at)


def counted(session: Session, cause: RootCause, until: date) -> tuple[int, int, int, int]:
    """Count matters before and after a remedy, there and elsewhere, up to a day: before, after, before, after."""
    assert cause.remedied_on is not None, "only what was remedied is compared"
    towns, code = all_townships(session), CAUSES.index(cause.topic)
    here = [n for n, town in enumerate(towns) if town.id in set(cause.townships)]
    spans = (
        (cause.remedied_on - timedelta(days=MEASURED_AFTER), cause.remedied_on - timedelta(days=1)),
        (cause.remedied_on + timedelta(days=1), until),
    )
    sums = [raised(session, towns, *span).counts[code].sum(axis=1) for span in spans]
    inside = [int(s[here].sum()) for s in sums]
    outside = [int(s.sum()) - n for s, n in zip(sums, inside, strict=True)]
    return inside[0], inside[1], outside[0], outside[1]


def so_far(session: Session, cause: RootCause, today: date) -> Prevented | None:
    """Return what a remedy seems to have prevented up to yesterday, before its ninety days are over."""
    if cause.state is not S.REMEDIED or cause.remedied_on is None:
        return None
    days = min((today - cause.remedied_on).days - 1, MEASURED_AFTER)
    if days < 1:
        return None
    until = cause.remedied_on + timedelta(days=days)
    before, after, others_before, others_after = counted(session, cause, until)
    return prevented(before, after, days=(MEASURED_AFTER, days), elsewhere=(others_before, others_after))


def measure(session: Session, cause: RootCause, *, at: datetime) -> None:
    """Keep the counts of the ninety days before and after; what they amount to follows from them."""
    assert cause.remedied_on is not None, "only what was remedied is measured"
    until = cause.remedied_on + timedelta(days=MEASURED_AFTER)
    counts = counted(session, cause, until)
    cause.before, cause.after, cause.elsewhere_before, cause.elsewhere_after = counts
    cause.measured_at = at
    ROOT_CAUSE_FLOW.move(session, cause, A.MEASURE, by=None, at=at)


@sweep("reports.root_causes", every=timedelta(hours=1))
def measure_due(session: Session, now: datetime) -> int:
    """Measure every remedy whose ninety days are over."""
    last = clock.today(now) - timedelta(days=MEASURED_AFTER + 1)
    due = sa.select(RootCause).where(RootCause.state == S.REMEDIED, RootCause.remedied_on <= last)
    found = session.scalars(due).all()
    for cause in found:
        measure(session, cause, at=now)
    return len(found)
