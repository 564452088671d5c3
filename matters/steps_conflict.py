"""Steps of a conflict: whom a matter is about is set or changed, and an assignment of theirs comes to its end."""

from __future__ import annotations

from typing import Any

from core.problems import Forbidden, Invalid, Refused
from core.terms import Words
from matters.attributes import Conflict
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.standing import Deed, Standing
from matters.states import MatterState
from matters.steps import UNTOUCHED, Around, Wish, check, choice, effect, needs_text, number
from matters.steps_clock import own_extension, paused, resumed

_STILL = (MatterState.WAIT_CALLER, MatterState.SUSPENDED)


@check(A.SET_CONFLICT, keeps="conflict conflict_unit")
def _set(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    wanted = choice(wish, "conflict", Conflict), wish.facts.get("conflict_unit")
    is_draft = standing.state is MatterState.DRAFT
    given = wish.facts.get("away")
    away = frozenset(given) if isinstance(given, list) else frozenset()
    if wanted[1] is not None or (wanted[0] is Conflict.UNIT and not is_draft):
        number(wish, "conflict_unit", "请选择被反映的单位", "Choose the unit complained about")
    if wanted[0] is Conflict.NONE and wanted[1] is not None:
        raise Invalid(fields={"conflict": Words("请选择反映的是谁", "Choose whom it is about")})
    if wanted == (standing.conflict, standing.conflict_unit):
        raise Refused(Words("没有改动任何一项", "Nothing was changed"))
    if not is_draft:
        needs_text(wish, "请写明从哪里得知", "Write how this is known")
        is_back = wanted[0] is Conflict.NONE or not around.excluded <= away
        if is_back and Side.SUPERVISION not in wish.sides:
            raise Forbidden(
                Words(
                    "取消回避、换成别的单位，由督查室办理",
                    "Only a supervision office lets somebody back to it",
                )
            )
    return {"ended": [unit for unit in standing.supporting if unit in away]}


@effect(A.SET_CONFLICT)
def _was_set(standing: Standing, deed: Deed) -> dict[str, Any]:
    ended = deed.facts["ended"]
    return {
        "conflict": Conflict.of(deed.facts["conflict"]),
        "conflict_unit": deed.facts.get("conflict_unit"),
        "sub_tasks": tuple(task for task in standing.sub_tasks if task.unit not in ended),
    }


@check(A.TAKE_AWAY)
def _take_away(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    if standing.lead not in around.excluded:
        raise Refused(Words("主办单位不须回避", "The lead unit need not be kept away"))
    return {"lead": standing.lead, **(paused(standing, wish, around) if standing.state in _STILL else {})}


@effect(A.TAKE_AWAY)
def _taken_away(standing: Standing, deed: Deed) -> dict[str, Any]:
    """Let it be assigned anew; the clock goes on, and what the unit reported counts for nothing."""
    return {
        **(resumed(standing, deed) if "days" in deed.facts else {}),
        "lead": None,
        "sub_tasks": (),
        "is_ruled": False,
        "assigned_at": None,
        **UNTOUCHED,
        **own_extension(standing),
        "reported_at": None,
        "reported_by": None,
        "claim": None,
        "review_at": None,
    }
