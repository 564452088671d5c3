"""Split halves: two wordings of a question put to random halves, and whether the answers differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.adjustment import Adjustment
from survey.methods.contrasts import Difference, Target, difference
from survey.methods.design import BoolArray, Design, FloatArray
from survey.methods.estimands import Mean, column
from survey.methods.failures import MethodFailure
from survey.methods.multiplicity import Adjusting, adjusted
from survey.methods.variance import SinglePsu


@dataclass(frozen=True)
class SplitTest:
    """The difference of the second arm from the first in one answer, alone and within its family."""

    category: str
    difference: Difference
    adjusted_p: float | None
    """By Holm over the categories tested together."""


def arms(values: ArrayLike) -> tuple[BoolArray, BoolArray]:
    """Give the rows of arm 0 and of arm 1; anything else (NaN) was not part of the experiment."""
    arm = column(values)
    odd = ~np.isnan(arm) & (arm != 0) & (arm != 1)
    if odd.any() or not (arm == 0).any() or not (arm == 1).any():
        raise MethodFailure("arms of the experiment", expected="0 and 1, both present", got="others")
    return arm == 0, arm == 1


def split_test(
    design: Design,
    answers: ArrayLike,
    arm: ArrayLike,
    *,
    categories: Sequence[float] = (),
    adjustments: Sequence[Adjustment] = (),
    single: SinglePsu = SinglePsu.FAIL,
    level: float = 0.95,
) -> list[SplitTest]:
    """Compare the arms' weighted means, or with `categories` the share of each; t with the design's df.

    answers (rows,) with NaN for missing, arm (rows,) 0 or 1. The variance is the design's: both halves come from
    the same strata, units and calibration, so their covariance is inside (`contrasts.difference`).
    """
    y, (first, second) = column(answers), arms(arm)
    named: list[tuple[str, FloatArray]] = [("mean", y)]
    if categories:
        named = [(f"{c:g}", np.where(np.isnan(y), np.nan, y == c)) for c in categories]
    found = [
        (name, difference(
            design, Target(Mean(name, v), second), Target(Mean(name, v), first),
            adjustments=adjustments, single=single, level=level,
        ))
        for name, v in named
    ]  # fmt: skip
    p = adjusted([np.nan if d.p is None else d.p for _, d in found], Adjusting.HOLM).tolist()
    return [SplitTest(name, d, None if np.isnan(q) else q) for (name, d), q in zip(found, p, strict=True)]
