import numpy as np

from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network, Workspace

LOW, HIGH = np.array([-1.0, 0.0, 2.0]), np.array([1.0, 0.5, 3.0])


def network(*names):
    layout = Layout((3, *[40] * len(names), 2))
    theta = np.random.default_rng(0).normal(size=layout.n_params)
    parameters = layout.unpack(theta)
    for b, most in zip(parameters.b[:-1], (4, 3), strict=False):
        b -= most
    return Network(layout, [ACTIVATIONS[name] for name in names]), parameters


def corner(signs):
    """Return the X within the bounds that a unit with weights of these signs is largest at."""
    return np.where(signs > 0, HIGH, LOW)


def test_units_that_are_left_out_are_zero_within_the_bounds_and_no_others_of_the_first_layer():
    both, parameters = network("relu", "relu")
    _, first, second, outputs = both.active_units(parameters, LOW, HIGH)
    assert 5 < len(first) < 35
    assert 5 < len(second) < 38
    assert outputs.tolist() == [0, 1]
    X = np.random.default_rng(1).uniform(LOW, HIGH, (500, 3))
    X = np.vstack([X, *(corner(w) for w in parameters.W[0].T)])
    work = Workspace(both, len(X), np.float64)
    both.forward(parameters, np.hstack([X, np.ones((len(X), 1))]), work, work.dZ[-1])
    np.testing.assert_array_equal(np.flatnonzero(work.outputs[0].any(axis=0)), first)
    assert set(np.flatnonzero(work.outputs[1].any(axis=0))) <= set(second)


def test_all_stay_where_a_column_has_no_bounds_or_an_activation_is_never_zero():
    both, parameters = network("relu", "relu")
    everywhere = np.full(3, np.inf)
    assert [*map(len, both.active_units(parameters, -everywhere, everywhere))] == [3, 40, 40, 2]
    smooth, parameters = network("tanh", "relu")
    assert [*map(len, smooth.active_units(parameters, LOW, HIGH))] == [3, 40, 40, 2]


def test_a_column_without_bounds_says_nothing_of_units_that_do_not_see_it():
    one, parameters = network("relu")
    seen = np.arange(3) < 2
    parameters.W[0][2] = 0
    _, known, _ = one.active_units(parameters, LOW, HIGH)
    unknown = np.where(seen, LOW, -np.inf), np.where(seen, HIGH, np.inf)
    assert len(one.active_units(parameters, *unknown)[1]) >= len(known)
