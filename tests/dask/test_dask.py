"""Fits on the workers of a cluster of two processes, and searches by the backends of joblib."""

import os
import pickle
import signal
from itertools import pairwise

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, make_friedman1
from sklearn.model_selection import GridSearchCV
from spies import spied

from sklearn_shallow import (
    Quantile,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
    load,
)
from sklearn_shallow.dask import DaskShallowNetClassifier, DaskShallowNetRegressor
from sklearn_shallow.dask import parts as dask_parts
from sklearn_shallow.dask.objective import DistributedRows, RowsOfPart, shuffled

pytest.importorskip("distributed")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")

SMOOTH = {
    "hidden_layer_sizes": 4,
    "activation": "tanh",
    "random_state": 0,
    "numeric_encoding": None,
}
FULL = SMOOTH | {"solver": "lbfgs", "alpha": 1.0, "max_iter": 5}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def divided(array, ends):
    """An array of Dask whose partitions end there."""
    return da.from_array(array, chunks=(tuple(np.diff([0, *ends])), -1)[: array.ndim])


def thirds(n_rows):
    return [n_rows // 3, n_rows // 3, n_rows // 2, n_rows]  # the second one is empty


def pairs(X, y, weight=None, ends=None, **settings):
    """The fit in one place, and the one on the workers."""
    kinds = (ShallowNetClassifier, DaskShallowNetClassifier)
    if y.dtype.kind == "f":
        kinds = (ShallowNetRegressor, DaskShallowNetRegressor)
    local, remote = (kind(**(FULL | settings)) for kind in kinds)
    ends = thirds(len(y)) if ends is None else ends
    parts = [None if data is None else divided(data, ends) for data in (X, y, weight)]
    return local.fit(X, y, weight), remote.fit(*parts)


def assert_same_fit(local, remote, rtol=1e-6):
    assert remote.n_iter_ == local.n_iter_
    np.testing.assert_allclose(remote.loss_, local.loss_, rtol=rtol)
    scale = max(np.abs(W).max() for W in local.coefs_)
    for ours, W in zip(remote.coefs_, local.coefs_, strict=True):
        np.testing.assert_allclose(ours, W, rtol=0, atol=rtol * scale)


# The fit ---------------------------------------------------------------------------------------


def test_a_fit_on_all_rows_equals_the_fit_in_one_place(client):
    """The classes are sorted, so that every partition lacks some."""
    X, y = load_iris(return_X_y=True)
    assert_same_fit(*pairs(X, y))
    assert_same_fit(*pairs(X, y, class_weight="balanced", ends=[20, 150]))


def test_sums_of_many_parts_are_added_by_workers(client):
    X, y = load_iris(return_X_y=True)
    assert_same_fit(*pairs(X, y, ends=[*range(9, 150, 9), 150], max_iter=1))


def test_means_and_ranges_of_more_rows_than_the_sample_are_exact(client):
    X, y = make_friedman1(11_000, noise=1, random_state=0)
    X[0, 0], X[-1, 1], X[-2, 2] = 30, -40, 1e6
    local, remote = pairs(X, y, max_iter=5)
    compressions = [net.preprocessor_.compression for net in (local, remote)]
    assert list(compressions[0].columns) == [2]
    assert_same_fit(local, remote)
    np.testing.assert_array_equal(*[compression.high for compression in compressions])


def test_a_class_without_weight_is_a_class_as_in_one_place(client):
    X, y = load_iris(return_X_y=True)
    local, remote = pairs(X, y, (y > 0).astype(float), ends=[20, 150], class_weight="balanced")
    assert_same_fit(local, remote)
    np.testing.assert_array_equal(remote.classes_, local.classes_)


def test_weights_count_as_in_one_place(client):
    X, y = make_friedman1(90, random_state=0)
    weight = np.random.default_rng(0).uniform(0.1, 3, 90)
    weight[:30] = 0  # of a whole partition
    assert_same_fit(*pairs(X, y, weight))
    assert_same_fit(*pairs(X, y, weight, alpha="auto", max_iter=2), rtol=1e-4)
    for whole in (np.arange(1.0, 91), np.tile([1.0, 1.0, 2.0], 30)):  # proportions, and counts
        assert_same_fit(*pairs(X, y, whole, alpha="auto", max_iter=1), rtol=1e-4)


def test_the_normal_equations_add_up(client):
    X, y = load_iris(return_X_y=True)
    assert_same_fit(*pairs(X, y, solver="lm", max_iter=2), rtol=1e-4)


def test_losses_with_a_kink_and_missing_targets(client):
    X, y = make_friedman1(120, random_state=0)
    Y = np.column_stack([y, y**2])
    Y[:40, 1] = np.nan  # a partition that knows nothing of a column
    assert_same_fit(*pairs(X, Y))
    assert_same_fit(*pairs(X, y, loss="absolute_error", alpha="auto", max_iter=1), rtol=1e-4)


def test_frames_with_categories_and_gaps(client):
    rng = np.random.default_rng(0)
    names = np.sort(rng.choice(["a", "b", "c", "d"], 120))  # not every level in every partition
    X = pd.DataFrame({"number": rng.normal(size=120), "name": names})
    X.loc[100:, "number"] = np.nan
    y = pd.Series((X["number"].fillna(0) > 0).astype(int) + (X["name"] == "d"))
    local = ShallowNetClassifier(**FULL).fit(X, y)
    frame = dd.from_pandas(X, npartitions=3)
    remote = DaskShallowNetClassifier(**FULL).fit(frame, dd.from_pandas(y, npartitions=3))
    assert_same_fit(local, remote)
    assert list(remote.input_names_) == list(local.input_names_)
    np.testing.assert_array_equal(remote.predict(frame).compute(), local.predict(X))
    np.testing.assert_allclose(remote.predict_proba(frame), local.predict_proba(X), atol=1e-6)
    assert remote.score(frame, dd.from_pandas(y, npartitions=3)) == local.score(X, y)


def with_shops(n_rows, n_shops=300):
    """Two numbers and a feature of many categories, with gaps; a target with a mean for each."""
    rng = np.random.default_rng(0)
    shop, effect = np.sort(rng.integers(0, n_shops, n_rows)), rng.normal(size=n_shops)
    X = np.column_stack([rng.normal(size=(n_rows, 2)), shop])
    X[::50, 2] = np.nan
    y = effect[shop] + X[:, 0] + 0.3 * rng.normal(size=n_rows)
    return X, y, rng.integers(0, 4, n_rows).astype(float)


@pytest.mark.parametrize("kind", ["numbers", "labels", "several", "counts"])
def test_means_of_the_target_are_those_of_the_fit_in_one_place(client, kind):
    """With more rows than are put in a canonical order: the folds are those of their numbers."""
    X, y, counts = with_shops(3600)
    if kind == "labels":
        y = np.digitize(y, [-0.5, 1])
    if kind == "several":
        y = np.column_stack([y, 1e6 - y])
        y[:1000, 1] = np.nan  # of a whole partition
    weight = counts if kind == "counts" else None
    settings = {"categorical_features": [2], "max_iter": 8}
    local, remote = pairs(X, y, weight, **settings)
    assert [name for name in local.input_names_ if "mean" in name]
    assert_same_fit(local, remote, rtol=1e-5)
    table, other = (net._networks[0].inputs.columns.categories[0].table for net in (local, remote))
    np.testing.assert_allclose(other, table, rtol=1e-9)


def test_a_warm_start_keeps_the_means_and_sees_no_target_of_its_own(client):
    X, y, _ = with_shops(2600)
    noise = np.random.default_rng(1).normal(size=len(y))
    settings = {"categorical_features": [2], "max_iter": 3, "warm_start": True}
    for target in (y, noise):
        local, remote = pairs(X, target, **settings)
        before = remote._networks[0].inputs.columns.categories[0].table
        parts = divided(X, thirds(2600)), divided(target, thirds(2600))
        assert_same_fit(local.fit(X, target), remote.fit(*parts), rtol=1e-5)
        after = remote._networks[0].inputs.columns.categories[0].table
        np.testing.assert_array_equal(after, before)
    assert remote.score(X, noise) < 0.1  # of the means of the target


def test_sparse_chunks_and_unknown_sizes(client):
    X, y = load_digits(return_X_y=True)
    X, y = X[:300], y[:300]
    local = ShallowNetClassifier(**FULL).fit(sparse.csr_matrix(X), y)
    known = divided(X, [100, 100, 300])
    unknown = known[known.sum(axis=1) > 0].map_blocks(sparse.csr_matrix)
    labels = divided(y, [100, 100, 300])[known.sum(axis=1) > 0]
    remote = DaskShallowNetClassifier(**FULL).fit(unknown, labels)
    assert_same_fit(local, remote)
    assert remote.predict_proba(unknown).compute().shape == (300, 10)


def test_batches_on_sorted_partitions(client):
    """Every batch has rows of every partition: local epochs would each see one class."""
    X, y = load_breast_cancer(return_X_y=True)
    order = np.argsort(y, kind="stable")
    settings = {"solver": "auto", "alpha": "auto", "max_iter": 12, "dropout": 0.1}
    local, remote = pairs(X[order], y[order], **settings)
    assert remote.settings_["batch_size"] == 256
    assert remote.score(divided(X, [569]), divided(y, [569])) > 0.95
    assert 0.3 < remote.alpha_ / local.alpha_ < 3
    again = clone(remote).fit(divided(X[order], thirds(569)), divided(y[order], thirds(569)))
    np.testing.assert_array_equal(again.coefs_[0], remote.coefs_[0])


@pytest.mark.parametrize("n_rows", [1, 2, 12, 30_030])
def test_the_order_of_a_part_has_every_row_once(n_rows):
    ends = [0, n_rows // 3, n_rows]
    orders = [
        np.concatenate([shuffled(n_rows, slice(*part), seed, 7) for part in pairwise(ends)])
        for seed in range(3)
    ]
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(n_rows))
    assert n_rows < 12 or not np.array_equal(orders[0], orders[1])


def test_a_validation_set_a_warm_start_and_several_networks(client):
    X, y = load_iris(return_X_y=True)
    parts = divided(X, [100, 150]), divided(y, [100, 150])
    net = DaskShallowNetClassifier(**FULL | {"n_estimators": 2, "warm_start": True})
    net.set_params(early_stopping=True, client=client)
    local = ShallowNetClassifier(**net.to_local().get_params())
    for _ in range(2):
        net.fit(*parts, X_val=divided(X, [150]), y_val=y)
        local.fit(X, y, X_val=X, y_val=y)
        assert [one.n_iter_ for one in net.estimators_] == [o.n_iter_ for o in local.estimators_]
        np.testing.assert_allclose(net.predict_proba(X), local.predict_proba(X), atol=1e-4)


def test_labels_in_sparse_partitions_are_those_of_an_array(client):
    X, y = load_iris(return_X_y=True)
    labels = np.column_stack([y > 0, y < 2, X[:, 0] > 6])
    X, dense = divided(X, thirds(150)), divided(labels, thirds(150))
    nets = [
        DaskShallowNetClassifier(**FULL, client=client).fit(X, y)
        for y in (dense, dense.map_blocks(sparse.csr_matrix))
    ]
    for method in ("predict_proba", "predict"):
        found, expected = (getattr(net, method)(X).compute() for net in nets)
        np.testing.assert_array_equal(found, expected)


def test_only_sums_and_a_sample_travel(client, monkeypatch):
    X, y = make_friedman1(40_000, random_state=0)
    gathered = spied(monkeypatch, client, "gather", lambda found, *_: len(pickle.dumps(found)))
    parts = divided(X, [20_000, 40_000]), divided(y, [20_000, 40_000])
    DaskShallowNetRegressor(**FULL | {"max_iter": 3, "client": client}).fit(*parts)
    sample = 10_000 * (X.itemsize * X.shape[1] + y.itemsize)
    assert sample < max(gathered) < 1.01 * sample
    assert sorted(gathered)[-2] < 10_000


def test_quantiles_have_intervals_by_partition(client):
    X, y = make_friedman1(90, random_state=0)
    local, remote = pairs(X, y, loss=Quantile([0.1, 0.5, 0.9]), alpha=1.0)
    parts = divided(X, thirds(90))
    for method in ("predict", "predict_interval"):
        options = {} if method == "predict" else {"coverage": 0.8}
        found, expected = (getattr(net, method) for net in (remote, local))
        found, expected = found(parts, **options), expected(X, **options)
        assert found.chunks[0] == parts.chunks[0]
        np.testing.assert_allclose(found, expected, atol=1e-6)
    assert remote.score(parts, divided(y, thirds(90))) == pytest.approx(local.score(X, y))


# Predictions and conventions -------------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted():
    X, y = load_iris(return_X_y=True)
    return DaskShallowNetClassifier(**FULL), ShallowNetClassifier(**FULL).fit(X, y), X, y


def test_predictions_are_lazy_and_made_by_partition(client, fitted):
    net, local, X, y = fitted
    parts = divided(X, thirds(150))
    net = net.fit(parts, divided(y, thirds(150)))
    for name in ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform"):
        found, expected = getattr(net, name)(parts), getattr(local, name)(X)
        assert isinstance(found, da.Array)
        assert found.chunks[0] == parts.chunks[0]
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found.compute(), expected, atol=1e-4)
    np.testing.assert_allclose(net.predict_proba(X), local.predict_proba(X), atol=1e-6)
    assert net.score(parts, divided(y, thirds(150))) == local.score(X, y)


def test_options_of_predictions_may_be_positional(client, fitted):
    _, _, X, y = fitted
    net = DaskShallowNetClassifier(**FULL, client=client).fit(divided(X, [150]), divided(y, [150]))
    expected = net.to_local().transform(X, 0)
    np.testing.assert_array_equal(net.transform(X, 0), expected)
    np.testing.assert_array_equal(net.transform(divided(X, [150]), 0).compute(), expected)
    with pytest.raises(ValueError, match="layer=7"):
        net.transform(divided(X, [150]), 7)
    with pytest.raises(TypeError):
        net.transform(divided(X, [150]), 0, 0)


def test_it_is_an_estimator_like_the_local_one(client, fitted, tmp_path):
    net, _, X, y = fitted
    net = DaskShallowNetClassifier(**FULL, client=client).fit(divided(X, [150]), divided(y, [150]))
    assert set(net.get_params()) == {*ShallowNetClassifier().get_params(), "client"}
    assert clone(net).client is client
    assert clone(net).get_params() == net.get_params()
    local = net.to_local()
    assert type(local) is ShallowNetClassifier
    loaded = pickle.loads(pickle.dumps(net))
    assert loaded.client is None
    net.save(tmp_path / "net.npz")
    for other in (local, loaded, load(tmp_path / "net.npz")):
        np.testing.assert_array_equal(other.predict_proba(X), net.predict_proba(X))


REFUSALS = [
    (
        {"posterior": "laplace"},
        (0, 0),
        "posterior='laplace' needs all samples, a worker sees a part",
    ),
    ({"early_stopping": True}, (0, 0), "Pass X_val and y_val"),
    ({}, (None, 0), "X is a ndarray; pass an array or a data frame of Dask"),
    ({}, (1, 0), "different numbers of partitions"),
    ({}, (2, 0), "different numbers of rows in partition 1"),
    ({}, (3, 3), "no rows in any partition"),
    ({}, (0, 4), "one class"),
    ({"hidden_layer_sizes": 0}, (0, 0), "hidden_layer_sizes=0 must be"),
]


@pytest.mark.parametrize(("settings", "kinds", "words"), REFUSALS)
def test_refusals_name_the_way_out_and_leave_the_estimator(client, fitted, settings, kinds, words):
    net, local, X, y = fitted

    def made(array, kind):
        whole = divided(array, [50, 150])
        some = whole[da.from_array(np.arange(150), chunks=((50, 100),)) < {2: 149}.get(kind, 150)]
        return {
            None: array,
            0: whole,
            1: da.concatenate([some, some]),
            2: some,
            3: whole[:0],
            4: divided(np.zeros(150, int), [50, 150]),
        }[kind]

    net = clone(net)
    vars(net).update(vars(local))  # fitted
    before = dict(vars(net))
    net.set_params(**settings)
    with pytest.raises(ValueError, match=words):
        net.fit(made(X, kinds[0]), made(y, kinds[1]))
    assert vars(net) == before | settings


def test_training_in_one_place_refuses_collections_and_takes_their_partitions():
    X, y = load_iris(return_X_y=True)
    parts = divided(X, [60, 120, 150]), divided(y, [60, 120, 150])
    net = DaskShallowNetClassifier(3, random_state=0, max_iter=10)
    with pytest.raises(ValueError, match=r"partial_fit is .* warm_start=True and call fit"):
        net.partial_fit(*parts, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"fit_batches is .* got a collection of Dask, Array"):
        net.fit_batches(parts[0])
    computed = [
        (X_part.compute(), y_part.compute())
        for X_part, y_part in zip(parts[0].partitions, parts[1].partitions, strict=True)
    ]
    net.fit_batches(computed)
    local = ShallowNetClassifier(3, random_state=0, max_iter=10).fit(X, y)
    np.testing.assert_array_equal(net.predict_proba(X), local.predict_proba(X))


def test_without_dask_the_error_says_what_to_install(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(dask_parts, "import_module", missing)
    with pytest.raises(ImportError, match=r"pip install sklearn-shallow\[dask\]"):
        DaskShallowNetClassifier().fit(np.eye(3), [0, 1, 0])


def test_arrays_of_a_message_are_aligned_or_rounding_would_depend_on_their_places():
    buffers, X = [], np.arange(6.0).reshape(3, 2)
    sent = RowsOfPart(X, X[:, :1], np.ones(3), 1)
    message = pickle.dumps(sent, protocol=5, buffer_callback=buffers.append)
    at_odd_places = [memoryview(b"." + bytes(buffer.raw()))[1:] for buffer in buffers]
    assert at_odd_places
    found = pickle.loads(message, buffers=at_odd_places)
    for name in ("X", "Y", "weight"):
        assert getattr(found, name).flags.aligned
        np.testing.assert_array_equal(getattr(found, name), getattr(sent, name))


@pytest.mark.parametrize("loss", ["squared_error", "huber"])
def test_predictions_have_the_limits_of_all_samples(client, loss):
    X, y = make_friedman1(150, noise=1, random_state=0)
    local, remote = pairs(X, np.sort(y), loss=loss, max_iter=1)
    limits = [net._networks[0].target.limits.ends for net in (local, remote.to_local())]
    np.testing.assert_array_equal(*limits)


# Searches, by the backends of joblib -----------------------------------------------------------


FAST = {"max_iter": 4, "random_state": 0}
GRID = {"hidden_layer_sizes": [2, 3]}
SEARCHES = [
    GridSearchCV(ShallowNetClassifier(**FAST), GRID, cv=2),
    GridSearchCV(ShallowNetRegressor(**FAST, n_estimators=2), GRID, cv=2),
    ShallowNetClassifierCV(ShallowNetClassifier(3, **FAST, solver="lbfgs"), alphas=2, cv=2),
    ShallowNetRegressorCV(ShallowNetRegressor(3, **FAST), alphas=2, cv=2),
]


def result_of(search):
    """The scores of a search, and the weights of what it chose."""
    best = search.best_estimator_
    scores = search.cv_results_["mean_test_score"]
    return [scores, *(W for net in best.estimators_ for W in net.coefs_)]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: type(search).__name__)
def test_every_backend_finds_the_same_and_data_are_sent_once(client, monkeypatch, search):
    backend = pytest.importorskip("joblib._dask").DaskDistributedBackend
    if not isinstance(search, GridSearchCV) and not backend.supports_retrieve_callback:
        pytest.skip("with this joblib, Dask gives results all at once only")
    X, y = load_breast_cancer(return_X_y=True)
    shapes = spied(
        monkeypatch, client, "scatter", lambda _, data, *a, **b: getattr(data, "shape", None)
    )
    alone = result_of(clone(search).fit(X, y))
    with joblib.parallel_config(backend="loky", n_jobs=2):
        in_processes = result_of(clone(search).fit(X, y))
    with joblib.parallel_config(backend="dask"):
        on_the_cluster = result_of(clone(search).fit(X, y))
    for others in (in_processes, on_the_cluster):
        for one, other in zip(alone, others, strict=True):
            np.testing.assert_array_equal(one, other)
    assert shapes.count(X.shape) == shapes.count(y.shape) == 1


# Last, since it leaves the cluster with another worker -------------------------------------------


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of the nanny,
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnhandledThreadExceptionWarning"
)  # in this process
def test_a_worker_lost_in_the_middle_of_a_fit_changes_nothing(client, monkeypatch):
    # With one solver, since all of them sum by this one method, and a new worker takes seconds.
    X, y = make_friedman1(300, random_state=0)
    parts = divided(X, thirds(300)), divided(y, thirds(300))
    settings = FULL | {"solver": "adam", "max_iter": 6}
    undisturbed = DaskShallowNetRegressor(**settings).fit(*parts)
    calls, killed, summed = [], [], DistributedRows.sum

    def sum_and_kill(self, *args):
        calls.append(args)
        if len(calls) == 5:
            victim = self.parts.client.who_has([self.parts.futures[0]])
            address, *_ = next(iter(victim.values()))
            killed.append(self.parts.client.run(os.getpid)[address])
            os.kill(killed[0], signal.SIGKILL)
        return summed(self, *args)

    monkeypatch.setattr(DistributedRows, "sum", sum_and_kill)
    disturbed = DaskShallowNetRegressor(**settings).fit(*parts)
    assert killed
    assert len(calls) > 5
    for ours, W in zip(disturbed.coefs_, undisturbed.coefs_, strict=True):
        np.testing.assert_array_equal(ours, W)
