"""The house's own adapter on the simulated carrier, in one process on virtual time."""

from pathlib import Path

import flask
import pytest

from core.settings import Settings
from telephony.line import Cause, LegState, RecordAction, RoomRef
from telephony.simulator.carrier import Carrier
from telephony.simulator.config import config_from
from telephony.simulator.in_process import InProcess, PostToClient
from telephony.simulator.timeline import VirtualClock
from telephony.spoken import Join, Wait
from telephony.twilio import twiml
from telephony.twilio.adapter import TwilioLine
from tests.telephony.simulator.stage import LINE, RESIDENT, Stage

SETTINGS = Settings(
    database_url="sqlite://", secret_key="x" * 32, data_dir=Path("."), keys_file=Path("k"), line="simulator",
    public_base_url="https://app.example", caller_number=LINE, account="AC" + "1" * 32, auth_token="t" * 32,
    api_key="SK" + "1" * 32, api_secret="s" * 32, voice_app="AP" + "1" * 32,
)  # fmt: skip
ROOM = RoomRef("op7", None)


@pytest.fixture
def house(stage):
    stage.config = config_from(
        SETTINGS, client_path="/line/hooks/browser", inbound_path="/line/hooks/inbound"
    )
    stage.__post_init__()
    stage.pages["/line/hooks/browser"] = twiml.operators_leg(
        SETTINGS, "op7", request_key="k1", ends_room=True
    )
    stage.pages["/line/hooks/quiet"] = twiml.quiet()
    stage.pages["/line/hooks/inbound"] = twiml.document(SETTINGS, [Wait("hope")])
    stage.pages["/line/hooks/wait"] = twiml.quiet()
    stage.pages["/line/hooks/join"] = twiml.document(SETTINGS, [Join("op7")])
    return stage


@pytest.fixture
def line(house) -> TwilioLine:
    return TwilioLine(SETTINGS, InProcess(house.carrier))


def seat_operator(house: Stage, line: TwilioLine) -> str:
    leg = house.carrier.softphones.connect(line.browser_grant("staff-7").token, {"room": "op7"})
    house.run(2)
    return leg.sid


def test_a_preview_call_through_the_port(house, line):
    operator = seat_operator(house, line)
    assert line.fetch_leg(operator).state == LegState.CONNECTED
    leg = line.dial_into_room(
        ROOM, RESIDENT, caller_id=LINE, request_key="rk9", ring_s=25, detect_answerer=False
    )
    house.run(8)
    assert line.fetch_leg(leg).state == LegState.CONNECTED
    recording = line.record(leg, RecordAction.START, request_key="rk9", recording=None)
    line.set_hold(ROOM, leg, True)
    house.run(30)
    line.set_hold(ROOM, leg, False)
    line.record(leg, RecordAction.PAUSE, request_key="rk9", recording=recording)
    line.drop(leg)
    line.drop(leg)
    house.run(3)
    facts = line.fetch_leg(leg)
    assert (facts.state, facts.cause) == (LegState.ENDED, Cause.NORMAL)
    assert {f["CallStatus"] for f in house.to("/line/hooks/call")} == {
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    }
    assert len(house.to("/line/hooks/recording")) == 2
    assert house.carrier.warnings == []
    line.end_room(RoomRef("op7", house.carrier.legs.all[operator].seat.conference.sid))
    house.run(3)
    assert house.carrier.legs.live == {}


def test_a_caller_is_taken_off_the_waiting(house, line):
    seat_operator(house, line)
    caller = house.carrier.inbound("anonymous", LINE)
    house.run(30)
    assert [w.leg for w in line.waiting("hope")] == [caller.sid]
    line.take_waiting("hope", caller.sid, ROOM)
    house.run(3)
    assert caller.seat.conference.name == "op7"
    assert caller.is_answered
    assert house.to("/line/hooks/waited")[0]["QueueResult"] == "redirected"


def test_a_supervisor_listens_and_whispers(house, line):
    operator = seat_operator(house, line)
    line.dial_into_room(ROOM, RESIDENT, caller_id=LINE, request_key="rk9", ring_s=25, detect_answerer=True)
    house.carrier.softphones.register("staff-1", answers_after_s=1.0)
    ear = line.bring_operator(ROOM, "staff-1", request_key="rk2", listen_only=True, coach=operator)
    house.run(12)
    line.set_mute(ROOM, ear, False)
    line.set_coach(ROOM, ear, None)
    house.run(2)
    assert house.to("/line/hooks/answerer")[0]["AnsweredBy"] == "human"
    assert [f["StatusCallbackEvent"] for f in house.to("/line/hooks/room")][-2:] == [
        "participant-unmute", "participant-modify"]  # fmt: skip


def test_a_text_goes_out(house, line):
    line.send_text(RESIDENT, "您好", request_key="rk3")
    house.run(20)
    assert house.to("/line/hooks/text")[0]["MessageStatus"] == "sent"


def test_a_flask_page_answers_the_carrier():
    app = flask.Flask(__name__)

    @app.post("/in")
    def page() -> str:
        assert flask.request.args["q"] == "一"
        return f"<Response><Say>{flask.request.form['From']}</Say></Response>"

    config = config_from(SETTINGS, client_path="/in?q=%E4%B8%80", inbound_path="/in?q=%E4%B8%80")
    clock = Stage().clock
    assert isinstance(clock, VirtualClock)
    carrier = Carrier(config, clock, PostToClient(app.test_client(), "https://app.example"))
    leg = carrier.inbound("+8613900000001", LINE)
    clock.run_for(10)
    assert leg.heard == [("carrier", "+8613900000001")]
