"""Cases: one sampled number in a wave, from waiting to closed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Base, Id
from core.flow import Flow
from core.people import Staff
from core.phone import NumberKind
from core.places import Place
from core.terms import Term, Words, coded
from survey.frame import FrameNumber, Stratum
from survey.waves import Wave


class CaseState(Term):
    """Where a case stands."""

    HELD = "held", "未投放", "Held"
    WAITING = "waiting", "等待拨打", "Waiting"
    CLAIMED = "claimed", "已领取", "Claimed"
    APPOINTED = "appointed", "已预约", "Appointed"
    REFERRED = "referred", "转督导", "Referred"
    CLOSED = "closed", "已结案", "Closed"


class CaseAction(Term):
    """What can be done with a case."""

    RELEASE = "release", "投放", "Release"
    CLAIM = "claim", "领取", "Claim"
    GIVE_BACK = "give_back", "退回", "Give back"
    APPOINT = "appoint", "预约", "Appoint"
    REFER = "refer", "转督导", "Refer"
    CLOSE = "close", "结案", "Close"
    REOPEN = "reopen", "重开（拒访转化）", "Reopen for conversion"


S, A = CaseState, CaseAction

CASE_FLOW: Flow[CaseState, CaseAction] = Flow(
    "case",
    Words("个案", "case"),
    S.HELD,
    {
        (S.HELD, A.RELEASE): S.WAITING,
        (S.WAITING, A.CLAIM): S.CLAIMED,
        (S.APPOINTED, A.CLAIM): S.CLAIMED,
        (S.REFERRED, A.CLAIM): S.CLAIMED,
        (S.CLAIMED, A.GIVE_BACK): S.WAITING,
        (S.CLAIMED, A.APPOINT): S.APPOINTED,
        (S.CLAIMED, A.REFER): S.REFERRED,
        (S.CLAIMED, A.CLOSE): S.CLOSED,
        (S.WAITING, A.CLOSE): S.CLOSED,
        (S.WAITING, A.APPOINT): S.APPOINTED,
        (S.APPOINTED, A.CLOSE): S.CLOSED,
        (S.REFERRED, A.GIVE_BACK): S.WAITING,
        (S.REFERRED, A.CLOSE): S.CLOSED,
        (S.CLOSED, A.REOPEN): S.WAITING,
    },
)


def _index_where(name: str, where: str, *columns: str) -> sa.Index:
    """Make an index over some of the cases only."""
    return sa.Index(name, *columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


class Case(Base):
    """One sampled number in a wave."""

    __tablename__ = "case"
    __table_args__ = (
        sa.UniqueConstraint("wave_id", "frame_number_id"),
        # The queue reads by township; partial indexes stay small however many cases are closed.
        _index_where(
            "ix_case_fresh", "state = 'waiting' AND due_at IS NULL", "wave_id", "township_id", "shuffle"
        ),
        _index_where(
            "ix_case_again", "state = 'waiting' AND due_at IS NOT NULL", "wave_id", "township_id", "due_at"
        ),
        _index_where("ix_case_claimed", "state = 'claimed'", "lease_by", "lease_until"),
        sa.Index("ix_case_state", "wave_id", "state", "township_id"),
        sa.CheckConstraint(
            "(state = 'claimed') = (lease_by IS NOT NULL) AND (state = 'claimed') = (lease_until IS NOT NULL)",
            "claimed_has_lease",
        ),
        sa.CheckConstraint("state <> 'closed' OR disposition IS NOT NULL", "closed_has_disposition"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    wave_id: Mapped[int] = mapped_column(sa.ForeignKey("wave.id"))
    replicate_id: Mapped[int] = mapped_column(sa.ForeignKey("replicate.id"), index=True)
    frame_number_id: Mapped[int] = mapped_column(sa.ForeignKey("frame_number.id"), index=True)
    stratum_id: Mapped[int] = mapped_column(sa.ForeignKey("stratum.id"), index=True)
    county_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    township_id: Mapped[int] = mapped_column(sa.ForeignKey("place.id"))
    kind: Mapped[NumberKind] = mapped_column(coded(NumberKind))
    state: Mapped[CaseState] = mapped_column(coded(CaseState), default=CaseState.HELD)
    disposition: Mapped[str | None] = mapped_column(sa.String(6))
    """AAPOR code of the case as it stands now (survey.disposition)."""
    attempt_count: Mapped[int] = mapped_column(default=0)
    dayparts: Mapped[int] = mapped_column(default=0)
    """Bits of the day-parts tried: 1 day, 2 evening, 4 weekend."""
    due_at: Mapped[datetime | None]
    """Not to be called before this moment; null for a fresh case."""
    shuffle: Mapped[int] = mapped_column(sa.Integer, default=0)
    """Random order among equals, from the sample's seed."""
    avoid_staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    """Another interviewer must make the next try (after a soft refusal)."""
    language: Mapped[str | None] = mapped_column(sa.String(20))
    """The language the resident needs (survey.interviewers.Tongue); null for the common one."""
    is_converted: Mapped[bool] = mapped_column(default=False)
    """A refusal was already tried to be turned once."""
    lease_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    lease_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    wave: Mapped[Wave] = relationship()
    frame_number: Mapped[FrameNumber] = relationship()
    stratum: Mapped[Stratum] = relationship()
    county: Mapped[Place] = relationship(foreign_keys=[county_id])
    township: Mapped[Place] = relationship(foreign_keys=[township_id])
    holder: Mapped[Staff | None] = relationship(foreign_keys=[lease_by])
