"""The adjustments of a specification as rules: post-stratification, raking, calibration, trimming."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from survey.methods import calibration, raking
from survey.methods.calibration import Distance
from survey.methods.design import Design, FloatArray, IntArray
from survey.methods.failures import ConvergenceFailure
from survey.methods.margins import Margin
from survey.methods.readjustment import CellAdjustment, Rule, TrimAdjustment, packed
from survey.methods.spec_part import Part, as_number
from survey.methods.spec_problem import SpecProblem
from survey.methods.spec_terms import Terms
from survey.methods.table import Column, Table


def rule_of(part: Part, table: Table, design: Design) -> Rule:
    """Read one step of `adjust`."""
    kind = part.needed_text("type")
    readers: dict[str, Callable[[Part, Table, Design], Rule]] = {
        "poststratify": _poststratify,
        "rake": _rake,
        "calibrate": _calibrate,
        "trim": _trim,
    }
    if kind == "nonresponse_class":
        raise SpecProblem(
            "unknown_option", "nonresponse_class must come first", where=part.at("type"),
            expected="the first step", got="a later one", hint="its respondents become the sample of the design",
        )  # fmt: skip
    if kind not in readers:
        raise SpecProblem(
            "unknown_option", f"there is no adjustment {kind}", where=part.at("type"),
            expected=[*readers, "nonresponse_class"], got=kind,
        )  # fmt: skip
    rule = readers[kind](part, table, design)
    part.close()
    return rule


def _levels(column: Column, totals: dict[str, float], where: str) -> IntArray:
    """Place each row among the totals; every level of the data needs one."""
    codes, labels = column.complete(where).coded
    place = {name: i for i, name in enumerate(totals)}
    absent = [label for label in labels if label not in place]
    if absent:
        raise SpecProblem(
            "category", f"category {absent[0]} of {column.name} has no population total", where=where,
            expected=list(labels), got=list(totals), hint="give a total or recode its rows",
        )  # fmt: skip
    return np.array([place[label] for label in labels], dtype=np.int64)[codes]


def _total(value: object, where: str) -> float:
    number = as_number(value, where)
    if number < 0:
        raise SpecProblem(
            "total", "a population total is negative", where=where, expected="0 or more", got=number
        )
    return number


def _poststratify(part: Part, table: Table, design: Design) -> CellAdjustment:
    names = part.texts("by")
    if not names:
        raise SpecProblem("missing_key", "by is missing", where=part.where, expected="columns")
    columns = [table.column(n, part.at("by")).complete(part.at("by")) for n in names]
    totals: dict[str, float] = {}
    for row in part.parts("totals"):
        label = ".".join(c.level(row.need(n)) for c, n in zip(columns, names, strict=True))
        if label in totals:
            raise SpecProblem("category", f"cell {label} has two totals", where=row.where, got=label)
        totals[label] = _total(row.need("Freq"), row.at("Freq"))
        row.close()
    coded = [c.coded for c in columns]
    cell, first = packed([c for c, _ in coded], [len(labels) for _, labels in coded])
    cells = [".".join(labels[codes[i]] for codes, labels in coded) for i in first.tolist()]
    partial = part.flag("partial")
    absent = [c for c in cells if c not in totals]
    empty = [c for c in totals if c not in cells and totals[c] > 0]
    if absent or (empty and not partial):
        raise SpecProblem(
            "category",
            f"cell {absent[0]} has no population total" if absent else f"cell {empty[0]} has no respondents",
            where=part.at("totals"), expected=sorted(cells), got=sorted(totals),
            hint="join cells" if absent else "join cells, or say partial to leave its population out",
        )  # fmt: skip
    target = np.array([totals[c] for c in cells])

    def on_cells(sums: FloatArray) -> FloatArray:
        if (bad := (sums == 0) & (target > 0)).any():
            at = int(np.argmax(bad))
            raise ConvergenceFailure(
                ", ".join(names),
                cells[at],
                expected=float(target[at]),
                got=0.0,
                hint="all weights there are 0",
            )
        return np.asarray(np.divide(target, sums, out=np.zeros_like(sums), where=sums != 0))

    return CellAdjustment("post-stratification", cell, len(cells), on_cells, None)


def _rake(part: Part, table: Table, design: Design) -> CellAdjustment:
    margins: list[Margin] = []
    for each in part.parts("margins"):
        column = table.column(each.needed_text("var"), each.at("var"))
        given = each.part("totals")
        totals: dict[str, float] = {}
        for key in given.value:
            totals[column.level(key)] = _total(given.get(key), given.at(key))
        margins.append(
            Margin(
                column.name,
                tuple(totals),
                np.array(list(totals.values())),
                _levels(column, totals, each.where),
            )
        )
        each.close()
    if not margins:
        raise SpecProblem("missing_key", "margins are missing", where=part.where, expected="margins")
    sweeps = part.whole("maxit", 2000, least=1)
    part.number("epsilon")  # run to 1e-12 whatever is asked
    cell, first = packed([m.codes for m in margins], [m.totals.size for m in margins])
    own = [Margin(m.name, m.categories, m.totals, m.codes[first]) for m in margins]
    x: FloatArray = np.hstack([np.eye(m.totals.size)[m.codes] for m in own])

    def on_cells(sums: FloatArray) -> FloatArray:
        made = raking.rake(sums, own, tolerance=1e-12, max_sweeps=sweeps, min_rows=0)
        return np.asarray(np.divide(made.weights, sums, out=np.zeros_like(sums), where=sums != 0))

    swept = part.text("residuals") or "unweighted"
    if swept not in ("unweighted", "weighted"):
        raise SpecProblem(
            "unknown_option", "residuals is not known", where=part.at("residuals"),
            expected=["unweighted", "weighted"], got=swept,
        )  # fmt: skip
    categories = tuple(m.codes for m in margins) if swept == "unweighted" else ()
    return CellAdjustment("raking", cell, first.size, on_cells, x, swept=categories)


def _calibrate(part: Part, table: Table, design: Design) -> CellAdjustment:
    distance = part.choice("calfun", Distance, Distance.LINEAR)
    bounds = _bounds(part)
    terms = Terms(part.parts("terms"), table, part.at("terms"))
    units = design.stages[0].unit if part.has("aggregate_stage") else None
    stage = part.whole("aggregate_stage", 1, least=1, most=len(design.stages))
    if stage > 1:
        units = design.stages[stage - 1].unit
    name = part.text("variance")
    spread = None
    if name is not None:
        spread = table.column(name, part.at("variance")).complete(part.at("variance")).as_numbers()
        if (spread <= 0).any():
            raise SpecProblem(
                "weights", "a working variance is not above 0", where=part.at("variance"), got=name
            )
        terms.distinguish(spread)
    if units is not None:
        terms.average(units, spread)
    steps = part.whole("maxit", 500, least=1)
    part.number("epsilon")  # run to 1e-12 whatever is asked
    x, cell = terms.x, terms.cell
    by_cell = None if spread is None else spread[terms.first]

    def on_cells(sums: FloatArray) -> FloatArray:
        made = calibration.calibrate(
            sums, x, terms.totals, distance=distance, bounds=bounds, names=terms.names, tolerance=1e-13,
            max_steps=steps, reason=f"calibration ({distance})", variance=by_cell,
        )  # fmt: skip
        return np.asarray(np.divide(made.weights, sums, out=np.zeros_like(sums), where=sums != 0))

    unbounded = distance is Distance.LINEAR and not np.isfinite(bounds).any()
    return CellAdjustment(
        "calibration", cell, x.shape[0], on_cells, x, units=units, spread=spread if unbounded else None
    )


def _bounds(part: Part) -> tuple[float, float]:
    given = part.get("bounds")
    if given is None:
        return -np.inf, np.inf
    if not isinstance(given, list) or len(given) != 2:
        raise SpecProblem(
            "wrong_type", "bounds are two numbers", where=part.at("bounds"), expected="[low, high]", got=given
        )
    low = -np.inf if given[0] is None else as_number(given[0], part.at("bounds[0]"))
    high = np.inf if given[1] is None else as_number(given[1], part.at("bounds[1]"))
    if not low < high:
        raise SpecProblem(
            "bounds",
            "bounds contradict each other",
            where=part.at("bounds"),
            expected="low < high",
            got=given,
        )
    return low, high


def _trim(part: Part, table: Table, design: Design) -> TrimAdjustment:
    upper, lower = part.number("upper"), part.number("lower")
    if upper is None and lower is None:
        raise SpecProblem(
            "missing_key", "upper or lower is missing", where=part.where, expected=["upper", "lower"]
        )
    strict = part.flag("strict")
    return TrimAdjustment(np.inf if upper is None else upper, -np.inf if lower is None else lower, strict)
