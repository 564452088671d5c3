"""Steps of the unit: signing for, asking return, speaking to the caller, reporting the result."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from core.problems import Forbidden, Invalid, Refused
from core.terms import Words
from matters.attributes import Outcome
from matters.clocks import contact_end, result_end
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import Limit
from matters.standing import Deed, Standing, SubTask
from matters.steps import Around, Wish, check, choice, confirmed, effect, is_lead, needs_text


@check(A.SIGN)
def _sign(standing: Standing, wish: Wish, around: Around) -> None:
    is_lead(standing, wish)


@check(A.DEEM_SIGNED)
def _deem(standing: Standing, wish: Wish, around: Around) -> None:
    assigned = standing.assigned_at or standing.since
    if wish.at < around.end(standing, Limit.SIGN, assigned).due_at:
        raise Refused(Words("签收期限未到", "The time to sign is not over"))


@effect(A.SIGN)
def _signed(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"signed_at": deed.at}


@effect(A.DEEM_SIGNED)
def _deemed(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"signed_at": deed.at, "level": max(standing.level, 1)}


@check(A.ASK_RETURN, keeps="basis proposed")
def _ask_return(standing: Standing, wish: Wish, around: Around) -> None:
    is_lead(standing, wish)
    if standing.is_ruled:
        raise Refused(
            Words("已联合裁定由贵单位办理，不能再退", "It was ruled to be yours; it can't be given back")
        )
    if standing.lead in standing.returned_by:
        raise Refused(Words("贵单位已经申请退回过一次", "Your unit has asked once already"))
    assigned = standing.assigned_at or standing.since
    if wish.at > around.end(standing, Limit.ASK_RETURN, assigned).due_at:
        raise Refused(Words("申请退回的期限已过", "The time to ask for its return is over"))
    needs_text(wish, "请写明退回理由和依据", "Write the reason and its legal basis")
    confirmed(wish, "basis", "请写明法律、职责依据", "Name the legal basis")
    if wish.facts.get("proposed") in (None, standing.lead):
        raise Invalid(
            fields={"proposed": Words("请建议应由哪个单位办理", "Propose the unit that should act")}
        )


@effect(A.ASK_RETURN)
def _return_asked(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"returned_by": (*standing.returned_by, standing.lead)}


@check(A.CONTACT, keeps="identity call")
def _contact(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    if Side.CENTRE not in wish.sides:
        is_lead(standing, wish)
        if wish.facts.get("identity") != "open":
            raise Forbidden(
                Words(
                    "诉求人受保护：请通过民意中心转达",
                    "The caller is protected: the centre passes your words on",
                )
            )
    if not isinstance(wish.facts.get("call"), int):
        needs_text(wish, "没有通话记录的，请写下谈了什么", "Where no call is on record, write what was said")
    return first_word(standing, wish, around)


def first_word(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    """Say whose word to the caller it is, whether it is the first, and in time: kept as it counts on the day."""
    if standing.contacted_at is not None:
        return {"lead": standing.lead}
    due = contact_end(standing, around.policy, around.zone).due_at
    return {"lead": standing.lead, "first": True, "in_time": (owed_until(standing) or wish.at) <= due}


def owed_until(standing: Standing) -> datetime | None:
    """Say until when the unit owed a caller a first word: what comes after its report is the centre's time."""
    ends = (standing.contacted_at, standing.given_up_at, standing.answered_at or standing.reported_at)
    return min((at for at in ends if at is not None), default=None)


@effect(A.CONTACT)
def _contacted(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {} if standing.contacted_at else {"contacted_at": deed.at}


@check(A.NO_CONTACT)
def _no_contact(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    if not standing.awaits_word:
        raise Refused(Words("已经联系过诉求人", "The caller has been spoken to already"))
    return {"lead": standing.lead}


@effect(A.NO_CONTACT)
def _not_contacted(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"given_up_at": deed.at}


@check(A.SUB_DONE)
def _sub_done(standing: Standing, wish: Wish, around: Around) -> None:
    task = standing.sub_task(wish.unit)
    if task is None:
        raise Forbidden(Words("贵单位不是协办单位", "Your unit does not support this matter"))
    if not task.is_open:
        raise Refused(Words("协办已完成或已免除", "Your part is done or excused"))
    needs_text(wish, "请写明协办结果", "Write what your unit did")


@effect(A.SUB_DONE)
def _sub_was_done(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"sub_tasks": _with_task(standing, SubTask(deed.unit or 0, done_at=deed.at))}


def _with_task(standing: Standing, task: SubTask) -> tuple[SubTask, ...]:
    return tuple(task if old.unit == task.unit else old for old in standing.sub_tasks)


@check(A.SUB_EXCUSED, keeps="unit")
def _sub_excused(standing: Standing, wish: Wish, around: Around) -> None:
    unit = wish.facts.get("unit")
    task = standing.sub_task(unit if isinstance(unit, int) else None)
    if task is None or not task.is_open:
        raise Invalid(fields={"unit": Words("没有这项未完成的协办", "There is no such open part")})
    needs_text(wish, "请写明免除理由", "Write why it is excused")


@effect(A.SUB_EXCUSED)
def _sub_was_excused(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"sub_tasks": _with_task(standing, SubTask(deed.facts["unit"], is_excused=True))}


@check(A.REPORT, keeps="outcome points evidence")
def _report(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    is_lead(standing, wish)
    choice(wish, "outcome", Outcome, "请选择办理结果", "Choose the outcome")
    needs_text(wish, "请写明办理情况", "Write what was done")
    confirmed(wish, "points", "请逐项答复后确认", "Address every point, then confirm")
    evidence = wish.facts.get("evidence")
    if not isinstance(evidence, int) or evidence < 1:
        raise Invalid(
            fields={"evidence": Words("请附上依据（照片、文书）", "Attach evidence (a photo, a document)")}
        )
    if any(task.is_open for task in standing.sub_tasks):
        raise Refused(Words("还有协办没有完成或免除", "A supporting part is neither done nor excused"))
    reported = msgspec.structs.replace(standing, reported_at=wish.at)
    return {
        "lead": standing.lead,
        "on_time": on_time(reported, around, with_extension=True),
        "on_time_plain": on_time(reported, around, with_extension=False),
    }


@effect(A.REPORT)
def _reported(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {
        "reported_at": deed.at,
        "reported_by": deed.by,
        "claim": deed.facts["outcome"],
        "answered_at": standing.answered_at or deed.at,
    }


def on_time(standing: Standing, around: Around, *, with_extension: bool) -> bool | None:
    """Say whether the result of this round came in time, counted with or without the extension."""
    if standing.reported_at is None:
        return None
    plain = standing if with_extension else msgspec.structs.replace(standing, extended_to=None)
    return standing.reported_at <= result_end(plain, around.policy, around.zone).due_at
