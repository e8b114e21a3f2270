"""Standardisation of the inputs, dense or sparse, with statistics that can be updated by batches.

Convention
----------
X : ndarray or CSR of shape (n_rows, n_features), as the user gave it, nan where a value is missing.
The input of the network is ``(X - shift) * inverse_scale``, after X has been transformed by
`Columns`, which may add columns, and by `Compression`; then the encoding of that, in training
linear predictions (see `inputs.spaces`), and a column of ones.
"""

from copy import copy

import numpy as np
from scipy import sparse

from sklearn_shallow.inputs.columns import Columns
from sklearn_shallow.inputs.compression import NO_COMPRESSION
from sklearn_shallow.inputs.encoding import NO_ENCODING
from sklearn_shallow.inputs.facts import FeatureFacts
from sklearn_shallow.utils import operations as ops
from sklearn_shallow.utils.rows import blocks
from sklearn_shallow.utils.statistics import RunningMoments, smallest_spread, weighted_quantile

MAX_SHIFT_IN_SCALES = 8  # shift over scale that costs three bits of precision
MAX_SCALE = 1e12  # far from overflow in single precision
EXPECTED_VARIANCE = 0.25  # variance of a one-hot column that has not varied, as of probability 0.5
OTHER_UNIT_RATIO = 5  # scale of a sparse column over the typical scale, above which units differ
RARITY_POWER = 0.25  # a sparse column is divided by this power of its root mean square, as a rule
STEPS = "columns", "compression", "encoding", "relevance", "rarity_power"
SPARSE_AFTER_DENSE = (
    "X is sparse, but the network centres, completes, compresses or encodes its columns since an "
    "earlier call with dense X. Pass X.toarray(), or train from scratch with sparse X, or with "
    "standardize=False and numeric_encoding=None."
)


class Standardization:
    """The running mean and scale of every column; the identity before the first `update`.

    - A constant column gets the inverse scale 0: it is redundant with the bias, and its untrained
      weight must not act on new values of the column.
    - Sparse columns are only scaled.
    - One-hot columns and indicators of missing values are only centred, so that all have the same
      prior. Standardised, rare ones would be large.
    - With a `relevance` of the features, a column is multiplied by the root of the relevance of its
      feature. A column with little information then needs large weights, which the decay penalises.

    The statistics, `moments`, are those of the `n_features` columns after `columns` and
    `compression`. The `encoding` does not change. `predictions` is the matrix of the linear
    predictions, (n_columns, n_predictions).
    """

    predictions = np.empty((0, 0))
    rarity_power = RARITY_POWER  # see `CommonScale`

    def __init__(self, n_features, *, center, **steps):
        self.center = center
        if "columns" not in steps:
            self.columns = Columns.of(FeatureFacts.none(n_features))
        self.compression, self.encoding, self.relevance = NO_COMPRESSION, NO_ENCODING, None
        self.moments = RunningMoments(n_features)
        self.inverse_scale = np.ones(n_features)
        vars(self).update(steps)

    def copy(self, **steps):
        """Return a copy with other steps; an `update` of this object does not change the copy."""
        twin = copy(self)
        vars(twin).update(moments=copy(self.moments), **steps)
        return twin

    def unlimited(self):
        """Return the transform without limits."""
        return self.copy(compression=self.compression.unlimited())

    def widen(self, X):
        """Extend the limits to X."""
        self.compression = self.compression.widened(self.columns.numbers_of(X))

    def are_limited(self, X):
        """Return a mask of the rows of X with a number beyond the limits."""
        if self.compression.low is None:
            return np.zeros(X.shape[0], bool)
        numbers, (low, high) = self.columns.numbers_of(X), self.compression.limits
        return ((numbers < low) | (numbers > high)).any(axis=1)

    def has_within(self, X):
        """Return whether X, dense, has few entries, all of them numbers within the limits."""
        return not self.columns.categories and self.compression.has_within(X)

    def without_statistics(self):
        """Return a transform with the same steps and without samples."""
        return type(self)(len(self.inverse_scale), center=self.center, **self.steps)

    @property
    def steps(self):
        """The steps by name."""
        return {name: getattr(self, name) for name in STEPS}

    def weigh(self, relevance):
        """Multiply the columns by the roots of the relevance of their features from now on."""
        self.relevance = relevance
        self.encoding = self.encoding.times(self.roots[len(self.inverse_scale) :])

    @property
    def n_columns(self):
        """The number of input columns of the network, without the column of ones."""
        return len(self.inverse_scale) + len(self.encoding) + self.predictions.shape[1]

    @property
    def roots(self):
        """The roots of the relevance of the input columns; ones without a relevance."""
        if self.relevance is None:
            return np.ones(self.n_columns)
        return np.sqrt(self.relevance[self.features])

    @property
    def features(self):
        """The feature of every column, those of bins included."""
        made, encoding = self.columns.features, self.encoding
        return np.append(made, made[encoding.columns]) if len(encoding) else made

    @property
    def only_scales(self):
        """True if X is only scaled, which leaves sparse X sparse."""
        columns = self.columns
        is_plain = columns.n_features_out == len(columns.numbers) and not len(self.encoding)
        return is_plain and self.compression.is_identity

    @property
    def favours_rare(self):
        """True if rare columns of sparse X count more than usual."""
        return self.rarity_power > RARITY_POWER

    @property
    def can_be_merged(self):
        """True if merging the scaling into the first layer loses no precision.

        No mean is then more than a few spreads away from zero, so that almost nothing cancels.
        """
        factor = self.inverse_scale
        centred = np.abs(self.shift * factor) <= MAX_SHIFT_IN_SCALES
        scaled = (factor <= MAX_SCALE) & (factor * MAX_SCALE >= (factor > 0))
        return bool((centred & scaled).all())

    @property
    def bounds(self):
        """The least and the largest possible value of every input column, for any X, (2,
        n_columns)."""
        n = len(self.columns.numbers)
        numbers = self.compression.bounds(n)
        made = np.hstack([numbers, self.columns.bounds_of_others])
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = (made - self.shift) * self.inverse_scale
        return np.hstack([scaled, self.encoding.bounds])

    def operations(self, origin):
        """Return the operations from X to the input columns, without the scaling if that
        `can_be_merged` into the first layer, as in prediction.

        Parameters
        ----------
        origin : ndarray of shape (n_features,)
            Subtracted from the features, see `inputs.origins`.
        """
        shift, factor = self.shift, self.inverse_scale
        steps = [*self.columns.operations(origin), *self.compression.operations]
        if self.can_be_merged:
            shift, factor = np.zeros(len(shift)), np.ones(len(shift))
        else:
            steps.append(ops.Scale(shift, factor))
        return steps + self.encoding.operations(shift, factor)

    def names(self, names):
        """Return the names of the input columns, from those of the features."""
        names = self.columns.names(names)
        return [*names, *self.encoding.names(names)]

    def fingerprint(self):
        """Return a key: equal keys mean equal scalings."""
        steps = self.columns, self.compression, self.encoding
        parts = [step.fingerprint() for step in steps]
        return b"".join([*parts, self.shift.tobytes(), self.inverse_scale.tobytes()])

    def compressed(self, X):
        """Return dense X imputed, limited and compressed: the numbers to be scaled."""
        return self.compression.transform(self.columns.transform(X))

    def buffer(self, n_rows, dtype, order="C"):
        """Return an array for rows of inputs, with the column of ones."""
        rows = np.empty((n_rows, self.n_columns + 1), dtype, order)
        rows[:, -1] = 1
        return rows

    def write_compressed(self, X, out):
        """Write the numbers to be scaled to `out` of any precision, and return it."""
        return self.compression.write(self.columns.transform(X), out)

    def writer(self, dtype, *, is_scaled=True):
        """Return a function of dense X and `out` that writes the inputs, scaled or not, to `out`,
        of a dtype, and returns it.

        Unlike `apply`, it computes in the precision of `out`, and prepares once what all rows
        share. Bins are computed from unscaled numbers: scaling in single precision would lose
        digits if a few numbers are far away.
        """
        n = len(self.inverse_scale)
        shift, inverse_scale = self.shift.astype(dtype), self.inverse_scale.astype(dtype)
        is_scaled = is_scaled and bool(shift.any() or (inverse_scale != 1).any())
        encode = self.encoding.writer(dtype, np.zeros(n), np.ones(n))

        def write(X, out):
            numbers = self.write_compressed(X, out[:, :n])
            encode(numbers, out[:, n:-1])
            if is_scaled:
                numbers -= shift
                numbers *= inverse_scale
            return out

        return write

    @property
    def shift(self):
        """The numbers that are subtracted from the columns."""
        return self.moments.mean if self.center else np.zeros_like(self.inverse_scale)

    def update(self, X, sample_weight=None):
        """Update the statistics with rows of X of positive weights, all of them within the
        limits."""
        if sparse.issparse(X) and (self.center or not self.only_scales):
            raise ValueError(SPARSE_AFTER_DENSE)
        columns, compression = self.columns, self.compression.unlimited()
        self.moments.smallest = max(self.moments.smallest, smallest_spread(X.dtype))
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in blocks(X):
                weight = None if sample_weight is None else sample_weight[rows]
                numbers = compression.transform(columns.transform(X[rows]))
                self.moments.update(numbers, weight)
        self._learn_scales()

    def expect_levels(self):
        """Set a scale for one-hot columns that have not varied: other categories may come later."""
        moments, expected = self.moments, self.columns.are_levels & self.moments.is_constant
        self.moments = copy(moments)
        self.moments.variance = np.where(expected, EXPECTED_VARIANCE, moments.variance)
        self._learn_scales()

    def merge(self, other):
        """Update the statistics with those of another standardisation with the same steps."""
        self.moments.merge(other.moments)
        self._learn_scales()

    def _learn_scales(self):
        """Find the scales from the moments."""
        variance = self.moments.variance
        if not np.isfinite(variance).all():
            column = int(np.flatnonzero(~np.isfinite(variance))[0])
            raise ValueError(
                f"The variance of column {column} of X overflows float64. Divide the column by a "
                "constant, or take its logarithm."
            )
        varies = ~self.moments.is_constant
        self.inverse_scale = np.zeros_like(variance)
        if varies.any():
            self.inverse_scale[varies] = self._inverse_scales(varies, np.sqrt(variance[varies]))
        kept = self.columns.keeps_scale
        if kept.any():
            self.inverse_scale[kept] = varies[kept]
        self.inverse_scale *= self.roots[: len(variance)]

    def _inverse_scales(self, varies, deviations):
        """Return the inverse scales of the columns that vary, from their standard deviations."""
        return 1 / deviations

    def apply(self, X, dtype=None):
        """Return X as input of the network, (n_rows, n_columns + 1)."""
        if sparse.issparse(X):
            if self.shift.any() or not self.only_scales:
                raise ValueError(SPARSE_AFTER_DENSE)
            return append_ones(X.multiply(self.inverse_scale), dtype)
        out = self.buffer(X.shape[0], dtype)
        # In the precision of X, the difference is as exact as X, and columns that overflow single
        # precision before scaling are right.
        shift = self.shift.astype(X.dtype, copy=False)
        inverse_scale = self.inverse_scale.astype(X.dtype, copy=False)
        encode = self.encoding.writer(out.dtype, self.shift, self.inverse_scale)
        n, end = len(shift), len(shift) + len(self.encoding)
        for rows in blocks(X):
            seen = out[rows, :n]
            block = seen if X.dtype == out.dtype else np.empty(seen.shape, X.dtype)
            self.write_compressed(X[rows], block)
            block -= shift
            block *= inverse_scale
            if block is not seen:
                seen[...] = block
            encode(seen, out[rows, n:end])
        n = len(self.predictions)
        if n:
            out[:, n:-1] = out[:, :n] @ self.predictions.astype(out.dtype)
        return out

    def to_raw_units(self, W, b):
        """Return the first layer's weights and biases for unscaled X, in float64."""
        W_raw, n = W.copy(), len(self.inverse_scale)
        W_raw[:n] *= self.inverse_scale[:, np.newaxis]
        return W_raw, b - self.shift @ W_raw[:n]

    def from_raw_units(self, W_raw, b_raw):
        """Return the first layer's weights and biases for scaled X; zeros for constant columns."""
        factor = self.inverse_scale
        scale = np.divide(1, factor, out=np.zeros_like(factor), where=factor > 0)
        W, n = W_raw.copy(), len(factor)
        W[:n] *= scale[:, np.newaxis]
        return W, b_raw + self.shift @ W_raw[:n]


class CommonScale(Standardization):
    """Similar scales for the columns of sparse X, which suit columns of one unit, such as terms.

    1. The scale of a column is the root mean square of its stored elements. Columns whose scale is
       far from the typical scale, such as an income beside indicators, are divided to have the
       typical scale. (Standard deviations in place of these scales would make a full column far
       from zero, such as years, so large that training fails, since nothing is centred.)
    2. Every column is divided by a power of its root mean square, zeros included. With the usual
       one, the fourth root, a term that is ten thousand times as rare as another gets three times
       its factor. With equal factors and one decay for all weights, rare terms would have too
       little effect; with equal standard deviations they would have too much.
    3. A common factor makes the mean squared distance of the rows from their mean 1. This is about
       the squared length of rows of text, which have little in common.
    """

    def __init__(self, n_features, *, center=False, **steps):
        super().__init__(n_features, center=center, **steps)
        self._stored = np.zeros(n_features)

    def update(self, X, sample_weight=None):
        weight = np.ones(X.shape[0]) if sample_weight is None else sample_weight
        self._stored = self._stored + (X != 0).T @ weight
        super().update(X, sample_weight)

    def merge(self, other):
        self._stored = self._stored + other._stored
        super().merge(other)

    def _inverse_scales(self, varies, deviations):
        stored = self._stored[varies]
        size = np.hypot(deviations, self.moments.mean[varies])
        scale = size * np.sqrt(self.moments.weight[varies] / stored)
        typical = weighted_quantile(scale[:, np.newaxis], 0.5, stored)[0, 0]
        has_other_unit = np.abs(np.log(scale / typical)) > np.log(OTHER_UNIT_RATIO)
        factors = np.where(has_other_unit, typical / scale, 1.0)
        factors /= (factors * size) ** self.rarity_power
        return factors / np.linalg.norm(factors * deviations)


class ScaledRows:
    """The rows of X as inputs of the network, computed when needed."""

    def __init__(self, scaling, X, dtype):
        self.scaling, self.X, self.dtype = scaling, X, dtype
        self.shape = (X.shape[0], scaling.n_columns + 1)

    def __getitem__(self, rows):
        return self.scaling.apply(self.X[rows], self.dtype)


def append_ones(X, dtype):
    """Return the sparse X as CSR of the given dtype, with a column of ones appended."""
    ones = np.ones((X.shape[0], 1), dtype)
    return sparse.hstack([X, ones], format="csr", dtype=dtype)
