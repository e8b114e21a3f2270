"""The posterior of the parameters: against closed forms, fits without a row, and itself."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from cases import objective_of, point_of, raw_of
from nets import STOCHASTIC, assert_same_weights, plain, plain_regressor
from numerical import numerical_jacobian
from optional import polars as pl
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_friedman1
from sklearn.linear_model import BayesianRidge, Ridge
from sklearn.metrics import log_loss
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor, load
from sklearn_shallow.evidence import inverse_curvature, posterior
from sklearn_shallow.evidence.influence import NOISES, TEMPERATURES, Influence, influences
from sklearn_shallow.evidence.inverse_curvature import ParameterSpace, RowSpace
from sklearn_shallow.evidence.posterior import prior_precision
from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.losses.registry import REGRESSOR_LOSSES
from sklearn_shallow.network.passes import Network
from sklearn_shallow.objective.formula import Objective
from sklearn_shallow.solvers.registry import SOLVERS

LIKELIHOODS = ["log_loss-logit", "log_loss-softmax", "squared_error", "poisson"]
LM = {"solver": "lm", "posterior": "laplace", "random_state": 0, "max_iter": 300}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def diabetes(n_rows=442):
    X, y = load_diabetes(return_X_y=True)
    return X[:n_rows], y[:n_rows]


def standardised(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


def rows_like(objective, rng, n_rows=7):
    return np.column_stack(
        [rng.standard_normal((n_rows, objective.X.shape[1] - 1)), np.ones(n_rows)]
    )


def space_of(kind, objective, theta, **options):
    return kind(objective, theta, prior_precision(objective), **options)


def influence_of(space, objective):
    return Influence(*map(np.concatenate, zip(*influences(space, objective), strict=True)))


# The engine.


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("name", LIKELIHOODS)
def test_is_the_inverse_of_the_gauss_newton_matrix(name, depth, weighted):
    objective, rng = objective_of(name, depth, weighted)
    theta = point_of(objective, rng)
    J = numerical_jacobian(lambda t: raw_of(objective, t), theta)  # (n_params, n_rows, n_outputs)
    roots = np.array(list(objective.hessian_roots(objective.Y, raw_of(objective, theta))))
    if weighted:
        roots = roots * np.sqrt(objective.sample_weight)[:, np.newaxis]
    rows = np.einsum("pio,cio->pci", J, roots).reshape(len(theta), -1)
    matrix = rows @ rows.T + np.diag(prior_precision(objective))
    for kind in (ParameterSpace, RowSpace):
        space = space_of(kind, objective, theta)
        inverse = np.linalg.inv(matrix)
        np.testing.assert_allclose(space.inverse(), inverse, atol=1e-6 * np.abs(inverse).max())
        raw, V = space.moments(objective.X)
        np.testing.assert_allclose(raw, raw_of(objective, theta))
        expected = np.einsum("pik,pq,qil->ikl", J, inverse, J)
        np.testing.assert_allclose(V, expected, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("as_sparse", [False, True])
@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_space_of_the_rows_is_that_of_the_parameters(name, depth, as_sparse):
    objective, rng = objective_of(name, depth)
    theta, X = point_of(objective, rng), rows_like(objective, rng)
    expected = space_of(ParameterSpace, objective, theta).moments(X)
    if as_sparse:
        objective.X, X = sparse.csr_matrix(objective.X), sparse.csr_matrix(X)
    for found, value in zip(space_of(RowSpace, objective, theta).moments(X), expected, strict=True):
        np.testing.assert_allclose(found, value, atol=1e-8 * np.abs(value).max())


def test_the_prior_is_alpha_but_for_the_biases_of_the_output():
    objective, _ = objective_of("squared_error", depth=2, alpha=[0.3, 0.5, 0.7])
    prior = objective.layout.unpack(prior_precision(objective))
    for alpha, W, b in zip([0.3, 0.5, 0.7], prior.W, prior.b, strict=True):
        np.testing.assert_allclose(W, alpha)
        np.testing.assert_allclose(b, posterior.FREE_PRECISION if alpha == 0.7 else alpha)
    objective, _ = objective_of("squared_error", depth=2, alpha=0)
    np.testing.assert_array_equal(prior_precision(objective), posterior.FREE_PRECISION)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_without_a_row_is_the_minimum_without_it(name):
    """Of a quadratic in one step; of other losses a step of Newton's method, done by hand here."""
    objective, rng = objective_of(name, depth=1, weighted=True)
    objective.sample_weight[...] = 1.0
    theta = point_of(objective, rng)
    space = space_of(ParameterSpace, objective, theta)
    influence = influence_of(space, objective)
    J = numerical_jacobian(lambda t: raw_of(objective, t), theta)
    raw = raw_of(objective, theta)
    gradient = objective.loss.gradient(objective.Y, raw, out=np.empty_like(raw))
    H = np.linalg.inv(space.inverse())
    roots = np.array(list(objective.hessian_roots(objective.Y, raw)))
    for i in range(objective.n_rows):
        row = np.einsum("po,co->pc", J[:, i], roots[:, i])
        step = np.linalg.solve(H - row @ row.T, J[:, i] @ gradient[i])
        expected = raw[i] + step @ J[:, i]
        np.testing.assert_allclose(influence.raw_without[i], expected, rtol=1e-4, atol=1e-5)
        V = J[:, i].T @ np.linalg.solve(H - row @ row.T, J[:, i])
        np.testing.assert_allclose(influence.V_without[i], V, atol=1e-4 * np.abs(V).max())
    total = np.trace(np.eye(len(H)) - space.inverse() @ np.diag(space.precision))
    assert influence.leverage.sum() == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("kind", [ParameterSpace, RowSpace])
def test_blocks_of_rows_change_nothing(kind, monkeypatch):
    objective, rng = objective_of("log_loss-softmax", depth=1)
    theta = point_of(objective, rng)
    space = space_of(kind, objective, theta)
    whole = influence_of(space, objective)
    monkeypatch.setattr(inverse_curvature, "JACOBIAN_BYTES", 4 * 8 * 4 * len(space.factor))
    assert space.block_rows < objective.n_rows
    for a, b in zip(influence_of(space, objective), whole, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


NOISE_OF = {"squared_error": "residual", "poisson": "unit", "log_loss-softmax": "temperature"}


@pytest.mark.parametrize("name", NOISE_OF)
def test_laplace_is_plain_data(name):
    objective, rng = objective_of(name, depth=1)
    theta, link = point_of(objective, rng), objective.loss.link
    found = posterior.laplace(objective, theta, link, NOISE_OF[name])
    space = posterior.posterior_space(objective, theta)
    influence = influence_of(space, objective)
    assert found.space.kind == space.kind
    assert found.space.block_rows == space.block_rows
    for one, other in zip(
        found.space.moments(objective.X), space.moments(objective.X), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert found.n_effective_params == pytest.approx(influence.leverage.sum())
    losses = objective.row_losses(influence.Y, influence.raw_without)
    assert found.loo_score == pytest.approx(-np.average(losses, weights=influence.weight))
    weight, residual = influence.weight[:, np.newaxis], influence.Y - influence.raw
    free = weight.sum() - influence.leverage.sum(axis=0)
    expected = {
        "residual": (weight * residual**2).sum(axis=0) / free,
        "unit": np.ones(objective.Y.shape[1]),
        "temperature": np.full(objective.Y.shape[1], found.noise[0]),
    }[NOISE_OF[name]]
    np.testing.assert_allclose(found.noise, expected)
    deviation = np.full(objective.n_params, np.sqrt(found.noise.mean()))
    objective.layout.unpack(deviation).affine[-1][...] = np.sqrt(found.noise)
    covariance = deviation[:, np.newaxis] * space.inverse() * deviation
    np.testing.assert_allclose(found.covariance_of_theta(), covariance, rtol=1e-7)


# Moderated probabilities.


def test_a_moderated_probability_is_about_the_mean_over_a_normal_distribution():
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    for raw in (-3.0, -0.5, 0.0, 1.0, 4.0):
        for s in (0.3, 1.0, 3.0):
            exact = weights @ expit(raw + s * nodes) / weights.sum()
            found = LINKS["logit"].moderated(np.array([[raw]]), np.array([[[s**2]]]))
            assert expit(found[0, 0]) == pytest.approx(exact, abs=0.02)
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(20):
        raw, root = 2 * rng.standard_normal(4), rng.standard_normal((4, 4)) / 2
        V = root @ root.T
        exact = softmax(raw + rng.standard_normal((20_000, 4)) @ root.T, axis=1).mean(axis=0)
        moderated = LINKS["softmax"].moderated(raw[np.newaxis], V[np.newaxis])[0]
        single = raw / np.sqrt(1 + np.pi / 8 * np.diag(V))  # each output by itself
        errors.append([np.abs(softmax(r) - exact).max() for r in (moderated, single, raw)])
    ours, singly, plain = np.mean(errors, axis=0)
    assert ours < 0.03
    assert ours < 0.7 * singly < singly < plain


def test_moderation_knows_no_origin_and_two_classes_are_a_logistic_output():
    rng = np.random.default_rng(0)
    raw, root = rng.standard_normal((5, 4)), rng.standard_normal((5, 4, 4))
    V = root @ root.swapaxes(1, 2)
    moderated = LINKS["softmax"].moderated(raw, V)
    shifted = LINKS["softmax"].moderated(raw + 7.0, V + 1e3)
    np.testing.assert_allclose(softmax(moderated, axis=1), softmax(shifted, axis=1), rtol=1e-9)
    np.testing.assert_allclose(
        softmax(LINKS["softmax"].moderated(raw, np.zeros_like(V)), axis=1), softmax(raw, axis=1)
    )
    two = LINKS["softmax"].moderated(raw[:, :2], V[:, :2, :2])
    difference = raw[:, 1:2] - raw[:, :1]
    variance = (V[:, 0, 0] + V[:, 1, 1] - 2 * V[:, 0, 1])[:, np.newaxis, np.newaxis]
    logistic = LINKS["logit"].moderated(difference, variance)
    np.testing.assert_allclose(softmax(two, axis=1)[:, 1:], expit(logistic))


@pytest.mark.parametrize(("link", "n_outputs"), [("logit", 1), ("softmax", 5)])
def test_where_nothing_is_known_classes_are_equally_probable(link, n_outputs):
    raw = np.arange(1.0, n_outputs + 1)[np.newaxis]
    moderated = LINKS[link].moderated(raw, 1e12 * np.eye(n_outputs)[np.newaxis])
    mean = LINKS[link].inverse(moderated, out=np.empty_like(raw))
    np.testing.assert_allclose(mean, 1 / max(2, n_outputs), atol=1e-5)


# The regressor.


def test_a_linear_network_is_bayesian_linear_regression():
    X, y = diabetes()
    X, y = standardised(X), standardised(y)
    peer = BayesianRidge(tol=1e-12, max_iter=1000).fit(X, y)
    net = ShallowNetRegressor((), alpha=peer.lambda_ / peer.alpha_, tol=1e-12, **LM).fit(X, y)
    mean, std = net.predict(X, return_std=True)
    expected, expected_std = peer.predict(X, return_std=True)
    np.testing.assert_allclose(mean, expected, atol=1e-5)
    noise = net.noise_variance_
    # BayesianRidge leaves out that the mean of y is uncertain too, and the parameter it takes.
    V = expected_std**2 * peer.alpha_ + 1 / len(y)
    np.testing.assert_allclose(std, np.sqrt(noise * V), rtol=1e-6)
    np.testing.assert_allclose(
        net.covariance_[:10, :10], noise * peer.alpha_ * peer.sigma_, rtol=1e-4
    )
    H = X.T @ X + net.alpha * np.eye(10)
    effective = 1 + np.trace(np.linalg.solve(H, X.T @ X))
    assert net.n_effective_params_ == pytest.approx(effective, rel=1e-7)
    assert noise == pytest.approx(((y - mean) ** 2).sum() / (len(y) - effective), rel=1e-9)


@pytest.mark.parametrize("hidden", [(), 3, (3, 2)])
def test_the_covariance_is_that_of_the_coefficients(hidden):
    X, y = diabetes()
    net = ShallowNetRegressor(hidden, activation="tanh", **LM).fit(X, y)
    shapes = [part.shape for pair in zip(net.coefs_, net.intercepts_, strict=True) for part in pair]
    ends = np.cumsum([np.prod(shape) for shape in shapes])

    def predict(theta):
        parts = [p.reshape(s) for p, s in zip(np.split(theta, ends[:-1]), shapes, strict=True)]
        A = X[:20]
        for W, b in zip(parts[:-2:2], parts[1:-2:2], strict=True):
            A = np.tanh(A @ W + b)
        return (A @ parts[-2] + parts[-1])[:, 0]

    pairs = zip(net.coefs_, net.intercepts_, strict=True)
    theta = np.concatenate([part.ravel() for pair in pairs for part in pair])
    np.testing.assert_allclose(predict(theta), net.predict(X[:20]))
    J = numerical_jacobian(predict, theta, step=1e-4)
    _, std = net.predict(X[:20], return_std=True)
    variance = np.einsum("pi,pq,qi->i", J, net.covariance_, J) + net.noise_variance_
    np.testing.assert_allclose(np.sqrt(variance), std, rtol=1e-5)


def test_with_linear_predictions_and_relevance_it_is_that_of_the_coefficients_too():
    X, y = make_friedman1(150, n_features=6, random_state=0)
    settings = {"activation": "tanh", "posterior": "laplace", "random_state": 0}
    net = ShallowNetRegressor(2, max_iter=64, **settings).fit(X, y)
    assert net._networks[0].space.n_predictions == 1
    assert np.ptp(net.relevance_) > 0
    network = net._networks[0]
    seen, layout = network.inputs.compressed(X[:20]), network.network.layout
    rows = np.hstack([seen, network.inputs.apply(X[:20], np.float64)[:, seen.shape[1] :]])

    def predict(theta):
        W, b = layout.unpack(theta).W, layout.unpack(theta).b
        return (np.tanh(rows[:, :-1] @ W[0] + b[0]) @ W[1] + b[1])[:, 0]

    theta = network.to_raw_units()
    np.testing.assert_allclose(predict(theta), net.predict(X[:20]), rtol=1e-4)
    J = numerical_jacobian(predict, theta, step=1e-5)
    _, std = net.predict(X[:20], return_std=True)
    variance = np.einsum("pi,pq,qi->i", J, net.covariance_, J) + net.noise_variance_
    np.testing.assert_allclose(np.sqrt(variance), std, rtol=1e-3)


def test_units_of_y_are_those_of_the_deviation():
    X, y = diabetes()
    one = plain_regressor(solver="lm", posterior="laplace", max_iter=50).fit(X, y)
    two = clone(one).fit(X, 1024 * y)
    (mean, std), (means, stds) = (net.predict(X, return_std=True) for net in (one, two))
    np.testing.assert_allclose(stds, 1024 * std)
    np.testing.assert_allclose(means, 1024 * mean)
    assert two.noise_variance_ == pytest.approx(1024**2 * one.noise_variance_)
    assert two.loo_score_ == pytest.approx(one.loo_score_)
    _, shifted = clone(one).fit(X, y + 1e4).predict(X, return_std=True)
    np.testing.assert_allclose(shifted, std, rtol=1e-5)


def test_is_less_certain_away_from_the_data():
    rng = np.random.default_rng(0)
    x = np.sort(np.concatenate([rng.uniform(-3, -1, 50), rng.uniform(1, 3, 50)]))
    y = np.sin(2 * x) + 0.1 * rng.standard_normal(100)
    net = ShallowNetRegressor(8, activation="tanh", alpha=0.1, **LM).fit(x[:, np.newaxis], y)
    _, std = net.predict(np.array([[0.0], [5.0], [-5.0]]), return_std=True)
    _, inside = net.predict(x[:, np.newaxis], return_std=True)
    assert std.min() > 2 * inside.max()
    assert np.sqrt(net.noise_variance_) == pytest.approx(0.1, rel=0.3)


def test_the_mean_far_away_is_limited_and_the_deviation_grows():
    X, y = make_friedman1(200, n_features=5, random_state=0)
    net = ShallowNetRegressor(20, random_state=0).fit(X, y)
    with_std = clone(net).set_params(posterior="laplace").fit(X, y)
    far = X[:3] + np.array([[0.0], [1.0], [20.0]])
    with pytest.warns(UserWarning, match="1 of 3 samples of X are far outside"):
        mean, std = with_std.predict(far, return_std=True)
    with pytest.warns(UserWarning, match="1 of 3 samples of X are far outside"):
        np.testing.assert_allclose(mean, net.predict(far), rtol=1e-5)
    assert (std[1:] > 2 * std[:-1]).all()


def test_deviations_of_several_targets_have_the_shape_of_these():
    X, y = diabetes()
    rng = np.random.default_rng(0)
    Y = np.column_stack([y, X[:, 2], rng.standard_normal(len(y))])
    Y[::3, 1] = np.nan
    linear = ShallowNetRegressor((), alpha=1.0, **LM)
    net = clone(linear).fit(X, Y)
    mean, std = net.predict(X, return_std=True)
    assert mean.shape == std.shape == Y.shape
    assert net.covariance_.shape == (33, 33)
    for k in (0, 2):  # which are independent of the others
        alone = clone(linear).fit(X, Y[:, k])
        np.testing.assert_allclose(std[:, k], alone.predict(X, return_std=True)[1], rtol=1e-3)
        part = net.covariance_[k::3, k::3]
        np.testing.assert_allclose(part, alone.covariance_, rtol=1e-2, atol=1e-3 * part.max())
        assert net.noise_variance_[k] == pytest.approx(alone.noise_variance_, rel=1e-3)
    known = clone(linear).fit(X[~np.isnan(Y[:, 1])], Y[~np.isnan(Y[:, 1]), 1])
    assert net.noise_variance_[1] == pytest.approx(known.noise_variance_, rel=0.05, abs=1e-6)


def test_counts_vary_by_their_mean_and_by_its_uncertainty():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 2))
    y = rng.poisson(np.exp(0.5 + 0.4 * X[:, 0])).astype(float)
    settings = {**LM, "standardize": False, "tol": 1e-12}
    net = ShallowNetRegressor((), loss="poisson", alpha=1e-9, **settings).fit(X, y)
    mean, std = net.predict(X, return_std=True)
    A = np.column_stack([X, np.ones(200)])
    information = A.T @ (mean[:, np.newaxis] * A)
    np.testing.assert_allclose(net.covariance_, np.linalg.inv(information), rtol=1e-5)
    V = np.einsum("ip,pq,iq->i", A, net.covariance_, A)
    np.testing.assert_allclose(std, np.sqrt(mean + mean**2 * V), rtol=1e-6)
    assert net.noise_variance_ == 1


# Leaving one out.


def test_leaving_one_out_is_exact_for_ridge_regression():
    X, y = diabetes(60)
    settings = {**LM, "standardize": False, "tol": 1e-14}
    net = ShallowNetRegressor((), alpha=0.3, **settings).fit(X, y)
    without = cross_val_predict(Ridge(alpha=0.3), X, y, cv=LeaveOneOut())
    assert net.loo_score_ == pytest.approx(-np.mean((y - without) ** 2) / 2, rel=1e-6)


def test_a_row_with_a_weight_that_counts_no_copies_is_left_out_whole():
    X, y = diabetes(60)
    weight = np.random.default_rng(0).lognormal(size=60)
    settings = {**LM, "standardize": False, "tol": 1e-14}
    net = ShallowNetRegressor((), alpha=0.3, **settings).fit(X, y, sample_weight=weight)
    without = np.empty(60)
    for i in range(60):
        rest = np.delete(np.arange(60), i)
        ridge = Ridge(alpha=0.3).fit(X[rest], y[rest], sample_weight=weight[rest])
        without[i] = ridge.predict(X[i : i + 1])[0]
    expected = -np.average((y - without) ** 2, weights=weight) / 2
    assert net.loo_score_ == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("task", ["squared_error", "poisson", "binary", "multiclass"])
def test_leaving_one_out_is_about_what_new_fits_give(task):
    rng = np.random.default_rng(0)
    settings = {"activation": "tanh", "standardize": False, "alpha": 1.0, "tol": 1e-10, **LM}
    settings |= {"n_iter_no_change": 20, "random_state": 1}  # in 0 a minimum is nearly flat
    if task in ("squared_error", "poisson"):
        X, y = make_friedman1(60, 5, noise=1.0, random_state=0)
        y = standardised(y) if task == "squared_error" else rng.poisson(y / 4).astype(float)
        net = ShallowNetRegressor(3, loss=task, **settings)
    else:
        X, y = load_iris(return_X_y=True)
        X = standardised(X)
        kept = np.flatnonzero(y > 0)[::2] if task == "binary" else np.arange(0, 150, 3)
        X, y = X[kept], y[kept]
        net = ShallowNetClassifier(3, **settings)
    net.fit(X, y)
    objective = _objective_of(net, X, y)
    influence = influence_of(net._networks[0].posterior.space, objective)
    losses = objective.row_losses(influence.Y, influence.raw_without)
    refitted, some = [], slice(None, None, 2)  # half of the samples: every one takes a fit
    for i in range(len(y))[some]:
        rest = np.delete(np.arange(len(y)), i)
        twin = copy.deepcopy(net).set_params(warm_start=True, posterior=None)
        twin.fit(X[rest], y[rest])
        raw = twin._networks[0].map(X[i : i + 1], lambda raw: raw, net.n_outputs_)
        refitted.append(objective.row_losses(objective.Y[i : i + 1], raw)[0])
    assert net.loo_score_ == pytest.approx(-losses.mean(), rel=1e-9)
    assert np.corrcoef(losses[some], refitted)[0, 1] > 0.98
    assert np.mean(losses[some]) == pytest.approx(np.mean(refitted), rel=0.1)
    assert np.mean(losses) > np.mean(objective.row_losses(influence.Y, influence.raw))


def _objective_of(net, X, y):
    """The objective of a fit in the order of the rows as passed."""
    A = np.column_stack([X, np.ones(len(X))])
    [fitted] = net._networks
    Y = np.asarray(fitted.target.encode(y, np.float64), float)
    return Objective(fitted.network, fitted.target.loss, A, Y, alpha=net.alpha)


@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
def test_weight_two_is_the_row_twice(solver):
    X, y = diabetes(100)
    weight = np.random.default_rng(0).integers(1, 4, 100)
    settings = {"solver": solver, "posterior": "laplace", "max_iter": 40}
    one = plain_regressor(**settings).fit(X, y, sample_weight=weight)
    two = plain_regressor(**settings).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert_same_weights(one, two)
    assert one.noise_variance_ == two.noise_variance_
    assert one.loo_score_ == two.loo_score_
    np.testing.assert_array_equal(*(net.predict(X, return_std=True)[1] for net in (one, two)))
    # Without the rows being put together, too.
    [fitted] = one._networks
    space, target, loss = fitted.posterior.space, fitted.target, fitted.target.loss
    A = fitted.inputs.apply(np.repeat(X, weight, axis=0), np.float64)
    Y = target.standardized(target.encode(np.repeat(y, weight), float), float)
    objective = Objective(space.network, loss, A, Y, alpha=1.0)
    repeated = influence_of(space_of(ParameterSpace, objective, space.theta), objective)
    loo = -loss.value(repeated.Y, repeated.raw_without).mean()
    assert loo == pytest.approx(one.loo_score_, rel=1e-6)
    scale = target.scaling.scale[0] ** 2
    noise = NOISES["residual"]
    estimate = noise.estimate(noise.sums(repeated, loss.value, loss.link))
    assert estimate[0] * scale == pytest.approx(one.noise_variance_, rel=1e-6)


# The classifier.


def test_probabilities_are_moderated():
    X, y = load_breast_cancer(return_X_y=True)
    net = plain(solver="lm", max_iter=50, posterior="laplace").fit(X, y)
    without = clone(net).set_params(posterior=None).fit(X, y)
    assert_same_weights(net, without)
    moderated, sharp = net.predict_proba(X), without.predict_proba(X)
    assert (np.abs(moderated - 0.5) < np.abs(sharp - 0.5)).all()
    np.testing.assert_array_equal(net.predict(X), without.predict(X))
    np.testing.assert_allclose(net.predict_log_proba(X), np.log(moderated))
    np.testing.assert_allclose(expit(net.decision_function(X)), moderated[:, 1])
    np.testing.assert_allclose(moderated.sum(axis=1), 1)


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_predictions_agree_with_the_probabilities(kind):
    X, y = load_iris(return_X_y=True)
    Y = {
        "multiclass": y,
        "multilabel": np.column_stack([y == 0, y > 1]).astype(float),
    }[kind]
    if kind != "multiclass":
        Y[::5, 1] = np.nan
    net = plain(solver="lm", posterior="laplace", max_iter=30, standardize=True).fit(X, Y)
    without = clone(net).set_params(posterior=None).fit(X, Y)
    grid = np.random.default_rng(0).uniform(-10, 20, (200, 4))
    found, sharp = net.predict_proba(grid), without.predict_proba(grid)
    labels = net.predict(grid)
    if kind == "multilabel":
        np.testing.assert_array_equal(labels, found > 0.5)
        assert (np.abs(found - 0.5) <= np.abs(sharp - 0.5)).all()
        return
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_array_equal(found.argmax(axis=1), labels)
    assert found.max(axis=1).mean() < sharp.max(axis=1).mean()


def test_logistic_regression_has_the_covariance_of_its_information():
    X, y = load_breast_cancer(return_X_y=True)
    X = standardised(X[:, :4])
    settings = {**LM, "standardize": False, "tol": 1e-12}
    net = ShallowNetClassifier((), alpha=2.0, **settings).fit(X, y)
    raw = X @ net.coefs_[0][:, 0] + net.intercepts_[0]
    A = np.column_stack([X, np.ones(len(X))])
    H = A.T @ ((expit(raw) * expit(-raw))[:, np.newaxis] * A) + np.diag([2.0] * 4 + [1e-6])
    np.testing.assert_allclose(net.covariance_, net.temperature_ * np.linalg.inv(H), rtol=1e-7)
    V = np.einsum("ip,pq,iq->i", A, net.covariance_, A)
    expected = expit(raw / np.sqrt(1 + np.pi * V / 8))
    np.testing.assert_allclose(net.predict_proba(X)[:, 1], expected, rtol=1e-7)


def test_the_temperature_is_the_best_for_rows_left_out():
    """1 where a network overfits classes that overlap; small where they are well apart."""
    X, y = load_breast_cancer(return_X_y=True)
    settings = {**LM, "standardize": False, "activation": "tanh", "alpha": 0.1}
    apart = ShallowNetClassifier(4, **settings).fit(standardised(X), y)
    noise = np.random.default_rng(0).standard_normal((100, 5))
    blurred = ShallowNetClassifier(4, **settings).fit(noise, y[:100])
    assert (apart.temperature_ < 0.5, blurred.temperature_) == (True, 1.0)
    for net, rows, labels in ((apart, standardised(X), y), (blurred, noise, y[:100])):
        objective = _objective_of(net, rows, labels)
        found = influence_of(net._networks[0].posterior.space, objective)
        loss = {
            noise: objective.row_losses(
                found.Y, LINKS["logit"].moderated(found.raw_without, noise * found.V_without)
            ).mean()
            for noise in TEMPERATURES.tolist()
        }
        assert min(loss.values()) == loss[net.temperature_]


def test_certain_labels_are_not_blurred():
    X, y = load_breast_cancer(return_X_y=True)
    y = (X[:, 0] > 13).astype(int)
    net = ShallowNetClassifier(random_state=0).fit(X[:300], y[:300])
    moderated = clone(net).set_params(posterior="laplace").fit(X[:300], y[:300])
    assert moderated.temperature_ < 0.01
    losses = [log_loss(y[300:], model.predict_proba(X[300:])) for model in (net, moderated)]
    assert losses[1] < 1.1 * losses[0]


# The fit is the same with and without a posterior.


def samples_of(kind, rng):
    """Return samples whose default fit has something that a plain one does not have."""
    X = rng.normal(size=(240, 4))
    if kind == "bins":
        return X, np.sign(np.sin(5 * X[:, 0])) + np.sign(X[:, 1])
    if kind == "linear predictions":
        return X, X @ [1.0, 2, 3, 4] + 0.1 * rng.normal(size=240)
    if kind == "scores":
        X = rng.normal(size=(40, 100))
        return X, X[:, 0]
    if kind == "levels":
        town = rng.integers(80, size=1200)
        return pd.DataFrame({"town": town.astype(str), "x": rng.normal(size=1200)}), town % 7
    if kind == "means of many levels":
        town = rng.integers(400, size=1200)
        return pd.DataFrame({"town": town.astype(str), "x": rng.normal(size=1200)}), town % 7
    return X, (X[:, 0] > 0).astype(int)


KINDS = ["bins", "linear predictions", "scores", "levels", "means of many levels", "labels"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_the_fit_is_that_without_a_posterior(kind, tmp_path):
    X, y = samples_of(kind, np.random.default_rng(0))
    estimator = ShallowNetClassifier if kind == "labels" else ShallowNetRegressor
    without = estimator(random_state=0, max_iter=20).fit(X, y)
    net = clone(without).set_params(posterior="laplace").fit(X, y)
    assert_same_weights(net, without)
    np.testing.assert_array_equal(net.predict(X), without.predict(X))
    space = net._networks[0].posterior.space
    assert len(space.theta) >= len(net._networks[0].theta)
    net.save(tmp_path / "net")
    twin = load(tmp_path / "net")
    if kind == "labels":
        np.testing.assert_array_equal(twin.predict_proba(X), net.predict_proba(X))
        return
    mean, std = net.predict(X, return_std=True)
    np.testing.assert_array_equal(twin.predict(X, return_std=True), (mean, std))
    np.testing.assert_allclose(mean, net.predict(X), rtol=1e-3, atol=1e-3)
    assert (std**2 >= 0.99 * net.noise_variance_).all()


# Sizes, settings, and what cannot be done.


def test_takes_the_smaller_matrix_and_says_which(monkeypatch):
    X, y = diabetes(60)
    settings = {"posterior": "laplace", "solver": "lbfgs", "max_iter": 20, "alpha": 5.0}
    net = plain_regressor(hidden_layer_sizes=(5, 4), **settings)
    many = clone(net).set_params(hidden_layer_sizes=20).fit(X, y)
    assert (net.fit(X, y).posterior_, many.posterior_) == ("rows", "rows")
    assert many.covariance_.shape == (241, 241)
    assert net.fit(*diabetes()).posterior_ == "parameters"


def test_a_sample_stands_for_many_samples_and_parameters(monkeypatch):
    X, y = diabetes()
    settings = {"posterior": "laplace", "solver": "lbfgs", "max_iter": 50, "alpha": 10.0}
    net = plain_regressor(hidden_layer_sizes=30, **settings).fit(X, y)
    _, expected = net.predict(X, return_std=True)
    determined, left_out = net.n_effective_params_, net.loo_score_
    for name, size in (("MAX_MATRIX", 300), ("SAMPLE_MATRIX", 200)):
        monkeypatch.setattr(posterior, name, size)
    _, std = net.fit(X, y, np.full(len(y), 1.0)).predict(X, return_std=True)
    assert net.posterior_ == "sample"
    np.testing.assert_allclose(std, expected, rtol=0.15)
    assert net.n_effective_params_ == pytest.approx(determined, rel=0.3)
    assert net.loo_score_ == pytest.approx(left_out, rel=0.3)
    assert net.covariance_.shape == (361, 361)
    monkeypatch.setattr(posterior, "MAX_MATRIX", 400)
    assert net.fit(X, y).posterior_ == "parameters"
    monkeypatch.setattr(posterior, "MAX_MULTIPLICATIONS", 442 * 361**2 - 1)
    assert net.fit(X, y).posterior_ == "sample"
    monkeypatch.setattr(posterior, "MAX_MATRIX", 300)
    monkeypatch.setattr(posterior, "SAMPLE_MATRIX", 2)
    with pytest.raises(ValueError, match=r"and 3 outputs\..*posterior=None"):
        net.fit(X, np.column_stack([y, y**2, np.sqrt(y)]))
    assert net.posterior_ == "sample"  # as it was before


@pytest.mark.parametrize("n_rows", [30, 442])
def test_sparse_rows_give_what_dense_ones_do(n_rows):
    X, y = diabetes(n_rows)
    X = np.where(np.abs(X) > 0.03, 10 * X, 0)
    settings = {"standardize": False, "posterior": "laplace", "solver": "lm", "max_iter": 30}
    net = plain_regressor(**settings).fit(X, y / 100)
    thin = plain_regressor(**settings).fit(sparse.csr_matrix(X), y / 100)
    assert net.posterior_ == {30: "rows", 442: "parameters"}[n_rows]
    mean, std = net.predict(X, return_std=True)
    means, stds = thin.predict(sparse.csr_matrix(X), return_std=True)
    np.testing.assert_allclose(means, mean, rtol=1e-4)
    np.testing.assert_allclose(stds, std, rtol=1e-4)
    np.testing.assert_allclose(
        net.predict(sparse.csr_matrix(X), return_std=True)[1], std, rtol=1e-6
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_goes_with_every_solver_and_precision(solver, dtype):
    X, y = diabetes()
    options = {"dtype": dtype} if solver in STOCHASTIC else {}
    settings = {"posterior": "laplace", "random_state": 0, "alpha": 20.0, "max_iter": 500}
    net = ShallowNetRegressor(5, activation="tanh", solver=SOLVERS[solver](**options), **settings)
    if solver == "sgd":
        net.set_params(learning_rate_init=0.05)
    mean, std = net.fit(X.astype(dtype), y).predict(X.astype(dtype), return_std=True)
    assert mean.dtype == std.dtype == dtype
    np.testing.assert_allclose(std, 54, rtol=0.1)
    assert 9 < net.n_effective_params_ < 22  # of 61


def test_many_rows_in_single_precision():
    X, y = make_friedman1(2500, random_state=0)
    settings = {"solver": "lbfgs", "posterior": "laplace", "max_iter": 20}
    nets = [plain_regressor(**settings).fit(X.astype(t), y) for t in ("float32", "float64")]
    stds = [net.predict(X, return_std=True)[1] for net in nets]
    np.testing.assert_allclose(*stds, rtol=0.01)


@pytest.mark.parametrize("estimator", [ShallowNetClassifier, ShallowNetRegressor])
def test_goes_with_everything_else(estimator):
    X, y = load_iris(return_X_y=True)
    net = plain(estimator, posterior="laplace", dropout=0.2, early_stopping=True, max_iter=20)
    net.set_params(warm_start=True, l1_ratio=(0.5, 0)).fit(X, y).fit(X, y)
    assert np.isfinite(net.loo_score_)
    score = net.set_params(scoring=None).fit(X, y).best_validation_score_
    assert np.isfinite(score)
    assert 0 < net.n_effective_params_ < net.covariance_.shape[0]


def test_copies_predict_alike():
    X, y = diabetes()
    net = plain_regressor(posterior="laplace", solver="lm").fit(X, y)
    expected = net.predict(X, return_std=True)
    for twin in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
        np.testing.assert_array_equal(twin.predict(X, return_std=True), expected)
        assert twin.loo_score_ == net.loo_score_
    assert clone(net).posterior == "laplace"
    np.testing.assert_allclose(net.predict(X), expected[0])


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("n_estimators", [1, 2])
def test_a_frame_has_deviations_by_one_pass_of_every_network(frame, n_estimators, monkeypatch):
    X, y = diabetes(60)
    table = frame({f"column {k}": column for k, column in enumerate(X.T)})
    net = plain_regressor(posterior="laplace", n_estimators=n_estimators).fit(table, y)
    expected, passes, forward = net.predict(table), [], Network.forward
    monkeypatch.setattr(
        Network, "forward", lambda *args, **named: passes.append(1) or forward(*args, **named)
    )
    mean, std = net.predict(table, return_std=True)  # without a warning of names
    assert len(passes) == n_estimators
    np.testing.assert_allclose(mean, expected)
    assert std.shape == mean.shape


def test_the_covariance_of_too_many_parameters_is_refused():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 200))
    net = ShallowNetRegressor(50, max_iter=2, posterior="laplace").fit(X, X[:, 0])
    with pytest.raises(AttributeError, match=r"10101 parameters.*10000 rows.*fewer hidden units"):
        _ = net.covariance_
    assert (net.predict(X, return_std=True)[1] > 0).all()


def test_a_fit_without_it_forgets_it():
    X, y = diabetes()
    net = plain_regressor(posterior="laplace").fit(X, y)
    assert hasattr(net, "covariance_")
    net.set_params(posterior=None).fit(X, y)
    for name in (
        "covariance_",
        "noise_variance_",
        "loo_score_",
        "n_effective_params_",
        "posterior_",
    ):
        assert not hasattr(net, name)
    net.set_params(posterior="laplace").fit(X, y).set_params(posterior=None).partial_fit(X, y)
    assert not hasattr(net, "posterior_")


def test_prediction_without_the_posterior_says_what_to_set():
    X, y = diabetes()
    net = plain_regressor().fit(X, y)
    with pytest.raises(ValueError, match=r"return_std=True.*posterior='laplace'.*posterior=None"):
        net.predict(X, return_std=True)


@pytest.mark.parametrize("loss", sorted(set(REGRESSOR_LOSSES) - {"squared_error", "poisson"}))
def test_refuses_losses_that_are_no_probabilities(loss):
    X, y = diabetes()
    with pytest.raises(ValueError, match=rf"got loss='{loss}'.*'squared_error' or 'poisson'"):
        plain_regressor(loss=loss, posterior="laplace").fit(X, y)


def test_refuses_what_it_cannot_do():
    X, y = load_iris(return_X_y=True)
    for loss in ("squared_error", "absolute_error"):
        with pytest.raises(ValueError, match=rf"got loss='{loss}'.*'log_loss'"):
            plain(loss=loss, posterior="laplace").fit(X, y)
    net = plain(posterior="laplace").fit(X, y)
    expected = net.predict_proba(X)
    assert not hasattr(net, "partial_fit")
    np.testing.assert_array_equal(net.predict_proba(X), expected)
    with pytest.raises(ValueError, match="posterior='kfac' must be one of"):
        plain(posterior="kfac").fit(X, y)


def test_an_interpolating_network_has_a_finite_posterior():
    X, y = diabetes(20)
    net = plain_regressor(alpha=0.0, solver="lbfgs", max_iter=500, posterior="laplace").fit(X, y)
    assert np.isfinite(net.predict(X, return_std=True)[1]).all()
    assert np.isfinite(net.loo_score_)
    constant = plain_regressor(posterior="laplace")
    with pytest.warns(UserWarning, match="no spread in column 0.*deviations are zero"):
        constant.fit(X, np.full(20, 3.0))
    np.testing.assert_array_equal(constant.predict(X, return_std=True)[1], 0)


@pytest.mark.parametrize(("make", "target"), [(plain, 1), (plain_regressor, 0)])
def test_next_to_no_prior_is_refused_where_nothing_else_holds_the_parameters(make, target):
    X, y = diabetes(20)
    net = make(hidden_layer_sizes=20, alpha=1e-300, posterior="laplace")
    with pytest.raises(ValueError, match=r"singular.*larger alpha.*posterior=None"):
        net.fit(X, y > y.mean() if target else y)


def test_several_networks_are_a_mixture():
    X, y = make_friedman1(100, 5, noise=1.0, random_state=0)
    settings = {"hidden_layer_sizes": 5, "solver": "lbfgs", "max_iter": 500, "random_state": 0}
    net = ShallowNetRegressor(posterior="laplace", n_estimators=3, **settings).fit(X, y)
    mean, std = net.predict(X, return_std=True)
    means, stds = zip(*(one.predict(X, return_std=True) for one in net.estimators_), strict=True)
    draws = np.mean(np.square(stds) + np.square(means), axis=0) - np.mean(means, axis=0) ** 2
    np.testing.assert_allclose(mean, np.mean(means, axis=0))
    np.testing.assert_allclose(std, np.sqrt(draws))
    assert not np.allclose(stds[0], stds[1])
    with pytest.raises(AttributeError, match="own noise_variance_"):
        _ = net.noise_variance_


def test_several_classifiers_average_their_moderated_probabilities():
    X, y = load_iris(return_X_y=True)
    settings = {"hidden_layer_sizes": 5, "solver": "lbfgs", "random_state": 0}
    net = ShallowNetClassifier(posterior="laplace", n_estimators=2, **settings).fit(X, y)
    without = ShallowNetClassifier(n_estimators=2, **settings).fit(X, y)
    each = np.mean([one.predict_proba(X) for one in net.estimators_], axis=0)
    np.testing.assert_allclose(net.predict_proba(X), each)
    np.testing.assert_allclose(np.exp(net.predict_log_proba(X)), each)
    assert not np.allclose(without.predict_proba(X), each)


def test_the_prior_of_the_evidence_is_that_of_the_posterior():
    X, y = make_friedman1(100, 5, noise=1.0, random_state=0)
    settings = {"hidden_layer_sizes": 3, "activation": "tanh", "solver": "lm", "max_iter": 500}
    net = ShallowNetRegressor(posterior="laplace", random_state=0, **settings)
    net.fit(X, y)
    [fitted] = net._networks
    prior = fitted.network.layout.unpack(fitted.posterior.space.precision.reshape(-1))
    np.testing.assert_allclose(prior.W[0], net.alpha_)
    np.testing.assert_allclose(prior.b[0], net.alpha_)
    _, std = net.predict(X, return_std=True)
    assert 0.5 < std.mean() < 2  # the noise is 1
