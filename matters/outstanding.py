"""Outstanding: what stands in every weekly bulletin until it is done: suspended, or in its fourth round and later."""

from __future__ import annotations

from matters.states import OPEN, MatterState

BULLETIN_ROUND = 4


def is_outstanding(state: MatterState, number: int) -> bool:
    """Say whether a matter in this state and round stays in the bulletin."""
    return state is MatterState.SUSPENDED or (state in OPEN and number >= BULLETIN_ROUND)
