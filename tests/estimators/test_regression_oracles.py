"""Without a hidden layer the regressor is the linear model of its loss."""

import numpy as np
import pytest
from nets import stochastic
from sklearn.datasets import load_diabetes
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    HuberRegressor,
    Lasso,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.metrics import mean_pinball_loss
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import Huber, ShallowNetRegressor, Tweedie
from sklearn_shallow.losses.registry import REGRESSOR_LOSSES

EXACT = {"solver": "lbfgs", "tol": 1e-14, "max_iter": 10_000}
X, y = load_diabetes(return_X_y=True)
X = StandardScaler().fit_transform(X)
N_ROWS = len(y)
WEIGHTS = np.random.default_rng(0).integers(0, 4, N_ROWS).astype(float)

weightings = pytest.mark.parametrize("sample_weight", [None, WEIGHTS], ids=["equal", "weighted"])


def linear(**settings):
    return ShallowNetRegressor((), **{**EXACT, "standardize": False, **settings})


@weightings
@pytest.mark.parametrize("alpha", [0.1, 30.0])
def test_equals_ridge(alpha, sample_weight):
    net = linear(alpha=alpha).fit(X, y, sample_weight=sample_weight)
    oracle = Ridge(alpha=alpha).fit(X, y, sample_weight=sample_weight)
    np.testing.assert_allclose(net.coefs_[0][:, 0], oracle.coef_, atol=1e-4)
    np.testing.assert_allclose(net.intercepts_[0], oracle.intercept_, rtol=1e-7)


@weightings
def test_standardize_is_ridge_on_standardised_columns_and_target(sample_weight):
    raw = X * np.logspace(-3, 3, X.shape[1]) + 5
    net = linear(alpha=7.0, standardize=True).fit(raw, y, sample_weight=sample_weight)
    scaler = StandardScaler().fit(raw, sample_weight=sample_weight)
    mean = np.average(y, weights=sample_weight)
    spread = np.sqrt(np.average((y - mean) ** 2, weights=sample_weight))
    oracle = Ridge(alpha=7.0).fit(scaler.transform(raw), (y - mean) / spread, sample_weight)
    expected = oracle.predict(scaler.transform(raw)) * spread + mean
    np.testing.assert_allclose(net.predict(raw), expected, rtol=1e-6)
    np.testing.assert_allclose(raw @ net.coefs_[0][:, 0] + net.intercepts_[0], net.predict(raw))


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_the_stochastic_solvers_reach_ridge(solver):
    settings = {"max_iter": 2000, "batch_size": "full"}
    # At a constant rate Adam ends in steps around the minimum, which depend on rounding.
    settings["learning_rate_init"] = {"sgd": 0.05, "adam": 0.01}[solver]
    settings |= {"learning_rate": "flat_cosine"} | ({"beta_2": 0.999} if solver == "adam" else {})
    net = ShallowNetRegressor((), solver=solver, alpha=30.0, **settings).fit(X, y)
    expected = linear(alpha=30.0, standardize=True).fit(X, y).predict(X)
    np.testing.assert_allclose(net.predict(X), expected, rtol=1e-5)


@weightings
@pytest.mark.parametrize(
    ("loss", "oracle"),
    [
        ("poisson", PoissonRegressor()),
        ("gamma", GammaRegressor()),
        ("tweedie", TweedieRegressor(power=1.5, link="log")),
    ],
)
def test_equals_the_generalised_linear_models(loss, oracle, sample_weight):
    oracle.set_params(alpha=0.1, solver="newton-cholesky", tol=1e-10)
    oracle.fit(X, y, sample_weight=sample_weight)
    total = N_ROWS if sample_weight is None else sample_weight.sum()
    net = linear(loss=loss, alpha=0.1 * total).fit(X, y, sample_weight=sample_weight)
    np.testing.assert_allclose(net.coefs_[0][:, 0], oracle.coef_, atol=1e-6)
    np.testing.assert_allclose(net.predict(X), oracle.predict(X), rtol=1e-5)


def test_tweedie_of_power_one_and_two_are_poisson_and_gamma():
    for power, loss in [(1, "poisson"), (2, "gamma")]:
        settings = {"alpha": 5.0, "max_iter": 30, "random_state": 0, "learning_rate": "flat_cosine"}
        one = ShallowNetRegressor(3, loss=Tweedie(power), **settings).fit(X, y)
        other = ShallowNetRegressor(3, loss=loss, **settings).fit(X, y)
        np.testing.assert_array_equal(one.predict(X), other.predict(X))


@weightings
def test_minimises_the_objective_of_the_huber_regressor(sample_weight):
    """Its scale is fitted too; at that scale the coefficients are those of ours."""
    oracle = HuberRegressor(epsilon=1.2, alpha=0.5, tol=1e-9, max_iter=10_000)
    oracle.fit(X, y, sample_weight=sample_weight)
    delta, alpha = 1.2 * oracle.scale_, 0.5 * oracle.scale_
    net = linear(loss=Huber(delta), alpha=alpha).fit(X, y, sample_weight=sample_weight)
    np.testing.assert_allclose(net.coefs_[0][:, 0], oracle.coef_, atol=2e-3)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_reaches_the_pinball_loss_of_the_quantile_regressor(quantile):
    oracle = QuantileRegressor(quantile=quantile, alpha=0).fit(X, y)
    net = ShallowNetRegressor(
        (), loss="quantile", quantile=quantile, alpha=0, solver="lbfgs", max_iter=1000
    )
    found = mean_pinball_loss(y, net.fit(X, y).predict(X), alpha=quantile)
    assert found <= 1.001 * mean_pinball_loss(y, oracle.predict(X), alpha=quantile)


def test_absolute_error_is_twice_the_pinball_loss_of_the_median():
    oracle = QuantileRegressor(quantile=0.5, alpha=0).fit(X, y)
    net = ShallowNetRegressor((), loss="absolute_error", alpha=0, solver="lbfgs", max_iter=1000)
    found = np.abs(y - net.fit(X, y).predict(X)).mean()
    assert found <= 1.001 * np.abs(y - oracle.predict(X)).mean()


@pytest.mark.parametrize(("l1_ratio", "alpha"), [(1.0, 0.5), (0.5, 5.0), (1.0, 20.0)])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_equals_lasso_and_elastic_net_with_the_same_zeros(solver, l1_ratio, alpha):
    oracle = ElasticNet(alpha=alpha, l1_ratio=l1_ratio, tol=1e-12, max_iter=100_000).fit(X, y)
    rate = {"sgd": 0.1 / (1 + alpha), "adam": 1.0}[solver]
    steps = {"max_iter": 3000, "tol": 0, "n_iter_no_change": 3000, "batch_size": "full"}
    steps |= {"learning_rate": "constant", "learning_rate_init": rate}
    net = linear(solver=solver, l1_ratio=l1_ratio, alpha=alpha * N_ROWS, **steps)
    with pytest.warns(UserWarning, match="max_iter"):
        net.fit(X, y)
    np.testing.assert_allclose(net.coefs_[0][:, 0], oracle.coef_, atol=1e-4)
    np.testing.assert_array_equal(net.coefs_[0][:, 0] == 0, oracle.coef_ == 0)
    assert l1_ratio < 1 or (oracle.coef_ == 0).any()  # there is something to be seen


@pytest.mark.filterwarnings("ignore:.*is no better than a constant")
@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
@pytest.mark.parametrize("sample_weight", [None, WEIGHTS], ids=["equal", "weighted"])
@pytest.mark.parametrize("loss", REGRESSOR_LOSSES)
def test_an_intercept_alone_is_the_mean_the_median_or_the_quantile(loss, sample_weight, solver):
    ones = np.ones((N_ROWS, 1))
    options = {"quantile": {"quantile": 0.8}}.get(loss, {})
    net = ShallowNetRegressor((), loss=loss, solver=solver, random_state=0, **options)
    found = net.fit(ones, y, sample_weight=sample_weight).predict([[1.0]])[0]
    rows = np.repeat(y, (WEIGHTS if sample_weight is not None else np.ones(N_ROWS)).astype(int))
    expected = {
        "absolute_error": np.median(rows),
        "quantile": np.quantile(rows, 0.8, method="inverted_cdf"),
    }.get(loss, rows.mean())
    spread = rows.std()
    if loss == "huber":  # between the median and the mean
        low, high = sorted([np.median(rows), rows.mean()])
        assert low - 0.02 * spread <= found <= high + 0.02 * spread
    else:
        assert abs(found - expected) <= 0.03 * spread


@pytest.mark.filterwarnings("ignore:.*is no better than a constant")
@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_several_quantiles_without_features_are_the_quantiles(solver):
    levels = (0.1, 0.5, 0.9)
    steps = stochastic(solver, batch_size="full", max_iter=200)
    net = ShallowNetRegressor((), loss="quantile", quantile=levels, solver=solver, **steps)
    found = net.fit(np.ones((N_ROWS, 1)), y).predict([[1.0]])[0]
    np.testing.assert_allclose(found, np.quantile(y, levels), atol=0.02 * y.std())


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("nesterov", [False, True])
def test_zeros_come_with_a_falling_learning_rate_too(momentum, nesterov):
    """The velocity is of earlier, larger rates than the present one."""
    target = (y - y.mean()) / y.std()
    expected = Lasso(0.05, tol=1e-12, max_iter=100_000).fit(X, target).coef_ == 0
    steps = {"solver": "sgd", "learning_rate": "flat_cosine", "learning_rate_init": 0.03}
    steps |= {"batch_size": "full", "max_iter": 3000}
    steps |= {"momentum": momentum, "nesterovs_momentum": nesterov}
    net = ShallowNetRegressor(
        (), alpha=0.05 * N_ROWS, l1_ratio=1.0, standardize=False, random_state=0, **steps
    )
    net.fit(X, target)
    np.testing.assert_array_equal(net.coefs_[0][:, 0] == 0, expected)
    assert expected.sum() > 2
