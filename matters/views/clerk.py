"""The clerk's pages: the matters that were registered, and one of them with its story and what was said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock, journal, purposes
from core.db import reading, transaction
from core.doors import Door
from core.export import csv_text
from core.people import acting
from core.permissions import Permission, Role, require
from core.places import counties
from core.problems import Invalid, Missing
from core.purposes import ReadingPurpose
from core.terms import Words, labels, t
from matters import desk, desk_sheet
from matters.attributes import (
    DeclineReason,
    IdentityClass,
    Outcome,
    RejectReason,
    TransferTarget,
    Urgency,
)
from matters.done_words import done_words
from matters.keeping_away import in_sight
from matters.matter import Matter
from matters.receipts import read_receipt
from matters.states import MatterState
from matters.topics import Field
from matters.views.where import topic_words, where

blueprint = Blueprint("matters", __name__, url_prefix="/matters")
DOORS = [
    Door(
        "matters.listed",
        Words("诉求", "Matters"),
        Permission.MATTER_READ,
        order=15,
        first_for=frozenset({Role.SUPERVISION}),
        about=Words(
            "已登记的诉求：查编号，按类别、地点、紧急程度和答复期限筛选",
            "What was registered: find a receipt, filter by topic, place, urgency and promised date",
        ),
    )
]

WRONG_RECEIPT = Words(
    "编号不对：请逐位核对，末位是校验码，一位写错就查不到。",
    "That is no receipt number: check each digit. The last one is a check digit, so one slip is noticed.",
)
NOT_THERE = Words("没有这个编号的诉求。", "No matter has this receipt number.")


@blueprint.get("/")
@require(Permission.MATTER_READ)
def listed() -> ResponseReturnValue:
    """List the matters as the address filters them; a whole receipt number leads to its page."""
    args, staff, today = request.args, acting(), clock.today()
    asked = args.get("receipt", "").strip()
    wrong: Words | None = None
    with reading() as session:
        if asked:
            try:
                found = in_sight(session, staff, desk.by_receipt(session, asked))
                return redirect(url_for(".one", receipt=found.receipt), 303)
            except Missing:
                wrong = NOT_THERE if read_receipt(asked) else WRONG_RECEIPT
        return render_template(
            "clerk/matters.html",
            page=desk.listed(session, staff, args, today=today),
            totals=desk.counted(session, staff, today=today, at=clock.now()),
            counties=[(c.id, c.label) for c in counties(session)],
            fields=labels(Field),
            urgencies=labels(Urgency),
            identities=labels(IdentityClass),
            states={s.value: s.label for s in MatterState if s is not MatterState.DRAFT},
            soon=today + timedelta(days=2),
            topic_words=topic_words,
            where=where,
            asked=asked,
            wrong=wrong,
        )


@blueprint.get("/export.csv")
@require(Permission.MATTER_READ)
def export() -> Response:
    """Give the list as a file: receipts, topics, places, states and dates; no words of anybody."""
    staff, today = acting(), clock.today()
    with transaction() as session:
        rows = desk.exported(session, staff, request.args, today=today)
        journal.write(session, "matter.exported", "matters", by=staff, at=clock.now(), rows=len(rows))
        text = csv_text(_head(), [_cells(matter) for matter in rows])
    name = f"matters-{today:%Y%m%d}.csv"
    return Response(
        text, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _head() -> list[str]:
    return [
        t("编号", "Receipt"),
        t("类型", "Kind"),
        t("类别", "Topic"),
        t("地点", "Place"),
        t("紧急程度", "Urgency"),
        t("身份", "Identity"),
        t("来源", "Source"),
        t("状态", "State"),
        t("轮次", "Round"),
        t("主办单位", "Lead unit"),
        t("登记", "Registered"),
        t("答复期限", "Promised"),
    ]


def _cells(matter: Matter) -> list[object]:
    at = matter.registered_at
    return [
        matter.receipt,
        matter.kind.label if matter.kind else "",
        topic_words(matter.topic),
        where(matter.place),
        matter.urgency.label,
        matter.identity.label,
        matter.origin.label,
        matter.state.label,
        matter.round,
        matter.lead_unit.label if matter.lead_unit else "",
        f"{clock.local(at):%Y-%m-%d %H:%M}" if at else "",
        matter.promised_on.isoformat() if matter.promised_on else "",
    ]


@blueprint.get("/<receipt>")
@require(Permission.MATTER_READ)
def one(receipt: str) -> str:
    """Show one matter; what was said and written stays closed until it is opened."""
    with reading() as session:
        return page(session, found(session, receipt))


@blueprint.post("/<receipt>")
@require(Permission.MATTER_READ)
def open_narrative(receipt: str) -> ResponseReturnValue:
    """Open what was said for a purpose, stated now or a short while ago; the journal keeps who and why."""
    purpose = ReadingPurpose.found(request.form.get("purpose"))
    words = request.form.get("words", "")
    staff, at = acting(), clock.now()
    try:
        with transaction() as session:
            matter = found(session, receipt)
            stated = purposes.in_force(session, matter, by=staff, at=at)
            if purpose is not None or stated is None:
                purposes.state(session, matter, purpose, words, by=staff, at=at)
            return page(session, matter, narrative=desk.open_narrative(session, matter, by=staff, at=at))
    except Invalid as wrong:
        typed = {"purpose": purpose.value if purpose else "", "words": words}
        with reading() as session:
            return page(session, found(session, receipt), purpose_errors=wrong.fields, purpose=typed), 422


def found(session: Session, receipt: str) -> Matter:
    """Find a matter that the person at the screen may know of."""
    return in_sight(session, acting(), desk.by_receipt(session, receipt))


def page(
    session: Session,
    matter: Matter,
    *,
    narrative: str | None = None,
    purpose_errors: Mapping[str, Words] | None = None,
    purpose: Mapping[str, str] | None = None,
    step: str = "",
    problem: Words | None = None,
    errors: Mapping[str, Words] | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    """Render a matter, with what was typed in the step that could not be taken."""
    staff, at = acting(), clock.now()
    stated = purposes.in_force(session, matter, by=staff, at=at)
    return render_template(
        "clerk/matter.html",
        matter=matter,
        sheet=desk_sheet.sheet(session, matter, staff, is_open=narrative is not None, at=at),
        topic=topic_words(matter.topic),
        where=where(matter.place),
        narrative=narrative,
        stated=stated,
        purposes=labels(ReadingPurpose),
        purpose_errors=purpose_errors or {},
        purpose=purpose or {},
        step=step,
        problem=problem,
        errors=errors or {},
        typed=typed or {},
        declines=labels(DeclineReason),
        targets=labels(TransferTarget),
        outcomes=labels(Outcome),
        rejects=labels(RejectReason),
        soon=clock.today() + timedelta(days=2),
        done_words=done_words,
    )
