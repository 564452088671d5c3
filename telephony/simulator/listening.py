"""The verbs that listen: keys and speech gathered, messages recorded."""

from __future__ import annotations

from lxml import etree

from telephony.simulator.leg import Subscription
from telephony.simulator.script import STANDING, Script
from telephony.simulator.timeline import Timer


class _Listener:
    """Collect keys or words until enough came, the end key was pressed, or nobody goes on."""

    def __init__(self, script: Script, verb: etree._Element) -> None:
        self._script = script
        self._action = script.absolute(verb.get("action")) or script.url
        self._has_action = verb.get("action") is not None or bool(script.url)
        self._timeout_s = float(verb.get("timeout") or 5)
        self._end_key = verb.get("finishOnKey", "#")
        self._most = int(verb.get("numDigits") or 0)
        self._tells_empty = verb.get("actionOnEmptyResult") == "true"
        self._kinds = (verb.get("input") or "dtmf").split()
        self._bargeable = verb.get("bargeIn") != "false"
        self._digits = ""
        self._timer: Timer | None = None

    def listen(self, prompts: list[tuple[etree._Element, float, str]]) -> None:
        leg, until = self._script.leg, 0.0
        for element, seconds, text in prompts:
            if element.tag == "Say":
                leg.heard.append(("carrier", text))
            until += seconds
        if self._bargeable:
            self._open()
        else:
            self._script.after(until, self._open)
        self._wait(until + self._timeout_s)

    def _open(self) -> None:
        if "dtmf" in self._kinds:
            self._script.leg.ear = self._key
        if "speech" in self._kinds:
            self._script.leg.tongue = self._words

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._script.after(seconds, self._done)

    def _key(self, key: str) -> None:
        if self._end_key and key == self._end_key:
            self._done()
            return
        self._digits += key
        if self._most and len(self._digits) >= self._most:
            self._done()
        else:
            self._wait(self._timeout_s)

    def _words(self, text: str) -> None:
        self._finish({"SpeechResult": text, "Confidence": "0.9"})

    def _done(self) -> None:
        if self._digits or self._tells_empty:
            self._finish({"Digits": self._digits})
        else:
            self._finish(None)

    def _finish(self, result: dict[str, str] | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._script.leg.ear = self._script.leg.tongue = None
        if result is None:
            self._script.next()
        else:
            self._script.resume(self._action if self._has_action else None, result)


def gather(script: Script, verb: etree._Element, prompts: list[tuple[etree._Element, float, str]]) -> None:
    """Listen for keys or words; without any, the document goes on with its next verb."""
    _Listener(script, verb).listen(prompts)


def record(script: Script, verb: etree._Element) -> None:
    """Record a message until silence, a key, the limit or the end of the call."""
    leg, carrier = script.leg, script.carrier
    callback = script.absolute(verb.get("recordingStatusCallback"))
    words = frozenset((verb.get("recordingStatusCallbackEvent") or "completed").split())
    recording = carrier.recordings.start(
        leg, "RecordVerb", Subscription(callback, words) if callback else None
    )
    silence_s, limit_s = float(verb.get("timeout") or 5), float(verb.get("maxLength") or 3600)
    keys = verb.get("finishOnKey", "1234567890*#")
    action = script.absolute(verb.get("action")) or script.url or None
    begun = carrier.timeline.now()

    def finish(seconds: float, digits: str) -> None:
        if recording.is_over:
            return
        leg.ear = None
        leg.on_end.remove(hung_up)
        carrier.recordings.finish(recording, seconds)
        fields = carrier.recordings.fields(recording) | ({"Digits": digits} if digits else {})
        if leg.is_ended:
            # The page hears of the message even though nobody is there to hear its answer.
            if action and action != STANDING and recording.status == "completed":
                form = carrier.legs.standard(leg) | fields
                carrier.mail.fetch(leg.sid, action, form, lambda reply: None)
        elif recording.status == "absent":
            script.next()
        else:
            script.resume(action, fields)

    def spoken(gone_on: float) -> float:
        # Those with a message speak for its length; others are taken to speak as long as they stay.
        return min(gone_on, leg.message_s) if leg.message_s else gone_on

    def hung_up() -> None:
        finish(spoken((carrier.timeline.now() - begun).total_seconds()), "hangup")

    def key(pressed: str) -> None:
        if pressed in keys:
            finish(spoken((carrier.timeline.now() - begun).total_seconds()), pressed)

    leg.on_end.append(hung_up)
    leg.ear = key
    says_s = leg.message_s
    if says_s + silence_s < limit_s:
        script.after(says_s + silence_s, lambda: finish(says_s, ""))
    else:
        script.after(limit_s, lambda: finish(min(says_s, limit_s), ""))
