"""The rules of a matter in one place: what may be done, what it changes, and where it stands after its whole log."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from matters import (
    steps_again,
    steps_caller,
    steps_clock,
    steps_conflict,
    steps_desk,
    steps_inform,
    steps_supervision,
    steps_unit,
    steps_urging,
)
from matters.standing import Deed, Standing
from matters.steps import Around, Wish, allowed, apply, decide
from matters.steps_desk import begin

__all__ = ["CHAPTERS", "Around", "Wish", "allowed", "apply", "begin", "decide", "replay"]

CHAPTERS = (
    steps_desk,
    steps_conflict,
    steps_again,
    steps_supervision,
    steps_unit,
    steps_clock,
    steps_inform,
    steps_caller,
    steps_urging,
)
"""Where each side's steps are written; importing them registers their checks and effects."""


def replay(begun: Standing, log: Iterable[Deed]) -> Standing:
    """Return the standing after a log: the same for the same log, always."""
    return reduce(apply, log, begun)
