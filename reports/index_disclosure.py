"""What may be told of a weight set's figures: no number of interviews that is few, and nothing that gives one away."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from hotline.hidden_tables import LEAST, conceal
from survey.edition_import import questionnaire_of
from survey.indices import CITY, parts_of
from survey.waves import Wave

Key = tuple[str, str]
"""An index or item, and the city or a county."""


class Counted(Protocol):
    """A figure that rests on a number of interviews."""

    @property
    def n(self) -> int:
        """How many answered."""
        ...


@dataclass(frozen=True)
class Told:
    """The numbers that may be told, and the figures that may not be, though they are sure enough."""

    numbers: Mapping[Key, int | None]
    withheld: frozenset[Key]

    def n(self, index: str, domain: str = CITY) -> int | None:
        """Return how many answered; None where they are few, or would tell another county's few."""
        return self.numbers.get((index, domain), 0)

    def is_withheld(self, index: str, domain: str) -> bool:
        """Say whether a figure would tell another county's few by subtraction from the city's."""
        return (index, domain) in self.withheld


def told(figures: Mapping[Key, Counted], parts: Mapping[str, Collection[str]]) -> Told:
    """Judge each index over all its counties; what a composite would tell of a hidden item goes as well."""
    numbers: dict[Key, int | None] = {}
    for index in dict.fromkeys(index for index, _ in figures):
        places = sorted(domain for item, domain in figures if item == index and domain != CITY)
        counts = [[figures[index, place].n] for place in places]
        shown = conceal(counts).cells if counts else []
        numbers |= {(index, place): n for place, (n,) in zip(places, shown, strict=True)}
        whole = figures.get((index, CITY))
        if whole is not None:
            numbers[index, CITY] = None if 0 < whole.n < LEAST else whole.n
    hidden = {key for key, n in numbers.items() if n is None}
    hidden |= {
        (index, domain)
        for index, items in parts.items()
        for item, domain in tuple(hidden)
        if item in items and (index, domain) in figures
    }
    return Told(numbers, frozenset(hidden))


def parts_in(session: Session, wave_id: int) -> dict[str, list[str]]:
    """Name the items of each index in a wave's questionnaire."""
    edition = session.get_one(Wave, wave_id).edition
    return parts_of(questionnaire_of(edition)) if edition else {}
