"""Presence: the heartbeat decides who is rung, a lost screen stands up, and a talk is never taken from anybody."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import db
from core.db import transaction
from core.problems import Forbidden, Refused
from hotline.lines import LineKind
from hotline.presence import Doing, clear_lost, come_back, doing, hear, leave, sit, take_break
from hotline.seats import Seat, SeatState, free_seats
from tests.factories import a_staff
from tests.hotline.staffed import COUNSELLING, a_contact, a_lead, a_seat, an_operator

SECOND = timedelta(seconds=1)
S = SeatState


@pytest.mark.parametrize(
    ("state", "silent_s", "rest_s", "is_ringing", "expected"),
    [
        (S.AVAILABLE, 0, None, False, Doing.READY),
        (S.AVAILABLE, 30, None, False, Doing.READY),
        (S.AVAILABLE, 31, None, False, Doing.LOST),
        (S.AVAILABLE, 0, None, True, Doing.RINGING),
        (S.AVAILABLE, 0, 60, False, Doing.RESTING),
        (S.AVAILABLE, 0, -1, False, Doing.READY),
        (S.AVAILABLE, 31, 60, True, Doing.LOST),
        (S.TALKING, 600, None, False, Doing.TALKING),
        (S.WRAPPING, 0, 60, False, Doing.WRAPPING),
        (S.WRAPPING, 31, None, False, Doing.LOST),
        (S.BREAK, 5, None, False, Doing.BREAK),
        (S.BREAK, 45, None, False, Doing.LOST),
        (S.OFF, 9999, None, False, Doing.OFF),
    ],
)
def test_what_somebody_does(
    now: datetime, state: SeatState, silent_s: int, rest_s: int | None, is_ringing: bool, expected: Doing
) -> None:
    """Lost after more than 30 silent seconds, except in a talk; rest after a key call shows as such."""
    found = doing(
        state,
        heartbeat_at=now - silent_s * SECOND,
        rest_until=None if rest_s is None else now + rest_s * SECOND,
        is_ringing=is_ringing,
        now=now,
    )
    assert found is expected


def rung(session: object, seat: Seat, now: datetime) -> bool:
    """Say whether somebody would be rung."""
    return seat in free_seats(session, COUNSELLING, now=now)  # type: ignore[arg-type]


def test_whoever_is_lost_is_not_rung_and_comes_back_with_a_heartbeat(
    sqlite: db.Database, now: datetime
) -> None:
    """30 s keep the seat in the draw, 31 do not; the next heartbeat brings it back."""
    with transaction() as session:
        person = an_operator(session)
        seat = sit(session, by=person, at=now)
        assert seat.serves == ["counselling"]
        assert rung(session, seat, now + 30 * SECOND)
        assert not rung(session, seat, now + 31 * SECOND)
        hear(session, by=person, at=now + 40 * SECOND)
        assert rung(session, seat, now + 41 * SECOND)
        hear(session, by=person, at=now + 5 * SECOND)  # an older one that came late
        assert rung(session, seat, now + 70 * SECOND)
        assert seat not in free_seats(session, LineKind.CITIZEN, now=now)


def test_a_screen_that_stays_silent_stands_up(sqlite: db.Database, now: datetime) -> None:
    """After five minutes the seat is off; sitting down again is one step."""
    with transaction() as session:
        person = an_operator(session)
        seat = sit(session, by=person, at=now)
        assert clear_lost(session, now + 300 * SECOND) == 0
        assert clear_lost(session, now + 301 * SECOND) == 1
        assert (seat.state, seat.since) == (S.OFF, now + 301 * SECOND)
        assert clear_lost(session, now + 400 * SECOND) == 0
        assert sit(session, by=person, at=now + 500 * SECOND).state is S.AVAILABLE


@pytest.mark.parametrize("state", [S.TALKING, S.WRAPPING])
def test_a_talk_and_its_record_are_never_taken(sqlite: db.Database, now: datetime, state: SeatState) -> None:
    """However long the screen is silent; and nobody leaves in the middle of a talk."""
    with transaction() as session:
        person = an_operator(session)
        contact = a_contact(session, at=now, owner=person)
        seat = a_seat(session, person, state, at=now, contact=contact)
        assert clear_lost(session, now + timedelta(hours=3)) == 0
        assert sit(session, by=person, at=now + timedelta(hours=3)).state is state
        if state is S.TALKING:
            with pytest.raises(Refused):
                leave(session, by=person, at=now)
            with pytest.raises(Refused):
                take_break(session, by=person, at=now)
        assert seat.state is state


def test_a_break_and_back(sqlite: db.Database, now: datetime) -> None:
    """On a break nobody is rung; coming back counts from now; coming back twice is refused."""
    with transaction() as session:
        person = an_operator(session)
        seat = sit(session, by=person, at=now)
        take_break(session, by=person, at=now)
        assert not rung(session, seat, now)
        come_back(session, by=person, at=now + 600 * SECOND)
        assert rung(session, seat, now + 600 * SECOND)
        assert seat.since == now + 600 * SECOND
        with pytest.raises(Refused):
            come_back(session, by=person, at=now)
        leave(session, by=person, at=now + 700 * SECOND)
        assert seat.state is S.OFF


def test_only_operators_sit_and_only_the_seated_act(sqlite: db.Database, now: datetime) -> None:
    """Who never sat down is told so; who may not operate the line does not sit."""
    with transaction() as session:
        with pytest.raises(Refused):
            take_break(session, by=an_operator(session), at=now)
        with pytest.raises(Forbidden):
            sit(session, by=a_staff(session), at=now)
        assert sit(session, by=a_lead(session), at=now).serves == ["counselling"]
