"""Outlines of places: brought in by code or name, refused whole where nothing fits, and filled by value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.db import Database, reading, transaction
from core.problems import Invalid
from reports.blocks import Chart, Column, Table, Text
from reports.maps import NO_AREA, NO_PLACE, NOT_DEGREES, TWICE, UNREADABLE, bring, outlines
from reports.web_charts import plot
from tests.factories import a_place
from tests.survey.field import NOON

SQUARE = [[115.0, 38.0], [116.0, 38.0], [116.0, 39.0], [115.0, 39.0], [115.0, 38.0]]


def a_file(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def a_feature(kind: str = "Polygon", coordinates: object = None, **about: object) -> dict[str, Any]:
    shape = {"type": kind, "coordinates": [SQUARE] if coordinates is None else coordinates}
    return {"type": "Feature", "properties": about, "geometry": shape}


def test_a_place_is_found_by_its_code_or_its_name(database: Database) -> None:
    with transaction() as session:
        one, two = a_place(session), a_place(session)
        found = bring(
            session,
            a_file(
                a_feature(code=one.code), a_feature("MultiPolygon", [[SQUARE], [SQUARE]], name=two.name),
                a_feature(name="别处"),
            ),
            "测绘（虚构）", by=None, at=NOON,
        )  # fmt: skip
        codes = [one.code, two.code]
    assert (found.taken, found.unknown) == (2, ("别处",))
    with reading() as session:
        rings = outlines(session, codes)
    assert [len(rings[code]) for code in codes] == [1, 2]
    assert rings[codes[0]][0][0] == (115.0, 38.0)


def test_each_feature_that_is_left_out_says_why(sqlite: Database) -> None:
    with transaction() as session:
        one = a_place(session)
        found = bring(
            session,
            a_file(
                a_feature(code=one.code),
                a_feature(code=one.code),
                a_feature(name="别处"),
                a_feature("Point", [115.0, 38.0], code=one.code),
                a_feature(coordinates=[[["x", "y"]] * 4], code=one.code),
                a_feature(coordinates=[[[500000.0, 4e6]] * 4], code=one.code),
                {"type": "Feature", "properties": None, "geometry": None},
            ),
            "测绘（虚构）", by=None, at=NOON,
        )  # fmt: skip
    assert found.taken == 1
    assert [(f.number, f.words) for f in found.faults] == [
        (2, TWICE), (3, NO_PLACE), (4, NO_AREA), (5, UNREADABLE), (6, NOT_DEGREES), (7, NO_AREA),
    ]  # fmt: skip
    assert found.unknown == ("别处",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"not json", "GeoJSON"),
        (b'{"type": "Feature"}', "features"),
        (a_file(a_feature(name="别处")), "belongs to a place"),
        (a_file(a_feature(coordinates=[[["x", "y"]] * 4], code="1")), "be read"),
        (a_file(), "belongs to a place"),
    ],
)
def test_a_file_that_fits_nothing_is_refused_whole(sqlite: Database, content: bytes, says: str) -> None:
    with transaction() as session:
        county = a_place(session)
        code = county.code
    with pytest.raises(Invalid, match=says), transaction() as session:
        bring(session, content, "", by=None, at=NOON)
    with reading() as session:
        assert outlines(session, [code]) == {}


def test_a_withheld_place_is_drawn_blank() -> None:
    table = Table(
        "t", Text("表", "Table"),
        (Column("name", Text("县", "County")), Column("code", Text("代码", "Code")),
         Column("value", Text("值", "Value"), "percent")),
        (("甲", "1", 0.9), ("乙", "2", None)), "s",
    )  # fmt: skip
    chart = Chart("c", Text("图", "Map"), "map", "t", "code", ("value",))
    ring = [(x, y) for x, y in SQUARE]
    drawn = plot(chart, table, "zh", {"1": [ring], "2": [ring]})
    assert drawn is not None
    fills = [trace["fillcolor"] for trace in drawn["data"] if "fillcolor" in trace]
    assert fills[1] == "token:map-0"
    assert fills[0] != "token:map-0"
    assert plot(chart, table, "zh", {}) is None
