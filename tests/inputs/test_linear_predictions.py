"""Linear predictions behind the columns that a network is trained on."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

from sklearn_shallow.inputs.ridge import PENALTIES, WEAK, errors_left_out, ridge
from sklearn_shallow.inputs.spaces import LinearPredictions


def standardized(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_penalty_has_the_least_generalised_cross_validation(weighted):
    X, y = load_diabetes(return_X_y=True)
    X, Y = standardized(X), standardized(np.column_stack([y, np.sqrt(y)]))
    weight = np.random.default_rng(0).uniform(0.2, 2, len(y)) if weighted else None
    root = np.ones(len(y)) if weight is None else np.sqrt(weight)
    found, errors, _ = ridge(X, Y, weight)
    A = root[:, np.newaxis] * (X - np.average(X, axis=0, weights=weight))
    for output, coef, error in zip(Y.T, found.T, errors, strict=True):
        scores, coefs = [], []
        for penalty in PENALTIES:
            model = Ridge(penalty).fit(X, output, weight)
            hat = A @ np.linalg.solve(A.T @ A + penalty * np.eye(A.shape[1]), A.T)
            rest = root * (output - model.predict(X))
            scores.append(rest @ rest / (len(y) - 1 - np.trace(hat)) ** 2)
            coefs.append(model.coef_)
        np.testing.assert_allclose(coef, coefs[np.argmin(scores)], rtol=1e-6, atol=1e-9)
        centred = root * (output - np.average(output, weights=weight))
        expected = len(y) ** 2 * min(scores) / (centred @ centred)
        np.testing.assert_allclose(error, expected, rtol=1e-6)


def test_the_error_is_that_of_new_samples_with_nearly_as_many_columns_as_samples():
    rng = np.random.default_rng(0)
    X, coef = rng.normal(size=(5000, 70)), rng.normal(size=70) / np.sqrt(70)
    y = X @ coef + 0.3 * rng.normal(size=5000)
    found, error, _ = ridge(X[:80], y[:80, np.newaxis], None)
    rest = y[80:] - X[80:] @ found[:, 0]
    assert 0.5 < error[0] / (rest.var() / y.var()) < 2


@pytest.mark.parametrize("weighted", [False, True])
def test_a_penalty_suppresses_directions_of_little_variance(weighted):
    rng = np.random.default_rng(0)
    common, difference = rng.normal(size=(2, 500))
    X = standardized(np.column_stack([common, common + 0.1 * difference]))
    Y = standardized(np.column_stack([difference, common]))
    weight = rng.uniform(0.2, 2, 500) if weighted else None
    _, least, without_weak = ridge(X, Y, weight)
    assert without_weak[0] > 0.8 > 0.01 > least[0]
    assert without_weak[1] < 0.01
    n = 500 if weight is None else weight.sum()
    rest = Y - Ridge(WEAK * n).fit(X, Y, weight).predict(X)
    np.testing.assert_allclose(
        without_weak, np.average(rest**2, axis=0, weights=weight), rtol=0.05, atol=1e-3
    )


def test_strong_penalties_suppress_directions_of_little_variance_too():
    """Noise does not seem to be in such directions only because weaker penalties fit it."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(300, 100)), rng.normal(size=(300, 2))
    _, least, without_weak = ridge(X, Y, None)
    np.testing.assert_allclose(without_weak, least, rtol=0.05)


def test_large_weights_do_not_make_an_interpolation_seem_perfect():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 58)), rng.normal(size=(60, 1))
    _, error, _ = ridge(X, y, np.full(60, 1e8))
    assert error[0] > 0.5


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_columns", [5, 40])
def test_errors_of_samples_left_out_are_those_of_a_fit_to_each_of_the_others(weighted, n_columns):
    rng = np.random.default_rng(0)
    X, n = rng.normal(size=(30, n_columns)), 30
    Y = X[:, :2] + rng.normal(size=(n, 2))
    weight = rng.uniform(0.2, 2, n) if weighted else None
    given = np.ones(n) if weight is None else weight
    squares = np.zeros((len(PENALTIES), 2))
    for k, others in enumerate(~np.eye(n, dtype=bool)):
        for i, penalty in enumerate(PENALTIES):
            model = Ridge(penalty, solver="svd").fit(X[others], Y[others], given[others])
            squares[i] += given[k] * (Y[k] - model.predict(X[[k]])[0]) ** 2 / n
    found = errors_left_out(X, Y, weight)
    np.testing.assert_allclose(found, squares.min(axis=0), rtol=1e-6)


@pytest.fixture
def space():
    return LinearPredictions(np.random.default_rng(0).standard_normal((6, 2)))


def trained(space, X):
    """Return what is trained on, in place of X."""
    return np.hstack([X, X @ space.R])


def test_weights_in_training_are_weights_for_columns(space):
    rng = np.random.default_rng(1)
    X, W = rng.standard_normal((20, 6)), rng.standard_normal((8, 3))
    np.testing.assert_allclose(X @ space.for_columns(W), trained(space, X) @ W)


def test_weights_for_columns_become_the_smallest_that_do_the_same(space):
    W = np.random.default_rng(1).standard_normal((6, 3))
    found = space.for_training(W)
    np.testing.assert_allclose(space.for_columns(found), W)
    np.testing.assert_allclose(found, np.linalg.pinv(trained(space, np.eye(6))) @ W)
