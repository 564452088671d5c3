"""The checklist of imminent danger: every step has its clock, and gentler help comes before harsher."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hotline import danger_steps
from hotline.danger_steps import HELP, DangerStep, Stamp, StepClock, StepResult

BEGAN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
D, DONE = DangerStep, StepResult.DONE


def minutes(n: float) -> datetime:
    """Return a moment after the danger was seen."""
    return BEGAN + timedelta(minutes=n)


def test_every_step_runs_against_its_clock() -> None:
    stamps = {D.SUPERVISOR: Stamp(DONE, minutes(0.5)), D.LOCATION: Stamp(DONE, minutes(4))}
    rows = {r.step: r for r in danger_steps.standing(BEGAN, stamps, at=minutes(6))}
    assert list(rows) == list(DangerStep)
    assert (rows[D.SUPERVISOR].clock, rows[D.SUPERVISOR].left_s) == (StepClock.DONE, 30)
    assert (rows[D.LOCATION].clock, rows[D.LOCATION].left_s) == (StepClock.DONE, -60)
    assert (rows[D.MEANS].clock, rows[D.MEANS].left_s) == (StepClock.LATE, -60)
    assert (rows[D.CONFIRM].clock, rows[D.CONFIRM].left_s) == (StepClock.RUNNING, 540)


def test_the_supervisor_is_first_and_help_is_ordered_by_how_gentle_it_is() -> None:
    assert next(iter(DangerStep)) is D.SUPERVISOR
    assert HELP == (D.TRUSTED, D.CONSENT, D.AMBULANCE, D.POLICE)
    due = [danger_steps.WITHIN[step] for step in DangerStep]
    assert due == sorted(due)


@pytest.mark.parametrize(
    ("step", "before", "is_acting", "asked"),
    [
        (D.POLICE, [], False, True),
        (D.POLICE, [D.TRUSTED], False, True),
        (D.POLICE, [D.TRUSTED, D.CONSENT], False, False),
        (D.POLICE, [], True, False),
        (D.AMBULANCE, [], False, True),
        (D.AMBULANCE, [D.TRUSTED, D.CONSENT], False, False),
        (D.TRUSTED, [], False, False),
        (D.LOCATION, [], False, False),
    ],
)
def test_harsher_help_first_needs_a_reason_unless_the_act_is_in_progress(
    step: DangerStep, before: list[DangerStep], is_acting: bool, asked: bool
) -> None:
    assert (danger_steps.needs_words(step, DONE, before, is_acting=is_acting) is not None) is asked


@pytest.mark.parametrize("step", [D.SUPERVISOR, D.CONFIRM])
def test_supervisor_and_confirmation_are_not_left_out_silently(step: DangerStep) -> None:
    assert danger_steps.needs_words(step, StepResult.IMPOSSIBLE, [], is_acting=True) is not None
    assert danger_steps.needs_words(D.MEANS, StepResult.NOT_NEEDED, [], is_acting=False) is None


def test_what_is_not_confirmed_within_a_quarter_of_an_hour_escalates() -> None:
    assert not danger_steps.must_escalate(BEGAN, {}, at=minutes(14.9))
    assert danger_steps.must_escalate(BEGAN, {}, at=minutes(15))
    confirmed = {D.CONFIRM: Stamp(DONE, minutes(12))}
    assert not danger_steps.must_escalate(BEGAN, confirmed, at=minutes(60))
    assert danger_steps.is_over(confirmed)
    assert not danger_steps.is_over({D.POLICE: Stamp(DONE, minutes(5))})
