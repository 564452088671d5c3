"""Lists: one page of many rows, sorted as the address says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")
Column = InstrumentedAttribute[Any] | sa.ColumnElement[Any]
PER_PAGE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows and where it stands among all."""

    rows: list[Row]
    number: int
    per_page: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page, at least 1."""
        return max(1, -(-self.total // self.per_page))

    @property
    def first_row(self) -> int:
        """The place of this page's first row among all, from 1 (0 when there are none)."""
        return (self.number - 1) * self.per_page + 1 if self.rows else 0

    @property
    def last_row(self) -> int:
        """The place of this page's last row among all."""
        return self.first_row + len(self.rows) - 1 if self.rows else 0


def page_number(args: Mapping[str, str]) -> int:
    """Read ?page= from an address; anything strange is page 1."""
    text = args.get("page", "1")
    return min(max(int(text), 1), 100_000) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def ordered(
    query: sa.Select[Any], args: Mapping[str, str], columns: Mapping[str, Column], default: str
) -> sa.Select[Any]:
    """Sort a query by ?sort=key or ?sort=-key, of the named columns only."""
    wanted = args.get("sort", default)
    if wanted.removeprefix("-") not in columns:
        wanted = default
    column = columns[wanted.removeprefix("-")]
    return query.order_by(column.desc() if wanted.startswith("-") else column.asc())


def page(session: Session, query: sa.Select[Row], number: int, per_page: int = PER_PAGE) -> Page[Row]:
    """Read one page of records; a number past the end becomes the last page."""
    total = session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0
    number = min(max(number, 1), max(1, -(-total // per_page)))
    rows = list(session.scalars(query.limit(per_page).offset((number - 1) * per_page)).unique())
    return Page(rows, number, per_page, total)
