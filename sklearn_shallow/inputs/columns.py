"""From the user's columns, some with gaps, to complete numbers.

Convention
----------
X : ndarray of shape (n_rows, n_features), float, nan where a value is missing; or CSR without nan
weight : ndarray of shape (n_rows,), positive, or None
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sklearn_shallow.utils.rows import blocks
from sklearn_shallow.utils.statistics import has_gaps

__all__ = ["NO_COLUMNS", "Columns"]


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of X with their gaps filled, and behind them one column per feature that had gaps
    in training, 1 where a value is missing.

    Attributes
    ----------
    fill : ndarray of shape (n_features,), float64
        What is put into gaps: the mean of the feature, its median where it has heavy tails.
    gappy : ndarray of shape (n_gappy,), int
        The features that had gaps in training.
    """

    fill: np.ndarray
    gappy: np.ndarray

    @classmethod
    def of(cls, X, weight=None):
        """Return the columns that training rows make."""
        fill, n_gaps = _means(X, weight)
        return cls(fill, np.flatnonzero(n_gaps))

    @property
    def n_features_out(self):
        """The number of columns that `transform` makes."""
        return len(self.fill) + len(self.gappy)

    def transform(self, X):
        """Return X complete; X itself if nothing is missing, and nothing was in training."""
        if sparse.issparse(X) or not (len(self.gappy) or has_gaps(X)):
            return X
        out = np.empty((len(X), self.n_features_out), X.dtype)
        n_features, gaps = X.shape[1], np.isnan(X)
        out[:, :n_features] = X
        np.copyto(out[:, :n_features], self.fill.astype(X.dtype), where=gaps)
        out[:, n_features:] = gaps[:, self.gappy]
        return out

    def filled_by(self, compression):
        """Return the columns with medians for the features that are compressed."""
        fill = self.fill.copy()
        fill[compression.columns] = compression.center
        return replace(self, fill=fill)

    def names(self, names):
        """Return the names of the columns that `transform` makes, as scikit-learn's imputers do."""
        return [*names, *(f"missingindicator_{names[column]}" for column in self.gappy)]

    def fingerprint(self):
        """Return a key: equal keys mean equal columns."""
        return self.fill.tobytes() + self.gappy.tobytes()


NO_COLUMNS = Columns(np.zeros(1), np.empty(0, np.intp))


def _means(X, weight):
    """Return the mean of every column, 0 where it has none, and how many entries are missing."""
    if sparse.issparse(X):
        weight = np.ones(X.shape[0]) if weight is None else weight
        return X.T @ weight / weight.sum(), np.zeros(X.shape[1])
    total, known, n_gaps = np.zeros((3, X.shape[1]))
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in blocks(X):
            x = X[rows]
            w = np.ones(len(x)) if weight is None else weight[rows]
            if not has_gaps(x):
                total += w @ x
                known += w.sum()
                continue
            present = ~np.isnan(x)
            total += w @ np.where(present, x, 0)
            known += w @ present
            n_gaps += len(x) - present.sum(axis=0)
    mean = np.divide(total, known, out=np.zeros_like(total), where=known > 0)
    return np.where(np.isfinite(mean), mean, 0.0), n_gaps
