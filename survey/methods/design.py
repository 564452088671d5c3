"""The sampling design, declared once: strata, units drawn at each stage, population sizes, base weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from survey.methods.failures import DesignFailure

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def codes(values: ArrayLike) -> tuple[IntArray, tuple[str, ...]]:
    """Number the distinct values 0, 1, … in sorted order; return the codes of the rows and the labels."""
    array = np.asarray(values)
    if array.dtype.kind in "iub":
        distinct, inverse = np.unique(array, return_inverse=True)
        return inverse.astype(np.int64).reshape(-1), tuple(str(v) for v in distinct.tolist())
    listed: list[object] = array.tolist()
    ordered = sorted(dict.fromkeys(listed), key=lambda v: (str(type(v)), v))
    place = {v: i for i, v in enumerate(ordered)}
    numbers = np.fromiter((place[v] for v in listed), np.int64, len(listed))
    return numbers, tuple(str(v) for v in ordered)


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of selection; `unit` is None where every row is its own unit."""

    unit: IntArray | None  # (rows,) unit of each row
    stratum: IntArray  # (units,) stratum of each unit
    drawn: FloatArray  # (strata,) units in the sample
    population: FloatArray | None  # (strata,) units in the population; None = with replacement

    @cached_property
    def take_all(self) -> BoolArray:
        """Tell the strata taken whole, which add nothing to the variance."""
        if self.population is None:
            return np.zeros(self.drawn.size, dtype=np.bool_)
        return self.drawn >= self.population * (1 - 1e-12)

    @cached_property
    def sampling_fraction(self) -> FloatArray:
        """Give n/N by stratum, zero when drawn with replacement."""
        return np.zeros(self.drawn.size) if self.population is None else self.drawn / self.population


@dataclass(frozen=True, eq=False)
class Design:
    """Hold strata, stages and base weights of the sampled rows; every verb takes it."""

    weights: FloatArray  # (rows,) base weights
    strata: IntArray  # (rows,) stratum of each row at stage 1
    stratum_names: tuple[str, ...]
    stages: tuple[Stage, ...]

    @property
    def size(self) -> int:
        return int(self.weights.size)

    @cached_property
    def df(self) -> int:
        """Count design degrees of freedom: units of stage 1 less strata."""
        return int(self.stages[0].stratum.size - self.stages[0].drawn.size)

    def df_of(self, inside: BoolArray) -> int:
        """Count units less strata among the rows of a domain (R `degf` of a subset)."""
        first = self.stages[0]
        strata = int(np.count_nonzero(np.bincount(self.strata[inside], minlength=first.drawn.size)))
        units = int(np.count_nonzero(inside)) if first.unit is None else len(set(first.unit[inside].tolist()))
        return units - strata


def declare(
    *,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    units: Sequence[ArrayLike] = (),
    population: Sequence[ArrayLike] = (),
    nest: bool = False,
) -> Design:
    """Declare a design from columns of equal length.

    `units`: unit labels stage by stage (none = every row is a unit); `population`: for each stage the number
    of units in the row's stratum at that stage (N_h), none = with replacement, then only stage 1 counts;
    `weights` absent = product over the stages of population / drawn; `nest` = labels restart in each stratum.
    """
    columns = [*(c for c in (weights, strata) if c is not None), *units, *population]
    sizes = {int(np.asarray(c).shape[0]) for c in columns}
    if len(sizes) != 1:
        raise DesignFailure("columns of the design", expected="one length", got=sorted(sizes))
    rows = sizes.pop()
    if rows == 0:
        raise DesignFailure("the design", expected="at least one row", got=0)
    if population and len(population) != max(1, len(units)):
        raise DesignFailure(
            "population sizes",
            expected=f"{max(1, len(units))} stage(s)",
            got=len(population),
            hint="give one column per stage, or none for sampling with replacement",
        )
    stratum, names = codes(strata) if strata is not None else (np.zeros(rows, dtype=np.int64), ("all",))
    stages: list[Stage] = []
    parent, parent_names = stratum, names
    for i in range(max(1, len(units))):
        label = units[i] if units else None
        size = np.asarray(population[i], dtype=np.float64) if population else None
        stages.append(_stage(parent, parent_names, label, size, nest=nest or i > 0))
        if label is None or size is None:
            break  # with replacement at stage 1, later stages add nothing
        unit = stages[-1].unit
        assert unit is not None
        parent, parent_names = unit, ()
    return Design(_base_weights(weights, stages, rows), stratum, names, tuple(stages))


def _stage(
    parent: IntArray, names: tuple[str, ...], label: ArrayLike | None, size: FloatArray | None, *, nest: bool
) -> Stage:
    strata = int(parent.max()) + 1
    if label is None:
        unit, of_unit = None, parent
    else:
        own, own_names = codes(label)
        _, first, inverse = np.unique(parent * len(own_names) + own, return_index=True, return_inverse=True)
        unit, of_unit = inverse.astype(np.int64).reshape(-1), parent[first]
        if not nest and of_unit.size != len(own_names):
            twice = own_names[int(np.argmax(np.bincount(own[first])))]
            raise DesignFailure(
                f"unit {twice}",
                expected="one stratum",
                got="several",
                hint="say nest=True if unit labels restart in every stratum",
            )
    drawn = np.bincount(of_unit, minlength=strata).astype(np.float64)
    population = None
    if size is not None:
        population = np.zeros(strata)
        population[parent] = size
        uneven = ~np.isclose(population[parent], size, rtol=1e-9)
        if uneven.any() or not np.isfinite(size).all():
            at = int(np.argmax(uneven | ~np.isfinite(size)))
            raise DesignFailure(_named(names, int(parent[at])), expected="one population size", got=size[at])
        over = drawn > population * (1 + 1e-9)
        if over.any():
            h = int(np.argmax(over))
            raise DesignFailure(
                _named(names, h),
                expected=f"at most {population[h]:g} units",
                got=int(drawn[h]),
                hint="population sizes count units, not fractions",
            )
    return Stage(unit, of_unit, drawn, population)


def _named(names: tuple[str, ...], code: int) -> str:
    return f"stratum {names[code]}" if names else f"first-stage unit {code}"


def _base_weights(weights: ArrayLike | None, stages: list[Stage], rows: int) -> FloatArray:
    if weights is not None:
        given = np.asarray(weights, dtype=np.float64)
        bad = ~np.isfinite(given) | (given < 0)
        if bad.any():
            at = int(np.argmax(bad))
            raise DesignFailure(f"base weight of row {at}", expected="a number not below 0", got=given[at])
        return given
    product = np.ones(rows)
    for stage in stages:
        if stage.population is None:
            raise DesignFailure(
                "base weights", expected="weights, or population sizes to make them", got=None
            )
        share = (stage.population / stage.drawn)[stage.stratum]
        product = product * (share if stage.unit is None else share[stage.unit])
    return product
