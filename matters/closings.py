"""Closings: matters whose callers have all been asked, with what the rules propose to do, and what would refuse it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from core import clock, journal
from core.listing import PER_PAGE, Page
from core.people import Staff
from core.problems import Problem
from core.terms import Words
from matters.attributes import Judgement, Outcome
from matters.flow import MatterAction as A
from matters.keeping_away import sides_of, within_sight
from matters.log import MatterEvent
from matters.matter import Matter
from matters.moving import around, standing_of
from matters.policies import policy_of
from matters.reporters import numbers_of
from matters.rules import Around, Wish, decide
from matters.standing import CallerStanding, Standing
from matters.states import MatterState
from matters.steps_caller import OBJECTIVE, is_all_asked, judgements
from matters.turns import OF_FLOW, CallerTurn, rank_of

CLOSINGS = (A.CLOSE_SOLVED, A.PANEL, A.CLOSE_EXPLAINED, A.SEND_ROUND, A.CLOSE_UNREACHED)
_SPECIMEN: dict[A, dict[str, object]] = {
    A.PANEL: {"cause": Outcome.NO_MONEY.value},
    A.CLOSE_EXPLAINED: {"appeal": True},
}
"""Facts that would be right, so that what the rules still refuse is about the matter and not about a form."""


def proposal(standing: Standing) -> A:
    """Say what follows from what the callers judged; the centre decides."""
    said = judgements(standing)
    if not said:
        return A.CLOSE_UNREACHED
    if all(j == Judgement.SOLVED.value for j in said):
        return A.CLOSE_SOLVED
    if standing.panel_by is not None:
        return A.CLOSE_EXPLAINED
    return A.PANEL if Outcome.found(standing.check) in OBJECTIVE else A.SEND_ROUND


@dataclass(frozen=True)
class Closing:
    """One matter that can be closed, as a row of the list."""

    matter: Matter
    standing: Standing
    proposal: A
    is_mine: bool
    """Whether the person who looks may take the step proposed."""

    @property
    def judged(self) -> dict[str, int]:
        """How many callers said what; the unreached under an empty code."""
        counts: dict[str, int] = {}
        for caller in self.standing.present_callers:
            counts[caller.judgement or ""] = counts.get(caller.judgement or "", 0) + 1
        return counts


def _waiting(session: Session, staff: Staff) -> list[Matter]:
    # Whoever is still to be asked stands in the queue, so that only the others' logs need be read.
    queued = sa.exists().where(CallerTurn.matter_id == Matter.id, CallerTurn.errand.in_(OF_FLOW))
    query = within_sight(session, staff, sa.select(Matter))
    query = query.where(Matter.state == MatterState.REVISIT_DUE, ~queued)
    return list(session.scalars(query.options(defer(Matter.narrative), defer(Matter.redacted))))


def listed(session: Session, staff: Staff, *, at: datetime, number: int = 1) -> Page[Closing]:
    """Return a page of the matters whose callers have all been asked, the most pressing and longest waiting first."""
    policies: dict[int | None, Around] = {}
    found: list[tuple[Matter, Standing, Around]] = []
    for matter in _waiting(session, staff):
        if matter.policy_id not in policies:  # asking and closing ask for the limits alone, not for units
            policy = policy_of(session, matter.policy_id, at=at)
            policies[matter.policy_id] = Around(policy, clock.zone())
        standing, surroundings = standing_of(matter), policies[matter.policy_id]
        if is_all_asked(standing, surroundings, at):
            found.append((matter, standing, surroundings))
    found.sort(key=lambda row: (rank_of(row[0].urgency), row[0].stage_due_at or at, row[0].id))
    number = min(number, max(1, -(-len(found) // PER_PAGE)))
    shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
    return Page([_closing(*row, staff, at) for row in shown], number, PER_PAGE, len(found))


def _closing(matter: Matter, standing: Standing, surroundings: Around, staff: Staff, at: datetime) -> Closing:
    suggested = proposal(standing)
    refusal = offers(matter, standing, surroundings, staff, at=at).get(suggested)
    return Closing(matter, standing, suggested, refusal is None)


def offers(
    matter: Matter, standing: Standing, surroundings: Around, staff: Staff, *, at: datetime
) -> dict[A, Words | None]:
    """Say which closing steps someone may take now, asking the rules themselves; with words: why not."""
    found: dict[A, Words | None] = {}
    if standing.state is not MatterState.REVISIT_DUE:
        return found
    for action in CLOSINGS:
        facts = dict(_SPECIMEN.get(action, {}))
        wish = Wish(action, at, sides_of(staff, matter), staff.id, staff.unit_id, facts, "—")
        try:
            decide(standing, wish, surroundings)
        except Problem as problem:
            found[action] = problem.words
        else:
            found[action] = None
    return found


@dataclass(frozen=True)
class Said:
    """What one caller judged, with their reason; who they are is not told."""

    which: int
    caller: CallerStanding
    judgement: Judgement | None
    reason: str | None


@dataclass(frozen=True)
class Sheet:
    """The closing page of one matter."""

    matter: Matter
    standing: Standing
    is_all_asked: bool
    proposal: A | None
    offers: dict[A, Words | None]
    said: list[Said]
    panel_words: str | None
    panel_cause: Outcome | None


def sheet(session: Session, matter: Matter, staff: Staff, *, at: datetime) -> Sheet:
    """Read the closing page of a matter; the journal keeps that the callers' reasons were read."""
    standing, surroundings = standing_of(matter), around(session, matter, at=at)
    is_due = standing.state is MatterState.REVISIT_DUE
    is_asked = is_due and is_all_asked(standing, surroundings, at)
    reasons: dict[object, str | None] = {}
    panel: MatterEvent | None = None
    if is_due:
        query = sa.select(MatterEvent).where(
            MatterEvent.matter_id == matter.id,
            MatterEvent.action.in_([A.REVISIT.value, A.PANEL.value]),
            MatterEvent.at >= (standing.round_began_at or matter.raised_at),
        )
        for event in session.scalars(query.order_by(MatterEvent.number)):
            if event.action == A.PANEL.value:
                panel = event
            elif event.facts.get("judgement"):
                reasons[event.facts["caller"]] = event.text
        journal.write(session, "matter.reasons_read", matter, by=staff, at=at)
        session.flush()
    numbers = numbers_of(session, matter)
    said = [
        Said(numbers.get(c.id, n), c, Judgement.found(c.judgement), reasons.get(c.id))
        for n, c in enumerate(standing.present_callers, start=1)
    ]
    return Sheet(
        matter=matter,
        standing=standing,
        is_all_asked=is_asked,
        proposal=proposal(standing) if is_asked else None,
        offers=offers(matter, standing, surroundings, staff, at=at),
        said=said,
        panel_words=panel.text if panel else None,
        panel_cause=Outcome.found(panel.facts.get("cause")) if panel else None,
    )
