"""Rounds of appraisal 考核轮次: a quarter's or a year's figures, frozen, published, appealed against and settled."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock
from core.db import Base, Id
from core.flow import Flow
from core.terms import Term, Words, code_list, coded
from reports.appraisal_scheme import AppraisalScheme
from reports.appraisal_snapshot import Appraisal, thawed
from reports.appraisal_terms import Appraised
from reports.periods import Period, PeriodKind


class RoundState(Term):
    """Where a round stands."""

    DRAFT = "draft", "草稿", "Draft"
    PRELIMINARY = "preliminary", "已公布（可申诉）", "Published, open to appeal"
    FINAL = "final", "已定案", "Final"
    CORRECTED = "corrected", "已更正", "Corrected"
    DISCARDED = "discarded", "已作废", "Discarded"


class RoundAction(Term):
    """What can be done with a round."""

    PUBLISH = "publish", "公布", "Publish"
    SETTLE = "settle", "定案", "Settle"
    CORRECT = "correct", "以更正版代替", "Replace by a corrected edition"
    DISCARD = "discard", "作废", "Discard"


S, A = RoundState, RoundAction

ROUND_FLOW: Flow[RoundState, RoundAction] = Flow(
    "appraisal_round",
    Words("考核轮次", "round of appraisal"),
    S.DRAFT,
    {
        (S.DRAFT, A.PUBLISH): S.PRELIMINARY,
        (S.DRAFT, A.DISCARD): S.DISCARDED,
        (S.PRELIMINARY, A.CORRECT): S.CORRECTED,
        (S.PRELIMINARY, A.SETTLE): S.FINAL,
    },
)
PUBLIC = (S.PRELIMINARY, S.FINAL)
"""What those who are appraised may read; of a corrected one its successor."""
KINDS = (PeriodKind.QUARTER, PeriodKind.YEAR)


class AppraisalRound(Base):
    """One edition of one round."""

    __tablename__ = "appraisal_round"
    __table_args__ = (
        sa.UniqueConstraint("appraised", "kind", "starts_on", "edition"),
        sa.Index("ix_appraisal_round_state_appraised", "state", "appraised"),
        sa.CheckConstraint(
            f"state NOT IN {code_list(S.PRELIMINARY, S.FINAL, S.CORRECTED)}"
            " OR (published_at IS NOT NULL AND appeal_until IS NOT NULL)",
            name="published_has_time",
        ),
        sa.CheckConstraint(f"(state = '{S.FINAL.value}') = (settled_at IS NOT NULL)", name="final_has_time"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    scheme_id: Mapped[int] = mapped_column(sa.ForeignKey("appraisal_scheme.id"), index=True)
    appraised: Mapped[Appraised] = mapped_column(coded(Appraised))
    kind: Mapped[PeriodKind] = mapped_column(coded(PeriodKind))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    edition: Mapped[int] = mapped_column(default=1)
    """2 and up: made from newer figures, or by an appeal that was upheld."""
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("appraisal_round.id"), index=True)
    state: Mapped[RoundState] = mapped_column(coded(RoundState), default=S.DRAFT)
    as_of: Mapped[datetime]
    snapshot: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
    made_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    published_at: Mapped[datetime | None]
    appeal_until: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    settled_at: Mapped[datetime | None]

    scheme: Mapped[AppraisalScheme] = relationship(lazy="joined")
    replaces: Mapped[AppraisalRound | None] = relationship(remote_side=[id])

    @property
    def content(self) -> Appraisal:
        """Everything it says in numbers."""
        return thawed(self.snapshot)

    @property
    def period(self) -> Period:
        """The days it judges."""
        return Period(self.kind, self.starts_on, self.ends_on)

    @property
    def title(self) -> Words:
        """Its name."""
        period = self.period
        if self.kind is PeriodKind.YEAR:
            return Words("{year} 年度{who}考核", "{who}, appraisal of {year}").filled(
                year=period.year, who=self.appraised
            )
        return Words("{year} 年第 {n} 季度{who}考核", "{who}, appraisal of {year} Q{n}").filled(
            year=period.year, n=period.number, who=self.appraised
        )

    @property
    def is_interim(self) -> bool:
        """Say whether its figures end before its period does: it may be read and answered, never settled."""
        return self.as_of < clock.midnight(self.ends_on + timedelta(days=1))

    def is_open_to_appeal(self, at: datetime) -> bool:
        """Say whether an appeal may still be filed."""
        return self.state is S.PRELIMINARY and self.appeal_until is not None and at <= self.appeal_until


def editions(session: Session, of: AppraisalRound) -> list[AppraisalRound]:
    """Return every edition of the same round, the newest first; discarded drafts are left out."""
    query = sa.select(AppraisalRound).where(
        AppraisalRound.appraised == of.appraised,
        AppraisalRound.kind == of.kind,
        AppraisalRound.starts_on == of.starts_on,
        AppraisalRound.state != S.DISCARDED,
    )
    return list(session.scalars(query.order_by(AppraisalRound.edition.desc())))


def rounds(session: Session, appraised: list[Appraised], states: list[RoundState]) -> list[AppraisalRound]:
    """Return the rounds that someone may know of, newest period first."""
    query = sa.select(AppraisalRound).where(
        AppraisalRound.appraised.in_(appraised), AppraisalRound.state.in_(states)
    )
    return list(session.scalars(query.order_by(AppraisalRound.starts_on.desc(), AppraisalRound.id.desc())))


def published(session: Session, appraised: Appraised, *, limit: int = 12) -> list[AppraisalRound]:
    """Return the rounds that stand, newest period first."""
    return rounds(session, [appraised], list(PUBLIC))[:limit]
