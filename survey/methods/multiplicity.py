"""Several tests at once: p-values adjusted so that a family, or a list of findings, can be trusted."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from survey.methods.design import FloatArray
from survey.methods.failures import MethodFailure


class Adjusting(StrEnum):
    """The rule: Holm for a family of claims, Benjamini–Hochberg to screen."""

    HOLM = "holm"
    BENJAMINI_HOCHBERG = "bh"
    BENJAMINI_YEKUTIELI = "by"
    BONFERRONI = "bonferroni"
    HOCHBERG = "hochberg"


def adjusted(p: ArrayLike, rule: Adjusting = Adjusting.HOLM) -> FloatArray:
    """Give adjusted p-values (k,) in the order given; NaN stays NaN and does not count (R `p.adjust`).

    Holm 1979 and Hochberg 1988 hold the chance of any false claim, Benjamini & Hochberg 1995 (BY: under any
    dependence) the expected share of false ones among those found.
    """
    given = np.asarray(p, dtype=np.float64)
    known = given[~np.isnan(given)]
    if given.ndim != 1 or ((known < 0) | (known > 1)).any():
        raise MethodFailure("p-values", expected="one list of numbers from 0 to 1", got=given.tolist()[:5])
    m = known.size
    result = given.copy()
    if m == 0:
        return result
    order = np.argsort(known, kind="stable")
    place, ranked = np.arange(1, m + 1), known[order]
    if rule is Adjusting.BONFERRONI:
        raised = ranked * m
    elif rule is Adjusting.HOLM:
        raised = np.maximum.accumulate(ranked * (m - place + 1))
    else:
        factor = (m - place + 1) if rule is Adjusting.HOCHBERG else m / place
        if rule is Adjusting.BENJAMINI_YEKUTIELI:
            factor = factor * np.sum(1 / place)
        raised = np.minimum.accumulate((ranked * factor)[::-1])[::-1]
    back = np.empty(m)
    back[order] = np.minimum(raised, 1.0)
    result[~np.isnan(given)] = back
    return result
