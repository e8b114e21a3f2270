import numpy as np
import pytest

from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.network.layout import INITIALIZERS, Layout

UNITS = (3, 5, 2)


def test_order_in_the_vector_is_W0_b0_W1_b1():
    layout = Layout(UNITS)
    theta = np.arange(layout.n_params, dtype=float)
    p = layout.unpack(theta)
    assert layout.n_params == 3 * 5 + 5 + 5 * 2 + 2
    expected = [p.W[0].ravel(), p.b[0], p.W[1].ravel(), p.b[1]]
    np.testing.assert_array_equal(np.concatenate(expected), theta)
    assert [W.shape for W in p.W] == [(3, 5), (5, 2)]
    assert [b.shape for b in p.b] == [(5,), (2,)]


def test_views_share_memory_with_the_vector_and_do_not_overlap():
    layout = Layout(UNITS)
    theta = np.zeros(layout.n_params)
    p = layout.unpack(theta)
    for number, view in enumerate([*p.W, *p.b], start=1):
        view += number
    assert (theta > 0).all()
    for number, view in enumerate([*p.W, *p.b], start=1):
        assert (view == number).all()


def test_weights_are_the_penalised_part():
    layout = Layout(UNITS)
    theta = np.zeros(layout.n_params)
    for part in layout.weights:
        theta[part] = 1
    p = layout.unpack(theta)
    assert all((W == 1).all() for W in p.W)
    assert all((b == 0).all() for b in p.b)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("relu", lambda n_in, n_out: np.sqrt(2 / n_in)),
        ("leaky_relu", lambda n_in, n_out: np.sqrt(2 / n_in)),
        ("tanh", lambda n_in, n_out: np.sqrt(2 / (n_in + n_out))),
        ("logistic", lambda n_in, n_out: 4 * np.sqrt(2 / (n_in + n_out))),
    ],
)
def test_the_initial_scale_is_that_of_the_activation(name, rule):
    layout = Layout((200, 300, 100))
    p = layout.unpack(layout.initial(np.random.default_rng(0), [ACTIVATIONS[name]]))
    expected = rule(200, 300), 0.3 * np.sqrt(2 / 400)
    for W, scale in zip(p.W, expected, strict=True):
        # The standard error of a standard deviation from 30,000 numbers is 0.4 %.
        assert W.std() == pytest.approx(scale, rel=0.02)
        assert abs(W.mean()) < 5 * scale / np.sqrt(W.size)


def test_the_gain_can_be_left_out():
    layout, logistic = Layout((20, 30, 10, 2)), [ACTIVATIONS["logistic"]] * 2
    drawn, without = (
        layout.unpack(layout.initial(np.random.default_rng(0), logistic, has_gain=has_gain))
        for has_gain in (True, False)
    )
    for layer, factor in enumerate((4, 4, 1)):
        np.testing.assert_allclose(drawn.W[layer], factor * without.W[layer])
        np.testing.assert_allclose(drawn.b[layer], factor * without.b[layer])


def test_a_linear_model_starts_at_zero():
    assert not Layout((3, 2)).initial(np.random.default_rng(0), []).any()


def test_every_rule_has_its_formula():
    expected = {"he": 0.2**0.5, "glorot": (2 / 30) ** 0.5, "lecun": 0.1**0.5}
    found = {name: rule(10, 20) for name, rule in INITIALIZERS.items()}
    assert found == pytest.approx(expected)


def test_the_biases_of_the_first_layer_alone_are_spread():
    layout = Layout((50, 2000, 30, 1))
    hidden = [ACTIVATIONS["relu"], ACTIVATIONS["relu"]]
    drawn = layout.unpack(layout.initial(np.random.default_rng(0), hidden))
    spread = (np.random.default_rng(1).standard_normal((300, 50)) @ drawn.W[0]).std()
    assert drawn.b[0].std() == pytest.approx(spread / 2, rel=0.05)
    assert not drawn.b[1].any()
    assert not drawn.b[2].any()
