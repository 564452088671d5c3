"""The shift lead's staffing page: a day's hours with forecast, seats and what one more would save."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request

from core import clock
from core.db import reading
from core.people import acting
from core.permissions import Permission, require
from core.problems import Forbidden
from core.terms import t
from hotline.lines import LineKind
from hotline.staffing import PROMISE, with_absences
from hotline.staffing_sheet import StaffingDay, staffing_day
from hotline.views.board import lines_led

blueprint = Blueprint("staffing", __name__, url_prefix="/hotline/duty/staffing")
FAR = timedelta(days=60)
AWAY = 0.15
"""The share of a shift that goes to breaks and to rest after key calls."""


@blueprint.get("/")
@require(Permission.HOTLINE_LEAD)
def show() -> str:
    """Show the table of one line's day, with its chart and last week's error."""
    at = clock.now()
    lines = lines_led(acting())
    if not lines:
        raise Forbidden
    line = LineKind.found(request.args.get("line"))
    line = line if line in lines else lines[-1]
    day = asked_day(clock.today(at))
    with reading() as session:
        found = staffing_day(session, line, day, at=at)
    return render_template(
        "hotline/staffing.html",
        s=found,
        lines=lines,
        chart=chart(found),
        promise=PROMISE,
        people=[with_absences(row.plan.needed, AWAY) for row in found.rows],
        away=AWAY,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1),
    )


def asked_day(today: date) -> date:
    """Return the day that the address names, else today; days far away count as today."""
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return today
    return day if abs(day - today) <= FAR else today


def chart(found: StaffingDay) -> dict[str, Any]:
    """Return Plotly's picture of a day: seats needed with their band, and seats on the roster."""
    hours = [f"{row.forecast.hour:02}" for row in found.rows]
    low, high = ([getattr(r.plan, n) for r in found.rows] for n in ("needed_low", "needed_high"))
    band = {"type": "scatter", "mode": "lines", "x": hours, "line": {"width": 0}, "hoverinfo": "skip"}
    return {
        "data": [
            {**band, "y": low, "showlegend": False},
            {
                **band, "y": high, "fill": "tonexty", "fillcolor": "token:accent-line",
                "name": t("95 % 区间", "95% interval"),
            },
            {
                "type": "scatter", "mode": "lines+markers", "x": hours,
                "y": [r.plan.needed for r in found.rows], "name": t("需要坐席", "Seats needed"),
                "line": {"color": "token:accent", "width": 2},
            },
            {
                "type": "scatter", "mode": "lines", "x": hours, "y": [r.plan.ahead.seats for r in found.rows],
                "name": t("已排坐席", "Seats on the roster"),
                "line": {"color": "token:green", "width": 2, "dash": "dash", "shape": "hvh"},
            },
        ],
        "layout": {
            "yaxis": {"rangemode": "tozero", "title": {"text": t("坐席", "Seats")}},
            "xaxis": {"type": "category", "ticksuffix": t(" 时", ":00"), "tickangle": 0, "nticks": 12},
            "hovermode": "x unified",
        },
    }  # fmt: skip
