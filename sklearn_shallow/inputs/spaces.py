"""The inputs of the first layer in training, one of three kinds:

1. the columns of X.
2. the columns and linear predictions ``Z = X R`` of a ridge regression. One weight for Z replaces d
   weights for X, so that a nearly linear target does not need a weak decay. After training, the
   network is converted to one for X alone: ``X W + Z S = X (W + R S)``.
3. scores (principal components), if features outnumber the samples. With ``X = U S V'``, weights
   outside of V change nothing on these samples, and the weight decay takes them to zero. So the
   network is trained on the scores ``U S``, which are no more than the samples, and converted to
   one for X, with the weights ``W = V W'`` and the same sum of squares.

Convention
----------
X : ndarray, CSR or ScaledRows of shape (n_rows, n_columns + 1), as the network sees it
scores : ndarray of shape (n_rows, n_scores + 1)
W : ndarray of shape (n_columns, n_units), or of what is trained on, (n_trained, n_units)
"""

from hashlib import sha256

import numpy as np
from scipy import sparse

from sklearn_shallow.inputs.encoding import NO_ENCODING
from sklearn_shallow.utils.rows import even_sample, slices

PENALTIES = np.logspace(-3, 3, 13)  # of the ridge regressions
LEAST_SPREAD = 1e-6  # of predictions of a target whose spread is one
SAMPLE_ROWS = 10_000  # that the regressions see
PRODUCT_COLUMNS = 4096  # summed in the precision of X, and those sums in double
ROUNDING = 10.0  # units of it in the squares of what is spanned
BLOCK_BYTES = 2**26  # of rows that are made when needed
LARGEST_REST = 1e-2  # of the size of weights that are taken to lie in the space


class Space:
    """The columns of X as inputs. Subclasses replace them or append to them.

    Attributes
    ----------
    n_predictions : int
        How many linear predictions stand behind the columns.
    """

    n_predictions = 0

    def n_trained(self, inputs):
        """Return how many there are of what is trained on, where these inputs write the columns."""
        return inputs.n_columns + self.n_predictions

    def behind(self, inputs):
        """Return the inputs that write the rows to train on, or those that scores are taken of."""
        return inputs

    def rows_of(self, X):
        """Return the rows to train on, of those that these inputs have written."""
        return X

    def columns(self, X):
        """Return rows that begin with the columns, of the first ones that are trained on."""
        return X

    def for_columns(self, W):
        """Return the weights for X that do what those that were trained do."""
        return W

    def for_training(self, W):
        """Return the weights to train that do on the samples what those for X do."""
        return W

    def fingerprint(self):
        """Return bytes that tell whether the weights in training mean the same."""
        return b""


COLUMNS = Space()


class LinearPredictions(Space):
    """The columns of X, followed by linear predictions.

    Attributes
    ----------
    R : ndarray of shape (n_columns, n_predictions)
        The predictions of the samples that it was found on have a standard deviation of one.
    """

    def __init__(self, R):
        self.R, self.n_predictions = R, R.shape[1]

    def behind(self, inputs):
        return inputs.copy(predictions=self.R)

    def for_columns(self, W):
        n = len(self.R)
        return W[:n] + self.R.astype(W.dtype) @ W[n:]

    def for_training(self, W):
        """Return the smallest of the weights for X and the predictions that do what those do."""
        R = self.R
        S = np.linalg.solve(np.eye(R.shape[1]) + R.T @ R, R.T @ W)
        return np.vstack([W - R @ S, S]).astype(W.dtype)

    def fingerprint(self):
        return sha256(self.R.tobytes()).digest()


def linear_predictor(inputs, X, Y, weight):
    """Return the coefficients of ridge regressions on the columns that are not encodings,
    (n_columns, n_predictions), without predictions that are almost constant.

    Parameters
    ----------
    inputs : Standardization
    X : ndarray, as the user gave it
    Y : ndarray of shape (n_rows, n_outputs), standardised
    weight : ndarray of shape (n_rows,), or None
    """
    rows = even_sample(X.shape[0], SAMPLE_ROWS)
    numbers = inputs.copy(encoding=NO_ENCODING).apply(X[rows], np.float64)[:, :-1]
    coef = ridge(numbers, Y[rows].astype(np.float64), None if weight is None else weight[rows])
    spread = (numbers @ coef).std(axis=0)
    varies = spread > LEAST_SPREAD
    R = np.zeros((inputs.n_columns, np.count_nonzero(varies)))
    R[: len(coef)] = coef[:, varies] / spread[varies]
    return R


def ridge(X, Y, weight):
    """Return the coefficients of ridge regressions, (n_columns, n_outputs).

    The penalty of each minimises generalised cross-validation, by one decomposition for all
    penalties. `RidgeCV` of scikit-learn, which uses the exact leave-one-out error, takes twenty
    times as long.
    """
    root = np.ones((len(X), 1)) if weight is None else np.sqrt(weight)[:, np.newaxis]
    X = root * (X - np.average(X, axis=0, weights=weight))
    Y = root * (Y - np.average(Y, axis=0, weights=weight))
    squares, axes = np.linalg.eigh(X.T @ X)
    squares, C = np.maximum(squares, 0), axes.T @ (X.T @ Y)
    shrinkage = 1 / (squares + PENALTIES[:, np.newaxis])
    n_left = len(X) - 1 - (squares * shrinkage).sum(axis=1)
    explained = (shrinkage * (2 - squares * shrinkage)) @ C**2
    rest = np.maximum((Y**2).sum(axis=0) - explained, 0)
    best = np.argmin(rest / n_left[:, np.newaxis] ** 2, axis=0)
    return axes @ (shrinkage[best].T * C)


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
