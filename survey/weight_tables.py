"""The tables behind the charts of weight sets, as they leave for a file; nothing withheld and nobody is in them."""

from __future__ import annotations

from dataclasses import dataclass

from survey.weight_comparison import Comparison
from survey.weight_influence import Class, Influence
from survey.weight_publishing import Spread
from survey.weighting import WeightSet

Row = list[object]


@dataclass(frozen=True)
class Table:
    """A head and its rows."""

    head: tuple[str, ...]
    rows: list[Row]


def of_set(made: WeightSet, spread: Spread) -> dict[str, Table]:
    """Lay out one set: its spread, its margins, its design effects."""
    raking, deff = made.provenance["raking"], made.provenance["deff"]
    after = raking.get("after") or {}
    margins: list[Row] = [
        [name, c, raking["before"][name][c], after.get(name, {}).get(c), total]
        for name, totals in raking["margins"].items()
        for c, total in totals.items()
    ]
    return {
        "weights": Table(("from", "to", "interviews"), [list(bar) for bar in spread.bars]),
        "margins": Table(("margin", "category", "before", "after", "population"), margins),
        "deff": Table(("step", "deff"), [[step, value] for step, value in deff.items()]),
    }


def of_comparison(found: Comparison) -> dict[str, Table]:
    """Lay out a comparison; `_1` is the set looked at, `_2` the one beside it."""
    margins: list[Row] = [
        [name, m.category, *m.before, *m.after, *m.population]
        for name, lines in found.margins.items()
        for m in lines
    ]
    classes: list[Row] = [[c.county, c.kind.value, *c.interviews, *c.weight, c.change] for c in found.classes]
    figures: list[Row] = [
        [f.index, f.domain, *f.estimate, *f.error, f.difference, f.difference_error] for f in found.figures
    ]
    pairs = ("before_1", "before_2", "after_1", "after_2", "population_1", "population_2")
    sizes = ("interviews_1", "interviews_2", "weight_1", "weight_2", "change")
    errors = ("estimate_1", "estimate_2", "standard_error_1", "standard_error_2")
    return {
        "weights": Table(("from", "to", "share_1", "share_2"), [list(bar) for bar in found.bars]),
        "margins": Table(("margin", "category", *pairs), margins),
        "deff": Table(("step", "deff_1", "deff_2"), [list(line) for line in found.deff]),
        "classes": Table(("county", "line", *sizes), classes),
        "figures": Table(("index", "domain", *errors, "difference", "difference_error"), figures),
    }


def of_influence(found: Influence) -> dict[str, Table]:
    """Lay out what moves one index: by class, by single weight without a name, and what trimming would do."""
    cases: list[Row] = [
        [*_class(c.of), c.factor, c.raked, c.leverage, c.change, c.share] for c in found.cases
    ]
    classes: list[Row] = [
        [*_class(c.of), c.interviews, c.factor, c.heaviest, c.part, c.share, c.change] for c in found.classes
    ]
    trims: list[Row] = [[s.cap, s.cut, s.deff, s.estimate, s.error] for s in found.trims]
    weights = ("over_median", "raking_factor", "leverage", "change", "share")
    means = ("interviews", "mean_over_median", "largest_over_median", "part", "share", "largest_change")
    return {
        "classes": Table(("county", "line", *means), classes),
        "cases": Table(("county", "line", *weights), cases),
        "concentration": Table(("interviews", "variance"), [list(point) for point in found.concentration]),
        "trimming": Table(("cap", "cut", "deff", "estimate", "standard_error"), trims),
    }


def _class(of: Class) -> tuple[str, str]:
    return (of[0], of[1].value) if of else ("", "")
