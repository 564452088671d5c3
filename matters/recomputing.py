"""Recomputing: deadlines and colours of all matters that have any, anew, when the calendar or the zone has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from core import calendar_days, jobs
from core.db import transaction
from core.people import Staff
from core.terms import Words
from matters.limits import Policy
from matters.matter import Matter
from matters.moving import clock_columns
from matters.policies import policy_of
from matters.standing import from_json
from matters.states import OPEN, MatterState

CHUNK = 2000
CLOCKED = (*OPEN, MatterState.NOT_ACCEPTED)
"""A decline that nobody has confirmed has its limit as well."""
COLUMNS = ("due_at", "yellow_at", "is_paused", "is_provisional", "stage", "stage_due_at", "next_step_at",
           "is_extension_asked")  # fmt: skip
TABLE = cast(sa.Table, Matter.__table__)


def recompute_some(session: Session, *, after: int, at: datetime, limit: int = CHUNK) -> tuple[int, int, int]:
    """Recompute the open matters that follow an id; return (last id or 0, how many, how many changed)."""
    columns = [TABLE.c[name] for name in COLUMNS]
    query = (
        sa.select(TABLE.c.id, TABLE.c.policy_id, TABLE.c.standing, *columns)
        .where(TABLE.c.id > after, TABLE.c.state.in_(CLOCKED))
        .order_by(TABLE.c.id)
        .limit(limit)
    )

    @cache
    def policy(policy_id: int | None) -> Policy:
        return policy_of(session, policy_id, at=at)

    rows = session.execute(query).all()
    changed: list[dict[str, Any]] = []
    for row in rows:
        fresh = clock_columns(from_json(row.standing), policy(row.policy_id))
        if any(fresh[name] != getattr(row, name) for name in COLUMNS):
            changed.append({"matter_id": row.id, **fresh})
    if changed:
        _write(session, changed)
    return (rows[-1].id if rows else 0), len(rows), len(changed)


def _write(session: Session, changed: list[dict[str, Any]]) -> None:
    """Write many matters' clocks: in one statement where the database reads a whole table from one value."""
    if session.get_bind().dialect.name != "postgresql":
        update = sa.update(TABLE).where(TABLE.c.id == sa.bindparam("matter_id"))
        session.connection().execute(update.values({name: sa.bindparam(name) for name in COLUMNS}), changed)
        return
    kinds = {
        name: sa.DateTime(timezone=True) if name.endswith("_at") else TABLE.c[name].type for name in COLUMNS
    }
    table = sa.bindparam("changed", [_plain(row) for row in changed], type_=JSONB)
    fresh = (
        sa.func.jsonb_to_recordset(table)
        .table_valued(sa.column("matter_id", sa.BigInteger), *(sa.column(n, k) for n, k in kinds.items()))
        .render_derived(name="fresh", with_types=True)
    )
    update = sa.update(TABLE).where(TABLE.c.id == fresh.c.matter_id)
    session.execute(update.values({name: fresh.c[name] for name in COLUMNS}))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {n: value.isoformat() if isinstance(value, datetime) else value for n, value in row.items()}


def count_open(session: Session) -> int:
    """Count the open matters."""
    return session.scalar(sa.select(sa.func.count()).where(Matter.state.in_(CLOCKED))) or 0


def recompute_all(at: datetime, *, tell: Callable[[int, int], object] = lambda done, total: None) -> int:
    """Recompute every open matter in short transactions, saying how far it is; return how many changed."""
    with transaction() as session:
        total = count_open(session)
        calendar_days.use_kept(session)
    done = changed = after = 0
    while True:
        with transaction() as session:
            last, seen, unlike = recompute_some(session, after=after, at=at)
        if not seen:
            return changed
        after, done, changed = last, done + seen, changed + unlike
        tell(done, max(done, total))


RECOMPUTE = "matter.recompute"


@jobs.job(RECOMPUTE)
def _recompute(running: jobs.Running) -> dict[str, Any]:
    at = datetime.fromisoformat(running.params["moment"])
    return {"changed": recompute_all(at, tell=running.progress)}


@calendar_days.when_loaded
def _follow(session: Session, by: Staff | None, at: datetime) -> None:
    title = Words("按新日历重算办理时限", "Recompute deadlines by the new calendar")
    jobs.enqueue(session, RECOMPUTE, title, by=by, at=at, moment=at.isoformat())
