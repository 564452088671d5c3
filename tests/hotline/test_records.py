"""Records: nothing typed is lost or doubled, two windows notice each other, finished ones stay, readings are noted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.people import Staff
from core.permissions import Role
from core.places import Level
from core.problems import Invalid, Missing
from hotline import record_wholeness, records
from hotline.contacts import Contact, ContactState, fresh_token
from hotline.forms import NOT_SAID
from hotline.lines import LineKind
from hotline.read_log import CounsellingRead, ReadPurpose
from hotline.records import CounsellingRecord, RecordChange, RecordIsFinished, WrittenElsewhere
from tests.factories import a_place, a_staff
from tests.hotline.test_forms import WHOLE

NIGHT = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
SAID = "他说已经三天没有合眼"


def a_talk(session: Session, by: Staff, line: LineKind = LineKind.COUNSELLING) -> Contact:
    """Make a contact that somebody is talking with."""
    contact = Contact(
        token=fresh_token(), line=line, state=ContactState.TALKING, owner_id=by.id, rung_at=NIGHT,
        waiting_from=NIGHT, taken_by=by.id, taken_at=NIGHT, talking_at=NIGHT,
    )  # fmt: skip
    session.add(contact)
    session.flush()
    return contact


def keep(session: Session, contact: Contact, by: Staff, seen: int, token: str, **fields: Any) -> int:
    """Save some fields."""
    return records.save(session, contact, list(fields.items()), token=token, seen=seen, by=by, at=NIGHT)


def held(session: Session, contact: Contact, by: Staff) -> dict[str, Any]:
    """Read what a record holds."""
    return records.read(session, contact, by=by, purpose=ReadPurpose.TALK, at=NIGHT).values


def test_a_record_grows_field_by_field_and_a_repeated_change_is_one(database: db.Database) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        township = a_place(session, level=Level.TOWNSHIP)
        assert held(session, contact, by) == {}
        assert keep(session, contact, by, 0, "a", narrative=SAID, township=township.id) == 1
        assert keep(session, contact, by, 1, "b", problems=["work"], hope_start=NOT_SAID) == 2
        # The answer to b was lost on the way: the page sends it again, still believing in version 1.
        assert keep(session, contact, by, 1, "b", problems=["grief"]) == 2
        assert keep(session, contact, by, 2, "c", township=None) == 3
        assert held(session, contact, by) == {
            "narrative": SAID, "problems": ["work"], "hope_start": NOT_SAID,
        }  # fmt: skip
        assert session.scalar(sa.select(sa.func.count()).select_from(RecordChange)) == 3


def test_another_window_is_noticed_and_what_it_wrote_stays(database: db.Database) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        keep(session, contact, by, 0, "first", narrative="甲窗口")
        with pytest.raises(WrittenElsewhere):
            keep(session, contact, by, 0, "second", handling="乙窗口")
        assert keep(session, contact, by, 1, "second", handling="乙窗口") == 2
        assert held(session, contact, by) == {"narrative": "甲窗口", "handling": "乙窗口"}


def test_a_page_that_goes_away_sends_what_may_not_have_arrived_as_well(database: db.Database) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        keep(session, contact, by, 0, "on its way", narrative="甲")
        last = [("narrative", "甲乙"), ("sex", "male")]
        with pytest.raises(WrittenElsewhere):
            records.save(session, contact, last, token="last", seen=0, after="never sent", by=by, at=NIGHT)
        assert (
            records.save(session, contact, last, token="last", seen=0, after="on its way", by=by, at=NIGHT)
            == 2
        )
        assert held(session, contact, by) == {"narrative": "甲乙", "sex": "male"}


def test_what_cannot_be_held_is_refused_beside_its_field_and_changes_nothing(database: db.Database) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        keep(session, contact, by, 0, "a", sex="male")
        with pytest.raises(Invalid) as refused:
            keep(session, contact, by, 1, "b", sex="third", hope_start=50)
        assert set(refused.value.fields) == {"sex"}
        with pytest.raises(Invalid):
            keep(session, contact, by, 1, "", sex="female")
        assert held(session, contact, by) == {"sex": "male"}


def test_it_is_not_for_others_nor_for_the_citizen_line(database: db.Database) -> None:
    with db.transaction() as session:
        by, other = a_staff(session, Role.OPERATOR), a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        with pytest.raises(Missing):
            keep(session, contact, other, 0, "a", sex="male")
        with pytest.raises(Missing):
            keep(session, a_talk(session, by, LineKind.CITIZEN), by, 0, "a", sex="male")


def test_it_is_finished_when_nothing_lacks_and_then_not_written_over(database: db.Database) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        with pytest.raises(Invalid) as refused:
            record_wholeness.must_be_whole(session, contact)
        assert set(refused.value.fields) == set(WHOLE)
        keep(session, contact, by, 0, "a", **(WHOLE | {"intent_end": None}))
        with pytest.raises(Invalid) as refused:
            record_wholeness.must_be_whole(session, contact)
        assert set(refused.value.fields) == {"intent_end"}
        keep(session, contact, by, 1, "b", intent_end=0)
        record_wholeness.must_be_whole(session, contact)
        contact.state, contact.closed_at = ContactState.DONE, NIGHT
        session.flush()
        with pytest.raises(RecordIsFinished):
            keep(session, contact, by, 2, "c", narrative="改写")
        assert keep(session, contact, by, 0, "b", intent_end=99) == 2
        found = records.read(session, contact, by=by, purpose=ReadPurpose.TALK, at=NIGHT)
        assert (found.is_finished, found.values["intent_end"]) == (True, 0)


def test_every_reading_is_noted_with_the_names_of_the_fields_only(database: db.Database) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        keep(session, contact, by, 0, "a", narrative=SAID, result="relieved")
        held(session, contact, by)
        row = session.scalars(sa.select(CounsellingRead)).one()
        assert (row.staff_id, row.contact_id, row.fields) == (by.id, contact.id, "narrative,result")
        assert row.record.startswith("counselling_record:")


def test_at_rest_nothing_of_it_can_be_read(database: db.Database) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        keep(session, contact, by, 0, "a", narrative=SAID, sex="female", problems=["grief"])
    with db.reading() as session:
        table = CounsellingRecord.__table__
        raw = session.execute(sa.select(sa.type_coerce(table.c.content, sa.LargeBinary))).scalar_one()
        for word in (SAID, "female", "grief", "narrative"):
            assert word.encode() not in bytes(raw)
        for change in session.execute(sa.select(RecordChange.__table__)):
            assert SAID not in str(tuple(change))
