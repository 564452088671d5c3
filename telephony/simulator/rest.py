"""The carrier's door for the application: every request and every answer checked against the contract."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from telephony.contract import Breach, check_answer, check_request, find_operation
from telephony.simulator import rest_calls, rest_others, rest_rooms
from telephony.simulator.asking import Asked, NotTaken, Values
from telephony.simulator.faults import Refusal

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier

Answer = tuple[int, dict[str, object] | None]
Handler = Callable[["Carrier", Values, Asked], Answer]

_ACCOUNT = "/2010-04-01/Accounts/{AccountSid}"
HANDLERS: dict[tuple[str, str], Handler] = {
    (method, path if path.startswith("/2010") else _ACCOUNT + path): handler
    for table in (rest_calls.HANDLERS, rest_rooms.HANDLERS, rest_others.HANDLERS)
    for (method, path), handler in table.items()
}


def problem(status: int, code: int, message: str) -> Answer:
    """Tell an error as the vendor does."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return status, {"code": code, "message": message, "more_info": more, "status": status}


class Rest:
    """Take requests from the application; also callable in-process, without any HTTP."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._requests = 0

    def handle(
        self, method: str, path: str, form: Mapping[str, str | Sequence[str]], authorization: str | None
    ) -> Answer:
        """Answer one request; a GET's form is its query."""
        with self._carrier.timeline.lock:
            return self._handle(method.upper(), path.partition("?")[0], form, authorization)

    def _handle(
        self, method: str, path: str, form: Mapping[str, str | Sequence[str]], authorization: str | None
    ) -> Answer:
        if not self._knows(authorization, path):
            return problem(401, 20003, "Authenticate")
        self._requests += 1
        refusal = self._carrier.faults.refusal(f"request {self._requests}")
        if refusal is Refusal.NOTHING_DONE:
            return problem(503, 20503, "Service unavailable")
        try:
            operation, values = find_operation(method, path)
            check_request(method, path, form)
            handler = HANDLERS.get((method, operation.template))
            if handler is None:
                return problem(405, 20004, "This carrier does not offer that")
            status, answer = handler(self._carrier, values, Asked(path, form))
        except Breach as breach:
            missing = "not in the published interface" in breach.problem
            return problem(404 if missing else 400, 20404 if missing else 20001, str(breach))
        except NotTaken as refused:
            return problem(refused.status, refused.code, refused.message)
        if self._carrier.config.checks_answers:
            check_answer(method, path, status, answer)
        if refusal is Refusal.DONE_BUT_UNSAID:
            return problem(500, 20500, "An internal server error has occurred")
        return status, answer

    def _knows(self, authorization: str | None, path: str) -> bool:
        config = self._carrier.config
        scheme, _, encoded = (authorization or "").partition(" ")
        if scheme.lower() != "basic" or config.account_sid not in path:
            return False
        try:
            given = base64.b64decode(encoded, validate=True)
        except ValueError:
            return False
        pairs = [f"{config.account_sid}:{config.auth_token}"]
        if config.api_key_sid and config.api_key_secret:
            pairs.append(f"{config.api_key_sid}:{config.api_key_secret}")
        return any(hmac.compare_digest(given, pair.encode()) for pair in pairs)


def basic(user: str, password: str) -> str:
    """Return the header of a client that knows its secret."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
