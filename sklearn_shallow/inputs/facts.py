"""Facts about the features of all samples, even where a fit looks at only some of them."""

import numpy as np
from scipy import sparse

from sklearn_shallow.utils.rows import blocks
from sklearn_shallow.utils.statistics import RunningMoments, has_gaps, range_of_columns


class FeatureFacts:
    """Facts about features, codes of categories included, which add up over the samples.

    Attributes
    ----------
    moments : RunningMoments
    range : ndarray of shape (2, n_features)
        The least and the largest value, nan if there is none and of sparse X.
    gaps : ndarray of shape (n_features,), bool, which features have gaps
    """

    def __init__(self, n_features):
        self.moments = RunningMoments(n_features)
        self.range = np.full((2, n_features), np.nan)
        self.gaps = np.zeros(n_features, bool)

    @classmethod
    def of(cls, X, weight=None):
        """Return the facts about these samples."""
        found = cls(X.shape[1])
        found.add(X, weight)
        return found

    def add(self, X, weight):
        """Take samples into account, of positive weight."""
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in blocks(X):
                self.moments.update(X[rows], None if weight is None else weight[rows])
                if has_gaps(X[rows]):
                    self.gaps |= np.isnan(X[rows]).any(axis=0)
        if not sparse.issparse(X):
            self._widen(*range_of_columns(X))

    def merge(self, other):
        """Take samples into account that other facts are about."""
        self.moments.merge(other.moments)
        self.gaps |= other.gaps
        self._widen(*other.range)

    def _widen(self, low, high):
        self.range = np.array([np.fmin(self.range[0], low), np.fmax(self.range[1], high)])
