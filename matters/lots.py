"""Lots: one in twenty closed matters, and one in twenty answered on the line, is drawn to be asked about again."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock, secrets
from core.db import Base, Id
from core.secrets import SealedText
from core.terms import coded
from matters.attributes import Judgement
from matters.caller_hours import open_from
from matters.limits import Limit, Policy, end_of
from matters.matter import Matter
from matters.standing import CallerStanding, Standing
from matters.states import CLOSED, MatterState
from matters.turns import PRESSING_RANK, CallerTurn, Errand, add_turn

OF_10_000 = 500
"""5 % of the closed matters, and 5 % of those answered on the line."""


DRAWN = CLOSED | {MatterState.ANSWERED}
"""The states whose matters are drawn from."""


class MatterRecall(Base):
    """One caller drawn to be asked again, with the first answer beside the second."""

    __tablename__ = "matter_recall"
    __table_args__ = (sa.UniqueConstraint("matter_id", "errand", "round"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    errand: Mapped[Errand] = mapped_column(coded(Errand))
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"))
    reporter_id: Mapped[int] = mapped_column(sa.ForeignKey("reporter.id"), index=True)
    round: Mapped[int]
    drawn_at: Mapped[datetime]
    first: Mapped[Judgement | None] = mapped_column(coded(Judgement))
    first_satisfaction: Mapped[int | None]
    judgement: Mapped[Judgement | None] = mapped_column(coded(Judgement))
    satisfaction: Mapped[int | None]
    words: Mapped[str | None] = mapped_column(SealedText("note"))
    is_given_up: Mapped[bool] = mapped_column(default=False)
    asked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    asked_at: Mapped[datetime | None] = mapped_column(index=True)

    matter: Mapped[Matter] = relationship()


def is_drawn(matter_id: int, round: int, errand: Errand) -> bool:
    """Draw the lot of a matter: a keyed hash, so that nobody can foresee it and no list of people is kept."""
    lot = secrets.keyring().blind_index(f"lot:{errand.value}:{matter_id}:{round}")
    return int.from_bytes(lot[:8], "big") % 10_000 < OF_10_000


def draw(session: Session, matter: Matter, standing: Standing, policy: Policy, at: datetime) -> None:
    """Draw the lot of a matter that has just been closed or answered; take the turn back of one that goes on."""
    lots = {Errand.RECALL: standing.state in CLOSED, Errand.SAMPLE: standing.state is MatterState.ANSWERED}
    for errand, is_over in lots.items():
        query = sa.select(CallerTurn).where(CallerTurn.matter_id == matter.id, CallerTurn.errand == errand)
        waiting = session.scalars(query).first()
        if waiting is not None and not is_over:
            session.delete(waiting)
        elif waiting is None and is_over and is_drawn(matter.id, standing.round, errand):
            _queue(session, matter, standing, errand, policy, at)
    session.flush()


def _queue(
    session: Session, matter: Matter, standing: Standing, errand: Errand, policy: Policy, at: datetime
) -> None:
    caller = _whom(standing, errand)
    query = sa.select(MatterRecall.id).where(
        MatterRecall.matter_id == matter.id,
        MatterRecall.errand == errand,
        MatterRecall.round == standing.round,
    )
    if caller is None or session.scalar(query) is not None:
        return
    session.add(
        MatterRecall(
            errand=errand,
            matter_id=matter.id,
            reporter_id=caller.id,
            round=standing.round,
            drawn_at=at,
            first=Judgement.found(caller.judgement),
            first_satisfaction=caller.satisfaction,
        )
    )
    tomorrow = datetime.combine(clock.today(at) + timedelta(days=1), datetime.min.time(), clock.zone())
    due = end_of(at, policy.span(Limit.UNREACHED, standing.urgency), clock.zone()).due_at
    turn = add_turn(session, matter, caller.id, errand, standing, open_from(tomorrow, is_pressing=False), due)
    turn.rank = max(turn.rank, PRESSING_RANK + 1)  # it is over: no longer pressing, whatever it was
    turn.told_by = caller.told_by if errand is Errand.RECALL else standing.decided_by
    turn.asked_by = caller.revisits[-1].by if caller.revisits else None


def _whom(standing: Standing, errand: Errand) -> CallerStanding | None:
    """Return the caller to ask: the first who judged; of an answered matter, whoever asked."""
    reachable = [c for c in standing.present_callers if not c.is_anonymous]
    if errand is Errand.RECALL:
        reachable = [c for c in reachable if c.judgement is not None]
    return reachable[0] if reachable else None
