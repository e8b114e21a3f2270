"""Networks that are trained on linear predictions of the target beside the columns."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, make_friedman1
from sklearn.metrics import d2_log_loss_score, d2_tweedie_score, r2_score

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor, load
from sklearn_shallow.estimators.training import input_steps
from sklearn_shallow.inputs.spaces import COLUMNS


def one_of_twelve(seed, n_rows=200):
    """Return eleven months and the mean of the year, and the month that is left."""
    rng = np.random.default_rng(seed)
    months = rng.standard_normal((n_rows, 1)) + rng.standard_normal((n_rows, 12))
    return np.column_stack([months[:, 1:], months.mean(axis=1)]), months[:, 0]


def test_a_linear_function_of_columns_that_go_together_is_learned(monkeypatch):
    def left_over():
        found = []
        for seed in range(3):
            X, y = one_of_twelve(seed)
            net = ShallowNetRegressor(alpha="evidence", random_state=0).fit(X[:120], y[:120])
            found.append(1 - net.score(X[120:], y[120:]))
        return np.mean(found)

    with_predictions = left_over()
    monkeypatch.setattr(input_steps, "trained_columns", lambda *_: COLUMNS)
    assert with_predictions < 0.05
    assert left_over() > 0.3


def almost_equal(n_rows=700):
    """Return two features that are almost equal and one of noise, and the small difference, with a
    standard deviation of one."""
    common, difference, noise = np.random.default_rng(0).standard_normal((3, n_rows))
    return np.column_stack([common, common + 0.03 * difference, noise]), difference


# Without linear predictions, these scores are below zero.
@pytest.mark.parametrize("kind", ["two classes", "three classes", "labels", "counts", "linear"])
def test_a_small_difference_between_features_is_learned(kind):
    X, difference = almost_equal()
    net, score = ShallowNetClassifier(random_state=0), d2_log_loss_score
    if kind == "two classes":
        y = (difference > 0).astype(int)
    elif kind == "three classes":  # as many as features
        y = np.digitize(difference, [-0.5, 0.5])
    elif kind == "labels":
        y, score = (np.column_stack([difference, X[:, 2]]) > 0).astype(int), multilabel_score
    elif kind == "counts":
        y = np.random.default_rng(1).poisson(np.exp(difference))
        net, score = ShallowNetRegressor(loss="poisson", random_state=0), poisson_score
    else:
        y, net, score = difference, ShallowNetRegressor((), random_state=0), r2_score
    net.fit(X[:300], y[:300])
    predict = getattr(net, "predict_proba", net.predict)
    assert score(y[300:], predict(X[300:])) > 0.45
    assert net._networks[0].space.n_predictions > 0


def multilabel_score(y, probability):
    """Return the score of the first label."""
    return d2_log_loss_score(y[:, 0], probability[:, 0])


def poisson_score(y, mean):
    return d2_tweedie_score(y, mean, power=1)


def test_a_trained_network_is_one_for_the_features_alone():
    X, y = load_diabetes(return_X_y=True)
    net = ShallowNetRegressor(7, standardize=True, numeric_encoding=None, random_state=0)
    net.fit(X, y)
    assert net.coefs_[0].shape == (10, 7)
    hidden = np.maximum(X @ net.coefs_[0] + net.intercepts_[0], 0)
    by_hand = (hidden @ net.coefs_[1] + net.intercepts_[1]).ravel()
    np.testing.assert_allclose(net.predict(X), by_hand, rtol=1e-3)


def test_bins_that_outnumber_the_samples_are_trained_on_without():
    X, y = make_friedman1(60, noise=0.1, random_state=0)
    net = ShallowNetRegressor(numeric_encoding=16, random_state=0).fit(X, y)
    assert net.score(X, y) > 0.8


def test_a_warm_start_goes_on_with_the_same_function():
    X, y = make_friedman1(200, noise=0.1, random_state=0)
    net = ShallowNetRegressor(10, warm_start=True, random_state=0).fit(X, y)
    before = net.predict(X)
    net.set_params(max_iter=1, learning_rate_init=1e-9).fit(X, y)
    np.testing.assert_allclose(net.predict(X), before, rtol=1e-4)


@pytest.mark.parametrize("shape", [(200, 10), (40, 100)], ids=["predictions", "scores"])
def test_a_warm_start_goes_on_from_a_file(shape, tmp_path):
    X = np.random.default_rng(0).standard_normal(shape)
    net = ShallowNetRegressor(5, warm_start=True, random_state=0).fit(X, X[:, 0])
    net.save(tmp_path / "net.npz")
    found = load(tmp_path / "net.npz").fit(X, X[:, 0]).predict(X)
    np.testing.assert_array_equal(found, net.fit(X, X[:, 0]).predict(X))


USED = [
    {},
    {"solver": "sgd"},
    {"loss": "quantile"},
    {"loss": "absolute_error"},
    {"early_stopping": True},
    {"dropout": (0.0, 0.1)},
    {"posterior": "laplace"},
]
NOT_USED = [
    {"solver": "lbfgs"},
    {"solver": "lm", "hidden_layer_sizes": 3},
    {"hidden_layer_sizes": ()},
    {"alpha": 1.0},
    {"l1_ratio": 0.5},
    {"dropout": (0.1, 0.0)},
    {"standardize": False},
    {"loss": "poisson"},
]


def found_in(net, X, y):
    """Return whether a network was trained on linear predictions."""
    net.set_params(random_state=0, max_iter=8).fit(X, y)
    return net._networks[0].space.n_predictions > 0


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("settings", "used"), [(s, True) for s in USED] + [(s, False) for s in NOT_USED], ids=str
)
def test_they_are_used_where_the_decay_of_numbers_is_found(settings, used):
    X, y = make_friedman1(200, random_state=0)
    net = ShallowNetRegressor(5).set_params(**settings)
    assert found_in(net, X, np.abs(y)) == used


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", ["labels", "one feature", "noise", "gaps in y", "constant y"])
def test_they_are_not_used_where_they_say_nothing(kind):
    X, y = make_friedman1(200, random_state=0)
    net = ShallowNetRegressor(5)
    if kind == "labels":
        (X, y), net = load_iris(return_X_y=True), ShallowNetClassifier(5)
    elif kind == "one feature":
        X = X[:, :1]
    elif kind == "noise":
        X, y = X[:19], np.random.default_rng(0).normal(size=19)
    elif kind == "gaps in y":
        y = np.column_stack([y, np.where(np.arange(200) % 9, y, np.nan)])
    else:
        y = np.ones(200)
    assert not found_in(net, X, y)
