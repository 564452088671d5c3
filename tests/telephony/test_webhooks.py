"""Webhooks: only what the line signed comes in, once, in any order, with the same result."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from core import db, journal
from core.db import reading, transaction
from core.permissions import Role
from core.settings import Settings
from telephony import events, line, webhooks
from telephony.calls import Call, Direction, Party
from telephony.line import Answerer, Cause, Event, EventKind, LegState
from telephony.outgoing import Command, ask
from telephony.rooms import Purpose, Room, open_room
from telephony.twilio.adapter import TwilioLine
from telephony.twilio.addresses import path_of
from telephony.twilio.signature import is_signed, sign
from telephony.twilio.translate import translate
from tests.conftest import NOON
from tests.factories import a_staff
from tests.telephony.conftest import ACCOUNT

LEG, CONFERENCE = "CA" + "a" * 32, "CF" + "b" * 32
KEY = "f" * 24


@pytest.fixture
def app(settings: Settings, database: db.Database, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Our webhook door on each database, without a carrier behind it."""
    monkeypatch.setattr(webhooks, "kick", lambda: None)
    line.use(TwilioLine(settings))
    app = Flask("door")
    app.register_blueprint(webhooks.blueprint)
    return app


def a_call(session: Session, room: Room | None = None, *, ref: str | None = None) -> Call:
    """Write one outbound call down."""
    call = Call(
        request_key=KEY,
        provider_ref=ref,
        room_id=room.id if room else None,
        direction=Direction.OUTBOUND,
        party=Party.RESIDENT,
        created_at=NOON,
        checked_at=NOON,
    )
    session.add(call)
    session.flush()
    return call


def status(state: str, order: int, **more: str) -> dict[str, str]:
    """The fields of a call's progress callback."""
    return {
        "CallSid": LEG,
        "AccountSid": ACCOUNT,
        "CallStatus": state,
        "SequenceNumber": str(order),
        "Timestamp": f"Wed, 18 Nov 2026 02:30:{order:02} +0000",
        "SomethingNew": "added without notice",
        **more,
    }


def post(app: Flask, settings: Settings, hook: str, form: dict[str, str], query: str = "") -> int:
    """Post a signed webhook."""
    path = path_of(hook)
    headers = {"X-Twilio-Signature": sign(settings, path, form, query=query)}
    answer = app.test_client().post(path + (f"?{query}" if query else ""), data=form, headers=headers)
    return answer.status_code


def test_a_signed_report_moves_its_call_once(app: Flask, settings: Settings) -> None:
    with transaction() as session:
        call_id = a_call(session).id
    for _ in range(3):
        assert post(app, settings, "call", status("ringing", 1), f"k={KEY}") == 200
    with reading() as session:
        call = session.get_one(Call, call_id)
        assert call.state == LegState.RINGING
        assert call.provider_ref == LEG
        assert session.scalar(sa.select(sa.func.count()).select_from(events.LineEvent)) == 1


@pytest.mark.parametrize(
    "fault", ["missing", "tampered", "wrong token", "wrong base", "wrong query", "added"]
)
def test_what_the_line_did_not_sign_stays_outside(
    app: Flask, settings: Settings, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    form, path, query = status("ringing", 1, From="+8613800006021"), path_of("call"), f"k={KEY}"
    good = sign(settings, path, form, query=query)
    url = settings.public_base_url + path + "?" + query
    given = {
        "missing": "",
        "tampered": good,
        "added": good,
        "wrong token": RequestValidator("another").compute_signature(url, form),
        "wrong base": RequestValidator(settings.auth_token).compute_signature(
            "http://localhost" + path + "?" + query, form
        ),
        "wrong query": sign(settings, path, form, query="k=other"),
    }[fault]
    if fault == "tampered":
        form["CallStatus"] = "completed"
    if fault == "added":
        form["Extra"] = "1"
    headers = {"X-Twilio-Signature": given} if given else {}
    answer = app.test_client().post(f"{path}?{query}", data=form, headers=headers)
    assert answer.status_code == 403
    with reading() as session:
        assert session.scalars(sa.select(events.LineEvent)).all() == []
        assert session.scalars(sa.select(journal.Entry.action)).all() == ["line.forged"]
    assert "From" in caplog.text
    assert "13800006021" not in caplog.text


def test_the_published_vector_holds(settings: Settings) -> None:
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
        "Caller": "+14158675309",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert RequestValidator("12345").compute_signature(url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_gets_repeated_values_and_both_hashes_are_checked(settings: Settings) -> None:
    def check(**changes: object) -> bool:
        asked: dict[str, object] = {"method": "POST", "path": "/line/hooks/call", "query": "", "body": b""}
        return is_signed(settings, **{"form": MultiDict(), "headers": {}, **asked, **changes})  # type: ignore[arg-type]

    url = settings.public_base_url + "/line/hooks/call"
    validator = RequestValidator(settings.auth_token)
    get = {"X-Twilio-Signature": validator.compute_signature(url + "?a=1&b=%E4%B8%AD", {})}
    assert check(method="GET", query="a=1&b=%E4%B8%AD", headers=get)
    assert not check(method="GET", query="a=2&b=%E4%B8%AD", headers=get)

    many = MultiDict([("Event", "b"), ("Event", "a"), ("Event", "a"), ("X", "1")])
    signed = {"X-Twilio-Signature": validator.compute_signature(url, many)}
    assert check(form=many, headers=signed)
    assert not check(form=MultiDict([("Event", "b"), ("X", "1")]), headers=signed)

    newer = {
        "X-Twilio-Signature": validator.compute_signature(url, {"X": "1"}, "HMAC_SHA256"),
        "X-Twilio-Webhooks-Signature-Settings": "key=webhooks_1,algorithm=HMAC_SHA256",
    }
    assert check(form=MultiDict({"X": "1"}), headers=newer)
    assert not check(
        form=MultiDict({"X": "1"}), headers={**newer, "X-Twilio-Webhooks-Signature-Settings": ""}
    )
    unknown = {**newer, "X-Twilio-Webhooks-Signature-Settings": "key=1,algorithm=MD5"}
    assert not check(form=MultiDict({"X": "1"}), headers=unknown)


def test_a_json_body_is_bound_by_its_fingerprint(settings: Settings) -> None:
    body = json.dumps({"a": "中"}).encode()
    path, query = "/line/hooks/call", f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"X-Twilio-Signature": sign(settings, path, {}, query=query)}

    def check(body: bytes, query: str) -> bool:
        return is_signed(
            settings, method="POST", path=path, query=query, form=MultiDict(), body=body, headers=headers
        )

    assert check(body, query)
    assert not check(b'{"a": "x"}', query)
    assert not check(body, "")
    assert not check(b"\xff\xfe", query)


def test_the_fallback_needs_no_database_and_no_signature(settings: Settings, app: Flask) -> None:
    answer = app.test_client().post(path_of("fallback"))
    assert answer.status_code == 200
    assert "<Say" in answer.get_data(as_text=True)


def test_a_report_that_could_not_be_taken_leaves_a_line(
    app: Flask, settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which it was and how it was answered, of whom it was nothing."""
    monkeypatch.setattr(webhooks, "take_report", lambda *given, **more: 1 / 0)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert post(app, settings, "call", status("ringing", 1)) == 500
    assert "a call webhook was answered 500" in caplog.text
    assert LEG not in caplog.text


def test_an_unknown_hook_is_not_found_and_a_manual_line_has_no_door(app: Flask, settings: Settings) -> None:
    headers = {"X-Twilio-Signature": sign(settings, "/line/hooks/nothing", {})}
    assert app.test_client().post("/line/hooks/nothing", headers=headers).status_code == 404
    from telephony.manual import ManualLine

    line.use(ManualLine(settings))
    assert app.test_client().post(path_of("call")).status_code == 404


def test_a_failing_listener_loses_nothing(app: Flask, settings: Settings) -> None:
    with transaction() as session:
        call_id = a_call(session).id
    heard: list[str] = []

    def deaf(session: Session, event: Event, call: Call | None) -> None:
        if len(heard) < 2:
            heard.append("failed")
            raise ZeroDivisionError
        heard.append(event.key)

    events.listen(EventKind.LEG, deaf)
    assert post(app, settings, "call", status("ringing", 1), f"k={KEY}") == 200
    with reading() as session:
        assert session.get_one(Call, call_id).state == LegState.QUEUED
    with transaction() as session:
        assert events.take_again(session, at=NOON + timedelta(minutes=1)) == 1
    with reading() as session:
        assert session.get_one(Call, call_id).state == LegState.RINGING
    assert heard == ["failed", "failed", f"ca:{LEG}:1"]


def test_what_a_savepoint_takes_back_is_not_remembered(database: db.Database) -> None:
    def deaf(session: Session, event: Event, call: Call | None) -> None:
        if event.data["state"] == LegState.RINGING:
            raise ZeroDivisionError

    events.listen(EventKind.LEG, deaf)
    ringing, connected = (
        translate("call", status(state, order), {"k": KEY}, at=NOON, provider="simulator")
        for state, order in (("ringing", 1), ("in-progress", 2))
    )
    with transaction() as session:
        call = a_call(session)
        events.take_in(session, ringing, at=NOON)
        assert (call.state, call.ring_at, call.provider_ref) == (LegState.QUEUED, None, None)
        events.take_in(session, connected, at=NOON)
        assert (call.state, call.ring_at, call.provider_ref) == (LegState.CONNECTED, None, LEG)
        call_id = call.id
    with reading() as session:
        kept = session.get_one(Call, call_id)
        assert (kept.state, kept.ring_at, kept.provider_ref) == (LegState.CONNECTED, None, LEG)


def test_only_a_report_that_asks_empties_the_outbox_at_once(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        a_call(session)
    sent: list[float] = []
    seconds = iter((100.0, 100.2, 100.4, 101.5))
    monkeypatch.setattr(webhooks, "kick", lambda: sent.append(webhooks._pulse_at))
    monkeypatch.setattr(webhooks, "_pulse_at", float("-inf"))
    monkeypatch.setattr(webhooks.clock, "monotonic", lambda: next(seconds))

    def asking(session: Session, event: Event, call: Call | None) -> None:
        if event.data["state"] == LegState.CONNECTED:
            ask(session, Command.DROP, at=NOON, call=call)

    events.listen(EventKind.LEG, asking)
    for state, order in (("initiated", 0), ("ringing", 1), ("in-progress", 2), ("completed", 3)):
        for _ in range(2):  # a repeated report asks nothing again
            assert post(app, settings, "call", status(state, order), f"k={KEY}") == 200
    assert sent == [100.0, 100.4, 101.5]


STORY: list[tuple[str, dict[str, str], dict[str, str]]] = [
    ("call", status("initiated", 0), {"k": KEY}),
    ("call", status("ringing", 1), {"k": KEY}),
    ("call", status("in-progress", 2), {"k": KEY}),
    ("answerer", {"CallSid": LEG, "AnsweredBy": "machine_start", "MachineDetectionDuration": "2100"}, {"k": KEY}),
    *(
        (
            "room",
            {
                "ConferenceSid": CONFERENCE,
                "FriendlyName": "@",
                "StatusCallbackEvent": told,
                "SequenceNumber": str(order),
                "Timestamp": f"Wed, 18 Nov 2026 02:30:{order:02} +0000",
                "CallSid": LEG,
                "Hold": held,
                "Muted": "false",
                "ParticipantLabel": f"resident-{KEY}",
            },
            {},
        )
        for told, order, held in (
            ("participant-join", 3, "false"),
            ("participant-hold", 4, "true"),
            ("participant-unhold", 5, "false"),
            ("participant-leave", 6, "false"),
        )
    ),
    ("call", status("completed", 7, CallDuration="31", SipResponseCode="200"), {"k": KEY}),
    (
        "room",
        {
            "ConferenceSid": CONFERENCE,
            "FriendlyName": "@",
            "StatusCallbackEvent": "conference-end",
            "SequenceNumber": "9",
            "Timestamp": "Wed, 18 Nov 2026 02:31:00 +0000",
        },
        {},
    ),
]  # fmt: skip


def facts(call: Call, room: Room) -> tuple[object, ...]:
    """Everything that a story must leave the same, whatever the order."""
    return (
        call.state, call.cause, call.network_code, call.answerer, call.ring_at, call.connected_at, call.ended_at,
        call.duration_s, call.in_room, call.is_held, call.is_muted, call.provider_ref, room.closed_at,
        room.provider_ref,
    )  # fmt: skip


def play(order: list[int]) -> tuple[object, ...]:
    """Tell the story in an order, each report in its own transaction, and return what is left."""
    with transaction() as session:
        room = open_room(session, owner=a_staff(session, Role.INTERVIEWER), purpose=Purpose.SURVEY, at=NOON)
        a_call(session, room)
    for step, index in enumerate(order):
        hook, fields, query = STORY[index]
        at = NOON + timedelta(seconds=step)
        named = {k: room.name if v == "@" else v for k, v in fields.items()}
        with transaction() as session:
            events.take_in(session, translate(hook, named, query, at=at, provider="simulator"), at=at)
    with transaction() as session:
        events.take_again(session, at=NOON + timedelta(hours=1))
    with transaction() as session:
        call = session.scalars(sa.select(Call)).one()
        left = facts(call, session.get_one(Room, room.id))
        unheard = session.scalars(
            sa.select(events.LineEvent).where(events.LineEvent.heard_at.is_(None))
        ).all()
        assert unheard == []
        session.execute(sa.delete(events.LineEvent))
        session.execute(sa.delete(Call))
        session.execute(sa.delete(Room))
    return left


def test_the_story_in_order(sqlite: db.Database) -> None:
    left = play(list(range(len(STORY))))
    assert left[:4] == (LegState.ENDED, Cause.NORMAL, 200, Answerer.MACHINE)
    assert left[7] == 31
    assert left[8:11] == (False, False, False)
    assert left[5] == NOON + timedelta(seconds=2)


@given(st.permutations(range(len(STORY))), st.lists(st.integers(0, len(STORY) - 1), max_size=6))
@rules(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_with_repeats_ends_the_same(
    sqlite: db.Database, order: list[int], again: list[int]
) -> None:
    mixed = list(order)
    for place, index in enumerate(again):
        mixed.insert((place * 7) % (len(mixed) + 1), index)
    assert play(mixed) == play(list(range(len(STORY))))


def test_the_first_end_wins(app: Flask, settings: Settings) -> None:
    with transaction() as session:
        call_id = a_call(session).id
    assert post(app, settings, "call", status("busy", 3, SipResponseCode="486"), f"k={KEY}") == 200
    assert post(app, settings, "call", status("completed", 4, CallDuration="9"), f"k={KEY}") == 200
    assert post(app, settings, "call", status("ringing", 2), f"k={KEY}") == 200
    with reading() as session:
        call = session.get_one(Call, call_id)
        assert (call.state, call.cause, call.duration_s) == (LegState.ENDED, Cause.BUSY, None)


def test_somebody_elses_leg_under_our_key_is_left_alone(app: Flask, settings: Settings) -> None:
    with transaction() as session:
        call_id = a_call(session, ref="CA" + "c" * 32).id
    assert post(app, settings, "call", status("completed", 1), f"k={KEY}") == 200
    with reading() as session:
        assert session.get_one(Call, call_id).state == LegState.QUEUED
