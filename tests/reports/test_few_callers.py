"""What callers say of a unit can't be had by taking one special report from another."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from core.db import Database, transaction
from reports.assembling import another_edition, renew
from reports.blocks import Table
from reports.bulletins import Bulletin
from reports.special_reports import assemble_special
from tests.matters import lives
from tests.reports.appraised import AFTER, MONDAY, an_editor, worked_on

FIRST = date(2026, 11, 10)
WEEK = timedelta(weeks=1)


def reached(made: Bulletin) -> tuple[object, list[object]]:
    """Return how many callers are told of all units together, and of each that heard from some."""
    tables = {b.id: b for s in made.content.sections for b in s.blocks if isinstance(b, Table)}
    whole, units = tables["handling"], tables["units"]
    at = units.column("reached")
    low = units.column("solved_low")
    assert all(row[low] is None for row in units.rows if row[at] is None)
    return whole.rows[0][whole.column("reached")], [row[at] for row in units.rows if row[at] != 0]


def a_special(session: Session, subject: str, days: int, topic: str) -> Bulletin:
    return assemble_special(
        session, subject, FIRST, FIRST + timedelta(days=days), topics=[topic], by=None, at=AFTER
    )


def test_a_longer_report_hides_what_the_days_between_would_tell(sqlite: Database) -> None:
    with transaction() as session:
        county = lives.offices(session)
        for _ in range(10):
            topic = worked_on(session, county, 0, at=MONDAY).topic or ""
        for _ in range(12):
            worked_on(session, county, 1, at=MONDAY)
        for _ in range(4):  # four more of the first unit were asked a week later
            worked_on(session, county, 0, at=MONDAY + WEEK)
        for _ in range(12):
            worked_on(session, county, 0, at=MONDAY + 2 * WEEK)
        short = a_special(session, "到月底", 18, topic)
        assert reached(short) == (22, [10, 12])
        longer = a_special(session, "到下月初", 25, topic)
        # Fourteen, but ten of them stand in the report before: the other four would be told, by all as well.
        assert reached(longer) == (None, [None, 12])
        longest = a_special(session, "到下月中", 32, topic)
        assert reached(longest) == (38, [26, 12])
        # The first keeps what it said, anew and corrected; one of other days tells of nobody in it.
        before = short.snapshot
        renew(session, short, by=an_editor(session), at=AFTER)
        assert short.snapshot == before
        assert reached(another_edition(session, short, by=an_editor(session), at=AFTER)) == (22, [10, 12])
        # Of the last week alone twelve would be told; but the longest less the first less these are the four.
        assert reached(a_week(session, topic)) == (None, [None])


def test_a_week_hidden_stays_hidden_under_the_sum_of_all(sqlite: Database) -> None:
    """Ten, four that are hidden, twelve: who gives all twenty-six as well gives the four, unless nothing ties them."""
    with transaction() as session:
        county = lives.offices(session)
        for n, many in enumerate((10, 4, 12)):
            for _ in range(many):
                topic = worked_on(session, county, 0, at=MONDAY + n * WEEK).topic or ""
                if n != 1:
                    worked_on(session, county, 1, at=MONDAY + n * WEEK)
        assert reached(a_special(session, "到月底", 18, topic)) == (20, [10, 10])
        assert reached(a_week(session, topic)) == (24, [12, 12])
        whole = a_special(session, "全部", 32, topic)
        assert reached(whole) == (None, [None, 22])
        town = assemble_special(
            session, "那个乡镇", FIRST, FIRST + timedelta(days=32), topics=[topic], within=county.town,
            by=None, at=AFTER,
        )  # fmt: skip
        assert reached(town) == reached(whole)  # all of them live there: under another outline the very same


def a_week(session: Session, topic: str) -> Bulletin:
    """Make the report of the last of the weeks alone."""
    return assemble_special(
        session, "十二月", date(2026, 12, 6), date(2026, 12, 12), topics=[topic], by=None, at=AFTER
    )
