"""Every edge of the calendar: two years' notices day by day, make-up days, a missing year, New Year, midnight, holidays."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core import calendar, calendar_days, db, journal
from core.calendar import Day, DayKind
from core.calendar_notice import BadNotice, NoticeRow, decoded, read_notice
from tests.factories import a_staff

REFERENCE = Path(__file__).resolve().parent.parent / "reference/calendar/notices.csv"
SPANS = {
    2025: (
        "0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008",
        "0126 0208 0427 0928 1011",
        28,
        248,
    ),
    2026: (
        "0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007",
        "0104 0214 0228 0509 0920 1010",
        33,
        248,
    ),
}
"""Holidays and make-up days as the notices' sentences give them, days off and working days of the year in all."""
HEAD = "date,kind,occasion,notice\n"


@pytest.fixture(autouse=True)
def _own_calendar() -> Iterator[None]:
    calendar_days.forget()
    yield
    calendar_days.forget()


def spread(year: int, spans: str) -> set[date]:
    """Return the days of spans such as 0128-0204."""
    found: set[date] = set()
    for span in spans.split():
        first, _, last = span.partition("-")
        begin, end = (date(year, int(text[:2]), int(text[2:])) for text in (first, last or first))
        found |= {begin + timedelta(days=n) for n in range((end - begin).days + 1)}
    return found


def days(year: int) -> list[date]:
    """Return every day of a year."""
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", SPANS)
def test_every_day_of_a_year_is_what_the_notice_says(year: int) -> None:
    holidays, makeups = (spread(year, spans) for spans in SPANS[year][:2])
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        listed = {date.fromisoformat(row["date"]): row["kind"] for row in csv.DictReader(file)}
    assert {on for on, kind in listed.items() if on.year == year and kind == "holiday"} == holidays
    assert {on for on, kind in listed.items() if on.year == year and kind == "makeup"} == makeups
    for on in days(year):
        expected = (
            DayKind.HOLIDAY
            if on in holidays
            else DayKind.MAKEUP
            if on in makeups
            else DayKind.REST
            if on.weekday() >= 5
            else DayKind.WORK
        )
        found = calendar.day(on)
        assert (found.kind, found.is_provisional) == (expected, False), on
        assert found.counts == (expected in (DayKind.WORK, DayKind.MAKEUP))
        assert bool(found.notice) == (on in listed)
    assert len(holidays) == SPANS[year][2]
    assert sum(calendar.day(on).counts for on in days(year)) == SPANS[year][3]


@pytest.mark.parametrize(
    ("start", "count", "end", "is_provisional"),
    [
        ("2026-02-13", 1, "2026-02-14", False),  # a Saturday that is worked
        ("2026-02-14", 1, "2026-02-24", False),  # nine days of the festival follow
        ("2026-02-27", 1, "2026-02-28", False),
        ("2026-09-18", 1, "2026-09-20", False),  # a Sunday that is worked, its Saturday is not
        ("2026-09-30", 1, "2026-10-08", False),
        ("2026-09-24", 5, "2026-10-09", False),
        ("2025-12-31", 1, "2026-01-04", False),  # across New Year into a make-up Sunday
        ("2025-12-30", 2, "2026-01-04", False),
        (
            "2026-12-31",
            1,
            "2027-01-01",
            True,
        ),  # the notice of 2027 is not there: Friday counts, provisionally
        ("2026-12-30", 1, "2026-12-31", False),
        ("2027-12-31", 1, "2028-01-03", True),
        ("2024-12-31", 1, "2025-01-02", False),
        ("2028-02-28", 1, "2028-02-29", True),
        ("2026-06-18", 1, "2026-06-22", False),
        ("2026-01-01", 1, "2026-01-04", False),  # begun on a holiday: day 1 is the next working day
    ],
)
def test_working_days_after(start: str, count: int, end: str, is_provisional: bool) -> None:
    found = calendar.after_working_days(date.fromisoformat(start), count)
    assert (found.on.isoformat(), found.is_provisional) == (end, is_provisional)


def test_what_is_skipped_is_listed_too() -> None:
    """From 30 September to 8 October 2026: seven days of holiday, then the first that counts."""
    listed = calendar.working_days_after(date(2026, 9, 30), 1)
    assert [d.on.day for d in listed] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [d.counts for d in listed] == [False] * 7 + [True]
    assert {d.occasion for d in listed[:7]} == {"国庆节"}


NEXT = (
    HEAD
    + "2027-01-01,holiday,元旦,通知一号\n2027-01-02,makeup,元旦,通知一号\n2026-12-31,holiday,元旦,通知一号\n"
)


def test_a_new_years_notice_is_loaded_and_counts_everywhere(database: db.Database, now: datetime) -> None:
    """A new edition: its days count, the year is known, what was provisional no longer is."""
    assert calendar.after_working_days(date(2026, 12, 30), 1).on == date(2026, 12, 31)
    followed: list[datetime] = []
    with db.transaction() as session:
        by = a_staff(session)
        rows = read_notice(NEXT, 2027)
        changes = calendar_days.changes(session, 2027, rows)
        assert [(c.after.on.isoformat(), c.before.kind, c.after.kind) for c in changes] == [
            ("2026-12-31", DayKind.WORK, DayKind.HOLIDAY),
            ("2027-01-01", DayKind.WORK, DayKind.HOLIDAY),
            ("2027-01-02", DayKind.REST, DayKind.MAKEUP),
        ]
        assert session.scalars(sa.select(calendar_days.CalendarDay)).all() == []  # a dry run writes nothing
        follow = calendar_days.when_loaded(lambda session, by, at: followed.append(at))
        try:
            assert calendar_days.load(session, 2027, rows, by=by, at=now) == 2
        finally:
            calendar_days.WHEN_LOADED.remove(follow)
    assert followed == [now]
    assert calendar.version() == 2
    found = calendar.after_working_days(date(2026, 12, 30), 1)
    assert (found.on, found.is_provisional) == (date(2027, 1, 2), False)
    assert calendar.day(date(2026, 10, 1)).kind is DayKind.HOLIDAY  # the other years stand
    with db.reading() as session:
        entry = session.scalars(sa.select(journal.Entry).where(journal.Entry.action == "calendar.load")).one()
        assert entry.details == {"days": 3, "version": 2}
        assert calendar_days.changes(session, 2027, rows) == []


def test_a_corrected_notice_replaces_the_year_and_nothing_else(sqlite: db.Database, now: datetime) -> None:
    with db.transaction() as session:
        calendar_days.load(session, 2027, read_notice(NEXT, 2027), by=None, at=now)
        corrected = read_notice(HEAD + "2027-01-01,holiday,元旦,通知二号\n", 2027)
        gone = calendar_days.changes(session, 2027, corrected)
        assert [c.after.on for c in gone] == [date(2027, 1, 2)]
        assert calendar_days.load(session, 2027, corrected, by=None, at=now) == 3
    assert calendar.day(date(2027, 1, 1)).notice == "通知二号"
    assert calendar.day(date(2027, 1, 2)).kind is DayKind.REST
    assert calendar.day(date(2026, 12, 31)).kind is DayKind.WORK
    assert sum(calendar.day(on).counts for on in days(2026)) == SPANS[2026][3]


def test_another_process_takes_the_edition_over_in_a_moment(
    sqlite: db.Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asks now and then only; whoever starts asks at once."""
    with db.transaction() as session:
        calendar_days.load(session, 2027, read_notice(NEXT, 2027), by=None, at=now)
    calendar.use(None)  # as another process still counts
    with db.reading() as session:
        calendar_days.keep_fresh(session)
        assert calendar.version() == 1
        moment = calendar_days.clock.monotonic()
        monkeypatch.setattr(calendar_days.clock, "monotonic", lambda: moment + calendar_days.LOOK_AGAIN + 1)
        calendar_days.keep_fresh(session)
    assert calendar.version() == 2


def test_an_old_database_learns_the_years_that_come_with_the_house(sqlite: db.Database) -> None:
    """Rows are seeded once; a year that the database has is left as it is."""
    with db.transaction() as session:
        session.add(
            calendar_days.CalendarDay(
                day_on=date(2026, 1, 1),
                year=2026,
                kind=DayKind.HOLIDAY,
                occasion="元旦",
                notice="甲",
                version=4,
            )
        )
        session.flush()
        assert calendar_days.keep_seed(session) == 33  # the days that the notice of 2025 names
        assert calendar_days.keep_seed(session) == 0
        found = calendar_days.edition(session)
    assert found.version == 4
    assert found.day(date(2025, 10, 1)).kind is DayKind.HOLIDAY
    assert found.day(date(2026, 10, 1)).kind is DayKind.WORK
    assert found.years == {2025, 2026}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2027-13-01,holiday,元旦,一号", "2027-01-01"),
        ("1.1.2027,holiday,元旦,一号", "2027-01-01"),
        ("2028-01-01,holiday,元旦,一号", "不在这一年"),
        ("2026-11-30,holiday,元旦,一号", "不在这一年"),
        ("2027-01-04,makeup,元旦,一号", "周六、周日"),
        ("2027-01-01,work,元旦,一号", "holiday"),
        ("2027-01-01,holiday,,一号", "节日"),
        ("2027-01-01,holiday,元旦,", "文号"),
        (f"2027-01-01,holiday,{'长' * 41},一号", "节日"),
        ("2027-05-01,holiday,劳动节,一号\n2027-05-01,holiday,劳动节,一号", "重复"),
    ],
)
def test_every_bad_row_is_named(row: str, said: str) -> None:
    good = "2027-10-01,holiday,国庆节,一号\n"
    with pytest.raises(BadNotice) as refused:
        read_notice(HEAD + good + row + "\n", 2027)
    assert len(refused.value.fields) == 1
    assert said in next(iter(refused.value.fields.values())).in_language("zh")


def test_a_table_of_something_else_is_refused_whole() -> None:
    for text in ("a,b\n1,2\n", HEAD, HEAD + "2026-12-31,holiday,元旦,一号\n"):
        with pytest.raises(BadNotice):
            read_notice(text, 2027)
    with pytest.raises(BadNotice):
        read_notice(HEAD + "2027-01-01,holiday,元旦,一号\n" * 201, 2027)
    with pytest.raises(BadNotice):
        decoded(b"\xff\xfe\x00\xd8")
    assert read_notice(decoded(NEXT.encode("gb18030")), 2027) == read_notice(
        decoded(NEXT.encode("utf-8-sig")), 2027
    )
    assert read_notice(NEXT, 2027)[0] == NoticeRow(date(2027, 1, 1), DayKind.HOLIDAY, "元旦", "通知一号")


def test_a_plain_day_and_utc_midnight() -> None:
    """A day is the local one: 00:30 in Shanghai on the 1st is 16:30 UTC of the day before."""
    local = datetime(2026, 9, 30, 16, 30, tzinfo=UTC) + timedelta(hours=8)
    assert calendar.day(local.date()).kind is DayKind.HOLIDAY
    assert calendar.plain(date(2026, 10, 1)) == Day(date(2026, 10, 1), DayKind.WORK)
