"""Consequences: what the outcome of an attempt means for its case: another try and when, or its end and as what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.phone import NumberKind
from survey import calling
from survey.calling import DayPart, Rules
from survey.disposition import RateCell, RetryRule, disposition

NO_ANSWER, BUSY, SWITCHED_OFF, OUT_OF_SERVICE = "3.13", "3.12", "3.16", "4.33"
UNREACHED = frozenset({RetryRule.NO_ANSWER, RetryRule.BUSY, RetryRule.UNREACHABLE})


@dataclass(frozen=True)
class Past:
    """What is known of a case when an attempt ends; this attempt is counted in."""

    kind: NumberKind
    attempts: int
    tried: DayPart
    codes: tuple[str, ...]
    """Codes of all attempts, oldest first, this one last."""
    days: tuple[datetime, ...]
    """When they were made, by the residents' clock, in the same order."""
    is_converted: bool


@dataclass(frozen=True)
class Consequence:
    """What happens to the case now: closed as `code`, or waiting until `due` (local) with `code` meanwhile."""

    code: str
    due: datetime | None
    must_change_interviewer: bool = False
    is_conversion: bool = False

    @property
    def is_closed(self) -> bool:
        """Say whether the case is done."""
        return self.due is None


def of(past: Past, local: datetime, rules: Rules, *, is_hard: bool = False) -> Consequence:
    """Return what an outcome means by the rules; a hard refusal ends the case whatever the table says."""
    code = past.codes[-1]
    outcome = disposition(code)
    if is_hard or outcome.is_final or outcome.try_again is None:
        return Consequence(final_code(past.codes), None)
    if code == SWITCHED_OFF and days_in_a_row(past, SWITCHED_OFF) >= rules.out_of_service_days:
        return Consequence(final_code((*past.codes, OUT_OF_SERVICE)), None)
    rule = outcome.try_again
    if past.attempts >= rules.cap(past.kind):
        return Consequence(final_code(past.codes), None)
    if rule in UNREACHED and calling.is_exhausted(past.attempts, past.tried, past.kind, rules):
        return Consequence(final_code(past.codes), None)
    if rule == RetryRule.SOFT_REFUSAL:
        if past.is_converted:
            return Consequence(final_code(past.codes), None)
        due = calling.after_soft_refusal(local, rules)
        return Consequence(final_code(past.codes), due, must_change_interviewer=True, is_conversion=True)
    return Consequence(final_code(past.codes), _due(rule, past, local, rules))


def _due(rule: RetryRule, past: Past, local: datetime, rules: Rules) -> datetime:
    if rule == RetryRule.BUSY:
        soon = calling.after_busy(local, _run(past.codes[:-1], BUSY), rules)
        if soon is not None:
            return soon
    if rule == RetryRule.INCONVENIENT:
        return calling.open_from(local + timedelta(minutes=rules.inconvenient), rules)
    if rule == RetryRule.UNREACHABLE:
        tomorrow = datetime.combine(local.date() + timedelta(days=1), time(0), local.tzinfo)
        return calling.after_no_answer(local, past.tried, past.attempts, rules, earliest=tomorrow)
    return calling.after_no_answer(local, past.tried, past.attempts, rules)


def _run(codes: Sequence[str], code: str) -> int:
    """Count how many at the end are the same code."""
    count = 0
    for one in reversed(codes):
        if one != code:
            break
        count += 1
    return count


def days_in_a_row(past: Past, code: str) -> int:
    """Count the days of the unbroken run of a code up to the last attempt."""
    run = _run(past.codes, code)
    return len({moment.date() for moment in past.days[len(past.days) - run :]})


_TALKED_NOT_ELIGIBLE = ("4.70", "4.80", "4.10", "4.51")
_UNKNOWN_ORDER = ("3.14", "3.13", "3.12", "3.15", "3.16", "3.11")


def _precedence(code: str) -> int:
    """Rank a code for the case's final one: what says most about a person goes before what says least.

    AAPOR Standard Definitions: an interview before all, then a proven ineligibility, then a refusal before any
    other outcome of an eligible person, contact before none, and what a number's own fate says before unknowns.
    """
    cell = disposition(code).cell
    if code in _TALKED_NOT_ELIGIBLE:
        return 2
    if cell == RateCell.UNKNOWN_HOUSEHOLD:
        return 9 + _UNKNOWN_ORDER.index(code)
    return {
        RateCell.COMPLETE: 0,
        RateCell.PARTIAL: 1,
        RateCell.REFUSAL: 3,
        RateCell.OTHER: 4,
        RateCell.NON_CONTACT: 5,
        RateCell.UNKNOWN_OTHER: 6,
        RateCell.NOT_ELIGIBLE: 7,
    }[cell]


def final_code(codes: Sequence[str]) -> str:
    """Return the case's code from those of its attempts; among equals the latest counts."""
    best = min(_precedence(code) for code in codes)
    return next(code for code in reversed(codes) if _precedence(code) == best)
