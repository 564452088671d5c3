"""Play random schedules of the carrier's reports and compare how each ends with its play in fair weather.

    python -m benchmarks.hotline_schedules --schedules 10000
    python -m benchmarks.hotline_schedules --schedules 10000 --storm --processes 2

A schedule is two callers' stories at once, with reports told twice, late and out of order, each signed and
handed to the house's own door; it has to end as each of the stories ends alone and in fair weather. In a storm
reports are lost as well, the last ones too: then the reconcilers look into the carrier's books, and every call
has a record with an owner and nobody is left waiting.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from benchmarks.hotline_long_stories import LONG
from benchmarks.hotline_parts import Part
from benchmarks.hotline_play import Ending, Play, ending, lost
from benchmarks.hotline_reports import FAIR, FOUL, STORM, Weather
from benchmarks.hotline_stage import Stage
from benchmarks.hotline_stories import STORIES
from core import db, secrets
from core.db import Base, Database
from telephony import webhooks

ALL = {**STORIES, **LONG}
ROOMS = ("telephony", "matters", "survey", "hotline")
"""Whose ears hear the line's reports."""


@contextmanager
def stage_in(folder: Path, url: str = "", *, people: int = 4) -> Iterator[Stage]:
    """Set a stage up on a database of its own; the outbox is never sent, what comes of it is in the stories."""
    for room in ROOMS:
        importlib.import_module(f"{room}.views")
    database = Database(url or f"sqlite:///{folder / 'plays.db'}")
    Base.metadata.create_all(database.engine)
    with db.using(database), patch.object(webhooks, "kick", lambda: None):
        yield Stage(folder, people=people)
    database.close()


def cast(stage: Stage, seed: int) -> tuple[list[str], list[Part]]:
    """Choose two stories, and two callers with operators of their own who play them."""
    which, dice = random.Random(f"{seed} stories"), random.Random(seed)
    names = [which.choice(tuple(ALL)) for _ in range(2)]
    return names, [Part(stage, dice, 0, 1), Part(stage, dice, 2, 3)]


def play(stage: Stage, names: list[str], parts: list[Part], dice: random.Random, weather: Weather) -> bool:
    """Play stories at once in some weather; say whether every deed of ours could be done."""
    stage.set()
    stories = [list(ALL[name](part)) for name, part in zip(names, parts, strict=True)]
    return Play(stage, dice, weather).play(stories)


class Judge:
    """Knows how every story ends when it is played alone in fair weather, and compares."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._known: dict[tuple[str, int, bool], Ending] = {}

    def differs(self, seed: int) -> str | None:
        """Play a seed in foul weather; say how it ends differently, or None when it doesn't."""
        names, parts = cast(self.stage, seed)
        expected = [self._alone(name, part) for name, part in zip(names, parts, strict=True)]
        names, parts = cast(self.stage, seed)
        if not play(self.stage, names, parts, random.Random(f"{seed} foul"), FOUL):
            return f"{seed} {names}: something could not be done"
        found, fair = ending(self.stage, [leg for part in parts for leg in part.legs]), _together(expected)
        return None if found == fair else f"{seed} {names}: {fair} but {found}"

    def _alone(self, name: str, part: Part) -> Ending:
        """Return how a story ends, whoever the caller is: only whether their number is told matters."""
        kind = name, part.first, part.number == "anonymous"
        if kind not in self._known:
            if not play(self.stage, [name], [part], random.Random(name), FAIR):
                raise RuntimeError(f"the story {name!r} can't be played in fair weather")
            self._known[kind] = ending(self.stage, part.legs)
        return self._known[kind]


def _together(alone: list[Ending]) -> Ending:
    """Put the ends of stories together, each with two operators of its own."""
    contacts = tuple(contact for one in alone for contact in one.contacts)
    seats = tuple(seat for n, one in enumerate(alone) for seat in one.seats[2 * n : 2 * n + 2])
    return Ending(contacts, seats, tuple(map(sum, zip(*(one.left for one in alone), strict=True))))


def loses(stage: Stage, seed: int) -> list[str]:
    """Play a seed in a storm, let the reconcilers look, and return what is lost."""
    names, parts = cast(stage, seed)
    play(stage, names, parts, random.Random(f"{seed} foul"), STORM)
    stage.look_into_books()
    legs = [leg for part in parts for leg in part.legs]
    return [f"{seed} {names}: {wrong}" for wrong in lost(stage, legs)]


@dataclass
class Played:
    """What one process played: how many schedules of how many reports, what was wrong, and what it cost."""

    schedules: int = 0
    reports: int = 0
    cpu_s: float = 0.0
    wrong: tuple[str, ...] = ()


def run(first: int, count: int, storm: bool, mine: int = 0, of: int = 1) -> Played:
    """Play this process's share of the seeds, on a stage of its own."""
    secrets.use(secrets.Keyring.fresh())
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    played, wrong = Played(), []
    with tempfile.TemporaryDirectory(dir=memory) as folder, stage_in(Path(folder)) as stage:
        gc.freeze()
        began, judge = time.process_time(), Judge(stage)
        for seed in range(first + mine, first + count, of):
            found = loses(stage, seed) if storm else [one for one in [judge.differs(seed)] if one]
            for one in found:  # at once, so that a run that is broken off has said what it found
                print(one, file=sys.stderr, flush=True)
            wrong += found
            played.schedules += 1
            if played.schedules % 1000 == 0:
                print(f"{played.schedules} played", file=sys.stderr, flush=True)
        played.cpu_s = time.process_time() - began
        played.reports = stage.reports
    played.wrong = tuple(wrong)
    return played


def main(words: Sequence[str] | None = None) -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--storm", action="store_true")
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args(words)
    began = time.perf_counter()
    fresh, of = multiprocessing.get_context("spawn"), given.processes
    with ProcessPoolExecutor(of, mp_context=fresh) as pool:
        shares = [pool.submit(run, given.first, given.schedules, given.storm, n, of) for n in range(of)]
        played = [share.result() for share in shares]
    wrong = sorted(found for share in played for found in share.wrong)
    cpu_s = sum(share.cpu_s for share in played)
    print(json.dumps({
        "weather": "storm" if given.storm else "foul",
        "schedules": sum(share.schedules for share in played),
        "reports": sum(share.reports for share in played),
        "wrong": len(wrong),
        "processes": of,
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_s": round(cpu_s, 1),
        "cpu_ms_a_schedule": round(1000 * cpu_s / max(1, given.schedules), 1),
        "examples": wrong[:5],
    }, ensure_ascii=False))  # fmt: skip
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
