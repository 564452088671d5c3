"""A centre small enough to fit in a test: it dials a list, serves a queue, and keeps its own books."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from telephony.simulator.chance import chance
from telephony.simulator.little_books import Books, Desk
from telephony.simulator.personas import Temper
from telephony.simulator.rest import basic
from telephony.simulator.signature import sign
from telephony.simulator.transport import Reply

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier

BASE = "https://centre.example"
SURVEY_NUMBER, HOTLINE_NUMBER = "+861010012345", "+861010054321"
TERMINAL = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_WRAP_UP_S, _SWEEP_S, _NEXT_TRY_S = 5.0, 120.0, 20.0


class LittleCentre:
    """The application's side of the wire; give `post` to the carrier, then `open` the desks."""

    def __init__(self, numbers: Sequence[str], interviewers: int, operators: int = 0) -> None:
        self.numbers = deque(numbers)
        self.desks = [Desk(f"s{i}", is_survey=True) for i in range(interviewers)]
        self.desks += [Desk(f"h{i}", is_survey=False) for i in range(operators)]
        self.books = Books()
        self.waiting: dict[str, str] = {}
        self._carrier: Carrier | None = None
        self._is_closing = False

    @property
    def carrier(self) -> Carrier:
        """Return the carrier this centre works with."""
        if self._carrier is None:
            raise RuntimeError("open() the centre first")
        return self._carrier

    @property
    def is_busy(self) -> bool:
        """Tell whether a number is still to be dialled or a call still going on."""
        return bool(self.numbers) or any(desk.call or desk.number for desk in self.desks)

    def open(self, carrier: Carrier) -> None:
        """Seat everybody."""
        self._carrier = carrier
        for desk in self.desks:
            self._connect(desk)
        carrier.timeline.after(_SWEEP_S, self._sweep)

    def _connect(self, desk: Desk) -> None:
        desk.leg = self.carrier.softphones.connect_as(desk.room, {"room": desk.room})

    def close(self) -> None:
        """Send everybody home."""
        self._is_closing = True
        for desk in self.desks:
            if desk.leg is not None:
                self.carrier.hang_up(desk.leg)

    def ask(
        self, method: str, path: str, form: Mapping[str, str | Sequence[str]]
    ) -> tuple[int, dict[str, object]]:
        """Send a request to the carrier."""
        config = self.carrier.config
        status, answer = self.carrier.rest.handle(
            method,
            f"/2010-04-01/Accounts/{config.account_sid}{path}",
            form,
            basic(config.account_sid, config.auth_token),
        )
        return status, answer or {}

    # The pages

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Answer the carrier's requests."""
        if headers.get("X-Twilio-Signature") != sign(url, form, self.carrier.config.auth_token):
            self.books.forged += 1
            return 403, ""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        page = getattr(self, "_page_" + parts.path.strip("/").replace("/", "_").replace("-", "_"))
        return 200, str(page(form, query))

    def _page_voice_client(self, form: Mapping[str, str], query: Mapping[str, str]) -> str:
        return self._room(form["room"], "agent")

    def _room(self, room: str, label: str) -> str:
        return (
            f'<Response><Dial><Conference participantLabel="{label}" beep="false" '
            f'endConferenceOnExit="{"true" if label == "agent" and room.startswith("s") else "false"}" '
            f'statusCallback="{BASE}/events/room" statusCallbackEvent="start end join leave mute hold modify">'
            f"{escape(room)}</Conference></Dial></Response>"
        )

    def _page_voice_hotline(self, form: Mapping[str, str], query: Mapping[str, str]) -> str:
        return (
            "<Response><Say>您好，这里是希望热线。</Say>"
            f'<Enqueue waitUrl="{BASE}/voice/wait" action="{BASE}/voice/queue-result">hope</Enqueue></Response>'
        )

    def _page_voice_wait(self, form: Mapping[str, str], query: Mapping[str, str]) -> str:
        self.waiting[form["CallSid"]] = form["QueueSid"]
        self.carrier.timeline.after(0.0, self._dispatch)
        return "<Response><Say>请稍候。</Say><Play>https://centre.example/music.mp3</Play><Pause length='9'/></Response>"

    def _page_voice_queue_result(self, form: Mapping[str, str], query: Mapping[str, str]) -> str:
        self.books.queue_results.append(form["QueueResult"])
        self.waiting.pop(form["CallSid"], None)
        return "<Response><Hangup/></Response>"

    def _page_voice_join(self, form: Mapping[str, str], query: Mapping[str, str]) -> str:
        return self._room(query["room"], "caller")

    # The events

    def _is_new(self, key: str, form: Mapping[str, str]) -> bool:
        if key in self.books.seen:
            self.books.repeated += 1
            return False
        self.books.seen[key] = dict(form)
        return True

    def _page_events_room(self, form: Mapping[str, str], query: Mapping[str, str]) -> str:
        if not self._is_new(f"cf:{form['ConferenceSid']}:{form['SequenceNumber']}", form):
            return ""
        desk = next(d for d in self.desks if d.room == form["FriendlyName"])
        event, label = form["StatusCallbackEvent"], form.get("ParticipantLabel")
        if event == "participant-join" and label == "agent":
            desk.is_ready, desk.conference = True, form["ConferenceSid"]
            self.carrier.timeline.after(_WRAP_UP_S, lambda: self._next(desk))
        elif event == "participant-leave" and label == "agent" and not self._is_closing:
            # The carrier ends every leg after some hours; a desk takes its headset up again.
            desk.is_ready = False
            self.carrier.timeline.after(_WRAP_UP_S, lambda: self._connect(desk))
        elif event == "participant-leave" and label == "caller" and desk.call == form["CallSid"]:
            self._free(desk)
        return ""

    def _page_events_call(self, form: Mapping[str, str], query: Mapping[str, str]) -> str:
        if self._is_new(f"ca:{form['CallSid']}:{form['SequenceNumber']}", form):
            self._reduce(query["key"], form["CallSid"], form["CallStatus"])
        return ""

    def _reduce(self, number: str, call: str, status: str) -> None:
        desk = next((d for d in self.desks if d.number == number), None)
        if number in self.books.outcomes:
            return
        if status in TERMINAL:
            self.books.outcomes[number] = status
            if desk is not None:
                self._free(desk)
        elif status == "in-progress" and desk is not None and not desk.talks:
            desk.talks, desk.call = True, call
            self.carrier.timeline.after(self._talk_s(number), lambda: self._end_talk(desk, call))

    def _talk_s(self, number: str) -> float:
        temper = self.carrier.people(number).temper
        long = 240.0 + 240.0 * chance(self.carrier.config.seed, "talk", number)
        return {Temper.COOPERATIVE: long, Temper.APPOINTMENT: 45.0}.get(temper, 600.0)

    # The work

    def _end_talk(self, desk: Desk, call: str) -> None:
        if desk.call != call:
            return
        status, _ = self.ask("DELETE", f"/Conferences/{desk.conference}/Participants/{call}.json", {})
        if status not in (204, 404):
            self.carrier.timeline.after(_NEXT_TRY_S, lambda: self._end_talk(desk, call))

    def _free(self, desk: Desk) -> None:
        desk.number, desk.call, desk.talks = None, None, False
        self.carrier.timeline.after(_WRAP_UP_S, lambda: self._next(desk))

    def _next(self, desk: Desk) -> None:
        if not desk.is_survey:
            self._dispatch()
        elif desk.is_ready and desk.number is None and self.numbers:
            desk.number = self.numbers.popleft()
            self._dial(desk, desk.number)

    def _dial(self, desk: Desk, number: str) -> None:
        status, answer = self.ask("POST", f"/Conferences/{desk.room}/Participants.json", {
            "To": number, "From": SURVEY_NUMBER, "Label": "resident", "Timeout": "25", "EarlyMedia": "true",
            "StatusCallback": f"{BASE}/events/call?{urlencode({'key': number})}",
            "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"],
        })  # fmt: skip
        if status == 201:
            self.books.calls_dialled += 1
            desk.call = desk.call or str(answer["call_sid"])
        else:
            # It may have been dialled all the same: look before trying again.
            self.carrier.timeline.after(_NEXT_TRY_S, lambda: self._look(desk, number))

    def _look(self, desk: Desk, number: str) -> None:
        if desk.number != number:
            return
        status, answer = self.ask("GET", "/Calls.json", {"To": number})
        calls = answer.get("calls")
        if status != 200 or not isinstance(calls, list):
            self.carrier.timeline.after(_NEXT_TRY_S, lambda: self._look(desk, number))
        elif calls:
            self.books.calls_dialled += 1
            desk.call = str(calls[0]["sid"])
        else:
            self._dial(desk, number)

    def _dispatch(self) -> None:
        for desk in self.desks:
            if desk.is_survey or not desk.is_ready or desk.call is not None:
                continue
            while self.waiting and desk.call is None:
                call, queue = next(iter(self.waiting.items()))
                del self.waiting[call]
                url = f"{BASE}/voice/join?room={desk.room}"
                status, _ = self.ask("POST", f"/Queues/{queue}/Members/{call}.json", {"Url": url})
                if status == 200:
                    desk.call = call

    def _sweep(self) -> None:
        """Ask the carrier about calls whose last word may have been lost."""
        for desk in self.desks:
            if desk.call is None:
                continue
            status, answer = self.ask("GET", f"/Calls/{desk.call}.json", {})
            if status == 200 and answer["status"] in TERMINAL:
                self.books.swept += 1
                if desk.number is not None:
                    self._reduce(desk.number, desk.call, str(answer["status"]))
                else:
                    self._free(desk)
            elif status == 200 and answer["status"] == "in-progress" and desk.number is not None:
                self._reduce(desk.number, desk.call, "in-progress")
        self.carrier.timeline.after(_SWEEP_S, self._sweep)
