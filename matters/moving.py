"""Moving: the one way in which a matter changes; entry, standing, list columns and journal in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock, journal
from core.people import Staff, Unit
from core.problems import Refused
from core.terms import Words
from matters import log
from matters.clocks import clock_of
from matters.errands import follow
from matters.flow import MatterAction, Side
from matters.keeping_away import excluded, sides_of
from matters.limits import Policy
from matters.lots import DRAWN, draw
from matters.matter import Matter, SupportingUnit
from matters.notice_rules import tell
from matters.notices import stop_retries
from matters.policies import policy_of
from matters.rules import Around, Wish, apply, decide
from matters.standing import Deed, Standing, as_json, from_json
from matters.states import MatterState
from matters.steps_caller import is_finished
from matters.ticks import next_step_at, prelude
from matters.turns import keep_turns

SYSTEM = frozenset({Side.SYSTEM})


class SomeoneElse(Refused):
    """Somebody acted between the page and the button."""

    words = Words(
        "刚刚有人处理过这件诉求，现在是“{state}”。您填写的内容还在，请看清后再提交",
        "Somebody has just acted on this matter; it is “{state}” now. What you typed is kept: look again, then send",
    )


def around(session: Session, matter: Matter, *, at: datetime) -> Around:
    """Return what the rules must know beside the matter."""
    shut = session.scalars(sa.select(Unit.id).where(Unit.is_active.is_(False)))
    policy = policy_of(session, matter.policy_id, at=at)
    return Around(policy, clock.zone(), excluded(session, matter), frozenset(shut))


def standing_of(matter: Matter) -> Standing:
    """Return where a matter stands."""
    return from_json(matter.standing)


def act(
    session: Session,
    matter: Matter,
    action: MatterAction,
    *,
    by: Staff | None,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
    text: str = "",
    sides: Iterable[Side] | None = None,
    seen: int | None = None,
) -> Deed:
    """Do one thing with a matter, or raise with the reason; `seen` is the version on the page it was asked from."""
    session.refresh(matter, ["version", "standing", "state", "policy_id", "conflict", "conflict_unit_id"],
                    with_for_update=True)  # fmt: skip
    standing = standing_of(matter)
    if seen is not None and seen != matter.version:
        raise SomeoneElse(state=standing.state)
    own = frozenset(sides) if sides is not None else sides_of(by, matter) if by else SYSTEM
    wish = Wish(
        action, at, own, by.id if by else None, by.unit_id if by else None, dict(facts or {}), text.strip()
    )
    surroundings = around(session, matter, at=at)
    deed = decide(standing, wish, surroundings)
    shown = prelude(standing, action)
    if shown is not None:
        fault = decide(standing, Wish(shown.action, at, SYSTEM, facts=shown.facts), surroundings)
        _write(session, matter, fault, "", by=None)
    _write(session, matter, deed, text, by=by)
    after = standing_of(matter)
    if is_finished(after):
        told = decide(after, Wish(MatterAction.ALL_TOLD, at, SYSTEM), around(session, matter, at=at))
        _write(session, matter, told, "", by=None)
    return deed


def _write(session: Session, matter: Matter, deed: Deed, text: str, *, by: Staff | None) -> None:
    was = standing_of(matter)
    standing = apply(was, deed)
    log.write(session, matter, deed, text)
    policy = policy_of(session, standing.policy or matter.policy_id, at=deed.at)
    keep(session, matter, standing, policy)
    session.flush()
    _keep_callers(session, matter, deed, was, standing, policy)
    journal.write(
        session,
        f"matter.{deed.action}",
        matter,
        by=by,
        at=deed.at,
        **{"from": was.state.value, "to": matter.state.value},
    )
    stop_retries(session, matter, was.units - standing.units)
    tell(session, matter, deed, standing)
    session.flush()


def _keep_callers(
    session: Session, matter: Matter, deed: Deed, was: Standing, standing: Standing, policy: Policy
) -> None:
    """Queue the callers who are now due to be rung, and take out those who no longer are."""
    follow(session, matter, deed, was, standing, policy)
    if {was.state, standing.state} & {MatterState.FEEDBACK_DUE, MatterState.REVISIT_DUE}:
        keep_turns(session, matter, standing, policy)
    if was.state is not standing.state and {was.state, standing.state} & DRAWN:
        draw(session, matter, standing, policy, standing.since)


def keep(session: Session, matter: Matter, standing: Standing, policy: Policy) -> None:
    """Write a standing down with the columns that lists read."""
    if matter.standing:
        _keep_supporting(session, matter, standing)
    matter.standing = as_json(standing)
    matter.state = standing.state
    matter.policy_id = standing.policy or None
    matter.urgency = standing.urgency
    matter.difficulty = standing.difficulty
    matter.round, matter.level = standing.round, standing.level
    matter.is_incident = standing.is_incident
    matter.lead_unit_id = standing.lead
    matter.conflict, matter.conflict_unit_id = standing.conflict, standing.conflict_unit
    matter.state_since, matter.ended_at = standing.since, standing.ended_at
    if standing.state is MatterState.MERGED:
        matter.merged_into_id = standing.merge_target
    set_clock(matter, standing, policy)


def set_clock(matter: Matter, standing: Standing, policy: Policy) -> None:
    """Write down when the clock turns yellow and red; the colour itself is read from these at the instant."""
    for name, value in clock_columns(standing, policy).items():
        setattr(matter, name, value)


def clock_columns(standing: Standing, policy: Policy) -> dict[str, Any]:
    """Return what lists read of a matter's clock, by column."""
    found = clock_of(standing, policy, clock.zone())
    return {
        "due_at": found.end.due_at if found.end else None,
        "yellow_at": found.end.yellow_at if found.end else None,
        "is_paused": found.is_paused,
        "is_provisional": bool(found.end and found.end.is_provisional),
        "stage": found.stage.value if found.stage else None,
        "stage_due_at": found.stage_end.due_at if found.stage_end else None,
        "next_step_at": next_step_at(standing, policy, clock.zone(), found),
        "is_extension_asked": standing.state is MatterState.IN_HAND and standing.is_extension_asked,
    }


def _keep_supporting(session: Session, matter: Matter, standing: Standing) -> None:
    before = standing_of(matter).sub_tasks
    if before == standing.sub_tasks:
        return
    session.execute(sa.delete(SupportingUnit).where(SupportingUnit.matter_id == matter.id))
    session.add_all(
        SupportingUnit(matter_id=matter.id, unit_id=task.unit, is_open=task.is_open)
        for task in standing.sub_tasks
    )
