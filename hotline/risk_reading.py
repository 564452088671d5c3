"""Opening a part of an episode: who may, what for, and a line in the read log before anything is shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.people import Staff
from hotline.contacts import Contact
from hotline.followup_calls import episode_of
from hotline.read_log import note_read
from hotline.sight import in_sight


def open_part(
    session: Session, token: str, part: str, fields: Sequence[str], *, by: Staff, at: datetime
) -> Contact:
    """Return an episode for somebody's eyes and note which part of it they read; Missing for whoever may not.

    In a follow-up call it is the episode that is followed up: level, plan and questionnaires go on there.
    """
    contact, purpose = in_sight(session, token, by=by, at=at)
    episode = episode_of(session, contact)
    record = f"{part}:{episode.id}"
    note_read(session, by=by, contact=episode, purpose=purpose, record=record, fields=fields, at=at)
    return episode


def open_talk_part(
    session: Session, token: str, part: str, fields: Sequence[str], *, by: Staff, at: datetime
) -> Contact:
    """Return the talk itself, as for the screener, which is asked anew in every talk."""
    contact, purpose = in_sight(session, token, by=by, at=at)
    record = f"{part}:{contact.id}"
    note_read(session, by=by, contact=contact, purpose=purpose, record=record, fields=fields, at=at)
    return contact


def note_others(
    session: Session,
    token: str,
    contacts: Collection[int],
    part: str,
    fields: Sequence[str],
    *,
    by: Staff,
    at: datetime,
) -> None:
    """Note the same part of other contacts of the caller that is shown beside an episode's own."""
    contact, purpose = in_sight(session, token, by=by, at=at)
    episode = episode_of(session, contact)
    others = sa.select(Contact).where(Contact.id.in_(set(contacts) - {episode.id})).order_by(Contact.id)
    for shown in session.scalars(others).all():
        record = f"{part}:{shown.id}"
        note_read(session, by=by, contact=shown, purpose=purpose, record=record, fields=fields, at=at)


def talk_and_episode(session: Session, token: str, *, by: Staff, at: datetime) -> tuple[Contact, Contact]:
    """Return the talk somebody is in and the episode it belongs to, locked; Missing for whoever may not know of it."""
    talk, _ = in_sight(session, token, by=by, at=at)
    episode = episode_of(session, talk)
    session.refresh(episode, with_for_update={"of": Contact})
    return talk, episode


def episode_to_change(session: Session, token: str, *, by: Staff, at: datetime) -> Contact:
    """Return an episode that somebody works on, locked; Missing for whoever may not know of it."""
    return talk_and_episode(session, token, by=by, at=at)[1]
