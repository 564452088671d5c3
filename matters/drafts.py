"""Drafts: problems that were raised and not yet registered, opened by whoever completes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from core import journal, purposes
from core.people import Staff
from core.places import Level
from core.problems import Missing
from core.purposes import ReadingPurpose
from matters.keeping_away import in_sight
from matters.matter import Matter
from matters.reporters import reporters_of
from matters.states import MatterState


def find(session: Session, draft_id: int, staff: Staff) -> Matter:
    """Find a draft that someone may know of; one registered meanwhile is found with its receipt."""
    matter = session.get(Matter, draft_id)
    if matter is None or (matter.receipt is None and matter.state is not MatterState.DRAFT):
        raise Missing
    return in_sight(session, staff, matter)


def is_own(matter: Matter, staff: Staff) -> bool:
    """Say whether someone wrote it down themselves, in their own call."""
    return matter.raised_by is not None and matter.raised_by == staff.id


def open_for(session: Session, matter: Matter, typed: Mapping[str, str], *, by: Staff, at: datetime) -> None:
    """Journal that a draft is read to complete it; whoever did not hear it says why."""
    if is_own(matter, by):
        journal.write(session, "matter.read", matter, by=by, at=at, own=True)
        session.flush()
        return
    purpose = ReadingPurpose.found(typed.get("purpose"))
    if purpose is not None or purposes.in_force(session, matter, by=by, at=at) is None:
        purposes.state(session, matter, purpose, typed.get("words", ""), by=by, at=at)
    purposes.note_reading(session, matter, "matter.read", by=by, at=at)


def as_typed(matter: Matter) -> dict[str, str]:
    """Return what a draft holds as the fields of the form."""
    place = matter.place
    is_village = place is not None and place.level is Level.VILLAGE
    return {
        "narrative": matter.narrative,
        "kind": matter.kind.value if matter.kind else "",
        "topic": matter.topic or "",
        "place": str((place.parent_id if is_village else place.id) if place else ""),
        "village": str(place.id) if place and is_village else "",
        "spot": matter.spot,
        "urgency": matter.urgency.value,
        "identity": matter.identity.value,
        **about_typed(matter),
    }


def about_typed(matter: Matter) -> dict[str, str]:
    """Return whom a matter is about as the fields of the form."""
    return {"conflict": matter.conflict.value, "conflict_unit": str(matter.conflict_unit_id or "")}


def number_kept(session: Session, matter: Matter) -> str | None:
    """Return the number that was left with a draft."""
    reporters = reporters_of(session, matter)
    return reporters[0].number if reporters else None
