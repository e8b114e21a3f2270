"""Fits with more features than samples, which are trained on scores."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge
from spies import spied

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.estimators import base
from sklearn_shallow.estimators.parameters.settings import Settings
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.input_steps import spans_few
from sklearn_shallow.estimators.training.run import InitialPoint, train
from sklearn_shallow.estimators.training.samples import Samples

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_SAMPLES, N_FEATURES = 40, 90


@pytest.fixture(scope="module")
def wide():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2 * N_SAMPLES, N_FEATURES)) * np.geomspace(0.5, 3, N_FEATURES) + 1
    return X, X[:, 0] + X[:, -1] + rng.normal(size=len(X))


@pytest.fixture
def trained_units(monkeypatch):
    """The inputs of the networks that are trained."""
    return spied(
        monkeypatch, base, "run_all", lambda _, data, *others: data.network.layout.units[0]
    )


def test_training_is_in_the_space_of_the_samples(wide, trained_units):
    X, y = wide
    net = ShallowNetRegressor(max_iter=2, random_state=0).fit(X[:N_SAMPLES], y[:N_SAMPLES])
    assert trained_units == [N_SAMPLES - 1]
    assert net.coefs_[0].shape == (N_FEATURES, 100)
    assert net.predict(X).shape == y.shape


@pytest.mark.parametrize(
    "options",
    [
        {"dropout": (0.1, 0)},
        {"l1_ratio": 0.5},
    ],
)
def test_what_looks_at_single_columns_is_trained_on_them(options, wide, trained_units):
    X, y = wide
    ShallowNetRegressor(5, max_iter=2, random_state=0, **options).fit(X[:40], y[:40])
    assert trained_units == [N_FEATURES]


def test_given_initial_values_are_where_training_begins(wide, trained_units):
    X, y = wide
    first = ShallowNetRegressor(5, max_iter=2, random_state=0).fit(X[:40], y[:40])
    again = ShallowNetRegressor(
        5, max_iter=1, learning_rate="constant", learning_rate_init=1e-12, alpha=1.0
    ).fit(X[:40], y[:40], coef_init=first.coefs_, intercept_init=first.intercepts_)
    assert trained_units == [39, N_FEATURES]
    np.testing.assert_allclose(again.predict(X), first.predict(X), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("standardize", ["auto", False])
def test_a_warm_start_on_the_same_samples_goes_on_with_their_scores(
    solver, standardize, wide, trained_units
):
    X, y = wide
    options = {"solver": solver, "standardize": standardize, "alpha": 3.0, "random_state": 0}
    net = ShallowNetRegressor(5, warm_start=True, max_iter=30, **options).fit(X[:40], y[:40])
    cold = ShallowNetRegressor(5, max_iter=30, **options).fit(X[:40], y[:40])
    np.testing.assert_array_equal(net.predict(X), cold.predict(X))
    loss = net.loss_
    net.set_params(max_iter=1).fit(X[:40], y[:40])
    assert 0.5 * loss < net.loss_ < 1.1 * loss
    assert set(trained_units) == {39 if standardize else 40}


@pytest.mark.parametrize("standardize", ["auto", False])
def test_a_warm_start_begins_with_the_function_of_the_last_fit(standardize, wide, trained_units):
    X, y = wide
    options = {"standardize": standardize, "alpha": 1.0, "learning_rate": "constant"}
    net = ShallowNetRegressor(5, warm_start=True, random_state=0, **options).fit(X[:40], y[:40])
    before = net.predict(X)
    net.set_params(learning_rate_init=1e-12, max_iter=1).fit(X[:40], y[:40])
    np.testing.assert_allclose(net.predict(X), before, rtol=1e-3, atol=1e-3)
    assert set(trained_units) == {39 if standardize else 40}


def test_a_warm_start_on_other_samples_keeps_all_weights(wide, trained_units):
    X, y = wide
    net = ShallowNetRegressor(5, warm_start=True, random_state=0).fit(X[:40], y[:40])
    net.set_params(learning_rate="constant", learning_rate_init=1e-12, max_iter=1, alpha=1.0)
    before = net.predict(X[:40])
    for rows in (slice(40, 80), slice(0, 60)):
        net.fit(X[rows], y[rows])
        np.testing.assert_allclose(net.predict(X[:40]), before, rtol=1e-3, atol=1e-3)
    assert trained_units == [39, N_FEATURES, N_FEATURES]


def test_a_warm_start_after_partial_fit_keeps_what_this_has_learnt(wide, trained_units):
    X, y = wide
    options = {"standardize": False, "learning_rate": "constant", "alpha": 1.0}
    net = ShallowNetRegressor(5, warm_start=True, random_state=0, **options).fit(X[:40], y[:40])
    before = net.partial_fit(X[40:], y[40:]).predict(X)
    net.set_params(learning_rate_init=1e-12, max_iter=1).fit(X[:40], y[:40])
    np.testing.assert_allclose(net.predict(X), before, rtol=1e-3, atol=1e-3)
    assert trained_units == [40, N_FEATURES]


def test_a_linear_model_is_that_of_scikit_learn(wide):
    X, y = wide[0][:N_SAMPLES], wide[1][:N_SAMPLES]
    options = {"solver": "lbfgs", "standardize": False, "tol": 1e-12, "max_iter": 5000}
    net = ShallowNetRegressor((), alpha=3.0, **options).fit(X, y)
    ridge = Ridge(alpha=3.0).fit(X, y)
    np.testing.assert_allclose(net.predict(wide[0]), ridge.predict(wide[0]), rtol=1e-4, atol=1e-4)
    labels = (y > y.mean()).astype(int)
    net = ShallowNetClassifier((), alpha=2.0, **options).fit(X, labels)
    linear = LogisticRegression(C=0.5, tol=1e-10, max_iter=10_000).fit(X, labels)
    np.testing.assert_allclose(net.coefs_[0][:, 0], linear.coef_[0], atol=1e-4)


@pytest.mark.parametrize("solver", ["lbfgs", "sgd", "lm"])
def test_steps_that_no_rotation_changes_are_those_of_the_columns(solver, wide):
    X, y = wide[0][:N_SAMPLES], wide[1][:N_SAMPLES]
    net = ShallowNetRegressor(3, activation="tanh", solver=solver, alpha=5.0, max_iter=4)
    settings = Settings.of(net, is_plain=True)
    target = net._make_target(y, settings)
    columns = TrainingData.of(settings, Samples(X, y), target)
    scores = columns.in_sample_space()
    theta = 0.1 * np.random.default_rng(0).normal(size=scores.network.layout.n_params)
    found = []
    for data, start in ((columns, scores.for_columns(theta)), (scores, theta)):
        streams = {"shuffle": np.random.default_rng(0)}
        result = train(data, InitialPoint(start.copy(), streams), None).result
        found.append((data.for_columns(result.theta), result.value))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-3, atol=1e-5)
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-5)
    assert np.abs(found[0][0] - scores.for_columns(theta)).max() > 1e-3


def test_validation_and_its_score_are_of_the_columns(wide):
    X, y = wide
    labels = (y > y.mean()).astype(int)
    net = ShallowNetClassifier(8, early_stopping=True, scoring="neg_log_loss", random_state=0)
    net.fit(X[:40], labels[:40], X_val=X[40:], y_val=labels[40:])
    assert net.score(X[40:], labels[40:]) > 0.5
    loss = -np.log(net.predict_proba(X[40:])[np.arange(40), labels[40:]]).mean()
    assert -net.best_validation_score_ == pytest.approx(loss, rel=1e-5)
    assert np.isclose(net.history_["validation_loss"], loss, rtol=1e-5).any()


def test_sparse_samples_have_scores_where_features_are_far_more(trained_units):
    X = sparse.random(20, 2000, 0.02, format="csr", random_state=0)
    y = np.arange(20) % 2
    net = ShallowNetClassifier(4, random_state=0, max_iter=30).fit(X, y)
    ShallowNetClassifier(4, random_state=0, max_iter=2).fit(X[:, :900], y)
    assert trained_units == [20, 900]
    np.testing.assert_allclose(
        net.predict_proba(X), net.predict_proba(X.toarray()), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("make", [ShallowNetClassifier, ShallowNetRegressor])
def test_empty_columns_take_nothing_from_sparse_samples(make, trained_units):
    X = sparse.random(700, 360, 0.02, format="csr", random_state=0)
    y = X @ np.random.default_rng(0).normal(size=360)
    y = y > 0 if make is ShallowNetClassifier else y
    train, test = slice(350), slice(350, None)
    scores = []
    for n_empty in (0, 50 * 350):  # as after a HashingVectorizer
        padded = sparse.hstack([X, sparse.csr_array((700, n_empty))], format="csr")
        net = make(random_state=0).fit(padded[train], y[train])
        scores.append(net.score(padded[test], y[test]))
    assert trained_units[0] == X.shape[1] > trained_units[1]
    assert scores[0] > 0.6
    assert scores[1] > scores[0] - 0.1  # 0.55, 0.0 with that of dense X


def test_batches_of_few_samples_are_trained_on_as_columns(wide):
    X, y = wide
    net = ShallowNetRegressor(5, random_state=0)
    net.fit_batches([(X[:40], y[:40]), (X[40:], y[40:])])
    assert net.predict(X).shape == y.shape
    assert net.score(X, y) > 0


def test_a_fit_goes_on_in_parts(wide):
    X, y = wide
    net = ShallowNetRegressor(5, random_state=0, alpha=1.0).fit(X[:40], y[:40])
    before = net.score(X[40:], y[40:])
    for _ in range(20):
        net.partial_fit(X[40:], y[40:])
    assert net.score(X[40:], y[40:]) > before


def test_few_more_features_than_samples_stay_columns(wide):
    class Inputs:
        n_columns = N_FEATURES

    assert spans_few(wide[0][:60], Inputs)
    assert not spans_few(wide[0][:61], Inputs)


def rows_of(kind, n_rows):
    """Return rows to train on and new ones, wide enough to be trained on scores, and their y."""
    rng = np.random.default_rng(0)
    Z, n_columns = rng.normal(size=(n_rows, 3)), 50 * N_SAMPLES if kind == "sparse" else N_FEATURES
    X = Z @ rng.normal(size=(3, n_columns)) + 0.3 * rng.normal(size=(n_rows, n_columns))
    y = 5 + 2 * Z[:, 0] + 0.2 * rng.normal(size=n_rows)
    if kind == "sparse":
        return sparse.csr_matrix(np.where(np.abs(X) > 1, X, 0)), y
    if kind == "table":
        X = pd.DataFrame(X).add_prefix("column ").mask(rng.random(X.shape) < 0.03)
        return X.assign(side=np.where(Z[:, 0] > 0, "left", "right")), y
    return X.astype(kind), y


@pytest.mark.parametrize("kind", ["float64", "float32", "sparse", "table"])
def test_neutral_settings_change_nothing_of_any_kind_of_rows(kind, trained_units):
    X, y = rows_of(kind, N_SAMPLES + 100)
    part = X.iloc if hasattr(X, "iloc") else X
    rows, new = slice(N_SAMPLES), slice(N_SAMPLES, None)
    options = {"hidden_layer_sizes": 20, "early_stopping": False, "random_state": 0}
    expected = ShallowNetRegressor(**options).fit(part[rows], y[rows]).predict(part[new])
    assert np.mean((expected - y[new]) ** 2) < 0.5 * y[new].var()
    watched = {"X_val": part[new], "y_val": y[new]}
    for further, data in (
        ({"warm_start": True}, {}),
        ({"dropout": 0.0, "l1_ratio": 0.0, "n_estimators": 1}, {}),
        ({}, {"sample_weight": np.ones(N_SAMPLES)}),
        ({}, watched),
    ):
        net = ShallowNetRegressor(**options, **further).fit(part[rows], y[rows], **data)
        found = pickle.loads(pickle.dumps(net)).predict(part[new])
        np.testing.assert_array_equal(found, expected)
    assert set(trained_units) <= {N_SAMPLES - 1, N_SAMPLES}


def test_partial_fit_after_fit_keeps_what_was_learnt():
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(472, 5))
    X = factors @ rng.normal(size=(5, 3000)) + rng.normal(size=(472, 3000))
    y = factors[:, 0] + 0.5 * factors[:, 1] * factors[:, 2] + 0.1 * rng.normal(size=472)
    net = ShallowNetRegressor(random_state=0).fit(X[:72], y[:72])
    before = net.score(X[72:], y[72:])
    assert net.partial_fit(X[:72], y[:72]).score(X[72:], y[72:]) > before - 0.15


@pytest.mark.filterwarnings("error")
def test_a_single_sample_of_positive_weight_has_no_scores():
    X, y = np.eye(6)[:, :4] + np.arange(4.0), np.arange(6) % 2
    net = ShallowNetClassifier(3, random_state=0)
    with pytest.warns(UserWarning, match="one class only"):
        net.fit(X, y, sample_weight=[1, 0, 0, 0, 0, 0])
    assert (net.predict(X) == y[0]).all()
