"""Limits of numeric predictions, in the units of y.

With correlated features, such as length and width of a stone, an error in one feature makes a
sample far from all training samples, although every value is within its range. Large weights of
opposite sign then add up to a prediction far from every target.
"""

from dataclasses import dataclass

import numpy as np

from sklearn_shallow.utils.lazy import lazy
from sklearn_shallow.utils.rows import even_sample
from sklearn_shallow.utils.statistics import (
    HEAVY_TAIL_RATIO,
    center_and_spread,
    limit,
    weighted_mean,
    widened_range,
)

MARGIN = 0.5  # margin on either side of the range of a target, as a fraction of the range
LARGEST = np.finfo(float).max
SAMPLE_ROWS = 10_000  # size of the sample of rows in which heavy tails are detected


@dataclass(frozen=True, eq=False)
class Limits:
    """Limits of predictions: the range of every target, widened by half of it on either side.

    Attributes
    ----------
    low, high : ndarray of shape (n_targets,), float64
        The smallest and largest training value, without the margin; ``-LARGEST`` and ``LARGEST``
        for a target without limits; None if no target has limits.
    """

    low: np.ndarray | None = None
    high: np.ndarray | None = None

    @classmethod
    def before_data(cls, n_targets):
        """Return the limits of an empty training set, to be `widened`."""
        return cls(np.full(n_targets, LARGEST), np.full(n_targets, -LARGEST))

    def widened(self, Y):
        """Return the limits extended to targets, (n_rows, n_targets), nan where missing."""
        if self.low is None:
            return self
        return self.joined(Limits(np.fmin.reduce(Y, axis=0), np.fmax.reduce(Y, axis=0)))

    def joined(self, other):
        """Return the limits extended to other limits; none if either has none."""
        if self.low is None or other.low is None:
            return NO_LIMITS
        return Limits(np.fmin(self.low, other.low), np.fmax(self.high, other.high))

    def without_heavy_tails(self, Y, weight):
        """Return the limits, without those of targets with heavy tails, whose new values may well
        exceed all training values.

        Parameters
        ----------
        Y : ndarray of shape (n_rows, n_targets), in the units of y, nan where missing
            All rows or a sample. A target that is constant in the sample, but not in all rows, is
            nearly constant, and so has heavy tails.
        weight : ndarray of shape (n_rows,), or None
        """
        if self.low is None:
            return self
        rows = even_sample(len(Y), SAMPLE_ROWS)
        Y = Y[rows]
        heavy = have_heavy_tails(Y, None if weight is None else weight[rows])
        heavy |= (np.fmin.reduce(Y) == np.fmax.reduce(Y)) & (self.low < self.high)
        if heavy.all():
            return NO_LIMITS
        return Limits(np.where(heavy, -LARGEST, self.low), np.where(heavy, LARGEST, self.high))

    @lazy
    def ends(self):
        """The smallest and the largest prediction, (2, n_targets)."""
        return widened_range(self.low, self.high, MARGIN)

    def apply(self, mean):
        """Return predictions, (n_rows, n_outputs), limited in place; quantiles of a target are
        adjacent."""
        if self.low is None:
            return mean
        ends = self.ends if mean.dtype == self.ends.dtype else self._ends_in_single
        return limit(mean, *ends.repeat(mean.shape[1] // len(self.low), axis=1))

    @lazy
    def _ends_in_single(self):
        with np.errstate(over="ignore"):
            return self.ends.astype(np.float32)


NO_LIMITS = Limits()


def have_heavy_tails(Y, weight):
    """Return a mask of the columns whose root mean square distance from the median is more than 1.5
    times that of a normal distribution with the same quartiles.
    """
    center, spread = center_and_spread(Y, weight)
    with np.errstate(over="ignore", invalid="ignore"):
        return ~(weighted_mean((Y - center) ** 2, weight) <= (HEAVY_TAIL_RATIO * spread) ** 2)
