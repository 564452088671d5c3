"""Counting a cube where the interviews lie: one GROUP BY in SQLite, PostgreSQL, or DuckDB over files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from survey.methods.cube import Cube
from survey.methods.cube_layout import Layout, Sum
from survey.methods.failures import DesignFailure, MethodFailure

Number = sa.ColumnElement[float]


@dataclass(frozen=True)
class ScoredColumns:
    """Where scored rows keep what a cube counts; keys and items not named here bear their own names."""

    stratum: str = "stratum"
    weight: str = "weight"
    unit: str | None = None
    """First-stage units numbered from 0."""
    keys: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)

    def names(self, layout: Layout) -> list[str]:
        """Name every column needed, the keys in their order first."""
        keys = [self.keys.get(key.name, key.name) for key in layout.keys]
        items = [self.items.get(item.name, item.name) for item in layout.items]
        return [*keys, *items, self.stratum, self.weight, *([self.unit] if self.unit else [])]


def counting(rows: sa.FromClause, layout: Layout, columns: ScoredColumns) -> sa.Select[Any]:
    """Make the statement that counts a cube from scored rows: one pass, one GROUP BY.

    Items hold 0, 1 (or any number) and NULL for no answer; stratum and keys hold the layout's labels.
    """
    missing = [name for name in columns.names(layout) if name not in rows.c]
    if missing:
        raise DesignFailure("scored rows", expected=f"a column {missing[0]}", got=", ".join(rows.c.keys()))
    items = [rows.c[columns.items.get(item.name, item.name)] for item in layout.items]
    double: sa.Double[float] = sa.Double()
    d: Number = sa.cast(rows.c[columns.weight], double)

    def presence(j: int) -> Number:
        return sa.case((items[j].is_(None), 0.0), else_=1.0)

    def value(asked: Sum) -> Number | None:
        if asked.is_any:
            return sa.case((sa.and_(*[items[j].is_(None) for j, _ in asked.powers]), 0.0), else_=1.0)
        product: Number | None = None
        for j, power in asked.powers:
            y = sa.func.coalesce(sa.cast(items[j], double), 0.0)
            factor = presence(j) if power == 0 else y if power == 1 else y * y
            product = factor if product is None else product * factor
        return product

    values = [value(asked) for asked in layout.sums]
    groups = [rows.c[columns.stratum], *[rows.c[columns.keys.get(k.name, k.name)] for k in layout.keys]]
    if columns.unit:
        groups.append(rows.c[columns.unit])
    weighs = sa.case((d > 0, 1.0), else_=0.0)
    counts: list[sa.ColumnElement[Any]] = [sa.func.count()]
    for q in layout.masks:
        one = values[q]
        counts.append(sa.func.sum(weighs if one is None else weighs * one))
    first = [sa.func.sum(d if v is None else d * v) for v in values]
    second = [sa.func.sum(d * d if v is None else d * d * v) for v in values]
    lowest, worst = sa.func.min(d), sa.func.sum(sa.case((d.is_(None), 1), else_=0))
    listed = [*groups, *counts, *first, *second, lowest, worst]
    return sa.select(*[c.label(f"c{i}") for i, c in enumerate(listed)]).select_from(rows).group_by(*groups)


def count_scored(
    connection: sa.Connection, rows: sa.FromClause, layout: Layout, columns: ScoredColumns | None = None
) -> Cube:
    """Count a cube from a table or subquery of scored rows in the database."""
    columns = columns or ScoredColumns()
    return _cube(layout, connection.execute(counting(rows, layout, columns)).all(), columns.unit is not None)


def count_files(path: Path | str, layout: Layout, columns: ScoredColumns | None = None) -> Cube:
    """Count a cube from CSV or Parquet files (a name may hold *) with DuckDB, where it is installed."""
    columns = columns or ScoredColumns()
    try:
        import duckdb
    except ImportError as absent:
        raise MethodFailure(
            "files", expected="DuckDB", got="not installed", hint="install the extra named analysis"
        ) from absent
    rows = sa.table("scored", *[sa.column(name) for name in dict.fromkeys(columns.names(layout))])
    compiled = counting(rows, layout, columns).compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    with duckdb.connect() as connection:
        read = connection.read_parquet if str(path).endswith(".parquet") else connection.read_csv
        read(str(path)).create_view("scored")
        try:
            found = connection.execute(str(compiled)).fetchall()
        except duckdb.Error as wrong:
            raise DesignFailure(f"files {Path(path).name}", expected="scored rows", got=wrong) from wrong
    return _cube(layout, found, columns.unit is not None)


def _cube(layout: Layout, found: Sequence[Sequence[Any]], has_units: bool) -> Cube:
    """Turn the groups of the statement into a cube; labels unknown to the layout are refused by name."""
    if not found:
        return Cube.empty(layout, has_units=has_units)
    keys, masks, sums = len(layout.keys), len(layout.masks), len(layout.sums)
    strata = _codes("stratum", layout.strata, [row[0] for row in found])
    codes = [
        _codes(f"key {key.name}", key.categories, [row[1 + k] for row in found])
        for k, key in enumerate(layout.keys)
    ]
    address = layout.cell(codes) if codes else np.zeros(len(found), dtype=np.int64)
    address = address + strata * layout.key_space
    at = 1 + keys
    if has_units:
        units = np.array([int(row[at]) for row in found], dtype=np.int64)
        address = address + units * (layout.key_space * len(layout.strata))
        at += 1
    numbers = np.array([[float(v or 0) for v in row[at:]] for row in found])
    for row, (low, absent) in zip(found, numbers[:, -2:].tolist(), strict=True):
        if absent or not low >= 0 or not np.isfinite(low):
            raise DesignFailure(
                f"base weight in stratum {row[0]}",
                expected="a number not below 0",
                got=None if absent else low,
            )
    counts = np.round(numbers[:, : 1 + masks]).astype(np.int64)
    first, second = np.split(numbers[:, 1 + masks : -2], [sums], axis=1)
    return Cube(layout, address, counts, first, second, has_units=has_units)


def _codes(what: str, labels: tuple[str, ...], values: list[Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    place = {label: i for i, label in enumerate(labels)}
    strange = next((v for v in values if str(v) not in place), None)
    if strange is not None or None in values:
        raise DesignFailure(what, expected=", ".join(labels[:20]), got=strange if strange else "no value")
    return np.array([place[str(v)] for v in values], dtype=np.int64)
