"""Families of differences: what may be said of several that are printed together, so that no quiet one is said to move."""

from __future__ import annotations

from collections.abc import Iterable

from reports.wording import LEVEL, Change, Verdict
from survey.methods.multiplicity import adjusted


def in_family(changes: Iterable[Change | None]) -> list[Verdict]:
    """Say what the differences of one printed family amount to: up or down only where Holm's p agrees.

    Of twenty quiet counties looked at one by one, one would be said to have moved in two weeks of three.
    """
    found = list(changes)
    p = adjusted([float("nan") if c is None or c.p is None else c.p for c in found])
    return [
        Verdict.UNKNOWN if c is None else c.verdict if q < 1 - LEVEL else Verdict.NONE
        for c, q in zip(found, p.tolist(), strict=True)
    ]
