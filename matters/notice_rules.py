"""Who is told of what: every step of a matter with those who must look at it next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from matters.attributes import Conflict, Urgency
from matters.flow import MatterAction as A
from matters.flow import Side
from matters.limits import Limit
from matters.matter import Matter
from matters.notices import NoticeKind, give
from matters.standing import Deed, Standing
from matters.states import Holder, MatterState, holder

K = NoticeKind
Told = tuple[NoticeKind, Side | int]
HEAD_LEVEL = 3


def _lead(kind: NoticeKind) -> Callable[[Standing, Deed], list[Told]]:
    """Tell the lead unit; while none has the matter, whoever holds it."""

    def told(standing: Standing, deed: Deed) -> list[Told]:
        if standing.lead is not None:
            return [(kind, standing.lead)]
        is_office = holder(standing.state) is Holder.SUPERVISION
        return [(kind, Side.SUPERVISION if is_office else Side.CENTRE)]

    return told


def _side(kind: NoticeKind, *sides: Side) -> Callable[[Standing, Deed], list[Told]]:
    return lambda standing, deed: [(kind, side) for side in sides]


def _assigned(standing: Standing, deed: Deed) -> list[Told]:
    supporting = [(K.SUPPORT, unit) for unit in standing.supporting]
    return [(K.ASSIGNED, standing.lead or 0), *supporting]


def _escalated(standing: Standing, deed: Deed) -> list[Told]:
    is_about_incident = standing.is_incident and "overdue" not in deed.facts
    kind = K.INCIDENT if is_about_incident else K.LEVEL
    top = [(kind, Side.HEAD)] if standing.level >= HEAD_LEVEL or is_about_incident else []
    return [(kind, Side.SUPERVISION), *top]


def _to_assign(standing: Standing, deed: Deed) -> list[Told]:
    if not standing.urgency.is_pressing:
        return []  # the list of what is to be assigned says it
    return [(K.TO_ASSIGN, Side.HEAD if standing.urgency is Urgency.U1 else Side.SUPERVISION)]


def _about(standing: Standing, deed: Deed) -> list[Told]:
    """Tell the Party's office of what is about the centre: nobody at the desk sees it lie there."""
    return [(K.ABOUT_CENTRE, Side.SUPERVISION)] if standing.conflict is Conflict.CENTRE else []


def _corrected(standing: Standing, deed: Deed) -> list[Told]:
    is_waiting = standing.state is MatterState.TO_ROUTE and "urgency" in deed.facts
    return _to_assign(standing, deed) if is_waiting else []


def _fault(standing: Standing, deed: Deed) -> list[Told]:
    return [(K.FAULT, deed.facts["unit"])]


def _limit_passed(standing: Standing, deed: Deed) -> list[Told]:
    """Tell the offices of a report that was not made, the desk and its office of callers nobody has given up or reached."""
    if deed.facts["limit"] == Limit.UNREACHED.value:
        return [(K.STAGE_OVER, Side.CENTRE), (K.STAGE_OVER, Side.SUPERVISION)]
    return [(K.REPORT_OVER, Side.SUPERVISION), (K.REPORT_OVER, Side.HEAD)]


RULES: dict[A, Callable[[Standing, Deed], list[Told]]] = {
    A.ASSIGN: _assigned,
    A.ACCEPT_RETURN: _assigned,
    A.DEEM_SIGNED: _lead(K.LEVEL),
    A.SUBMIT: _to_assign,
    A.SEND_ROUND: _to_assign,
    A.REOPEN: _to_assign,
    A.ASK_RETURN: _side(K.RETURN_ASKED, Side.SUPERVISION),
    A.REFUSE_RETURN: _lead(K.RETURN_REFUSED),
    A.ASK_CALLER: _side(K.ASK_CALLER, Side.CENTRE),
    A.CALLER_REPLIED: _lead(K.RESUMED),
    A.RESUME: _lead(K.RESUMED),
    A.ASK_EXTENSION: _side(K.EXTENSION_ASKED, Side.SUPERVISION),
    A.GRANT_EXTENSION: _lead(K.EXTENSION_DECIDED),
    A.REFUSE_EXTENSION: _lead(K.EXTENSION_DECIDED),
    A.REPORT: _side(K.RESULT_IN, Side.CENTRE),
    A.REJECT: _lead(K.SENT_BACK),
    A.REMIND: _lead(K.REMINDER),
    A.SUPERVISE: _lead(K.SUPERVISION),
    A.NOTICE_LIST: lambda standing, deed: [*_lead(K.LISTED)(standing, deed), (K.LISTED, Side.SUPERVISION)],
    A.ESCALATE: _escalated,
    A.LIMIT_PASSED: _limit_passed,
    A.FAULT: _fault,
    A.FLAG_INCIDENT: _side(K.INCIDENT, Side.SUPERVISION, Side.HEAD),
    A.PRESSED: _side(K.PRESSED, Side.SUPERVISION, Side.HEAD),
    A.PROPOSE_MERGE: _side(K.MERGE, Side.CUSTODIAN),
    A.REFUSE_MERGE: _side(K.MERGE_REFUSED, Side.CENTRE),
    A.REGISTER: _about,
    A.SET_CONFLICT: _about,
    A.TAKE_AWAY: _to_assign,
    A.CORRECT: _corrected,
}


def tell(session: Session, matter: Matter, deed: Deed, standing: Standing) -> None:
    """Give the notices that a step brings."""
    rule = RULES.get(A.of(deed.action))
    if rule is None:
        return
    due_at: datetime | None = matter.stage_due_at
    for kind, to in dict.fromkeys(rule(standing, deed)):
        give(
            session,
            matter,
            kind,
            to,
            about=matter.version,
            at=deed.at,
            due_at=due_at,
            retries=kind in (K.ASSIGNED, K.SUPPORT),
        )
