"""Three numbers, two steps: convergence alone would prove no formula."""

import numpy as np
import pytest
from nets import STOCHASTIC, plain

from sklearn_shallow.solvers.registry import SOLVERS
from sklearn_shallow.solvers.update_rules import SGD, STEPS_PER_CLEARING, Adam

THETA = np.array([1.0, -2.0, 0.5])
FIRST = np.array([0.5, 0.0, -2.0])
SECOND = np.array([-1.0, 0.25, 4.0])
RATE = 0.1
RULES = [Adam(), SGD(momentum=0.5)]
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def two_steps(optimizer):
    theta = THETA.copy()
    optimizer.start(theta)
    optimizer.update(theta, FIRST.copy(), RATE)
    after_one = theta.copy()
    optimizer.update(theta, SECOND.copy(), RATE)
    return after_one, theta


def test_plain_gradient_descent():
    one, two = two_steps(SGD(momentum=0.0, nesterovs_momentum=False))
    np.testing.assert_allclose(one, [0.95, -2.0, 0.7])
    np.testing.assert_allclose(two, [1.05, -2.025, 0.3])


def test_classical_momentum():
    # v1 = -0.1 g1; v2 = 0.5 v1 - 0.1 g2
    one, two = two_steps(SGD(momentum=0.5, nesterovs_momentum=False))
    np.testing.assert_allclose(one, [0.95, -2.0, 0.7])
    np.testing.assert_allclose(two, [0.95 - 0.025 + 0.1, -2.025, 0.7 + 0.1 - 0.4])


def test_nesterov_momentum():
    # theta += 0.5 v - 0.1 g, with v as above
    one, two = two_steps(SGD(momentum=0.5, nesterovs_momentum=True))
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


def algorithm_1(gradients, rate, beta_1, beta_2, epsilon=1e-8):
    theta, mean, square = THETA.copy(), np.zeros(3), np.zeros(3)
    for t, gradient in enumerate(gradients, start=1):
        mean = beta_1 * mean + (1 - beta_1) * gradient
        square = beta_2 * square + (1 - beta_2) * gradient**2
        theta -= rate * mean / (1 - beta_1**t) / (np.sqrt(square / (1 - beta_2**t)) + epsilon)
    return theta


def after(optimizer, theta, gradients, rate):
    optimizer.start(theta)
    for gradient in gradients:
        optimizer.update(theta, gradient.astype(theta.dtype), rate)
    return theta


@both_precisions
@pytest.mark.parametrize("beta_1", [0.0, 1e-3, 0.05, 0.3, 0.9, 1 - 1e-9])
@pytest.mark.parametrize("beta_2", [0.0, 0.1, 0.95, 0.999, 1 - 1e-9])
def test_adam_over_many_steps_is_algorithm_1(beta_1, beta_2, dtype):
    gradients = np.random.default_rng(0).standard_normal((500, 3)) * [1, 1e-3, 1e3]
    theta = after(Adam(beta_1=beta_1, beta_2=beta_2), THETA.astype(dtype), gradients, 1e-3)
    expected = algorithm_1(gradients, 1e-3, beta_1, beta_2)
    np.testing.assert_allclose(theta, expected, rtol=300 * np.finfo(dtype).eps)


@both_precisions
@pytest.mark.parametrize("beta_1", [0.0, 0.9])
@pytest.mark.parametrize("beta_2", [0.0, 0.95])
def test_adam_reaches_what_it_says_under_a_constant_gradient(beta_1, beta_2, dtype):
    optimizer, gradients = Adam(beta_1=beta_1, beta_2=beta_2), np.full((70, 3), [1e-3, -2.0, 50.0])
    before = after(optimizer, THETA.astype(dtype), gradients[1:], RATE)
    theta = before.copy()
    optimizer.update(theta, gradients[0].astype(dtype), RATE)
    step = RATE * gradients[0] / (np.abs(gradients[0]) + 1e-8)
    np.testing.assert_allclose(before - theta, step, rtol=1e-3)
    np.testing.assert_allclose(optimizer.reach(RATE) * gradients[0], step, rtol=1e-3)


@both_precisions
@pytest.mark.parametrize("epsilon", [1e-30, 1e-300, 5e-324])
def test_an_epsilon_next_to_nothing_divides_nothing_by_zero(epsilon, dtype):
    gradients = np.zeros((40, 3))
    gradients[:, 1] = 1e-25
    with np.errstate(all="raise", under="ignore"):
        theta = after(Adam(epsilon=epsilon), THETA.astype(dtype), gradients, 1e-3)
    assert np.isfinite(theta).all()
    np.testing.assert_allclose(theta, THETA, atol=0.05)


# What is negligible -------------------------------------------------------------------------------


def subnormal(array):
    """Return how many numbers are neither zero nor normal."""
    return int(np.sum((array != 0) & (np.abs(array) < np.finfo(array.dtype).tiny)))


def arrays_of(optimizer):
    return [v for v in vars(optimizer).values() if isinstance(v, np.ndarray) and v.shape]


@both_precisions
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_moments_of_gradients_that_end_become_zero(rule, dtype):
    theta = np.ones(3, dtype)
    rule.start(theta)
    rule.update(theta, np.array([1.0, -1e-3, 1e3], dtype), 1e-3)
    assert all(array.all() for array in arrays_of(rule))
    for _ in range(2000):
        rule.update(theta, np.zeros(3, dtype), 1e-3)
        if rule.n_steps % STEPS_PER_CLEARING == 0:
            assert not any(map(subnormal, arrays_of(rule)))
    assert not any(array.any() for array in arrays_of(rule))
    assert theta.all()


@both_precisions
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_weights_that_only_decay_become_zero(rule, dtype):
    theta = np.array([1.0, -0.5, 1e-3], dtype)
    rule.start(theta)
    for _ in range(200 * STEPS_PER_CLEARING):
        theta *= 0.9
        rule.update(theta, 1e-9 * theta, 1e-3)
    assert not theta.any()
    assert not any(map(subnormal, arrays_of(rule)))


@both_precisions
@pytest.mark.parametrize("name", STOCHASTIC)
def test_a_parameter_at_zero_comes_back(name, dtype):
    optimizer, theta = SOLVERS[name](), np.zeros(3, dtype)
    optimizer.start(theta)
    for _ in range(5 * STEPS_PER_CLEARING):
        optimizer.update(theta, np.zeros(3, dtype), 1e-2)
    assert not theta.any()
    for _ in range(5 * STEPS_PER_CLEARING):
        optimizer.update(theta, np.array([1e-3, -1e-5, 0.0], dtype), 1e-2)
    assert theta[0] < 0 < theta[1]
    assert np.abs(theta[:2]).min() > 1e-6


@pytest.mark.parametrize("name", STOCHASTIC)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_update_is_in_place_and_keeps_the_dtype(name, dtype):
    optimizer, theta = SOLVERS[name](), THETA.astype(dtype)
    optimizer.start(theta)
    optimizer.update(theta, FIRST.astype(dtype), RATE)
    assert theta.dtype == dtype
    states = [v for v in vars(optimizer).values() if isinstance(v, np.ndarray)]
    assert all(state.dtype == dtype and state.shape in (theta.shape, ()) for state in states)
    assert theta[0] < THETA[0]
    assert theta[1] == THETA[1]
    assert theta[2] > THETA[2]


def test_units_that_no_sample_needs_become_zero_and_not_subnormal():
    X = np.random.default_rng(0).normal(size=(640, 3))
    y = X[:, 0] > 0
    settings = {"alpha": 5.0, "learning_rate": "flat_cosine", "learning_rate_init": 0.02}
    net = plain(hidden_layer_sizes=20, batch_size=16, max_iter=600, warm_start=True, **settings)
    net.fit(X, y)
    for _ in range(2):
        [network] = net._networks
        theta = network.theta.astype(np.float32)
        assert not any(map(subnormal, [theta, *arrays_of(network.resume.solver)]))
        assert np.mean(theta == 0) > 0.5
        assert np.all(theta[np.abs(theta) < 1e-12] == 0)
        assert net.score(X, y) > 0.95
        net.partial_fit(X, y)
