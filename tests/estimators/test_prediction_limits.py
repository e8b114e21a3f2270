"""Limits of the predictions of numbers, with everything that makes or carries them."""

import numpy as np
import pytest

from sklearn_shallow import ShallowNetRegressor
from sklearn_shallow.targets.limits import Limits

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
RNG = np.random.default_rng(0)
SIZE = RNG.uniform(1, 3, 200)
X = SIZE[:, np.newaxis] + 0.02 * RNG.normal(size=(200, 3))  # features that go together
y = X[:, 0] + 20 * (X[:, 1] - X[:, 2])
SLIP = np.array([[2.0, 2.9, 1.1], [2.0, 1.1, 2.9]])  # no feature is outside of its range
LOW, HIGH = y.min(), y.max()
REACH = 0.5 * (HIGH - LOW)


def net(**settings):
    return ShallowNetRegressor(**{"random_state": 0, "numeric_encoding": None} | settings)


@pytest.fixture(scope="module")
def fitted():
    return net().fit(X, y)


def ends(model):
    """Return the least and the largest prediction, None without limits."""
    limits = model._networks[0].target.limits
    return None if limits.low is None else limits.ends


def test_a_slip_in_features_that_go_together_is_not_predicted_far_from_all_targets(fitted):
    high, low = net(standardize=True).fit(X, y).predict(SLIP)
    assert low < LOW - 5 * REACH
    assert high > HIGH + 5 * REACH
    np.testing.assert_allclose(fitted.predict(SLIP), [HIGH + REACH, LOW - REACH], rtol=1e-6)


@pytest.mark.parametrize("standardize", [True, False])
def test_there_are_none_where_x_has_none(standardize):
    settings = {"standardize": standardize, "hidden_layer_sizes": 3, "max_iter": 2}
    assert ends(net(**settings).fit(X, y)) is None


def test_the_largest_of_heavy_tails_is_no_limit():
    tails = np.exp(2 * RNG.normal(size=200))
    assert ends(net(max_iter=2).fit(X, tails)) is None
    both = ends(net(max_iter=2).fit(X, np.column_stack([tails, y])))
    assert np.isinf(both[:, 0]).all()
    np.testing.assert_allclose(both[:, 1], [LOW - REACH, HIGH + REACH])


def test_a_target_that_varies_only_in_rows_that_are_not_looked_at_has_heavy_tails():
    Y = np.column_stack([np.zeros(1000), np.arange(1000)])
    Y[0, 0] = 3
    limits = Limits.before_data(2).widened(Y).without_heavy_tails(Y[1:], None)
    np.testing.assert_array_equal(limits.apply(np.array([[99.0, 9999]])), [[99, 999 + 999 / 2]])
    constant = Limits.before_data(1).widened(Y[1:, :1]).without_heavy_tails(Y[1:, :1], None)
    np.testing.assert_array_equal(constant.apply(np.array([[99.0]])), [[0]])


def test_every_quantile_has_the_limits_of_its_target():
    Y = np.column_stack([y, -100 * y])
    model = net(loss="quantile", quantile=[0.1, 0.5, 0.9]).fit(X, Y)
    high, low = model.predict(SLIP)
    assert high.shape == (2, 3)
    np.testing.assert_allclose(high[0], HIGH + REACH, rtol=1e-6)
    np.testing.assert_allclose(low[1], 100 * (REACH - LOW), rtol=1e-6)


def test_those_of_continued_training_hold_all_targets(fitted):
    twice = net(warm_start=True, max_iter=2).fit(X, y).fit(X, 0.1 * y)
    np.testing.assert_allclose(ends(twice), ends(fitted))
    part = net(max_iter=2).fit(X[:100], y[:100]).partial_fit(X[100:], y[100:])
    np.testing.assert_allclose(ends(part), ends(fitted))
    assert ends(net(alpha=1.0).partial_fit(X, y)) is None


def test_members_and_their_mean_are_limited():
    model = net(n_estimators=2).fit(X, y)
    for one in (model, *model.estimators_):
        np.testing.assert_allclose(one.predict(SLIP), [HIGH + REACH, LOW - REACH], rtol=1e-6)


def test_streams_have_those_of_all_samples(fitted):
    def batches():
        yield from ((X[i : i + 50], y[i : i + 50]) for i in range(0, 200, 50))

    np.testing.assert_allclose(ends(net().fit_batches(batches, epochs=1)), ends(fitted))
    few = net().fit_batches(lambda: iter([(X, y), (X, 2 * y)]), steps=20)
    assert few._networks[0].target.limits.high == pytest.approx(2 * HIGH)


@pytest.mark.parametrize("n_estimators", [1, 2])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_scikit_learn_has_them(loss, activation, n_estimators):
    settings = {"loss": loss, "activation": activation, "n_estimators": n_estimators}
    model = net(**settings, max_iter=2).fit(X, abs(y))
    for network in model._networks:
        network.target.limits = Limits(np.array([1.5]), np.array([1.6]))
    rows, low, high = np.vstack([SLIP, X]), 1.45, 1.65
    expected = model.predict(rows)
    assert np.isclose(expected, low).any() or np.isclose(expected, high).any()
    found = model.to_sklearn().predict(rows)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
