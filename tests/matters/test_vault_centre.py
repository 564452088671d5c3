"""The vault for complaints about the centre: the Party's supervision office asks and decides, the centre learns nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from core.db import transaction
from core.permissions import Role
from core.problems import Forbidden, Missing, Refused
from core.purposes import ReadingPurpose
from matters import vault_opening, vault_review
from matters.attributes import Conflict
from matters.keeping_away import in_sight
from matters.reporters import reporters_of
from matters.vault import IdentityRequest, RequestState
from tests.conftest import NOON
from tests.matters.scenes import NAME, NUMBER, Hall, a_hall, in_unit, said, the

SignedIn = Callable[..., FlaskClient]
LATER = NOON + timedelta(hours=1)
WHY = "举报人说有人上门威胁，必须联系本人"


@pytest.fixture
def hall(app: Flask) -> Hall:
    """The city hall: a custodian in the centre, one in the Party's office, and its head."""
    with clock.frozen(NOON):
        found = a_hall()
        with transaction() as session:
            found.people["centres"] = in_unit(session, found, "centre", Role.CUSTODIAN)
            found.people["custodian"] = in_unit(session, found, "party", Role.CUSTODIAN)
            found.people["party head"] = in_unit(session, found, "party", Role.OFFICE_HEAD)
        return found


def asked(hall: Hall, receipt: str, who: str = "party") -> int:
    """Ask who raised it; return the request."""
    with transaction() as session:
        by = session.merge(hall.people[who], load=False)
        matter = the(session, receipt)
        (reporter,) = reporters_of(session, matter)
        return vault_opening.ask(
            session, matter, reporter.id, ReadingPurpose.HANDLE, WHY, minutes=30, by=by, at=LATER
        ).id


def decided(hall: Hall, request_id: int, who: str) -> RequestState:
    """Let somebody agree."""
    with transaction() as session:
        by = session.merge(hall.people[who], load=False)
        return vault_opening.allow(session, session.get_one(IdentityRequest, request_id), by=by, at=LATER)


def test_the_partys_office_opens_it_with_its_own_custodian(hall: Hall) -> None:
    """Asked by one who works it, allowed by its custodian and its head, looked at by the asker."""
    receipt = said(hall, at=NOON, conflict=Conflict.CENTRE)
    request_id = asked(hall, receipt)
    assert decided(hall, request_id, "custodian") is RequestState.HALF
    assert decided(hall, request_id, "party head") is RequestState.OPEN
    with transaction() as session:
        party = session.merge(hall.people["party"], load=False)
        request = session.get_one(IdentityRequest, request_id)
        seen = vault_opening.look(session, request, by=party, at=LATER)
        assert (seen.name, seen.number) == (NAME, NUMBER)
        custodian = session.merge(hall.people["custodian"], load=False)
        vault_opening.look(session, request, by=custodian, at=LATER)
        with pytest.raises(Missing):  # by the request alone: the matter itself stays out of their sight
            in_sight(session, custodian, request.matter)


@pytest.mark.parametrize("who", ["centres", "head"])
def test_nobody_else_of_the_vault_knows_of_the_request(hall: Hall, as_role: SignedIn, who: str) -> None:
    """The centre's custodian and another office's head neither see, count, decide, review nor look."""
    receipt = said(hall, at=NOON, conflict=Conflict.CENTRE)
    request_id = asked(hall, receipt)
    with transaction() as session:
        by = session.merge(hall.people[who], load=False)
        request = session.get_one(IdentityRequest, request_id)
        assert vault_opening.waiting(session, by, LATER) == 0
        span = {"since": NOON, "until": LATER + timedelta(days=1)}
        assert vault_review.listed(session, by, **span) == []
        with pytest.raises(Missing):
            vault_opening.allow(session, request, by=by, at=LATER)
        with pytest.raises(Missing):
            vault_opening.look(session, request, by=by, at=LATER)
        keeper = session.merge(hall.people["custodian"], load=False)
        assert vault_opening.waiting(session, keeper, LATER) == 1
        assert [r.id for r in vault_review.listed(session, keeper, **span)] == [request_id]
    with clock.frozen(LATER):
        client = as_role(staff=hall.people[who])
        assert client.get(f"/vault/{request_id}").status_code == 404
        assert receipt not in client.get("/vault/").get_data(as_text=True)
        assert receipt in as_role(staff=hall.people["custodian"]).get("/vault/").get_data(as_text=True)


def test_only_who_works_it_may_ask(hall: Hall) -> None:
    """The centre's clerks and the government's office know of no such matter."""
    receipt = said(hall, at=NOON, conflict=Conflict.CENTRE)
    for who in ("clerk", "supervision", "custodian"):
        with pytest.raises((Forbidden, Missing)):
            asked(hall, receipt, who)


def test_without_a_custodian_the_page_says_so(hall: Hall, as_role: SignedIn) -> None:
    """There is no form to ask with, and the reason says who has to be named."""
    receipt = said(hall, at=NOON, conflict=Conflict.CENTRE)
    with transaction() as session:
        session.merge(hall.people["custodian"]).is_active = False
    with pytest.raises(Refused):
        asked(hall, receipt)
    with clock.frozen(LATER):
        page = as_role(staff=hall.people["party"]).get(f"/vault/ask/{receipt}").get_data(as_text=True)
    assert "党委督查室现在没有保管员" in page
    assert 'name="reason"' not in page


def test_without_a_second_person_the_page_says_so(hall: Hall, as_role: SignedIn) -> None:
    """The custodian alone can't open it, and who asks never decides."""
    receipt = said(hall, at=NOON, conflict=Conflict.CENTRE)
    with transaction() as session:
        session.merge(hall.people["party head"]).is_active = False
    with pytest.raises(Refused):
        asked(hall, receipt)
    with clock.frozen(LATER):
        page = as_role(staff=hall.people["party"]).get(f"/vault/ask/{receipt}").get_data(as_text=True)
    assert "不足两人" in page


def test_of_other_matters_the_partys_custodian_is_one_like_any(hall: Hall) -> None:
    """What is not about the centre is decided as before."""
    receipt = said(hall, at=NOON)
    request_id = asked(hall, receipt, "clerk")
    assert decided(hall, request_id, "custodian") is RequestState.HALF
    assert decided(hall, request_id, "centres") is RequestState.OPEN
