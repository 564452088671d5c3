"""Room drafts: what is typed into the room's forms comes back to who typed it, to nobody else, and goes once it is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from core import clock, db
from core.permissions import Role
from core.problems import Missing
from hotline import risk_giving, room_drafts
from hotline.contacts import Contact
from hotline.key_reviews import Verdict
from hotline.lines import LineKind
from hotline.read_log import CounsellingRead
from hotline.risk import RiskLevel
from hotline.room_drafts import KEPT_FOR, RoomDraft
from hotline.shifts import Shift
from tests.conftest import NOON
from tests.factories import a_staff
from tests.hotline.test_records import a_talk
from tests.web.conftest import SignedIn
from tests.web.conftest import app as app
from tests.web.conftest import as_role as as_role

TYPED = {"words": ["人在桥上，妹妹还没有到"]}


def test_a_draft_is_its_writers_alone_sealed_and_its_reading_noted(database: db.Database) -> None:
    with db.transaction() as session:
        by, other = a_staff(session, Role.OPERATOR), a_staff(session, Role.OPERATOR)
        contact = a_talk(session, by)
        place = f"{contact.token}:danger_police"
        room_drafts.keep(session, place, TYPED, by=by, at=NOON)
        assert room_drafts.kept(session, [place], by=by, at=NOON) == {place: TYPED}
        assert session.scalars(sa.select(CounsellingRead)).one().fields == "words"
        assert room_drafts.kept(session, [place], by=other, at=NOON) == {}
        with pytest.raises(Missing):
            room_drafts.keep(session, place, TYPED, by=other, at=NOON)
        raw = session.execute(sa.select(sa.type_coerce(RoomDraft.content, sa.LargeBinary))).scalar_one()
        assert "桥上".encode() not in bytes(raw)
        contact.taken_by = contact.owner_id = other.id
        session.flush()
        assert room_drafts.kept(session, [place], by=by, at=NOON) == {}
        room_drafts.keep(session, place, {"words": [" "]}, by=other, at=NOON)
        room_drafts.keep(session, f"{contact.token}:plan", TYPED, by=other, at=NOON + KEPT_FOR + timedelta(1))
        assert [row.place for row in session.scalars(sa.select(RoomDraft))] == [f"{contact.token}:plan"]


def test_a_handover_being_written_is_the_leads(database: db.Database) -> None:
    with db.transaction() as session:
        lead, operator = a_staff(session, Role.SHIFT_LEAD), a_staff(session, Role.OPERATOR)
        shift = Shift(
            line=LineKind.COUNSELLING,
            begins_at=NOON,
            ends_at=NOON + timedelta(hours=8),
            seats=2,
            created_at=NOON,
            created_by=lead.id,
        )
        session.add(shift)
        session.flush()
        place = f"handover:{shift.id}"
        room_drafts.keep(session, place, TYPED, by=lead, at=NOON)
        assert room_drafts.kept(session, [place], by=lead, at=NOON) == {place: TYPED}
        for wrong in (place, "handover:plan", "handover", "../x:plan"):
            with pytest.raises(Missing):
                room_drafts.keep(session, wrong, TYPED, by=operator, at=NOON)


def test_a_form_that_was_taken_in_drops_its_draft_and_a_refused_one_keeps_it(
    as_role: SignedIn,
) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        token = a_talk(session, by).token
    client = as_role(staff=by)
    place = f"{token}:plan"
    assert (
        client.post(
            "/counselling/drafts", json={"place": place, "typed": {"signs": ["整夜睡不着"]}}
        ).status_code
        == 200
    )
    told = client.post("/counselling/drafts/read", json={"places": [place]})
    assert told.get_json() == {place: {"signs": ["整夜睡不着"]}}
    client.post(f"/counselling/{token}/safety-plan", data={"draft": place})
    signed_out = client.application.test_client()
    assert signed_out.post(f"/counselling/{token}/safety-plan", data={"draft": place}).status_code < 500
    assert _count() == 1
    client.post(f"/counselling/{token}/safety-plan", data={"draft": place, "signs": "整夜睡不着"})
    assert _count() == 0


def test_a_form_that_was_taken_in_is_said_so_although_its_draft_could_not_be_dropped(
    as_role: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        by = a_staff(session, Role.OPERATOR)
        token = a_talk(session, by).token

    def away(*_: object, **__: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    monkeypatch.setattr(room_drafts, "forget", away)
    told = {"draft": f"{token}:plan", "signs": "整夜睡不着"}
    assert as_role(staff=by).post(f"/counselling/{token}/safety-plan", data=told).status_code == 303


def _count() -> int:
    with db.reading() as session:
        return session.scalar(sa.select(sa.func.count(RoomDraft.id))) or 0


def test_a_review_being_written_is_the_reviewers(as_role: SignedIn) -> None:
    with db.transaction() as session:
        by, reviewer = a_staff(session, Role.OPERATOR), a_staff(session, Role.REVIEWER)
        contact = a_talk(session, by)
        token = contact.token
        place = f"{token}:review"
    client = as_role(staff=reviewer)
    told = {"place": place, "typed": {"words": ["先问安全，再谈计划"]}}
    assert (
        client.post("/counselling/cases/drafts", json=told).status_code == 404
    )  # not a key case, so not theirs
    with db.transaction() as session:
        contact = session.scalars(sa.select(Contact)).one()
        risk_giving.give(
            session, contact, always=(), chosen=RiskLevel.KEY, words="", by=session.merge(by), at=clock.now()
        )
    assert client.post("/counselling/cases/drafts", json=told).status_code == 200
    assert f'value="{place}"' in client.get(f"/counselling/cases/{token}").text
    given = client.post("/counselling/cases/drafts/read", json={"places": [place]})
    assert given.get_json() == {place: {"words": ["先问安全，再谈计划"]}}
    sent = {"draft": place, "verdict": Verdict.GOOD.value, "words": "先问安全，再谈计划"}
    assert client.post(f"/counselling/cases/{token}", data=sent).status_code == 303
    assert _count() == 0
