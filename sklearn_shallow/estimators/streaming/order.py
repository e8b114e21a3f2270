"""Signs, in some samples of a stream, that all are sorted, as by date or by class."""

import numpy as np
from scipy import sparse
from scipy.stats import chi2

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
    n_rows = X.shape[0]
    segments = np.arange(n_rows) * SEGMENTS // n_rows
    sizes = np.bincount(segments, minlength=SEGMENTS)
    averages = sparse.csr_matrix((1 / sizes[segments], (segments, np.arange(n_rows))))
    with np.errstate(all="ignore"):
        if sparse.issparse(X):
            means, squares = (averages @ X).toarray(), X.multiply(X).mean(axis=0)
        else:
            X = X.astype(np.float64)
            known = ~np.isnan(X)
            mean = np.sum(X, axis=0, where=known) / np.maximum(known.sum(axis=0), 1)
            X = np.where(known, X - mean, 0)
            means, squares = averages @ X, np.square(X).mean(axis=0)
        variance = np.ravel(squares) - means.mean(axis=0) ** 2
        share = means.var(axis=0) / variance
    return np.where(variance > 0, share, 0)
