"""Imminent danger: what is done in which order, each step with its clock, the least invasive help first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.terms import Term, Words


class DangerStep(Term):
    """A step of the checklist; the talk with the caller goes on during all of them."""

    SUPERVISOR = "supervisor", "告知督导，请其上线", "Tell the supervisor, have them join"
    LOCATION = "location", "问清所在地点和身边有谁", "Ask where they are and who is near"
    MEANS = "means", "请来电人离开或交出危险物品", "Ask them to move away from the means"
    TRUSTED = "trusted", "请身边信任的人来陪伴", "Have someone they trust come"
    CONSENT = "consent", "征得同意，请专业人员上门或送医", "With consent: crisis team or hospital"
    AMBULANCE = "ambulance", "拨打 120", "Call 120"
    POLICE = "police", "拨打 110", "Call 110"
    CONFIRM = "confirm", "确认援助已到达，或继续上报", "Confirm that help is there, or escalate"
    DEBRIEF = "debrief", "接线员休整并与督导谈话", "Rest and talk it over with the supervisor"


D = DangerStep

WITHIN: dict[DangerStep, timedelta] = {
    D.SUPERVISOR: timedelta(minutes=1),
    D.LOCATION: timedelta(minutes=3),
    D.MEANS: timedelta(minutes=5),
    D.TRUSTED: timedelta(minutes=7),
    D.CONSENT: timedelta(minutes=8),
    D.AMBULANCE: timedelta(minutes=10),
    D.POLICE: timedelta(minutes=10),
    D.CONFIRM: timedelta(minutes=15),
    D.DEBRIEF: timedelta(hours=2),
}
"""Counted from when the danger was seen."""
HELP = (D.TRUSTED, D.CONSENT, D.AMBULANCE, D.POLICE)
"""Kinds of help, least invasive first."""
WITHOUT_CONSENT = (D.AMBULANCE, D.POLICE)


class StepResult(Term):
    """How a step ended."""

    DONE = "done", "已完成", "Done"
    NOT_NEEDED = "not_needed", "不需要", "Not needed"
    IMPOSSIBLE = "impossible", "做不到", "Not possible"


class StepClock(Term):
    """How a step stands against its clock."""

    DONE = "done", "已完成", "Done"
    RUNNING = "running", "计时中", "Running"
    LATE = "late", "已超时", "Late"


CLOCK_TONES = {"done": "green", "running": "yellow", "late": "red"}


@dataclass(frozen=True)
class Standing:
    """A step with its clock at one moment."""

    step: DangerStep
    result: StepResult | None
    due_at: datetime
    stamped_at: datetime | None
    clock: StepClock
    left_s: int
    """Seconds left; below 0 for how long it is overdue, or was done late."""


@dataclass(frozen=True)
class Stamp:
    """When a step was done or set aside."""

    result: StepResult
    at: datetime


def standing(began_at: datetime, stamps: Mapping[DangerStep, Stamp], *, at: datetime) -> list[Standing]:
    """Return every step in order with its clock."""
    rows = []
    for step in DangerStep:
        due = began_at + WITHIN[step]
        stamp = stamps.get(step)
        left = int((due - (stamp.at if stamp else at)).total_seconds())
        clock = StepClock.DONE if stamp else StepClock.LATE if left < 0 else StepClock.RUNNING
        rows.append(
            Standing(step, stamp.result if stamp else None, due, stamp.at if stamp else None, clock, left)
        )
    return rows


def less_invasive_untried(step: DangerStep, stamps: Collection[DangerStep]) -> tuple[DangerStep, ...]:
    """Return gentler kinds of help that were neither tried nor set aside before this one."""
    if step not in HELP:
        return ()
    return tuple(s for s in HELP[: HELP.index(step)] if s not in stamps and s not in WITHOUT_CONSENT)


def needs_words(
    step: DangerStep, result: StepResult, stamps: Collection[DangerStep], *, is_acting: bool
) -> Words | None:
    """Say what must be explained in writing before a step is stamped; None when nothing.

    Help without consent before gentler help needs a reason, unless the act is in progress: then nobody types first.
    """
    if result is not StepResult.DONE and step in (D.SUPERVISOR, D.CONFIRM):
        return Words("这一步不能略过，请写明原因", "This step can't be left out without saying why")
    if (
        result is StepResult.DONE
        and not is_acting
        and step in WITHOUT_CONSENT
        and less_invasive_untried(step, stamps)
    ):
        return Words(
            "还没有试过更缓和的办法，请写明为什么现在就需要这样做",
            "Gentler help was not tried: say why this is needed now",
        )
    return None


def must_escalate(began_at: datetime, stamps: Mapping[DangerStep, Stamp], *, at: datetime) -> bool:
    """Say whether help is neither confirmed nor the matter escalated within a quarter of an hour."""
    return D.CONFIRM not in stamps and at >= began_at + WITHIN[D.CONFIRM]


def is_over(stamps: Mapping[DangerStep, Stamp]) -> bool:
    """Say whether the danger is past: help is confirmed, or it was written down why not."""
    return D.CONFIRM in stamps
