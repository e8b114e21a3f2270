import pickle

import mpmath
import numpy as np
import pytest
from cases import make_objective, point_of
from numerical import check_gradient, directional_derivative

from sklearn_shallow import ELU, Activation, LeakyReLU, ShallowNetRegressor
from sklearn_shallow.network.activations import ACTIVATIONS, get_activation

USERS_SINE = Activation(np.sin, np.cos)
ALL = {**ACTIVATIONS, "leaky 0.3": LeakyReLU(0.3), "elu 0.5": ELU(0.5), "user's": USERS_SINE}

# The mathematical definitions, to 30 digits.
EXACT = {
    "identity": lambda z: z,
    "logistic": lambda z: 1 / (1 + mpmath.exp(-z)),
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "relu": lambda z: max(z, mpmath.mpf(0)),
    "leaky_relu": lambda z: max(z, mpmath.mpf("0.01") * z),
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "gelu": lambda z: z * mpmath.ncdf(z),
}


def test_every_activation_has_an_exact_definition_here():
    assert EXACT.keys() == ACTIVATIONS.keys()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_equals_the_definition_from_tiny_to_huge(name, dtype):
    magnitudes = [1e-30, 1e-8, 1e-3, 0.1, 0.9, 3.0, 20.0, 90.0, 800.0, 1e4]
    Z = np.array([*(-m for m in magnitudes), 0.0, *magnitudes], dtype)
    with mpmath.workdps(30), np.errstate(over="raise", invalid="raise", divide="raise"):
        expected = np.array([float(EXACT[name](mpmath.mpf(float(z)))) for z in Z])
        found = ACTIVATIONS[name].function(Z)
    assert found.dtype == dtype
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(found, expected, rtol=8 * eps, atol=2 * eps)


@pytest.mark.parametrize("name", ALL)
def test_the_derivative_is_that_of_the_function(name):
    # The grid keeps clear of the kink at zero.
    Z = np.concatenate([-np.geomspace(0.01, 9, 25), np.geomspace(0.01, 9, 25)])
    activation = ALL[name]
    expected = directional_derivative(activation.function, Z, np.ones_like(Z))
    np.testing.assert_allclose(activation.derivative(Z), expected, atol=1e-9, rtol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_derivative_is_finite_and_bounded_at_the_extremes(name):
    Z = np.array([-1e4, -200, 0, 200, 1e4], np.float32)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        slope = ACTIVATIONS[name].derivative(Z)
    assert np.isfinite(slope).all()
    assert (np.abs(slope) <= 1.2).all()


@pytest.mark.parametrize("name", ALL)
def test_work_arrays_of_the_engine_give_the_same(name):
    """Fortran order, A next to a column of ones, and Z in the memory of A where allowed."""
    activation = ALL[name]
    rng = np.random.default_rng(0)
    Z = np.asfortranarray(rng.standard_normal((7, 3)))
    upstream = np.asfortranarray(rng.standard_normal((7, 3)))
    expected, slope = activation.function(Z), activation.derivative(Z)
    A = np.ones((4, 7)).T[:, :-1]
    work = A if activation.in_place else np.empty_like(Z)
    work[...] = Z
    activation.forward(work, out=A)
    np.testing.assert_allclose(A, expected, rtol=1e-15)
    activation.backward(upstream_copy := upstream.copy(order="F"), work, A)
    np.testing.assert_allclose(upstream_copy, upstream * slope, rtol=1e-13)


@pytest.mark.parametrize("name", ALL)
def test_pickle(name):
    Z = np.linspace(-2, 2, 9)
    copy = pickle.loads(pickle.dumps(ALL[name]))
    np.testing.assert_array_equal(copy.function(Z), ALL[name].function(Z))
    np.testing.assert_array_equal(copy.derivative(Z), ALL[name].derivative(Z))


def test_sigmoid_is_logistic():
    assert get_activation("sigmoid") == get_activation("logistic")


def test_leaky_relu_has_the_slope_of_the_seed_and_others_by_object():
    Z = np.array([-1.0, 2.0])
    np.testing.assert_array_equal(get_activation("leaky_relu").function(Z), [-0.01, 2])
    np.testing.assert_array_equal(LeakyReLU(0.3).function(Z), [-0.3, 2])
    np.testing.assert_allclose(LeakyReLU(0.3).derivative(Z), [0.3, 1])


@pytest.mark.parametrize("make", [lambda: LeakyReLU(1.5), lambda: LeakyReLU(-0.1), lambda: ELU(0)])
def test_bad_shape_parameter(make):
    with pytest.raises(ValueError, match="must be"):
        make()


def test_a_new_activation_is_one_class_and_one_entry(monkeypatch):
    class Sine(type(ACTIVATIONS["gelu"]).__base__):
        """``sin(z)``; derivative ``cos(z)``."""

        def forward(self, Z, out):
            np.sin(Z, out=out)

        def backward(self, dA, Z, A):
            np.cos(Z, out=Z)
            dA *= Z

    monkeypatch.setitem(ACTIVATIONS, "sine", Sine())
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 2))
    net = ShallowNetRegressor(3, activation="sine", solver="lbfgs", max_iter=1000)
    W, b = net.fit(X, X[:, 0]).coefs_, net.intercepts_
    raw = np.sin(net.preprocessor_.transform(X) @ W[0] + b[0]) @ W[1] + b[1]
    np.testing.assert_allclose(net.predict(X), raw[:, 0])
    with pytest.raises(ValueError, match=r"'sine'.*Did you mean 'sine'"):
        net.set_params(activation="sinus").fit(X, X[:, 0])
    objective = make_objective(
        [get_activation("sine")] * 2, "squared_error", weighted=True, alpha=0.3, rng=rng
    )
    theta = point_of(objective, rng)
    check_gradient(objective.value, objective.value_and_gradient(theta)[1], theta, rng)


def test_a_custom_activation_can_be_an_entry(monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "sine", USERS_SINE)
    assert get_activation("sine") is USERS_SINE


@pytest.mark.parametrize("shape", [(70_000,), (700, 100), (7, 100, 100)])
def test_large_arrays_of_any_shape(shape):
    Z = np.random.default_rng(0).standard_normal(shape)
    np.testing.assert_array_equal(ACTIVATIONS["relu"].function(Z), np.where(Z > 0, Z, 0))
