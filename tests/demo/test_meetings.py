"""Strangers' calls in the invented city: about a fifth of the eligible take part, and households choose one adult."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from demo.manners import TEMPERS, manners
from demo.meetings import adults_at_home, first_words, meet
from demo.townspeople import Townsperson, townsperson
from survey.consequence import final_code
from survey.disposition import RateCell, disposition, from_line
from survey.household import ABSENT, ADULTS, ANSWERS, COMES, LAST, REFUSES, SPLIT
from survey.methods.rates import Counts, rates
from telephony.simulator.personas import CHINA, PickupKind, Temper

MONDAY = datetime(2026, 11, 2, 10, tzinfo=CHINA)
TRIES = [MONDAY + timedelta(days=d, hours=h) for d, h in ((0, 0), (0, 9), (2, 5), (3, 9), (5, 1), (6, 6))]
CAUSES = {
    PickupKind.NO_ANSWER: "no_answer",
    PickupKind.BUSY: "busy",
    PickupKind.NOT_IN_SERVICE: "invalid",
    PickupKind.SWITCHED_OFF: "unreachable",
    PickupKind.REJECTED: "rejected",
}
MOBILES = [townsperson(f"+86145{n:08}") for n in range(2500)]
LINES = [townsperson(f"+86978{2_000_000 + n}") for n in range(1200)]


def ended(person: Townsperson) -> list[str]:
    """Call someone up to six times as the rules ask; return the codes of the tries."""
    codes: list[str] = []
    was_asked = is_conversion = False
    for attempt, at in enumerate(TRIES, 1):
        far = person.pickup(attempt, at)
        if far.kind is PickupKind.MACHINE:
            codes.append("3.14")
        elif far.kind is not PickupKind.ANSWERED:
            days = 1 + sum(code == "3.16" for code in codes)
            codes.append(from_line(CAUSES[far.kind], days_off=days) or "")
        else:
            outcome = first_words(person, was_asked=was_asked, is_conversion=is_conversion)
            if outcome is None:
                met = meet(person, {SPLIT: "last"}, listed=2, attempt=attempt, is_conversion=is_conversion)
                broke = "2.12" if met.respondent.temper is Temper.BREAKS_OFF else "1.1"
                codes.append(met.refusal.code if met.refusal else broke)
            else:
                codes.append(outcome.code)
            was_asked = codes[-1] == "3.21"
            if codes[-1].startswith("2.1") and (is_conversion or (outcome is not None and outcome.is_hard)):
                return codes
            is_conversion = codes[-1].startswith("2.1")
        if disposition(codes[-1]).is_final:
            return codes
    return codes


def counted(people: list[Townsperson]) -> tuple[Counts, int]:
    """Call everybody; return the outcomes by cell and the number of dials."""
    tried = [ended(person) for person in people]
    cells = Counter(disposition(final_code(codes)).cell for codes in tried)
    named = dict(zip(RateCell, Counts.__dataclass_fields__, strict=True))
    return Counts(**{named[cell]: n for cell, n in cells.items()}), sum(map(len, tried))


def test_about_a_fifth_of_the_eligible_take_part() -> None:
    for people in (MOBILES, LINES):
        counts, dials = counted(people)
        found = rates(counts)
        assert 0.15 < (found.rr3 or 0) < 0.35
        assert 0.6 < (found.con1 or 0) < 0.95
        assert counts.refusal > 1.5 * counts.complete
        assert 7 < dials / counts.complete < 16


def test_every_figure_has_a_source_and_the_tempers_add_up() -> None:
    for is_mobile in (True, False):
        shares = manners(is_mobile=is_mobile)
        assert sum(shares[temper] for temper in TEMPERS) == pytest.approx(1)
        assert all(0 <= share <= 1 for share in shares.values())


def test_a_household_chooses_one_adult_and_sticks_to_it() -> None:
    met = [meet(p, {SPLIT: "last"}, listed=3, attempt=1) for p in LINES]
    assert met == [meet(p, {SPLIT: "last"}, listed=3, attempt=1) for p in LINES]
    adults = [int(m.said[ADULTS]) for m in met]
    assert Counter(adults)[3] / len(met) > 0.8
    said = Counter(m.said.get(LAST) for m in met)
    assert set(said) == {None, ANSWERS, COMES, ABSENT, REFUSES}
    own = sum(m.respondent.place == 0 for m in met)
    assert own / len(met) == pytest.approx(sum(1 / n for n in adults) / len(met), abs=0.04)
    later = [meet(p, {SPLIT: "last"}, listed=3, attempt=2) for p in LINES]
    assert [m.respondent.place for m in later] == [m.respondent.place for m in met]
    assert any(a.is_absent and not b.is_absent for a, b in zip(met, later, strict=True))
    assert all(m.respondent.age >= 18 for m in met if m.respondent.place)


def test_who_answers_a_mobile_is_asked_without_a_household() -> None:
    assert all(meet(p, {}, listed=None, attempt=1).respondent is p for p in MOBILES[:50])
    assert {adults_at_home(p, None) for p in LINES} == {1, 2, 3, 4}
