"""Logistic regression with an L2 penalty, by Newton's method (iteratively reweighted least squares).

The method is that of Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning", 2nd edition, §4.4.1. It
is deterministic: the same numbers give the same coefficients.
"""

import math

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

_ROUNDS = 40  # more than enough: near the solution each round doubles the correct digits
_LARGEST = 50.0  # log-odds beyond which a probability is 0 or 1 to the precision of a double


def fit_logistic(
    features: Numbers,
    outcomes: Numbers,
    *,
    penalty: float | Numbers,
    weights: float | Numbers = 1.0,
    start: float | Numbers = 0.0,
    farthest: float = math.inf,
) -> Numbers:
    """Return one coefficient for each column of ``features`` (rows × columns).

    ``outcomes`` (rows) are 0 or 1; ``weights`` say how much each row counts; ``start`` (rows) are log-odds to which the
    features add; ``penalty`` (columns) is half the weight of the squared coefficients; no coefficient leaves
    ±``farthest``. Raises numpy.linalg.LinAlgError if the equations have no single solution: columns that depend on one
    another, or outcomes that a feature separates, without a penalty.
    """
    columns = features.shape[1]
    found = np.zeros(columns)
    penalties = np.broadcast_to(np.asarray(penalty, dtype=float), (columns,))
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-np.clip(start + features @ found, -_LARGEST, _LARGEST)))
        gradient = features.T @ (weights * (likely - outcomes)) + penalties * found
        curvature = (features * (weights * likely * (1 - likely))[:, None]).T @ features + np.diag(penalties)
        found = np.clip(found - np.linalg.solve(curvature, gradient), -farthest, farthest)
    return found
