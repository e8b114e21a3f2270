"""Checked samples with their weights, and the rows that a network is trained on.

Convention
----------
X : ndarray or CSR, as the user gave it, nan where a value is missing
Y : the encoded target, (n_rows, n_outputs), scaled or not
weights : (sample weights, sample weights times class weights), each an ndarray or None
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import sparse

from sklearn_shallow.estimators.parameters.checks import check_weight
from sklearn_shallow.estimators.training.auto import batch_rows
from sklearn_shallow.inputs import sample_weights
from sklearn_shallow.inputs.facts import FeatureFacts
from sklearn_shallow.inputs.scaling import ScaledRows
from sklearn_shallow.utils.rows import blocks, canonical_rows, select

CANONICAL_ROWS = 2000  # rows up to which they are ordered; with more, rounding matters less
# Bounds of numbers whose squares and products are computed in single precision
SAFE_IN_SINGLE, TINY_IN_SINGLE = 1e6, 1e-30
MAX_COPY_BYTES = 2**27  # size up to which the preprocessed X is stored


class Samples(NamedTuple):
    """Samples for training or validation.

    Attributes
    ----------
    X : ndarray, SelectedRows or CSR
    y : ndarray or CSR
    weight : ndarray of shape (n_rows,), or None
        The sample weights, used in standardisation.
    cost : ndarray of shape (n_rows,), or None
        The sample weights times the class weights, used in the loss. (The cost of an error on a
        class does not change the distribution of its samples.)
    numbers : ndarray of shape (n_rows,), or None
        The indices of the samples among all samples; None if these are all.
    categories : list or None
        The names of the categories of every feature, None for numbers.
    feature_names : sequence of the names of the features, or None
    facts : FeatureFacts of all samples, or None
    keeps_absent : bool
        Whether categories without samples may come later, see `Category.of`.
    """

    X: object
    y: object
    weight: np.ndarray | None = None
    cost: np.ndarray | None = None
    numbers: np.ndarray | None = None
    categories: list | None = None
    feature_names: object = None
    facts: FeatureFacts | None = None
    keeps_absent: bool = False

    def weighted(self, settings, target):
        """Return the samples with both weights, given the sample weights."""
        weight = check_weight(self.weight, self.X)
        cost = target.class_weighted(settings.class_weight, self.y, weight)
        if cost is None:
            return self
        if not cost.any():
            raise ValueError(
                "class_weight and sample_weight leave no sample with a positive weight. "
                "Give at least one class that is present a positive weight."
            )
        if not settings.relative:
            sample_weights.check_scale(cost, settings.given["alpha"])
            sample_weights.warn_counted(weight, settings.given["alpha"])
        return self._replace(weight=weight, cost=cost)

    def take(self, rows):
        """Return some of the samples."""
        of_rows, of_all = self[1:5], self[5:]  # y, weight, cost and numbers; the other fields
        others = (None if part is None else part[rows] for part in of_rows)
        return Samples(select(self.X, rows), *others, *of_all)

    def without_zeros(self):
        """Return the samples of positive weight."""
        if self.cost is None or self.cost.all():
            return self
        return self.take(np.flatnonzero(self.cost))

    def without_copies(self, settings, target):
        """Return the distinct samples if the decay is found on the data and the other samples are
        copies, otherwise all."""
        if not settings.relative:
            return self
        encoded = partial(target.encode, self.y, np.float64)
        rows, weight = sample_weights.without_copies(self.X, encoded, self.weight)
        if rows is None:
            return self
        return self.take(rows)._replace(weight=weight).weighted(settings, target)

    @property
    def weights(self):
        """Both kinds of weights, see `inputs.sample_weights`."""
        return self.weight, self.cost


def check_known(Y, target):
    """Check that every column of the encoded targets has known values."""
    unknown = np.isnan(Y).all(axis=0)
    if unknown.any():
        column = int(np.flatnonzero(unknown)[0]) // target.loss.n_views
        raise ValueError(
            f"y has no value in column {column} of the samples to train on, only nan. Leave the "
            "column out, or check how the samples were selected."
        )


def check_representable(X, Y):
    """Check that the dtype of the predictions, that of X, can represent the targets."""
    largest, numbers = np.nanmax(np.abs(Y), initial=0), np.finfo(X.dtype)
    if largest > numbers.max:
        raise ValueError(
            f"y is up to {largest:.3g}, beyond the largest number of {X.dtype}, the dtype of X and "
            "of the predictions. Pass X in float64, or divide y by a constant."
        )
    if 0 < largest < numbers.tiny:
        raise ValueError(
            f"y is up to {largest:.3g}, below the smallest normal number of {X.dtype}, the dtype "
            "of X and of the predictions. Pass X in float64, or multiply y by a constant."
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """Samples in the form of an objective; several objectives may share them.

    Attributes
    ----------
    X : ndarray, CSR, ScaledRows or OneHotRows, the input of the network
    Y : ndarray of shape (n_rows, n_outputs), encoded and scaled, in the dtype of the computation
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
    """Return the dtype of the computation.

    A full-batch solver is limited by rounding errors and gets double precision, unless the samples
    are many and X is in single precision. The noise of mini-batches is far larger than the rounding
    errors of single precision.
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
    """Return the largest absolute value, computed block by block."""
    values = (X.data,) if sparse.issparse(X) else (X[rows] for rows in blocks(X))
    return max(np.nanmax(np.abs(some), initial=0) for some in values)


def observed_rows(settings, X, Y, weights, *, full_batch):
    """Return the training samples with the weights of the objective.

    Unless alpha is a number, the weights add up to the number of observations, see
    `inputs.sample_weights`. Equal rows are merged if there are few rows and all are in one batch.
    """
    relative = settings.relative
    if relative:
        weights = sample_weights.observed(X, Y, weights)
    else:
        weights = tuple(map(sample_weights.without_ones, weights))
    if full_batch and X.shape[0] <= CANONICAL_ROWS:
        X, Y, weights = canonical_rows(X, Y, weights)
    return X, Y, sample_weights.counted(len(Y), weights) if relative else weights


def learned(target, X, Y, weight, dtype):
    """Return the encoded and scaled targets; updates the scale and limits of the target."""
    check_representable(X, Y)
    target.learn(Y, weight)
    return target.standardized(Y, dtype)


def limit_predictions(target, Y, weight, last):
    """Set the limits of the predictions, including those of a network to continue with."""
    limits = target.limits.without_heavy_tails(Y, weight)
    target.limits = limits if last is None else limits.joined(last.target.limits)


def network_rows(settings, inputs, X, Y, weight):
    """Return samples in the form of the objective.

    X is a preprocessed copy. If the samples are many and all are used in blocks, or the copy would
    be large, blocks are computed when needed.
    """
    n_rows = X.shape[0]
    in_blocks = batch_rows(settings, n_rows) == n_rows > CANONICAL_ROWS
    is_large = n_rows * inputs.n_columns * Y.dtype.itemsize > MAX_COPY_BYTES
    if sparse.issparse(X) or not (in_blocks or is_large):
        X = inputs.apply(X, Y.dtype)
    else:
        X = ScaledRows(inputs, X, Y.dtype)
    return Rows(X, np.asfortranarray(Y), weight)
