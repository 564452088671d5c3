"""Residents answer every question of the default instrument in its own codes."""

import re
from collections import Counter
from datetime import date

import pytest
from openpyxl import load_workbook

from demo.attitudes import truth, week_of
from demo.numbers import MOBILE, numbers
from demo.opinions import Respondent, Value, answer
from survey.instruments import SECURITY
from survey.questionnaire import DONT_KNOW, Option, Text
from telephony.simulator.personas import resident
from tests.demo.people import Person

WEEK = week_of(date(2026, 11, 16))
BOUNDS = re.compile(r"\. >= (\d+) and \. <= (\d+)")


def sheet(name: str) -> list[dict[str, str]]:
    """Read a sheet of the workbook as rows by column."""
    book = load_workbook(SECURITY, read_only=True)
    header, *rows = ([str(cell or "") for cell in row] for row in book[name].iter_rows(values_only=True))
    book.close()
    return [dict(zip(header, row, strict=True)) for row in rows]


ENTRIES = {
    row["name"]: row
    for row in sheet("survey")
    if row["type"].startswith("select_one") or row["type"] == "integer"
}
LISTS: dict[str, list[Option]] = {}
for row in sheet("choices"):
    zh, en = (
        next(row[key] for key in row if key.startswith("label") and each in key) for each in ("zh", "en")
    )
    LISTS.setdefault(row["list_name"], []).append(
        Option(row["name"], Text(zh, en), favourable=row["favourable"] == "yes")
    )


def asked_of(name: str, who: Person) -> Value:
    """Put a question of the default instrument to someone, with its list or its bounds."""
    kind, _, listed = ENTRIES[name]["type"].partition(" ")
    bounds = BOUNDS.search(ENTRIES[name]["constraint"])
    between = (int(bounds[1]), int(bounds[2])) if bounds else (0, 10)
    return answer(who, name, LISTS.get(listed, []), county=who.county, week=WEEK, kind=kind, between=between)


def test_every_question_of_the_default_instrument_gets_an_answer_that_fits() -> None:
    assert len(ENTRIES) >= 20
    for name, entry in ENTRIES.items():
        kind, _, listed = entry["type"].partition(" ")
        given = Counter(asked_of(name, Person(n)) for n in range(600))
        del given[DONT_KNOW]
        if kind == "select_one":
            assert set(given) <= {option.name for option in LISTS[listed]}, name
        else:
            bounds = BOUNDS.search(entry["constraint"])
            assert bounds is not None
            assert all(int(bounds[1]) <= int(str(value)) <= int(bounds[2]) for value in given), name
        assert len(given) > 1 or name in ("consent", "adult", "sex", "age", "education", "area"), given


@pytest.mark.parametrize(
    ("question", "low", "high"),
    [
        ("residence", 0.92, 0.98),
        ("s1_safety", 0.35, 0.47),
        ("e1_police_contact", 0.20, 0.28),
        ("e3_court_contact", 0.03, 0.07),
        ("d1_dispute", 0.26, 0.36),
        ("k1_know", 0.57, 0.70),
        ("o1_problem", 0.15, 0.22),
        ("o1_register", 0.70, 0.80),
        ("c1_direct", 0.01, 0.05),
    ],
)
def test_first_options_of_the_default_instrument_are_as_frequent_as_invented(
    question: str, low: float, high: float
) -> None:
    given = [asked_of(question, Person(number)) for number in range(2_000)]
    assert low < given.count("1") / len(given) < high


def test_whoever_answers_a_mobile_has_one_and_a_landline_likewise() -> None:
    for number in range(300):
        assert int(str(asked_of("mobiles", Person(number)))) >= 1
        assert int(str(asked_of("landlines", Person(number, is_mobile=False)))) >= 1


def test_residents_of_the_simulated_line_can_be_asked() -> None:
    whole = {name: option.favourable for name, option in ((o.name, o) for o in LISTS["safe"])}
    given = []
    for row in numbers(3_000):
        number = f"+86{row.number.removeprefix('0')}"
        who: Respondent = resident(1, number, is_rural=row.area == "农村")
        assert who.is_mobile == (row.kind == MOBILE)
        value = answer(who, "s1_safety", LISTS["safe"], county=row.county, week=WEEK)
        given.append(None if value == DONT_KNOW else whole[str(value)])
    said = [value for value in given if value is not None]
    assert sum(said) / len(said) == pytest.approx(truth("safety", None, WEEK), abs=0.03)
