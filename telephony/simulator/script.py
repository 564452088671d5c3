"""Run one document for one leg, verb after verb, until it ends or gives way to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import etree

from telephony.contract import Breach, read_twiml
from telephony.simulator.timeline import Timer

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier
    from telephony.simulator.leg import Leg

STANDING = "https://documents.line.example/standing"
"""Where a document that the carrier keeps stands; asking for it again starts it anew."""
_AUDIO = (".mp3", ".wav", ".ogg")


class Script:
    """A reader of documents; `context` limits the verbs, `on_done` is called when no verb is left."""

    def __init__(
        self, carrier: Carrier, leg: Leg, on_done: Callable[[], None], context: str | None = None
    ) -> None:
        self.carrier = carrier
        self.leg = leg
        self.context = context
        self.is_alive = True
        self.url = ""
        self._on_done = on_done
        self._verbs: list[etree._Element] = []
        self._timers: list[Timer] = []

    def stop(self) -> None:
        """Give way: nothing this script has planned happens any more."""
        self.is_alive = False
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Plan something that only happens while this script is in charge."""
        self._timers = [t for t in self._timers if not t.cancelled]
        timer = self.carrier.timeline.after(seconds, lambda: self._act(timer, action))
        self._timers.append(timer)
        return timer

    def _act(self, timer: Timer, action: Callable[[], None]) -> None:
        timer.cancel()
        if self.is_alive:
            action()

    def absolute(self, url: str | None) -> str | None:
        """Resolve an address against the document that named it; None stays None."""
        if url is None:
            return None
        resolved = urljoin(self.url, url)
        if not resolved.startswith(("http://", "https://")):
            raise Breach("address", "a document given inline may only name absolute addresses")
        return resolved

    def fetch(self, url: str, extra: dict[str, str] | None = None) -> None:
        """Ask the application for the next document and run it."""
        if url.partition("?")[0].endswith(_AUDIO):
            self.run(f"<Response><Play>{url}</Play></Response>".replace("&", "&amp;"), url)
            return
        standing = self.carrier.config.standing_document(self.leg.to) if url == STANDING else None
        if standing is not None:
            self.after(0.0, lambda: self.run(standing, url))
            return
        form = self.carrier.legs.standard(self.leg) | (extra or {})

        def done(reply: tuple[int, str]) -> None:
            if self.is_alive and not self.leg.is_ended:
                self._received(url, reply)

        self.carrier.mail.fetch(self.leg.sid, url, form, done)

    def _received(self, url: str, reply: tuple[int, str]) -> None:
        status, body = reply
        if 200 <= status < 300:
            self.run(body, url)
            return
        self.fail(11200, f"the page answered {status}", url)

    def fail(self, code: int, problem: str, url: str) -> None:
        """Note an error of the application; the fallback page takes over, or the call ends."""
        self.carrier.warn(code, self.leg, problem)
        fallback = self.carrier.config.fallback_url
        standing = self.carrier.config.standing_document(self.leg.to)
        if self.context is not None:
            # A broken waiting document leaves silence behind, never a lost caller.
            self.stop()
        elif standing is not None and url != STANDING:
            # What the carrier keeps itself needs nobody of ours, so it comes before our own last sentence.
            self.run(standing, STANDING)
        elif fallback and url not in (fallback, STANDING):
            self.fetch(fallback, {"ErrorCode": str(code), "ErrorUrl": url})
        else:
            self.carrier.legs.end(self.leg, "completed", by="error")

    def run(self, text: str, url: str) -> None:
        """Run a document from its first verb."""
        try:
            # An empty answer with status 204 means: go on with nothing.
            root = read_twiml(text, self.context) if text.strip() else etree.Element("Response")
        except Breach as breach:
            self.fail(12100 if self.context is None else 13238, str(breach), url)
            return
        self.url = url
        self._verbs = list(root)
        self.next()

    def next(self) -> None:
        """Go on to the next verb, a moment later so that no chain of verbs grows deep."""
        self.after(0.0, self._step)

    def _step(self) -> None:
        if not self._verbs:
            self._on_done()
            return
        verb = self._verbs.pop(0)
        self.carrier.verbs_run[str(verb.tag)] = self.carrier.verbs_run.get(str(verb.tag), 0) + 1
        try:
            self.carrier.run_verb(self, verb)
        except Breach as breach:
            self.fail(12200, str(breach), self.url)

    def resume(self, action: str | None, extra: dict[str, str]) -> None:
        """Go on after a verb that takes its time: with its action page if it names one."""
        if self.leg.is_ended or not self.is_alive:
            return
        if action is None:
            self.next()
        else:
            self.fetch(action, extra)
