"""The queue of callers: whose turn it is, who may take it, one person at a time, and which tries are enough."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, db
from core.people import Staff
from core.permissions import Role
from core.problems import Forbidden, Invalid, Refused
from matters.attributes import TryResult, Urgency
from matters.caller_calls import DialFirst, Heard, OutsideHours, ResultFirst, dial, give_back
from matters.caller_hours import next_try, open_from, within_hours
from matters.feedback import only_a_text_lacks, tell_untold, told
from matters.log import MatterEvent
from matters.moving import standing_of
from matters.notices import MatterNotice
from matters.revisits import asked
from matters.standing import Try
from matters.states import MatterState
from matters.trying import is_given_up, is_tried_enough
from matters.turn_queue import LEASE, NotYours, held_by, let_go_expired, next_turn, waiting
from matters.turns import CallerTurn, Errand
from tests.matters.callers import MONDAY, TUESDAY, a_desk, answered, by_hand, rung, turn_of
from tests.matters.scenes import in_unit, the

ZONE = clock.zone()
NO_ANSWER = TryResult.NO_ANSWER


def here(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of November 2026 in Shanghai; the 16th is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def calls(*moments: datetime, text: bool = False) -> list[Try]:
    """Make tries without an answer."""
    made = [Try(m, 1, NO_ANSWER.value) for m in moments]
    return [*made, Try(moments[-1], 1, TryResult.SENT.value)] if text else made


MORNING, AFTERNOON, EVENING = here(16, 10), here(16, 15), here(16, 19)


@pytest.mark.parametrize(
    ("tries", "is_enough", "lacks_text"),
    [
        ([], False, False),
        (calls(MORNING, AFTERNOON, EVENING, text=True), False, False),  # one day only
        (calls(here(16, 10), here(17, 10), here(18, 10), text=True), False, False),  # always in the morning
        (calls(MORNING, here(17, 15), text=True), False, False),  # two calls
        (calls(MORNING, AFTERNOON, here(17, 10)), False, True),  # no text
        (calls(MORNING, AFTERNOON, here(17, 10), text=True), True, False),
        (calls(here(16, 10), here(17, 19), here(17, 20), text=True), True, False),
        (calls(here(16, 23), here(17, 1), here(17, 2), text=True), True, False),  # midnight parts the days
    ],
)
def test_when_telling_was_tried_enough(tries: list[Try], is_enough: bool, lacks_text: bool) -> None:
    assert is_tried_enough(tries, ZONE) is is_enough
    assert only_a_text_lacks(tries) is lacks_text


@pytest.mark.parametrize(
    ("tries", "is_over"),
    [
        (calls(here(16, 10), here(17, 15), here(18, 11)), False),
        (calls(here(16, 10), here(17, 15)), False),
        (calls(here(16, 10), here(17, 15), here(18, 18)), True),
        (calls(here(16, 10), here(17, 15), here(21, 10)), True),  # a Saturday
        (calls(here(20, 18, 30), here(20, 19), here(20, 20)), True),
    ],
)
def test_when_a_revisit_is_given_up(tries: list[Try], is_over: bool) -> None:
    assert is_given_up(tries, ZONE) is is_over


@pytest.mark.parametrize(
    "start", [here(16, 9), here(16, 11, 50), here(17, 17, 30), here(20, 20, 59), here(21, 14, 30)]
)
@pytest.mark.parametrize("errand", [Errand.TELL, Errand.REVISIT])
@pytest.mark.parametrize("is_pressing", [True, False])
def test_the_third_try_is_planned_to_be_the_last(start: datetime, errand: Errand, is_pressing: bool) -> None:
    """Whenever the first call was, three are enough; each within hours, in another part of the day than the last."""

    def enough(tries: object) -> bool:
        given = list(tries)  # type: ignore[call-overload]
        text = Try(start, 1, TryResult.SENT.value)
        return is_tried_enough([*given, text], ZONE) if errand is Errand.TELL else is_given_up(given, ZONE)

    tries = calls(start)
    while len(tries) < 3:
        moment = next_try(tries, ZONE, enough, is_pressing=is_pressing)
        assert within_hours(moment, is_pressing=is_pressing)
        assert moment >= tries[-1].at + timedelta(hours=2)
        tries += calls(moment)
    assert enough(tries)
    assert tries[-1].at - start < timedelta(days=3)


def test_a_busy_line_is_tried_again_soon() -> None:
    busy = [Try(here(16, 10), 1, TryResult.BUSY.value)]
    assert next_try(busy, ZONE, lambda t: True, is_pressing=False) == here(16, 10, 30)


def test_nobody_is_rung_at_night_or_at_noon() -> None:
    assert not within_hours(here(16, 13).astimezone(ZONE), is_pressing=False)
    assert within_hours(here(16, 13).astimezone(ZONE), is_pressing=True)
    assert not within_hours(here(16, 21).astimezone(ZONE), is_pressing=True)
    assert open_from(here(16, 21).astimezone(ZONE), is_pressing=False) == here(17, 9)
    assert open_from(here(16, 13).astimezone(ZONE), is_pressing=False) == here(16, 14, 30)


def test_a_checked_result_queues_its_caller(database: db.Database) -> None:
    hall = by_hand()
    receipt = answered(hall)
    with db.transaction() as session:
        turn = turn_of(session, receipt)
        assert turn is not None
        assert (turn.errand, turn.next_at, turn.tries) == (Errand.TELL, TUESDAY, 0)
        assert turn.due_at == here(18, 18)  # one working day
        clerk = hall.people["clerk"]
        rows = {w.errand: w for w in waiting(session, clerk, at=TUESDAY)}
        assert (rows[Errand.TELL].now, rows[Errand.REVISIT].now) == (1, 0)


def test_the_most_pressing_and_longest_due_come_first(database: db.Database) -> None:
    hall = by_hand()
    late = answered(hall, number="+8614500001001")
    later = answered(hall, number="+8614500001002", accepted_at=TUESDAY + timedelta(days=1))
    pressing = answered(hall, number="+8614500001003", urgency=Urgency.U1, accepted_at=MONDAY.replace(hour=2))
    with db.transaction() as session:
        order = []
        for clerk in a_desk(session, hall, clerks=3):
            turn = next_turn(session, by=clerk, at=TUESDAY + timedelta(days=1, hours=1))
            assert turn is not None
            order.append(turn.matter.receipt)
        assert order == [pressing, late, later]
        last = a_desk(session, hall, clerks=1)[0]
        assert next_turn(session, by=last, at=TUESDAY + timedelta(days=1, hours=1)) is None


def test_a_person_is_rung_by_one_at_a_time(database: db.Database) -> None:
    """Two matters of one number: the second waits until the first is done."""
    hall = by_hand()
    answered(hall)
    answered(hall)
    with db.transaction() as session:
        one, two = a_desk(session, hall, clerks=2)
        turn = next_turn(session, by=one, at=TUESDAY)
        assert turn is not None
        assert next_turn(session, by=two, at=TUESDAY) is None
        told(session, turn, rung(session, turn, one, TUESDAY, TryResult.REACHED), by=one, at=TUESDAY)
        assert next_turn(session, by=two, at=TUESDAY) is not None


def test_nobody_gets_the_same_caller(database: db.Database) -> None:
    """Six clerks in a rush take six of eight callers, four of whom are one person."""
    hall = by_hand()
    numbers = ["+8614500002000"] * 3 + [f"+861450000201{n}" for n in range(5)]
    for number in numbers:
        answered(hall, number=number)
    with db.transaction() as session:
        clerks = a_desk(session, hall, clerks=6)
    got: list[int] = []
    start = threading.Barrier(len(clerks))

    def take_one(clerk_n: int) -> None:
        with db.using(database):
            start.wait()
            with db.transaction() as session:
                turn = next_turn(session, by=session.merge(clerks[clerk_n], load=False), at=TUESDAY)
                if turn is not None:
                    got.append(turn.id)

    threads = [threading.Thread(target=take_one, args=(n,)) for n in range(len(clerks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(got) == len(set(got)) == 6
    with db.reading() as session:
        held = session.scalars(sa.select(CallerTurn).where(CallerTurn.lease_by.is_not(None))).all()
        assert len(held) == 6
        assert max(Counter(t.person for t in held).values()) == 1


def test_a_lease_runs_out_and_the_caller_comes_back(database: db.Database) -> None:
    hall = by_hand()
    answered(hall)
    with db.transaction() as session:
        one, two = a_desk(session, hall, clerks=2)
        turn = next_turn(session, by=one, at=TUESDAY)
        assert turn is not None
        later = TUESDAY + LEASE + timedelta(seconds=1)
        given = next_turn(session, by=two, at=later)
        assert given is not None
        assert given.id == turn.id
        with pytest.raises(NotYours):
            dial(session, turn, by=one, at=later)


def test_a_call_that_goes_on_keeps_its_caller(database: db.Database) -> None:
    hall = by_hand()
    answered(hall)
    with db.transaction() as session:
        (one,) = a_desk(session, hall, clerks=1)
        turn = next_turn(session, by=one, at=TUESDAY)
        assert turn is not None
        dial(session, turn, by=one, at=TUESDAY)
        assert let_go_expired(session, TUESDAY + LEASE * 2) == 0
        assert held_by(session, one) is not None


def test_three_calls_in_vain_and_a_text_tell_the_caller(database: db.Database) -> None:
    """By hand: after the third call only the text is offered, and with it everybody is told."""
    hall = by_hand()
    receipt = answered(hall)
    with db.transaction() as session:
        (clerk,) = a_desk(session, hall, clerks=1)
        at = TUESDAY
        for n in range(3):
            turn = next_turn(session, by=clerk, at=at)
            assert turn is not None
            told(session, turn, rung(session, turn, clerk, at, NO_ANSWER), by=clerk, at=at)
            assert turn.tries == n + 1
            assert turn.lease_by is None
            assert turn.needs_text is (n == 2)
            if n < 2:
                assert next_turn(session, by=clerk, at=turn.next_at - timedelta(minutes=1)) is None
                at = turn.next_at
        turn = next_turn(session, by=clerk, at=at)
        assert turn is not None
        with pytest.raises(Refused, match="6"):
            dial(session, turn, by=clerk, at=at)
        told(session, turn, Heard(TryResult.SENT), by=clerk, at=at)
        matter = the(session, receipt)
        assert matter.state is MatterState.REVISIT_DUE
        following = turn_of(session, receipt)
        assert following is not None
        assert following.errand is Errand.REVISIT


def test_results_need_a_call_and_calls_need_a_result(database: db.Database) -> None:
    hall = by_hand()
    answered(hall)
    with db.transaction() as session:
        (clerk,) = a_desk(session, hall, clerks=1)
        turn = next_turn(session, by=clerk, at=TUESDAY)
        assert turn is not None
        with pytest.raises(DialFirst):
            told(session, turn, Heard(NO_ANSWER), by=clerk, at=TUESDAY)
        with pytest.raises(OutsideHours):
            dial(session, turn, by=clerk, at=here(17, 13))
        rung(session, turn, clerk, TUESDAY, TryResult.REACHED)
        with pytest.raises(ResultFirst):
            dial(session, turn, by=clerk, at=TUESDAY)
        with pytest.raises(ResultFirst):
            give_back(session, turn, by=clerk, at=TUESDAY)
        for wrong in (here(17, 9), here(18, 13), here(29, 10)):  # gone by, at noon, too far
            with pytest.raises(Invalid):
                told(session, turn, Heard(TryResult.NOT_NOW, again_at=wrong), by=clerk, at=TUESDAY)
        told(session, turn, Heard(TryResult.NOT_NOW, again_at=here(18, 19)), by=clerk, at=TUESDAY)
        assert (turn.next_at, turn.is_promised) == (here(18, 19), True)


def test_a_revisit_is_made_by_another_person_and_nobody_of_a_unit(database: db.Database) -> None:
    hall = by_hand()
    receipt = answered(hall)
    with db.transaction() as session:
        teller, other = a_desk(session, hall, clerks=2)
        both = in_unit(session, hall, "centre", Role.CLERK, Role.HANDLER)
        of_unit = in_unit(session, hall, "roads", Role.CLERK)
        assert next_turn(session, by=of_unit, at=TUESDAY) is None
        turn = next_turn(session, by=teller, at=TUESDAY)
        assert turn is not None
        told(session, turn, rung(session, turn, teller, TUESDAY, TryResult.REACHED), by=teller, at=TUESDAY)
        early, third_day = here(19, 20), here(20, 9)
        for person in (teller, other, of_unit):
            assert next_turn(session, by=person, at=early) is None
        assert next_turn(session, by=teller, at=third_day) is None
        assert next_turn(session, by=of_unit, at=third_day) is None
        with pytest.raises(Forbidden):
            next_turn(session, by=both, at=third_day)
        turn = next_turn(session, by=other, at=third_day)
        assert turn is not None
        assert turn.errand is Errand.REVISIT
        heard = rung(session, turn, other, third_day, TryResult.REACHED)
        whole = replace(heard, judgement="solved", satisfaction=5, unit_near=False)
        for lacking in (
            replace(whole, unit_near=None),
            replace(whole, unit_near=True),
            replace(whole, judgement=None),
            replace(whole, satisfaction=6),
            replace(whole, satisfaction=2),  # no reason given
            replace(whole, judgement="not_solved"),
            Heard(TryResult.SENT),
        ):
            with pytest.raises(Invalid):
                asked(session, turn, lacking, by=other, at=third_day)
        asked(session, turn, whole, by=other, at=third_day)
        assert turn_of(session, receipt) is None
        entry = session.scalars(sa.select(MatterEvent).where(MatterEvent.action == "revisit")).one()
        assert entry.facts["judgement"] == "solved"


def test_a_caller_with_the_unit_beside_them_is_asked_another_time(database: db.Database) -> None:
    hall = by_hand()
    receipt = answered(hall)
    with db.transaction() as session:
        teller, other = a_desk(session, hall, clerks=2)
        turn = next_turn(session, by=teller, at=TUESDAY)
        assert turn is not None
        told(session, turn, rung(session, turn, teller, TUESDAY, TryResult.REACHED), by=teller, at=TUESDAY)
        turn = next_turn(session, by=other, at=here(20, 9))
        assert turn is not None
        rung(session, turn, other, here(20, 9), TryResult.NOT_NOW)
        again = Heard(TryResult.NOT_NOW, unit_near=True, again_at=here(20, 19))
        asked(session, turn, again, by=other, at=here(20, 9, 5))
        left = turn_of(session, receipt)
        assert left is not None
        assert (left.next_at, left.tries) == (here(20, 19), 1)
        entry = session.scalars(sa.select(MatterEvent).where(MatterEvent.action == "revisit")).one()
        assert entry.facts["unit_on_line"] is True


def test_the_desk_hears_of_callers_whom_nobody_tried_to_tell(database: db.Database) -> None:
    hall = by_hand()
    answered(hall)
    with db.transaction() as session:
        assert tell_untold(session, here(18, 17)) == 0
        assert tell_untold(session, here(18, 18)) == 1
        assert tell_untold(session, here(18, 19)) == 0
        assert (
            session.scalars(sa.select(MatterNotice.kind).order_by(MatterNotice.id.desc())).first()
            == "stage_over"
        )


def test_a_call_promised_on_the_third_try_is_made(database: db.Database) -> None:
    """Two calls in vain, then “not now, ring me tomorrow”: they are waited for, told and asked, and not texted."""
    hall = by_hand()
    receipt = answered(hall)
    promised = Heard(TryResult.NOT_NOW, unit_near=False, again_at=here(20, 19))
    with db.transaction() as session:
        clerk, other = a_desk(session, hall, clerks=2)
        for at in (here(17, 10), here(17, 19)):
            do_told(session, receipt, clerk, NO_ANSWER, at)
        turn = do_told(session, receipt, clerk, TryResult.NOT_NOW, here(18, 10), again_at=here(18, 19))
        assert (turn.errand, turn.next_at, turn.needs_text) == (Errand.TELL, here(18, 19), False)
        assert the(session, receipt).state is MatterState.FEEDBACK_DUE
        do_told(session, receipt, clerk, TryResult.REACHED, here(18, 19))
        for at, result in ((here(23, 10), NO_ANSWER), (here(23, 19), NO_ANSWER), (here(24, 10), promised)):
            turn = in_hand(session, receipt, other, at)
            code = result if isinstance(result, TryResult) else result.result
            heard = rung(session, turn, other, at, code)
            again = replace(heard, unit_near=False, again_at=here(24, 19)) if result is promised else heard
            asked(session, turn, again, by=other, at=at)
        left = turn_of(session, receipt)
        assert left is not None
        assert (left.errand, left.next_at, left.is_promised) == (Errand.REVISIT, here(24, 19), True)


def in_hand(session: Session, receipt: str, by: Staff, at: datetime) -> CallerTurn:
    """Put the caller of a matter into someone's hand."""
    turn = turn_of(session, receipt)
    assert turn is not None
    turn.lease_by, turn.lease_until = by.id, at + LEASE
    session.flush()
    return turn


def do_told(
    session: Session,
    receipt: str,
    by: Staff,
    result: TryResult,
    at: datetime,
    again_at: datetime | None = None,
) -> CallerTurn:
    """Ring the caller of a matter to tell them."""
    turn = in_hand(session, receipt, by, at)
    told(session, turn, replace(rung(session, turn, by, at, result), again_at=again_at), by=by, at=at)
    return turn


def test_a_fixed_line_is_sent_no_text(database: db.Database) -> None:
    """Three calls are enough there; a text that nobody can read is neither sent nor counted."""
    hall = by_hand()
    receipt = answered(hall, number="+862161000002")
    with db.transaction() as session:
        (clerk,) = a_desk(session, hall, clerks=1)
        turn = in_hand(session, receipt, clerk, here(17, 10))
        with pytest.raises(Invalid):
            told(session, turn, Heard(TryResult.SENT), by=clerk, at=here(17, 10))
        for at in (here(17, 10), here(17, 19), here(18, 10)):
            assert the(session, receipt).state is MatterState.FEEDBACK_DUE
            do_told(session, receipt, clerk, NO_ANSWER, at)
        assert the(session, receipt).state is MatterState.REVISIT_DUE
        (caller,) = standing_of(the(session, receipt)).callers
        assert (caller.is_reached, [t.result for t in caller.tells]) == (False, ["no_answer"] * 3)
