"""Statistics of the features over all samples, also if a fit uses a sample of them.

Convention
----------
X : ndarray of shape (n_rows, n_features), with the codes of categories, or CSR
weight : ndarray of shape (n_rows,), positive, or None
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy import sparse

from sklearn_shallow.inputs.target_encoding import TargetSums, rough_scale
from sklearn_shallow.utils.rows import blocks
from sklearn_shallow.utils.statistics import RunningMoments, has_gaps, range_of_columns

MAX_LEVELS = 255  # one-hot columns of a feature; with more levels it is target-encoded
MIN_SAMPLES_PER_LEVEL = 2  # mean number; with fewer, as of names, a feature is target-encoded


@dataclass(eq=False)
class FeatureFacts:
    """Statistics of the features, categories included, that can be merged over parts of the data.

    Attributes
    ----------
    moments : RunningMoments
    range : ndarray of shape (2, n_features)
        The smallest and largest value; nan without values, and for sparse X.
    gaps : ndarray of shape (n_features,), bool, whether the features have missing values
    levels : dict of ndarrays, the weight of every code and of missing values, by categorical
        feature; or None
    sums : dict of TargetSums, by feature with many categories; or None
    """

    moments: RunningMoments
    range: np.ndarray
    gaps: np.ndarray
    levels: dict | None = None
    sums: dict | None = None

    @classmethod
    def none(cls, n_features: int) -> Self:
        """Return the statistics of an empty data set."""
        unknown = np.full((2, n_features), np.nan)
        return cls(RunningMoments(n_features), unknown, np.zeros(n_features, bool))

    @classmethod
    def of(cls, X, weight=None):
        """Return the statistics of these samples, without categories."""
        found = cls.none(X.shape[1])
        found.add(X, weight)
        return found

    def with_categories(
        self, names, X, Y=None, weight=None, numbers=None, n_codes=None, *, n_samples=None
    ):
        """Return the statistics, with `levels` and `sums` of these samples if they are None.

        Parameters
        ----------
        names : list with the names of the categories of every feature, None for numbers; or None
        Y : ndarray of shape (n_rows, n_outputs), the encoded target
            Without it no feature is target-encoded.
        numbers : see `target_encoding`
        n_codes : dict, the result of `many_levels` if it is known
        n_samples : float, the number of all samples, if these are not all
        """
        levels, sums = self.levels, self.sums
        if n_samples is None:
            n_samples = max(X.shape[0], 0 if weight is None else weight.sum())
        if levels is None:
            named = [(i, known) for i, known in enumerate(names or []) if known is not None]
            levels = {i: code_sizes(X[:, i], len(known), weight) for i, known in named}
        if sums is None:
            n_codes = many_levels(levels, n_samples) if n_codes is None else n_codes
            sums = {} if Y is None else target_sums(n_codes, X, Y, weight, numbers)
        return replace(self, levels=levels, sums=sums)

    def add(self, X, weight):
        """Update the statistics with samples, without categories."""
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in blocks(X):
                self.moments.update(X[rows], None if weight is None else weight[rows])
                if has_gaps(X[rows]):
                    self.gaps |= np.isnan(X[rows]).any(axis=0)
        if not sparse.issparse(X):
            self._widen(*range_of_columns(X))

    def merge(self, other):
        """Update the statistics with those of other samples, without categories."""
        self.moments.merge(other.moments)
        self.gaps |= other.gaps
        self._widen(*other.range)

    def _widen(self, low, high):
        self.range = np.array([np.fmin(self.range[0], low), np.fmax(self.range[1], high)])


def codes_of(x, n_codes):
    """Return codes as integers, the number of codes for nan."""
    return np.where(np.isnan(x), n_codes, x).astype(np.intp)


def code_sizes(x, n_codes, weight):
    """Return the weight of every code, and of missing values."""
    return np.bincount(codes_of(x, n_codes), weight, n_codes + 1).astype(float)


def many_levels(levels, n_samples=np.inf):
    """Return the features with target encoding, with the number of their codes, missing values
    included.

    Parameters
    ----------
    levels : see `FeatureFacts`
    n_samples : float
    """
    most = min(MAX_LEVELS, n_samples / MIN_SAMPLES_PER_LEVEL)
    return {
        feature: len(size) for feature, size in levels.items() if np.count_nonzero(size[:-1]) > most
    }


def no_sums(n_codes, scale):
    """Return empty sums for features with many categories, given the `rough_scale` of targets."""
    return {feature: TargetSums.none(n, scale) for feature, n in n_codes.items()}


def target_sums(n_codes, X, Y, weight, numbers=None, sums=None):
    """Return the sums over samples for features with many categories.

    Parameters
    ----------
    n_codes : dict, the result of `many_levels`
    numbers : see `target_encoding`; None if these are all samples
    sums : dict of TargetSums to which the samples are added, or None
    """
    numbers = np.arange(len(Y)) if numbers is None else numbers
    sums = no_sums(n_codes, rough_scale(Y) if n_codes else None) if sums is None else sums
    for feature, n in n_codes.items():
        sums[feature].add(codes_of(X[:, feature], n - 1), numbers, Y, weight)
    return sums
