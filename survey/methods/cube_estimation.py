"""Values and covariance from a cube: the linearised variance of the row path, from sums alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from survey.methods.adjustment import Collapse
from survey.methods.cube import Cube
from survey.methods.cube_layout import Layout
from survey.methods.design import BoolArray, Design, FloatArray, IntArray, Stage
from survey.methods.failures import DesignFailure, SinglePsuFailure
from survey.methods.variance import SinglePsu, covariance


@dataclass(frozen=True, eq=False)
class CellStep:
    """One calibration on the cells of the keys: its variables x (cells, p) and the factor g of each cell."""

    reason: str
    cells: IntArray  # the cells of the keys crossed that hold interviews
    x: FloatArray
    factor: FloatArray
    inverse: FloatArray  # of Σ d x x', d the weights before
    before: FloatArray  # Σ d by cell
    steps: int = 0
    largest_miss: float = 0.0
    collapses: tuple[Collapse, ...] = ()


@dataclass(frozen=True)
class CubeTarget:
    """An item or index in one domain; `where` names the category of keys, none = everybody."""

    name: str
    where: Mapping[str, str] = field(default_factory=dict)
    is_total: bool = False


@dataclass(frozen=True, eq=False)
class Margins:
    """A cube folded: the cells of the keys, Σ d v over all strata, and the units that its variance counts."""

    cells: IntArray  # (C,) cells of the keys that hold interviews
    column: IntArray  # (cells of the cube,) position in `cells`
    first: FloatArray  # (C, sums)
    second: FloatArray  # (C, sums)
    row: IntArray  # (cells of the cube,) stratum, or first-stage unit, numbered as found
    stratum: IntArray  # (rows,) of each of those
    drawn: FloatArray  # (rows,) what each counts for in n_h: its interviews, or 1 unit

    @classmethod
    def of(cls, cube: Cube) -> Margins:
        """Fold a cube over its strata."""
        layout = cube.layout
        key, whole = cube.addresses % layout.key_space, cube.addresses // layout.key_space
        cells, column = _numbered(key, layout.key_space)
        found, row = _numbered(whole, int(whole.max()) + 1)
        first = np.column_stack([np.bincount(column, f, cells.size) for f in cube.first.T]).astype(float)
        second = np.column_stack([np.bincount(column, f, cells.size) for f in cube.second.T]).astype(float)
        counts = np.bincount(row, cube.counts[:, 0]).astype(np.float64)
        drawn = np.ones(counts.size) if cube.has_units else counts
        return cls(cells, column, first, second, row, found % len(layout.strata), drawn)

    def table(self, values: FloatArray | IntArray) -> FloatArray | sparse.csr_array:
        """Lay one number per cell of the cube out as rows × cells of the keys."""
        shape = (self.drawn.size, self.cells.size)
        if shape[0] * shape[1] <= min(20 * self.row.size, 20_000_000):
            result = np.zeros(shape[0] * shape[1])
            result[self.row * shape[1] + self.column] = values
            return result.reshape(shape)
        return sparse.csr_array((values.astype(np.float64), (self.row, self.column)), shape=shape)

    def inside(self, layout: Layout, where: Mapping[str, str]) -> BoolArray:
        """Tell which cells lie in a domain."""
        result = np.ones(self.cells.size, dtype=np.bool_)
        for name, category in where.items():
            categories = layout.keys[layout.key(name)].categories
            if category not in categories:
                raise DesignFailure(f"key {name}", expected=", ".join(categories[:20]), got=category)
            result &= layout.codes(self.cells, name) == categories.index(category)
        return result


@dataclass(frozen=True, eq=False)
class Linear:
    """Targets made linear: z of a row with features f in cell c is d · f'A[c], for each of K targets."""

    values: list[float | None]
    coefficients: FloatArray  # (C, F, K), calibration residuals taken
    raw: FloatArray  # (F, K), u = f'raw within the target's domain
    regions: BoolArray  # (C, K)
    factor: FloatArray  # (C,) final weight over base weight


def linearise(
    cube: Cube, margins: Margins, targets: Sequence[CubeTarget], steps: Sequence[CellStep]
) -> Linear:
    """Give values and coefficients of the targets under the calibrations, in the order they were made."""
    layout, product = cube.layout, cube.layout.product[0]
    features = margins.first[:, product]
    factor = np.ones(margins.cells.size)
    for step in steps:
        if not np.array_equal(step.cells, margins.cells):
            raise DesignFailure(step.reason, expected="made on this cube", got="another")
        factor = factor * step.factor
    distinct = list({tuple(sorted(t.where.items())): t.where for t in targets}.values())
    inside = [margins.inside(layout, where) for where in distinct]
    which = [distinct.index(t.where) for t in targets]
    sums = np.array(inside, dtype=np.float64) @ (factor[:, None] * features)
    raw, values = np.zeros((len(layout.features), len(targets))), []
    for k, target in enumerate(targets):
        value, raw[:, k] = _influence(layout, target, sums[which[k]])
        values.append(value)
    regions = np.array([inside[r] for r in which]).T
    a = (factor[:, None] * regions)[:, None, :] * raw[None]
    done = np.ones(margins.cells.size)
    for step in steps:
        before, done = done, done * step.factor
        share = np.divide(before, done, out=np.zeros_like(done), where=done > 0)
        slopes = step.inverse @ (step.x.T @ (share[:, None] * np.einsum("cf,cfk->ck", features, a)))
        a[:, 0, :] -= done[:, None] * (step.x @ slopes)
    return Linear(values, a, raw, regions, factor)


def _influence(layout: Layout, target: CubeTarget, sums: FloatArray) -> tuple[float | None, FloatArray]:
    """Give the value and u = f'β from the domain's weighted sums of the features (F,)."""
    beta = np.zeros(sums.size)
    value = 0.0
    for y, answered, share in layout.parts(target.name):
        if not sums[answered] > 0:
            return None, np.zeros(sums.size)
        if target.is_total:
            value += share * sums[y]
            beta[y] += share
            continue
        mean = float(sums[y] / sums[answered])
        if layout.items[layout.features[y][0][0]].is_share:
            mean = min(max(mean, 0.0), 1.0)
        value += share * mean
        beta[y] += share / sums[answered]
        beta[answered] -= share * mean / sums[answered]
    return float(value), beta


def cube_covariance(
    cube: Cube,
    margins: Margins,
    linear: Linear,
    *,
    population: FloatArray | None = None,
    single: SinglePsu = SinglePsu.FAIL,
) -> FloatArray:
    """Give the covariance (K, K) of the targets; `population` holds N_h (strata,), none = with replacement.

    Σ_i z z' − T T'/n_h in each stratum, Σ z z' from Σ d² f f'; with first-stage units from their totals. Items
    with a spread tiny beside their level lose digits here: centre them before counting.
    """
    layout, a = cube.layout, linear.coefficients
    totals = np.zeros((margins.drawn.size, a.shape[2]))
    for f, q in enumerate(layout.product[0]):
        totals += margins.table(cube.first[:, q]) @ a[:, f, :]
    present, of_row = _numbered(margins.stratum, len(layout.strata))
    n = np.bincount(of_row, margins.drawn).astype(np.float64)
    size = None if population is None else population[present]
    stage = Stage(None, of_row, n, size)
    over = np.zeros(n.size, dtype=np.bool_) if size is None else n > size * (1 + 1e-9)
    names = tuple(layout.strata[h] for h in present)
    if over.any():
        h = int(np.argmax(over))
        assert size is not None
        raise DesignFailure(f"stratum {names[h]}", expected=f"at most {size[h]:g} units", got=int(n[h]))
    if cube.has_units:
        return covariance(totals, Design(margins.drawn, of_row, names, (stage,)), single=single)
    lonely = (n == 1) & ~stage.take_all
    if single is SinglePsu.FAIL and lonely.any():
        raise SinglePsuFailure(
            f"stratum {names[int(np.argmax(lonely))]}",
            expected="at least 2 sampled units",
            got=1,
            hint="choose the policy remove, adjust or average, or join strata",
        )
    scale = np.where(stage.take_all, 0.0, (1 - stage.sampling_fraction) * n / np.maximum(n - 1, 1))
    apart = np.where(lonely, 0.0, scale)
    weight = apart[of_row][margins.row]
    c = margins.cells.size
    squares = np.column_stack([np.bincount(margins.column, weight * s, c) for s in cube.second.T])
    inner = squares[:, layout.product] @ a  # (C, F, F) @ (C, F, K)
    flat = (c * a.shape[1], a.shape[2])
    result: FloatArray = a.reshape(flat).T @ inner.reshape(flat) - totals.T @ (totals * (apart / n)[:, None])
    if single is SinglePsu.ADJUST and lonely.any():
        centred = totals[lonely] - totals.sum(axis=0) / n.sum()
        result += centred.T @ (centred * scale[lonely, None])
    if single is SinglePsu.AVERAGE and lonely.any() and not lonely.all():
        result *= n.size / float(np.count_nonzero(~lonely))
    return result


def _numbered(values: IntArray, space: int) -> tuple[IntArray, IntArray]:
    """Give the distinct values below `space` in order, and the position of each value among them."""
    if space > max(4_000_000, values.size):
        found, inverse = np.unique(values, return_inverse=True)
        return found, inverse.astype(np.int64)
    found = np.flatnonzero(np.bincount(values, minlength=space))
    place = np.zeros(space, dtype=np.int64)
    place[found] = np.arange(found.size)
    return found, place[values]
