"""The adults of the city by county, sex and age, urban or rural, and education: margins that add up.

The target population of the survey is the residents aged 18 and over, so every margin counts adults and each
sums to the same total. One joint table of whole persons lies beneath them; the margins are its sums.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from demo.chance import SEED, apportion
from demo.city import DATA, City, city

SOURCE = "示范数据，虚构"
AS_OF = date(2025, 12, 31)

AGES = ("18-29", "30-39", "40-49", "50-59", "60-69", "70+")
SEXES = ("male", "female")
EDUCATIONS = ("primary", "junior", "senior", "college")
AREAS = ("urban", "rural")

LABELS = {
    "male": ("男", "Male"),
    "female": ("女", "Female"),
    "primary": ("小学及以下", "Primary school or less"),
    "junior": ("初中", "Junior middle school"),
    "senior": ("高中、中专、技校", "Senior middle or vocational school"),
    "college": ("大专及以上", "College or higher"),
    "urban": ("城镇", "Urban"),
    "rural": ("农村", "Rural"),
    "18-29": ("18–29 岁", "18–29"),
    "30-39": ("30–39 岁", "30–39"),
    "40-49": ("40–49 岁", "40–49"),
    "50-59": ("50–59 岁", "50–59"),
    "60-69": ("60–69 岁", "60–69"),
    "70+": ("70 岁及以上", "70 and over"),
}

_AGE_SHARES = {"urban": (21, 22, 19, 18, 12, 8), "rural": (14, 15, 17, 23, 18, 13)}
_FEMALE_SHARES = (0.475, 0.485, 0.49, 0.495, 0.51, 0.545)
_EDUCATION_SHARES = {
    "urban": (
        (2, 15, 33, 50), (4, 26, 32, 38), (8, 38, 30, 24),
        (14, 44, 27, 15), (26, 43, 21, 10), (52, 30, 11, 7),
    ),
    "rural": (
        (4, 39, 34, 23), (9, 53, 25, 13), (19, 56, 18, 7),
        (32, 51, 13, 4), (50, 39, 9, 2), (75, 19, 5, 1),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the joint table: who lives where, in codes."""

    county: str
    area: str
    sex: str
    age: str
    education: str


@dataclass(frozen=True, slots=True)
class MarginRow:
    """One category of one margin with the number of its adults."""

    margin: str
    category: str
    zh: str
    en: str
    adults: int


def age_group(age: int) -> str:
    """Return the group of an adult's age in years."""
    if age < 18:
        raise ValueError(f"the target population begins at 18 years, got {age}")
    return AGES[0] if age < 30 else AGES[min(age // 10 - 2, len(AGES) - 1)]


@lru_cache(maxsize=4)
def population(seed: int = SEED) -> dict[Cell, int]:
    """Return the joint table of adults: county × area × sex × age × education, whole persons."""
    return dict(_cells(city(seed)))


@lru_cache(maxsize=4)
def margins(seed: int = SEED) -> tuple[MarginRow, ...]:
    """Return the four margins, each adding up to the same number of adults."""
    counties = {county.code: (county.name, county.english) for county in city(seed).counties}
    labels = LABELS | counties | {f"{sex}:{age}": _sex_age(sex, age) for sex in SEXES for age in AGES}
    keys: dict[str, Callable[[Cell], str]] = {
        "county": lambda cell: cell.county,
        "sex_age": lambda cell: f"{cell.sex}:{cell.age}",
        "area": lambda cell: cell.area,
        "education": lambda cell: cell.education,
    }
    categories = {
        "county": tuple(counties),
        "sex_age": tuple(f"{sex}:{age}" for sex in SEXES for age in AGES),
        "area": AREAS,
        "education": EDUCATIONS,
    }
    rows: list[MarginRow] = []
    for margin, key in keys.items():
        counts: Counter[str] = Counter()
        for cell, adults in population(seed).items():
            counts[key(cell)] += adults
        rows += [MarginRow(margin, code, *labels[code], counts[code]) for code in categories[margin]]
    return tuple(rows)


def write_margins(path: Path, seed: int = SEED) -> None:
    """Write the four margins as one long table, with source and date in each row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("margin", "category", "label_zh", "label_en", "adults", "source", "as_of"))
        for row in margins(seed):
            writer.writerow((row.margin, row.category, row.zh, row.en, row.adults, SOURCE, AS_OF.isoformat()))


def write_townships(path: Path, seed: int = SEED) -> None:
    """Write residents and adults of the townships, with source and date in each row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "county", "township", "area", "residents", "adults", "source", "as_of"))
        for each in city(seed).townships:
            area = "urban" if each.is_urban else "rural"
            place = (each.code, each.county_name, each.name, area)
            writer.writerow((*place, each.residents, each.adults, SOURCE, AS_OF.isoformat()))


def _sex_age(sex: str, age: str) -> tuple[str, str]:
    return LABELS[sex][0] + " " + LABELS[age][0], LABELS[sex][1] + " " + LABELS[age][1]


def _cells(place: City) -> Iterator[tuple[Cell, int]]:
    for county in place.counties:
        townships = place.townships_of[county.code]
        for area in AREAS:
            adults = sum(each.adults for each in townships if each.is_urban == (area == "urban"))
            kinds: list[Cell] = []
            weights: list[float] = []
            for number, age in enumerate(AGES):
                female = _FEMALE_SHARES[number]
                for sex, share in zip(SEXES, (1 - female, female), strict=True):
                    for education, part in zip(EDUCATIONS, _EDUCATION_SHARES[area][number], strict=True):
                        kinds.append(Cell(county.code, area, sex, age, education))
                        weights.append(_AGE_SHARES[area][number] * share * part)
            yield from zip(kinds, apportion(adults, weights), strict=True)


MARGIN_FILE = DATA / "margins.csv"
TOWNSHIP_FILE = DATA / "township_population.csv"
