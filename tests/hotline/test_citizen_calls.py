"""A call on the citizen line: registered, answered or told, never tied to who stays anonymous, never half finished."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.people import Staff
from core.permissions import Role
from core.places import Level, Place
from core.problems import Invalid, Missing
from hotline import citizen_calls, citizen_forms, citizen_records, missing
from hotline.callbacks import CallBackReason, CallBackState
from hotline.callers import caller_from
from hotline.citizen_records import CitizenResult, ContactMatter
from hotline.contacts import Contact
from hotline.lines import LineKind
from matters.attributes import Origin
from matters.knowledge import KnowledgeArticle, folded
from matters.matter import Matter
from matters.reporters import reporters_of
from matters.states import MatterState
from matters.turns import CallerTurn, Errand
from tests.factories import a_place, a_staff, a_unit
from tests.hotline.test_records import NIGHT, a_talk

NUMBER = "+8614512345678"
Call = tuple[Session, Contact, Staff, dict[str, str]]


def a_call(session: Session, number: str | None = NUMBER) -> tuple[Contact, Staff, dict[str, str]]:
    """Make a call that an operator took, and what is typed of it."""
    unit = a_unit(session)
    by = a_staff(session, Role.CITIZEN_OPERATOR)
    by.unit_id = unit.id
    contact = a_talk(session, by, LineKind.CITIZEN)
    contact.caller = caller_from(session, LineKind.CITIZEN, number, at=NIGHT)
    town = a_place(session, level=Level.TOWNSHIP, parent=a_place(session))
    typed = {
        "narrative": "村口到小学的路灯坏了两个多月", "topic": "livelihood.lighting", "kind": "help",
        "place": str(town.id), "identity": "protected", "consent": "1",
    }  # fmt: skip
    session.flush()
    return contact, by, typed


def an_article(session: Session) -> KnowledgeArticle:
    """Make an article that holds today."""
    unit = a_unit(session)
    keeper = a_staff(session, Role.CLERK)
    title = "补办社保卡"
    article = KnowledgeArticle(
        title_zh=title, body_zh="带身份证到社保大厅。", owner_unit_id=unit.id, owner_staff_id=keeper.id,
        valid_from=NIGHT.date() - timedelta(days=9), words=folded(title), changed_at=NIGHT,
    )  # fmt: skip
    session.add(article)
    session.flush()
    return article


def test_several_matters_of_a_call_carry_the_sealed_number(database: db.Database) -> None:
    with db.transaction() as session:
        contact, by, typed = a_call(session)
        made = [citizen_calls.register_from(session, contact, typed, by=by, at=NIGHT) for _ in range(2)]
        assert len({m.matter.receipt for m in made}) == 2
        assert all(m.matter.origin is Origin.CITIZEN_LINE for m in made)
        assert reporters_of(session, made[0].matter)[0].number == NUMBER
        assert [row.matter_id for row in citizen_records.led_to(session, contact)] == [
            m.matter.id for m in made
        ]
        citizen_records.must_be_whole(session, contact)


def test_an_anonymous_matter_is_tied_to_no_call_and_no_number(database: db.Database) -> None:
    with db.transaction() as session:
        contact, by, typed = a_call(session)
        made = citizen_calls.register_from(
            session, contact, typed | {"identity": "anonymous", "number": "14587654321"}, by=by, at=NIGHT
        )
        assert reporters_of(session, made.matter)[0].number is None
        assert session.scalars(sa.select(ContactMatter.matter_id)).all() == [None]


def test_what_lacks_is_said_and_nothing_is_registered(database: db.Database) -> None:
    with db.transaction() as session:
        contact, by, typed = a_call(session)
        del typed["consent"], typed["topic"]
        with pytest.raises(Invalid) as refused:
            citizen_calls.register_from(session, contact, typed, by=by, at=NIGHT)
        assert set(refused.value.fields) == {"consent", "topic"}
        assert session.scalar(sa.select(sa.func.count()).select_from(Matter)) == 0


def test_an_enquiry_is_answered_from_the_knowledge_base_when_it_contents_the_caller(
    database: db.Database,
) -> None:
    with db.transaction() as session:
        contact, by, typed = a_call(session)
        article = an_article(session)
        with pytest.raises(Invalid):
            citizen_calls.answer_from(session, contact, typed, article.id, by=by, at=NIGHT)
        assert session.scalar(sa.select(sa.func.count()).select_from(Matter)) == 0
        made = citizen_calls.answer_from(
            session, contact, typed | {"content": "1"}, article.id, by=by, at=NIGHT
        )
        assert made.matter.state is MatterState.ANSWERED
        record = citizen_records.record_of(session, contact)
        assert record is not None
        assert record.result is CitizenResult.ANSWERED


def test_a_receipt_is_told_to_its_number_or_its_pin_and_to_nobody_else(database: db.Database) -> None:
    with db.transaction() as session:
        contact, by, typed = a_call(session)
        made = citizen_calls.register_from(session, contact, typed, by=by, at=NIGHT)
        receipt = made.matter.receipt or ""
        other, someone, _ = a_call(session, "+8614500000001")
        with pytest.raises(Missing):
            citizen_calls.look_up(session, other, receipt, "000000", by=someone, at=NIGHT)
        told = citizen_calls.look_up(session, other, receipt, made.pin, by=someone, at=NIGHT)
        assert (told.told.receipt, told.is_own_number) == (receipt, False)
        assert citizen_calls.look_up(session, contact, receipt, "", by=by, at=NIGHT).is_own_number
        hidden, operator, _ = a_call(session, None)
        with pytest.raises(Missing):
            citizen_calls.look_up(session, hidden, receipt, "", by=operator, at=NIGHT)


def writes(session: Session, contact: Contact, by: Staff, **changes: str) -> int:
    """Save what is typed, as a page that knows how the form stands."""
    record = citizen_records.record_of(session, contact)
    was, seen = citizen_forms.values_of(record), citizen_forms.number_of(record)
    return citizen_forms.save(session, contact, changes, was=was, seen=seen, by=by, at=NIGHT)


def test_a_draft_stops_a_call_from_being_finished_until_it_is_registered_or_emptied(
    database: db.Database,
) -> None:
    with db.transaction() as session:
        contact, by, typed = a_call(session)
        assert [writes(session, contact, by, narrative=text) for text in ("甲", "甲乙", "甲乙丙")] == [
            1,
            2,
            3,
        ]
        for result in ("", "advised"):
            writes(session, contact, by, result=result)
            with pytest.raises(Invalid):
                citizen_records.must_be_whole(session, contact)
        writes(session, contact, by, result="incomplete")
        citizen_records.must_be_whole(session, contact)
        writes(session, contact, by, result="advised", narrative="", kind="help")
        citizen_records.must_be_whole(session, contact)
        writes(session, contact, by, narrative="甲乙丙")
        citizen_calls.register_from(session, contact, typed, by=by, at=NIGHT)
        assert citizen_forms.values_of(citizen_records.record_of(session, contact)) == {
            "result": "registered"
        }


def test_calls_of_others_and_of_the_other_line_do_not_exist(database: db.Database) -> None:
    with db.transaction() as session:
        contact, by, typed = a_call(session)
        other = a_staff(session, Role.CITIZEN_OPERATOR)
        deeds: list[Any] = [
            lambda c, w: citizen_calls.register_from(session, c, typed, by=w, at=NIGHT),
            lambda c, w: writes(session, c, w, narrative="不该有的"),
        ]
        for deed in deeds:
            with pytest.raises(Missing):
                deed(contact, other)
            with pytest.raises(Missing):
                deed(a_talk(session, by), by)
        assert (session.scalar(sa.select(sa.func.count()).select_from(Place)) or 0) >= 2


def test_what_a_caller_could_not_finish_saying_is_a_draft_to_ring_back_about(database: db.Database) -> None:
    """From the form, or the note where nothing was typed; a withheld number can't be rung, and no words make no draft."""
    with db.transaction() as session:
        for number, typed, note, rung in (
            (NUMBER, {"narrative": "路灯坏了，在"}, "", 1),
            ("+8614500000002", {}, "说了一半断线", 1),
            (None, {"narrative": "停水"}, "", 0),
        ):
            contact, by, _ = a_call(session, number)
            writes(session, contact, by, **typed)
            assert citizen_calls.keep_unfinished(session, contact, by=by, at=NIGHT) is None
            writes(session, contact, by, result="incomplete", note=note)
            kept = citizen_calls.keep_unfinished(session, contact, by=by, at=NIGHT)
            assert kept is not None
            assert (kept.state, kept.narrative) == (MatterState.DRAFT, typed.get("narrative") or note)
            query = sa.select(sa.func.count()).where(CallerTurn.matter_id == kept.id)
            assert session.scalar(query.where(CallerTurn.errand == Errand.CALL_BACK)) == rung
            record = citizen_records.record_of(session, contact)
            assert record is not None
            assert (record.result, record.draft) == (CitizenResult.INCOMPLETE, None)
        contact, by, _ = a_call(session)
        writes(session, contact, by, result="incomplete")
        assert citizen_calls.keep_unfinished(session, contact, by=by, at=NIGHT) is None


def drafts(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count(Matter.id))) or 0


def test_who_broke_off_is_rung_by_the_hotline_or_by_the_desk_and_once(database: db.Database) -> None:
    """No draft while the hotline is to call back, and no second one when the record is finished again."""
    with db.transaction() as session:
        contact, by, _ = a_call(session)
        writes(session, contact, by, narrative="路灯坏了，在", result="incomplete", note="断线")
        promise = missing.promise_call_back(session, contact, CallBackReason.BROKEN_OFF, at=NIGHT)
        assert citizen_calls.keep_unfinished(session, contact, by=by, at=NIGHT) is None
        promise.state, promise.closed_at = CallBackState.DONE, NIGHT
        assert citizen_calls.keep_unfinished(session, contact, by=by, at=NIGHT) is not None
        assert citizen_calls.keep_unfinished(session, contact, by=by, at=NIGHT) is None
        assert drafts(session) == 1


def test_who_began_to_speak_of_the_centre_is_called_back_by_the_hotline(database: db.Database) -> None:
    """Their words are no draft at the desk they speak of, and they are not forgotten with it."""
    with db.transaction() as session:
        contact, by, _ = a_call(session)
        writes(session, contact, by, narrative="你们中心的人", conflict="centre", result="incomplete")
        assert citizen_calls.keep_unfinished(session, contact, by=by, at=NIGHT) is None
        promise = missing.call_back_of(session, contact)
        assert promise is not None
        assert (promise.state, drafts(session)) == (CallBackState.DUE, 0)
