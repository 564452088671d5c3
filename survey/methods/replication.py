"""Replicate weights: jackknife, balanced half-samples, bootstrap, and the covariance they give."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from survey.methods import half_sampling, resampling
from survey.methods.design import BoolArray, Design, FloatArray, IntArray
from survey.methods.failures import DesignFailure, MethodFailure


class Replication(StrEnum):
    """How replicates are drawn."""

    JK1 = "JK1"
    JKN = "JKn"
    BRR = "BRR"
    FAY = "Fay"
    BOOTSTRAP = "bootstrap"  # Canty & Davison 1999
    SUBBOOTSTRAP = "subbootstrap"  # Rao & Wu 1988, n − 1 of n


@dataclass(frozen=True, eq=False)
class Replicates:
    """Analysis weights of every replicate, base weight included, and how their spread becomes a variance."""

    weights: FloatArray  # (rows, r)
    scale: float
    rscales: FloatArray  # (r,)
    mse: bool = False  # deviations from the full-sample estimate, not from the mean of the replicates

    def covariance(self, thetas: FloatArray, full: FloatArray) -> FloatArray:
        """Give V = scale Σ_r rscale_r (θ_r − c)(θ_r − c)′ from thetas (k, r) and the full estimate (k,)."""
        usable = np.isfinite(thetas).all(axis=0)
        known = np.isfinite(full)
        if np.isfinite(thetas[known]).all():  # an estimate without any value is not a replicate's fault
            usable = np.ones_like(usable)
        if not usable.all():
            at = int(np.argmin(usable))
            raise MethodFailure(
                f"replicate {at + 1}", expected="a value", got="none",
                hint=f"{int((~usable).sum())} of {usable.size} replicates hold no row of the domain",
            )  # fmt: skip
        kept = self.rscales > 0
        centre = full if self.mse else thetas[:, kept].mean(axis=1)
        away = (thetas - centre[:, None]) * np.sqrt(self.rscales)
        return np.asarray(self.scale * (away @ away.T))

    def df(self, inside: BoolArray | None) -> int:
        """Give the rank of the replicate weights of the domain's rows less one (R `degf`)."""
        rows = self.weights if inside is None else self.weights[inside]
        if not rows.size:
            return 0
        triangle = np.linalg.qr(rows / max(np.abs(rows).max(), 1e-300), mode="r")
        return int(np.linalg.matrix_rank(triangle, tol=1e-7 * np.abs(triangle).max() * 10)) - 1


def expanded(design: Design) -> tuple[IntArray, IntArray]:
    """Give the first-stage unit of each row and the stratum of each unit, units in order of appearance."""
    first = design.stages[0]
    unit = np.arange(design.size) if first.unit is None else first.unit
    _, rows = np.unique(unit, return_index=True)
    order = np.argsort(rows)
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    return place[unit], first.stratum[order]


def replicate(
    design: Design,
    weights: FloatArray,
    kind: Replication,
    *,
    mse: bool = False,
    replicates: int = 50,
    fay_rho: float = 0.0,
    seed: int = 1,
    lonely: str = "fail",
) -> Replicates:
    """Make replicate weights (rows, r) from a design and the weights (rows,) to replicate.

    Scales are R's `as.svrepdesign`: JK1 (1−f)(n−1)/n, JKn the same by stratum, BRR 1/(R(1−ρ)²), Canty–Davison
    h/((h−1)(R−1)) with h the harmonic mean of units per stratum, Rao–Wu 1/(R−1). Bootstraps draw with
    numpy's PCG64 from `seed`: the same seed gives the same weights, though not R's draws.
    """
    unit, stratum = expanded(design)
    strata = design.stages[0].drawn.size
    if kind is Replication.JK1 and strata > 1:
        raise DesignFailure("JK1", expected="a design without strata", got=f"{strata} strata", hint="use JKn")
    if kind in (Replication.JKN, Replication.BRR, Replication.FAY) and design.stratum_names == ("all",):
        raise DesignFailure(str(kind), expected="strata", got="none", hint="use JK1 or a bootstrap")
    if kind in (Replication.JK1, Replication.JKN):
        factors, scale, rscales = resampling.jackknife(design, stratum, lonely)
    elif kind in (Replication.BRR, Replication.FAY):
        factors, scale = half_sampling.balanced(design.stratum_names, stratum, fay_rho)
        rscales = np.ones(factors.shape[1])
    else:
        if replicates < 2:
            raise MethodFailure("replicates", expected="at least 2", got=replicates)
        rng = np.random.default_rng(seed)
        draw = resampling.canty if kind is Replication.BOOTSTRAP else resampling.rao_wu
        factors, scale = draw(design, stratum, replicates, rng)
        rscales = np.ones(replicates)
    return Replicates(weights[:, None] * factors[unit], scale, rscales, mse)


def scales(
    kind: Replication, design: Design, replicates: int, fay_rho: float = 0.0, lonely: str = "fail"
) -> tuple[float, FloatArray]:
    """Give the scale and rscales (r,) of replicates of this kind that were made elsewhere."""
    ones = np.ones(replicates)
    if kind in (Replication.BRR, Replication.FAY):
        return 1 / (replicates * (1 - fay_rho) ** 2), ones
    if kind is Replication.SUBBOOTSTRAP:
        return 1 / (replicates - 1), ones
    if kind is Replication.BOOTSTRAP:
        return resampling.canty_scale(design, replicates), ones
    made = replicate(design, design.weights, kind, lonely=lonely)
    if made.rscales.size != replicates:
        raise DesignFailure(f"{kind} replicates", expected=int(made.rscales.size), got=replicates)
    return made.scale, made.rscales
