"""An operator's own shifts: when I am on, what I carry, the talk I am owed, and help at one press."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import clock
from core.db import reading, transaction
from core.doors import Door
from core.people import Staff, acting
from core.permissions import Permission, require
from core.problems import Missing
from core.terms import Words, t
from hotline import load_guard
from hotline.calling_for_help import own_open
from hotline.key_calls import KeyCall
from hotline.lines import lines_served_by
from hotline.roster import shifts_of, span_of
from hotline.roster_rules import Span, night_share
from hotline.roster_sheet import leads_for, people_for

blueprint = Blueprint("own_shifts", __name__, url_prefix="/hotline/my-shifts")
AHEAD, BACK, SHOWN_FOR = timedelta(days=28), timedelta(days=28), timedelta(minutes=30)
DOORS = [
    Door(
        "own_shifts.show",
        Words("我的班次", "My shifts"),
        Permission.HOTLINE_OPERATE,
        order=17,
        about=Words("排班、恢复休息、谈话、求助", "Roster, rest, talks, calling for help"),
    )
]


@blueprint.get("/")
@require(Permission.HOTLINE_OPERATE)
def show() -> str:
    """Show my shifts of the coming weeks, my load in this one, and how nights were shared."""
    me, at = acting(), clock.now()
    with reading() as session:
        ahead = [s for s in shifts_of(session, me, Span(at, at + AHEAD)) if s.is_published]
        past = [span_of(s) for s in shifts_of(session, me, Span(at - BACK, at)) if s.is_published]
        colleagues = {
            p.id: p
            for kind in lines_served_by(me)
            for p in [*leads_for(session, kind), *people_for(session, kind)]
        }
        return render_template(
            "hotline/own_shifts.html",
            shifts=ahead,
            load=load_guard.load_of(session, me, at=at),
            nights=night_share(past, clock.zone()),
            worked=len(past),
            colleagues=[p for p in colleagues.values() if p.id != me.id],
            call=own_open(session, me, since=at - SHOWN_FOR),
            at=at,
        )


@blueprint.post("/talks/<int:key_call_id>")
@require(Permission.HOTLINE_OPERATE)
def debriefed(key_call_id: int) -> ResponseReturnValue:
    """Note with whom a key call was talked over."""
    with transaction() as session:
        call = session.get(KeyCall, key_call_id)
        chosen = request.form.get("with", "")
        other = session.get(Staff, int(chosen)) if chosen.isdigit() else None
        if call is None or call.staff_id != acting().id or other is None:
            raise Missing
        load_guard.debriefed(session, call, with_=other, by=acting(), at=clock.now())
    flash(t("已记下这次谈话", "The talk is noted"), "good")
    return redirect(url_for("own_shifts.show"), 303)


@blueprint.post("/end-rest")
@require(Permission.HOTLINE_OPERATE)
def end_rest() -> ResponseReturnValue:
    """Be rung again before the rest is over."""
    with transaction() as session:
        load_guard.end_own_rest(session, by=acting(), at=clock.now())
    flash(t("休息已结束，可以接听", "The rest is over; you can be rung"), "good")
    return redirect(url_for("own_shifts.show"), 303)
