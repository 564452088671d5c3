"""Quotas: hard limits on completes in a cell; a seat is held from the moment a call connects until it ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.problems import Refused
from core.sweeps import sweep
from core.terms import Words
from survey.attempts import Attempt
from survey.cases import CASE_FLOW, Case, CaseAction, CaseState
from survey.waves import Quota, Wave, WaveState

FILLED = "4.80"
_FULL = sa.select(Quota.wave_id, Quota.cell).where(
    Quota.wave_id.in_(sa.bindparam("waves", expanding=True)), Quota.reserved + Quota.filled >= Quota.seats
)


class QuotaFull(Refused):
    """The last seat of the cell has just gone."""

    words = Words(
        "这一类的名额刚刚满了，请致谢后结束，结果记为“配额已满”",
        "The quota for this group has just been filled; thank the resident, end, and code it “Quota filled”",
    )


def covers(cell: str, case: Case) -> bool:
    """Say whether a cell ("county:12|kind:mobile") is one that the case belongs to."""
    own = {
        "county": str(case.county_id),
        "township": str(case.township_id),
        "kind": case.kind.value,
    }
    conditions = (part.split(":", 1) for part in cell.split("|") if part)
    return all(own.get(name) == value for name, value in conditions)


def cells(session: Session, wave_ids: Iterable[int]) -> list[Quota]:
    """Return the quotas of some waves."""
    return list(session.scalars(sa.select(Quota).where(Quota.wave_id.in_(list(wave_ids))).order_by(Quota.id)))


def full_cells(session: Session, wave_ids: Iterable[int]) -> list[tuple[int, str]]:
    """Return the cells without a free seat, as (wave, cell)."""
    rows = session.connection().execute(_FULL, {"waves": list(wave_ids)})
    return [(wave_id, cell) for wave_id, cell in rows]


def _of(session: Session, case: Case) -> list[int]:
    query = sa.select(Quota.id, Quota.cell).where(Quota.wave_id == case.wave_id).order_by(Quota.id)
    return [quota_id for quota_id, cell in session.execute(query) if covers(cell, case)]


def hold_seat(session: Session, attempt: Attempt) -> bool:
    """Reserve a seat in every cell of the case, all or none; False where one has none left."""
    if attempt.has_seat:
        return True
    held: list[int] = []
    for quota_id in _of(
        session, attempt.case
    ):  # always in the order of ids: two holders never wait for each other
        took = session.execute(
            sa.update(Quota)
            .where(Quota.id == quota_id, Quota.reserved + Quota.filled < Quota.seats)
            .values(reserved=Quota.reserved + 1)
            .returning(Quota.id)
            .execution_options(synchronize_session=False)
        ).first()
        if took is None:
            _change(session, held, reserved=-1, filled=0)
            return False
        held.append(quota_id)
    attempt.has_seat = True
    session.flush()
    return True


def free_seat(session: Session, attempt: Attempt, *, is_complete: bool) -> None:
    """Give the seats back when the call ends, or fill them with a complete."""
    if not attempt.has_seat:
        return
    _change(session, _of(session, attempt.case), reserved=-1, filled=int(is_complete))
    attempt.has_seat = False
    session.flush()


def unfill_seat(session: Session, case: Case) -> None:
    """Take a complete out again (an undone outcome, a replaced interview)."""
    _change(session, _of(session, case), reserved=0, filled=-1)


def _change(session: Session, quota_ids: list[int], *, reserved: int, filled: int) -> None:
    for quota_id in quota_ids:
        session.execute(
            sa.update(Quota)
            .where(Quota.id == quota_id)
            .values(reserved=Quota.reserved + reserved, filled=Quota.filled + filled)
            .execution_options(synchronize_session=False)
        )


@sweep("survey.filled_quotas", every=timedelta(minutes=5))
def close_filled(session: Session, at: datetime) -> int:
    """Close the waiting cases of cells that are filled for good."""
    count = 0
    query = (
        sa.select(Quota)
        .join(Wave, Wave.id == Quota.wave_id)
        .where(Wave.state == WaveState.OPEN, Quota.filled >= Quota.seats)
    )
    for quota in session.scalars(query).all():
        waiting = sa.select(Case).where(Case.wave_id == quota.wave_id, Case.state == CaseState.WAITING)
        for name, value in (part.split(":", 1) for part in quota.cell.split("|")):
            column = {"county": Case.county_id, "township": Case.township_id, "kind": Case.kind}[name]
            waiting = waiting.where(sa.cast(column, sa.String) == value)
        for case in session.scalars(waiting.limit(2000).with_for_update(skip_locked=True)):
            case.disposition = FILLED if case.disposition is None else case.disposition
            case.closed_at = at
            CASE_FLOW.move(session, case, CaseAction.CLOSE, by=None, at=at, code=case.disposition)
            count += 1
    return count
