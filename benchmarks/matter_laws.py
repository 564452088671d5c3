"""What no walk of a matter may break, told apart from the table and the checks."""

from __future__ import annotations

from matters.flow import SIDES, MatterAction, Side
from matters.rules import Wish, allowed
from matters.standing import Standing
from matters.states import MatterState

EXCLUDED = frozenset({6, 7})
"""Units that the conflict of every matter here keeps away."""
CLOSED_UNITS = frozenset({5})


def kept_away(standing: Standing) -> frozenset[int]:
    """Return the units that may not have a matter: some always, and the one complained about."""
    return EXCLUDED | ({standing.conflict_unit} - {None})  # type: ignore[operator]


def _lets_back(before: Standing, wanted: Wish, after: Standing) -> bool:
    """Say whether somebody kept away was let back by anyone but a supervision office."""
    if before.state is MatterState.DRAFT or Side.SUPERVISION in wanted.sides:
        return False
    return not kept_away(before) <= kept_away(after)


def is_illegal(before: Standing, wanted: Wish, after: Standing) -> bool:
    """Say whether a step broke what must always hold, told apart from the table and the checks."""
    s = MatterState
    units = {after.lead, *after.supporting} - {None}
    given = wanted.action in (MatterAction.ASSIGN, MatterAction.ACCEPT_RETURN)
    solved = [c.judgement for c in after.present_callers if c.judgement]
    return any(
        (
            not SIDES[wanted.action] & wanted.sides,
            bool(units & EXCLUDED),
            given and bool(units & kept_away(before)),
            _lets_back(before, wanted, after),
            wanted.action is MatterAction.TAKE_AWAY and after.lead is not None,
            given and bool(units & CLOSED_UNITS),
            given and before.conflict.lacks_unit(before.conflict_unit),
            after.lead in after.supporting,
            after.state is s.IN_HAND and (after.lead is None or after.signed_at is None),
            any(c.told_at is None for c in after.callers if c.judged_at),
            wanted.action is MatterAction.ALL_TOLD and any(c.told_at is None for c in after.present_callers),
            after.state is s.CLOSED_SOLVED and (not solved or set(solved) != {"solved"}),
            after.state is s.CLOSED_UNREACHED and bool(solved),
            wanted.action is MatterAction.CLOSE_EXPLAINED and wanted.by in (None, before.panel_by),
            wanted.action is MatterAction.WITHDRAW and wanted.facts.get("pressed") is not False,
            after.round != before.round + (wanted.action in (MatterAction.SEND_ROUND, MatterAction.REOPEN)),
            before.registered_at is not None and after.registered_at != before.registered_at,
            before.round == after.round and before.round_began_at not in (None, after.round_began_at),
            wanted.action is not MatterAction.WITHDRAW
            and not set(allowed(before, wanted.sides)) & {wanted.action},
        )
    )
