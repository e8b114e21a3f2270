"""The hidden units that no row activates, left out of products."""

import numpy as np
import pytest
from sklearn.datasets import make_friedman1

from sklearn_shallow import Adam, ShallowNetRegressor
from sklearn_shallow.losses.residuals import SquaredError
from sklearn_shallow.network.activations import get_activation
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.objective import active
from sklearn_shallow.objective.active import active_units
from sklearn_shallow.objective.curvature import GaussNewton
from sklearn_shallow.objective.formula import Objective

N_ROWS, HIDDEN = 40, {1: (12,), 2: (12, 9)}


@pytest.fixture
def cheap(monkeypatch):
    """Copies cost nothing, so that leaving out a unit always pays."""
    monkeypatch.setattr(active, "COST_OF_PARAMETER", 0)
    monkeypatch.setattr(active, "COST_OF_STEP", 0)


def silenced(depth, activation="relu"):
    """Return an objective, and theta with which units 1 and 5 of every hidden layer are silent."""
    rng = np.random.default_rng(0)
    layout = Layout((4, *HIDDEN[depth], 2))
    network = Network(layout, [get_activation(activation)] * depth)
    X = np.c_[rng.normal(size=(N_ROWS, 4)), np.ones(N_ROWS)]
    objective = Objective(network, SquaredError(), X, rng.normal(size=(N_ROWS, 2)), alpha=0.1)
    theta = layout.initial(rng, network.activations)
    for b in layout.unpack(theta).b[:-1]:
        b[[1, 5]] = -100
    return objective, theta


def gradients(objective, theta):
    """Return the gradients of the batches of an epoch, and its value."""
    gradient, found = np.empty_like(theta), []
    epoch = objective.epoch(theta, gradient, np.arange(N_ROWS)[::-1], 3)
    for _ in epoch:
        found.append(gradient.copy())
        gradient[...] = np.nan  # scratch space
    return np.array(found), epoch.value


@pytest.mark.parametrize("depth", HIDDEN)
def test_an_epoch_without_them_is_the_same(cheap, depth):
    objective, theta = silenced(depth)
    without = objective.in_active_units(theta)
    assert without.for_batches(N_ROWS // 3) is not without
    for found, expected in zip(gradients(without, theta), gradients(objective, theta), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("depth", HIDDEN)
def test_the_curvature_without_them_is_the_same(depth):
    objective, theta = silenced(depth)
    vector = np.random.default_rng(1).normal(size=len(theta))
    found = GaussNewton(objective, theta, slice(0, N_ROWS)).multiply(vector)
    expected = objective.total_weight * objective.curvature(theta) @ vector
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12 * np.abs(expected).max())


def test_a_unit_that_rows_of_zeros_activate_stays():
    """As its weights decay it comes back."""
    objective, theta = silenced(1)
    parameters = objective.layout.unpack(theta)
    parameters.W[0][:, 5], parameters.b[0][5] = 0, 1
    parameters.W[0][:, 3], parameters.b[0][3] = [100, 0, 0, 0], 1
    objective.X[:, 0] = -1 - objective.X[:, 0] ** 2
    _, units, _ = active_units(objective, theta)
    assert 1 not in units
    assert {3, 5} <= set(units)


@pytest.mark.parametrize("name", ["tanh", "leaky_relu", "elu"])
def test_other_activations_keep_all_units(name):
    objective, theta = silenced(1, name)
    assert active_units(objective, theta) is None


def test_other_rows_and_other_noise_keep_all_units(cheap):
    objective, theta = silenced(1)
    without = objective.in_active_units(theta)
    part = without.on_part(objective.X[:20], objective.Y[:20], None, 0.5)
    assert part.for_batches(20) is part
    assert without.with_alpha(1.0).for_batches(20) is not without


def test_where_little_is_saved_all_units_stay():
    objective, theta = silenced(1)
    without = objective.in_active_units(theta)
    assert without.for_batches(N_ROWS) is without


def test_a_fit_is_the_same(cheap, monkeypatch):
    X, y = make_friedman1(400, 5, noise=3, random_state=0)
    net = ShallowNetRegressor(
        50, solver=Adam(dtype="float64"), numeric_encoding=None, random_state=0
    )
    left_out = []

    def counted(objective, kept):
        left_out.append(50 - len(kept[1]))
        return active.ActiveUnits(objective, kept)

    monkeypatch.setattr("sklearn_shallow.objective.formula.ActiveUnits", counted)
    found = net.fit(X, y).predict(X)
    assert max(left_out) > 10
    monkeypatch.setattr(Objective, "in_active_units", lambda self, theta: self)
    np.testing.assert_allclose(found, net.fit(X, y).predict(X), rtol=1e-6)
