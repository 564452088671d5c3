"""The invented numbers are valid, different, spread as the people are, and spoiled only where told."""

from collections import Counter
from itertools import islice
from pathlib import Path

import phonenumbers
import pytest
from openpyxl import load_workbook
from phonenumbers import geocoder

from demo.city import AREA_CODE, city
from demo.numbers import HEADER, LANDLINE, MOBILE, Row, numbers, write_csv, write_xlsx


@pytest.fixture(scope="module")
def sample() -> list[Row]:
    return list(numbers(60_000))


def test_every_number_is_different(sample: list[Row]) -> None:
    assert len({row.number for row in sample}) == 60_000


def test_numbers_are_valid_and_of_their_kind(sample: list[Row]) -> None:
    kinds = {MOBILE: phonenumbers.PhoneNumberType.MOBILE, LANDLINE: phonenumbers.PhoneNumberType.FIXED_LINE}
    for row in sample[::25]:
        parsed = phonenumbers.parse(row.number, "CN")
        assert phonenumbers.is_valid_number_for_region(parsed, "CN"), row
        assert phonenumbers.number_type(parsed) == kinds[row.kind]
        assert (row.adults in {"1", "2", "3", "4"}) == (row.kind == LANDLINE)


def test_the_area_code_belongs_to_no_real_place() -> None:
    ours = phonenumbers.parse(AREA_CODE + "5234567", "CN")
    assert geocoder.description_for_number(ours, "zh") in ("", "中国")
    assert geocoder.description_for_number(phonenumbers.parse("0971" + "5234567", "CN"), "zh") not in (
        "",
        "中国",
    )


def test_mobiles_and_landlines_are_three_to_one(sample: list[Row]) -> None:
    assert Counter(row.kind for row in sample)[LANDLINE] / 60_000 == pytest.approx(0.25, abs=0.01)


def test_numbers_lie_where_the_adults_live(sample: list[Row]) -> None:
    place = city()
    per_county = Counter(row.county for row in sample)
    for county in place.counties:
        assert per_county[county.name] / 60_000 == pytest.approx(county.adults / place.adults, abs=0.01)
    assert len({(row.county, row.township) for row in sample}) == 199
    for row in sample[::500]:
        assert place.township(row.county, row.township).is_urban == (row.area == "城镇")


def test_a_longer_list_begins_with_the_shorter_and_a_seed_changes_it() -> None:
    assert list(islice(numbers(70_000), 100)) == list(numbers(100))
    assert list(numbers(100)) == list(numbers(100))
    assert not {row.number for row in numbers(1000)} & {row.number for row in numbers(1000, seed=7)}


def test_asking_for_more_than_the_ranges_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="only"):
        numbers(7_000_000)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_planted_rows_stand_where_they_are_said_to(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "frame.csv"
    planted = write_csv(path, 2_000, bad_rows=24, encoding=encoding)
    lines = path.read_text("utf-8-sig" if encoding == "utf-8" else encoding).splitlines()
    assert lines[0] == ",".join(HEADER)
    assert len(lines) == 1 + 2_000 + 24
    assert all(lines[bad.line - 1] == ",".join(bad.row) for bad in planted)
    assert Counter(bad.reason for bad in planted) == {"bad number": 12, "unknown area": 8, "duplicate": 4}


def test_planted_rows_are_bad_for_their_reason_and_all_others_are_good(tmp_path: Path) -> None:
    path = tmp_path / "frame.csv"
    planted = {bad.line: bad for bad in write_csv(path, 1_000, bad_rows=60)}
    places = {(each.county_name, each.name) for each in city().townships}
    seen: set[str] = set()
    for line, text in enumerate(path.read_text("utf-8-sig").splitlines()[1:], start=2):
        row = Row(*text.split(","))
        try:
            is_number = phonenumbers.is_valid_number(phonenumbers.parse(row.number, "CN"))
        except phonenumbers.NumberParseException:
            is_number = False
        found = (
            "bad number"
            if not is_number
            else "unknown area"
            if (row.county, row.township) not in places
            else "duplicate"
            if row.number in seen
            else None
        )
        assert found == (planted[line].reason if line in planted else None), row
        seen.add(row.number)
    assert len(planted) == 60


def test_a_workbook_holds_the_same_rows(tmp_path: Path) -> None:
    planted = write_xlsx(tmp_path / "frame.xlsx", 300, bad_rows=3)
    book = load_workbook(tmp_path / "frame.xlsx", read_only=True)
    rows = [tuple(cell or "" for cell in row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    assert rows[0] == HEADER
    assert len(rows) == 304
    assert all(rows[bad.line - 1] == tuple(bad.row) for bad in planted)
    assert rows[1] == tuple(next(numbers(1)))
