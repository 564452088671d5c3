"""Explaining a deadline: which policy and calendar, every day counted and skipped, pauses, extension, both figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import msgspec

from core import calendar
from core.calendar import Day
from matters.clocks import clock_of, result_end
from matters.flow import MatterAction
from matters.limits import End, Limit, Policy, Span
from matters.standing import Deed, Standing
from matters.states import MatterState
from matters.steps import Around
from matters.steps_unit import on_time

PAUSES = {
    MatterAction.ASK_CALLER.value: MatterState.WAIT_CALLER,
    MatterAction.SUSPEND.value: MatterState.SUSPENDED,
}
RESUMES = frozenset(
    {
        MatterAction.CALLER_REPLIED.value,
        MatterAction.RESUME.value,
        MatterAction.RESUME_WORK.value,
        MatterAction.TAKE_AWAY.value,
    }
)


@dataclass(frozen=True)
class Pause:
    """One time in which the clock stood still, and what it adds to the limit."""

    state: MatterState
    began_at: datetime
    ended_at: datetime | None
    days: int
    seconds: float


@dataclass(frozen=True)
class CountedDay:
    """One day on the way to the deadline: which number it has, or none when it is skipped."""

    day: Day
    number: int | None


@dataclass(frozen=True)
class Explanation:
    """How the deadline of a matter's present round comes about."""

    policy: Policy
    calendar_version: int
    span: Span
    started_at: datetime
    plain: End
    """The limit with its pauses, without the extension."""
    end: End
    """The limit with the extension too; the same where there is none."""
    days: tuple[CountedDay, ...]
    """Every day after the first, up to the last; empty when the limit is counted in hours."""
    paused_days: int
    paused: timedelta
    pauses: tuple[Pause, ...]
    extended_to: datetime | None
    stage: Limit | None
    stage_end: End | None
    reported_at: datetime | None
    on_time: bool | None
    on_time_plain: bool | None
    is_paused: bool

    @property
    def counted(self) -> int:
        """How many working days were counted."""
        return sum(day.number is not None for day in self.days)

    @property
    def skipped(self) -> int:
        """How many days were skipped."""
        return len(self.days) - self.counted


def explain(standing: Standing, log: Iterable[Deed], policy: Policy, zone: tzinfo) -> Explanation:
    """Say how the deadline of a matter's present round comes about."""
    plain_standing = msgspec.structs.replace(standing, extended_to=None)
    plain = result_end(plain_standing, policy, zone)
    started = standing.round_began_at or standing.since
    span = policy.span(Limit.RESULT, standing.urgency)
    clock = clock_of(standing, policy, zone)
    around = Around(policy, zone)
    return Explanation(
        policy=policy,
        calendar_version=calendar.version(),
        span=span,
        started_at=started,
        plain=plain,
        end=result_end(standing, policy, zone),
        days=tuple(_days(started, span, standing.paused_days, zone)),
        paused_days=standing.paused_days,
        paused=timedelta(seconds=standing.paused_seconds),
        pauses=tuple(_pauses(log, started)),
        extended_to=standing.extended_to,
        stage=clock.stage,
        stage_end=clock.stage_end,
        reported_at=standing.reported_at,
        on_time=on_time(standing, around, with_extension=True),
        on_time_plain=on_time(standing, around, with_extension=False),
        is_paused=clock.is_paused,
    )


def _days(started: datetime, span: Span, paused: int, zone: tzinfo) -> Iterable[CountedDay]:
    if not span.is_working:
        return
    number = 0
    for day in calendar.working_days_after(started.astimezone(zone).date(), span.amount + paused):
        number += day.counts
        yield CountedDay(day, number if day.counts else None)


def _pauses(log: Iterable[Deed], since: datetime) -> Iterable[Pause]:
    """Find the pauses of the round that began at a moment."""
    begun: tuple[MatterState, datetime] | None = None
    for deed in log:
        if deed.at < since:
            continue
        if deed.action in PAUSES:
            begun = PAUSES[deed.action], deed.at
        elif deed.action in RESUMES and begun is not None:
            yield Pause(*begun, deed.at, deed.facts["days"], deed.facts["seconds"])
            begun = None
    if begun is not None:
        yield Pause(*begun, None, 0, 0.0)
