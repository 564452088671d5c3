"""Steps towards the caller: checking the result, telling each caller, asking again, and closing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from core.problems import Invalid, Refused
from core.terms import Words
from matters.attributes import Judgement, Outcome, RejectReason, TryResult
from matters.flow import MatterAction as A
from matters.limits import Limit
from matters.standing import CallerStanding, Deed, Standing, Try
from matters.states import MatterState
from matters.steps import Around, Wish, another_person, check, choice, confirmed, effect, needs_text, number
from matters.steps_unit import first_word
from matters.trying import is_given_up, is_tried_enough

BEST = 5
OBJECTIVE = frozenset(
    {Outcome.NOT_LAWFUL, Outcome.NO_MONEY, Outcome.NO_OWNER, Outcome.OTHER_ROUTE, Outcome.NOT_FOUND}
)


@check(A.REJECT, keeps="reason")
def _reject(standing: Standing, wish: Wish, around: Around) -> None:
    choice(wish, "reason", RejectReason, "请选择退回理由", "Choose why it goes back")
    needs_text(wish, "请写明要补正什么", "Write what is missing")
    another_person(wish, standing.registered_by)


@effect(A.REJECT)
def _rejected(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"claim": None, "reported_at": None, "reported_by": None}


@check(A.ACCEPT, keeps="outcome")
def _accept(standing: Standing, wish: Wish, around: Around) -> None:
    choice(wish, "outcome", Outcome, "请选择审核认定的结果", "Choose what you found")
    another_person(wish, standing.registered_by)


@effect(A.ACCEPT)
def _accepted(standing: Standing, deed: Deed) -> dict[str, Any]:
    # Whoever left no number is told by the status page, from the moment the result stands there.
    callers = tuple(
        msgspec.structs.replace(c, told_at=deed.at, told_by=deed.by) if c.is_anonymous else c
        for c in standing.callers
    )
    return {"check": deed.facts["outcome"], "callers": callers}


def _present(standing: Standing, wish: Wish) -> CallerStanding:
    caller = standing.caller(number(wish, "caller"))
    if caller is None or caller.has_left:
        raise Invalid(fields={"caller": Words("没有这位诉求人", "There is no such caller")})
    return caller


def _waits(wish: Wish, result: TryResult) -> bool:
    """Say whether the caller asked to be rung again at an hour they named: whoever is expected is not given up."""
    return result is TryResult.NOT_NOW and wish.facts.get("promised") is True


@check(A.TELL, keeps="caller result call promised no_text")
def _tell(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    caller = _present(standing, wish)
    if caller.told_at is not None:
        raise Refused(Words("已经反馈过这位诉求人", "This caller has been told already"))
    result = choice(wish, "result", TryResult, "请选择联系结果", "Choose what came of the try")
    tries = (*caller.tells, Try(wish.at, wish.by, result.value))
    can_text = wish.facts.get("no_text") is not True
    is_enough = not _waits(wish, result) and is_tried_enough(tries, around.zone, can_text=can_text)
    if result is TryResult.REACHED:  # where nobody spoke to them before, the result is the first word
        return {"told": True, **first_word(standing, wish, around)}
    return {"told": is_enough}


@effect(A.TELL)
def _told(standing: Standing, deed: Deed) -> dict[str, Any]:
    is_reached = deed.facts["result"] == TryResult.REACHED.value

    def change(caller: CallerStanding) -> CallerStanding:
        tells = (*caller.tells, Try(deed.at, deed.by, deed.facts["result"]))
        if not deed.facts["told"]:
            return msgspec.structs.replace(caller, tells=tells)
        return msgspec.structs.replace(
            caller, tells=tells, told_at=deed.at, told_by=deed.by, is_reached=is_reached
        )

    callers = _changed(standing, deed, change)
    return {"callers": callers, "contacted_at": deed.at} if deed.facts.get("first") else {"callers": callers}


def _changed(standing: Standing, deed: Deed, change: Any) -> tuple[CallerStanding, ...]:
    return tuple(change(c) if c.id == deed.facts["caller"] else c for c in standing.callers)


@check(A.ALL_TOLD)
def _all_told(standing: Standing, wish: Wish, around: Around) -> None:
    if any(c.told_at is None for c in standing.present_callers):
        raise Refused(Words("还有诉求人没有反馈到", "Some caller has not been told"))


@check(A.REVISIT, keeps="caller result judgement satisfaction unit_on_line call promised")
def _revisit(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    caller = _present(standing, wish)
    if caller.judged_at is not None:
        raise Refused(Words("已经回访过这位诉求人", "This caller has been revisited already"))
    if caller.told_at is None:  # someone who joined by a merge after the others were told
        raise Refused(Words("先把结果反馈给这位诉求人", "Tell this caller the result first"))
    another_person(wish, caller.told_by)
    earliest = around.end(standing, Limit.REVISIT_FROM, caller.told_at or standing.since)
    # "Three to five working days after": any hour of the third day will do.
    if wish.at.astimezone(around.zone).date() < earliest.due_at.astimezone(around.zone).date():
        raise Refused(
            Words("回访过早：反馈后要留出时间看是否真正解决", "Too early: time must show whether it holds")
        )
    result = choice(wish, "result", TryResult, "请选择联系结果", "Choose what came of the try")
    if result is not TryResult.REACHED:
        tries = (*caller.revisits, Try(wish.at, wish.by, result.value))
        is_over = not _waits(wish, result) and is_given_up(tries, around.zone)
        return {"judged": is_over, "lead": standing.lead}
    if wish.facts.get("unit_on_line") is not False:
        raise Invalid(
            fields={"unit_on_line": Words("回访时承办单位不能在线", "The unit may not be on the line")}
        )
    choice(wish, "judgement", Judgement, "请选择是否解决", "Choose whether it is solved")
    satisfaction = wish.facts.get("satisfaction")
    if not isinstance(satisfaction, int) or not 1 <= satisfaction <= BEST:
        raise Invalid(fields={"satisfaction": Words("请选择 1–5 分", "Choose 1 to 5")})
    return {"judged": True, "lead": standing.lead}


@effect(A.REVISIT)
def _revisited(standing: Standing, deed: Deed) -> dict[str, Any]:
    facts = deed.facts

    def change(caller: CallerStanding) -> CallerStanding:
        tries = (*caller.revisits, Try(deed.at, deed.by, facts["result"]))
        if not facts["judged"]:
            return msgspec.structs.replace(caller, revisits=tries)
        return msgspec.structs.replace(
            caller,
            revisits=tries,
            judged_at=deed.at,
            judgement=facts.get("judgement"),
            satisfaction=facts.get("satisfaction"),
        )

    return {"callers": _changed(standing, deed, change)}


def judgements(standing: Standing) -> list[str]:
    """Return what the callers who were reached say."""
    return [c.judgement for c in standing.present_callers if c.judgement is not None]


def is_all_asked(standing: Standing, around: Around, at: datetime) -> bool:
    """Say whether every caller was asked; those who left no number can't be, and have their time to speak up."""

    def is_asked(caller: CallerStanding) -> bool:
        if caller.judged_at is not None or not caller.is_anonymous:
            return caller.judged_at is not None
        told_at = caller.told_at or standing.since
        return at >= around.end(standing, Limit.UNREACHED, told_at).due_at

    return all(is_asked(caller) for caller in standing.present_callers)


def _all_asked(standing: Standing, wish: Wish, around: Around) -> None:
    if not is_all_asked(standing, around, wish.at):
        raise Refused(Words("还有诉求人没有回访完", "Some caller's revisit is not finished"))


@check(A.CLOSE_SOLVED)
def _close_solved(standing: Standing, wish: Wish, around: Around) -> None:
    _all_asked(standing, wish, around)
    said = judgements(standing)
    if not said or any(j != Judgement.SOLVED.value for j in said):
        raise Refused(
            Words("并非每位联系上的诉求人都说解决了", "Not every caller who was reached says it is solved")
        )


@check(A.PANEL, keeps="cause")
def _panel(standing: Standing, wish: Wish, around: Around) -> None:
    _all_asked(standing, wish, around)
    cause = choice(wish, "cause", Outcome, "请选择客观原因", "Choose the objective cause")
    if cause not in OBJECTIVE:
        raise Invalid(fields={"cause": Words("这不是客观原因", "That is no objective cause")})
    if all(j == Judgement.SOLVED.value for j in judgements(standing)):
        raise Refused(Words("没有诉求人说未解决", "No caller says that it is unsolved"))
    needs_text(wish, "请写明客观原因", "Write the objective cause")


@effect(A.PANEL)
def _put_to_panel(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"panel_by": deed.by, "panel_at": deed.at}


@check(A.CLOSE_EXPLAINED, keeps="appeal")
def _close_explained(standing: Standing, wish: Wish, around: Around) -> None:
    if standing.panel_by is None:
        raise Refused(
            Words("先提请合议，再由另一人确认", "Put it to the panel first; another person confirms")
        )
    _all_asked(standing, wish, around)  # someone may have joined since
    another_person(wish, standing.panel_by)
    confirmed(wish, "appeal", "请告知诉求人申诉途径", "Tell the caller how to appeal")


@check(A.SEND_ROUND)
def _send_round(standing: Standing, wish: Wish, around: Around) -> None:
    _all_asked(standing, wish, around)
    if not any(j != Judgement.SOLVED.value for j in judgements(standing)):
        raise Refused(Words("没有诉求人说未解决", "No caller says that it is unsolved"))


@check(A.CLOSE_UNREACHED)
def _close_unreached(standing: Standing, wish: Wish, around: Around) -> None:
    _all_asked(standing, wish, around)
    if judgements(standing):
        raise Refused(Words("有诉求人联系上了", "Some caller was reached"))


def is_finished(standing: Standing) -> bool:
    """Say whether nobody is left to be told, so that the flow moves on by itself."""
    return standing.state is MatterState.FEEDBACK_DUE and all(
        c.told_at is not None for c in standing.present_callers
    )
