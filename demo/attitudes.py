"""What the invented residents think, in shares: the true values that a survey of them should find."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from demo.chance import SEED, uniform
from demo.city import city
from demo.margins import AGES, population

COUNTY_LEVELS = {
    "平湖县": (0.950, 0.918),
    "新安区": (0.942, 0.899),
    "南溪县": (0.936, 0.907),
    "东岭县": (0.911, 0.872),
    "白石县": (0.905, 0.861),
    "清河县": (0.902, 0.878),
    "西平区": (0.894, 0.846),
    "望江县": (0.889, 0.853),
    "大堰县": (0.842, 0.806),
    "河口县": (0.825, 0.785),
}
"""Favourable shares of each county before age and area: safety, satisfaction."""


@dataclass(frozen=True, slots=True)
class Item:
    """One opinion: what moves the share of favourable answers, on the scale of log odds."""

    name: str
    offset: float
    level: int | None = None
    """0 follows the county's safety, 1 its satisfaction, None is the same in every county."""
    rural: float = 0.0
    ages: tuple[float, ...] = (0.0,) * len(AGES)
    user: float = 0.0
    """What having dealt with the agency changes."""
    contact: float = 0.0
    """Share who dealt with the agency in the last 12 months."""
    unknown: float = 0.03
    """Share who do not know, independent of what they would answer."""
    first: float = 0.5
    """Share of the most favourable answer among the favourable ones."""
    middle: float = 0.68
    """Share of the middle answer among the others."""


_SAFER_OLD = (-0.10, -0.12, -0.02, 0.08, 0.15, 0.10)
_PLEASED_OLD = (-0.18, -0.12, 0.0, 0.08, 0.16, 0.20)

ITEMS = {
    item.name: item
    for item in (
        Item("s1", 0.0, 0, rural=-0.10, ages=_SAFER_OLD, unknown=0.02, first=0.46),
        Item("s2", -0.95, 0, rural=-0.38, ages=(-0.05, 0.10, 0.15, 0.05, -0.15, -0.35), first=0.38),
        Item("s3", -2.15, 0, rural=0.05, ages=_SAFER_OLD, unknown=0.04, first=0.30, middle=0.86),
        Item("e1", 0.25, 1, 0.05, _PLEASED_OLD, user=-0.20, contact=0.24, unknown=0.02),
        Item("e2", -0.05, 1, 0.10, _PLEASED_OLD, user=-0.45, contact=0.27, unknown=0.02),
        Item("e3", -0.15, 1, 0.0, _PLEASED_OLD, user=-0.60, contact=0.05, unknown=0.04),
        Item("e4", 0.05, 1, 0.0, _PLEASED_OLD, user=-0.40, contact=0.02, unknown=0.04),
        Item("e5", 0.10, 1, 0.08, _PLEASED_OLD, user=0.10, contact=0.08, unknown=0.035),
        Item("d1", -0.60, 1, rural=0.20, unknown=0.04),
        Item("k1", -1.55, 1, rural=-0.30, ages=(-0.3, 0.0, 0.1, 0.2, 0.1, -0.3), unknown=0.0),
        Item("k2", -3.0, 1, rural=0.10, ages=(-0.4, -0.1, 0.0, 0.2, 0.4, 0.0), unknown=0.0),
        Item("problem", -1.5, unknown=0.0),
        Item("coached", -2.75, unknown=0.02),
    )
}

INDICES: Mapping[str, Mapping[str, float]] = {
    "safety": {"s1": 1.0},
    "enforcement": {"e1": 0.2, "e2": 0.2, "e3": 0.2, "e4": 0.2, "e5": 0.2},
}
"""The composite weights of the indices; they add up to one."""

ADMITS = 0.45
"""Share of the coached who say so when asked directly; a list experiment finds them all."""


def week_of(day: date) -> int:
    """Return the number of a day's week, Monday to Sunday, counted without a break."""
    return (day.toordinal() - 1) // 7


def favourable(
    item: Item, county: str, week: int, *, is_rural: bool, age: str, is_user: bool = False
) -> float:
    """Return the share of favourable answers among people of one kind in one week."""
    logit = _level(item, county, week) + (item.rural if is_rural else 0.0) + item.ages[AGES.index(age)]
    return 1.0 / (1.0 + math.exp(-logit - (item.user if is_user else 0.0)))


def truth(
    index: str,
    county: str | None = None,
    week: int = 0,
    *,
    users: bool | None = None,
    weights: Mapping[str, float] | None = None,
) -> float:
    """Return the true favourable share of an index or an item among adults with an opinion.

    The county is a name or a code, None is the city. Users True or False takes only those who dealt, or did not
    deal, with the agency; None takes both. Other weights make another composite.
    """
    parts = weights or INDICES.get(index) or {index: 1.0}
    total = sum(weight * _item_truth(name, county, week, users) for name, weight in parts.items())
    return total / sum(parts.values())


def scale(item: Item, share: float) -> tuple[float, ...]:
    """Return the five shares of the scale, most favourable first, that go with a favourable share."""
    other = 1.0 - share
    low = other * (1.0 - item.middle)
    return (share * item.first, share * (1 - item.first), other * item.middle, low * 0.75, low * 0.25)


@lru_cache(maxsize=65_536)
def _item_truth(name: str, county: str | None, week: int, users: bool | None) -> float:
    item = ITEMS[name]
    people: dict[tuple[str, str, str], int] = {}
    wanted = None if county is None else city().county_of[county].code
    for cell, adults in population().items():
        if wanted in (None, cell.county):
            key = (cell.county, cell.area, cell.age)
            people[key] = people.get(key, 0) + adults
    user_share = item.contact if users is None else float(users)
    total = 0.0
    for (place, area, age), adults in people.items():
        for is_user, part in ((True, user_share), (False, 1.0 - user_share)):
            if part:
                share = favourable(item, place, week, is_rural=area == "rural", age=age, is_user=is_user)
                total += adults * part * share
    return total / sum(people.values())


@lru_cache(maxsize=65_536)
def _level(item: Item, county: str, week: int) -> float:
    if item.level is None:
        return item.offset
    place = city().county_of[county]
    share = COUNTY_LEVELS[place.name][item.level]
    phase = uniform(SEED, "phase", place.code, item.level)
    season = 0.06 * math.sin(2 * math.pi * (week / 26 + phase))
    jolt = 0.06 * (uniform(SEED, "jolt", place.code, item.name, week) - 0.5)
    return math.log(share / (1 - share)) + season + jolt + item.offset
