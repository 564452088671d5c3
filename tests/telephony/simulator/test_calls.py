"""Calls: their callbacks, their outcomes, and what may be asked of them."""

from dataclasses import replace
from itertools import pairwise

import pytest

from telephony.simulator.personas import Pickup, PickupKind
from telephony.simulator.scenario import scenario_config
from tests.telephony.simulator.stage import APP, LINE, RESIDENT, Stage

ALL = ["initiated", "ringing", "answered", "completed"]
CALL = {"To": RESIDENT, "From": LINE, "Url": f"{APP}/talk", "StatusCallback": f"{APP}/call",
        "StatusCallbackEvent": ALL}  # fmt: skip


def test_an_answered_call_tells_each_step_once_in_order(stage):
    stage.page("/talk", "<Say>您好</Say>", '<Pause length="10"/>')
    answer = stage.ask("POST", "/Calls.json", CALL, expect=201)
    assert answer["status"] == "queued"
    stage.run(60)
    forms = stage.to("/call")
    assert [f["CallStatus"] for f in forms] == ["initiated", "ringing", "in-progress", "completed"]
    assert [f["SequenceNumber"] for f in forms] == ["0", "1", "2", "3"]
    assert {f["CallbackSource"] for f in forms} == {"call-progress-events"}
    assert all(f["Timestamp"].endswith("+0000") for f in forms)
    last = forms[-1]
    assert int(last["CallDuration"]) == pytest.approx(10, abs=2)
    assert (last["Duration"], last["SipResponseCode"], last["Direction"]) == ("1", "200", "outbound-api")
    assert "CallDuration" not in forms[2]
    assert {
        "CallSid",
        "AccountSid",
        "From",
        "To",
        "CallStatus",
        "ApiVersion",
        "Direction",
        "Caller",
        "Called",
    } <= set(stage.to("/talk")[0])


def test_only_subscribed_events_are_posted_but_all_are_numbered(stage):
    stage.page("/talk", "<Hangup/>")
    stage.ask("POST", "/Calls.json", CALL | {"StatusCallbackEvent": ["completed"]}, expect=201)
    stage.run(60)
    assert [(f["CallStatus"], f["SequenceNumber"]) for f in stage.to("/call")] == [("completed", "3")]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (PickupKind.BUSY, "busy", "486"),
        (PickupKind.NO_ANSWER, "no-answer", "487"),
        (PickupKind.REJECTED, "busy", "603"),
        (PickupKind.NOT_IN_SERVICE, "failed", "404"),
        (PickupKind.SWITCHED_OFF, "failed", "480"),
    ],
)
def test_every_way_of_not_answering_has_its_status_and_code(stage, kind, status, code):
    stage.people[RESIDENT] = Pickup(kind, 4.0)
    answer = stage.ask("POST", "/Calls.json", CALL | {"Timeout": "25"}, expect=201)
    stage.run(90)
    last = stage.to("/call")[-1]
    assert (last["CallStatus"], last["SipResponseCode"], last["CallDuration"]) == (status, code, "0")
    assert stage.to("/talk") == []
    assert stage.ask("GET", f"/Calls/{answer['sid']}.json")["status"] == status


def test_a_slow_answer_after_the_ring_time_is_no_answer(stage):
    stage.people[RESIDENT] = Pickup(PickupKind.ANSWERED, 20.0)
    stage.ask("POST", "/Calls.json", CALL | {"Timeout": "15"}, expect=201)
    stage.run(60)
    assert stage.to("/call")[-1]["CallStatus"] == "no-answer"


def test_the_far_end_hangs_up_when_it_has_had_enough(stage):
    stage.people[RESIDENT] = Pickup(PickupKind.ANSWERED, 2.0, 7.0)
    stage.page("/talk", '<Pause length="60"/>')
    stage.ask("POST", "/Calls.json", CALL, expect=201)
    stage.run(60)
    assert stage.to("/call")[-1]["CallDuration"] == "7"


def test_a_call_cancelled_while_queued_tells_nothing():
    stage = Stage(config=replace(scenario_config(), creates_per_second=0.1))
    first = stage.ask("POST", "/Calls.json", CALL, expect=201)
    second = stage.ask("POST", "/Calls.json", CALL, expect=201)
    stage.run(1)
    assert stage.ask("POST", f"/Calls/{second['sid']}.json", {"Status": "canceled"})["status"] == "canceled"
    stage.run(60)
    assert {f["CallSid"] for f in stage.to("/call")} == {first["sid"]}


def test_creates_are_spaced_by_the_account_rate():
    stage = Stage(config=replace(scenario_config(), creates_per_second=1.0))
    stage.people[RESIDENT] = Pickup(PickupKind.BUSY, 0.0)
    for _ in range(5):
        stage.ask("POST", "/Calls.json", CALL, expect=201)
    stage.run(30)
    begun = [p.at for p in stage.posted if p.form["CallStatus"] == "initiated"]
    gaps = [(b - a).total_seconds() for a, b in pairwise(begun)]
    assert gaps == pytest.approx([1.0] * 4)


def test_a_ringing_call_is_cancelled_with_a_callback(stage):
    answer = stage.ask("POST", "/Calls.json", CALL, expect=201)
    stage.run(2)
    stage.ask("POST", f"/Calls/{answer['sid']}.json", {"Status": "completed"})
    stage.run(10)
    assert [f["CallStatus"] for f in stage.to("/call")] == ["initiated", "ringing", "canceled"]
    assert (
        stage.ask("POST", f"/Calls/{answer['sid']}.json", {"Status": "completed"}, expect=400)["code"]
        == 21220
    )


def test_detection_in_the_same_breath_delays_the_page_and_tells_it(stage):
    stage.people[RESIDENT] = Pickup(PickupKind.MACHINE, 2.0, 60.0)
    stage.page("/talk", "<Hangup/>")
    stage.ask("POST", "/Calls.json", CALL | {"MachineDetection": "Enable"}, expect=201)
    stage.run(30)
    assert stage.to("/talk")[0]["AnsweredBy"] == "machine_start"
    assert stage.to("/talk")[0]["MachineDetectionDuration"] == "4000"


def test_detection_by_callback_lets_the_page_run_at_once(stage):
    stage.page("/talk", '<Pause length="20"/>')
    form = CALL | {"MachineDetection": "Enable", "AsyncAmd": "true", "AsyncAmdStatusCallback": f"{APP}/amd"}
    stage.ask("POST", "/Calls.json", form, expect=201)
    stage.run(60)
    assert "AnsweredBy" not in stage.to("/talk")[0]
    assert set(stage.to("/amd")[0]) == {"CallSid", "AccountSid", "AnsweredBy", "MachineDetectionDuration"}
    assert stage.to("/amd")[0]["AnsweredBy"] == "human"


def test_lists_filter_and_page(stage):
    stage.page("/talk", "<Hangup/>")
    for index in range(5):
        stage.ask("POST", "/Calls.json", CALL | {"To": f"+861380000000{index}"}, expect=201)
    stage.run(60)
    first = stage.ask("GET", "/Calls.json", {"PageSize": "2"})
    assert len(first["calls"]) == 2
    assert "Page=1" in str(first["next_page_uri"])
    assert stage.ask("GET", "/Calls.json", {"PageSize": "2", "Page": "2"})["next_page_uri"] is None
    assert len(stage.ask("GET", "/Calls.json", {"To": "+8613800000003"})["calls"]) == 1
    assert stage.ask("GET", "/Calls.json", {"Status": "busy"})["calls"] == []
    assert len(stage.ask("GET", "/Calls.json", {"StartTime>": "2026-03-04T00:00:00Z"})["calls"]) == 5
    assert stage.ask("GET", "/Calls.json", {"StartTime>": "2026-03-05"})["calls"] == []


def test_a_stranger_and_a_wrong_form_are_turned_away(stage):
    path = f"/2010-04-01/Accounts/{stage.config.account_sid}/Calls.json"
    assert stage.carrier.rest.handle("POST", path, CALL, None)[0] == 401
    assert stage.carrier.rest.handle("POST", path, CALL, "Basic bm86bm8=")[0] == 401
    wrong = stage.ask("POST", "/Calls.json", CALL | {"Timeout": "soon"}, expect=400)
    assert set(wrong) == {"code", "message", "more_info", "status"}
    assert stage.ask("GET", f"/Calls/CA{'0' * 32}.json", expect=404)["code"] == 20404
    assert stage.carrier.legs.all == {}


def test_an_ended_call_may_be_deleted_and_a_live_one_not(stage):
    stage.page("/talk", '<Pause length="20"/>')
    sid = stage.ask("POST", "/Calls.json", CALL, expect=201)["sid"]
    stage.run(10)
    stage.ask("DELETE", f"/Calls/{sid}.json", expect=409)
    stage.run(60)
    stage.ask("DELETE", f"/Calls/{sid}.json", expect=204)
    stage.ask("GET", f"/Calls/{sid}.json", expect=404)


def test_the_account_can_be_asked_for(stage):
    assert stage.ask("GET", ".json")["status"] == "active"


def test_a_number_is_told_of_the_end_of_its_calls_only():
    stage = Stage(
        config=replace(scenario_config(), inbound_url=f"{APP}/line", line_status_url=f"{APP}/number")
    )
    stage.page("/line", "<Say>您好</Say>")
    leg = stage.carrier.inbound(RESIDENT, LINE)
    stage.run(20)
    assert [(f["CallSid"], f["CallStatus"], f["Direction"]) for f in stage.to("/number")] == [
        (leg.sid, "completed", "inbound")
    ]
