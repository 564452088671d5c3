"""Problems that residents raise: short invented narratives about places, never about persons."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from demo.city import DATA, Township, Village, city
from demo.names import Name


class Troubled(Protocol):
    """Anyone with stable traits."""

    def trait(self, name: str) -> float: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """One narrative with its codes; {township} and {village} stand where the place is named."""

    category: str
    category_en: str
    kind: str
    topic: str
    urgency: str
    unit: str
    zh: str
    en: str

    def told(self, township: Township, village: Village) -> Name:
        """Return the narrative as told by someone who lives there, in both languages."""
        places: Mapping[str, tuple[str, str]] = {
            "township": (township.name, township.english),
            "village": (village.name, village.english),
        }
        zh, en = ({key: names[side] for key, names in places.items()} for side in (0, 1))
        return Name(self.zh.format(**zh).replace("村村口", "村口"), self.en.format(**en))

    def plain(self) -> Name:
        """Return the narrative without a name of a place."""
        zh = self.zh.format(village="我们村", township="镇上").replace("村村口", "村口")
        en = self.en.format(village="our village", township="our town")
        return Name(zh, en[0].upper() + en[1:])


@lru_cache(maxsize=1)
def problems() -> tuple[Problem, ...]:
    """Return every narrative, in the order of the file."""
    with (DATA / "problems.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Problem(**row) for row in csv.DictReader(file))


def raised_by(resident: Troubled) -> Problem:
    """Return the problem that a resident would raise; lighting and school gates come up most."""
    every = problems()
    common = [
        each
        for each in every
        if each.topic in ("livelihood.lighting", "building.roads", "school.surroundings")
    ]
    chosen = common if resident.trait("common problem") < 0.35 else every
    return chosen[int(resident.trait("problem raised") * len(chosen))]


def home_of(resident: Troubled, township: Township) -> Village:
    """Return the village of the township in which a resident lives."""
    villages = city().villages_of[township.code]
    return villages[int(resident.trait("village") * len(villages))]
