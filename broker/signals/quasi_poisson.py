"""Quasi-Poisson regression: the logarithm of an expected count as a sum of terms, fitted by weighted least squares.

Small enough to read, and to need no library: a dozen terms at most, a few hundred counts.
"""

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import Final, TypeAlias

import msgspec

Rows: TypeAlias = Sequence[Sequence[float]]

_MOST_ROUNDS: Final = 50
_CLOSE_ENOUGH: Final = 1e-8
"""Relative change of the deviance between two rounds."""
_WIDEST: Final = 25.0
"""Logarithm of an expected count, at most, up or down: a block without any count would go down for ever."""
_RIDGE: Final = 1e-9
"""Added to the diagonal, so that a term without any count does not make the equations unsolvable."""


class Fit(msgspec.Struct, frozen=True):
    """A fitted model.

    Attributes:
        covariance: Of the coefficients, before it is multiplied by the dispersion.
        dispersion: By how much counts scatter more than by chance: the variance over the mean, at least 1.
        leverages: How much each count pulls its own expectation towards itself, 0 to 1.
    """

    coefficients: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    expected: tuple[float, ...]
    dispersion: float
    leverages: tuple[float, ...]


def fit(rows: Rows, counts: Sequence[int], weights: Sequence[float]) -> Fit | None:
    """Return the model of *counts* by the terms in *rows*; None where it does not come to rest.

    Raises:
        ValueError: There are no more counts than terms.
    """
    terms = len(rows[0])
    if len(counts) <= terms:
        raise ValueError(f"{len(counts)} counts are not enough for {terms} terms")
    expected = [max(count, 0.1) for count in counts]
    before = _deviance(counts, expected, weights)
    for _ in range(_MOST_ROUNDS):
        working = [log(mean) + (count - mean) / mean for count, mean in zip(counts, expected, strict=True)]
        importance = [weight * mean for weight, mean in zip(weights, expected, strict=True)]
        inverse = _inverse(_normal_matrix(rows, importance))
        if inverse is None:
            return None
        coefficients = _solve(inverse, rows, importance, working)
        expected = [exp(max(-_WIDEST, min(_WIDEST, _dot(row, coefficients)))) for row in rows]
        deviance = _deviance(counts, expected, weights)
        if abs(deviance - before) <= _CLOSE_ENOUGH * (abs(deviance) + 0.1):
            return _finished(rows, counts, weights, coefficients, expected)
        before = deviance
    return None


def _finished(
    rows: Rows, counts: Sequence[int], weights: Sequence[float], coefficients: Sequence[float], expected: list[float]
) -> Fit | None:
    importance = [weight * mean for weight, mean in zip(weights, expected, strict=True)]
    inverse = _inverse(_normal_matrix(rows, importance))
    if inverse is None:
        return None
    squares = sum(
        weight * (count - mean) ** 2 / mean for count, mean, weight in zip(counts, expected, weights, strict=True)
    )
    leverages = tuple(
        min(pull * _dot(row, [_dot(line, row) for line in inverse]), 1 - _CLOSE_ENOUGH)
        for row, pull in zip(rows, importance, strict=True)
    )
    dispersion = max(1.0, squares / (len(counts) - len(rows[0])))
    covariance = tuple(tuple(line) for line in inverse)
    return Fit(tuple(coefficients), covariance, tuple(expected), dispersion, leverages)


def _deviance(counts: Sequence[int], expected: Sequence[float], weights: Sequence[float]) -> float:
    return 2 * sum(
        weight * ((count * log(count / mean) if count else 0.0) - (count - mean))
        for count, mean, weight in zip(counts, expected, weights, strict=True)
    )


def _normal_matrix(rows: Rows, importance: Sequence[float]) -> list[list[float]]:
    terms = range(len(rows[0]))
    matrix = [[0.0 for _ in terms] for _ in terms]
    for row, pull in zip(rows, importance, strict=True):
        present = [(index, value) for index, value in enumerate(row) if value]
        for one, value in present:
            for other, factor in present:
                matrix[one][other] += pull * value * factor
    for index in terms:
        matrix[index][index] += _RIDGE
    return matrix


def _solve(inverse: Rows, rows: Rows, importance: Sequence[float], working: Sequence[float]) -> list[float]:
    right = [0.0] * len(rows[0])
    for row, pull, value in zip(rows, importance, working, strict=True):
        for index, term in enumerate(row):
            right[index] += pull * value * term
    return [_dot(line, right) for line in inverse]


def _inverse(matrix: list[list[float]]) -> list[list[float]] | None:
    """Return the inverse of a symmetric, positive definite matrix by Cholesky; None if it is not positive definite."""
    size = len(matrix)
    lower = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row + 1):
            rest = matrix[row][column] - _dot(lower[row][:column], lower[column][:column])
            if row == column:
                if rest <= 0:
                    return None
                lower[row][row] = sqrt(rest)
            else:
                lower[row][column] = rest / lower[column][column]
    columns = [_column(lower, index) for index in range(size)]
    return [[columns[column][row] for column in range(size)] for row in range(size)]


def _column(lower: Rows, index: int) -> list[float]:
    """Return one column of the inverse of ``lower · lowerᵀ``."""
    size = len(lower)
    forward = [0.0] * size
    for row in range(size):
        unit = 1.0 if row == index else 0.0
        forward[row] = (unit - _dot(lower[row][:row], forward[:row])) / lower[row][row]
    found = [0.0] * size
    for row in reversed(range(size)):
        above = sum(lower[other][row] * found[other] for other in range(row + 1, size))
        found[row] = (forward[row] - above) / lower[row][row]
    return found


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
