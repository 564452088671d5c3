"""Merging keeps every caller, guards chains and circles, and leaves protected callers to the custodian."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from core.db import Database, transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Forbidden, Invalid, Missing, Refused
from matters import bridge, enquiry, merging
from matters.attributes import Conflict, IdentityClass
from matters.flow import MatterAction, Side
from matters.log import replayed
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.notices import MatterNotice, NoticeKind
from matters.reporters import reporters_of
from matters.states import MatterState
from tests.matters import raising
from tests.matters.makers import NUMBER, Town, a_matter, a_town, someone

SignedIn = Callable[..., FlaskClient]


@pytest.fixture
def later(now: datetime) -> datetime:
    return now + timedelta(hours=1)


def _clerk(session, town: Town) -> Staff:  # type: ignore[no-untyped-def]
    return someone(session, town, Role.CLERK)


def test_a_merge_moves_the_callers_and_the_status_follows(
    database: Database, now: datetime, later: datetime
) -> None:
    """Three receipts, one matter: each caller is in it once, and each receipt tells where it stands."""
    with transaction() as session:
        town = a_town(session)
        clerk = _clerk(session, town)
        one, two, three = (
            a_matter(session, town.township, at=now, number=f"+86145000010{n}", by=clerk) for n in range(3)
        )
        assert merging.merge(session, one.matter, two.matter, by=clerk, at=later) is two.matter
        assert merging.merge(session, two.matter, three.matter, by=clerk, at=later) is three.matter
        assert merging.final(session, one.matter) is three.matter
        there = reporters_of(session, three.matter)
        assert {r.receipt_of_id for r in there} == {m.matter.id for m in (one, two, three)}
        assert {c.id for c in standing_of(three.matter).callers} == {r.id for r in there}
        assert reporters_of(session, one.matter) == []
        act(session, three.matter, MatterAction.SUBMIT, by=clerk, at=later)
        for each in (one, two, three):
            assert replayed(session, each.matter) == standing_of(each.matter)
            told = enquiry.told(session, each.matter.receipt or "", each.pin)
            assert told is not None
            assert (told.receipt, told.standing) == (each.matter.receipt, enquiry.Standing.RECEIVED)


def test_the_same_caller_twice_is_one_caller(database: Database, now: datetime, later: datetime) -> None:
    """One who calls twenty times about one thing is told once, and keeps every receipt."""
    with transaction() as session:
        town = a_town(session)
        clerk = _clerk(session, town)
        first = a_matter(session, town.township, at=now).matter
        for _ in range(3):
            merging.merge(session, a_matter(session, town.township, at=now).matter, first, by=clerk, at=later)
        assert len(standing_of(first).callers) == 1
        assert len(reporters_of(session, first)) == 4


def test_who_withdrew_and_calls_again_is_told_again(
    database: Database, now: datetime, later: datetime
) -> None:
    """Somebody who left one of several callers, and raises it anew, is a caller again after the merge."""
    with transaction() as session:
        town = a_town(session)
        clerk = _clerk(session, town)
        first = a_matter(session, town.township, at=now).matter
        other = a_matter(session, town.township, at=now, number="+8614500009999").matter
        merging.merge(session, other, first, by=clerk, at=later)
        left = {"caller": standing_of(first).callers[0].id, "verified": "voice", "pressed": False}
        act(session, first, MatterAction.CALLER_LEFT, by=clerk, at=later, facts=left)
        assert [r.number for r in bridge.open_callers(session, first)] == ["+8614500009999"]
        merging.merge(session, a_matter(session, town.township, at=now).matter, first, by=clerk, at=later)
        present = {c.id for c in standing_of(first).present_callers}
        assert len(present) == 2
        assert {r.number for r in reporters_of(session, first) if r.id in present} == {
            NUMBER,
            "+8614500009999",
        }
        assert len(bridge.open_callers(session, first)) == 2


def test_who_left_no_number_and_joins_late_holds_nobody_up(
    database: Database, now: datetime, later: datetime
) -> None:
    """After the result is accepted the status page tells them at once: the matter goes on when the others are told."""
    with transaction() as session:
        desk = raising.a_desk(session)
        one, two = (raising.a_matter(session, desk, at=now).matter for _ in range(2))
        at = raising.to_feedback(session, one, desk, "已补发", at=now)
        reporter = reporters_of(session, two)[0]
        facts = {"caller": reporter.id, "anonymous": True, "source": two.id}
        act(session, one, MatterAction.ADD_CALLER, by=desk.clerk, at=at, facts=facts)
        assert standing_of(one).callers[1].told_at == at
        told = {"caller": standing_of(one).callers[0].id, "result": "reached"}
        act(session, one, MatterAction.TELL, by=desk.clerk, at=at + timedelta(hours=1), facts=told)
        assert one.state is MatterState.REVISIT_DUE


def test_protected_callers_are_joined_by_the_custodian_alone(
    database: Database, now: datetime, later: datetime
) -> None:
    """The clerk proposes; the custodian, who is somebody else, merges."""
    with transaction() as session:
        town = a_town(session)
        clerk, custodian = _clerk(session, town), someone(session, town, Role.CUSTODIAN, unit="party_office")
        one = a_matter(session, town.township, at=now, identity=IdentityClass.PROTECTED).matter
        two = a_matter(session, town.township, at=now, number="+8614500009999").matter
        assert not merging.may_merge(session, one, two, clerk)
        with pytest.raises(Forbidden):
            merging.merge(session, one, two, by=clerk, at=later)
        with pytest.raises(Forbidden):  # nobody has proposed it
            merging.merge(session, one, two, by=clerk, at=later)
        merging.propose(session, one, two, by=clerk, at=later)
        (proposal,) = merging.proposals(session, custodian)
        assert (proposal.matter, proposal.target, proposal.callers) == (one, two, 2)
        assert not proposal.is_own
        merging.merge(session, one, two, by=custodian, at=later)
        assert two.identity is IdentityClass.PROTECTED
        assert merging.proposals(session, custodian) == []


@pytest.mark.parametrize(
    "why", ["itself", "closed", "draft_place", "other_cause", "other_village", "too_old", "merged"]
)
def test_what_may_not_be_merged(database: Database, now: datetime, later: datetime, why: str) -> None:
    """Neither into itself nor in a circle, nor into what is closed, elsewhere, about something else or long ago."""
    with transaction() as session:
        town = a_town(session)
        clerk = _clerk(session, town)
        matter = a_matter(session, town.township, at=now, number="+8614500000001", by=clerk).matter
        target = _target(session, town, clerk, why, matter, now, later)
        at = now + timedelta(days=31) if why == "too_old" else later
        with pytest.raises(Refused) as refused:
            merging.merge(session, target if why == "merged" else matter, matter if why == "merged" else target,
                          by=clerk, at=at)  # fmt: skip
        assert refused.value.words.zh
        assert matter.state is MatterState.REGISTERED


def _target(session, town, clerk, why, matter, now, later) -> Matter:  # type: ignore[no-untyped-def]
    if why == "itself":
        return matter  # type: ignore[no-any-return]
    if why == "draft_place":
        return a_matter(session, town.other, at=now).matter
    if why == "other_cause":
        return a_matter(session, town.township, at=now, topic="order.theft").matter
    target = a_matter(session, town.village if why == "other_village" else town.township, at=now).matter
    if why == "other_village":
        matter.place_id = _another_village(session, town)
        session.flush()
        session.refresh(matter, ["place"])
    if why == "closed":
        act(
            session,
            target,
            MatterAction.TRANSFER,
            by=clerk,
            at=later,
            facts={"target": "110"},
            text="已转 110",
        )
    if why == "merged":
        merging.merge(session, target, matter, by=clerk, at=later)
    return target


def _another_village(session, town) -> int:  # type: ignore[no-untyped-def]
    from core.places import Level
    from tests.factories import a_place

    return a_place(session, level=Level.VILLAGE, parent=town.township).id


def test_a_target_out_of_sight_does_not_exist(database: Database, now: datetime) -> None:
    """A complaint about the centre cannot be found by the desk, not even to merge into."""
    with transaction() as session:
        town = a_town(session)
        clerk = _clerk(session, town)
        hidden = a_matter(session, town.township, at=now, conflict=Conflict.CENTRE).matter
        matter = a_matter(session, town.township, at=now).matter
        for receipt in (hidden.receipt or "", "2611-0000-0", "", "x"):
            with pytest.raises(Missing):
                merging.target_of(session, receipt, clerk)
        with pytest.raises(Missing):
            merging.merge(session, matter, hidden, by=clerk, at=now)
        assert merging.target_of(session, f" {matter.receipt} ", clerk) is matter


def test_the_custodian_may_turn_a_merge_down(database: Database, now: datetime, later: datetime) -> None:
    """With a reason and by somebody else; the desk is told, the matter stays by itself, and the same is not asked twice."""
    with transaction() as session:
        town = a_town(session)
        clerk, custodian = _clerk(session, town), someone(session, town, Role.CUSTODIAN, unit="party_office")
        one, two, three = (
            a_matter(session, town.township, at=now, identity=IdentityClass.PROTECTED, number=n).matter
            for n in ("+8614500000001", "+8614500000002", "+8614500000003")
        )
        with pytest.raises(Refused):
            merging.refuse(session, one, "没有提请过", by=custodian, at=later)
        merging.propose(session, one, two, by=clerk, at=later)
        assert merging.count_proposals(session, custodian) == 1
        with pytest.raises(Invalid):
            merging.refuse(session, one, " ", by=custodian, at=later)
        with pytest.raises(Forbidden):
            merging.refuse(session, one, "不是同一件", by=clerk, at=later)
        merging.refuse(session, one, "两处路灯，不是同一件", by=custodian, at=later)
        assert merging.proposals(session, custodian) == []
        assert merging.count_proposals(session, custodian) == 0
        assert (one.state, two.state) == (MatterState.REGISTERED, MatterState.REGISTERED)
        assert len(reporters_of(session, one)) == 1
        assert replayed(session, one) == standing_of(one)
        told = [n for n in session.scalars(sa.select(MatterNotice)) if n.kind is NoticeKind.MERGE_REFUSED]
        assert [(n.matter_id, n.side) for n in told] == [(one.id, Side.CENTRE)]
        with pytest.raises(Refused):
            merging.propose(session, one, two, by=clerk, at=later)
        merging.propose(session, one, three, by=clerk, at=later)
        assert [p.target for p in merging.proposals(session, custodian)] == [three]
        act(session, one, MatterAction.SUBMIT, by=clerk, at=later)


def test_the_custodian_has_one_page_of_merges(app: Flask, as_role: SignedIn, now: datetime) -> None:
    """One door leads to it; turning down asks for a reason, and keeps what was typed."""
    with transaction() as session:
        town = a_town(session)
        clerk, custodian = _clerk(session, town), someone(session, town, Role.CUSTODIAN, unit="party_office")
        one, two = (
            a_matter(session, town.township, at=now, identity=IdentityClass.PROTECTED, number=n).matter
            for n in ("+8614500000001", "+8614500000002")
        )
        merging.propose(session, one, two, by=clerk, at=now)
        receipt, seen = one.receipt, one.version
    browser, desk = as_role(staff=custodian), as_role(staff=clerk)
    page = browser.get("/vault/merges").get_data(as_text=True)
    assert str(receipt) in page
    assert page.count('href="/vault/merges"') >= 1
    assert browser.get("/merges/").status_code == 404
    assert desk.get("/vault/merges").status_code == 403
    address = f"/vault/merges/{receipt}"
    lacking = browser.post(address, data={"step": "refuse", "reason": "  ", "seen": seen})
    assert lacking.status_code == 422
    assert "请写明不同意并案的理由" in lacking.get_data(as_text=True)
    old = browser.post(address, data={"step": "refuse", "reason": "两处路灯", "seen": seen - 1})
    assert old.status_code == 409
    assert "两处路灯" in old.get_data(as_text=True)
    assert (
        browser.post(address, data={"step": "refuse", "reason": "两处路灯", "seen": seen}).status_code == 303
    )
    assert browser.post(address, data={"step": "merge", "seen": seen + 1}).status_code == 404
    assert str(receipt) not in browser.get("/vault/merges").get_data(as_text=True)
    story = desk.get(f"/matters/{receipt}").get_data(as_text=True)
    assert "不同意并案" in story
    assert f'href="/vault/ask/{receipt}"' in story
