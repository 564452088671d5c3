"""Arrivals: a contact is written down when the telephone rings, before anybody answers it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from core import clock, journal
from core.terms import Words
from hotline import menu
from hotline.callers import caller_from
from hotline.contacts import Contact, ContactState, Source, add_leg, contact_of_leg, fresh_token
from hotline.lines import HelpLine, LineKind, line_called
from hotline.ownership import owner_for
from hotline.same_operator import preferred_for
from telephony import line as telephone
from telephony.calls import Call
from telephony.inbound import Heard, keeps_numbers_apart, on_inbound, on_input, waits_at_home
from telephony.spoken import Say, Steps, Wait

GREETINGS: dict[LineKind, Words] = {
    LineKind.CITIZEN: Words(
        "您好，这里是民意热线，您反映的事会登记交办。",
        "Hello, this is the citizen line. What you raise is registered and followed up.",
    ),
    LineKind.COUNSELLING: Words(
        "您好，这里是希望热线，除非有生命危险，我们为您保密。",
        "Hello, this is the hope line. Unless a life is in danger, what you say stays with us.",
    ),
}
"""Short, because every second of it is waited: people dial these numbers in need."""
RECORDED = Words(
    "通话将录音，不愿录音请告诉接线员。督导可能旁听。",
    "This call is recorded; if you would rather not, tell the operator. A supervisor may listen in.",
)
LISTENED = Words("督导可能旁听。", "A supervisor may listen in.")
CONNECTING = Words("请稍候。", "One moment, please.")


def answer_callers() -> None:
    """Let the hotline answer its numbers, and keep the numbers of those who call them."""
    on_inbound(greet, is_first=True)  # a number may be the survey's own as well: whoever calls comes first
    keeps_numbers_apart(lambda session, called: line_called(session, called) is not None)
    waits_at_home(_home)
    on_input(menu.QUESTION, chosen)


def greet(session: Session, call: Call, heard: Heard) -> Steps | None:
    """Write the caller down and greet them; people in need hear no menu but that of the languages, where any are set."""
    line = line_called(session, heard.called)
    if line is None:
        return None
    contact = arrive(session, line, call, number=heard.caller, at=clock.now())
    contact.noticed_at = (
        contact.noticed_at or contact.rung_at
    )  # the greeting tells of supervisors who may listen
    greeting = (GREETINGS[line.kind], RECORDED if contact.is_recorded else LISTENED, CONNECTING)
    *hello, connecting = (Say(words) for words in greeting)
    return [*hello, *menu.ask(session, line, contact), connecting, Wait(line.queue)]


def chosen(session: Session, call: Call, heard: Heard) -> Steps | None:
    """Note the language whose key a caller has pressed in the greeting, and let them wait."""
    line, at = line_called(session, heard.called), clock.now()
    if line is None:
        return None
    contact = contact_of_leg(session, call) or arrive(session, line, call, number=heard.caller, at=at)
    return [*menu.choose(session, line, contact, heard.digits, at=at), Wait(line.queue)]


def arrive(session: Session, line: HelpLine, call: Call, *, number: str | None, at: datetime) -> Contact:
    """Write down that somebody calls; however often it is told, there is one contact for a call."""
    found = contact_of_leg(session, call)
    if found is not None:
        return found
    caller = caller_from(session, line.kind, number, at=at)
    contact = Contact(
        token=fresh_token(),
        line=line.kind,
        source=Source.PHONE,
        state=ContactState.ARRIVED,
        caller_id=caller.id,
        preferred_by=preferred_for(session, caller, at=at),
        call_id=call.id,
        owner_id=owner_for(session, line, at=at),
        rung_at=at,
        is_recorded=line.is_recorded and _records(),
    )
    session.add(contact)
    session.flush()
    add_leg(session, contact, call)
    journal.write(session, "contact.arrive", contact, by=None, at=at, line=line.kind.value)
    return contact


def _records() -> bool:
    """Say whether the telephone line in use can record: nobody is told of what isn't done."""
    in_use = telephone.in_use()
    return in_use is not None and in_use.capabilities().records


def _home(session: Session, call: Call) -> str | None:
    contact = contact_of_leg(session, call)
    return f"line-{contact.line.value}" if contact is not None else None
