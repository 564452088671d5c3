"""Languages: a key of this one call, offered first to who speaks it, left to nobody for long, and remembered of no one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import sqlalchemy as sa

from benchmarks import hotline_schedules
from benchmarks.hotline_parts import Part
from benchmarks.hotline_reports import Step
from benchmarks.hotline_schedules import Judge, cast
from benchmarks.hotline_stage import Stage
from core import db
from core.people import Staff
from core.permissions import Role
from core.problems import Missing
from core.terms import speaking
from hotline import (
    answering,
    dispatch,
    glance,
    languages,
    menu,
    next_call_back,
    operator_line,
    seating,
    speakers,
    talking,
    voicemail,
    waiting,
    wrapping,
)
from hotline.contacts import Contact, WayOut
from hotline.contacts import ContactState as S
from hotline.line_lists import read_lists
from hotline.lines import LineKind, line_of
from hotline.offers import OfferAnswer
from hotline.reconciling import reconcile_lines
from hotline.seats import Seat, SeatState
from telephony import inbound, line, webhooks
from telephony.simulator.leg import Leg
from tests.factories import a_staff
from tests.hotline.conftest import Desk

NAMES = {"4": ("彝语", "Yi"), "5": ("英语", "English")}
GREETED = 12.0
"""Seconds after which the greeting is over and the menu is being said."""


@pytest.fixture
def spoken(desk: Desk) -> dict[str, int]:
    """Give the counselling line two languages; return them by their English names."""
    with db.transaction() as session:
        found = {key: languages.language_called(session, *names) for key, names in NAMES.items()}
        row = line_of(session, LineKind.COUNSELLING)
        assert row is not None
        row.languages = {key: one.id for key, one in found.items()}
        return {one.en: one.id for one in found.values()}


def speaks(desk: Desk, staff: Staff, *which: int) -> Staff:
    """Let a lead note what somebody speaks."""
    with desk.house.at_present() as now, db.transaction() as session:
        by, person = session.merge(desk.owner), session.merge(staff)
        speakers.note_languages(session, person, which, among=which, by=by, at=now)
    return staff


def speaker(desk: Desk, *which: int) -> Staff:
    """Bring an operator to their seat who speaks some languages, before anybody rings there."""
    staff = desk.operator(sits=False)
    speaks(desk, staff, *which)
    desk.do(seating.sit, by=staff)
    return staff


def chooses(desk: Desk, key: str = "4", number: str = "+8613900000004") -> Leg:
    """Let somebody call and press a key when the greeting asks; keys before that are heard by nobody."""
    presses = ((GREETED, key),)
    return desk.call(number, for_s=GREETED + 9, presses=presses)


def rung(desk: Desk, contact: Contact) -> list[int]:
    """Return at whose telephones a caller rings or rang, in order."""
    return [offer.staff_id for offer in desk.offers(contact)]


def chosen(desk: Desk, leg: Leg) -> str | None:
    """Return the English name of what a caller chose."""
    with db.reading() as session:
        language = session.get_one(Contact, desk.contact(leg).id).language
        return None if language is None else language.en


# What callers hear, and what their keys do


def test_where_no_language_is_set_nothing_is_said_and_nothing_is_waited_for(desk: Desk) -> None:
    leg = desk.call(for_s=40)
    greeting = desk.house.documents[0]
    assert "<Gather" not in greeting
    assert greeting.count("<Say") == 3
    assert not any("讲" in text for _, text in leg.heard)
    desk.house.carrier.press(leg, "4")
    desk.run(5)
    assert (chosen(desk, leg), desk.contact(leg).state) == (None, S.WAITING)


def test_a_key_in_the_greeting_chooses_and_is_not_asked_for_again(desk: Desk, spoken: dict[str, int]) -> None:
    leg = chooses(desk)
    assert chosen(desk, leg) == "Yi"
    assert desk.contact(leg).state is S.WAITING
    said = [text for _, text in leg.heard]
    assert "讲彝语请按 4。" in said
    assert "For English press 5." in said  # whoever needs it hears it in their own
    assert menu.CHOSEN.filled(language="彝语").in_language("zh") in said
    desk.run(40)
    assert said.count("讲彝语请按 4。") == 1
    assert [text for _, text in leg.heard].count("讲彝语请按 4。") == 1
    assert desk.house.carrier.warnings == []


def test_who_says_nothing_waits_as_ever_and_may_choose_while_waiting(
    desk: Desk, spoken: dict[str, int]
) -> None:
    leg = desk.call(for_s=30)
    assert (chosen(desk, leg), desk.contact(leg).state) == (None, S.WAITING)
    desk.house.carrier.press(leg, "5")
    desk.run(30)
    assert chosen(desk, leg) == "English"
    assert any("You are number 1 in the queue." in text for _, text in leg.heard)
    desk.house.carrier.press(leg, "4")
    desk.run(5)
    assert chosen(desk, leg) == "English"


@pytest.mark.parametrize("key", ["3", "6", "0", "*"])
def test_other_keys_mean_nothing(desk: Desk, spoken: dict[str, int], key: str) -> None:
    leg = chooses(desk, key)
    desk.house.carrier.press(leg, key)
    desk.run(5)
    assert (chosen(desk, leg), desk.contact(leg).state) == (None, S.WAITING)


def test_a_caller_who_was_told_that_three_refuses_recording_chooses_nothing_with_it(desk: Desk) -> None:
    with db.transaction() as session:
        row = line_of(session, LineKind.COUNSELLING)
        assert row is not None
        row.is_recorded = True
    leg = desk.call(for_s=15)
    assert desk.contact(leg).is_recorded
    with db.transaction() as session:
        row = line_of(session, LineKind.COUNSELLING)
        assert row is not None
        row.is_recorded = False
        row.languages = {"3": languages.language_called(session, "彝语", "Yi").id}
    desk.run(20)
    assert not any("讲彝语" in text for _, text in leg.heard)
    desk.house.carrier.press(leg, "3")
    desk.run(5)
    assert (chosen(desk, leg), desk.contact(leg).is_recorded) == (None, False)


@pytest.mark.parametrize(("key", "way"), [("1", WayOut.CALL_BACK), ("2", WayOut.MESSAGE)])
def test_the_ways_out_keep_their_keys_and_the_contact_its_language(
    desk: Desk, spoken: dict[str, int], key: str, way: WayOut
) -> None:
    waiting.take_messages(voicemail.offer_message)
    leg = chooses(desk, "5")
    desk.house.carrier.press(leg, key)
    desk.run(20)
    contact = desk.contact(leg)
    assert (contact.state, contact.way_out, chosen(desk, leg)) == (S.MISSED, way, "English")
    words = waiting.PROMISED if key == "1" else voicemail.SPEAK
    assert any(words.en in text for _, text in leg.heard)
    with desk.house.at_present() as now, db.reading() as session:
        row = read_lists(session, at=now + timedelta(minutes=1)).lines[LineKind.COUNSELLING].due[0]
    assert str(row.language) == "英语"


def test_what_the_carrier_did_alone_leaves_the_language_where_it_is(
    desk: Desk, spoken: dict[str, int]
) -> None:
    """The application is away when the waiting page is asked for; the reconciler finds the contact as it was."""
    leg = chooses(desk)
    desk.house.carrier.hang_up(leg)
    desk.run(90)
    reconcile_lines(desk.house.timeline.now())
    assert (desk.contact(leg).state, chosen(desk, leg)) == (S.MISSED, "Yi")


def test_the_same_number_calls_again_and_nothing_is_remembered(desk: Desk, spoken: dict[str, int]) -> None:
    first = chooses(desk)
    desk.house.carrier.hang_up(first)
    again = desk.call("+8613900000004", for_s=20)
    assert (chosen(desk, first), chosen(desk, again)) == ("Yi", None)
    assert desk.contact(first).caller_id == desk.contact(again).caller_id


# Whose telephone rings


def test_who_speaks_it_is_rung_and_sees_so(desk: Desk, spoken: dict[str, int]) -> None:
    desk.operator()
    ann = speaker(desk, spoken["Yi"])
    contact = desk.contact(chooses(desk))
    assert rung(desk, contact) == [ann.id]
    with desk.house.at_present() as now, db.reading() as session:
        by = session.get_one(Staff, ann.id)
        with speaking("en"):
            told = operator_line.screen(session, by=by, at=now)
        assert told["offer"]["language"] == "Yi"
        assert told["lines"][-1]["rows"][0]["language"] == "Yi"
    desk.do(answering.answer, contact, by=ann)
    desk.run(3)
    with desk.house.at_present() as now, db.reading() as session:
        told = operator_line.own(session, by=session.get_one(Staff, ann.id), at=now)
    assert (told["contact"]["state"], told["contact"]["language"]) == ("talking", "彝语")


def test_a_key_while_others_ring_takes_the_ringing_to_who_speaks_it(
    desk: Desk, spoken: dict[str, int]
) -> None:
    ben, carl = desk.operator(), desk.operator()
    ann = speaker(desk, spoken["Yi"])
    desk.do(seating.rest, by=ann)
    leg = desk.call(for_s=22)
    contact = desk.contact(leg)
    assert set(rung(desk, contact)) == {ben.id, carl.id}
    desk.do(seating.free, by=ann)
    desk.house.carrier.press(leg, "4")
    desk.run(2)
    assert chosen(desk, leg) == "Yi"
    answers = {offer.staff_id: offer.answer for offer in desk.offers(contact)}
    assert answers == {ben.id: OfferAnswer.LEFT, carl.id: OfferAnswer.LEFT, ann.id: None}


def test_a_key_while_it_rings_is_seen_at_once_where_nobody_else_speaks_it(
    desk: Desk, spoken: dict[str, int]
) -> None:
    ben = desk.operator()
    leg = desk.call(for_s=22)

    def look(seen: str = "") -> dict[str, Any]:
        with desk.house.at_present() as now, db.reading() as session:
            return glance.glance(session, by=session.get_one(Staff, ben.id), at=now, seen=seen)

    before = look()
    assert before["offer"]["language"] == ""
    assert look(before["tag"]) == {"unchanged": True, "now": ANY}
    desk.house.carrier.press(leg, "4")
    desk.run(1.5)
    assert look(before["tag"])["offer"]["language"] == "彝语"
    assert rung(desk, desk.contact(leg)) == [ben.id]


def test_who_speaks_it_is_busy_and_after_a_minute_anybody_is_rung(desk: Desk, spoken: dict[str, int]) -> None:
    ann = speaker(desk, spoken["Yi"])
    desk.take(desk.contact(desk.call("+8613900000001", for_s=22)), ann)
    ben = desk.operator()
    contact = desk.contact(chooses(desk))
    assert contact.waiting_from is not None
    desk.beat_for(35, ann, ben)
    assert rung(desk, contact) == []
    other = desk.contact(desk.call("+8613900000002", for_s=17))
    assert rung(desk, other) == [ben.id]  # nobody waits behind somebody who is left to another
    desk.do(answering.answer, other, by=ben)
    carl = desk.operator()
    desk.beat_for(10, ann, carl)
    assert rung(desk, contact) == [carl.id]
    offer = desk.offers(contact)[0]
    waited = (offer.offered_at - contact.waiting_from).total_seconds()
    assert 60 <= waited <= 64


def test_where_nobody_at_the_line_speaks_it_nobody_is_waited_for(desk: Desk, spoken: dict[str, int]) -> None:
    ann, ben = speaker(desk, spoken["Yi"]), desk.operator()
    desk.do(seating.leave, by=ann)
    assert rung(desk, desk.contact(chooses(desk))) == [ben.id]


@pytest.mark.parametrize("wait_s", [0, 20])
def test_how_long_they_are_left_to_speakers_is_set_for_the_line(
    desk: Desk, spoken: dict[str, int], wait_s: int
) -> None:
    with db.transaction() as session:
        row = line_of(session, LineKind.COUNSELLING)
        assert row is not None
        row.language_wait_s = wait_s
    ann = speaker(desk, spoken["Yi"])
    desk.take(desk.contact(desk.call("+8613900000001", for_s=22)), ann)
    ben = desk.operator()
    contact = desk.contact(chooses(desk))
    desk.beat_for(25, ann, ben)
    assert contact.waiting_from is not None
    waited = (desk.offers(contact)[0].offered_at - contact.waiting_from).total_seconds()
    assert wait_s <= waited <= wait_s + 3


def test_a_speaker_gets_their_language_before_a_longer_wait(desk: Desk, spoken: dict[str, int]) -> None:
    early = desk.contact(desk.call("+8613900000001", for_s=30))
    contact = desk.contact(chooses(desk))
    ann = speaker(desk, spoken["Yi"])
    desk.run(1)
    assert (rung(desk, contact), rung(desk, early)) == ([ann.id], [])
    ben = desk.operator()
    assert rung(desk, early) == [ben.id]


def test_they_are_found_however_long_the_queue_is(desk: Desk, spoken: dict[str, int]) -> None:
    """A free seat looks a few callers down the queue only: further down for its own languages, and past who is left."""
    ann, ben = speaker(desk, spoken["Yi"]), desk.operator()
    desk.do(seating.rest, by=ben)
    desk.take(desk.contact(desk.call("+8613900000001", for_s=22)), ann)
    with desk.house.at_present() as now, db.transaction() as session:
        for n in range(12):
            is_yi = n in (0, 1, 2, 3, 11)
            session.add(
                Contact(
                    token=f"waits{n}", line=LineKind.COUNSELLING, state=S.WAITING, owner_id=desk.owner.id,
                    rung_at=now, waiting_from=now - timedelta(seconds=40 - n),
                    language_id=spoken["Yi"] if is_yi else None,
                )
            )  # fmt: skip
    with desk.house.at_present() as now, db.transaction() as session:
        session.scalars(sa.select(Seat).where(Seat.staff_id == ben.id)).one().state = SeatState.AVAILABLE
        session.flush()
        dispatch.dispatch(session, at=now)
        found = session.scalars(sa.select(Contact).where(Contact.token == "waits4")).one()
    assert rung(desk, found) == [ben.id]
    dana = speaker(desk, spoken["English"])
    with desk.house.at_present() as now, db.transaction() as session:
        session.add(
            Contact(
                token="last", line=LineKind.COUNSELLING, state=S.WAITING, owner_id=desk.owner.id, rung_at=now,
                waiting_from=now, language_id=spoken["English"],
            )
        )  # fmt: skip
        session.flush()
        dispatch.close_offers_to(session, dana.id, OfferAnswer.EXPIRED, at=now)
        dispatch.dispatch(session, at=now)
        last = session.scalars(sa.select(Contact).where(Contact.token == "last")).one()
    assert rung(desk, last) == [dana.id]


def test_who_lost_their_operator_comes_first_at_anybody_and_is_asked_nothing_more(
    desk: Desk, spoken: dict[str, int]
) -> None:
    ann, ben = speaker(desk, spoken["Yi"]), desk.operator()
    leg = chooses(desk)
    contact = desk.take(desk.contact(leg), ann)
    desk.do(seating.beat, by=ben)
    desk.do(talking.put_back, contact)
    desk.do(seating.rest, by=ann)
    desk.beat_for(5, ben)
    assert rung(desk, contact)[-1] == ben.id
    assert chosen(desk, leg) == "Yi"


def test_who_kept_their_place_is_rung_by_who_speaks_it_while_one_is_at_the_line(
    desk: Desk, spoken: dict[str, int]
) -> None:
    ann = speaker(desk, spoken["Yi"])
    talk = desk.take(desk.contact(desk.call("+8613900000001", for_s=22)), ann)
    leg = chooses(desk)
    desk.house.carrier.press(leg, "1")
    desk.beat_for(10, ann)
    contact, ben = desk.contact(leg), desk.operator()
    desk.beat_for(120, ann, ben)
    assert rung(desk, contact) == []
    promise = desk.call_back(contact)
    assert promise is not None
    assert desk.do(next_call_back.claim_next, by=ben) is None
    desk.do(talking.hang_up, talk, by=ann)
    desk.run(2)
    desk.do(wrapping.finish, talk, by=ann)
    desk.run(3)
    assert rung(desk, contact) == [ann.id]


def test_a_promise_is_kept_in_time_by_anybody_when_nobody_who_speaks_it_is_free(
    desk: Desk, spoken: dict[str, int]
) -> None:
    ann = speaker(desk, spoken["Yi"])
    desk.take(desk.contact(desk.call("+8613900000001", for_s=22)), ann)
    leg = chooses(desk)
    desk.house.carrier.press(leg, "1")
    desk.beat_for(10, ann)
    contact, ben = desk.contact(leg), desk.operator()
    assert contact.ended_at is not None
    desk.beat_for(615, ann, ben)
    offers = desk.offers(contact)
    assert offers[0].staff_id == ben.id
    assert 600 <= (offers[0].offered_at - contact.ended_at).total_seconds() <= 606


def test_the_next_call_back_is_one_in_ones_own_language(desk: Desk, spoken: dict[str, int]) -> None:
    legs = [desk.call("+8613900000001", for_s=20), chooses(desk), chooses(desk, "5", "+8613900000005")]
    for leg in legs:
        desk.house.carrier.hang_up(leg)
        desk.run(2)
    plain, yi, english = (desk.call_back(desk.contact(leg)) for leg in legs)
    assert plain is not None
    assert yi is not None
    assert english is not None
    ann, ben = speaker(desk, spoken["Yi"]), desk.operator()
    assert desk.do(next_call_back.claim_next, by=ann).id == yi.id  # type: ignore[attr-defined]
    assert desk.do(next_call_back.claim_next, by=ben).id == plain.id  # type: ignore[attr-defined]
    # Nobody who speaks English is at the line: it is anybody's.
    assert desk.do(next_call_back.claim_next, by=ben).id == english.id  # type: ignore[attr-defined]


def test_what_an_operator_speaks_is_noted_before_they_ever_sat(desk: Desk, spoken: dict[str, int]) -> None:
    ann = desk.operator(sits=False)
    speaks(desk, ann, spoken["Yi"])
    with db.transaction() as session:
        seat = session.scalars(sa.select(Seat).where(Seat.staff_id == ann.id)).one()
        assert (seat.state, seat.speaks) == (SeatState.OFF, [spoken["Yi"]])
        assert seat.is_lost(desk.house.timeline.now())  # nobody has heard of them there
        by = session.merge(desk.owner)
        both = list(spoken.values())
        now = desk.house.timeline.now()
        speakers.note_languages(session, seat.staff, both, among=[spoken["English"]], by=by, at=now)
        assert seat.speaks == sorted(both)
        speakers.note_languages(session, seat.staff, [], among=[spoken["Yi"]], by=by, at=now)
        assert seat.speaks == [spoken["English"]]
        with pytest.raises(Missing):
            stranger = a_staff(session, Role.CLERK)
            speakers.note_languages(session, stranger, both, among=both, by=by, at=now)
    desk.do(seating.sit, by=ann)
    assert seat.speaks == [spoken["English"]]


# Reports twice, late and out of order


def in_the_greeting(part: Part) -> Iterator[Step]:
    """Chooses in the greeting and is talked to."""
    yield part.page("inbound")
    yield part.page("input", q=menu.QUESTION, n="0", Digits="3")
    yield from _waits_and_talks(part)


def while_waiting(part: Part) -> Iterator[Step]:
    """Chooses while waiting."""
    yield from part.enters()
    yield part.page("input", q=waiting.KEYS, n="0", Digits="4")
    yield from _waits_and_talks(part)


def twice_over(part: Part) -> Iterator[Step]:
    """Presses another key afterwards: the first one stands."""
    yield part.page("inbound")
    yield part.page("input", q=menu.QUESTION, n="0", Digits="3")
    yield part.page("wait", line="line-counselling", QueueSid=part.queue, QueuePosition="1", QueueTime="0")
    yield part.page("input", q=waiting.KEYS, n="0", Digits="4")
    yield from _waits_and_talks(part)


def too_late(part: Part) -> Iterator[Step]:
    """Presses when somebody has taken them already."""
    yield from part.enters()
    taken, *more = part.answered_by(part.first)
    yield taken
    yield part.page("input", q=waiting.KEYS, n="0", Digits="3")
    yield from more
    yield from part.hangs_up(part.first)
    yield part.act(part.first, wrapping.finish)


def asks_to_be_called(part: Part) -> Iterator[Step]:
    """Chooses, and asks to be called back."""
    part.tells_a_number()
    yield from part.enters()
    yield part.page("input", q=waiting.KEYS, n="0", Digits="3")
    yield part.page("input", q=waiting.KEYS, n="0", Digits="1")
    yield part.waited("leave", is_page=True)
    yield part.over()


def _waits_and_talks(part: Part) -> Iterator[Step]:
    yield part.page("wait", line="line-counselling", QueueSid=part.queue, QueuePosition="1", QueueTime="0")
    yield from part.answered_by(part.first)
    yield from part.hangs_up(part.first)
    yield part.act(part.first, wrapping.finish)


TOLD: dict[str, tuple[Callable[[Part], Iterator[Step]], str | None]] = {
    "in the greeting": (in_the_greeting, "本地话"),
    "while waiting": (while_waiting, "彝语"),
    "twice over": (twice_over, "本地话"),
    "too late": (too_late, None),
    "asks to be called": (asks_to_be_called, "本地话"),
}


def test_keys_told_twice_and_late_choose_what_they_chose_in_fair_weather(
    sqlite: db.Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two callers at once, each with one operator who speaks both languages; each schedule its own."""
    monkeypatch.setattr(wrapping, "_rules", {})
    monkeypatch.setattr(waiting, "_messages", [])
    monkeypatch.setattr(webhooks, "kick", lambda: None)
    monkeypatch.setattr(hotline_schedules, "ALL", {name: story for name, (story, _) in TOLD.items()})
    inbound.forget_answers()
    try:
        stage = Stage(tmp_path, languages=("本地话", "彝语"))
        judge, seen = Judge(stage), set()
        for seed in range(60):
            assert judge.differs(seed) is None
            names, parts = cast(stage, seed)
            with db.reading() as session:
                found = [part.contact(session).language for part in parts]
            assert [one.zh if one else None for one in found] == [TOLD[name][1] for name in names], seed
            seen |= set(names)
        assert seen == set(TOLD)
    finally:
        inbound.forget_answers()
        line.use(None)
