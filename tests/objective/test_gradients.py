"""The gradient of the whole objective, over the grid of everything that is registered."""

import numpy as np
import pytest
from cases import LOSSES, make_objective, point_of
from numerical import check_gradient

from sklearn_shallow import Activation
from sklearn_shallow.network.activations import ACTIVATIONS


def check(objective, rng):
    theta = point_of(objective, rng)
    value, gradient = objective.value_and_gradient(theta)
    assert value == pytest.approx(objective.value(theta), rel=1e-14)
    check_gradient(objective.value, gradient, theta, rng)


@pytest.mark.parametrize("alpha", [0.0, 0.7])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"sigmoid"}))
def test_gradient(name, loss, depth, weighted, alpha):
    rng = np.random.default_rng(depth)
    activations = [ACTIVATIONS[name]] * depth
    check(make_objective(activations, loss, weighted=weighted, alpha=alpha, rng=rng), rng)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_gradient_without_hidden_layer(loss, weighted):
    rng = np.random.default_rng(0)
    check(make_objective([], loss, weighted=weighted, alpha=0.3, rng=rng), rng)


def test_gradient_with_an_activation_per_layer():
    rng = np.random.default_rng(0)
    layers = [ACTIVATIONS["gelu"], Activation(np.sin, np.cos), ACTIVATIONS["elu"]]
    check(make_objective(layers, "log_loss-softmax", weighted=True, alpha=0.1, rng=rng), rng)


@pytest.mark.parametrize("error", [1.001, 0.999])
@pytest.mark.parametrize("part", ["first weights", "last biases"])
def test_the_check_rejects_a_gradient_wrong_by_a_thousandth(part, error):
    rng = np.random.default_rng(0)
    activations = [ACTIVATIONS["tanh"]]
    objective = make_objective(activations, "log_loss-softmax", weighted=False, alpha=0.1, rng=rng)
    theta = point_of(objective, rng)
    _, gradient = objective.value_and_gradient(theta)
    check_gradient(objective.value, gradient, theta, rng)
    views = objective.network.layout.unpack(gradient)
    wrong = views.W[0] if part == "first weights" else views.b[-1]
    wrong *= error
    with pytest.raises(AssertionError, match="numerically"):
        check_gradient(objective.value, gradient, theta, rng)


def test_the_check_rejects_a_slope_wrong_by_a_thousandth():
    rng = np.random.default_rng(0)
    wrong = Activation(np.tanh, lambda Z: 1.001 * (1 - np.tanh(Z) ** 2))
    objective = make_objective([wrong], "log_loss-softmax", weighted=False, alpha=0.0, rng=rng)
    theta = point_of(objective, rng)
    with pytest.raises(AssertionError, match="numerically"):
        check_gradient(objective.value, objective.value_and_gradient(theta)[1], theta, rng)
