"""Text messages: queued, sent, delivered or not, with a callback at each step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from telephony.simulator.chance import chance
from telephony.simulator.leg import rfc2822

if TYPE_CHECKING:
    from telephony.simulator.carrier import Carrier

_UNREACHABLE = 30003


@dataclass(eq=False)
class Message:
    """One text on its way."""

    sid: str
    from_: str
    to: str
    body: str
    created_at: datetime
    callback_url: str | None
    status: str = "queued"
    error_code: int | None = None
    sent_at: datetime | None = None


class Messages:
    """All texts of the carrier."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.all: dict[str, Message] = {}
        self._opened = 0

    def send(self, from_: str, to: str, body: str, callback_url: str | None) -> Message:
        """Take a text and deliver it a few seconds later, if its number is in service."""
        sid = "SM" + self._carrier.name("message", self._opened)
        self._opened += 1
        message = Message(sid, from_, to, body, self._carrier.timeline.now(), callback_url)
        self.all[sid] = message
        reaches = self._carrier.people(to).trait("in service") >= 0.06
        slow = 2.0 + 8.0 * chance(self._carrier.config.seed, "text", sid)
        after = self._carrier.timeline.after
        after(1.0, lambda: self._move(message, "sent"))
        after(slow, lambda: self._move(message, "delivered" if reaches else "undelivered"))
        return message

    def _move(self, message: Message, status: str) -> None:
        message.status = status
        if status == "sent":
            message.sent_at = self._carrier.timeline.now()
        if status == "undelivered":
            message.error_code = _UNREACHABLE
        if message.callback_url is None:
            return
        form = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "To": message.to,
            "From": message.from_,
            "AccountSid": self._carrier.config.account_sid,
            "ApiVersion": "2010-04-01",
        }
        if message.error_code is not None:
            form["ErrorCode"] = str(message.error_code)
        self._carrier.mail.notify(message.sid, message.callback_url, form)


def message_answer(account_sid: str, message: Message) -> dict[str, object]:
    """Tell a text as the vendor's interface shows it."""
    uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{message.sid}"
    per_part = 67 if any(ord(letter) > 127 for letter in message.body) else 153
    return {
        "sid": message.sid,
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "num_segments": str(max(1, -(-len(message.body) // per_part))),
        "num_media": "0",
        "direction": "outbound-api",
        "from": message.from_,
        "to": message.to,
        "status": message.status,
        "error_code": message.error_code,
        "error_message": "Unreachable destination handset" if message.error_code else None,
        "messaging_service_sid": None,
        "price": None,
        "price_unit": "USD",
        "date_created": rfc2822(message.created_at),
        "date_updated": rfc2822(message.sent_at or message.created_at),
        "date_sent": rfc2822(message.sent_at),
        "uri": f"{uri}.json",
        "subresource_uris": {"media": f"{uri}/Media.json"},
    }
