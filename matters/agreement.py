"""Agreement: how far two people's answers to the same question go beyond chance, with n and an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""
ENOUGH = 30
"""Cases from which the large-sample error says anything; four pairs that differ have an error of nought."""


@dataclass(frozen=True)
class Agreement:
    """Cohen's kappa of a table, with what it was made of; None where it says nothing."""

    n: int
    agreed: int
    expected: float | None
    """The share of agreement that chance alone would bring."""
    kappa: float | None
    """1 for full agreement, 0 for what chance brings, below 0 for less."""
    error: float | None
    """The large-sample standard error."""
    low: float | None
    high: float | None
    """A 95 % interval, kept within −1 and 1."""

    @property
    def observed(self) -> float | None:
        """The share of agreement."""
        return self.agreed / self.n if self.n else None

    @property
    def is_told(self) -> bool:
        """Say whether there are cases enough to read kappa from."""
        return self.kappa is not None and self.n >= ENOUGH


def kappa(table: Sequence[Sequence[int]]) -> Agreement:
    """Return Cohen's kappa of a square table of counts: first answers in rows, second in columns.

    kappa = (p_o − p_e) / (1 − p_e), J. Cohen (1960), Educational and Psychological Measurement 20:37–46. Standard
    error after Fleiss, Cohen and Everitt (1969), Psychological Bulletin 72:323–327, equation for a non-zero kappa.
    Without cases, or where chance alone must agree (p_e = 1), there is no kappa.
    """
    size = len(table)
    if any(len(row) != size for row in table) or any(count < 0 for row in table for count in row):
        raise ValueError("a square table of counts is needed")
    n = sum(map(sum, table))
    agreed = sum(table[i][i] for i in range(size))
    if n == 0:
        return Agreement(0, 0, None, None, None, None, None)
    rows = [sum(row) / n for row in table]
    columns = [sum(row[j] for row in table) / n for j in range(size)]
    observed = agreed / n
    expected = sum(a * b for a, b in zip(rows, columns, strict=True))
    if 1 - expected < 1e-12:
        return Agreement(n, agreed, expected, None, None, None, None)
    value = (observed - expected) / (1 - expected)
    rest = 1 - value
    on = sum(table[i][i] / n * (1 - (rows[i] + columns[i]) * rest) ** 2 for i in range(size))
    off = rest**2 * sum(
        table[i][j] / n * (columns[i] + rows[j]) ** 2 for i in range(size) for j in range(size) if i != j
    )
    variance = (on + off - (value - expected * rest) ** 2) / (n * (1 - expected) ** 2)
    error = sqrt(max(variance, 0.0))
    return Agreement(
        n, agreed, expected, value, error, max(-1.0, value - Z * error), min(1.0, value + Z * error)
    )
