"""Permissions and roles: which doors there are, and which role opens them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from core.terms import Term

View = TypeVar("View", bound=Callable[..., Any])


class Permission(Term):
    """A door. Every view is behind one, or is marked as open to all."""

    HOME = "home", "首页", "First page"
    STAFF_MANAGE = "staff.manage", "管理人员", "Manage people"
    UNIT_MANAGE = "unit.manage", "管理单位", "Manage units"
    PLACE_MANAGE = "place.manage", "管理地点", "Manage places"
    CALENDAR_MANAGE = "calendar.manage", "管理日历", "Manage the calendar"
    JOURNAL_READ = "journal.read", "查看操作日志", "Read the journal"
    JOB_READ = "job.read", "查看后台任务", "See background jobs"
    WAVE_DESIGN = "wave.design", "方案设计", "Design waves"
    FRAME_IMPORT = "frame.import", "导入抽样框", "Import frames"
    SAMPLE_DRAW = "sample.draw", "抽样", "Draw samples"
    SAMPLE_RELEASE = "sample.release", "投放样本批次", "Release replicates"
    INTERVIEW = "interview", "访问", "Interview"
    FIELD_WATCH = "field.watch", "现场总览", "Watch the fieldwork"
    FIELD_REVIEW = "field.review", "质量评议", "Review interviews"
    DONOTCALL_MANAGE = "donotcall.manage", "管理免打扰名单", "Manage the do-not-call list"
    INDEX_READ = "index.read", "查看指数", "Read the indices"
    WEIGHT_MAKE = "weight.make", "加权", "Make weights"
    MATTER_REGISTER = "matter.register", "登记诉求", "Register matters"
    MATTER_READ = "matter.read", "查看诉求", "Read matters"
    MATTER_NOTICE = "matter.notice", "收取提醒", "Receive notices"
    MATTER_DESK = "matter.desk", "受理分派", "Route matters"
    MATTER_CALL = "matter.call", "联系诉求人", "Speak with callers"
    MATTER_SUPERVISE = "matter.supervise", "督办", "Supervise matters"
    MATTER_RULE = "matter.rule", "裁定与批准", "Rule on and sign matters"
    ROUTE_MANAGE = "route.manage", "管理分派规则", "Manage route rules"
    MATTER_HANDLE = "matter.handle", "承办", "Handle matters"
    LINE_USE = "line.use", "使用话机", "Use the line"
    LINE_MANAGE = "line.manage", "线路管理", "Manage the line"
    HOTLINE_OPERATE = "hotline.operate", "接听热线", "Operate the hotline"
    HOTLINE_CITIZEN = "hotline.citizen", "接听民意热线", "Answer the citizen line"
    HOTLINE_LEAD = "hotline.lead", "热线值班管理", "Lead the hotline's shift"
    COUNSEL = "counsel", "心理援助", "Answer the counselling line"
    COUNSEL_LEAD = "counsel.lead", "心理援助值班管理", "Lead the counselling shift"
    COUNSEL_REVIEW = "counsel.review", "心理援助评议", "Review counselling"
    COUNSEL_TOTALS = "counsel.totals", "查看心理援助汇总", "See counselling totals"
    BULLETIN_EDIT = "bulletin.edit", "编辑简报", "Edit the bulletin"
    BULLETIN_READ = "bulletin.read", "阅读简报", "Read the bulletin"
    BULLETIN_INSTRUCT = "bulletin.instruct", "批示", "Give instructions"
    APPRAISAL_READ = "appraisal.read", "查看考核", "Read appraisals"
    APPRAISAL_MANAGE = "appraisal.manage", "管理考核", "Manage appraisals"
    VAULT_OPEN = "vault.open", "开启身份库", "Open the vault"


P = Permission


class Role(Term):
    """Who someone is at work."""

    INTERVIEWER = "interviewer", "访员", "Interviewer"
    OPERATOR = "operator", "接线员（心理援助）", "Operator (counselling)"
    CITIZEN_OPERATOR = "citizen_operator", "接线员（民意热线）", "Operator (citizen line)"
    SHIFT_LEAD = "shift_lead", "值班组长", "Shift lead"
    REVIEWER = "reviewer", "评议督导", "Reviewer"
    CLERK = "clerk", "受理员", "Clerk"
    SUPERVISION = "supervision", "督查", "Supervision office"
    OFFICE_HEAD = "office_head", "督查室主任", "Head of supervision"
    HANDLER = "handler", "承办单位", "Unit handler"
    SUPERVISOR = "supervisor", "督导", "Survey supervisor"
    DESIGNER = "designer", "方案设计", "Designer"
    EDITOR = "editor", "编辑", "Editor"
    LEADER = "leader", "领导", "Leader"
    CUSTODIAN = "custodian", "保管员", "Custodian"
    ADMINISTRATOR = "administrator", "管理员", "Administrator"


OPENS: dict[Role, frozenset[Permission]] = {
    Role.INTERVIEWER: frozenset({P.INTERVIEW, P.MATTER_REGISTER, P.LINE_USE}),
    Role.OPERATOR: frozenset({P.HOTLINE_OPERATE, P.COUNSEL, P.LINE_USE}),
    Role.CITIZEN_OPERATOR: frozenset({P.HOTLINE_OPERATE, P.HOTLINE_CITIZEN, P.MATTER_REGISTER, P.LINE_USE}),
    Role.SHIFT_LEAD: frozenset(
        {P.HOTLINE_OPERATE, P.HOTLINE_LEAD, P.COUNSEL, P.COUNSEL_LEAD, P.COUNSEL_REVIEW, P.LINE_USE}
    ),
    Role.REVIEWER: frozenset({P.COUNSEL_REVIEW}),
    Role.CLERK: frozenset(
        {P.MATTER_READ, P.MATTER_NOTICE, P.MATTER_DESK, P.MATTER_CALL, P.MATTER_REGISTER, P.LINE_USE}
    ),
    Role.SUPERVISION: frozenset(
        {
            P.MATTER_READ,
            P.MATTER_NOTICE,
            P.MATTER_SUPERVISE,
            P.ROUTE_MANAGE,
            P.INDEX_READ,
            P.APPRAISAL_READ,
        }
    ),
    Role.OFFICE_HEAD: frozenset(
        {
            P.MATTER_READ,
            P.MATTER_NOTICE,
            P.MATTER_SUPERVISE,
            P.MATTER_RULE,
            P.ROUTE_MANAGE,
            P.INDEX_READ,
            P.APPRAISAL_READ,
            P.APPRAISAL_MANAGE,
        }
    ),
    Role.HANDLER: frozenset({P.MATTER_HANDLE, P.MATTER_NOTICE, P.LINE_USE}),
    Role.SUPERVISOR: frozenset(
        {
            P.FIELD_WATCH,
            P.FIELD_REVIEW,
            P.SAMPLE_RELEASE,
            P.DONOTCALL_MANAGE,
            P.INDEX_READ,
            P.APPRAISAL_READ,
            P.APPRAISAL_MANAGE,
            P.LINE_USE,
            P.JOB_READ,
        }
    ),
    Role.DESIGNER: frozenset(
        {
            P.WAVE_DESIGN,
            P.FRAME_IMPORT,
            P.SAMPLE_DRAW,
            P.SAMPLE_RELEASE,
            P.FIELD_WATCH,
            P.INDEX_READ,
            P.WEIGHT_MAKE,
            P.JOB_READ,
        }
    ),
    Role.EDITOR: frozenset(
        {P.BULLETIN_EDIT, P.BULLETIN_READ, P.INDEX_READ, P.APPRAISAL_READ, P.APPRAISAL_MANAGE}
    ),
    Role.LEADER: frozenset(
        {P.BULLETIN_READ, P.BULLETIN_INSTRUCT, P.INDEX_READ, P.COUNSEL_TOTALS, P.APPRAISAL_READ}
    ),
    Role.CUSTODIAN: frozenset({P.VAULT_OPEN, P.MATTER_NOTICE}),
    Role.ADMINISTRATOR: frozenset(
        {
            P.STAFF_MANAGE,
            P.UNIT_MANAGE,
            P.PLACE_MANAGE,
            P.CALENDAR_MANAGE,
            P.ROUTE_MANAGE,
            P.JOURNAL_READ,
            P.JOB_READ,
            P.LINE_MANAGE,
        }
    ),
}

OPENS_AT_PARTY_OFFICE: dict[Role, frozenset[Permission]] = {
    Role.SUPERVISION: frozenset({P.MATTER_CALL, P.LINE_USE}),
    Role.OFFICE_HEAD: frozenset({P.MATTER_CALL, P.LINE_USE}),
}
"""What these roles open besides in the Party's supervision office: it speaks with those who complain about the centre."""

PRIVILEGED = frozenset(
    {Role.ADMINISTRATOR, Role.CUSTODIAN, Role.DESIGNER, Role.SUPERVISOR, Role.SHIFT_LEAD, Role.REVIEWER}
)
"""Roles that sign in with a one-time code as well."""


def opened_by(roles: set[Role]) -> frozenset[Permission]:
    """Return every door that these roles open."""
    return _opened(frozenset(roles))


def opened_at_party_office(roles: set[Role]) -> frozenset[Permission]:
    """Return the doors that these roles open besides in the Party's supervision office."""
    return _opened_at_party_office(frozenset(roles))


# A page asks for every door of its top bar.
@cache
def _opened(roles: frozenset[Role]) -> frozenset[Permission]:
    return frozenset({P.HOME}).union(*(OPENS[r] for r in roles))


@cache
def _opened_at_party_office(roles: frozenset[Role]) -> frozenset[Permission]:
    return frozenset[Permission]().union(*(OPENS_AT_PARTY_OFFICE.get(r, ()) for r in roles))


def require(permission: Permission) -> Callable[[View], View]:
    """Mark a view with the permission that opens it."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def open_to_all(view: View) -> View:
    """Mark a view that needs no sign-in; it must check for itself what it gives away."""
    view.is_open = True  # type: ignore[attr-defined]
    return view
