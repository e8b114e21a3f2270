"""The gradient of the whole objective, over the grid of everything that is registered."""

from itertools import product

import numpy as np
import pytest
from cases import LOSSES, make_objective, point_of
from numerical import check_gradient

from sklearn_shallow import Activation
from sklearn_shallow.network.activations import ACTIVATIONS

REGULARIZED_AND_WEIGHTED = list(product([0.0, 0.7], [False, True]))


def check(objective, rng):
    theta = point_of(objective, rng)
    value, gradient = objective.value_and_gradient(theta)
    assert value == pytest.approx(objective.value(theta), rel=1e-14)
    check_gradient(objective.value, gradient, theta, rng)


def check_losses(activations, shift):
    """Check all losses; the combination of decay and weights changes from one to the next."""
    for number, loss in enumerate(LOSSES, start=shift):
        alpha, weighted = REGULARIZED_AND_WEIGHTED[number % 4]
        rng = np.random.default_rng(len(activations))
        objective = make_objective(activations, loss, weighted=weighted, alpha=alpha, rng=rng)
        try:
            check(objective, rng)
        except AssertionError as error:
            raise AssertionError(f"{loss}, alpha={alpha}, weighted={weighted}") from error


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"sigmoid"}))
def test_gradient(name, depth):
    check_losses([ACTIVATIONS[name]] * depth, shift=depth)


@pytest.mark.parametrize("shift", range(4))
def test_gradient_without_hidden_layer(shift):
    check_losses([], shift)


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
