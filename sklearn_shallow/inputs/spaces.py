"""The inputs of the first layer in training, one of three kinds:

1. the columns of X.
2. the columns and linear predictions ``Z = X R`` of a ridge regression. One weight for Z replaces d
   weights for X, so that a nearly linear target does not need a weak decay. After training, the
   network is converted to a network for X: ``X W + Z S = X (W + R S)``.
3. scores (principal components), if features outnumber the samples. With ``X = U S V'``, weights
   outside of V change nothing on these samples, and the weight decay makes them zero. So the
   network is trained on the scores ``U S``, at most as many as samples, and converted to a network
   for X, with the weights ``W = V W'`` and the same sum of squares.

Convention
----------
X : ndarray, CSR or ScaledRows of shape (n_rows, n_columns + 1), the input of the network
scores : ndarray of shape (n_rows, n_scores + 1)
W : ndarray of shape (n_columns, n_units), or (n_trained, n_units) for the columns in training
"""

from hashlib import sha256

import numpy as np
from scipy import sparse

from sklearn_shallow.utils.rows import slices

PRODUCT_COLUMNS = 4096  # columns summed in the precision of X; these sums are added in float64
ROUNDING = 10.0  # minimum of squared singular values over the largest, in rounding errors
BLOCK_BYTES = 2**26  # memory of a block of rows that are computed when needed
MAX_REST = 1e-2  # fraction of the norm of weights outside of a space that contains them


class Space:
    """The columns of X as inputs in training. Subclasses replace them or append to them.

    Attributes
    ----------
    n_predictions : int
        Number of linear predictions after the columns.
    """

    n_predictions = 0

    def n_trained(self, inputs):
        """Return the number of input columns in training; `inputs` transforms X to its columns."""
        return inputs.n_columns + self.n_predictions

    def extended(self, inputs):
        """Return the transform of X, with the linear predictions of the space if it has any."""
        return inputs

    def rows_of(self, X):
        """Return the rows of the space for the result of the `extended` transform."""
        return X

    def columns(self, X):
        """Return rows with the columns of X, for the first rows of the training set."""
        return X

    def for_columns(self, W):
        """Return weights for X that are equivalent to weights of the space."""
        return W

    def for_training(self, W):
        """Return weights of the space that are equivalent to weights for X on the samples."""
        return W

    def fingerprint(self):
        """Return a key: equal keys mean that weights of the space have the same meaning."""
        return b""


COLUMNS = Space()


class LinearPredictions(Space):
    """The columns of X, followed by linear predictions.

    Attributes
    ----------
    R : ndarray of shape (n_columns, n_predictions)
        The predictions of the samples of the regression have a standard deviation of one.
    """

    def __init__(self, R):
        self.R, self.n_predictions = R, R.shape[1]

    def extended(self, inputs):
        return inputs.copy(predictions=self.R)

    def for_columns(self, W):
        n = len(self.R)
        return W[:n] + self.R.astype(W.dtype) @ W[n:]

    def for_training(self, W):
        """Return the equivalent weights of least norm for X and the predictions."""
        R = self.R
        S = np.linalg.solve(np.eye(R.shape[1]) + R.T @ R, R.T @ W)
        return np.vstack([W - R @ S, S]).astype(W.dtype)

    def fingerprint(self):
        return sha256(self.R.tobytes()).digest()


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
        # Signs must not depend on rounding errors.
        U *= np.sign(U[np.abs(U).argmax(axis=0), np.arange(len(roots))])
        self._from_rows = (U / roots).astype(dtype)
        self.scores = with_ones(U * roots, dtype)

    def n_trained(self, inputs):
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

    def contains(self, W):
        """Return whether weights for X lie in the space, up to rounding."""
        rest = W - self.for_columns(self.for_training(W))
        return np.linalg.norm(rest) <= MAX_REST * np.linalg.norm(W)

    def fingerprint(self):
        return sha256(self._from_rows.tobytes()).digest()

    def _products(self, X):
        """Return the inner products of rows of X with the rows of the training set, in float64."""
        products = np.empty((X.shape[0], self.X.shape[0]))
        for others in row_blocks(self.X):
            B = self.X[others]
            for rows in row_blocks(X):
                products[rows, others] = row_products(X[rows], B)
        return products


def row_blocks(X):
    """Return slices of the rows to be held at once: one slice, unless rows are computed when
    needed."""
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
    """Return the scores with a column of ones appended."""
    return np.hstack([scores, np.ones((len(scores), 1))]).astype(dtype)
