"""Meetings: what the first words of a call come to, and which adult of a household comes to the telephone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from demo.townspeople import Townsperson
from survey.household import ABSENT, ADULTS, ANSWERS, ARMS, COMES, REFUSES, SELECTIONS, SPLIT
from survey.outcomes import Outcome
from telephony.simulator.chance import chance
from telephony.simulator.personas import Temper

BUSINESS, UNABLE, NO_SCREENER = "4.51", "2.32", "3.21"
OWN_REFUSAL, HOUSEHOLD_REFUSAL = "2.112", "2.111"


@dataclass(frozen=True)
class Meeting:
    """Who is interviewed, and what the household said before: answers by question."""

    respondent: Townsperson
    said: Mapping[str, str]
    refusal: Outcome | None = None
    """Why nobody can be interviewed now; None when the respondent is at the telephone and willing."""
    is_absent: bool = False


def first_words(person: Townsperson, *, was_asked: bool, is_conversion: bool) -> Outcome | None:
    """Return the outcome of a call that ends with its first words; None when one may go on.

    Who asked for another time still lacks it in the outcome: the caller finds one.
    """
    if person.is_business:
        return Outcome(BUSINESS)
    if person.is_unable:
        return Outcome(UNABLE)
    refusal = OWN_REFUSAL if person.is_mobile else HOUSEHOLD_REFUSAL
    match person.temper:
        case Temper.HARD_REFUSER:
            return Outcome(refusal, is_hard=person.never_again)
        case Temper.SOFT_REFUSER if not (is_conversion and person.is_turned):
            return Outcome(refusal)
        case Temper.APPOINTMENT if not was_asked:
            return Outcome(NO_SCREENER)
        case _:
            return None


def adults_at_home(person: Townsperson, listed: int | None) -> int:
    """Return how many adults live behind a landline: as the list says, unless it is out of date."""
    own = 1 + sum(person.trait("adults") >= edge for edge in (0.24, 0.71, 0.91))
    if listed is None:
        return own
    return own if person.trait("list") < person.shares["list_outdated"] else listed


def meet(
    person: Townsperson,
    splits: Mapping[str, str],
    *,
    listed: int | None,
    attempt: int,
    is_conversion: bool = False,
) -> Meeting:
    """Return whom this call leads to: the one who answers a mobile, the adult chosen by birthday at a landline."""
    question = next((name for name in SELECTIONS if ARMS[name] == splits.get(SPLIT)), None)
    if person.is_mobile or question is None:
        return Meeting(person, {})
    adults = adults_at_home(person, listed)
    place = int(adults * person.trait(f"birthday {splits[SPLIT]}"))
    told = {ADULTS: str(adults)}
    if adults == 1:
        return Meeting(person, told)
    if place == 0:
        return Meeting(person, {**told, question: ANSWERS})
    chosen = replace(person, place=place)
    u = chance(person.seed, "fetched", person.number, attempt)
    if u < person.shares["fetch_refused"]:
        return Meeting(chosen, {**told, question: REFUSES}, Outcome(HOUSEHOLD_REFUSAL))
    if u >= person.shares["fetch_refused"] + person.shares["comes"]:
        return Meeting(chosen, {**told, question: ABSENT}, Outcome(NO_SCREENER), is_absent=True)
    said = {**told, question: COMES}
    if chosen.is_unable:
        return Meeting(chosen, said, Outcome(UNABLE))
    is_willing = chosen.temper is Temper.COOPERATIVE or (is_conversion and chosen.is_turned)
    return Meeting(chosen, said, None if is_willing else Outcome(OWN_REFUSAL))
