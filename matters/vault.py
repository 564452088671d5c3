"""The vault: who asks to learn who raised a matter, which two persons allow it, and each time somebody looks."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.people import Staff
from core.purposes import ReadingPurpose
from core.secrets import SealedText
from core.terms import Term, coded
from matters.matter import Matter
from matters.reporters import Reporter

ANSWERED_WITHIN = timedelta(days=1)
"""A request that nobody answers lapses: the reason was for then."""


class RequestState(Term):
    """Where a request to open an identity stands."""

    WAITING = "waiting", "等待两人核准", "Waiting for two persons"
    HALF = "half", "一人已核准", "One person has agreed"
    OPEN = "open", "已开启", "Open"
    EXPIRED = "expired", "已到期", "Expired"
    REFUSED = "refused", "已拒绝", "Refused"
    LAPSED = "lapsed", "无人核准，已失效", "Lapsed unanswered"


class Finding(Term):
    """What the weekly review finds of an opening."""

    IN_ORDER = "in_order", "合规", "In order"
    IRREGULAR = "irregular", "存疑，已上报", "Irregular, reported upwards"


class IdentityRequest(Base):
    """One motivated request for one caller of one matter, with whoever allowed or refused it."""

    __tablename__ = "identity_request"
    __table_args__ = (
        sa.CheckConstraint("first_by IS NULL OR first_by <> asked_by", name="first_is_another"),
        sa.CheckConstraint(
            "second_by IS NULL OR (first_by IS NOT NULL AND second_by <> first_by AND second_by <> asked_by)",
            name="two_others",
        ),
        sa.CheckConstraint("until IS NULL OR second_by IS NOT NULL", name="open_by_two"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    reporter_id: Mapped[int] = mapped_column(sa.ForeignKey("reporter.id"), index=True)
    purpose: Mapped[ReadingPurpose] = mapped_column(coded(ReadingPurpose))
    """The category that a caller who asks is told."""
    reason: Mapped[str] = mapped_column(SealedText("note"))
    minutes: Mapped[int]
    """How long it is needed; never longer than the policy allows."""
    asked_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(index=True)
    first_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    first_at: Mapped[datetime | None]
    second_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    second_at: Mapped[datetime | None]
    until: Mapped[datetime | None]
    refused_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    refused_at: Mapped[datetime | None]
    refusal: Mapped[str | None] = mapped_column(SealedText("note"))
    reviewed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    reviewed_at: Mapped[datetime | None]
    finding: Mapped[Finding | None] = mapped_column(coded(Finding))
    remark: Mapped[str | None] = mapped_column(SealedText("note"))

    matter: Mapped[Matter] = relationship()
    reporter: Mapped[Reporter] = relationship()
    asker: Mapped[Staff] = relationship(foreign_keys=[asked_by])
    first: Mapped[Staff | None] = relationship(foreign_keys=[first_by])
    second: Mapped[Staff | None] = relationship(foreign_keys=[second_by])
    refuser: Mapped[Staff | None] = relationship(foreign_keys=[refused_by])
    reviewer: Mapped[Staff | None] = relationship(foreign_keys=[reviewed_by])
    looks: Mapped[list[IdentityLook]] = relationship(order_by="IdentityLook.id", back_populates="request")

    def state(self, at: datetime) -> RequestState:
        """Say where it stands at a moment."""
        if self.refused_at is not None:
            return RequestState.REFUSED
        if self.until is not None:
            return RequestState.OPEN if at < self.until else RequestState.EXPIRED
        if at >= self.asked_at + ANSWERED_WITHIN:
            return RequestState.LAPSED
        return RequestState.WAITING if self.first_by is None else RequestState.HALF

    @property
    def allowed_by(self) -> tuple[int, ...]:
        """The persons who allowed it so far."""
        return tuple(person for person in (self.first_by, self.second_by) if person is not None)


class IdentityLook(Base):
    """One time that somebody saw who a caller is."""

    __tablename__ = "identity_look"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    request_id: Mapped[int] = mapped_column(sa.ForeignKey("identity_request.id"), index=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    looked_at: Mapped[datetime] = mapped_column(index=True)

    request: Mapped[IdentityRequest] = relationship(back_populates="looks")
    staff: Mapped[Staff] = relationship()
