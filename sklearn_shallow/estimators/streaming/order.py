"""Signs, in some samples of a stream, that all are sorted, as by date or by class."""

import numpy as np
from scipy.stats import chi2

from sklearn_shallow.utils.statistics import RunningMoments

SEGMENTS = 16
LEAST_SHARE = 0.02  # of the variance of a column; less does no harm
FALSE_ALARMS = 1e-6


def is_ordered(X, Y):
    """Return whether the mean of a column changes along the rows, by more than chance.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_rows, n_features)
        Random rows of the stream, in their order there, with nan where a value is missing.
    Y : ndarray of shape (n_rows, n_outputs), the encoded target
    """
    n_rows, n_columns = X.shape[0], X.shape[1] + Y.shape[1]
    by_chance = chi2.isf(FALSE_ALARMS / n_columns, SEGMENTS - 1) / n_rows
    largest = max(share_between_segments(part).max(initial=0) for part in (X, Y))
    return bool(largest > max(LEAST_SHARE, by_chance))


def share_between_segments(X):
    """Return, of every column, the share of its variance that lies between segments of the rows."""
    n_rows, n_columns = X.shape
    ends = np.arange(SEGMENTS + 1) * n_rows // SEGMENTS
    total, *segments = [RunningMoments(n_columns) for _ in range(SEGMENTS + 1)]
    with np.errstate(all="ignore"):
        total.update(X)
        for moments, begin, end in zip(segments, ends[:-1], ends[1:], strict=True):
            moments.update(X[begin:end])
        between = sum(m.weight * (m.mean - total.mean) ** 2 for m in segments)
        return np.where(total.variance > 0, between / n_rows / total.variance, 0)
