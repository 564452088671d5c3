"""What has happened to a matter: the name of every step as a thing that was done, for whoever reads its story."""

from __future__ import annotations

from core.terms import Words
from matters.flow import MatterAction

_DONE: dict[MatterAction, str] = {
    MatterAction.REGISTER: "Registered",
    MatterAction.DECLINE: "Declined",
    MatterAction.CONFIRM_DECLINE: "Decline confirmed",
    MatterAction.ANSWER: "Answered on the line",
    MatterAction.PROPOSE_MERGE: "Merge proposed",
    MatterAction.MERGE: "Merged",
    MatterAction.REFUSE_MERGE: "Merge turned down",
    MatterAction.ADD_CALLER: "Caller added",
    MatterAction.SUBMIT: "Submitted for routing",
    MatterAction.CORRECT: "Corrected",
    MatterAction.SET_CONFLICT: "Said whom it is about",
    MatterAction.TAKE_AWAY: "Taken back from a unit complained about",
    MatterAction.GRADE: "Difficulty graded",
    MatterAction.ASSIGN: "Assigned",
    MatterAction.SIGN: "Signed for",
    MatterAction.DEEM_SIGNED: "Deemed signed",
    MatterAction.ASK_RETURN: "Return asked",
    MatterAction.ACCEPT_RETURN: "Return accepted",
    MatterAction.REFUSE_RETURN: "Return refused",
    MatterAction.CONTACT: "Caller spoken to",
    MatterAction.INFORM: "Caller told a decision",
    MatterAction.ASK_CALLER: "Caller asked",
    MatterAction.RESUME: "Clock resumed",
    MatterAction.ASK_EXTENSION: "Extension asked",
    MatterAction.GRANT_EXTENSION: "Extension granted",
    MatterAction.REFUSE_EXTENSION: "Extension refused",
    MatterAction.SUB_EXCUSED: "Supporting task excused",
    MatterAction.REPORT: "Result reported",
    MatterAction.REJECT: "Sent back",
    MatterAction.ACCEPT: "Approved",
    MatterAction.TELL: "Caller told",
    MatterAction.REVISIT: "Revisited",
    MatterAction.CLOSE_SOLVED: "Closed as solved",
    MatterAction.CLOSE_EXPLAINED: "Closed as explained",
    MatterAction.CLOSE_UNREACHED: "Closed as unreached",
    MatterAction.SEND_ROUND: "Sent round again",
    MatterAction.SUSPEND: "Suspended",
    MatterAction.RENEW: "Suspension renewed",
    MatterAction.RESUME_WORK: "Work resumed",
    MatterAction.WITHDRAW: "Withdrawn",
    MatterAction.REOPEN: "Reopened",
    MatterAction.REVIEW: "Reviewed",
    MatterAction.FLAG_INCIDENT: "Incident flagged",
    MatterAction.ACKNOWLEDGE: "Acknowledged",
    MatterAction.REPORT_INCIDENT: "Incident reported",
    MatterAction.ESCALATE: "Escalated",
    MatterAction.REMIND: "Reminder sent",
    MatterAction.SUPERVISE: "Supervision begun",
    MatterAction.LIMIT_PASSED: "Limit passed",
    MatterAction.FAULT: "Fault recorded",
    MatterAction.CLEAR_FAULT: "Fault cleared",
    MatterAction.OPEN_IDENTITY: "Identity opened",
}
"""English names things to do and things done apart; the Chinese name serves for both."""


def done_words(action: MatterAction) -> Words:
    """Return a step's name as a thing that was done."""
    return Words(action.zh, _DONE.get(action, action.en))
