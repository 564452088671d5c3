"""Interviewers: how alike the answers of one interviewer's respondents are, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from survey.methods import effects
from survey.methods.design import FloatArray, codes
from survey.methods.failures import MethodFailure


@dataclass(frozen=True)
class InterviewerEffect:
    """The share ρ of the spread that lies between interviewers, with its interval, test and design effect."""

    rho: float
    low: float
    high: float
    p: float  # of ρ = 0
    interviewers: int
    workload: float  # Σ m²/n, interviews an interview shares its interviewer with, itself included
    deff: float  # 1 + ρ(m − 1)


def interviewer_effect(
    answers: ArrayLike, interviewers: ArrayLike, x: ArrayLike | None = None, *, level: float = 0.95
) -> InterviewerEffect:
    """Fit y = x'β + u_interviewer + e by REML and give ρ = σ²_u/(σ²_u + σ²_e) (Kish 1962; West & Blom 2017).

    answers (rows,), NaN left out; x (rows, p) are what interviewers' caseloads may differ in, such as county
    indicators (the intercept is added). Interval by profile likelihood; p by the 50:50 mixture of χ²_0 and χ²_1,
    as ρ = 0 lies on the edge (Self & Liang 1987).
    """
    y_all = np.asarray(answers, dtype=np.float64)
    seen = ~np.isnan(y_all)
    group, names = codes(np.asarray(interviewers)[seen])
    y = y_all[seen]
    more = np.zeros((y.size, 0)) if x is None else np.asarray(x, dtype=np.float64)[seen]
    columns = _independent(np.column_stack([np.ones(y.size), more]))
    m = np.bincount(group).astype(np.float64)
    if m.size < 2 or y.size <= columns.shape[1] + m.size or not np.var(y) > 0:
        raise MethodFailure(
            "interviewer effect", expected="2 interviewers or more, several interviews each, answers that differ",
            got=f"{m.size} interviewers, {y.size} interviews",
        )  # fmt: skip
    likelihood = _Likelihood(y, columns, group, m)

    def loss(rho: float) -> float:
        return -likelihood(rho / (1 - rho))

    grid = np.concatenate(([0.0], np.geomspace(1e-5, 0.99, 60)))
    best = int(np.argmin([loss(r) for r in grid.tolist()]))
    near = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, grid.size - 1)]))
    found = optimize.minimize_scalar(loss, bounds=near, method="bounded", options={"xatol": 1e-11})
    rho = float(found.x) if found.fun < loss(0.0) else 0.0
    top = -loss(rho)
    reach = float(special.chdtri(1, 1 - level)) / 2

    def below(r: float) -> float:
        return top + -reach + loss(r)

    low = 0.0 if below(0.0) <= 0 else float(optimize.brentq(below, 0.0, rho, xtol=1e-10))
    high = 1.0 if below(0.9999) <= 0 else float(optimize.brentq(below, rho, 0.9999, xtol=1e-10))
    excess = max(2 * (top + loss(0.0)), 0.0)
    p = 1.0 if rho == 0 else 0.5 * float(special.chdtrc(1, excess))
    workload = float(np.sum(m**2) / y.size)
    return InterviewerEffect(
        rho, low, high, p, len(names), workload, effects.interviewer_effect(rho, workload)
    )


class _Likelihood:
    """The restricted log-likelihood as a function of λ = σ²_u/σ²_e, from sums by interviewer."""

    def __init__(
        self,
        y: FloatArray,
        x: FloatArray,
        group: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
        m: FloatArray,
    ) -> None:
        z = np.column_stack([x, y])
        self.m, self.n, self.p = m, y.size, x.shape[1]
        self.gram = z.T @ z
        self.sums = np.column_stack([np.bincount(group, c, m.size) for c in z.T])

    def __call__(self, ratio: float) -> float:
        shrink = ratio / (1 + self.m * ratio)
        a = self.gram - self.sums.T @ (self.sums * shrink[:, None])
        xx, xy, yy = a[:-1, :-1], a[:-1, -1], float(a[-1, -1])
        rest = yy - float(xy @ np.linalg.solve(xx, xy))
        spread = (self.n - self.p) * np.log(max(rest, 1e-300))
        return float(-0.5 * (spread + np.sum(np.log1p(self.m * ratio)) + np.linalg.slogdet(xx)[1]))


def _independent(x: FloatArray) -> FloatArray:
    """Keep the columns that are not combinations of those before them."""
    kept: list[int] = []
    for j in range(x.shape[1]):
        if np.linalg.matrix_rank(x[:, [*kept, j]]) > len(kept):
            kept.append(j)
    return np.asarray(x[:, kept], dtype=np.float64)
