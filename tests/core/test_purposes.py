"""What is sealed is opened for a purpose that was said: by that person, for that record, for a short while."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from core import db, purposes
from core.journal import Entry
from core.problems import Invalid
from core.purposes import PurposeAsked, ReadingPurpose, StatedPurpose
from tests.factories import a_place, a_staff


def test_a_purpose_holds_for_one_person_one_record_and_a_short_while(
    database: db.Database, now: datetime
) -> None:
    with db.transaction() as session:
        anna, ben = a_staff(session), a_staff(session)
        one, other = a_place(session), a_place(session)
        with pytest.raises(PurposeAsked):
            purposes.note_reading(session, one, "place.read", by=anna, at=now)
        stated = purposes.state(session, one, ReadingPurpose.CALLER, " 来电补充 ", by=anna, at=now)
        assert purposes.note_reading(session, one, "place.read", by=anna, at=now).id == stated.id
        assert purposes.in_force(session, one, by=anna, at=now + timedelta(minutes=19)) is not None
        assert purposes.in_force(session, one, by=anna, at=now + purposes.GOOD_FOR) is None
        assert purposes.in_force(session, one, by=anna, at=now - timedelta(seconds=1)) is None
        assert purposes.in_force(session, one, by=ben, at=now) is None
        assert purposes.in_force(session, other, by=anna, at=now) is None
        lines = session.scalars(sa.select(Entry).where(Entry.staff_id == anna.id).order_by(Entry.id)).all()
        assert [(line.action, line.details["purpose"]) for line in lines] == [
            ("purpose.state", "caller"),
            ("place.read", "caller"),
        ]
        assert all(line.record == f"place:{one.id}" for line in lines)
        assert stated.words == "来电补充"


def test_what_was_written_is_sealed_and_not_in_the_journal(sqlite: db.Database, now: datetime) -> None:
    with db.transaction() as session:
        anna, place = a_staff(session), a_place(session)
        purposes.state(session, place, ReadingPurpose.OTHER, "王某来访核对", by=anna, at=now)
        raw = session.execute(sa.text("SELECT words FROM stated_purpose")).scalar_one()
        assert "王某".encode() not in bytes(raw)
        assert "王某" not in str(session.scalars(sa.select(Entry.details)).all())


@pytest.mark.parametrize(
    ("purpose", "words", "field"),
    [
        (None, "想看看", "purpose"),
        (ReadingPurpose.OTHER, " 看 ", "words"),
        (ReadingPurpose.HANDLE, "字" * 201, "words"),
    ],
)
def test_what_is_wrong_is_told_by_field_and_nothing_is_kept(
    sqlite: db.Database, now: datetime, purpose: ReadingPurpose | None, words: str, field: str
) -> None:
    with db.transaction() as session:
        anna, place = a_staff(session), a_place(session)
        with pytest.raises(Invalid) as wrong:
            purposes.state(session, place, purpose, words, by=anna, at=now)
        assert set(wrong.value.fields) == {field}
        assert session.scalars(sa.select(StatedPurpose)).all() == []
