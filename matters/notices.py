"""Notices: who must look at which matter and why, by unit or side of the desk; never what it says, nor who said it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core import clock
from core.db import Base, Id
from core.people import Unit
from core.terms import Term, coded
from matters.flow import Side
from matters.matter import Matter
from matters.standing import from_json

QUIET_FROM, QUIET_TO = time(22), time(7)
RETRIES = (timedelta(minutes=5), timedelta(minutes=30))
"""When an assignment that nobody has looked at is given again, counted from the first time."""
PHONE_AFTER = timedelta(minutes=35)


class NoticeKind(Term):
    """Why someone must look."""

    ASSIGNED = "assigned", "新交办", "Newly assigned"
    AGAIN = "again", "交办再次提醒", "Assigned, told again"
    SUPPORT = "support", "请协办", "Your support is asked"
    TO_ASSIGN = "to_assign", "急件待交办", "Urgent, to be assigned"
    RETURN_ASKED = "return_asked", "申请退回待裁定", "A return to rule on"
    RETURN_REFUSED = "return_refused", "退回未同意", "The return was refused"
    EXTENSION_ASKED = "extension_asked", "申请延期待批", "An extension to decide"
    EXTENSION_DECIDED = "extension_decided", "延期已答复", "The extension is decided"
    ASK_CALLER = "ask_caller", "请联系诉求人补充", "A question for the caller"
    RESUMED = "resumed", "恢复计时", "The clock runs again"
    RESULT_IN = "result_in", "结果待审核", "A result to check"
    SENT_BACK = "sent_back", "结果退回重办", "The result came back"
    REMINDER = "reminder", "催办", "Reminder"
    SUPERVISION = "supervision", "督办", "Supervision"
    LISTED = "listed", "列入通报", "On the notice list"
    LEVEL = "level", "升级", "Escalated"
    FAULT = "fault", "认定过错", "A fault was recorded"
    INCIDENT = "incident", "突发事件", "Incident"
    PRESSED = "pressed", "疑似受压撤回", "Someone may have been pressed"
    MERGE = "merge", "提请并案", "A merge is proposed"
    MERGE_REFUSED = "merge_refused", "并案未同意", "The merge was turned down"
    ABOUT_CENTRE = (
        "about_centre",
        "反映本中心，由党委督查室受理",
        "About the centre: for the Party office to take up",
    )
    JOINT = "joint", "联合裁定待确认", "A joint ruling to confirm"
    STAGE_OVER = "stage_over", "本环节超时", "This step is overdue"
    REPORT_OVER = "report_over", "突发事件报告超时", "A report of an incident is overdue"
    REVIEW_OVER = "review_over", "挂账复核到期", "The review of a suspension is due"
    CALL_BACK = "call_back", "草稿超时，请回电补登", "A draft is waiting: call back"
    CALL_UNIT = "call_unit", "交办无人查看，请电话通知", "Nobody looked: telephone the unit"


class MatterNotice(Base):
    """One notice to one unit or one side; the matter's receipt is all it shows."""

    __tablename__ = "matter_notice"
    __table_args__ = (
        sa.Index("ix_matter_notice_unit_id_seen_at", "unit_id", "seen_at"),
        sa.Index("ix_matter_notice_side_seen_at", "side", "seen_at"),
        sa.CheckConstraint("(unit_id IS NULL) <> (side IS NULL)", name="one_recipient"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(80), unique=True)
    """What it is about, once: giving the same notice twice changes nothing."""
    kind: Mapped[NoticeKind] = mapped_column(coded(NoticeKind))
    matter_id: Mapped[int] = mapped_column(sa.ForeignKey("matter.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("unit.id"))
    side: Mapped[Side | None] = mapped_column(coded(Side))
    given_at: Mapped[datetime] = mapped_column(index=True)
    """From when it is shown: what is not urgent waits for the morning."""
    due_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(sa.ForeignKey("staff.id"))
    tries: Mapped[int] = mapped_column(default=1)
    retry_at: Mapped[datetime | None] = mapped_column(index=True)

    matter: Mapped[Matter] = relationship()
    unit: Mapped[Unit | None] = relationship()


def shown_from(at: datetime, *, is_urgent: bool) -> datetime:
    """Say when a notice is shown: at once, or after the quiet hours of the night."""
    local = clock.local(at)
    if is_urgent or QUIET_TO <= local.time() < QUIET_FROM:
        return at
    morning = local.date() + timedelta(days=local.time() >= QUIET_FROM)
    return datetime.combine(morning, QUIET_TO, clock.zone()).astimezone(at.tzinfo)


def is_urgent(matter: Matter) -> bool:
    """Say whether notices about a matter go out by night as well."""
    is_waiting = from_json(matter.standing).proposed is not None
    return matter.urgency.is_pressing or matter.is_incident or is_waiting


def give(
    session: Session,
    matter: Matter,
    kind: NoticeKind,
    to: Side | int,
    *,
    about: object,
    at: datetime,
    due_at: datetime | None = None,
    retries: bool = False,
) -> MatterNotice | None:
    """Give a notice to a unit (its id) or a side; None when it was given already for the same cause."""
    unit_id, side = (None, to) if isinstance(to, Side) else (to, None)
    key = f"{kind.value}:{matter.id}:{side.value if side else unit_id}:{about}"
    if session.scalar(sa.select(MatterNotice.id).where(MatterNotice.key == key)) is not None:
        return None
    given_at = shown_from(at, is_urgent=is_urgent(matter))
    notice = MatterNotice(
        key=key,
        kind=kind,
        matter_id=matter.id,
        unit_id=unit_id,
        side=side,
        given_at=given_at,
        due_at=due_at,
        retry_at=given_at + RETRIES[0] if retries else None,
    )
    session.add(notice)
    session.flush()
    return notice


def stop_retries(session: Session, matter: Matter, units: Collection[int]) -> None:
    """Tell units no more of what they have lost: it may be about themselves."""
    if units:
        session.execute(
            sa.update(MatterNotice)
            .where(MatterNotice.matter_id == matter.id, MatterNotice.unit_id.in_(units))
            .values(retry_at=None)
        )
