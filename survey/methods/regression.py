"""Regression on survey data: linear, logistic, Poisson, with the design's covariance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import special

from survey.methods.design import BoolArray, FloatArray
from survey.methods.failures import ConvergenceFailure, MethodFailure
from survey.methods.sample import Sample


class Family(StrEnum):
    """Distribution and canonical link of the response."""

    GAUSSIAN = "gaussian"
    BINOMIAL = "binomial"  # logit; overdispersion does not matter to a design's covariance
    POISSON = "poisson"  # log


@dataclass(frozen=True, eq=False)
class Regression:
    """Coefficients as a statistic: Σ w x (y − μ(x'β)) = 0; u = (Σ w x x' v)⁻¹ x (y − μ) (Binder 1983)."""

    y: FloatArray  # (rows,), 0 where not answered
    x: FloatArray  # (rows, p), 0 where not answered
    answered: BoolArray
    names: tuple[str, ...]
    family: Family = Family.GAUSSIAN
    mean_weight: float = 0.0  # what R divides the weights by before it starts; 0 = their own mean

    def values(self, weights: FloatArray) -> FloatArray:
        if weights.ndim == 1:
            return self.fit(weights)
        return np.column_stack([self.fit(weights[:, r]) for r in range(weights.shape[1])])

    def influence(self, weights: FloatArray) -> FloatArray:
        """Give u with the working weights of the last step, as R does: it stops at 1e-8 of the deviance."""
        beta, working = self.solve(weights)
        mu, slope = self._link(self.x @ beta)
        gram = self.x.T @ (self.x * working[:, None])
        share = np.divide(working, weights * slope, out=np.zeros_like(mu), where=(weights * slope) != 0)
        score = np.where(self.answered, (self.y - mu) * share, 0.0)[:, None] * self.x
        return np.asarray(np.linalg.solve(gram, score.T).T)

    def fit(self, weights: FloatArray) -> FloatArray:
        """Give the coefficients (p,)."""
        return self.solve(weights)[0]

    def solve(self, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Solve by iterated weighted least squares; give coefficients (p,) and last working weights (rows,).

        The start and the criterion are those of R's `glm`, |Δ deviance|/(|deviance| + 0.1) < 1e-8.
        """
        used = self.answered & (weights != 0)
        x, y, w = self.x[used], self.y[used], weights[used]
        size = np.sqrt(np.maximum(np.square(x).mean(axis=0), 1e-300)) if y.size else np.ones(x.shape[1])
        xs = x / size
        if y.size < x.shape[1] or np.linalg.matrix_rank(xs * np.sqrt(np.abs(w))[:, None]) < x.shape[1]:
            raise MethodFailure(
                "regression", expected=f"{x.shape[1]} independent columns: {', '.join(self.names)}",
                got="fewer", hint="leave out a variable that the others determine",
            )  # fmt: skip
        working = np.zeros(weights.size)
        if self.family is Family.GAUSSIAN:
            working[used] = w
            return self._step(xs, y, w) / size, working
        prior = w / (self.mean_weight or float(w.mean()))
        mu = (prior * y + 0.5) / (prior + 1) if self.family is Family.BINOMIAL else y + 0.1
        eta = special.logit(mu) if self.family is Family.BINOMIAL else np.log(mu)
        before, beta = self._deviance(mu, y, prior), np.zeros(x.shape[1])
        for _ in range(60):
            mu, slope = self._link(eta)
            inner = prior * slope
            beta = self._step(xs, eta + (y - mu) / slope, inner)
            eta = xs @ beta
            deviance = self._deviance(self._link(eta)[0], y, prior)
            if not np.isfinite(deviance) or np.max(np.abs(beta)) > 30 * max(1.0, np.sqrt(beta.size)):
                break
            if self._is_separated(beta, eta):
                break
            if abs(deviance - before) / (abs(deviance) + 0.1) < 1e-8:
                working[used] = inner * (w / prior)
                return beta / size, working
            before = deviance
        raise ConvergenceFailure(
            "regression", str(self.family), expected=0.0, got=float(np.abs(beta).max()),
            hint="a variable separates the answers completely: leave it out",
        )  # fmt: skip

    def _is_separated(self, beta: FloatArray, eta: FloatArray) -> bool:
        """Tell coefficients on their way to infinity, which the deviance alone would let pass."""
        return self.family is Family.BINOMIAL and bool(np.abs(eta).max() > 16 and np.abs(beta).max() > 12)

    @staticmethod
    def _step(x: FloatArray, y: FloatArray, w: FloatArray) -> FloatArray:
        return np.asarray(np.linalg.lstsq(x.T @ (x * w[:, None]), x.T @ (w * y), rcond=1e-14)[0])

    def _deviance(self, mu: FloatArray, y: FloatArray, w: FloatArray) -> float:
        """Give twice the loss in log-likelihood against the saturated model."""
        if self.family is Family.BINOMIAL:
            loss = special.xlogy(y, y / mu) + special.xlogy(1 - y, (1 - y) / (1 - mu))
        else:
            loss = special.xlogy(y, y / mu) - (y - mu)
        return 2 * float((w * loss).sum())

    def _link(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the mean and its slope at the linear predictor."""
        if self.family is Family.GAUSSIAN:
            return eta, np.ones_like(eta)
        if self.family is Family.BINOMIAL:
            mu = special.expit(eta)
            return mu, mu * (1 - mu)
        mu = np.exp(np.clip(eta, -500, 500))
        return mu, mu


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients by name with their covariance (p, p) and residual degrees of freedom."""

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    df_resid: int


def regress(
    sample: Sample, y: FloatArray, x: FloatArray, names: tuple[str, ...], family: Family = Family.GAUSSIAN
) -> Fit:
    """Fit y (rows,) on x (rows, p), whose columns include the intercept; NaN leaves the domain (R `svyglm`).

    df_resid = degrees of freedom of the rows that answered + 1 − p.
    """
    answered = sample.inside & ~np.isnan(y) & ~np.isnan(x).any(axis=1)
    used = sample.within(answered)
    rows = used.counted
    values = y[rows]
    if not values.size:
        raise MethodFailure("regression", expected="at least one complete row", got=0)
    if family is Family.BINOMIAL and not np.all((values >= 0) & (values <= 1)):
        raise MethodFailure("response", expected="0 to 1", got=float(values[(values < 0) | (values > 1)][0]))
    if family is Family.BINOMIAL and (np.all(values == 0) or np.all(values == 1)):
        raise MethodFailure("response", expected="answers of both kinds", got="one kind only")
    if family is Family.POISSON and (np.any(values < 0) or not np.any(values > 0)):
        raise MethodFailure("response", expected="counts, not all 0", got=float(values.min()))
    mean_weight = float(sample.weights[sample.inside].sum()) / max(sample.rows, 1)
    model = Regression(
        np.where(answered, y, 0.0),
        np.where(answered[:, None], x, 0.0),
        answered,
        names,
        family,
        mean_weight,
    )
    beta, v = used.estimate(model)
    df = sample.df if sample.replicates is not None else used.df
    return Fit(names, beta, v, df + 1 - len(names))
