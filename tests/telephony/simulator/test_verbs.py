"""Verbs: what each does to a call, and where the call goes next."""

from dataclasses import replace

import pytest

from telephony.simulator.personas import Pickup, PickupKind
from tests.telephony.simulator.stage import APP, LINE, RESIDENT, Stage

CALLER = "+8613900000009"


def call_in(stage, **more):
    return stage.carrier.inbound(CALLER, LINE, **more)


def test_an_incoming_call_is_answered_by_its_first_verb_and_ends_with_its_last(stage):
    stage.page("/line", "<Say>您好您好</Say>", "<Play>https://a.example/m.mp3</Play>", '<Pause length="3"/>')
    leg = call_in(stage)
    stage.run(60)
    assert stage.to("/line")[0]["CallStatus"] == "ringing"
    assert stage.to("/line")[0]["Direction"] == "inbound"
    assert (leg.status, leg.duration_s) == ("completed", 14)
    assert leg.heard == [("carrier", "您好您好")]
    assert stage.carrier.verbs_run == {"Say": 1, "Play": 1, "Pause": 1}


def test_redirect_goes_on_with_another_document(stage):
    stage.page("/line", "<Redirect>/second</Redirect>")
    stage.page("/second", "<Say>二</Say>")
    leg = call_in(stage)
    stage.run(30)
    assert leg.heard == [("carrier", "二")]


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_reject_never_answers(stage, reason, status):
    stage.page("/line", f'<Reject reason="{reason}"/>')
    leg = call_in(stage)
    stage.run(30)
    assert (leg.status, leg.answered_at) == (status, None)


def test_gather_takes_keys_until_enough(stage):
    stage.page(
        "/line", '<Gather numDigits="1" action="/keys"><Say>请按键</Say></Gather>', "<Say>没有按键</Say>"
    )
    stage.page("/keys", "<Hangup/>")
    leg = call_in(stage, presses=((2.0, "1"),))
    stage.run(30)
    assert [f["Digits"] for f in stage.to("/keys")] == ["1"]
    assert ("carrier", "没有按键") not in leg.heard


def test_gather_takes_keys_until_the_end_key_and_leaves_it_out(stage):
    stage.page("/line", '<Gather action="/keys"/>')
    call_in(stage, presses=((1.0, "12"), (3.0, "3#9")))
    stage.run(30)
    assert [f["Digits"] for f in stage.to("/keys")] == ["123"]


def test_gather_without_keys_makes_no_request_and_goes_on(stage):
    stage.page("/line", '<Gather timeout="4" action="/keys"/>', "<Say>没有按键</Say>")
    leg = call_in(stage)
    stage.run(30)
    assert stage.to("/keys") == []
    assert leg.heard == [("carrier", "没有按键")]


def test_gather_tells_of_no_keys_when_asked_to(stage):
    stage.page("/line", '<Gather timeout="4" actionOnEmptyResult="true" action="/keys"/>')
    call_in(stage)
    stage.run(30)
    assert [f["Digits"] for f in stage.to("/keys")] == [""]


def test_gather_hears_words_when_asked_to(stage):
    stage.page("/line", '<Gather input="speech" timeout="9" action="/words"/>')
    leg = call_in(stage)
    stage.run(2)
    stage.carrier.say(leg, "很安全")
    stage.run(10)
    assert stage.to("/words")[0]["SpeechResult"] == "很安全"
    assert 0.0 <= float(stage.to("/words")[0]["Confidence"]) <= 1.0


def test_record_keeps_the_message_and_tells_twice(stage):
    stage.page("/line", f'<Record action="/kept" timeout="3" recordingStatusCallback="{APP}/rec" '
                        'recordingStatusCallbackEvent="in-progress completed"/>')  # fmt: skip
    stage.page("/kept", "<Hangup/>")
    call_in(stage, message_s=9.0)
    stage.run(60)
    assert [f["RecordingStatus"] for f in stage.to("/rec")] == ["in-progress", "completed"]
    assert stage.to("/rec")[1]["RecordingSource"] == "RecordVerb"
    assert stage.to("/kept")[0]["RecordingDuration"] == "9"
    assert "Digits" not in stage.to("/kept")[0]


def test_record_goes_on_when_nothing_was_said_and_tells_a_hang_up(stage):
    stage.page("/line", '<Record action="/kept" timeout="3"/>', "<Say>没有留言</Say>")
    silent = call_in(stage)
    stage.run(30)
    assert ("carrier", "没有留言") in silent.heard
    assert stage.to("/kept") == []
    call_in(stage, message_s=20.0, patience_s=6.0)
    stage.run(30)
    assert stage.to("/kept")[0]["Digits"] == "hangup"
    assert stage.to("/kept")[0]["CallStatus"] == "completed"


def test_dial_bridges_and_tells_how_it_went(stage):
    stage.people[RESIDENT] = Pickup(PickupKind.ANSWERED, 3.0, 20.0)
    stage.page("/line", f'<Dial action="/dialled"><Number statusCallback="{APP}/child" '
                        f'statusCallbackEvent="initiated ringing answered completed">{RESIDENT}</Number></Dial>')  # fmt: skip
    stage.page("/dialled", "<Say>再见</Say>")
    leg = call_in(stage)
    stage.run(10)
    child = leg.peer
    assert child is not None
    assert child.parent is leg
    stage.run(60)
    told = stage.to("/dialled")[0]
    assert (told["DialCallStatus"], told["DialCallDuration"], told["DialBridged"]) == (
        "completed",
        "20",
        "true",
    )
    assert told["DialCallSid"] == child.sid
    assert [f["CallStatus"] for f in stage.to("/child")] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert {f["ParentCallSid"] for f in stage.to("/child")} == {leg.sid}
    assert {f["Direction"] for f in stage.to("/child")} == {"outbound-dial"}
    assert leg.heard == [("carrier", "再见")]


@pytest.mark.parametrize(
    ("kind", "status"),
    [(PickupKind.BUSY, "busy"), (PickupKind.NO_ANSWER, "no-answer"), (PickupKind.NOT_IN_SERVICE, "failed")],
)
def test_dial_without_an_answer_goes_on(stage, kind, status):
    stage.people[RESIDENT] = Pickup(kind, 0.0)
    stage.page("/line", f'<Dial action="/dialled" timeout="20">{RESIDENT}</Dial>')
    stage.page("/dialled", "<Hangup/>")
    call_in(stage)
    stage.run(60)
    assert stage.to("/dialled")[0]["DialCallStatus"] == status
    assert stage.to("/dialled")[0]["DialBridged"] == "false"


def test_dial_rings_several_and_the_first_wins(stage):
    slow = "+8613800000002"
    stage.people[slow] = Pickup(PickupKind.ANSWERED, 9.0)
    stage.people[RESIDENT] = Pickup(PickupKind.ANSWERED, 3.0, 5.0)
    stage.page("/line", f'<Dial><Number statusCallback="{APP}/slow">{slow}</Number><Number>{RESIDENT}</Number></Dial>',
               "<Say>之后</Say>")  # fmt: skip
    leg = call_in(stage)
    stage.run(60)
    assert stage.to("/slow")[0]["CallStatus"] == "canceled"
    assert leg.heard == [("carrier", "之后")]


def test_dial_a_browser_that_is_ready_or_not(stage):
    stage.page("/line", '<Dial action="/dialled"><Client>sup</Client></Dial>')
    call_in(stage)
    stage.run(20)
    assert stage.to("/dialled")[0]["DialCallStatus"] == "no-answer"
    stage.carrier.softphones.register("sup", answers_after_s=2.0)
    leg = call_in(stage)
    stage.run(10)
    assert leg.peer is not None
    assert leg.peer.to == "client:sup"
    stage.carrier.hang_up(leg)
    stage.run(10)
    assert stage.carrier.legs.live == {}


def test_answer_on_bridge_keeps_the_caller_ringing(stage):
    stage.people[RESIDENT] = Pickup(PickupKind.ANSWERED, 10.0, 5.0)
    stage.page("/line", f'<Dial answerOnBridge="true">{RESIDENT}</Dial>')
    leg = call_in(stage)
    stage.run(5)
    assert leg.status == "ringing"
    stage.run(10)
    assert leg.status == "in-progress"
    stage.run(60)
    assert leg.duration_s == 5


def test_a_page_that_fails_gives_way_to_the_fallback(stage):
    with_fallback = Stage(config=replace(stage.config, fallback_url=f"{APP}/fallback"))
    with_fallback.status["/line"] = 500
    with_fallback.page("/fallback", "<Say>请稍候</Say>")
    leg = call_in(with_fallback)
    with_fallback.run(30)
    assert with_fallback.to("/fallback")[0]["ErrorCode"] == "11200"
    assert leg.heard == [("carrier", "请稍候")]
    stage.status["/line"] = 500
    lost = call_in(stage)
    stage.run(30)
    assert lost.is_ended
    assert [w.code for w in stage.carrier.warnings] == [11200]


@pytest.mark.parametrize("text", ["<Response><Sai/></Response>", "nonsense", "<Response><Dial/></Response>"])
def test_a_document_that_cannot_be_run_ends_the_call_and_is_noted(stage, text):
    stage.pages["/line"] = text
    stage.carrier.post = lambda url, form, headers: (200, text)
    leg = call_in(stage)
    stage.run(30)
    assert leg.is_ended
    assert [w.code for w in stage.carrier.warnings] == [12100]


def test_an_update_sends_a_call_to_another_document(stage):
    stage.page("/line", '<Pause length="100"/>')
    stage.page("/other", "<Say>别处</Say>")
    leg = call_in(stage)
    stage.run(5)
    stage.ask("POST", f"/Calls/{leg.sid}.json", {"Url": f"{APP}/other"})
    stage.run(10)
    assert leg.heard == [("carrier", "别处")]
    second = call_in(stage)
    stage.run(5)
    stage.ask("POST", f"/Calls/{second.sid}.json", {"Twiml": "<Response><Say>直接</Say></Response>"})
    stage.run(10)
    assert second.heard == [("carrier", "直接")]
    assert second.is_ended
