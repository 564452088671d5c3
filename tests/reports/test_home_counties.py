"""Every place lies in one county, the city in none; groups of residents have one name everywhere."""

from __future__ import annotations

import pytest

from core.db import Database, transaction
from core.places import Level
from reports.group_words import group_words
from reports.home_counties import home_counties
from tests.factories import a_place


def test_every_place_has_its_county_and_the_city_has_none(sqlite: Database) -> None:
    with transaction() as session:
        city = a_place(session, level=Level.CITY)
        here, there = (a_place(session, parent=city) for _ in range(2))
        town = a_place(session, level=Level.TOWNSHIP, parent=here)
        village = a_place(session, level=Level.VILLAGE, parent=town)
        stray = a_place(session, level=Level.TOWNSHIP)  # of no county that is known
        inside = {place.id: here.id for place in (here, town, village)}
        assert home_counties(session) == inside | {there.id: there.id}
        assert stray.id not in inside


@pytest.mark.parametrize(
    ("domain", "zh", "en"),
    [
        ("rural", "乡村", "Rural"), ("users", "打过交道的", "Users"), ("city", "全市", "Whole city"),
        ("18-29", "18-29 岁", "Aged 18-29"),
    ],
)  # fmt: skip
def test_a_group_has_one_name(domain: str, zh: str, en: str) -> None:
    words = group_words(domain)
    assert (words.zh, words.en) == (zh, en)
