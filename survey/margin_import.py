"""Margins import: population tables that must add up to one total, or the import says where they don't."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Invalid
from core.terms import Words
from survey.margins import Margin, MarginCell

COLUMNS = {
    "margin": ("margin", "variable", "边际", "变量"),
    "category": ("category", "code", "类别", "类别代码"),
    "label": ("label_zh", "label", "名称", "标签"),
    "label_en": ("label_en", "english", "英文名称"),
    "adults": ("adults", "population", "人数", "成年人数"),
    "source": ("source", "来源"),
    "as_of": ("as_of", "date", "截止日期", "日期"),
}
OPTIONAL = {"label", "label_en"}
MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class MarginRow:
    """One category of one margin as the file has it."""

    line: int
    variable: str
    category: str
    label: str
    label_en: str
    population: int
    source: str
    as_of: date


def read_margins(content: bytes) -> list[MarginRow]:
    """Read the file's rows; raise Invalid naming each faulty row, with nothing written."""
    if len(content) > MOST_BYTES:
        raise Invalid(
            Words("文件超过 5 MB，不像是人口边际表", "The file is over 5 MB: not a table of margins")
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", "replace")
    reader = csv.reader(io.StringIO(text))
    head = [h.strip().lower() for h in next(reader, [])]
    at = {key: next((head.index(n) for n in names if n in head), -1) for key, names in COLUMNS.items()}
    lacking = [key for key, index in at.items() if index < 0 and key not in OPTIONAL]
    if lacking:
        raise Invalid(
            Words(
                "缺少列：{columns}。没有写入任何数据。",
                "Columns are missing: {columns}. Nothing was written.",
            ),
            columns=", ".join(COLUMNS[key][0] for key in lacking),
        )
    rows, faults = [], {}
    for line, cells in enumerate(reader, start=2):
        if not any(cells):
            continue
        values = {k: cells[i].strip() if 0 <= i < len(cells) else "" for k, i in at.items()}
        fault = _fault(values)
        if fault:
            faults[str(line)] = fault
            continue
        rows.append(
            MarginRow(
                line,
                values["margin"],
                values["category"],
                values["label"],
                values["label_en"],
                int(values["adults"]),
                values["source"],
                date.fromisoformat(values["as_of"]),
            )
        )
    if faults:
        first = next(iter(faults))
        raise Invalid(
            Words(
                "{n} 行有误，第 {line} 行：{why}。没有写入任何数据。",
                "{n} rows are wrong; row {line}: {why}. Nothing was written.",
            ),
            fields=faults,
            n=len(faults),
            line=first,
            why=faults[first],
        )
    return rows


def _fault(values: dict[str, str]) -> Words | None:
    if not values["margin"] or not values["category"]:
        return Words("边际名或类别为空", "margin or category is empty")
    if not (values["adults"].isascii() and values["adults"].isdigit() and int(values["adults"]) > 0):
        return Words("人数应为正整数", "the population must be a positive whole number")
    if not values["source"]:
        return Words("没有写来源", "the source is missing")
    try:
        date.fromisoformat(values["as_of"])
    except ValueError:
        return Words("日期应写成 2025-12-31", "the date should look like 2025-12-31")
    return None


def check_totals(rows: list[MarginRow]) -> int:
    """Return the one total of all margins, or raise Invalid saying which margin differs by how much."""
    totals: dict[str, int] = defaultdict(int)
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (row.variable, row.category)
        if key in seen:
            raise Invalid(
                Words("第 {a} 行与第 {b} 行是同一类别", "Rows {a} and {b} are the same category"),
                a=seen[key],
                b=row.line,
            )
        seen[key] = row.line
        totals[row.variable] += row.population
    if not totals:
        raise Invalid(Words("文件里没有数据行", "The file has no rows"))
    if len(set(totals.values())) > 1:
        said = Words(
            ";".join(f"{k} 合计 {v:,}" for k, v in totals.items()),
            "; ".join(f"{k} adds up to {v:,}" for k, v in totals.items()),
        )
        raise Invalid(
            Words(
                "各边际的合计不相等：{totals}。没有写入任何数据；请核对后再导入。",
                "The margins do not add up to one total: {totals}. Nothing was written; please check them.",
            ),
            totals=said,
        )
    return next(iter(totals.values()))


def import_margins(session: Session, content: bytes, *, by: Staff | None, at: datetime) -> list[Margin]:
    """Import every margin of a file; a table of the same variable and date is replaced."""
    rows = read_margins(content)
    total = check_totals(rows)
    margins: dict[str, Margin] = {}
    for row in rows:
        margin = margins.get(row.variable)
        if margin is None:
            old = session.scalars(
                sa.select(Margin).where(Margin.variable == row.variable, Margin.as_of == row.as_of)
            ).first()
            if old is not None:
                session.delete(old)
                session.flush()
            margin = Margin(
                variable=row.variable,
                source=row.source,
                as_of=row.as_of,
                imported_by=by.id if by else None,
                imported_at=at,
            )
            session.add(margin)
            margins[row.variable] = margin
        margin.cells.append(
            MarginCell(
                category=row.category, label=row.label, label_en=row.label_en, population=row.population
            )
        )
    session.flush()
    journal.write(session, "margin.import", "margin", by=by, at=at, margins=sorted(margins), total=total)
    return list(margins.values())


def current_margins(session: Session) -> dict[str, Margin]:
    """Return the newest table of each variable."""
    found: dict[str, Margin] = {}
    for margin in session.scalars(sa.select(Margin).order_by(Margin.as_of)):
        found[margin.variable] = margin
    return found
