"""Association of two questions in a table: Rao and Scott's tests and Wald's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import special

from survey.methods.design import FloatArray, IntArray
from survey.methods.failures import MethodFailure
from survey.methods.mixture import saddlepoint
from survey.methods.sample import Sample
from survey.methods.statistics import indicators, means, totals


class Test(StrEnum):
    """Which statistic and which reference distribution."""

    __test__ = False
    F = "F"  # Rao & Scott 1984, second order
    CHISQ = "Chisq"  # first order
    WALD = "Wald"
    ADJUSTED_WALD = "adjWald"
    LINCOM = "lincom"  # as R without CompQuadForm: the saddlepoint
    SADDLEPOINT = "saddlepoint"


@dataclass(frozen=True)
class Association:
    """A test of independence; df has one number, two, or none (a mixture)."""

    statistic: float
    df: tuple[float, ...]
    p: float


def association(
    sample: Sample, rows: IntArray, row_count: int, cols: IntArray, col_count: int, test: Test = Test.F
) -> Association:
    """Test independence of two coded questions (rows,), −1 = no answer, which leaves the domain.

    X² is that of the weighted table scaled to n answers; Δ = (C'D⁻¹C/n)⁻¹ C'D⁻¹VD⁻¹C, C the interactions free
    of main effects; F = X²/tr Δ on tr²(Δ)/tr(Δ²) and ν times that (R `svychisq`).
    """
    if row_count < 2 or col_count < 2:
        raise MethodFailure(
            "table", expected="at least 2 categories each way", got=f"{row_count} × {col_count}"
        )
    answered = (rows >= 0) & (cols >= 0)
    used = sample.within(answered)
    n = int((used.inside if sample.is_calibrated is False else answered).sum())
    nu = used.df if used.replicates is not None else _df(sample, used)
    table = _Table(rows, cols, row_count, col_count)
    if test in (Test.WALD, Test.ADJUSTED_WALD):
        return _wald(used, table, nu, test)
    shares, v = used.estimate(means(table.cells, used.inside))
    expected = np.outer(table.row_sums(shares), table.col_sums(shares)).T.reshape(-1)
    if (expected <= 0).any():
        raise MethodFailure("table", expected="answers in every row and column", got="an empty one")
    x2 = float(n * (np.square(shares - expected) / expected).sum())
    inverse = np.divide(1.0, shares, out=np.zeros_like(shares), where=shares > 0)
    c = table.interactions() * inverse[:, None]
    design = np.linalg.solve(table.interactions().T @ c / n, c.T @ v @ c)
    if test is Test.CHISQ:
        k = design.shape[0]
        p = special.chdtrc(k, x2 / (np.trace(design) / k))
        return Association(x2, (float(k),), float(p))
    trace = float(np.trace(design))
    d0 = trace**2 / float(np.trace(design @ design))
    if test is Test.F:
        f = x2 / trace
        return Association(f, (d0, d0 * nu), float(special.fdtrc(d0, d0 * nu, f)))
    eigenvalues = np.sort(np.linalg.eigvals(design).real)[::-1]
    return Association(x2, (), saddlepoint(x2, eigenvalues, np.inf if used.replicates else d0 * nu))


def _df(sample: Sample, used: Sample) -> int:
    """Count units less strata of the rows R still holds: all of a calibrated design, else the answers."""
    if sample.is_calibrated:
        return sample.design.df_of(np.ones(sample.design.size, dtype=np.bool_))
    return sample.design.df_of(used.inside)


class _Table:
    """The columns of a table laid out with rows running fastest."""

    def __init__(self, rows: IntArray, cols: IntArray, row_count: int, col_count: int) -> None:
        self.row_count, self.col_count = row_count, col_count
        cell = np.where((rows >= 0) & (cols >= 0), cols * row_count + rows, -1)
        self.cells = indicators(cell, row_count * col_count)
        self.rows, self.cols = indicators(rows, row_count), indicators(cols, col_count)

    def row_sums(self, cells: FloatArray) -> FloatArray:
        return np.asarray(cells.reshape(self.col_count, self.row_count).sum(axis=0))

    def col_sums(self, cells: FloatArray) -> FloatArray:
        return np.asarray(cells.reshape(self.col_count, self.row_count).sum(axis=1))

    def interactions(self) -> FloatArray:
        """Give (cells, (r−1)(c−1)): indicators of cells off the first row and column, main effects taken out."""
        r, c = (
            np.tile(np.arange(self.row_count), self.col_count),
            np.repeat(np.arange(self.col_count), self.row_count),
        )
        main = np.column_stack(
            [np.ones(r.size), np.eye(self.row_count)[r][:, 1:], np.eye(self.col_count)[c][:, 1:]]
        )
        inner = np.flatnonzero((r > 0) & (c > 0))
        columns = np.eye(r.size)[:, inner]
        orthogonal, _ = np.linalg.qr(main)
        return np.asarray(columns - orthogonal @ (orthogonal.T @ columns))


def _wald(used: Sample, table: _Table, nu: int, test: Test) -> Association:
    """Test Y_ij − Y_i+ Y_+j / Y_++ = 0 for all but the first row and column (Koch et al. 1975)."""
    cells, v = used.estimate(totals(table.cells, used.inside))
    r, c = table.row_count, table.col_count
    by_row, by_col, whole = table.row_sums(cells), table.col_sums(cells), float(cells.sum())
    i, j = np.tile(np.arange(r), c), np.repeat(np.arange(c), r)
    gap = cells - by_row[i] * by_col[j] / whole
    jacobian = (
        np.eye(r * c)
        - (i[:, None] == i) * (by_col[j] / whole)[:, None]
        - (j[:, None] == j) * (by_row[i] / whole)[:, None]
        + (by_row[i] * by_col[j] / whole**2)[:, None]
    )
    spread = jacobian @ v @ jacobian.T
    inner = np.flatnonzero((i > 0) & (j > 0))
    try:
        statistic = float(gap[inner] @ np.linalg.solve(spread[np.ix_(inner, inner)], gap[inner]))
    except np.linalg.LinAlgError as problem:
        raise MethodFailure(
            "Wald test", expected="a covariance of full rank", got="a singular one", hint="use F"
        ) from problem
    df = inner.size
    second = nu if test is Test.WALD else nu - df + 1
    statistic = statistic / df if test is Test.WALD else statistic * second / (df * nu)
    if second <= 0:
        raise MethodFailure("Wald test", expected=f"more than {df - 1} degrees of freedom", got=nu)
    return Association(statistic, (float(df), float(second)), float(special.fdtrc(df, second, statistic)))
