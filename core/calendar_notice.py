"""A year's notice as a table: every bad row is named, and nothing is taken unless all are good."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date

from core import table_text
from core.calendar import SATURDAY, DayKind
from core.problems import Invalid
from core.terms import Words

COLUMNS = ("date", "kind", "occasion", "notice")
MOST_ROWS = 200
SHOWN = 30
YEARS = range(2000, 2100)
_KINDS = {DayKind.HOLIDAY.value: DayKind.HOLIDAY, DayKind.MAKEUP.value: DayKind.MAKEUP}


@dataclass(frozen=True)
class NoticeRow:
    """One day that a notice sets apart."""

    on: date
    kind: DayKind
    occasion: str
    notice: str


class BadNotice(Invalid):
    """A notice's table that can't be taken as it is."""

    words = Words("日历表有问题，没有载入任何一天", "The calendar's table has problems; no day was taken")


def decoded(data: bytes) -> str:
    """Read the bytes of a spreadsheet's CSV: UTF-8, or GB 18030 as older office programs write it."""
    problem = BadNotice(
        Words("文件不是文本（CSV），没有载入", "The file is no text table (CSV); nothing was taken")
    )
    return table_text.decoded(data, problem)


def read_notice(text: str, year: int) -> list[NoticeRow]:
    """Read the table of a year's notice; raise BadNotice naming each bad row."""
    reader = csv.DictReader(io.StringIO(text))
    missing = [c for c in COLUMNS if c not in (reader.fieldnames or [])]
    if missing:
        raise BadNotice(
            Words("第一行缺少列名：{names}", "The first row lacks the columns: {names}").filled(
                names=", ".join(missing)
            )
        )
    rows: list[NoticeRow] = []
    wrong: dict[str, Words] = {}
    seen: set[date] = set()
    for line, raw in enumerate(reader, start=2):
        if line > MOST_ROWS:
            raise BadNotice(Words("超过 {n} 行", "More than {n} rows").filled(n=MOST_ROWS))
        cells = {name: (raw.get(name) or "").strip() for name in COLUMNS}
        found = _row(cells, year, seen)
        if isinstance(found, Words):
            wrong[f"line-{line}"] = Words("第 {line} 行：{what}", "Row {line}: {what}").filled(
                line=line, what=found
            )
        else:
            seen.add(found.on)
            rows.append(found)
    if wrong:
        raise BadNotice(fields=dict(list(wrong.items())[:SHOWN]))
    if not any(row.kind is DayKind.HOLIDAY and row.on.year == year for row in rows):
        raise BadNotice(
            Words("表里没有 {year} 年的节假日", "The table has no holiday of {year}").filled(year=year)
        )
    return rows


def _row(cells: dict[str, str], year: int, seen: set[date]) -> NoticeRow | Words:
    """Return the day of a row, or what is wrong with it."""
    try:
        on = date.fromisoformat(cells["date"])
    except ValueError:
        return Words("日期应写成 2027-01-01", "the date must be written 2027-01-01")
    kind = _KINDS.get(cells["kind"])
    if on.year != year and not (on.year == year - 1 and on.month == 12):
        return Words("日期不在这一年", "the date is not in this year")
    if on in seen:
        return Words("日期重复", "the date appears twice")
    if kind is None:
        return Words("类别应为 holiday 或 makeup", "the kind must be holiday or makeup")
    if kind is DayKind.MAKEUP and on.weekday() < SATURDAY:
        return Words("调休上班只能在周六、周日", "a make-up day is a Saturday or Sunday")
    if not 1 <= len(cells["occasion"]) <= 40:
        return Words("请写明节日（40 字以内）", "the occasion is missing or too long (40)")
    if not 1 <= len(cells["notice"]) <= 80:
        return Words("请写明通知文号（80 字以内）", "the notice's number is missing or too long (80)")
    return NoticeRow(on, kind, cells["occasion"], cells["notice"])
