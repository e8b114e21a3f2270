"""The preset is the gradient descent of lecture notes: the six equations and nothing else."""

import pickle

import numpy as np
import pytest
import textbook
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.teaching import plain_gradient_descent

pytestmark = pytest.mark.filterwarnings("ignore:(?s).*no better than a constant")
RNG = np.random.default_rng(5)
X = RNG.standard_normal((12, 2))
y = (X[:, 0] * X[:, 1] > 0).astype(int)


def as_lists(W, b):
    return [w.T.tolist() for w in W], [c.tolist() for c in b]


def assert_equal_to(digits, found, expected):
    """Compare arrays relative to their largest entry."""
    for array, exact in zip(found, map(np.asarray, expected), strict=True):
        assert np.abs(array - exact).max() <= digits * np.abs(exact).max()


@pytest.mark.parametrize("n_steps", [1, 2, 10])
@pytest.mark.parametrize("kind", ["two classes", "three classes"])
@pytest.mark.parametrize("activation", textbook.SLOPES)
def test_it_is_a_loop_over_the_six_equations_to_the_last_digits(activation, kind, n_steps):
    labels = y if kind == "two classes" else np.arange(12) % 3
    Y = labels[:, None] if kind == "two classes" else np.eye(3)[labels]
    rng = np.random.default_rng(0)
    W = [rng.standard_normal(shape) for shape in ((2, 4), (4, Y.shape[1]))]
    b = [rng.standard_normal(n) for n in (4, Y.shape[1])]
    net = plain_gradient_descent(4, activation=activation, learning_rate=0.1, n_steps=n_steps)
    net.fit(X, labels, coef_init=W, intercept_init=b)
    loop = textbook.gradient_descent(
        *as_lists(W, b), X.tolist(), Y.tolist(), activation, 0.1, n_steps
    )
    found = as_lists(net.coefs_, net.intercepts_)
    for part, exact in zip(found, loop, strict=True):
        assert_equal_to(1e-15, map(np.asarray, part), exact)


def test_many_steps_from_its_own_initial_values_are_the_loop_too():
    net = plain_gradient_descent(3, learning_rate=0.5, n_steps=200, random_state=1)
    start = as_lists(*net.initial_values(X, y))
    loop = textbook.gradient_descent(*start, X.tolist(), y[:, None].tolist(), "tanh", 0.5, 200)
    found = as_lists(net.fit(X, y).coefs_, net.intercepts_)
    for part, exact in zip(found, loop, strict=True):
        assert_equal_to(1e-10, map(np.asarray, part), exact)


@pytest.mark.parametrize("estimator", [ShallowNetClassifier, ShallowNetRegressor])
def test_it_begins_with_small_weights_and_without_biases(estimator):
    net = plain_gradient_descent((300, 200), estimator=estimator, random_state=0)
    coefs, intercepts = net.initial_values(X, y)
    assert [W.shape for W in coefs] == [(2, 300), (300, 200), (200, 1)]
    assert 0.0099 < np.std(coefs[1]) < 0.0101
    assert not any(b.any() for b in intercepts)
    assert not any(np.any(W) for W in net.initial_values(X, y, scale=0)[0])
    net.set_params(max_iter=1, learning_rate_init=1e-300, hidden_layer_sizes=4)
    coefs, _ = net.initial_values(X, y + 5)
    net.fit(X, y + 5)
    np.testing.assert_array_equal(net.coefs_[0], coefs[0])
    assert np.abs(net.intercepts_[1]).max() < 1e-200


def test_it_takes_the_steps_it_is_told_to_take_without_a_warning():
    net = plain_gradient_descent(4, learning_rate=1.2, n_steps=700, random_state=0).fit(X, y)
    assert net.n_iter_ == 700
    assert set(net.history_["learning_rate"]) == {1.2}
    assert net.loss_curve_[-1] < 0.1 < net.loss_curve_[0]


def test_a_warm_start_continues():
    settings = {"learning_rate": 0.5, "random_state": 0}
    whole = plain_gradient_descent(3, n_steps=300, **settings).fit(X, y)
    parts = plain_gradient_descent(3, n_steps=150, warm_start=True, **settings).fit(X, y).fit(X, y)
    np.testing.assert_allclose(parts.coefs_[0], whole.coefs_[0], rtol=1e-9)


def test_it_is_an_estimator():
    net = plain_gradient_descent(3, n_steps=300, random_state=0)
    assert isinstance(net, ShallowNetClassifier)
    assert repr(clone(net)) == repr(net)
    assert len(cross_val_score(net, X, y, cv=2)) == 2
    loaded = pickle.loads(pickle.dumps(net.fit(X, y)))
    np.testing.assert_array_equal(loaded.predict_proba(X), net.predict_proba(X))


def test_other_settings_go_through():
    net = plain_gradient_descent(3, loss="squared_error", momentum=0.9)
    assert (net.loss, net.momentum) == ("squared_error", 0.9)
    with pytest.raises(TypeError, match="rate"):
        plain_gradient_descent(3, rate=0.9)
    with pytest.raises(ValueError, match="ShallowNetClassifier or ShallowNetRegressor"):
        plain_gradient_descent(3, estimator="regression")
