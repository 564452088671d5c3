"""The documents that tell the vendor what to do with a call, made with its own builder."""

from __future__ import annotations

from functools import cache

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from core.settings import Settings
from telephony.spoken import HOLD_ON, Ask, End, Join, LeaveWaiting, Pause, Record, Ring, Say, Steps, Wait
from telephony.twilio.addresses import address_of

ROOM_EVENTS = "start end join leave mute hold modify"
_SPOKEN = {"zh": "cmn-CN", "en": "en-US"}
ENDLESS_QUIET_S = 60


def document(settings: Settings, steps: Steps) -> str:
    """Render spoken steps."""
    response = VoiceResponse()
    for step in steps:
        match step:
            case Say():
                response.say(step.words.in_language(step.language), language=_SPOKEN[step.language])
            case Pause():
                response.pause(length=step.seconds)
            case Ask():
                response.append(_gather(settings, step))
            case Join():
                response.append(_into_room(settings, step.room, label=None, ends=False))
            case Wait():
                response.enqueue(
                    step.line,
                    wait_url=address_of(settings, "wait", line=step.line),
                    action=address_of(settings, "waited", line=step.line),
                )
            case LeaveWaiting():
                response.leave()
            case Record():
                response.record(
                    max_length=step.longest_s,
                    timeout=step.silence_s,
                    finish_on_key="#",
                    play_beep=True,
                    **_told_of_recording(settings, step),
                )
            case Ring():
                response.append(_ring(step))
            case End():
                response.hangup()
                break
    return str(response)


def operators_leg(settings: Settings, room: str, *, request_key: str, ends_room: bool) -> str:
    """Render the document that nails an operator's leg up in a room; it sets the room's callbacks."""
    response = VoiceResponse()
    response.append(_into_room(settings, room, label=f"operator-{request_key}", ends=ends_room))
    return str(response)


@cache
def quiet() -> str:
    """Render a minute of silence, for whoever is alone in a room or on hold there."""
    response = VoiceResponse()
    response.pause(length=ENDLESS_QUIET_S)
    return str(response)


@cache
def holding() -> str:
    """Render what somebody on hold hears, by our own words alone."""
    response = VoiceResponse()
    for step in HOLD_ON:
        if isinstance(step, Say):
            response.say(step.words.in_language(step.language), language=_SPOKEN[step.language])
        elif isinstance(step, Pause):
            response.pause(length=step.seconds)
    return str(response)


@cache
def nothing() -> str:
    """Render a document that does nothing."""
    return str(VoiceResponse())


def _gather(settings: Settings, step: Ask) -> Gather:
    gather = Gather(
        action=address_of(settings, "input", q=step.question, n=str(step.turn)),
        num_digits=step.keys,
        timeout=step.wait_s,
        input="dtmf",
    )
    for say in (Say(step.words, step.language), *step.also):
        gather.say(say.words.in_language(say.language), language=_SPOKEN[say.language])
    return gather


def _told_of_recording(settings: Settings, step: Record) -> dict[str, object]:
    """Say where a message is told of; one without a question is kept by the vendor until we look."""
    if not step.question:
        return {}
    return {
        "action": address_of(settings, "input", q=step.question, n=str(step.turn), k=step.recording),
        "recording_status_callback": address_of(settings, "recording", k=step.recording),
        "recording_status_callback_event": "in-progress completed absent",
    }


def _ring(step: Ring) -> Dial:
    dial = Dial(caller_id=step.shows, timeout=step.each_s, sequential=True)
    for number in step.numbers:
        dial.number(number)
    return dial


def _into_room(settings: Settings, room: str, *, label: str | None, ends: bool) -> Dial:
    dial = Dial(answer_on_bridge=True)
    options: dict[str, object] = {"participant_label": label} if label else {}
    dial.conference(
        room,
        beep="false",
        start_conference_on_enter=True,
        end_conference_on_exit=ends,
        wait_url=address_of(settings, "quiet"),
        status_callback=address_of(settings, "room"),
        status_callback_event=ROOM_EVENTS,
        **options,
    )
    return dial
