"""The factors whose pairs tests/test_pairs.py goes through: settings, data, and what is done.

Convention
----------
row : dict, a value for every factor
"""

import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from pairs_data import BY_LABEL, INPUTS, LABELS, TARGETS, WEIGHTS, kind_of
from sklearn.base import clone, is_classifier
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import SplineTransformer

from sklearn_shallow import (
    Adam,
    Huber,
    LogLoss,
    Loss,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
    Tweedie,
)
from sklearn_shallow.estimators.scikit_learn import HAS_CALLBACKS

UNSET = "unset"

# What is done: each makes of an unfitted network and data what predicts ---------------------------


def fit(net, data):
    validation = validation_of(data) if data.watches else {}
    return net.fit(data.X, data.y, sample_weight=data.weight, **validation)


def partial_fit(net, data):
    first = {"classes": data.classes} if is_classifier(net) else {}
    for _ in range(60):
        net.partial_fit(data.X, data.y, sample_weight=data.weight, **first)
    return net


def fit_and_partial_fit(net, data):
    return fit(net, data).partial_fit(data.X, data.y, sample_weight=data.weight)


def fit_twice(net, data):
    before = np.array(fit(net, data).predict(data.X_new))
    after = fit(net, data).predict(data.X_new)
    assert net.warm_start or (before == after).all(), "the second fit differs from the first"
    return net


def fit_a_clone(net, data):
    return fit(clone(net), data)


def fit_and_pickle(net, data):
    before = fit(net, data).predict(data.X_new)
    net = pickle.loads(pickle.dumps(net))
    assert (net.predict(data.X_new) == before).all(), "unpickled it predicts something else"
    return net


def search(net, data):
    found = GridSearchCV(net, {"random_state": [0]}, cv=2, error_score="raise")
    return found.fit(data.X, data.y, **weights_of(data))


def cross_validated(net, data):
    kind = ShallowNetClassifierCV if is_classifier(net) else ShallowNetRegressorCV
    return kind(net, alphas=[0.3, 3.0], cv=2).fit(data.X, data.y, sample_weight=data.weight)


def in_threads(net, data):
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(lambda twin: fit(twin, data), [clone(net), clone(net)])
    same = one.predict(data.X_new) == two.predict(data.X_new)
    assert same.all(), "fits in two threads differ"
    return one


def watched(net, data):
    return fit(net.set_callbacks(Watch()) if HAS_CALLBACKS else net, data)


def validated(net, data):
    return fit(net, data._replace(watches=True))


def validation_of(data):
    return {"X_val": data.X_new[:40], "y_val": data.y_new[:40]}


def boosted(net, data):
    kind = AdaBoostClassifier if is_classifier(net) else AdaBoostRegressor
    return kind(net, n_estimators=2, random_state=0).fit(data.X, data.y, **weights_of(data))


def weights_of(data):
    return {} if data.weight is None else {"sample_weight": data.weight}


class Watch:
    """A callback of scikit-learn that only looks."""

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        assert fitted_estimator is not None


DONE = {
    function.__name__: function
    for function in (
        fit,
        partial_fit,
        fit_and_partial_fit,
        fit_twice,
        fit_a_clone,
        fit_and_pickle,
        search,
        cross_validated,
        in_threads,
        watched,
        validated,
        boosted,
    )
}

# Settings -----------------------------------------------------------------------------------------


def weighted_score(estimator, X, y, sign):
    return sign * float(np.mean(estimator.predict(X) == np.asarray(y)))


def negative_error(estimator, X, y, sign):
    return -sign * float(np.nanmean((estimator.predict(X) - np.asarray(y)) ** 2))


class Ring(Loss):
    """The distance of prediction and target over all outputs, smooth near zero."""

    standardization = "mean"

    def terms(self, Y, raw):
        return np.sqrt(1 + ((raw - Y) ** 2).sum(axis=1, keepdims=True)) - 1

    def gradient(self, Y, raw, out):
        residual = raw - Y
        return np.divide(residual, np.sqrt(1 + (residual**2).sum(axis=1, keepdims=True)), out=out)


AGREEMENT, ERROR = partial(weighted_score, sign=1), partial(negative_error, sign=1)
RING, SMOOTHED = Ring(), LogLoss(smoothing=0.1)
SPLINES = SplineTransformer(n_knots=3)
CLIPPED, IN_DOUBLE = Adam(clip_norm=1.0, max_time=600), Adam(dtype="float64")
SETTINGS = {
    "hidden_layer_sizes": [UNSET, (), 6, (5, 4)],
    "activation": [UNSET, "tanh", "logistic", "silu"],
    "solver": [UNSET, CLIPPED, IN_DOUBLE, "sgd", "lbfgs", "lm"],
    "alpha": [UNSET, 1.0, 0.0, "evidence"],
    "l1_ratio": [UNSET, 0.3],
    "batch_size": [UNSET, 16, "full"],
    "learning_rate": [UNSET, "constant", "invscaling", "adaptive"],
    "learning_rate_init": [UNSET, 0.03],
    "power_t": [UNSET, 0.2],
    "max_iter": [UNSET, 60],
    "max_fun": [UNSET, 5000],
    "tol": [UNSET, 1e-3],
    "n_iter_no_change": [UNSET, 20],
    "early_stopping": [UNSET, True, False],
    "validation_fraction": [UNSET, 0.25],
    "scoring": [UNSET, None],
    "momentum": [UNSET, 0.5],
    "nesterovs_momentum": [UNSET, False],
    "beta_1": [UNSET, 0.0, 0.1],
    "beta_2": [UNSET, 0.1, 0.999],
    "epsilon": [UNSET, 1e-6],
    "dropout": [UNSET, 0.0, 0.1],
    "n_estimators": [UNSET, 2],
    "n_init": [UNSET, 2],
    "posterior": [UNSET, "laplace"],
    "standardize": [UNSET, True, False],
    "numeric_encoding": [UNSET, None, 4, SPLINES],
    "categorical_features": [UNSET, "from_dtype", None],
    "shuffle": [UNSET, False],
    "warm_start": [UNSET, True],
    "verbose": [UNSET, True],
    "n_jobs": [UNSET, 2],
}
OF_CLASSIFIER = {
    "loss": [UNSET, SMOOTHED, "squared_error", "absolute_error"],
    "class_weight": [UNSET, "balanced", "by label"],
    "scoring": [UNSET, None, "accuracy", AGREEMENT],
}
OF_REGRESSOR = {
    "loss": [
        UNSET,
        "absolute_error",
        "huber",
        Huber(1.0),
        "quantile",
        "poisson",
        "gamma",
        "tweedie",
        Tweedie(1.2),
        RING,
    ],
    "quantile": [UNSET, 0.6, [0.1, 0.5, 0.9]],
    "scoring": [UNSET, None, "r2", ERROR],
}
ESTIMATORS = {"classifier": ShallowNetClassifier, "regressor": ShallowNetRegressor}
FACTORS = {
    "classifier": {**SETTINGS, **OF_CLASSIFIER, "y": list(LABELS)},
    "regressor": {**SETTINGS, **OF_REGRESSOR, "y": list(TARGETS)},
}
for factors in FACTORS.values():
    factors |= {"X": list(INPUTS), "weight": list(WEIGHTS), "done": list(DONE)}
DATA = ("X", "y", "weight", "done")
CORE = (*DATA, "hidden_layer_sizes", "loss", "solver", "alpha", "early_stopping", "posterior")
NOTHING_SET = {
    kind: {name: values[0] for name, values in factors.items()} for kind, factors in FACTORS.items()
}


def settings_of(row):
    """Return the settings of a row that are not left alone."""
    settings = {name: row[name] for name in row if name not in DATA and row[name] is not UNSET}
    if settings.get("class_weight") == "by label":
        settings["class_weight"] = BY_LABEL[kind_of(row)]
    return settings


# What does not go together ------------------------------------------------------------------------

PASSES = ["partial_fit", "fit_and_partial_fit"]
FLAT = {
    "classifier": ["absolute_error"],
    "regressor": ["absolute_error", "quantile", RING],
}
NO_LIKELIHOOD = {
    "classifier": ["squared_error", "absolute_error"],
    "regressor": [loss for loss in OF_REGRESSOR["loss"] if loss not in (UNSET, "poisson")],
}
GAPS = {"classifier": ["multilabel, gaps"], "regressor": ["gaps"]}
TWO_COLUMNS = {
    "classifier": ["multilabel", *GAPS["classifier"]],
    "regressor": ["several", "gaps"],
}
STANDARD_SCORE = {"classifier": [None, "accuracy"], "regressor": [None, "r2"]}


def refusals(kind):
    """Return combinations that raise an error, each with what its message names.

    Those with None are not asked for: scikit-learn or the caller's scorer refuses them, they take
    long, or a rate that suits other rows is too high for an exponential of so long samples.
    """
    return [*of_both(kind), *{"classifier": OF_LABELS, "regressor": OF_NUMBERS}[kind]]


def of_both(kind):
    gaps, score = GAPS[kind], STANDARD_SCORE[kind]
    return [
        ({"solver": ["lbfgs", "lm"], "l1_ratio": [0.3]}, "l1_ratio"),
        ({"solver": ["lm"], "loss": FLAT[kind]}, "curvature"),
        ({"alpha": ["evidence"], "done": ["partial_fit"]}, "alpha"),
        ({"solver": ["lbfgs", "lm"], "done": PASSES}, "solver"),
        ({"posterior": ["laplace"], "done": PASSES}, "posterior"),
        ({"early_stopping": [True], "done": PASSES}, "early_stopping"),
        ({"posterior": ["laplace"], "loss": NO_LIKELIHOOD[kind]}, "posterior"),
        ({"y": gaps, "scoring": score, "early_stopping": [True]}, "scoring"),
        ({"y": gaps, "scoring": score, "done": ["validated"]}, "scoring"),
        ({"y": gaps, "done": ["search"]}, None),
        ({"y": TWO_COLUMNS[kind], "done": ["boosted"]}, None),
        ({"solver": ["lm"], "X": ["wide"]}, None),
        ({"n_init": [2], "done": ["search", "cross_validated"]}, None),
        ({"solver": ["lm"], "hidden_layer_sizes": [UNSET]}, None),
        ({"X": ["gaps", "table"], "done": ["boosted"]}, None),
        ({"X": ["table"], "categorical_features": [None]}, "categorical_features"),
        ({"X": ["sparse"], "numeric_encoding": [4, SPLINES]}, "numeric_encoding"),
    ]


OF_LABELS = [
    ({"solver": ["sgd"], "done": ["boosted"]}, None),
    ({"alpha": [1.0], "l1_ratio": [0.3], "done": ["boosted"]}, None),
    ({"alpha": [1.0], "hidden_layer_sizes": [(5, 4)], "done": ["boosted"]}, None),
    ({"class_weight": ["balanced"], "done": PASSES}, "class_weight"),
]
NEGATIVE = ["one", "several", "gaps"]
LEVELS = {"loss": ["quantile"], "quantile": [[0.1, 0.5, 0.9]]}
WANT_A_COLUMN = ["r2", ERROR]
LOG_LINK = ["poisson", "gamma", "tweedie", Tweedie(1.2)]
OF_NUMBERS = [
    ({"loss": LOG_LINK, "y": NEGATIVE}, "loss"),
    ({"loss": ["gamma"], "y": ["counts"]}, "loss"),
    ({"loss": [RING], "y": ["gaps"]}, "terms"),
    ({**LEVELS, "scoring": WANT_A_COLUMN, "early_stopping": [True]}, None),
    ({**LEVELS, "scoring": WANT_A_COLUMN, "done": ["validated"]}, None),
    ({**LEVELS, "done": ["boosted"]}, None),
    ({"loss": LOG_LINK, "X": ["heavy", "wide"], "standardize": [False]}, None),
    ({"loss": LOG_LINK, "X": ["wide"], "solver": ["sgd"]}, None),
    ({"loss": LOG_LINK, "solver": ["sgd"], "learning_rate_init": [0.03]}, None),
]
