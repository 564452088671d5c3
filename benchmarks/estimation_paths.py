"""Our own ways to the 22 estimates, each measured in a process of its own: rows, cube, replicates of both."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.estimation_sample import (
    ITEMS,
    KEYS,
    LAYOUT,
    REPLICATES,
    Sample,
    a_sample,
    margins_of,
    write_files,
)
from survey.methods import cube_calibration, raking
from survey.methods.cube import Cube, count
from survey.methods.cube_bootstrap import bootstrap
from survey.methods.cube_estimates import cube_estimates
from survey.methods.cube_estimation import CubeTarget, Margins
from survey.methods.design import FloatArray, declare
from survey.methods.estimands import Mean
from survey.methods.estimates import Domains, Estimate, estimates
from survey.methods.ranks import rank_sets
from survey.methods.replication import Replication, replicate
from survey.methods.small_area import fay_herriot

AT_ONCE = 10
"""Replicates made at once by rows: all 200 together would take 200 columns of memory."""
BYTES = {
    "rows": 200,
    "cube": 130,
    "stored_cube": 130,
    "cube_replicates": 130,
    "rows_replicates": 560,
    "write": 130,
}
"""Memory a measurement needs for each respondent, measured and rounded up."""


def by_rows(s: Sample) -> list[Estimate]:
    """Estimate from single rows."""
    design = declare(weights=s.weights, strata=s.strata, population=[s.population[s.strata]])
    items = [Mean(name, y, is_share=True) for name, y in zip(ITEMS, s.answers, strict=True)]
    made = raking.rake(s.weights, margins_of(s))
    return estimates(
        design, items, adjustments=[made], by=Domains(s.keys[0], KEYS[0].categories), whole="city"
    )


def replicates_by_rows(s: Sample) -> FloatArray:
    """Rake and estimate in every replicate, row by row."""
    design = declare(weights=s.weights, strata=s.strata, population=[s.population[s.strata]])
    margins, found = margins_of(s), []
    for seed in range(REPLICATES // AT_ONCE):
        made = replicate(design, s.weights, Replication.SUBBOOTSTRAP, replicates=AT_ONCE, seed=seed)
        for column in made.weights.T:
            w = raking.rake(np.ascontiguousarray(column), margins, tolerance=1e-9).weights
            sums = [np.bincount(s.keys[0], w * y, 10) for y in (*s.answers, np.ones(w.size))]
            found.append([v for top in sums[:2] for v in (top.sum() / sums[2].sum(), *(top / sums[2]))])
    return np.array(found)


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


def replicates_by_cube(s: Sample, cube: Cube) -> FloatArray:
    """Rake and estimate in every replicate drawn from the cube."""
    where: list[dict[str, str]] = [{}, *({"county": c} for c in KEYS[0].categories)]
    targets = [CubeTarget(item, w) for item in ITEMS for w in where]
    made = bootstrap(cube, targets, replicates=REPLICATES, totals=s.totals, population=s.population)
    return made.values


def best(work: Callable[[], object], times: int) -> dict[str, float]:
    """Give the shortest of several runs, on the wall and of the processor: the machine may be shared."""
    wall, processor = [], []
    for _ in range(times):
        started, used = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - started)
        processor.append(time.process_time() - used)
    return {"seconds": min(wall), "cpu_seconds": min(processor)}


def measured(what: str, n: int, times: int, folder: str) -> dict[str, Any]:
    """Measure one thing in this process; memory is that of the data and at its peak."""
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
    if what == "write":
        return best(lambda: write_files(s, Path(folder) / "data.csv", Path(folder) / "totals.csv"), 1)
    kept = by_count(s) if what in ("stored_cube", "cube_replicates") else Cube.empty(LAYOUT)
    last: list[Any] = []
    works: dict[str, Callable[[], Any]] = {
        "rows": lambda: by_rows(s),
        "rows_replicates": lambda: replicates_by_rows(s),
        "cube": lambda: from_cube(s, by_count(s)),
        "stored_cube": lambda: from_cube(s, kept),
        "cube_replicates": lambda: replicates_by_cube(s, kept),
    }
    found: dict[str, Any] = dict(
        best(lambda: last.__setitem__(slice(None), [works[what]()]), 1 if "replicates" in what else times)
    )
    return found | results(what, last[0]) | {"peak_mb": round(peak()), "data_mb": round(before)}


def results(what: str, made: Any) -> dict[str, list[float]]:
    """Give estimates and errors, each item's city first and then its counties."""
    if "replicates" in what:
        return {"errors": np.asarray(made).std(axis=0, ddof=1).tolist()}
    order = sorted(made, key=lambda e: (e.item, e.domain != "city", e.domain))
    return {"estimates": [e.estimate for e in order], "errors": [e.standard_error for e in order]}


def peak() -> float:
    """Give the largest resident memory so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
