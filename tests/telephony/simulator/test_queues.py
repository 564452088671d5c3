"""Queues: waiting pages, places, and every way out with its result."""

import pytest

from tests.telephony.simulator.stage import APP, LINE

CALLER, OTHER = "+8613900000001", "+8613900000002"


@pytest.fixture
def line(stage):
    stage.page(
        "/line",
        f'<Say>您好</Say><Enqueue waitUrl="{APP}/wait" action="{APP}/out">hope</Enqueue>',
        "<Say>之后</Say>",
    )
    stage.page("/wait", "<Say>请稍候</Say>", '<Pause length="19"/>')
    stage.page("/out", "<Hangup/>")
    return stage


def queue(stage):
    return stage.ask("GET", "/Queues.json")["queues"][0]


def test_the_waiting_page_is_asked_again_and_tells_the_place(line):
    line.carrier.inbound(CALLER, LINE)
    line.run(5)
    line.carrier.inbound(OTHER, LINE)
    line.run(60)
    first = [f for f in line.to("/wait") if f["From"] == CALLER]
    assert len(first) == pytest.approx(4, abs=1)
    assert set(first[0]) >= {
        "QueuePosition",
        "QueueSid",
        "QueueTime",
        "AvgQueueTime",
        "CurrentQueueSize",
        "MaxQueueSize",
    }
    assert [f["QueuePosition"] for f in line.to("/wait")[:2]] == ["1", "2"]
    assert int(first[-1]["QueueTime"]) > int(first[0]["QueueTime"])
    assert queue(line)["current_size"] == 2
    members = line.ask("GET", f"/Queues/{queue(line)['sid']}/Members.json")["queue_members"]
    assert [m["position"] for m in members] == [1, 2]


def test_taken_by_request_is_redirected_at_once_and_goes_to_the_new_document(line):
    line.agent("op7", ends=False)
    caller = line.carrier.inbound(CALLER, LINE)
    line.run(10)
    line.page("/join", '<Say>接通</Say><Dial><Conference participantLabel="caller">op7</Conference></Dial>')
    line.ask("POST", f"/Queues/{queue(line)['sid']}/Members/{caller.sid}.json", {"Url": f"{APP}/join"})
    line.run(5)
    assert line.to("/out")[0]["QueueResult"] == "redirected"
    assert {"QueueSid", "QueueTime"} <= set(line.to("/join")[0])
    assert caller.seat.conference.name == "op7"
    assert caller.is_answered
    line.ask(
        "POST", f"/Queues/{queue(line)['sid']}/Members/{caller.sid}.json", {"Url": f"{APP}/join"}, expect=404
    )


def test_the_front_is_taken_first(line):
    first = line.carrier.inbound(CALLER, LINE)
    line.run(2)
    line.carrier.inbound(OTHER, LINE)
    line.run(5)
    told = line.ask("POST", f"/Queues/{queue(line)['sid']}/Members/Front.json", {"Url": f"{APP}/join"})
    assert told["call_sid"] == first.sid


def test_a_caller_who_hangs_up_is_told_as_hangup(line):
    line.carrier.inbound(CALLER, LINE, patience_s=15.0)
    line.run(40)
    assert [(f["QueueResult"], f["CallStatus"]) for f in line.to("/out")] == [("hangup", "completed")]
    assert queue(line)["current_size"] == 0


def test_leave_goes_on_with_the_action_page(line):
    line.page("/wait", "<Leave/>")
    line.page("/out", "<Say>留言</Say>")
    caller = line.carrier.inbound(CALLER, LINE)
    line.run(30)
    assert line.to("/out")[0]["QueueResult"] == "leave"
    assert ("carrier", "留言") in caller.heard


def test_without_an_action_page_the_document_goes_on(line):
    line.page("/line", f'<Enqueue waitUrl="{APP}/wait">hope</Enqueue>', "<Say>之后</Say>")
    line.page("/wait", "<Leave/>")
    caller = line.carrier.inbound(CALLER, LINE)
    line.run(30)
    assert caller.heard == [("carrier", "之后")]


def test_a_full_queue_sends_on_at_once(line):
    line.page("/line", f'<Enqueue maxQueueSize="1" waitUrl="{APP}/wait" action="{APP}/out">hope</Enqueue>')
    line.carrier.inbound(CALLER, LINE)
    line.run(2)
    line.carrier.inbound(OTHER, LINE)
    line.run(5)
    assert [(f["From"], f["QueueResult"]) for f in line.to("/out")] == [(OTHER, "queue-full")]


def test_a_queue_dialled_from_a_desk_bridges_and_tells_both(line):
    line.page("/whisper", "<Say>为您接通</Say>")
    line.page("/client", f'<Dial action="/served"><Queue url="{APP}/whisper">hope</Queue></Dial>')
    caller = line.carrier.inbound(CALLER, LINE)
    line.run(10)
    desk = line.carrier.softphones.connect_as("op", {})
    line.run(5)
    assert caller.peer is desk
    assert line.to("/whisper")[0]["DequeingCallSid"] == desk.sid
    assert ("carrier", "为您接通") in caller.heard
    assert line.to("/out") == []
    line.run(20)
    line.carrier.hang_up(caller)
    line.run(5)
    assert line.to("/out")[0]["QueueResult"] == "bridged"
    assert line.to("/served")[0]["DialCallStatus"] == "completed"
    assert int(line.to("/served")[0]["DialCallDuration"]) == pytest.approx(22, abs=4)


def test_a_desk_that_hangs_up_lets_the_caller_go_on(line):
    line.page("/client", "<Dial><Queue>hope</Queue></Dial>")
    line.page("/out", "<Say>再见</Say>")
    desk = line.carrier.softphones.connect_as("op", {})
    line.run(5)
    caller = line.carrier.inbound(CALLER, LINE)
    line.run(5)
    assert caller.peer is desk
    line.carrier.hang_up(desk)
    line.run(5)
    assert line.to("/out")[0]["QueueResult"] == "bridged"
    assert ("carrier", "再见") in caller.heard


def test_a_bridged_caller_sent_elsewhere_is_redirected_from_bridged(line):
    line.page("/client", "<Dial><Queue>hope</Queue></Dial>")
    line.carrier.softphones.connect_as("op", {})
    caller = line.carrier.inbound(CALLER, LINE)
    line.run(5)
    line.page("/join", "<Say>转接</Say>")
    line.ask("POST", f"/Calls/{caller.sid}.json", {"Url": f"{APP}/join"})
    line.run(5)
    assert [f["QueueResult"] for f in line.to("/out")] == ["redirected-from-bridged"]
    assert ("carrier", "转接") in caller.heard


def test_a_desk_at_an_empty_queue_gives_up_after_its_time(line):
    line.page("/client", '<Dial timeout="10" action="/served"><Queue>hope</Queue></Dial>')
    line.carrier.softphones.connect_as("op", {})
    line.run(30)
    assert line.to("/served")[0]["DialCallStatus"] == "no-answer"


def test_an_empty_or_broken_waiting_page_never_floods_or_loses_the_caller(line):
    line.pages["/wait"] = "<Response/>"
    caller = line.carrier.inbound(CALLER, LINE)
    line.run(30)
    assert len(line.to("/wait")) <= 31
    line.status["/wait"] = 500
    line.run(10)
    assert caller.place is not None
    assert line.carrier.warnings[-1].code == 11200


def test_queues_are_made_changed_and_removed_by_request(stage):
    sid = stage.ask("POST", "/Queues.json", {"FriendlyName": "night", "MaxSize": "5"}, expect=201)["sid"]
    stage.ask("POST", "/Queues.json", {"FriendlyName": "night"}, expect=400)
    assert stage.ask("POST", f"/Queues/{sid}.json", {"MaxSize": "9"})["max_size"] == 9
    assert stage.ask("GET", f"/Queues/{sid}.json")["friendly_name"] == "night"
    stage.ask("DELETE", f"/Queues/{sid}.json", expect=204)
    stage.ask("GET", f"/Queues/{sid}.json", expect=404)
