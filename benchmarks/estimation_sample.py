"""The respondents the estimation is timed on: 199 strata, 4 margins, two shares, in memory and as a file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from survey.methods.cube_layout import Item, Key, Layout
from survey.methods.design import FloatArray, IntArray
from survey.methods.margins import Margin

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
BLOCK = 100_000


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


def margins_of(s: Sample) -> list[Margin]:
    """Give the margins with the rows' codes."""
    return [
        Margin(k.name, k.categories, np.array(list(s.totals[k.name].values())), codes)
        for k, codes in zip(KEYS, s.keys, strict=True)
    ]


def write_files(s: Sample, data: Path, totals: Path) -> None:
    """Write respondents and margins as CSV, block by block."""
    names = [np.array(k.categories) for k in KEYS]
    with data.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["stratum", "N", "weight", *(k.name for k in KEYS), *ITEMS])
        for at in range(0, s.weights.size, BLOCK):
            rows = slice(at, at + BLOCK)
            labels = [name[codes[rows]] for name, codes in zip(names, s.keys, strict=True)]
            columns = [s.strata[rows], s.population[s.strata[rows]], s.weights[rows], *labels]
            columns += [y[rows] for y in s.answers]
            writer.writerows(zip(*(c.tolist() for c in columns), strict=True))
    with totals.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["margin", "category", "total"])
        writer.writerows((m, c, repr(t)) for m, cs in s.totals.items() for c, t in cs.items())
