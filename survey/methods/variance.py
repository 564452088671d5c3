"""Variance of linearised statistics under a stratified design with one or more stages."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from survey.methods.design import Design, FloatArray, Stage
from survey.methods.failures import SinglePsuFailure


class SinglePsu(StrEnum):
    """What to do with a stratum that holds one sampled unit without being taken whole."""

    FAIL = "fail"
    REMOVE = "remove"  # it adds nothing
    ADJUST = "adjust"  # centred at the mean of all units
    AVERAGE = "average"  # it adds what the other strata add on average


def covariance(z: FloatArray, design: Design, *, single: SinglePsu = SinglePsu.FAIL) -> FloatArray:
    """Give the covariance matrix (k, k) of the totals of z, shaped (rows,) or (rows, k).

    z holds weight times influence of each sampled row, zero outside the domain: strata and units are never
    dropped. V = Σ_h (1 − n_h/N_h) n_h/(n_h−1) Σ_i (z_hi − z̄_h)², and within each first-stage unit the
    same times n_h/N_h, when population sizes are declared (Särndal et al. 1992, §4.3; R `svyrecvar`).
    """
    columns = z[:, None] if z.ndim == 1 else z
    result = np.zeros((columns.shape[1], columns.shape[1]))
    passed: FloatArray = np.ones(design.stages[0].drawn.size)
    for stage in design.stages:
        result += _of_stage(_unit_totals(columns, stage), stage, passed, design, single)
        passed = (passed * stage.sampling_fraction)[stage.stratum]
    return result


def variance(z: FloatArray, design: Design, *, single: SinglePsu = SinglePsu.FAIL) -> float:
    """Give the variance of the total of one column z."""
    return float(covariance(z, design, single=single)[0, 0])


def single_units(design: Design) -> tuple[str, ...]:
    """Name the strata that hold one sampled unit without being taken whole."""
    first = design.stages[0]
    lonely = (first.drawn == 1) & ~first.take_all
    return tuple(design.stratum_names[h] for h in np.flatnonzero(lonely))


def _unit_totals(z: FloatArray, stage: Stage) -> FloatArray:
    if stage.unit is None:
        return z
    n = stage.stratum.size
    return np.column_stack([np.bincount(stage.unit, z[:, j], minlength=n) for j in range(z.shape[1])])


def _of_stage(
    totals: FloatArray, stage: Stage, passed: FloatArray, design: Design, single: SinglePsu
) -> FloatArray:
    n, h = stage.drawn, stage.stratum
    lonely = (n == 1) & ~stage.take_all
    if single is SinglePsu.FAIL and lonely.any():
        names = single_units(design) or ("within a first-stage unit",)
        raise SinglePsuFailure(
            f"stratum {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else ""),
            expected="at least 2 sampled units",
            got=1,
            hint="choose the policy remove, adjust or average, or join strata",
        )
    scale = np.where(stage.take_all, 0.0, (1 - stage.sampling_fraction) * n / np.maximum(n - 1, 1)) * passed
    means = np.column_stack([np.bincount(h, t, minlength=n.size) for t in totals.T]) / n[:, None]
    if single is SinglePsu.ADJUST:
        means[lonely] = totals.sum(axis=0) / totals.shape[0]
    centred = totals - means[h]
    result: FloatArray = centred.T @ (centred * scale[h][:, None])
    if single is SinglePsu.AVERAGE and lonely.any() and not lonely.all():
        result *= n.size / float(np.count_nonzero(~lonely))
    return result
