"""Rooms: who starts them, who ends them, and whom their events are told to."""

import pytest

from telephony.simulator.personas import Pickup, PickupKind
from tests.telephony.simulator.stage import APP, LINE, RESIDENT


def test_a_preview_call_from_ring_to_leave(stage):
    agent = stage.agent()
    assert stage.events() == ["participant-join"]
    answer = stage.add(EarlyMedia="true", Timeout="25")
    assert (answer["status"], answer["label"]) == ("queued", "resident")
    stage.run(2)
    assert (
        stage.ask("GET", f"/Conferences/{answer['conference_sid']}/Participants/{answer['call_sid']}.json")[
            "status"
        ]
        == "ringing"
    )
    stage.run(5)
    assert stage.events() == ["participant-join", "participant-join", "conference-start"]
    sid = answer["conference_sid"]
    assert stage.ask("GET", f"/Conferences/{sid}.json")["status"] == "in-progress"
    parties = stage.ask("GET", f"/Conferences/{sid}/Participants.json")["participants"]
    assert [(p["label"], p["status"]) for p in parties] == [("agent", "connected"), ("resident", "connected")]
    stage.ask("DELETE", f"/Conferences/{sid}/Participants/{answer['call_sid']}.json", expect=204)
    stage.run(5)
    assert stage.events()[-1] == "participant-leave"
    left = stage.to("/room")[-1]
    assert left["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert left["ParticipantLabel"] == "resident"
    assert stage.leg(answer["call_sid"]).status == "completed"
    assert agent.is_answered
    assert [int(f["SequenceNumber"]) for f in stage.to("/room")] == [1, 2, 3, 4]


def test_the_room_ends_with_its_moderator_and_takes_everybody_along(stage):
    agent = stage.agent()
    answer = stage.add()
    stage.run(10)
    stage.carrier.hang_up(agent)
    stage.run(5)
    end = next(f for f in stage.to("/room") if f["StatusCallbackEvent"] == "conference-end")
    assert end["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert end["CallSidEndingConference"] == agent.sid
    assert end["ParticipantLabelEndingConference"] == "agent"
    reasons = {f["ParticipantLabel"]: f["ReasonParticipantLeft"] for f in stage.to("/room")
               if f["StatusCallbackEvent"] == "participant-leave"}  # fmt: skip
    assert reasons == {"agent": "participant_hung_up", "resident": "moderator_ended_conference"}
    assert stage.leg(answer["call_sid"]).status == "completed"
    stage.ask("GET", f"/Conferences/{answer['conference_sid']}/Participants/{agent.sid}.json", expect=404)
    assert stage.ask("GET", f"/Conferences/{answer['conference_sid']}.json")["status"] == "completed"


def test_nobody_answers_into_a_room_that_is_no_more(stage):
    stage.people[RESIDENT] = Pickup(PickupKind.ANSWERED, 15.0)
    agent = stage.agent()
    answer = stage.add()
    stage.run(5)
    stage.carrier.hang_up(agent)
    stage.run(30)
    assert stage.leg(answer["call_sid"]).status == "canceled"
    assert stage.to("/call")[-1]["CallStatus"] == "canceled"


def test_without_a_moderator_the_room_ends_with_the_last(stage):
    agent = stage.agent(ends=False)
    answer = stage.add()
    stage.run(10)
    stage.carrier.hang_up(agent)
    stage.run(2)
    assert stage.leg(answer["call_sid"]).is_answered
    stage.carrier.hang_up(stage.leg(answer["call_sid"]))
    stage.run(2)
    assert stage.to("/room")[-1]["ReasonConferenceEnded"] == "last-participant-left"


def test_a_room_ended_by_request_lets_documents_go_on(stage):
    stage.page("/client", f'<Dial action="/after"><Conference statusCallback="{APP}/room" '
               'statusCallbackEvent="end leave">op7</Conference></Dial>')  # fmt: skip
    stage.page("/after", "<Say>会议结束</Say>")
    agent = stage.carrier.softphones.connect_as("agent-1", {"room": "op7"})
    stage.run(1)
    sid = agent.seat.conference.sid
    stage.ask("POST", f"/Conferences/{sid}.json", {"Status": "completed"})
    stage.run(10)
    assert stage.to("/after")[0]["DialCallStatus"] == "answered"
    assert "DialCallDuration" not in stage.to("/after")[0]
    assert agent.heard == [("carrier", "会议结束")]
    assert [f.get("ReasonParticipantLeft") or f["ReasonConferenceEnded"] for f in stage.to("/room")] == [
        "conference_ended_via_api", "conference-ended-via-api"]  # fmt: skip


def test_the_first_party_fixes_where_events_go(stage):
    stage.agent()
    stage.add(ConferenceStatusCallback=f"{APP}/second", ConferenceStatusCallbackEvent="join")
    stage.run(10)
    assert stage.to("/second") == []
    assert stage.events()[:2] == ["participant-join", "participant-join"]


def test_a_resident_who_joins_first_fixes_them_wrongly(stage):
    stage.add()
    stage.run(10)
    stage.agent()
    stage.run(10)
    assert stage.to("/room") == []


def test_only_the_events_asked_for_are_told_but_all_are_numbered(stage):
    stage.page("/client", f'<Dial><Conference statusCallback="{APP}/room" statusCallbackEvent="leave">op7'
                          "</Conference></Dial>")  # fmt: skip
    agent = stage.carrier.softphones.connect_as("agent-1", {"room": "op7"})
    stage.run(2)
    stage.carrier.hang_up(agent)
    stage.run(2)
    assert [(f["StatusCallbackEvent"], f["SequenceNumber"]) for f in stage.to("/room")] == [
        ("participant-leave", "2")
    ]


def test_waiting_music_plays_until_the_room_starts(stage):
    stage.page("/music", "<Say>请稍候请稍候</Say>", '<Pause length="8"/>')
    stage.page("/client", f'<Dial><Conference waitUrl="{APP}/music">op7</Conference></Dial>')
    stage.carrier.softphones.connect_as("agent-1", {"room": "op7"})
    stage.run(40)
    heard = len(stage.to("/music"))
    assert heard == pytest.approx(4, abs=1)
    stage.add()
    stage.run(10)
    started = len(stage.to("/music"))
    stage.run(60)
    assert len(stage.to("/music")) == started


def test_a_room_does_not_start_before_somebody_who_may_start_it(stage):
    stage.agent(extra='startConferenceOnEnter="false"')
    stage.add(StartConferenceOnEnter="false")
    stage.run(10)
    assert "conference-start" not in stage.events()
    stage.add(To="+8613800000002", Label="second")
    stage.run(10)
    assert "conference-start" in stage.events()


def test_a_failed_dial_leaves_no_trace_in_the_room(stage):
    stage.people[RESIDENT] = Pickup(PickupKind.NO_ANSWER, 90.0)
    stage.agent()
    answer = stage.add(Timeout="20")
    stage.run(60)
    assert stage.events() == ["participant-join"]
    assert stage.to("/call")[-1]["CallStatus"] == "no-answer"
    stage.ask(
        "GET", f"/Conferences/{answer['conference_sid']}/Participants/{answer['call_sid']}.json", expect=404
    )


def test_removing_a_party_that_still_rings_cancels_it(stage):
    stage.agent()
    answer = stage.add()
    stage.run(2)
    stage.ask(
        "DELETE",
        f"/Conferences/{answer['conference_sid']}/Participants/{answer['call_sid']}.json",
        expect=204,
    )
    stage.run(5)
    assert stage.to("/call")[-1]["CallStatus"] == "canceled"


def test_a_name_is_free_again_when_its_room_has_ended(stage):
    first = stage.agent()
    old = first.seat.conference.sid
    stage.carrier.hang_up(first)
    stage.run(2)
    second = stage.agent()
    assert second.seat.conference.sid != old
    listed = stage.ask("GET", "/Conferences.json", {"FriendlyName": "op7", "Status": "in-progress"})[
        "conferences"
    ]
    assert listed == []
    assert len(stage.ask("GET", "/Conferences.json", {"FriendlyName": "op7"})["conferences"]) == 2


def test_answer_detection_of_a_party_is_told_by_callback(stage):
    stage.people[RESIDENT] = Pickup(PickupKind.MACHINE, 3.0, 60.0)
    stage.agent()
    stage.add(MachineDetection="Enable", AmdStatusCallback=f"{APP}/amd")
    stage.run(20)
    assert stage.to("/amd")[0]["AnsweredBy"] == "machine_start"


def test_a_caller_moves_from_room_to_room(stage):
    stage.agent("op7", ends=False)
    stage.page("/line", '<Dial><Conference participantLabel="caller">op7</Conference></Dial>')
    caller = stage.carrier.inbound(RESIDENT, LINE)
    stage.run(5)
    stage.page("/join", '<Dial><Conference participantLabel="caller">op8</Conference></Dial>')
    stage.ask("POST", f"/Calls/{caller.sid}.json", {"Url": f"{APP}/join"})
    stage.run(5)
    assert caller.seat.conference.name == "op8"
    assert stage.to("/room")[-1]["ReasonParticipantLeft"] == "participant_updated_via_api"
