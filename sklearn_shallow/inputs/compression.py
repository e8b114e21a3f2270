"""Treatment of X before standardisation: values far outside the training range are limited, columns
with heavy tails or outliers are compressed.

Convention
----------
X : ndarray of shape (n_rows, n_features), as the user gave it, nan where a value is missing
weight : ndarray of shape (n_rows,), positive, or None
"""

from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sklearn_shallow.inputs.facts import FeatureFacts
from sklearn_shallow.utils import operations as ops
from sklearn_shallow.utils.lazy import lazy
from sklearn_shallow.utils.operations import MAX_SPREADS
from sklearn_shallow.utils.rows import BLOCK_ELEMENTS, blocks, even_sample, slices
from sklearn_shallow.utils.statistics import (
    HEAVY_TAIL_RATIO,
    NORMAL_IQR,
    center_and_spread,
    limit,
    range_of_columns,
    unbounded,
    weighted_quantile,
    widened_range,
)

# Margins of the limits on either side, as fractions of the range of a column
LIMIT_MARGIN = 0.1
FAR_MARGIN = 1.0  # for columns with heavy tails that are not compressed
# Quartiles are computed in blocks of at most so many rows and, of many rows, columns
SAMPLE_ROWS, SAMPLE_COLUMNS = 10_000, 64
FEW_ENTRIES = 2**13  # entries of X up to which comparing each to the limits is fastest
MIN_ROWS_OF_RANGE = 20  # rows from which their range tells how far new values may be


@dataclass(frozen=True, eq=False)
class Compression:
    """Limits of the first `n_features` columns of X, and compression of some of them.

    Values are limited to the range of their column plus a tenth of it on either side. Compressed
    columns are then replaced by ``arcsinh((x - center) / scale)``: near the center, the distance in
    units of the scale, far away its logarithm. Distances are limited to 1e10 scales.

    Attributes
    ----------
    columns : ndarray of shape (n_compressed,), int
        Indices of the compressed columns.
    center, scale : ndarray of shape (n_compressed,), float64
        Medians and spreads of the compressed columns. A spread is the interquartile range divided
        by 1.349; if that is zero, twice the median distance of the other values from the median,
        divided by 1.349.
    low, high : ndarray of shape (n_features,), float64
        The smallest and the largest training value of every column; None without limits. For a
        column with heavy tails that is not compressed, both are 0.9 times the range further out.
    spread_out : ndarray of shape (n_features,), bool
        Mask of the columns whose range tells how far new values may be. Excluded are compressed
        columns and those with mostly one value, whose range depends on rare values, and all columns
        if there are few rows.
    """

    columns: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    spread_out: np.ndarray | None = None

    def __len__(self):
        return len(self.columns)

    @property
    def is_identity(self):
        """True if `transform` does not change X."""
        return self.low is None and not len(self)

    def without_columns(self):
        """Return the limits without the compression, with wider limits of columns with heavy tails,
        whose new values may well exceed all training values."""
        low, high, heavy = self.low.copy(), self.high.copy(), self.columns
        with np.errstate(over="ignore"):
            margin = (FAR_MARGIN - LIMIT_MARGIN) * (high[heavy] - low[heavy])
            low[heavy] -= margin
            high[heavy] += margin
        none = {name: getattr(self, name)[:0] for name in ("columns", "center", "scale")}
        return replace(self, **none, low=low, high=high)

    def transform(self, X):
        """Return X limited and compressed: a new array, or X itself if nothing is to be done."""
        if self.is_identity:
            return X
        X = X if X.dtype.kind == "f" else X.astype(np.float64)
        return self.write(X, np.empty_like(X))

    def write(self, X, out):
        """Write X, limited and compressed, to `out` of any precision, and return it."""
        is_exact = X.dtype == out.dtype == np.float64 and not len(self)
        with nullcontext() if is_exact else np.errstate(over="ignore"):
            out[...] = X
            if self.low is not None:
                limit(out[:, : len(self.low)], *self.limits.astype(out.dtype, copy=False))
            if len(self):
                spreads = X[:, self.columns].astype(np.float64, copy=False)
                spreads -= self.center
                spreads /= self.scale
                limit(spreads, *self._limits_in_spreads)
                out[:, self.columns] = np.arcsinh(spreads, out=spreads)
        return out

    @property
    def operations(self):
        """The operations of `transform`, for export."""
        steps = []
        if self.low is not None and len(self.low):
            steps.append(ops.Limit(*self.limits))
        if len(self):
            steps.append(ops.Compress(np.asarray(self.columns), self.center, self.scale))
        return steps

    @lazy
    def _limits_in_spreads(self):
        """The limits of compressed columns, as distances from the median in spreads; finite."""
        limits = unbounded(len(self)) if self.low is None else self.limits[:, self.columns]
        with np.errstate(over="ignore"):
            return tuple(limit((limits - self.center) / self.scale, -MAX_SPREADS, MAX_SPREADS))

    @lazy
    def limits(self):
        """The limits of every column, (2, n_features)."""
        return widened_range(self.low, self.high, LIMIT_MARGIN)

    def with_missing_codes(self):
        """Return the compressed columns with training values beyond `MAX_SPREADS`, such as codes
        for missing values."""
        if self.low is None:
            return self.columns[:0]
        ends = np.array([self.low, self.high])[:, self.columns]
        with np.errstate(over="ignore"):
            far = np.abs(ends - self.center) / self.scale > MAX_SPREADS
        return self.columns[far.any(axis=0)]

    def bounds(self, n):
        """Return the smallest and largest value of n columns after `transform`, (2, n)."""
        return unbounded(n) if self.low is None else self.transform(self.limits)

    @lazy
    def _limits_of_spread_out(self):
        return np.where(self.spread_out, self.limits, unbounded(len(self.low)))

    def has_within(self, X):
        """Return whether dense X has few entries, all of them finite and within the limits."""
        return self.low is not None and _are_between(X, *self._finite_limits)

    @lazy
    def _finite_limits(self):
        return np.nan_to_num(self.limits)

    def is_outside(self, X):
        """Return whether a value of dense X is beyond the limits, in a column of `spread_out`."""
        low, high = self._limits_of_spread_out
        least, most = (X, X) if X.size <= FEW_ENTRIES else range_of_columns(X)
        return bool(np.count_nonzero(least < low) or np.count_nonzero(most > high))

    def count_beyond(self, X, margin=FAR_MARGIN):
        """Return the number of rows of X with a value outside of the range plus a margin, a
        fraction of it, in any column of `spread_out`; and their number per column."""
        reach = widened_range(self.low, self.high, margin)
        low, high = np.where(self.spread_out, reach, unbounded(len(self.low)))
        n_rows, of_columns = 0, np.zeros(X.shape[1], int)
        for rows in blocks(X):
            beyond = (X[rows] < low) | (X[rows] > high)
            n_rows += int(beyond.any(axis=1).sum())
            of_columns += beyond.sum(axis=0)
        return n_rows, of_columns

    def widened(self, X):
        """Return the compression with limits extended to X; sparse rows have no limits."""
        if self.low is None or sparse.issparse(X):
            return self.unlimited()
        if _are_between(X, self.low, self.high):
            return self
        low, high = range_of_columns(X)
        return replace(self, low=np.fmin(self.low, low), high=np.fmax(self.high, high))

    def unlimited(self):
        """Return the compression without limits."""
        if self.low is None:
            return self
        return replace(self, low=None, high=None) if len(self) else NO_COMPRESSION

    def fingerprint(self):
        """Return a key: equal keys mean equal compressions; limits do not matter."""
        return self.columns.tobytes() + self.center.tobytes() + self.scale.tobytes()


def _are_between(X, low, high):
    """Return whether X has few entries, all of them numbers within the ranges of the columns."""
    return X.size <= FEW_ENTRIES and np.count_nonzero((low <= X) & (high >= X)) == X.size


NO_COMPRESSION = Compression(np.empty(0, np.intp), np.empty(0), np.empty(0))


def heavy_tails(X, weight=None, facts=None, features=slice(None)):
    """Return the limits of X, and the compression of the columns with heavy tails.

    A column has heavy tails if its standard deviation is more than 1.5 times that of a normal
    distribution with the same quartiles. If the quartiles are equal, as in a column that is mostly
    zero, the same rule applies to the other values, with their root mean square and median
    distances from that value.

    Parameters
    ----------
    facts : FeatureFacts or None
        Facts about all rows, if X is a sample, which may lack rare values.
    features : ndarray of int, or slice
        The indices of the columns of X among the features of `facts`.
    """
    facts = FeatureFacts.of(X, weight) if facts is None else facts
    center, scale, others = _centers_and_spreads(X, weight)
    is_spread, mostly_one = (scale > 0) & (scale < np.inf), others < 1
    spread = np.where(is_spread, scale, 1)
    mean, variance = facts.moments.mean[features], facts.moments.variance[features]
    with np.errstate(all="ignore"):
        # Little cancels, since the median is within a standard deviation of the mean.
        size = (np.sqrt(variance) / spread) ** 2
        of_others = (size + ((mean - center) / spread) ** 2) / others
    size = np.where(mostly_one, of_others, size)
    found = np.flatnonzero(is_spread & ~(size <= HEAVY_TAIL_RATIO**2))  # it may overflow
    spread_out = ~mostly_one & (len(X) >= MIN_ROWS_OF_RANGE)
    spread_out[found] = False
    bounds = np.nan_to_num(facts.range[:, features], posinf=np.inf, neginf=-np.inf)
    return Compression(found, center[found], scale[found], *bounds, spread_out)


def _centers_and_spreads(X, weight):
    """Return the medians and spreads of columns, and the fraction of values that differ from the
    quartiles if these are equal, otherwise 1; from a sample of at most 10,000 rows.
    """
    rows = even_sample(len(X), SAMPLE_ROWS)
    weight = None if weight is None else weight[rows]
    columns = slices(X.shape[1], max(SAMPLE_COLUMNS, BLOCK_ELEMENTS // len(rows)))
    parts = [_center_and_spread(X[rows, part], weight) for part in columns]
    return map(np.concatenate, zip(*parts, strict=True))


def _center_and_spread(X, weight):
    center, scale = center_and_spread(X, weight)
    mostly_one, others = scale == 0, np.ones(len(scale))
    if mostly_one.any():
        of_others = _spread_of_others(X[:, mostly_one], center[mostly_one], weight)
        scale[mostly_one], others[mostly_one] = of_others
    return center, scale, others


def _spread_of_others(X, center, weight):
    """Return the spread of the values other than the center around it, nan if there are none, and
    their fraction of all values."""
    with np.errstate(over="ignore"):
        distances = np.abs(X.astype(np.float64) - center)
    counted = np.ones(len(X)) if weight is None else weight
    part = counted @ (distances > 0) / (counted @ ~np.isnan(distances))
    distances[distances == 0] = np.nan
    return weighted_quantile(distances, 0.5, weight)[0] * 2 / NORMAL_IQR, part
