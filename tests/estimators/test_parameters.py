"""Parameters that cannot be used, and what the messages propose in their place."""

import os
import pickle
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV

from sklearn_shallow import (
    Adam,
    Huber,
    Loss,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
)
from sklearn_shallow.estimators.parameters.settings import Settings

EITHER = pytest.mark.parametrize("estimator", [ShallowNetClassifier, ShallowNetRegressor])


class Kinked(Loss):
    is_smooth = False

    def terms(self, Y, raw):
        return abs(raw - Y)

    def gradient(self, Y, raw, out):
        return np.sign(raw - Y, out=out)


def refused(estimator, **parameters):
    """Return the message of a fit to nothing: what is wrong with X must not come first."""
    with pytest.raises(ValueError, match=next(iter(parameters))) as raised:
        estimator(**parameters).fit(None, None)
    return str(raised.value)


@EITHER
@pytest.mark.parametrize("value", [1.0, True, np.True_, np.array(1)], ids=repr)
def test_what_equals_a_number_that_has_passed_is_refused_all_the_same(estimator, value):
    with pytest.raises(ValueError, match="y"):
        estimator(max_iter=1).fit(None, None)
    refused(estimator, max_iter=value)


@EITHER
@pytest.mark.parametrize(
    "parameters",
    [
        {"dropout": 1.0},
        {"dropout": (0.1, 0.2, 0.3)},
        {"alpha": "bayes"},
        {"alpha": -1},
        {"alpha": (1.0, 2.0)},
        {"l1_ratio": 2.0},
        {"activation": ["tanh", "relu"]},
        {"activation": "relu7"},
        {"hidden_layer_sizes": 0},
        {"scoring": "no such"},
        {"scoring": accuracy_score},  # a metric, which takes no estimator
        {"solver": "newton"},
        {"batch_size": "all"},
        {"batch_size": 0},
        {"learning_rate": "steps"},
        {"early_stopping": "yes"},
        {"posterior": "kfac"},
    ],
)
def test_they_are_refused_before_the_data_are_looked_at(estimator, parameters):
    refused(estimator, **parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {"loss": "squares"},
        {"loss": Kinked},  # a class
        {"loss": Kinked()},  # which lbfgs could not smooth
        {"loss": object()},
        {"quantile": 1.0, "loss": "quantile"},
        {"quantile": [0.9, 0.1], "loss": "quantile"},
    ],
)
def test_so_are_losses_of_the_regressor(parameters):
    refused(ShallowNetRegressor, **parameters)


@EITHER
@pytest.mark.parametrize("value", [True, np.True_])
@pytest.mark.parametrize(
    "name", ["max_iter", "tol", "n_iter_no_change", "batch_size", "n_estimators", "n_init"]
)
def test_a_bool_is_no_number(estimator, name, value):
    assert f"{name}={value!r} must be a number" in refused(estimator, **{name: value})


@EITHER
@pytest.mark.parametrize(
    ("parameters", "meant"),
    [
        ({"activation": "swish"}, "silu"),
        ({"activation": "ReLU"}, "relu"),
        ({"activation": ["Leaky ReLU"]}, "leaky_relu"),
        ({"activation": np.tanh}, "tanh"),
        ({"solver": "rmsprop"}, "adam"),
        ({"solver": "L-BFGS"}, "lbfgs"),
        ({"solver": "rprop+"}, "lbfgs"),
        ({"solver": "traingdx"}, "sgd"),
        ({"solver": "Levenberg-Marquardt"}, "lm"),
        ({"solver": "trainlm"}, "lm"),
        ({"activation": "logsig"}, "logistic"),
        ({"loss": "mse"}, "squared_error"),
        ({"loss": "MAE"}, "absolute_error"),
        ({"learning_rate": "flat cosine"}, "flat_cosine"),
        ({"scoring": "neg_mean_square_error"}, "neg_mean_squared_error"),
        ({"scoring": "mse"}, "neg_mean_squared_error"),
        ({"scoring": "RMSE"}, "neg_root_mean_squared_error"),
        ({"scoring": "f1_score"}, "f1"),
        ({"scoring": "roc_auc_score"}, "roc_auc"),
        ({"learning_rate": "ReduceLROnPlateau"}, "adaptive"),
    ],
    ids=str,
)
def test_what_may_be_meant_is_proposed(estimator, parameters, meant):
    assert f"Did you mean {meant!r}?" in refused(estimator, **parameters)


@EITHER
def test_a_number_as_schedule_is_told_where_the_rate_is(estimator):
    assert "learning_rate_init=0.01" in refused(estimator, learning_rate=0.01)


@EITHER
def test_no_jobs_are_refused(estimator):
    assert "n_jobs" in refused(estimator, n_jobs=0)


def test_what_may_be_meant_is_proposed_by_task():
    assert "Did you mean 'log_loss'?" in refused(ShallowNetClassifier, loss="cross_entropy")
    assert "Did you mean 'log_loss'?" in refused(ShallowNetClassifier, loss="entropy")
    assert "Did you mean 'quantile'?" in refused(ShallowNetRegressor, loss="pinball")
    assert "Did you mean 'balanced'?" in refused(ShallowNetClassifier, class_weight="balance")
    assert "mean" not in refused(ShallowNetClassifier, solver="xyz")


@pytest.mark.parametrize(
    ("set_before", "passed", "way_out"),
    [
        ({}, {"solver__clip_norm": 1}, "solver=Adam(clip_norm=1), in a grid"),
        ({"solver": "sgd"}, {"solver__clip_norm": 1}, "{'solver': [SGD(clip_norm=1), ...]}"),
        ({"solver": Adam(beta_1=0.5)}, {"solver__dtype": "float64"}, "Adam(dtype='float64')"),
        ({}, {"solver": "lbfgs", "solver__max_time": 5}, "solver=LBFGS(max_time=5)"),
        ({"loss": Huber()}, {"loss__delta": 2.0}, "{'loss': [Huber(delta=2.0), ...]}"),
        ({"loss": "huber"}, {"loss__delta": 2.0}, "loss=Huber(delta=2.0)"),
    ],
)
def test_options_of_solvers_and_losses_are_not_set_one_by_one(set_before, passed, way_out):
    net = ShallowNetRegressor(**set_before)
    before = repr(net)
    with pytest.raises(ValueError, match=re.escape(way_out)):
        net.set_params(max_iter=3, **passed)
    assert repr(net) == before


def test_a_grid_has_objects_in_place_of_their_options():
    X, y = load_iris(return_X_y=True)
    net = ShallowNetClassifier(4, solver=Adam(), max_iter=2, alpha=1.0)
    with pytest.raises(ValueError, match=r"Adam\(clip_norm=1\)"):
        GridSearchCV(net, {"solver__clip_norm": [1]}, cv=2).fit(X, y)
    grid = {"solver": [Adam(clip_norm=1), Adam()]}
    assert GridSearchCV(net, grid, cv=2).fit(X, y).best_params_["solver"] in grid["solver"]


@pytest.mark.parametrize(
    ("scoring", "of_several"),
    [("roc_auc", "roc_auc_ovr"), ("f1", "f1_macro"), ("jaccard", "jaccard_macro")],
)
def test_scores_of_two_classes_name_their_means_over_several(scoring, of_several):
    X, y = load_iris(return_X_y=True)
    way_out = f"y has 3. Set scoring='{of_several}'"
    net = ShallowNetClassifier(4, max_iter=2, alpha=1.0, early_stopping=True)
    with pytest.raises(ValueError, match=way_out):
        net.set_params(scoring=scoring).fit(X, y)
    with pytest.raises(ValueError, match=way_out):
        ShallowNetClassifierCV(scoring=scoring).fit(X, y)
    net.set_params(scoring=of_several).fit(X, y)
    net.set_params(scoring=scoring).fit(X, y > 0)
    if scoring == "roc_auc":
        net.fit(X, (y[:, np.newaxis] == [0, 1]).astype(int))  # of several labels: their mean


def test_the_order_of_the_names_is_always_the_same():
    """Whatever the seed of hashes, which is random in this process unless the user sets it."""
    wrong = [{"solver": "x"}, {"loss": 1}, {"learning_rate": 1}, {"activation": 1}]
    program = (
        "from sklearn_shallow import ShallowNetClassifier as C\n"
        f"for wrong in {wrong}:\n"
        "    try:\n"
        "        C(**wrong).fit([[0], [1]], [0, 1])\n"
        "    except ValueError as error:\n"
        "        print(error)\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert found.splitlines() == [refused(ShallowNetClassifier, **values) for values in wrong]


@pytest.mark.parametrize("name", ["alpha", "decay", "unknown"])
def test_the_settings_of_a_fit_are_frozen(name):
    with pytest.raises(FrozenInstanceError):
        setattr(Settings.of(ShallowNetClassifier()), name, 1.0)


@pytest.mark.parametrize("solver", ["adam", Adam(beta_1=0.8)])
@EITHER
def test_what_is_set_between_calls_of_partial_fit_counts(estimator, solver):
    """Parameters that are the same objects as in the last call are not checked again."""

    def train(*changes):
        net = estimator(5, solver=solver, learning_rate_init=0.01, random_state=0)
        for change in changes:
            change(net)
            net.partial_fit([[0.0], [1.0], [2.0]], [0, 1, 1], **classes)
        return net._networks[0].theta

    def same(net):
        pass

    classes = {"classes": [0, 1]} if estimator is ShallowNetClassifier else {}
    before = train(same, same, same)
    np.testing.assert_array_equal(train(same, lambda net: net.set_params(tol=1e-4), same), before)
    changed = train(same, same, lambda net: net.set_params(learning_rate_init=0.02))
    assert not np.array_equal(changed, before)
    for bad in (True, -1.0, "none"):
        with pytest.raises(ValueError, match="alpha"):
            train(
                lambda net: net.set_params(alpha=1), lambda net, bad=bad: net.set_params(alpha=bad)
            )


def test_an_option_of_a_solver_set_between_calls_of_partial_fit_counts():
    net = ShallowNetRegressor(5, solver=Adam(), learning_rate_init=0.01, random_state=0)
    twin = pickle.loads(pickle.dumps(net))
    for made in (net, twin):
        made.partial_fit([[0.0], [1.0], [2.0]], [0, 1, 1])
        made.partial_fit([[0.0], [1.0], [2.0]], [0, 1, 1])
    twin.solver.clip_norm = 1e-6
    for made in (net, twin):
        made.partial_fit([[0.0], [1.0], [2.0]], [0, 1, 1])
    assert not np.array_equal(net._networks[0].theta, twin._networks[0].theta)
