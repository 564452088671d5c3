"""The page of the blind re-calls, for the supervision offices: how far second answers agree with first ones."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, render_template, request

from core import clock
from core.db import reading
from core.doors import Door
from core.permissions import Permission, require
from core.terms import Words
from matters import recalls
from matters.agreement import ENOUGH, kappa
from matters.attributes import Judgement

blueprint = Blueprint("caller_recalls", __name__, url_prefix="/callers/agreement")
DOORS = [
    Door(
        "caller_recalls.shown",
        Words("复核回访", "Re-calls"),
        Permission.MATTER_SUPERVISE,
        order=38,
        about=Words(
            "抽 5% 办结件由第三人再问一次：前后两次的一致程度",
            "One in twenty closed matters is asked about again by a third person: how far the answers agree",
        ),
    )
]
SPAN = timedelta(days=90)


@blueprint.get("/")
@require(Permission.MATTER_SUPERVISE)
def shown() -> str:
    """Show the table of first and second answers with Cohen's kappa, its n and interval."""
    until = _day("until") or clock.today()
    since = min(_day("since") or until - SPAN, until)
    with reading() as session:
        table = recalls.table(session, since=since, until=until)
        return render_template(
            "caller/agreement.html",
            table=table,
            judgements=list(Judgement),
            found=kappa(table),
            enough=ENOUGH,
            samples=recalls.samples(session, since=since, until=until),
            open_lots=recalls.waiting(session),
            since=since,
            until=until,
        )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
