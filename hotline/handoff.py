"""Hand-off: a problem that isn't psychological goes to the matters desk, one way, as one sentence and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.db import Base, Id
from core.people import Staff
from core.places import Place
from core.problems import Invalid
from core.secrets import SealedText
from core.terms import Words
from hotline.contacts import Contact
from hotline.kept_back import KeptBack, kept_back, tells_a_number
from hotline.read_log import ReadPurpose, note_read
from matters.attributes import IdentityClass, MatterKind, Origin
from matters.enquiry import Told, told_to_holder
from matters.registration import Statement, lacking, register

LONGEST = 120
SHORTEST = 6


class HandOff(Base):
    """That something was handed over; which matter it became is sealed, and matters know nothing of it."""

    __tablename__ = "hand_off"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    form_key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    """One form makes one matter, however often it is sent."""
    receipt: Mapped[str] = mapped_column(SealedText("counselling"))
    handed_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    handed_at: Mapped[datetime]


@dataclass(frozen=True)
class Sentence:
    """All that goes over: a sentence made for it, a kind, a topic, a place, and whether the desk may call."""

    words: str
    kind: MatterKind | None
    topic: str
    place: Place | None
    spot: str = ""
    may_call: bool = False
    consented: bool = False


@dataclass(frozen=True)
class Handed:
    """What the caller is told: the receipt to ask with, and its PIN, once."""

    receipt: str
    pin: str | None


def wrong_with(sentence: Sentence) -> dict[str, Words]:
    """Say, field by field, why this may not go over."""
    words = sentence.words.strip()
    wrong: dict[str, Words] = {}
    if not sentence.consented:
        wrong["consent"] = Words("来电人同意之后才能移交", "Hand over only after the caller said yes")
    statement = _statement(sentence, None)
    wrong |= {
        name: why for name, why in lacking(statement).items() if name in ("kind", "topic", "place", "spot")
    }
    for name, text in (("words", words), ("spot", sentence.spot)):
        found = kept_back(text)
        if found:
            wrong[name] = _about(found)
        elif tells_a_number(text):
            wrong[name] = Words(
                "句子里有号码。号码不随移交过去，请删掉",
                "There is a number in it; numbers don't go over. Take it out",
            )
    if "words" not in wrong and not SHORTEST <= len(words) <= LONGEST:
        wrong["words"] = Words(
            f"请用一句话写清要办的事（{SHORTEST}–{LONGEST} 字）",
            f"Say in one sentence what is to be done ({SHORTEST}–{LONGEST} characters)",
        )
    return wrong


def _about(found: list[KeptBack]) -> Words:
    zh, en = "、".join(f"“{one.word}”" for one in found), ", ".join(f"“{one.word}”" for one in found)
    instead = next((one.instead for one in found if one.instead), None)
    hint_zh = f"可以写：{instead.zh}。" if instead else "请只写要办的事，不写来电人的感受和处境。"
    hint_en = (
        f"Say instead: {instead.en}."
        if instead
        else "Write only what is to be done, nothing of how the caller feels."
    )
    return Words(
        f"{zh} 不能出这间屋子，没有移交，写的都在。{hint_zh}",
        f"{en} must not leave this room; nothing was handed over and what you wrote is kept. {hint_en}",
    )


def _statement(sentence: Sentence, number: str | None) -> Statement:
    identity = IdentityClass.PROTECTED if number else IdentityClass.ANONYMOUS
    return Statement(
        narrative=sentence.words.strip(), kind=sentence.kind, topic=sentence.topic, place=sentence.place,
        spot=sentence.spot, identity=identity, consent_read=sentence.consented, number=number,
    )  # fmt: skip


def hand_off(
    session: Session, contact: Contact, sentence: Sentence, *, form_key: str, by: Staff, at: datetime
) -> Handed:
    """Register the sentence as a matter nobody can trace back, and keep the way to it sealed on this side.

    The desk sees a matter of the line like any other: its origin, its registrar and its journal say neither which
    line nor which operator it came from. The number goes along only where the caller said that the desk may call.
    """
    known = session.scalars(sa.select(HandOff).where(HandOff.form_key == form_key)).first()
    if known is not None:
        return Handed(known.receipt, None)
    wrong = wrong_with(sentence)
    if wrong:
        raise Invalid(
            Words("没有移交，写的内容都在", "Nothing was handed over; what you wrote is kept"), fields=wrong
        )
    number = contact.caller.number if sentence.may_call and contact.caller is not None else None
    registered = register(session, _statement(sentence, number), origin=Origin.CITIZEN_LINE, by=None, at=at)
    receipt = registered.matter.receipt or ""
    session.add(
        HandOff(contact_id=contact.id, form_key=form_key, receipt=receipt, handed_by=by.id, handed_at=at)
    )
    session.flush()
    note_read(
        session,
        by=by,
        contact=contact,
        purpose=ReadPurpose.HAND_OFF,
        record="hand_off",
        fields=("sentence",),
        at=at,
    )
    return Handed(receipt, registered.pin)


def handed_over(session: Session, contact: Contact) -> list[tuple[HandOff, Told | None]]:
    """Return what was handed over of a contact, each with how it stands, in the words residents are told."""
    query = sa.select(HandOff).where(HandOff.contact_id == contact.id).order_by(HandOff.id)
    return [(row, told_to_holder(session, row.receipt)) for row in session.scalars(query)]
