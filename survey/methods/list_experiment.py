"""List experiments: how many hold a sensitive view, from counts that no single answer gives away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from survey.methods.adjustment import Adjustment
from survey.methods.contrasts import Difference, Target, difference
from survey.methods.design import Design
from survey.methods.estimands import Mean, column
from survey.methods.failures import MethodFailure
from survey.methods.split_test import arms
from survey.methods.variance import SinglePsu


@dataclass(frozen=True)
class ListExperiment:
    """The share that holds the sensitive view, and whether the longer list changed the other answers."""

    share: Difference
    floor: float
    """Share of the long list's respondents that counted nothing: they have given their denial away."""
    ceiling: float
    """Share of the long list's respondents that counted everything: they have given their view away."""
    p_no_effect: float
    """Of the hypothesis that all groups the model implies are possible (Bonferroni); small = the list fails."""


def list_experiment(
    design: Design,
    counts: ArrayLike,
    arm: ArrayLike,
    *,
    items: int,
    adjustments: Sequence[Adjustment] = (),
    single: SinglePsu = SinglePsu.FAIL,
    level: float = 0.95,
) -> ListExperiment:
    """Give the difference of mean counts, long list (arm 1) less short (arm 0), with its design-based error.

    counts (rows,) 0 … `items`, one more in arm 1; NaN = no answer. The shares of people with y control items,
    with and without the sensitive one, are F0(y) − F1(y) and F1(y) − F0(y−1) and cannot be negative (Blair & Imai
    2012, Political Analysis 20); each is tested one-sided with its own design-based error.
    """
    y, (short, long) = column(counts), arms(arm)
    most = np.where(long, items + 1, items)
    odd = ~np.isnan(y) & (short | long) & ((y < 0) | (y > most) | (y != np.floor(y)))
    if items < 2 or odd.any():
        raise MethodFailure(
            "counts of the list", expected=f"whole numbers up to {items} (long list {items + 1}), 2 items or more",
            got=float(y[np.argmax(odd)]) if odd.any() else items,
        )  # fmt: skip

    def apart(more: tuple[float, bool], less: tuple[float, bool]) -> Difference:
        """Give the share at or below one count in one arm less another's."""
        sides = [
            Target(Mean("share", np.where(np.isnan(y), np.nan, y <= at)), long if is_long else short)
            for at, is_long in (more, less)
        ]
        return difference(design, *sides, adjustments=adjustments, single=single, level=level)

    count = Mean("count", y)
    share = difference(
        design, Target(count, long), Target(count, short), adjustments=adjustments, single=single, level=level
    )
    holding = [apart((k, False), (k, True)) for k in range(items + 1)]
    denying = [apart((k, True), (k - 1, False)) for k in range(items + 1)]
    p = [
        float(special.stdtr(d.df, d.estimate / d.standard_error)) if d.standard_error > 0 else 1.0
        for d in (*holding, *denying)
    ]
    none_at_all, everything = denying[0].estimate, holding[-1].estimate
    return ListExperiment(share, none_at_all, everything, min(1.0, min(p) * len(p)))
