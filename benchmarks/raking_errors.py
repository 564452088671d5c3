"""Which standard error after raking is right: textbook residuals, those of R's `rake`, or the jackknife, as JSON.

    python -m benchmarks.raking_errors --rounds 1000
    python -m benchmarks.raking_errors --rounds 1000 --population schools.csv

Samples are drawn again and again from known populations and raked to known margins; each standard error is set
against the spread of the estimates themselves. `--population` takes the schools of R's `data(api)` (columns dnum,
stype, sch.wide, api00) and draws them in the design of the reference case A-clus2.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from survey.methods import raking
from survey.methods.adjustment import Adjustment
from survey.methods.design import Design, FloatArray, IntArray, codes, declare
from survey.methods.estimands import Mean
from survey.methods.influence import leverage
from survey.methods.margins import Margin
from survey.methods.readjustment import Swept
from survey.methods.variance import SinglePsu, variance

RULES = ("textbook", "r_rake", "jackknife")


@dataclass(frozen=True, eq=False)
class Drawn:
    """One sample: its design, its margins with the population's totals, its answers."""

    design: Design
    margins: list[Margin]
    y: FloatArray


@dataclass(frozen=True, eq=False)
class Population:
    """Everybody: district or stratum, two margins, the answer."""

    group: IntArray
    codes: list[IntArray]
    y: FloatArray

    def margins(self, rows: IntArray) -> list[Margin]:
        """Give the margins of some rows with the totals of everybody."""
        found = []
        for j, code in enumerate(self.codes):
            totals = np.bincount(code).astype(np.float64)
            names = tuple(str(k) for k in range(totals.size))
            found.append(Margin(f"m{j}", names, totals, code[rows]))
        return found


Draw = Callable[[np.random.Generator], Drawn]


def two_stages(p: Population, districts: int, most: int = 5) -> Draw:
    """Draw districts alike, then up to so many units of each: weights as unequal as the districts' sizes."""
    size = np.bincount(p.group)
    order = np.split(np.argsort(p.group, kind="stable"), np.cumsum(size)[:-1])

    def draw(rng: np.random.Generator) -> Drawn:
        chosen = rng.choice(size.size, districts, replace=False)
        rows = np.concatenate([rng.choice(order[k], min(most, size[k]), replace=False) for k in chosen])
        own = p.group[rows]
        design = declare(units=[own, rows], population=[np.full(rows.size, float(size.size)), size[own]])
        return Drawn(design, p.margins(rows), p.y[rows])

    return draw


def by_strata(p: Population, drawn: IntArray) -> Draw:
    """Draw so many units of each stratum, with replacement: weights N_h/n_h."""
    size = np.bincount(p.group)
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    order = np.argsort(p.group, kind="stable")
    h = np.repeat(np.arange(size.size), drawn)

    def draw(rng: np.random.Generator) -> Drawn:
        rows = order[first[h] + rng.integers(0, size[h])]
        return Drawn(declare(weights=(size / drawn)[h], strata=h), p.margins(rows), p.y[rows])

    return draw


def with_giants(seed: int = 1) -> Population:
    """Make 757 districts, most of them small and a few of them giants with an answer of their own."""
    rng = np.random.default_rng(seed)
    size = np.maximum(1, np.round(rng.lognormal(1.1, 1.2, 757))).astype(np.int64)
    group = np.repeat(np.arange(757), size)
    level = rng.normal(0, 30, 757) - 12 * np.log(size)
    kind = rng.choice(3, group.size, p=[0.7, 0.12, 0.18])
    wide = (rng.random(group.size) < 0.83).astype(np.int64)
    return Population(
        group, [kind, wide], 650 + level[group] - 20 * kind + 60 * wide + rng.normal(0, 60, kind.size)
    )


def like_ours(seed: int = 2) -> tuple[Population, IntArray]:
    """Make 199 strata of telephone numbers and a share of the satisfied; about 1,500 interviews."""
    rng = np.random.default_rng(seed)
    size = rng.integers(500, 4000, 199)
    group = np.repeat(np.arange(199), size)
    margins = [rng.integers(0, k, group.size) for k in (10, 12, 2, 4)]
    chance = 0.72 + 0.08 * margins[2] - 0.03 * margins[3] + rng.normal(0, 0.05, 199)[group]
    return Population(group, margins, (rng.random(group.size) < chance).astype(float)), rng.integers(
        4, 12, 199
    )


def with_two_slopes(seed: int = 3) -> tuple[Population, IntArray]:
    """Make two strata drawn at very unlike rates, in which a margin goes with the answer in opposite ways."""
    rng = np.random.default_rng(seed)
    group = np.repeat([0, 1], [4_000, 96_000])
    margin = rng.integers(0, 2, group.size)
    y = np.where(group == 0, -2.0, 2.0) * margin + rng.normal(0, 0.5, group.size)
    return Population(group, [margin, rng.integers(0, 2, group.size)], y), np.array([600, 200])


def schools(path: Path) -> Population:
    """Read a population of schools."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    group, kind, wide = (codes([r[name] for r in rows])[0] for name in ("dnum", "stype", "sch.wide"))
    return Population(group, [kind, wide], np.array([float(r["api00"]) for r in rows]))


def errors_of(s: Drawn, *, jackknife: bool) -> tuple[float, list[float], Adjustment]:
    """Give the raked mean, its variance by each rule, and the raking."""
    made = raking.rake(s.design.weights, s.margins, min_rows=0)
    linear = Mean("y", s.y).linearise(made.weights, np.ones(s.y.size, dtype=np.bool_))
    assert linear.value is not None
    z = made.weights * linear.influence
    swept = Swept(
        "raking", made.before, made.weights, made.projection, categories=tuple(m.codes for m in s.margins)
    )
    found = [variance(rule.residual(z), s.design, single=SinglePsu.REMOVE) for rule in (made, swept)]
    return linear.value, [*found, jackknifed(s, linear.value)] if jackknife else found, made


def jackknifed(s: Drawn, whole: float) -> float:
    """Leave out each first-stage unit in turn and rake again; one stratum, its sampling fraction taken off."""
    first = s.design.stages[0]
    assert first.unit is not None
    n = first.stratum.size
    found = []
    for k in range(n):
        w = np.where(first.unit == k, 0.0, s.design.weights * n / (n - 1))
        again = raking.rake(w, s.margins, min_rows=0).weights
        found.append(float((again * s.y).sum() / again.sum()))
    return float((1 - first.sampling_fraction[0]) * (n - 1) / n * np.square(np.array(found) - whole).sum())


def simulated(draw: Draw, truth: float, rounds: int, *, jackknife: bool = False) -> dict[str, Any]:
    """Draw again and again; set each rule's error against the estimates' own spread."""
    rng = np.random.default_rng(20)
    values: list[float] = []
    errors: list[FloatArray] = []
    most: list[float] = []
    df = 1
    lost = 0
    while len(values) < rounds:
        sample = draw(rng)
        try:
            value, variances, made = errors_of(sample, jackknife=jackknife)
        except ValueError:
            lost += 1  # a margin without respondents: the sample is of no use to anyone
            continue
        values.append(value)
        errors.append(np.sqrt(variances))
        unit, h = sample.design.stages[0].unit, leverage(made)
        most.append(float((h if unit is None else np.bincount(unit, h)).max()))
        df = sample.design.df
    v, e = np.array(values), np.array(errors)
    reach = stats.t.ppf(0.975, df)
    result: dict[str, Any] = {
        "rounds": rounds, "lost": lost, "df": df, "spread": float(v.std(ddof=1)),
        "largest_leverage": float(np.median(most)),
    }  # fmt: skip
    for k, rule in enumerate(RULES[: e.shape[1]]):
        result[rule] = {
            "error_over_spread": float(np.sqrt(np.square(e[:, k]).mean()) / v.std(ddof=1)),
            "median_over_spread": float(np.median(e[:, k]) / v.std(ddof=1)),
            "coverage": float((np.abs(v - truth) <= reach * e[:, k]).mean()),
        }
    return result


def main() -> None:
    """Simulate every population and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--population", type=Path)
    chosen = parser.parse_args()
    giants, (ours, n_ours), (slopes, n_slopes) = with_giants(), like_ours(), with_two_slopes()
    plans: list[tuple[str, Draw, float, bool]] = [
        ("199 strata, 4 margins", by_strata(ours, n_ours), ours.y.mean(), False),
        ("two slopes, n 800", by_strata(slopes, n_slopes), slopes.y.mean(), False),
        ("two slopes, n 8000", by_strata(slopes, 10 * n_slopes), slopes.y.mean(), False),
        ("giants, 40 districts", two_stages(giants, 40), giants.y.mean(), True),
        ("giants, 400 districts", two_stages(giants, 400), giants.y.mean(), False),
    ]
    if chosen.population:
        own = schools(chosen.population)
        plans += [
            ("schools, 40 districts", two_stages(own, 40), own.y.mean(), True),
            ("schools, 700 districts", two_stages(own, 700), own.y.mean(), False),
        ]
    result = {}
    for name, draw, truth, jackknife in plans:
        print(name, file=sys.stderr, flush=True)
        result[name] = simulated(draw, float(truth), chosen.rounds, jackknife=jackknife)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
