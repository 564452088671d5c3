"""Random schedules of the carrier's reports end like the clean one; races have one winner; storms lose nobody."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.hotline_long_stories import LONG
from benchmarks.hotline_parts import Part
from benchmarks.hotline_play import ending
from benchmarks.hotline_races import OPERATORS, run
from benchmarks.hotline_reports import Act, Report
from benchmarks.hotline_schedules import Judge, loses
from benchmarks.hotline_stage import Stage
from benchmarks.hotline_stories import STORIES
from core import db
from hotline import waiting, wrapping
from telephony import inbound, line, webhooks

SCHEDULES, STORMS, RACES = 48, 16, 12
ONCE_WRONG = (1018, 1419, 2085, 3529, 5784, 7205)
"""Schedules that ended otherwise before what they showed was mended."""


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
    seeds = (*range(SCHEDULES), *ONCE_WRONG)
    assert [found for seed in seeds if (found := judge.differs(seed))] == []


def test_a_storm_leaves_every_call_with_a_record_and_an_owner(sqlite: db.Database, tmp_path: Path) -> None:
    """Reports are lost, the last ones too; the reconcilers find out, and nobody waits for ever."""
    stage = Stage(tmp_path)
    assert [wrong for seed in range(STORMS) for wrong in loses(stage, seed)] == []


def test_a_race_for_one_caller_has_one_winner(database: db.Database, tmp_path: Path) -> None:
    """Eight operators at the same moment, on both databases."""
    found = run(Stage(tmp_path, people=OPERATORS), RACES)
    assert found == {"won": RACES, "too late": RACES * (OPERATORS - 1)}


@pytest.mark.parametrize("first", ["waited", "call"])
def test_an_end_told_after_the_callers_next_talk_asks_nobody_to_call_back(
    sqlite: db.Database, tmp_path: Path, first: str
) -> None:
    """Somebody gave up, rang again and was talked to; only then the carrier tells that they had given up."""
    stage = Stage(tmp_path)
    stage.set()
    part = next(
        part for seed in range(9) if (part := Part(stage, random.Random(seed), 0, 1)).number != "anonymous"
    )
    told = list(LONG["rings again"](part))
    late = next(n for n, step in enumerate(told) if isinstance(step, Report) and step.is_of_end) - 1
    ends = [
        step.stamped(stage.now + timedelta(seconds=30))
        for step in told[late : late + 2]
        if isinstance(step, Report)
    ]
    for step in told[:late]:
        assert isinstance(step, Report)
        stage.take_in(step.stamped(stage.now))
    stage.now += timedelta(minutes=1)
    for step in told[late + 2 :]:
        assert stage.does(step) if isinstance(step, Act) else stage.take_in(step.stamped(stage.now))
        stage.now += timedelta(seconds=2)
    for end in sorted(ends, key=lambda report: report.hook != first):
        stage.take_in(end)
    alone, after = ending(stage, part.legs).contacts
    assert alone == ("done", "abandoned", None, False, 1, ("done", "abandoned", 0))
    assert after == ("done", "answered", 0, True, 1, None)


def test_a_page_asked_for_twice_takes_no_caller_from_who_answers_them(
    sqlite: db.Database, tmp_path: Path
) -> None:
    """The page that lets somebody wait again is asked for once more when the next operator has taken them."""
    stage = Stage(tmp_path)
    stage.set()
    part = Part(stage, random.Random(1), 0, 1)
    acts, again = 0, None
    for step in STORIES["passed on"](part):
        stage.now += timedelta(seconds=2)
        if isinstance(step, Act):
            assert stage.does(step)
            acts += 1
            if acts == 4:  # taken by the second one
                assert again is not None
                assert "<Enqueue" in stage.take_in(again)
        else:
            stage.take_in(step.stamped(stage.now))
            again = step.stamped(stage.now) if step.hook == "join" and "line" in step.query else again
    assert acts == 5
    assert ending(stage, part.legs).contacts == (("done", "answered", 1, True, 1, None),)


def test_a_talk_of_which_only_the_end_is_told_is_no_missed_call(sqlite: db.Database, tmp_path: Path) -> None:
    """The rounds gave up waiting for the caller to come through; then the carrier tells that they hung up there."""
    stage = Stage(tmp_path)
    stage.set()
    part = Part(stage, random.Random(1), 0, 1)
    told = list(STORIES["answered"](part))
    came, left, over, finish = told[-4:]
    for step in told[:-4]:
        stage.now += timedelta(seconds=2)
        assert stage.does(step) if isinstance(step, Act) else stage.take_in(step.stamped(stage.now))
    stage.now += timedelta(seconds=50)
    stage.rounds()
    assert ending(stage, part.legs).contacts[0] == ("waiting", None, None, False, 1, None)
    for late in (left, came, over):
        assert isinstance(late, Report)
        stage.take_in(late.stamped(stage.now))
    assert isinstance(finish, Act)
    assert stage.does(finish)
    assert ending(stage, part.legs).contacts == (("done", "answered", 0, True, 1, None),)
