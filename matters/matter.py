"""Matters: what a resident raised, registered with a receipt number so that it can be followed to the end."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.places import Place
from core.secrets import SealedText
from core.terms import Term, coded


class MatterKind(Term):
    """What the resident wants."""

    ENQUIRY = "enquiry", "咨询", "Enquiry"
    HELP = "help", "求助", "Request for help"
    COMPLAINT = "complaint", "投诉", "Complaint"
    TIP_OFF = "tip_off", "举报", "Report of wrongdoing"
    OPINION = "opinion", "意见", "Opinion"
    SUGGESTION = "suggestion", "建议", "Suggestion"


class Urgency(Term):
    """How soon it must be looked at."""

    U1 = "u1", "U1 紧急", "U1 emergency"
    U2 = "u2", "U2 安全隐患", "U2 hazard"
    U3 = "u3", "U3 一般", "U3 ordinary"
    U4 = "u4", "U4 建议类", "U4 suggestion"


class IdentityClass(Term):
    """Who may know who spoke."""

    PROTECTED = "protected", "受保护", "Protected"
    OPEN = "open", "公开", "Open"
    ANONYMOUS = "anonymous", "匿名", "Anonymous"


class Origin(Term):
    """Where it was heard."""

    INTERVIEW = "interview", "访问", "Interview"
    CITIZEN_LINE = "citizen_line", "民意热线", "Citizen line"
    WEB = "web", "网页", "Web form"
    IMPORT = "import", "导入", "Import"


class MatterState(Term):
    """Where a matter stands."""

    REGISTERED = "registered", "已登记", "Registered"


class Matter(Base):
    """One issue followed to the end."""

    __tablename__ = "matter"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    receipt: Mapped[str] = mapped_column(sa.String(16), unique=True)
    """yymm-serial-check digit, as it is read aloud: 2611-0482-7."""
    pin_hash: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[MatterKind] = mapped_column(coded(MatterKind))
    topic: Mapped[str] = mapped_column(sa.String(60))
    """A code of the topic list (matters.topics)."""
    urgency: Mapped[Urgency] = mapped_column(coded(Urgency), default=Urgency.U3)
    identity: Mapped[IdentityClass] = mapped_column(coded(IdentityClass), default=IdentityClass.PROTECTED)
    origin: Mapped[Origin] = mapped_column(coded(Origin))
    narrative: Mapped[str] = mapped_column(SealedText("note"))
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"), index=True)
    spot: Mapped[str] = mapped_column(sa.String(200), default="")
    """The spot within the place: a village, a road, a corner."""
    reporter_number: Mapped[str | None] = mapped_column(SealedText("reporter"))
    reporter_fingerprint: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16), index=True)
    state: Mapped[MatterState] = mapped_column(coded(MatterState), default=MatterState.REGISTERED)
    promised_on: Mapped[date]
    registered_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"), index=True)
    registered_at: Mapped[datetime] = mapped_column(index=True)

    place: Mapped[Place] = relationship()
