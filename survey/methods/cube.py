"""The cube: interviews counted per stratum and cell, enough for every estimate and its exact variance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from survey.methods.cube_counting import add_up, check
from survey.methods.cube_layout import MOST_ADDRESSES, Layout
from survey.methods.design import FloatArray, IntArray
from survey.methods.failures import DesignFailure

CHUNK = 1 << 17
"""Rows taken at a time: what is made of them stays in the processor's cache."""
DENSE = 4_000_000
ROOM = 16_000_000


class Cube:
    """Keep, per cell, rows, answers, Σ d v and Σ d² v over the products v of answers (`Layout.sums`).

    A cell is stratum × keys (× first-stage unit); with weight d = 0 a row counts in its stratum only. `counts`
    (cells, 1 + masks) holds rows, then rows with weight that answered each of `Layout.masks`.
    """

    def __init__(
        self,
        layout: Layout,
        addresses: IntArray,
        counts: IntArray,
        first: FloatArray,
        second: FloatArray,
        *,
        has_units: bool = False,
    ) -> None:
        self.layout, self.has_units = layout, has_units
        self._size = int(addresses.size)
        self._addresses, self._counts, self._first, self._second = addresses, counts, first, second
        self._place: dict[int, int] | None = None

    @classmethod
    def empty(cls, layout: Layout, *, has_units: bool = False) -> Cube:
        """Make a cube without interviews."""
        sums, masks = len(layout.sums), len(layout.masks)
        none = np.zeros(0, dtype=np.int64)
        counts = np.zeros((0, 1 + masks), dtype=np.int64)
        return cls(layout, none, counts, np.zeros((0, sums)), np.zeros((0, sums)), has_units=has_units)

    @property
    def addresses(self) -> IntArray:
        return self._addresses[: self._size]

    @property
    def counts(self) -> IntArray:
        return self._counts[: self._size]

    @property
    def first(self) -> FloatArray:
        return self._first[: self._size]

    @property
    def second(self) -> FloatArray:
        return self._second[: self._size]

    @property
    def rows(self) -> int:
        return int(self.counts[:, 0].sum())

    @property
    def strata(self) -> IntArray:
        """Give the stratum of each cell."""
        return self.addresses // self.layout.key_space % len(self.layout.strata)

    @property
    def units(self) -> IntArray:
        """Give the first-stage unit of each cell, numbered over all strata."""
        return self.addresses // self.layout.key_space

    def add(
        self,
        stratum: int,
        keys: Sequence[int],
        weight: float,
        answers: Sequence[float],
        *,
        unit: int = 0,
        times: int = 1,
    ) -> None:
        """Add one interview (times = −1 takes it out again); its cost does not grow with the cube."""
        layout, codes = self.layout, [np.array([k]) for k in keys]
        d, given = np.array([float(weight)]), [np.array([float(a)]) for a in answers]
        check(layout, np.array([stratum]), d, given)
        address = int(layout.cell(codes)[0]) if codes else 0
        address += (unit * len(layout.strata) + stratum) * layout.key_space
        counts = np.zeros((1 + len(layout.masks), 1), dtype=np.int64)
        first, second = np.zeros((len(layout.sums), 1)), np.zeros((len(layout.sums), 1))
        add_up(layout, np.zeros(1, dtype=np.int64), d, given, counts, first, second)
        if self._place is None:
            self._place = {a: i for i, a in enumerate(self.addresses.tolist())}
        at = self._place.get(address)
        if at is None:
            at = self._append(address)
        self._counts[at] += times * counts[:, 0]
        self._first[at] += times * first[:, 0]
        self._second[at] += times * second[:, 0]
        if self._counts[at, 0] < 0:
            raise DesignFailure("cell", expected="an interview to take out", got="none left")
        if self._counts[at, 0] == 0:
            self._remove(at, address)

    def _append(self, address: int) -> int:
        assert self._place is not None
        if self._size == self._addresses.size:
            more = max(64, self._size)
            self._addresses = np.concatenate((self._addresses, np.zeros(more, dtype=np.int64)))
            self._counts = np.vstack((self._counts, np.zeros((more, self._counts.shape[1]), dtype=np.int64)))
            self._first = np.vstack((self._first, np.zeros((more, self._first.shape[1]))))
            self._second = np.vstack((self._second, np.zeros((more, self._second.shape[1]))))
        at = self._size
        self._addresses[at] = address
        self._place[address] = at
        self._size += 1
        return at

    def _remove(self, at: int, address: int) -> None:
        """Take an emptied cell out: the last one moves into its place."""
        assert self._place is not None
        last = self._size - 1
        for table in (self._addresses, self._counts, self._first, self._second):
            table[at] = table[last]
        self._place[int(self._addresses[at])] = at
        del self._place[address]
        self._size = last

    def __add__(self, other: Cube) -> Cube:
        return total([self, other])

    def __sub__(self, other: Cube) -> Cube:
        return _combined([self, other], [1, -1])


def total(cubes: Sequence[Cube]) -> Cube:
    """Add cubes of one layout, such as the weeks of a rolling window."""
    return _combined(cubes, [1] * len(cubes))


def _combined(cubes: Sequence[Cube], signs: Sequence[int]) -> Cube:
    if len({(c.layout, c.has_units) for c in cubes}) != 1:
        raise DesignFailure("cubes", expected="one layout", got="several, or none")
    addresses, at = np.unique(np.concatenate([c.addresses for c in cubes]), return_inverse=True)
    parts = [0, *np.cumsum([c.addresses.size for c in cubes]).tolist()]
    shape = (addresses.size, len(cubes[0].layout.sums))
    counts = np.zeros((addresses.size, cubes[0].counts.shape[1]), dtype=np.int64)
    first, second = np.zeros(shape), np.zeros(shape)
    for k, (cube, sign) in enumerate(zip(cubes, signs, strict=True)):
        place = at[parts[k] : parts[k + 1]]
        counts[place] += sign * cube.counts
        first[place] += sign * cube.first
        second[place] += sign * cube.second
    if (counts < 0).any():
        raise DesignFailure("cube", expected="interviews to take out", got="more than it holds")
    kept = counts[:, 0] > 0
    return Cube(
        cubes[0].layout,
        addresses[kept],
        counts[kept],
        first[kept],
        second[kept],
        has_units=cubes[0].has_units,
    )


def count(
    layout: Layout,
    *,
    strata: IntArray,
    keys: Sequence[IntArray],
    weights: FloatArray,
    answers: Sequence[FloatArray],
    units: IntArray | None = None,
) -> Cube:
    """Count rows in one pass: codes of stratum and keys (rows,), base weights, one column of answers per item.

    Missing answers are NaN. `units` numbers first-stage units from 0, restarting in strata or not.
    """
    check(layout, strata, weights, answers)
    space = layout.key_space * len(layout.strata)
    if units is not None:
        space *= int(units.max()) + 1
        if space > MOST_ADDRESSES or units.min() < 0:
            raise DesignFailure("units", expected="small numbers from 0", got=int(units.max()))
    parts = [slice(start, start + CHUNK) for start in range(0, strata.size, CHUNK)]

    def addresses(rows: slice) -> IntArray:
        cell = layout.cell([k[rows] for k in keys]) if keys else np.zeros(strata[rows].size, dtype=np.int64)
        cell += strata[rows] * layout.key_space
        return cell if units is None else cell + units[rows] * (layout.key_space * len(layout.strata))

    columns = 1 + len(layout.masks) + 2 * len(layout.sums)
    at: Callable[[slice], IntArray]
    if space <= 4 * min(CHUNK, strata.size) and space * columns <= ROOM:
        occupied, at = np.arange(space), addresses
    else:
        occupied, at = _places(np.concatenate([addresses(rows) for rows in parts]), space)
    cells = occupied.size
    counts = np.zeros((1 + len(layout.masks), cells), dtype=np.int64)
    first, second = np.zeros((len(layout.sums), cells)), np.zeros((len(layout.sums), cells))
    for rows in parts:
        add_up(layout, at(rows), weights[rows], [a[rows] for a in answers], counts, first, second)
    kept = np.flatnonzero(counts[0])
    if kept.size < cells:
        occupied, counts, first, second = occupied[kept], counts[:, kept], first[:, kept], second[:, kept]
    return Cube(layout, occupied, counts.T, first.T, second.T, has_units=units is not None)


def _places(address: IntArray, space: int) -> tuple[IntArray, Callable[[slice], IntArray]]:
    """Number the occupied addresses; give them, and what gives the numbers of a part of the rows."""
    if space > max(min(DENSE, 64 * address.size), address.size):
        occupied, inverse = np.unique(address, return_inverse=True)
        return occupied, lambda rows: inverse[rows]
    seen: NDArray[np.bool_] = np.zeros(space, dtype=np.bool_)
    seen[address] = True
    occupied = np.flatnonzero(seen)
    place = np.zeros(space, dtype=np.int64)
    place[occupied] = np.arange(occupied.size)
    return occupied, lambda rows: place[address[rows]]
