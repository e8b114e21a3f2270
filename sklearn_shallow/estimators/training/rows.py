"""The rows that a network is trained on: counted, scaled, in the precision that suits them.

Convention
----------
X : ndarray or CSR, as the user gave it, nan where a value is missing
Y : the encoded target, (n_rows, n_outputs), scaled or not
weights : (sample weights, sample weights times class weights), each an ndarray or None
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sklearn_shallow.estimators.training.auto import batch_rows
from sklearn_shallow.estimators.training.samples import check_representable
from sklearn_shallow.inputs.sample_weights import counted, observed, without_ones
from sklearn_shallow.inputs.scaling import ScaledRows
from sklearn_shallow.utils.rows import blocks, canonical_rows

CANONICAL_ROWS = 2000  # beyond this a fit does not depend on rounding, and ordering takes time
SAFE_IN_SINGLE = 1e6  # numbers whose products and their squares stay far from its limits
TINY_IN_SINGLE = 1e-30  # less is soon zero
LARGEST_COPY = 2**27  # bytes of X as the network sees it


@dataclass(frozen=True, eq=False)
class Rows:
    """Samples as an objective takes them; several objectives may have the same.

    Attributes
    ----------
    X : ndarray, CSR, ScaledRows or LevelRows, as the network sees it
    Y : ndarray of shape (n_rows, n_outputs), encoded and scaled, in the dtype to compute in
    weight : ndarray of float64, or None
    """

    X: object
    Y: np.ndarray
    weight: np.ndarray | None

    @property
    def total_weight(self):
        """The sum of the weights."""
        return float(len(self.Y) if self.weight is None else self.weight.sum())


def precision(settings, X, target, *, full_batch):
    """Return the dtype to compute in.

    Rounding is what limits a full-batch solver, so it gets double, unless the samples are many and
    X is in single; the noise of mini-batches is far above the rounding of single.
    """
    asked = getattr(settings.solver, "dtype", None)
    if asked is not None:
        return np.dtype(asked).type
    if full_batch:
        large = X.shape[0] > CANONICAL_ROWS
        return np.float32 if large and X.dtype == np.float32 else np.float64
    safe = settings.standardize or largest_size(X) < SAFE_IN_SINGLE
    fits = target.largest < SAFE_IN_SINGLE and not 0 < target.largest < TINY_IN_SINGLE
    return np.float32 if safe and fits else np.float64


def largest_size(X):
    """Return the largest absolute value, of a block after the other."""
    values = (X.data,) if sparse.issparse(X) else (X[rows] for rows in blocks(X))
    return max(np.nanmax(np.abs(some), initial=0) for some in values)


def observed_rows(settings, X, Y, weights, *, full_batch):
    """Return the samples to train on as the objective counts them.

    Unless alpha is a number, the weights add up to the number of observations, see
    `inputs.sample_weights`. Equal rows are merged if the rows are few and all in one batch.
    """
    relative = settings.relative
    weights = observed(X, Y, weights) if relative else tuple(map(without_ones, weights))
    if full_batch and X.shape[0] <= CANONICAL_ROWS:
        X, Y, weights = canonical_rows(X, Y, weights)
    return X, Y, counted(len(Y), weights) if relative else weights


def learned(target, X, Y, weight, dtype):
    """Return the encoded targets, scaled; the target learns its scale and limits from them."""
    check_representable(X, Y)
    target.learn(Y, weight)
    return target.standardized(Y, dtype)


def network_rows(settings, inputs, X, Y, weight):
    """Return samples as an objective takes them.

    X is a copy as the network sees it, unless the samples are many and all are passed through in
    blocks, or the copy would be large: then blocks are made when needed.
    """
    n_rows = X.shape[0]
    in_blocks = batch_rows(settings, n_rows) == n_rows > CANONICAL_ROWS
    is_large = n_rows * inputs.n_columns * Y.dtype.itemsize > LARGEST_COPY
    if sparse.issparse(X) or not (in_blocks or is_large):
        X = inputs.apply(X, Y.dtype)
    else:
        X = ScaledRows(inputs, X, Y.dtype)
    return Rows(X, np.asfortranarray(Y), weight)
