"""The supervision office's first page: red and yellow, returns, extensions, what is to be assigned, incidents."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock, journal
from core.db import reading, transaction
from core.doors import Door
from core.export import csv_text
from core.people import Staff, acting
from core.permissions import Permission, Role, require
from core.places import counties
from core.problems import Missing
from core.terms import Words, labels, t
from matters import board, desk
from matters.attributes import Difficulty, Urgency
from matters.board import Queue
from matters.keeping_away import in_sight
from matters.limits import Limit
from matters.matter import Matter
from matters.topics import Field
from matters.views.where import topic_words, where

blueprint = Blueprint("supervision", __name__, url_prefix="/supervision")
DOORS = [
    Door(
        "supervision.board_page",
        Words("督办", "Supervision"),
        Permission.MATTER_SUPERVISE,
        order=8,
        first_for=frozenset({Role.SUPERVISION, Role.OFFICE_HEAD}),
        count=board.to_decide,
        about=Words(
            "超期和将到期、退回和延期的裁定、交办、突发事件",
            "Overdue and nearly due, returns and extensions to decide, assigning, incidents",
        ),
    )
]
NOT_THERE = Words("没有这个编号的诉求。", "No matter has this receipt number.")


def _queue(staff: Staff) -> Queue | None:
    """Read which queue the address names, among those that someone has."""
    found = Queue.found(request.args.get("queue"))
    return found if found in board.queues_of(staff) else None


@blueprint.get("/")
@require(Permission.MATTER_SUPERVISE)
def board_page() -> ResponseReturnValue:
    """Show a queue as the address filters it; a whole receipt leads to its page."""
    args, staff, at = request.args, acting(), clock.now()
    asked = args.get("receipt", "").strip()
    with reading() as session:
        if asked:
            try:
                found = in_sight(session, staff, desk.by_receipt(session, asked))
                return redirect(url_for("supervision_matter.one", receipt=found.receipt), 303)
            except Missing:
                pass
        counts = board.counts(session, staff, at=at)
        queue = _queue(staff) or board.first_filled(counts)
        page = board.listed(session, staff, queue, args, at=at)
        is_lane = queue is Queue.INCIDENTS
        return render_template(
            "supervision/board.html",
            queue=queue,
            queues=board.queues_of(staff),
            counts=counts,
            page=page,
            is_cut=page.total == board.PAGED_UP_TO,
            unseen=board.incident_notices(session, [m.id for m in page.rows]) if is_lane else set(),
            fields=labels(Field),
            urgencies=labels(Urgency),
            difficulties=labels(Difficulty),
            counties=[(c.id, c.label) for c in counties(session)],
            stage_words=stage_words,
            topic_words=topic_words,
            where=where,
            asked=asked,
            wrong=NOT_THERE if asked else None,
        )


def stage_words(matter: Matter) -> str:
    """Name the step that a matter stands in."""
    found = Limit.found(matter.stage)
    return found.label if found else ""


@blueprint.get("/export.csv")
@require(Permission.MATTER_SUPERVISE)
def export() -> Response:
    """Give a queue as a file: receipts, topics, places and clocks; no words of anybody."""
    staff, at = acting(), clock.now()
    queue = _queue(staff) or Queue.RED
    with transaction() as session:
        rows = board.listed(session, staff, queue, request.args, at=at, per_page=board.MOST_EXPORTED).rows
        journal.write(session, "matter.exported", f"queue:{queue.value}", by=staff, at=at, rows=len(rows))
        text = csv_text(_head(), [_cells(matter) for matter in rows])
    name = f"matters-{queue.value}-{clock.today():%Y%m%d}.csv"
    return Response(
        text, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _head() -> list[str]:
    return [
        t("编号", "Receipt"),
        t("类别", "Topic"),
        t("地点", "Place"),
        t("紧急程度", "Urgency"),
        t("难度", "Difficulty"),
        t("状态", "State"),
        t("主办单位", "Lead unit"),
        t("轮次", "Round"),
        t("级别", "Level"),
        t("时钟", "Clock"),
        t("办理期限", "Result due"),
        t("本环节", "Step"),
        t("本环节期限", "Step due"),
        t("登记", "Registered"),
    ]


def _cells(matter: Matter) -> list[object]:
    def moment(value: datetime | None) -> str:
        return f"{clock.local(value):%Y-%m-%d %H:%M}" if value else ""

    return [
        matter.receipt,
        topic_words(matter.topic),
        where(matter.place),
        matter.urgency.label,
        matter.difficulty.label if matter.difficulty else "",
        matter.state.label,
        matter.lead_unit.label if matter.lead_unit else "",
        matter.round,
        matter.level,
        matter.colour(clock.now()).label,
        moment(matter.due_at),
        stage_words(matter),
        moment(matter.stage_due_at),
        moment(matter.registered_at),
    ]
