"""The invented city holds together: places, people in margins, names."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from demo.chance import apportion
from demo.city import city
from demo.margins import (
    AGES,
    MARGIN_FILE,
    SOURCE,
    TOWNSHIP_FILE,
    age_group,
    margins,
    population,
    write_margins,
    write_townships,
)
from demo.names import person_name


def test_city_has_ten_counties_and_199_townships() -> None:
    place = city()
    assert [county.name for county in place.counties][:3] == ["新安区", "西平区", "平湖县"]
    assert (len(place.counties), len(place.townships)) == (10, 199)
    assert place.township("清河县", "柳湖镇").county_code == place.county_of["清河县"].code
    assert {township.kind for township in place.townships} == {"街道", "镇", "乡"}
    with pytest.raises(KeyError):
        place.township("清河县", "无名镇")


def test_codes_are_invented_unique_and_nested() -> None:
    place = city()
    codes = [place.code, *(each.code for each in place.counties), *(each.code for each in place.townships)]
    codes += [each.code for each in place.villages]
    assert len(codes) == len(set(codes))
    assert all(code.startswith("99") for code in codes)
    assert all(each.code.startswith(each.county_code) and len(each.code) == 9 for each in place.townships)
    assert all(each.code.startswith(each.township_code) and len(each.code) == 12 for each in place.villages)


def test_names_are_unique_within_the_parent_in_both_languages() -> None:
    place = city()
    for townships in place.townships_of.values():
        assert (
            len({each.name for each in townships})
            == len({each.english for each in townships})
            == len(townships)
        )
    for villages in place.villages_of.values():
        assert 3 <= len(villages) <= 6
        assert (
            len({each.name for each in villages}) == len({each.english for each in villages}) == len(villages)
        )
    assert len(place.villages_of) == 199


def test_another_seed_moves_people_but_not_the_totals() -> None:
    one, other = city(), city(7)
    assert one.residents == other.residents == 6_700_000
    assert [each.adults for each in one.townships] != [each.adults for each in other.townships]


def test_first_and_last_township_are_the_same_everywhere() -> None:
    first, last = city().townships[0], city().townships[-1]
    assert (first.name, first.residents, first.adults) == ("新安桥街道", 69_404, 55_089)
    assert (last.name, last.kind) == ("下河乡", "乡")
    assert person_name(1, 0).en == "Cai Ning"


def test_every_margin_counts_the_same_adults() -> None:
    totals: Counter[str] = Counter()
    for row in margins():
        totals[row.margin] += row.adults
    assert set(totals) == {"county", "sex_age", "area", "education"}
    assert set(totals.values()) == {5_200_000} == {city().adults}
    assert sum(population().values()) == 5_200_000
    assert Counter(row.margin for row in margins()) == {
        "county": 10,
        "sex_age": 12,
        "area": 2,
        "education": 4,
    }


def test_township_populations_add_up_to_counties_and_margins() -> None:
    place = city()
    for county in place.counties:
        own = place.townships_of[county.code]
        assert sum(each.adults for each in own) == county.adults
        assert sum(each.residents for each in own) == county.residents
    urban = sum(each.adults for each in place.townships if each.is_urban)
    assert urban == next(row.adults for row in margins() if row.category == "urban")


def test_stored_margins_are_what_the_code_makes(tmp_path: Path) -> None:
    write_margins(tmp_path / "margins.csv")
    write_townships(tmp_path / "townships.csv")
    assert (tmp_path / "margins.csv").read_bytes() == MARGIN_FILE.read_bytes()
    assert (tmp_path / "townships.csv").read_bytes() == TOWNSHIP_FILE.read_bytes()
    with MARGIN_FILE.open(encoding="utf-8", newline="") as file:
        assert {(row["source"], row["as_of"]) for row in csv.DictReader(file)} == {(SOURCE, "2025-12-31")}


def test_age_groups_meet_at_their_edges() -> None:
    edges = {
        18: "18-29",
        29: "18-29",
        30: "30-39",
        59: "50-59",
        60: "60-69",
        69: "60-69",
        70: "70+",
        103: "70+",
    }
    assert {age: age_group(age) for age in edges} == edges
    assert {age_group(age) for age in range(18, 110)} == set(AGES)
    with pytest.raises(ValueError, match="18"):
        age_group(17)


def test_apportion_gives_whole_shares_that_add_up() -> None:
    assert apportion(10, [1, 1, 1]) == [4, 3, 3]
    assert apportion(0, [1, 2]) == [0, 0]
    assert sum(apportion(1_000_003, [0.1, 0.7, 3.3, 9.0])) == 1_000_003
