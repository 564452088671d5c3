"""Waiting lines of the carrier: who stands where, what they hear, and how they come out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from telephony.simulator.leg import Leg, rfc2822
from telephony.simulator.script import Script

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier
    from telephony.simulator.dial import Dialling


@dataclass(eq=False)
class Place:
    """One caller's place in a queue, with the script to go on with afterwards."""

    leg: Leg
    queue: Queue
    entered_at: datetime
    action: str | None
    wait_url: str | None
    bridged_with: Leg | None = None


@dataclass(eq=False)
class Queue:
    """A named waiting line and those who dialled it to serve the next."""

    sid: str
    name: str
    created_at: datetime
    max_size: int = 1000
    places: list[Place] = field(default_factory=list)
    servers: list[Dialling] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)

    @property
    def average_wait_s(self) -> int:
        """Return the mean wait of those who came out, in whole seconds."""
        return round(sum(self.waits_s) / len(self.waits_s)) if self.waits_s else 0


class Queues:
    """All queues of the carrier."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.all: dict[str, Queue] = {}
        self._opened = 0

    def find(self, sid_or_name: str) -> Queue | None:
        """Find a queue by sid or name."""
        return self.all.get(sid_or_name) or next(
            (q for q in self.all.values() if q.name == sid_or_name), None
        )

    def open(self, name: str, max_size: int | None = None) -> Queue:
        """Return the queue of that name, making it if there is none."""
        queue = self.find(name)
        if queue is None:
            sid = "QU" + self._carrier.name("queue", self._opened)
            self._opened += 1
            queue = Queue(sid, name, self._carrier.timeline.now(), max_size or 1000)
            self.all[sid] = queue
        return queue

    def enter(self, leg: Leg, name: str, action: str | None, wait_url: str | None, most: int | None) -> None:
        """Put a caller at the end of a queue, or send them on at once when it is full."""
        queue = self.open(name)
        place = Place(leg, queue, self._carrier.timeline.now(), action, wait_url)
        if len(queue.places) >= (most if most is not None else queue.max_size):
            self._result(place, "queue-full", goes_on=True)
            return
        queue.places.append(place)
        leg.place = place
        self._wait(place)
        if queue.servers:
            queue.servers.pop(0).serve(place)

    def _wait(self, place: Place) -> None:
        if place.wait_url is None:
            return
        leg, begun = place.leg, self._carrier.timeline.now()

        def again() -> None:
            if leg.place is place:
                # An empty waiting page must not be asked for without end at one moment.
                short = (self._carrier.timeline.now() - begun).total_seconds() < 1.0
                script.after(1.0 if short else 0.0, lambda: self._wait(place))

        script = Script(self._carrier, leg, again, "enqueue-wait")
        leg.background = script
        script.fetch(place.wait_url, self.wait_fields(place))

    def wait_fields(self, place: Place) -> dict[str, str]:
        """Tell a caller's place as waiting pages are told."""
        queue = place.queue
        return {
            "QueuePosition": str(queue.places.index(place) + 1 if place in queue.places else 0),
            "QueueSid": queue.sid,
            "QueueTime": str(self.waited_s(place)),
            "AvgQueueTime": str(queue.average_wait_s),
            "CurrentQueueSize": str(len(queue.places)),
            "MaxQueueSize": str(queue.max_size),
        }

    def waited_s(self, place: Place) -> int:
        """Return whole seconds in the queue so far."""
        return round((self._carrier.timeline.now() - place.entered_at).total_seconds())

    def take_out(self, place: Place) -> None:
        """Take a caller out of the line and silence the waiting page; no result is told yet."""
        queue = place.queue
        if place in queue.places:
            queue.places.remove(place)
            queue.waits_s.append((self._carrier.timeline.now() - place.entered_at).total_seconds())
        self._carrier.conferences.silence(place.leg)

    def leave(self, place: Place, result: str, *, goes_on: bool = False) -> None:
        """Take a caller out and tell the result to the action page."""
        self.take_out(place)
        if place.leg.place is not place:
            return
        place.leg.place = None
        if place.bridged_with is not None:
            result = {"redirected": "redirected-from-bridged", "hangup": "bridged"}.get(result, result)
        self._result(place, result, goes_on=goes_on)

    def _result(self, place: Place, result: str, *, goes_on: bool) -> None:
        fields = {"QueueResult": result, "QueueSid": place.queue.sid, "QueueTime": str(self.waited_s(place))}
        leg, script = place.leg, place.leg.script
        if goes_on and script is not None:
            script.resume(place.action, fields)
        elif place.action is not None:
            # The caller is gone or already elsewhere: the page is told, its document is not run.
            form = self._carrier.legs.standard(leg) | fields
            self._carrier.mail.fetch(leg.sid, place.action, form, lambda reply: None)

    def redirect(self, place: Place, url: str) -> None:
        """Send a waiting caller to another document: the queue's page hears 'redirected' at once."""
        fields = {"QueueSid": place.queue.sid, "QueueTime": str(self.waited_s(place))}
        self._carrier.redirect(place.leg, url=url, extra=fields)


def queue_answer(account_sid: str, queue: Queue) -> dict[str, object]:
    """Tell a queue as the vendor's interface shows it."""
    return {
        "sid": queue.sid,
        "account_sid": account_sid,
        "friendly_name": queue.name,
        "current_size": len(queue.places),
        "max_size": queue.max_size,
        "average_wait_time": queue.average_wait_s,
        "date_created": rfc2822(queue.created_at),
        "date_updated": rfc2822(queue.created_at),
        "uri": f"/2010-04-01/Accounts/{account_sid}/Queues/{queue.sid}.json",
    }


def member_answer(account_sid: str, place: Place, waited_s: int) -> dict[str, object]:
    """Tell a waiting caller as the vendor's interface shows them."""
    queue = place.queue
    uri = f"/2010-04-01/Accounts/{account_sid}/Queues/{queue.sid}/Members/{place.leg.sid}.json"
    return {
        "call_sid": place.leg.sid,
        "queue_sid": queue.sid,
        "date_enqueued": rfc2822(place.entered_at),
        "position": queue.places.index(place) + 1 if place in queue.places else 0,
        "wait_time": waited_s,
        "uri": uri,
    }
