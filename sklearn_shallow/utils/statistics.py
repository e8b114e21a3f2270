"""Weighted statistics of columns that may have missing values.

Convention
----------
Y : ndarray of shape (n_rows, n_columns), float; NaN where missing; every column has a value
weight : ndarray of shape (n_rows,) or None, not negative
"""

from functools import cache
from math import isnan

import numpy as np
from scipy import sparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from sklearn_shallow.utils.rows import blocks

MAX_COUNT = 2.0**53  # float64 represents all whole numbers below
JOINED_ELEMENTS = 512  # elements of a row from which NumPy's reductions are fast
NORMAL_IQR = 1.349  # interquartile range over the standard deviation, normal distribution
NORMAL_MAD = 1.4826  # standard deviation over the median absolute deviation, normal distribution
HEAVY_TAIL_RATIO = 1.5  # standard deviation over robust spread; 1 for a normal distribution
MAX_RELATIVE_WEIGHT = 10  # weight over the mean weight, in the design effect


def is_missing(y):
    """Return which entries of an array of any dtype are nan or None."""
    if y.dtype != object:
        return y != y
    try:  # six times as fast as a loop
        return np.not_equal(y, y) | np.equal(y, None)
    except (TypeError, ValueError):  # comparisons with NA or with an array have no truth value
        # np.frompyfunc of NumPy 2.5 would check the floating-point flags of the calls.
        return np.fromiter(map(_is_gap, y.flat), bool, y.size).reshape(y.shape)


def filled(array):
    """Return a masked array of numbers as an array with nan where masked."""
    if array.dtype.kind not in "biuf" or not np.ma.is_masked(array):
        return np.asarray(array)
    return array.astype(np.result_type(array.dtype, np.float32)).filled(np.nan)


def _is_gap(entry):
    equal = entry == entry  # NA for the NA of pandas, which has no truth value
    return entry is None or not (isinstance(equal, (bool, np.bool_)) and equal)


def has_gaps(X):
    """Return whether an array of numbers has a missing value."""
    # three times as fast as np.isnan(X).any()
    return X.size > 0 and isnan(X.min())


def range_of_columns(X):
    """Return the smallest and the largest value of every column, nan without values."""
    parts = [[_reduced(bound, X[rows]) for bound in (np.fmin, np.fmax)] for rows in blocks(X)]
    low, high = zip(*parts, strict=True)
    if len(parts) > 1:
        low, high = [np.fmin.reduce(low)], [np.fmax.reduce(high)]
    return low[0].astype(np.float64), high[0].astype(np.float64)


def widened_range(low, high, part):
    """Return the range of columns, widened by a fraction of it on either side, (2, n_columns)."""
    with np.errstate(over="ignore", invalid="ignore"):
        reach = part * high - part * low
        return np.array([low - reach, high + reach])


def unbounded(n_columns):
    """Return infinite ranges of columns, (2, n_columns)."""
    return np.repeat([[-np.inf], [np.inf]], n_columns, axis=1)


def limit(X, low, high):
    """Limit X in place, and return it; twice as fast as np.clip."""
    np.maximum(X, low, out=X)
    return np.minimum(X, high, out=X)


def _reduced(bound, X):
    """Return the bound of every column; of few columns, several rows at once as one long row."""
    n_rows, n_columns = X.shape
    joined = JOINED_ELEMENTS // max(1, n_columns)
    if joined < 2 or n_rows < 2 * joined or not X.flags.c_contiguous:
        return bound.reduce(X, axis=0)
    end = n_rows - n_rows % joined
    together = bound.reduce(X[:end].reshape(end // joined, joined * n_columns), axis=0)
    return bound.reduce(np.vstack([together.reshape(joined, n_columns), X[end:]]), axis=0)


def is_whole(weight):
    """Return whether all weights are whole numbers."""
    return bool((weight == np.floor(weight)).all() and weight.max() < MAX_COUNT)


def design_effect(weight):
    """Return the variance of a weighted mean over that with equal weights.

    That is ``n sum(w**2) / sum(w)**2`` (Kish 1965, Survey Sampling); 1 for whole numbers, which are
    counts. A weight is limited to ten times the mean: a single large weight, such as of a sample
    with many copies, tells nothing about the noise of other samples.
    """
    if weight is None or is_whole(weight):
        return 1.0
    weight = weight / weight.max()
    weight = np.minimum(weight, MAX_RELATIVE_WEIGHT * weight.mean())
    return float(len(weight) * (weight @ weight) / weight.sum() ** 2)


def weighted_mean(Y, weight):
    """Return the mean of every column."""
    if weight is None:
        with np.errstate(over="ignore", invalid="ignore"):
            total = np.ascontiguousarray(Y).sum(axis=0)
            mean = np.divide(total, len(Y), dtype=np.float64)
        if np.isfinite(mean).all():  # nothing is missing
            return mean
    return np.ma.average(np.ma.masked_invalid(Y), axis=0, weights=weight).filled(np.nan)


def weighted_quantile(Y, levels, weight):
    """Return the quantiles of every column, (n_levels, n_columns).

    The quantile is the smallest value up to which the share of the weight is at least the level;
    halfway to the next value if the share equals the level. Integer weights are repeated rows.
    """
    levels = np.atleast_1d(levels)
    if weight is None:
        return _quantiles(Y, levels[:, np.newaxis])
    return np.column_stack([_weighted_quantiles(column, levels, weight) for column in Y.T])


def center_and_spread(Y, weight):
    """Return the median of every column, and the standard deviation of a normal distribution with
    its quartiles, in float64.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        low, center, high = weighted_quantile(Y, [0.25, 0.5, 0.75], weight).astype(np.float64)
        return center, (high - low) / NORMAL_IQR


def _quantiles(Y, levels):
    """Return the quantiles without weights: np.sort is five times as fast as np.argsort."""
    y = np.sort(np.ascontiguousarray(Y.T), axis=1)  # nan at the end
    n_known = np.count_nonzero(y == y, axis=1)
    up_to, last = levels * n_known, np.maximum(n_known - 1, 0)
    places = np.clip([np.ceil(up_to) - 1, np.floor(up_to)], 0, last).astype(int)
    return np.mean(y[np.arange(len(y)), places], axis=0)


def _weighted_quantiles(y, levels, weight):
    known = ~np.isnan(y) & (weight > 0)
    y, weight = y[known], weight[known]
    if len(y) == 0:
        return np.full(len(levels), np.nan)
    order = np.argsort(y)
    y, up_to = y[order], np.cumsum(weight[order])
    places = [np.searchsorted(up_to, levels * up_to[-1], side) for side in ("left", "right")]
    return np.mean([y[np.minimum(place, len(y) - 1)] for place in places], axis=0)


@cache
def smallest_spread(dtype):
    """Return the spread of numbers of a dtype below which the square in double precision, or the
    inverse in this dtype, is not a normal number."""
    return max(float(np.finfo(np.float64).tiny) ** 0.5, float(np.finfo(dtype).tiny))


class RunningMoments:
    """Running mean and variance of every column, and the weight of its known entries."""

    smallest = 0.0  # spread of a column that is not constant

    def __init__(self, n_columns):
        self.mean, self.variance, self.weight = np.zeros((3, n_columns))
        self.n_rows = 0

    def update(self, X, weight=None):
        """Add rows, dense or CSR (Chan, Golub & LeVeque 1983, The American Statistician 37)."""
        moments = _sparse_moments if sparse.issparse(X) else _dense_moments
        self._add(*moments(X, weight), X.shape[0])

    def merge(self, other):
        """Add the rows of other moments."""
        self.smallest = max(self.smallest, other.smallest)
        self._add(other.mean, other.variance, other.weight, other.n_rows)

    def _add(self, mean, variance, added, n_rows):
        known = added > 0
        if not known.all():
            mean, variance = np.where(known, (mean, variance), 0.0)
        # Arrays are replaced, not changed, so that shallow copies of this object do not change.
        self.n_rows += n_rows
        self.weight = self.weight + added
        part = np.divide(added, self.weight, out=np.zeros_like(mean), where=known)
        step = mean - self.mean
        self.mean = self.mean + part * step
        variance = part * variance + part * (1 - part) * step**2
        self.variance = self.variance * (1 - part) + variance

    @property
    def is_constant(self):
        """Mask of the columns that are constant up to rounding, by the bound of Chan et al., or
        whose spread is too small to divide by."""
        rounding = self.n_rows * np.finfo(float).eps
        bound = np.maximum((rounding * self.mean) ** 2, self.smallest**2)
        return self.variance <= rounding * self.variance + bound


def _dense_moments(X, weight):
    """Return the mean, corrected for rounding, the variance and the weight of every column.

    The result with weights of one equals that without weights to the last bit.
    """
    known = ~np.isnan(X) if has_gaps(X) else None
    if known is None and weight is None:
        total = np.full(X.shape[1], float(len(X)))
    else:
        counts = np.ones(X.shape) if known is None else known
        counts = counts if weight is None else counts * weight[:, np.newaxis]
        total = counts.sum(axis=0, dtype=np.float64)

    def mean(values):
        values = values if known is None else np.where(known, values, 0)
        values = values if weight is None else values * weight[:, np.newaxis]
        return values.sum(axis=0, dtype=np.float64) / total

    with np.errstate(divide="ignore", invalid="ignore"):
        center = mean(X)
        away = X - center
        rounding = mean(away)
        return center, mean(np.square(away, out=away)) - rounding**2, total


def _sparse_moments(X, weight):
    """Return mean, variance and weight of every column of a CSR matrix without missing values."""
    exact = X.astype(np.float64, copy=False)
    return mean_variance_axis(exact, axis=0, weights=weight, return_sum_weights=True)
