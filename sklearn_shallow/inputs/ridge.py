"""Ridge regressions: predictions as further inputs, and leave-one-out errors for choices.

Convention
----------
X : ndarray of shape (n_rows, n_columns), or CSR in `errors_left_out`
Y : ndarray of shape (n_rows, n_outputs)
weight : ndarray of shape (n_rows,), positive, or None
"""

import numpy as np
from scipy import sparse
from sklearn.linear_model import RidgeCV

from sklearn_shallow.inputs.encoding import NO_ENCODING
from sklearn_shallow.utils.rows import even_sample

PENALTIES = np.logspace(-3, 3, 13)  # candidates of the ridge regressions
MIN_SPREAD = 1e-6  # standard deviation below which linear predictions of a target are constant
WEAK = 0.1  # variance of a direction, over that of a column, below which a decay suppresses it
MAX_ERROR_OF_WEAK = 0.9  # of predictions with such directions, over the error without them
SAMPLE_ROWS = 10_000  # size of the sample of rows for the regressions


def linear_predictor(inputs, X, Y, weight, most_error=np.inf, *, only_weak=False):
    """Return the coefficients of ridge regressions on the columns that are not encodings,
    (n_columns, n_predictions), without predictions that are almost constant or have an estimated
    error above `most_error`.

    Parameters
    ----------
    inputs : Standardization
    X : ndarray, as the user gave it
    Y : ndarray of shape (n_rows, n_outputs), standardised
    weight : ndarray of shape (n_rows,), or None
    only_weak : bool
        Whether there are predictions only if directions of little variance matter, such as the
        difference between almost equal columns.
    """
    rows = even_sample(X.shape[0], SAMPLE_ROWS)
    numbers = inputs.copy(encoding=NO_ENCODING).apply(X[rows], np.float64)[:, :-1]
    weight = None if weight is None else weight[rows]
    coef, error, without_weak = ridge(numbers, Y[rows].astype(np.float64), weight)
    kept = error <= most_error
    if only_weak and error.sum() > MAX_ERROR_OF_WEAK * without_weak.sum():
        kept[:] = False
    spread = (numbers @ coef).std(axis=0)
    kept &= spread > MIN_SPREAD
    R = np.zeros((inputs.n_columns, np.count_nonzero(kept)))
    R[: len(coef)] = coef[:, kept] / spread[kept]
    return R


def ridge(X, Y, weight):
    """Return the coefficients of ridge regressions, (n_columns, n_outputs), the estimates of their
    mean squared errors, divided by the variance of the outputs, (n_outputs,), and those with
    penalties that suppress directions of little variance.

    The penalty of each output minimises generalised cross-validation; one decomposition serves all
    penalties. `RidgeCV` of scikit-learn, with the exact leave-one-out error, takes twenty times as
    long.
    """
    suppressing = WEAK * (len(X) if weight is None else weight.sum())
    penalties = np.append(PENALTIES, suppressing)
    X, Y, squares, axes = decomposed(X, Y, weight)
    C = axes.T @ (X.T @ Y)
    shrinkage = 1 / (squares + penalties[:, np.newaxis])
    n_left = len(X) - 1 - (squares * shrinkage).sum(axis=1)
    explained = (shrinkage * (2 - squares * shrinkage)) @ C**2
    total = (Y**2).sum(axis=0)
    # An error below rounding would be perfect, also where no degrees of freedom are left.
    rest = np.maximum(total - explained, np.finfo(float).eps * total)
    errors = rest * (len(X) / n_left[:, np.newaxis]) ** 2
    errors /= np.maximum(total, np.finfo(float).tiny)
    best = np.argmin(errors[:-1], axis=0)
    least = errors[best, np.arange(len(total))]
    return axes @ (shrinkage[best].T * C), least, errors[penalties >= suppressing].min(axis=0)


def errors_left_out(X, Y, weight):
    """Return the mean squared errors of leave-one-out predictions of ridge regressions on X, with
    the best penalty of each output, (n_outputs,).

    They are those of `RidgeCV` of scikit-learn, which takes five times as long: here one
    decomposition serves all penalties. (It is of the columns, which sparse X has too many of.)
    """
    if sparse.issparse(X):
        ridges = RidgeCV(PENALTIES, alpha_per_target=True).fit(X, Y, weight)
        return -np.ravel(ridges.best_score_)
    X, Y, squares, axes = decomposed(X, Y, weight)
    scores = X @ axes
    C = scores.T @ Y
    shrinkage = 1 / (squares + PENALTIES[:, np.newaxis])
    mean = 1 / len(X) if weight is None else (weight / weight.sum())[:, np.newaxis]
    free = 1 - mean - scores**2 @ shrinkage.T  # one minus the leverage, per sample and penalty
    free = np.maximum(free, np.finfo(float).eps)
    pairs = zip(shrinkage, free.T, strict=True)
    rests = ((Y - scores @ (s[:, np.newaxis] * C)) / f[:, np.newaxis] for s, f in pairs)
    return np.min([(rest**2).mean(axis=0) for rest in rests], axis=0)


def decomposed(X, Y, weight):
    """Return X and Y, centred and multiplied by the roots of the weights, and the eigenvalues and
    eigenvectors of the products of the columns of X."""
    root = np.ones((len(X), 1)) if weight is None else np.sqrt(weight)[:, np.newaxis]
    X = root * (X - np.average(X, axis=0, weights=weight))
    Y = root * (Y - np.average(Y, axis=0, weights=weight))
    squares, axes = np.linalg.eigh(X.T @ X)
    return X, Y, np.maximum(squares, 0), axes
