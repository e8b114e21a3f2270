"""Small models of every kind that a file can hold, and samples for them: for golden files.

``python tests/golden.py`` writes the files of the present format to ``tests/export/golden``, with
what the models predict. Files that a release has written stay as they are.
"""

import warnings
from pathlib import Path

import numpy as np
from scipy import sparse

import sklearn_shallow
from sklearn_shallow import (
    ELU,
    Adam,
    Huber,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)

FOLDER = Path(__file__).parent / "export" / "golden" / "1"
RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3))
X[:, 2] = np.exp(3 * X[:, 2])  # has a heavy tail
X[::9, 0] = np.nan
LABELS = np.array(["low", "high", "middle"])[RNG.integers(0, 3, 40)]
NUMBERS = np.exp(X[:, 1])
TWO = np.column_stack([NUMBERS, 100 * NUMBERS[::-1]])
MIXED = X.astype(object)
MIXED[:, 1] = np.array(["red", "green", None], object)[RNG.integers(0, 3, 40)]
SPARSE = sparse.csr_matrix(np.nan_to_num(X) * (RNG.random((40, 3)) < 0.5))


def classifier(y=LABELS, X=X, **parameters):
    return ShallowNetClassifier(2, max_iter=2, random_state=0, **parameters), X, y


def regressor(y=NUMBERS, X=X, **parameters):
    return ShallowNetRegressor(2, max_iter=2, random_state=0, **parameters), X, y


def models():
    """Yield names, unfitted estimators, X and y."""
    yield "classes", *classifier(numeric_encoding=3, activation=ELU(0.5))
    yield "two_classes", *classifier(LABELS == "low", loss="squared_error")
    yield "labels", *classifier(np.column_stack([LABELS == "low", X[:, 1] > 0]))
    yield "categories", *classifier(X=MIXED, categorical_features=[1])
    yield "sparse", *classifier(X=SPARSE, n_estimators=2)
    yield "to_be_continued", *classifier(warm_start=True, solver=Adam(clip_norm=1.0), dropout=0.1)
    yield "numbers", *regressor(solver="lbfgs", loss=Huber(2.0))
    yield "two_targets", *regressor(TWO, loss="poisson", alpha=1.0, early_stopping=True)
    yield "quantiles", *regressor(TWO, loss="quantile", quantile=[0.1, 0.5, 0.9], solver="lbfgs")
    yield "posterior_of_parameters", *regressor(solver="lbfgs", posterior="laplace")
    yield "posterior_of_rows", *regressor(X=X[:8], y=NUMBERS[:8], solver="lm", posterior="laplace")
    yield "relevance", *regressor(alpha="ard")
    net, *data = classifier(solver="lbfgs")
    yield "search_of_classes", ShallowNetClassifierCV(net, alphas=[1, 10], cv=2), *data
    net, *data = regressor(solver="lbfgs")
    yield "search_of_numbers", ShallowNetRegressorCV(net, alphas=[1, 10], cv=2), *data


def predictions(net, X):
    """Return the numbers that a model predicts."""
    if hasattr(net, "predict_proba"):
        return net.predict_proba(X)
    if getattr(net, "posterior", None):
        return np.array(net.predict(X, return_std=True))
    return net.predict(X)


def write():
    FOLDER.mkdir(parents=True, exist_ok=True)
    predicted = {}
    for name, net, X, y in models():
        net.fit(X, y).save(FOLDER / f"{name}.npz")
        predicted[name] = predictions(net, X)
    np.savez_compressed(FOLDER / "predictions.npz", **predicted)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write()
    print(f"written by version {sklearn_shallow.__version__}")
