"""Endings of matters: the result is checked, every caller is told and asked, and the matter is closed or sent round."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime, timedelta

import numpy as np

from core import clock
from demo.matter_hands import Hands
from demo.matter_plots import DESK, DONE, OFFICE, WAITING, Plot, within
from matters.attributes import (
    Judgement,
    Outcome,
    RejectReason,
    TryResult,
)
from matters.caller_calls import Heard
from matters.caller_hours import open_from
from matters.flow import MatterAction as A
from matters.states import MatterState
from matters.turns import Errand

S = MatterState
Life = Generator[datetime, Hands, None]
P = Plot


class Ending:
    """How a life ends once the result is in; chance and haste belong to the whole life."""

    def __init__(self, plot: Plot, random: np.random.Generator) -> None:
        self.plot = plot
        self.random = random
        self.haste = 0.2 if plot in WAITING else 1.0

    def _some(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    def _office(self, at: datetime, low: float, high: float) -> datetime:
        return within(at, self._some(low, high) * self.haste, OFFICE, working=True)

    def _soon(self, hands: Hands, low: float, high: float) -> datetime:
        """Return a moment at which the offices act: by the clock where hours count."""
        if hands.matter.urgency.is_pressing:
            return hands.at + timedelta(minutes=self._some(3, 12))
        return self._office(hands.at, low, high)

    def _outcome(self) -> Outcome:
        return Outcome.NO_MONEY if self.plot is P.EXPLAINED else Outcome.SOLVED

    def _told(self, hands: Hands) -> Generator[datetime, Hands, Hands]:
        """Have the result checked and every caller told."""
        hands = yield self._office(hands.at, 0.5, 6)
        by = hands.clerk(hands.standing.registered_by)
        if self.plot is P.SENT_BACK:
            self.plot = P.PLAIN
            hands.do(A.REJECT, by, "请补上处理后的照片和时间。", reason=RejectReason.NO_EVIDENCE.value)
            hands = yield self._office(hands.at, 3, 12)
            hands.report(Outcome.SOLVED, DONE[Outcome.SOLVED])
            hands = yield self._office(hands.at, 0.5, 4)
        hands.do(A.ACCEPT, hands.clerk(hands.standing.registered_by), outcome=self._outcome().value)
        while self.plot is not P.UNTOLD and (turn := hands.due(Errand.TELL)) is not None:
            hands = yield self._calling(max(turn.next_at, hands.at), 0.2, 5)
            turn = hands.due(Errand.TELL)
            if turn is not None:
                is_there = self.plot is not P.UNREACHED and self.random.random() < 0.75
                result = TryResult.REACHED if is_there else TryResult.NO_ANSWER
                hands.ring(turn, hands.clerk(), Heard(result))
        return hands

    def _calling(self, at: datetime, low: float, high: float) -> datetime:
        later = clock.local(at) + timedelta(hours=self._some(low, high))
        return open_from(later, is_pressing=False)

    def _judged(self, hands: Hands) -> Generator[datetime, Hands, Hands]:
        """Ask every caller, then close it or send it round."""
        while (turn := hands.due(Errand.REVISIT)) is not None:
            hands = yield self._calling(max(turn.next_at, hands.at), 0.2, 9)
            turn = hands.due(Errand.REVISIT)
            if turn is not None:
                hands.ring(turn, hands.clerk(turn.told_by), self._heard())
        if hands.state is not S.REVISIT_DUE:
            return hands
        hands = yield within(hands.at, self._some(0.3, 4), DESK, working=False)
        yield from self._closed(hands)
        return hands

    def _heard(self) -> Heard:
        is_there = self.plot is not P.UNREACHED and self.random.random() < 0.85
        if not is_there:
            return Heard(TryResult.NO_ANSWER, unit_near=False)
        if self.plot in (P.EXPLAINED, P.AGAIN):
            words = "说是要等，还是没有解决。"
            return Heard(TryResult.REACHED, Judgement.NOT_SOLVED.value, 2, unit_near=False, words=words)
        return Heard(
            TryResult.REACHED, Judgement.SOLVED.value, int(self.random.integers(4, 6)), unit_near=False
        )

    def _closed(self, hands: Hands) -> Life:
        by = hands.clerk()
        said = [c.judgement for c in hands.standing.present_callers if c.judgement]
        if not hands.standing.present_callers or any(
            c.is_anonymous and c.judged_at is None for c in hands.standing.present_callers
        ):
            return
        if not said:
            hands.do(A.CLOSE_UNREACHED, by)
        elif all(j == Judgement.SOLVED.value for j in said):
            hands.do(A.CLOSE_SOLVED, by)
        elif self.plot is P.EXPLAINED:
            hands.do(A.PANEL, by, "资金要等明年预算。", cause=Outcome.NO_MONEY.value)
            hands = yield within(hands.at, self._some(1, 6), DESK, working=False)
            hands.do(A.CLOSE_EXPLAINED, hands.clerk(hands.standing.panel_by), appeal=True)
        else:
            self.plot = P.PLAIN
            hands.do(A.SEND_ROUND, by, "回访说没有解决。")
