"""Turns: every caller who is due to be told or to be asked, as rows of a queue that follow from the matters' standings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock
from core.db import Base, Id
from core.terms import Term, coded
from matters.attributes import Urgency
from matters.caller_hours import open_from
from matters.limits import Limit, Policy, end_of
from matters.matter import Matter
from matters.reporters import Reporter
from matters.standing import CallerStanding, Standing
from matters.states import MatterState

S = MatterState
_RANK = {Urgency.U1: 1, Urgency.U2: 2}
PRESSING_RANK = 2


class Errand(Term):
    """Why a caller is rung."""

    TELL = "tell", "反馈", "Feedback"
    REVISIT = "revisit", "回访", "Revisit"
    RECALL = "recall", "复核回访", "Blind re-call"
    SAMPLE = "sample", "答复抽查", "Check of an answer"
    CONTACT = "contact", "首次联系", "First contact"
    RELAY = "relay", "转达", "Relay"
    ASK = "ask", "请补充", "Ask for facts"
    INFORM = "inform", "告知决定", "Tell a decision"
    CALL_BACK = "call_back", "回拨补登", "Complete a draft"

    @property
    def asks(self) -> bool:
        """Say whether the caller is asked for a judgement."""
        return self in (Errand.REVISIT, Errand.RECALL, Errand.SAMPLE)


OF_FLOW = (Errand.TELL, Errand.REVISIT)
"""The errands that follow from a matter's state alone."""
ON_THE_WAY = (Errand.CONTACT, Errand.RELAY, Errand.ASK, Errand.INFORM, Errand.CALL_BACK)
"""The errands that one step brings while a matter is worked on; what is left is drawn by lot."""


class CallerTurn(Base):
    """One caller whose turn it is; gone as soon as they have been told or asked, the log keeps what happened."""

    __tablename__ = "caller_turn"
    __table_args__ = (
        sa.UniqueConstraint("reporter_id", "errand"),
        sa.CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name="lease_is_whole"),
        sa.Index("ix_caller_turn_next_at_rank", "next_at", "rank"),
        sa.Index(
            "uq_caller_turn_one_a_clerk",
            "lease_by",
            unique=True,
            sqlite_where=sa.text("lease_by IS NOT NULL"),
            postgresql_where=sa.text("lease_by IS NOT NULL"),
        ),
        sa.Index(
            "uq_caller_turn_one_a_person",
            "person",
            unique=True,
            sqlite_where=sa.text("lease_by IS NOT NULL"),
            postgresql_where=sa.text("lease_by IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    errand: Mapped[Errand] = mapped_column(coded(Errand))
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    reporter_id: Mapped[int] = mapped_column(sa.ForeignKey("reporter.id"), index=True)
    person: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    """The fingerprint of their number: whoever raised several things is rung by one person at a time."""
    round: Mapped[int]
    rank: Mapped[int]
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    is_promised: Mapped[bool] = mapped_column(default=False)
    """The caller asked to be rung then."""
    needs_text: Mapped[bool] = mapped_column(default=False)
    """Tried often enough: only the text message is missing."""
    due_at: Mapped[datetime]
    told_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    asked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    lease_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    lease_until: Mapped[datetime | None]

    matter: Mapped[Matter] = relationship()
    reporter: Mapped[Reporter] = relationship()

    @property
    def is_pressing(self) -> bool:
        """Say whether hours count."""
        return self.rank <= PRESSING_RANK


@dataclass(frozen=True)
class _Due:
    errand: Errand
    from_at: datetime
    due_at: datetime


def rank_of(urgency: Urgency) -> int:
    """Return the place in the queue that an urgency gives; what is complex is no less urgent than the ordinary."""
    return _RANK.get(urgency, PRESSING_RANK + 1)


def _due(caller: CallerStanding, standing: Standing, policy: Policy) -> _Due | None:
    """Say what is due to a caller; nothing to those who left no number: the status page tells them."""

    def end(limit: Limit, start: datetime) -> datetime:
        return end_of(start, policy.span(limit, standing.urgency), clock.zone()).due_at

    if caller.is_anonymous or caller.has_left:
        return None
    if caller.told_at is None:
        limit = Limit.TELL_ALL if caller.tells else Limit.FIRST_TELL
        return _Due(Errand.TELL, standing.since, end(limit, standing.since))
    if standing.state is S.REVISIT_DUE and caller.judged_at is None:
        first = clock.local(end(Limit.REVISIT_FROM, caller.told_at)).date()
        opens = datetime.combine(first, time(0), clock.zone())
        opens = open_from(opens, is_pressing=standing.urgency.is_pressing)
        return _Due(Errand.REVISIT, opens, end(Limit.REVISIT_BY, caller.told_at))
    return None


def keep_turns(session: Session, matter: Matter, standing: Standing, policy: Policy) -> None:
    """Bring the queue of a matter's callers to what its standing says, in the transaction that changed it."""
    query = sa.select(CallerTurn).where(CallerTurn.matter_id == matter.id, CallerTurn.errand.in_(OF_FLOW))
    present = {(turn.reporter_id, turn.errand): turn for turn in session.scalars(query)}
    wanted: dict[tuple[int, Errand], tuple[CallerStanding, _Due]] = {}
    if standing.state in (S.FEEDBACK_DUE, S.REVISIT_DUE):
        for caller in standing.callers:
            found = _due(caller, standing, policy)
            if found is not None:
                wanted[caller.id, found.errand] = (caller, found)
    for key, turn in present.items():
        if key not in wanted:
            session.delete(turn)
    for key, (caller, due) in wanted.items():
        kept = present.get(key)
        turn = kept or add_turn(session, matter, caller.id, due.errand, standing, due.from_at, due.due_at)
        turn.due_at, turn.told_by = due.due_at, caller.told_by
        turn.tries = len(caller.tells if due.errand is Errand.TELL else caller.revisits)
    session.flush()


def add_turn(
    session: Session,
    matter: Matter,
    reporter_id: int,
    errand: Errand,
    standing: Standing,
    next_at: datetime,
    due_at: datetime,
) -> CallerTurn:
    """Put a caller into the queue; one who waits there on this errand already is rung once."""
    waiting = session.scalars(
        sa.select(CallerTurn).where(CallerTurn.reporter_id == reporter_id, CallerTurn.errand == errand)
    ).first()
    if waiting is not None:
        waiting.due_at = min(waiting.due_at, due_at)
        return waiting
    reporter = session.get_one(Reporter, reporter_id)
    turn = CallerTurn(
        errand=errand,
        matter_id=matter.id,
        reporter_id=reporter_id,
        person=reporter.fingerprint,
        round=standing.round,
        rank=rank_of(standing.urgency),
        next_at=next_at,
        due_at=due_at,
    )
    session.add(turn)
    return turn
