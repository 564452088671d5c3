"""The invented city of Qinghe: its counties, townships and villages."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from demo.chance import SEED, apportion, below, uniform
from demo.names import village_names

DATA = Path(__file__).parent / "data"
NAME, ENGLISH, CODE = "清和市", "Qinghe City", "990100"
AREA_CODE = "0978"
"""A landline area code that the numbering plan knows and gives to no real place."""

_WEIGHT = {"街道": 2.4, "镇": 1.0, "乡": 0.6}
_SEAT_WEIGHT = 4.2


@dataclass(frozen=True, slots=True)
class County:
    """A county or district; adults are the target population of the survey."""

    code: str
    name: str
    english: str
    residents: int
    adults: int


@dataclass(frozen=True, slots=True)
class Township:
    """A town, a rural township or a subdistrict; it is wholly urban or wholly rural."""

    code: str
    county_code: str
    county_name: str
    name: str
    english: str
    kind: str
    is_urban: bool
    residents: int
    adults: int


@dataclass(frozen=True, slots=True)
class Village:
    """A village or a neighbourhood community, as the last line of an address."""

    code: str
    township_code: str
    name: str
    english: str


@dataclass(frozen=True)
class City:
    """The whole city, in the order of its codes."""

    counties: tuple[County, ...]
    townships: tuple[Township, ...]
    villages: tuple[Village, ...]
    code: str = CODE
    name: str = NAME
    english: str = ENGLISH

    @property
    def residents(self) -> int:
        """Count everybody who lives in the city."""
        return sum(county.residents for county in self.counties)

    @property
    def adults(self) -> int:
        """Count the residents aged 18 and over."""
        return sum(county.adults for county in self.counties)

    @cached_property
    def county_of(self) -> dict[str, County]:
        """Find a county by its code, its Chinese or its English name."""
        return {key: county for county in self.counties for key in (county.code, county.name, county.english)}

    @cached_property
    def townships_of(self) -> dict[str, tuple[Township, ...]]:
        """Find the townships of a county by the county's code."""
        found: defaultdict[str, list[Township]] = defaultdict(list)
        for township in self.townships:
            found[township.county_code].append(township)
        return {code: tuple(townships) for code, townships in found.items()}

    @cached_property
    def villages_of(self) -> dict[str, tuple[Village, ...]]:
        """Find the villages of a township by the township's code."""
        found: defaultdict[str, list[Village]] = defaultdict(list)
        for village in self.villages:
            found[village.township_code].append(village)
        return {code: tuple(villages) for code, villages in found.items()}

    def township(self, county: str, name: str) -> Township:
        """Find a township by the county (code or name) and its own code or name."""
        for township in self.townships_of[self.county_of[county].code]:
            if name in (township.code, township.name, township.english):
                return township
        raise KeyError((county, name))


@lru_cache(maxsize=4)
def city(seed: int = SEED) -> City:
    """Return the city; the seed decides how people spread over the townships and what villages are called."""
    rows = _read("townships.csv")
    counties: list[County] = []
    townships: list[Township] = []
    villages: list[Village] = []
    for number, row in enumerate(_read("counties.csv"), start=1):
        county = County(
            f"{int(CODE) + number}", row["name"], row["english"], int(row["residents"]), int(row["adults"])
        )
        counties.append(county)
        own = _townships(county, [each for each in rows if each["county"] == county.name], seed)
        townships += own
        for township in own:
            villages += _villages(township, seed)
    return City(tuple(counties), tuple(townships), tuple(villages))


def _townships(county: County, rows: list[dict[str, str]], seed: int) -> list[Township]:
    is_urban = [row["kind"] == "街道" or _is_seat(row, county) for row in rows]
    weights = [
        (_SEAT_WEIGHT if _is_seat(row, county) else _WEIGHT[row["kind"]])
        * (0.7 + 0.6 * uniform(seed, "township", county.name, row["name"]))
        for row in rows
    ]
    residents = apportion(county.residents, weights)
    adults = apportion(county.adults, weights)
    return [
        Township(
            code=f"{county.code}{number:03d}",
            county_code=county.code,
            county_name=county.name,
            name=row["name"],
            english=row["english"],
            kind=row["kind"],
            is_urban=urban,
            residents=people,
            adults=grown,
        )
        for number, (row, urban, people, grown) in enumerate(
            zip(rows, is_urban, residents, adults, strict=True), start=1
        )
    ]


def _is_seat(row: dict[str, str], county: County) -> bool:
    return row["name"] in ("城关镇", f"{county.name[:-1]}镇")


def _villages(township: Township, seed: int) -> list[Village]:
    count = 3 + below(4, seed, "villages", township.code)
    names = village_names(count, seed, township.code, is_street=township.kind == "街道")
    return [
        Village(f"{township.code}{number:03d}", township.code, name.zh, name.en)
        for number, name in enumerate(names, start=1)
    ]


def _read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
