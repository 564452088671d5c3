"""Steps of the supervision offices: assigning, ruling on returns, extending, suspending."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.problems import Forbidden, Invalid, Refused
from core.terms import Words
from matters.attributes import Urgency
from matters.clocks import result_end
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import Limit
from matters.standing import Deed, Standing, SubTask
from matters.steps import Around, Wish, check, confirmed, effect, moment, needs_text, number

RULING_FROM_RETURNS = 2
RULING_FROM_DISPATCHES = 2
RENEWALS = 2


def needs_ruling(standing: Standing) -> bool:
    """Say whether the next assignment must be ruled jointly: a second return, or a third dispatch of a round."""
    if standing.is_ruled:
        return False
    return len(standing.returned_by) >= RULING_FROM_RETURNS or standing.dispatches >= RULING_FROM_DISPATCHES


def _route(standing: Standing, wish: Wish, around: Around) -> None:
    """Check lead and supporting units."""
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
        "sub_tasks": tuple(SubTask(unit) for unit in deed.facts.get("supporting", [])),
        "dispatches": standing.dispatches + 1,
        "is_ruled": standing.is_ruled or deed.facts.get("ruling") is True,
        "assigned_at": deed.at,
        "signed_at": None,
        "contacted_at": None,
    }


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


@check(A.GRANT_EXTENSION, keeps="told")
def _grant(standing: Standing, wish: Wish, around: Around) -> None:
    if standing.extension_asked is None or not standing.is_extension_asked:
        raise Refused(Words("没有待批的延期申请", "No extension is asked for"))
    confirmed(wish, "told", "请先告知诉求人", "Tell the caller first")
    if standing.extension_asked <= result_end(standing, around.policy, around.zone).due_at:
        raise Refused(
            Words("申请的期限已不晚于现在的期限", "The date asked for is no later than the limit now")
        )


@effect(A.GRANT_EXTENSION)
def _granted(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"extended_to": standing.extension_asked}


@check(A.REFUSE_EXTENSION)
def _refuse_extension(standing: Standing, wish: Wish, around: Around) -> None:
    if standing.extension_asked is None or not standing.is_extension_asked:
        raise Refused(Words("没有待批的延期申请", "No extension is asked for"))
    needs_text(wish, "请写明不同意的理由", "Write why it is refused")


@effect(A.REFUSE_EXTENSION)
def _extension_refused(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"is_extension_refused": True}


@check(A.SUSPEND, keeps="told review")
def _suspend(standing: Standing, wish: Wish, around: Around) -> None:
    needs_text(wish, "请写明步骤计划", "Write the plan, step by step")
    confirmed(wish, "told", "请先告知诉求人", "Tell the caller first")
    _review_date(standing, wish, around)


@check(A.RENEW, keeps="review leader")
def _renew(standing: Standing, wish: Wish, around: Around) -> None:
    needs_text(wish, "请写明进展和新计划", "Write what was done and the new plan")
    _review_date(standing, wish, around)
    if standing.renewals >= RENEWALS:
        confirmed(wish, "leader", "第三次延长须县领导批准", "A third renewal needs the county leader")


def _review_date(standing: Standing, wish: Wish, around: Around) -> None:
    review = moment(wish, "review")
    if not wish.at < review <= around.end(standing, Limit.SUSPENSION, wish.at).due_at:
        raise Invalid(fields={"review": Words("复核日期要在 90 天以内", "The review is within 90 days")})


@effect(A.SUSPEND, A.RENEW)
def _suspended(standing: Standing, deed: Deed) -> dict[str, Any]:
    renewals = standing.renewals + 1 if deed.action == A.RENEW.value else 0
    review = datetime.fromisoformat(deed.facts["review"]).astimezone(UTC)
    return {"review_at": review, "renewals": renewals, "is_in_bulletin": True}
