"""Presence: the heartbeat decides what somebody does and who is rung."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import db
from core.db import transaction
from hotline.lines import LineKind
from hotline.presence import Doing, doing
from hotline.seats import SeatState, free_seats
from tests.hotline.staffed import COUNSELLING, a_seat, an_operator

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


def test_whoever_is_lost_is_not_rung_and_comes_back_with_a_heartbeat(
    sqlite: db.Database, now: datetime
) -> None:
    """30 s keep the seat in the draw, 31 do not; the next heartbeat brings it back; other lines never ring it."""
    with transaction() as session:
        seat = a_seat(session, an_operator(session), at=now)

        def is_rung(at: datetime) -> bool:
            return seat in free_seats(session, COUNSELLING, now=at)

        assert is_rung(now + 30 * SECOND)
        assert not is_rung(now + 31 * SECOND)
        seat.heartbeat_at = now + 40 * SECOND
        session.flush()
        assert is_rung(now + 41 * SECOND)
        assert seat not in free_seats(session, LineKind.CITIZEN, now=now)
