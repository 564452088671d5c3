"""Revisits: each caller is asked, by another person and out of the unit's hearing, whether it is really solved."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff
from core.problems import Forbidden, Invalid
from core.terms import Words
from matters.attributes import Judgement, TryResult
from matters.caller_calls import Heard, finish, plan
from matters.flow import MatterAction
from matters.moving import act, standing_of
from matters.trying import is_given_up
from matters.turn_queue import hold, may_ring
from matters.turns import CallerTurn

SO_SO = 3
"""From this satisfaction down, the reason is asked for."""


def check_heard(heard: Heard) -> None:
    """Refuse an answer that is not whole: what they judge, how satisfied they are, and why where they are not."""
    if heard.result is not TryResult.REACHED:
        if heard.result is TryResult.SENT:
            raise Invalid(fields={"result": Words("回访不能用短信代替", "No text can stand for a revisit")})
        return
    wrong: dict[str, Words] = {}
    if heard.unit_near is None:
        wrong["unit"] = Words("请先问：承办单位的人在不在场", "Ask first whether anyone of the unit is there")
    elif heard.unit_near:
        wrong["unit"] = Words(
            "承办单位的人在场，这次不能算回访：请选“现在不便”，另约时间",
            "Someone of the unit is there, so this is no revisit: choose “Not a good time” and arrange another",
        )
    if Judgement.found(heard.judgement) is None:
        wrong["judgement"] = Words("请选择是否解决", "Choose whether it is solved")
    if heard.satisfaction not in range(1, 6):
        wrong["satisfaction"] = Words("请选择 1–5 分", "Choose 1 to 5")
    is_well = heard.judgement == Judgement.SOLVED.value and (heard.satisfaction or 0) > SO_SO
    if not is_well and not heard.words.strip() and not wrong:
        wrong["words"] = Words("请写下对方说的理由", "Write down the reason they gave")
    if wrong:
        raise Invalid(Words("没有记录，填写的内容都在", "Not noted; what you typed is kept"), fields=wrong)


def asked(session: Session, turn: CallerTurn, heard: Heard, *, by: Staff, at: datetime, seen: int | None = None) -> None:  # fmt: skip
    """Note what a caller says of the result, or that they were not reached."""
    turn = hold(session, turn.id, by=by, at=at)
    if not may_ring(session, turn.matter, by) or by.id == turn.told_by:
        raise Forbidden(Words("回访要由另一个人来做", "Another person must make the revisit"))
    check_heard(heard)
    made = finish(session, turn, heard, by=by, at=at)
    facts: dict[str, object] = {
        "caller": turn.reporter_id,
        "result": heard.result.value,
        "call": made.call_id,
        "unit_on_line": bool(heard.unit_near),
    }
    if heard.again_at is not None:
        facts["promised"] = True
    if heard.result is TryResult.REACHED:
        facts |= {"judgement": heard.judgement, "satisfaction": heard.satisfaction}
    act(session, turn.matter, MatterAction.REVISIT, by=by, at=at, facts=facts, text=heard.words, seen=seen)
    if session.scalar(sa.select(CallerTurn.id).where(CallerTurn.id == turn.id)) is None:
        return
    caller = standing_of(turn.matter).caller(turn.reporter_id)
    tries = list(caller.revisits) if caller else []
    plan(session, turn, tries, heard, lambda t: is_given_up(t, clock.zone()), at=at)
