"""A wave to claim from: open cases over 199 townships of ten counties, with interviewers and quotas."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

import survey.instruments
from core import db, secrets
from core.people import Staff
from core.phone import NumberKind
from core.places import Level, Place
from survey.cases import Case, CaseState
from survey.edition_import import import_edition
from survey.frame import Frame, FrameNumber, FrameState, Stratum
from survey.sampling import Replicate, ReplicateState, Sample
from survey.waves import Quota, Wave, WavePlace, WaveState

NOON = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
COUNTIES, TOWNSHIPS = 10, 199
PLENTY = 10_000_000


def fill(database: db.Database, *, cases: int, staff: int, seats: int) -> None:
    """Make a wave with so many open cases over 199 townships, and so many interviewers."""
    db.Base.metadata.create_all(database.engine)
    dice = random.Random(7)
    with db.transaction() as session:
        counties = [
            Place(level=Level.COUNTY, code=f"C{n}", name=f"县{n}", name_en=f"County {n}")
            for n in range(COUNTIES)
        ]
        session.add_all(counties)
        session.flush()
        towns = [
            Place(
                level=Level.TOWNSHIP,
                code=f"T{n}",
                name=f"镇{n}",
                name_en=f"Town {n}",
                parent_id=counties[n % COUNTIES].id,
            )
            for n in range(TOWNSHIPS)
        ]
        session.add_all(towns)
        frame = Frame(name="bench", seed=1, state=FrameState.READY, size=cases, created_at=NOON)
        session.add(frame)
        session.flush()
        strata = [
            Stratum(
                frame_id=frame.id,
                county_id=town.parent_id,
                township_id=town.id,
                kind=NumberKind.MOBILE,
                size=cases // TOWNSHIPS,
            )
            for town in towns
        ]
        wave = Wave(name="bench", state=WaveState.DRAFT, starts_on=NOON.date(), created_at=NOON)
        session.add_all([*strata, wave])
        session.flush()
        sample = Sample(
            wave_id=wave.id, frame_id=frame.id, planned_on=NOON.date(), wanted=cases, seed=1, drawn_at=NOON
        )
        session.add(sample)
        session.flush()
        replicate = Replicate(sample_id=sample.id, number=1, size=cases, state=ReplicateState.RELEASED)
        session.add(replicate)
        for n in range(staff):
            session.add(
                Staff(
                    username=f"i{n}",
                    name=f"访员{n}",
                    password_hash="!",
                    created_at=NOON,
                    home_county_id=counties[n % COUNTIES].id,
                )
            )
        for n, town in enumerate(towns):
            session.add(
                WavePlace(wave_id=wave.id, township_id=town.id, county_id=town.parent_id, target=10 + n % 7)
            )
        for n, county in enumerate(counties):
            # Every other county fills to its last seat while the crowd is at work; the rest keep it busy.
            session.add(Quota(wave_id=wave.id, cell=f"county:{county.id}", seats=seats if n % 2 else PLENTY))
        session.flush()
        for start in range(0, cases, 5000):
            numbers, rows = [], []
            for n in range(start, min(start + 5000, cases)):
                number = f"+86145{n:08d}"
                stratum = strata[n % TOWNSHIPS]
                numbers.append(
                    {
                        "id": n + 1,
                        "frame_id": frame.id,
                        "stratum_id": stratum.id,
                        "number": number,
                        "fingerprint": secrets.keyring().blind_index(number),
                        "prn": dice.random(),
                    }
                )
                rows.append(
                    {
                        "wave_id": wave.id,
                        "replicate_id": replicate.id,
                        "frame_number_id": n + 1,
                        "stratum_id": stratum.id,
                        "county_id": stratum.county_id,
                        "township_id": stratum.township_id,
                        "kind": NumberKind.MOBILE,
                        "state": CaseState.WAITING,
                        "shuffle": dice.randrange(2**31),
                    }
                )
            session.execute(sa.insert(FrameNumber), numbers)
            session.execute(sa.insert(Case), rows)
        # The bench needs no questionnaire: the wave is opened past the flow, as the check allows with an edition.
        _open(session, wave, frame)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _open(session: Session, wave: Wave, frame: Frame) -> None:
    workbook = Path(survey.instruments.__file__).with_name("security.xlsx").read_bytes()
    wave.edition_id = import_edition(session, workbook, by=None, at=NOON).id
    wave.frame_id = frame.id
    wave.state = WaveState.OPEN
