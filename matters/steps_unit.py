"""Steps of the unit: signing for, asking return, speaking to the caller, asking for time, reporting the result."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from core.problems import Forbidden, Invalid, Refused
from core.terms import Words
from matters.attributes import Outcome, PauseReason
from matters.clocks import contact_end, result_end
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import Limit, end_of, working_days_between
from matters.standing import Deed, Standing, SubTask
from matters.states import MatterState
from matters.steps import Around, Wish, check, choice, confirmed, effect, moment, needs_text


def _is_lead(standing: Standing, wish: Wish) -> None:
    if wish.unit is None or wish.unit != standing.lead:
        raise Forbidden(Words("只有主办单位可以这样做", "Only the lead unit may do this"))


@check(A.SIGN)
def _sign(standing: Standing, wish: Wish, around: Around) -> None:
    _is_lead(standing, wish)


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
    _is_lead(standing, wish)
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


@check(A.CONTACT, keeps="identity")
def _contact(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    if Side.CENTRE not in wish.sides:
        _is_lead(standing, wish)
        if wish.facts.get("identity") != "open":
            raise Forbidden(
                Words(
                    "诉求人受保护：请通过民意中心转达",
                    "The caller is protected: the centre passes your words on",
                )
            )
    if standing.contacted_at is not None:
        return {"lead": standing.lead}
    # Kept as it was counted on the day, so that a later calendar or policy changes no rate of the past.
    due = contact_end(standing, around.policy, around.zone).due_at
    return {"lead": standing.lead, "first": True, "in_time": wish.at <= due}


@effect(A.CONTACT)
def _contacted(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {} if standing.contacted_at else {"contacted_at": deed.at}


@check(A.ASK_CALLER, keeps="reason")
def _ask_caller(standing: Standing, wish: Wish, around: Around) -> None:
    _is_lead(standing, wish)
    if standing.has_asked_caller:
        raise Refused(Words("本轮已经请诉求人补充过一次", "The caller has been asked once in this round"))
    choice(wish, "reason", PauseReason, "经费和领导决定不是理由", "Money or a leader's decision is no reason")
    needs_text(wish, "请写下要问诉求人的话", "Write the question for the caller")


@effect(A.ASK_CALLER)
def _caller_asked(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"has_asked_caller": True}


@check(A.CALLER_REPLIED)
def _replied(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    needs_text(wish, "请写下诉求人的补充", "Write what the caller said")
    return _paused(standing, wish, around)


@check(A.RESUME)
def _resume(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    if wish.at < around.end(standing, Limit.PAUSE, standing.since).due_at:
        raise Refused(Words("暂停期限未到", "The pause is not over"))
    return _paused(standing, wish, around)


@check(A.RESUME_WORK)
def _resume_work(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    if Side.UNIT in wish.sides:
        _is_lead(standing, wish)
    return _paused(standing, wish, around)


def _paused(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    """Say how long the clock stood still; written into the log, so that a later calendar changes nothing."""
    until = wish.at
    if standing.state is MatterState.WAIT_CALLER:  # a pause ends by itself, however late someone notices
        until = min(until, around.end(standing, Limit.PAUSE, standing.since).due_at)
    seconds = (until - standing.since).total_seconds()
    return {"days": working_days_between(standing.since, until, around.zone), "seconds": seconds}


@effect(A.CALLER_REPLIED, A.RESUME, A.RESUME_WORK)
def _resumed(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {
        "paused_days": standing.paused_days + deed.facts["days"],
        "paused_seconds": standing.paused_seconds + deed.facts["seconds"],
        "extended_to": standing.extended_to
        and standing.extended_to + timedelta(seconds=deed.facts["seconds"]),
        "review_at": None,
    }


@check(A.ASK_EXTENSION, keeps="until")
def _ask_extension(standing: Standing, wish: Wish, around: Around) -> None:
    _is_lead(standing, wish)
    needs_text(wish, "请写明延期理由", "Write why more time is needed")
    if standing.extended_to is not None or standing.extension_asked is not None:
        raise Refused(Words("延期只能申请一次", "An extension can be asked once"))
    due = result_end(standing, around.policy, around.zone).due_at
    if wish.at >= due:
        raise Refused(Words("已超期，不能再申请延期", "The limit has passed; it is too late to ask"))
    until = moment(wish, "until")
    longest = end_of(due, around.policy.span(Limit.EXTENSION, standing.urgency), around.zone).due_at
    if not due < until <= longest:
        raise Invalid(
            fields={
                "until": Words(
                    "新期限要晚于原期限，且最多延 10 个工作日",
                    "Later than the limit, at most 10 working days",
                )
            }
        )


@effect(A.ASK_EXTENSION)
def _extension_asked(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"extension_asked": _utc(deed.facts["until"])}


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


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
    _is_lead(standing, wish)
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
    }


def on_time(standing: Standing, around: Around, *, with_extension: bool) -> bool | None:
    """Say whether the result of this round came in time, counted with or without the extension."""
    if standing.reported_at is None:
        return None
    plain = standing if with_extension else msgspec.structs.replace(standing, extended_to=None)
    return standing.reported_at <= result_end(plain, around.policy, around.zone).due_at
