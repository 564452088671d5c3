"""Moments as the database counts them: seconds between two, and the hour one lies in, on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class seconds_between(GenericFunction[float]):
    """Seconds from the first moment to the second, to the thousandth."""

    type = sa.Float()
    inherit_cache = True


class utc_hour(GenericFunction[str]):
    """The hour of a moment in UTC, as 2026-11-22 07."""

    type = sa.String()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _sqlite_seconds(element: Any, compiler: SQLCompiler, **given: Any) -> str:
    first, second = (compiler.process(clause, **given) for clause in element.clauses)
    return f"round((julianday({second}) - julianday({first})) * 86400.0, 3)"


@compiles(seconds_between, "postgresql")
def _postgres_seconds(element: Any, compiler: SQLCompiler, **given: Any) -> str:
    first, second = (compiler.process(clause, **given) for clause in element.clauses)
    return f"round(extract(epoch FROM ({second}) - ({first}))::numeric, 3)::float8"


@compiles(utc_hour, "sqlite")
def _sqlite_hour(element: Any, compiler: SQLCompiler, **given: Any) -> str:
    return f"strftime('%Y-%m-%d %H', {compiler.process(element.clauses, **given)})"


@compiles(utc_hour, "postgresql")
def _postgres_hour(element: Any, compiler: SQLCompiler, **given: Any) -> str:
    return f"to_char(({compiler.process(element.clauses, **given)}) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"
