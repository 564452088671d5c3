"""The vault: two others open it, for a short while, every look is on record and can be told to the caller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core import clock, db, journal, rotation, secrets
from core.db import transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Forbidden, Invalid, Missing, Refused
from core.purposes import ReadingPurpose
from matters import caller_notes, vault_opening, vault_review
from matters.attributes import Conflict, IdentityClass
from matters.log import MatterEvent
from matters.matter import Matter
from matters.reporters import Reporter, reporters_of
from matters.vault import Finding, IdentityLook, IdentityRequest, RequestState
from tests.factories import a_staff
from tests.matters.raising import NAME, NUMBER, Desk, a_desk, a_matter

SignedIn = Callable[..., FlaskClient]
WHY = "承办单位报告有人身威胁,须联系本人"
MINUTE = timedelta(minutes=1)


def asked(
    session: Session, desk: Desk, matter: Matter, by: Staff, at: datetime, minutes: int = 30
) -> IdentityRequest:
    """Ask for the first caller."""
    reporter = reporters_of(session, matter)[0]
    return vault_opening.ask(
        session, matter, reporter.id, ReadingPurpose.HANDLE, WHY, minutes=minutes, by=by, at=at
    )


def test_two_others_open_it_and_every_look_is_on_record(database: db.Database, now: datetime) -> None:
    with transaction() as session:
        desk = a_desk(session)
        told = a_matter(session, desk, at=now)
        request = asked(session, desk, told.matter, desk.office, now + MINUTE)
        with pytest.raises(Refused):
            vault_opening.look(session, request, by=desk.office, at=now + 2 * MINUTE)
        assert vault_opening.waiting(session, desk.custodian, now + 2 * MINUTE) == 1
        assert (
            vault_opening.allow(session, request, by=desk.custodian, at=now + 2 * MINUTE) is RequestState.HALF
        )
        with pytest.raises(Forbidden):
            vault_opening.allow(session, request, by=desk.custodian, at=now + 3 * MINUTE)
        assert vault_opening.waiting(session, desk.custodian, now + 2 * MINUTE) == 0
        assert vault_opening.allow(session, request, by=desk.head, at=now + 3 * MINUTE) is RequestState.OPEN
        opens = now + 3 * MINUTE
        assert request.until == opens + 30 * MINUTE
        seen = vault_opening.look(session, request, by=desk.office, at=opens + MINUTE)
        assert (seen.name, seen.number) == (NAME, NUMBER)
        assert NAME not in repr(seen)
        assert NUMBER not in repr(seen)
        vault_opening.look(session, request, by=desk.second, at=opens + 2 * MINUTE)
        with pytest.raises(Refused):
            vault_opening.look(session, request, by=desk.office, at=opens + 30 * MINUTE)
        looks = session.scalars(sa.select(IdentityLook).order_by(IdentityLook.id)).all()
        assert [look.staff_id for look in looks] == [desk.office.id, desk.second.id]
        events = session.scalars(sa.select(MatterEvent).where(MatterEvent.action == "open_identity")).all()
        assert [(e.staff_id, e.facts["second"]) for e in events] == [
            (desk.office.id, desk.custodian.id),
            (desk.second.id, desk.custodian.id),
        ]
        entries = session.scalars(
            sa.select(journal.Entry).where(journal.Entry.action == "identity.look")
        ).all()
        assert [e.details["purpose"] for e in entries] == ["handle", "handle"]
        assert NAME not in str([e.details for e in entries])
        assert NUMBER not in str([e.details for e in entries])


def test_who_may_not(database: db.Database, now: datetime) -> None:
    with transaction() as session:
        desk = a_desk(session)
        other_head = a_staff(session, Role.OFFICE_HEAD)
        matter = a_matter(session, desk, at=now).matter
        with pytest.raises((Forbidden, Missing)):
            asked(session, desk, matter, desk.handler, now)
        with pytest.raises(Forbidden):
            asked(session, desk, matter, desk.custodian, now)
        own = asked(session, desk, matter, desk.head, now)
        with pytest.raises(Forbidden):  # the asker never decides
            vault_opening.allow(session, own, by=desk.head, at=now)
        vault_opening.allow(session, own, by=other_head, at=now)
        third = a_staff(session, Role.OFFICE_HEAD)
        with pytest.raises(Forbidden):  # two heads, no custodian
            vault_opening.allow(session, own, by=third, at=now)
        with pytest.raises((Forbidden, Missing)):
            vault_opening.allow(session, own, by=desk.clerk, at=now)
        vault_opening.allow(session, own, by=desk.custodian, at=now)
        for stranger in (desk.clerk, desk.handler):
            with pytest.raises((Forbidden, Missing)):
                vault_opening.look(session, own, by=stranger, at=now)
        with pytest.raises(Forbidden):  # whoever allowed it without being a custodian does not look
            vault_opening.look(session, own, by=other_head, at=now)
        with pytest.raises(Refused):
            asked(session, desk, matter, desk.head, now)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reporter_id": 10**6}, "caller"),
        ({"purpose": None}, "purpose"),
        ({"reason": "想知道"}, "reason"),
        ({"minutes": 6000}, "minutes"),
    ],
)
def test_a_request_needs_its_reason(
    sqlite: db.Database, now: datetime, changes: dict[str, object], field: str
) -> None:
    with transaction() as session:
        desk = a_desk(session)
        matter = a_matter(session, desk, at=now).matter
        values = {
            "reporter_id": reporters_of(session, matter)[0].id,
            "purpose": ReadingPurpose.HANDLE,
            "reason": WHY,
            "minutes": 30,
            **changes,
        }
        with pytest.raises(Invalid) as wrong:
            vault_opening.ask(session, matter, by=desk.clerk, at=now, **values)  # type: ignore[arg-type]
        assert field in wrong.value.fields


def test_an_anonymous_caller_has_nothing_to_open(sqlite: db.Database, now: datetime) -> None:
    with transaction() as session:
        desk = a_desk(session)
        matter = a_matter(session, desk, at=now, identity=IdentityClass.ANONYMOUS).matter
        with pytest.raises(Refused):
            asked(session, desk, matter, desk.clerk, now)


def test_refused_lapsed_and_bounded_by_the_policy(sqlite: db.Database, now: datetime) -> None:
    with transaction() as session:
        desk = a_desk(session)
        matter = a_matter(session, desk, at=now).matter
        request = asked(session, desk, matter, desk.office, now)
        with pytest.raises(Invalid):
            vault_opening.refuse(session, request, " ", by=desk.custodian, at=now)
        vault_opening.refuse(session, request, "理由不足", by=desk.custodian, at=now)
        assert request.state(now) is RequestState.REFUSED
        with pytest.raises(Refused):
            vault_opening.allow(session, request, by=desk.second, at=now)
        late = asked(session, desk, matter, desk.office, now, minutes=120)
        with pytest.raises(Refused):
            vault_opening.allow(session, late, by=desk.custodian, at=now + timedelta(days=1))
        again = asked(session, desk, matter, desk.office, now + timedelta(days=1), minutes=120)
        for person in (desk.custodian, desk.second):
            vault_opening.allow(session, again, by=person, at=now + timedelta(days=1))
        assert again.until == now + timedelta(days=1, hours=2)


def test_a_conflict_keeps_the_centre_from_asking(sqlite: db.Database, now: datetime) -> None:
    with transaction() as session:
        desk = a_desk(session)
        matter = a_matter(session, desk, at=now).matter
        request = asked(session, desk, matter, desk.clerk, now)
        matter.conflict = Conflict.CENTRE
        session.flush()
        with pytest.raises(Missing):
            vault_opening.allow(session, request, by=desk.custodian, at=now)
        assert vault_review.listed(session, desk.custodian, since=now - MINUTE, until=now + MINUTE) == []


def test_the_weekly_review_is_someone_else_s(sqlite: db.Database, now: datetime) -> None:
    with transaction() as session:
        desk = a_desk(session)
        matter = a_matter(session, desk, at=now).matter
        request = asked(session, desk, matter, desk.office, now)
        for person in (desk.custodian, desk.head):
            vault_opening.allow(session, request, by=person, at=now)
        vault_opening.look(session, request, by=desk.office, at=now)
        monday = vault_review.week_of(clock.today(now))
        assert vault_review.of_week(session, desk.second, monday) == [request]
        assert vault_review.of_week(session, desk.second, monday - timedelta(days=7)) == []
        for person in (desk.custodian, desk.head):
            with pytest.raises(Forbidden):
                vault_review.review(session, request, Finding.IN_ORDER, "", by=person, at=now)
        with pytest.raises(Invalid):
            vault_review.review(session, request, Finding.IRREGULAR, "", by=desk.second, at=now)
        vault_review.review(session, request, Finding.IN_ORDER, "", by=desk.second, at=now)
        with pytest.raises(Refused):
            vault_review.review(session, request, Finding.IN_ORDER, "", by=desk.second, at=now)


def test_the_caller_is_told_offices_never_names(sqlite: db.Database, now: datetime) -> None:
    with transaction() as session:
        desk = a_desk(session)
        told = a_matter(session, desk, at=now)
        other = a_matter(session, desk, at=now)
        request = asked(session, desk, told.matter, desk.office, now)
        for person in (desk.custodian, desk.second):
            vault_opening.allow(session, request, by=person, at=now)
        vault_opening.look(session, request, by=desk.office, at=now)
        with pytest.raises(Invalid):
            vault_review.tellable(session, told.matter, "", by=desk.custodian, at=now)
        (look,) = vault_review.tellable(session, told.matter, "voice", by=desk.custodian, at=now)
        assert look.unit is not None
        assert desk.office.unit is not None
        assert look.unit.zh == desk.office.unit.name
        assert [r.zh for r in look.roles] == [Role.SUPERVISION.zh]
        assert desk.office.name not in repr(look)
        assert vault_review.tellable(session, other.matter, "pin", by=desk.custodian, at=now) == []
        entry = session.scalars(
            sa.select(journal.Entry).where(journal.Entry.action == "identity.told")
        ).first()
        assert entry is not None
        assert entry.details == {"verified": "voice", "looks": 1}


def test_new_keys_reseal_everything_of_the_vault(sqlite: db.Database, now: datetime) -> None:
    before = secrets.keyring()
    with transaction() as session:
        desk = a_desk(session)
        matter = a_matter(session, desk, at=now).matter
        request = asked(session, desk, matter, desk.office, now)
        vault_opening.refuse(session, request, "理由不足", by=desk.custodian, at=now)
        caller_notes.add(session, matter, matter, "水又停了", at=now)
    try:
        secrets.use(rotation.with_new_keys(before))
        mine = {"reporter", "identity_request", "caller_note", "matter_import", "matter_import_row"}
        columns = [(t, c) for t, c in rotation.sealed_columns() if t.name in mine]
        assert {f"{t.name}.{c.name}" for t, c in columns} == {
            "reporter.name", "reporter.number", "identity_request.reason", "identity_request.refusal",
            "identity_request.remark", "caller_note.text", "matter_import.head",
            "matter_import_row.cells", "matter_import_row.pin",
        }  # fmt: skip
        with transaction() as session:
            changed = {
                f"{t.name}.{c.name}": rotation.reseal(session, t, c, after=None, limit=10)[0]
                for t, c in columns
            }
        assert changed["reporter.name"] == changed["reporter.number"] == 1
        assert changed["identity_request.reason"] == changed["identity_request.refusal"] == 1
        assert changed["caller_note.text"] == 1
        new = secrets.keyring()
        keys = {p: {i: k for i, k in known.items() if i == new.current[p]} for p, known in new.keys.items()}
        secrets.use(secrets.Keyring(keys, new.current, new.index_key))  # the old keys are thrown away
        with transaction() as session:
            reporter = session.scalars(sa.select(Reporter)).one()
            assert (reporter.name, reporter.number) == (NAME, NUMBER)
            assert reporter.fingerprint == secrets.keyring().blind_index(NUMBER)
            assert session.scalars(sa.select(IdentityRequest.reason)).one() == WHY
    finally:
        secrets.use(before)


def test_the_pages_from_asking_to_telling(app: Flask, as_role: SignedIn) -> None:
    now = clock.now()
    with transaction() as session:
        desk = a_desk(session)
        told = a_matter(session, desk, at=now - timedelta(hours=1))
        reporter = reporters_of(session, told.matter)[0].id
    receipt = told.matter.receipt
    office, head = as_role(staff=desk.office), as_role(staff=desk.head)
    one, two = as_role(staff=desk.custodian), as_role(staff=desk.second)
    handler = as_role(staff=desk.handler)
    assert NAME not in office.get(f"/vault/ask/{receipt}").get_data(as_text=True)
    short = office.post(
        f"/vault/ask/{receipt}", data={"caller": reporter, "purpose": "handle", "reason": "短"}
    )
    assert short.status_code == 422
    assert "短" in short.get_data(as_text=True)
    made = office.post(
        f"/vault/ask/{receipt}",
        data={"caller": reporter, "purpose": "handle", "reason": WHY, "minutes": "30"},
    )
    assert made.status_code == 303
    page = made.headers["Location"]
    assert handler.get(page).status_code == 404
    assert handler.get("/vault/").status_code == 403
    assert office.post(page, data={"step": "allow"}).status_code == 403
    assert office.post(page, data={"step": "look"}).status_code == 409
    assert one.post(page, data={"step": "allow"}).status_code == 303
    assert one.post(page, data={"step": "allow"}).status_code == 403
    assert head.post(page, data={"step": "allow"}).status_code == 303
    assert head.post(page, data={"step": "look"}).status_code == 403
    for client in (office, one, head):
        assert NUMBER not in client.get(page).get_data(as_text=True)
    opened = office.post(page, data={"step": "look"})
    assert opened.status_code == 200
    assert NAME in opened.get_data(as_text=True)
    assert opened.headers["Cache-Control"] == "no-store"
    week = two.get("/vault/review").get_data(as_text=True)
    assert str(receipt) in week
    assert desk.office.name in week
    assert two.post(page, data={"step": "review", "finding": "in_order"}).status_code == 303
    wrong = one.post("/vault/told", data={"receipt": receipt, "verified": "pin", "pin": "000000"})
    assert wrong.status_code == 422
    read = one.post("/vault/told", data={"receipt": receipt, "verified": "pin", "pin": told.pin})
    text = read.get_data(as_text=True)
    assert desk.office.unit is not None
    assert desk.office.unit.name in text
    assert desk.office.name not in text
    assert one.get("/vault/merges").status_code == 200
