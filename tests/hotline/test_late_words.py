"""Late words: a call went to somebody else while one's network was away, and nothing that was typed is lost for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.people import Staff
from core.permissions import Role
from core.problems import Invalid, Missing
from hotline import citizen_forms, citizen_records, late_words
from hotline.citizen_forms import SomebodyElseWrites
from hotline.contacts import Contact, ContactState
from hotline.late_words import TAKEN_WITHIN, LateNote
from hotline.lines import LineKind
from hotline.read_log import ReadPurpose
from hotline.records import RecordIsFinished, WrittenElsewhere
from tests.factories import a_staff
from tests.hotline.test_records import NIGHT, a_talk, held, keep


def late(
    session: Session,
    contact: Contact,
    by: Staff,
    token: str,
    was: dict[str, Any],
    after: timedelta = timedelta(minutes=5),
    **fields: Any,
) -> int:
    """Send what was typed before the call went away."""
    changes = list(fields.items())
    return late_words.save(session, contact, changes, token=token, seen=1, was=was, by=by, at=NIGHT + after)


def put_back(session: Session, contact: Contact) -> None:
    """Let a caller who lost their operator wait again."""
    contact.state, contact.written_by, contact.taken_by = ContactState.WAITING, contact.taken_by, None
    session.flush()


def beside(session: Session, contact: Contact) -> list[list[tuple[str, str]]]:
    """Read what stands beside the record."""
    reader = a_staff(session, Role.SHIFT_LEAD)
    found = late_words.beside(session, contact, by=reader, purpose=ReadPurpose.DUTY, at=NIGHT)
    return [[line for part in parts for line in part.lines] for _, parts in found]


def test_what_was_typed_while_the_network_was_away_arrives_after_the_caller_was_put_back(
    database: db.Database,
) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        keep(session, contact, by, 0, "a", narrative="他说已经三天没有合眼")
        put_back(session, contact)
        version = late(
            session,
            contact,
            by,
            "b",
            {"narrative": "他说已经三天没有合眼"},
            narrative="他说已经三天没有合眼，想哭",
            hope_start=20,
        )
        assert version == 2
        assert late(session, contact, by, "b", {}, hope_start=90) == 2  # sent twice
        assert held(session, contact, by) == {"narrative": "他说已经三天没有合眼，想哭", "hope_start": 20}
        assert beside(session, contact) == []


def test_late_words_never_write_over_the_next_operators(database: db.Database) -> None:
    with db.transaction() as session:
        by, following = a_staff(session, Role.OPERATOR), a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        keep(session, contact, by, 0, "a", narrative="甲")
        put_back(session, contact)
        contact.taken_by, contact.state = following.id, ContactState.TALKING
        session.flush()
        keep(session, contact, following, 1, "n", narrative="乙")
        late(session, contact, by, "b", {"narrative": "甲"}, narrative="甲后来写的", hope_start=30)
        assert held(session, contact, following) == {"narrative": "乙", "hope_start": 30}
        assert [[text for _, text in lines] for lines in beside(session, contact)] == [["甲后来写的"]]
        late(session, contact, by, "b", {"narrative": "甲"}, narrative="甲后来写的")
        assert session.scalar(sa.select(sa.func.count(LateNote.id))) == 1
        with pytest.raises(Invalid):
            late(session, contact, by, "c", {}, hope_start="许多")


def test_a_finished_record_stays_and_what_comes_after_is_noted_beside_it(database: db.Database) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        keep(session, contact, by, 0, "a", narrative="写完的")
        contact.state, contact.closed_at = ContactState.DONE, NIGHT
        session.flush()
        late(session, contact, by, "b", {"narrative": "写完的"}, narrative="另一个窗口里还没存的")
        assert held(session, contact, by) == {"narrative": "写完的"}
        assert [text for _, text in beside(session, contact)[0]] == ["另一个窗口里还没存的"]
        with pytest.raises(RecordIsFinished):
            late(session, contact, by, "c", {}, TAKEN_WITHIN + timedelta(minutes=1), handling="太晚了")


def test_nobody_writes_late_of_a_call_that_was_never_theirs(database: db.Database) -> None:
    with db.transaction() as session:
        by, stranger = a_staff(session, Role.OPERATOR), a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        keep(session, contact, by, 0, "a", narrative="甲")
        with pytest.raises(Missing):
            late(session, contact, stranger, "b", {}, handling="不该有的")
        contact.state, contact.closed_at = ContactState.DONE, NIGHT
        session.flush()
        with pytest.raises(Missing):
            late(session, contact, stranger, "b", {}, handling="不该有的")
        contact.state, contact.closed_at, contact.owner_id = ContactState.TALKING, None, stranger.id
        put_back(session, contact)
        with pytest.raises(Missing):
            late(session, contact, by, "c", {}, TAKEN_WITHIN + timedelta(minutes=1), handling="太晚了")


def test_a_citizens_late_words_join_the_form_and_never_go_over_a_colleagues(database: db.Database) -> None:
    with db.transaction() as session:
        by, following = a_staff(session, Role.CITIZEN_OPERATOR), a_staff(session, Role.CITIZEN_OPERATOR)
        contact = a_talk(session, by, LineKind.CITIZEN)

        def typed(
            text: str,
            was: str,
            seen: int,
            who: Staff,
            after: timedelta = timedelta(0),
            field: str = "narrative",
        ) -> int:
            return citizen_forms.save(
                session, contact, {field: text}, was={field: was}, seen=seen, by=who, at=NIGHT + after
            )

        def stands() -> dict[str, str]:
            return citizen_forms.values_of(citizen_records.record_of(session, contact))

        typed("路灯", "", 0, by)
        put_back(session, contact)
        assert typed("路灯坏了两个月", "路灯", 1, by) == 2
        with pytest.raises(Missing):
            typed("不该有的", "", 2, following)
        with pytest.raises(Missing):
            typed("太晚了", "路灯坏了两个月", 2, by, timedelta(hours=13))
        contact.taken_by = following.id
        session.flush()
        # The colleague's page knows state 2; a third reaches the house, and the page has to see it before it saves.
        assert typed("说完了村口", "", 2, by, field="spot") == 3
        for field, was in (("narrative", "路灯坏了两个月"), ("spot", "")):
            with pytest.raises(WrittenElsewhere):
                typed("村口的路灯，已核实", was, 2, following, field=field)
        with pytest.raises(WrittenElsewhere):
            citizen_forms.must_have_seen(session, contact, 2)
        typed("路灯坏了两个月，已核实", "路灯坏了两个月", 3, following)
        assert typed("路灯坏了两个月，已核实", "路灯坏了两个月", 3, following) == 4  # sent twice, kept once
        with pytest.raises(SomebodyElseWrites):
            typed("路灯坏了两个月，孩子害怕", "路灯坏了两个月", 3, by)
        assert stands() == {"narrative": "路灯坏了两个月，已核实", "spot": "说完了村口"}


def test_a_page_that_goes_away_has_its_last_words_kept_whatever_of_the_earlier_arrived(
    database: db.Database,
) -> None:
    for arrived in (False, True):
        with db.transaction() as session:
            by = a_staff(session, Role.CITIZEN_OPERATOR)
            contact = a_talk(session, by, LineKind.CITIZEN)
            first, last = {"note": "说了"}, {"note": "说了一半"}
            if arrived:
                citizen_forms.save(session, contact, first, was={}, seen=0, by=by, at=NIGHT)
            citizen_forms.save(session, contact, last, was={}, sent=first, seen=0, by=by, at=NIGHT)
            assert citizen_forms.values_of(citizen_records.record_of(session, contact)) == last
