"""The spectrum of the Gauss-Newton matrix, and the weight decay that is found with it."""

import numpy as np
import pytest
from cases import CURVED, objective_of, point_of
from memory import peak_memory
from scipy import sparse
from scipy.linalg import eigh_tridiagonal
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from spies import spied

from sklearn_shallow import Loss, ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.estimators.training import run
from sklearn_shallow.evidence import spectrum as spectra
from sklearn_shallow.evidence.fixed_point import effective_parameters
from sklearn_shallow.evidence.spectrum import ExactMatrix, Spectrum, lanczos, spectrum
from sklearn_shallow.losses.labels import Multinomial
from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.objective.curvature import (
    GaussNewton,
    curved_part,
    gauss_newton,
    kernel,
    with_roots,
)
from sklearn_shallow.objective.formula import Objective
from sklearn_shallow.solvers.progress import Progress


def whole_matrix(objective, theta):
    return gauss_newton(objective, theta) * objective.total_weight


def fitted(estimator, X, y, **settings):
    settings = {"solver": "lbfgs", "max_iter": 1000, "random_state": 0, **settings}
    return estimator(**{"alpha": "evidence", **settings}).fit(X, y)


@pytest.fixture
def linear():
    X, y = load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(X), (y - y.mean()) / y.std()


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", CURVED)
def test_the_operator_is_the_matrix(name, weighted, depth):
    objective, rng = objective_of(name, depth, weighted)
    theta = point_of(objective, rng)
    matrix = whole_matrix(objective, theta)
    operator = GaussNewton(objective, theta, slice(0, objective.n_rows))
    vector = rng.normal(size=objective.n_params)
    expected = matrix @ vector
    atol = 1e-12 * np.abs(expected).max()
    np.testing.assert_allclose(operator.multiply(vector), expected, rtol=1e-10, atol=atol)


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("name", CURVED)
def test_rows_and_parameters_have_the_same_spectrum(name, depth):
    objective, rng = objective_of(name, depth)
    theta = point_of(objective, rng)
    of_rows = np.linalg.eigvalsh(kernel(objective, theta))
    of_parameters = np.linalg.eigvalsh(whole_matrix(objective, theta))
    common = min(len(of_rows), len(of_parameters))
    atol = 1e-10 * of_rows.max()
    np.testing.assert_allclose(of_rows[-common:], of_parameters[-common:], atol=atol)
    np.testing.assert_allclose(of_rows[:-common], 0, atol=atol)
    np.testing.assert_allclose(of_parameters[:-common], 0, atol=atol)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_sparse_rows_have_the_same_operator_and_kernel(depth):
    objective, rng = objective_of("log_loss-softmax", depth)
    theta, vector = point_of(objective, rng), rng.normal(size=objective.n_params)
    products, kernels = [], []
    for X in (objective.X, sparse.csr_matrix(objective.X)):
        objective.X = X
        products.append(GaussNewton(objective, theta, slice(0, objective.n_rows)).multiply(vector))
        kernels.append(kernel(objective, theta))
    np.testing.assert_allclose(*products, rtol=1e-10)
    np.testing.assert_allclose(*kernels, rtol=1e-10, atol=1e-14)


def test_sums_over_a_spectrum_are_traces_and_determinants():
    objective, rng = objective_of("log_loss-softmax")
    theta = point_of(objective, rng)
    matrix, identity = whole_matrix(objective, theta), np.eye(objective.n_params)
    found = spectrum(objective, theta, rng)
    trace = np.trace(np.linalg.solve(matrix + 0.7 * identity, matrix))
    _, log_determinant = np.linalg.slogdet(matrix / 0.7 + identity)
    assert found.sums(0.7) == pytest.approx((trace, log_determinant))


@pytest.mark.parametrize("alpha", [1e-9, 1e-3, 1.0, 1e9])
def test_the_factor_of_a_matrix_tells_what_its_eigenvalues_tell(alpha):
    rng = np.random.default_rng(0)
    root = rng.normal(size=(60, 200)) * np.logspace(0, -3, 200)
    matrix = root @ root.T
    expected = Spectrum(np.linalg.eigvalsh(matrix), np.ones(60)).sums(alpha)
    assert ExactMatrix(matrix).sums(alpha) == pytest.approx(expected, rel=1e-6)


def test_a_matrix_without_full_rank_determines_its_rank_beside_a_penalty_that_is_nothing():
    root = np.random.default_rng(0).normal(size=(200, 20))
    determined, log_volume = ExactMatrix(1e9 * root @ root.T).sums(1e-6)
    assert determined == pytest.approx(20, rel=1e-3)
    assert np.isfinite(log_volume)


@pytest.mark.parametrize("decay", [0.5, 1.0])
@pytest.mark.parametrize("alpha", [100.0, 1000.0])
def test_some_samples_tell_what_all_determine(decay, alpha):
    rng = np.random.default_rng(0)
    J = rng.normal(size=(3000, 500)) * np.arange(1, 501) ** (-decay / 2)
    part, once = J[:750], np.ones(500)
    exact = Spectrum(np.linalg.eigvalsh(J.T @ J), once)
    values = np.linalg.eigvalsh(4 * part.T @ part)
    found, uncorrected = Spectrum(values, once, len(part), len(J)), Spectrum(values, once)
    assert found.sums(alpha) == pytest.approx(exact.sums(alpha), rel=0.03)
    assert np.less(uncorrected.sums(alpha), exact.sums(alpha)).all()


def test_samples_that_determine_all_they_can_are_not_followed_to_no_penalty():
    found = Spectrum(np.full(100, 1e6), np.full(100, 1.0), 100, 1000)
    assert 0.3 < found.seen_alpha(1.0) < 0.5
    assert np.isfinite(found.sums(1.0)).all()


def test_a_spectrum_that_is_not_finite_is_not_followed_for_ever():
    assert np.isnan(Spectrum(np.array([1.0, np.nan]), np.ones(2), 10, 100).seen_alpha(1.0))


@pytest.mark.parametrize("sampled", [False, True])
def test_quadrature_comes_close_to_the_exact_spectrum(monkeypatch, sampled):
    X, y = load_breast_cancer(return_X_y=True)
    net = fitted(ShallowNetClassifier, X, y, hidden_layer_sizes=20, alpha=1.0)
    objective, theta = objective_and_theta(monkeypatch, net, X, y)
    matrix = whole_matrix(objective, theta)
    exact = Spectrum(np.maximum(np.linalg.eigvalsh(matrix), 0), np.ones(len(matrix)))
    monkeypatch.setattr(spectra, "SAMPLE_ROWS", 500 if sampled else 2000)
    found = spectrum(objective, theta, np.random.default_rng(0), probes=100)
    n_rows = 500 if sampled else len(X)  # fewer than parameters
    assert found.counts.sum() == pytest.approx(n_rows)
    rel = 0.12 if sampled else 0.05
    for alpha in (0.1, 1.0, 10.0):
        assert found.sums(alpha) == pytest.approx(exact.sums(alpha), rel=rel)


def test_many_classes_take_no_matrix_for_every_sample():
    n_rows, n_classes, rng = 100, 300, np.random.default_rng(0)
    network = Network(Layout((5, 100, n_classes)), [ACTIVATIONS["relu"]])
    Y = np.eye(n_classes)[rng.integers(n_classes, size=n_rows)]
    X = np.column_stack([rng.normal(size=(n_rows, 5)), np.ones(n_rows)])
    objective = Objective(network, Multinomial(), X, Y)
    theta = rng.normal(size=objective.n_params) / 10
    assert objective.n_params > Y.size
    most = 2**25  # a matrix for every sample is 72 MB in all
    assert peak_memory(lambda: spectrum(objective, theta, rng), enough=most) < most


@pytest.mark.parametrize("n_classes", [None, 2, 6])
def test_a_sample_grows_until_it_tells_how_many_parameters_all_determine(monkeypatch, n_classes):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3500, 40))
    raw = np.tanh(X @ rng.standard_normal((40, 20)) / 4) @ rng.standard_normal((20, n_classes or 1))
    y = (raw + rng.standard_normal(raw.shape)).squeeze()
    y = y if n_classes is None else y.argmax(axis=1)
    estimator = ShallowNetRegressor if n_classes is None else ShallowNetClassifier
    net = estimator(numeric_encoding=None, random_state=0)
    seen, new = slice(0, 2000), slice(2000, None)
    of_all = clone(net).fit(X[seen], y[seen])
    monkeypatch.setattr(spectra, "SAMPLE_ROWS", 250)
    of_sample = clone(net).fit(X[seen], y[seen])
    monkeypatch.setattr(spectra, "SAMPLE_BYTES", 0)  # it does not grow then
    of_few = clone(net).fit(X[seen], y[seen])
    assert of_sample.alpha_ == pytest.approx(of_all.alpha_, rel=0.3)
    assert of_few.alpha_ < 0.6 * of_all.alpha_
    few, sample, every = (fit.score(X[new], y[new]) for fit in (of_few, of_sample, of_all))
    assert sample == pytest.approx(every, abs=0.02)
    assert sample > few


@pytest.mark.parametrize("loss", CURVED)
def test_an_output_counts_as_far_as_the_loss_is_curved_there(loss):
    objective, rng = objective_of(loss)
    theta, rows = point_of(objective, rng), slice(0, objective.n_rows)
    _, roots = with_roots(objective, theta, rows)
    matrices = np.einsum("rik,ril->ikl", roots, roots)  # of every row
    trace, trace_of_square = np.einsum("ikk->", matrices), np.sum(matrices**2)
    expected = trace**2 / trace_of_square / objective.Y.size
    found = np.mean([curved_part(objective, theta, rows, rng) for _ in range(500)])
    assert found == pytest.approx(expected, rel=0.1)


def test_where_no_loss_is_curved_no_parameter_is_determined(monkeypatch):
    X, y = load_iris(return_X_y=True)
    net = fitted(ShallowNetClassifier, X, y, hidden_layer_sizes=100, alpha=1.0)
    objective, theta = objective_and_theta(monkeypatch, net, X, y)
    monkeypatch.setattr(spectra, "SAMPLE_ROWS", 120)
    theta = 1e4 * theta  # every label is sure to working precision
    found = spectrum(objective, theta, np.random.default_rng(0))
    assert found.sums(1.0) == pytest.approx((0.0, 0.0), abs=1e-6)


def objective_and_theta(monkeypatch, net, X, y):
    """Return the objective that the fit minimises, and where it ends."""
    with monkeypatch.context() as patch:
        objectives = spied(patch, run, "make_minimizer", lambda *args: args[2])
        net = clone(net).fit(X, y)
    return objectives[-1], theta_of(net)


def theta_of(net):
    return net._networks[0].theta.astype(np.float64)


def test_lanczos_finds_all_eigenvalues_and_ends_where_there_are_no_more():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(8, 3))
    diagonal, beside = lanczos(lambda v: root @ (root.T @ v), np.ones(8) / np.sqrt(8), 8)
    tridiagonal = np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)
    assert len(diagonal) == 4  # three eigenvalues and zero
    found = np.linalg.eigvalsh(tridiagonal)
    np.testing.assert_allclose(found[1:], np.linalg.eigvalsh(root.T @ root), rtol=1e-10)
    assert abs(found[0]) < 1e-10


@pytest.mark.parametrize("alpha", [1e-3, 0.1, 10.0])
def test_a_quadrature_ends_where_it_tells_how_many_parameters_are_determined(alpha):
    rng = np.random.default_rng(0)
    root = rng.normal(size=(400, 300)) / np.arange(1, 301)
    probe = rng.choice([-1.0, 1.0], size=300) / np.sqrt(300)
    values, vectors = np.linalg.eigh(root.T @ root)
    exact = (vectors.T @ probe) ** 2 @ (values / (values + alpha))
    diagonal, beside = lanczos(lambda v: root.T @ (root @ v), probe, 200, alpha)
    nodes, vectors = eigh_tridiagonal(diagonal, beside)
    found = vectors[0] ** 2 @ (nodes / (nodes + alpha))
    assert exact <= found <= (1 + 1.1 * spectra.ACCURACY) * exact
    assert 3 < len(diagonal) < 150  # it is not too soon, nor are all steps taken


def test_the_decay_is_a_fixed_point_before_it_is_made_stronger(monkeypatch):
    monkeypatch.setattr("sklearn_shallow.evidence.decay.strengthened", lambda alpha, *_: alpha)
    X, y = load_diabetes(return_X_y=True)
    for settings in ({"hidden_layer_sizes": 20}, {"hidden_layer_sizes": (), "max_iter": 500}):
        net = fitted(ShallowNetRegressor, X, y, **settings)
        objective, _ = objective_and_theta(
            monkeypatch, clone(net).set_params(alpha=net.alpha_), X, y
        )
        theta = theta_of(net)
        gamma, _ = spectrum(objective, theta, np.random.default_rng(0)).sums(net.alpha_)
        assert net.n_effective_params_ == pytest.approx(gamma, rel=0.1)
        residual = (net.predict(X) - y) / y.std()
        noise = np.mean(residual**2) / (1 - gamma / len(y)) ** 2
        weights = sum(float(np.sum(W**2)) for W in objective.layout.unpack(theta).W)
        assert net.alpha_ == pytest.approx(noise * gamma / weights, rel=0.3)


def test_log_evidence_of_a_linear_model_is_the_marginal_likelihood(linear):
    X, y = linear
    net = fitted(ShallowNetRegressor, X, y, hidden_layer_sizes=(), tol=1e-10)
    prior = (X @ X.T + 1) / net.alpha_ + np.eye(len(y))
    noise = y @ np.linalg.solve(prior, y) / len(y)
    expected = multivariate_normal(np.zeros(len(y)), noise * prior).logpdf(y)
    assert net.log_evidence_ == pytest.approx(expected, abs=1e-3)


@pytest.mark.filterwarnings("ignore:.*is no better than a constant")
def test_log_evidence_of_labels_prefers_what_is_true():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    curved = (X[:, 0] ** 2 + X[:, 1] ** 2 < 1.4).astype(int)
    straight = (X[:, 0] + 0.5 * rng.normal(size=200) > 0).astype(int)
    for y, better, worse in ((curved, 8, ()), (straight, (), 8)):
        good, bad = (
            fitted(ShallowNetClassifier, X, y, hidden_layer_sizes=size, activation="tanh")
            for size in (better, worse)
        )
        assert good.log_evidence_ > bad.log_evidence_


@pytest.mark.filterwarnings("ignore:.*is no better than a constant")
def test_noise_gets_a_strong_decay_and_a_clean_function_a_weak_one():
    X, clean = make_friedman1(300, 5, noise=0.0, random_state=0)
    noise = np.random.default_rng(0).normal(size=300)
    decays = [
        fitted(ShallowNetRegressor, X, y, hidden_layer_sizes=30, max_iter=3000).alpha_
        for y in (clean, clean + 5 * noise, noise)
    ]
    assert decays[0] < 0.3 < 3 < decays[1] < decays[2]


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_the_unit_of_the_target_does_not_matter(scale):
    X, y = make_friedman1(200, 5, noise=1.0, random_state=0)
    settings = {"hidden_layer_sizes": 5, "activation": "tanh", "solver": "lm"}
    one, other = (fitted(ShallowNetRegressor, X, c * y, **settings) for c in (1.0, scale))
    assert other.alpha_ == pytest.approx(one.alpha_, rel=1e-3)
    assert other.log_evidence_ == pytest.approx(one.log_evidence_, abs=0.1)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", ["poisson", "gamma", "huber"])
def test_other_losses(name):
    X, y = make_friedman1(300, 5, noise=0.5, random_state=0)
    y = np.exp(y / 10) if name != "poisson" else np.floor(np.exp(y / 8))
    net = fitted(ShallowNetRegressor, X, y, loss=name, hidden_layer_sizes=20, max_iter=500)
    weak = fitted(ShallowNetRegressor, X, y, loss=name, hidden_layer_sizes=20, alpha=1e-3)
    assert 1e-3 < net.alpha_ < 100
    new_X, new_y = make_friedman1(1000, 5, noise=0.5, random_state=1)
    truth = np.exp(new_y / 10) if name != "poisson" else np.floor(np.exp(new_y / 8))
    assert net.score(new_X, truth) > weak.score(new_X, truth)


def test_is_far_better_than_a_weak_decay_and_close_to_the_best_of_a_grid():
    X, y = load_iris(return_X_y=True)
    X = np.hstack([X, np.random.default_rng(0).normal(size=(150, 20))])
    split = train_test_split(X, y, train_size=0.6, random_state=0, stratify=y)
    X_train, X_test, y_train, y_test = split

    def held_out(alpha):
        net = fitted(ShallowNetClassifier, X_train, y_train, alpha=alpha)
        return log_loss(y_test, net.predict_proba(X_test))

    losses = {alpha: held_out(alpha) for alpha in (0.001, 0.1, 1.0, 3.0, 10.0)}
    found = held_out("evidence")
    assert found < 0.7 * losses[0.001]
    assert found < 1.15 * min(losses.values())


@pytest.mark.filterwarnings("ignore:.*is no better than a constant")
def test_a_network_without_weights_is_taken_back():
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] * 3)
    X = X + 0.05 * np.random.default_rng(0).normal(size=X.shape)
    y = (np.round(X[:, 0]) != np.round(X[:, 1])).astype(int)
    fixed = fitted(ShallowNetClassifier, X, y, hidden_layer_sizes=20, alpha=3.0)
    assert max(np.abs(W).max() for W in fixed.coefs_) < 1e-2
    assert fitted(ShallowNetClassifier, X, y, hidden_layer_sizes=20).score(X, y) == 1


def test_units_that_the_first_decay_silences_come_back():
    rng = np.random.default_rng(0)
    X = rng.uniform(-2 * np.pi, 2 * np.pi, size=(500, 1))
    y = np.sin(X[:, 0]) + 0.1 * rng.normal(size=500)
    net = fitted(ShallowNetRegressor, X, y, max_iter=3000)
    assert net.score(X, y) > 0.97  # 0.7 without a new beginning


def test_the_search_has_iterations_of_its_own():
    X, y = load_iris(return_X_y=True)
    net = ShallowNetClassifier(solver="lbfgs", alpha="evidence", random_state=0)
    long = clone(net).set_params(max_iter=1000).fit(X, y).n_iter_
    enough = clone(net).set_params(max_iter=long - 60).fit(X, y)  # without a warning
    assert enough.n_iter_ == long
    with pytest.warns(ConvergenceWarning, match="reached max_iter=2"):
        short = clone(net).set_params(max_iter=2).fit(X, y)
    assert 2 < short.n_iter_ <= 7 * 2


def test_a_warm_start_begins_with_the_last_decay():
    X, y = make_friedman1(200, 5, noise=0.1, random_state=0)
    net = fitted(ShallowNetRegressor, X, y, hidden_layer_sizes=10, activation="tanh", solver="lm")
    first, loss = net.alpha_, net.loss_
    assert first < 0.1
    again = clone(net).set_params(warm_start=True).fit(X, y).fit(X, y)
    assert again.n_iter_ < net.n_iter_
    assert again.alpha_ == pytest.approx(first, rel=0.5)
    assert again.loss_ < 1.2 * loss


def test_both_solvers_find_the_same():
    X, y = make_friedman1(200, 5, noise=1.0, random_state=0)
    settings = {"hidden_layer_sizes": 3, "activation": "tanh", "tol": 1e-6, "random_state": 5}
    one, other = (
        fitted(ShallowNetRegressor, X, y, solver=solver, **settings) for solver in ("lbfgs", "lm")
    )
    assert one.alpha_ == pytest.approx(other.alpha_, rel=0.2)
    assert one.log_evidence_ == pytest.approx(other.log_evidence_, abs=0.5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_sparse_and_many_rows_are_taken_as_they_come():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 20)) * (rng.uniform(size=(3000, 20)) < 0.2)
    y = (X[:, 0] + X[:, 1] + 0.3 * rng.normal(size=3000) > 0).astype(int)
    settings = {"hidden_layer_sizes": 30, "max_iter": 100, "standardize": False}
    dense = fitted(ShallowNetClassifier, X, y, **settings)
    other = fitted(ShallowNetClassifier, sparse.csr_matrix(X), y, **settings)
    assert other.alpha_ == pytest.approx(dense.alpha_, rel=0.5)


def test_what_is_fitted_is_told_and_goes_with_the_next_fit():
    X, y = load_iris(return_X_y=True)
    net = fitted(ShallowNetClassifier, X, y, hidden_layer_sizes=5)
    again = clone(net).fit(X, y)
    assert net.alpha_ == again.alpha_
    assert net.alpha == "evidence"
    assert 0 < net.n_effective_params_ < 4 * 5 + 5 + 5 * 3 + 3
    assert net.log_evidence_ < 0
    net.set_params(alpha=0.5).fit(X, y)
    assert net.alpha_ == 0.5
    assert not hasattr(net, "n_effective_params_")
    assert not hasattr(net, "log_evidence_")
    assert net.set_params(alpha=7).alpha_ == 0.5


def test_weights_that_absolute_values_hold_at_zero_are_no_parameters():
    objective, rng = objective_of("squared_error", depth=1)
    theta = point_of(objective, rng)
    theta[5:] = 0
    of_squares, _ = effective_parameters(objective.with_alpha(1e-4), theta, rng)
    objective.l1_ratio = objective.l1_ratio + 0.5
    of_both, _ = effective_parameters(objective.with_alpha(1e-4), theta, rng)
    assert of_both <= 5 < of_squares


def test_a_loss_of_ones_own_with_a_curvature():
    class Squares(Loss):
        standardization = "mean"

        def terms(self, Y, raw):
            return (raw - Y) ** 2 / 2

        def gradient(self, Y, raw, out):
            return np.subtract(raw, Y, out=out)

        def curvature(self, Y, raw):
            return np.ones_like(raw)

    X, y = make_friedman1(100, 5, noise=1.0, random_state=0)
    own, built_in = (
        fitted(ShallowNetRegressor, X, y, hidden_layer_sizes=5, loss=loss)
        for loss in (Squares(), "squared_error")
    )
    assert own.alpha_ == pytest.approx(built_in.alpha_, rel=1e-6)


def test_a_stage_pauses_after_its_iterations():
    progress = Progress(max_iter=10, tol=0.0, n_iter_no_change=5)
    progress.begin_stage(3)
    while progress.reason is None:
        progress.update(np.zeros(1), 1 / (1 + progress.n_iter), gradient_norm=1.0)
    assert (progress.n_iter, progress.reason, progress.is_over) == (3, "pause", False)
    progress.begin_stage()
    while progress.reason is None:
        progress.update(np.zeros(1), 1 / (1 + progress.n_iter), gradient_norm=1.0)
    assert (progress.n_iter, progress.reason, progress.is_over) == (10, "max_iter", True)
