"""What came in is held against whole periods that were kept, by limits that chance alone seldom leaves."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sqlalchemy.orm import Session

from core.db import Database, transaction
from core.permissions import Role
from core.places import Place
from reports.blocks import Section, Table
from reports.context import Context
from reports.definitions import in_force
from reports.expected import expected, shared_scatter, verdicts
from reports.periods import Period, PeriodKind
from reports.root_causes import CauseState, RootCause
from reports.sections import causes, intake
from reports.sections.beside import like_periods
from reports.sections.causes import surplus
from reports.wording import Verdict
from reports.zones import ZoneKind
from tests.factories import a_city, a_staff, a_unit
from tests.reports.raised import a_matter, noon

WEEK = Period.with_day(PeriodKind.WEEK, date(2026, 11, 18))
LAMP = "livelihood.lighting"


def a_context(session: Session, within: Place | None = None, at: datetime | None = None) -> Context:
    at = at or noon(WEEK.ends_on + timedelta(days=1))
    return Context(session, WEEK, at, in_force(session, WEEK.starts_on), within=within)


def table(section: Section, table_id: str) -> Table:
    return next(b for b in section.blocks if isinstance(b, Table) and b.id == table_id)


def totals(session: Session) -> dict[str, object]:
    found = table(intake.section(a_context(session)), "intake")
    return dict(zip((c.key for c in found.columns), found.rows[0], strict=True))


def test_empty_weeks_count_and_weeks_before_the_first_matter_don_t(database: Database) -> None:
    with transaction() as session:
        town = a_city(session, counties=1, townships=1)[0]
        for _ in range(8):
            a_matter(session, town, LAMP, WEEK.starts_on - timedelta(days=1))
        assert totals(session)["mean"] is None  # the first matter ever came on a Sunday: no week was whole
        a_matter(session, town, LAMP, WEEK.starts_on - timedelta(weeks=60))
        found = totals(session)
        assert (found["mean"], found["year"]) == (2.0, 0)


def test_a_week_that_is_not_over_is_compared_with_no_whole_one(sqlite: Database) -> None:
    with transaction() as session:
        town = a_city(session, counties=1, townships=1)[0]
        for week in range(1, 6):
            for _ in range(30):
                a_matter(session, town, LAMP, WEEK.starts_on - timedelta(weeks=week))
        a_matter(session, town, LAMP, WEEK.starts_on)
        monday, whole = a_context(session, at=noon(WEEK.starts_on)), a_context(session)
        rows = [table(intake.section(c), "intake") for c in (monday, whole)]
        partly, wholly = (dict(zip((c.key for c in t.columns), t.rows[0], strict=True)) for t in rows)
    assert (partly["mean"], partly["low"]) == (None, None)
    assert wholly["mean"] == 30.0
    assert partly["change"] != wholly["change"]


def test_a_weekday_is_held_against_four_of_its_kind() -> None:
    day = Period.with_day(PeriodKind.DAY, date(2026, 11, 18))
    assert [(day.starts_on - p.starts_on).days for p in like_periods(day)] == [7, 14, 21, 28]


def test_chance_alone_is_seldom_called_a_change() -> None:
    dice = np.random.default_rng(6)
    for mean in (3, 40, 200):
        told = [expected(int(x[0]), x[1:].tolist()).verdict() for x in dice.poisson(mean, (2000, 5))]
        assert told.count(Verdict.NONE) / len(told) >= 0.95
        rose = [
            expected(int(x[0]) + 4 * mean, x[1:].tolist()).verdict() for x in dice.poisson(mean, (500, 5))
        ]
        assert rose.count(Verdict.UP) / len(rose) >= 0.9 or mean == 3
    one = expected(30, [10, 12, 8, 10])
    for x in (2, 3, 4, 17, 18, 19):
        held = expected(x, [10, 12, 8, 10])
        more, fewer = (stats.binomtest(x, 40 + x, 0.2, alternative=a).pvalue for a in ("greater", "less"))
        assert held.p == pytest.approx(2 * min(more, fewer), rel=1e-9)
        assert (held.low or 0) <= x <= (held.high or 0) or held.p < 0.05
    wide = expected(30, [10, 2, 18, 10])  # they scatter more than Poisson: by their own scatter
    assert wide.high == pytest.approx(10 + 3.182446 * (128 / 3 * 1.25) ** 0.5, abs=1e-4)
    assert wide.verdict() is Verdict.NONE
    assert expected(5, []).verdict() is expected(5, [3]).verdict() is Verdict.UNKNOWN
    assert verdicts([one, expected(10, [10, 12, 8, 10])]) == [Verdict.UP, Verdict.NONE]


@pytest.mark.parametrize(("scatter", "found"), [(1, 0.95), (2, 0.75)])
def test_three_times_as_many_are_seen_in_a_table_of_thirty_and_chance_is_not(
    scatter: int, found: float
) -> None:
    """Of tables without any change few name one, also where counts scatter twice as much as Poisson; a rise is seen."""
    dice = np.random.default_rng(7)
    means = np.append(np.geomspace(2, 60, 29), 20.0)[:, None]
    shape = (200, 30, 5)
    quiet = dice.poisson(means, shape)
    if scatter > 1:
        quiet = dice.negative_binomial(means / (scatter - 1), 1 / scatter, shape)

    def told(table: NDArray[np.int64]) -> list[Verdict]:
        shared = shared_scatter(table[:, 1:].tolist())
        return verdicts([expected(int(x[0]), x[1:].tolist(), shared) for x in table])

    wrong = sum(any(v in (Verdict.UP, Verdict.DOWN) for v in told(table)) for table in quiet)
    assert wrong / len(quiet) <= 0.05 + 2 * (0.05 * 0.95 / len(quiet)) ** 0.5  # what 200 tables leave open
    risen = quiet.copy()
    risen[:, -1, 0] = 60
    assert sum(told(table)[-1] is Verdict.UP for table in risen) / len(risen) >= found


def test_rows_lend_each_other_their_scatter() -> None:
    """By hand: Σ(y−ȳ)²/ȳ is 4, 4, 4 and 20 over four rows of three degrees; rows in which nothing came say nothing."""
    rows = [[6, 14, 8, 12], [6, 14, 8, 12], [6, 14, 8, 12], [0, 20, 10, 10]]
    assert shared_scatter([*rows, [0, 0, 0, 0]]) == pytest.approx(32 / 12)
    assert shared_scatter(rows[:3]) is None
    assert shared_scatter([[10, 10, 10, 10]] * 5) == 1.0
    assert expected(30, [10, 12, 8, 10], 2.0).p == pytest.approx(expected(15, [5, 6, 4, 5]).p, rel=1e-9)


def test_a_township_is_not_divided_by_the_people_of_its_county(sqlite: Database) -> None:
    with transaction() as session:
        towns = a_city(session, counties=1, townships=2)
        a_matter(session, towns[0], LAMP, WEEK.starts_on)
        ids = {b.id for b in intake.section(a_context(session, towns[0])).blocks if isinstance(b, Table)}
        assert "intake.counties" not in ids
        county = session.get_one(Place, towns[0].parent_id)
        assert table(intake.section(a_context(session, county)), "intake.counties").rows[0][2] == 1


def test_remedies_of_other_places_stay_out_of_a_special_report(sqlite: Database) -> None:
    with transaction() as session:
        towns = a_city(session, counties=1, townships=2)
        remedied_on = WEEK.starts_on - timedelta(days=91)
        session.add(
            RootCause(
                topic=LAMP, zone=ZoneKind.TOWNSHIP, place_id=towns[1].id, townships=[towns[1].id], title="线路老化",
                first_on=remedied_on, last_on=remedied_on, observed=9, expected=1.0, p=0.01, state=CauseState.MEASURED,
                opened_by=a_staff(session, Role.EDITOR).id, opened_at=noon(remedied_on), remedied_on=remedied_on,
                remedy="换线", unit_id=a_unit(session).id, measured_at=noon(WEEK.starts_on), before=90, after=10,
            )
        )  # fmt: skip
        session.flush()
        assert "prevented" in {
            b.id for b in causes.section(a_context(session, towns[1])).blocks if isinstance(b, Table)
        }
        here = causes.section(a_context(session, towns[0]))
        assert "prevented" not in {b.id for b in here.blocks if isinstance(b, Table)}


def test_what_a_remedy_would_have_spared_has_exact_limits() -> None:
    more, low, high = surplus(10, 4.0)
    assert more == 6
    assert stats.poisson.sf(9, low + 4) == pytest.approx(0.025)
    assert stats.poisson.cdf(10, high + 4) == pytest.approx(0.025)
