"""Promised times: who asked to be called is on the list at once, a quarter of an hour later the lead hears of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from core import clock, db
from core.db import transaction
from hotline import board, carrier_days, escalations, late_call_backs, turns
from hotline.callbacks import FIRST_WITHIN, CallBack, CallBackReason, CallBackState
from hotline.carrier_days import CarrierDay, count_days
from hotline.contacts import WRAP_UP, ContactState, WayOut
from hotline.escalations import EscalationKind
from hotline.lines import LineKind
from telephony.line import LegState, Rung
from tests.hotline.conftest import Desk
from tests.hotline.staffed import a_contact, a_lead, a_line, a_seat, an_operator

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def test_a_promise_nobody_tries_to_keep_is_told_to_the_lead_until_it_is_tried(database: db.Database) -> None:
    """Once for each try; and the alarm goes by itself when somebody has rung, without saying they took it over."""
    at = clock.now()
    with transaction() as session:
        lead, ann = a_lead(session), an_operator(session)
        a_line(session, owner=lead, at=at)
        contact = a_contact(session, at=at, owner=lead, state=ContactState.MISSED, way_out=WayOut.CALL_BACK)
        promise = CallBack(contact_id=contact.id, reason=CallBackReason.ASKED, created_at=at, due_at=at)
        session.add(promise)
        session.flush()
        assert late_call_backs.tell(session, at + FIRST_WITHIN) == 0
        late = at + FIRST_WITHIN + SECOND
        assert late_call_backs.tell(session, late) == 1
        assert late_call_backs.tell(session, late) == 0
        [alarm] = escalations.open_escalations(session, by=lead)
        assert (alarm.kind, [turn.staff_id for turn in alarm.turns]) == (EscalationKind.CALL_BACK, [lead.id])
        promise.tries, promise.last_try_at, contact.taken_by = 1, late, ann.id
        assert late_call_backs.tell(session, late) == 1
        assert escalations.open_escalations(session, by=lead) == []
        assert (alarm.answered_at, alarm.answered_by) == (late, None)  # ann rang; she took no alarm over
        promise.due_at = late + 60 * MINUTE
        again = promise.due_at + FIRST_WITHIN + SECOND
        assert late_call_backs.tell(session, again - SECOND) == 0
        assert late_call_backs.tell(session, again) == 1
        assert board.board(session, at=again).promised.call_backs_late == 1
        promise.state, promise.closed_at = CallBackState.DONE, again
        assert late_call_backs.tell(session, again) == 1
        promise.state, promise.closed_at, promise.tries = CallBackState.DUE, None, 0  # broken off once more
        promise.due_at = again + MINUTE
        assert late_call_backs.tell(session, promise.due_at + FIRST_WITHIN + SECOND) == 1


def test_a_promise_tried_in_time_is_never_late(database: db.Database) -> None:
    """Neither one whose next try is not due yet nor one that was kept."""
    at = clock.now()
    with transaction() as session:
        lead = a_lead(session)
        for tries, state in ((1, CallBackState.DUE), (0, CallBackState.IMPOSSIBLE), (1, CallBackState.DONE)):
            one = a_contact(session, at=at, owner=lead, state=ContactState.MISSED, way_out=WayOut.ABANDONED)
            closed = None if state is CallBackState.DUE else at
            session.add(
                CallBack(
                    contact_id=one.id, reason=CallBackReason.ABANDONED, state=state, tries=tries,
                    created_at=at, due_at=at, closed_at=closed, last_try_at=at if tries else None,
                )
            )  # fmt: skip
        session.flush()
        assert late_call_backs.tell(session, at + 2 * FIRST_WITHIN) == 0


def test_a_seat_is_busy_for_the_talk_and_ten_minutes_at_most() -> None:
    """However long the record stays open; finished sooner, it counts as long as it took."""
    began = datetime(2026, 11, 18, 12, tzinfo=UTC)
    ended = began + 30 * MINUTE
    for closed, minutes in ((ended + 3 * MINUTE, 33), (ended + 240 * MINUTE, 40), (None, 40)):
        assert turns.seat_seconds(began, ended, closed, ended + 300 * MINUTE) == minutes * 60
    assert turns.seat_seconds(began, ended, None, ended + MINUTE) == 31 * 60


def test_the_time_told_to_callers_holds_the_writing_down(database: db.Database) -> None:
    """Ten-minute talks written down for five minutes, two seats: the fourth waits thirty minutes."""
    at = clock.now()
    with transaction() as session:
        lead = a_lead(session)
        line = a_line(session, owner=lead, at=at)
        for n in range(turns.LEAST_KNOWN):
            one = a_contact(
                session, at=at - (60 + n) * MINUTE, owner=lead, talked=600, state=ContactState.DONE
            )
            assert one.ended_at is not None
            one.closed_at = one.ended_at + WRAP_UP / 2
        for _ in range(2):
            a_seat(session, an_operator(session), at=at)
        session.flush()
        assert turns.estimate(session, line, at, place=4) == pytest.approx(1800)


def test_the_last_minutes_of_a_day_are_counted_when_it_is_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call at 23:58 that nobody heard of is missing on its own day, and not on the next."""
    midnight = clock.local(desk.house.timeline.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    calls = [
        Rung("CA1", LegState.ENDED, None, midnight - 2 * MINUTE, midnight, None),
        Rung("CA2", LegState.ENDED, None, midnight + MINUTE, midnight + 2 * MINUTE, None),
    ]

    def counted(at: datetime) -> dict[int, int]:
        calls_until = [one for one in calls if one.began_at <= at]
        monkeypatch.setattr(
            desk.house.line, "calls_to", lambda number, since: [c for c in calls_until if c.began_at >= since]
        )
        assert count_days(at.astimezone(UTC)) == len(LineKind)
        with db.reading() as session:
            rows = session.scalars(sa.select(CarrierDay).where(CarrierDay.line == LineKind.COUNSELLING))
            return {(row.day_on - midnight.date()).days: row.reported for row in rows}

    assert counted(midnight - 4 * MINUTE) == {-1: 0}
    assert counted(midnight + 3 * MINUTE) == {-1: 1, 0: 1}
    assert counted(midnight + carrier_days.SETTLED_AFTER + MINUTE) == {-1: 1, 0: 1}
    calls[0] = Rung("CA3", LegState.ENDED, None, midnight - MINUTE, midnight, None)
    assert counted(midnight + 60 * MINUTE) == {-1: 1, 0: 1}
