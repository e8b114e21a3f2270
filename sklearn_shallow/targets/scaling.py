"""Scaling of real targets, streaming; every column by itself.

Convention
----------
Y : ndarray of shape (n_rows, n_targets), float64, in the user's units; nan where not known.
The loss sees ``(Y - shift) / scale``.
"""

import numpy as np

from sklearn_shallow.utils.statistics import (
    NORMAL_MAD,
    RunningMoments,
    weighted_mean,
    weighted_quantile,
)

NORMAL_MEAN_AD = 1.2533  # like `NORMAL_MAD`, of the mean absolute deviation


class UnitScaling:
    """Leaves the target as it is.

    Attributes
    ----------
    shift, scale : ndarray of shape (n_targets,)
        The scale of a target that has been constant is 0: it is predicted as it was.
    is_additive : bool
        Whether the statistics of parts of the rows add up to those of all.
    """

    is_additive = True

    def __init__(self, n_targets=1):
        self.shift = np.zeros(n_targets)
        self.scale = np.ones(n_targets)

    def update(self, Y, sample_weight):
        """Take the rows of Y into the statistics."""

    def merge(self, other, n_rows):
        """Take the rows that another one has seen into the statistics; n_rows in all."""

    def apply(self, Y):
        """Return Y as the loss sees it."""
        return (Y - self.shift) / self.divisor

    @property
    def divisor(self):
        """The scale, or 1 where it is 0."""
        return np.where(self.scale > 0, self.scale, 1.0)

    def fingerprint(self):
        """Return what tells this scaling from another."""
        return self.shift.tobytes() + self.scale.tobytes()


class RunningScaling(UnitScaling):
    """Statistics over one or more calls, weighted by what each of them knows of a column.

    A subclass has ``_average(Y, sample_weight, known, part)``, which takes in the known columns, of
    rows that are that part of all seen; or a `_take` of its own.
    """

    def __init__(self, n_targets):
        super().__init__(n_targets)
        self._n_seen = np.zeros(n_targets)
        self._spread = np.zeros(n_targets)

    def update(self, Y, sample_weight):
        with np.errstate(over="ignore", invalid="ignore"):
            self._take(Y, sample_weight)
        self._learn_scale(len(Y))

    def merge(self, other, n_rows):
        """Take the rows that another one has seen into the statistics; n_rows in all."""
        self._n_seen = self._n_seen + other._n_seen
        self._merge(other)
        self._learn_scale(n_rows)

    def _learn_scale(self, n_rows):
        finite = np.isfinite(self.shift) & np.isfinite(self._spread)
        if not finite.all():
            raise ValueError(
                f"The spread of column {int(finite.argmin())} of y overflows float64. Divide y by "
                "a constant, or set standardize=False."
            )
        smallest = n_rows * np.finfo(float).eps * np.abs(self.shift)  # less is rounding
        self.scale = np.where(self._spread > smallest, self._spread, 0.0)

    def _take(self, Y, sample_weight):
        """Take the rows into `shift` and `_spread`."""
        weight = np.ones(len(Y)) if sample_weight is None else sample_weight
        added = weight @ ~np.isnan(Y)
        self._n_seen += added
        known = added > 0
        self._average(Y[:, known], sample_weight, known, added[known] / self._n_seen[known])


class MeanScaling(RunningScaling):
    """Subtracts the mean and divides by the standard deviation."""

    def __init__(self, n_targets):
        super().__init__(n_targets)
        self._moments = RunningMoments(n_targets)

    def _take(self, Y, sample_weight):
        self._moments.update(Y, sample_weight)
        self._read_moments()
        lost = self._moments.variance < np.finfo(float).tiny
        if lost.any() and (lost & (np.fmin.reduce(Y) < np.fmax.reduce(Y))).any():
            raise ValueError(
                f"The squared spread of column {int(lost.argmax())} of y underflows float64. "
                "Multiply y by a constant."
            )

    def _merge(self, other):
        self._moments.merge(other._moments)
        self._read_moments()

    def _read_moments(self):
        self.shift, self._spread = self._moments.mean.copy(), np.sqrt(self._moments.variance)


class MedianScaling(RunningScaling):
    """Subtracts the median and divides by the median absolute deviation, made a standard deviation.

    Where more than half of the values are equal, the mean absolute deviation stands in for it. Over
    several calls, both are means of what the calls found.
    """

    is_additive = False

    def _average(self, Y, sample_weight, known, part):
        median = weighted_quantile(Y, 0.5, sample_weight)[0]
        self.shift[known] += part * (median - self.shift[known])
        deviation = np.abs(Y - self.shift[known])
        spread = NORMAL_MAD * weighted_quantile(deviation, 0.5, sample_weight)[0]
        mean = NORMAL_MEAN_AD * weighted_mean(deviation, sample_weight)
        spread = np.where(spread > np.finfo(float).eps * np.abs(median), spread, mean)
        self._spread[known] += part * (spread - self._spread[known])


class SizeScaling(RunningScaling):
    """Divides by the mean."""

    def _average(self, Y, sample_weight, known, part):
        mean = weighted_mean(Y, sample_weight)
        self._spread[known] += part * (mean - self._spread[known])

    def _merge(self, other):
        part = np.divide(other._n_seen, np.where(self._n_seen > 0, self._n_seen, 1))
        self._spread = self._spread + part * (other._spread - self._spread)


TARGET_SCALINGS = {
    None: UnitScaling,
    "mean": MeanScaling,
    "median": MedianScaling,
    "size": SizeScaling,
}
