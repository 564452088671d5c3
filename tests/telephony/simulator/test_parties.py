"""Parties in a room: held, muted, announced to, listened to, coached."""

import pytest

from tests.telephony.simulator.stage import APP


def test_hold_mute_and_announce_are_told_each_once(stage):
    stage.page("/hold", "<Play>https://a.example/m.mp3</Play>")
    stage.page("/notice", "<Say>本次通话将被录音</Say>")
    stage.agent()
    answer = stage.add()
    stage.run(10)
    path = f"/Conferences/{answer['conference_sid']}/Participants/{answer['call_sid']}.json"
    assert stage.ask("POST", path, {"Hold": "true", "HoldUrl": f"{APP}/hold"})["hold"] is True
    stage.run(25)
    stage.ask("POST", path, {"Hold": "true"})
    assert stage.ask("POST", path, {"Hold": "false"})["hold"] is False
    stage.ask("POST", path, {"Muted": "true"})
    stage.ask("POST", path, {"Muted": "false"})
    stage.ask("POST", path, {"AnnounceUrl": f"{APP}/notice"})
    stage.run(10)
    assert stage.events()[3:] == ["participant-hold", "participant-unhold", "participant-mute",
                                  "participant-unmute", "announcement-end"]  # fmt: skip
    assert len(stage.to("/hold")) == pytest.approx(3, abs=1)
    assert ("carrier", "本次通话将被录音") in stage.leg(answer["call_sid"]).heard
    held = next(f for f in stage.to("/room") if f["StatusCallbackEvent"] == "participant-hold")
    assert (held["Hold"], held["Muted"], held["Coaching"]) == ("true", "false", "false")


def test_listen_whisper_and_barge(stage):
    agent = stage.agent()
    resident = stage.leg(stage.add()["call_sid"])
    stage.carrier.softphones.register("sup", answers_after_s=1.0)
    sup = stage.add(
        To="client:sup", Label="supervisor", Coaching="true", CallSidToCoach=agent.sid, Muted="true"
    )
    stage.run(10)
    boss = stage.leg(sup["call_sid"])
    path = f"/Conferences/{sup['conference_sid']}/Participants/{boss.sid}.json"

    def heard(text: str) -> tuple[bool, bool]:
        stage.carrier.say(boss, text)
        return ("supervisor", text) in agent.heard, ("supervisor", text) in resident.heard

    assert heard("听") == (False, False)
    stage.ask("POST", path, {"Muted": "false"})
    assert heard("耳语") == (True, False)
    stage.ask("POST", path, {"Coaching": "false"})
    assert heard("加入") == (True, True)
    stage.carrier.say(resident, "你好")
    assert ("resident", "你好") in boss.heard
    stage.run(1)
    assert stage.events()[-2:] == ["participant-unmute", "participant-modify"]
    stage.ask("POST", path, {"Coaching": "true", "CallSidToCoach": "CA" + "0" * 32}, expect=400)
