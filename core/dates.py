"""Dates and moments as people read them: 11 月 27 日 or 27 Nov; 11 月 18 日 10:30 or 18 Nov 10:30."""

from __future__ import annotations

from datetime import date, datetime

from core import clock
from core.terms import Words


def day_words(value: date) -> Words:
    """Say a date in both languages, with the year when it is another one."""
    is_other_year = value.year != clock.today().year
    return Words(
        (f"{value.year} 年 " if is_other_year else "") + f"{value.month} 月 {value.day} 日",
        f"{value.day} {value:%b}" + (f" {value.year}" if is_other_year else ""),
    )


def moment_words(value: datetime, *, seconds: bool = False, year: bool | None = None) -> Words:
    """Say a moment on the local clock in both languages, with the year when it is another one or `year` asks for it."""
    here = clock.local(value)
    with_year = here.year != clock.today().year if year is None else year
    time = f"{here:%H:%M:%S}" if seconds else f"{here:%H:%M}"
    return Words(
        (f"{here.year} 年 " if with_year else "") + f"{here.month} 月 {here.day} 日 {time}",
        f"{here.day} {here:%b}" + (f" {here.year}" if with_year else "") + f" {time}",
    )
