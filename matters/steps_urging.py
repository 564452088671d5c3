"""Steps that urge: incidents and their escalation, reminders, supervision, the notice list, faults, identities opened."""

from __future__ import annotations

from typing import Any

from core.problems import Forbidden, Refused
from core.terms import Words
from matters.attributes import Fault, IncidentWay
from matters.clocks import noted_limits
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import Limit
from matters.standing import Deed, Standing
from matters.steps import Around, Wish, check, choice, effect, moment, needs_text, number

HIGHEST_LEVEL = 4


@check(A.FLAG_INCIDENT)
def _flag(standing: Standing, wish: Wish, around: Around) -> None:
    if standing.is_incident:
        raise Refused(Words("已作为突发事件上报", "It is flagged as an incident already"))
    needs_text(wish, "请用两行写明：发生了什么、在哪里", "Two lines: what happened, and where")


@effect(A.FLAG_INCIDENT)
def _flagged(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {
        "is_incident": True,
        "incident_at": deed.at,
        "escalated_at": deed.at,
        "level": max(standing.level, 1),
    }


@check(A.ACKNOWLEDGE)
def _acknowledge(standing: Standing, wish: Wish, around: Around) -> None:
    if not standing.is_incident or standing.acknowledged_level == standing.level:
        raise Refused(Words("没有待确认的上报", "Nothing waits to be acknowledged"))


@effect(A.ACKNOWLEDGE)
def _acknowledged(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"acknowledged_level": standing.level}


@check(A.REPORT_INCIDENT, keeps="way")
def _report_incident(standing: Standing, wish: Wish, around: Around) -> None:
    if not standing.is_incident:
        raise Refused(Words("这不是突发事件", "This is no incident"))
    way = choice(wish, "way", IncidentWay, "请选择报告方式", "Choose how it was reported")
    if way.value in standing.incident_reports:
        raise Refused(Words("已经这样报告过", "It was reported this way already"))


@effect(A.REPORT_INCIDENT)
def _incident_reported(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"incident_reports": (*standing.incident_reports, deed.facts["way"])}


@check(A.ESCALATE, keeps="to")
def _escalate(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    if wish.sides == {Side.SYSTEM} and wish.facts.get("overdue") is True:
        if A.ESCALATE.value in standing.notices:
            raise Refused(Words("本轮已经上报过", "It went up in this round already"))
        return {"overdue": True}
    if standing.level >= HIGHEST_LEVEL:
        raise Refused(Words("已上报到最高一级", "It is at the highest level"))
    return {}


@effect(A.ESCALATE)
def _escalated(standing: Standing, deed: Deed) -> dict[str, Any]:
    wanted = deed.facts.get("to")
    level = wanted if isinstance(wanted, int) else standing.level + 1
    after = {"level": min(max(standing.level, level), HIGHEST_LEVEL)}
    if "overdue" in deed.facts:  # once a round, whatever the level; an incident's own clock runs on
        return {**after, "notices": (*standing.notices, deed.action)}
    return {**after, "escalated_at": deed.at}


@check(A.REMIND, A.SUPERVISE, A.NOTICE_LIST)
def _urge(standing: Standing, wish: Wish, around: Around) -> None:
    if wish.sides == {Side.SYSTEM} and wish.action.value in standing.notices:
        raise Refused(Words("本轮已经发过", "It was given in this round already"))
    if wish.sides != {Side.SYSTEM}:
        needs_text(wish, "请写明要求", "Write what is asked")


@effect(A.REMIND, A.SUPERVISE, A.NOTICE_LIST)
def _urged(standing: Standing, deed: Deed) -> dict[str, Any]:
    notices = standing.notices if deed.action in standing.notices else (*standing.notices, deed.action)
    level = {A.REMIND.value: 0, A.SUPERVISE.value: 1, A.NOTICE_LIST.value: 2}[deed.action]
    return {"notices": notices, "level": max(standing.level, level)}


@check(A.LIMIT_PASSED, keeps="limit")
def _limit_passed(standing: Standing, wish: Wish, around: Around) -> None:
    limit = choice(wish, "limit", Limit)
    due = next(
        (due for each, due in noted_limits(standing, around.policy, around.zone) if each is limit), None
    )
    if due is None or wish.at < due:
        raise Refused(Words("这个时限没有过", "That limit has not passed"))


@effect(A.LIMIT_PASSED)
def _limit_noted(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"notices": (*standing.notices, f"{deed.action}:{deed.facts['limit']}")}


@check(A.FAULT, keeps="fault unit")
def _fault(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    fault = choice(wish, "fault", Fault)
    unit = number(wish, "unit", "请选择单位", "Choose the unit")
    key = f"{unit}:{fault.value}:{standing.round}"
    if key in standing.faults:
        raise Refused(Words("本轮已记录过", "It is recorded for this round already"))
    if key in standing.cleared_faults and wish.sides == {Side.SYSTEM}:
        raise Refused(Words("本轮已撤销过", "It was cleared in this round"))
    if wish.sides != {Side.SYSTEM}:
        needs_text(wish, "请写明认定依据", "Write what it rests on")
    return {"key": key}


@effect(A.FAULT)
def _faulted(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"faults": (*standing.faults, deed.facts["key"])}


@check(A.CLEAR_FAULT, keeps="key")
def _clear(standing: Standing, wish: Wish, around: Around) -> None:
    if wish.facts.get("key") not in standing.faults:
        raise Refused(Words("没有这条过错", "There is no such fault"))
    needs_text(wish, "请写明撤销理由", "Write why it is cleared")


@effect(A.CLEAR_FAULT)
def _cleared(standing: Standing, deed: Deed) -> dict[str, Any]:
    key = deed.facts["key"]
    return {
        "faults": tuple(other for other in standing.faults if other != key),
        "cleared_faults": (*(other for other in standing.cleared_faults if other != key), key),
    }


@check(A.OPEN_IDENTITY, keeps="caller second until")
def _open_identity(standing: Standing, wish: Wish, around: Around) -> None:
    number(wish, "caller")
    second = number(wish, "second", "开启身份要两个人", "Opening an identity needs two persons")
    if second == wish.by:
        raise Forbidden(Words("开启身份要两个人", "Opening an identity needs two persons"))
    needs_text(wish, "请写明理由", "Write the reason")
    moment(wish, "until")
