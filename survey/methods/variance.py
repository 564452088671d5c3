"""Variance of linearised statistics under a stratified design with one or more stages."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from survey.methods.design import BoolArray, Design, FloatArray, Stage
from survey.methods.failures import SinglePsuFailure


class SinglePsu(StrEnum):
    """What to do with a stratum that holds one sampled unit without being taken whole."""

    FAIL = "fail"
    REMOVE = "remove"  # it adds nothing
    ADJUST = "adjust"  # centred at the mean of all units
    AVERAGE = "average"  # it adds what the other strata add on average


def covariance(
    z: FloatArray,
    design: Design,
    *,
    single: SinglePsu = SinglePsu.FAIL,
    present: BoolArray | None = None,
    lonely_in_domain: bool = False,
) -> FloatArray:
    """Give the covariance matrix (k, k) of the totals of z, shaped (rows,) or (rows, k).

    z holds weight times influence of each sampled row, zero outside the domain: strata and units are never
    dropped. V = Σ_h (1 − n_h/N_h) n_h/(n_h−1) Σ_i (z_hi − z̄_h)², and within each first-stage unit the
    same times n_h/N_h, when population sizes are declared (Särndal et al. 1992, §4.3; R `svyrecvar`).

    `present` (rows,) tells the rows of the domain: a stratum without any is no stratum of single units there.
    `lonely_in_domain` treats a stratum of several units of which the domain holds one as a single one too
    (adjust and average only; R `survey.adjust.domain.lonely`).
    """
    columns = z[:, None] if z.ndim == 1 else z
    result = np.zeros((columns.shape[1], columns.shape[1]))
    passed: FloatArray = np.ones(design.stages[0].drawn.size)
    for depth, stage in enumerate(design.stages):
        seen = _seen(stage, present)
        alone = single_strata(stage, seen, single, lonely_in_domain=lonely_in_domain)
        totals = _unit_totals(columns, stage)
        result += _of_stage(totals, stage, passed, seen, alone, design, single, depth)
        passed = (passed * stage.sampling_fraction)[stage.stratum]
    return result


def variance(z: FloatArray, design: Design, *, single: SinglePsu = SinglePsu.FAIL) -> float:
    """Give the variance of the total of one column z (rows,), in its unit squared; see `covariance`."""
    return float(covariance(z, design, single=single)[0, 0])


def single_units(design: Design) -> tuple[str, ...]:
    """Name the strata that hold one sampled unit without being taken whole."""
    first = design.stages[0]
    lonely = (first.drawn == 1) & ~first.take_all
    return tuple(design.stratum_names[h] for h in np.flatnonzero(lonely))


def single_strata(
    stage: Stage, seen: FloatArray, single: SinglePsu, *, lonely_in_domain: bool = False
) -> BoolArray:
    """Tell the strata (of those seen) in which one unit was drawn, or is left in the domain if that counts."""
    alone = (stage.drawn == 1) & ~stage.take_all & (seen > 0)
    if lonely_in_domain and single in (SinglePsu.ADJUST, SinglePsu.AVERAGE):
        alone |= (stage.drawn > 1) & (seen == 1)
    return np.asarray(alone, dtype=np.bool_)


def _seen(stage: Stage, present: BoolArray | None) -> FloatArray:
    """Count the units of each stratum with a row in the domain."""
    if present is None:
        return stage.drawn
    if stage.unit is None:
        return np.bincount(stage.stratum, present, minlength=stage.drawn.size).astype(np.float64)
    has_row = np.bincount(stage.unit, present, minlength=stage.stratum.size) > 0
    return np.bincount(stage.stratum, has_row, minlength=stage.drawn.size).astype(np.float64)


def _unit_totals(z: FloatArray, stage: Stage) -> FloatArray:
    if stage.unit is None:
        return z
    n = stage.stratum.size
    return np.column_stack([np.bincount(stage.unit, z[:, j], minlength=n) for j in range(z.shape[1])])


def _of_stage(
    totals: FloatArray,
    stage: Stage,
    passed: FloatArray,
    seen: FloatArray,
    alone: BoolArray,
    design: Design,
    single: SinglePsu,
    depth: int,
) -> FloatArray:
    n, h = stage.drawn, stage.stratum
    if alone.any() and (single is SinglePsu.FAIL or (depth > 0 and single is SinglePsu.AVERAGE)):
        raise _refusal(design, alone, depth, single)
    scale = np.where(stage.take_all, 0.0, (1 - stage.sampling_fraction) * n / np.maximum(n - 1, 1)) * passed
    means = np.column_stack([np.bincount(h, t, minlength=n.size) for t in totals.T]) / n[:, None]
    if single is SinglePsu.ADJUST and depth == 0:  # within one unit its only subunit is the mean itself
        means[alone] = totals.sum(axis=0) / n[seen > 0].sum()
    if single is SinglePsu.AVERAGE:
        scale = np.where(alone, 0.0, scale)
    centred = totals - means[h]
    result: FloatArray = centred.T @ (centred * scale[h][:, None])
    if single is SinglePsu.AVERAGE and alone.any():
        strata, left = int((seen > 0).sum()), int(((seen > 0) & ~alone).sum())
        result *= strata / left if left else 1.0
    return result


def _refusal(design: Design, alone: BoolArray, depth: int, single: SinglePsu) -> SinglePsuFailure:
    names = [design.stratum_names[k] for k in np.flatnonzero(alone)] if depth == 0 else []
    where = f"stratum {names[0]}" if names else "within a first-stage unit"
    return SinglePsuFailure(
        where + (f" and {len(names) - 1} more" if len(names) > 1 else ""),
        expected="at least 2 sampled units",
        got=1,
        hint="join strata, or choose the policy remove, adjust or average"
        if single is SinglePsu.FAIL
        else "later stages know no average: choose remove or adjust",
    )
