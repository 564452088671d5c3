"""Whoever is complained about never learns of it: no page, list, count, file, notice or export, whatever their role."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, templating
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from core import clock
from core.db import transaction
from core.people import Staff
from core.permissions import Permission, Role
from core.problems import Invalid
from matters import attachments, receipts, relays
from matters.attributes import Conflict
from matters.flow import MatterAction as A
from matters.keeping_away import excluded, in_sight
from matters.messages import MatterRelay
from matters.notices import MatterNotice
from tests.conftest import NOON
from tests.matters.pictures import a_png
from tests.matters.scenes import Hall, a_hall, do, handed, in_unit, said, the

SignedIn = Callable[..., FlaskClient]
LATER = NOON + timedelta(hours=1)
KEPT_AWAY = {
    Conflict.UNIT: ("police", ("police", "branch", "station")),
    Conflict.STAFF: ("branch", ("branch", "station")),
    Conflict.CENTRE: ("", ("centre",)),
}
"""Whom each kind of complaint is about in these tests, and whose people it is kept from."""
_CHANGES = re.compile(r'nonce="[^"]*"|nonce-[\w-]+|csrf[-_]token"[^>]*>|\d+ (?:秒|分钟)前')


@pytest.fixture
def hall(app: Flask) -> Hall:
    """The city hall."""
    with clock.frozen(NOON):
        return a_hall()


def complain(hall: Hall, kind: Conflict) -> str:
    """Bring a complaint as far as it goes: a file, a relay, notices, a question."""
    about, _ = KEPT_AWAY[kind]
    receipt = handed(hall, at=NOON, conflict=kind, about=about, supporting=("water",))
    do(receipt, A.SIGN, hall.people["roads"], at=LATER)
    with transaction() as session:
        roads, matter = session.merge(hall.people["roads"], load=False), the(session, receipt)
        attachments.add(session, matter, "x.png", a_png(), by=roads, at=LATER)
        relays.ask_to_pass_on(session, matter, "明天来修", by=roads, at=LATER)
    return receipt


def rules(app: Flask, staff: Staff, method: str) -> Iterator[Rule]:
    """Give the doors that a person passes by their role, but those of rooms that read no matters."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        permission: Permission | None = getattr(view, "permission", None)
        is_passed = permission is not None and staff.may(permission)
        knows_matters = view.__module__.startswith(("matters.", "reports.", "hotline.", "web.home"))
        if (
            method in (rule.methods or ())
            and knows_matters
            and (is_passed or getattr(view, "is_open", False))
        ):
            yield rule


def address(app: Flask, rule: Rule, known: dict[str, Any]) -> str:
    """Fill an address: the matter's own receipt and ids where it takes them, the first of everything elsewhere."""
    values = {name: known.get(name, 1) for name in rule.arguments}
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def ids(receipt: str) -> dict[str, Any]:
    with transaction() as session:
        matter = the(session, receipt)
        notices = session.scalars(sa.select(MatterNotice.id).where(MatterNotice.matter_id == matter.id)).all()
        (relay,) = session.scalars(sa.select(MatterRelay.id).where(MatterRelay.matter_id == matter.id))
        return {"receipt": receipt, "matter_id": matter.id, "notice_id": notices[0] if notices else 1,
                "file": 1, "relay": relay, "relay_id": relay}  # fmt: skip


CHANGING = frozenset({"account", "journal", "registration"})
"""Pages that show one's own sessions, what was done by anyone, or a word that is new each time."""
WITH_MATTERS = (Role.CLERK, Role.SUPERVISION, Role.OFFICE_HEAD, Role.HANDLER, Role.CUSTODIAN)
SEARCHED = ("/matters", "/handling", "/supervision", "/notices")
NOBODYS = receipts.receipt("2611", 9999)
"""A receipt that was never given to anyone."""
MATTER_PARTS = frozenset({"receipt", "matter_id", "notice_id", "relay", "relay_id"})


def shut(app: Flask, rule: Rule) -> tuple[int, ...]:
    """Say how an address answers that tells nothing; partners' addresses ask for their own key first."""
    return (401, 404) if getattr(app.view_functions[rule.endpoint], "is_open", False) else (404,)


def plain(page: bytes) -> str:
    """Return a page without what is new each time."""
    return _CHANGES.sub("", page.decode("utf-8", "replace"))


@pytest.mark.parametrize("kind", list(KEPT_AWAY))
def test_nothing_changes_for_those_complained_about(
    app: Flask, hall: Hall, as_role: SignedIn, kind: Conflict, monkeypatch: pytest.MonkeyPatch
) -> None:
    people: list[Staff] = []
    with transaction() as session:
        for n, unit in enumerate(KEPT_AWAY[kind][1]):
            people += [in_unit(session, hall, unit, role) for role in Role if n == 0 or role in WITH_MATTERS]
            people.append(in_unit(session, hall, unit, Role.OFFICE_HEAD, Role.HANDLER, Role.CUSTODIAN))
    with clock.frozen(LATER):
        handed(hall, at=NOON)
        clients = [(staff, as_role(staff=staff)) for staff in people]

        def lists() -> dict[tuple[int, str], str]:
            return {
                (staff.id, rule.rule): plain(client.get(rule.rule).data)
                for staff, client in clients
                for rule in rules(app, staff, "GET")
                if not rule.arguments
                and rule.endpoint.split(".")[0] not in CHANGING
                and not getattr(app.view_functions[rule.endpoint], "is_open", False)
            }

        app.testing = (
            False  # pages of a survey without a wave fail here as they would, before and after alike
        )
        with monkeypatch.context() as unread:  # whatever a first look leaves behind is there before
            unread.setattr(templating, "_render", lambda *_: "")
            lists()
        before = lists()
        receipt = complain(hall, kind)
        known = ids(receipt)
        after = lists()
        assert [key for key in before if before[key] != after[key]] == []
        assert not any(receipt in page for page in after.values())
        for staff, client in clients:
            for rule in rules(app, staff, "GET"):
                if rule.arguments or not rule.rule.startswith(SEARCHED):
                    continue
                asked = [
                    plain(client.get(f"{rule.rule}?shelf=all&show=all&q={r}&receipt={r}").data).replace(
                        r, "…"
                    )
                    for r in (receipt, NOBODYS)
                ]
                assert asked[0] == asked[1], f"{rule.rule} tells the receipt from one that was never given"
            for rule in rules(app, staff, "GET"):
                if rule.arguments & MATTER_PARTS:
                    answer = client.get(address(app, rule, known))
                    assert answer.status_code in shut(app, rule), (staff.roles, rule.rule, answer.status_code)
                    assert receipt not in answer.get_data(as_text=True).replace(f"/{receipt}", "")
            for rule in rules(app, staff, "POST"):
                if rule.arguments & MATTER_PARTS and not rule.rule.startswith("/status"):
                    data = {"step": "sign", "seen": "1", "purpose": "handle", "answer": "x"}
                    answer = client.post(address(app, rule, known), data=data)
                    assert answer.status_code in shut(app, rule), (staff.roles, rule.rule, answer.status_code)
        for key in ("roads", "water"):
            assert as_role(staff=hall.people[key]).get(f"/handling/{receipt}").status_code == 200


@pytest.mark.parametrize("kind", list(KEPT_AWAY))
def test_no_route_leads_to_a_unit_complained_about(hall: Hall, kind: Conflict) -> None:
    about, away = KEPT_AWAY[kind]
    receipt = said(hall, at=NOON, conflict=kind, about=about)
    for unit in away:
        for facts in (
            {"lead": hall.id(unit), "supporting": []},
            {"lead": hall.id("roads"), "supporting": [hall.id(unit)]},
        ):
            with pytest.raises(Invalid):
                do(receipt, A.ASSIGN, hall.people["head"], at=LATER, facts={**facts, "redacted": True})
    with transaction() as session:
        assert {hall.id(unit) for unit in away} <= excluded(session, the(session, receipt))


def test_a_complaint_found_out_later_takes_the_matter_out_of_sight(hall: Hall, as_role: SignedIn) -> None:
    receipt = handed(hall, at=NOON, lead="station")
    with clock.frozen(LATER):
        station = as_role(staff=hall.people["station"])
        assert station.get(f"/handling/{receipt}").status_code == 200
        clerk = as_role(staff=hall.people["clerk"])
        about = {"conflict": "unit", "conflict_unit": str(hall.id("police")), "reason": "来电人补充"}
        assert clerk.post(f"/matters/{receipt}/about", data=about).status_code == 303
        assert station.get(f"/handling/{receipt}").status_code == 404
        assert receipt not in station.get("/handling/?shelf=all").get_data(as_text=True)
        assert receipt not in station.get("/handling/export.csv?shelf=all").get_data(as_text=True)
        facts = {"lead": hall.id("roads"), "supporting": [], "redacted": True}
        do(receipt, A.ASSIGN, hall.people["head"], facts=facts)
        with transaction() as session:
            assert the(session, receipt).conflict_unit_id == hall.id("police")


def test_a_complaint_about_the_centre_is_known_to_the_partys_office_alone(hall: Hall) -> None:
    receipt = said(hall, at=NOON, conflict=Conflict.CENTRE)
    with transaction() as session:
        matter = the(session, receipt)
        assert in_sight(session, session.merge(hall.people["party"], load=False), matter) is matter
        for key in ("clerk", "checker", "supervision", "head", "roads"):
            with pytest.raises(Exception, match="Not found"):
                in_sight(session, session.merge(hall.people[key], load=False), matter)
