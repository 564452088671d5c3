"""Bringing in places from a table: every bad row is named, and nothing is taken unless all are good."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal, table_text
from core.people import Staff
from core.places import Level, Place
from core.problems import Invalid
from core.terms import Words

COLUMNS = ("code", "parent_code", "level", "name", "name_en")
MOST_ROWS = 50_000
SHOWN = 20
_ABOVE = {
    Level.CITY: None,
    Level.COUNTY: Level.CITY,
    Level.TOWNSHIP: Level.COUNTY,
    Level.VILLAGE: Level.TOWNSHIP,
}


@dataclass(frozen=True)
class PlaceRow:
    """One row of the table of places."""

    line: int
    code: str
    parent_code: str
    level: Level
    name: str
    name_en: str


class BadPlaces(Invalid):
    """A table of places that can't be taken as it is."""

    words = Words("地点表有问题，没有导入任何一行", "The table of places has problems; no row was taken")


def decoded(data: bytes) -> str:
    """Read the bytes of a spreadsheet's CSV: UTF-8, or GB 18030 as older office programs write it."""
    problem = BadPlaces(
        Words("文件不是文本（CSV），没有导入", "The file is no text table (CSV); nothing was taken"),
    )
    return table_text.decoded(data, problem)


def read_places(text: str) -> list[PlaceRow]:
    """Read the table; raise BadPlaces naming each bad row."""
    reader = csv.DictReader(io.StringIO(text))
    missing = [c for c in COLUMNS if c not in (reader.fieldnames or [])]
    if missing:
        raise BadPlaces(
            Words("第一行缺少列名：{names}", "The first row lacks the columns: {names}").filled(
                names=", ".join(missing)
            )
        )
    rows: list[PlaceRow] = []
    wrong: dict[str, Words] = {}
    seen: set[str] = set()
    for line, raw in enumerate(reader, start=2):
        if line > MOST_ROWS:
            raise BadPlaces(Words("超过 {n} 行", "More than {n} rows").filled(n=MOST_ROWS))
        cells = {name: (raw.get(name) or "").strip() for name in COLUMNS}
        problem = _problem(cells, seen)
        if problem is not None:
            wrong[f"line-{line}"] = Words("第 {line} 行：{what}", "Row {line}: {what}").filled(
                line=line, what=problem
            )
        else:
            seen.add(cells["code"])
            level = next(level for level in Level if level.value == cells["level"])
            rows.append(
                PlaceRow(line, cells["code"], cells["parent_code"], level, cells["name"], cells["name_en"])
            )
    if wrong:
        raise BadPlaces(fields=dict(list(wrong.items())[:SHOWN]))
    return rows


def _problem(cells: dict[str, str], seen: set[str]) -> Words | None:
    if not cells["code"] or len(cells["code"]) > 20:
        return Words("代码为空或太长", "the code is empty or too long")
    if cells["code"] in seen:
        return Words("代码重复", "the code appears twice")
    if cells["level"] not in [level.value for level in Level]:
        return Words(
            "级别应为 city、county、township 或 village", "level must be city, county, township or village"
        )
    if not cells["name"] or not cells["name_en"] or len(cells["name"]) > 80 or len(cells["name_en"]) > 120:
        return Words("中文名或英文名缺失或太长", "the Chinese or English name is missing or too long")
    return None


def import_places(session: Session, rows: list[PlaceRow], *, by: Staff, at: datetime) -> tuple[int, int]:
    """Add new places and correct known ones, by code; return (added, corrected)."""
    known = {place.code: place for place in session.scalars(sa.select(Place))}
    added = corrected = 0
    wrong: dict[str, Words] = {}
    for row in sorted(rows, key=lambda r: list(Level).index(r.level)):
        parent = known.get(row.parent_code)
        if _ABOVE[row.level] != (parent.level if parent else None):
            wrong[f"line-{row.line}"] = Words(
                "第 {line} 行：上级代码不存在或级别不对", "Row {line}: no such parent, or of the wrong level"
            ).filled(line=row.line)
            continue
        place = known.get(row.code)
        if place is None:
            place = Place(code=row.code, level=row.level, name=row.name, name_en=row.name_en)
            known[row.code] = place
            session.add(place)
            added += 1
        elif (place.name, place.name_en) != (row.name, row.name_en):
            place.name, place.name_en = row.name, row.name_en
            corrected += 1
        place.parent_id = parent.id if parent else None
        if place.id is None and row.level != Level.VILLAGE:
            session.flush()
    if wrong:
        raise BadPlaces(fields=dict(list(wrong.items())[:SHOWN]))
    session.flush()
    journal.write(session, "place.imported", "place:*", by=by, at=at, added=added, corrected=corrected)
    return added, corrected
