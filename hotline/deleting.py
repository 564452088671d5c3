"""Deleting: everything sealed that hangs on some counselling contacts, found by the tables' own ties."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Base
from core.secrets import SealedText
from hotline.sealed import PURPOSE


def _is_sealed(table: sa.Table) -> bool:
    return any(isinstance(c.type, SealedText) and c.type.purpose == PURPOSE for c in table.columns)


@cache
def sealed_tables() -> tuple[sa.Table, ...]:
    """Return every table that hangs on a contact and holds counselling content, itself or in what hangs on it."""
    return tuple(
        table
        for table in Base.metadata.sorted_tables
        if "contact_id" in table.columns
        and (_is_sealed(table) or any(_is_sealed(child) for child, _ in _ties_to(table)))
    )


def _ties_to(parent: sa.Table) -> list[tuple[sa.Table, sa.Column[Any]]]:
    """Return the columns that point at a table's rows."""
    return [
        (table, column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table is parent for key in column.foreign_keys) and table is not parent
    ]


def _ids(table: sa.Table, contacts: Sequence[int]) -> sa.Select[Any]:
    return sa.select(table.c.id).where(table.c.contact_id.in_(contacts))


def delete_below(session: Session, contacts: Sequence[int]) -> tuple[dict[str, int], str]:
    """Delete the sealed rows of contacts with all that hangs on them; return counts by table and their fingerprint."""
    counts: dict[str, int] = {}
    digest = hashlib.sha256()
    for table in reversed(sealed_tables()):
        ids = list(session.scalars(_ids(table, contacts).order_by(table.c.id)))
        if ids:
            _delete(session, table, ids, counts, digest)
    session.expire_all()
    return counts, digest.hexdigest()


def _delete(
    session: Session, table: sa.Table, ids: Sequence[int], counts: dict[str, int], digest: Any
) -> None:
    """Delete rows, first what can't be without them; what may stand alone lets go of them."""
    for child, column in _ties_to(table):
        if column.nullable:
            session.execute(sa.update(child).where(column.in_(ids)).values({column.name: None}))
            continue
        key = next(iter(child.primary_key.columns))
        below = list(session.scalars(sa.select(key).where(column.in_(ids)).order_by(key)))
        if below:
            _delete(session, child, below, counts, digest)
    own = next(iter(table.primary_key.columns))
    sealed = [c for c in table.columns if isinstance(c.type, SealedText)]
    raw = [sa.type_coerce(c, sa.LargeBinary) for c in sealed]
    for row in session.execute(sa.select(own, *raw).where(own.in_(ids)).order_by(own)):
        digest.update(f"{table.name}:{row[0]}:".encode())
        for part in row[1:]:
            digest.update(bytes(part or b""))
    session.execute(sa.delete(table).where(own.in_(ids)))
    counts[table.name] = counts.get(table.name, 0) + len(ids)


def counted(session: Session, contacts: Sequence[int]) -> int:
    """Count the sealed rows that still hang on contacts."""
    total = 0
    for table in sealed_tables():
        query = sa.select(sa.func.count()).select_from(table).where(table.c.contact_id.in_(contacts))
        total += session.execute(query).scalar_one()
    return total
