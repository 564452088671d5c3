"""The standing of a matter: everything that follows from its log, as one value that nothing else may change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from matters.attributes import Conflict, Difficulty, Urgency
from matters.states import MatterState


class Try(msgspec.Struct, frozen=True, omit_defaults=True):
    """One try to reach a caller."""

    at: datetime
    by: int | None
    result: str


class CallerStanding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one caller has been told and says; who they are stays with the reporter's sealed record."""

    id: int
    is_anonymous: bool = False
    tells: tuple[Try, ...] = ()
    told_at: datetime | None = None
    told_by: int | None = None
    is_reached: bool = False
    """Told in person, not by page or text alone."""
    revisits: tuple[Try, ...] = ()
    judged_at: datetime | None = None
    judgement: str | None = None
    """None after the last try: never reached, which counts as neither satisfied nor solved."""
    satisfaction: int | None = None
    has_left: bool = False


class SubTask(msgspec.Struct, frozen=True, omit_defaults=True):
    """A supporting unit's part."""

    unit: int
    done_at: datetime | None = None
    is_excused: bool = False

    @property
    def is_open(self) -> bool:
        """Say whether the lead must still wait for it."""
        return self.done_at is None and not self.is_excused


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a matter stands after its log up to now."""

    state: MatterState
    since: datetime
    """When this state began."""
    raised_at: datetime
    urgency: Urgency = Urgency.U3
    proposed: Urgency | None = None
    """What words of danger propose where nobody of the house heard them, until the desk settles the urgency."""
    difficulty: Difficulty | None = None
    policy: int = 0
    registered_at: datetime | None = None
    registered_by: int | None = None
    conflict: Conflict = Conflict.NONE
    conflict_unit: int | None = None

    round: int = 1
    round_began_at: datetime | None = None
    """When the clock of this round began: at registration, or when it was sent round again."""
    lead: int | None = None
    sub_tasks: tuple[SubTask, ...] = ()
    dispatches: int = 0
    """How often it was assigned in this round."""
    returned_by: tuple[int, ...] = ()
    """Units that asked to give it back; each may ask once."""
    is_ruled: bool = False
    assigned_at: datetime | None = None
    signed_at: datetime | None = None
    contacted_at: datetime | None = None
    given_up_at: datetime | None = None
    """When no caller had been reached for a first word, however often they were rung."""
    answered_at: datetime | None = None
    """When the unit first reported a result since it was given the matter."""
    has_asked_caller: bool = False
    paused_days: int = 0
    paused_seconds: float = 0.0
    extension_asked: datetime | None = None
    extended_to: datetime | None = None
    is_extension_refused: bool = False
    reported_at: datetime | None = None
    reported_by: int | None = None
    claim: str | None = None
    """The outcome that the unit claims."""
    check: str | None = None
    """The outcome that the centre found."""

    callers: tuple[CallerStanding, ...] = ()
    panel_by: int | None = None
    panel_at: datetime | None = None
    declined_by: int | None = None
    is_decline_confirmed: bool = False
    decided_by: int | None = None
    merge_proposed_by: int | None = None
    merge_target: int | None = None
    merges_refused: tuple[int, ...] = ()
    """Matters that the custodian would not have it merged into."""
    review_at: datetime | None = None
    """When a suspension is looked at again."""
    was_suspended: bool = False
    renewals: int = 0
    """How often a suspension went on or came again."""
    level: int = 0
    is_incident: bool = False
    incident_at: datetime | None = None
    acknowledged_level: int | None = None
    escalated_at: datetime | None = None
    incident_reports: tuple[str, ...] = ()
    """The ways in which the incident was reported upwards, each once."""
    notices: tuple[str, ...] = ()
    """What the clock has set off in this round; limits that passed by their name."""
    faults: tuple[str, ...] = ()
    """unit:fault:round, each once."""
    cleared_faults: tuple[str, ...] = ()
    was_pressed: bool = False
    ended_at: datetime | None = None

    @property
    def present_callers(self) -> tuple[CallerStanding, ...]:
        """The callers who have not withdrawn."""
        return tuple(c for c in self.callers if not c.has_left)

    @property
    def awaits_word(self) -> bool:
        """Say whether a caller must still be rung for a first word."""
        return self.contacted_at is None and self.given_up_at is None

    @property
    def is_extension_asked(self) -> bool:
        """Say whether more time was asked for and nobody has decided."""
        is_decided = self.extended_to is not None or self.is_extension_refused
        return self.extension_asked is not None and not is_decided

    def caller(self, caller_id: object) -> CallerStanding | None:
        """Find a caller."""
        return next((c for c in self.callers if c.id == caller_id), None)

    @property
    def supporting(self) -> tuple[int, ...]:
        """The supporting units."""
        return tuple(task.unit for task in self.sub_tasks)

    @property
    def units(self) -> frozenset[int]:
        """The units that have a part in it."""
        return frozenset({self.lead, *self.supporting} - {None})  # type: ignore[arg-type]

    def sub_task(self, unit: int | None) -> SubTask | None:
        """Find the part of a supporting unit."""
        return next((task for task in self.sub_tasks if task.unit == unit), None)


class Deed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of the log: what was done, when, by whom, with facts that are codes, numbers and moments only."""

    action: str
    at: datetime
    by: int | None = None
    unit: int | None = None
    facts: dict[str, Any] = {}


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Standing).decode


def as_json(standing: Standing) -> str:
    """Write a standing as text, always the same for the same standing."""
    return _encode(standing).decode()


def from_json(text: str) -> Standing:
    """Read a standing back."""
    return _decode(text)
