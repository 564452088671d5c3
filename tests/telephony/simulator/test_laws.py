"""Laws of the line, each shown to catch a deliberate mistake in the simulator's own rules."""

from collections.abc import Callable

import pytest

from telephony.simulator import legs as legs_module
from telephony.simulator import recordings as recordings_module
from telephony.simulator.conferences import Conferences
from telephony.simulator.leg import ENDED
from telephony.simulator.legs import Legs
from telephony.simulator.mail import Mail
from telephony.simulator.queues import Queues
from telephony.simulator.scenario import play
from telephony.simulator.script import Script
from tests.telephony.simulator.stage import APP, LINE, RESIDENT, Stage


def first_party_fixes_the_callbacks(stage: Stage) -> None:
    stage.agent()
    stage.add(ConferenceStatusCallback=f"{APP}/second", ConferenceStatusCallbackEvent="leave")
    stage.run(10)
    stage.carrier.hang_up(next(leg for leg in stage.carrier.legs.live.values() if leg.to == RESIDENT))
    stage.run(10)
    assert stage.to("/second") == []


def sequence_numbers_have_no_gap(stage: Stage) -> None:
    stage.agent()
    stage.add()
    stage.run(10)
    assert [int(f["SequenceNumber"]) for f in stage.to("/call")] == [0, 1, 2]
    assert [int(f["SequenceNumber"]) for f in stage.to("/room")] == [1, 2, 3]


def moderator_takes_everybody_along(stage: Stage) -> None:
    agent = stage.agent()
    stage.add()
    stage.run(10)
    stage.carrier.hang_up(agent)
    stage.run(10)
    assert stage.carrier.legs.live == {}


def every_caller_leaves_the_queue_with_one_result(stage: Stage) -> None:
    stage.page("/line", f'<Enqueue waitUrl="{APP}/wait" action="{APP}/out">hope</Enqueue>')
    stage.page("/wait", '<Pause length="10"/>')
    stage.page("/join", "<Hangup/>")
    stage.carrier.inbound(RESIDENT, LINE, patience_s=15)
    moved = stage.carrier.inbound("+8613800000002", LINE)
    stage.run(5)
    stage.ask("POST", f"/Calls/{moved.sid}.json", {"Url": f"{APP}/join"})
    stage.run(60)
    assert sorted(f["QueueResult"] for f in stage.to("/out")) == ["hangup", "redirected"]


def a_call_ends_once(stage: Stage) -> None:
    stage.agent()
    leg = stage.leg(stage.add()["call_sid"])
    stage.run(10)
    stage.carrier.hang_up(leg)
    stage.carrier.hang_up(leg)
    stage.run(10)
    assert sum(f["CallStatus"] in ENDED for f in stage.to("/call")) == 1


def waiting_pages_are_asked_again(stage: Stage) -> None:
    stage.page("/line", f'<Enqueue waitUrl="{APP}/wait">hope</Enqueue>')
    stage.page("/wait", '<Pause length="10"/>')
    stage.carrier.inbound(RESIDENT, LINE)
    stage.run(60)
    assert len(stage.to("/wait")) >= 5


def paused_time_is_not_recorded(stage: Stage) -> None:
    stage.agent()
    call = stage.add()["call_sid"]
    stage.run(5)
    sid = stage.ask("POST", f"/Calls/{call}/Recordings.json", {"RecordingStatusCallback": f"{APP}/rec"}, 201)[
        "sid"
    ]
    stage.run(10)
    stage.ask("POST", f"/Calls/{call}/Recordings/{sid}.json", {"Status": "paused"})
    stage.run(30)
    stage.ask("POST", f"/Calls/{call}/Recordings/{sid}.json", {"Status": "stopped"})
    stage.run(1)
    assert stage.to("/rec")[-1]["RecordingDuration"] == "10"


def repeats_keep_their_token(stage: Stage) -> None:
    # Played on the little centre: what is told twice must be recognised as one event.
    assert play(residents=20, interviewers=2).events_repeated == 0


LAWS: list[Callable[[Stage], None]] = [
    first_party_fixes_the_callbacks,
    sequence_numbers_have_no_gap,
    moderator_takes_everybody_along,
    every_caller_leaves_the_queue_with_one_result,
    a_call_ends_once,
    waiting_pages_are_asked_again,
    paused_time_is_not_recorded,
    repeats_keep_their_token,
]


def last_party_fixes_the_callbacks(monkeypatch: pytest.MonkeyPatch) -> None:
    join = Conferences.join

    def wrong(self, room, leg, terms, **more):  # type: ignore[no-untyped-def]
        room.subscription = terms.subscription
        return join(self, room, leg, terms, **more)

    monkeypatch.setattr(Conferences, "join", wrong)


def sequence_counts_double(monkeypatch: pytest.MonkeyPatch) -> None:
    tell = Legs._tell

    def wrong(self, leg, event):  # type: ignore[no-untyped-def]
        leg.sequence += 1
        tell(self, leg, event)

    monkeypatch.setattr(Legs, "_tell", wrong)


def nobody_is_hung_up_with_the_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conferences, "after_leaving", lambda self, seat: None)


def queue_keeps_silent_about_hang_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    leave = Queues.leave

    def wrong(self, place, result, **more):  # type: ignore[no-untyped-def]
        if result != "hangup":
            leave(self, place, result, **more)

    monkeypatch.setattr(Queues, "leave", wrong)


def the_dead_may_die_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legs_module.Leg, "is_ended", property(lambda self: False))


def waiting_pages_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    after = Script.after
    monkeypatch.setattr(
        Script, "after",
        lambda self, s, act: after(self, s, act) if self.context is None or s == 0.0 else after(self, 9e9, act),
    )  # fmt: skip


def pauses_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings_module.Recordings, "change", _change_without_pausing)


def _change_without_pausing(self, recording, status):  # type: ignore[no-untyped-def]
    if status == "stopped":
        self._count(recording)
        self._finish(recording)


def every_letter_is_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    notify = Mail.notify

    def wrong(self, key, url, form):  # type: ignore[no-untyped-def]
        notify(self, key, url, form)
        notify(self, key, url, form)

    monkeypatch.setattr(Mail, "notify", wrong)


MISTAKES = [
    (last_party_fixes_the_callbacks, first_party_fixes_the_callbacks),
    (sequence_counts_double, sequence_numbers_have_no_gap),
    (nobody_is_hung_up_with_the_room, moderator_takes_everybody_along),
    (queue_keeps_silent_about_hang_ups, every_caller_leaves_the_queue_with_one_result),
    (the_dead_may_die_again, a_call_ends_once),
    (waiting_pages_are_asked_once, waiting_pages_are_asked_again),
    (pauses_are_counted, paused_time_is_not_recorded),
    (every_letter_is_sent_twice, repeats_keep_their_token),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_law_holds(stage, law):
    law(stage)


@pytest.mark.parametrize(("mistake", "law"), MISTAKES, ids=lambda each: each.__name__)
def test_the_law_catches_the_mistake(stage, monkeypatch, mistake, law):
    mistake(monkeypatch)
    with pytest.raises(AssertionError):
        law(stage)


def test_every_law_has_a_mistake_it_catches():
    assert [law for _, law in MISTAKES] == LAWS
