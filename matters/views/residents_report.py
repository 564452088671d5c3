"""The residents' form: write down what is wrong, where, and who may know of it; nobody has to sign in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Unit, UnitKind
from core.permissions import open_to_all
from core.places import Level, Place, counties
from core.problems import Invalid
from core.terms import Words, labels, language
from matters import alarm, tickets, topics, web_reports
from matters.attributes import Conflict, IdentityClass, MatterKind
from matters.once import in_one
from matters.promises import Registered
from matters.registration import Statement
from matters.topics import Field
from matters.views.where import where

blueprint = Blueprint("residents_report", __name__, url_prefix="/report")
DOORS = [
    Door(
        "residents_report.form",
        Words("反映一件事", "Report a problem"),
        None,
        order=2,
        about=Words("在网上写下来，不用登录", "Write it down here, without signing in"),
    )
]
PERMITTED = {
    IdentityClass.PROTECTED: Words(
        "受保护：承办单位只看到事情和地点，看不到您是谁。（建议选这个）",
        "Protected: the office sees the problem and the place, not who you are. (Recommended)",
    ),
    IdentityClass.OPEN: Words(
        "公开：承办单位可以看到您的称呼和电话，直接联系您。",
        "Open: the office sees your name and number and may call you.",
    ),
    IdentityClass.ANONYMOUS: Words(
        "匿名：不留姓名和电话，只凭编号和密码查询结果。",
        "Anonymous: neither name nor number is kept; you ask with the receipt number and PIN.",
    ),
}
ABOUT = {
    Conflict.NONE: Words("不是", "No"),
    Conflict.STAFF: Words("是，反映某位工作人员", "Yes, about an official"),
    Conflict.UNIT: Words("是，反映某个单位", "Yes, about an office"),
    Conflict.CENTRE: Words("是，反映民意中心（热线）本身", "Yes, about this centre (the line) itself"),
}
FORM = "report"
FIELDS = ("kind", "topic", "county", "town", "village", "narrative", "spot", "identity", "name", "number",
          "conflict", "unit")  # fmt: skip


@blueprint.get("/")
@open_to_all
def form() -> str:
    """Show the form."""
    ticket = tickets.issue(FORM, tickets.new_word(), at=clock.now())
    return _page({}, ticket)


@blueprint.get("/places")
@open_to_all
def places() -> ResponseReturnValue:
    """Name the places right below one, for the next list of the form."""
    parent = request.args.get("in", "")
    with reading() as session:
        found = (
            _below(session, int(parent)) if parent.isascii() and parent.isdigit() and len(parent) < 10 else []
        )
        return jsonify([[p.id, p.label] for p in found])


@blueprint.post("/")
@open_to_all
def send() -> ResponseReturnValue:
    """Register what was written, or show the form again with what is still needed."""
    typed = {name: request.form.get(name, "")[:6000] for name in FIELDS}
    typed["consent"] = request.form.get("consent", "")
    ticket, at = request.form.get("ticket", "")[:200], clock.now()
    if request.form.get("step") == "places":  # without scripts the next list comes with the next page
        return _page(typed, ticket)
    if alarm.in_crisis(typed["narrative"]) and request.form.get("anyway") != "1":
        # Whom to talk to comes first; whether it is registered as well is theirs to say.
        return _page(typed, ticket)
    address = request.remote_addr or ""
    with transaction() as session:
        is_free = web_reports.is_within_limits(session, address=address, at=at)
    if not is_free:
        raise web_reports.TooManyReports
    known = tickets.read(FORM, ticket, at=at, within=web_reports.LATEST)
    try:
        # A field that people never see, and a form filled faster than one can read.
        if request.form.get("website") or known is None or known[1] < web_reports.SOONEST:
            raise web_reports.SendAgain
        registered = _take(typed, known[0])
    except Invalid as wrong:
        if known is None:
            ticket = tickets.issue(FORM, tickets.new_word(), at=at)
        return _page(typed, ticket, wrong=wrong), 422
    return _sent(registered, typed["narrative"])


def _take(typed: dict[str, str], word: str) -> Registered:
    def take(session: Session) -> Registered:
        told = web_reports.take(session, _statement(session, typed), form=word, at=clock.now())
        session.refresh(told.matter, ["place"])
        return told

    return in_one(take)


def _statement(session: Session, typed: dict[str, str]) -> Statement:
    chosen = _Places.of(session, typed)
    identity = IdentityClass.found(typed["identity"])
    conflict = Conflict.found(typed["conflict"]) or Conflict.NONE
    number, fields = web_reports.check_person(typed["number"], typed["name"], identity)
    unit = session.get(Unit, int(typed["unit"])) if _is_id(typed["unit"]) else None
    if identity is None:
        fields["identity"] = Words("请选一项", "Choose one")
    if not typed["consent"]:
        fields["consent"] = Words("请勾选同意，才能转办", "Tick the box, so that it can be passed on")
    statement = Statement(
        narrative=typed["narrative"],
        kind=MatterKind.found(typed["kind"]),
        topic=typed["topic"],
        place=chosen.village or chosen.town,
        spot=typed["spot"],
        identity=identity or IdentityClass.PROTECTED,
        conflict=conflict,
        conflict_unit=unit if conflict in (Conflict.UNIT, Conflict.STAFF) else None,
        consent_read=bool(typed["consent"]),
        name=typed["name"].strip() or None,
        number=number,
    )
    lacking = web_reports.lacking(statement) | fields
    if lacking:
        raise Invalid(
            Words(
                "还差几处，请补上后再提交；您填写的都在",
                "Some things are still needed; what you wrote is kept",
            ),
            fields=lacking,
        )
    return statement


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _below(session: Session, parent_id: int) -> list[Place]:
    query = sa.select(Place).where(
        Place.parent_id == parent_id, Place.is_current, Place.level != Level.COUNTY
    )
    return list(session.scalars(query.order_by(Place.code)))


@dataclass(frozen=True)
class _Places:
    """The places chosen so far, each within the one before."""

    county: Place | None = None
    town: Place | None = None
    village: Place | None = None

    @classmethod
    def of(cls, session: Session, typed: dict[str, Any]) -> _Places:
        def one(name: str, level: Level, within: Place | None) -> Place | None:
            text = str(typed.get(name, ""))
            place = session.get(Place, int(text)) if _is_id(text) else None
            is_right = place is not None and place.level is level and place.is_current
            return place if is_right and place and (within is None or place.parent_id == within.id) else None

        county = one("county", Level.COUNTY, None)
        town = one("town", Level.TOWNSHIP, county) if county else None
        return cls(county, town, one("village", Level.VILLAGE, town) if town else None)


def _page(typed: dict[str, str], ticket: str, *, wrong: Invalid | None = None) -> str:
    with reading() as session:
        chosen = _Places.of(session, typed)
        units = session.scalars(
            sa.select(Unit).where(Unit.is_active, Unit.kind != UnitKind.CENTRE).order_by(Unit.id)
        )
        spoken = language()
        return render_template(
            "residents/report.html",
            typed=typed,
            errors=wrong.fields if wrong else {},
            told=wrong.words if wrong else None,
            ticket=ticket,
            kinds=labels(MatterKind),
            topics={
                field.label: [
                    (t.code, t.en if spoken == "en" else t.zh) for t in topics.offered() if t.field is field
                ]
                for field in Field
            },
            counties=[(c.id, c.label) for c in counties(session)],
            towns=[(p.id, p.label) for p in _below(session, chosen.county.id)] if chosen.county else [],
            villages=[(p.id, p.label) for p in _below(session, chosen.town.id)] if chosen.town else [],
            identities={c.value: str(words) for c, words in PERMITTED.items()},
            about={c.value: str(words) for c, words in ABOUT.items()},
            units=[(u.id, u.label) for u in units],
            alarm_words=alarm.patterns(),
            is_alarming=alarm.alarming(typed.get("narrative", "")),
            is_in_crisis=alarm.in_crisis(typed.get("narrative", "")),
            support_line=current_app.config["SETTINGS"].support_line,
        )


def _sent(registered: Registered, narrative: str) -> str:
    matter = registered.matter
    with reading() as session:
        place = session.get(Place, matter.place_id) if matter.place_id else None
        return render_template(
            "residents/sent.html",
            matter=matter,
            pin=registered.pin,
            where=where(place),
            is_alarming=alarm.alarming(narrative),
            support_line=current_app.config["SETTINGS"].support_line,
        )
