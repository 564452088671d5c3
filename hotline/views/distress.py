"""The panic button, and the bar on which supervisors see who needs them."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Forbidden, Missing
from core.terms import t
from hotline.calling_for_help import call_for_help, mark_shown, open_for, own_open, take
from hotline.contacts import Contact, contact_named
from hotline.distress import Distress, DistressKind
from hotline.lines import LineKind, lines_served_by

blueprint = Blueprint("distress", __name__, url_prefix="/hotline")
SHOWN_FOR = timedelta(minutes=30)


@blueprint.post("/panic")
@require(Permission.HOTLINE_OPERATE)
def panic() -> ResponseReturnValue:
    """Call a supervisor now; the body may name the contact one is talking on."""
    staff, at = acting(), clock.now()
    given = request.get_json(silent=True) if request.is_json else request.form
    token = str((given or {}).get("contact") or "")[:20]
    with transaction() as session:
        contact = _own_contact(session, staff, token) if token else None
        line = contact.line if contact else _own_line(staff)
        call = call_for_help(session, DistressKind.PANIC, line, about=staff, by=staff, at=at, contact=contact)
        told = len(call.told)
    if request.is_json:
        return jsonify(told=told, words=_words(told))
    flash(_words(told), "good" if told else "bad")
    return redirect(url_for("own_shifts.show"), 303)


def _own_contact(session: Session, staff: Staff, token: str) -> Contact:
    contact = contact_named(session, token)
    if contact.taken_by != staff.id:
        raise Missing
    return contact


def _own_line(staff: Staff) -> LineKind:
    lines = lines_served_by(staff)
    if not lines:
        raise Forbidden
    return LineKind.COUNSELLING if LineKind.COUNSELLING in lines else next(iter(lines))


def _words(told: int) -> str:
    if told:
        return t(
            "已通知 {n} 位督导，一分钟内无人接手会再往上叫",
            "{n} supervisors told; in a minute more will be",
            n=told,
        )
    return t("现在没有督导在岗，正在逐级呼叫", "No supervisor is at work; the call is climbing")


@blueprint.get("/panic/mine")
@require(Permission.HOTLINE_OPERATE)
def mine() -> ResponseReturnValue:
    """Say who has my call for help."""
    staff, at = acting(), clock.now()
    with reading() as session:
        call = own_open(session, staff, since=at - SHOWN_FOR)
        answer = jsonify(
            is_open=bool(call and call.is_open),
            told=len(call.told) if call else 0,
            taken_by=call.taker.name if call and call.taker else "",
        )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/calls-for-help")
@require(Permission.HOTLINE_LEAD)
def bar() -> str:
    """Give the bar of open calls; showing it is what "told" means, so it is noted."""
    staff, at = acting(), clock.now()
    with reading() as session:
        calls = open_for(session, staff)
        new = any(told.staff_id == staff.id and told.shown_at is None for c in calls for told in c.told)
        page = render_template("hotline/distress_bar.html", calls=calls, at=at, me_id=staff.id)
    if new:
        with transaction() as session:
            mark_shown(session, staff, at=at)
    return page


@blueprint.post("/calls-for-help/<int:distress_id>/take")
@require(Permission.HOTLINE_LEAD)
def take_call(distress_id: int) -> ResponseReturnValue:
    """Say "I have it"."""
    with transaction() as session:
        call = session.get(Distress, distress_id, with_for_update={"of": Distress})
        if call is None:
            raise Missing
        take(session, call, by=acting(), at=clock.now())
        name = call.about.name if call.about else ""
    words = t("您已接手{name}的求助", "You have taken {name}'s call", name=name)
    if request.is_json:
        return jsonify(words=words)
    flash(words, "good")
    return redirect(url_for("hotline_board.show"), 303)
