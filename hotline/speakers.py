"""Speakers: who speaks what at the lines, and until when a caller is left to those who speak their language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import journal
from core.people import Staff
from core.problems import Missing
from hotline.callbacks import LEFT_TO_SPEAKERS
from hotline.contacts import Contact, ContactState
from hotline.lines import HelpLine, LineKind, lines_served_by
from hotline.seats import LOST_AFTER, STANDS_UP_AFTER, WORKING, Seat, seat_of

_AT_WORK = sa.select(Seat.serves, Seat.speaks).where(WORKING)


def spoken_at(session: Session, lines: Collection[LineKind], *, at: datetime) -> set[tuple[LineKind, int]]:
    """Return which languages are spoken by somebody who sits at some lines now, whether free or with a caller."""
    rows = session.execute(_AT_WORK, {"heard_from": at - LOST_AFTER}).all()
    return {
        (kind, language) for serves, speaks in rows for kind in lines if kind.value in serves for language in speaks
    }  # fmt: skip


def left_until(session: Session, contacts: Sequence[Contact], *, at: datetime) -> dict[int, datetime]:
    """Return until when callers are left to those who speak their language, by contact.

    Nobody is while no such operator is at the line; who comes before everybody else has waited enough.
    """
    found = [one for one in contacts if one.language_id is not None and not one.is_first]
    if not found:
        return {}
    lines = {line.kind: line for line in session.scalars(sa.select(HelpLine))}
    spoken = spoken_at(session, lines, at=at)
    return {
        one.id: _until(one, lines[one.line])
        for one in found
        if one.language_id is not None and (one.line, one.language_id) in spoken
    }


def _until(contact: Contact, line: HelpLine) -> datetime:
    if contact.state is not ContactState.WAITING:  # nobody waits on the line: there is more time to choose
        return (contact.ended_at or contact.rung_at) + LEFT_TO_SPEAKERS
    return (contact.waiting_from or contact.rung_at) + line.language_wait


def spoken_by(session: Session, people: Iterable[Staff]) -> dict[int, frozenset[int]]:
    """Return what each of some people speaks beside Mandarin."""
    query = sa.select(Seat.staff_id, Seat.speaks).where(Seat.staff_id.in_([person.id for person in people]))
    return {staff_id: frozenset(speaks) for staff_id, speaks in session.execute(query)}


def languages_spoken_by(session: Session, staff: Staff) -> frozenset[int]:
    """Return what an operator speaks beside Mandarin."""
    seat = seat_of(session, staff)
    return frozenset(seat.speaks) if seat is not None else frozenset()


def note_languages(
    session: Session,
    staff: Staff,
    languages: Iterable[int],
    *,
    among: Collection[int],
    by: Staff,
    at: datetime,
) -> None:
    """Note which languages `among` some an operator speaks; what else they speak stays as it is."""
    if not lines_served_by(staff):
        raise Missing
    seat = seat_of(session, staff, locks=True)
    if seat is None:
        # They never sat: nobody has heard of their screen.
        seat = Seat(staff_id=staff.id, since=at, heartbeat_at=at - STANDS_UP_AFTER, serves=[], speaks=[])
        session.add(seat)
    speaks = sorted((set(seat.speaks) - set(among)) | (set(languages) & set(among)))
    if speaks == seat.speaks:
        return
    seat.speaks = speaks
    session.flush()
    journal.write(session, "seat.languages", seat, by=by, at=at)
