"""Three numbers, two steps: convergence alone would prove no formula."""

import numpy as np
import pytest

from sklearn_shallow._optimizers import OPTIMIZERS, SGD, Adam

THETA = np.array([1.0, -2.0, 0.5])
FIRST = np.array([0.5, 0.0, -2.0])
SECOND = np.array([-1.0, 0.25, 4.0])
RATE = 0.1


def two_steps(optimizer):
    theta = THETA.copy()
    optimizer.start(theta)
    optimizer.update(theta, FIRST.copy(), RATE)
    after_one = theta.copy()
    optimizer.update(theta, SECOND.copy(), RATE)
    return after_one, theta


def test_plain_gradient_descent():
    one, two = two_steps(SGD(momentum=0.0, nesterov=False))
    np.testing.assert_allclose(one, [0.95, -2.0, 0.7])
    np.testing.assert_allclose(two, [1.05, -2.025, 0.3])


def test_classical_momentum():
    # v1 = -0.1 g1; v2 = 0.5 v1 - 0.1 g2
    one, two = two_steps(SGD(momentum=0.5, nesterov=False))
    np.testing.assert_allclose(one, [0.95, -2.0, 0.7])
    np.testing.assert_allclose(two, [0.95 - 0.025 + 0.1, -2.025, 0.7 + 0.1 - 0.4])


def test_nesterov_momentum():
    # theta += 0.5 v - 0.1 g, with v as above
    one, two = two_steps(SGD(momentum=0.5, nesterov=True))
    np.testing.assert_allclose(one, [1 - 0.075, -2.0, 0.5 + 0.3])
    np.testing.assert_allclose(two, [0.925 + 0.0375 + 0.1, -2.0 - 0.0375, 0.8 - 0.15 - 0.4])


def test_adam():
    one, two = two_steps(Adam(beta_1=0.9, beta_2=0.99, epsilon=1e-3))
    # After one step the corrected moments are g and g**2.
    expected = THETA - RATE * FIRST / (np.abs(FIRST) + 1e-3)
    np.testing.assert_allclose(one, expected, rtol=1e-14)
    mean = (0.09 * FIRST + 0.1 * SECOND) / (1 - 0.81)
    square = (0.0099 * FIRST**2 + 0.01 * SECOND**2) / (1 - 0.9801)
    expected -= RATE * mean / (np.sqrt(square) + 1e-3)
    np.testing.assert_allclose(two, expected, rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_adam_over_many_steps_is_algorithm_1(dtype):
    """The drawn-out factors are rescaled in time, and rounding does not build up."""
    rng = np.random.default_rng(0)
    gradients = rng.standard_normal((500, 3)) * [1, 1e-3, 1e3]
    theta, optimizer = THETA.astype(dtype), Adam()
    optimizer.start(theta)
    expected, mean, square = THETA.copy(), np.zeros(3), np.zeros(3)
    for t, gradient in enumerate(gradients, start=1):
        optimizer.update(theta, gradient.astype(dtype), 1e-2)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        expected -= 1e-2 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(theta, expected, rtol=300 * np.finfo(dtype).eps, atol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_update_is_in_place_and_keeps_the_dtype(name, dtype):
    optimizer, theta = OPTIMIZERS[name](), THETA.astype(dtype)
    alias = theta
    optimizer.start(theta)
    optimizer.update(theta, FIRST.astype(dtype), RATE)
    assert alias is theta
    assert theta.dtype == dtype
    states = [v for v in vars(optimizer).values() if isinstance(v, np.ndarray)]
    assert all(state.dtype == dtype and state.shape in (theta.shape, ()) for state in states)
    assert theta[0] < THETA[0]
    assert theta[1] == THETA[1]
    assert theta[2] > THETA[2]
