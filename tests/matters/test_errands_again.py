"""Errands that begin anew: another unit, another message, another decision; what came before counts for nothing."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import db
from core.people import Staff
from core.problems import Refused
from matters import caller_calls, caller_desk, conflicts, relays
from matters.attributes import Conflict, TryResult
from matters.caller_tries import CallerTry
from matters.errand_results import rung as noted
from matters.errands import is_over
from matters.flow import MatterAction as A
from matters.log import replayed
from matters.matter import Matter
from matters.messages import MatterRelay
from matters.moving import act, standing_of
from matters.reporters import reporters_of
from matters.states import MatterState
from matters.turn_queue import next_turn
from matters.turns import CallerTurn, Errand
from tests.matters.callers import MONDAY, a_desk, by_hand, rung
from tests.matters.scenes import Hall, do, said, the
from tests.matters.test_callers import here
from tests.matters.test_errands import AT, NO_ANSWER, REACHED, entries, errands, in_work, ring

EVENING = (AT, here(16, 14, 30), here(16, 19))
"""Three calls in vain, one of them in the evening: whoever does not answer them is given up."""


def to_water(hall: Hall, receipt: str, *, at: datetime, by_conflict: bool) -> None:
    """Take a matter from the roads and give it to the water works, which sign for it."""
    head = hall.people["head"]
    facts = {"lead": hall.id("water"), "supporting": [], "redacted": True}
    if by_conflict:
        with db.transaction() as session:
            matter, roads = the(session, receipt), session.merge(hall.units["roads"], load=False)
            clerk = session.merge(hall.people["clerk"], load=False)
            conflicts.set_conflict(session, matter, Conflict.UNIT, roads, "来电人说的", by=clerk, at=at)
        do(receipt, A.ASSIGN, head, at=at, facts=facts)
    else:
        asks = {"basis": True, "proposed": hall.id("water")}
        do(receipt, A.ASK_RETURN, hall.people["roads"], at=at, facts=asks, text="不属本局职责")
        do(receipt, A.ACCEPT_RETURN, head, at=at, facts=facts)
    do(receipt, A.SIGN, hall.people["water"], at=at)


def writes(session: Session, hall: Hall, matter: Matter, unit: str, words: str, at: datetime) -> MatterRelay:
    """Have a unit write a message."""
    by = session.merge(hall.people[unit], load=False)
    return relays.ask_to_pass_on(session, matter, words, by=by, at=at)


def join(session: Session, matter: Matter, clerk: Staff, other: str) -> int:
    """Let whoever raised another matter join this one; return their id."""
    (joined,) = reporters_of(session, the(session, other))
    facts = {"caller": joined.id, "anonymous": False, "source": joined.matter_id}
    act(session, matter, A.ADD_CALLER, by=clerk, at=AT, facts=facts)
    return joined.id


@pytest.mark.parametrize("by_conflict", [True, False])
def test_the_next_unit_gets_its_own_first_contact(sqlite: db.Database, by_conflict: bool) -> None:
    """The caller was given up for the first one; they are rung three times again."""
    hall = by_hand()
    receipt = in_work(hall)
    with db.transaction() as session:
        clerk = a_desk(session, hall, clerks=1)[0]
        for at in EVENING:
            ring(session, clerk, at, Errand.CONTACT, NO_ANSWER)
        assert errands(session, the(session, receipt)) == []
    to_water(hall, receipt, at=here(17, 9), by_conflict=by_conflict)
    with db.transaction() as session:
        matter, clerk = the(session, receipt), session.merge(clerk, load=False)
        assert errands(session, matter) == [Errand.CONTACT]
        ring(session, clerk, here(17, 10), Errand.CONTACT, NO_ANSWER)
        assert errands(session, matter) == [Errand.CONTACT]
        ring(session, clerk, here(17, 14, 30), Errand.CONTACT, REACHED)
        (entry,) = entries(session, matter, A.CONTACT)
        assert (entry.facts["lead"], entry.facts["in_time"]) == (hall.id("water"), True)


def test_a_second_message_and_a_renewed_suspension_start_with_no_tries(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt = in_work(hall)
    with db.transaction() as session:
        matter, clerk = the(session, receipt), a_desk(session, hall, clerks=1)[0]
        head = session.merge(hall.people["head"], load=False)
        for words, day in (("明天来修", 16), ("改在后天来修", 17)):
            relay = writes(session, hall, matter, "roads", words, here(day, 9, 30))
            for hour, minute in ((10, 0), (14, 30), (19, 0)):
                assert relay.passed_at is None
                ring(session, clerk, here(day, hour, minute), Errand.RELAY, NO_ANSWER)
            assert relay.is_given_up
        for action, at in ((A.SUSPEND, here(18, 9)), (A.RENEW, here(18, 20))):
            review = {"review": (at + timedelta(days=60)).isoformat()}
            act(session, matter, action, by=head, at=at, facts=review, text="等立项")
            first = at.replace(hour=1) + timedelta(days=1)
            ring(session, clerk, first, Errand.INFORM, NO_ANSWER)
            assert (errands(session, matter), entries(session, matter, A.INFORM)) == ([Errand.INFORM], [])


@pytest.mark.parametrize("by_conflict", [True, False])
def test_the_words_of_a_unit_that_lost_the_matter_are_read_to_nobody(
    sqlite: db.Database, by_conflict: bool
) -> None:
    """Nor does an answer to them, noted late, count as the next unit's contact; that one's own words are rung."""
    hall = by_hand()
    receipt = in_work(hall)
    with db.transaction() as session:
        matter, clerk = the(session, receipt), a_desk(session, hall, clerks=1)[0]
        first = writes(session, hall, matter, "roads", "别再投诉了", AT)
        turn = next_turn(session, by=clerk, at=AT, errands=(Errand.RELAY,))
        assert turn is not None
        heard = rung(session, turn, clerk, AT, REACHED)
    to_water(hall, receipt, at=AT + timedelta(minutes=3), by_conflict=by_conflict)
    with db.transaction() as session:
        matter, clerk = the(session, receipt), session.merge(clerk, load=False)
        turn = session.scalars(sa.select(CallerTurn).where(CallerTurn.errand == Errand.RELAY)).one()
        assert session.get_one(MatterRelay, first.id).is_given_up
        assert (relays.count_waiting(session, clerk, AT), is_over(session, turn)) == (0, True)
        at = AT + timedelta(minutes=5)
        second = writes(session, hall, matter, "water", "今天来查漏", at)
        noted(session, turn, type(heard)(REACHED, words="知道了"), by=clerk, at=at)
        assert entries(session, matter, A.CONTACT) == []
        made = session.scalars(sa.select(CallerTry)).one()
        assert (made.words, second.passed_at) == ("知道了", None)
        again = next_turn(session, by=clerk, at=at, errands=(Errand.RELAY,))
        assert again is not None
        hand = caller_desk.hand(session, clerk, at=at)
        assert hand is not None
        assert (hand.result, hand.tries) == ("今天来查漏", [])
        noted(session, again, rung(session, again, clerk, at, REACHED), by=clerk, at=at)
        assert second.passed_by == clerk.id
        assert [e.facts["lead"] for e in entries(session, matter, A.CONTACT)] == [hall.id("water")]


def test_a_message_that_nobody_heard_is_settled_when_the_matter_ends(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt = in_work(hall)
    with db.transaction() as session:
        matter, clerk = the(session, receipt), a_desk(session, hall, clerks=1)[0]
        relay = writes(session, hall, matter, "roads", "明天来修", AT)
        left = {"caller": standing_of(matter).callers[0].id, "verified": "voice", "pressed": False}
        act(session, matter, A.WITHDRAW, by=clerk, at=AT, facts=left)
        assert (relay.is_given_up, relays.count_waiting(session, clerk, AT)) == (True, 0)


@pytest.mark.parametrize("is_extended", [True, False])
def test_a_suspension_that_is_over_is_told_to_nobody(sqlite: db.Database, is_extended: bool) -> None:
    hall = by_hand()
    receipt = in_work(hall)
    head, roads = hall.people["head"], hall.people["roads"]
    if is_extended:
        until = {"until": here(27, 18).isoformat()}
        do(receipt, A.ASK_EXTENSION, roads, at=AT, facts=until, text="配件要订货")
        do(receipt, A.GRANT_EXTENSION, head, at=AT)
    plan = {"review": here(30, 9).isoformat()}
    do(receipt, A.SUSPEND, head, at=AT + timedelta(hours=1), facts=plan, text="一、测绘；二、立项")
    with db.transaction() as session:
        matter, (clerk, other) = the(session, receipt), a_desk(session, hall, clerks=2)
        at = AT + timedelta(hours=1)
        turn = next_turn(session, by=clerk, at=at, errands=(Errand.INFORM,))
        assert turn is not None
        hand = caller_desk.hand(session, clerk, at=at)
        assert hand is not None
        assert (hand.result, "挂账" in str(hand.news)) == ("一、测绘；二、立项", True)
        heard = rung(session, turn, clerk, at, REACHED)
        act(session, matter, A.RESUME_WORK, by=head, at=at + timedelta(minutes=1))
        noted(session, turn, heard, by=clerk, at=at + timedelta(minutes=2))
        assert entries(session, matter, A.INFORM) == []  # what they were told was no longer so
        late = at + timedelta(minutes=3)
        again = next_turn(session, by=other, at=late, errands=(Errand.INFORM,))
        assert (again is not None) == is_extended
        hand = caller_desk.hand(session, other, at=late)
        assert (hand and "需要更多时间" in str(hand.news)) == (True if is_extended else None)
        assert hand is None or hand.result is None


def test_news_that_nobody_has_taken_up_goes_with_what_it_was_about(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt = in_work(hall)
    plan = {"review": here(30, 9).isoformat()}
    do(receipt, A.SUSPEND, hall.people["head"], at=AT, facts=plan, text="等立项")
    with db.transaction() as session:
        assert errands(session, the(session, receipt)) == [Errand.INFORM]
    do(receipt, A.RESUME_WORK, hall.people["head"], at=AT + timedelta(hours=1))
    with db.transaction() as session:
        assert errands(session, the(session, receipt)) == [Errand.CONTACT]


def test_whoever_withdraws_while_they_are_rung_holds_nobody_up(sqlite: db.Database) -> None:
    """The result can be noted; a caller taken up and not yet rung is not rung, and given back for good."""
    hall = by_hand()
    receipt = in_work(hall)
    others = [said(hall, at=MONDAY, number=f"+861450000100{n}") for n in (8, 9)]
    plan = {"review": here(30, 9).isoformat()}
    with db.transaction() as session:
        matter, (clerk, other) = the(session, receipt), a_desk(session, hall, clerks=2)
        for other_receipt in others:
            join(session, matter, clerk, other_receipt)
        head = session.merge(hall.people["head"], load=False)
        act(session, matter, A.SUSPEND, by=head, at=AT, facts=plan, text="等立项")
        on_line, taken = (
            next_turn(session, by=who, at=AT, errands=(Errand.INFORM,)) for who in (clerk, other)
        )
        assert on_line is not None
        assert taken is not None
        heard = rung(session, on_line, clerk, AT, REACHED)
        for turn in (on_line, taken):
            left = {"caller": turn.reporter_id, "verified": "voice", "pressed": False}
            act(session, matter, A.CALLER_LEFT, by=clerk, at=AT, facts=left)
        noted(session, on_line, type(heard)(REACHED, words="不用管了"), by=clerk, at=AT)
        with pytest.raises(Refused, match="gone on"):
            caller_calls.dial(session, taken, by=other, at=AT)
        caller_calls.give_back(session, taken, by=other, at=AT)
        assert errands(session, matter) == [Errand.INFORM]
        assert entries(session, matter, A.INFORM) == []


def test_when_one_caller_does_not_answer_the_next_is_rung_for_the_first_word(sqlite: db.Database) -> None:
    """Only when nobody can be reached is it written down so; the unit owes no word from then on."""
    hall = by_hand()
    receipt, another = in_work(hall), said(hall, at=MONDAY, number="+8614500001009")
    with db.transaction() as session:
        matter, clerk = the(session, receipt), a_desk(session, hall, clerks=1)[0]
        second = join(session, matter, clerk, another)
        for at in EVENING:
            ring(session, clerk, at, Errand.CONTACT, NO_ANSWER)
        turn = session.scalars(sa.select(CallerTurn).where(CallerTurn.errand == Errand.CONTACT)).one()
        assert (turn.reporter_id, entries(session, matter, A.NO_CONTACT)) == (second, [])
        for at in (here(17, 10), here(17, 14, 30), here(17, 19)):
            ring(session, clerk, at, Errand.CONTACT, TryResult.SWITCHED_OFF)
        assert [e.at for e in entries(session, matter, A.NO_CONTACT)] == [here(17, 19)]
        assert (errands(session, matter), standing_of(matter).awaits_word) == ([], False)
        assert replayed(session, matter) == standing_of(matter)


@pytest.mark.postgres
def test_two_of_a_unit_who_write_at_once_leave_one_message(postgres: db.Database) -> None:
    """The second is told that one waits already."""
    hall = by_hand()
    receipt = in_work(hall)
    meet, told = threading.Barrier(2), []

    def write(words: str) -> None:
        with db.using(postgres):
            try:
                with db.transaction() as session:
                    matter = the(session, receipt)
                    assert matter.state is MatterState.IN_HAND
                    meet.wait(20)
                    writes(session, hall, matter, "roads", words, AT)
                told.append("kept")
            except Refused:
                told.append("refused")

    threads = [threading.Thread(target=write, args=(words,)) for words in ("明天来修", "后天来修")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(MatterRelay)) == 1
    assert sorted(told) == ["kept", "refused"]
