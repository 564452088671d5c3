"""The citizen line's work during a call: register what is raised, answer an enquiry, tell where a matter stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, secrets
from core.people import Staff
from core.problems import Invalid, Missing
from core.terms import Words
from hotline.callbacks import CallBackReason
from hotline.citizen_records import CitizenResult, LedTo, led_to, link, own_call, record_of, typed_of
from hotline.contacts import Contact
from hotline.missing import call_back_of, promise_call_back
from matters import answers, enquiry, knowledge, receipts, statements
from matters.attributes import IdentityClass, MatterKind, Origin
from matters.flow import MatterAction, Side
from matters.matter import Matter
from matters.moving import act
from matters.promises import Registered
from matters.registration import Statement, raise_problem, register
from matters.reporters import Reporter


@dataclass(frozen=True)
class Told:
    """What whoever holds a receipt is told."""

    told: enquiry.Told
    answer: answers.Answer
    is_own_number: bool
    """Known by the number they call from, so that no PIN was needed."""


class NotTogether(Missing):
    """Receipt and PIN, or receipt and number, do not belong together."""

    words = Words(
        "编号和密码对不上；来电号码也不是登记时的号码。请核对后再查，不要说出任何内容",
        "Receipt and PIN do not belong together, and the call is not from the number on it. Check them "
        "again, and tell nothing",
    )


def statement_of(
    session: Session, contact: Contact, typed: Mapping[str, str], *, is_draft: bool = False
) -> Statement:
    """Read the typed form; the number they call from goes along sealed, unless they stay anonymous."""
    calls_from = contact.caller.number if contact.caller is not None else None
    has_number = {"has_number": "1"} if calls_from else {}
    statement = statements.read(session, {**typed, **has_number}, is_draft=is_draft)
    if statement.identity is IdentityClass.ANONYMOUS:
        return statement
    return replace(statement, number=statement.number or calls_from)


def register_from(
    session: Session, contact: Contact, typed: Mapping[str, str], *, by: Staff, at: datetime
) -> Registered:
    """Register what a caller raised, and note on the call that it led there; several a call are possible."""
    own_call(session, contact, by)
    made = register(session, statement_of(session, contact, typed), origin=Origin.CITIZEN_LINE, by=by, at=at)
    link(session, contact, made.matter, LedTo.REGISTERED, by=by, at=at)
    return made


def keep_unfinished(session: Session, contact: Contact, *, by: Staff, at: datetime) -> Matter | None:
    """Keep what a caller could not finish saying as a draft, so that the desk rings them back to complete it.

    Once, and not while the hotline is to call them itself: nobody is rung by two. What is about the centre never
    lies open at its desk: it stays sealed with the call, and the hotline calls back.
    """
    record, promise = record_of(session, contact), call_back_of(session, contact)
    if record is None or record.result is not CitizenResult.INCOMPLETE:
        return None
    is_promised = promise is not None and promise.closed_at is None
    if is_promised or any(row.led_to is LedTo.KEPT for row in led_to(session, contact)):
        return None
    typed = typed_of(record)
    words = typed.get("narrative", "").strip() or (record.note or "").strip()
    if not words:
        return None
    try:
        statement = statement_of(session, contact, {**typed, "narrative": words}, is_draft=True)
        kept = raise_problem(session, statement, origin=Origin.CITIZEN_LINE, by=by, at=at)
    except Invalid:
        promise_call_back(session, contact, CallBackReason.BROKEN_OFF, at=at)
        return None
    link(session, contact, kept, LedTo.KEPT, by=by, at=at)
    return kept


def answer_from(
    session: Session, contact: Contact, typed: Mapping[str, str], article_id: int | None, *, by: Staff, at: datetime
) -> Registered:  # fmt: skip
    """Answer an enquiry from the knowledge base: registered and answered in one breath, if it contents the caller."""
    own_call(session, contact, by)
    article = knowledge.must_be_offered(session, article_id, clock.today(at))
    statement = replace(statement_of(session, contact, typed), kind=MatterKind.ENQUIRY)
    facts = {"article": article.id, "content": typed.get("content") == "1"}
    if not facts["content"]:
        raise Invalid(
            Words("还没有登记，填写的内容都保留着", "Not registered yet; what you typed is kept"),
            fields={
                "content": Words(
                    "来电人认可答复才算当场答复；不认可请按诉求登记",
                    "Only an answer that contents the caller ends it here; else register it",
                )
            },
        )
    made = register(session, statement, origin=Origin.CITIZEN_LINE, by=by, at=at)
    text = article.title
    act(session, made.matter, MatterAction.ANSWER, by=by, at=at, sides=(Side.CENTRE,), facts=facts, text=text)
    link(session, contact, made.matter, LedTo.ANSWERED, by=by, at=at)
    return made


def look_up(session: Session, contact: Contact, receipt: str, pin: str, *, by: Staff, at: datetime) -> Told:
    """Tell where a matter stands: to whoever knows the PIN, or calls from the number it was registered with."""
    own_call(session, contact, by)
    number = receipts.read_receipt(receipt)
    is_own = number is not None and _is_own_number(session, contact, number)
    told = enquiry.told_to_holder(session, number or "") if is_own else enquiry.told(session, receipt, pin)
    if told is None:
        raise NotTogether
    matter = session.scalars(sa.select(Matter).where(Matter.receipt == told.receipt)).one()
    link(session, contact, matter, LedTo.LOOKED_UP, by=by, at=at)
    return Told(told, answers.answer(session, told.receipt, at=at), is_own)


def _is_own_number(session: Session, contact: Contact, receipt: str) -> bool:
    if contact.caller is None or contact.caller.number is None:
        return False
    fingerprint = secrets.keyring().blind_index(contact.caller.number)
    query = (
        sa.select(Reporter.id)
        .join(Matter, Matter.id == Reporter.receipt_of_id)
        .where(Matter.receipt == receipt, Reporter.fingerprint == fingerprint)
    )
    return session.scalars(query).first() is not None
