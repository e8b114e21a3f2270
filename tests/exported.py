"""Fitted estimators of every kind, and samples to predict, for the tests of exports."""

import warnings
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from sklearn_shallow import (
    ELU,
    LeakyReLU,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES, REGRESSOR_LOSSES
from sklearn_shallow.network.activations import ACTIVATIONS

RNG = np.random.default_rng(0)
X = RNG.standard_normal((120, 5)) * [1, 1, 1e-3, 1, 100] + [0, 0, 0, 5, -300]
X[:, 1] = RNG.standard_t(1, 120)  # has heavy tails
X[::7, 0] = np.nan
FULL = np.where(np.isnan(X), 0.5, X)
SHIFT = np.array([0, 0, 0, 1e6, 0])
FAR = FULL + SHIFT  # too far from zero for the first layer to take the shift over
LABELS = RNG.integers(0, 3, 120)
NUMBERS = np.exp(0.5 * FULL[:, 3] - 2) + 0.1 * RNG.random(120)  # positive
NEW = np.vstack([X[:20], RNG.standard_normal((20, 5)) * [9, 1e4, 1e-2, 30, 1e3]])
NEW[3, 2], NEW[4] = np.nan, np.nan  # gaps where training had none
NEW[5], NEW[6], NEW[7] = 1e30, -1e30, 0
DIGITS = np.exp(3 * FULL[:, [3, 0, 3]] - [15, 0, 15]) * [1, 1, 1e3] + [0, 300, 7e4]
SINGLE = np.column_stack([DIGITS, FULL[:, 3] + 500]).astype(np.float32)
TOGETHER = np.linspace(1, 3, 200)[:, np.newaxis] + np.random.default_rng(1).normal(
    0, 0.02, (200, 3)
)
NEAR = np.where(np.isnan(NEW), 0, np.clip(NEW, -400, 400))


@dataclass
class Case:
    """An estimator, what it is fitted to, and samples to predict."""

    net: Any
    X: Any = None
    y: Any = None
    new: Any = None
    in_parts: bool = False

    def fitted(self):
        X_train = X if self.X is None else self.X
        y = (NUMBERS if hasattr(self.net, "quantile") else LABELS) if self.y is None else self.y
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            if self.in_parts:
                return self.net.partial_fit(X_train[:60], y[:60]).partial_fit(X_train[60:], y[60:])
            return self.net.fit(X_train, y)


def classifier(layers=(6, 4), **parameters):
    return ShallowNetClassifier(layers, max_iter=4, random_state=0, **parameters)


def regressor(layers=(6, 4), **parameters):
    return ShallowNetRegressor(layers, max_iter=4, random_state=0, **parameters)


class Parts:
    """Not a case: a y of every kind."""

    binary = LABELS > 0
    text = np.array(["low", 'a "quoted" \\ one', "höch"])[LABELS]
    indicator = np.column_stack([LABELS > 0, LABELS < 2, NUMBERS > 1])
    two = np.column_stack([NUMBERS, 1e3 * FULL[:, 3]])


CASES = {f"activation {name}": Case(classifier(activation=name)) for name in ACTIVATIONS}
CASES |= {
    f"classifier {loss} {kind}": Case(classifier(loss=loss), y=getattr(Parts, kind))
    for loss in CLASSIFIER_LOSSES
    for kind in ("binary", "text", "indicator")
}
CASES |= {
    f"regressor {loss}": Case(regressor(loss=loss, numeric_encoding=4)) for loss in REGRESSOR_LOSSES
}
CASES |= {
    "leaky": Case(regressor(activation=[LeakyReLU(0.2), ELU(1.5)])),
    "bins": Case(classifier(numeric_encoding=5)),
    "linear": Case(classifier(())),
    "linear numbers": Case(regressor(()), y=Parts.two),
    "standardized only": Case(regressor(standardize=True), FULL, new=NEAR),
    "as passed": Case(regressor(standardize=False), FULL, new=NEAR),
    "far from zero": Case(regressor(numeric_encoding=4), FAR, new=NEAR + SHIFT),
    "constant target": Case(regressor(), y=np.full(120, 3.5)),
    "limited predictions": Case(
        ShallowNetRegressor((), solver="lbfgs", numeric_encoding=None),
        TOGETHER,
        TOGETHER @ [1, 20, -20],
        np.array([[2.0, 2.9, 1.1], [2.0, 1.1, 2.9]]),  # no feature is outside of its range
    ),
    "constant feature": Case(regressor(), FULL * [1, 1, 1, 1, 0]),
    "float labels": Case(classifier(), y=LABELS * 2.0),
    "targets": Case(regressor(loss="huber"), y=Parts.two),
    "quantiles": Case(regressor(loss="quantile", quantile=[0.1, 0.5, 0.9])),
    "quantiles of targets": Case(regressor(loss="quantile", quantile=[0.2, 0.9]), y=Parts.two),
    "several": Case(classifier(n_estimators=3, numeric_encoding=4)),
    "several binary": Case(classifier(n_estimators=2), y=Parts.binary),
    "several indicator": Case(classifier(n_estimators=2), y=Parts.indicator),
    "several numbers": Case(regressor(loss="poisson", n_estimators=3)),
    "single precision": Case(classifier(), FULL.astype(np.float32), new=NEAR.astype(np.float32)),
    "digits of single precision": Case(
        regressor(standardize=True, numeric_encoding=16), SINGLE, np.log(DIGITS[:, 0]), SINGLE
    ),
    "sparse": Case(classifier(), sparse.csr_matrix(FULL * (FULL > 0)), new=NEAR * (NEAR > 0)),
    "in parts": Case(regressor(), FULL, new=NEAR, in_parts=True),
    "posterior of numbers": Case(regressor((3,), solver="lbfgs", posterior="laplace")),
    "search": Case(ShallowNetClassifierCV(classifier(3, solver="lbfgs"), alphas=[1, 10], cv=2)),
    "search numbers": Case(
        ShallowNetRegressorCV(regressor(3, solver="lbfgs"), alphas=[1, 10], cv=2), y=NUMBERS
    ),
}
FRAMES = (
    "categories",
    "categories alone",
    "categories of numbers",
    "categories without a gap",
    "many categories",
    "many categories of numbers",
    "many categories of numbers in bins",
)


def frame_case(name):
    """Return a case with categories; it needs pandas."""
    import pandas as pd

    if name.startswith("many"):
        return many_categories(pd, name)
    frame = pd.DataFrame(X, columns=[*"abcd", "label"])
    frame["colour"] = RNG.choice(["red", "green", 'b"lue\\', None], 120)
    frame["shape"] = pd.Categorical(
        RNG.choice(["round", "square"], 120), categories=["square", "never", "round"]
    )
    frame["size"] = pd.Categorical(RNG.choice([1, 5, 12], 120))
    frame["empty"] = pd.Categorical([None] * 120)
    if name == "categories without a gap":
        frame = pd.DataFrame(FULL, columns=[*"abcde"])
        frame["many"] = [f"level {number % 40}" for number in range(120)]
    elif name == "categories of numbers":
        frame = frame[["size", "a", "empty"]]
    elif name == "categories alone":
        frame = frame[["colour", "shape"]]
    new = frame.iloc[:30].copy()
    for column in {"colour", "many"} & {*new}:
        new.loc[3, column] = "unknown"
    return Case(regressor() if "of" in name else classifier(), frame, new=new)


def many_categories(pd, name):
    """Return a case with so many categories in a feature that they become means of the target."""
    code = RNG.permutation(np.repeat(np.arange(300), 2))
    frame = pd.DataFrame({"id": [f"id {number}" for number in code], "x": RNG.random(600)})
    net, y = classifier(), code % 3
    if "of numbers" in name:
        frame["id"] = pd.Categorical(np.where(code < 4, np.nan, code + 0.5))
        bins = 4 if "bins" in name else "auto"
        net, y = regressor(numeric_encoding=bins), code + RNG.random(600)
    new = frame.iloc[:30].astype({"id": object})
    new.loc[3, "id"] = "unknown" if "of numbers" not in name else -1.0
    return Case(net, frame, y, new=new)


@cache
def fitted(name):
    """Return a fitted estimator and samples to predict."""
    if name == "different inputs":
        net, _ = fitted("several")
        return with_different_inputs(net), NEW
    case = frame_case(name) if name in FRAMES else CASES[name]
    return case.fitted(), NEW if case.new is None else case.new


def with_different_inputs(net):
    """Return the networks as an interrupted warm start leaves them: with different limits."""
    [*rest, last], chosen = net._networks, net._chosen
    inputs = last.inputs.copy()
    inputs.compression = inputs.compression.widened(NEW[8:])
    net = ShallowNetClassifier(**net.get_params())
    net._networks, net._chosen = [*rest, replace(last, inputs=inputs)], chosen
    net.n_features_in_ = 5
    return net


NAMES = [*CASES, "different inputs", *FRAMES]


def predictions(net, X):
    """Return the probabilities, or the predicted numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # far outside
        return net.predict_proba(X) if hasattr(net, "classes_") else net.predict(X)


def is_single(X):
    return getattr(X, "dtype", None) == np.float32


def in_double(net, X):
    """Return the predictions that the same parameters make in double precision."""
    if not is_single(X):
        return predictions(net, X)
    twin = copy(net)
    twin._networks = [replace(one, theta=one.theta.astype(float)) for one in net._networks]
    return predictions(twin, X.astype(float))


def rounding(net, X):
    """Return what single precision costs `predict`: the largest difference from double precision,
    at least one unit in the last place of the largest prediction.
    """
    exact = in_double(net, X)
    smallest = np.finfo(np.float32).eps * np.abs(exact).max()
    return max(smallest, np.abs(predictions(net, X) - exact).max())


def labels(net, X):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return net.predict(X)
