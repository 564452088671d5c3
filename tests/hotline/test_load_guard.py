"""The load guard: rest after a key call, talking it over, and a limit that only another lead lifts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import db
from core.db import transaction
from core.problems import Forbidden, Refused
from hotline.calling_for_help import open_for
from hotline.contacts import ContactState
from hotline.distress import DistressKind
from hotline.lines import LineKind
from hotline.load_guard import count_rest, debriefed, end_own_rest, load_of, note_key_call, release
from hotline.seats import SeatState, free_seats
from tests.hotline.staffed import a_contact, a_lead, a_seat, a_shift, an_operator

MINUTE = timedelta(minutes=1)


def test_after_a_key_call_nobody_is_rung_for_fifteen_minutes(database: db.Database, now: datetime) -> None:
    """From the moment the record is finished, however long the call was."""
    with transaction() as session:
        lead, person = a_lead(session), an_operator(session)
        a_shift(session, at=now, lead=lead, people=[person])
        contact = a_contact(session, at=now, owner=person)
        seat = a_seat(session, person, SeatState.TALKING, at=now, contact=contact)
        note_key_call(session, contact, at=now + 5 * MINUTE)
        ended = now + 90 * MINUTE
        contact.state, contact.ended_at, contact.closed_at = ContactState.DONE, ended, ended
        seat.state, seat.contact_id = SeatState.AVAILABLE, None

        def can_be_rung(at: datetime) -> bool:
            seat.heartbeat_at = at
            session.flush()
            return seat in free_seats(session, LineKind.COUNSELLING, now=at)

        assert not can_be_rung(ended)  # even before the sweep has run
        assert count_rest(session, ended + timedelta(seconds=5)) == 1
        assert count_rest(session, ended + timedelta(seconds=10)) == 0
        assert not can_be_rung(ended + 14 * MINUTE)
        assert can_be_rung(ended + 15 * MINUTE)


def test_a_key_call_is_counted_once_and_owes_a_talk(sqlite: db.Database, now: datetime) -> None:
    """Noting it again changes nothing; the talk is noted by the operator or the other, never with oneself."""
    with transaction() as session:
        lead, person, stranger = a_lead(session), an_operator(session), an_operator(session)
        a_shift(session, at=now, lead=lead, people=[person])
        contact = a_contact(session, at=now, owner=person)
        call = note_key_call(session, contact, at=now)
        assert call is not None
        assert note_key_call(session, contact, at=now + MINUTE) is call
        load = load_of(session, person, at=now)
        assert (load.calls, load.limit, load.is_full, list(load.owed)) == (1, 3, False, [call])
        with pytest.raises(Refused):
            debriefed(session, call, with_=person, by=person, at=now)
        with pytest.raises(Forbidden):
            debriefed(session, call, with_=lead, by=stranger, at=now)
        debriefed(session, call, with_=lead, by=person, at=now)
        with pytest.raises(Refused):
            debriefed(session, call, with_=lead, by=lead, at=now)
        assert load_of(session, person, at=now).owed == []


def test_at_the_limit_the_lead_is_told_and_the_rest_lasts_to_the_end(
    database: db.Database, now: datetime
) -> None:
    """Three key calls: nobody is rung on that seat any more, unless another lead says so."""
    with transaction() as session:
        lead, person = a_lead(session), an_operator(session)
        shift = a_shift(session, at=now, lead=lead, people=[person])
        seat = a_seat(session, person, at=now)
        for n in range(3):
            at = now + n * 40 * MINUTE
            assert open_for(session, lead) == []
            contact = a_contact(session, at=at, owner=person, talked=600, state=ContactState.DONE)
            note_key_call(session, contact, at=at + MINUTE)
        (call,) = open_for(session, lead)
        assert (call.kind, call.about_id) == (DistressKind.LIMIT, person.id)
        later = now + 120 * MINUTE
        count_rest(session, later)
        assert seat.rest_until == shift.ends_at
        assert load_of(session, person, at=later).is_full
        with pytest.raises(Forbidden):
            release(session, person, by=person, at=later)
        with pytest.raises(Refused):
            end_own_rest(session, by=person, at=later)
        with pytest.raises(Forbidden):
            release(session, person, by=an_operator(session), at=later)
        assert release(session, person, by=lead, at=later) >= 1
        assert seat.rest_until is None
        count_rest(session, later + MINUTE)
        assert seat.rest_until is None
        with pytest.raises(Refused):
            release(session, person, by=lead, at=later)


def test_without_a_taker_nobody_carries_it(sqlite: db.Database, now: datetime) -> None:
    """A contact that nobody has taken makes no key call."""
    with transaction() as session:
        lead = a_lead(session)
        waiting = a_contact(session, at=now, owner=lead, state=ContactState.WAITING, way_out=None)
        assert note_key_call(session, waiting, at=now) is None


def test_below_the_limit_people_end_their_rest_themselves(sqlite: db.Database, now: datetime) -> None:
    """Who says they can go on is rung again, and the sweep leaves it so."""
    with transaction() as session:
        lead, person = a_lead(session), an_operator(session)
        a_shift(session, at=now, lead=lead, people=[person])
        seat = a_seat(session, person, at=now)
        with pytest.raises(Refused):
            end_own_rest(session, by=person, at=now)
        contact = a_contact(session, at=now, owner=person, talked=600, state=ContactState.DONE)
        note_key_call(session, contact, at=now + MINUTE)
        end_own_rest(session, by=person, at=now + 12 * MINUTE)
        count_rest(session, now + 13 * MINUTE)
        assert seat.rest_until is None
