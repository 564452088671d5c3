"""Calibration of a cube: raking, or any distance with bounds, on the cells of its margins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from survey.methods import calibration, raking
from survey.methods.adjustment import Collapse, MatrixProjection
from survey.methods.calibration import Distance
from survey.methods.cube import Cube
from survey.methods.cube_estimation import CellStep, Margins
from survey.methods.design import FloatArray, IntArray
from survey.methods.failures import ConvergenceFailure, WeightFailure
from survey.methods.margins import Margin, collapse

Totals = Mapping[str, Mapping[str, float]]
"""Population totals by key and category."""


def rake(
    cube: Cube,
    margins: Margins,
    totals: Totals,
    *,
    common_total: float | None = None,
    min_rows: int = 1,
    tolerance: float = 1e-10,
    after: Sequence[CellStep] = (),
    groups: Mapping[str, Mapping[str, str]] | None = None,
    reason: str = "raking",
) -> CellStep:
    """Rake the cells to the totals of several keys, as `raking.rake` does rows: sweeps, then Newton.

    Rows of a cell share one factor, so the cells' Σ d are all that raking needs. Thin categories are joined by
    the row path's rule; `groups` keeps a joining inside a group of categories.
    """
    before = _before(margins, after)
    used, joined = cell_margins(cube, margins, totals, min_rows, groups or {})
    made = raking.rake(before, used, common_total=common_total, tolerance=tolerance, reason=reason)
    x = np.hstack([np.eye(m.totals.size)[m.codes] for m in used])
    return _step(reason, margins, x, before, made.weights, made.steps, made.largest_miss, joined)


def calibrate(
    cube: Cube,
    margins: Margins,
    totals: Totals,
    *,
    distance: Distance = Distance.RAKING,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    min_rows: int = 1,
    tolerance: float = 1e-11,
    after: Sequence[CellStep] = (),
    groups: Mapping[str, Mapping[str, str]] | None = None,
    reason: str = "calibration",
) -> CellStep:
    """Calibrate the cells by Newton with a distance and bounds on g (Deville & Särndal 1992)."""
    before = _before(margins, after)
    used, joined = cell_margins(cube, margins, totals, min_rows, groups or {})
    x = np.hstack([np.eye(m.totals.size)[m.codes] for m in used])
    names = [f"{m.name}, category {c}" for m in used for c in m.categories]
    made = calibration.calibrate(
        before,
        x,
        np.concatenate([m.totals for m in used]),
        distance=distance,
        bounds=bounds,
        names=names,
        tolerance=tolerance,
        reason=reason,
    )
    return _step(reason, margins, x, before, made.weights, made.steps, made.largest_miss, joined)


def _before(margins: Margins, after: Sequence[CellStep]) -> FloatArray:
    result = margins.first[:, 0].copy()
    for step in after:
        result *= step.factor
    return result


def _step(
    reason: str,
    margins: Margins,
    x: FloatArray,
    before: FloatArray,
    weights: FloatArray,
    steps: int,
    miss: float,
    joined: tuple[Collapse, ...],
) -> CellStep:
    factor = np.divide(weights, before, out=np.zeros_like(before), where=before > 0)
    inverse = MatrixProjection(x, before).inverse
    return CellStep(reason, margins.cells, x, factor, inverse, before, steps, miss, joined)


def cell_margins(
    cube: Cube, margins: Margins, totals: Totals, min_rows: int, groups: Mapping[str, Mapping[str, str]]
) -> tuple[list[Margin], tuple[Collapse, ...]]:
    """Make margins whose rows are the cells, thin categories joined by the rows counted in the cube."""
    if not totals:
        raise WeightFailure("margins", expected="at least one", got=0)
    rows = np.bincount(margins.column, cube.counts[:, 0], margins.cells.size).astype(np.int64)
    used: list[Margin] = []
    joined: list[Collapse] = []
    for name, wanted in totals.items():
        known = cube.layout.keys[cube.layout.key(name)].categories
        codes = cube.layout.codes(margins.cells, name)
        place = {c: i for i, c in enumerate(wanted)}
        strange = next((known[k] for k in np.unique(codes).tolist() if known[k] not in place), None)
        if strange is not None:
            raise ConvergenceFailure(
                name, strange, expected=float("nan"), got=float(margins.first[codes == known.index(strange), 0].sum()),
                hint="answers outside the margin must be recoded or imputed before raking",
            )  # fmt: skip
        own = np.array([place.get(c, -1) for c in known], dtype=np.int64)[codes]
        of = groups.get(name)
        whole = Margin(
            name,
            tuple(wanted),
            np.array([float(t) for t in wanted.values()]),
            _rows_up_to(own, rows, len(wanted), max(min_rows, 1)),
            tuple(of.get(c, "") for c in wanted) if of else (),
        )
        thin, done = collapse(whole, min_rows=min_rows)
        home = np.full(len(wanted), -1, dtype=np.int64)
        home[whole.codes] = thin.codes
        used.append(Margin(name, thin.categories, thin.totals, home[own], thin.groups))
        joined += done
    return used, tuple(joined)


def _rows_up_to(own: IntArray, rows: IntArray, categories: int, most: int) -> IntArray:
    """Give one entry per row, by category, as far as joining asks: enough are as good as many."""
    have = np.minimum(np.bincount(own, rows, categories).astype(np.int64), most)
    return np.repeat(np.arange(categories), have)
