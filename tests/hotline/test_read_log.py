"""Every reading is in the chain, sixteen writers leave no fork, and any altered row is found."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.people import Staff
from core.permissions import Role
from hotline import read_checks
from hotline.read_log import (
    CounsellingRead,
    ReadLogEnd,
    ReadPurpose,
    end_of_log,
    first_break,
    note_read,
    role_at_the_door,
)
from tests.factories import a_staff

NIGHT = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)


def read_often(database: db.Database, staff_id: int, times: int, begin: threading.Barrier) -> None:
    """Read as one of many at the same time."""
    with db.using(database):
        begin.wait()
        for n in range(times):
            with db.transaction() as session:
                by = session.get_one(Staff, staff_id)
                note_read(
                    session, by=by, contact=None, purpose=ReadPurpose.TALK, record="counselling_record",
                    fields=("narrative", "level"), at=NIGHT + timedelta(seconds=n),
                )  # fmt: skip


def test_sixteen_writers_leave_no_fork(database: db.Database) -> None:
    with db.transaction() as session:
        readers = [a_staff(session, Role.OPERATOR).id for _ in range(16)]
    begin = threading.Barrier(16)
    threads = [threading.Thread(target=read_often, args=(database, who, 8, begin)) for who in readers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        assert session.scalar(sa.select(sa.func.count(CounsellingRead.id))) == 128
        assert session.scalar(sa.select(sa.func.count(sa.distinct(CounsellingRead.prev_hash)))) == 128
        assert first_break(session) is None
        assert end_of_log(session)[0] == 128


def _alter(session: Session) -> None:
    others = sa.select(sa.func.max(Staff.id)).scalar_subquery()
    session.execute(sa.update(CounsellingRead).where(CounsellingRead.seq == 3).values(staff_id=others))


def _relabel(session: Session) -> None:
    session.execute(sa.update(CounsellingRead).where(CounsellingRead.seq == 2).values(fields="sex"))


def _move_in_time(session: Session) -> None:
    session.execute(sa.update(CounsellingRead).where(CounsellingRead.seq == 4).values(at=NIGHT))


def _take_out(session: Session) -> None:
    session.execute(sa.delete(CounsellingRead).where(CounsellingRead.seq == 4))


def _cut_off(session: Session) -> None:
    session.execute(sa.delete(CounsellingRead).where(CounsellingRead.seq > 5))


def _cut_off_and_hide(session: Session) -> None:
    _cut_off(session)
    last = session.scalars(sa.select(CounsellingRead).where(CounsellingRead.seq == 5)).one()
    session.execute(sa.update(ReadLogEnd).values(seq=6, hash=last.hash))


@pytest.mark.parametrize(
    ("tamper", "seq"),
    [(_alter, 3), (_relabel, 2), (_move_in_time, 4), (_take_out, 4), (_cut_off, 6), (_cut_off_and_hide, 6)],
)
def test_any_altered_row_is_found(sqlite: db.Database, tamper: Callable[[Session], None], seq: int) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR, Role.INTERVIEWER)
        for n in range(7):
            note_read(
                session, by=by, contact=None, purpose=ReadPurpose.DUTY, record="safety_plan",
                fields=("steps",), at=NIGHT + timedelta(minutes=n + 1),
            )  # fmt: skip
        a_staff(session, Role.OPERATOR)
    with db.reading() as session:
        assert first_break(session) is None
    with db.transaction() as session:
        tamper(session)
    with db.reading() as session:
        found = first_break(session)
        assert found is not None
        assert found.seq == seq


def test_the_log_says_as_whom_somebody_read(sqlite: db.Database) -> None:
    with db.transaction() as session:
        assert role_at_the_door(a_staff(session, Role.INTERVIEWER, Role.SHIFT_LEAD)) == "shift_lead"
        assert role_at_the_door(a_staff(session, Role.INTERVIEWER)) == "none"


def test_the_worker_walks_along_the_log_every_night(database: db.Database) -> None:
    def night(days: int) -> read_checks.ReadCheck:
        with db.transaction() as session:
            for minute in range(4):
                read_checks.step(session, at=NIGHT + timedelta(days=days, minutes=minute), limit=3)
            return read_checks.checks(session)[0]

    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        for n in range(7):
            note_read(
                session, by=by, contact=None, purpose=ReadPurpose.TALK, record="level", fields=("level",),
                at=NIGHT + timedelta(seconds=n),
            )  # fmt: skip
    first = night(0)
    assert (first.seq, first.broken_at, first.ended_at is not None) == (7, None, True)
    with db.reading() as session:
        assert (first.seq, first.hash) == end_of_log(session)
    with db.transaction() as session:
        session.execute(sa.update(CounsellingRead).where(CounsellingRead.seq == 5).values(record="another"))
    second = night(1)
    assert (second.id > first.id, second.seq, second.broken_at, second.what) == (True, 4, 5, "altered")
    with db.reading() as session:
        assert read_checks.is_broken(session)
