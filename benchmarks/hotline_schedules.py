"""Play random schedules of the carrier's reports and compare how each ends with its play in fair weather.

    python -m benchmarks.hotline_schedules --schedules 10000
    python -m benchmarks.hotline_schedules --schedules 2000 --storm

A schedule is two callers' stories at once, with reports told twice, late and out of order; it has to end as the
same stories end in fair weather. In a storm reports are lost as well, the last ones too: then the reconcilers
look into the carrier's books, and every call has a record with an owner and nobody is left waiting.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.hotline_play import FAIR, FOUL, STORM, Stage, Weather
from benchmarks.hotline_stories import STORIES, Part
from core import db, secrets
from core.db import Base, Database
from scripts.write_glossary import import_every_module


@contextmanager
def stage_in(folder: Path, url: str = "", *, people: int = 4) -> Iterator[Stage]:
    """Set a stage up on a database of its own."""
    import_every_module()
    database = Database(url or f"sqlite:///{folder / 'plays.db'}")
    Base.metadata.create_all(database.engine)
    with db.using(database):
        yield Stage(folder, people=people)
    database.close()


def parts_of(stage: Stage, seed: int) -> list[Part]:
    """Cast two callers, each with operators of their own."""
    dice = random.Random(seed)
    return [Part(stage, dice, 0, 1), Part(stage, dice, 2, 3)]


def told(stage: Stage, seed: int) -> tuple[list[str], list[Part]]:
    """Choose two stories and who plays them."""
    which = random.Random(f"{seed} stories")
    return [which.choice(tuple(STORIES)) for _ in range(2)], parts_of(stage, seed)


def play(stage: Stage, seed: int, weather: Weather) -> tuple[bool, list[Part]]:
    """Play a seed's two stories in some weather; the stories are the same in every weather."""
    stage.set()
    names, parts = told(stage, seed)
    stories = [list(STORIES[name](part)) for name, part in zip(names, parts, strict=True)]
    kind = "fair" if weather is FAIR else "foul"
    return stage.play(stories, random.Random(f"{seed} {kind}"), weather), parts


def differs(stage: Stage, seed: int) -> str | None:
    """Play a seed in fair and in foul weather; say how the ends differ, or None when they don't."""
    names, parts = told(stage, seed)
    kind = (*names, *(part.number == "anonymous" for part in parts))
    if kind not in _fair:  # the same stories end alike in fair weather, whatever the dice
        _fair[kind] = _ending(stage, seed, FAIR)
    found = _ending(stage, seed, FOUL)
    return None if found == _fair[kind] else f"{seed} {names}: {_fair[kind]} but {found}"


_fair: dict[tuple[object, ...], list[tuple[object, ...]]] = {}


def _ending(stage: Stage, seed: int, weather: Weather) -> list[tuple[object, ...]]:
    done, parts = play(stage, seed, weather)
    return stage.ending([part.leg for part in parts]) if done else [("something could not be done",)]


def loses(stage: Stage, seed: int) -> list[str]:
    """Play a seed in a storm, let the reconcilers look, and return what is lost."""
    _, parts = play(stage, seed, STORM)
    stage.look_into_books()
    return [f"{seed}: {wrong}" for wrong in stage.lost([part.leg for part in parts])]


def main(words: Sequence[str] | None = None) -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--storm", action="store_true")
    given = parser.parse_args(words)
    secrets.use(secrets.Keyring.fresh())
    wrong: list[str] = []
    began = time.perf_counter()
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as folder, stage_in(Path(folder)) as stage:
        for seed in range(given.first, given.first + given.schedules):
            if given.storm:
                wrong += loses(stage, seed)
            else:
                found = differs(stage, seed)
                wrong += [found] if found else []
    print(json.dumps({
        "weather": "storm" if given.storm else "foul",
        "schedules": given.schedules,
        "wrong": len(wrong),
        "seconds": round(time.perf_counter() - began, 1),
        "examples": wrong[:5],
    }, ensure_ascii=False))  # fmt: skip
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
