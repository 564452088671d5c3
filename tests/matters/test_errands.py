"""Errands on the way: each word to a caller while a matter is worked on is a call that the system dials and the log keeps."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, db
from core.people import Staff
from core.permissions import Role
from core.problems import Invalid
from matters import caller_desk, promise_ledger, relays
from matters.attributes import IdentityClass, MatterKind, Origin, TryResult, Urgency
from matters.caller_tries import CallerTry
from matters.errand_results import rung as noted
from matters.flow import MatterAction as A
from matters.log import MatterEvent, replayed
from matters.matter import Matter
from matters.moving import act, standing_of
from matters.registration import Statement, complete, raise_problem
from matters.reporters import reporters_of
from matters.states import MatterState
from matters.turn_queue import LEASE, hold, let_go_expired, next_turn, waiting
from matters.turns import ON_THE_WAY, CallerTurn, Errand
from tests.matters.callers import MONDAY, a_desk, by_hand, rung
from tests.matters.scenes import NUMBER, Hall, do, handed, in_unit, said, the
from tests.matters.test_callers import here

AT = MONDAY + timedelta(hours=1)
"""10:00 on Monday in Shanghai."""
NO_ANSWER, REACHED = TryResult.NO_ANSWER, TryResult.REACHED


def in_work(hall: Hall, **more: object) -> str:
    """Bring a matter into a unit's hands; return its receipt."""
    receipt = handed(hall, at=MONDAY, **more)  # type: ignore[arg-type]
    do(receipt, A.SIGN, hall.people["roads"], at=MONDAY.replace(minute=10))
    return receipt


def errands(session: Session, matter: Matter) -> list[Errand]:
    """Return the errands on the way of a matter, in the order in which they came."""
    query = sa.select(CallerTurn.errand).where(
        CallerTurn.matter_id == matter.id, CallerTurn.errand.in_(ON_THE_WAY)
    )
    return list(session.scalars(query.order_by(CallerTurn.id)))


def ring(
    session: Session,
    by: Staff,
    at: datetime,
    errand: Errand,
    result: TryResult,
    words: str = "",
    **more: object,
) -> CallerTurn:
    """Take the next caller on an errand, ring them, and note what came of it."""
    turn = next_turn(session, by=by, at=at, errands=(errand,))
    assert turn is not None
    heard = rung(session, turn, by, at, result)
    noted(session, turn, type(heard)(result, words=words, **more), by=by, at=at)  # type: ignore[arg-type]
    return turn


def entries(session: Session, matter: Matter, action: A) -> list[MatterEvent]:
    """Return the entries of one action."""
    query = sa.select(MatterEvent).where(
        MatterEvent.matter_id == matter.id, MatterEvent.action == action.value
    )
    return list(session.scalars(query.order_by(MatterEvent.number)))


def test_a_protected_caller_is_first_spoken_to_by_the_centre(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt, is_open = in_work(hall), in_work(hall, identity=IdentityClass.OPEN, number="+8614500001005")
    with db.transaction() as session:
        matter, clerk = the(session, receipt), a_desk(session, hall, clerks=1)[0]
        assert errands(session, matter) == [Errand.CONTACT]
        assert errands(session, the(session, is_open)) == []  # the unit rings them itself
        assert {w.errand: w.now for w in waiting(session, clerk, at=AT)}[Errand.CONTACT] == 1
        ring(session, clerk, AT, Errand.CONTACT, REACHED)
        (entry,) = entries(session, matter, A.CONTACT)
        made = session.scalars(sa.select(CallerTry)).one()
        assert (entry.facts["call"], entry.facts["in_time"], entry.text) == (made.call_id, True, None)
        assert standing_of(matter).contacted_at == AT
        assert errands(session, matter) == []


def test_a_contact_needs_a_call_or_what_was_said(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt = in_work(hall)
    with db.transaction() as session:
        matter, clerk = the(session, receipt), a_desk(session, hall, clerks=1)[0]
        with pytest.raises(Invalid):
            act(session, matter, A.CONTACT, by=clerk, at=AT)
        act(session, matter, A.CONTACT, by=clerk, at=AT, text="诉求人打来，说路灯还没亮")
        assert errands(session, matter) == []  # nobody need ring them for it any more


def test_a_relay_is_rung_out_to_every_caller_and_then_settled(sqlite: db.Database) -> None:
    """One is reached and answers, one is given up after three calls: the message is settled, and was heard."""
    hall = by_hand()
    receipt, another = in_work(hall), said(hall, at=MONDAY, number="+8614500001009")
    with db.transaction() as session:
        matter, roads = the(session, receipt), session.merge(hall.people["roads"], load=False)
        clerk = a_desk(session, hall, clerks=1)[0]
        (joined,) = reporters_of(session, the(session, another))
        facts = {"caller": joined.id, "anonymous": False, "source": joined.matter_id}
        act(session, matter, A.ADD_CALLER, by=clerk, at=AT, facts=facts)
        relay = relays.ask_to_pass_on(session, matter, "明天上午来修，请留门", by=roads, at=AT)
        first = next_turn(session, by=clerk, at=AT, errands=(Errand.RELAY,))
        assert first is not None
        hand = caller_desk.hand(session, clerk, at=AT)
        assert hand is not None
        assert (hand.result, hand.reads) == ("明天上午来修，请留门", True)
        heard = rung(session, first, clerk, AT, REACHED)
        noted(session, first, type(heard)(REACHED, words="我在家"), by=clerk, at=AT)
        (entry,) = entries(session, matter, A.CONTACT)
        assert (entry.text, relay.passed_at) == ("我在家", None)
        for at in (here(16, 14, 30), here(16, 19), here(17, 10)):
            ring(session, clerk, at, Errand.RELAY, NO_ANSWER)
        assert (relay.passed_by, relay.is_given_up) == (clerk.id, False)
        assert errands(session, matter) == []


def test_nobody_who_was_reached_leaves_a_relay_given_up(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt = in_work(hall)
    with db.transaction() as session:
        matter, roads = the(session, receipt), session.merge(hall.people["roads"], load=False)
        clerk = a_desk(session, hall, clerks=1)[0]
        relay = relays.ask_to_pass_on(session, matter, "明天来修", by=roads, at=AT)
        for at in (AT, here(16, 14, 30), here(16, 19)):
            ring(session, clerk, at, Errand.RELAY, NO_ANSWER)
        assert (relay.is_given_up, relays.count_waiting(session, clerk, AT)) == (True, 0)
        assert standing_of(matter).contacted_at is None


def test_what_a_unit_must_know_is_asked_on_the_telephone(sqlite: db.Database) -> None:
    """The question is read out; the answer ends the pause, and the call is the first contact."""
    hall = by_hand()
    receipt = in_work(hall)
    do(receipt, A.ASK_CALLER, hall.people["roads"], at=AT, facts={"reason": "place"}, text="靠近哪个门牌？")
    with db.transaction() as session:
        matter, clerk = the(session, receipt), a_desk(session, hall, clerks=1)[0]
        turn = next_turn(session, by=clerk, at=AT, errands=(Errand.ASK,))
        assert turn is not None
        hand = caller_desk.hand(session, clerk, at=AT)
        assert hand is not None
        assert hand.result == "靠近哪个门牌？"
        assert NUMBER[-8:] not in hand.number
        heard = rung(session, turn, clerk, AT, REACHED)
        with pytest.raises(Invalid):
            noted(session, turn, heard, by=clerk, at=AT)
        noted(session, turn, type(heard)(REACHED, words="二十号门口"), by=clerk, at=AT)
        assert (matter.state, standing_of(matter).contacted_at) == (MatterState.IN_HAND, AT)
        (entry,) = entries(session, matter, A.CALLER_REPLIED)
        assert entry.text == "二十号门口"
        assert errands(session, matter) == []
        assert replayed(session, matter) == standing_of(matter)


def test_an_answer_that_comes_after_the_pause_is_kept(sqlite: db.Database) -> None:
    """Who is on the line while the pause runs out is not taken from whoever rang them."""
    hall = by_hand()
    receipt = in_work(hall)
    do(receipt, A.ASK_CALLER, hall.people["roads"], at=AT, facts={"reason": "place"}, text="靠近哪个门牌？")
    over = here(19, 18)
    with db.transaction() as session:
        matter, clerk = the(session, receipt), a_desk(session, hall, clerks=1)[0]
        turn = next_turn(session, by=clerk, at=over - timedelta(minutes=1), errands=(Errand.ASK,))
        assert turn is not None
        heard = rung(session, turn, clerk, over - timedelta(minutes=1), REACHED)
        act(session, matter, A.RESUME, by=None, at=over)
        noted(
            session,
            hold(session, turn.id, by=clerk, at=over),
            type(heard)(REACHED, words="二十号"),
            by=clerk,
            at=over,
        )
        assert [e.text for e in entries(session, matter, A.CONTACT)] == ["二十号"]


def test_more_time_is_told_and_promised(sqlite: db.Database) -> None:
    """The office grants it; the centre rings, and the new day is a promise beside the first one."""
    hall = by_hand()
    receipt = in_work(hall)
    until = {"until": here(27, 18).isoformat()}
    do(receipt, A.ASK_EXTENSION, hall.people["roads"], at=AT, facts=until, text="配件要订货")
    do(receipt, A.GRANT_EXTENSION, hall.people["head"], at=AT)
    with db.transaction() as session:
        matter, clerk = the(session, receipt), a_desk(session, hall, clerks=1)[0]
        assert Errand.INFORM in errands(session, matter)
        turn = next_turn(session, by=clerk, at=AT, errands=(Errand.INFORM,))
        assert turn is not None
        hand = caller_desk.hand(session, clerk, at=AT)
        assert hand is not None
        assert "12 月 1 日" in str(hand.news)
        noted(session, turn, rung(session, turn, clerk, AT, REACHED), by=clerk, at=AT)
        (entry,) = entries(session, matter, A.INFORM)
        assert (entry.facts["decision"], entry.facts["result"]) == ("extended", "reached")
        assert standing_of(matter).contacted_at == AT  # they were spoken to
        assert errands(session, matter) == []
        rows = promise_ledger.ledger(session, matter, at=AT)
        first = matter.promised_on
        assert [(r.promise.promised_on, r.promise.unit_id, r.slip) for r in rows] == [
            (first, None, None),
            (date(2026, 12, 1), hall.id("roads"), None),
        ]
        assert first is not None
        late = datetime.combine(first + timedelta(days=3), datetime.min.time(), clock.zone())
        assert [r.slip for r in promise_ledger.ledger(session, matter, at=late)] == [3, 3]


def test_a_suspension_and_a_decline_are_told_too(sqlite: db.Database) -> None:
    hall = by_hand()
    put_aside = in_work(hall)
    review = {"review": here(30, 9).isoformat()}
    do(put_aside, A.SUSPEND, hall.people["head"], at=AT, facts=review, text="一、测绘；二、立项")
    with db.transaction() as session:
        matter, clerk = the(session, put_aside), a_desk(session, hall, clerks=1)[0]
        for at in (AT, here(16, 14, 30), here(16, 19)):
            ring(session, clerk, at, Errand.INFORM, NO_ANSWER)
        (entry,) = entries(session, matter, A.INFORM)
        assert (entry.facts["decision"], entry.facts["result"]) == ("suspended", "no_answer")
        assert (
            len(promise_ledger.ledger(session, matter, at=AT)) == 1
        )  # nothing was promised to who was not reached


@pytest.mark.parametrize("is_told", [True, False])
def test_who_was_told_on_the_spot_is_not_rung(sqlite: db.Database, is_told: bool) -> None:
    hall = by_hand()
    with db.transaction() as session:
        clerk = a_desk(session, hall, clerks=1)[0]
        draft = raise_problem(session, whole(hall), origin=Origin.CITIZEN_LINE, by=clerk, at=AT)
        matter = complete(session, draft, whole(hall), by=clerk, at=AT).matter
        facts = {"reason": "court", "told": is_told}
        act(session, matter, A.DECLINE, by=clerk, at=AT, facts=facts, text="已在诉讼，请到法院查询")
        assert errands(session, matter) == ([] if is_told else [Errand.INFORM])


def whole(hall: Hall) -> Statement:
    """Write down a whole statement."""
    return Statement(
        "路灯坏了",
        kind=MatterKind.HELP,
        topic="livelihood.lighting",
        place=hall.town,
        urgency=Urgency.U3,
        consent_read=True,
        number=NUMBER,
    )


def test_a_draft_is_rung_back_until_it_is_registered(sqlite: db.Database) -> None:
    """Ten minutes after the call it is somebody's turn; the result waits for the form, or for the reason why not."""
    hall = by_hand()
    with db.transaction() as session:
        clerk, other = a_desk(session, hall, clerks=2)
        draft = raise_problem(
            session, Statement("路灯", number=NUMBER), origin=Origin.INTERVIEW, by=clerk, at=AT
        )
        nameless = raise_problem(session, Statement("路"), origin=Origin.VISIT, by=clerk, at=AT)
        assert (errands(session, draft), errands(session, nameless)) == ([Errand.CALL_BACK], [])
        later = AT + timedelta(minutes=10)
        assert next_turn(session, by=other, at=later - timedelta(seconds=1)) is None
        turn = next_turn(session, by=other, at=later)
        assert turn is not None
        assert turn.errand is Errand.CALL_BACK
        heard = rung(session, turn, other, later, REACHED)
        with pytest.raises(Invalid):
            noted(session, turn, heard, by=other, at=later)
        made = complete(session, draft, whole(hall), by=other, at=later)
        noted(session, turn, heard, by=other, at=later)
        assert errands(session, made.matter) == []


def test_a_draft_that_was_registered_is_nobodys_turn(sqlite: db.Database) -> None:
    """Neither a waiting turn nor one that somebody took and left stays behind."""
    hall = by_hand()
    with db.transaction() as session:
        clerk = a_desk(session, hall, clerks=1)[0]
        for is_held in (False, True):
            draft = raise_problem(
                session, Statement("路", number=NUMBER), origin=Origin.VISIT, by=clerk, at=AT
            )
            later = AT + timedelta(minutes=10)
            if is_held:
                assert next_turn(session, by=clerk, at=later) is not None
            complete(session, draft, whole(hall), by=clerk, at=later)
            let_go_expired(session, later + LEASE * 2)
            assert errands(session, draft) == []


def test_no_unit_rings_and_whoever_left_is_not_rung(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt = in_work(hall)
    with db.transaction() as session:
        assert next_turn(session, by=in_unit(session, hall, "roads", Role.CLERK), at=AT) is None
        matter = the(session, receipt)
        left = {"caller": standing_of(matter).callers[0].id, "verified": "voice", "pressed": False}
        act(
            session, matter, A.WITHDRAW, by=session.merge(hall.people["clerk"], load=False), at=AT, facts=left
        )
        assert errands(session, matter) == []
