"""The engine equals the textbook equations, written out as loops over samples and units."""

import numpy as np
import pytest
import textbook
from cases import N_ROWS, make_objective
from textbook import SLOPES

from sklearn_shallow import ShallowNetClassifier
from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.network.passes import Workspace
from sklearn_shallow.solvers.progress import Progress
from sklearn_shallow.solvers.schedules import Schedule
from sklearn_shallow.solvers.stochastic import EpochPlan, minimize_on_batches
from sklearn_shallow.solvers.update_rules import SGD


def problem(activation, link, depth, alpha=0.0):
    rng = np.random.default_rng(3)
    activations = [ACTIVATIONS[activation]] * depth
    return make_objective(
        activations, f"log_loss-{link}", weighted=False, alpha=alpha, rng=rng
    ), rng


def as_columns(parameters):
    """W and b of the textbook as nested lists."""
    return [W.T.tolist() for W in parameters.W], [b.tolist() for b in parameters.b]


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("activation", SLOPES)
def test_forward(activation, depth):
    objective, rng = problem(activation, "softmax", depth)
    theta = rng.standard_normal(objective.n_params)
    parameters = objective.network.layout.unpack(theta)
    work = Workspace(objective.network, N_ROWS, np.float64)
    raw = objective.network.forward(parameters, objective.X, work, np.empty((N_ROWS, 4)))
    W, b = as_columns(parameters)
    for row, x in enumerate(objective.X[:, :-1]):
        Z, A = textbook.forward(W, b, x, SLOPES[activation][0])
        np.testing.assert_allclose(raw[row], Z[-1], rtol=1e-12, atol=1e-14)
        for layer in range(depth):
            np.testing.assert_allclose(work.A[layer][row, :-1], A[layer + 1], rtol=1e-12)


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("activation", SLOPES)
def test_the_six_gradients(activation, depth):
    objective, rng = problem(activation, "softmax", depth)
    theta = rng.standard_normal(objective.n_params)
    _, gradient = objective.value_and_gradient(theta)
    found = objective.network.layout.unpack(gradient)
    W, b = as_columns(objective.network.layout.unpack(theta))
    X, Y = objective.X[:, :-1].tolist(), objective.Y.tolist()
    dW, db = textbook.mean_gradient(W, b, X, Y, activation)
    for layer in range(depth + 1):
        np.testing.assert_allclose(found.W[layer].T, dW[layer], rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(found.b[layer], db[layer], rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("activation", SLOPES)
def test_full_batch_sgd_without_momentum_is_the_gradient_descent_of_textbooks(activation):
    objective, rng = problem(activation, "softmax", 1)
    theta = 0.5 * rng.standard_normal(objective.n_params)
    W, b = as_columns(objective.network.layout.unpack(theta))
    progress = Progress(max_iter=40, tol=0.0, n_iter_no_change=41)
    plan = EpochPlan(Schedule(max_iter=40), learning_rate=0.3, batch_size=N_ROWS)
    rule = SGD(momentum=0.0).started(theta)
    result = minimize_on_batches(objective, theta, progress, rule, plan)
    X, Y = objective.X[:, :-1].tolist(), objective.Y.tolist()
    W, b = textbook.gradient_descent(W, b, X, Y, activation, 0.3, 40)
    found = objective.network.layout.unpack(result.theta)
    for layer in range(2):
        np.testing.assert_allclose(found.W[layer].T, W[layer], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.b[layer], b[layer], rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("activation", SLOPES)
def test_the_classifier_does_the_same_for_two_classes(activation):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 3))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    settings = {"activation": activation, "solver": "sgd", "momentum": 0, "batch_size": "full"}
    settings |= {"alpha": 0, "standardize": False, "random_state": 0}
    settings |= {"learning_rate": "constant", "learning_rate_init": 0.5}
    net = ShallowNetClassifier(4, **settings, max_iter=1).fit(X, y)
    W, b = [w.T.tolist() for w in net.coefs_], [c.tolist() for c in net.intercepts_]
    W, b = textbook.gradient_descent(W, b, X.tolist(), y[:, None].tolist(), activation, 0.5, 9)
    net.set_params(max_iter=10).fit(X, y)
    for layer in range(2):
        np.testing.assert_allclose(net.coefs_[layer].T, W[layer], rtol=1e-9)
        np.testing.assert_allclose(net.intercepts_[layer], b[layer], rtol=1e-9, atol=1e-12)
