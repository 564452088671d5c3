"""The flow of a matter: every action, who may do it, and where it leads, as one table."""

from __future__ import annotations

from dataclasses import dataclass

from core.flow import Flow
from core.terms import Term, Words
from matters.states import CLOSED, OPEN, MatterState


class Side(Term):
    """On whose side of the desk someone acts."""

    CENTRE = "centre", "民意中心", "Centre"
    SUPERVISION = "supervision", "督查室", "Supervision office"
    HEAD = "head", "督查室主任", "Head of office"
    UNIT = "unit", "承办单位", "Unit"
    CUSTODIAN = "custodian", "保管员", "Custodian"
    SYSTEM = "system", "系统", "The system"


class MatterAction(Term):
    """What can be done with a matter."""

    REGISTER = "register", "登记", "Register"
    DECLINE = "decline", "不予受理", "Decline"
    CONFIRM_DECLINE = "confirm_decline", "复核不予受理", "Confirm the decline"
    ANSWER = "answer", "当场答复", "Answer on the line"
    TRANSFER = "transfer", "转接", "Put through"
    PROPOSE_MERGE = "propose_merge", "提请并案", "Propose a merge"
    MERGE = "merge", "并案", "Merge"
    REFUSE_MERGE = "refuse_merge", "不同意并案", "Turn the merge down"
    ADD_CALLER = "add_caller", "增加诉求人", "Add a caller"
    SUBMIT = "submit", "提交分派", "Submit for routing"
    CORRECT = "correct", "更正", "Correct"
    SET_CONFLICT = "set_conflict", "设定回避", "Say whom it is about"
    TAKE_AWAY = "take_away", "因回避收回", "Take it back from a unit complained about"
    GRADE = "grade", "定难度", "Grade the difficulty"
    ASSIGN = "assign", "交办", "Assign"
    SIGN = "sign", "签收", "Sign for"
    DEEM_SIGNED = "deem_signed", "视为签收", "Deem signed"
    ASK_RETURN = "ask_return", "申请退回", "Ask return"
    ACCEPT_RETURN = "accept_return", "同意退回改派", "Accept the return"
    REFUSE_RETURN = "refuse_return", "不同意退回", "Refuse the return"
    CONTACT = "contact", "联系诉求人", "Contact the caller"
    NO_CONTACT = "no_contact", "多次拨打未联系上", "Nobody could be reached"
    INFORM = "inform", "告知诉求人", "Tell the caller a decision"
    ASK_CALLER = "ask_caller", "请诉求人补充", "Ask the caller"
    CALLER_REPLIED = "caller_replied", "诉求人已补充", "The caller replied"
    RESUME = "resume", "恢复计时", "Resume"
    ASK_EXTENSION = "ask_extension", "申请延期", "Ask an extension"
    GRANT_EXTENSION = "grant_extension", "同意延期", "Grant the extension"
    REFUSE_EXTENSION = "refuse_extension", "不同意延期", "Refuse the extension"
    SUB_DONE = "sub_done", "协办完成", "Supporting task done"
    SUB_EXCUSED = "sub_excused", "免除协办", "Excuse a supporting task"
    REPORT = "report", "报送结果", "Report the result"
    REJECT = "reject", "退回重办", "Send back"
    ACCEPT = "accept", "审核通过", "Approve"
    TELL = "tell", "反馈诉求人", "Tell the caller"
    ALL_TOLD = "all_told", "全部已反馈", "All are told"
    REVISIT = "revisit", "回访", "Revisit"
    PANEL = "panel", "提请合议", "Put to the panel"
    CLOSE_SOLVED = "close_solved", "办结（已解决）", "Close as solved"
    CLOSE_EXPLAINED = "close_explained", "办结（已解释）", "Close as explained"
    CLOSE_UNREACHED = "close_unreached", "办结（未联系上）", "Close as unreached"
    SEND_ROUND = "send_round", "再次交办", "Send round again"
    SUSPEND = "suspend", "挂账", "Suspend"
    RENEW = "renew", "延长挂账", "Renew the suspension"
    RESUME_WORK = "resume_work", "恢复办理", "Resume work"
    WITHDRAW = "withdraw", "撤回", "Withdraw"
    CALLER_LEFT = "caller_left", "一位诉求人撤回", "One caller withdrew"
    PRESSED = "pressed", "疑似受压撤回", "Pressed to withdraw"
    REOPEN = "reopen", "重办", "Reopen"
    REVIEW = "review", "复查", "Review"
    FLAG_INCIDENT = "flag_incident", "突发事件上报", "Flag an incident"
    ACKNOWLEDGE = "acknowledge", "确认收到", "Acknowledge"
    REPORT_INCIDENT = "report_incident", "突发事件报告", "Report the incident"
    ESCALATE = "escalate", "上报一级", "Escalate"
    REMIND = "remind", "催办", "Remind"
    SUPERVISE = "supervise", "督办", "Supervise"
    NOTICE_LIST = "notice_list", "列入通报", "Put on the notice list"
    LIMIT_PASSED = "limit_passed", "时限已过", "A limit passed"
    FAULT = "fault", "认定过错", "Record a fault"
    CLEAR_FAULT = "clear_fault", "撤销过错", "Clear a fault"
    OPEN_IDENTITY = "open_identity", "开启身份", "Open the identity"


A, S = MatterAction, MatterState
CENTRE, SUPERVISION, HEAD, UNIT, CUSTODIAN, SYSTEM = Side
Sides = frozenset[Side]


@dataclass(frozen=True)
class Row:
    """One row of the table: its number on the design's page, from, action, to (None: it stays), who."""

    number: int
    before: tuple[MatterState, ...]
    action: MatterAction
    after: MatterState | None
    sides: Sides


def _row(
    number: int,
    before: MatterState | tuple[MatterState, ...] | frozenset[MatterState],
    action: MatterAction,
    after: MatterState | None,
    *sides: Side,
) -> Row:
    states = (before,) if isinstance(before, MatterState) else tuple(s for s in S if s in before)
    return Row(number, states, action, after, frozenset(sides))


_REGISTERED_OPEN = tuple(s for s in OPEN if s is not S.DRAFT)
_WORKED_ON = (S.ASSIGNED, S.IN_HAND)
_ASSIGNED = (*_WORKED_ON, S.RETURN_ASKED, S.WAIT_CALLER, S.RESULT_IN, S.SUSPENDED)
_WATCHED = (S.REGISTERED, S.TO_ROUTE, S.ASSIGNED, S.IN_HAND, S.RETURN_ASKED, S.RESULT_IN, S.FEEDBACK_DUE,
            S.REVISIT_DUE)  # fmt: skip

ROWS: tuple[Row, ...] = (
    _row(2, S.DRAFT, A.REGISTER, S.REGISTERED, CENTRE),
    _row(3, S.REGISTERED, A.DECLINE, S.NOT_ACCEPTED, CENTRE),
    _row(3, S.NOT_ACCEPTED, A.CONFIRM_DECLINE, None, CENTRE, SUPERVISION),
    _row(3, S.NOT_ACCEPTED, A.INFORM, None, CENTRE),
    _row(4, S.REGISTERED, A.ANSWER, S.ANSWERED, CENTRE),
    _row(5, S.REGISTERED, A.TRANSFER, S.TRANSFERRED, CENTRE),
    _row(6, S.REGISTERED, A.PROPOSE_MERGE, None, CENTRE),
    _row(6, S.REGISTERED, A.MERGE, S.MERGED, CENTRE, CUSTODIAN),
    _row(6, S.REGISTERED, A.REFUSE_MERGE, None, CUSTODIAN),
    _row(6, _REGISTERED_OPEN, A.ADD_CALLER, None, CENTRE, CUSTODIAN),
    _row(7, S.REGISTERED, A.SUBMIT, S.TO_ROUTE, CENTRE),
    _row(7, (S.REGISTERED, S.TO_ROUTE), A.CORRECT, None, CENTRE, SUPERVISION),
    _row(8, _REGISTERED_OPEN, A.GRADE, None, SUPERVISION),
    _row(8, S.TO_ROUTE, A.ASSIGN, S.ASSIGNED, SUPERVISION),
    _row(8, tuple(S), A.SET_CONFLICT, None, CENTRE, SUPERVISION),
    _row(8, _ASSIGNED, A.TAKE_AWAY, S.TO_ROUTE, SYSTEM),
    _row(9, S.ASSIGNED, A.SIGN, S.IN_HAND, UNIT),
    _row(9, S.ASSIGNED, A.DEEM_SIGNED, S.IN_HAND, SYSTEM),
    _row(10, _WORKED_ON, A.ASK_RETURN, S.RETURN_ASKED, UNIT),
    _row(11, S.RETURN_ASKED, A.ACCEPT_RETURN, S.ASSIGNED, SUPERVISION),
    _row(11, S.RETURN_ASKED, A.REFUSE_RETURN, S.IN_HAND, SUPERVISION),
    _row(12, (S.IN_HAND, S.WAIT_CALLER), A.CONTACT, None, UNIT, CENTRE),
    _row(12, (S.IN_HAND, S.WAIT_CALLER), A.NO_CONTACT, None, CENTRE),
    _row(13, S.IN_HAND, A.ASK_CALLER, S.WAIT_CALLER, UNIT),
    _row(13, S.WAIT_CALLER, A.CALLER_REPLIED, S.IN_HAND, CENTRE),
    _row(13, S.WAIT_CALLER, A.RESUME, S.IN_HAND, SYSTEM),
    _row(14, S.IN_HAND, A.ASK_EXTENSION, None, UNIT),
    _row(14, S.IN_HAND, A.GRANT_EXTENSION, None, CENTRE, SUPERVISION),
    _row(14, S.IN_HAND, A.REFUSE_EXTENSION, None, CENTRE, SUPERVISION),
    _row(14, (S.IN_HAND, S.WAIT_CALLER, S.RESULT_IN), A.INFORM, None, CENTRE),
    _row(15, _WORKED_ON, A.SUB_DONE, None, UNIT),
    _row(15, _WORKED_ON, A.SUB_EXCUSED, None, SUPERVISION),
    _row(15, S.IN_HAND, A.REPORT, S.RESULT_IN, UNIT),
    _row(16, S.RESULT_IN, A.REJECT, S.IN_HAND, CENTRE),
    _row(16, S.RESULT_IN, A.ACCEPT, S.FEEDBACK_DUE, CENTRE),
    _row(17, (S.FEEDBACK_DUE, S.REVISIT_DUE), A.TELL, None, CENTRE),
    _row(17, S.FEEDBACK_DUE, A.ALL_TOLD, S.REVISIT_DUE, SYSTEM),
    _row(18, S.REVISIT_DUE, A.REVISIT, None, CENTRE),
    _row(18, S.REVISIT_DUE, A.CLOSE_SOLVED, S.CLOSED_SOLVED, CENTRE),
    _row(19, S.REVISIT_DUE, A.PANEL, None, CENTRE, SUPERVISION),
    _row(19, S.REVISIT_DUE, A.CLOSE_EXPLAINED, S.CLOSED_EXPLAINED, CENTRE, SUPERVISION),
    _row(20, S.REVISIT_DUE, A.SEND_ROUND, S.TO_ROUTE, CENTRE),
    _row(21, S.REVISIT_DUE, A.CLOSE_UNREACHED, S.CLOSED_UNREACHED, CENTRE),
    _row(22, S.IN_HAND, A.SUSPEND, S.SUSPENDED, HEAD),
    _row(22, S.SUSPENDED, A.RENEW, None, HEAD),
    _row(22, S.SUSPENDED, A.INFORM, None, CENTRE),
    _row(22, S.SUSPENDED, A.RESUME_WORK, S.IN_HAND, UNIT, SUPERVISION, HEAD),
    _row(23, OPEN, A.WITHDRAW, S.WITHDRAWN, CENTRE),
    _row(23, _REGISTERED_OPEN, A.CALLER_LEFT, None, CENTRE),
    _row(23, _REGISTERED_OPEN, A.PRESSED, None, CENTRE),
    _row(24, CLOSED, A.REOPEN, S.TO_ROUTE, CENTRE),
    _row(25, (S.NOT_ACCEPTED, S.ANSWERED), A.REVIEW, S.REGISTERED, CENTRE, SUPERVISION),
    _row(26, _REGISTERED_OPEN, A.FLAG_INCIDENT, None, CENTRE, SUPERVISION),
    _row(26, _REGISTERED_OPEN, A.ACKNOWLEDGE, None, SUPERVISION, HEAD),
    _row(26, _REGISTERED_OPEN, A.REPORT_INCIDENT, None, SUPERVISION, HEAD),
    _row(26, _REGISTERED_OPEN, A.ESCALATE, None, SYSTEM, SUPERVISION),
    _row(27, _WATCHED, A.REMIND, None, SYSTEM, SUPERVISION),
    _row(27, _WATCHED, A.SUPERVISE, None, SYSTEM, SUPERVISION),
    _row(27, _WATCHED, A.NOTICE_LIST, None, SYSTEM, SUPERVISION),
    _row(27, _REGISTERED_OPEN, A.LIMIT_PASSED, None, SYSTEM),
    _row(27, tuple(S), A.FAULT, None, SYSTEM, SUPERVISION),
    _row(27, tuple(S), A.CLEAR_FAULT, None, HEAD),
    _row(28, tuple(s for s in S if s is not S.DRAFT), A.OPEN_IDENTITY, None, CUSTODIAN),
)  # fmt: skip

MATTER_FLOW = Flow(
    "matter",
    Words("诉求事项", "matter"),
    S.DRAFT,
    {(before, row.action): row.after or before for row in ROWS for before in row.before},
)

SIDES: dict[MatterAction, Sides] = {row.action: row.sides for row in ROWS}
"""Who may do an action."""
