"""The notices of whoever sits at a desk, in an office or in a unit: what they must look at, newest first."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import transaction
from core.doors import Door
from core.people import Staff, acting
from core.permissions import Permission, require
from core.terms import Words, labels, t
from matters import notice_reading
from matters.matter import Matter
from matters.notices import NoticeKind

blueprint = Blueprint("notices", __name__, url_prefix="/notices")
DOORS = [
    Door(
        "notices.listed",
        Words("提醒", "Notices"),
        Permission.MATTER_NOTICE,
        order=20,
        count=notice_reading.unseen,
        about=Words(
            "交办、催办、督办、待裁定和超时的提醒",
            "Assignments, reminders, what waits for a decision and what is overdue",
        ),
    )
]


@blueprint.get("/")
@require(Permission.MATTER_NOTICE)
def listed() -> str:
    """List the notices for one's unit or desk; whoever opens the list has seen them."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        page = notice_reading.listed(session, staff, request.args, at=at)
        new = {notice.id for notice in page.rows if notice.seen_at is None}
        answer = render_template(
            "supervision/notices.html",
            page=page,
            new=new,
            kinds=labels(NoticeKind),
            address=lambda matter: address(matter, staff),
        )
        notice_reading.see(session, staff, at=at)
        return answer


def address(matter: Matter, staff: Staff) -> str | None:
    """Return where someone works on a matter; a draft has no receipt, and its page is the desk's."""
    if matter.receipt is None:
        return None
    if staff.may(Permission.MATTER_SUPERVISE):
        return url_for("supervision_matter.one", receipt=matter.receipt)
    if staff.may(Permission.MATTER_HANDLE):
        return url_for("unit.one", receipt=matter.receipt)
    return url_for("matters.one", receipt=matter.receipt) if staff.may(Permission.MATTER_READ) else None


@blueprint.post("/<int:notice_id>")
@require(Permission.MATTER_NOTICE)
def acknowledge(notice_id: int) -> ResponseReturnValue:
    """Take note of one notice."""
    with transaction() as session:
        notice_reading.acknowledge(session, notice_id, by=acting(), at=clock.now())
    flash(t("已确认。", "Noted."), "good")
    return redirect(url_for(".listed"), 303)
