"""The journal's reader: who did what to which record and when; reading it is journalled too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from flask import Blueprint, render_template, request

from core import clock, journal, journal_details, journal_words
from core.db import reading, transaction
from core.doors import Door
from core.journal import Entry
from core.listing import page, page_number
from core.people import Staff, acting
from core.permissions import Permission, require
from core.terms import Words

blueprint = Blueprint("journal", __name__, url_prefix="/journal")
DOORS = [
    Door(
        "journal.read",
        Words("操作日志", "Journal"),
        Permission.JOURNAL_READ,
        order=84,
        about=Words("谁在何时对哪条记录做了什么", "Who did what to which record and when"),
    )
]


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), clock.zone()).astimezone(UTC)


@blueprint.get("/")
@require(Permission.JOURNAL_READ)
def read() -> str:
    """Show the journal, the newest first, as the address filters it."""
    args = request.args
    query = sa.select(Entry)
    since, until = _day("since"), _day("until")
    if args.get("record"):
        query = query.where(Entry.record.startswith(args["record"].strip(), autoescape=True))
    if args.get("who", "").isdigit():
        query = query.where(Entry.staff_id == int(args["who"]))
    if since is not None:
        query = query.where(Entry.at >= _start(since))
    if until is not None:
        query = query.where(Entry.at < _start(until + timedelta(days=1)))
    number = page_number(args)
    with transaction() as session:
        filters = {k: args[k][:60] for k in ("action", "record", "who", "since", "until") if args.get(k)}
        journal.write(
            session, "journal.read", "journal:*", by=acting(), at=clock.now(), page=number, filters=filters
        )
    with reading() as session:
        actions = sorted(session.scalars(sa.select(Entry.action).distinct()))
        if args.get("action"):
            query = query.where(Entry.action.in_(journal_words.found(args["action"], actions)))
        found = page(session, query.order_by(Entry.id.desc()), number)
        people = session.execute(
            sa.select(Staff.id, Staff.name, Staff.username).order_by(Staff.username)
        ).all()
        return render_template(
            "web/journal.html",
            page=found,
            names={key: name for key, name, _ in people},
            people={key: f"{username} · {name}" for key, name, username in people},
            actions=actions,
            word=journal_words.word,
            told=journal_words.told,
            record_words=journal_details.record,
        )
