"""Bustle: today's desk, offices, units and callers, who move a matter now and then while a visitor looks around."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import numpy as np
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core import clock
from core.db import transaction
from core.problems import Problem
from demo.chance import SEED
from demo.matter_hands import Cast, Hands
from demo.matter_plots import DONE
from demo.matters_raised import raise_one
from matters.attributes import Outcome
from matters.caller_hours import within_hours
from matters.flow import MatterAction as A
from matters.matter import Matter
from matters.moving import standing_of
from matters.states import MatterState as S

log = logging.getLogger("tingmin.demo")
EVERY = 75.0
"""Seconds between two steps: slow enough to be read, quick enough to be seen."""
LEFT = {S.REGISTERED: 2, S.TO_ROUTE: 3, S.ASSIGNED: 3, S.IN_HAND: 12, S.RESULT_IN: 3}
"""So many of each state are left to the visitor."""
VISITORS = ("handler",)
"""Handlers whose work nobody takes away."""


def _submit(hands: Hands) -> None:
    hands.do(A.SUBMIT, hands.clerk())


def _sign(hands: Hands) -> None:
    hands.do(A.SIGN, hands.handler())


def _work(hands: Hands) -> None:
    if hands.standing.contacted_at is None:
        hands.relay("您反映的事已收到，我们正在安排人到现场看。")
    else:
        hands.report(Outcome.SOLVED, DONE[Outcome.SOLVED])


def _check(hands: Hands) -> None:
    claim = hands.standing.claim or Outcome.SOLVED.value
    hands.do(A.ACCEPT, hands.clerk(hands.standing.registered_by), outcome=claim)


STEPS: dict[S, Callable[[Hands], None]] = {
    S.REGISTERED: _submit,
    S.TO_ROUTE: Hands.assign,
    S.ASSIGNED: _sign,
    S.IN_HAND: _work,
    S.RESULT_IN: _check,
}


class Bustle(threading.Thread):
    """Somebody of the house who takes one step at a time."""

    def __init__(self, *, stopping: threading.Event, every: float = EVERY) -> None:
        super().__init__(name="bustle", daemon=True)
        self.stopping = stopping
        self.every = every
        self.random = np.random.default_rng([SEED, 6])

    def run(self) -> None:
        """Take a step now and then until told to stop."""
        while not self.stopping.wait(self.every * float(self.random.uniform(0.6, 1.4))):
            try:
                self.once()
            except (Problem, DBAPIError) as error:
                log.info("bustle rests: %s", type(error).__name__)

    def once(self) -> bool:
        """Let a caller write, or take one step with the longest waiting matter of some state."""
        at = clock.now()
        with transaction() as session:
            cast = Cast(session)
            if self.random.random() < 0.15 and within_hours(clock.local(at), is_pressing=True):
                raise_one(session, cast, at, self.random)
                return True
            states = list(STEPS)
            for n in self.random.permutation(len(states)).tolist():
                matter = self._waiting(session, cast, states[n])
                if matter is not None:
                    STEPS[states[n]](Hands(session, matter, at, cast, self.random))
                    return True
        return False

    def _waiting(self, session: Session, cast: Cast, state: S) -> Matter | None:
        """Return the longest waiting matter of a state, where more wait than are left to the visitor."""
        query = sa.select(Matter).where(Matter.state == state).order_by(Matter.state_since, Matter.id)
        own = {cast.by_name[name].unit_id for name in VISITORS}
        free = [m for m in session.scalars(query) if m.lead_unit_id is None or m.lead_unit_id not in own]
        free = [m for m in free if state is not S.IN_HAND or not standing_of(m).is_extension_asked]
        return free[0] if len(free) > LEFT[state] else None
