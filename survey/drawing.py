"""The draw: in each stratum the next numbers in their permanent random order, dealt into replicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Refused
from core.terms import Words
from survey.cases import Case, CaseState
from survey.do_not_call import listed_among
from survey.frame import Frame, FrameNumber, FrameState, Stratum
from survey.number_sets import among
from survey.sampling import Replicate, Sample, SampleStratum
from survey.waves import Wave

REST = timedelta(days=90)
NOT_ATTEMPTED = "3.11"


class FrameNotReady(Refused):
    """The frame can't be drawn from yet, or any more."""

    words = Words("抽样框还不可用，没有抽取任何号码", "The frame is not ready; nothing was drawn")


class TooManyWanted(Refused):
    """More numbers are wanted than a stratum holds."""

    words = Words(
        "有一层只有 {size} 个号码，要抽 {wanted} 个；没有抽取任何号码。请减少数量或换抽样框。",
        "A stratum holds {size} numbers and {wanted} are wanted; nothing was drawn. Draw fewer or use another frame.",
    )


@dataclass(frozen=True)
class _Taken:
    stratum: Stratum
    number_ids: Sequence[int]
    after: float
    through: float
    has_wrapped: bool


def draw(
    session: Session,
    wave: Wave,
    allocation: dict[int, int],
    *,
    on: date,
    seed: int,
    replicates: int,
    reason: dict[str, Any],
    by: Staff | None,
    at: datetime,
) -> Sample:
    """Draw allocation {stratum id: how many} for a wave and make its held cases.

    The cost grows with the sample, not with the frame: one index range a stratum.
    """
    frame = session.get_one(Frame, wave.frame_id)
    if frame.state is not FrameState.READY:
        raise FrameNotReady
    serial = session.scalar(
        sa.select(sa.func.count()).where(Sample.wave_id == wave.id, Sample.planned_on == on)
    )
    sample = Sample(
        wave_id=wave.id,
        frame_id=frame.id,
        planned_on=on,
        serial=(serial or 0) + 1,
        wanted=sum(allocation.values()),
        seed=seed,
        reason=reason,
        drawn_by=by.id if by else None,
        drawn_at=at,
    )
    session.add(sample)
    session.flush()
    taken = [t for t in _windows(session, allocation) if t.number_ids]
    ids = [i for t in taken for i in t.number_ids]
    out = listed_among(session, ids) | _busy_elsewhere(session, ids, since=at - REST)
    _make_cases(session, wave, sample, taken, out, replicates, at)
    for t in taken:
        t.stratum.position = t.through
        t.stratum.laps += t.has_wrapped
    records = [
        {
            "sample_id": sample.id,
            "stratum_id": t.stratum.id,
            "population": t.stratum.size,
            "taken": len(t.number_ids),
            "suppressed": sum(i in out for i in t.number_ids),
            "after": t.after,
            "through": t.through,
        }
        for t in taken
    ]
    if records:
        session.execute(sa.insert(SampleStratum), records)
    sample.drawn = len(ids)
    session.flush()
    journal.write(session, "sample.draw", sample, by=by, at=at, drawn=len(ids), suppressed=len(out))
    return sample


def _windows(session: Session, allocation: dict[int, int]) -> list[_Taken]:
    strata = {
        s.id: s
        for s in session.scalars(
            sa.select(Stratum).where(Stratum.id.in_(allocation)).order_by(Stratum.id).with_for_update()
        )
    }
    beyond = (
        sa.select(FrameNumber.id, FrameNumber.prn)
        .where(FrameNumber.stratum_id == sa.bindparam("stratum"), FrameNumber.prn > sa.bindparam("after"))
        .order_by(FrameNumber.prn, FrameNumber.id)
        .limit(sa.bindparam("n"))
    )
    result = []
    for stratum_id, n in sorted(allocation.items()):
        stratum = strata[stratum_id]
        if n > stratum.size:
            raise TooManyWanted(size=stratum.size, wanted=n)
        if n <= 0:
            continue
        place = {"stratum": stratum_id, "after": stratum.position, "n": n}
        rows = session.execute(beyond, place).all()
        has_wrapped = len(rows) < n
        if has_wrapped:
            again = {"stratum": stratum_id, "after": -1.0, "n": n - len(rows)}
            rows = [*rows, *session.execute(beyond, again).all()]
        result.append(
            _Taken(stratum, [r.id for r in rows], stratum.position, float(rows[-1].prn), has_wrapped)
        )
    return result


def _busy_elsewhere(session: Session, ids: Sequence[int], *, since: datetime) -> set[int]:
    """Return the numbers that have an open case, or one closed since `since`, in any wave and frame."""
    mine, other = sa.orm.aliased(FrameNumber), sa.orm.aliased(FrameNumber)
    query = (
        sa.select(mine.id)
        .join(other, other.fingerprint == mine.fingerprint)
        .join(Case, Case.frame_number_id == other.id)
        .where(among(session, mine.id, ids))
        .where(sa.or_(Case.state != CaseState.CLOSED, Case.closed_at > since))
    )
    return set(session.scalars(query))


def _make_cases(
    session: Session,
    wave: Wave,
    sample: Sample,
    taken: list[_Taken],
    out: set[int],
    replicates: int,
    at: datetime,
) -> None:
    random = np.random.default_rng([sample.seed, sample.serial])
    parts = [Replicate(sample_id=sample.id, number=i + 1) for i in range(replicates)]
    session.add_all(parts)
    session.flush()
    rows: list[dict[str, Any]] = []
    sizes: Counter[int] = Counter()
    # Dealt in turn through strata in random order: every replicate is a random part of every stratum.
    for index in random.permutation(len(taken)):
        t = taken[index]
        for number_id in t.number_ids:
            part = parts[len(rows) % replicates]
            sizes[part.id] += 1
            is_out = number_id in out
            rows.append(
                {
                    "wave_id": wave.id,
                    "replicate_id": part.id,
                    "frame_number_id": number_id,
                    "stratum_id": t.stratum.id,
                    "county_id": t.stratum.county_id,
                    "township_id": t.stratum.township_id,
                    "kind": t.stratum.kind,
                    "state": CaseState.CLOSED if is_out else CaseState.HELD,
                    # A number that may not be dialled stays in the sample as not attempted: rates stay honest.
                    "disposition": NOT_ATTEMPTED if is_out else None,
                    "closed_at": at if is_out else None,
                    "attempt_count": 0,
                    "dayparts": 0,
                    "is_converted": False,
                }
            )
    for part in parts:
        part.size = sizes[part.id]
    again = _already_in_wave(session, wave.id, taken)
    rows = [r for r in rows if r["frame_number_id"] not in again]
    shuffle = random.integers(0, 2**31 - 1, size=len(rows)).tolist()
    for row, place in zip(rows, shuffle, strict=True):
        row["shuffle"] = place
    if rows:
        # Ten thousand records are not made one by one: the table takes the rows as they are.
        session.connection().execute(sa.insert(Case.__table__), rows)  # type: ignore[arg-type]


def _already_in_wave(session: Session, wave_id: int, taken: list[_Taken]) -> set[int]:
    # Only a stratum that has gone all the way round can give a number again.
    ids = [i for t in taken if t.has_wrapped or t.stratum.laps for i in t.number_ids]
    if not ids:
        return set()
    query = sa.select(Case.frame_number_id).where(
        Case.wave_id == wave_id, among(session, Case.frame_number_id, ids)
    )
    return set(session.scalars(query))
