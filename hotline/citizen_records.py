"""The citizen line's records: what is being typed, the matters a call led to, and how the call ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.problems import Invalid, Missing
from core.secrets import SealedText
from core.terms import Term, Words, coded
from hotline.contacts import Contact
from hotline.lines import LineKind
from matters.attributes import IdentityClass
from matters.matter import Matter

SAYING = ("narrative", "topic", "place", "spot", "name", "number")
"""Fields of which any says something; the others only choose how to treat it."""


class CitizenResult(Term):
    """How a call on the citizen line ended."""

    REGISTERED = "registered", "已登记诉求", "A matter was registered"
    ANSWERED = "answered", "当场答复", "Answered on the line"
    LOOKED_UP = "looked_up", "查询进度", "Told where a matter stands"
    ADVISED = "advised", "告知其他渠道", "Told where else to turn"
    INCOMPLETE = "incomplete", "没有说完就挂断", "Hung up before saying all"
    WRONG_NUMBER = "wrong_number", "打错电话", "Wrong number"
    SILENT = "silent", "无声", "Silent"
    HARASSING = "harassing", "骚扰", "Harassing"


class LedTo(Term):
    """What a call did with a matter."""

    REGISTERED = "registered", "登记", "Registered"
    ANSWERED = "answered", "当场答复", "Answered on the line"
    LOOKED_UP = "looked_up", "查询", "Looked up"
    KEPT = "kept", "待补登，由民意中心回拨", "Kept as a draft to ring back about"


class CitizenRecord(Base):
    """What belongs to one call on the citizen line beside its matters."""

    __tablename__ = "citizen_record"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), unique=True)
    draft: Mapped[str | None] = mapped_column(SealedText("note"))
    """The form as it is being typed, so that nothing is lost with a tab; gone once it is registered."""
    draft_number: Mapped[int] = mapped_column(default=0)
    """Goes up with every change, so that a page notices what it has not seen."""
    result: Mapped[CitizenResult | None] = mapped_column(coded(CitizenResult))
    note: Mapped[str | None] = mapped_column(SealedText("note"))
    changed_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    changed_at: Mapped[datetime]

    contact: Mapped[Contact] = relationship()


class ContactMatter(Base):
    """A matter that a call led to; of an anonymous one nothing but that there was one."""

    __tablename__ = "contact_matter"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    matter_id: Mapped[int | None] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    led_to: Mapped[LedTo] = mapped_column(coded(LedTo))
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    at: Mapped[datetime]

    matter: Mapped[Matter | None] = relationship()


def own_call(session: Session, contact: Contact, by: Staff) -> Contact:
    """Return a call of the citizen line to whoever took it; for others there is none."""
    if contact.line is not LineKind.CITIZEN or contact.taken_by != by.id:
        raise Missing
    return contact


def record_of(session: Session, contact: Contact, *, locks: bool = False) -> CitizenRecord | None:
    """Return what was written of a call, if anything was."""
    query = sa.select(CitizenRecord).where(CitizenRecord.contact_id == contact.id)
    return session.scalars(query.with_for_update() if locks else query).first()


def changing(session: Session, contact: Contact, *, by: Staff, at: datetime) -> CitizenRecord:
    """Return the record of a call for somebody who changes it now, locked, and begun where there is none."""
    session.refresh(contact, with_for_update=True)
    record = record_of(session, contact, locks=True)
    if record is None:
        record = CitizenRecord(contact_id=contact.id, draft_number=0, changed_by=by.id, changed_at=at)
        session.add(record)
    record.draft_number += 1
    record.changed_by, record.changed_at = by.id, at
    return record


def typed_of(record: CitizenRecord | None) -> dict[str, str]:
    """Return what was typed of a call and not yet registered."""
    return dict(json.loads(record.draft)) if record is not None and record.draft else {}


def link(
    session: Session, contact: Contact, matter: Matter, led_to: LedTo, *, by: Staff, at: datetime
) -> ContactMatter:
    """Note that a call led to a matter; an anonymous caller's matter is never tied to their number."""
    record = changing(session, contact, by=by, at=at)
    is_anonymous = matter.identity is IdentityClass.ANONYMOUS
    row = ContactMatter(
        contact_id=contact.id,
        matter_id=None if is_anonymous else matter.id,
        led_to=led_to,
        by_id=by.id,
        at=at,
    )
    session.add(row)
    if led_to is not LedTo.LOOKED_UP:
        record.draft = None
    if led_to is not LedTo.KEPT and (record.result is None or led_to is not LedTo.LOOKED_UP):
        record.result = CitizenResult.of(led_to.value)
    session.flush()
    return row


def led_to(session: Session, contact: Contact) -> Sequence[ContactMatter]:
    """Return what a call led to, in order."""
    query = sa.select(ContactMatter).where(ContactMatter.contact_id == contact.id)
    return session.scalars(query.order_by(ContactMatter.id)).all()


def must_be_whole(session: Session, contact: Contact) -> None:
    """Refuse to finish a call that says neither what it led to nor how it ended."""
    record = record_of(session, contact)
    typed = typed_of(record)
    is_typed = any(typed.get(name, "").strip() for name in SAYING)
    if record is not None and is_typed and record.result is not CitizenResult.INCOMPLETE:
        raise Invalid(
            Words(
                "表里还有没登记的内容：请登记，或清空，或把结果选为“没有说完就挂断”。内容都在",
                "The form still holds something unregistered: register it, clear it, or choose “hung up "
                "before saying all”. Nothing was lost",
            ),
            fields={"narrative": Words("还没有登记", "Not registered yet")},
        )
    if record is None or record.result is None:
        raise Invalid(
            Words("还没有选结果，来电没有完成", "The result is missing, so the call is not finished"),
            fields={"result": Words("请选择结果", "Choose the result")},
        )
