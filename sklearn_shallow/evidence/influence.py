"""What training rows have to do with the fit: leverages, and the network fitted without a row."""

from typing import NamedTuple

import numpy as np

from sklearn_shallow.utils.rows import slices
from sklearn_shallow.utils.statistics import is_whole

__all__ = ["ROUNDING", "Influence", "influences"]

ROUNDING = 1e-9  # of a leverage, which is 1 at most


class Influence(NamedTuple):
    """What a block of training rows has to do with the fit.

    Attributes
    ----------
    Y, raw : ndarray of shape (n_rows, n_outputs)
    weight : ndarray of shape (n_rows,)
    leverage : ndarray of shape (n_rows, n_outputs)
        The diagonal of ``s_i C_i V_i``, of the squared error that of the hat matrix. The sum over
        all rows is the effective number of parameters.
    raw_without, V_without : ndarray of shapes (n_rows, n_outputs), (n_rows, n_outputs, n_outputs)
        Of every row by the network fitted without it, in one Newton step (Pregibon 1981, Annals of
        Statistics 9). If all weights are whole numbers, a row of weight 2 is two, of which one is
        left out; else a row is left out with all of its weight.
    """

    Y: np.ndarray
    raw: np.ndarray
    weight: np.ndarray
    leverage: np.ndarray
    raw_without: np.ndarray
    V_without: np.ndarray


def influences(space, objective):
    """Yield the influence of the rows of an objective, block by block."""
    counts = objective.sample_weight is None or is_whole(objective.sample_weight)
    for rows in slices(objective.n_rows, space.block_rows):
        X, Y, weight = objective.take(rows)
        weight = np.ones(len(Y)) if weight is None else weight
        raw, V = space.moments(X)
        roots = np.array(list(objective.loss.directions(Y, raw)))
        CV = np.einsum("dik,dil->ikl", roots, roots) @ V
        leverage = weight[:, np.newaxis] * np.einsum("ikk->ik", CV)
        gone = np.minimum(weight, 1) if counts else weight
        gradient = objective.loss.gradient(Y, raw, out=np.empty_like(raw))
        without = without_row(raw, V, gradient, CV, gone[:, np.newaxis, np.newaxis])
        yield Influence(Y, raw, weight, leverage, *without)


def without_row(raw, V, gradient, CV, gone):
    """Return raw and V without so much of the weight of every row."""
    left = (1 + ROUNDING) * np.eye(raw.shape[1]) - gone * CV.swapaxes(1, 2)
    V_without = np.linalg.solve(left, V)
    variances = np.einsum("ikk->ik", V_without)  # a view; without a row they are no smaller,
    np.maximum(variances, np.einsum("ikk->ik", V), out=variances)  # whatever rounding says
    step = gone * (V_without @ gradient[:, :, np.newaxis])
    return raw + step[:, :, 0], V_without
