"""The Gauss-Newton matrix, and Levenberg-Marquardt, which uses it."""

from itertools import cycle

import numpy as np
import pytest
from cases import CURVED, LOSSES, objective_of, point_of, raw_of
from numerical import numerical_jacobian
from scipy import sparse
from scipy.optimize import least_squares
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_friedman1
from spies import spied

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.losses.base import Loss
from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.objective import curvature
from sklearn_shallow.objective.formula import Objective
from sklearn_shallow.solvers.levenberg_marquardt import Damping, LevenbergMarquardt
from sklearn_shallow.solvers.progress import Progress

HESSIAN = ["log_loss-logit", "log_loss-softmax", "squared_error", "poisson"]


@pytest.mark.parametrize("name", HESSIAN)
def test_is_the_hessian_of_a_linear_network_with_a_canonical_link(name):
    objective, rng = objective_of(name, depth=0)
    theta = point_of(objective, rng)
    hessian = numerical_jacobian(lambda t: objective.value_and_gradient(t)[1], theta)
    found = objective.gauss_newton(theta)
    np.testing.assert_allclose(found, hessian, atol=1e-8 * np.abs(hessian).max())


@pytest.mark.parametrize("formed", [False, True])
@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", CURVED)
def test_products_with_the_matrix_seen_from_the_rows(name, weighted, depth, formed, monkeypatch):
    monkeypatch.setattr(curvature, "forming_pays", lambda *_: formed)
    objective, rng = objective_of(name, depth, weighted)
    for other in (objective, objective.with_alpha(7.0)):  # one after the other at other points
        theta = point_of(objective, rng)
        operator = curvature.row_kernel(other, theta, slice(0, objective.n_rows))
        is_matrix = formed and operator.size == objective.n_rows
        assert type(operator) is (curvature.RowMatrix if is_matrix else curvature.RowKernel)
        vector = rng.standard_normal(operator.size)
        expected = curvature.kernel(objective, theta) @ vector
        np.testing.assert_allclose(operator.multiply(vector), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("hidden", [(5,), (5, 1, 4)])
def test_the_matrix_of_one_output_keeps_the_inner_products_of_the_rows(hidden, monkeypatch):
    rng, layout = np.random.default_rng(0), Layout((3, *hidden, 1))
    network = Network(layout, [ACTIVATIONS["tanh"]] * len(hidden))
    X = np.column_stack([rng.standard_normal((11, 3)), np.ones(11)])
    objective = Objective(network, LOSSES["squared_error"], X, rng.standard_normal((11, 1)))
    counted, plain = [], curvature.gram

    def gram(A, *onto):
        counted.append(np.array_equal(A, X))
        return plain(A, *onto)

    monkeypatch.setattr(curvature, "gram", gram)
    monkeypatch.setattr(curvature, "forming_pays", lambda *_: True)
    for alpha in (1.0, 7.0):
        other, theta = objective.with_alpha(alpha), point_of(objective, rng)
        for rows in (slice(0, 11), np.array([0, 3, 4])):
            operator = curvature.row_kernel(other, theta, rows)
            assert type(operator) is curvature.RowMatrix
            jacobian, roots = curvature.with_roots(other, theta, rows)
            columns = curvature.factors(jacobian, roots)
            expected = curvature.inner_products(columns, columns) * 11 / operator.size
            found = [operator.multiply(unit) for unit in np.eye(operator.size)]
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    assert sum(counted) == 1


def test_the_matrix_of_few_dense_rows_is_formed():
    def is_formed(n_rows, X=None, dtype=np.float32):
        X = np.ones((n_rows, 51), dtype) if X is None else X
        layout = Layout((50, 30, 1))
        network = Network(layout, [ACTIVATIONS["relu"]])
        theta = np.full(layout.n_params, 0.1, dtype)
        _, jacobian = curvature.linearised(network, theta, X)
        return curvature.forming_pays(jacobian, curvature.PRODUCTS)

    assert is_formed(500)
    assert not is_formed(10_000)
    assert not is_formed(500, sparse.csr_array(np.ones((500, 51))), np.float64)


@pytest.mark.parametrize("n_columns", [3, 30])
def test_products_are_sums_of_the_derivatives_of_every_row(n_columns):
    rng, layout = np.random.default_rng(0), Layout((n_columns, 6, 4, 2))
    network = Network(layout, [ACTIVATIONS["relu"], ACTIVATIONS["tanh"]])
    X, theta = np.c_[rng.normal(size=(9, n_columns)), np.ones(9)], rng.normal(size=layout.n_params)
    _, jacobian = curvature.linearised(network, theta, X)
    change, direction = rng.normal(size=layout.n_params), rng.normal(size=(9, 2))
    expected = jacobian.rows(direction, np.empty((layout.n_params, 9))).sum(axis=1)
    np.testing.assert_allclose(jacobian.backward(direction), expected, rtol=1e-12, atol=1e-12)
    product = np.sum(direction * jacobian.forward(change))
    np.testing.assert_allclose(product, expected @ change, rtol=1e-10)


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", CURVED)
def test_is_the_jacobian_around_the_curvature_of_the_loss(name, weighted, depth):
    objective, rng = objective_of(name, depth, weighted)
    theta = point_of(objective, rng)
    J = numerical_jacobian(lambda t: raw_of(objective, t), theta)  # (n_params, n_rows, n_outputs)
    weight = np.ones(objective.n_rows) if not weighted else objective.sample_weight
    roots = np.array(list(objective.hessian_roots(objective.Y, raw_of(objective, theta))))
    roots = roots * np.sqrt(weight)[:, np.newaxis]
    rows = np.einsum("pio,cio->cip", J, roots)
    expected = np.einsum("cip,ciq->pq", rows, rows) / objective.total_weight
    expected += np.diag(objective.l2)
    found = objective.gauss_newton(theta)
    np.testing.assert_allclose(found, expected, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("name", CURVED)
def test_the_curvature_is_the_second_derivative_where_the_target_is_the_mean(name):
    """There every curvature is: the second derivative, its expectation, and a touching parabola."""
    loss, rng = LOSSES[name], np.random.default_rng(0)
    raw = rng.standard_normal((1, objective_of(name)[0].Y.shape[1]))
    Y = loss.link.inverse(raw, np.empty_like(raw))

    def gradient(r):
        return loss.gradient(Y, r[np.newaxis], np.empty_like(raw))[0]

    second = numerical_jacobian(gradient, raw[0])
    roots = np.array([direction[0] for direction in loss.hessian_roots(Y, raw)])
    np.testing.assert_allclose(roots.T @ roots, second, atol=1e-8)


def test_the_parabola_of_a_robust_loss_touches_it_and_lies_above():
    loss = LOSSES["huber"]
    at, around = np.array([0.01, 0.7, 1.5, 40.0]), np.linspace(-60, 60, 1001)
    weight = loss.weight(at.copy())
    np.testing.assert_allclose(weight * at, loss.psi(at.copy()))
    parabola = loss.rho(at.copy())[:, np.newaxis] + weight[:, np.newaxis] / 2 * (
        around**2 - at[:, np.newaxis] ** 2
    )
    assert (parabola - loss.rho(around.copy()) >= -1e-9).all()


class Correlated(Loss):
    """A custom loss with a curvature that is no diagonal matrix."""

    mixing = np.array([[2.0, 1.0], [0.5, 1.0]])

    def terms(self, Y, raw):
        return ((raw - Y) @ self.mixing) ** 2 @ np.full((2, 1), 0.5)

    def gradient(self, Y, raw, out):
        return np.matmul((raw - Y) @ self.mixing, self.mixing.T, out=out)

    def hessian_roots(self, Y, raw):
        return [np.tile(column, (len(raw), 1)) for column in self.mixing.T]


class Cubic(Loss):
    def terms(self, Y, raw):
        return np.abs(raw - Y) ** 3 / 6

    def gradient(self, Y, raw, out):
        return np.multiply(np.abs(raw - Y), (raw - Y) / 2, out=out)

    def curvature(self, Y, raw):
        return np.abs(raw - Y)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize(
    "loss",
    [*(LOSSES[name] for name in CURVED), Correlated(), Cubic()],
    ids=[*CURVED, "custom roots", "custom curvature"],
)
def test_the_product_with_the_curvature_is_that_of_its_roots(loss, missing):
    rng = np.random.default_rng(0)
    raw, D = rng.standard_normal((2, 20, 2))
    Y = rng.integers(1, 3, size=raw.shape) + 0.0
    couples = loss.terms(Y, raw).shape[1] == 1
    if missing and not couples:
        Y[::3, 0] = Y[1::4, -1] = np.nan
    network = Network(Layout((1, 2)), [])
    objective = Objective(network, loss, np.ones((20, 2)), Y)
    before = D.copy()
    found = objective.hessian_product(Y, raw)(D)
    roots = list(objective.hessian_roots(Y, raw))
    expected = sum(root * (root * D).sum(axis=1, keepdims=True) for root in roots)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(D, before)
    assert not np.any(np.array(roots)[:, np.isnan(Y)])


def test_blocks_of_rows_add_up(monkeypatch):
    objective, rng = objective_of("log_loss-softmax", depth=2)
    theta = point_of(objective, rng)
    whole = curvature.gauss_newton(objective, theta)
    monkeypatch.setattr(curvature, "JACOBIAN_BYTES", 3 * 8 * objective.n_params)
    blocks = spied(monkeypatch, curvature, "with_roots", lambda *args: args[-1])
    np.testing.assert_allclose(curvature.gauss_newton(objective, theta), whole, rtol=1e-12)
    assert len(blocks) == 4  # 11 rows by 3


@pytest.mark.parametrize(("name", "weighted"), [*zip(CURVED, cycle([True, False]), strict=False)])
def test_levenberg_marquardt_reaches_a_minimum(name, weighted):
    objective, rng = objective_of(name, depth=1, weighted=weighted, alpha=0.5)
    progress = Progress(max_iter=1000, tol=0.0, n_iter_no_change=1000)
    result = LevenbergMarquardt().minimize(objective, point_of(objective, rng), progress)
    losses = progress.history["loss"]
    assert (np.diff(losses) <= 0).all()
    # A class without rows has its minimum at infinity, where the slope ends slowly.
    assert np.abs(objective.value_and_gradient(result.theta)[1]).max() < 1e-4 * max(1, losses[0])


def test_the_damping_is_that_of_nielsen():
    damping = Damping(np.diag([2.0, 5.0]))
    assert damping.size == 0.5
    damping.failed()
    damping.failed()
    assert damping.size == 0.5 * 2 * 4
    damping.succeeded(1.0)
    assert damping.size == pytest.approx(4 / 3)
    damping.succeeded(0.1)
    assert damping.size == pytest.approx(4 / 3 * (1 + 0.8**3))
    damping.failed()
    assert damping.size == pytest.approx(4 / 3 * (1 + 0.8**3) * 2)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_is_not_behind_scipy_on_the_same_network():
    """From the same starts, without a prior, in as many iterations, for a noise-free function."""
    x = np.linspace(-1.7, 1.7, 100)[:, np.newaxis]
    y = np.sinc(2 * x[:, 0])
    errors = {"ours": [], "scipy": []}

    def residuals(theta):
        W0, b0, W1, b1 = np.split(theta, np.cumsum([6, 6, 6]))
        return np.tanh(x * W0 + b0) @ W1 + b1 - y

    for seed in range(5):
        rng = np.random.default_rng(seed)
        W, b = (
            [rng.standard_normal((1, 6)), rng.standard_normal((6, 1))],
            [np.zeros(6), np.zeros(1)],
        )
        theta = np.concatenate([W[0].ravel(), b[0], W[1].ravel(), b[1]])
        peer = least_squares(residuals, theta, method="lm", max_nfev=200)
        errors["scipy"].append(np.sqrt(np.mean(peer.fun**2)))
        settings = {"activation": "tanh", "alpha": 0.0, "standardize": False, "max_iter": 200}
        net = ShallowNetRegressor(6, solver="lm", tol=1e-8, n_iter_no_change=50, **settings)
        net.fit(x, y, coef_init=W, intercept_init=b)
        errors["ours"].append(np.sqrt(np.mean((net.predict(x) - y) ** 2)))
    assert np.median(errors["ours"]) <= np.median(errors["scipy"])


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "relu", "softplus"])
def test_the_estimators_take_it_with_everything(activation, early_stopping):
    X, y = load_diabetes(return_X_y=True)
    Y = np.column_stack([y, X[:, 2]])
    Y[::7, 1] = np.nan
    weight = np.random.default_rng(0).integers(0, 3, len(y)).astype(float)
    settings = {"activation": activation, "solver": "lm", "max_iter": 200, "random_state": 0}
    net = ShallowNetRegressor((6, 4), early_stopping=early_stopping, alpha=5.0, **settings)
    net.fit(X, Y, sample_weight=weight)
    assert len(net.history_["loss"]) == net.n_iter_
    known = ~np.isnan(Y[:, 1])
    assert net.score(X[known], Y[known]) > 0.4
    assert not hasattr(net, "partial_fit")
    X, y = load_iris(return_X_y=True)
    net = ShallowNetClassifier(5, early_stopping=early_stopping, **settings).fit(X, y)
    assert net.score(X, y) > 0.95


def test_fits_a_function_far_better_than_lbfgs_in_as_many_iterations():
    X, y = make_friedman1(300, 5, random_state=0)
    scores = {}
    for solver in ("lm", "lbfgs"):
        settings = {"alpha": 1e-6, "tol": 0, "n_iter_no_change": 500, "solver": solver}
        net = ShallowNetRegressor(8, activation="tanh", max_iter=200, random_state=0, **settings)
        with pytest.warns(UserWarning, match="max_iter=200"):
            scores[solver] = 1 - net.fit(X, y).score(X, y)
    assert scores["lm"] < scores["lbfgs"] / 3


def test_a_later_fit_is_no_worse_than_the_first():
    X, y = load_breast_cancer(return_X_y=True)
    net = ShallowNetClassifier(4, solver="lm", alpha=1.0, warm_start=True, random_state=0).fit(X, y)
    first = net.loss_
    assert net.fit(X, y).loss_ <= first


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_layer_sizes": (300,)}, r"makes 3601 parameters; it takes 3000 at most.*lbfgs"),
        ({"l1_ratio": (0.5, 0)}, r"l1_ratio=\(0.5, 0\)"),
        ({"loss": "absolute_error"}, "with a curvature, got loss='absolute_error'"),
    ],
)
def test_says_what_it_cannot_do(settings, message):
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(ValueError, match=message):
        ShallowNetRegressor(**{"hidden_layer_sizes": 3, "solver": "lm", **settings}).fit(X, y)


@pytest.mark.parametrize("name", ["squared_error", "huber"])
def test_targets_that_do_not_depend_on_each_other_have_a_curvature_of_one_number_each(name):
    """An array for every target would take time and memory by the square of their number."""
    rng = np.random.default_rng(0)
    Y, raw = rng.standard_normal((2, 5, 40))
    roots = LOSSES[name].hessian_roots(Y, raw)
    np.testing.assert_allclose(LOSSES[name].curvature(Y, raw), sum(root**2 for root in roots))
