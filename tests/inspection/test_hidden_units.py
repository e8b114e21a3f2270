"""`HiddenUnitsDisplay` finds the units that were made bad on purpose, and `ActivationDisplay`."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes

from sklearn_shallow import (
    Activation,
    ActivationDisplay,
    HiddenUnitsDisplay,
    ShallowNetClassifier,
    ShallowNetRegressor,
)

pytest.importorskip("matplotlib.pyplot")
X, Y = load_diabetes(return_X_y=True)
PLAIN = {"alpha": 0, "standardize": False, "learning_rate_init": 1e-9, "max_iter": 1}
PLAIN |= {"random_state": 0, "solver": "sgd"}


def with_weights(W, b, out, activation="relu"):
    """A network that training has hardly moved."""
    n_units = W.shape[1]
    net = ShallowNetRegressor(n_units, activation=activation, **PLAIN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a network that has learnt nothing
        return net.fit(X, Y / 100, coef_init=[W, out], intercept_init=[b, np.zeros(1)])


def test_silenced_idle_and_duplicate_relus_are_found():
    rng = np.random.default_rng(0)
    W, b = 20 * rng.standard_normal((10, 6)), np.zeros(6)
    out = rng.uniform(0.5, 1, (6, 1))
    b[1] = -100  # never on
    out[2] = 1e-6  # without effect
    W[:, 4], out[4] = 2 * W[:, 0], 0.1  # the same as unit 0, with less effect
    display = HiddenUnitsDisplay.from_estimator(with_weights(W, b, out), X)
    [layer] = display.layers
    expected = ["working", "silenced", "idle", "working", "duplicate", "working"]
    assert layer.state.tolist() == expected
    assert display.counts == [{"working": 3, "silenced": 1, "idle": 1, "duplicate": 1}]
    assert layer.slope_share[1] == 0
    assert layer.effect.max() == 1


def test_saturated_units_are_found():
    rng = np.random.default_rng(0)
    W, b, out = 20 * rng.standard_normal((10, 4)), np.zeros(4), np.ones((4, 1))
    W[:, 1] *= 500
    b[2] = 50
    layer = HiddenUnitsDisplay.from_estimator(with_weights(W, b, out, "tanh"), X).layers[0]
    assert layer.state.tolist() == ["working", "saturated", "saturated", "working"]
    assert layer.slope_share[1] < 0.1
    logistic = with_weights(W, -b, out, "logistic")
    layer = HiddenUnitsDisplay.from_estimator(logistic, X).layers[0]
    assert layer.state.tolist() == ["working", "saturated", "silenced", "working"]


def test_the_points_are_the_units():
    net = ShallowNetRegressor((9, 4), activation="tanh", max_iter=5, alpha=1, random_state=0)
    display = HiddenUnitsDisplay.from_estimator(net.fit(X, Y), X)
    assert [ax.get_title() for ax in display.axes_] == [
        "layer 0: 9 tanh units",
        "layer 1: 4 tanh units",
    ]
    for layer, points in zip(display.layers, display.points_, strict=True):
        drawn = np.concatenate([of.get_offsets() for of in points.values()])
        expected = np.column_stack([layer.slope_share, layer.effect])
        np.testing.assert_array_equal(np.sort(drawn, axis=0), np.sort(expected, axis=0))
        assert sum(layer.count(state) for state in points) == len(layer.state)


def test_activations_of_layers_are_those_of_transform():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcdefghij"))
    frame["town"] = pd.Categorical(["Bonn", "Rome"] * 221)
    frame.loc[::7, "a"] = np.nan
    net = ShallowNetRegressor((5, 3), max_iter=4, alpha=1, numeric_encoding=4, random_state=0)
    display = ActivationDisplay.from_estimator(net.fit(frame, Y), frame)
    for layer, Z in enumerate(display.inputs):
        A = net.transform(frame, layer)
        np.testing.assert_allclose(np.maximum(Z.reshape(A.shape), 0), A, atol=1e-5)


def test_sparse_samples_are_judged():
    labels = Y > 150
    S = sparse.random(442, 30, density=0.2, format="csr", random_state=0)
    net = ShallowNetClassifier(4, max_iter=4, alpha=1, random_state=0).fit(S, labels)
    display = ActivationDisplay.from_estimator(net, S)
    A = net.transform(S)
    np.testing.assert_allclose(np.maximum(display.inputs[0].reshape(A.shape), 0), A, atol=1e-5)
    assert HiddenUnitsDisplay.from_estimator(net, S).layers[0].state.shape == (4,)


@pytest.mark.parametrize("encoding", [None, 4])
def test_sparse_samples_are_judged_as_dense_ones(encoding):
    net = ShallowNetRegressor(4, alpha=1, max_iter=3, numeric_encoding=encoding, random_state=0)
    net.fit(X, Y)
    [dense], [found] = (
        HiddenUnitsDisplay.from_estimator(net, some).layers for some in (X, sparse.csr_array(X))
    )
    np.testing.assert_allclose(found.effect, dense.effect)


def test_functions_and_slopes_are_drawn():
    sine = Activation(np.sin, np.cos)
    display = ActivationDisplay.from_activations(["tanh", sine])
    z = display.lines_[0][0].get_xdata()
    for (function, slope), (f, df) in zip(
        display.lines_, [(np.tanh, lambda z: 1 - np.tanh(z) ** 2), (np.sin, np.cos)], strict=True
    ):
        np.testing.assert_allclose(function.get_ydata(), f(z), atol=1e-12)
        np.testing.assert_allclose(slope.get_ydata(), df(z), atol=1e-12)
    assert display.names == ["tanh", "Activation(sin, cos)"]
    assert len(ActivationDisplay.from_activations().axes_) == 9
    with pytest.raises(ValueError, match=r"activation=.* must be one of"):
        ActivationDisplay.from_activations(["relu6"])
