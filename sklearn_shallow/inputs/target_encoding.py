"""Target encoding with cross-fitting: a category becomes the mean of the target in it, shrunk
towards the mean of all samples.

1. The samples are divided into folds. The fold depends on the number of the sample only, in a
   pseudo-random way, so that it is the same in batches of any size and on several machines.
2. In training, a sample of a fold gets the mean of the other folds: its own target must not be
   included, since the means of rare categories would reveal it. So every category has one code per
   fold.
3. The means are computed from sums, which add up over batches and machines.

Convention
----------
codes : ndarray of shape (n_rows,), int
numbers : ndarray of shape (n_rows,), int, the indices of the samples among all samples
Y : ndarray of shape (n_rows, n_outputs), the encoded target, nan where missing
weight : ndarray of shape (n_rows,), positive, or None
"""

from dataclasses import dataclass

import numpy as np

from sklearn_shallow.utils.statistics import weighted_mean

N_FOLDS = 5
TINY = np.finfo(float).tiny


def folds_of(numbers):
    """Return the folds of samples: their hashed numbers (Steele, Lea & Flood 2014, SplitMix64)."""
    hashed = (np.asarray(numbers).astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        hashed = (hashed ^ (hashed >> np.uint64(shift))) * np.uint64(factor)
    return ((hashed ^ (hashed >> np.uint64(31))) % np.uint64(N_FOLDS)).astype(np.intp)


@dataclass(frozen=True, eq=False)
class TargetSums:
    """Sums of the weights and targets of the samples, by category and fold.

    Attributes
    ----------
    shift, unit : ndarray of shape (n_outputs,)
        The targets are ``(y - shift) / unit``, so that little cancels and no square overflows.
    size, total : ndarray of shape (n_outputs, N_FOLDS, n_codes)
    squares : ndarray of shape (n_outputs, N_FOLDS), of all categories together
    """

    shift: np.ndarray
    unit: np.ndarray
    size: np.ndarray
    total: np.ndarray
    squares: np.ndarray

    @classmethod
    def none(cls, n_codes, scale):
        """Return empty sums, given the `rough_scale` of the targets."""
        shape = len(scale[0]), N_FOLDS, n_codes
        return cls(*scale, np.zeros(shape), np.zeros(shape), np.zeros(shape[:2]))

    def add(self, codes, numbers, Y, weight):
        """Add samples."""
        folds = folds_of(numbers)
        codes = codes + self.size.shape[2] * folds
        for k, (shift, unit) in enumerate(zip(self.shift, self.unit, strict=True)):
            y = (Y[:, k].astype(np.float64) - shift) / unit
            known = ~np.isnan(y)
            of_known = known * (1.0 if weight is None else weight)
            y[~known] = 0
            weighted = of_known * y
            np.add.at(self.size[k].reshape(-1), codes, of_known)
            np.add.at(self.total[k].reshape(-1), codes, weighted)
            np.add.at(self.squares[k], folds, weighted * y)

    def means(self):
        """Return the mean of each output in each category, of shape (n_codes, n_outputs)."""
        sums = (part.sum(axis=1) for part in (self.size, self.total, self.squares))
        return self._scaled(shrunk_means(*sums))

    def means_of_others(self):
        """Return the means without the samples of each fold, (N_FOLDS * n_codes, n_outputs)."""
        others = 1 - np.eye(N_FOLDS)  # a subtraction from the total would leave no exact zeros
        means = shrunk_means(others @ self.size, others @ self.total, self.squares @ others)
        return self._scaled(means.reshape(len(means), -1))

    def _scaled(self, means):
        return means.T * self.unit + self.shift


def rough_scale(Y):
    """Return the mean of each output, 0 if all are missing, and the largest distance from it."""
    mean = np.nan_to_num(weighted_mean(Y.astype(np.float64), None))
    largest = np.nanmax(np.abs(Y - mean), axis=0, initial=0)
    return mean, np.where(largest > 0, largest, 1)


def shrunk_means(size, total, squares):
    """Return the mean in each category, of shape (..., n_codes).

    Estimates of random effects: the mean of a category of weight n has the weight ``n / (n + s^2 /
    t^2)``, the mean of all samples the rest, with s^2 the variance within categories and t^2 the
    variance between them, by the method of moments. A category that does not occur has the mean of
    all samples; all categories have, if s^2 explains their differences, as if each occurs once.

    Source: Searle, Casella & McCulloch 1992, Variance Components, sections 3.6 and 7.4; the target
    encoding of Micci-Barreca 2001, equation 5.

    Parameters
    ----------
    size, total : ndarray of shape (..., n_codes)
        The sums of the weights and of the weighted targets in each category.
    squares : ndarray of shape (...)
        The sum of the weighted squares of the targets.
    """
    weight = size.sum(axis=-1, keepdims=True)
    n_present = np.count_nonzero(size, axis=-1, keepdims=True)
    mean = total.sum(axis=-1, keepdims=True) / np.maximum(weight, TINY)
    effect = np.where(size > 0, total / np.where(size > 0, size, 1) - mean, 0)
    between = (size * effect**2).sum(axis=-1, keepdims=True)
    within = squares[..., np.newaxis] - weight * mean**2 - between
    degrees = weight - n_present
    noise = np.maximum(within, 0) / np.where(degrees > 0, degrees, 1)
    spread = between - (n_present - 1) * noise
    counted = weight - (size**2).sum(axis=-1, keepdims=True) / np.maximum(weight, TINY)
    signal = np.maximum(spread, 0) / np.maximum(counted, TINY)
    shrunk = mean + effect * (size * signal / np.maximum(size * signal + noise, TINY))
    return np.where(degrees > 0, shrunk, mean)
