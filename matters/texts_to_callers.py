"""Texts to callers: the receipt, and that a result is there; never what it was about, who raised it, or the PIN."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.phone import BadNumber, NumberKind, read_number
from core.problems import Forbidden, Invalid, Refused
from core.terms import Words
from matters.attributes import TryResult
from matters.caller_tries import CallerTry
from matters.matter import Matter
from matters.reporters import reporters_of
from matters.turns import CallerTurn
from telephony.dialling import send_text
from telephony.line import line
from telephony.texts import TextMessage

RECEIPT_SENT = "matter.receipt_text"
SOON = timedelta(minutes=30)
"""How long after registration its receipt can be sent: the caller has just agreed."""

_RECEIPT = Words(
    "【民意中心】您的登记编号 {receipt}，最晚 {month} 月 {day} 日前答复。凭编号和密码可在 {site} 查询，密码请勿告诉他人。",
    "[Opinion centre] Your receipt is {receipt}; you get an answer by {on}. Ask with receipt and PIN at {site}; "
    "tell nobody the PIN.",
)
_RESULT = Words(
    "【民意中心】编号 {receipt} 已有结果。凭编号和密码可在 {site} 查询，也可以等我们再给您打电话。",
    "[Opinion centre] There is a result for receipt {receipt}. Ask with receipt and PIN at {site}, or we call you again.",
)

NO_TEXTS = Words("对方是固定电话，收不到短信", "It is a fixed line and takes no texts")


def _site() -> str:
    address = urlsplit(line().settings.public_base_url)
    return f"{address.netloc}/status" if address.netloc else "/status"


def receipt_words(matter: Matter) -> Words:
    """Return the text that gives a caller their receipt and the promised day."""
    on = matter.promised_on or matter.raised_at.date()
    return _RECEIPT.filled(
        receipt=matter.receipt, month=on.month, day=on.day, on=f"{on:%-d %B}", site=_site()
    )


def result_words(receipt: str) -> Words:
    """Return the text that says that a result is there."""
    return _RESULT.filled(receipt=receipt, site=_site())


def can_text() -> bool:
    """Say whether the line in use sends texts."""
    return line().capabilities().texts


def takes_texts(number: str | None) -> bool:
    """Say whether a text can come to a number: a fixed line takes none."""
    try:
        return number is not None and read_number(number).kind is NumberKind.MOBILE
    except BadNumber:
        return False


def text_receipt(session: Session, matter: Matter, *, by: Staff, at: datetime) -> TextMessage:
    """Send the receipt to the caller who has just agreed to it; once, by whoever registered it."""
    if matter.registered_by != by.id or matter.registered_at is None or at > matter.registered_at + SOON:
        raise Forbidden(
            Words(
                "只有登记的人在 30 分钟内可以发", "Only whoever registered it, within 30 minutes, may send it"
            )
        )
    query = sa.select(journal.Entry.id).where(
        journal.Entry.record == journal.record_name(matter), journal.Entry.action == RECEIPT_SENT
    )
    if session.scalar(query.limit(1)) is not None:
        raise Refused(Words("编号短信已经发过", "The receipt has been sent already"))
    number = reporters_of(session, matter)[0].number
    if not number:
        raise Refused(Words("没有留号码，不能发短信", "No number was left, so no text can be sent"))
    if not takes_texts(number):
        raise Refused(NO_TEXTS)
    sent = send_text(session, number=number, body=receipt_words(matter).in_language("zh"), by=by, at=at)
    journal.write(session, RECEIPT_SENT, matter, by=by, at=at, text=sent.id)
    session.flush()
    return sent


def text_result(session: Session, turn: CallerTurn, *, by: Staff, at: datetime) -> CallerTry:
    """Tell a caller who was not reached by text that a result is there; by hand where the line sends no texts."""
    if not takes_texts(turn.reporter.number):
        raise Invalid(fields={"result": NO_TEXTS})
    own = turn.reporter.receipt_of.receipt or turn.matter.receipt or ""
    sent: TextMessage | None = None
    if can_text() and turn.reporter.number:
        body = result_words(own).in_language("zh")
        sent = send_text(session, number=turn.reporter.number, body=body, by=by, at=at)
    made = CallerTry(
        matter_id=turn.matter_id,
        reporter_id=turn.reporter_id,
        errand=turn.errand,
        round=turn.round,
        staff_id=by.id,
        text_id=sent.id if sent else None,
        made_at=at,
        result=TryResult.SENT,
        closed_at=at,
    )
    session.add(made)
    session.flush()
    return made
