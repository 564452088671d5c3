"""Margins of the population: categories, totals, and the joining of categories with too few rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.adjustment import Collapse
from survey.methods.design import FloatArray, IntArray
from survey.methods.failures import WeightFailure


@dataclass(frozen=True, eq=False)
class Margin:
    """One margin: its categories in order, their population totals, the category number of each row.

    `groups` (one word per category) keeps a collapse inside a group, such as ages of one sex, where it can.
    """

    name: str
    categories: tuple[str, ...]
    totals: FloatArray  # (categories,)
    codes: IntArray  # (rows,) position in `categories`
    groups: tuple[str, ...] = ()


def margin(
    name: str, values: ArrayLike, totals: Mapping[str, float], *, groups: Mapping[str, str] | None = None
) -> Margin:
    """Make a margin from labels (rows,) and population totals (persons) in their order.

    `groups` names the group of each category, within which thin ones are joined first. A label without a total
    is a `WeightFailure` that names it.
    """
    categories = tuple(totals)
    place = {c: i for i, c in enumerate(categories)}
    labels = [str(v) for v in np.asarray(values).tolist()]
    unknown = next((v for v in labels if v not in place), None)
    if unknown is not None:
        raise WeightFailure(
            f"margin {name}, category {unknown}",
            expected="a population total",
            got="none",
            hint="answers outside the margin must be recoded or imputed before raking",
        )
    numbers = np.fromiter((place[v] for v in labels), np.int64, len(labels))
    grouped = tuple(groups.get(c, "") for c in categories) if groups else ()
    return Margin(name, categories, np.array([float(t) for t in totals.values()]), numbers, grouped)


def collapse(margin: Margin, *, min_rows: int = 1) -> tuple[Margin, tuple[Collapse, ...]]:
    """Join each category with a population but fewer than `min_rows` rows to a neighbour, and say so.

    The rule: from the first category to the last, to the next one of its group, else the one before in its
    group, else the next, else the one before; repeated until none is too small.
    """
    done: list[Collapse] = []
    names, totals = list(margin.categories), margin.totals.astype(np.float64).tolist()
    groups = list(margin.groups) or [""] * len(names)
    rows = np.bincount(margin.codes, minlength=len(names)).tolist()
    home = list(range(len(names)))
    alive = [i for i in range(len(names)) if totals[i] > 0 or rows[i] > 0]
    while len(alive) > 1:
        small = next((i for i in alive if rows[i] < min_rows), None)
        if small is None:
            break
        at = alive.index(small)
        near = alive[at + 1 : at + 2] + alive[max(at - 1, 0) : at]
        into = next((i for i in near if groups[i] == groups[small]), near[0])
        done.append(Collapse(margin.name, names[small], names[into], rows[small]))
        totals[into] += totals[small]
        rows[into] += rows[small]
        names[into] = " + ".join((names[small], names[into]) if small < into else (names[into], names[small]))
        home = [into if h == small else h for h in home]
        alive.remove(small)
    if not done and len(alive) == len(names):
        return margin, ()
    position = {i: k for k, i in enumerate(alive)}
    new = np.array([position.get(h, -1) for h in home], dtype=np.int64)[margin.codes]
    kept_groups = tuple(groups[i] for i in alive) if margin.groups else ()
    return Margin(
        margin.name, tuple(names[i] for i in alive), np.array([totals[i] for i in alive]), new, kept_groups
    ), tuple(done)
