"""Agreement against worked examples, the lot of the re-calls, and texts that give nothing away."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import isclose, sqrt

import pytest
import sqlalchemy as sa

from core import db
from core.problems import Forbidden, Refused
from matters import lots, texts_to_callers
from matters.agreement import kappa
from matters.attributes import TryResult
from matters.feedback import told
from matters.flow import MatterAction as A
from matters.lots import MatterRecall, is_drawn
from matters.recalls import agreement, asked_again, table
from matters.reporters import reporters_of
from matters.revisits import asked
from matters.turn_queue import next_turn
from matters.turns import CallerTurn, Errand
from telephony import line
from telephony.texts import TextMessage
from tests.matters.callers import TUESDAY, a_desk, answered, by_hand, rung, turn_of
from tests.matters.scenes import NAME, NUMBER, SAID, do, said, the
from tests.matters.test_callers import here


def test_kappa_of_an_example_worked_by_hand() -> None:
    """20, 5, 10, 15 of 50: 0.7 agree, chance brings 0.5, so kappa is 0.4.

    The variance by hand: rows 0.5 and 0.5, columns 0.6 and 0.4, 1 − kappa = 0.6. On the diagonal
    0.4·(1 − 1.1·0.6)² + 0.3·(1 − 0.9·0.6)² = 0.04624 + 0.06348 = 0.10972; off it 0.36·(0.1·(0.6 + 0.5)² +
    0.2·(0.4 + 0.5)²) = 0.36·(0.121 + 0.162) = 0.10188; less (0.4 − 0.5·0.6)² = 0.01; over 50·0.25 = 12.5.
    """
    found = kappa([[20, 5], [10, 15]])
    assert (found.n, found.agreed) == (50, 35)
    assert found.kappa is not None
    assert found.error is not None
    assert found.low is not None
    assert found.high is not None
    assert isclose(found.kappa, 0.4, abs_tol=1e-12)
    assert isclose(found.error, sqrt(0.2016 / 12.5), abs_tol=1e-12)
    assert isclose(found.low, 0.4 - 1.959964 * sqrt(0.2016 / 12.5), abs_tol=1e-6)
    assert isclose(found.high, 0.4 + 1.959964 * sqrt(0.2016 / 12.5), abs_tol=1e-6)


def test_kappa_knows_its_corners() -> None:
    assert kappa([[0, 0], [0, 0]]).kappa is None
    assert kappa([[9, 0], [0, 0]]).kappa is None  # everybody says the same: chance alone must agree
    whole = kappa([[4, 0, 0], [0, 3, 0], [0, 0, 2]])
    assert (whole.kappa, whole.error, whole.low, whole.high) == (1.0, 0.0, 1.0, 1.0)
    none = kappa([[0, 5], [5, 0]])
    assert none.kappa == -1.0
    assert not none.is_told  # ten cases
    assert kappa([[10, 5], [5, 10]]).is_told
    for wrong in ([[1, 2]], [[1, -1], [0, 0]]):
        with pytest.raises(ValueError, match="square"):
            kappa(wrong)


def test_five_in_a_hundred_are_drawn_and_always_the_same() -> None:
    drawn = [n for n in range(20_000) if is_drawn(n, 1, Errand.RECALL)]
    assert 0.045 < len(drawn) / 20_000 < 0.055
    assert drawn == [n for n in range(20_000) if is_drawn(n, 1, Errand.RECALL)]
    assert set(drawn) != {n for n in range(20_000) if is_drawn(n, 2, Errand.RECALL)}


@pytest.fixture
def all_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw every matter."""
    monkeypatch.setattr(lots, "OF_10_000", 10_000)


@pytest.mark.usefixtures("all_drawn")
def test_a_third_person_asks_again_and_both_answers_stand_side_by_side(database: db.Database) -> None:
    hall = by_hand()
    receipt = answered(hall)
    with db.transaction() as session:
        one, two, three = a_desk(session, hall, clerks=3)
        turn = next_turn(session, by=one, at=TUESDAY)
        assert turn is not None
        told(session, turn, rung(session, turn, one, TUESDAY, TryResult.REACHED), by=one, at=TUESDAY)
        day = here(20, 9)
        turn = next_turn(session, by=two, at=day)
        assert turn is not None
        fine = replace(
            rung(session, turn, two, day, TryResult.REACHED),
            judgement="solved",
            satisfaction=5,
            unit_near=False,
        )
        asked(session, turn, fine, by=two, at=day)
        assert turn_of(session, receipt) is None
    do(receipt, A.CLOSE_SOLVED, hall.people["checker"], at=here(20, 10))
    with db.transaction() as session:
        day = here(21, 9)  # not on the day itself
        assert next_turn(session, by=three, at=day - timedelta(minutes=1)) is None
        assert next_turn(session, by=one, at=day) is None
        assert next_turn(session, by=two, at=day) is None
        turn = next_turn(session, by=three, at=day)
        assert turn is not None
        assert turn.errand is Errand.RECALL
        heard = replace(
            rung(session, turn, three, day, TryResult.REACHED),
            judgement="partly",
            satisfaction=3,
            unit_near=False,
            words="路面又裂开了",
        )
        asked_again(session, turn, heard, by=three, at=day)
        kept = session.scalars(sa.select(MatterRecall)).one()
        assert (kept.first, kept.judgement, kept.asked_by) == ("solved", "partly", three.id)
        assert table(session, since=date(2026, 11, 1), until=date(2026, 11, 30)) == [
            [0, 1, 0],
            [0, 0, 0],
            [0, 0, 0],
        ]
        assert agreement(session, since=date(2026, 11, 1), until=date(2026, 11, 20)).n == 0
        assert the(session, receipt).state == "closed_solved"
        assert session.scalars(sa.select(CallerTurn)).all() == []


@pytest.mark.usefixtures("all_drawn")
def test_what_is_opened_again_is_not_asked_about(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt = answered(hall)
    with db.transaction() as session:
        one, two = a_desk(session, hall, clerks=2)
        for clerk, day in ((one, TUESDAY), (two, here(20, 9))):
            turn = next_turn(session, by=clerk, at=day)
            assert turn is not None
            heard = rung(session, turn, clerk, day, TryResult.REACHED)
            if clerk is one:
                told(session, turn, heard, by=clerk, at=day)
            else:
                whole = replace(heard, judgement="solved", satisfaction=5, unit_near=False)
                asked(session, turn, whole, by=clerk, at=day)
    do(receipt, A.CLOSE_SOLVED, hall.people["checker"], at=here(20, 10))
    with db.reading() as session:
        assert turn_of(session, receipt) is not None
    do(receipt, A.REOPEN, hall.people["checker"], at=here(20, 11), facts={"verified": "voice"}, text="又坏了")
    with db.reading() as session:
        assert turn_of(session, receipt) is None
        assert session.scalars(sa.select(MatterRecall.judgement)).one() is None


HIDDEN = (SAID[:6], "路灯", "大坑", NAME, NUMBER[-8:], "投诉", "建设路", "地", "P1")


def test_texts_hold_the_receipt_and_nothing_else(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt = said(hall, at=TUESDAY)
    with db.reading() as session:
        matter = the(session, receipt)
        for words in (texts_to_callers.receipt_words(matter), texts_to_callers.result_words(receipt)):
            for language in ("zh", "en"):
                body = words.in_language(language)
                assert receipt in body
                assert len(body) <= 200
                rest = body.replace(receipt, "")
                found = [hidden for hidden in HIDDEN if hidden in rest]
                assert not found, (body, found)
                assert not re.search(r"\d{5,}", rest), body  # neither a number nor a PIN


class Texter:
    """A line that sends texts."""

    def __init__(self, own: object) -> None:
        self.own = own

    def __getattr__(self, name: str) -> object:
        return getattr(self.own, name)

    def capabilities(self) -> object:
        """Say that texts can be sent."""
        return replace(self.own.capabilities(), texts=True)  # type: ignore[attr-defined]


def test_a_receipt_is_sent_once_by_whoever_registered_it(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt = said(hall, at=TUESDAY)
    line.use(Texter(line.line()))  # type: ignore[arg-type]
    with db.transaction() as session:
        matter, clerk = the(session, receipt), hall.people["clerk"]
        with pytest.raises(Forbidden):
            texts_to_callers.text_receipt(session, matter, by=hall.people["checker"], at=TUESDAY)
        with pytest.raises(Forbidden):
            texts_to_callers.text_receipt(session, matter, by=clerk, at=TUESDAY + timedelta(minutes=31))
        texts_to_callers.text_receipt(session, matter, by=clerk, at=TUESDAY)
        with pytest.raises(Refused):
            texts_to_callers.text_receipt(session, matter, by=clerk, at=TUESDAY)
        sent = session.scalars(sa.select(TextMessage)).one()
        assert sent.number == reporters_of(session, matter)[0].number


def test_the_third_call_in_vain_sends_the_text_by_itself(sqlite: db.Database) -> None:
    hall = by_hand()
    receipt = answered(hall)
    line.use(Texter(line.line()))  # type: ignore[arg-type]
    with db.transaction() as session:
        (clerk,) = a_desk(session, hall, clerks=1)
        at: datetime = TUESDAY
        for _ in range(3):
            turn = next_turn(session, by=clerk, at=at)
            assert turn is not None
            told(session, turn, rung(session, turn, clerk, at, TryResult.NO_ANSWER), by=clerk, at=at)
            at = turn.next_at
        assert the(session, receipt).state == "revisit_due"
        body = session.scalars(sa.select(TextMessage)).one().body
        assert receipt in body
