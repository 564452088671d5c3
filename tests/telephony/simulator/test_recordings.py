"""Recordings and texts: when they run, and what is told about them."""

import pytest

from telephony.simulator.personas import resident
from tests.telephony.simulator.stage import APP, LINE


def talk(stage):
    stage.agent()
    answer = stage.add()
    stage.run(5)
    return answer


def start(stage, call, **more):
    return stage.ask("POST", f"/Calls/{call}/Recordings.json", {
        "RecordingStatusCallback": f"{APP}/rec", "RecordingStatusCallbackEvent": ["in-progress", "completed", "absent"],
        **more}, expect=201)  # fmt: skip


def test_a_recording_started_after_the_yes_stops_with_the_call(stage):
    call = talk(stage)["call_sid"]
    recording = start(stage, call, RecordingChannels="dual")
    assert (recording["source"], recording["status"], recording["channels"]) == (
        "StartCallRecordingAPI",
        "in-progress",
        2,
    )
    stage.run(30)
    stage.carrier.hang_up(stage.leg(call))
    stage.run(5)
    assert [f["RecordingStatus"] for f in stage.to("/rec")] == ["in-progress", "completed"]
    done = stage.to("/rec")[1]
    assert (done["RecordingDuration"], done["CallSid"], done["RecordingChannels"]) == ("30", call, "2")
    assert done["RecordingUrl"].endswith(str(recording["sid"]))
    assert stage.ask("GET", f"/Recordings/{recording['sid']}.json")["duration"] == "30"


def test_a_pause_does_not_count(stage):
    call = talk(stage)["call_sid"]
    sid = start(stage, call)["sid"]
    stage.run(10)
    assert (
        stage.ask("POST", f"/Calls/{call}/Recordings/{sid}.json", {"Status": "paused"})["status"] == "paused"
    )
    stage.run(60)
    stage.ask("POST", f"/Calls/{call}/Recordings/Twilio.CURRENT.json", {"Status": "in-progress"})
    stage.run(5)
    stage.ask("POST", f"/Calls/{call}/Recordings/{sid}.json", {"Status": "stopped"})
    stage.run(1)
    assert stage.to("/rec")[-1]["RecordingDuration"] == "15"
    stage.ask("POST", f"/Calls/{call}/Recordings/{sid}.json", {"Status": "paused"}, expect=400)


def test_a_call_that_is_not_going_on_is_not_recorded(stage):
    stage.agent()
    call = stage.add()["call_sid"]
    stage.ask("POST", f"/Calls/{call}/Recordings.json", expect=400)


def test_a_recording_with_nothing_in_it_is_absent(stage):
    call = talk(stage)["call_sid"]
    start(stage, call)
    stage.carrier.hang_up(stage.leg(call))
    stage.run(2)
    assert stage.to("/rec")[-1]["RecordingStatus"] == "absent"


def test_a_room_recorded_from_its_start_tells_its_room(stage):
    stage.agent(extra=f'record="record-from-start" recordingStatusCallback="{APP}/rec"')
    answer = stage.add()
    stage.run(20)
    kept = stage.ask("GET", f"/Conferences/{answer['conference_sid']}/Recordings.json")["recordings"]
    assert [k["source"] for k in kept] == ["Conference"]
    stage.ask("POST", f"/Conferences/{answer['conference_sid']}.json", {"Status": "completed"})
    stage.run(5)
    assert stage.to("/rec")[0]["ConferenceSid"] == answer["conference_sid"]
    assert "CallSid" not in stage.to("/rec")[0]


def test_recordings_are_listed_and_deleted(stage):
    call = talk(stage)["call_sid"]
    sid = start(stage, call)["sid"]
    assert [r["sid"] for r in stage.ask("GET", "/Recordings.json", {"CallSid": str(call)})["recordings"]] == [
        sid
    ]
    assert len(stage.ask("GET", f"/Calls/{call}/Recordings.json")["recordings"]) == 1
    stage.ask("DELETE", f"/Recordings/{sid}.json", expect=204)
    stage.ask("GET", f"/Recordings/{sid}.json", expect=404)


@pytest.mark.parametrize("reaches", [True, False])
def test_a_text_is_sent_and_delivered_or_not(stage, reaches):
    number = next(
        n for n in (f"+861380000{i:04d}" for i in range(1000))
        if (resident(1, n).trait("in service") >= 0.06) is reaches
    )  # fmt: skip
    form = {"To": number, "From": LINE, "Body": "您好" * 40, "StatusCallback": f"{APP}/text"}
    answer = stage.ask("POST", "/Messages.json", form, expect=201)
    assert (answer["status"], answer["num_segments"]) == ("queued", "2")
    stage.run(20)
    told = stage.to("/text")
    assert [f["MessageStatus"] for f in told] == ["sent", "delivered" if reaches else "undelivered"]
    assert ("ErrorCode" in told[-1]) is not reaches
    assert set(told[0]) >= {"MessageSid", "SmsSid", "SmsStatus", "To", "From", "AccountSid", "ApiVersion"}
    assert stage.ask("GET", f"/Messages/{answer['sid']}.json")["status"] == told[-1]["MessageStatus"]
    assert len(stage.ask("GET", "/Messages.json", {"To": number})["messages"]) == 1


def test_a_text_needs_a_sender_and_words(stage):
    assert stage.ask("POST", "/Messages.json", {"To": LINE, "Body": "x"}, expect=400)["code"] == 21603
    assert stage.ask("POST", "/Messages.json", {"To": LINE, "From": LINE}, expect=400)["code"] == 21602
