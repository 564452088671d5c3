"""Calendar days: the yearly notices as rows with their edition, taken in from a table and made the ones that count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import calendar, clock, journal
from core.calendar import Day, DayKind, Notices
from core.calendar_notice import NoticeRow
from core.db import Base
from core.people import Staff
from core.sweeps import sweep
from core.terms import coded

FIRST_EDITION = 1
LOOK_AGAIN = 20.0
"""Seconds after which a process asks whether another one has loaded a newer edition."""


class CalendarDay(Base):
    """One day that a notice sets apart; days without a row are what the week says."""

    __tablename__ = "calendar_day"

    day_on: Mapped[date] = mapped_column(primary_key=True, autoincrement=False)
    year: Mapped[int] = mapped_column(index=True)
    """The year whose notice names it: 31 December may belong to the next one's."""
    kind: Mapped[DayKind] = mapped_column(coded(DayKind))
    occasion: Mapped[str] = mapped_column(sa.String(40))
    notice: Mapped[str] = mapped_column(sa.String(80))
    version: Mapped[int]
    """The edition of the calendar that brought it."""

    @property
    def day(self) -> Day:
        """The day as the rules read it."""
        return Day(self.day_on, self.kind, self.occasion, self.notice)


WhenLoaded = Callable[[Session, Staff | None, datetime], object]
WHEN_LOADED: list[WhenLoaded] = []
"""What must follow when an edition is loaded: rooms that count days put themselves here."""


def when_loaded(function: WhenLoaded) -> WhenLoaded:
    """Register what follows a new edition."""
    WHEN_LOADED.append(function)
    return function


def edition(session: Session) -> Notices:
    """Return the notices of the database; of years that it lacks, those that come with the house."""
    rows = list(session.scalars(sa.select(CalendarDay)))
    years = {row.year for row in rows}
    days = {on: day for on, day in calendar.seed().items() if on.year not in years}
    days.update((row.day_on, row.day) for row in rows)
    loaded = years | {on.year for on in calendar.seed()}
    return Notices(days, max((row.version for row in rows), default=FIRST_EDITION), frozenset(loaded))


def keep_seed(session: Session) -> int:
    """Write the notices that come with the house for years of which there are no rows; return how many days."""
    known = set(session.scalars(sa.select(CalendarDay.year).distinct()))
    version = session.scalar(sa.select(sa.func.max(CalendarDay.version))) or FIRST_EDITION
    rows = [
        CalendarDay(
            day_on=day.on,
            year=day.on.year,
            kind=day.kind,
            occasion=day.occasion,
            notice=day.notice,
            version=version,
        )
        for day in calendar.seed().values()
        if day.on.year not in known
    ]
    session.add_all(rows)
    session.flush()
    return len(rows)


@dataclass(frozen=True)
class Change:
    """What a new notice does to one day."""

    before: Day
    after: Day


def changes(session: Session, year: int, rows: list[NoticeRow]) -> list[Change]:
    """List the days that would become something else; nothing is written."""
    present = edition(session)
    after = {row.on: Day(row.on, row.kind, row.occasion, row.notice) for row in rows}
    gone = {d.on for d in present.days.values() if d.on.year == year} - set(after)
    found = [Change(present.day(on), after.get(on) or calendar.plain(on)) for on in {*after, *gone}]
    unlike = [c for c in found if (c.before.kind, c.before.occasion) != (c.after.kind, c.after.occasion)]
    return sorted(unlike, key=lambda c: c.after.on)


def load(session: Session, year: int, rows: list[NoticeRow], *, by: Staff | None, at: datetime) -> int:
    """Take a year's notice in, instead of what stood there for that year; return the new edition's number."""
    keep_seed(session)
    version = (session.scalar(sa.select(sa.func.max(CalendarDay.version))) or FIRST_EDITION) + 1
    session.execute(
        sa.delete(CalendarDay).where(
            sa.or_(CalendarDay.year == year, CalendarDay.day_on.in_([row.on for row in rows]))
        )
    )
    session.add_all(
        CalendarDay(
            day_on=row.on, year=year, kind=row.kind, occasion=row.occasion, notice=row.notice, version=version
        )
        for row in rows
    )
    session.flush()
    journal.write(
        session, "calendar.load", f"calendar_day:{year}", by=by, at=at, days=len(rows), version=version
    )
    use_kept(session)
    for follow in WHEN_LOADED:
        follow(session, by, at)
    return version


_looked_at: float | None = None


def use_kept(session: Session) -> Notices:
    """Make the database's edition the one that counts in this process."""
    global _looked_at
    found = edition(session)
    calendar.use(found)
    _looked_at = clock.monotonic()
    return found


def is_due_to_look() -> bool:
    """Say whether it is time to ask again for an edition that another process has loaded."""
    return _looked_at is None or clock.monotonic() - _looked_at >= LOOK_AGAIN


def keep_fresh(session: Session) -> None:
    """Take over an edition that another process has loaded; asks the database now and then only."""
    if is_due_to_look():
        use_kept(session)


def forget() -> None:
    """Count by the notices that come with the house until the database is asked again."""
    global _looked_at
    calendar.use(None)
    _looked_at = None


@sweep("calendar.seed", every=timedelta(hours=1))
def _keep_seed(session: Session, _now: datetime) -> int:
    return keep_seed(session)
