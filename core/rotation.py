"""Changing keys: a new key seals from now on, the old ones still open, and stored values are sealed anew."""

from __future__ import annotations

import os
import secrets as random_source
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Base
from core.secrets import Keyring, SealedText, keyring, use


def summary() -> list[tuple[str, int, list[int]]]:
    """Return each purpose with the key it seals with and those it opens."""
    ring = keyring()
    return [(purpose, ring.current[purpose], sorted(keys)) for purpose, keys in ring.keys.items()]


def with_new_keys(ring: Keyring) -> Keyring:
    """Return the ring with one more key for each purpose; the index key stays, so that lookups go on."""
    keys = {
        purpose: {**known, max(known) + 1: random_source.token_bytes(32)}
        for purpose, known in ring.keys.items()
    }
    if any(max(known) > 255 for known in keys.values()):
        raise ValueError("a ring holds 255 keys a purpose: take out old ones that open nothing any more")
    return Keyring(keys, {purpose: max(known) for purpose, known in keys.items()}, ring.index_key)


def add_keys(path: Path) -> None:
    """Write the ring with new keys beside the old file, then put it in its place in one step."""
    ring = with_new_keys(Keyring.from_json(path.read_text()))
    new = path.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(ring.as_json())
        out.flush()
        os.fsync(out.fileno())
    new.replace(path)
    use(ring)


def sealed_columns() -> list[tuple[sa.Table, sa.Column[str]]]:
    """Return every sealed column of the model."""
    return [
        (table, column)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, SealedText)
    ]


def reseal(
    session: Session, table: sa.Table, column: sa.Column[str], *, after: object, limit: int
) -> tuple[int, object]:
    """Seal the next rows' values under the newest key; return how many, and where to go on (None: the end)."""
    key = next(iter(table.primary_key.columns))
    kind = column.type
    assert isinstance(kind, SealedText)
    current = keyring().current[kind.purpose]
    raw = sa.type_coerce(column, sa.LargeBinary)
    query = sa.select(key, raw).where(column.is_not(None)).order_by(key).limit(limit)
    if after is not None:
        query = query.where(key > after)
    rows = session.execute(query).all()
    changed = 0
    for record, sealed in rows:
        if bytes(sealed)[0] != current:
            text = keyring().open(kind.purpose, bytes(sealed))
            session.execute(sa.update(table).where(key == record).values({column.name: text}))
            changed += 1
    return changed, rows[-1][0] if len(rows) == limit else None
