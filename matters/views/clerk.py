"""The clerk's pages: the matters that were registered, and one of them with what was said."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock, purposes
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, Role, require
from core.places import Level, Place, counties
from core.problems import Invalid, Missing
from core.purposes import ReadingPurpose, StatedPurpose
from core.terms import Words, labels, language
from matters import desk, topics
from matters.attributes import IdentityClass, Urgency
from matters.matter import Matter
from matters.receipts import read_receipt
from matters.topics import Field

blueprint = Blueprint("matters", __name__, url_prefix="/matters")
DOORS = [
    Door(
        "matters.listed",
        Words("诉求", "Matters"),
        Permission.MATTER_READ,
        order=15,
        first_for=frozenset({Role.CLERK, Role.SUPERVISION}),
        about=Words(
            "已登记的诉求:查编号,按类别、地点、紧急程度和答复期限筛选",
            "What was registered: find a receipt, filter by topic, place, urgency and promised date",
        ),
    )
]

WRONG_RECEIPT = Words(
    "编号不对:请逐位核对,末位是校验码,一位写错就查不到。",
    "That is no receipt number: check each digit. The last one is a check digit, so one slip is noticed.",
)
NOT_THERE = Words("没有这个编号的诉求。", "No matter has this receipt number.")


@blueprint.get("/")
@require(Permission.MATTER_READ)
def listed() -> ResponseReturnValue:
    """List the matters as the address filters them; a whole receipt number leads to its page."""
    args = request.args
    asked = args.get("receipt", "").strip()
    wrong: Words | None = None
    today = clock.today()
    with reading() as session:
        if asked:
            try:
                return redirect(url_for(".one", receipt=desk.by_receipt(session, asked).receipt), 303)
            except Missing:
                wrong = NOT_THERE if read_receipt(asked) else WRONG_RECEIPT
        return render_template(
            "clerk/matters.html",
            page=desk.listed(session, args, today=today),
            totals=desk.counted(session, today=today, at=clock.now()),
            counties=[(c.id, c.label) for c in counties(session)],
            fields=labels(Field),
            urgencies=labels(Urgency),
            identities=labels(IdentityClass),
            soon=today + timedelta(days=2),
            topic_words=_topic_words,
            where=where,
            asked=asked,
            wrong=wrong,
        )


@blueprint.get("/<receipt>")
@require(Permission.MATTER_READ)
def one(receipt: str) -> str:
    """Show one matter; what was said stays closed until it is opened."""
    with reading() as session:
        matter = desk.by_receipt(session, receipt)
        return _page(matter, purposes.in_force(session, matter, by=acting(), at=clock.now()))


@blueprint.post("/<receipt>")
@require(Permission.MATTER_READ)
def open_narrative(receipt: str) -> ResponseReturnValue:
    """Open what was said for a purpose, stated now or a short while ago; the journal keeps who and why."""
    purpose = ReadingPurpose.found(request.form.get("purpose"))
    words = request.form.get("words", "")
    staff, at = acting(), clock.now()
    try:
        with transaction() as session:
            matter = desk.by_receipt(session, receipt)
            stated = purposes.in_force(session, matter, by=staff, at=at)
            if purpose is not None or stated is None:
                stated = purposes.state(session, matter, purpose, words, by=staff, at=at)
            return _page(matter, stated, desk.open_narrative(session, matter, by=staff, at=at))
    except Invalid as wrong:
        typed = {"purpose": purpose.value if purpose else "", "words": words}
        with reading() as session:
            matter = desk.by_receipt(session, receipt)
            return _page(matter, None, errors=wrong.fields, typed=typed), 422


def _page(
    matter: Matter,
    stated: StatedPurpose | None,
    narrative: str | None = None,
    *,
    errors: dict[str, Words] | None = None,
    typed: dict[str, str] | None = None,
) -> str:
    return render_template(
        "clerk/matter.html",
        matter=matter,
        topic=_topic_words(matter.topic),
        where=where(matter.place),
        narrative=narrative,
        stated=stated,
        purposes=labels(ReadingPurpose),
        errors=errors or {},
        typed=typed or {},
        soon=clock.today() + timedelta(days=2),
    )


def where(place: Place) -> str:
    """Say where a place is, from the county down in Chinese, up to the county in English."""
    names: list[str] = []
    above: Place | None = place
    while above is not None and above.level is not Level.CITY:
        names.append(above.label)
        above = above.parent
    return ", ".join(names) if language() == "en" else "".join(reversed(names))


def _topic_words(code: str) -> str:
    found = topics.topic(code)
    return found.in_language(language()) if found else code
