"""What templates may say: both languages, moments, numbers, addresses."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from flask import Flask, current_app, request, url_for

from core import clock, dates
from core.people import acting_or_none
from core.permissions import Permission, Role
from core.phone import masked
from core.terms import labels, language, t
from web.headers import nonce
from web.navigation import active_door, doors_here, page_here


def moment(value: datetime | None, *, seconds: bool = False, year: bool | None = None) -> str:
    """Show a moment on the local clock: 11 月 18 日 10:30, 18 Nov 10:30; with the year when it is another one."""
    return "—" if value is None else str(dates.moment_words(value, seconds=seconds, year=year))


def clock_time(value: datetime | None) -> str:
    """Show the hour of a moment: 10:30."""
    return "—" if value is None else clock.local(value).strftime("%H:%M")


def day(value: date | str | None) -> str:
    """Show a date, or one kept as its ISO letters, as people read it: 11 月 27 日, 27 Nov."""
    if value is None:
        return "—"
    return str(dates.day_words(date.fromisoformat(value) if isinstance(value, str) else value))


def span(value: timedelta | float | None) -> str:
    """Show how long: 0:41, 12:05, 1:02:03."""
    if value is None:
        return "—"
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    hours, rest = divmod(seconds, 3600)
    tail = f"{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
    return f"{sign}{hours}:{tail}" if hours else sign + tail


def ago(value: datetime | None) -> str:
    """Show how long since a moment, in words."""
    if value is None:
        return "—"
    seconds = max(0, int((clock.now() - value).total_seconds()))
    if seconds < 60:
        return t("{n} 秒前", "{n} s ago", n=seconds)
    if seconds < 3600:
        return t("{n} 分钟前", "{n} min ago", n=seconds // 60)
    if seconds < 86400:
        return t("{n} 小时前", "{n} h ago", n=seconds // 3600)
    return t("{n} 天前", "{n} days ago", n=seconds // 86400)


def number(value: float | Decimal | None, digits: int = 0) -> str:
    """Show a number with thousands apart: 3,208."""
    return "—" if value is None else f"{value:,.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """Show a share of one as a percentage: 0.914 → 91.4%."""
    return "—" if value is None else f"{100 * value:.{digits}f}%"


def filters(**changes: object) -> dict[str, str]:
    """Return the filters of the present address with some of them changed (None takes one away)."""
    # What an address may be asked to be made of, anybody can write into the one they ask for.
    own = {key: value for key, value in request.args.items() if key != "endpoint" and not key.startswith("_")}
    args = {key: value for key, value in own.items() if key not in changes}
    return args | {key: str(value) for key, value in changes.items() if value not in (None, "")}


def here(**changes: object) -> str:
    """Return the present address with some of its filters changed (None takes one away)."""
    return url_for(request.endpoint or "home.first", **{**(request.view_args or {}), **filters(**changes)})


def may(permission: Permission) -> bool:
    """Say whether the person at the screen may go through a door."""
    staff = acting_or_none()
    return staff is not None and staff.may(permission)


def prepare(app: Flask) -> None:
    """Teach the templates these words."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        t=t,
        language=language,
        now=clock.now,
        today=clock.today,
        here=here,
        filters=filters,
        may=may,
        me=acting_or_none,
        P=Permission,
        Role=Role,
        role_options=lambda: labels(Role),
        csp_nonce=nonce,
        doors=doors_here,
        active_door=active_door,
        page_here=page_here,
        settings=app.config["SETTINGS"],
        has_endpoint=lambda name: name in current_app.view_functions,
    )
    app.jinja_env.filters.update(
        moment=moment,
        clock_time=clock_time,
        day=day,
        span=span,
        ago=ago,
        number=number,
        percent=percent,
        masked=masked,
    )
