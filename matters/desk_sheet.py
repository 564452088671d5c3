"""The sheet of one matter as the desk reads it: its clock, its callers (masked), its story, and what may be done now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.people import Staff, Unit
from core.phone import masked
from matters import desk_steps, vault_opening
from matters.attachments import MatterAttachment
from matters.attributes import ClockColour, IdentityClass
from matters.caller_words import CallerWords, caller_words
from matters.clocks import Clock, clock_of
from matters.conflicts import may_set
from matters.correcting import may_correct
from matters.floods import Likeness, copies
from matters.flow import Side
from matters.keeping_away import sides_of
from matters.matter import Matter
from matters.moving import standing_of
from matters.policies import policy_of
from matters.reporters import Reporter, reporters_of
from matters.standing import CallerStanding, Standing
from matters.states import MatterState
from matters.timeline import Step, timeline


@dataclass(frozen=True)
class Caller:
    """One caller as the desk sees them: enough to tell them apart, too little to dial or to name."""

    id: int
    number: str
    identity: IdentityClass
    receipt: str
    standing: CallerStanding | None

    @property
    def is_present(self) -> bool:
        """Say whether they have not withdrawn."""
        return self.standing is not None and not self.standing.has_left


@dataclass(frozen=True)
class Sheet:
    """Everything on the page beside what is sealed."""

    standing: Standing
    clock: Clock
    colour: ClockColour
    callers: list[Caller]
    steps: list[Step]
    offers: dict[str, bool]
    """Forms that may be used now; False: another person must take this one."""
    may_merge: bool
    may_correct: bool
    may_set_conflict: bool
    may_ask_identity: bool
    """Whether the vault may be asked who raised it."""
    is_desk: bool
    articles: list[tuple[int, str]]
    copy: Likeness | None
    """What was noticed of an answer that waits to be checked: it repeats another matter's."""
    files: list[MatterAttachment]
    supporting: list[tuple[Unit, bool]]
    may_register_again: bool
    """Closed too long ago to be opened again: it is taken up as a new, linked matter."""
    words: CallerWords


def sheet(session: Session, matter: Matter, staff: Staff, *, is_open: bool, at: datetime) -> Sheet:
    """Read a matter for the person at the screen."""
    standing = standing_of(matter)
    policy = policy_of(session, matter.policy_id, at=at)
    is_desk = Side.CENTRE in sides_of(staff, matter)
    offers = desk_steps.offered(session, matter, staff)
    is_checked = matter.state is MatterState.RESULT_IN
    callers = reporters_of(session, matter)
    files = sa.select(MatterAttachment).where(MatterAttachment.matter_id == matter.id)
    return Sheet(
        standing,
        clock_of(standing, policy, clock.zone()),
        matter.colour(at),
        [_caller(each, standing, is_desk=is_desk) for each in callers],
        timeline(session, matter, is_open=is_open),
        offers,
        desk_steps.may_merge(matter, staff),
        may_correct(matter, staff),
        may_set(matter, staff),
        vault_opening.may_ask(matter, staff)
        and any(r.identity is not IdentityClass.ANONYMOUS for r in callers),
        is_desk,
        desk_steps.articles(session, matter, clock.today(at)) if "answer" in offers else [],
        copies(session, staff, [matter.id]).get(matter.id) if is_checked else None,
        list(session.scalars(files.order_by(MatterAttachment.id))),
        _supporting(session, standing),
        "reopen" in offers and at > matter.state_since + timedelta(days=30),
        caller_words(session, matter, at=at),
    )


def _caller(reporter: Reporter, standing: Standing, *, is_desk: bool) -> Caller:
    # Only the desk speaks to callers; nobody else needs to tell one from another by a number.
    return Caller(
        reporter.id,
        masked(reporter.number) if is_desk and reporter.number else "",
        reporter.identity,
        reporter.receipt_of.receipt or "",
        standing.caller(reporter.id),
    )


def _supporting(session: Session, standing: Standing) -> list[tuple[Unit, bool]]:
    found = ((session.get(Unit, task.unit), task.is_open) for task in standing.sub_tasks)
    return [(unit, is_open) for unit, is_open in found if unit is not None]
