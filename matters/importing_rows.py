"""An import's rows: one row of another hotline's list read as a statement, with everything that is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Unit
from core.phone import BadNumber, read_number
from core.places import Level, Place
from matters.attributes import Conflict, IdentityClass
from matters.importing_columns import (
    LENGTHS,
    REQUIRED,
    Fault,
    ImportColumn,
    identity_of,
    kind_of,
    plain,
    topic_of,
    urgency_of,
)
from matters.registration import Statement

C = ImportColumn


@dataclass
class Known:
    """What the rows are held against, read once for all of them."""

    places: dict[tuple[Level, str], list[Place]]
    units: dict[str, Unit]
    taken: frozenset[str]
    """References of this source that were taken in before."""
    seen: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, session: Session, taken: frozenset[str]) -> Known:
        """Read places and units."""
        places: dict[tuple[Level, str], list[Place]] = defaultdict(list)
        for place in session.scalars(sa.select(Place).where(Place.is_current)):
            for name in {place.name, place.name_en, place.code}:
                places[place.level, plain(name)].append(place)
        units = {plain(u.name): u for u in session.scalars(sa.select(Unit).where(Unit.is_active))}
        return cls(dict(places), units, taken)


def read_row(
    cells: Sequence[str], mapping: Mapping[ImportColumn, int], known: Known, *, consent: bool
) -> tuple[str, Statement, list[str]]:
    """Return the row's reference, its statement, and its faults as column:fault."""
    faults: list[str] = []

    def wrong(column: ImportColumn, fault: Fault) -> None:
        faults.append(f"{column.value}:{fault.value}")

    def cell(column: ImportColumn) -> str:
        at = mapping.get(column)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    for column in REQUIRED:
        if not cell(column):
            wrong(column, Fault.MISSING)
    for column, most in LENGTHS.items():
        if len(cell(column)) > most:
            wrong(column, Fault.TOO_LONG)
    reference = cell(C.REFERENCE)
    if reference in known.taken:
        wrong(C.REFERENCE, Fault.TAKEN)
    elif reference and reference in known.seen:
        wrong(C.REFERENCE, Fault.TWICE)
    known.seen.add(reference)
    kind, topic = kind_of(cell(C.KIND)), topic_of(cell(C.TOPIC))
    urgency, identity = urgency_of(cell(C.URGENCY)), identity_of(cell(C.IDENTITY))
    unit = known.units.get(plain(cell(C.COMPLAINED)))
    for column, found in (
        (C.KIND, kind), (C.TOPIC, topic), (C.URGENCY, urgency), (C.IDENTITY, identity), (C.COMPLAINED, unit)
    ):  # fmt: skip
        if cell(column) and found is None:
            wrong(column, Fault.UNKNOWN)
    number: str | None = None
    if cell(C.NUMBER):
        try:
            number = read_number(cell(C.NUMBER)).e164
        except BadNumber:
            wrong(C.NUMBER, Fault.BAD_NUMBER)
    statement = Statement(
        narrative=cell(C.NARRATIVE),
        kind=kind,
        topic=topic or "",
        place=_place(cell(C.COUNTY), cell(C.TOWNSHIP), cell(C.VILLAGE), known, faults),
        spot=cell(C.SPOT),
        urgency=urgency,
        identity=identity or IdentityClass.PROTECTED,
        conflict=Conflict.UNIT if unit else Conflict.NONE,
        conflict_unit=unit,
        consent_read=consent,
        name=cell(C.NAME) or None,
        number=number,
    )
    return reference, statement, faults


def _place(county: str, town: str, village: str, known: Known, faults: list[str]) -> Place | None:
    above: Place | None = None
    levels = (
        (C.COUNTY, Level.COUNTY, county),
        (C.TOWNSHIP, Level.TOWNSHIP, town),
        (C.VILLAGE, Level.VILLAGE, village),
    )
    for column, level, name in levels:
        if not name:
            continue
        named = known.places.get((level, plain(name)), [])
        found = [p for p in named if above is None or p.parent_id == above.id]
        if len(found) != 1:
            fault = Fault.SEVERAL if found else Fault.UNKNOWN
            faults.append(f"{column.value}:{fault.value}")
            return None
        above = found[0]
    return above
