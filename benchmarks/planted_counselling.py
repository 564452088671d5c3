"""Planted counselling records: every sealed column of the room filled with marks that may never come out of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Base, UtcDateTime
from core.people import Staff, StaffRole
from core.permissions import Role
from core.secrets import SealedText
from hotline.callers import index_on
from hotline.contacts import fresh_token
from hotline.lines import HelpLine, LineKind
from hotline.sealed import PURPOSE, SealedJson

MARK, DIGITS = "霂霢qzx", "145990"
"""How every planted text and every planted number begins."""
AT = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
BATCH = 2000
OWN: dict[str, dict[str, Any]] = {
    "shift": {"ends_at": AT + timedelta(days=400), "seats": 3},
    "handover": {"sealed_note": f"{MARK}交班"},
}
"""Columns that a rule of their table ties to another."""


def marks() -> tuple[str, str]:
    """Return what is looked for; a number is found with or without its country's code."""
    return MARK, DIGITS


def is_sealed(table: sa.Table) -> bool:
    """Say whether a table holds what was said or typed in the counselling room."""
    return any(isinstance(c.type, SealedText) and c.type.purpose == PURPOSE for c in table.columns)


def plantable() -> list[sa.Table]:
    """Return every table with counselling content, and those that such a table hangs on."""
    sealed = {t for t in Base.metadata.tables.values() if is_sealed(t)}
    needed = {
        key.column.table
        for table in sealed
        for column in table.columns
        for key in column.foreign_keys
        if not column.nullable
    }
    basic = {"contact", "staff", "place", "caller", "call", "room", "unit"}
    return [t for t in Base.metadata.sorted_tables if t in sealed | needed and t.name not in basic]


class Planter:
    """Fills the room with contacts and records."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.serial = itertools.count(1)
        self.operator = self._person("planted-operator")
        self.kept: dict[str, list[int]] = {}
        self.rows = 0
        number = "+8675590000000"
        if session.scalars(sa.select(HelpLine).where(HelpLine.kind == LineKind.COUNSELLING)).first() is None:
            session.add(
                HelpLine(kind=LineKind.COUNSELLING, number=number, owner_id=self.operator, changed_at=AT)
            )
            session.flush()

    def _person(self, name: str) -> int:
        person = Staff(
            username=name, name="接线员", password_hash="!", created_at=AT,
            role_rows=[StaffRole(role=Role.OPERATOR)],
        )  # fmt: skip
        self.session.add(person)
        self.session.flush()
        return person.id

    def plant(self, contacts: int) -> list[str]:
        """Plant so many contacts with one row of every kind each; return the contacts' tokens."""
        tokens = [fresh_token() for _ in range(contacts)]
        callers = Base.metadata.tables["caller"]
        table = Base.metadata.tables["contact"]
        people, rows = [], []
        for token in tokens:
            n = next(self.serial)
            told = f"+86{DIGITS}{n:05}"
            people.append({
                "line": LineKind.COUNSELLING, "number": told,
                "number_index": index_on(LineKind.COUNSELLING, told), "first_at": AT, "contacts": 1,
            })  # fmt: skip
            rows.append({
                "token": token, "line": "counselling", "source": "phone", "state": "wrapping",
                "owner_id": self.operator, "taken_by": self.operator, "rung_at": AT, "waiting_from": AT,
                "taken_at": AT, "talking_at": AT, "ended_at": AT, "language": "zh", "way_out": "answered",
                "is_first": False, "is_recorded": False, "is_listened_in": False,
            })  # fmt: skip
        self._insert(callers, people)
        caller_ids = self._ids(callers, contacts)
        for row, caller in zip(rows, caller_ids, strict=True):
            row["caller_id"] = caller
        self._insert(table, rows)
        self.kept = {"contact": self._ids(table, contacts), "staff": [self.operator], "caller": caller_ids}
        for one in plantable():
            self._insert(one, [self._row(one, k) for k in range(contacts)])
            self.kept[one.name] = self._ids(one, contacts)
        return tokens

    def _insert(self, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        for start in range(0, len(rows), BATCH):
            self.session.execute(sa.insert(table), rows[start : start + BATCH])
        self.rows += len(rows)

    def _ids(self, table: sa.Table, newest: int) -> list[int]:
        key = next(iter(table.primary_key.columns))
        found = self.session.scalars(sa.select(key).order_by(key.desc()).limit(newest))
        return sorted(found)

    def _row(self, table: sa.Table, k: int) -> dict[str, Any]:
        row = {
            column.name: self._value(column, k)
            for column in table.columns
            if not (column.primary_key and not column.foreign_keys)
            and not (column.nullable and not isinstance(column.type, SealedText))
        }
        return row | OWN.get(table.name, {})

    def _value(self, column: sa.Column[Any], k: int) -> Any:
        kind = column.type
        for key in column.foreign_keys:
            known = self.kept.get(key.column.table.name)
            return known[k % len(known)] if known else None
        if isinstance(kind, SealedJson):
            return _sheet(column, next(self.serial))
        if isinstance(kind, SealedText):
            return f"{MARK}{next(self.serial)} {DIGITS}{k:05}"
        if isinstance(kind, sa.Enum):
            return next(iter(kind.enums))
        return _plain(kind, next(self.serial))


def _sheet(column: sa.Column[Any], n: int) -> Any:
    """Fill a sealed sheet in the shape that its page expects."""
    text = f"{MARK}{n}"
    if column.name == "reasons":
        return [{"code": "own_judgement", "level": "key", "zh": text, "en": text}]
    if column.table.name == "counselling_record":
        return {"narrative": text, "handling": text, "result": text}
    return {"1": text}


def _plain(kind: Any, n: int) -> Any:
    if isinstance(kind, UtcDateTime | sa.DateTime):
        return AT + timedelta(seconds=n)
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.Integer | sa.Float):
        return 1
    if isinstance(kind, sa.LargeBinary):
        return n.to_bytes(16, "big")
    if isinstance(kind, sa.JSON):
        return []
    return f"p{n}"


def planted_text(database_rows: Iterator[Any]) -> list[str]:
    """Return the texts among some values that hold a mark."""
    return [str(value)[:120] for value in database_rows if value is not None and holds_mark(str(value))]


def holds_mark(text: str) -> bool:
    """Say whether a text holds a planted mark, as it is or as JSON or HTML writes it."""
    escaped = MARK.encode("unicode_escape").decode()
    return any(mark in text for mark in (*marks(), escaped))
