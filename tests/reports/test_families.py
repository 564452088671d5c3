"""Differences printed together: quiet ones are seldom said to move, clear ones still are."""

from __future__ import annotations

import numpy as np

from reports.families import in_family
from reports.wording import Change, Measured, Verdict, apart


def test_quiet_counties_seldom_move_when_they_are_judged_together() -> None:
    rng = np.random.default_rng(11)
    weeks = rng.normal(0.8, 0.02, (2, 2_000, 20))
    alone = together = 0
    for now, before in zip(*weeks, strict=True):
        changes = [
            apart(Measured(a, 0.02, 500), Measured(b, 0.02, 500)) for a, b in zip(now, before, strict=True)
        ]
        alone += any(c is not None and c.verdict is not Verdict.NONE for c in changes)
        together += any(v is not Verdict.NONE for v in in_family(changes))
    assert alone / 2_000 > 0.55
    assert together / 2_000 < 0.06


def test_a_family_keeps_what_is_clear_and_what_is_unknown() -> None:
    clear, weak = Change(0.1, 0.08, 0.12, 1e-9), Change(0.03, 0.001, 0.06, 0.04)
    assert in_family([clear, weak, None]) == [Verdict.UP, Verdict.UP, Verdict.UNKNOWN]
    assert in_family([clear, weak, weak]) == [Verdict.UP, Verdict.NONE, Verdict.NONE]
    assert in_family([]) == []
