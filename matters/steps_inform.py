"""The step that tells a caller a decision on their matter: declined, given more time, or put aside for now."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.problems import Invalid
from core.terms import Words
from matters.attributes import Decision, TryResult
from matters.flow import MatterAction as A
from matters.standing import Standing
from matters.states import MatterState
from matters.steps import Around, Wish, check, choice, number

SAID_IN: dict[Decision, tuple[A, ...]] = {
    Decision.DECLINED: (A.DECLINE,),
    Decision.EXTENDED: (A.GRANT_EXTENSION,),
    Decision.SUSPENDED: (A.SUSPEND, A.RENEW),
}
"""The entries whose words tell why it was decided so."""
TO_BE_TOLD = tuple(action for actions in SAID_IN.values() for action in actions)
"""Decisions that the caller is told; what was told at once needs no call."""


def decided(standing: Standing) -> tuple[Decision, datetime | None] | None:
    """Return what was decided last that the caller should know, with the day it runs to."""
    if standing.state is MatterState.NOT_ACCEPTED:
        return Decision.DECLINED, None
    if standing.state is MatterState.SUSPENDED:
        return Decision.SUSPENDED, standing.review_at
    if standing.extended_to is not None:
        return Decision.EXTENDED, standing.extended_to
    return None


@check(A.INFORM, keeps="caller result call")
def _inform(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    caller = standing.caller(number(wish, "caller"))
    if caller is None or caller.has_left:
        raise Invalid(fields={"caller": Words("没有这位诉求人", "There is no such caller")})
    choice(wish, "result", TryResult, "请选择联系结果", "Choose what came of the try")
    found = decided(standing)
    if found is None:
        return {}
    decision, until = found
    return {"decision": decision.value, "until": until.isoformat() if until else None}
