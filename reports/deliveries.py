"""Delivery: each message that tells somebody of a bulletin, how far it came, and the one reminder."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock, journal
from core.db import Base, Id
from core.people import Staff
from core.problems import Refused
from core.sweeps import sweep
from core.terms import Term, Words, code_list, coded
from reports.announcing import Occasion, announcement
from reports.bulletins import Bulletin, BulletinReader, BulletinState
from reports.post import server
from reports.recipients import BulletinRecipient, recipients
from telephony.dialling import send_text
from telephony.line import in_use
from telephony.texts import TextMessage, TextState

LOOK_BACK = timedelta(days=8)
"""Nobody is reminded of an older bulletin: no list waits longer than a week."""
DAYTIME = range(8, 20)
"""Hours of the day that have begun: from 8 to 20 o'clock."""


class Way(Term):
    """How somebody is told."""

    TEXT = "text", "短信", "Text message"
    MAIL = "mail", "邮件", "Mail"


class DeliveryState(Term):
    """How far a message came."""

    WAITING = "waiting", "待发送", "Waiting"
    SENT = "sent", "已发出", "Sent"
    FAILED = "failed", "没有发出", "Not sent"
    BY_HAND = "by_hand", "请人工告知", "Tell by hand"


D = DeliveryState
_OF_TEXT = {
    TextState.QUEUED: D.WAITING, TextState.SENDING: D.WAITING, TextState.SENT: D.SENT, TextState.DELIVERED: D.SENT,
    TextState.UNDELIVERED: D.FAILED, TextState.FAILED: D.FAILED,
}  # fmt: skip


class BulletinDelivery(Base):
    """One message to one recipient about one bulletin; its words are made when it is sent and kept nowhere else."""

    __tablename__ = "bulletin_delivery"
    __table_args__ = (
        sa.UniqueConstraint("bulletin_id", "recipient_id", "occasion", "way"),
        sa.Index("ix_bulletin_delivery_state_due_at", "state", "due_at"),
        sa.CheckConstraint(
            f"(state IN {code_list(D.WAITING)}) = (settled_at IS NULL)", name="settled_has_time"
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    bulletin_id: Mapped[int] = mapped_column(sa.ForeignKey("bulletin.id"))
    recipient_id: Mapped[int] = mapped_column(sa.ForeignKey("bulletin_recipient.id"), index=True)
    occasion: Mapped[Occasion] = mapped_column(coded(Occasion))
    way: Mapped[Way] = mapped_column(coded(Way))
    state: Mapped[DeliveryState] = mapped_column(coded(DeliveryState), default=D.WAITING)
    text_id: Mapped[int | None] = mapped_column(sa.ForeignKey("text_message.id"))
    mail_key: Mapped[str | None] = mapped_column(sa.String(40))
    """The mail's own random name: a mail that is sent twice after a lost answer is known as one."""
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    error: Mapped[str | None] = mapped_column(sa.String(60))
    made_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    bulletin: Mapped[Bulletin] = relationship()
    recipient: Mapped[BulletinRecipient] = relationship(lazy="joined")
    text: Mapped[TextMessage | None] = relationship()

    @property
    def stands(self) -> DeliveryState:
        """How far it came, as the line tells of a text."""
        return _OF_TEXT[self.text.state] if self.text is not None else self.state


def hand_out(
    session: Session, bulletin: Bulletin, occasion: Occasion, *, by: Staff | None, at: datetime
) -> int:
    """Tell everybody on the list of a bulletin, and whoever was told of the edition before; return how many people."""
    told = {r.id: r for r in _told_before(session, bulletin, occasion) if r.is_reached}
    if occasion is not Occasion.WITHDRAWN:
        told |= {r.id: r for r in recipients(session) if r.gets(bulletin.kind)}
    return len({r.id for r in told.values() if _tell(session, bulletin, r, occasion, by=by, at=at)})


def _told_before(session: Session, bulletin: Bulletin, occasion: Occasion) -> Iterable[BulletinRecipient]:
    """Return who was told of this bulletin, or for a corrected edition of the one before, and is still listed."""
    about = bulletin.id if occasion is Occasion.WITHDRAWN else bulletin.corrects_id
    query = (
        sa.select(BulletinRecipient)
        .join(BulletinDelivery, BulletinDelivery.recipient_id == BulletinRecipient.id)
        .where(BulletinDelivery.bulletin_id == about, BulletinRecipient.ended_at.is_(None))
    )
    return session.scalars(query).unique().all()


def _tell(
    session: Session,
    bulletin: Bulletin,
    recipient: BulletinRecipient,
    occasion: Occasion,
    *,
    by: Staff | None,
    at: datetime,
) -> bool:
    """Write down the messages to one recipient, one for each way; say whether there is a way."""
    made = [
        BulletinDelivery(
            bulletin_id=bulletin.id, recipient=recipient, occasion=occasion, way=way, due_at=at, made_at=at
        )
        for way, address in ((Way.TEXT, recipient.number), (Way.MAIL, recipient.mail))
        if address
    ]
    session.add_all(made)
    session.flush()
    for delivery in made:
        _begin(session, delivery, bulletin, by=by, at=at)
    session.flush()
    return bool(made)


def _begin(
    session: Session, delivery: BulletinDelivery, bulletin: Bulletin, *, by: Staff | None, at: datetime
) -> None:
    carrier, recipient = in_use(), delivery.recipient
    delivery.state, delivery.settled_at, delivery.error, delivery.due_at = D.WAITING, None, None, at
    if delivery.way is Way.MAIL:
        delivery.mail_key, delivery.tries = secrets.token_hex(16), 0
        if server() is None:
            settle(delivery, D.BY_HAND, "no-mail-server", at=at)
    elif carrier is None or not carrier.capabilities().texts:
        settle(delivery, D.BY_HAND, "line-sends-no-texts", at=at)
    else:
        words = announcement(bulletin, delivery.occasion).in_language(recipient.language)
        delivery.text = send_text(session, number=recipient.number or "", body=words, by=by, at=at)
        settle(delivery, D.SENT, None, at=at)  # it is the line's now, whose reports tell how far it came


def settle(
    delivery: BulletinDelivery, state: DeliveryState, error: str | None = None, *, at: datetime
) -> None:
    """Note what became of a message."""
    delivery.state, delivery.error, delivery.settled_at = state, error, at


def again(session: Session, delivery: BulletinDelivery, *, by: Staff, at: datetime) -> None:
    """Send a message that did not go out once more."""
    if delivery.stands not in (D.FAILED, D.BY_HAND):
        raise Refused(Words("这条通知已经发出或正在发送", "This message has gone out, or is on its way"))
    if not delivery.recipient.is_reached:
        raise Refused(
            Words("收件人已移出名单或已停用", "The recipient is no longer on the list, or was deactivated")
        )
    delivery.text = None
    _begin(session, delivery, delivery.bulletin, by=by, at=at)
    session.flush()
    journal.write(session, "bulletin_delivery.again", delivery, by=by, at=at, way=delivery.way.value)


def deliveries(session: Session, bulletin: Bulletin) -> list[BulletinDelivery]:
    """Return the messages about a bulletin, in their order."""
    query = (
        sa.select(BulletinDelivery)
        .where(BulletinDelivery.bulletin_id == bulletin.id)
        .order_by(BulletinDelivery.id)
    )
    return list(session.scalars(query).unique())


@sweep("reports.reminders", every=timedelta(minutes=10))
def remind(session: Session, now: datetime) -> int:
    """Remind those who sign in and have not read, once, in the daytime; return how many people."""
    if clock.local(now).hour not in DAYTIME:
        return 0
    query = (
        sa.select(Bulletin, BulletinRecipient)
        .join(BulletinReader, BulletinReader.bulletin_id == Bulletin.id)
        .join(BulletinRecipient, BulletinRecipient.staff_id == BulletinReader.staff_id)
        .where(Bulletin.state == BulletinState.ISSUED, Bulletin.issued_at >= now - LOOK_BACK)
        .where(BulletinReader.read_at.is_(None), BulletinRecipient.ended_at.is_(None))
        .order_by(Bulletin.id, BulletinRecipient.id)
    )
    has = sa.select(BulletinDelivery.bulletin_id, BulletinDelivery.recipient_id, BulletinDelivery.occasion)
    done = {
        (b, r, o) for b, r, o in session.execute(has.where(BulletinDelivery.made_at >= now - 2 * LOOK_BACK))
    }
    count = 0
    for bulletin, recipient in session.execute(query).unique():
        was_told = any((bulletin.id, recipient.id, o) in done for o in (Occasion.ISSUED, Occasion.CORRECTED))
        wait = timedelta(hours=recipient.remind_after)
        if (
            not recipient.is_reached
            or not was_told
            or not wait
            or bulletin.issued_at is None
            or now < bulletin.issued_at + wait
        ):
            continue
        if (bulletin.id, recipient.id, Occasion.REMINDER) not in done:
            count += _tell(session, bulletin, recipient, Occasion.REMINDER, by=None, at=now)
    return count
