"""What one interview does to a figure: the change were it left out, its share of the variance, its leverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey.methods.adjustment import Adjustment, CellProjection, MatrixProjection, final_weights, residuals
from survey.methods.design import Design, FloatArray
from survey.methods.estimands import Estimand
from survey.methods.failures import DesignFailure, MethodFailure


@dataclass(frozen=True, eq=False)
class Deletion:
    """What each row does to one estimate."""

    estimate: float
    change: FloatArray  # (rows,) estimate without the row − estimate with it, in the estimate's unit
    share: FloatArray  # (rows,) part of the linearised variance, 0 to 1, adding up to 1


def deletion(design: Design, item: Estimand, *, adjustments: tuple[Adjustment, ...] = ()) -> Deletion:
    """Give what leaving out each row would change (rows,), by linearisation.

    The stratum's other rows take over its weight, n_h/(n_h−1) each, and everything is calibrated again:
    to first order −n_h/(n_h−1) (z_i − z̄_h), z the calibration residual times weight, in the estimate's unit.
    Then V = Σ_h (1 − n_h/N_h) (n_h−1)/n_h Σ change², whose terms are the shares: the jackknife's identity
    (Yung & Rao 1996; Demnati & Rao 2004). A row alone in its stratum has no change and no share. Rows must
    be the units of the design (`DesignFailure`); an estimate nobody answered is a `MethodFailure`.
    """
    first = design.stages[0]
    if first.unit is not None:
        raise DesignFailure("units of the design", expected="rows", got="groups of rows")
    everybody = np.ones(design.size, dtype=np.bool_)
    weights = final_weights(design, adjustments)
    linear = item.linearise(weights, everybody)
    if linear.value is None:
        raise MethodFailure(f"estimand {item.name}", expected="at least one answer", got=0)
    z = residuals(weights * linear.influence, adjustments)
    h, n = first.stratum, first.drawn
    mean = np.bincount(h, z, minlength=n.size) / n
    change = -(n / np.maximum(n - 1, 1))[h] * (z - mean[h])
    change[n[h] == 1] = 0.0
    part = np.square(change) * ((1 - first.sampling_fraction) * (n - 1) / n)[h]
    whole = float(part.sum())
    return Deletion(linear.value, change, part / whole if whole > 0 else np.zeros_like(part))


def leverage(adjustment: Adjustment) -> FloatArray:
    """Give h_i = d_i x_i'(Σ d x x')⁻¹ x_i (rows,), 0 to 1, adding up to the rank of x.

    d: weights before the calibration. Linearised errors count a row's residual as if the row had not drawn
    the fit to itself; near 1 its residual is near 0 and the error too small (Hoaglin & Welsch 1978; Valliant
    2002). Several rows of one unit count together. A calibration without a regression is a `MethodFailure`.
    """
    p = adjustment.projection
    if isinstance(p, CellProjection):
        if p.x is None or p.inverse is None:
            own = np.divide(1.0, p.sums, out=np.zeros_like(p.sums, dtype=np.float64), where=p.sums > 0)
        else:
            own = np.einsum("ij,jk,ik->i", p.x, p.inverse, p.x)
        return np.asarray(p.before * own[p.cell])
    if isinstance(p, MatrixProjection):
        return np.asarray(p.before * np.einsum("ij,jk,ik->i", p.x, p.inverse, p.x))
    raise MethodFailure(f"adjustment {adjustment.reason}", expected="a calibration", got=type(p).__name__)
