"""The solvers by themselves: no network, no estimator."""

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der

from sklearn_shallow._optimizers import OPTIMIZERS, SGD, Adam
from sklearn_shallow._solvers import deal, solve_lbfgs, solve_stochastic


class Rosenbrock:
    n_rows = 1
    dtype = np.dtype(float)

    def value(self, theta):
        return rosen(theta)

    def value_and_gradient(self, theta):
        return rosen(theta), rosen_der(theta)

    def batch_value_and_gradient(self, theta, rows, n_batches, gradient):
        gradient[...] = rosen_der(theta)
        return rosen(theta)


class LeastSquares:
    """Mean of ``(theta - x_i)**2 / 2``: the minimum is the mean of the rows."""

    def __init__(self, X):
        self.X, self.n_rows, self.dtype = X, len(X), X.dtype
        self.visits = np.zeros(len(X), int)

    def value(self, theta):
        return float(0.5 * ((theta - self.X) ** 2).sum(axis=1).mean())

    def value_and_gradient(self, theta):
        return self.value(theta), (theta - self.X).mean(axis=0)

    def batch_value_and_gradient(self, theta, rows, n_batches, gradient):
        self.visits[rows] += 1
        residual = theta - self.X[rows]
        gradient[...] = residual.sum(axis=0) * n_batches / self.n_rows
        return float(0.5 * (residual**2).sum() * n_batches / self.n_rows)


def stochastic(objective, optimizer, *, start=(-1.2, 1.0), rng=None, **settings):
    theta = np.array(start)
    optimizer.start(theta)
    defaults = {"learning_rate": 0.01, "batch_size": 10, "max_iter": 100}
    defaults |= {"tol": 0.0, "n_iter_no_change": 10**9}
    return solve_stochastic(objective, theta, optimizer, rng, **(defaults | settings))


def test_lbfgs_on_rosenbrock():
    result = solve_lbfgs(Rosenbrock(), np.array([-1.2, 1.0]), max_iter=200, tol=1e-10)
    np.testing.assert_allclose(result.theta, [1, 1], rtol=1e-8)
    assert result.converged
    assert result.value < 1e-16
    assert len(result.loss_curve) == result.n_iter
    assert result.loss_curve[-1] == result.value
    assert (np.diff(result.loss_curve) < 0).all()


def test_lbfgs_says_when_the_iterations_are_used_up():
    result = solve_lbfgs(Rosenbrock(), np.array([-1.2, 1.0]), max_iter=3, tol=1e-10)
    assert not result.converged
    assert result.n_iter == 3
    assert "LIMIT" in result.message


@pytest.mark.parametrize(
    ("optimizer", "rate"), [(Adam(), 0.02), (SGD(), 3e-4), (SGD(nesterov=False), 3e-4)]
)
def test_stochastic_on_rosenbrock(optimizer, rate):
    result = stochastic(Rosenbrock(), optimizer, learning_rate=rate, max_iter=20_000)
    np.testing.assert_allclose(result.theta, [1, 1], rtol=1e-3)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_stochastic_visits_every_row_once_per_epoch(name):
    objective = LeastSquares(np.random.default_rng(0).standard_normal((23, 2)))
    result = stochastic(objective, OPTIMIZERS[name](), rng=np.random.default_rng(0), max_iter=7)
    assert result.n_iter == len(result.loss_curve) == 7
    assert (objective.visits == 7).all()
    assert result.value == objective.value(result.theta)


def test_stochastic_stops_when_nothing_improves():
    objective = LeastSquares(np.random.default_rng(0).standard_normal((23, 2)))
    settings = {"learning_rate": 0.5, "batch_size": 23, "tol": 1e-4, "n_iter_no_change": 5}
    result = stochastic(objective, SGD(momentum=0.0), **settings)
    assert result.converged
    assert result.n_iter < 30
    np.testing.assert_allclose(result.theta, objective.X.mean(axis=0), atol=1e-2)
    best = np.minimum.accumulate(result.loss_curve)
    assert best[-6] * (1 - 1e-4) <= best[-1]


@pytest.mark.parametrize(
    ("n_rows", "batch_size"), [(1, 1), (7, 200), (200, 200), (201, 200), (50, 7)]
)
def test_batches_partition_the_rows_evenly(n_rows, batch_size):
    batches = deal(n_rows, batch_size, np.random.default_rng(0))
    rows = [np.arange(n_rows)[batch] for batch in batches]
    sizes = [len(batch) for batch in rows]
    assert sorted(np.concatenate(rows)) == list(range(n_rows))
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1
    assert len(batches) == -(-n_rows // batch_size)


def test_deal_without_a_generator_keeps_the_order():
    assert np.concatenate(deal(10, 3, None)).tolist() == list(range(10))
