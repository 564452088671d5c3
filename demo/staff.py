"""The people who work in the demonstration: one account for each role, more interviewers, and their units."""

import csv
from dataclasses import dataclass

from demo.chance import SEED
from demo.city import DATA, city
from demo.names import person_name

PASSWORD = "qinghe-demo-2026"
"""Opens every account of the demonstration and nothing else."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """An office; the county is a name, empty for the offices of the city."""

    key: str
    parent: str
    kind: str
    county: str
    name: str
    english: str


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who signs in; roles are codes, the unit a key, the home county a name or empty."""

    username: str
    name: str
    english: str
    roles: tuple[str, ...]
    unit: str
    home_county: str = ""


def _units() -> tuple[UnitRow, ...]:
    with (DATA / "units.csv").open(encoding="utf-8", newline="") as file:
        rows = [UnitRow(**row) for row in csv.DictReader(file)]
    for county in city().counties:
        government = f"government_{county.code}"
        rows.append(
            UnitRow(
                government,
                "city_government",
                "handling",
                county.name,
                f"{county.name}人民政府",
                f"{county.english} Government",
            )
        )
        office = "公安局" if county.name.endswith("县") else "公安分局"
        rows.append(
            UnitRow(
                f"police_{county.code}",
                "police",
                "handling",
                county.name,
                county.name + office,
                f"{county.english} Public Security Bureau",
            )
        )
        seat = next(each for each in city().townships_of[county.code] if each.kind == "镇")
        rows.append(
            UnitRow(
                f"township_{seat.code}",
                government,
                "handling",
                county.name,
                f"{county.name}{seat.name}人民政府",
                f"{seat.english} Government, {county.english}",
            )
        )
    return tuple(rows)


def _account(username: str, role: str, unit: str, home_county: str = "") -> Account:
    name = person_name(SEED, "staff", username)
    return Account(username, name.zh, name.en, (role,), unit, home_county)


def _interviewers() -> list[Account]:
    counties = [county.name for county in city().counties]
    return [
        _account("interviewer" if n == 1 else f"interviewer{n:02d}", "interviewer", "field", counties[n % 10])
        for n in range(1, 16)
    ]


UNITS = _units()


def _handlers() -> list[Account]:
    """Everyone who handles for a unit: the first one for the lighting office, so that a newcomer finds work."""
    handling = [unit.key for unit in UNITS if unit.kind == "handling"]
    ordered = sorted(handling, key=lambda key: key != "lighting")
    return [
        _account("handler" if n == 1 else f"handler{n:02d}", "handler", key)
        for n, key in enumerate(ordered, start=1)
    ]


ACCOUNTS = (
    *_interviewers(),
    _account("operator", "operator", "hotline"),
    _account("operator02", "operator", "hotline"),
    _account("operator03", "operator", "hotline"),
    _account("citizen_operator", "citizen_operator", "desk"),
    _account("citizen_operator02", "citizen_operator", "desk"),
    _account("shift_lead", "shift_lead", "hotline"),
    _account("shift_lead02", "shift_lead", "hotline"),
    _account("reviewer", "reviewer", "hotline"),
    _account("clerk", "clerk", "desk"),
    _account("clerk02", "clerk", "desk"),
    _account("clerk03", "clerk", "desk"),
    _account("supervision", "supervision", "government_supervision"),
    _account("supervision02", "supervision", "party_supervision"),
    _account("office_head", "office_head", "government_supervision"),
    _account("office_head02", "office_head", "party_supervision"),
    *_handlers(),
    _account("supervisor", "supervisor", "field"),
    _account("designer", "designer", "field"),
    _account("editor", "editor", "centre"),
    _account("editor02", "editor", "centre"),
    _account("leader", "leader", "city_government"),
    _account("leader02", "leader", f"government_{city().counties[0].code}"),
    _account("custodian", "custodian", "party_supervision"),
    _account("custodian02", "custodian", "party_supervision"),
    _account("administrator", "administrator", "centre"),
)


def unit_for(key: str, county: str) -> UnitRow:
    """Return the unit a problem goes to; "county" is the government of the county where it is."""
    wanted = f"government_{city().county_of[county].code}" if key == "county" else key
    return next(each for each in UNITS if each.key == wanted)
