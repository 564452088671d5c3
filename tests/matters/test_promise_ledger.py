"""The promise ledger counts for each caller what that caller was told, and stops when nobody is owed anything."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from core import db
from matters.attributes import IdentityClass
from matters.caller_desk import hand
from matters.caller_words import caller_words
from matters.flow import MatterAction as A
from matters.matter import Matter
from matters.merging import merge
from matters.moving import act
from matters.promise_ledger import Told, ledger
from matters.states import MatterState
from tests.matters import lives

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 9, 2, tzinfo=UTC)
"""Ten in the morning."""


def by_caller(session: Session, matter: Matter, at: datetime) -> dict[int, Told]:
    """Read the ledger by the number of the caller."""
    return {row.which: row for row in ledger(session, matter, at=at)}


def told(
    session: Session, county: lives.Offices, matter: Matter, caller: int, at: datetime, result: str
) -> None:
    """Note one try to tell one caller."""
    act(session, matter, A.TELL, by=county.clerk2, at=at, facts={"caller": caller, "result": result})


def test_each_callers_promise_is_kept_when_they_themselves_are_told(sqlite: db.Database) -> None:
    """A on Thursday; B never answers and gets a text; C joins after all were told and hears it a week later."""
    with db.transaction() as session:
        county = lives.offices(session)

        def raised(n: int, at: datetime) -> Matter:
            number = f"+861450000200{n}"
            return lives.registered(session, county, at, identity=IdentityClass.OPEN, number=number)

        matter = raised(1, MONDAY)
        merge(session, raised(2, MONDAY), matter, by=county.clerk, at=MONDAY)
        matter.redacted = "路灯坏了"
        act(session, matter, A.SUBMIT, by=county.clerk, at=MONDAY)
        facts = {"lead": county.units[0].id, "supporting": [], "redacted": True}
        act(session, matter, A.ASSIGN, by=county.head, at=MONDAY, facts=facts)
        act(session, matter, A.SIGN, by=county.handlers[0], at=MONDAY)
        lives.contacted(session, county, matter, MONDAY)
        lives.reported(session, county, matter, MONDAY + DAY)
        lives.accepted(session, county, matter, MONDAY + 2 * DAY)
        first, second = (row.promise.reporter_id for row in ledger(session, matter, at=MONDAY))
        told(session, county, matter, first, MONDAY + 3 * DAY, "reached")
        hours = (0, 9, 24 + 5)
        for n in hours:
            told(session, county, matter, second, MONDAY + 3 * DAY + timedelta(hours=n), "no_answer")
        told(session, county, matter, second, MONDAY + 5 * DAY, "sent")
        assert matter.state is MatterState.REVISIT_DUE  # all were told as far as they could be
        late = raised(3, MONDAY)
        merge(session, late, matter, by=county.clerk, at=MONDAY + 6 * DAY)
        at = MONDAY + 20 * DAY
        rows = by_caller(session, matter, at)
        assert rows[1].kept_on == date(2026, 11, 12)
        assert (rows[2].kept_on, rows[3].kept_on) == (None, None)
        assert (rows[2].slip or 0) > 0
        third = rows[3].promise.reporter_id
        told(session, county, matter, third, MONDAY + 10 * DAY, "reached")
        assert by_caller(session, matter, at)[3].kept_on == date(2026, 11, 19)


def test_a_caller_has_one_number_on_every_page(sqlite: db.Database) -> None:
    """Where the first of two withdrew, the second is still the second: in the ledger, in the queue, in hand."""
    with db.transaction() as session:
        county = lives.offices(session)
        raised = [
            lives.registered(session, county, MONDAY, identity=IdentityClass.OPEN, number=f"+861450000200{n}")
            for n in (1, 2)
        ]
        matter = raised[0]
        merge(session, raised[1], matter, by=county.clerk, at=MONDAY)
        first, second = (row.promise.reporter_id for row in ledger(session, matter, at=MONDAY))
        left = {"caller": first, "verified": "voice", "pressed": False}
        act(session, matter, A.CALLER_LEFT, by=county.clerk, at=MONDAY, facts=left)
        facts = {"reason": "court", "told": False}
        act(session, matter, A.DECLINE, by=county.clerk, at=MONDAY, facts=facts, text="已在诉讼")
        words = caller_words(session, matter, at=MONDAY)
        (turn,) = words.waiting
        assert (turn.reporter_id, words.numbers[second]) == (second, 2)
        turn.lease_by, turn.lease_until = county.clerk2.id, MONDAY + DAY
        session.flush()
        found = hand(session, county.clerk2, at=MONDAY)
        assert found is not None
        assert (found.which, found.callers) == (2, 2)
        assert by_caller(session, matter, MONDAY)[2].promise.reporter_id == second


def test_a_decline_keeps_the_promise_when_the_caller_is_told_of_it(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        kept = {}
        for is_told in (True, False):
            matter = lives.registered(session, county, MONDAY)
            facts = {"reason": "court", "told": is_told}
            act(session, matter, A.DECLINE, by=county.clerk, at=MONDAY + DAY, facts=facts, text="已在诉讼")
            kept[is_told] = by_caller(session, matter, MONDAY + DAY)[1]
        assert (kept[True].kept_on, kept[False].kept_on) == (date(2026, 11, 10), None)
        assert kept[False].stopped_on is None
        informed = {"caller": kept[False].promise.reporter_id, "result": "reached"}
        act(session, matter, A.INFORM, by=county.clerk, at=MONDAY + 3 * DAY, facts=informed)
        assert by_caller(session, matter, MONDAY + 3 * DAY)[1].kept_on == date(2026, 11, 12)


def test_whoever_withdrew_is_owed_nothing_and_slips_no_further(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.registered(session, county, MONDAY)
        caller = by_caller(session, matter, MONDAY)[1].promise.reporter_id
        facts = {"caller": caller, "verified": "voice", "pressed": False}
        act(session, matter, A.WITHDRAW, by=county.clerk, at=MONDAY + DAY, facts=facts)
        row = by_caller(session, matter, MONDAY + 60 * DAY)[1]
        assert (row.kept_on, row.stopped_on, row.slip) == (None, date(2026, 11, 10), None)


def test_whoever_stays_anonymous_has_the_answer_with_the_page(sqlite: db.Database) -> None:
    with db.transaction() as session:
        county = lives.offices(session)
        matter = lives.registered(session, county, MONDAY, identity=IdentityClass.ANONYMOUS, number=None)
        matter.redacted = "路灯坏了"
        act(session, matter, A.SUBMIT, by=county.clerk, at=MONDAY)
        facts = {"lead": county.units[0].id, "supporting": [], "redacted": True}
        act(session, matter, A.ASSIGN, by=county.head, at=MONDAY, facts=facts)
        act(session, matter, A.SIGN, by=county.handlers[0], at=MONDAY)
        lives.reported(session, county, matter, MONDAY + DAY)
        lives.accepted(session, county, matter, MONDAY + 2 * DAY)
        assert by_caller(session, matter, MONDAY + 9 * DAY)[1].kept_on == date(2026, 11, 11)
