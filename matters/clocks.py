"""Clocks: which limit a matter runs against now, when it is due, and which colour it shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from matters.attributes import ClockColour, IncidentWay
from matters.limits import End, Limit, Policy, end_of
from matters.standing import Standing
from matters.states import OPEN, MatterState

S = MatterState

_RESULT_RUNS = frozenset({S.REGISTERED, S.TO_ROUTE, S.ASSIGNED, S.IN_HAND, S.RETURN_ASKED})
_STANDS_STILL = frozenset({S.WAIT_CALLER, S.SUSPENDED})
_STAGE: dict[MatterState, Limit] = {
    S.DRAFT: Limit.SAVE,
    S.REGISTERED: Limit.SUBMIT,
    S.TO_ROUTE: Limit.ASSIGN,
    S.ASSIGNED: Limit.SIGN,
    S.IN_HAND: Limit.RESULT,
    S.RETURN_ASKED: Limit.RULE_RETURN,
    S.WAIT_CALLER: Limit.PAUSE,
    S.RESULT_IN: Limit.CHECK,
    S.FEEDBACK_DUE: Limit.TELL_ALL,
    S.REVISIT_DUE: Limit.REVISIT_BY,
}


@dataclass(frozen=True)
class Clock:
    """The clock of a matter: the limit that gives its colour, and the one of the present step."""

    limit: Limit | None
    """What the colour is about; None when no clock runs."""
    end: End | None
    stage: Limit | None
    stage_end: End | None
    is_paused: bool = False

    def colour(self, at: datetime) -> ClockColour:
        """Say the colour at a moment."""
        return colour(self.end.due_at if self.end else None, self.end.yellow_at if self.end else None,
                      at, is_paused=self.is_paused)  # fmt: skip


def colour(
    due_at: datetime | None, yellow_at: datetime | None, at: datetime, *, is_paused: bool
) -> ClockColour:
    """Say the colour of a clock at a moment; it turns with the instant, whoever looks."""
    if is_paused:
        return ClockColour.PAUSED
    if due_at is None or yellow_at is None:
        return ClockColour.NONE
    if at >= due_at:
        return ClockColour.RED
    return ClockColour.YELLOW if at >= yellow_at else ClockColour.GREEN


def result_end(standing: Standing, policy: Policy, zone: tzinfo) -> End:
    """Say when the result of this round is due: from its beginning, with pauses and the extension, never restarted."""
    start = standing.round_began_at or standing.since
    end = end_of(
        start,
        policy.span(Limit.RESULT, standing.urgency),
        zone,
        more_days=standing.paused_days,
        more=timedelta(seconds=standing.paused_seconds),
    )
    if standing.extended_to is None:
        return end
    last = max(standing.extended_to, end.due_at)
    return End(last, max(end.yellow_at, last - (last - start) / 4), end.is_provisional)


def contact_end(standing: Standing, policy: Policy, zone: tzinfo) -> End:
    """Say by when the unit that signed should have spoken to the caller; what stood still does not count."""
    span = policy.span(Limit.FIRST_CONTACT, standing.urgency)
    return end_of(
        standing.signed_at or standing.since,
        span,
        zone,
        more_days=standing.paused_days,
        more=timedelta(seconds=standing.paused_seconds),
    )


def _is_to_confirm(standing: Standing) -> bool:
    """Say whether a decline waits for the second person."""
    return standing.state is S.NOT_ACCEPTED and not standing.is_decline_confirmed


INCIDENT_LIMITS = {
    IncidentWay.PHONE: Limit.INCIDENT_PHONE,
    IncidentWay.WRITTEN: Limit.INCIDENT_WRITTEN,
    IncidentWay.CITY: Limit.INCIDENT_CITY,
}


def noted_limits(standing: Standing, policy: Policy, zone: tzinfo) -> list[tuple[Limit, datetime]]:
    """List the limits that are no stage of their own, still run, and are noted once when they pass."""

    def end(limit: Limit, start: datetime) -> tuple[Limit, datetime]:
        return limit, end_of(start, policy.span(limit, standing.urgency), zone).due_at

    found = []
    if standing.is_incident and standing.incident_at is not None:
        for way, limit in INCIDENT_LIMITS.items():
            if way.value not in standing.incident_reports:
                found.append(end(limit, standing.incident_at))
    if standing.state is S.REVISIT_DUE and any(c.judged_at is None for c in standing.present_callers):
        found.append(end(Limit.UNREACHED, standing.since))
    return [(limit, due) for limit, due in found if f"limit_passed:{limit.value}" not in standing.notices]


def clock_of(standing: Standing, policy: Policy, zone: tzinfo) -> Clock:
    """Say what a matter's clock shows."""
    if _is_to_confirm(standing):
        end = end_of(standing.since, policy.span(Limit.DECIDE, standing.urgency), zone)
        return Clock(None, None, Limit.DECIDE, end)
    if standing.state not in OPEN:
        return Clock(None, None, None, None)
    stage = _STAGE.get(standing.state)
    stage_end: End | None = None
    if stage is Limit.RESULT and standing.awaits_word and standing.answered_at is None:
        stage = Limit.FIRST_CONTACT
        stage_end = contact_end(standing, policy, zone)
    elif stage is Limit.RESULT:
        stage_end = result_end(standing, policy, zone)
    elif standing.state is S.SUSPENDED:
        stage = Limit.SUSPENSION
        review = standing.review_at or standing.since
        stage_end = End(review, review - timedelta(days=7))
    elif standing.state is S.REVISIT_DUE and standing.panel_at is not None:
        stage = Limit.PANEL
        stage_end = end_of(standing.panel_at, policy.span(stage, standing.urgency), zone)
    elif stage is not None:
        proposed = standing.proposed if stage is Limit.SUBMIT else None
        urgency = proposed or standing.urgency
        stage_end = end_of(standing.since, policy.span(stage, urgency), zone)
    if standing.state is S.DRAFT:  # the desk's own step: no limit is told to anybody yet
        return Clock(None, None, stage, stage_end)
    if standing.state in _STANDS_STILL:
        return Clock(Limit.RESULT, None, stage, stage_end, is_paused=True)
    if standing.state in _RESULT_RUNS:
        return Clock(Limit.RESULT, result_end(standing, policy, zone), stage, stage_end)
    return Clock(stage, stage_end, stage, stage_end)
