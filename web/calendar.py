"""The administrator's calendar: a year at a glance, and a new year's notice taken in after a dry run."""

from __future__ import annotations

import calendar as months
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core import calendar, calendar_days, clock
from core.calendar_notice import YEARS, BadNotice, NoticeRow, decoded, read_notice
from core.db import reading, transaction
from core.doors import Door
from core.people import acting
from core.permissions import Permission, require
from core.terms import Words, t

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")
DOORS = [
    Door(
        "calendar.year",
        Words("日历", "Calendar"),
        Permission.CALENDAR_MANAGE,
        order=83,
        about=Words(
            "工作日、节假日和调休；每年载入国务院办公厅的放假通知",
            "Working days, holidays and make-up days; each year's notice is taken in here",
        ),
    )
]
BIGGEST_TABLE = 64 * 1024


def _asked_year() -> int:
    text = request.values.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else clock.today().year
    return year if year in YEARS else clock.today().year


def _page(
    year: int,
    *,
    problem: BadNotice | None = None,
    text: str = "",
    changes: list[calendar_days.Change] | None = None,
) -> str:
    with reading() as session:
        notices = calendar_days.edition(session)
    days = [notices.day(date.fromordinal(n)) for n in range(date(year, 1, 1).toordinal(),
                                                            date(year, 12, 31).toordinal() + 1)]  # fmt: skip
    weeks = [
        [[notices.day(date(year, month, n)) if n else None for n in week] for week in monthly]
        for month, monthly in (
            (month, months.Calendar().monthdayscalendar(year, month)) for month in range(1, 13)
        )
    ]
    return render_template(
        "web/calendar.html",
        year=year,
        weeks=weeks,
        month_names=[Words(f"{n} 月", months.month_name[n]) for n in range(1, 13)],
        version=notices.version,
        known=sorted(notices.years),
        is_known=year in notices.years,
        totals={kind: sum(day.kind is kind for day in days) for kind in calendar.DayKind},
        set_apart=[day for day in days if day.notice],
        problem=problem,
        text=text,
        changes=changes,
    )


@blueprint.before_app_request
def _keep_fresh() -> None:
    """Take over what another process has loaded, before days are counted for this page."""
    if request.endpoint not in (None, "static", "healthz") and calendar_days.is_due_to_look():
        with reading() as session:
            calendar_days.keep_fresh(session)


@blueprint.get("/")
@require(Permission.CALENDAR_MANAGE)
def year() -> str:
    """Show a year."""
    return _page(_asked_year())


@blueprint.post("/check")
@require(Permission.CALENDAR_MANAGE)
def check() -> ResponseReturnValue:
    """Read a notice's table without writing anything: say what is wrong, or what would change."""
    asked = _asked_year()
    try:
        upload = request.files.get("table")
        data = upload.read(BIGGEST_TABLE + 1) if upload else b""
        if not data or len(data) > BIGGEST_TABLE:
            raise BadNotice(Words("请选择一个 64 KB 以内的 CSV 文件", "Choose a CSV file of up to 64 KB"))
        text = decoded(data)
        rows = read_notice(text, asked)
    except BadNotice as problem:
        return _page(asked, problem=problem), problem.status
    with reading() as session:
        changes = calendar_days.changes(session, asked, rows)
    return _page(asked, text=text, changes=changes)


@blueprint.post("/")
@require(Permission.CALENDAR_MANAGE)
def load() -> ResponseReturnValue:
    """Take a checked notice in; deadlines that hang on it are recomputed by the worker."""
    asked = _asked_year()
    try:
        rows: list[NoticeRow] = read_notice(request.form.get("text", "")[:BIGGEST_TABLE], asked)
        with transaction() as session:
            version = calendar_days.load(session, asked, rows, by=acting(), at=clock.now())
    except BadNotice as problem:
        return _page(asked, problem=problem), problem.status
    flash(
        t(
            "{year} 年的通知已载入，日历第 {n} 版；办理时限正在后台重算。",
            "The notice of {year} is taken in, edition {n}; deadlines are being recomputed.",
            year=asked,
            n=version,
        ),
        "good",
    )
    return redirect(url_for(".year", year=asked), 303)
