"""The space that the samples to train on span, where features outnumber them.

With ``X = U S V'``, weights outside of V change nothing on these samples, and a decay of squares
takes them to zero. So a network is trained on the scores ``U S``, of which there are no more than
samples; ``W = V W'`` are its weights for X, with the same sum of squares.

Convention
----------
X : ndarray, CSR or ScaledRows of shape (n_rows, n_columns + 1), as the network sees it
scores : ndarray of shape (n_rows, n_scores + 1)
W : ndarray of shape (n_columns, n_units), or of scores (n_scores, n_units)
"""

from hashlib import sha256

import numpy as np
from scipy import sparse

from sklearn_shallow.inputs.space import Space
from sklearn_shallow.utils.rows import slices

PRODUCT_COLUMNS = 4096  # summed in the precision of X, and those sums in double
ROUNDING = 10.0  # units of it in the squares of what is spanned
BLOCK_BYTES = 2**26  # of rows that are made when needed
LARGEST_REST = 1e-2  # of the size of weights that are taken to lie in the space


class SampleSpace(Space):
    """The principal axes of the rows of X.

    Attributes
    ----------
    X : as passed
    scores : ndarray of shape (n_rows, n_scores + 1)
    """

    def __init__(self, X, dtype):
        self.X = X
        squares, U = np.linalg.eigh(self._products(X))
        kept = squares > ROUNDING * np.finfo(dtype).eps * squares[-1]
        U, roots = U[:, kept], np.sqrt(squares[kept])
        U *= np.sign(U[np.abs(U).argmax(axis=0), np.arange(len(roots))])  # else rounding's choice
        self._from_rows = (U / roots).astype(dtype)
        self.scores = with_ones(U * roots, dtype)

    @property
    def n_scores(self):
        """The dimension of the space."""
        return self._from_rows.shape[1]

    def columns(self, X):
        return self.X[: X.shape[0]]

    def rows_of(self, X):
        return with_ones(self._products(X) @ self._from_rows, self.scores.dtype)

    def for_columns(self, W):
        W, X = self._from_rows @ W, self.X
        return sum(X[rows][:, :-1].T @ W[rows] for rows in row_blocks(X))

    def for_training(self, W):
        X = self.X
        return self._from_rows.T @ np.vstack([X[rows][:, :-1] @ W for rows in row_blocks(X)])

    def has(self, W):
        """Return whether weights for X lie in the space, but for rounding."""
        rest = W - self.for_columns(self.for_training(W))
        return np.linalg.norm(rest) <= LARGEST_REST * np.linalg.norm(W)

    def fingerprint(self):
        return sha256(self._from_rows.tobytes()).digest()

    def _products(self, X):
        """Return the inner products of rows of X with those of the space, in float64."""
        products = np.empty((X.shape[0], self.X.shape[0]))
        for others in row_blocks(self.X):
            B = self.X[others]
            for rows in row_blocks(X):
                products[rows, others] = row_products(X[rows], B)
        return products


def row_blocks(X):
    """Return slices of the rows to be held at once: all, unless they are made when needed."""
    in_memory = isinstance(X, np.ndarray) or sparse.issparse(X)
    n_rows, n_columns = X.shape
    return slices(n_rows, n_rows if in_memory else max(1, BLOCK_BYTES // (8 * n_columns)))


def row_products(A, B):
    """Return the inner products of the rows of two matrices, without the column of ones."""
    if sparse.issparse(A):
        return (A @ B.T).toarray() - 1.0
    parts = slices(A.shape[1] - 1, PRODUCT_COLUMNS)
    return sum((A[:, part] @ B[:, part].T).astype(np.float64) for part in parts)


def with_ones(scores, dtype):
    """Return the scores with a column of ones behind them."""
    return np.hstack([scores, np.ones((len(scores), 1))]).astype(dtype)
