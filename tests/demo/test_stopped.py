"""A stopped demonstration: nobody waits a day for it to go on."""

from __future__ import annotations

from datetime import timedelta

from core import db
from demo import stopped
from hotline import seating
from hotline.contacts import ContactState, WayOut
from tests.hotline.conftest import CALLER, Desk, _clean_ears, desk, weather

__all__ = ["_clean_ears", "desk", "weather"]


def test_who_waited_when_it_stopped_hung_up_then(desk: Desk) -> None:
    """Their wait is what it was, their call is a missed one, and a second look ends nothing more."""
    desk.operator()
    waiting = desk.contact(desk.call(CALLER, for_s=20))
    ann = desk.operators[0]
    desk.do(seating.rest, by=ann)
    tomorrow = desk.house.timeline.now() + timedelta(hours=23)
    with db.transaction() as session:
        assert stopped.end_legs(session, now=tomorrow) == 2
    after = desk.again(waiting)
    assert (after.state, after.way_out) == (ContactState.MISSED, WayOut.ABANDONED)
    assert 0 < (after.first_wait_s or 0) < 30
    with db.transaction() as session:
        assert stopped.end_legs(session, now=tomorrow) == 0
