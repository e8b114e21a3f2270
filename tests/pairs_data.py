"""Data for tests/test_pairs.py: kinds of X, y and weights, all of which can be learnt from.

Convention
----------
Z : ndarray (n_rows, 3), what both X and y are made of
S : ndarray (n_rows,), two columns of Z added up, with noise
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

N_ROWS, N_NEW = 72, 200

# X ------------------------------------------------------------------------------------------------


def dense(Z, rng):
    return np.column_stack([Z, rng.normal(size=(len(Z), 2))])


def sparse_rows(Z, rng):
    X = dense(Z, rng)
    return sparse.csr_matrix(np.where(abs(X) > 0.3, X, 0))


def frame(Z, rng):
    return pd.DataFrame(dense(Z, rng), columns=["one", "two", "three", "four", "five"])


def heavy_tailed(Z, rng):
    return np.column_stack([dense(Z, rng), np.exp(2 * rng.normal(size=len(Z)))])


def with_a_constant(Z, rng):
    return np.column_stack([np.full(len(Z), 7.0), dense(Z, rng)])


def with_missing(Z, rng):
    X = dense(Z, rng)
    X[rng.random(X.shape) < [0, 0.1, 0.2, 0, 0.2]] = np.nan
    return X


def with_categories(Z, rng):
    X = pd.DataFrame(with_missing(Z, rng), columns=["one", "two", "three", "four", "five"])
    X["one"] = pd.cut(X["one"], [-np.inf, -0.7, 0, 0.7, np.inf], labels=list("abcd")).astype("str")
    X["five"] = pd.Categorical(
        np.where(np.isnan(X["five"]), None, np.where(X["five"] > 0, "y", "n"))
    )
    X["six"] = rng.random(len(Z)) < 0.5
    return X


def wide(Z, rng):
    loadings = np.random.default_rng(1).normal(size=(3, 90))
    return Z @ loadings + 0.3 * rng.normal(size=(len(Z), 90))


INPUTS = {
    "dense": dense,
    "float32": lambda Z, rng: dense(Z, rng).astype(np.float32),
    "sparse": sparse_rows,
    "frame": frame,
    "heavy": heavy_tailed,
    "constant": with_a_constant,
    "gaps": with_missing,
    "table": with_categories,
    "wide": wide,
}

# y, and weights -----------------------------------------------------------------------------------


def with_gaps(Y, rng):
    """Return Y with a quarter of its entries missing, none of them in the first rows."""
    Y = Y.astype(object if Y.dtype.kind in "OU" else float)
    gaps = rng.random(Y.shape) < 0.25
    gaps[:4] = False
    Y[gaps] = np.nan
    return Y


def third(S):
    return np.digitize(S, [-0.6, 0.6])


def two_sets(S, Z):
    return np.column_stack([S > 0, Z[:, 1] > 0.2, Z[:, 0] > Z[:, 1]]).astype(int)


LABELS = {
    "binary": lambda S, Z, rng: (S > 0).astype(int),
    "multiclass": lambda S, Z, rng: 10 * third(S),
    "strings": lambda S, Z, rng: np.array(["a", "b", "cc"])[third(S)],
    "multilabel": lambda S, Z, rng: two_sets(S, Z),
    "multilabel, gaps": lambda S, Z, rng: with_gaps(two_sets(S, Z), rng),
}
CLASSES = {
    "binary": [0, 1],
    "multiclass": [0, 10, 20],
    "strings": ["a", "b", "cc"],
}
BY_LABEL = {
    "binary": {0: 2.0},
    "multiclass": {10: 1.5},
    "strings": {"b": 1.5},
    "multilabel": [{1: 2.0}, {0: 1.0, 1: 0.5}, {}],
}


def two_targets(S, Z):
    return np.column_stack([5 + 2 * S, Z[:, 1] - 3])


TARGETS = {
    "one": lambda S, Z, rng: 3 - 2 * S,
    "several": lambda S, Z, rng: two_targets(S, Z),
    "gaps": lambda S, Z, rng: with_gaps(two_targets(S, Z), rng),
    "counts": lambda S, Z, rng: rng.poisson(np.exp(1 + 0.8 * S)),
    "positive": lambda S, Z, rng: np.exp(S),
}


WEIGHTS = {
    "none": lambda rng: None,
    "ones": lambda rng: np.ones(N_ROWS),
    "counts": lambda rng: np.r_[np.ones(8), rng.integers(0, 4, size=N_ROWS - 8)].astype(int),
    "sum to 1": lambda rng: np.full(N_ROWS, 1 / N_ROWS),
    "spread": lambda rng: np.exp(0.7 * rng.normal(size=N_ROWS)),
    "survey": lambda rng: 300 * np.exp(0.5 * rng.normal(size=N_ROWS)),
}


class Data(NamedTuple):
    X: object
    y: np.ndarray
    weight: np.ndarray | None
    X_new: object
    y_new: np.ndarray
    classes: list | None
    watches: bool = False


def make_data(row):
    """Return the rows to train on and new ones, with a fifth of noise in y."""
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(N_ROWS + N_NEW, 3))
    S = Z[:, 0] + 0.6 * Z[:, 1] + 0.25 * rng.normal(size=len(Z))
    y = {**LABELS, **TARGETS}[row["y"]](S, Z, rng)
    X = INPUTS[row["X"]](Z, rng)
    train, new = slice(N_ROWS), slice(N_ROWS, None)
    part = X.iloc if hasattr(X, "iloc") else X
    weight = WEIGHTS[row["weight"]](rng)
    return Data(part[train], y[train], weight, part[new], y[new], CLASSES.get(kind_of(row)))


def kind_of(row):
    return row["y"].removesuffix(", gaps")
