"""Scaling of every real target, with statistics that can be updated batch by batch.

Convention
----------
Y : ndarray of shape (n_rows, n_targets), float64, in the user's units; nan where missing.
The loss is computed for ``(Y - shift) / scale``.
"""

from copy import copy

import numpy as np

from sklearn_shallow.utils.statistics import (
    NORMAL_MAD,
    RunningMoments,
    weighted_mean,
    weighted_quantile,
)

NORMAL_MEAN_AD = 1.2533  # standard deviation of a normal distribution over its mean abs. deviation


class UnitScaling:
    """No scaling; base class of the scalings.

    Attributes
    ----------
    shift, scale : ndarray of shape (n_targets,)
        The scale of a constant target is 0, so that its prediction is that constant.
    is_additive : bool
        Whether the statistics of parts of the rows can be merged to those of all rows.
    noise : ndarray of shape (n_targets,), or None
        See `Settings`.
    """

    is_additive, noise = True, None

    def __init__(self, n_targets=1):
        self.shift = np.zeros(n_targets)
        self.scale = np.ones(n_targets)

    def allow_for(self, noise):
        """Also divide by a noise, if it is not None, from the next update on, so that one decay
        suits all targets."""
        self.noise = self.noise if noise is None else noise

    def update(self, Y, sample_weight):
        """Update the statistics with the rows of Y; shallow copies of this object do not change."""

    def merge(self, other):
        """Update the statistics with those of another scaling of the same class."""

    def apply(self, Y):
        """Return the scaled targets."""
        return (Y - self.shift) / self.divisor

    @property
    def divisor(self):
        """The scale, or 1 where it is 0."""
        return np.where(self.scale > 0, self.scale, 1.0)

    def fingerprint(self):
        """Return bytes that differ for different scalings."""
        return self.shift.tobytes() + self.scale.tobytes()

    def _take(self, shift, spread, n_rows):
        """Set shift and scale to those of n rows, the scale times the noise if targets differ in
        it; a spread within rounding errors counts as 0."""
        finite = np.isfinite(shift) & np.isfinite(spread)
        if not finite.all():
            raise ValueError(
                f"The spread of column {int(finite.argmin())} of y overflows float64. Divide y by "
                "a constant, or set standardize=False."
            )
        smallest = n_rows * np.finfo(float).eps * np.abs(shift)
        self.shift, self.scale = shift, np.where(spread > smallest, spread, 0.0)
        if self.noise is not None:
            self.scale = self.scale * self.noise


class MomentScaling(UnitScaling):
    """Scaling by the moments of all rows; a subclass defines `_learn`."""

    def __init__(self, n_targets):
        super().__init__(n_targets)
        self._moments = RunningMoments(n_targets)

    def update(self, Y, sample_weight):
        with np.errstate(over="ignore", invalid="ignore"):
            self._moments = copy(self._moments)
            self._moments.update(Y, sample_weight)
            self._learn()

    def merge(self, other):
        self._moments.merge(other._moments)
        self._learn()


class MeanScaling(MomentScaling):
    """Subtracts the mean and divides by the standard deviation."""

    def update(self, Y, sample_weight):
        super().update(Y, sample_weight)
        lost = self._moments.variance < np.finfo(float).tiny
        if lost.any() and (lost & (np.fmin.reduce(Y) < np.fmax.reduce(Y))).any():
            raise ValueError(
                f"The squared spread of column {int(lost.argmax())} of y underflows float64. "
                "Multiply y by a constant."
            )

    def _learn(self):
        moments = self._moments
        self._take(moments.mean, np.sqrt(moments.variance), moments.n_rows)


class SizeScaling(MomentScaling):
    """Divides by the mean."""

    def _learn(self):
        self._take(self.shift, self._moments.mean, self._moments.n_rows)


class MedianScaling(UnitScaling):
    """Subtracts the median and divides by the normalised median absolute deviation.

    If more than half of the values are equal, the mean absolute deviation is used. After several
    updates, median and deviation are the means over the updates, weighted by the number of known
    values.
    """

    is_additive = False

    def __init__(self, n_targets):
        super().__init__(n_targets)
        self._n_seen, self._spread = np.zeros(n_targets), np.zeros(n_targets)

    def update(self, Y, sample_weight):
        added = (np.ones(len(Y)) if sample_weight is None else sample_weight) @ ~np.isnan(Y)
        self._n_seen = self._n_seen + added
        shift, self._spread = self.shift.copy(), self._spread.copy()
        known = added > 0
        part, Y = added[known] / self._n_seen[known], Y[:, known]
        with np.errstate(over="ignore", invalid="ignore"):
            median = weighted_quantile(Y, 0.5, sample_weight)[0]
            shift[known] += part * (median - shift[known])
            deviation = np.abs(Y - shift[known])
            spread = NORMAL_MAD * weighted_quantile(deviation, 0.5, sample_weight)[0]
            mean = NORMAL_MEAN_AD * weighted_mean(deviation, sample_weight)
            spread = np.where(spread > np.finfo(float).eps * np.abs(median), spread, mean)
            self._spread[known] += part * (spread - self._spread[known])
        self._take(shift, self._spread, len(Y))


TARGET_SCALINGS = {
    None: UnitScaling,
    "mean": MeanScaling,
    "median": MedianScaling,
    "size": SizeScaling,
}
