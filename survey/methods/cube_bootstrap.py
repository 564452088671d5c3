"""Bootstrap replicates of a cube: drawn per cell, raked again, and their spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from survey.methods.cube import Cube
from survey.methods.cube_calibration import Totals, cell_margins
from survey.methods.cube_estimation import CubeTarget, Margins
from survey.methods.cube_layout import Layout
from survey.methods.design import BoolArray, FloatArray, IntArray
from survey.methods.failures import DesignFailure, SinglePsuFailure, WeightFailure
from survey.methods.margins import Margin
from survey.methods.variance import SinglePsu


@dataclass(frozen=True, eq=False)
class CubeReplicates:
    """The targets in every replicate whose margins could be met, and how many could not."""

    values: FloatArray  # (B, K); NaN where nobody in a replicate answered
    unmet: int

    def covariance(self) -> FloatArray:
        """Give the replicates' covariance (K, K) about their mean, divided by B − 1."""
        return np.atleast_2d(np.cov(self.values, rowvar=False))


def bootstrap(
    cube: Cube,
    targets: Sequence[CubeTarget],
    *,
    replicates: int = 200,
    totals: Totals | None = None,
    margins: Margins | None = None,
    population: FloatArray | None = None,
    single: SinglePsu = SinglePsu.FAIL,
    min_rows: int = 1,
    groups: Mapping[str, Mapping[str, str]] | None = None,
    tolerance: float = 1e-9,
    max_sweeps: int = 300,
    seed: int = 1,
) -> CubeReplicates:
    """Draw n_h − 1 of each stratum's n_h with replacement, rescale (Rao, Wu & Yue 1992), rake again, estimate.

    Interviews of a cell are exchangeable, so their number is multinomial over the cells of a stratum; what they
    add up to, given that number, is drawn as normal with the cell's own mean and covariance (nothing to draw
    where its interviews are alike). First-stage units are drawn whole. Lonely strata: fail or remove.
    """
    if single not in (SinglePsu.FAIL, SinglePsu.REMOVE) or replicates < 2:
        raise DesignFailure("bootstrap", expected="fail or remove, 2 replicates", got=(single, replicates))
    folded = margins or Margins.of(cube)
    rng = np.random.default_rng(seed)
    sums = _resampled(cube, folded, replicates, population, single, rng)
    kept: BoolArray = np.ones(replicates, dtype=np.bool_)
    if totals is not None:
        used, _ = cell_margins(cube, folded, totals, min_rows, groups or {})
        factor, kept = _raked(sums[:, :, 0], used, tolerance, max_sweeps)
        sums = (sums * factor[:, :, None])[kept]
    if kept.sum() < 2:
        raise WeightFailure("replicates", expected="margins that can be met", got="none met")
    return CubeReplicates(_values(cube.layout, folded, targets, sums), int(np.count_nonzero(~kept)))


def _resampled(
    cube: Cube,
    margins: Margins,
    replicates: int,
    population: FloatArray | None,
    single: SinglePsu,
    rng: np.random.Generator,
) -> FloatArray:
    """Draw Σ d f of every cell of the keys in every replicate (B, C, F)."""
    layout, cells = cube.layout, margins.cells.size
    f, pairs = len(layout.features), np.triu_indices(len(layout.features))
    rows = cube.counts[:, 0].astype(np.float64)
    mean = cube.first[:, layout.product[0]] / rows[:, None]
    within = cube.second[:, layout.product[pairs]] / rows[:, None] - mean[:, pairs[0]] * mean[:, pairs[1]]
    within[np.abs(within).max(axis=1) <= 1e-9 * cube.second[:, 0] / rows] = 0.0
    is_noisy = not cube.has_units and bool(within.any())
    moments = np.hstack((mean, within)).T if is_noisy else mean.T
    sums = np.zeros((moments.shape[0], replicates, cells))
    stratum = margins.stratum[margins.row]
    order = np.argsort(stratum, kind="stable")
    starts = np.flatnonzero(np.diff(stratum[order], prepend=-1))
    for at in np.split(order, starts[1:]):
        h, column = int(stratum[at[0]]), margins.column[at]
        unit, of_unit = np.unique(margins.row[at], return_inverse=True)
        n = int(unit.size if cube.has_units else rows[at].sum())
        stretch = 1.0 if population is None else float(np.sqrt(max(1 - n / population[h], 0.0)))
        if n < 2 and stretch > 0 and single is SinglePsu.FAIL:
            raise SinglePsuFailure(f"stratum {layout.strata[h]}", expected="at least 2 units", got=n)
        gain = stretch * n / (n - 1) if n > 1 else 0.0
        fixed = 1 - stretch if n > 1 else 1.0
        if fixed > 0:
            for k in range(f):
                sums[k] += fixed * np.bincount(column, mean[at, k] * rows[at], cells)
        if gain == 0:
            continue
        if cube.has_units:
            drawn = multinomial(n - 1, np.ones(n, dtype=np.int64), replicates, rng)[:, of_unit] * rows[at]
            for k in range(f):
                np.add.at(sums[k].T, column, (drawn * (gain * mean[at, k])).T)
            continue
        have, own, place = cube.counts[at, 0], moments[:, at], column
        if 4 * column.size >= cells:  # nearly all cells are there: whole rows are faster than chosen columns
            have, own = np.zeros(cells, dtype=np.int64), np.zeros((moments.shape[0], cells))
            have[column], own[:, column] = cube.counts[at, 0], moments[:, at]
        drawn = multinomial(n - 1, have, replicates, rng).astype(np.float64)
        for k in range(moments.shape[0]):
            if own[k].any():
                values = drawn * (own[k] * (gain if k < f else gain**2))
                if values.shape[1] == cells:
                    sums[k] += values
                else:
                    sums[k][:, place] += values
    result = np.moveaxis(sums[:f], 0, 2).copy()
    if is_noisy:
        spread = np.zeros((replicates, cells, f, f))
        spread[:, :, pairs[0], pairs[1]] = spread[:, :, pairs[1], pairs[0]] = np.moveaxis(sums[f:], 0, 2)
        values, vectors = np.linalg.eigh(spread)
        root = np.sqrt(np.maximum(values, 0.0)) * rng.standard_normal(values.shape)
        result += (vectors @ root[..., None])[..., 0]
        result[:, :, 0] = np.maximum(result[:, :, 0], 0.0)
    return result


def multinomial(n: int, rows: IntArray, size: int, rng: np.random.Generator) -> IntArray:
    """Draw (size, cells) counts of n drawn with replacement from cells that hold so many rows.

    Few are drawn one by one; many as Poisson counts filled up to n. Given its total, a vector of Poisson counts is
    multinomial, and rounds are dropped by their total alone, so the result is exact.
    """
    cells = np.repeat(np.arange(rows.size), rows)
    result = np.zeros((size, rows.size), dtype=np.int64)
    left = np.full(size, n)
    if n >= 8 * rows.size:
        for _ in range(2):
            more = rng.poisson(np.maximum(left - 3 * np.sqrt(left), 0.0)[:, None] * (rows / cells.size))
            more[more.sum(axis=1) > left] = 0
            result += more
            left = left - more.sum(axis=1)
    chosen = cells[rng.integers(0, cells.size, int(left.sum()))]
    chosen += np.repeat(np.arange(size) * rows.size, left)
    return result + np.bincount(chosen, minlength=result.size).reshape(result.shape)


def _raked(
    start: FloatArray, margins: Sequence[Margin], tolerance: float, max_sweeps: int
) -> tuple[FloatArray, BoolArray]:
    """Rake all replicates (B, C) side by side; give the factors and which met every margin."""
    factor = np.ones_like(start)
    indicators = [np.eye(m.totals.size)[m.codes] for m in margins]
    wanted = [np.where(m.totals > 0, m.totals, 1.0) for m in margins]
    kept = np.ones(start.shape[0], dtype=np.bool_)
    busy = np.arange(start.shape[0])
    for _ in range(max_sweeps):
        now, miss = start[busy] * factor[busy], np.zeros(busy.size)
        for m, one, unit in zip(margins, indicators, wanted, strict=True):
            sums = now @ one
            miss = np.maximum(miss, np.max(np.abs(sums - m.totals) / unit, axis=1))
            step = np.divide(m.totals, sums, out=np.ones_like(sums), where=sums > 0)[:, m.codes]
            now *= step
            factor[busy] *= step
        busy = busy[miss > tolerance]
        if busy.size == 0:
            break
    kept[busy] = False
    return factor, kept


def _values(layout: Layout, margins: Margins, targets: Sequence[CubeTarget], sums: FloatArray) -> FloatArray:
    """Give each target in each replicate (B, K) from the weighted sums (B, C, F)."""
    known: dict[tuple[tuple[str, str], ...], FloatArray] = {}
    result = np.zeros((sums.shape[0], len(targets)))
    for k, target in enumerate(targets):
        where = tuple(sorted(target.where.items()))
        if where not in known:
            known[where] = sums[:, margins.inside(layout, target.where)].sum(axis=1)
        for y, answered, share in layout.parts(target.name):
            top, bottom = known[where][:, y], known[where][:, answered]
            if not target.is_total:
                top = np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)
            result[:, k] += share * top
    return result
