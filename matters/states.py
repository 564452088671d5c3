"""States: what a matter is waiting for."""

from __future__ import annotations

from core.terms import Term


class MatterState(Term):
    """What is being waited for."""

    DRAFT = "draft", "待补登", "Draft"
    REGISTERED = "registered", "已登记", "Registered"
    NOT_ACCEPTED = "not_accepted", "不予受理", "Not accepted"
    ANSWERED = "answered", "当场答复", "Answered"
    TO_ROUTE = "to_route", "待分派", "To be routed"
    ASSIGNED = "assigned", "待签收", "To be signed for"
    IN_HAND = "in_hand", "办理中", "In hand"
    RETURN_ASKED = "return_asked", "申请退回", "Return asked"
    WAIT_CALLER = "wait_caller", "待诉求人补充", "Waiting for the caller"
    RESULT_IN = "result_in", "待审核", "Result to be checked"
    FEEDBACK_DUE = "feedback_due", "待反馈", "Feedback due"
    REVISIT_DUE = "revisit_due", "待回访", "Revisit due"
    SUSPENDED = "suspended", "挂账", "Suspended"
    MERGED = "merged", "已并案", "Merged"
    TRANSFERRED = "transferred", "已转接", "Transferred"
    WITHDRAWN = "withdrawn", "已撤回", "Withdrawn"
    CLOSED_SOLVED = "closed_solved", "办结·已解决", "Closed: solved"
    CLOSED_EXPLAINED = "closed_explained", "办结·已解释", "Closed: explained"
    CLOSED_UNREACHED = "closed_unreached", "办结·未联系上", "Closed: unreached"


S = MatterState

CLOSED = frozenset({S.CLOSED_SOLVED, S.CLOSED_EXPLAINED, S.CLOSED_UNREACHED})
"""Closed by the centre after the work was done; explained counts as not solved."""

OPEN = tuple(
    s for s in S if s not in CLOSED | {S.NOT_ACCEPTED, S.ANSWERED, S.MERGED, S.TRANSFERRED, S.WITHDRAWN}
)
"""States in which something is still to be done."""

WITH_UNIT = frozenset({S.ASSIGNED, S.IN_HAND, S.WAIT_CALLER, S.RETURN_ASKED, S.SUSPENDED})
"""States in which a lead unit holds the matter or has just put it down."""


class Holder(Term):
    """Who must act now; every second of a matter belongs to exactly one."""

    CENTRE = "centre", "民意中心", "Centre"
    SUPERVISION = "supervision", "督查室", "Supervision office"
    UNIT = "unit", "承办单位", "Unit"
    CALLER = "caller", "诉求人", "Caller"
    NONE = "none", "无", "No one"


HOLDS: dict[MatterState, Holder] = {
    S.DRAFT: Holder.CENTRE,
    S.REGISTERED: Holder.CENTRE,
    S.TO_ROUTE: Holder.SUPERVISION,
    S.ASSIGNED: Holder.UNIT,
    S.IN_HAND: Holder.UNIT,
    S.RETURN_ASKED: Holder.SUPERVISION,
    S.WAIT_CALLER: Holder.CALLER,
    S.RESULT_IN: Holder.CENTRE,
    S.FEEDBACK_DUE: Holder.CENTRE,
    S.REVISIT_DUE: Holder.CENTRE,
    S.SUSPENDED: Holder.UNIT,
}


def holder(state: MatterState) -> Holder:
    """Say who must act in a state."""
    return HOLDS.get(state, Holder.NONE)
