"""How long the bundle of a weight set takes, and how large it is: `python -m benchmarks.export_bundle`."""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import tempfile
import time
import zipfile
from datetime import timedelta
from pathlib import Path

from core import secrets
from core.db import reading, transaction, using
from core.terms import Words
from migrations.tables import every_table
from reports.export_bundle import bundle
from reports.export_files import FileFormat
from survey.weight_making import make_weight_set
from survey.weighting import WeightSet
from tests.made_once import empty_sqlite
from tests.survey.field import NOON
from tests.survey.weighed import a_worked_wave


def measured(folder: Path, interviews: int, replicates: int) -> dict[str, object]:
    """Make a wave, weigh it, and write its bundle twice; times in seconds."""
    with transaction() as session:
        field = a_worked_wave(session, each=-(-interviews // 4), interviews=interviews)
        cut = NOON + timedelta(days=2)
        made = make_weight_set(
            session, field.wave, starts_on=NOON.date(), ends_on=NOON.date(), as_of=cut, by=None, at=cut
        ).id
    steps: list[tuple[float, str]] = []

    def note(done: int, total: int, words: Words) -> None:
        steps.append((time.perf_counter(), words.in_language("en")))

    digests = []
    for turn in ("first.zip", "second.zip"):
        steps.clear()
        began, busy = time.perf_counter(), time.process_time()
        with reading() as session:
            found = bundle(
                session,
                session.get_one(WeightSet, made),
                folder / turn,
                formats=list(FileFormat),
                count=replicates,
                progress=note,
            )
        ended, busy = time.perf_counter(), time.process_time() - busy
        digests.append(hashlib.sha256((folder / turn).read_bytes()).hexdigest())
    ends = [*(at for at, _ in steps[1:]), ended]
    with zipfile.ZipFile(folder / turn) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    return {
        "interviews": found.interviews,
        "columns": found.columns,
        "replicates": found.replicates,
        "seconds": round(ended - began, 2),
        "processor_seconds": round(busy, 2),
        "steps": {words: round(end - at, 2) for (at, words), end in zip(steps, ends, strict=True)},
        "zip_bytes": (folder / turn).stat().st_size,
        "file_bytes": sizes,
        "same_bytes_twice": digests[0] == digests[1],
        "rare": found.rare,
        "township_blanked": found.blanked,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interviews", type=int, default=4000)
    parser.add_argument("--replicates", type=int, default=200)
    asked = parser.parse_args()
    every_table()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        secrets.use(secrets.Keyring.fresh())
        database = empty_sqlite(f"sqlite:///{folder / 'house.db'}")
        with using(database):
            print(json.dumps(measured(folder, asked.interviews, asked.replicates), indent=1))
        database.close()


if __name__ == "__main__":
    main()
