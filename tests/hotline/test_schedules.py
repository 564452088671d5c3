"""Random schedules of the carrier's reports end like the clean one; races have one winner; storms lose nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.hotline_races import OPERATORS, run
from benchmarks.hotline_schedules import Judge, loses
from benchmarks.hotline_stage import Stage
from core import db
from hotline import waiting, wrapping
from telephony import inbound, line, webhooks

SCHEDULES, STORMS, RACES = 48, 16, 12


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The engine alone, and the line put away afterwards."""
    monkeypatch.setattr(wrapping, "_rules", {})
    monkeypatch.setattr(waiting, "_messages", [])
    monkeypatch.setattr(webhooks, "kick", lambda: None)
    inbound.forget_answers()
    yield
    inbound.forget_answers()
    line.use(None)


def test_reports_twice_late_and_out_of_order_end_as_in_fair_weather(
    sqlite: db.Database, tmp_path: Path
) -> None:
    """Two callers at once, each schedule its own; 10,000 and more with benchmarks.hotline_schedules."""
    judge = Judge(Stage(tmp_path))
    assert [found for seed in range(SCHEDULES) if (found := judge.differs(seed))] == []


def test_a_storm_leaves_every_call_with_a_record_and_an_owner(sqlite: db.Database, tmp_path: Path) -> None:
    """Reports are lost, the last ones too; the reconcilers find out, and nobody waits for ever."""
    stage = Stage(tmp_path)
    assert [wrong for seed in range(STORMS) for wrong in loses(stage, seed)] == []


def test_a_race_for_one_caller_has_one_winner(database: db.Database, tmp_path: Path) -> None:
    """Eight operators at the same moment, on both databases."""
    found = run(Stage(tmp_path, people=OPERATORS), RACES)
    assert found == {"won": RACES, "too late": RACES * (OPERATORS - 1)}
