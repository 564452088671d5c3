"""The line's own promises: every command is a valid request, every report has its one meaning."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.db import reading, transaction
from core.people import Staff
from core.permissions import Role
from core.problems import Forbidden, Refused
from core.settings import Settings
from core.terms import Words
from telephony import inbound, line
from telephony.calls import Call, Direction
from telephony.commands import replay_file
from telephony.contract import check_twiml
from telephony.dialling import place_call
from telephony.inbound import Heard
from telephony.line import (
    Cause,
    Event,
    LegState,
    NotTaken,
    OutcomeUnknown,
    RoomRef,
    TryLater,
    identity_of,
    line_from,
    staff_id_of,
)
from telephony.manual import ManualLine, Outcome, number_to_dial, report
from telephony.rooms import Purpose, Room, open_room
from telephony.spoken import (
    NO_ROOM,
    UNAVAILABLE,
    UNEXPECTED,
    Ask,
    End,
    Join,
    LeaveWaiting,
    Pause,
    Say,
    Step,
    Steps,
    Wait,
)
from telephony.twilio import twiml
from telephony.twilio.adapter import TwilioLine
from telephony.twilio.addresses import HOOKS, path_of
from telephony.twilio.capture import capture, capturing, masked_fields
from telephony.twilio.client import Transport, asking
from telephony.twilio.doctor import Verdict, addresses, look
from telephony.twilio.translate import translate
from tests.conftest import NOON
from tests.factories import a_staff
from tests.telephony.conftest import NUMBER, House, settings_for
from tests.telephony.test_conversation import connect

LEG, QUEUE = "CA" + "a" * 32, "QU" + "d" * 32


def test_the_settings_name_the_line(settings: Settings) -> None:
    assert isinstance(line_from(settings), TwilioLine)
    assert line_from(settings).capabilities().is_simulated
    assert not line_from(replace(settings, line="twilio")).capabilities().is_simulated
    assert isinstance(line_from(replace(settings, line="manual")), ManualLine)


def test_a_grant_lasts_an_hour_and_names_nobody(settings: Settings) -> None:
    given = TwilioLine(settings).browser_grant(identity_of(7))
    claims = jwt.decode(given.token, settings.api_secret, algorithms=["HS256"])
    assert claims["exp"] - claims["nbf"] == 3600 or claims["exp"] - claims["iat"] == 3600
    assert claims["grants"]["identity"] == "op7"
    assert claims["grants"]["voice"] == {
        "incoming": {"allow": True},
        "outgoing": {"application_sid": settings.voice_app},
    }
    assert given.token not in repr(given)


@pytest.mark.parametrize(("identity", "staff_id"), [("op7", 7), ("op", None), ("7", None), ("opx", None)])
def test_identities_are_records(identity: str, staff_id: int | None) -> None:
    assert staff_id_of(identity) == staff_id


def test_the_transport_swaps_the_address_and_tells_failures_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = Transport("http://127.0.0.1:21201/base")
    assert transport.address("https://api.twilio.com/2010-04-01/A.json?x=1") == (
        "http://127.0.0.1:21201/base/2010-04-01/A.json?x=1"
    )
    assert Transport().address("https://api.twilio.com/a") == "https://api.twilio.com/a"
    with pytest.raises(TryLater):  # nobody listens there: the request never left
        transport.request("POST", "https://api.twilio.com/2010-04-01/A.json", data={"a": "b"})
    seen: dict[str, Any] = {}

    def slow(self: requests.Session, *args: object, **kwargs: object) -> requests.Response:
        seen.update(kwargs)
        raise requests.ReadTimeout

    monkeypatch.setattr(requests.Session, "request", slow)
    with pytest.raises(OutcomeUnknown):
        transport.request("POST", "https://api.twilio.com/a")
    assert all(0 < seconds <= 15 for seconds in seen["timeout"])


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, NotTaken), (404, NotTaken), (429, TryLater), (500, OutcomeUnknown), (503, OutcomeUnknown)],
)
def test_a_refusal_speaks_codes_only(status: int, kind: type[Exception]) -> None:
    from twilio.base.exceptions import TwilioRestException

    with pytest.raises(kind) as told, asking():
        raise TwilioRestException(status, "/uri", f"The number {NUMBER} is bad", 21211)
    assert str(told.value) == f"{status}/21211"


def test_every_spoken_step_is_a_valid_document(settings: Settings) -> None:
    hello = Words("您好", "Hello")
    steps: list[Step] = [Say(hello), Pause(2), Ask("again", hello, turn=1), Join("r0"), Wait("hotline")]
    documents: list[tuple[str | None, Steps]] = [
        (None, [*steps, End()]),
        (None, UNEXPECTED),
        (None, UNAVAILABLE),
        (None, NO_ROOM),
        ("enqueue-wait", [Say(hello, "en"), LeaveWaiting()]),
    ]
    for context, given in documents:
        check_twiml(twiml.document(settings, given), context)
    check_twiml(twiml.operators_leg(settings, "r0", request_key="k", ends_room=True))
    check_twiml(twiml.quiet(), "conference-wait")
    check_twiml(twiml.quiet(), "hold")
    check_twiml(twiml.nothing())


@pytest.mark.parametrize(
    ("hook", "fields", "query", "key", "data"),
    [
        ("call", {"CallSid": LEG, "CallStatus": "failed", "SequenceNumber": "4", "SipResponseCode": "404"},
         {"k": "x"}, f"ca:{LEG}:4", {"state": "ended", "cause": "unreachable", "network_code": 404,
                                     "request_key": "x"}),
        ("call", {"CallSid": LEG, "CallStatus": "busy", "SequenceNumber": "4", "SipResponseCode": "603"},
         {}, f"ca:{LEG}:4", {"state": "ended", "cause": "rejected", "network_code": 603}),
        ("call", {"CallSid": LEG, "CallStatus": "canceled"}, {}, f"ca:{LEG}:canceled",
         {"state": "ended", "cause": "cancelled"}),
        ("answerer", {"CallSid": LEG, "AnsweredBy": "machine_end_beep"}, {}, f"amd:{LEG}",
         {"answerer": "machine"}),
        ("answerer", {"CallSid": LEG, "AnsweredBy": "something"}, {}, f"amd:{LEG}", {"answerer": "unknown"}),
        ("recording", {"RecordingSid": "RE1", "RecordingStatus": "absent"}, {"k": "x"}, "re:RE1:absent",
         {"recording": "RE1", "state": "absent", "request_key": "x"}),
        ("text", {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"}, {"k": "x"},
         "sm:SM1:undelivered", {"text": "SM1", "state": "undelivered", "error": "30003", "request_key": "x"}),
        ("wait", {"CallSid": LEG, "QueueSid": QUEUE, "QueuePosition": "3"}, {"line": "h"},
         f"q:{LEG}:{QUEUE}:entered", {"line": "h", "position": 3}),
        ("waited", {"CallSid": LEG, "QueueSid": QUEUE, "QueueResult": "hangup", "QueueTime": "41"}, {"line": "h"},
         f"q:{LEG}:{QUEUE}:hangup", {"line": "h", "result": "abandoned", "waited_s": 41}),
        ("input", {"CallSid": LEG, "Digits": "2"}, {"q": "again", "n": "1"}, f"in:{LEG}:again:1",
         {"question": "again", "digits": "2", "count": 1}),
        ("input", {"CallSid": LEG, "Digits": "13800006021"}, {"q": "number"}, f"in:{LEG}:number:0",
         {"question": "number", "count": 11}),
    ],
)  # fmt: skip
def test_each_report_has_one_meaning_and_one_key(
    hook: str, fields: dict[str, str], query: dict[str, str], key: str, data: dict[str, Any]
) -> None:
    (event,) = translate(hook, fields, query, at=NOON, provider="simulator")
    assert event.key == key
    assert {k: v for k, v in event.data.items() if v is not None} == data


@pytest.mark.parametrize("hook", HOOKS)
def test_what_is_not_known_is_passed_over(hook: str) -> None:
    assert translate(hook, {"Newest": "thing", "CallStatus": "levitating"}, {}, at=NOON, provider="x") == []


def test_a_caller_is_answered_by_the_room_that_knows_them(house: House) -> None:
    told: list[str] = []

    def survey(session: Session, call: Call, heard: Heard) -> list[Any] | None:
        told.append(heard.called)
        return [Ask("why", Words("按 1 键", "Press 1"), wait_s=20), Say(Words("再见", "Bye")), End()]

    def chosen(session: Session, call: Call, heard: Heard) -> list[Any]:
        told.append(heard.digits)
        return [Say(Words("谢谢", "Thanks")), End()]

    inbound.on_inbound(survey)
    inbound.on_input("why", chosen)
    house.carrier.inbound(NUMBER, "+862160000000", presses=((4.0, "1"),))
    house.run(30)
    assert told == ["+862160000000", "1"]
    with reading() as session:
        call = session.scalars(sa.select(Call)).one()
        assert call.direction == Direction.INBOUND
        assert call.number == NUMBER
        assert call.is_ended
    for document in house.documents:
        check_twiml(document)
    assert house.carrier.warnings == []


def test_a_caller_nobody_expects_hears_a_kind_sentence(house: House) -> None:
    house.carrier.inbound("anonymous", "+862160000000")
    house.run(30)
    assert "民意调查中心" in "".join(house.documents)
    with reading() as session:
        call = session.scalars(sa.select(Call)).one()
        assert call.number is None
        assert call.is_ended


def test_a_waiting_caller_is_taken_into_a_room(house: House, interviewer: Staff) -> None:
    inbound.on_inbound(lambda session, call, heard: [Wait("hotline")])
    room = connect(house, interviewer)
    leg = house.carrier.inbound(NUMBER, "+862160000000", patience_s=300.0)
    house.run(10)
    waiting = house.line.waiting("hotline")
    assert [w.leg for w in waiting] == [leg.sid]
    assert waiting[0].position == 1
    assert house.line.waiting("nowhere") == []
    house.line.take_waiting("hotline", leg.sid, RoomRef(room.name))
    house.run(5)
    with reading() as session:
        call = session.scalars(sa.select(Call).where(Call.provider_ref == leg.sid)).one()
        assert call.in_room
        assert call.room_id == room.id
    house.carrier.hang_up(leg)
    for queue in ("hotline", "nowhere"):
        with pytest.raises(NotTaken):
            house.line.take_waiting(queue, leg.sid, RoomRef(room.name))


def manual(settings: Settings) -> ManualLine:
    """Use the manual line."""
    found = ManualLine(replace(settings, line="manual"))
    line.use(found)
    return found


def a_manual_call(session: Session, staff: Staff) -> Call:
    """Let somebody dial by hand."""
    room = open_room(session, owner=staff, purpose=Purpose.SURVEY, at=NOON)
    return place_call(session, room=room, number=NUMBER, by=staff, at=NOON)


@pytest.mark.parametrize(
    ("outcomes", "cause", "code", "connected"),
    [
        ([Outcome.ANSWERED, Outcome.FINISHED], Cause.NORMAL, None, True),
        ([Outcome.BUSY], Cause.BUSY, 486, False),
        ([Outcome.NO_ANSWER], Cause.NO_ANSWER, 487, False),
        ([Outcome.MACHINE], Cause.NORMAL, None, True),
        ([Outcome.NOT_IN_SERVICE], Cause.UNREACHABLE, 404, False),
        ([Outcome.GAVE_UP], Cause.CANCELLED, None, False),
    ],
)
def test_what_people_report_goes_through_the_same_door(
    settings: Settings, sqlite: db.Database, outcomes: list[Outcome], cause: Cause, code: int, connected: bool
) -> None:
    manual(settings)
    heard: list[Event] = []
    from telephony import events
    from telephony.line import EventKind

    events.listen(EventKind.LEG, lambda s, e, c: heard.append(e))
    with transaction() as session:
        staff = a_staff(session, Role.INTERVIEWER)
        call = a_manual_call(session, staff)
        for minute, outcome in enumerate(outcomes):
            report(session, call, outcome, by=staff, at=NOON + timedelta(minutes=minute))
        assert (call.state, call.cause, call.network_code) == (LegState.ENDED, cause, code)
        assert call.was_connected == connected
        assert heard[-1].data["state"] == "ended"
        with pytest.raises(Refused):
            report(session, call, Outcome.BUSY, by=staff, at=NOON)


def test_the_number_is_shown_to_the_one_who_dials_it_and_journalled(
    settings: Settings, sqlite: db.Database
) -> None:
    from core.journal import Entry

    manual(settings)
    with transaction() as session:
        staff, other = a_staff(session, Role.INTERVIEWER), a_staff(session, Role.INTERVIEWER)
        call = a_manual_call(session, staff)
        assert number_to_dial(session, call, by=staff, at=NOON) == NUMBER
        with pytest.raises(Forbidden):
            number_to_dial(session, call, by=other, at=NOON)
        assert "call.number_shown" in session.scalars(sa.select(Entry.action)).all()


def test_one_room_each_on_both_databases(settings: Settings, database: db.Database) -> None:
    with transaction() as session:
        staff = a_staff(session, Role.INTERVIEWER)
        room = open_room(session, owner=staff, purpose=Purpose.SURVEY, at=NOON)
        assert open_room(session, owner=staff, purpose=Purpose.SURVEY, at=NOON).id == room.id
        other = open_room(session, owner=staff, purpose=Purpose.DESK, at=NOON)
        assert other.id != room.id
        assert not room.is_open
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(
            Room(name="second", owner_id=staff.id, purpose=Purpose.DESK, ends_with_owner=True, opened_at=NOON)
        )


def test_captured_webhooks_hold_no_number_and_play_again(
    house: House, interviewer: Staff, tmp_path: Path
) -> None:
    file = tmp_path / "day.jsonl"
    with capturing(house.settings, file):
        room = connect(house, interviewer)
        with house.at_present() as now, transaction() as session:
            place_call(session, room=session.get_one(Room, room.id), number=NUMBER, by=interviewer, at=now)
        house.run(20)
    capture(house.settings, "call", {"CallSid": LEG}, {}, NOON)  # nobody captures any more
    text = file.read_text()
    assert NUMBER not in text
    assert NUMBER[3:] not in text
    assert "2160000000" not in text
    assert all(json.loads(row)["hook"] in HOOKS for row in text.splitlines())
    with reading() as session:
        before = session.scalars(sa.select(Call.state).order_by(Call.id)).all()
    again = replay_file(file, provider="simulator", at=NOON)
    assert again["webhooks"] == len(text.splitlines())
    assert again["events"] > 4
    assert again["new"] == 0
    with transaction() as session:
        from telephony.events import LineEvent

        session.execute(sa.delete(LineEvent))
    assert replay_file(file, provider="simulator", at=NOON)["new"] == again["events"]
    with reading() as session:
        assert session.scalars(sa.select(Call.state).order_by(Call.id)).all() == before


def test_masking_keeps_references_and_hides_people() -> None:
    masked = masked_fields(
        {"CallSid": LEG, "From": NUMBER, "To": "client:op12", "Body": "您好", "Timestamp": "Wed, 18 Nov 2026",
         "SipHeader_X": "sip:13800006021@x"}
    )  # fmt: skip
    assert masked["CallSid"] == LEG
    assert masked["To"] == "client:op12"
    assert masked["Timestamp"].endswith("2026")
    assert masked["From"] == "+861****21"
    assert masked["Body"] == "**"
    assert "13800006021" not in masked["SipHeader_X"]


def test_the_doctor_finds_what_will_not_work(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def knock(url: str, data: dict[str, str], headers: dict[str, str], timeout: object) -> Any:
        return house.app.test_client().post(
            url.removeprefix(house.settings.public_base_url), data=data, headers=headers
        )

    monkeypatch.setattr(requests, "post", knock)
    well = list(look(house.settings, house.line))
    assert {f.verdict for f in well} == {Verdict.GOOD}
    ill = settings_for(
        tmp_path, line="twilio", public_base_url="http://example", account="no", auth_token="other" * 8
    )
    found = list(look(ill))
    text = " ".join(f.words.in_language("en") for f in found)
    for word in ("not HTTPS", "TINGMIN_LINE_ACCOUNT", "30 November 2023", "per second"):
        assert word in text
    assert next(address for _, address in addresses(house.settings)).endswith(path_of("browser"))
