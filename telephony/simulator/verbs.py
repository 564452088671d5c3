"""What a document may tell the carrier to do, one short function a verb."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from telephony.contract import Breach
from telephony.simulator.dial import Dialling
from telephony.simulator.listening import gather, record
from telephony.simulator.script import Script

_PLAY_S = 10.0
_FOREVER = 1000


def text_of(element: etree._Element) -> str:
    """Return all the words inside an element."""
    return "".join(str(part) for part in element.itertext()).strip()


def length_s(element: etree._Element) -> float:
    """Estimate how long a prompt lasts: four Chinese characters or fifteen Latin letters a second."""
    if element.tag == "Pause":
        return float(element.get("length") or 1)
    times = int(element.get("loop") or 1) or _FOREVER
    if element.tag == "Play":
        digits = element.get("digits")
        return 0.5 * len(digits) if digits else _PLAY_S * times
    return times * max(0.5, sum(1 / 4 if ord(letter) > 0x2E7F else 1 / 15 for letter in text_of(element)))


def _prompt(script: Script, verb: etree._Element) -> None:
    if verb.tag == "Say":
        script.leg.heard.append(("carrier", text_of(verb)))
    script.after(length_s(verb), script.next)


def _redirect(script: Script, verb: etree._Element) -> None:
    url = script.absolute(text_of(verb))
    if not url:
        raise Breach("<Redirect>", "names no address")
    place = script.leg.place
    waiting = place is not None and script.context == "enqueue-wait"
    script.fetch(url, script.carrier.queues.wait_fields(place) if waiting and place else None)


def _hangup(script: Script, verb: etree._Element) -> None:
    script.carrier.legs.end(script.leg, "completed", by="script")


def _reject(script: Script, verb: etree._Element) -> None:
    leg = script.leg
    if leg.is_answered:
        raise Breach("<Reject>", "comes after the call was answered")
    busy = verb.get("reason") == "busy"
    status, code = ("busy", 486) if busy else ("no-answer", 603)
    script.carrier.legs.end(leg, status, by="script", sip_code=code)


def _leave(script: Script, verb: etree._Element) -> None:
    place = script.leg.place
    if place is None:
        script.next()
        return
    script.carrier.queues.leave(place, "leave", goes_on=True)


def _enqueue(script: Script, verb: etree._Element) -> None:
    name = text_of(verb)
    if not 0 < len(name) <= 64:
        raise Breach("<Enqueue>", "a queue's name has 1 to 64 characters")
    most = verb.get("maxQueueSize")
    script.carrier.queues.enter(
        script.leg, name, script.absolute(verb.get("action")), script.absolute(verb.get("waitUrl") or None),
        int(most) if most else None,
    )  # fmt: skip


def _dial(script: Script, verb: etree._Element) -> None:
    Dialling(script, verb).start()


def _gather(script: Script, verb: etree._Element) -> None:
    prompts = [(child, length_s(child), text_of(child)) for child in verb]
    gather(script, verb, prompts)


VERBS: dict[str, Callable[[Script, etree._Element], None]] = {
    "Say": _prompt,
    "Play": _prompt,
    "Pause": _prompt,
    "Redirect": _redirect,
    "Hangup": _hangup,
    "Reject": _reject,
    "Leave": _leave,
    "Enqueue": _enqueue,
    "Dial": _dial,
    "Gather": _gather,
    "Record": record,
}


def run_verb(script: Script, verb: etree._Element) -> None:
    """Run one verb; an incoming call is answered by the first verb that needs it answered."""
    act = VERBS.get(str(verb.tag))
    if act is None:
        raise Breach(f"<{verb.tag}>", "is not run by this carrier")
    for name in ("method", "waitUrlMethod", "waitMethod", "statusCallbackMethod"):
        if any(e.get(name) == "GET" for e in verb.iter()):
            raise Breach(f"<{verb.tag} {name}>", "this carrier only posts")
    rings_on = verb.tag == "Reject" or (verb.tag == "Dial" and verb.get("answerOnBridge") == "true")
    if script.leg.status in ("queued", "ringing") and not rings_on:
        script.carrier.legs.answer(script.leg)
    act(script, verb)
