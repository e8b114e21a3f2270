"""Facts about the features of all samples, even where a fit looks at only some of them.

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

MOST_LEVELS = 255  # of a feature, with a column each
SAMPLES_PER_LEVEL = 2  # at the least, in the mean: names and numbers of samples tell nothing


@dataclass(eq=False)
class FeatureFacts:
    """Facts about features, codes of categories included, which add up over the samples.

    Attributes
    ----------
    moments : RunningMoments
    range : ndarray of shape (2, n_features)
        The least and the largest value, nan if there is none and of sparse X.
    gaps : ndarray of shape (n_features,), bool, which features have gaps
    levels : dict of ndarrays, for every feature of categories the weight of every code, and of
        gaps; or None
    sums : dict of TargetSums, of the features of many categories; or None
    """

    moments: RunningMoments
    range: np.ndarray
    gaps: np.ndarray
    levels: dict | None = None
    sums: dict | None = None

    @classmethod
    def none(cls, n_features: int) -> Self:
        """Return the facts about no samples."""
        unknown = np.full((2, n_features), np.nan)
        return cls(RunningMoments(n_features), unknown, np.zeros(n_features, bool))

    @classmethod
    def of(cls, X, weight=None):
        """Return the facts about these samples, but for categories."""
        found = cls.none(X.shape[1])
        found.add(X, weight)
        return found

    def with_categories(
        self, names, X, Y=None, weight=None, numbers=None, n_codes=None, *, n_samples=None
    ):
        """Return these facts and those about categories, of some samples where they are None.

        Parameters
        ----------
        names : list, for every feature the names of its categories or None; or None
        Y : ndarray of shape (n_rows, n_outputs), the encoded target
            Without it no feature becomes means of the target.
        numbers : see `target_encoding`
        n_codes : dict as of `many_levels`, of which features become means if that is known
        n_samples : float, how many there will be, if these are not all
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
        """Take samples into account, but for categories."""
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in blocks(X):
                self.moments.update(X[rows], None if weight is None else weight[rows])
                if has_gaps(X[rows]):
                    self.gaps |= np.isnan(X[rows]).any(axis=0)
        if not sparse.issparse(X):
            self._widen(*range_of_columns(X))

    def merge(self, other):
        """Take samples into account that other facts are about, but for categories."""
        self.moments.merge(other.moments)
        self.gaps |= other.gaps
        self._widen(*other.range)

    def _widen(self, low, high):
        self.range = np.array([np.fmin(self.range[0], low), np.fmax(self.range[1], high)])


def codes_of(x, n_codes):
    """Return codes as integers, the number of codes for nan."""
    return np.where(np.isnan(x), n_codes, x).astype(np.intp)


def code_sizes(x, n_codes, weight):
    """Return the weight of every code, and of gaps."""
    return np.bincount(codes_of(x, n_codes), weight, n_codes + 1).astype(float)


def many_levels(levels, n_samples=np.inf):
    """Return the features with target encoding, with the number of their codes, missing values
    included.

    Parameters
    ----------
    levels : see `FeatureFacts`
    n_samples : float, how many there are
    """
    most = min(MOST_LEVELS, n_samples / SAMPLES_PER_LEVEL)
    return {
        feature: len(size) for feature, size in levels.items() if np.count_nonzero(size[:-1]) > most
    }


def no_sums(n_codes, scale):
    """Return the sums of features of many categories over no samples, of targets of this scale."""
    return {feature: TargetSums.none(n, scale) for feature, n in n_codes.items()}


def target_sums(n_codes, X, Y, weight, numbers=None, sums=None):
    """Return the sums of features of many categories, by default over these rows as all.

    Parameters
    ----------
    n_codes : dict, as of `many_levels`
    numbers : see `target_encoding`
    sums : dict of TargetSums to which they are added, or None
    """
    numbers = np.arange(len(Y)) if numbers is None else numbers
    sums = no_sums(n_codes, rough_scale(Y) if n_codes else None) if sums is None else sums
    for feature, n in n_codes.items():
        sums[feature].add(codes_of(X[:, feature], n - 1), numbers, Y, weight)
    return sums
