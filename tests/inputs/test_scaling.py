import pickle
from functools import partial

import numpy as np
import pytest
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import ShallowNetClassifier
from sklearn_shallow.inputs.columns import Columns
from sklearn_shallow.inputs.compression import Compression
from sklearn_shallow.inputs.encoding import make_encoding
from sklearn_shallow.inputs.facts import FeatureFacts
from sklearn_shallow.inputs.scaling import CommonScale, Standardization
from sklearn_shallow.utils.rows import blocks
from sklearn_shallow.utils.statistics import RunningMoments

KINDS = [np.asarray, sparse.csr_matrix, sparse.csr_array]


def table(seed=0, n_rows=60):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_rows, 4)) * [1, 1e-12, 1e12, 3] + [0, 0, 0, 50]


def as_seen(X, **update):
    scaling = Standardization(X.shape[1], center=not sparse.issparse(X))
    scaling.update(X, **update)
    return scaling.apply(X, np.float64)


def test_dense_is_centred_and_scaled():
    X = table()
    seen = as_seen(X)
    np.testing.assert_allclose(seen[:, :-1], StandardScaler().fit_transform(X), rtol=1e-9)
    np.testing.assert_array_equal(seen[:, -1], 1)


def test_sparse_is_only_scaled_and_stays_sparse():
    X = np.where(np.abs(table()) < 1, 0, table())
    seen = as_seen(sparse.csr_matrix(X))
    assert sparse.issparse(seen)
    expected = StandardScaler(with_mean=False).fit_transform(X)
    np.testing.assert_allclose(seen.toarray()[:, :-1], expected, rtol=1e-9)


def test_columns_and_their_bins_are_multiplied_by_the_roots_of_the_relevance():
    X, relevance = table(), np.array([0.5, 1, 2, 3])
    columns, seen = Columns.of(FeatureFacts.of(X)), []
    for is_weighed in (False, True):
        scaling = Standardization(4, center=True, columns=columns)
        scaling.encoding = make_encoding(3, np.asarray, X)
        if is_weighed:
            scaling.weigh(relevance)
        for rows in np.array_split(np.arange(len(X)), 3):
            scaling.update(X[rows])
        seen.append(scaling.apply(X, np.float64)[:, :-1])
    roots = np.sqrt(relevance)[scaling.features]
    assert len(roots) == 4 * (1 + 3)
    np.testing.assert_allclose(seen[1], seen[0] * roots, rtol=1e-9)
    again = scaling.without_statistics()
    again.update(X)
    np.testing.assert_allclose(again.apply(X, np.float64)[:, :-1], seen[1], rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_statistics_stream(dtype):
    X = table(n_rows=100).astype(dtype)
    whole, parts = (Standardization(4, center=True) for _ in range(2))
    whole.update(X)
    for rows in np.array_split(np.arange(100), 7):
        parts.update(X[rows])
    np.testing.assert_allclose(parts.shift, whole.shift, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(parts.inverse_scale, whole.inverse_scale, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [0.0, 0.1, 3.0, 1e12])
def test_a_constant_column_is_ignored_whatever_it_is_later(kind, value):
    X = table()[:, [0, 3]]
    X = kind(np.column_stack([X, np.full(len(X), value)]))
    scaling = Standardization(3, center=not sparse.issparse(X))
    scaling.update(X)
    assert scaling.inverse_scale[2] == 0
    assert (scaling.inverse_scale[:2] > 0).all()


@pytest.mark.parametrize("make", [partial(Standardization, center=True), CommonScale])
def test_an_update_of_a_copy_leaves_the_original(make):
    X = table() if make is not CommonScale else sparse.csr_matrix(np.maximum(table(), 0))
    scaling = make(X.shape[1])
    scaling.update(X[:20])
    before, moments = pickle.dumps(scaling), scaling.moments.mean.copy()
    twin = scaling.copy()
    twin.update(X[20:])
    assert pickle.dumps(scaling) == before
    assert (twin.moments.mean != moments).all()


def test_a_column_may_begin_constant_and_vary_later():
    scaling = Standardization(1, center=True)
    scaling.update(np.zeros((5, 1)))
    scaling.update(np.arange(5.0)[:, np.newaxis])
    both = np.r_[np.zeros(5), np.arange(5.0)]
    np.testing.assert_allclose(scaling.inverse_scale, 1 / both.std())
    np.testing.assert_allclose(scaling.shift, both.mean())


def test_weights_are_repetitions():
    X, times = table(), np.random.default_rng(0).integers(1, 4, size=60)
    weighted, repeated = (Standardization(4, center=True) for _ in range(2))
    weighted.update(X, times.astype(float))
    repeated.update(np.repeat(X, times, axis=0))
    np.testing.assert_allclose(weighted.shift, repeated.shift, rtol=1e-9)
    np.testing.assert_allclose(weighted.inverse_scale, repeated.inverse_scale, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments_are_those_of_numpy_in_parts_too(kind, weighted, dtype):
    rng = np.random.default_rng(0)
    X = np.where(rng.random((90, 5)) < 0.7, 0, table(n_rows=90) @ np.eye(4, 5) + 1).astype(dtype)
    weight = rng.uniform(0.1, 3, size=90) if weighted else None
    moments = RunningMoments(5)
    for rows in (slice(0, 1), slice(1, 40), slice(40, 90)):
        moments.update(kind(X[rows]), None if weight is None else weight[rows])
    mean = np.average(X.astype(np.float64), axis=0, weights=weight)
    variance = np.average((X - mean) ** 2, axis=0, weights=weight)
    np.testing.assert_allclose(moments.mean, mean, rtol=1e-10)
    np.testing.assert_allclose(moments.variance, variance, rtol=1e-10)
    np.testing.assert_allclose(moments.weight, 90 if weight is None else weight.sum())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1e-6, 1, 1e6])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e12])
def test_a_constant_column_is_found_whatever_the_weights(kind, value, scale):
    rng = np.random.default_rng(0)
    X = kind(np.column_stack([rng.standard_normal(90), np.full(90, value), np.eye(90)[0]]))
    moments = RunningMoments(3)
    for rows in (slice(0, 30), slice(30, 90)):
        moments.update(X[rows], scale * rng.uniform(0.1, 3, size=len(range(90)[rows])))
    assert moments.is_constant.tolist() == [False, True, False]


@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_one_are_no_weights_to_the_bit(kind):
    plain, weighted = RunningMoments(4), RunningMoments(4)
    plain.update(kind(table()))
    weighted.update(kind(table()), np.ones(60))
    np.testing.assert_array_equal(weighted.mean, plain.mean)
    np.testing.assert_array_equal(weighted.variance, plain.variance)


def test_sparse_rows_are_passed_over_in_as_few_blocks_as_their_elements_fill():
    row, column = np.divmod(np.arange(50_000), 100)  # drawing them at random takes seconds
    X = sparse.csr_matrix((np.ones(50_000), (row, 1000 * column)), shape=(500, 100_000))
    assert len(list(blocks(X))) == 1
    many = sparse.csr_matrix(np.ones((500, 1000)))
    covered = [row for rows in blocks(many) for row in range(500)[rows]]
    assert len(list(blocks(many))) == 4
    assert covered == list(range(500))


def test_a_variance_that_overflows_names_the_column():
    with pytest.raises(ValueError, match="column 1"):
        as_seen(table() * [1, 1e212, 1, 1])


FIT = {"solver": "lbfgs", "alpha": 1.0, "random_state": 0, "max_iter": 1000}


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((80, 3))
    return X, (X[:, 0] + X[:, 1] * X[:, 2] > 0).astype(int)


def test_raw_columns_of_any_scale_give_the_same_model(problem):
    X, y = problem
    plain = ShallowNetClassifier(5, **FIT).fit(X, y)
    wild = X * [1e-12, 1e12, 1] + [0, 3e12, -7]
    moved = ShallowNetClassifier(5, **FIT).fit(wild, y)
    np.testing.assert_allclose(moved.predict_proba(wild), plain.predict_proba(X), atol=1e-2)
    assert moved.score(wild, y) == plain.score(X, y)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("standardize", [True, False])
def test_coefs_apply_to_raw_x(problem, standardize, kind):
    X, y = problem
    X = X * [0.01, 10, 1] + [0, 5, 1]
    net = ShallowNetClassifier((6, 4), activation="tanh", standardize=standardize, **FIT)
    net.fit(kind(X), y)
    A = X
    for W, b in zip(net.coefs_[:-1], net.intercepts_[:-1], strict=True):
        A = np.tanh(A @ W + b)
    raw = A @ net.coefs_[-1] + net.intercepts_[-1]
    np.testing.assert_allclose(net.decision_function(X), raw[:, 0], rtol=1e-9, atol=1e-9)


def test_a_constant_column_does_no_harm(problem):
    X, y = problem
    with_constant = np.column_stack([X, np.full(len(X), 7.0)])
    net = ShallowNetClassifier(5, **FIT).fit(with_constant, y)
    changed = np.column_stack([X, np.full(len(X), -1e6)])
    expected = net.predict_proba(with_constant)
    np.testing.assert_array_equal(net.predict_proba(changed), expected)


@pytest.mark.parametrize("fitted_on", KINDS[:2])
def test_dense_and_sparse_rows_are_predicted_alike(problem, fitted_on):
    X, y = problem
    net = ShallowNetClassifier(5, **FIT).fit(fitted_on(X), y)
    found = net.predict_proba(sparse.csr_matrix(X))
    np.testing.assert_allclose(found, net.predict_proba(X), rtol=1e-9)


def test_partial_fit_follows_the_running_statistics(problem):
    X, y = problem
    X = X * [1, 100, 1] + [0, 50, 0]
    net = ShallowNetClassifier(5, random_state=0)
    for rows in np.array_split(np.arange(80), 4):
        net.partial_fit(X[rows], y[rows], classes=[0, 1])
    np.testing.assert_allclose(net._networks[0].inputs.shift, X.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(net._networks[0].inputs.inverse_scale, 1 / X.std(axis=0), rtol=1e-9)


def test_sparse_rows_after_dense_ones_in_partial_fit_are_refused_clearly(problem):
    X, y = problem
    net = ShallowNetClassifier(5, random_state=0).partial_fit(X, y, classes=[0, 1])
    before = net.predict_proba(X)
    with pytest.raises(ValueError, match=r"sparse.*standardize=False"):
        net.partial_fit(sparse.csr_matrix(X), y)
    np.testing.assert_array_equal(net.predict_proba(X), before)


def test_only_numbers_within_the_limits_need_no_other_check():
    high = np.array([1.0, np.finfo(float).max])
    limits = Compression(np.empty(0, np.intp), *np.empty((2, 0)), np.zeros(2), high)
    inputs = Standardization(2, center=True, compression=limits)
    for row, is_within in (
        ([-0.1, 1.2], True),
        ([1.2, 1.2], False),
        ([0.5, np.nan], False),
        ([0.5, np.inf], False),
    ):
        assert inputs.has_within(np.array([[0.5, 0.5], row])) == is_within
        assert not inputs.unlimited().has_within(np.array([row]))
