"""Linear predictions of the targets behind the columns, which a network is trained on, too.

A decay of squares makes a linear function of d columns as expensive as any other. With the ridge
regression ``Z = X R`` beside X one weight says what d weights of X do, so that the decay, found on
the data, need not be weak for a target that is nearly linear. What a unit adds up,
``X W + Z S = X (W + R S)``, is linear in X, too: once trained, it is a network for X alone.

Convention
----------
X : ndarray of shape (n_rows, n_columns + 1), as the network sees it without predictions
W : ndarray of shape (n_columns, n_units), or of columns and predictions
"""

from hashlib import sha256

import numpy as np

from sklearn_shallow.inputs.encoding import NO_ENCODING
from sklearn_shallow.inputs.scaling import Inputs
from sklearn_shallow.inputs.space import Space
from sklearn_shallow.utils.rows import even_sample

PENALTIES = np.logspace(-3, 3, 13)
LEAST_SPREAD = 1e-6  # of predictions of a target whose spread is one
SAMPLE_ROWS = 10_000  # that the regression sees


class LinearPredictions(Space):
    """The columns, and linear predictions behind them.

    Attributes
    ----------
    R : ndarray of shape (n_columns, n_predictions)
        The predictions of the samples that it was found on have a standard deviation of one.
    """

    def __init__(self, R):
        self.R = R

    @property
    def n_predictions(self):
        """The number of predictions."""
        return self.R.shape[1]

    def behind(self, inputs):
        return WithPredictions(inputs, self.R)

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


class WithPredictions(Inputs):
    """The transform of X to the columns of a network, and linear predictions behind them.

    Parameters
    ----------
    inputs : Standardization
    R : ndarray of shape (n_columns, n_predictions)
    """

    def __init__(self, inputs, R):
        self.inputs, self.R = inputs, R

    @property
    def n_columns(self):
        return sum(self.R.shape)

    def apply(self, X, dtype=None, out=None):
        out = self.buffer(X.shape[0], dtype) if out is None else out
        n = len(self.R)
        self.inputs.apply(X, out=out[:, : n + 1])
        out[:, n:-1] = out[:, :n] @ self.R.astype(out.dtype)
        return out


def linear_predictor(inputs, X, Y, weight):
    """Return ridge regressions on the columns that encode no others, (n_columns, n_predictions),
    without those that say nothing.

    Parameters
    ----------
    inputs : Standardization
    X : ndarray, as the user gave it
    Y : ndarray of shape (n_rows, n_outputs), standardised
    weight : ndarray of shape (n_rows,), or None
    """
    rows = even_sample(X.shape[0], SAMPLE_ROWS)
    plain = inputs.copy()
    plain.encoding = NO_ENCODING
    numbers = plain.apply(X[rows], np.float64)[:, :-1]
    coef = ridge(numbers, Y[rows].astype(np.float64), None if weight is None else weight[rows])
    spread = (numbers @ coef).std(axis=0)
    varies = spread > LEAST_SPREAD
    R = np.zeros((inputs.n_columns, np.count_nonzero(varies)))
    R[: len(coef)] = coef[:, varies] / spread[varies]
    return R


def ridge(X, Y, weight):
    """Return the coefficients of ridge regressions, (n_columns, n_outputs).

    The penalty of each is that of the least generalised cross-validation, by one decomposition for
    all of them: `RidgeCV` of scikit-learn, which takes the leave-one-out error itself, needs twenty
    times as long.

    Source: Golub, Heath & Wahba 1979, Generalized cross-validation as a method for choosing a good
    ridge parameter, Technometrics 21, equation 2.3.
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
