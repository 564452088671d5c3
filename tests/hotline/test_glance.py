"""A glance: one question tells a screen that nothing changed, and nothing that changed is ever held back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from core import clock, db
from core.people import Staff
from core.terms import speaking
from hotline import consulting, seating, talking, wrapping
from hotline.contacts import Contact
from hotline.glance import glance
from hotline.line_lists import KEPT_FOR, latest_lists
from hotline.lines import LineKind
from hotline.operator_line import screen
from hotline.screenings import ScreeningSheet
from hotline.seats import LOST_AFTER, Seat, SeatState
from tests.hotline.conftest import Desk

SHARED = {"now", "tag", "lines", "call_backs", "follow_ups"}


@contextmanager
def counted() -> Iterator[list[str]]:
    """Count the statements inside the block."""
    engine, found = db.database().engine, list[str]()

    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            found.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


class Screen:
    """Somebody's page: it keeps what it was shown, and asks whether that still holds."""

    def __init__(self, desk: Desk, staff: Staff) -> None:
        self.desk, self.staff = desk, staff
        self.shown: dict[str, Any] = {}

    def look(self) -> bool:
        """Look again; say whether anything was told. What is shown is what stands in the books."""
        with self.desk.house.at_present() as now, db.reading() as session:
            told = glance(session, by=self.staff, at=now, seen=self.shown.get("tag", ""))
            if not told.get("unchanged"):
                self.shown = told
            truth = screen(session, by=self.staff, at=now)
        assert {k: v for k, v in self.shown.items() if k not in SHARED} == {
            k: v for k, v in truth.items() if k not in SHARED
        }
        return not told.get("unchanged")


def test_whatever_becomes_of_a_caller_is_seen_at_the_next_glance(desk: Desk) -> None:
    """From the first ring to the finished record, on the page of who talks and of a colleague."""
    ann, ben = desk.operator(), desk.operator()
    page, other = Screen(desk, ann), Screen(desk, ben)
    assert page.look()
    assert not page.look()
    leg = desk.call(for_s=15)
    contact = desk.contact(leg)
    assert page.look()
    assert page.shown["offer"]["token"] == contact.token
    assert other.look()
    desk.take(contact, ann, for_s=3)
    assert page.look()
    assert page.shown["contact"]["state"] == "talking"
    assert other.look()
    assert other.shown["offer"] is None
    for held in (True, False):
        desk.do(talking.hold, contact, held, by=ann)
        desk.run(2)
        assert page.look()
        assert page.shown["contact"]["is_held"] is held
    with desk.house.at_present() as now, db.transaction() as session:
        session.add(
            ScreeningSheet(
                contact_id=contact.id, wording="w", answers={}, begun_by=ann.id, begun_at=now, changed_at=now
            )
        )
    assert page.look()
    assert page.shown["contact"]["screening_begun"]
    desk.beat_for(5, ann, ben)
    page.look()
    desk.do(consulting.consult, contact, ben, by=ann)
    assert page.look()
    assert other.look()
    assert (page.shown["consult"]["mine"]["id"], other.shown["consult"]["asked"]["id"]) == (1, 1)
    desk.do(consulting.end_consult, contact, by=ann)
    assert page.look()
    assert other.look()
    desk.house.carrier.hang_up(leg)
    desk.run(2)
    assert page.look()
    assert page.shown["seat"]["state"] == "wrapping"
    desk.do(wrapping.finish, contact, by=ann)
    assert page.look()
    assert (page.shown["contact"], page.shown["today"]["count"]) == (None, 1)
    desk.do(seating.leave, by=ann)
    assert page.look()


def test_what_only_time_changes_is_seen_too(desk: Desk) -> None:
    """An offer that has run out, a rest that is over, a screen that fell silent."""
    ann = desk.operator()
    page = Screen(desk, ann)
    desk.call(for_s=15)
    page.look()
    assert page.shown["offer"]
    with desk.house.at_present() as now, db.transaction() as session:
        seat = session.scalars(sa.select(Seat)).one()
        seat.rest_until = now + timedelta(seconds=4)
    page.look()
    assert page.shown["seat"]["rest_until"]
    desk.house.run(LOST_AFTER.total_seconds() + 2)
    assert page.look()
    assert (page.shown["offer"], page.shown["seat"]["rest_until"]) == (None, None)
    assert page.shown["seat"]["is_lost"]


def test_an_unchanged_screen_costs_one_statement_and_so_does_a_heartbeat(desk: Desk) -> None:
    """A hundred of them ask every second or two."""
    ann = desk.operator()
    page = Screen(desk, ann)
    page.look()
    with desk.house.at_present() as now, db.reading() as session, counted() as asked:
        told = glance(session, by=ann, at=now, seen=page.shown["tag"])
    assert (told, len(asked)) == ({"unchanged": True, "now": now.isoformat()}, 1)
    with desk.house.at_present() as now, db.transaction() as session, counted() as asked:
        seating.beat(session, by=ann, at=now + timedelta(seconds=10))
    assert [statement.split()[0] for statement in asked] == ["UPDATE"]
    with db.reading() as session:
        assert session.scalars(sa.select(Seat.heartbeat_at)).one() == now + timedelta(seconds=10)
    with db.transaction() as session:  # one that was overtaken by a later one changes nothing
        seating.beat(session, by=ann, at=now)
    with db.reading() as session:
        assert session.scalars(sa.select(Seat.heartbeat_at)).one() == now + timedelta(seconds=10)


def test_who_was_silent_is_rung_again_at_their_first_heartbeat(desk: Desk) -> None:
    """Not a sweep later: somebody waits."""
    ann = desk.operator()
    desk.run(LOST_AFTER.total_seconds() + 5)
    leg = desk.call(for_s=15)
    contact: Contact = desk.contact(leg)
    assert desk.offers(contact) == []
    desk.do(seating.beat, by=ann)
    assert [offer.staff_id for offer in desk.offers(contact)] == [ann.id]
    with db.reading() as session:
        assert session.scalars(sa.select(Seat.state)).one() is SeatState.AVAILABLE


def test_lists_are_read_once_for_many_and_never_go_back_in_time(desk: Desk) -> None:
    """Whoever saw a later list is not shown an earlier one by another process."""
    desk.call(for_s=12)
    with desk.house.at_present() as now, db.reading() as session:
        with clock.frozen(now):
            first = latest_lists(session, at=now)
        with counted() as asked:
            assert latest_lists(session, at=now) is first
            assert latest_lists(session, at=now + KEPT_FOR / 2) is first
        assert asked == []
        later = now + KEPT_FOR / 2
        with clock.frozen(later):
            second = latest_lists(session, at=later, seen_at=later)
        assert (second.read_at, second.mark) == (later, first.mark)
        with clock.frozen(now + KEPT_FOR * 2):
            assert latest_lists(session, at=clock.now()) is not second
    assert first.lines[LineKind.COUNSELLING].count == 1


def test_the_queue_behind_a_talk_disturbs_nobody_in_it(desk: Desk) -> None:
    """It is not shown there, and is told as it stands as soon as the talk is over."""
    ann, ben = desk.operator(), desk.operator()
    page, other = Screen(desk, ann), Screen(desk, ben)
    desk.do(seating.rest, by=ben)
    leg = desk.call(for_s=15)
    desk.take(desk.contact(leg), ann, for_s=3)
    page.look()
    other.look()
    desk.call("+8613900000003", for_s=15)
    assert not page.look()
    assert other.look()
    assert [line["count"] for line in other.shown["lines"]] == [1]
    desk.house.carrier.hang_up(leg)
    desk.run(2)
    assert page.look()
    assert [line["count"] for line in page.shown["lines"]] == [1]


def test_a_page_in_another_language_is_another_page(desk: Desk) -> None:
    """The words come with the answer."""
    ann = desk.operator()
    page = Screen(desk, ann)
    page.look()
    assert page.shown["seat"]["label"] == "可接听"
    with speaking("en"):
        assert page.look()
    assert page.shown["seat"]["label"] == "Available"


def test_what_a_page_says_it_saw_is_no_key_to_anything(desk: Desk) -> None:
    """A mark that was made up shows the page as it stands."""
    ann = desk.operator()
    with desk.house.at_present() as now, db.reading() as session:
        for seen in ("x", ".", "abc.9999999999999999", "abc.-1", "abc.١"):
            assert "seat" in glance(session, by=ann, at=now, seen=seen)
