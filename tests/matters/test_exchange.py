"""The exchange: each partner its own matters, each request once, and never a person in any answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jsonschema
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core import clock
from core.db import Database, reading, transaction
from core.permissions import Role
from matters import exchange, partners
from matters.attributes import IdentityClass, Origin
from matters.exchange_answers import ExchangeAnswer
from matters.exchange_document import PER_MINUTE, document
from matters.flow import MatterAction
from matters.matter import Matter
from matters.moving import act
from matters.outside_references import OutsideReference
from matters.partners import Partner, Scope
from matters.reporters import reporters_of
from tests.matters.raising import ID_CARD, NAME, NUMBER, Desk, a_desk, a_matter, to_feedback

SignedIn = Callable[..., FlaskClient]
SAID = f"{NAME}说工资拖了半年,身份证{ID_CARD},电话{NUMBER}"
METHODS = {"get", "post"}


@pytest.fixture
def desk(app: Flask) -> Desk:
    """The people and the place."""
    with transaction() as session:
        return a_desk(session)


def let_in(desk: Desk, name: str = "市 12345 热线", scope: Scope = Scope.BOTH) -> str:
    """Let a partner in; return its token."""
    with transaction() as session:
        return partners.create(session, name, scope, by=desk.custodian, at=clock.now())[1]


def a_letter(desk: Desk, **changes: Any) -> dict[str, Any]:
    """Write what a partner sends."""
    letter = {
        "reference": "GD-1",
        "kind": "help",
        "topic": "livelihood.wages",
        "place": desk.town.code,
        "narrative": SAID,
        "consent": True,
        "caller": {"name": NAME, "number": NUMBER},
        **changes,
    }
    return {name: value for name, value in letter.items() if value is not None}


def send(client: FlaskClient, token: str, letter: object, *, key: str = "k1", **headers: str) -> TestResponse:
    """Send a matter."""
    data = letter if isinstance(letter, bytes) else json.dumps(letter, ensure_ascii=False).encode()
    sent = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Content-Type": "application/json"}
    return client.post("/api/v1/matters", data=data, headers={**sent, **headers})


def ask(client: FlaskClient, token: str, where: str = "") -> TestResponse:
    """Ask for matters."""
    return client.get(f"/api/v1/matters{where}", headers={"Authorization": f"Bearer {token}"})


def validator(name: str) -> Draft202012Validator:
    """Return what an answer is held against: a schema of the document that is served."""
    whole = {**document("http://localhost"), "$schema": "https://json-schema.org/draft/2020-12/schema"}
    registry: Registry[Any] = Registry().with_resource("urn:doc", Resource.from_contents(whole))
    checker = jsonschema.FormatChecker()
    return Draft202012Validator(
        {"$ref": f"urn:doc#/components/schemas/{name}"}, registry=registry, format_checker=checker
    )


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """Hold that an answer is a problem in the standard's shape."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = json.loads(answer.data)
    validator("Problem").validate(body)
    assert body["status"] == status
    return body


def counted() -> int:
    """Count the matters."""
    with reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Matter)) or 0


def test_the_document_is_openapi_3_1_and_names_what_the_house_answers(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    served = json.loads(answer.data)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert re.fullmatch(r"3\.1\.\d+", served["openapi"])
    assert {"title", "version"} <= set(served["info"])
    for name, schema in served["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert validator(name).is_valid(None) is False
    described = {(path, method) for path, item in served["paths"].items() for method in item}
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("public_exchange.") and "openapi" not in rule.rule
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE", "PATCH"}
    }
    assert described == routes
    operations = [operation for item in served["paths"].values() for operation in item.values()]
    assert len({o["operationId"] for o in operations}) == len(operations)
    for path, item in served["paths"].items():
        for operation in item.values():
            in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert in_path == set(re.findall(r"{(\w+)}", path))
            assert all(p["required"] for p in operation["parameters"] if p["in"] == "path")
            for status, response in operation["responses"].items():
                assert re.fullmatch(r"[1-5]\d\d", status)
                assert response["description"]
    references = re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(served))
    assert references
    for reference in references:
        found: Any = served
        for part in reference.split("/"):
            found = found[part]
    validator("SentMatter").validate(
        {
            "reference": "1",
            "kind": "help",
            "topic": "livelihood.wages",
            "place": "x",
            "narrative": "y",
            "consent": True,
        }
    )


def test_a_matter_sent_is_registered_and_no_answer_names_anybody(app: Flask, desk: Desk) -> None:
    client, token = app.test_client(), let_in(desk)
    answer = send(client, token, a_letter(desk))
    assert answer.status_code == 201
    body = json.loads(answer.data)
    validator("Matter").validate(body)
    assert body["state"] == "received"
    assert answer.headers["Location"] == f"/api/v1/matters/{body['receipt']}"
    with transaction() as session:
        matter = session.scalars(sa.select(Matter)).one()
        (reporter,) = reporters_of(session, matter)
        assert (matter.origin, matter.identity) == (Origin.EXCHANGE, IdentityClass.PROTECTED)
        assert (reporter.name, reporter.number) == (NAME, NUMBER)
        start = clock.now()
        to_feedback(session, matter, desk, f"已与{NAME}({NUMBER},{ID_CARD})核对并发放", at=start)
    told = json.loads(ask(client, token, f"/{body['receipt']}").data)
    validator("Matter").validate(told)
    assert told["state"] == "answered"
    assert told["outcome"] == "solved"
    assert "核对并发放" in told["result"]
    page = json.loads(ask(client, token).data)
    validator("Matters").validate(page)
    with reading() as session:
        kept = session.scalars(sa.select(ExchangeAnswer.body)).one()
    everything = json.dumps([body, told, page], ensure_ascii=False) + kept
    for secret in (NAME, NUMBER, NUMBER[3:], ID_CARD, "听雨", "拖了半年"):
        assert secret not in everything


def test_the_same_request_twice_is_one_matter(app: Flask, desk: Desk) -> None:
    client, token = app.test_client(), let_in(desk)
    first = send(client, token, a_letter(desk))
    again = send(client, token, a_letter(desk))
    assert (again.status_code, again.data) == (201, first.data)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    problem(send(client, token, a_letter(desk, reference="GD-2")), 422)
    told = problem(send(client, token, a_letter(desk), key="k2"), 409)
    assert json.loads(first.data)["receipt"] in told["title"]
    problem(send(client, token, a_letter(desk), key=""), 400)
    problem(send(client, token, a_letter(desk), key="x" * 121), 400)
    assert counted() == 1
    # Another partner may use the same key and the same number of its own.
    assert send(client, let_in(desk, "邻市热线"), a_letter(desk)).status_code == 201
    assert counted() == 2


def test_a_refused_request_leaves_its_key_free(app: Flask, desk: Desk) -> None:
    client, token = app.test_client(), let_in(desk)
    problem(send(client, token, a_letter(desk, place="nowhere")), 422)
    assert send(client, token, a_letter(desk)).status_code == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "wish"}, "kind"),
        ({"topic": "none"}, "topic"),
        ({"place": "nowhere"}, "place"),
        ({"narrative": " "}, "narrative"),
        ({"narrative": "长" * 4001}, "narrative"),
        ({"consent": False}, "consent"),
        ({"identity": "secret"}, "identity"),
        ({"urgency": "u9"}, "urgency"),
        ({"caller": {"number": "12"}}, "caller.number"),
        ({"caller": {"number": 14500001234}}, "caller.number"),
        ({"conflict": {"kind": "enemy"}}, "conflict.kind"),
        ({"conflict": {"kind": "unit", "unit": "无此单位"}}, "conflict.unit"),
        ({"conflict": {"kind": "unit"}}, "conflict_unit"),
        ({"reference": " "}, "reference"),
        ({"reference": "9" * 81}, "reference"),
        ({"reference": None}, "reference"),
        ({"spot": "远" * 201}, "spot"),
        ({"extra": 1}, "body"),
    ],
)
def test_what_is_wrong_is_said_by_field_without_repeating_it(
    app: Flask, desk: Desk, changes: dict[str, Any], field: str
) -> None:
    told = problem(send(app.test_client(), let_in(desk), a_letter(desk, **changes)), 422)
    assert field in [error["field"] for error in told["errors"]]
    for secret in (NAME, NUMBER, ID_CARD, "14500001234", "无此单位"):
        assert secret not in json.dumps(told, ensure_ascii=False)
    assert counted() == 0


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"x"'])
def test_what_is_no_letter_is_refused(app: Flask, desk: Desk, data: bytes) -> None:
    problem(send(app.test_client(), let_in(desk), data), 422)


def test_other_bodies_methods_and_addresses_answer_as_problems(app: Flask, desk: Desk) -> None:
    client, token = app.test_client(), let_in(desk)
    problem(send(client, token, b"x" * 70_000), 413)
    problem(send(client, token, a_letter(desk), **{"Content-Type": "text/xml"}), 415)
    problem(ask(client, token, "/2611-0001-1"), 404)
    for where in ("?limit=0", "?limit=201", "?limit=²", "?cursor=abc", "?cursor=!", "?changed_since=yesterday",
                  "?changed_since=2026-11-01T00:00:00"):  # fmt: skip
        problem(ask(client, token, where), 422)


def test_tokens_open_only_their_own_door(app: Flask, desk: Desk) -> None:
    client = app.test_client()
    token, other = let_in(desk), let_in(desk, "邻市热线")
    receipt = json.loads(send(client, token, a_letter(desk)).data)["receipt"]
    with transaction() as session:
        ours = a_matter(session, desk, at=clock.now()).matter.receipt
    problem(ask(client, other, f"/{receipt}"), 404)
    problem(ask(client, token, f"/{ours}"), 404)
    assert json.loads(ask(client, other).data) == {"matters": [], "next_cursor": None}
    for wrong in (
        "",
        token[:-1] + ("a" if token[-1] != "a" else "b"),
        "tm_1_" + "x" * 43,
        "tm_99_" + "x" * 43,
        "x",
    ):
        answer = ask(client, wrong)
        problem(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    problem(client.get("/api/v1/matters", headers={"Authorization": f"Basic {token}"}), 401)
    problem(send(client, let_in(desk, "只读", Scope.READ), a_letter(desk)), 403)
    problem(ask(client, let_in(desk, "只送", Scope.SEND)), 403)
    with transaction() as session:
        partner = session.scalars(sa.select(Partner).order_by(Partner.id)).first()
        assert partner is not None
        assert partner.seen_at is not None
        assert token.split("_", 2)[2] not in partner.token_hash
        renewed = partners.renew(session, partner, by=desk.custodian, at=clock.now())
    problem(ask(client, token), 401)
    assert ask(client, renewed).status_code == 200
    with transaction() as session:
        partners.revoke(session, session.get_one(Partner, partner.id), by=desk.custodian, at=clock.now())
    problem(ask(client, renewed), 401)


def test_pages_follow_each_other_and_filters_hold(app: Flask, desk: Desk) -> None:
    client, token = app.test_client(), let_in(desk)
    for n in range(5):
        assert send(client, token, a_letter(desk, reference=f"GD-{n}"), key=f"k{n}").status_code == 201
    found: list[str] = []
    cursor = ""
    for _ in range(4):
        page = json.loads(ask(client, token, f"?limit=2&cursor={cursor}").data)
        found += [m["reference"] for m in page["matters"]]
        cursor = page["next_cursor"] or ""
        if not cursor:
            break
    assert found == [f"GD-{n}" for n in range(5)]
    assert [m["reference"] for m in json.loads(ask(client, token, "?reference=GD-3").data)["matters"]] == [
        "GD-3"
    ]
    later = (clock.now() + timedelta(hours=1)).isoformat()
    assert json.loads(client.get("/api/v1/matters", query_string={"changed_since": later},
                                 headers={"Authorization": f"Bearer {token}"}).data)["matters"] == []  # fmt: skip


def test_too_many_requests_wait(app: Flask, desk: Desk) -> None:
    client, token = app.test_client(), let_in(desk)
    with clock.frozen(clock.now()):
        for _ in range(PER_MINUTE):
            assert ask(client, token, "/2611-0001-1").status_code == 404
        answer = ask(client, token)
        problem(answer, 429)
        assert answer.headers["Retry-After"]
        assert ask(client, let_in(desk, "邻市热线")).status_code == 200
        for _ in range(30):
            problem(ask(client, "tm_1_wrong"), 401)
        problem(ask(client, "tm_1_wrong"), 429)


def test_the_administrator_lets_in_and_shuts_out(app: Flask, as_role: SignedIn) -> None:
    client = as_role(Role.ADMINISTRATOR)
    assert client.post("/partners/", data={"title": "", "scope": "x"}).status_code == 422
    page = client.post("/partners/", data={"title": "市热线", "scope": "both"}).get_data(as_text=True)
    token = re.search(r'id="token">(tm_\d+_[\w-]{43})<', page)
    assert token is not None
    assert token[1] not in client.get("/partners/").get_data(as_text=True)
    assert client.post("/partners/", data={"title": "市热线", "scope": "both"}).status_code == 422
    assert ask(app.test_client(), token[1]).status_code == 200
    with reading() as session:
        partner = session.scalars(sa.select(Partner.id)).one()
    assert "tm_" in client.post(f"/partners/{partner}", data={"step": "renew"}).get_data(as_text=True)
    assert client.post(f"/partners/{partner}", data={"step": "revoke"}).status_code == 200
    assert client.post(f"/partners/{partner}", data={"step": "revoke"}).status_code == 409
    assert client.post(f"/partners/{partner}", data={"step": "renew"}).status_code == 409
    assert client.post("/partners/999", data={"step": "renew"}).status_code == 404
    assert as_role(Role.CLERK).get("/partners/").status_code == 403


def test_a_cursor_says_nothing_but_where_to_go_on() -> None:
    assert exchange._after(exchange._cursor(12345)) == 12345


def test_a_partner_hears_of_what_its_matter_was_merged_into(database: Database, now: datetime) -> None:
    """Its own row stands still once it is merged; what becomes of the other is its news all the same."""
    with transaction() as session:
        desk = a_desk(session)
        partner = partners.create(session, "市热线", Scope.BOTH, by=desk.custodian, at=now)[0]
        taken = [
            exchange.take(session, partner, exchange.read_sent(json.dumps(letter).encode()), at=now).matter
            for letter in (a_letter(desk, caller=None, reference=f"GD-{n}") for n in range(3))
        ]
        facts = {"target": taken[1].id, "open": True, "distinct": True, "same_place": True, "same_cause": True,
                 "same_conflict": True,
                 "protected": False, "target_at": now.isoformat()}  # fmt: skip
        hour = timedelta(hours=1)
        act(session, taken[0], MatterAction.MERGE, by=desk.clerk, at=now + hour, facts=facts)

        def changed(since: datetime) -> list[str]:
            found = exchange.listed(session, partner, changed_since=since)["matters"]
            return [each["reference"] for each in found]

        assert changed(now + hour) == ["GD-0"]
        assert (
            exchange.shown(session, partner_record(session, taken[0]))["changed_at"]
            == (now + hour).isoformat()
        )
        act(session, taken[1], MatterAction.SUBMIT, by=desk.clerk, at=now + 2 * hour)
        assert changed(now + 2 * hour) == ["GD-0", "GD-1"]
        assert changed(now + 3 * hour) == []


def partner_record(session: Session, matter: Matter) -> OutsideReference:
    """Return what a partner knows a matter as."""
    return session.scalars(sa.select(OutsideReference).where(OutsideReference.matter_id == matter.id)).one()
