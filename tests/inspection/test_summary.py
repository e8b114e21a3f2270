"""`summary()`: fifteen lines that say what "auto" chose."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor, load


@pytest.fixture(scope="module")
def net():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return ShallowNetClassifier(10, max_iter=12, random_state=0).fit(X, y)


def test_it_prints_at_most_fifteen_lines(net, capsys):
    assert net.summary() is None
    printed = capsys.readouterr().out
    assert 10 <= len(printed.splitlines()) <= 15
    for part in (
        "30 -> 10 -> 1 (relu, logistic), 321 parameters",
        "569 samples, 30 features, 2 classes",
        f"alpha_ = {net.alpha_:.4g} (auto: found by the evidence)",
        f"flat_cosine from {net.settings_['learning_rate_init']:.4g} (auto:",
        "71 samples (auto: an eighth",
        "12 of 12 epochs\n",
        f"{net.n_effective_params_:.4g} parameters are determined by the data",
        "compressed for heavy tails: ",
    ):
        assert part in printed


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "new values limited to the training range + 10 %, predictions to that of y + 50 %\n"),
        ({"standardize": True}, "features       none compressed\n"),
    ],
)
def test_limits_are_named_where_there_are_some(settings, words, capsys):
    X, y = load_diabetes(return_X_y=True)
    ShallowNetRegressor(3, max_iter=5, random_state=0, **settings).fit(X, y).summary()
    assert words in capsys.readouterr().out


def test_parameters_that_are_set_have_no_reason(capsys):
    X, y = load_diabetes(return_X_y=True)
    settings = {"solver": "lbfgs", "alpha": 3.0, "max_iter": 20, "n_estimators": 2}
    with np.errstate(all="ignore"), pytest.warns(UserWarning, match="max_iter"):
        net = ShallowNetRegressor((), tol=0, random_state=0, **settings).fit(X, y)
    net.summary()
    printed = capsys.readouterr().out
    assert "alpha_ = 3\n" in printed
    assert "2 networks" in printed
    assert "no hidden layer" in printed
    assert "solver         lbfgs\n" in printed
    assert "all samples\n" in printed
    assert "20 iterations of 20\n" in printed


def test_iterations_of_a_search_are_named(capsys):
    X, y = load_diabetes(return_X_y=True)
    ShallowNetRegressor(3, solver="lm", random_state=0).fit(X, y).summary()
    printed = capsys.readouterr().out
    assert "iterations, those of the search for the decay included\n" in printed
    assert "learning rate" not in printed


def test_linear_predictions_are_named_where_there_are_some(tmp_path, capsys):
    X, y = load_diabetes(return_X_y=True)
    net = ShallowNetRegressor(3, max_iter=5, random_state=0).fit(X, np.column_stack([y, y**2]))
    net.save(tmp_path / "net.npz")
    for same in (net, load(tmp_path / "net.npz")):
        same.summary()
        printed = capsys.readouterr().out
        assert "linear part    2 ridge regressions as further inputs" in printed
        assert len(printed.splitlines()) <= 15


@pytest.mark.parametrize("noise", [0.1, 3.0])
def test_linear_predictions_from_many_features_are_used_if_good(noise, capsys):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 50))
    y = X @ rng.normal(size=50) / 7 + noise * rng.normal(size=60)
    ShallowNetRegressor(3, max_iter=5, random_state=0).fit(X, y).summary()
    assert ("linear part    1 ridge regression" in capsys.readouterr().out) == (noise < 1)


@pytest.mark.parametrize("settings", [{"alpha": 1.0}, {"solver": "lbfgs"}, {"loss": "poisson"}])
def test_no_linear_predictions_are_named_where_there_are_none(settings, capsys):
    X, y = load_diabetes(return_X_y=True)
    ShallowNetRegressor(2, random_state=0, **settings).fit(X[:100], y[:100]).summary()
    assert "linear part" not in capsys.readouterr().out


def test_gaps_are_counted(capsys):
    X, y = load_diabetes(return_X_y=True)
    X[::5, 3] = np.nan
    ShallowNetRegressor(3, max_iter=5, random_state=0).fit(X, y).summary()
    assert "442 samples, 10 features (1 with gaps)\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "reasons"),
    [
        ({"solver": "sgd"}, ["without bins (auto: bins if short fits prefer them, from 100"]),
        ({"alpha": 1.0}, ["adam (auto: suits", "(auto: no bins"]),
        ({"solver": "lbfgs", "max_iter": 20}, ["(auto: no bins", "with a relevance"]),
        ({"solver": "lbfgs", "loss": "poisson"}, ["(auto: no bins", "by the evidence)"]),
        (
            {"learning_rate": "constant", "max_iter": "auto"},
            ["of 250 epochs (auto: 200, more"],
        ),
    ],
)
def test_reasons_are_those_of_the_fit(settings, reasons, capsys):
    X, y = load_diabetes(return_X_y=True)
    settings = {"max_iter": 5, "random_state": 0, **settings}
    with warnings.catch_warnings(action="ignore"):  # that a fit is short
        ShallowNetRegressor(2, **settings).fit(X[:100], y[:100]).summary()
    printed = capsys.readouterr().out
    assert [reason for reason in reasons if reason not in printed] == []


def test_equal_samples_are_counted_as_often_as_they_were_passed(capsys):
    X, y = load_iris(return_X_y=True)  # two of the 150 samples are equal
    net = ShallowNetClassifier(3, solver="lbfgs", alpha=1, random_state=0).fit(X, y)
    assert net.t_ == 150 * net.n_iter_
    net.summary()
    assert "150 samples, 4 features" in capsys.readouterr().out


def test_calls_of_partial_fit_are_told_together(capsys):
    X, y = load_diabetes(return_X_y=True)
    net = ShallowNetRegressor(3, random_state=0).partial_fit(X[:300], y[:300])
    net.partial_fit(X[300:], y[300:]).summary()
    printed = capsys.readouterr().out
    assert "442 samples in 2 epochs, 10 features\n" in printed
    assert "of training" not in printed  # nobody has taken the time


def test_a_validation_loss_is_told_as_a_loss(capsys):
    X, y = load_diabetes(return_X_y=True)
    net = ShallowNetRegressor(3, early_stopping=True, max_iter=5, random_state=0).fit(X, y)
    net.summary()
    assert f"best loss {-net.best_validation_score_:.4g} at" in capsys.readouterr().out
    net.set_params(scoring="r2").fit(X, y).summary()
    assert f"best score {net.best_validation_score_:.4g} at" in capsys.readouterr().out


@pytest.mark.parametrize("n_levels", [2, 3, 300])
def test_levels_are_counted_also_where_they_share_a_column(n_levels, capsys):
    frame = pd.DataFrame({"town": [f"t{i % n_levels:03}" for i in range(900)]})
    target = np.random.default_rng(0).normal(size=900) + np.arange(900) % 2
    ShallowNetRegressor(5, max_iter=4, random_state=0).fit(frame, target).summary()
    assert f"(1 categorical with {n_levels} levels)" in capsys.readouterr().out
