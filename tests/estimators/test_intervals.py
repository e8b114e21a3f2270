"""`predict_interval`: one signature, from a posterior or from quantiles."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.datasets import load_diabetes
from sklearn.exceptions import NotFittedError

from sklearn_shallow import Quantile, ShallowNetRegressor, ShallowNetRegressorCV

X, Y = load_diabetes(return_X_y=True)
BAYES = {"solver": "lbfgs", "posterior": "laplace", "random_state": 0}
QUANTILES = {"loss": "quantile", "max_iter": 20, "alpha": 1, "random_state": 0}


@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.99])
def test_of_a_posterior_it_is_the_mean_and_deviations(coverage):
    net = ShallowNetRegressor(3, **BAYES).fit(X, Y)
    interval = net.predict_interval(X[:7], coverage)
    mean, std = net.predict(X[:7], return_std=True)
    expected = np.transpose(norm.interval(coverage, mean, std))
    np.testing.assert_allclose(interval, expected, rtol=1e-10)


def test_of_counts_it_does_not_go_below_zero():
    counts = np.random.default_rng(0).poisson(1.0, len(X))
    net = ShallowNetRegressor((), loss="poisson", **BAYES).fit(X, counts)
    mean, std = net.predict(X, return_std=True)
    low, high = net.predict_interval(X).T
    assert (low == 0).any()
    assert (mean - 1.6 * std < 0).any()
    assert (high > mean).all()


def test_of_quantiles_it_is_two_of_them():
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    net = ShallowNetRegressor(4, quantile=levels, **QUANTILES).fit(X, Y)
    predicted = net.predict(X)
    np.testing.assert_array_equal(net.predict_interval(X), predicted[:, [0, 4]])
    np.testing.assert_array_equal(net.predict_interval(X, 0.5), predicted[:, [1, 3]])
    with pytest.raises(ValueError, match=r"quantile=\[0.1, 0.9\], or more"):
        net.predict_interval(X, 0.8)


def test_of_several_targets_there_is_an_axis_for_them():
    both = np.column_stack([Y, -2 * Y])
    for settings in (BAYES, QUANTILES | {"quantile": [0.05, 0.95]}):
        net = ShallowNetRegressor(3, **settings).fit(X, both)
        interval = net.predict_interval(X[:9])
        assert interval.shape == (9, 2, 2)
        assert (interval[:, 0] < interval[:, 1]).all()


def test_of_several_networks_it_is_that_of_their_mixture():
    net = ShallowNetRegressor(3, n_estimators=2, **BAYES).fit(X, Y)
    mean, std = net.predict(X, return_std=True)
    np.testing.assert_allclose(net.predict_interval(X, 0.6826894921370859)[:, 1], mean + std)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
def test_without_either_the_error_says_what_to_fit(loss):
    net = ShallowNetRegressor(2, loss=loss, max_iter=4, alpha=1).fit(X, Y)
    with pytest.raises(ValueError, match=r"posterior='laplace', or .* quantile=\[0.05, 0.95\]"):
        net.predict_interval(X)


def test_one_quantile_is_no_interval():
    net = ShallowNetRegressor(2, **QUANTILES).fit(X, Y)
    with pytest.raises(ValueError, match=r"the fit has 0.5. Fit with quantile=\[0.05, 0.95\]"):
        net.predict_interval(X)
    pair = Quantile((0.05, 0.95))
    net = ShallowNetRegressor(2, **QUANTILES | {"loss": pair}).fit(X, Y)
    assert net.predict_interval(X).shape == (len(X), 2)


@pytest.mark.parametrize("coverage", [0, 1, -0.5, 95, "90%", None, np.nan])
def test_coverage_is_checked(coverage):
    net = ShallowNetRegressor(2, **BAYES).fit(X, Y)
    with pytest.raises(ValueError, match=r"coverage=.* must be a number between 0 and 1"):
        net.predict_interval(X, coverage)


def test_it_needs_a_fit():
    with pytest.raises(NotFittedError):
        ShallowNetRegressor().predict_interval(X)
    with pytest.raises(NotFittedError):
        ShallowNetRegressorCV().predict_interval(X)


def test_a_search_has_those_of_its_best_network():
    search = ShallowNetRegressorCV(ShallowNetRegressor(2, **BAYES), alphas=[1, 10], cv=2)
    search.fit(X, Y)
    expected = search.best_estimator_.predict_interval(X, coverage=0.8)
    np.testing.assert_array_equal(search.predict_interval(X, coverage=0.8), expected)
