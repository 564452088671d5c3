"""The distribution list: who is told that a bulletin is out, staff and people outside, by which way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.people import Staff
from core.permissions import Permission
from core.phone import BadNumber, NumberKind, masked, read_number
from core.problems import Invalid, Refused
from core.secrets import SealedText
from core.terms import LANGUAGES, Words
from reports.bulletins import BulletinKind

REMIND_AFTER = 24
"""Hours after which somebody who has not read is reminded, once."""
LONGEST_WAIT = 168
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


class BulletinRecipient(Base):
    """One entry of the list; names of people outside, numbers and addresses are sealed.

    Numbers and addresses go when the entry ends; the name stays: it says to whom an issue was sent.
    """

    __tablename__ = "bulletin_recipient"
    __table_args__ = (
        sa.CheckConstraint("(staff_id IS NULL) = (name IS NOT NULL)", name="outsider_has_name"),
        sa.CheckConstraint(
            "ended_at IS NULL OR (number IS NULL AND mail IS NULL)", name="ended_has_no_contact"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    name: Mapped[str | None] = mapped_column(SealedText("staff"))
    number: Mapped[str | None] = mapped_column(SealedText("number"))
    mail: Mapped[str | None] = mapped_column(SealedText("staff"))
    kinds: Mapped[list[Any]] = mapped_column(default=list)
    """Codes of the kinds of bulletin that this person gets."""
    language: Mapped[str] = mapped_column(sa.String(2), default="zh")
    remind_after: Mapped[int] = mapped_column(default=REMIND_AFTER)
    """Hours; 0 = never. Only who signs in can be seen not to have read."""
    made_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]

    staff: Mapped[Staff | None] = relationship(foreign_keys=[staff_id], lazy="joined")

    @property
    def called(self) -> str:
        """The name under which the editor knows them."""
        return self.staff.name if self.staff else self.name or ""

    @property
    def shown_number(self) -> str:
        """The number, so that it can be told apart and not dialled."""
        return masked(self.number) if self.number else ""

    @property
    def shown_mail(self) -> str:
        """The address, so that it can be told apart."""
        name, _, host = (self.mail or "").partition("@")
        return f"{name[0]}***@{host}" if host else ""

    @property
    def is_reached(self) -> bool:
        """Say whether anything may go to this person still: one of the staff only while they may read bulletins."""
        if self.ended_at is not None:
            return False
        return self.staff is None or (self.staff.is_active and self.staff.may(Permission.BULLETIN_READ))

    def gets(self, kind: BulletinKind) -> bool:
        """Say whether a kind goes to this person."""
        return self.is_reached and kind.value in self.kinds


def add(
    session: Session,
    *,
    staff: Staff | None,
    name: str,
    number: str,
    mail: str,
    kinds: Sequence[BulletinKind],
    language: str = "zh",
    remind_after: int = REMIND_AFTER,
    by: Staff,
    at: datetime,
) -> BulletinRecipient:
    """Put somebody on the list: one of the staff, or a person outside with a name and a way to be reached."""
    found = _read(staff, name, number, mail, kinds, language, remind_after)
    if staff is not None:
        listed = sa.select(BulletinRecipient.id).where(
            BulletinRecipient.staff_id == staff.id, BulletinRecipient.ended_at.is_(None)
        )
        if session.scalar(listed.limit(1)) is not None:
            raise Refused(
                Words("此人已在名单上，请先移出再重新加入", "Already on the list: take them off it first")
            )
    made = BulletinRecipient(staff_id=staff.id if staff else None, made_by=by.id, made_at=at, **found)
    session.add(made)
    session.flush()
    journal.write(session, "bulletin_recipient.add", made, by=by, at=at, kinds=len(made.kinds))
    return made


def end(session: Session, recipient: BulletinRecipient, *, by: Staff, at: datetime) -> None:
    """Take somebody off the list; number and address are wiped, what was sent stays on record."""
    if recipient.ended_at is not None:
        raise Refused(Words("已经移出名单", "Taken off the list already"))
    recipient.number = recipient.mail = None
    recipient.ended_at, recipient.ended_by = at, by.id
    session.flush()
    journal.write(session, "bulletin_recipient.end", recipient, by=by, at=at)


def recipients(session: Session) -> list[BulletinRecipient]:
    """Return who is on the list, in the order in which they came."""
    query = (
        sa.select(BulletinRecipient)
        .where(BulletinRecipient.ended_at.is_(None))
        .order_by(BulletinRecipient.id)
    )
    return list(session.scalars(query).unique())


def choosable(session: Session) -> list[Staff]:
    """Return the staff who may read bulletins and are not on the list yet."""
    there = {r.staff_id for r in recipients(session)}
    staff = session.scalars(sa.select(Staff).where(Staff.is_active).order_by(Staff.id)).unique()
    return [p for p in staff if p.id not in there and p.may(Permission.BULLETIN_READ)]


def _read(
    staff: Staff | None,
    name: str,
    number: str,
    mail: str,
    kinds: Sequence[BulletinKind],
    language: str,
    remind_after: int,
) -> dict[str, Any]:
    wrong: dict[str, Words] = {}
    name, mail, e164 = name.strip(), mail.strip(), None
    if staff is None and not 0 < len(name) <= 40:
        wrong["name"] = Words(
            "请选择本系统人员，或填写姓名（最多 40 字）", "Choose one of the staff, or give a name"
        )
    if staff is not None and not staff.may(Permission.BULLETIN_READ):
        wrong["staff"] = Words("此人不能阅读简报", "This person may not read bulletins")
    if number.strip():
        try:
            found = read_number(number)
            e164 = found.e164
            if found.kind is not NumberKind.MOBILE:
                wrong["number"] = Words("短信只能发到手机", "A text goes to mobiles alone")
        except BadNumber as bad:
            wrong["number"] = bad.words
    if mail and (len(mail) > 120 or not _MAIL.fullmatch(mail)):
        wrong["mail"] = Words("邮箱写得不对", "This is no mail address")
    if staff is None and not (number.strip() or mail):
        wrong["number"] = Words("手机和邮箱至少填一项", "Give a mobile or a mail address")
    if not kinds:
        wrong["kinds"] = Words("请至少选一种简报", "Choose at least one kind")
    if language not in LANGUAGES or not 0 <= remind_after <= LONGEST_WAIT:
        wrong["remind_after"] = Words(
            "提醒时间在 0 至 168 小时之间，0 为不提醒", "Remind after 0 to 168 hours; 0 is never"
        )
    if wrong:
        raise Invalid(
            Words("没有加入，填写的内容还在", "Nobody was added; what you typed is kept"), fields=wrong
        )
    return {
        "name": None if staff else name, "number": e164, "mail": mail or None, "kinds": [k.value for k in kinds],
        "language": language, "remind_after": remind_after,
    }  # fmt: skip
