"""Charts in a page: shades where bands can be told apart, and nothing where a shade would lie."""

from __future__ import annotations

from reports.blocks import Chart, Column, Table, Text
from reports.web_charts import plot


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
