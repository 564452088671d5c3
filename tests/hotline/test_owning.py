"""What nobody works on: it is on somebody's page, and is settled, finished or given to who may act."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core import clock, db
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Missing, Refused
from hotline import owning, wrapping
from hotline.callbacks import CallBack, CallBackReason, CallBackState
from hotline.contacts import WRAP_UP, Contact, ContactState, WayOut
from hotline.lines import HelpLine, LineKind
from hotline.ownership import owner_for
from hotline.records import save
from tests.hotline.staffed import a_contact, a_lead, a_line, a_seat, a_shift, an_operator
from tests.web.conftest import SignedIn
from tests.web.conftest import app as app
from tests.web.conftest import as_role as as_role

CITIZEN, COUNSELLING = LineKind.CITIZEN, LineKind.COUNSELLING
HOUR = timedelta(hours=1)


def not_reached(
    session: Session, owner: Staff, at: datetime, *, line: LineKind = COUNSELLING,
    state: CallBackState = CallBackState.GIVEN_UP,
) -> Contact:  # fmt: skip
    """Make a contact whose call-back is over."""
    found = a_contact(
        session, at=at - 2 * HOUR, owner=owner, state=ContactState.MISSED, way_out=WayOut.ABANDONED, line=line
    )
    session.add(
        CallBack(
            contact_id=found.id, reason=CallBackReason.ABANDONED, state=state, created_at=at, due_at=at, closed_at=at
        )
    )  # fmt: skip
    session.flush()
    return found


def tokens(session: Session, by: Staff, at: datetime) -> set[str]:
    rows = owning.left_over(session, by=by, at=at)
    assert len(rows) == owning.count_left(session, by=by, at=at)
    return {row.contact.token for row in rows}


def test_what_ended_without_a_talk_is_its_owners_and_the_leads_until_settled(database: db.Database) -> None:
    """Given up or without a number; who is merely of the same line neither sees nor settles it."""
    at = clock.now()
    with transaction() as session:
        lead, ann, ben = a_lead(session), an_operator(session), an_operator(session)
        found = [not_reached(session, ann, at), not_reached(session, ann, at, state=CallBackState.IMPOSSIBLE)]
        not_reached(session, ann, at, state=CallBackState.DONE)
        expected = {one.token for one in found}
        assert tokens(session, ann, at) == tokens(session, lead, at) == expected
        assert tokens(session, ben, at) == set()
        with pytest.raises(Missing):
            wrapping.settle(session, found[0], by=ben, at=at)
        wrapping.settle(session, found[0], by=lead, at=at)
        wrapping.settle(session, found[1], by=ann, at=at)
        assert tokens(session, lead, at) == set()


def test_a_record_left_by_who_went_home_is_given_to_who_can_write_it(database: db.Database) -> None:
    """Not while its writer is at their seat, and to nobody who doesn't answer the line."""
    at = clock.now()
    with transaction() as session:
        lead, ann, ben = a_lead(session), an_operator(session), an_operator(session)
        carl = an_operator(session, citizen=True)
        found = a_contact(
            session, at=at - 6 * HOUR, owner=lead, taker=ann, talked=600, state=ContactState.WRAPPING
        )
        seat = a_seat(session, ann, at=at)
        assert tokens(session, lead, at) == set()
        session.delete(seat)
        session.flush()
        assert tokens(session, lead, at) == tokens(session, ann, at) == {found.token}
        with pytest.raises(Refused):
            owning.give(session, found, carl, by=lead, at=at)
        with pytest.raises(Missing):
            owning.give(session, found, ben, by=ben, at=at)
        owning.give(session, found, ben, by=lead, at=at)
        assert (found.taken_by, found.owner_id) == (ben.id, ben.id)
        assert save(session, found, [("narrative", "补记")], token="t1", seen=0, by=ben, at=at) == 1
        fresh = a_contact(session, at=at, owner=lead, taker=ann, talked=60, state=ContactState.WRAPPING)
        fresh.wrap_until = at + WRAP_UP
        with pytest.raises(owning.InSomebodysHand):
            owning.give(session, fresh, ben, by=lead, at=at)
        for over in (ContactState.DONE, ContactState.TALKING):
            one = a_contact(session, at=at, owner=lead, taker=ann, talked=60, state=over)
            with pytest.raises(owning.NothingToGive):
                owning.give(session, one, ben, by=ann, at=at)


def test_what_has_no_owner_is_on_everybodys_page(database: db.Database) -> None:
    """Any operator of the line takes it over; then it is no longer without one."""
    at = clock.now()
    with transaction() as session:
        gone, ann, carl = a_lead(session), an_operator(session), an_operator(session, citizen=True)
        found = a_contact(session, at=at, owner=gone, state=ContactState.MISSED, way_out=WayOut.ABANDONED)
        gone.is_active = False
        session.flush()
        assert tokens(session, ann, at) == {found.token}
        assert tokens(session, carl, at) == set()
        owning.give(session, found, ann, by=ann, at=at)
        assert tokens(session, ann, at) == set()
        assert found.owner_id == ann.id


def test_an_owner_writes_into_a_record_that_nobody_has(database: db.Database) -> None:
    """Who answers for it need not be who talked."""
    at = clock.now()
    with transaction() as session:
        lead, ann = a_lead(session), an_operator(session)
        found = not_reached(session, lead, at)
        with pytest.raises(Missing):
            save(session, found, [("narrative", "没有接通")], token="t1", seen=0, by=ann, at=at)
        assert save(session, found, [("narrative", "没有接通")], token="t1", seen=0, by=lead, at=at) == 1


def owner(session: Session, line: HelpLine, at: datetime) -> int:
    return owner_for(session, line, at=at)


def test_a_citizens_record_belongs_to_who_answers_citizens(database: db.Database) -> None:
    """At their seat first, then on the shift; only where there is nobody, to the lead, who can settle it."""
    at = clock.now()
    with transaction() as session:
        lead, carl, dora = (
            a_lead(session),
            an_operator(session, citizen=True),
            an_operator(session, citizen=True),
        )
        line = a_line(session, CITIZEN, owner=lead, at=at)
        assert owner(session, line, at) == lead.id
        a_shift(session, at=at, lead=lead, people=[carl], line=CITIZEN)
        assert owner(session, line, at) == carl.id
        a_seat(session, dora, at=at)
        assert owner(session, line, at) == dora.id
        a_seat(session, carl, at=at)
        for _ in range(2):  # each call to whoever answers for fewer
            one = a_contact(session, at=at, owner=lead, state=ContactState.WAITING, line=CITIZEN)
            one.owner_id = owner(session, line, at)
            session.flush()
        owned = session.scalars(sa.select(Contact.owner_id).where(Contact.line == CITIZEN)).all()
        assert sorted(owned) == sorted([carl.id, dora.id])
        found = not_reached(session, dora, at, line=CITIZEN)
        [row] = owning.left_over(session, by=lead, at=at)
        assert (row.contact.id, row.may_act) == (found.id, False)
        wrapping.settle(session, found, by=lead, at=at)


def test_nobody_who_left_owns_a_new_record(database: db.Database) -> None:
    """The lead, else the supervisor on call, else the owner of the line."""
    at = clock.now()
    with transaction() as session:
        lead, second, third = a_lead(session), a_lead(session), a_lead(session)
        line = a_line(session, owner=third, at=at)
        a_shift(session, at=at, lead=lead, supervisor=second)
        for staff, heir in ((lead, second), (second, third)):
            assert owner(session, line, at) == staff.id
            staff.is_active = False
            session.flush()
            assert owner(session, line, at) == heir.id


def test_the_page_settles_finishes_and_gives(app: Flask, as_role: SignedIn) -> None:
    """No number in full, and nothing of what was said."""
    at = clock.now()
    with transaction() as session:
        lead, ann = a_lead(session), an_operator(session)
        first, second = not_reached(session, lead, at), not_reached(session, lead, at)
        left = first.token, second.token
    client = as_role(staff=lead)
    page = client.get("/hotline/left-over/").get_data(as_text=True)
    assert all(token in page for token in left)
    assert "+86" not in page
    assert client.post(f"/hotline/left-over/{left[0]}/settle").status_code == 303
    assert client.post(f"/hotline/left-over/{left[1]}/give", data={"to": str(ann.id)}).status_code == 303
    with reading() as session:
        assert session.get_one(Contact, first.id).state is ContactState.DONE
        assert session.get_one(Contact, second.id).owner_id == ann.id
    assert left[1] in as_role(staff=ann).get("/hotline/left-over/").get_data(as_text=True)
    assert as_role(Role.REVIEWER).get("/hotline/left-over/").status_code == 403
