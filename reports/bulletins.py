"""Bulletins: one issue of one kind, from its draft to its issue, withdrawal or correction."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.db import Base, Id
from core.flow import Flow
from core.people import Staff
from core.terms import Term, Words, code_list, coded
from reports.blocks import Snapshot, thawed
from reports.periods import Period, PeriodKind


class BulletinKind(Term):
    """What is issued, each with its own period."""

    DAILY = "daily", "每日快报", "Daily sheet"
    WEEKLY = "weekly", "社情民意调查周报", "Weekly bulletin of public opinion"
    MONTHLY = "monthly", "月度研究", "Monthly study"
    QUARTERLY = "quarterly", "季通报", "Quarterly notice"
    ANNUAL = "annual", "年总评", "Annual rating"
    SPECIAL = "special", "专报", "Special report"


PERIOD_OF = {
    BulletinKind.DAILY: PeriodKind.DAY,
    BulletinKind.WEEKLY: PeriodKind.WEEK,
    BulletinKind.MONTHLY: PeriodKind.MONTH,
    BulletinKind.QUARTERLY: PeriodKind.QUARTER,
    BulletinKind.ANNUAL: PeriodKind.YEAR,
    BulletinKind.SPECIAL: PeriodKind.SPAN,
}


WITHOUT_INDEX = (BulletinKind.DAILY, BulletinKind.SPECIAL)
"""Kinds that count matters and estimate nothing."""
_NUMBERED = Words("{year} 年第 {number} 期", "{year} no. {number}")
_WHICH = {
    BulletinKind.MONTHLY: Words("{year} 年 {number} 月", "{year}, month {number}"),
    BulletinKind.QUARTERLY: Words("{year} 年第 {number} 季度", "{year}, quarter {number}"),
    BulletinKind.ANNUAL: Words("{year} 年度", "{year}"),
}


class BulletinState(Term):
    """Where a bulletin stands."""

    DRAFT = "draft", "草稿", "Draft"
    CHECKING = "checking", "核对中", "Checking"
    APPROVED = "approved", "已审定", "Approved"
    ISSUED = "issued", "已签发", "Issued"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"
    CORRECTED = "corrected", "已更正", "Corrected"
    DISCARDED = "discarded", "已作废", "Discarded"


class BulletinAction(Term):
    """What can be done with a bulletin."""

    SUBMIT = "submit", "送核", "Send for checking"
    SEND_BACK = "send_back", "退回修改", "Send back"
    APPROVE = "approve", "审定", "Approve"
    ISSUE = "issue", "签发", "Issue"
    WITHDRAW = "withdraw", "撤回", "Withdraw"
    CORRECT = "correct", "以更正版代替", "Replace by a corrected edition"
    DISCARD = "discard", "作废", "Discard"


S, A = BulletinState, BulletinAction

BULLETIN_FLOW: Flow[BulletinState, BulletinAction] = Flow(
    "bulletin",
    Words("简报", "bulletin"),
    S.DRAFT,
    {
        (S.DRAFT, A.SUBMIT): S.CHECKING,
        (S.DRAFT, A.DISCARD): S.DISCARDED,
        (S.CHECKING, A.SEND_BACK): S.DRAFT,
        (S.CHECKING, A.APPROVE): S.APPROVED,
        (S.APPROVED, A.SEND_BACK): S.DRAFT,
        (S.APPROVED, A.ISSUE): S.ISSUED,
        (S.ISSUED, A.WITHDRAW): S.WITHDRAWN,
        (S.ISSUED, A.CORRECT): S.CORRECTED,
    },
)
WRITABLE = frozenset({S.DRAFT})
"""Where texts and numbers may still change."""
GONE = (S.DISCARDED, S.WITHDRAWN, S.CORRECTED)
"""What stands no longer, so that the issue may be made anew."""
PUBLIC = (S.ISSUED, S.CORRECTED, S.WITHDRAWN)
"""What readers may know of; a withdrawn one shows why and nothing else."""


class Bulletin(Base):
    """One edition of one issue."""

    __tablename__ = "bulletin"
    __table_args__ = (
        sa.Index("ix_bulletin_kind_ends_on", "kind", "ends_on"),
        sa.Index("ix_bulletin_state_issued_at", "state", "issued_at"),
        sa.Index(
            "uq_bulletin_one_standing",
            "kind",
            "year",
            "number",
            "edition",
            unique=True,
            sqlite_where=sa.text(f"state NOT IN {code_list(*GONE)}"),
            postgresql_where=sa.text(f"state NOT IN {code_list(*GONE)}"),
        ),
        sa.CheckConstraint(
            f"state NOT IN {code_list(S.APPROVED, S.ISSUED, S.CORRECTED)} OR approved_at IS NOT NULL",
            name="approved_has_time",
        ),
        sa.CheckConstraint(
            f"(state IN {code_list(*PUBLIC)}) = (issued_at IS NOT NULL)", name="issued_has_time"
        ),
        sa.CheckConstraint(f"state <> '{S.WITHDRAWN.value}' OR reason <> ''", name="withdrawn_has_reason"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[BulletinKind] = mapped_column(coded(BulletinKind))
    year: Mapped[int]
    number: Mapped[int]
    """Which one of its kind in the year."""
    edition: Mapped[int] = mapped_column(default=1)
    """2 and up: a corrected edition of the same issue."""
    corrects_id: Mapped[int | None] = mapped_column(sa.ForeignKey("bulletin.id"), index=True)
    subject: Mapped[str] = mapped_column(sa.String(80), default="")
    """What a special report is about."""
    topics: Mapped[list[Any]] = mapped_column(default=list)
    """Codes of the topics of a special report; none are all."""
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place.id"))
    """The place of a special report; none is the whole city."""
    state: Mapped[BulletinState] = mapped_column(coded(BulletinState), default=S.DRAFT)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    as_of: Mapped[datetime]
    snapshot: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
    comments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the editor adds, by section: the numbers themselves can't be typed."""
    corrections: Mapped[list[Any]] = mapped_column(default=list)
    """What a corrected edition changes: where, what stood there, what stands there now."""
    imprint: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    """Who issued it, to which offices, with what advice, as it went out (reports.imprint)."""
    reason: Mapped[str] = mapped_column(sa.String(400), default="")
    """Why it was withdrawn, or why it is corrected."""
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    checked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    """Who found it whole and sent it to be approved, by somebody else."""
    checked_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    approved_at: Mapped[datetime | None]
    issued_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    issued_at: Mapped[datetime | None]

    corrects: Mapped[Bulletin | None] = relationship(remote_side=[id])

    @property
    def content(self) -> Snapshot:
        """Everything it says in numbers."""
        return thawed(self.snapshot)

    @property
    def period(self) -> Period:
        """The days it is about."""
        return Period(PERIOD_OF[self.kind], self.starts_on, self.ends_on)

    @property
    def which(self) -> Words:
        """Which one of its kind it is."""
        return _WHICH.get(self.kind, _NUMBERED).filled(year=self.year, number=self.number)

    @property
    def title(self) -> Words:
        """Its name with year and number."""
        return Words("{kind} {which}", "{kind}, {which}").filled(kind=self.kind, which=self.which)

    @property
    def is_writable(self) -> bool:
        """Say whether texts may still change."""
        return self.state in WRITABLE


class BulletinReader(Base):
    """One person to whom a bulletin went, and whether it has been read."""

    __tablename__ = "bulletin_reader"

    bulletin_id: Mapped[int] = mapped_column(sa.ForeignKey("bulletin.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True, index=True)
    sent_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    reader: Mapped[Staff] = relationship(lazy="joined")


def issued(session: Session, kind: BulletinKind | None = None, *, limit: int = 60) -> list[Bulletin]:
    """Return what readers may know of, newest first."""
    query = sa.select(Bulletin).where(Bulletin.state.in_(PUBLIC))
    if kind is not None:
        query = query.where(Bulletin.kind == kind)
    return list(session.scalars(query.order_by(Bulletin.issued_at.desc(), Bulletin.id.desc()).limit(limit)))


def at_work(session: Session) -> list[Bulletin]:
    """Return what editors still work on, newest first."""
    query = sa.select(Bulletin).where(Bulletin.state.in_([S.DRAFT, S.CHECKING, S.APPROVED]))
    return list(session.scalars(query.order_by(Bulletin.id.desc())))
