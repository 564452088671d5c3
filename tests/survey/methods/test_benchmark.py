"""The benchmark's own honesty: what runs over the cap, does not fit or fails is said, never a number."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

from benchmarks.estimation import compared
from benchmarks.estimation_children import child, no_room
from benchmarks.estimation_paths import measured


def test_over_the_cap_is_stopped_with_all_it_started() -> None:
    started = time.monotonic()
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    assert child([sys.executable, "-c", code], cap=0.5)["over_cap"] == 0.5
    assert time.monotonic() - started < 120


def test_what_fails_or_is_not_there_says_so() -> None:
    assert child(["no-such-program-here"], cap=5) == {"not_run": "not installed"}
    failed = child([sys.executable, "-c", "raise SystemExit('no such package')"], cap=60)
    assert failed["error"] == ["no such package"]
    silent = child([sys.executable, "-c", "print('nothing to read')"], cap=60)
    assert silent["error"] == ["nothing to read"]
    assert no_room(900, 1000) == {"not_run": "memory", "needs_mb": 900, "available_mb": 1000}
    assert no_room(700, 1000) is None


def test_rows_and_cube_give_the_same_and_are_set_beside_each_other() -> None:
    here = {what: measured(what, 3000, 1, "") for what in ("cube", "rows", "stored_cube", "cube_replicates")}
    assert len(here["rows"]["estimates"]) == 22
    linearised = np.array(here["rows"]["errors"])
    found = compared(here | {"svy": {"error": ["no"]}, "survey": {"over_cap": 1}})
    assert found["rows"]["estimates_off"] < 1e-10
    assert found["rows"]["errors_off"] < 1e-10
    assert found["cube_replicates"]["errors_over_linearised"] == pytest.approx(1, abs=0.05)
    assert found["rows"]["times_the_cube"] > 0
    assert found["svy"] == {"error": ["no"]}
    assert linearised.min() > 0
