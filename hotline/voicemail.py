"""Voicemail: whoever would rather speak than wait leaves a message, which has an owner and is called back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock, journal
from core.people import Staff
from core.permissions import Permission
from core.problems import Missing
from core.terms import Words
from hotline.callbacks import CallBack, CallBackReason, CallBackState
from hotline.contacts import Contact, ContactLeg, ContactState, WayOut, contact_of_leg
from hotline.hearing import hear
from hotline.lines import SKILL, LineKind
from hotline.read_log import ReadPurpose
from hotline.roster import may_lead
from hotline.sight import purpose_of, stated
from hotline.waiting import take_messages
from telephony.calls import Call
from telephony.inbound import Heard, on_input
from telephony.recordings import Recording, RecordingState
from telephony.spoken import End, Say, Steps
from telephony.voice_messages import is_talk, leave_message

QUESTION = "hotline-message"
ASKED = frozenset({WayOut.MESSAGE, WayOut.FULL, WayOut.TROUBLE})
"""Ways out of the queue that lead to a message; whoever asked to be called back needs none."""

SPEAK = Words(
    "请在提示音后留言，说完按井号键或直接挂机。留言会录音，由值班人员听取，我们会尽快给您回电。",
    "Leave your message after the tone, then press hash or hang up. It is recorded and heard by the people on "
    "duty, and we will call you back soon.",
)
SPEAK_WITHHELD = Words(
    "我们看不到您的号码。请在提示音后留言，并说出回电号码，说完按井号键或直接挂机。留言会录音，由值班人员听取。",
    "Your number is withheld. Leave your message after the tone and say where to call you, then press hash or "
    "hang up. It is recorded and heard by the people on duty.",
)
THANKS = Words("谢谢，留言已经收到，我们会尽快给您回电。再见。", "Thank you, we have your message. Goodbye.")
NOTHING = Words(
    "没有听到您的留言，您的来电已经登记。再见。", "We heard no message; your call is noted. Goodbye."
)


def offer_message(session: Session, contact: Contact, call: Call) -> Steps | None:
    """Let a caller whose waiting is over leave a message; the promise to call back is written down already."""
    if contact.left_by not in ASKED:
        return None
    is_withheld = contact.caller is None or contact.caller.is_withheld
    return [
        Say(SPEAK_WITHHELD if is_withheld else SPEAK, contact.voice),
        leave_message(session, call, QUESTION, at=clock.now()),
        Say(NOTHING, contact.voice),
        End(),
    ]


def taken(session: Session, call: Call, heard: Heard) -> Steps:
    """Thank for a message."""
    contact = contact_of_leg(session, call)
    language = contact.voice if contact is not None else "zh"
    if contact is not None and heard.recorded_s is not None:
        journal.write(session, "contact.message", contact, by=None, at=clock.now(), seconds=heard.recorded_s)
    return [Say(THANKS, language), End()]


def messages(session: Session, contact: Contact) -> list[Recording]:
    """Return the messages left in an episode, first come first."""
    return _messages_of(session, [contact]).get(contact.id, [])


def _messages_of(session: Session, contacts: Sequence[Contact]) -> dict[int, list[Recording]]:
    query = _LEFT.where(ContactLeg.contact_id.in_([contact.id for contact in contacts]))
    found: dict[int, list[Recording]] = defaultdict(list)
    for contact_id, message in session.execute(query.order_by(Recording.call_id, Recording.id)):
        found[contact_id].append(message)
    return found


_LEFT = (
    sa.select(ContactLeg.contact_id, Recording)
    .join(Recording, Recording.call_id == ContactLeg.call_id)
    .where(Recording.state == RecordingState.READY, ~is_talk())
)
_HAS_MESSAGE = _LEFT.where(ContactLeg.contact_id == Contact.id).correlate(Contact).exists()


def _may_be_theirs(by: Staff) -> sa.ColumnElement[bool]:
    """Say in a query which contacts can be somebody's to hear; it is asked of each once more."""
    led = [kind for kind in LineKind if may_lead(by, kind)]
    own = sa.or_(Contact.owner_id == by.id, Contact.taken_by == by.id, CallBack.held_by == by.id)
    return sa.or_(Contact.line.in_(led), own)


@dataclass(frozen=True)
class Waiting:
    """A contact whose messages wait to be heard and answered."""

    contact: Contact
    promise: CallBack
    messages: list[Recording]


def inbox(session: Session, *, by: Staff, at: datetime, limit: int = 200) -> list[Waiting]:
    """Return the messages somebody may hear whose callers were not reached yet, oldest first."""
    query = (
        sa.select(CallBack)
        .join(Contact, Contact.id == CallBack.contact_id)
        .where(
            CallBack.reason == CallBackReason.MESSAGE, CallBack.state != CallBackState.DONE,
            Contact.state != ContactState.DONE, _may_be_theirs(by), _HAS_MESSAGE,
        )
        .options(joinedload(CallBack.contact).joinedload(Contact.caller))
        .order_by(CallBack.created_at, CallBack.id)
    )  # fmt: skip
    mine = [
        promise for promise in session.scalars(query.limit(limit))
        if may_lead(by, promise.contact.line)
        or _purpose(session, promise.contact, promise.held_by, by, at) is not None
    ]  # fmt: skip
    left = _messages_of(session, [promise.contact for promise in mine])
    return [Waiting(one.contact, one, left[one.contact_id]) for one in mine if left[one.contact_id]]


def message_to_hear(session: Session, contact: Contact, which: int, *, by: Staff, at: datetime) -> str:
    """Return the line's reference of a message for whoever answers for it; every hearing is written down."""
    purpose = _purpose(session, contact, _holder(session, contact), by, at)
    if purpose is None:
        raise Missing
    if purpose is not ReadPurpose.FOLLOW_UP:
        purpose = stated(session, contact, by=by, at=at) or purpose
    found = next((one for one in messages(session, contact) if one.id == which), None)
    return hear(session, contact, found, "message", purpose, by=by, at=at)


def may_hear(session: Session, contact: Contact, *, by: Staff, at: datetime) -> bool:
    """Say whether a contact's messages are somebody's to hear."""
    return _purpose(session, contact, _holder(session, contact), by, at) is not None


def _holder(session: Session, contact: Contact) -> int | None:
    return session.scalar(sa.select(CallBack.held_by).where(CallBack.contact_id == contact.id))


def _purpose(
    session: Session, contact: Contact, holder: int | None, by: Staff, at: datetime
) -> ReadPurpose | None:
    """Say what somebody may hear a message for: who calls back, whose record it is, or the shift lead."""
    if by.may(SKILL[contact.line]) and holder == by.id:
        return ReadPurpose.FOLLOW_UP
    if contact.line is LineKind.COUNSELLING:
        return purpose_of(session, contact, by=by, at=at)
    is_theirs = by.may(SKILL[contact.line]) and by.id in (contact.taken_by, contact.owner_id)
    return ReadPurpose.DUTY if is_theirs or by.may(Permission.HOTLINE_LEAD) else None


def take_voicemail() -> None:
    """Let every line of the house take messages."""
    take_messages(offer_message)
    on_input(QUESTION, taken)
