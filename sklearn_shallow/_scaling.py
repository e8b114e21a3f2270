"""Standardisation of the inputs, dense and sparse, streaming.

Convention
----------
X : ndarray or CSR of shape (n_rows, n_features), as the user gave it.
The network sees ``(X - shift) * factor`` with a column of ones behind it.
"""

import numpy as np
from scipy import sparse
from sklearn.preprocessing import StandardScaler
from sklearn.utils import gen_batches

__all__ = ["Standardization", "append_ones"]

BLOCK_ELEMENTS = 2**17  # of X in a block whose statistics are taken at once


class Standardization:
    """Running mean and scale of every column; without an `update` it changes nothing.

    A column that has been constant gets factor 0: it says nothing that the bias does not, and a
    weight that was never trained must not act on new values of it. Sparse columns are only scaled.

    Attributes
    ----------
    shift, factor : ndarray of shape (n_features,), float64
    """

    def __init__(self, n_features, *, center):
        self.center = center
        self.shift = np.zeros(n_features)
        self.factor = np.ones(n_features)
        self._scaler = StandardScaler(with_mean=center)

    def update(self, X, sample_weight=None):
        """Take the rows of X, whose weights must be positive, into the statistics.

        Raises
        ------
        ValueError
            If the variance of a column overflows, or if a sparse X follows a dense one.
        """
        if self.center and sparse.issparse(X):
            raise ValueError(
                "X is sparse, but standardize=True is centring the columns since an earlier call "
                "with dense X. Pass X.toarray(), or begin with sparse X, or set standardize=False."
            )
        n_rows, n_features = X.shape
        for rows in gen_batches(n_rows, max(1, BLOCK_ELEMENTS // n_features)):
            weight = None if sample_weight is None else sample_weight[rows]
            with np.errstate(over="ignore", invalid="ignore"):
                self._scaler.partial_fit(X[rows], sample_weight=weight)
        variance, scale = self._scaler.var_, self._scaler.scale_
        if not np.isfinite(variance).all():
            column = int(np.flatnonzero(~np.isfinite(variance))[0])
            raise ValueError(
                f"The variance of column {column} of X overflows float64. Divide the column by a "
                "constant, or take its logarithm."
            )
        # StandardScaler leaves a constant column's scale at 1, whatever rounding made its variance.
        constant = scale != np.sqrt(variance)
        self.factor = np.where(constant, 0.0, 1 / scale)
        if self.center:
            self.shift = np.where(constant, 0.0, self._scaler.mean_)

    def apply(self, X, dtype):
        """Return X as the network sees it, in the given dtype: shape (n_rows, n_features + 1)."""
        if sparse.issparse(X):
            return append_ones(X.multiply(self.factor), dtype)
        out = np.empty((X.shape[0], X.shape[1] + 1), dtype)
        inner = out[:, :-1]
        np.subtract(X, self.shift, out=inner, casting="same_kind")
        inner *= self.factor
        out[:, -1] = 1
        return out

    def fold(self, W, b):
        """Return the first layer's weights and biases for unscaled X, in float64."""
        W_raw = W * self.factor[:, np.newaxis]
        return W_raw, b - self.shift @ W_raw


def append_ones(X, dtype):
    """Return the sparse X as CSR of the given dtype with a column of ones behind it."""
    ones = np.ones((X.shape[0], 1), dtype)
    return sparse.hstack([X, ones], format="csr", dtype=dtype)
