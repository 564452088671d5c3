"""Steps of the supervision offices: assigning and ruling on returns."""

from __future__ import annotations

from typing import Any

from core.problems import Forbidden, Invalid, Refused
from core.terms import Words
from matters.attributes import Difficulty, Urgency
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.standing import Deed, Standing, SubTask
from matters.steps import UNTOUCHED, Around, Wish, check, choice, confirmed, effect, needs_text, number
from matters.steps_clock import own_extension

RULING_FROM_RETURNS = 2
RULING_FROM_DISPATCHES = 2


def needs_ruling(standing: Standing) -> bool:
    """Say whether the next assignment must be ruled jointly: a second return, or a third dispatch of a round."""
    if standing.is_ruled:
        return False
    return len(standing.returned_by) >= RULING_FROM_RETURNS or standing.dispatches >= RULING_FROM_DISPATCHES


def _route(standing: Standing, wish: Wish, around: Around) -> None:
    """Check lead and supporting units; while it is not known whom to keep away, nobody is given it."""
    if standing.conflict.lacks_unit(standing.conflict_unit):
        raise Refused(
            Words(
                "还不知道被反映的是哪个单位：先由党委督查室查明、设定回避，再交办",
                "It is not known yet which unit it is about: the Party's office names it first, then it is assigned",
            )
        )
    lead = number(wish, "lead", "请选择主办单位", "Choose the lead unit")
    supporting = wish.facts.get("supporting", [])
    if not isinstance(supporting, list) or not all(isinstance(unit, int) for unit in supporting):
        raise Invalid(fields={"supporting": Words("协办单位有误", "The supporting units are not right")})
    if lead in supporting or len(set(supporting)) < len(supporting):
        raise Invalid(
            fields={
                "supporting": Words(
                    "主办单位不能同时协办，也不能重复", "The lead can't support; no unit twice"
                )
            }
        )
    for unit in (lead, *supporting):
        field = "lead" if unit == lead else "supporting"
        if unit in around.excluded:
            # The words say nothing that the screen of a conflict does not say anyway.
            raise Invalid(fields={field: Words("该单位须回避", "This unit must be kept away")})
        if unit in around.closed_units:
            raise Invalid(fields={field: Words("该单位已停用", "This unit is closed")})
    confirmed(wish, "redacted", "请先确认脱敏后的内容", "Approve the redacted text first")
    if needs_ruling(standing):
        confirmed(
            wish,
            "ruling",
            "第二次退回或第三次交办须联合裁定",
            "A second return or third dispatch needs a joint ruling",
        )
        second = number(wish, "second", "联合裁定要有两个督查室的人", "A joint ruling needs both offices")
        if second == wish.by:
            raise Forbidden(Words("联合裁定要有另一个人", "A joint ruling needs another person"))
    elif lead in standing.returned_by:
        raise Invalid(fields={"lead": Words("该单位已退回过", "This unit has given it back already")})


@check(A.ASSIGN, keeps="lead supporting redacted ruling second")
def _assign(standing: Standing, wish: Wish, around: Around) -> None:
    if standing.urgency is Urgency.U1 and Side.HEAD not in wish.sides:
        raise Forbidden(Words("紧急件由督查室主任交办", "An emergency is assigned by the head of the office"))
    _route(standing, wish, around)


@effect(A.ASSIGN)
def _assigned(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {
        "lead": deed.facts["lead"],
        "sub_tasks": tuple(_part(standing, unit) for unit in deed.facts.get("supporting", [])),
        "dispatches": standing.dispatches + 1,
        "is_ruled": standing.is_ruled or deed.facts.get("ruling") is True,
        "assigned_at": deed.at,
        **UNTOUCHED,
        **(own_extension(standing) if deed.facts["lead"] != standing.lead else {}),
    }


def _part(standing: Standing, unit: int) -> SubTask:
    """Keep what a supporting unit has done already, though the lead changes."""
    before = standing.sub_task(unit)
    return before if before is not None and before.done_at is not None else SubTask(unit)


@check(A.GRADE, keeps="difficulty")
def _grade(standing: Standing, wish: Wish, around: Around) -> None:
    if choice(wish, "difficulty", Difficulty, "请选择难度", "Choose how hard it is") is standing.difficulty:
        raise Refused(Words("难度没有变", "It is graded so already"))


@effect(A.GRADE)
def _graded(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"difficulty": Difficulty.of(deed.facts["difficulty"])}


@check(A.ACCEPT_RETURN, keeps="lead supporting redacted ruling second")
def _accept_return(standing: Standing, wish: Wish, around: Around) -> None:
    _route(standing, wish, around)
    if wish.facts["lead"] == standing.lead and not needs_ruling(standing):
        raise Invalid(
            fields={"lead": Words("同意退回要改派另一单位", "An accepted return goes to another unit")}
        )


@effect(A.ACCEPT_RETURN)
def _return_accepted(standing: Standing, deed: Deed) -> dict[str, Any]:
    return _assigned(standing, deed)


@check(A.REFUSE_RETURN)
def _refuse_return(standing: Standing, wish: Wish, around: Around) -> None:
    needs_text(wish, "请写明不同意的理由", "Write why it is refused")


@effect(A.REFUSE_RETURN)
def _return_refused(standing: Standing, deed: Deed) -> dict[str, Any]:
    # A refused return leaves the matter with the unit: it counts as signed for.
    return {"signed_at": standing.signed_at or deed.at}
