"""The board and the service levels: counted from the calls themselves, the same on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from core import db
from core.db import transaction
from hotline.board import board
from hotline.callbacks import FIRST_WITHIN, CallBack, CallBackReason
from hotline.calling_for_help import call_for_help
from hotline.contacts import Contact, ContactState, Source, WayOut
from hotline.distress import DistressKind
from hotline.lines import LineKind
from hotline.load_guard import note_key_call
from hotline.moments import seconds_between, utc_hour
from hotline.presence import Doing
from hotline.seats import SeatState
from hotline.service_levels import Served, served
from tests.hotline.staffed import COUNSELLING, a_contact, a_lead, a_seat, a_shift, an_operator

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DONE, MISSED = ContactState.DONE, ContactState.MISSED


def test_moments_are_counted_alike(database: db.Database, now: datetime) -> None:
    """Seconds to the thousandth, hours by UTC."""
    with transaction() as session:
        lead = a_lead(session)
        a_contact(session, at=now, owner=lead, waited=20.001)
        found = session.execute(
            sa.select(seconds_between(Contact.waiting_from, Contact.talking_at), utc_hour(Contact.rung_at))
        ).one()
        assert found[0] == pytest.approx(20.001, abs=0.0006)
        assert found[1] == "2026-11-18 02"


def test_service_levels_by_hand(database: db.Database, now: datetime) -> None:
    """Ten calls at the edges of every limit; who waits now, other lines and calls of ours are not among them."""
    with transaction() as session:
        lead = a_lead(session)
        for waited in (0, 15, 15.5, 20, 20.5, 300):
            a_contact(session, at=now, owner=lead, waited=waited, talked=60, state=DONE)
        for waited in (3, 10, 10.5, 90):
            a_contact(session, at=now, owner=lead, waited=waited, state=MISSED, way_out=WayOut.ABANDONED)
        a_contact(session, at=now, owner=lead, waited=40, state=MISSED, way_out=WayOut.MESSAGE)
        a_contact(session, at=now, owner=lead, state=ContactState.WAITING, way_out=None)
        a_contact(session, at=now, owner=lead, waited=1, talked=1, state=DONE, line=LineKind.CITIZEN)
        a_contact(session, at=now, owner=lead, waited=1, talked=1, state=DONE).source = Source.FOLLOW_UP
        a_contact(session, at=now - 30 * HOUR, owner=lead, waited=5, talked=60, state=DONE)
        session.flush()
        found = served(session, [COUNSELLING], {"day": now - 24 * HOUR, "week": now - 168 * HOUR})
        day = found["day"]
        assert (day.offered, day.answered, day.within_15, day.within_20) == (11, 6, 2, 4)
        assert (day.abandoned, day.too_short) == (2, 2)
        assert day.seconds == pytest.approx(0 + 15 + 15.5 + 20 + 20.5 + 300 + 3 + 10 + 10.5 + 90 + 40)
        assert day.in_time == pytest.approx(4 / 11)
        assert (day.keeps_in_time, day.keeps_soon, day.keeps_lost) == (False, False, False)
        assert (found["week"].offered, found["week"].answered) == (12, 7)


def test_promises_are_kept_at_the_limit_and_nothing_is_said_without_calls() -> None:
    """95 % is kept, a hair under is not; exactly 5 % abandoned is too many."""
    kept = Served(offered=1000, answered=980, within_15=900, within_20=950, abandoned=49)
    assert (kept.keeps_in_time, kept.keeps_soon, kept.keeps_lost) == (True, True, True)
    broken = Served(offered=1000, answered=980, within_15=899, within_20=949, abandoned=50)
    assert (broken.keeps_in_time, broken.keeps_soon, broken.keeps_lost) == (False, False, False)
    nothing = Served()
    assert (nothing.in_time, nothing.keeps_lost, nothing.mean_wait) == (None, None, None)


def test_the_board_counts_what_is_there(database: db.Database, now: datetime) -> None:
    """Waiting, talking, wrap-up, seats by what they do, late promises, calls for help."""
    with transaction() as session:
        lead = a_lead(session)
        people = [an_operator(session) for _ in range(6)]
        shift = a_shift(session, at=now, lead=lead, people=people[:5])
        talking = a_contact(session, at=now - 600 * SECOND, owner=people[0], state=ContactState.TALKING)
        wrapping = a_contact(session, at=now - 900 * SECOND, owner=people[1], state=ContactState.WRAPPING)
        for seconds in (41, 12):
            a_contact(
                session, at=now - seconds * SECOND, owner=lead, state=ContactState.WAITING, way_out=None
            )
        a_seat(session, people[0], SeatState.TALKING, at=now, contact=talking)
        a_seat(session, people[1], SeatState.WRAPPING, at=now)
        a_seat(session, people[2], at=now)
        a_seat(session, people[3], SeatState.BREAK, at=now)
        a_seat(session, people[4], at=now, heard=now - 31 * SECOND)
        a_seat(session, people[5], SeatState.OFF, at=now)
        note_key_call(session, talking, at=now)
        missed = a_contact(
            session, at=now - HOUR, owner=lead, waited=30, state=MISSED, way_out=WayOut.ABANDONED
        )
        other = a_contact(
            session, at=now - HOUR, owner=lead, waited=30, state=MISSED, way_out=WayOut.ABANDONED
        )
        for contact, due in ((missed, now - FIRST_WITHIN - SECOND), (other, now - FIRST_WITHIN + SECOND)):
            session.add(
                CallBack(contact_id=contact.id, reason=CallBackReason.ABANDONED, created_at=now, due_at=due)
            )
        call_for_help(session, DistressKind.PANIC, COUNSELLING, about=people[2], by=people[2], at=now)
        found = board(session, at=now, lines=[COUNSELLING])
        assert (found.waiting, found.longest_s, found.talking, found.wrapping) == (2, 41, 1, 1)
        assert [line.shift for line in found.lines] == [shift]
        assert [seat.doing for seat in found.seats] == [
            Doing.TALKING, Doing.WRAPPING, Doing.READY, Doing.BREAK, Doing.LOST,
        ]  # fmt: skip
        assert (found.present, found.seats[0].key_calls, found.seats[0].limit) == (4, 1, 3)
        assert (found.promised.call_backs, found.promised.call_backs_late) == (2, 1)
        assert found.promised.follow_ups_late == 0
        assert (found.without_owner, found.calls_for_help) == (0, 1)
        assert found.served["today"].offered == 4
        lead.is_active = False
        session.flush()
        assert board(session, at=now, lines=[COUNSELLING]).without_owner == 4
        assert board(session, at=now, lines=[LineKind.CITIZEN]).waiting == 0
    assert wrapping.id
