"""Where editors ask for a special report: its subject, topics, place and days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core import clock
from core.db import reading, transaction
from core.jobs import Running, enqueue, job
from core.people import Staff, acting
from core.permissions import Permission, require
from core.places import Level, Place
from core.problems import Invalid
from core.terms import Words, t
from matters.topics import TOPICS, Field
from reports.special_reports import assemble_special, faults

blueprint = Blueprint("special_reports", __name__, url_prefix="/editing/special")
USUAL = timedelta(days=27)
"""Four weeks up to yesterday, until the editor says otherwise."""
NO_PLACE = Words(
    "没有这个地点，没有起草。请从列表里选一个，不选就是全市",
    "There is no such place, and nothing was drafted. Choose one from the list; none is the whole city",
)


@blueprint.get("")
@require(Permission.BULLETIN_EDIT)
def asked() -> str:
    """Show the form."""
    yesterday = clock.today() - timedelta(days=1)
    return _page({"first": str(yesterday - USUAL), "last": str(yesterday)}, [], {})


def _page(typed: Mapping[str, str], topics: Sequence[str], errors: Mapping[str, Words]) -> str:
    with reading() as session:
        return render_template(
            "editor/special.html",
            fields=[(f.label, [topic for topic in TOPICS if topic.field is f]) for f in Field],
            chosen=topics,
            places=_places(session),
            typed=typed,
            errors=errors,
        )


def _places(session: Session) -> list[tuple[str, str]]:
    """Return the counties, each followed by its townships."""
    query = sa.select(Place).where(Place.is_current, Place.level.in_([Level.COUNTY, Level.TOWNSHIP]))
    found = list(session.scalars(query.order_by(Place.code)))
    rows: list[tuple[str, str]] = []
    for county in (p for p in found if p.level is Level.COUNTY):
        rows.append((str(county.id), county.label))
        rows += [(str(p.id), f"{county.label} › {p.label}") for p in found if p.parent_id == county.id]
    return rows


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@blueprint.post("")
@require(Permission.BULLETIN_EDIT)
def ask() -> ResponseReturnValue:
    """Have it drafted in the background; what is wrong is said beside its field."""
    form, now = request.form, clock.now()
    topics, subject = form.getlist("topics"), form.get("subject", "").strip()
    first, last = _day(form.get("first", "")), _day(form.get("last", ""))
    wrong = faults(subject, topics, first, last, today=clock.today(now))
    place = form.get("place", "")
    with reading() as session:
        if place and place not in dict(_places(session)):
            wrong["place"] = NO_PLACE
    if wrong:
        return _page(form, topics, wrong), 422
    with transaction() as session:
        started = enqueue(
            session,
            "bulletin.assemble_special",
            Words("汇编专报", "Assembling a special report"),
            by=acting(),
            at=now,
            subject=subject,
            topics=topics,
            place=int(place) if place else None,
            first=str(first),
            last=str(last),
        )
        job_id = started.id
    flash(t("正在汇编，完成后在编辑台出现", "Being assembled; it will stand on the desk when done"), "good")
    return redirect(url_for("jobs.one", job_id=job_id), 303)


@job("bulletin.assemble_special")
def assemble_by_job(running: Running) -> dict[str, object]:
    """Assemble one special report."""
    p = running.params
    with transaction() as session:
        within = session.get(Place, p["place"]) if p["place"] else None
        if p["place"] and within is None:
            raise Invalid(NO_PLACE)
        made = assemble_special(
            session,
            p["subject"],
            date.fromisoformat(p["first"]),
            date.fromisoformat(p["last"]),
            topics=p["topics"],
            within=within,
            by=session.get(Staff, running.requested_by) if running.requested_by else None,
            at=clock.now(),
        )
        return {"bulletin": made.id}
