"""Advice: what should be done, by whom, until when and to what effect; a leader's instruction becomes one."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import journal
from core.db import Base, Id
from core.flow import Flow
from core.people import Staff, Unit
from core.problems import Invalid
from core.terms import Term, Words, code_list, coded
from reports.bulletins import Bulletin
from reports.verdicts import guard

LONGEST = 600


class AdviceState(Term):
    """Where a piece of advice stands."""

    GIVEN = "given", "已提出", "Given"
    TAKEN_UP = "taken_up", "办理中", "Taken up"
    DONE = "done", "已落实", "Done"
    DROPPED = "dropped", "不再办理", "Dropped"


class AdviceAction(Term):
    """What can be done with it."""

    TAKE_UP = "take_up", "接办", "Take up"
    FINISH = "finish", "落实", "Finish"
    DROP = "drop", "不再办理", "Drop"
    REOPEN = "reopen", "重新办理", "Reopen"


S, A = AdviceState, AdviceAction

ADVICE_FLOW: Flow[AdviceState, AdviceAction] = Flow(
    "advice",
    Words("建议", "piece of advice"),
    S.GIVEN,
    {
        (S.GIVEN, A.TAKE_UP): S.TAKEN_UP,
        (S.GIVEN, A.DROP): S.DROPPED,
        (S.TAKEN_UP, A.FINISH): S.DONE,
        (S.TAKEN_UP, A.DROP): S.DROPPED,
        (S.DONE, A.REOPEN): S.TAKEN_UP,
        (S.DROPPED, A.REOPEN): S.TAKEN_UP,
    },
)
OVER = (S.DONE, S.DROPPED)


class Advice(Base):
    """One piece of advice, or one instruction, with its owner and its day."""

    __tablename__ = "advice"
    __table_args__ = (
        sa.Index("ix_advice_state_due_on", "state", "due_on"),
        sa.CheckConstraint(f"state NOT IN {code_list(*OVER)} OR outcome <> ''", name="over_has_outcome"),
        sa.CheckConstraint(f"(state IN {code_list(*OVER)}) = (ended_at IS NOT NULL)", name="over_has_time"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    bulletin_id: Mapped[int] = mapped_column(sa.ForeignKey("bulletin.id"), index=True)
    block: Mapped[str] = mapped_column(sa.String(60), default="")
    """The part of the bulletin that it is about."""
    text: Mapped[str] = mapped_column(sa.String(LONGEST))
    effect: Mapped[str] = mapped_column(sa.String(LONGEST), default="")
    """What is expected of it."""
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    due_on: Mapped[date | None]
    is_instruction: Mapped[bool] = mapped_column(default=False)
    """Written by a leader on an issued bulletin."""
    state: Mapped[AdviceState] = mapped_column(coded(AdviceState), default=S.GIVEN)
    outcome: Mapped[str] = mapped_column(sa.String(LONGEST), default="")
    given_by: Mapped[int] = mapped_column(sa.ForeignKey("staff.id"))
    given_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    bulletin: Mapped[Bulletin] = relationship()
    unit: Mapped[Unit | None] = relationship(lazy="joined")

    def is_late(self, today: date) -> bool:
        """Say whether its day is past and it is not over."""
        return self.due_on is not None and self.due_on < today and self.state not in OVER


def give(
    session: Session,
    bulletin: Bulletin,
    text: str,
    *,
    unit: Unit | None,
    due_on: date | None,
    effect: str = "",
    block: str = "",
    is_instruction: bool = False,
    by: Staff,
    at: datetime,
) -> Advice:
    """Write advice on a bulletin, or a leader's instruction; it is tracked from now on, and claims no more than the figures."""
    text, effect = text.strip(), effect.strip()
    if not text or max(len(text), len(effect)) > LONGEST:
        raise Invalid(
            Words("请写明内容，不超过 {n} 个字", "Say what is to be done, in at most {n} characters"),
            n=LONGEST,
        )
    if not is_instruction and (unit is None or due_on is None or not effect):
        raise Invalid(
            Words(
                "建议要写明责任单位、期限和预期效果",
                "Advice names its unit, its day and the effect that is expected",
            )
        )
    content = bulletin.content
    guard(content, text)
    made = Advice(
        bulletin_id=bulletin.id,
        block=block if block and content.block(block) else "",
        text=text,
        effect=effect,
        unit=unit,
        due_on=due_on,
        is_instruction=is_instruction,
        given_by=by.id,
        given_at=at,
    )
    session.add(made)
    session.flush()
    journal.write(session, "advice.give", made, by=by, at=at, instruction=is_instruction)
    return made


def move(
    session: Session, advice: Advice, action: AdviceAction, outcome: str = "", *, by: Staff, at: datetime
) -> None:
    """Take advice up, finish it, drop it or open it again; whoever ends it says what became of it."""
    outcome = outcome.strip()
    if action in (A.FINISH, A.DROP):
        if not outcome or len(outcome) > LONGEST:
            raise Invalid(
                Words("请写明结果，不超过 {n} 个字", "Say what became of it, in at most {n} characters"),
                n=LONGEST,
            )
        advice.outcome, advice.ended_at = outcome, at
    elif action is A.REOPEN:
        advice.ended_at = None
    with session.no_autoflush:
        ADVICE_FLOW.move(session, advice, action, by=by, at=at)


def of_bulletin(session: Session, bulletin_id: int) -> list[Advice]:
    """Return what was advised in a bulletin, in its order."""
    query = sa.select(Advice).where(Advice.bulletin_id == bulletin_id).order_by(Advice.id)
    return list(session.scalars(query).unique())


def tracked(session: Session, *, limit: int = 200) -> list[Advice]:
    """Return all advice, the open ones first, by their day."""
    is_over = Advice.state.in_(OVER)
    query = sa.select(Advice).order_by(is_over, Advice.due_on.is_(None), Advice.due_on, Advice.id.desc())
    return list(session.scalars(query.limit(limit)).unique())
