"""Steps at the desk: registering, declining, answering, putting through, merging, submitting, withdrawing, reopening."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from core.problems import Forbidden, Refused
from core.terms import Words
from matters.attributes import Conflict, DeclineReason, TransferTarget, Urgency
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import Limit
from matters.standing import CallerStanding, Deed, Standing
from matters.states import MatterState
from matters.steps import (
    Around,
    Wish,
    another_person,
    check,
    choice,
    confirmed,
    effect,
    moment,
    needs_text,
    number,
)


@check(A.REGISTER, keeps="urgency proposed conflict conflict_unit caller anonymous consent")
def _register(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    choice(wish, "urgency", Urgency)
    choice(wish, "conflict", Conflict)
    number(wish, "caller")
    confirmed(wish, "consent", "请先读出告知语并得到同意", "Read the consent line and get a yes first")
    if wish.facts.get("conflict_unit") is not None:
        number(wish, "conflict_unit", "请选择被反映的单位", "Choose the unit complained about")
    return {"policy": around.policy.id}


@effect(A.REGISTER)
def _registered(standing: Standing, deed: Deed) -> dict[str, Any]:
    facts = deed.facts
    caller = CallerStanding(facts["caller"], is_anonymous=facts.get("anonymous") is True)
    return {
        "urgency": Urgency.of(facts["urgency"]),
        "proposed": Urgency.found(facts.get("proposed")),
        "conflict": Conflict.of(facts["conflict"]),
        "conflict_unit": facts.get("conflict_unit"),
        "policy": facts["policy"],
        "registered_at": deed.at,
        "registered_by": deed.by,
        "round_began_at": deed.at,
        "callers": (caller,),
    }


@check(A.DECLINE, keeps="reason told")
def _decline(standing: Standing, wish: Wish, around: Around) -> None:
    choice(wish, "reason", DeclineReason, "请选择不予受理的理由", "Choose why it is not accepted")
    needs_text(wish, "请写明解释和其他途径", "Write the explanation and the other route")


@effect(A.DECLINE)
def _declined(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"declined_by": deed.by, "decided_by": deed.by, "is_decline_confirmed": False}


@check(A.CONFIRM_DECLINE)
def _confirm(standing: Standing, wish: Wish, around: Around) -> None:
    if standing.is_decline_confirmed:
        raise Refused(Words("已经复核过", "It has been confirmed already"))
    another_person(wish, standing.declined_by)


@effect(A.CONFIRM_DECLINE)
def _decline_confirmed(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"is_decline_confirmed": True}


@check(A.ANSWER, keeps="article content")
def _answer(standing: Standing, wish: Wish, around: Around) -> None:
    number(wish, "article", "请选择知识库条目", "Choose the article")
    confirmed(
        wish, "content", "诉求人认可答复才能当场办结", "Only an answer that contents the caller ends it here"
    )


@effect(A.ANSWER)
def _answered(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"decided_by": deed.by}


@check(A.TRANSFER, keeps="target consent warm")
def _transfer(standing: Standing, wish: Wish, around: Around) -> None:
    target = choice(wish, "target", TransferTarget, "请选择转接到哪里", "Choose where to")
    needs_text(wish, "请写明转接结果", "Write what came of it")
    if target is TransferTarget.COUNSELLING:
        confirmed(wish, "consent", "转心理热线要先征得同意", "Ask for consent before the counselling line")


@check(A.PROPOSE_MERGE, keeps="target")
def _propose(standing: Standing, wish: Wish, around: Around) -> None:
    _may_merge(standing, wish, around)
    if wish.facts["target"] in standing.merges_refused:
        raise Refused(
            Words("保管员已经不同意并入这一件", "The custodian has turned this very merge down already")
        )


@check(A.REFUSE_MERGE)
def _refuse_merge(standing: Standing, wish: Wish, around: Around) -> dict[str, Any]:
    if standing.merge_target is None:
        raise Refused(Words("没有提请的并案", "No merge is proposed"))
    another_person(wish, standing.merge_proposed_by)
    needs_text(wish, "请写明不同意并案的理由", "Write why they are not merged")
    return {"target": standing.merge_target}


@effect(A.REFUSE_MERGE)
def _merge_refused(standing: Standing, deed: Deed) -> dict[str, Any]:
    refused = (*standing.merges_refused, deed.facts["target"])
    return {"merge_proposed_by": None, "merge_target": None, "merges_refused": refused}


@effect(A.PROPOSE_MERGE)
def _proposed(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"merge_proposed_by": deed.by, "merge_target": deed.facts["target"]}


@check(A.MERGE, keeps="target")
def _merge(standing: Standing, wish: Wish, around: Around) -> None:
    _may_merge(standing, wish, around)
    if wish.facts.get("protected") is not False:
        # Joining protected callers links two people: only the custodian may, on the clerk's proposal.
        if Side.CUSTODIAN not in wish.sides:
            raise Forbidden(
                Words(
                    "受保护的诉求由保管员并案，请提请并案",
                    "Protected matters are merged by the custodian; propose it",
                )
            )
        another_person(wish, standing.merge_proposed_by)


def _may_merge(standing: Standing, wish: Wish, around: Around) -> None:
    number(wish, "target", "请选择并入哪一件", "Choose the matter to merge into")
    for fact, zh, en in (
        ("open", "目标已办结，不能并入", "The target is closed"),
        ("distinct", "不能并入自己，也不能循环并案", "Neither into itself nor in a circle"),
        ("same_place", "地点不同", "The places differ"),
        ("same_cause", "事由不同", "The causes differ"),
        ("same_conflict", "须回避的人员不同", "They keep different people away"),
    ):
        if wish.facts.get(fact) is not True:
            raise Refused(Words(f"不能并案：{zh}", f"They can't be merged: {en}"))
    began = moment(wish, "target_at")
    if wish.at > around.end(standing, Limit.MERGE, began).due_at:
        raise Refused(Words("不能并案：相隔超过 30 天", "They can't be merged: more than 30 days apart"))


@effect(A.MERGE)
def _merged(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"merge_target": deed.facts["target"]}


@check(A.ADD_CALLER, keeps="caller anonymous source")
def _add_caller(standing: Standing, wish: Wish, around: Around) -> None:
    if standing.caller(number(wish, "caller")) is not None:
        raise Refused(Words("这位诉求人已经在内", "This caller is in it already"))


@effect(A.ADD_CALLER)
def _caller_added(standing: Standing, deed: Deed) -> dict[str, Any]:
    new = CallerStanding(deed.facts["caller"], is_anonymous=deed.facts.get("anonymous") is True)
    if new.is_anonymous and standing.check is not None:  # the result stands on the status page already
        new = msgspec.structs.replace(new, told_at=deed.at, told_by=deed.by)
    return {"callers": (*standing.callers, new)}


CORRECTED = ("urgency", "topic", "kind", "place")
"""What a correction may change and the log says in codes; the words of before are kept as an entry's text."""


@check(A.CORRECT, keeps="urgency topic kind place was words before")
def _correct(standing: Standing, wish: Wish, around: Around) -> None:
    if "urgency" in wish.facts:
        choice(wish, "urgency", Urgency)
    if not any(name in wish.facts for name in (*CORRECTED, "words", "before")):
        raise Refused(Words("没有改动任何一项", "Nothing was changed"))
    is_settling = standing.proposed is not None and set(wish.facts) == {"urgency", "was"}
    if not is_settling:
        needs_text(wish, "请写明为什么更正", "Write why it is corrected")


@effect(A.CORRECT)
def _corrected(standing: Standing, deed: Deed) -> dict[str, Any]:
    return {"urgency": Urgency.of(deed.facts["urgency"]), "proposed": None} if "urgency" in deed.facts else {}


@check(A.SUBMIT)
def _submit(standing: Standing, wish: Wish, around: Around) -> None:
    if standing.proposed is not None:
        raise Refused(
            Words(
                "内容像是险情：请先核定紧急程度，再提交",
                "The words sound like danger: settle the urgency first, then submit",
            )
        )


def begin(raised_at: datetime, urgency: Urgency = Urgency.U3) -> Standing:
    """Return the standing of a problem that was just raised."""
    return Standing(MatterState.DRAFT, raised_at, raised_at, urgency)
