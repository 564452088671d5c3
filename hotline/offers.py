"""Offers: a waiting caller rings on several telephones, one operator wins, the others hear so."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Id
from core.terms import Term, coded

RINGS_FOR = timedelta(seconds=20)


class OfferAnswer(Term):
    """What became of an offer."""

    TAKEN = "taken", "已接起", "Taken"
    DECLINED = "declined", "暂不接", "Declined"
    EXPIRED = "expired", "未应答", "Not answered in time"
    TOO_LATE = "too_late", "他人已接起", "Already answered by another"
    LEFT = "left", "让给会说这种语言的人", "Left to who speaks the language"
    WITHDRAWN = "withdrawn", "来电人已离开", "The caller left"


class Offer(Base):
    """One caller ringing at one operator's screen."""

    __tablename__ = "offer"
    __table_args__ = (
        sa.Index("uq_offer_one_open", "contact_id", "staff_id", unique=True,
                 sqlite_where=sa.text("answer IS NULL"), postgresql_where=sa.text("answer IS NULL")),
        sa.Index("ix_offer_open_staff_id", "staff_id",
                 sqlite_where=sa.text("answer IS NULL"), postgresql_where=sa.text("answer IS NULL")),
        sa.Index("ix_offer_open_until", "until",
                 sqlite_where=sa.text("answer IS NULL"), postgresql_where=sa.text("answer IS NULL")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answer_has_time"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    contact_id: Mapped[int] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    offered_at: Mapped[datetime]
    until: Mapped[datetime]
    answer: Mapped[OfferAnswer | None] = mapped_column(coded(OfferAnswer))
    answered_at: Mapped[datetime | None]
