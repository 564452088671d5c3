"""What a cube counts: strata, classifying keys, items and indices, and the products of answers it sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from survey.methods.design import IntArray
from survey.methods.failures import DesignFailure

Powers = tuple[tuple[int, int], ...]
"""Item by power: 0 = it was answered, 1 = y, 2 = y²; all of them multiplied, () = 1."""
MOST_ADDRESSES = 2**62


@dataclass(frozen=True)
class Item:
    """One outcome; a share is answered 0 or 1. `may_miss` False promises an answer in every row."""

    name: str
    is_share: bool = True
    may_miss: bool = True


@dataclass(frozen=True)
class Index:
    """A composite of items with its weights (none = equal); each item keeps its own respondents."""

    name: str
    items: tuple[str, ...]
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class Key:
    """A column that classifies rows, such as a margin or a domain, with its categories in order."""

    name: str
    categories: tuple[str, ...]


@dataclass(frozen=True)
class Sum:
    """One sum kept in every cell: Σ d v and Σ d² v, v the product of powers, or whether any is answered."""

    powers: Powers
    is_any: bool = False


@dataclass(frozen=True)
class Layout:
    """Fix what is counted; cubes of one layout can be added and taken apart."""

    strata: tuple[str, ...]
    keys: tuple[Key, ...]
    items: tuple[Item, ...]
    indices: tuple[Index, ...] = ()

    def __post_init__(self) -> None:
        names = [i.name for i in self.items] + [i.name for i in self.indices]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            raise DesignFailure("names of items and indices", expected="all different", got=twice)
        for index in self.indices:
            unknown = next((i for i in index.items if i not in self.places), None)
            if unknown is not None or not index.items:
                raise DesignFailure(f"index {index.name}", expected="known items", got=unknown)
            if index.weights and len(index.weights) != len(index.items):
                raise DesignFailure(f"index {index.name}", expected="one weight per item", got=index.weights)

    @cached_property
    def places(self) -> dict[str, int]:
        """Give the position of each item by name."""
        return {item.name: j for j, item in enumerate(self.items)}

    @cached_property
    def key_space(self) -> int:
        """Count the cells of the keys crossed."""
        return prod(len(key.categories) for key in self.keys)

    @cached_property
    def features(self) -> tuple[Powers, ...]:
        """Give the terms in which a row's influence is linear: 1, and per item its answer's presence and y."""
        found: list[Powers] = [()]
        for j, item in enumerate(self.items):
            found += [((j, 0),), ((j, 1),)] if item.may_miss else [((j, 1),)]
        return tuple(found)

    @cached_property
    def sums(self) -> tuple[Sum, ...]:
        """Give the distinct products of two features, then the presences of indices."""
        found = {Sum(self._multiplied(a, b)): None for a in self.features for b in self.features}
        for index in self.indices:
            found[self.presence(index.name)] = None
        return tuple(sorted(found, key=lambda s: (s.is_any, len(s.powers), s.powers)))

    @cached_property
    def product(self) -> IntArray:
        """Give for each pair of features (F, F) the place of their product among the sums."""
        place = {s: q for q, s in enumerate(self.sums)}
        return np.array([[place[Sum(self._multiplied(a, b))] for b in self.features] for a in self.features])

    @cached_property
    def masks(self) -> tuple[int, ...]:
        """Give the places of the sums that tell who answered; rows are counted for each, first for all."""
        return tuple(q for q, s in enumerate(self.sums) if s.is_any or all(p == 0 for _, p in s.powers))

    def presence(self, name: str) -> Sum:
        """Give the sum over those who answered an item, or any item of an index."""
        if name in self.places:
            members = [self.places[name]]
        else:
            members = [self.places[i] for i in self.index(name).items]
        if any(not self.items[j].may_miss for j in members):
            return Sum(())
        powers = tuple((j, 0) for j in sorted(set(members)))
        return Sum(powers, is_any=len(powers) > 1)

    def index(self, name: str) -> Index:
        """Find an index by name."""
        for index in self.indices:
            if index.name == name:
                return index
        raise DesignFailure(
            f"item {name}", expected=", ".join([*self.places, *(i.name for i in self.indices)])
        )

    def parts(self, name: str) -> list[tuple[int, int, float]]:
        """Give an item's, or an index's items', features y and answered, and its share of the index."""
        if name in self.places:
            shares = [(self.places[name], 1.0)]
        else:
            index = self.index(name)
            weights = index.weights or (1.0,) * len(index.items)
            shares = [(self.places[i], a / sum(weights)) for i, a in zip(index.items, weights, strict=True)]
        found = []
        for j, share in shares:
            y = self.features.index(((j, 1),))
            found.append((y, y - 1 if self.items[j].may_miss else 0, share))
        return found

    def key(self, name: str) -> int:
        """Find a key's position by name."""
        for k, key in enumerate(self.keys):
            if key.name == name:
                return k
        raise DesignFailure(f"key {name}", expected=", ".join(k.name for k in self.keys))

    def codes(self, cells: IntArray, name: str) -> IntArray:
        """Give the category of one key in each cell of the keys crossed."""
        at = self.key(name)
        after = prod(len(key.categories) for key in self.keys[at + 1 :])
        return cells // after % len(self.keys[at].categories)

    def cell(self, codes: Sequence[IntArray]) -> IntArray:
        """Number the cell of the keys crossed from one array of codes per key."""
        if len(codes) != len(self.keys):
            raise DesignFailure("keys", expected=len(self.keys), got=len(codes))
        joint = np.zeros(codes[0].shape if codes else (), dtype=np.int64)
        for key, code in zip(self.keys, codes, strict=True):
            if code.size and not (code.min() >= 0 and code.max() < len(key.categories)):
                raise DesignFailure(
                    f"key {key.name}",
                    expected=f"codes 0 to {len(key.categories) - 1}",
                    got=(int(code.min()), int(code.max())),
                )
            joint *= len(key.categories)
            joint += code
        return joint

    def _multiplied(self, a: Powers, b: Powers) -> Powers:
        power = dict(a)
        for j, p in b:
            both = power.get(j, 0) + p
            power[j] = min(both, 1) if self.items[j].is_share else both
        return tuple(sorted(power.items()))
