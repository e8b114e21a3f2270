"""The solvers by themselves: no network, no estimator."""

import numpy as np
import pytest
from nets import STOCHASTIC
from scipy.optimize import rosen, rosen_der

from sklearn_shallow.solvers.base import Diverged
from sklearn_shallow.solvers.lbfgs import LBFGS
from sklearn_shallow.solvers.progress import Progress
from sklearn_shallow.solvers.registry import SOLVERS
from sklearn_shallow.solvers.schedules import Schedule
from sklearn_shallow.solvers.stochastic import EpochPlan, minimize_on_batches
from sklearn_shallow.solvers.update_rules import SGD, Adam

START = (-1.2, 1.0)


class Function:
    """Without a penalty."""

    last_penalty = 0.0

    def shuffled(self, rng):
        return rng.permutation(self.n_rows)


class Rosenbrock(Function):
    n_rows = 1

    def value(self, theta):
        return rosen(theta)

    def value_and_gradient(self, theta):
        return rosen(theta), rosen_der(theta)

    def epoch(self, theta, gradient, order, n_batches):
        return Steps(self, theta, gradient, [slice(0, 1)])

    def step(self, theta, gradient, rows, n_batches):
        gradient[...] = rosen_der(theta)
        return rosen(theta)


class Steps:
    """The protocol of an epoch, in its shortest form."""

    def __init__(self, objective, theta, gradient, batches):
        self.args = objective, theta, gradient, batches
        self.value = self.penalty = 0.0

    def __iter__(self):
        objective, theta, gradient, batches = self.args
        for rows in batches:
            self.value += objective.step(theta, gradient, rows, len(batches)) / len(batches)
            yield


class LeastSquares(Function):
    """Mean of ``(theta - x_i)**2 / 2``: the minimum is the mean of the rows."""

    def __init__(self, X):
        self.X, self.n_rows = X, len(X)
        self.visits = np.zeros(len(X), int)

    def value(self, theta):
        return float(0.5 * ((theta - self.X) ** 2).sum(axis=1).mean())

    def value_and_gradient(self, theta):
        return self.value(theta), (theta - self.X).mean(axis=0)

    def epoch(self, theta, gradient, order, n_batches):
        order = np.arange(self.n_rows) if order is None else order
        return Steps(self, theta, gradient, np.array_split(order, n_batches))

    def step(self, theta, gradient, rows, n_batches):
        self.visits[rows] += 1
        residual = theta - self.X[rows]
        gradient[...] = residual.sum(axis=0) * n_batches / self.n_rows
        return float(0.5 * (residual**2).sum() * n_batches / self.n_rows)


def watch(**settings):
    return Progress(**({"max_iter": 100, "tol": 0.0, "n_iter_no_change": 10**9} | settings))


def stochastic(objective, optimizer, progress=None, *, start=START, rng=None, **settings):
    theta = np.array(start)
    optimizer.start(theta)
    progress = watch() if progress is None else progress
    defaults = {"learning_rate": 0.01, "batch_size": 10, "schedule": Schedule(progress.max_iter)}
    plan = EpochPlan(**(defaults | settings), rng=rng)
    return minimize_on_batches(objective, theta, progress, optimizer, plan)


def test_lbfgs_on_rosenbrock():
    progress = watch(max_iter=200, tol=1e-12, n_iter_no_change=10)
    result = LBFGS().minimize(Rosenbrock(), np.array(START), progress)
    np.testing.assert_allclose(result.theta, [1, 1], rtol=1e-8)
    assert result.converged
    assert result.value < 1e-16
    assert {len(values) for values in progress.history.values()} == {progress.n_iter}
    assert progress.history["loss"][-1] == result.value
    assert (np.diff(progress.history["loss"]) < 0).all()


def test_lbfgs_ends_with_the_iterations():
    progress = watch(max_iter=3)
    result = LBFGS().minimize(Rosenbrock(), np.array(START), progress)
    assert result.reason == "max_iter"
    assert not result.converged
    assert progress.n_iter == 3


def test_lbfgs_tells_a_wrong_gradient_from_the_end():
    class Wrong(Rosenbrock):
        def value_and_gradient(self, theta):
            return rosen(theta), -rosen_der(theta)

    result = LBFGS().minimize(Wrong(), np.array(START), watch())
    assert result.reason == "line search"
    assert not result.converged


@pytest.mark.parametrize(("is_kinked", "reason"), [(True, "rounding"), (False, "line search")])
def test_lbfgs_may_end_in_a_kink(is_kinked, reason):
    class Kink(Rosenbrock):
        def value(self, theta):
            return rosen(theta) + 10 * np.abs(theta - 0.3).sum()

        def value_and_gradient(self, theta):
            return self.value(theta), rosen_der(theta) + 10 * np.sign(theta - 0.3)

    objective = Kink()
    objective.is_kinked = is_kinked
    result = LBFGS().minimize(objective, np.array([1.2, 1.0]), watch())
    assert result.reason == reason
    assert result.converged == is_kinked


@pytest.mark.parametrize(
    ("optimizer", "rate"), [(Adam(), 0.02), (SGD(), 1e-3), (SGD(nesterovs_momentum=False), 1e-3)]
)
def test_stochastic_on_rosenbrock(optimizer, rate):
    result = stochastic(Rosenbrock(), optimizer, watch(max_iter=3000), learning_rate=rate)
    np.testing.assert_allclose(result.theta, [1, 1], rtol=2e-3)


@pytest.fixture
def least_squares():
    return LeastSquares(np.random.default_rng(0).standard_normal((23, 2)))


@pytest.mark.parametrize("name", STOCHASTIC)
def test_stochastic_visits_every_row_once_per_epoch(name, least_squares):
    progress, rng = watch(max_iter=7), np.random.default_rng(0)
    result = stochastic(least_squares, SOLVERS[name](), progress, rng=rng)
    assert progress.n_iter == len(progress.history["loss"]) == 7
    assert (least_squares.visits == 7).all()
    assert result.value == least_squares.value(result.theta)


def test_stochastic_stops_when_nothing_improves(least_squares):
    progress = watch(tol=1e-4, n_iter_no_change=5)
    settings = {"learning_rate": 0.5, "batch_size": 23}
    result = stochastic(least_squares, SGD(momentum=0.0), progress, **settings)
    assert result.converged
    assert progress.n_iter < 30
    np.testing.assert_allclose(result.theta, least_squares.X.mean(axis=0), atol=1e-2)


def test_steps_smaller_than_the_tolerance_add_up():
    progress = watch(tol=0.1, n_iter_no_change=5)
    for iteration in range(50):
        progress.update(np.zeros(1), 0.97**iteration, gradient_norm=1.0)
    assert progress.reason is None
    for _ in range(6):  # the first may count as an improvement of all the steps before
        progress.update(np.zeros(1), 0.97**50, gradient_norm=1.0)
    assert progress.reason == "tol"


def test_a_large_part_that_does_not_change_hides_no_progress():
    progress = watch(tol=1e-4, n_iter_no_change=5)
    for iteration in range(30):
        progress.update(np.zeros(1), 1e6 + 0.9**iteration, gradient_norm=1.0)
    assert progress.reason is None
    for iteration in range(500):
        progress.update(np.zeros(1), 1e6 + 0.9 ** (30 + iteration), gradient_norm=1.0)
        if progress.reason is not None:
            break
    assert progress.reason == "tol"


@pytest.mark.parametrize("rate", [3.0, 1e10, 1e308])
def test_a_failure_takes_the_best_parameters_back_and_halves_the_rate(rate, least_squares):
    """At rate 3 the steps grow; half of it, and certainly a quarter, converges."""
    progress = watch(max_iter=200)
    settings = {"learning_rate": rate, "batch_size": 23}
    if rate == 3.0:
        result = stochastic(least_squares, SGD(momentum=0.0), progress, **settings)
        np.testing.assert_allclose(result.theta, least_squares.X.mean(axis=0), atol=1e-6)
        assert set(progress.history["learning_rate"]) == {3.0, 1.5}
    else:
        with pytest.raises(Diverged) as failure:
            stochastic(least_squares, SGD(momentum=0.0), progress, **settings)
        assert failure.value.learning_rate == rate / 2**5


def test_an_infinite_start_is_a_failure(least_squares):
    for solve in (
        lambda: LBFGS().minimize(least_squares, np.array([np.inf, 0.0]), watch()),
        lambda: stochastic(least_squares, Adam(), start=(np.inf, 0.0)),
    ):
        with pytest.raises(Diverged):
            solve()


def test_long_gradients_are_cut(least_squares):
    settings = {"learning_rate": 1.0, "batch_size": 23, "start": (1e6, 0.0)}
    progress = watch(max_iter=1)
    result = stochastic(least_squares, SGD(momentum=0.0, clip_norm=2.5), progress, **settings)
    assert np.linalg.norm(result.theta - [1e6, 0.0]) == pytest.approx(2.5)


@pytest.mark.parametrize("solver", ["lbfgs", "sgd"])
def test_a_monitor_decides_which_parameters_come_back(solver, least_squares):
    """The criterion is least at a point on the way."""

    def monitor(theta):
        distance = abs(least_squares.value(theta) - 2.0)
        return distance, {"validation_loss": distance}

    progress = watch(measure=monitor, max_iter=30)
    if solver == "lbfgs":
        result = LBFGS().minimize(least_squares, np.array([9.0, 9.0]), progress)
    else:
        settings = {"learning_rate": 0.1, "batch_size": 23, "start": (9.0, 9.0)}
        result = stochastic(least_squares, SGD(momentum=0.0), progress, **settings)
    watched = progress.history["validation_loss"]
    assert progress.best_iteration == np.argmin(watched) + 1
    assert monitor(result.theta)[0] == min(watched) == progress.best_criterion


@pytest.mark.parametrize("reason", ["callback", "max_time"])
@pytest.mark.parametrize("solver", ["lbfgs", "sgd"])
def test_other_reasons_to_stop(solver, reason, least_squares):
    limits = {
        "callback": {"on_iteration": lambda progress, theta: progress.n_iter == 2},
        "max_time": {"max_time": 1e-9},
    }
    progress = watch(**limits[reason])
    if solver == "lbfgs":
        result = LBFGS().minimize(Rosenbrock(), np.array(START), progress)
    else:
        result = stochastic(least_squares, SGD(), progress)
    assert result.reason == reason
    assert progress.n_iter == {"callback": 2, "max_time": 1}[reason]
