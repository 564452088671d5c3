"""Charts in a page: shades where bands can be told apart, and nothing where a shade would lie."""

from __future__ import annotations

from msgspec.structs import replace

from reports.blocks import Chart, Column, Table, Text
from reports.definitions import ENFORCEMENT, FIRST, SAFETY, Definition, counted_alike_since
from reports.web_charts import plot
from reports.web_lines import DEFINITION


def shades(bands: list[int]) -> list[tuple[float, float, str]]:
    """Draw rows that hold these bands; return the shaded stripes with their colours, lowest first."""
    words = Text("单位", "Unit")
    columns = (Column("unit", words), Column("share", words, "percent"), Column("band", words, "rank"))
    rows = tuple((f"单位{n}", 0.9 - n / 100, band) for n, band in enumerate(bands))
    drawn = plot(
        Chart("c", words, "intervals", "t", "unit", ("share",)), Table("t", words, columns, rows, "t"), "zh"
    )
    assert drawn is not None
    return [(s["y0"], s["y1"], s["fillcolor"]) for s in drawn["layout"]["shapes"] if s["type"] == "rect"]


def test_each_band_is_one_stripe() -> None:
    green, yellow = "token:green-weak", "token:yellow-weak"
    assert sorted(shades([1, 1, 2, 3, 3])) == [
        (-0.5, 1.5, yellow),
        (1.5, 2.5, "token:paper"),
        (2.5, 4.5, green),
    ]


def test_what_can_not_be_told_apart_is_not_shaded() -> None:
    assert shades([1, 1, 1]) == []


def test_volume_groups_with_bands_of_their_own_are_not_shaded() -> None:
    assert shades([1, 2, 1, 2, 1]) == []


def test_a_line_breaks_where_its_definition_changes() -> None:
    words = Text("周", "Week")
    columns = (
        Column("week", words),
        Column("safety", words, "percent"),
        Column(f"safety{DEFINITION}", words),
    )
    one, two = (Text(f"第 {n} 版", f"Version {n}") for n in (1, 2))
    rows = (("a", 0.8, one), ("b", 0.7, one), ("c", 0.5, two), ("d", 0.6, two))
    chart = Chart("c", words, "lines", "t", "week", ("safety",))
    drawn = plot(chart, Table("t", words, columns, rows, "t"), "zh")
    assert drawn is not None
    (line,) = drawn["data"]
    assert line["x"] == ["a", "b", "c", "c", "d"]
    assert line["y"] == [80, 70, None, 50, 60]  # Plotly draws nothing through what is missing
    assert [s["x0"] for s in drawn["layout"]["shapes"]] == [1.5]
    assert [a["text"] for a in drawn["layout"]["annotations"]] == ["第 2 版"]
    whole = plot(chart, Table("t", words, columns, tuple((*r[:2], one) for r in rows), "t"), "zh")
    assert whole is not None
    assert whole["data"][0]["y"] == [80, 70, 50, 60]
    assert "shapes" not in whole["layout"]


def test_what_a_version_changes_decides_whether_an_index_is_the_same() -> None:
    def version(n: int, weight: float, *, breaks: bool = False) -> Definition:
        agencies = (replace(FIRST.agencies[0], weight=weight), *FIRST.agencies[1:])
        return replace(FIRST, version=n, agencies=agencies, breaks_series=breaks)

    found = [version(5, 3), version(4, 3, breaks=True), version(3, 2), version(2, 1), FIRST]
    assert [counted_alike_since(found, SAFETY, n) for n in range(1, 6)] == [1, 1, 1, 4, 4]
    assert [counted_alike_since(found, ENFORCEMENT, n) for n in range(1, 6)] == [1, 1, 3, 4, 4]
