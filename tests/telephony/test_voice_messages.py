"""Messages that callers leave: recorded after they chose to, known once, and when we were away kept by the carrier."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import reading, transaction
from core.settings import Settings
from core.terms import Words
from telephony import inbound
from telephony.advice import advice, advises
from telephony.calls import Call
from telephony.commands import carrier_config
from telephony.contract import check_twiml
from telephony.inbound import Heard
from telephony.line import LegState
from telephony.recordings import Recording, RecordingState
from telephony.simulator.leg import Leg
from telephony.simulator.mail import _Overrides
from telephony.simulator.personas import Pickup, PickupKind
from telephony.simulator.transport import HttpPost
from telephony.spoken import End, Record, Ring, Say, Steps
from telephony.twilio import twiml
from telephony.twilio.addresses import hurried
from telephony.twilio.doctor import addresses
from telephony.twilio.translate import translate
from telephony.voice_messages import is_talk, keep_found, leave_message
from tests.conftest import NOON
from tests.telephony.conftest import NUMBER, House, Pickups, settings_for

CENTRE = "+862160000000"
DUTY = ("+862160000101", "+862160000102")
THANKS = Words("谢谢，我们会回电。", "Thank you, we will call back.")
STANDING: Steps = (Say(Words("您好", "Hello")), Ring(DUTY, CENTRE), Say(THANKS), Record(), End())


@pytest.fixture
def heard(house: House) -> list[Heard]:
    """A house that lets every caller leave a message; what came of it is noted."""
    told: list[Heard] = []

    def offer(session: Session, call: Call, what: Heard) -> Steps:
        return [leave_message(session, call, "message", at=house.timeline.now()), End()]

    def taken(session: Session, call: Call, what: Heard) -> Steps:
        told.append(what)
        return [Say(THANKS), End()]

    inbound.on_inbound(offer)
    inbound.on_input("message", taken)
    return told


def call_in(house: House, *, message_s: float) -> Leg:
    leg = house.carrier.inbound(NUMBER, CENTRE)
    leg.message_s = message_s
    return leg


def recordings() -> list[Recording]:
    with reading() as session:
        rows = list(session.scalars(sa.select(Recording).order_by(Recording.id)))
        session.expunge_all()
        return rows


def test_a_message_is_recorded_and_known_once(house: House, heard: list[Heard]) -> None:
    leg = call_in(house, message_s=21.0)
    house.run(120)
    assert ("carrier", THANKS.zh) in leg.heard
    assert [(what.question, what.recorded_s, what.digits) for what in heard] == [("message", 21, "")]
    [kept] = recordings()
    assert (kept.state, kept.duration_s, kept.requested_by) == (RecordingState.READY, 21, None)
    assert kept.consent_at <= kept.requested_at
    with reading() as session:
        call = session.scalars(sa.select(Call)).one()
        assert session.scalars(sa.select(Recording.id).where(~is_talk())).all() == [kept.id]
        held = house.line.recordings_of(call.provider_ref or "")
        assert [(k.recording, k.duration_s) for k in held] == [(kept.provider_ref, 21)]
    for document in house.documents:
        check_twiml(document)


def test_who_hangs_up_after_speaking_has_left_a_message(house: House, heard: list[Heard]) -> None:
    leg = call_in(house, message_s=0.0)
    house.run(3)
    house.carrier.hang_up(leg)
    house.run(10)
    assert [what.digits for what in heard] == [""]
    assert recordings()[0].state == RecordingState.READY


def test_silence_is_no_message(house: House, heard: list[Heard]) -> None:
    call_in(house, message_s=0.0)
    house.run(60)
    assert heard == []
    assert recordings()[0].state == RecordingState.ABSENT


def test_a_lost_callback_is_made_up_for_by_the_answer() -> None:
    fields = {"CallSid": "CA" + "a" * 32, "RecordingSid": "RE" + "b" * 32, "RecordingDuration": "9",
              "Digits": "hangup"}  # fmt: skip
    told, kept = translate("input", fields, {"q": "message", "n": "0", "k": "key"}, at=NOON, provider="x")
    assert dict(told.data) == {"question": "message", "count": 0}
    by_callback = translate(
        "recording", {**fields, "RecordingStatus": "completed"}, {"k": "key"}, at=NOON, provider="x"
    )
    assert [kept] == by_callback


def keep_standing(house: House) -> None:
    folder = house.carrier.config.standing
    assert folder is not None
    folder.mkdir(parents=True)
    text = house.line.standing_document(STANDING)
    check_twiml(text)
    assert house.settings.public_base_url not in text
    (folder / f"{CENTRE.removeprefix('+')}.xml").write_text(text, encoding="utf-8")


def test_the_carrier_answers_alone_within_five_seconds_when_we_are_away(
    house: House, pickups: Pickups
) -> None:
    keep_standing(house)
    house.is_away = True
    pickups.next = Pickup(PickupKind.NO_ANSWER, 90.0)
    leg = call_in(house, message_s=15.0)
    house.run(5)
    assert leg.is_answered
    assert leg.heard
    house.run(25)
    rung = [one for one in house.carrier.legs.all.values() if one.parent is leg]
    assert [one.to for one in rung] == list(DUTY)
    assert {one.from_ for one in rung} == {CENTRE}
    house.run(55)
    [kept] = house.line.recordings_of(leg.sid)
    assert kept.duration_s == 15
    # Who stays on the line after the message is rung for again: nobody is hung up on.
    assert not leg.is_ended
    assert len([one for one in house.carrier.legs.all.values() if one.parent is leg]) > 2
    house.carrier.hang_up(leg)
    [rung_up] = house.line.calls_to(CENTRE, NOON - timedelta(minutes=1))
    assert (rung_up.caller, rung_up.state) == (NUMBER, LegState.ENDED)


def test_a_duty_phone_that_answers_talks_with_the_caller(house: House, pickups: Pickups) -> None:
    keep_standing(house)
    house.is_away = True
    pickups.next = Pickup(PickupKind.ANSWERED, 4.0)
    leg = call_in(house, message_s=0.0)
    house.run(20)
    assert leg.peer is not None
    assert leg.peer.to == DUTY[0]


def test_a_number_without_a_kept_document_has_our_last_sentence(house: House) -> None:
    house.carrier.config = replace(house.carrier.config, standing=None)
    house.is_away = True
    leg = call_in(house, message_s=0.0)
    house.run(10)
    assert leg.is_ended
    assert house.carrier.config.standing_document("anonymous") is None


def test_messages_found_later_are_written_down_once(house: House, pickups: Pickups) -> None:
    keep_standing(house)
    house.is_away = True
    pickups.next = Pickup(PickupKind.BUSY, 0.0)
    leg = call_in(house, message_s=15.0)
    house.run(60)
    house.carrier.hang_up(leg)
    inbound.on_inbound(lambda session, call, what: [End()])
    house.is_away = False
    house.carrier.inbound("anonymous", CENTRE)
    house.run(5)
    for _ in range(2):
        with house.at_present() as now, transaction() as session:
            call = session.scalars(sa.select(Call)).one()
            keep_found(session, call, house.line.recordings_of(leg.sid), at=now)
    assert len(recordings()) == len(house.line.recordings_of(leg.sid)) >= 1


def test_the_address_tells_the_vendor_how_long_to_wait(settings: Settings) -> None:
    inbound_at = {place.en: address for place, address in addresses(settings)}["Number, a call comes in"]
    assert inbound_at == hurried(f"{settings.public_base_url}/line/hooks/inbound")
    read = _Overrides.read(inbound_at.partition("#")[2])
    assert (read.connect_s, read.read_s, read.retries) == (2.0, 4.0, 0)
    plain = HttpPost()
    assert plain.within(5.0, 15.0) is plain
    assert plain.within(2.0, 4.0)._timeouts == (2.0, 4.0)


def test_the_rooms_of_the_house_say_what_their_numbers_need(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.advice._advisers", [])
    advises(lambda given: [(Words("测试号码", "A number for tests"), given.caller_number)])
    assert advice(settings) == [(Words("测试号码", "A number for tests"), settings.caller_number)]


def test_the_demonstrations_carrier_keeps_documents_in_its_folder(
    tmp_path: object, settings: Settings
) -> None:
    config = carrier_config(settings)
    assert config.standing == settings.data_dir / "standing"
    assert config.inbound_url.endswith("#ct=2000&rt=4000&rc=0")
    assert twiml.document(settings_for(settings.data_dir), STANDING) == twiml.document(settings, STANDING)
