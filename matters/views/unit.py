"""The unit handler's pages: their unit's matters by clock, one of them with its copy, and the list as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock, journal
from core.db import reading, transaction
from core.doors import Door
from core.export import csv_text
from core.people import acting
from core.permissions import Permission, Role, require
from core.problems import Missing
from core.terms import Words, labels, t
from matters import bridge, portal, unit_page, unit_timeline
from matters.attributes import ClockColour, Outcome, PauseReason, Urgency
from matters.file_formats import FileFormat
from matters.matter import Matter
from matters.topics import Field
from matters.views.where import topic_words, where
from telephony.line import line

blueprint = Blueprint("unit", __name__, url_prefix="/handling")
DOORS = [
    Door(
        "unit.listed",
        Words("我单位的诉求", "Our matters"),
        Permission.MATTER_HANDLE,
        order=10,
        first_for=frozenset({Role.HANDLER}),
        count=portal.waiting,
        about=Words(
            "交给本单位的诉求：签收、办理、报送结果，按时限排列",
            "What was handed to your unit, by clock: sign for, handle, report the result",
        ),
    )
]
ACCEPTED = ",".join(f".{kind.value}" for kind in FileFormat) + ",.jpeg"
NOT_OURS = Words(
    "没有交给您单位的这个编号；请核对后再查。",
    "Nothing under this receipt was handed to your unit; check the digits.",
)


@blueprint.get("/")
@require(Permission.MATTER_HANDLE)
def listed() -> ResponseReturnValue:
    """List the unit's matters as the address filters them; a whole receipt leads to its page."""
    args, staff, at = request.args, acting(), clock.now()
    asked = args.get("receipt", "").strip()
    with reading() as session:
        if asked:
            try:
                return redirect(url_for(".one", receipt=portal.one(session, staff, asked).receipt), 303)
            except Missing:
                pass
        return render_template(
            "unit/matters.html",
            page=portal.listed(session, staff, args, at=at),
            counts=portal.counted(session, staff, at=at),
            shelf=portal.Shelf.found(args.get("shelf")) or portal.Shelf.OURS,
            shelves=list(portal.Shelf),
            fields=labels(Field),
            urgencies=labels(Urgency),
            parts=labels(portal.Part),
            colours={c.value: c.label for c in ClockColour if c is not ClockColour.NONE},
            topic_words=topic_words,
            where=where,
            asked=asked,
            wrong=NOT_OURS if asked else None,
        )


@blueprint.get("/export.csv")
@require(Permission.MATTER_HANDLE)
def export() -> Response:
    """Give the list as a file: receipts, topics, places and clocks; no words of anybody."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        rows = portal.exported(session, staff, request.args, at=at)
        unit = f"unit:{staff.unit_id}"
        journal.write(session, "matter.exported", unit, by=staff, at=at, rows=len(rows))
        text = csv_text(_head(), [_cells(row) for row in rows])
    name = f"matters-{clock.today():%Y%m%d}.csv"
    return Response(
        text, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _head() -> list[str]:
    return [
        t("编号", "Receipt"),
        t("类别", "Topic"),
        t("地点", "Place"),
        t("紧急程度", "Urgency"),
        t("主办/协办", "Part"),
        t("状态", "State"),
        t("轮次", "Round"),
        t("时钟", "Clock"),
        t("本环节", "Step"),
        t("本环节期限", "Step due"),
        t("办理期限", "Result due"),
        t("登记", "Registered"),
    ]


def _cells(row: portal.Row) -> list[object]:
    def moment(value: Any) -> str:
        return f"{clock.local(value):%Y-%m-%d %H:%M}" if value else ""

    return [
        row.receipt,
        topic_words(row.topic),
        where(row.place),
        row.urgency.label,
        row.part.label,
        row.state.label,
        row.round,
        row.colour.label,
        row.stage.label if row.stage else "",
        moment(row.stage_due_at),
        moment(row.due_at),
        moment(row.registered_at),
    ]


@blueprint.get("/<receipt>")
@require(Permission.MATTER_HANDLE)
def one(receipt: str) -> str:
    """Show one of the unit's matters; the journal keeps who looked."""
    staff, at = acting(), clock.now()
    with transaction() as session:
        matter = portal.one(session, staff, receipt)
        unit_page.note_viewed(session, matter, staff, at=at)
        return page(session, matter)


def page(
    session: Session,
    matter: Matter,
    *,
    step: str = "",
    problem: Words | None = None,
    errors: Mapping[str, Words] | None = None,
    typed: Mapping[str, list[str]] | None = None,
) -> str:
    """Render a unit's page of one matter, with what was typed in the step that could not be taken."""
    staff, at = acting(), clock.now()
    sheet = unit_page.sheet(session, matter, staff, at=at)
    can = line().capabilities() if sheet.callers else None
    return render_template(
        "unit/matter.html",
        sheet=sheet,
        matter=matter,
        row=sheet.row,
        topic=topic_words(sheet.row.topic),
        where=where(sheet.row.place),
        words=unit_timeline.words,
        call_words=bridge.result_of,
        outcomes=labels(Outcome),
        pauses=labels(PauseReason),
        proposals={u.id: u.label for u in unit_page.proposals(session, matter, staff, at=at)},
        accepted=ACCEPTED,
        bridges=bool(can and can.dials and can.browser),
        step=step,
        problem=problem,
        errors=errors or {},
        typed=typed or {},
    )
