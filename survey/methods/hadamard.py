"""Hadamard matrices, which balance half-samples."""

from __future__ import annotations

import numpy as np

from survey.methods.design import IntArray
from survey.methods.failures import MethodFailure

SMALL = (4, 16, 28, 36)  # orders that are doubled up


def half_samples(strata: int) -> IntArray:
    """Give a Hadamard matrix of 0 and 1 whose first column and row are ones, with more rows than strata.

    The order is the one R's `survey::hadamard` takes, so that scales agree; Sylvester's and Paley's
    constructions agree with it to the entry, save for orders 28 and 36 (times powers of 2), where R has a table.
    """
    if strata < 1:
        raise MethodFailure("half-samples", expected="at least one stratum", got=strata)
    base = strata - strata % 4
    for order in SMALL:
        if order == base + 4:
            return _small(order)
    doubled = [(s << max(0, int(np.ceil(np.log2((strata + 1) / s)))), s) for s in SMALL]
    order, start = min(doubled)
    if order - strata > 4 and (found := _by_paley(strata, order)) is not None:
        return found
    matrix = _small(start)
    while matrix.shape[0] < order:
        matrix = _double(matrix)
    return matrix


def _small(order: int) -> IntArray:
    if order in (28, 36):
        return _paley_two(13 if order == 28 else 17)
    matrix = np.ones((1, 1), dtype=np.int64)
    while matrix.shape[0] < order:
        matrix = _double(matrix)
    return matrix


def _double(matrix: IntArray) -> IntArray:
    return np.block([[matrix, matrix], [matrix, 1 - matrix]])


def _is_prime(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))


def _by_paley(least: int, most: int) -> IntArray | None:
    """Search an order between by primes p ≡ 3 (mod 4), doubling where that comes nearer."""
    ceiling = least + 4 - least % 4
    if least % 4 + 4 == least % 8:
        odd = ceiling
        while odd % 8 == 0:
            odd //= 2
        if odd > 3 and (odd - 1) % 4 == 3 and _is_prime(odd - 1):
            matrix = _paley(odd - 1)
            while odd < ceiling:
                matrix, odd = _double(matrix), odd * 2
            return matrix
    prime = next(p for p in range(max(least, 3), 4 * least + 8) if p % 4 == 3 and _is_prime(p))
    if prime + 1 > ceiling + 4 and ceiling + 4 < most:
        return _by_paley(ceiling + 3, 2 * (ceiling + 3))
    return _paley(prime) if prime <= most else None


def _residues(prime: int) -> IntArray:
    return np.unique(np.arange(prime, dtype=np.int64) ** 2 % prime)


def _paley(prime: int) -> IntArray:
    sums = np.add.outer(np.arange(prime), np.arange(prime)) % prime
    matrix = np.ones((prime + 1, prime + 1), dtype=np.int64)
    matrix[1:, 1:] = ~np.isin(sums, _residues(prime))
    return matrix


def _paley_two(prime: int) -> IntArray:
    """Give order 2(p + 1) for p ≡ 1 (mod 4), brought to a first row and column of ones."""
    differences = np.subtract.outer(np.arange(prime), np.arange(prime)) % prime
    sign = np.where(differences == 0, 0, np.where(np.isin(differences, _residues(prime)), 1, -1))
    core = np.zeros((prime + 1, prime + 1), dtype=np.int64)
    core[0, 1:], core[1:, 0], core[1:, 1:] = 1, 1, sign
    one = np.eye(prime + 1, dtype=np.int64)
    matrix = np.kron(core, np.array([[1, 1], [1, -1]])) + np.kron(one, np.array([[1, -1], [-1, -1]]))
    matrix = matrix * matrix[0]
    return np.asarray((matrix * matrix[:, :1] + 1) // 2, dtype=np.int64)
