"""The weekly series: a week without a figure is a step all the same, and each point has its interval beside the line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock
from core.db import Database, transaction
from reports.blocks import Chart, Table
from reports.context import Context
from reports.definitions import FIRST
from reports.drawing import draw
from reports.periods import Period, PeriodKind
from reports.sections.trend import trend
from reports.web_charts import plot
from survey.methods.trend import local_level
from survey.weighting import IndexFigure, WeightSet
from tests.reports.issues import CUT, WEEK
from tests.survey.field import a_field

PERIOD = Period.with_day(PeriodKind.WEEK, WEEK)
SHARES = {7: 0.80, 6: 0.81, 5: 0.79, 1: 0.90, 0: 0.91}
"""By how many weeks ago; four weeks are missing."""
ERROR = 0.01


@pytest.fixture
def made(sqlite: Database) -> tuple[Table, Chart]:
    with transaction() as session:
        wave = a_field(session).wave
        for ago, share in SHARES.items():
            starts_on = PERIOD.starts_on - timedelta(weeks=ago)
            over = clock.midnight(starts_on + timedelta(days=7))
            kept = WeightSet(
                wave_id=wave.id, starts_on=starts_on, ends_on=starts_on + timedelta(days=6), as_of=over,
                interviews=200, provenance={}, made_at=over,
            )  # fmt: skip
            session.add(kept)
            session.flush()
            for index in ("safety", "enforcement"):
                session.add(
                    IndexFigure(
                        weight_set_id=kept.id,
                        index=index,
                        domain="city",
                        estimate=share,
                        standard_error=ERROR,
                        low=share - 0.02,
                        high=share + 0.02,
                        n=200,
                        is_suppressed=False,
                    )
                )
        session.flush()
        table, chart = trend(Context(session, PERIOD, CUT, FIRST))
    assert isinstance(table, Table)
    assert isinstance(chart, Chart)
    return table, chart


def test_a_missing_week_is_a_step_without_a_figure(made: tuple[Table, Chart]) -> None:
    table, _ = made
    assert len(table.rows) == 8
    series = [SHARES.get(ago, float("nan")) for ago in range(7, -1, -1)]
    level = local_level(series, [ERROR**2] * 8).level
    at = table.column("safety_level")
    assert [row[at] for row in table.rows] == pytest.approx(list(level))
    assert [row[table.column("safety")] for row in table.rows].count(None) == 3


def test_points_stand_with_their_intervals_beside_the_level(made: tuple[Table, Chart]) -> None:
    table, chart = made
    drawn = plot(chart, table, "zh")
    assert drawn is not None
    points, line = drawn["data"][:2]
    assert (points["mode"], line["mode"]) == ("markers", "lines")
    assert points["error_y"]["array"][0] == pytest.approx(2.0)
    assert points["y"][3] is None
    assert "error_y" not in line
    assert points["marker"]["color"] == line["line"]["color"]
    assert draw(chart, table, "zh") == draw(chart, table, "zh")
