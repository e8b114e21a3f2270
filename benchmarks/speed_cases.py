"""The cases of the speed benchmark and their data.

Convention
----------
X : float32 ndarray or CSR of shape (n_rows, n_features), standard normal where dense.
y : labels 0 to n_classes - 1, all present, int of shape (n_rows,); in regression targets of mean 0
and variance 1, float32 of shape (n_rows,), or (n_rows, n_targets) where there are several.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

TASKS = ("classification", "regression")
FIT_ROWS = 2000  # what a model is trained on whose prediction is timed


@dataclass(frozen=True)
class Case:
    """One piece of work, the same for every peer.

    `counts` are the sizes of the short and the long run, in epochs, iterations or calls. What a
    run costs once, the difference of the two does not contain.
    """

    name: str
    kind: str  # "adam", "lbfgs" or "predict"
    shape: tuple[int, int]
    hidden: tuple[int, ...]
    width: int  # classes, or targets
    counts: tuple[int, int]
    task: str = "classification"
    batch: int = 0
    activation: str = "relu"
    density: float = 1.0  # below 1: X is sparse

    @property
    def n_outputs(self):
        return 1 if self.task == "classification" and self.width == 2 else self.width

    @property
    def units(self):
        return (self.shape[1], *self.hidden, self.n_outputs)

    @property
    def n_batches(self):
        return math.ceil(self.shape[0] / self.batch)

    @property
    def units_per_count(self):
        """Return how many of what is reported (steps, iterations, calls) one count has."""
        return self.n_batches if self.kind == "adam" else 1

    def quicker(self):
        """Return the case with a third of the work."""
        short, long = self.counts
        return replace(self, counts=(short, short + max(1, (long - short) // 3)))


@dataclass(frozen=True)
class Loaded:
    """A fit with default threads, on a machine whose cores are idle, and then busy."""

    task: str
    solver: str
    load: str  # of sklearn.datasets
    n_iter: int


def _regression(name, kind, shape, hidden, counts, n_targets=1, **options):
    return Case(name, kind, shape, hidden, n_targets, counts, task="regression", **options)


_DIGITS = Case("digits", "adam", (1797, 64), (100,), 10, (1, 121), batch=200)
_COVTYPE = Case("covtype", "adam", (20_000, 54), (100, 100), 7, (1, 10), batch=256)
_PREDICT = Case("predict-200k", "predict", (200_000, 64), (100, 100), 10, (0, 1))
_LBFGS = Case("lbfgs-200k", "lbfgs", (200_000, 50), (50,), 10, (1, 7))
_CALIFORNIA = _regression("california", "adam", (20_640, 8), (64, 64), (1, 21), batch=200)
_VALUES = replace(_PREDICT, name="regression-predict-200k", task="regression", width=1)

# The names say what the shape is like; the data are random.
TIMED = {
    case.name: case
    for case in (
        _DIGITS,
        Case("small-batch", "adam", (5000, 20), (50,), 3, (1, 31), batch=32),
        Case("mnist", "adam", (20_000, 784), (128,), 10, (1, 4), batch=128),
        Case("higgs", "adam", (50_000, 28), (256,), 2, (1, 7), batch=512),
        _COVTYPE,
        replace(_DIGITS, name="digits-tanh", activation="tanh"),
        replace(_COVTYPE, name="covtype-logistic", activation="logistic"),
        Case("news", "adam", (2000, 20_000), (100,), 20, (1, 7), batch=200, density=0.005),
        replace(_LBFGS, name="lbfgs-2k", shape=(2000, 50), counts=(5, 65)),
        _LBFGS,
        replace(_PREDICT, name="predict-1", shape=(1, 64), counts=(0, 1000)),
        replace(_PREDICT, name="predict-1k", shape=(1000, 64), counts=(0, 150)),
        replace(_PREDICT, counts=(0, 2)),
        _regression("diabetes", "adam", (442, 10), (100,), (1, 401), batch=200),
        _CALIFORNIA,
        replace(_CALIFORNIA, name="california-tanh", activation="tanh"),
        _regression("wide", "adam", (5000, 200), (100,), (1, 31), batch=200),
        _regression("targets-5", "adam", (10_000, 20), (100,), (1, 21), 5, batch=200),
        _regression("regression-lbfgs-442", "lbfgs", (442, 10), (100,), (5, 105)),
        _regression("regression-lbfgs-20k", "lbfgs", (20_640, 8), (64, 64), (1, 13)),
        replace(_VALUES, name="regression-predict-1", shape=(1, 64), counts=(0, 1000)),
        replace(_VALUES, counts=(0, 2)),
    )
}
NOT_QUICK = ("digits-tanh", "covtype-logistic", "lbfgs-200k", "california-tanh")
# The peak of extra memory does not depend on how long it goes on.
MEMORY = {
    "memory-predict": replace(_PREDICT, name="memory-predict", counts=(0, 1)),
    "memory-lbfgs": replace(_LBFGS, name="memory-lbfgs", counts=(0, 2)),
    "regression-memory-predict": replace(_VALUES, name="regression-memory-predict", counts=(0, 1)),
}
LOADED = {
    "loaded-lbfgs": Loaded("classification", "lbfgs", "load_breast_cancer", 60),
    "loaded-adam": Loaded("classification", "adam", "load_digits", 10),
    "regression-loaded-lbfgs": Loaded("regression", "lbfgs", "load_diabetes", 60),
}


def make_data(case, seed=0):
    """Return X and y, of at least as many rows as are needed to train a model."""
    rng = np.random.default_rng(seed)
    n_rows = max(case.shape[0], FIT_ROWS) if case.kind == "predict" else case.shape[0]
    n_features = case.shape[1]
    if case.density < 1:
        X = _sparse_rows(rng, n_rows, n_features, case.density)
    else:
        X = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    teacher = rng.standard_normal((n_features, case.width), dtype=np.float32)
    raw = X @ teacher
    raw += raw.std() * rng.standard_normal(raw.shape, dtype=np.float32)
    return X, _standardised(raw) if case.task == "regression" else _labels(raw)


def _labels(raw):
    y = raw.argmax(axis=1)
    y[: raw.shape[1]] = np.arange(raw.shape[1])
    return y


def _standardised(raw):
    y = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    return y[:, 0] if y.shape[1] == 1 else y


def _sparse_rows(rng, n_rows, n_features, density):
    """Return a CSR with a random number of positive entries in every row, as of word counts."""
    lengths = rng.poisson(density * n_features, n_rows)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    indices = rng.integers(0, n_features, indptr[-1])
    data = rng.random(indptr[-1], dtype=np.float32)
    X = sparse.csr_matrix((data, indices, indptr), shape=(n_rows, n_features))
    X.sum_duplicates()
    return X
