"""Steps that move the clock: a question to the caller, more time, a suspension."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.problems import Invalid, Refused
from core.terms import Words
from matters.attributes import Fault, PauseReason
from matters.clocks import result_end
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import Limit, Span, Unit, end_of, working_days_between
from matters.standing import Deed, Standing
from matters.states import MatterState
from matters.steps import Around, Wish, check, choice, confirmed, effect, is_lead, moment, needs_text

RENEWALS = 2


@check(A.ASK_CALLER, keeps="reason")
def _ask_caller(standing: Standing, wish: Wish, around: Around) -> None:
    is_lead(standing, wish)
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
    return paused(standing, wish, around)


@check(A.RESUME)
def _resume(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    if wish.at < around.end(standing, Limit.PAUSE, standing.since).due_at:
        raise Refused(Words("暂停期限未到", "The pause is not over"))
    return paused(standing, wish, around)


@check(A.RESUME_WORK)
def _resume_work(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    if Side.UNIT in wish.sides:
        is_lead(standing, wish)
    return paused(standing, wish, around)


def paused(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    """Say how long the clock stood still; written into the log, so that a later calendar changes nothing."""
    until = wish.at
    if standing.state is MatterState.WAIT_CALLER:  # a pause ends by itself, however late someone notices
        until = min(until, around.end(standing, Limit.PAUSE, standing.since).due_at)
    days = working_days_between(standing.since, until, around.zone)
    found: dict[str, Any] = {"days": days, "seconds": (until - standing.since).total_seconds()}
    if standing.extended_to is not None:
        moved = _moved(standing.extended_to, found, standing, around)
        found["extended_to"] = moved.isoformat()
    return found


def _moved(extended_to: datetime, paused: dict[str, Any], standing: Standing, around: Around) -> datetime:
    """Move the extension on as the limit itself moves: by working days, or by time on the clock."""
    if not around.policy.span(Limit.RESULT, standing.urgency).is_working:
        return extended_to + timedelta(seconds=paused["seconds"])
    if not paused["days"]:
        return extended_to
    return end_of(extended_to, Span(paused["days"], Unit.WORKING_DAYS), around.zone).due_at


@effect(A.CALLER_REPLIED, A.RESUME, A.RESUME_WORK)
def resumed(standing: Standing, deed: Deed) -> dict[str, Any]:
    """Add what stood still to the limit."""
    moved = deed.facts.get("extended_to")
    return {
        "paused_days": standing.paused_days + deed.facts["days"],
        "paused_seconds": standing.paused_seconds + deed.facts["seconds"],
        "extended_to": _utc(moved) if moved else standing.extended_to,
        "review_at": None,
    }


@check(A.ASK_EXTENSION, keeps="until")
def _ask_extension(standing: Standing, wish: Wish, around: Around) -> None:
    is_lead(standing, wish)
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


@check(A.GRANT_EXTENSION)
def _grant(standing: Standing, wish: Wish, around: Around) -> None:
    if standing.extension_asked is None or not standing.is_extension_asked:
        raise Refused(Words("没有待批的延期申请", "No extension is asked for"))
    if standing.extension_asked <= wish.at:
        raise Refused(
            Words("申请的期限已经过了，不能再批", "The date asked for has passed; it can't be granted now")
        )
    if standing.extension_asked <= result_end(standing, around.policy, around.zone).due_at:
        raise Refused(
            Words("申请的期限已不晚于现在的期限", "The date asked for is no later than the limit now")
        )


@effect(A.GRANT_EXTENSION)
def _granted(standing: Standing, deed: Deed) -> dict[str, Any]:
    """Let the new limit urge anew; who asked in time was not late while nobody had decided."""
    late = f"{standing.lead}:{Fault.LATE.value}:{standing.round}"
    return {
        "extended_to": standing.extension_asked,
        "notices": tuple(given for given in standing.notices if ":" in given),
        "faults": tuple(key for key in standing.faults if key != late),
    }


@check(A.REFUSE_EXTENSION)
def _refuse_extension(standing: Standing, wish: Wish, around: Around) -> None:
    if standing.extension_asked is None or not standing.is_extension_asked:
        raise Refused(Words("没有待批的延期申请", "No extension is asked for"))
    needs_text(wish, "请写明不同意的理由", "Write why it is refused")


@effect(A.REFUSE_EXTENSION)
def _extension_refused(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"is_extension_refused": True}


def own_extension(standing: Standing) -> dict[str, Any]:
    """Let the next unit ask for more time itself: what the one before asked shields it no longer, unless granted."""
    return {} if standing.extended_to else {"extension_asked": None, "is_extension_refused": False}


def needs_leader(standing: Standing) -> bool:
    """Say whether standing still once more is the county leader's to approve."""
    return standing.renewals >= RENEWALS


@check(A.SUSPEND, keeps="review leader")
def _suspend(standing: Standing, wish: Wish, around: Around) -> None:
    needs_text(wish, "请写明步骤计划", "Write the plan, step by step")
    _suspension(standing, wish, around)


@check(A.RENEW, keeps="review leader")
def _renew(standing: Standing, wish: Wish, around: Around) -> None:
    needs_text(wish, "请写明进展和新计划", "Write what was done and the new plan")
    _suspension(standing, wish, around)


def _suspension(standing: Standing, wish: Wish, around: Around) -> None:
    review = moment(wish, "review")
    if not wish.at < review <= around.end(standing, Limit.SUSPENSION, wish.at).due_at:
        raise Invalid(fields={"review": Words("复核日期要在 90 天以内", "The review is within 90 days")})
    if needs_leader(standing):
        confirmed(wish, "leader", "第三次延长须县领导批准", "A third renewal needs the county leader")


@effect(A.SUSPEND, A.RENEW)
def _suspended(standing: Standing, deed: Deed) -> dict[str, Any]:
    """Count a renewal; to resume work and suspend it again is one as well."""
    is_again = standing.was_suspended or deed.action == A.RENEW.value
    return {
        "review_at": _utc(deed.facts["review"]),
        "renewals": standing.renewals + is_again,
        "was_suspended": True,
    }
