"""Answers: what came of a matter as its callers are told it, and what they may still do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.problems import Missing, Refused
from core.terms import Words
from matters import caller_notes, receipts
from matters.attributes import Outcome
from matters.flow import MatterAction, Side
from matters.limits import Limit, end_of
from matters.log import MatterEvent
from matters.matter import Matter
from matters.merging import final
from matters.moving import act, standing_of
from matters.policies import policy_of
from matters.reporters import Reporter
from matters.states import CLOSED, OPEN, MatterState
from matters.unit_copy import cover_of

S = MatterState
TOLD_FROM = frozenset({S.FEEDBACK_DUE, S.REVISIT_DUE, *CLOSED})
"""States in which the centre has checked the result, so that callers are told it."""


@dataclass(frozen=True)
class Answer:
    """What the holder of a receipt is told beside where it stands."""

    result: str | None
    outcome: Outcome | None
    may_reopen: bool
    may_add: bool


def result_of(session: Session, matter: Matter) -> tuple[str | None, Outcome | None]:
    """Return the checked result without anything that tells who someone is, and the outcome that was found."""
    if matter.state is S.NOT_ACCEPTED:
        action, outcome = MatterAction.DECLINE, None
    elif matter.state in TOLD_FROM:
        action, outcome = MatterAction.REPORT, Outcome.found(standing_of(matter).check)
    else:
        return None, None
    query = (
        sa.select(MatterEvent)
        .where(MatterEvent.matter_id == matter.id, MatterEvent.action == action.value)
        .order_by(MatterEvent.number.desc())
        .limit(1)
    )
    event = session.scalars(query).first()
    return (cover_of(session, matter).words(event.text) or None) if event else None, outcome


def _held(session: Session, receipt: str) -> tuple[Matter, Matter]:
    """Return the matter of a receipt and the one that is worked on."""
    own = session.scalars(sa.select(Matter).where(Matter.receipt == receipts.read_receipt(receipt))).first()
    if own is None:
        raise Missing
    return own, final(session, own)


def _may_reopen(session: Session, matter: Matter, at: datetime) -> bool:
    if matter.state not in CLOSED:
        return False
    policy = policy_of(session, matter.policy_id, at=at)
    span = policy.span(Limit.REOPEN, matter.urgency)
    return at <= end_of(standing_of(matter).since, span, clock.zone()).due_at


def answer(session: Session, receipt: str, *, at: datetime) -> Answer:
    """Return what the holder of a receipt, whose PIN was checked, is told."""
    own, matter = _held(session, receipt)
    result, outcome = result_of(session, matter)
    has_left = own.state is S.WITHDRAWN
    return Answer(result, outcome, _may_reopen(session, matter, at), matter.state in OPEN and not has_left)


def reopen(session: Session, receipt: str, words: str, *, at: datetime) -> None:
    """Open a closed matter again for a caller whose PIN was checked; it goes round once more."""
    own, matter = _held(session, receipt)
    if not _may_reopen(session, matter, at):
        raise Refused(
            Words(
                "这件事现在不能要求重办：还在办理，或办结已超过 30 天。请拨打民意热线说明。",
                "It can't be reopened now: it is still worked on, or was closed more than 30 days ago. Please call the "
                "citizen line.",
            )
        )
    known = {caller.id for caller in standing_of(matter).present_callers}
    held = sa.select(Reporter.id).where(Reporter.receipt_of_id == own.id).order_by(Reporter.id)
    caller = next((r for r in session.scalars(held) if r in known), None)
    facts = {"verified": "pin"} | ({"caller": caller} if caller is not None else {})
    act(
        session,
        matter,
        MatterAction.REOPEN,
        by=None,
        at=at,
        sides=(Side.CENTRE,),
        facts=facts,
        text=words[:1000],
    )


def add_note(session: Session, receipt: str, words: str, *, at: datetime) -> None:
    """Pass on what a caller whose PIN was checked adds to an open matter."""
    own, matter = _held(session, receipt)
    if matter.state not in OPEN or own.state is S.WITHDRAWN:
        raise Refused(
            Words(
                "这件事已不在办理，补充没有收下。还有问题请拨打民意热线。",
                "It is no longer worked on, so nothing was added. Please call the citizen line.",
            )
        )
    caller_notes.add(session, matter, own, words, at=at)
