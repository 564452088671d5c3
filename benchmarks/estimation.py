"""Time and peak memory of estimation by rows and by cube, beside R's survey and svy where installed, as JSON.

    python -m benchmarks.estimation --sizes 10000 100000 1000000 10000000
    python -m benchmarks.estimation --sizes 10000 --peers survey svy --svy-python /path/to/python

199 strata with population sizes, raking to 4 margins (240 cells), 2 shares for the city and 10 counties (22
estimates with their errors), 200 re-raked bootstrap replicates. Each measurement is a process of its own, with one
thread for linear algebra.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from survey.methods import cube_calibration, raking
from survey.methods.cube import Cube, count
from survey.methods.cube_bootstrap import bootstrap
from survey.methods.cube_estimates import cube_estimates
from survey.methods.cube_estimation import CubeTarget, Margins
from survey.methods.cube_layout import Item, Key, Layout
from survey.methods.design import FloatArray, IntArray, declare
from survey.methods.estimands import Mean
from survey.methods.estimates import Domains, Estimate, estimates
from survey.methods.margins import Margin
from survey.methods.ranks import rank_sets
from survey.methods.replication import Replication, replicate
from survey.methods.small_area import fay_herriot

STRATA, REPLICATES = 199, 200
KEYS = (
    Key("county", tuple(f"c{k}" for k in range(10))),
    Key("sex_age", tuple(f"a{k}" for k in range(3))),
    Key("area", ("urban", "rural")),
    Key("education", tuple(f"e{k}" for k in range(4))),
)
ITEMS = ("y1", "y2")
LAYOUT = Layout(
    tuple(f"s{h}" for h in range(STRATA)), KEYS, tuple(Item(name, may_miss=False) for name in ITEMS)
)


@dataclass(frozen=True, eq=False)
class Sample:
    """Respondents in memory, as codes."""

    strata: IntArray
    keys: list[IntArray]
    weights: FloatArray
    answers: list[FloatArray]
    population: FloatArray
    totals: dict[str, dict[str, float]]


def a_sample(n: int) -> Sample:
    """Make n respondents with unequal weights, whose answers hang together with their margins."""
    rng = np.random.default_rng(n)
    strata = rng.integers(0, STRATA, n)
    keys = [rng.integers(0, len(k.categories), n) for k in KEYS]
    weights = rng.uniform(1, 4, n)
    chance = 0.5 + 0.1 * keys[2] + 0.05 * keys[1] + 0.02 * (keys[0] % 5)
    answers = [(rng.random(n) < chance - 0.1 * k).astype(np.float64) for k in range(2)]
    population = 3.0 * np.bincount(strata, minlength=STRATA).astype(np.float64)
    totals = {}
    for key, codes in zip(KEYS, keys, strict=True):
        now = np.bincount(codes, weights, len(key.categories)).astype(np.float64)
        share = now * rng.uniform(0.8, 1.25, len(key.categories))
        totals[key.name] = dict(zip(key.categories, (2.5 * n * share / share.sum()).tolist(), strict=True))
    return Sample(strata, keys, weights, answers, population, totals)


def by_rows(s: Sample) -> list[Estimate]:
    """Estimate from single rows."""
    design = declare(weights=s.weights, strata=s.strata, population=[s.population[s.strata]])
    items = [Mean(name, y, is_share=True) for name, y in zip(ITEMS, s.answers, strict=True)]
    made = raking.rake(s.weights, margins_of(s))
    return estimates(
        design, items, adjustments=[made], by=Domains(s.keys[0], KEYS[0].categories), whole="city"
    )


def margins_of(s: Sample) -> list[Margin]:
    """Give the margins with the rows' codes."""
    return [
        Margin(k.name, k.categories, np.array(list(s.totals[k.name].values())), codes)
        for k, codes in zip(KEYS, s.keys, strict=True)
    ]


def replicates_by_rows(s: Sample) -> FloatArray:
    """Rake and estimate in every replicate, row by row."""
    design = declare(weights=s.weights, strata=s.strata, population=[s.population[s.strata]])
    made = replicate(design, s.weights, Replication.SUBBOOTSTRAP, replicates=REPLICATES)
    margins, found = margins_of(s), []
    for column in made.weights.T:
        w = raking.rake(np.ascontiguousarray(column), margins, tolerance=1e-9).weights
        sums = [np.bincount(s.keys[0], w * y, 10) for y in (*s.answers, np.ones(w.size))]
        found.append([v for top in sums[:2] for v in (top.sum() / sums[2].sum(), *(top / sums[2]))])
    return np.array(found)


def by_cube(s: Sample) -> list[Estimate]:
    """Count a cube from the rows and estimate from it."""
    return from_cube(s, by_count(s))


def by_count(s: Sample) -> Cube:
    """Count the cube."""
    return count(LAYOUT, strata=s.strata, keys=s.keys, weights=s.weights, answers=s.answers)


def from_cube(s: Sample, cube: Cube) -> list[Estimate]:
    """Fold, rake and estimate a cube that is there already."""
    folded = Margins.of(cube)
    step = cube_calibration.rake(cube, folded, s.totals)
    return cube_estimates(
        cube, ITEMS, margins=folded, steps=[step], by="county", whole="city", population=s.population
    )


def best(work: Callable[[], object], times: int) -> dict[str, float]:
    """Give the shortest of several runs, on the wall and of the processor: the machine may be shared."""
    wall, processor = [], []
    for _ in range(times):
        started, used = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - started)
        processor.append(time.process_time() - used)
    return {"seconds": min(wall), "cpu_seconds": min(processor)}


def measured(what: str, n: int, times: int) -> dict[str, Any]:
    """Measure one thing in this process: seconds, and memory at its peak beyond what the data take."""
    if what == "ranks":
        x, v = np.random.default_rng(1).normal(0.8, 0.05, 10), np.full(10, 0.015**2)
        return best(lambda: rank_sets(x, v, draws=100_000), times)
    if what == "fay_herriot":
        rng = np.random.default_rng(1)
        x2, v2 = np.column_stack([np.ones(199), rng.standard_normal(199)]), 0.2 / rng.integers(20, 80, 199)
        y2 = 0.8 + 0.03 * x2[:, 1] + rng.normal(0, np.sqrt(0.0016 + v2))
        return best(lambda: fay_herriot(y2, v2, x2), times)
    s = a_sample(n)
    before = peak()
    kept = by_count(s) if what in ("stored_cube", "cube_replicates") else Cube.empty(LAYOUT)
    targets = [CubeTarget(i, w) for i in ITEMS for w in ({}, *({"county": c} for c in KEYS[0].categories))]
    works: dict[str, Callable[[], object]] = {
        "rows": lambda: by_rows(s),
        "rows_replicates": lambda: replicates_by_rows(s),
        "cube": lambda: by_cube(s),
        "stored_cube": lambda: from_cube(s, kept),
        "cube_replicates": lambda: bootstrap(
            kept, targets, replicates=REPLICATES, totals=s.totals, population=s.population
        ),
    }
    found: dict[str, Any] = dict(best(works[what], times if "replicates" not in what else 1))
    if what in ("rows", "cube"):
        rows = by_rows(s) if what == "rows" else by_cube(s)
        order = sorted(rows, key=lambda e: (e.item, e.domain != "city", e.domain))
        found["estimates"] = [e.estimate for e in order]
        found["errors"] = [e.standard_error for e in order]
    return found | {"peak_mb": round(peak()), "data_mb": round(before)}


def peak() -> float:
    """Give the largest resident memory so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(command: list[str]) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    alone = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | alone)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        return {"error": (done.stderr or done.stdout).strip().splitlines()[-1:]}
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def peer(name: str, n: int, svy_python: str) -> dict[str, Any]:
    """Run a peer on the same data, written to a file first; loading is not counted."""
    here = Path(__file__).parent / "peers"
    with tempfile.TemporaryDirectory() as folder:
        data, totals = Path(folder) / "data.csv", Path(folder) / "totals.csv"
        write_files(a_sample(n), data, totals)
        program = (
            ["Rscript", str(here / "survey_peer.R")]
            if name == "survey"
            else [svy_python, str(here / "svy_peer.py")]
        )
        if shutil.which(program[0]) is None:
            return {"error": ["not installed"]}
        found = child([*program, str(data), str(totals)])
    return found | {"peak_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)}


def write_files(s: Sample, data: Path, totals: Path) -> None:
    """Write respondents and margins as CSV."""
    names = ["stratum", "N", "weight", *(k.name for k in KEYS), *ITEMS]
    labels = [np.array(k.categories)[c] for k, c in zip(KEYS, s.keys, strict=True)]
    columns = [s.strata, s.population[s.strata], s.weights, *labels, *s.answers]
    with data.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(zip(*(c.tolist() for c in columns), strict=True))
    with totals.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["margin", "category", "total"])
        writer.writerows((m, c, repr(t)) for m, cs in s.totals.items() for c, t in cs.items())


def main() -> None:
    """Measure everything asked for and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rows-up-to", type=int, default=1_000_000)
    parser.add_argument("--row-replicates-up-to", type=int, default=10_000)
    parser.add_argument("--peers", nargs="*", default=["survey", "svy"])
    parser.add_argument("--peers-up-to", type=int, default=100_000)
    parser.add_argument("--svy-python", default=sys.executable, help="the Python that has svy")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "N"), help=argparse.SUPPRESS)
    parser.add_argument("--peer", nargs=2, metavar=("NAME", "N"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        print(json.dumps(measured(chosen.child[0], int(chosen.child[1]), chosen.times)))
        return
    if chosen.peer:
        print(json.dumps(peer(chosen.peer[0], int(chosen.peer[1]), chosen.svy_python)))
        return
    again = [sys.executable, "-m", "benchmarks.estimation", "--times", str(chosen.times)]
    result: dict[str, Any] = {"cpus": os.cpu_count(), "load": os.getloadavg()[0]}
    for what in ("ranks", "fay_herriot"):
        result[what] = child([*again, "--child", what, "0"])
    for n in chosen.sizes:
        asked = ["cube", "stored_cube", "cube_replicates"]
        asked += ["rows"] if n <= chosen.rows_up_to else []
        asked += ["rows_replicates"] if n <= chosen.row_replicates_up_to else []
        here = {what: child([*again, "--child", what, str(n)]) for what in asked}
        if n <= chosen.peers_up_to:
            for name in chosen.peers:
                here[name] = child([*again, "--svy-python", chosen.svy_python, "--peer", name, str(n)])
        result[str(n)] = compared(here)
    print(json.dumps(result, indent=1))


def compared(here: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Put how far each result lies from the cube's, and how many times longer it took, beside the measurement."""
    cube = here["cube"]
    own = (cube.pop("estimates", []), cube.pop("errors", []))
    for name, found in here.items():
        pair = (found.pop("estimates", []), found.pop("errors", []))
        for kind, mine, other in zip(("estimates", "errors"), own, pair, strict=True):
            if name != "cube" and len(other) == len(mine) > 0:
                off = np.abs(np.sort(other) / np.sort(mine) - 1)
                found[f"{kind}_off"] = float(off.max())
        if name != "cube" and "replicates" not in name and "seconds" in found and "seconds" in cube:
            found["times_the_cube"] = round(found["seconds"] / cube["seconds"], 2)
    return here


if __name__ == "__main__":
    main()
