"""Promises of the objective: additive over rows, one meaning of weights and alpha."""

import numpy as np
import pytest
from cases import LOSSES, N_ROWS, make_objective, point_of, targets
from hypothesis import given, settings
from hypothesis import strategies as st
from memory import peak_memory
from numerical import check_gradient
from scipy import sparse

import sklearn_shallow.objective.formula as objective_module
from sklearn_shallow import LogLoss, Loss, ShallowNetRegressor
from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.objective import epochs
from sklearn_shallow.objective.formula import Objective, block_rows
from sklearn_shallow.solvers.update_rules import Adam

seeds = st.integers(0, 2**32 - 1)
CLOSE = {"rtol": 1e-11, "atol": 1e-13}


def small_objective(seed, alpha=0.3, weighted=True):
    rng = np.random.default_rng(seed)
    activations = [ACTIVATIONS["tanh"], ACTIVATIONS["relu"]]
    objective = make_objective(
        activations, "log_loss-softmax", weighted=weighted, alpha=alpha, rng=rng
    )
    return objective, point_of(objective, rng), rng


def rebuilt(objective, X=None, Y=None, weight=None, alpha=None):
    return Objective(
        objective.network,
        objective.loss,
        objective.X if X is None else X,
        objective.Y if Y is None else Y,
        objective.sample_weight if weight is None else weight,
        alpha=objective.alpha if alpha is None else alpha,
    )


def assert_same(one, other, theta):
    value, gradient = one.value_and_gradient(theta)
    other_value, other_gradient = other.value_and_gradient(theta)
    np.testing.assert_allclose(other_value, value, **CLOSE)
    np.testing.assert_allclose(other_gradient, gradient, **CLOSE)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_integer_weight_is_repetition_and_zero_is_absence(seed):
    objective, theta, _ = small_objective(seed)
    times = objective.sample_weight.astype(int)
    if times.sum() == 0:
        return
    X, Y = (np.repeat(a, times, axis=0) for a in (objective.X, objective.Y))
    assert_same(objective, rebuilt(objective, X, Y, weight=np.ones(len(X))), theta)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_order_of_rows_does_not_matter(seed):
    objective, theta, rng = small_objective(seed)
    rows = rng.permutation(N_ROWS)
    shuffled = rebuilt(
        objective, objective.X[rows], objective.Y[rows], objective.sample_weight[rows]
    )
    assert_same(objective, shuffled, theta)


@settings(max_examples=30, deadline=None)
@given(seeds, st.floats(1e-3, 1e3))
def test_scale_of_the_weights_is_a_scale_of_the_prior(seed, factor):
    objective, theta, _ = small_objective(seed)
    scaled = rebuilt(
        objective, weight=factor * objective.sample_weight, alpha=factor * objective.alpha
    )
    assert_same(objective, scaled, theta)


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(1, N_ROWS))
def test_blocks_add_up(seed, size):
    objective, theta, _ = small_objective(seed)
    whole = objective.value_and_gradient(theta)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(objective_module, "block_rows", lambda layout, dtype: size)
        blocks = objective.value_and_gradient(theta)
        value = objective.value(theta)
    np.testing.assert_allclose(blocks[0], whole[0], **CLOSE)
    np.testing.assert_allclose(value, whole[0], **CLOSE)
    np.testing.assert_allclose(blocks[1], whole[1], **CLOSE)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("shuffled", [False, True])
@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(1, N_ROWS), st.integers(1, N_ROWS))
def test_batches_average_to_the_objective(kind, shuffled, seed, n_batches, n_chunk_rows):
    objective, theta, rng = small_objective(seed)
    objective = rebuilt(objective, X=kind(objective.X))
    order = rng.permutation(N_ROWS) if shuffled else None
    gradient, total = np.empty_like(theta), np.zeros_like(theta)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(epochs, "chunk_rows", lambda objective: n_chunk_rows)
        epoch = objective.epoch(theta, gradient, order, n_batches)
        for _ in epoch:
            total += gradient / n_batches
    expected_value, expected = objective.value_and_gradient(theta)
    np.testing.assert_allclose(epoch.value, expected_value, **CLOSE)
    np.testing.assert_allclose(total, expected, **CLOSE)


@pytest.mark.parametrize(
    ("n_rows", "n_batches"), [(1, 1), (7, 7), (200, 1), (201, 2), (50, 8), (1000, 3)]
)
def test_batches_partition_the_rows_evenly(n_rows, n_batches):
    objective, _, _ = small_objective(0)
    X, Y = np.repeat(objective.X[:1], n_rows, axis=0), np.repeat(objective.Y[:1], n_rows, axis=0)
    objective = rebuilt(objective, X, Y, weight=np.ones(n_rows))
    chunks = objective.plan(n_batches)
    rows = np.concatenate([np.arange(n_rows)[rows] for rows, _ in chunks])
    sizes = [batch.stop - batch.start for _, batches in chunks for batch in batches]
    assert rows.tolist() == list(range(n_rows))
    assert len(sizes) == n_batches
    assert sum(sizes) == n_rows
    assert max(sizes) - min(sizes) <= 1


def test_theta_may_move_between_the_batches():
    objective, theta, _ = small_objective(0)
    gradient, start = np.empty_like(theta), theta.copy()
    for _ in objective.epoch(theta, gradient, None, 3):
        theta -= 0.1 * gradient
    assert objective.value(theta) < objective.value(start)


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
def test_sparse_equals_dense(kind):
    objective, theta, _ = small_objective(0)
    assert_same(objective, rebuilt(objective, X=kind(objective.X)), theta)


def test_penalty_is_half_alpha_times_squared_weights_over_the_sum_of_weights():
    objective, theta, _ = small_objective(0, alpha=0.0)
    penalised = rebuilt(objective, alpha=5.0)
    p = objective.network.layout.unpack(theta)
    expected = 2.5 * sum((W**2).sum() for W in p.W) / objective.sample_weight.sum()
    assert penalised.value(theta) - objective.value(theta) == pytest.approx(expected)


def test_float32_is_close_and_sums_in_float64():
    objective, theta, _ = small_objective(0)
    single = rebuilt(
        objective,
        objective.X.astype("f4"),
        objective.Y.astype("f4"),
        objective.sample_weight.astype("f4"),
    )
    value, gradient = single.value_and_gradient(theta.astype("f4"))
    assert gradient.dtype == np.float64
    np.testing.assert_allclose(value, objective.value(theta), rtol=1e-5)
    np.testing.assert_allclose(gradient, objective.value_and_gradient(theta)[1], atol=1e-6)


def test_in_double_is_the_objective_of_rows_in_double():
    whole, theta, _ = small_objective(0)
    rows = [a.astype("f4") for a in (whole.X, whole.Y, whole.sample_weight)]
    double = rebuilt(whole, *(a.astype("f8") for a in rows))
    single = rebuilt(whole, *rows)
    list(single.epoch(theta.astype("f4"), np.empty_like(theta, "f4"), None, 3))
    pairs = [(o, o.with_alpha(2)) for o in (single, double)]
    for one, other in zip(*pairs, strict=True):
        assert_same(other, one.in_double(), theta)
    gradients = []
    for objective in (single.in_double(), double):
        gradient = np.empty_like(theta)
        next(iter(objective.epoch(theta, gradient, np.arange(N_ROWS)[::-1], 3)))
        gradients.append(gradient)
    np.testing.assert_array_equal(*gradients)
    assert single.dtype == np.float32


def test_theta_is_not_changed():
    objective, theta, _ = small_objective(0)
    before = theta.copy()
    objective.value_and_gradient(theta)
    list(objective.epoch(theta, np.empty_like(theta), None, 2))
    np.testing.assert_array_equal(theta, before)


def test_a_block_does_not_grow_with_the_rows_but_holds_some():
    objective, _, _ = small_objective(0)
    assert block_rows(objective.network.layout, np.float32) >= 64


@pytest.mark.parametrize(("link", "n_outputs"), [("softmax", 10), ("logit", 1)])
@pytest.mark.parametrize("name", ["relu", "tanh", "logistic"])
def test_a_step_allocates_nothing_of_the_size_of_a_work_array(name, link, n_outputs):
    rng = np.random.default_rng(0)
    activations, n_rows, n_batches = [ACTIVATIONS[name]], 4000, 4
    layout = Layout((20, 100, n_outputs))
    X = np.column_stack([rng.standard_normal((n_rows, 20)), np.ones(n_rows)]).astype("f4")
    Y = np.zeros((n_rows, n_outputs), "f4")
    Y[:, 0] = 1
    objective = Objective(Network(layout, activations), LogLoss().on(LINKS[link]), X, Y, alpha=1.0)
    theta = layout.initial(rng, activations).astype("f4")
    gradient, optimizer = np.empty_like(theta), Adam()
    optimizer.start(theta)

    def take(steps):
        for _ in range(n_batches - 1):
            optimizer.update(theta, gradient, 1e-3)
            next(steps)

    peaks = []
    for _ in range(4):  # the first epoch makes the work arrays
        steps = iter(objective.epoch(theta, gradient, rng.permutation(n_rows), n_batches))
        next(steps)  # gathers the chunk
        peaks.append(peak_memory(take, steps, attempts=1))
        list(steps)
    # The hidden layer of a batch has 400,000 bytes; a buffer of NumPy's has up to 65,536.
    assert min(peaks[1:]) < 80_000


class Coupled(Loss):
    """A loss that couples the outputs of a row: the length of the residual."""

    def terms(self, Y, raw):
        return np.linalg.norm(raw - Y, axis=1, keepdims=True)

    def gradient(self, Y, raw, out):
        return np.divide(raw - Y, np.maximum(self.terms(Y, raw), 1e-12), out=out)


def objective_with_gaps(loss, Y):
    return Objective(Network(Layout((1, Y.shape[1])), []), loss, np.ones((len(Y), 2)), Y)


ENTRIES = {name: loss for name, loss in LOSSES.items() if "log_loss-softmax" not in name}


@pytest.mark.parametrize("name", ENTRIES)
def test_a_missing_target_carries_no_loss(name):
    rng = np.random.default_rng(2)
    loss, Y = LOSSES[name], targets(name, 8, rng)
    raw = rng.standard_normal(Y.shape)
    if "softmax" in name or name.endswith("quantiles"):
        pytest.skip("a row has one target: without it the row is left out")
    gappy = Y.copy()
    gappy[3, 1] = np.nan
    objective = objective_with_gaps(loss, gappy)
    found = objective.row_losses(gappy, raw)
    expected = loss.terms(Y, raw)
    expected[3, 1] = 0
    np.testing.assert_array_equal(found, expected.sum(axis=1))
    gradient = objective.loss_gradient(gappy, raw, out=np.empty_like(raw))
    expected = loss.gradient(Y, raw, out=np.empty_like(raw))
    expected[3, 1] = 0
    np.testing.assert_array_equal(gradient, expected)
    check_gradient(lambda r: objective.row_losses(gappy, r).sum(), gradient, raw, rng)


def test_missing_targets_of_a_loss_that_couples_outputs_are_refused():
    Y = np.array([[1.0, 2.0], [3.0, np.nan]])
    with pytest.raises(ValueError, match=r"Coupled.*missing values \(nan\).*'terms'.*leave"):
        objective_with_gaps(Coupled(), Y)
    X = np.random.default_rng(0).normal(size=(30, 2))
    net = ShallowNetRegressor(3, loss=Coupled(), alpha=1.0, max_iter=50, random_state=0)
    Y = X[:, ::-1].copy()
    net.fit(X, Y)
    Y[4, 1] = np.nan
    with pytest.raises(ValueError, match=r"Coupled.*'terms'"):
        net.fit(X, Y)


def test_a_column_without_any_known_target_has_no_loss():
    Y = np.full((3, 2), np.nan)
    Y[:, 0] = 2.0
    objective = objective_with_gaps(LOSSES["gamma"], Y)
    raw = np.full((3, 2), np.log(2.0))
    np.testing.assert_allclose(objective.row_losses(Y, raw), 0, atol=1e-15)


def test_missing_targets_of_a_loss_with_a_kink_can_be_smoothed():
    Y, raw = np.array([[0.0, np.nan], [1.0, 2.0]]), np.array([[0.05, 1.0], [2.0, 2.02]])
    smooth = objective_with_gaps(LOSSES["absolute_error"].smoothed(0.1), Y)
    np.testing.assert_allclose(smooth.row_losses(Y, raw), [0.05 + 0.0125, 1.0 + 0.05 + 0.002])


def test_the_kept_loss_is_that_of_the_theta_the_rows_and_the_loss():
    objective, theta, _ = small_objective(0)
    other = rebuilt(objective, objective.X[::2], objective.Y[::2], objective.sample_weight[::2])
    doubled = objective.on_part(objective.X, 2 * objective.Y, objective.sample_weight, 1.0)
    for point in (theta, theta + 1, theta):
        for one in (objective, other, objective.with_alpha(7.0), doubled):
            fresh = rebuilt(one).value(point)
            assert one.value(point) == one.value(point) == fresh
            loss, _ = one.loss_and_mean_raw(point)
            penalty = one.penalty(one.layout.unpack(point))
            assert loss + penalty == pytest.approx(fresh, rel=1e-14)


def test_a_fit_passes_once_over_all_rows_at_its_end(monkeypatch):
    X, y = np.random.default_rng(0).normal(size=(300, 3)), np.arange(300) % 2
    passes, total = [], Objective.total
    monkeypatch.setattr(
        Objective, "total", lambda *args: passes.append(args[2].copy()) or total(*args)
    )
    ShallowNetRegressor(4, alpha=1.0, max_iter=3, random_state=0).fit(X, y)
    start, end = passes
    assert not np.array_equal(start, end)
