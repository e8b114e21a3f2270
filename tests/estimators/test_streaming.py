"""`fit_batches`: training on batches of samples."""

import os
import pickle
import subprocess
import sys
from copy import deepcopy
from functools import cache
from itertools import chain, pairwise, repeat

import numpy as np
import pandas as pd
import pytest
from checkpoints import states_saved
from memory import peak_memory
from optional import polars as pl
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.exceptions import ConvergenceWarning

from sklearn_shallow import Adam, ShallowNetClassifier, ShallowNetRegressor, load
from sklearn_shallow.estimators.streaming import survey
from sklearn_shallow.estimators.streaming.data import is_ordered
from sklearn_shallow.estimators.streaming.rows import MixedRows, StreamRows
from sklearn_shallow.estimators.training import short_fits
from sklearn_shallow.evidence import decay, spectrum
from sklearn_shallow.export.file import read, write
from sklearn_shallow.inputs import batches as inputs_batches
from sklearn_shallow.inputs.batches import RowSample

N_ROWS = 3000
EPOCHS = {"random_state": 0, "max_iter": 10}


def friedman(n_rows=N_ROWS, seed=0):
    return make_friedman1(n_rows, noise=1.0, random_state=seed)


def in_batches(*arrays, size=333):
    """Return a callable that returns an iterator of batches."""
    n_rows = len(arrays[0])

    def batches():
        return (
            tuple(array[start : start + size] for array in arrays)
            for start in range(0, n_rows, size)
        )

    return batches


@pytest.fixture
def small(monkeypatch):
    """Let few rows be many."""
    monkeypatch.setattr(survey, "SAMPLE_ROWS", 1000)
    monkeypatch.setattr(survey, "BUFFER_BYTES", 2**15)


# The same as fit


@pytest.mark.parametrize("size", [1000, 333, 1, 3000])
def test_samples_that_are_read_at_once_give_the_fit(size):
    X, y = friedman(N_ROWS if size > 1 else 300)
    settings = EPOCHS | {"max_iter": 12}
    fitted = ShallowNetRegressor(20, **settings).fit(X, y)
    streamed = ShallowNetRegressor(20, **settings).fit_batches(in_batches(X, y, size=size))
    np.testing.assert_array_equal(streamed.predict(X), fitted.predict(X))
    assert streamed.alpha_ == fitted.alpha_
    assert streamed.history_["loss"] == fitted.history_["loss"]


@pytest.mark.parametrize(
    "settings",
    [
        {"dropout": 0.2, "batch_size": 50},
        {"early_stopping": True, "scoring": "accuracy"},
        {"class_weight": {0: 1.0, 1: 3.0}, "alpha": 0.1},
        {"class_weight": "balanced"},
        {"n_estimators": 2, "n_init": 2},
        {"posterior": "laplace", "hidden_layer_sizes": 3},
        {"solver": "sgd", "learning_rate": "invscaling", "shuffle": False},
        {"l1_ratio": 0.5, "numeric_encoding": 4},
        {"standardize": False, "learning_rate": "adaptive"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_every_setting_means_the_same_as_in_fit(settings):
    X, y = friedman(900)
    X[::7, 1] = np.nan
    # A stream does not look for copies of rows; these are too few of them for `fit` to do so.
    labels, weight = (y > 14).astype(int), np.tile([0, *[1] * 16, 2], 50)
    held_out = {}
    if settings.get("early_stopping"):
        held_out = {"X_val": X[:100], "y_val": labels[:100]}
    net = ShallowNetClassifier(**{"hidden_layer_sizes": 10} | EPOCHS | settings)
    fitted = clone(net).fit(X, labels, weight, **held_out)
    streamed = net.fit_batches(in_batches(X, labels, weight), **held_out)
    np.testing.assert_allclose(
        streamed.predict_proba(X), fitted.predict_proba(X), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("seen", [slice(50), slice(50, None)], ids=str)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_weights_of_the_validation_set_count_as_in_fit(seen):
    X, y = friedman(300)
    X_val, y_val = friedman(100, seed=1)
    weight = np.zeros(100)
    weight[seen] = 1
    held_out = {"X_val": X_val, "y_val": y_val, "sample_weight_val": weight}
    nets = [ShallowNetRegressor(5, **EPOCHS) for _ in range(2)]
    nets[0].fit(X, y, **held_out)
    nets[1].fit_batches(in_batches(X, y), **held_out)
    losses = [net.history_["validation_loss"] for net in nets]
    np.testing.assert_allclose(*losses, rtol=1e-5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_whole_weights_that_copy_most_samples_are_proportions_as_in_fit():
    X, y = friedman(300)
    weight = np.random.default_rng(0).poisson(5, 300) + 1.0
    weight[0] = 1
    for net in (ShallowNetRegressor(5, **EPOCHS), ShallowNetRegressor(5, loss="huber", **EPOCHS)):
        fitted = clone(net).fit(X, y, weight)
        streamed = net.fit_batches(in_batches(X, y, weight))
        counted = [one._networks[0].seen.counted for one in (fitted, streamed)]
        assert counted == pytest.approx([300, 300])


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 2.0, 2: 3.0}], ids=str)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_class_without_weight_is_a_class_as_in_fit(class_weight):
    X, y = friedman(600)
    order = np.argsort(y)  # the last batch has no weight at all
    X, labels = X[order], np.digitize(y[order], [12, 17])
    weight = (labels < 2).astype(float)
    net = ShallowNetClassifier(4, class_weight=class_weight, **EPOCHS)
    fitted = clone(net).fit(X, labels, weight)
    net.fit_batches(in_batches(X, labels, weight))
    np.testing.assert_array_equal(net.classes_, [0, 1, 2])
    np.testing.assert_allclose(net.predict_proba(X), fitted.predict_proba(X), rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("class_weight", [None, {0: 1e-3, 1: 1.0}], ids=str)
def test_weights_beside_a_number_for_alpha_are_told_of_whatever_the_classes_weigh(class_weight):
    X, y = friedman(300)
    labels, weight = y > 14, np.linspace(10, 200, 300) + 0.5
    net = ShallowNetClassifier(4, class_weight=class_weight, alpha=1.0, **EPOCHS)
    for fit in (lambda: net.fit(X, labels, weight),
                lambda: net.fit_batches(in_batches(X, labels, weight))):  # fmt: skip
        with pytest.warns(UserWarning, match="as weak as 0.009 without weights"):
            fit()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_looks_wrong_is_noticed_as_in_fit():
    X, y = friedman(300)
    net, shifted = ShallowNetRegressor(4, **EPOCHS), X + np.eye(10)[0] * 1000
    with pytest.warns(UserWarning, match="X_val is far outside the range of X in 1 of 10"):
        net.fit_batches(in_batches(X, y), X_val=shifted, y_val=y)
    one_hot = np.eye(3, dtype=int)[np.digitize(y, [12, 17])]
    with pytest.warns(UserWarning, match="one of 3 labels in every sample, like classes"):
        ShallowNetClassifier(4, **EPOCHS).fit_batches(in_batches(X, one_hot))


def parts_of(kind):
    """6,000 samples to train on and as many to test on, with labels for a classifier."""
    X, y = friedman(6000)
    X_test, y_test = friedman(6000, seed=1)
    y, y_test = (y > 14, y_test > 14) if kind is ShallowNetClassifier else (y, y_test)
    return X, y, X_test, y_test


@pytest.mark.parametrize("kind", [ShallowNetClassifier, ShallowNetRegressor])
def test_many_small_chunks_are_as_good_as_fit(small, kind):
    X, y, X_test, y_test = parts_of(kind)
    fitted = kind(30, **EPOCHS).fit(X, y)
    streamed = kind(30, **EPOCHS).fit_batches(in_batches(X, y))
    assert streamed.n_iter_ == 10 * streamed._networks[0].n_iter // 10 > fitted.n_iter_
    assert streamed.score(X_test, y_test) > fitted.score(X_test, y_test) - 0.01
    assert abs(np.log(streamed.alpha_ / fitted.alpha_)) < 0.3
    assert streamed._networks[0].n_rows_seen == pytest.approx(60_000, rel=0.01)


@pytest.mark.parametrize("kind", [ShallowNetClassifier, ShallowNetRegressor])
def test_sorted_samples_are_as_good_as_shuffled_ones(small, kind):
    X, y, X_test, y_test = parts_of(kind)
    fitted = kind(30, **EPOCHS).fit(X, y)
    order = np.argsort(y, kind="stable")
    streamed = kind(30, **EPOCHS).fit_batches(in_batches(X[order], y[order], size=20))
    assert streamed.score(X_test, y_test) > fitted.score(X_test, y_test) - 0.01


def test_batches_too_large_to_mix_sorted_samples_are_warned_of(small):
    X, y = friedman()
    order = np.argsort(X[:, 4])
    net = ShallowNetRegressor(5, **EPOCHS)
    with pytest.warns(ConvergenceWarning, match="samples are sorted.*up to 333 rows.*at most 51"):
        net.fit_batches(in_batches(X[order], y[order]))
    net.set_params(shuffle=False).fit_batches(in_batches(X[order], y[order]))


def test_what_the_target_and_every_column_tell_about_the_order():
    X, y = friedman()
    Y, by_x, by_y = y[:, np.newaxis], np.argsort(X[:, 9]), np.argsort(y)
    slowly = X[:, 3] + np.linspace(0, 0.3, N_ROWS)
    with_gaps = np.where(X < 0.3, np.nan, X)
    assert not is_ordered(X, Y)
    assert not is_ordered(with_gaps, Y)
    assert not is_ordered(X[:10], Y[:10])
    assert is_ordered(X[by_y], Y[by_y])
    assert is_ordered(with_gaps[by_x], Y[by_x])
    assert is_ordered(sparse.csr_matrix(X[by_x]), Y[by_x])
    assert is_ordered(np.column_stack([np.ones(N_ROWS), slowly]), Y)


def test_the_number_of_bins_is_that_of_all_samples(small, monkeypatch):
    monkeypatch.setattr(short_fits, "MIN_SAMPLES_PER_BIN", 1)
    monkeypatch.setattr(
        short_fits, "EFFORTS", {0: short_fits.EFFORTS[0], 3000: short_fits.EFFORTS[100_000]}
    )
    X = np.random.default_rng(0).uniform(-1, 1, (3000, 3))
    y = np.floor(3 * X[:, 0]) % 2 + np.floor(3 * X[:, 1]) % 2
    for n_rows, n_bins in ((3000, 16), (2900, 32)):
        net = ShallowNetRegressor(10, random_state=0, max_iter=30)
        net.fit_batches(in_batches(X[:n_rows], y[:n_rows]))
        assert net.settings_["numeric_encoding"] == n_bins


# The order of the rows


def reading(n_rows, *, n_readers=1, buffer_rows=100, n_passes=3, size=7, is_endless=False):
    """Rows that are their own numbers, with string targets of growing lengths, and weights."""
    x = np.arange(n_rows)[:, np.newaxis]
    y = np.array(["x" * (1 + 9 * i // n_rows) for i in range(n_rows)])

    def read(first):
        for start in range(first, n_rows, size):
            labels = y[start : start + size]
            weight = None if start % 2 else x[start : start + size, 0] + 1.0
            yield x[start : start + size], np.array(labels.tolist()), weight

    options = {"buffer_rows": buffer_rows, "n_readers": n_readers, "rng": np.random.default_rng(0)}
    return MixedRows(read, None if is_endless else n_rows, n_passes * n_rows, **options)


@pytest.mark.parametrize("n_readers", [1, 2, 7])
@pytest.mark.parametrize("buffer_rows", [0, 30, 100, 1000])
def test_every_row_is_taken_once_in_every_pass(n_readers, buffer_rows):
    rows = reading(500, n_readers=n_readers, buffer_rows=buffer_rows)
    chunks = []
    for size in [25] * 60:
        X, y, weight = rows.take(size)
        chunks.append(X[:, 0])
        assert [len(label) for label in y] == [1 + 9 * i // 500 for i in X[:, 0]]
        assert ((weight == 1) | (weight == X[:, 0] + 1)).all()
        assert len(rows._numbers) <= buffer_rows
    taken = np.concatenate(chunks)
    assert (np.bincount(taken) == 3).all()
    if n_readers == 7 and buffer_rows:
        early = np.histogram(taken[:250], bins=5, range=(0, 500))[0]
        assert early.min() > 20  # in every tenth of a pass are rows of all of the stream


@pytest.mark.parametrize("n_rows", [1, 255, 256, 257, 3850, 10_000])
@pytest.mark.parametrize("n_parts", [1, 3, 8])
def test_all_batches_of_a_pass_are_equal_in_size(n_rows, n_parts):
    n_batches = -(-n_rows // 256)
    n_parts = min(n_parts, n_batches)
    rows = StreamRows(None, None, n_rows, 1, n_parts, batch_size=256, chunk_rows=600)
    bounds = [rows._bounds(place) for place in range(n_parts)]
    assert all(one[-1] == other[0] for one, other in pairwise(bounds))
    assert (bounds[0][0], bounds[-1][-1]) == (0, n_rows)
    sizes = np.diff(np.unique(np.concatenate(bounds)))
    in_chunks = -(-sizes // 256)
    assert in_chunks.sum() == n_batches
    assert (abs(sizes / in_chunks - n_rows / n_batches) <= 1).all()


def test_rows_go_on_from_any_state():
    for options in ({}, {"n_readers": 3}, {"is_endless": True}, {"buffer_rows": 0}):
        rows, states, chunks = reading(300, **options), [], []
        for _ in range(30):
            states.append((rows.state(), rows._rng.bit_generator.state))
            states[-1][0][2] = states[-1][0][2].copy()
            chunks.append(rows.take(30))
        for number in (0, 3, 17, 28):
            rows = reading(300, **options)
            state, rows._rng.bit_generator.state = states[number]
            rows.restore(state)
            for expected in chunks[number:]:
                X, y, _ = rows.take(30)
                np.testing.assert_array_equal(X, expected[0])
                np.testing.assert_array_equal(y, expected[1])


@pytest.mark.parametrize("as_kind", [np.array, sparse.csr_matrix], ids=["dense", "sparse"])
def test_the_arrays_of_the_user_stay_as_they_are(small, as_kind):
    X, y = friedman()
    X_user, y_user = as_kind(X), y.copy()
    ShallowNetRegressor(5, **EPOCHS).fit_batches([(X_user, y_user)])
    assert abs(X_user - as_kind(X)).sum() == 0
    np.testing.assert_array_equal(y_user, y)


def test_iterators_that_share_what_they_read_are_noticed(small):
    X, y = friedman()
    order = np.argsort(y)
    place = [0]

    def batches():
        place[0] = 0
        while place[0] < N_ROWS:
            part = order[place[0] : place[0] + 20]
            place[0] += 20
            yield X[part], y[part]

    with pytest.raises(ValueError, match="without an open file that others share"):
        ShallowNetRegressor(5, **EPOCHS).fit_batches(batches)


# Kinds of batches


def as_tables(kind):
    X, y = friedman(1200)
    table = pd.DataFrame(X, columns=[f"x{i}" for i in range(10)])
    table["colour"] = np.where(X[:, 9] > 0.5, "red", np.where(X[:, 8] > 0.5, "green", "blue"))
    table["y"] = y + 3 * (table["colour"] == "red")
    parts = [table.iloc[start : start + 200] for start in range(0, 1200, 200)]
    if kind == "pandas":
        return table, parts
    if kind == "polars":
        return table, [pl.from_pandas(part.reset_index(drop=True)) for part in parts]
    arrow = pytest.importorskip("pyarrow", reason="it is an optional dependency")
    if kind == "record batches":
        return table, arrow.Table.from_pandas(table).to_batches(max_chunksize=200)
    return table, arrow.Table.from_pandas(table)  # has to_batches


@pytest.mark.parametrize("kind", ["pandas", "polars", "record batches", "table"])
def test_tables_with_categories_give_the_fit(kind):
    table, batches = as_tables(kind)
    net = ShallowNetRegressor(10, categorical_features="from_dtype", **EPOCHS)
    fitted = clone(net).fit(table.drop(columns="y"), table["y"])
    net.fit_batches(batches, target="y")
    X = table.drop(columns="y")
    as_passed = pl.from_pandas(X) if kind == "polars" else X
    np.testing.assert_array_equal(net.predict(as_passed), fitted.predict(X))


def test_a_parquet_file_is_read_in_batches(tmp_path):
    arrow = pytest.importorskip("pyarrow", reason="it is an optional dependency")
    from pyarrow import dataset, parquet

    table, _ = as_tables("pandas")
    path = tmp_path / "table.parquet"
    parquet.write_table(arrow.Table.from_pandas(table), path, row_group_size=500)
    net = ShallowNetRegressor(5, categorical_features="from_dtype", **EPOCHS)
    predicted = [
        clone(net).fit_batches(batches, target="y").predict(table.drop(columns="y"))
        for batches in (
            parquet.ParquetFile(path),
            lambda: parquet.ParquetFile(path).iter_batches(100),
            lambda: parquet.ParquetFile(path),
            dataset.dataset(path),
        )
    ]
    for others in predicted[1:]:
        np.testing.assert_array_equal(predicted[0], others)


def test_a_lazy_query_is_read_in_batches(tmp_path):
    if not hasattr(pl.LazyFrame, "collect_batches"):
        pytest.skip("Polars reads no query in batches before 1.34")
    table, _ = as_tables("pandas")
    X = table.drop(columns="y")
    pl.from_pandas(table).write_parquet(tmp_path / "table.parquet")
    query = pl.scan_parquet(tmp_path / "table.parquet")
    net = ShallowNetRegressor(5, categorical_features="from_dtype", **EPOCHS)
    expected = clone(net).fit_batches(table, target="y").predict(X)
    found = clone(net).fit_batches(query, target="y").predict(pl.from_pandas(X))
    np.testing.assert_array_equal(found, expected)


def test_a_sorted_query_runs_at_several_places(small, tmp_path):
    if not hasattr(pl.LazyFrame, "collect_batches"):
        pytest.skip("Polars reads no query in batches before 1.34")
    X, y = friedman(1500)
    X, y = X[np.argsort(y)], np.sort(y)
    query = pl.LazyFrame({f"x{i}": column for i, column in enumerate(X.T)} | {"y": y})
    net = ShallowNetRegressor(20, **EPOCHS)
    expected = clone(net).fit_batches(in_batches(X, y, size=40)).predict(X)
    net.fit_batches(lambda: query.collect_batches(chunk_size=40), target="y")
    np.testing.assert_allclose(net.predict(query.drop("y").collect()), expected, rtol=1e-6)


class OldQuery:
    """Like a LazyFrame of Polars before 1.34."""

    collect = collect_schema = None


class Relation:
    """Like a query of DuckDB."""

    columns = dtypes = fetch_record_batch = None


@pytest.mark.parametrize(
    ("batches", "way_out"),
    [(OldQuery(), "sink_parquet"), (Relation(), r"to_arrow_reader"), ([OldQuery()], "collect")],
)
def test_queries_that_are_not_read_in_batches_are_refused(batches, way_out):
    with pytest.raises(ValueError, match=way_out):
        ShallowNetRegressor(5).fit_batches(batches, target="y")


def test_fit_and_predict_refuse_a_lazy_query():
    query = pl.LazyFrame({"x": [1.0, 2.0, 3.0, 4.0]})
    net = ShallowNetRegressor((), solver="lbfgs")
    for call in (net.fit, ShallowNetRegressor(3).partial_fit):
        with pytest.raises(ValueError, match=r"LazyFrame.*X\.collect\(\)"):
            call(query, [1.0, 2.0, 3.0, 4.0])
    net.fit(query.collect(), [1.0, 2.0, 3.0, 4.0])
    with pytest.raises(ValueError, match=r"LazyFrame.*X\.collect\(\)"):
        net.predict(query)


def test_sorted_files_are_read_at_several_places(small, tmp_path):
    arrow = pytest.importorskip("pyarrow", reason="it is an optional dependency")
    from pyarrow import dataset, parquet

    X, y = friedman(1500)
    X, y = X[np.argsort(y)], np.sort(y)
    table = pd.DataFrame(X, columns=[f"x{i}" for i in range(10)]).assign(y=y)
    parquet.write_table(arrow.Table.from_pandas(table), tmp_path / "sorted.parquet")
    net = ShallowNetRegressor(20, random_state=0, max_iter=2)
    expected = clone(net).fit_batches(in_batches(X, y, size=40)).predict(X)
    file = parquet.ParquetFile(tmp_path / "sorted.parquet")
    files = dataset.dataset(tmp_path / "sorted.parquet")
    for batches in (lambda: file.iter_batches(40), lambda: files.to_batches(batch_size=40)):
        found = clone(net).fit_batches(batches, target="y").predict(table.drop(columns="y"))
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("chunks", ["one", "many"])
def test_sparse_batches(request, chunks):
    if chunks == "many":
        request.getfixturevalue("small")
    X = sparse.random(2500, 40, density=0.2, random_state=0, format="csr")
    y = np.asarray(X[:, :3].sum(axis=1)).ravel() > 0.2
    parts = [(X[start : start + 100], y[start : start + 100]) for start in range(0, 2500, 100)]
    streamed = ShallowNetClassifier(10, **EPOCHS).fit_batches(parts)
    fitted = ShallowNetClassifier(10, **EPOCHS).fit(X, y)
    assert streamed.score(X, y) > fitted.score(X, y) - 0.02


def test_several_targets_and_missing_ones():
    X, y = friedman()
    Y = np.column_stack([y, -y])
    Y[::3, 1] = np.nan
    net = ShallowNetRegressor(20, **EPOCHS).fit_batches(in_batches(X, Y))
    np.testing.assert_array_equal(
        net.predict(X), ShallowNetRegressor(20, **EPOCHS).fit(X, Y).predict(X)
    )


GAPPY = pd.DataFrame(
    {
        "size": np.where(np.arange(300) % 7, np.linspace(-2, 2, 300), np.nan),
        "count": pd.array([pd.NA if i % 13 == 0 else i % 5 for i in range(300)], dtype="Int64"),
        "kind": pd.Categorical([None if i % 11 == 0 else "xyz"[i % 3] for i in range(300)]),
    }
)
AS_FRAME = {
    "pandas": lambda frame: frame.copy(),
    "polars": pl.from_pandas,
    "arrow": lambda frame: pytest.importorskip("pyarrow").Table.from_pandas(frame),
}


def saved_and_loaded(net, path):
    net.save(path / "net.npz")
    return load(path / "net.npz")


RETURNS = {
    "saved": saved_and_loaded,
    "pickled": lambda net, path: pickle.loads(pickle.dumps(net)),
    "trained on": lambda net, path: net.partial_fit(GAPPY[:50], np.arange(50.0)),
    "warm": lambda net, path: net.set_params(warm_start=True).fit(GAPPY, np.arange(300.0)),
}


@cache
def fitted_to_batches_of(kind):
    y = np.arange(300.0) % 3 + (np.arange(300) % 7 == 0)
    parts = [(AS_FRAME[kind](GAPPY[i : i + 100]), y[i : i + 100]) for i in range(0, 300, 100)]
    return ShallowNetRegressor(4, categorical_features="from_dtype", **EPOCHS).fit_batches(parts)


@pytest.mark.parametrize("kind", AS_FRAME)
@pytest.mark.parametrize("after", RETURNS)
def test_every_kind_of_frame_is_known_after_batches_of_another(kind, after, tmp_path):
    net = RETURNS[after](deepcopy(fitted_to_batches_of(kind)), tmp_path)
    expected = net.predict(GAPPY)
    for as_frame in AS_FRAME.values():
        np.testing.assert_array_equal(net.predict(as_frame(GAPPY)), expected)


@pytest.mark.parametrize("kind", AS_FRAME)
def test_every_kind_of_frame_gives_the_same_fit(kind):
    y = np.arange(300.0) % 3
    net = ShallowNetRegressor(4, categorical_features="from_dtype", **EPOCHS)
    fitted, expected = clone(net).fit(AS_FRAME[kind](GAPPY), y), clone(net).fit(GAPPY, y)
    np.testing.assert_array_equal(fitted.predict(GAPPY), expected.predict(GAPPY))
    assert list(fitted.feature_names_in_) == list(GAPPY.columns)
    assert fitted.export_code("c") == expected.export_code("c")


# What a sample of the rows may miss


def test_rare_values_are_seen(small):
    X, y = friedman(6000)
    X = np.column_stack([X, np.zeros(6000)])
    X[[100, 4000], 10] = 1.0
    X[77, 0] = 50.0
    y[[100, 4000]] += 5
    labels = np.where(np.arange(6000) == 4321, "rare", np.where(y > 14, "high", "low"))
    net = ShallowNetClassifier(10, **EPOCHS).fit_batches(in_batches(X, labels))
    assert list(net.classes_) == ["high", "low", "rare"]
    assert net.preprocessor_.compression.high[0] == 50.0
    assert net.coefs_[0][10].any()


def test_gaps_and_values_that_the_sample_misses_are_seen(small):
    """A column whose gaps are rare has an indicator, one whose values are rare their mean."""
    X, y = friedman()
    sample = RowSample(1000)
    sample.add((X, y, None))
    missed = np.setdiff1d(np.arange(N_ROWS), sample.parts()[-1])
    X[missed[-1], 0] = np.nan
    X[:, 1] = np.nan
    X[missed[[500, -1]], 1] = 3.0, 5.0
    fitted = ShallowNetRegressor(5, **EPOCHS).fit(X, y)
    streamed = ShallowNetRegressor(5, **EPOCHS).fit_batches(in_batches(X, y))
    assert streamed.input_names_.tolist()[:12] == fitted.input_names_.tolist()[:12]
    fill, expected = (net._networks[0].inputs.columns.fill for net in (streamed, fitted))
    np.testing.assert_allclose(fill, expected, rtol=1e-12)


def test_outliers_that_the_sample_misses_are_compressed(small):
    X, y = friedman(6000)
    X[77, 0], X[4001, 1] = 1e5, -1e6
    X[:, 9] = np.where(np.arange(6000) % 4, 0, X[:, 9])  # mostly zero
    X[5001, 9] = 1e5
    settings = EPOCHS | {"numeric_encoding": None}
    fitted = ShallowNetRegressor(10, **settings).fit(X, y)
    streamed = ShallowNetRegressor(10, **settings).fit_batches(in_batches(X, y))
    assert list(fitted.preprocessor_.compression.columns) == [0, 1, 9]
    assert list(streamed.preprocessor_.compression.columns) == [0, 1, 9]
    assert streamed.score(X, y) > fitted.score(X, y) - 0.02


def test_a_target_that_is_almost_constant(small):
    X, _ = friedman(6000)
    y = np.zeros(6000)
    y[[123, 4567]] = 3.0
    net = ShallowNetRegressor(10, loss="poisson", **EPOCHS).fit_batches(in_batches(X, y))
    assert np.ptp(net.predict(X)) > 0


@pytest.mark.parametrize("n_targets", [1, 2])
def test_a_target_that_is_almost_constant_has_no_limits(small, n_targets):
    """As in `fit`, which sees its heavy tails."""
    X, y = friedman(6000)
    rare = np.zeros(6000)
    rare[[123, 4567]] = 3.0
    y = rare if n_targets == 1 else np.column_stack([rare, y])
    fitted = ShallowNetRegressor(10, **EPOCHS).fit(X, y)._networks[0].target.limits
    streamed = ShallowNetRegressor(10, **EPOCHS).fit_batches(in_batches(X, y))
    streamed = streamed._networks[0].target.limits
    assert (streamed.low is None) == (fitted.low is None) == (n_targets == 1)
    np.testing.assert_array_equal(streamed.low, fitted.low)
    np.testing.assert_array_equal(streamed.high, fitted.high)


@pytest.mark.parametrize("as_kind", [np.asarray, sparse.csr_matrix, pd.DataFrame])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_steps_warn_of_columns_that_are_constant_at_first(small, as_kind):
    X, y = friedman(6000)
    X[:1500, [2, 5]] = 0
    X[:1500, 7] = 0 if as_kind is sparse.csr_matrix else np.nan
    batches = [(as_kind(X), y) for X, y in in_batches(X, y)()]
    with pytest.warns(UserWarning, match="column 2 and 2 others of X had a single value") as told:
        ShallowNetRegressor(10, random_state=0).fit_batches(batches, steps=30)
    assert sum("In the first samples" in str(warning.message) for warning in told) == 1


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_steps_warn_of_a_target_that_is_constant_at_first(small):
    X, y = friedman(6000)
    y[:1500] = 7
    with pytest.warns(UserWarning, match="y had a single value: others that come"):
        net = ShallowNetRegressor(10, random_state=0).fit_batches(in_batches(X, y), steps=30)
    np.testing.assert_array_equal(net.predict(X), 7)


def test_the_sample_is_uniform_in_bounded_memory_and_in_order():
    counts = np.zeros(10)
    for start in range(200):
        sample = RowSample(50)
        sample._rng = np.random.default_rng(start)
        for first in range(0, 1000, 70):
            numbers = np.arange(first, min(first + 70, 1000))
            sample.add((numbers[:, np.newaxis], numbers, None))
            assert sum(len(parts[0]) for parts in sample._kept) <= 2 * 50 + 70
        rows = sample.parts()[1]
        assert len(rows) == 50
        assert (np.diff(rows) > 0).all()
        counts += np.bincount(rows // 100, minlength=10)
    np.testing.assert_allclose(counts, 1000, atol=5 * 30)


def test_quantiles_of_the_sample_have_one_percent_of_error():
    sample, rng = RowSample(survey.SAMPLE_ROWS), np.random.default_rng(1)
    x = rng.exponential(size=300_000)
    for start in range(0, len(x), 7000):
        part = x[start : start + 7000]
        sample.add((part[:, np.newaxis], part, None))
    levels = np.linspace(0.01, 0.99, 99)
    found = np.searchsorted(np.sort(x), np.quantile(sample.parts()[1], levels)) / len(x)
    np.testing.assert_allclose(found, levels, atol=0.01)


# Length


def test_steps_end_batches_without_end(small):
    def endless():
        seed = 0
        while True:
            yield friedman(200, seed := seed + 1)

    nets = [
        ShallowNetRegressor(30, **EPOCHS).fit_batches(batches, steps=200)
        for batches in (endless, endless())
    ]
    X, y = friedman()
    assert nets[0].score(X, y) > 0.85
    np.testing.assert_array_equal(nets[0].predict(X), nets[1].predict(X))
    assert nets[0].history_["learning_rate"][-1] < 0.2 * nets[0].history_["learning_rate"][0]
    assert len(set(nets[0].history_["alpha"])) == 3


def test_few_batches_are_read_again_until_the_steps_are_done(small):
    X, y = friedman()
    net = ShallowNetRegressor(30, **EPOCHS).fit_batches(in_batches(X, y), steps=100)
    assert net._networks[0].n_rows_seen == pytest.approx(100 * 256, rel=0.01)


def test_an_iterator_that_ends_before_the_steps_leaves_a_network(small):
    X, y = friedman()
    net = ShallowNetRegressor(30, **EPOCHS)
    with pytest.warns(ConvergenceWarning, match="ended after 3000 samples.*fewer steps"):
        net.fit_batches(in_batches(X, y)(), steps=20)
    assert net.score(X, y) > 0.3


def test_epochs_stand_for_max_iter():
    X, y = friedman(600)
    nets = [
        ShallowNetRegressor(10, random_state=0, max_iter=12).fit_batches(in_batches(X, y)),
        ShallowNetRegressor(10, random_state=0).fit_batches(in_batches(X, y), epochs=12),
    ]
    np.testing.assert_array_equal(nets[0].predict(X), nets[1].predict(X))


def test_one_epoch_is_long_enough_to_revise_the_decay(small):
    X, y = friedman(12_000)
    net = ShallowNetRegressor(30, random_state=0).fit_batches(in_batches(X, y), epochs=1)
    assert len(set(net.history_["alpha"])) == 3
    assert net.score(X, y) > 0.7


# Memory


def test_memory_does_not_grow_with_the_rows(small):
    def fit(n_batches):
        def batches():
            return (friedman(500, seed) for seed in range(n_batches))

        net.fit_batches(batches, epochs=1)

    net = ShallowNetRegressor(5, random_state=0, numeric_encoding=None)
    fit(5)
    most = 1.1 * peak_memory(fit, 12, attempts=1)
    assert peak_memory(fit, 60, enough=most) < most


# After fit_batches, and before


def test_training_goes_on_after_it_and_before_it():
    X, y = friedman(900)
    net = ShallowNetRegressor(10, warm_start=True, **EPOCHS).fit(X, y)
    before = net.n_iter_
    net.fit_batches(in_batches(X, y))
    assert len(net.history_["loss"]) == 2 * before
    net.partial_fit(X, y)
    net.fit(X, y)
    assert len(net.history_["loss"]) == 3 * before + 1


# Bad input


def raising():
    yield friedman(100)
    raise OSError("the disk is gone")


def of_widths(*widths):
    return [(np.arange(50.0 * width).reshape(50, width), np.arange(50)) for width in widths]


ONCE = iter([friedman(100)])
LISTED = [friedman(100)]
FRAMES = [pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0]})]


@pytest.mark.parametrize(
    ("batches", "options", "error", "message"),
    [
        (ONCE, {"epochs": 2}, ValueError, "iterator.*once only.*Pass a callable.*or set steps"),
        (LISTED, {"epochs": 0}, ValueError, "epochs=0 must be an int >= 1"),
        (LISTED, {"steps": 1.5}, ValueError, "steps=1.5 must be an int >= 1"),
        (LISTED, {"epochs": 1, "steps": 2}, ValueError, "epochs=1 and steps=2.*one of them"),
        ([], {}, ValueError, "batches has no samples"),
        (lambda: ONCE, {"epochs": 9}, ValueError, "pass over the batches has .* samples"),
        (7, {}, ValueError, "batches=7 must be an iterable"),
        ("a.csv", {}, ValueError, "batches='a.csv' must be an iterable"),
        (friedman(30), {}, ValueError, "Batch 1 is of the type ndarray"),
        (FRAMES, {}, ValueError, "Batch 1 is of the type DataFrame.*target"),
        (FRAMES, {"target": "c"}, ValueError, "target='c', but batch 1 has no column 'c'"),
        (LISTED, {"target": "y"}, ValueError, "Batch 1 is of the type tuple"),
        (of_widths(3, 3, 4), {}, ValueError, "In batch 3: X has 4 features"),
        ([*LISTED, (np.ones((2, 10)), [1.0, np.nan])], {}, ValueError, "In batch 2: .*NaN"),
        ([*LISTED, (np.ones((2, 10)), [1.0])], {}, ValueError, "In batch 2: .*inconsistent"),
        ([*LISTED, (*LISTED[0], -np.ones(100))], {}, ValueError, "In batch 2: .*[Nn]egative"),
        (raising, {}, OSError, "the disk is gone"),
        (LISTED, {"X_val": np.ones((3, 10))}, ValueError, "y_val=None"),
        (LISTED, {"checkpoint": "a", "checkpoint_every": -1}, ValueError, "checkpoint_every=-1"),
    ],
)
def test_bad_batches_leave_the_estimator_as_it_was(batches, options, error, message):
    X, y = friedman(100)
    net = ShallowNetRegressor(3, random_state=0, max_iter=20).fit(X, y)
    before = net.predict(X)
    with pytest.raises(error, match=message):
        net.fit_batches(batches, **options)
    np.testing.assert_array_equal(net.predict(X), before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"solver": "lbfgs"}, "solver='lbfgs' needs all samples.*Set solver='adam'"),
        ({"batch_size": "full"}, "batch_size='full' needs all samples"),
        ({"early_stopping": True}, "early_stopping=True needs all samples.*Pass X_val"),
    ],
)
def test_settings_that_need_all_samples_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ShallowNetRegressor(**settings).fit_batches(LISTED)


def test_targets_outside_of_the_domain_are_found_before_training(small):
    X, y = friedman(6000)
    y[5555] = -1000.0
    with pytest.raises(ValueError, match="loss='poisson' needs y >= 0, got -1000"):
        ShallowNetRegressor(loss="poisson").fit_batches(in_batches(X, y))


def test_classes():
    X, y = friedman(600)
    labels = np.where(y > 14, "b", "a")
    net = ShallowNetClassifier(5, **EPOCHS)
    net.fit_batches(in_batches(X, labels), classes=["a", "b", "c"])
    assert list(net.classes_) == ["a", "b", "c"]
    with pytest.raises(ValueError, match=r"has the labels \['b'\].*among the classes"):
        net.fit_batches(in_batches(X, labels), classes=["a", "c"])
    with pytest.raises(ValueError, match="one class"):
        net.fit_batches(in_batches(X, np.full(600, "a")))


@pytest.mark.parametrize("length", [{"steps": 20}, {"epochs": 3}], ids=["steps", "epochs"])
def test_sparse_labels_are_those_of_an_array(length):
    X, y = friedman(600)
    labels = np.column_stack([y > 14, y < 10])
    nets = [
        ShallowNetClassifier(5, **EPOCHS).fit_batches(
            [(X, as_kind(labels), weight) for X, labels, weight in in_batches(X, labels, y)()],
            **length,
        )
        for as_kind in (np.array, sparse.csr_matrix)
    ]
    assert sparse.issparse(nets[1].predict(X))
    np.testing.assert_array_equal(nets[0].predict_proba(X), nets[1].predict_proba(X))


def test_empty_batches_and_weights_of_zero_are_left_out():
    X, y = friedman(600)
    empty = X[:0], y[:0]
    nothing = np.ones((5, 10)), np.ones(5), np.zeros(5)
    parts = [empty, *in_batches(X, y)(), nothing, empty]
    net = ShallowNetRegressor(5, **EPOCHS).fit_batches(parts)
    fitted = ShallowNetRegressor(5, **EPOCHS).fit(X, y)
    np.testing.assert_allclose(net.predict(X), fitted.predict(X), rtol=1e-5)


@pytest.mark.parametrize("length", [{"steps": 10}, {"epochs": 1}], ids=["steps", "epochs"])
@pytest.mark.parametrize("weight", [(), (np.zeros(5),)], ids=["no rows", "weights of zero"])
def test_batches_that_stay_empty_without_end_are_refused(monkeypatch, weight, length):
    monkeypatch.setattr(inputs_batches, "MAX_EMPTY", 1000)
    n_rows = 5 if weight else 0
    batch = np.ones((n_rows, 10)), np.ones(n_rows), *weight
    net = ShallowNetRegressor(5, **EPOCHS)
    with pytest.raises(ValueError, match=r"The last 1000 batches, .* have no samples of positive"):
        net.fit_batches(lambda: chain([friedman(20)], repeat(batch)), **length)


def interrupted_after(n_batches, batches):
    """Return a callable whose iterators raise KeyboardInterrupt after so many batches in all."""
    left = [n_batches]

    def interrupted():
        for batch in batches():
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt
            yield batch

    return interrupted


def test_an_interrupt_leaves_the_best_network_so_far(small):
    X, y = friedman()
    net = ShallowNetRegressor(20, **EPOCHS)
    with pytest.raises(KeyboardInterrupt):
        net.fit_batches(interrupted_after(10 * 7, in_batches(X, y)))
    assert 3 <= net.n_iter_ < 40
    assert net.score(X, y) > 0.5


# Checkpoints

KILLED = """
import os, random, signal, sys, time
import numpy as np
from sklearn.datasets import make_friedman1
from sklearn_shallow import ShallowNetRegressor
from sklearn_shallow.estimators.streaming import survey

survey.SAMPLE_ROWS, survey.BUFFER_BYTES = 1000, 2**15
X, y = make_friedman1(5000, noise=1.0, random_state=0)
folder = sys.argv[1]


def batches():
    return ((X[i : i + 300], y[i : i + 300]) for i in range(0, len(X), 300))


def in_child(path, out):
    child = os.fork()
    if child == 0:
        net = ShallowNetRegressor(20, dropout=0.1, numeric_encoding=None, random_state=0)
        held_out = {"X_val": X[:50], "y_val": y[:50]}
        net.fit_batches(batches, epochs=8, checkpoint=path, checkpoint_every=0, **held_out)
        np.save(out, np.r_[net._networks[0].theta, net.history_["loss"]])
        os._exit(0)
    return child


def written(path):
    return os.stat(path).st_mtime_ns if os.path.exists(path) else None


def wait(child, path, n_times):
    last = written(path)
    while n_times and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        time.sleep(1e-4)
        last, before = written(path), last
        n_times -= last != before


os.waitpid(in_child(None, folder + "/whole.npy"), 0)
whole = np.load(folder + "/whole.npy")
path, out, random_number = folder + "/checkpoint", folder + "/killed.npy", random.Random(0)
n_resumed = n_complete = 0
for number in range(13):  # the last one is not killed
    n_resumed += os.path.exists(path)
    child = in_child(path, out)
    if number < 12:
        wait(child, path, random_number.randrange(6))
        time.sleep(random_number.uniform(0, 0.01))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), "a fit did not resume"
    if os.path.exists(out) and not os.path.exists(path):
        assert np.array_equal(np.load(out), whole)
        os.remove(out)
        n_complete += 1
print(n_resumed, n_complete)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it takes processes that start quickly")
def test_a_fit_that_is_killed_resumes_to_the_same_parameters(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    n_resumed, n_complete = map(int, done.stdout.split())
    assert n_resumed >= 5
    assert n_complete >= 1


@pytest.mark.parametrize(
    ("settings", "length"),
    [
        ({}, {"steps": 60}),
        ({"solver": "sgd", "learning_rate": "adaptive", "dropout": 0.1}, {"epochs": 3}),
        ({"l1_ratio": 0.5}, {"steps": 60}),
        ({"alpha": 1.0, "learning_rate": np.cos, "solver": Adam(dtype="float64")}, {"epochs": 3}),
        ({"learning_rate_init": 0.5, "solver": "sgd"}, {"epochs": 3}),  # failures halve the rate
        ({"random_state": None}, {"epochs": 3}),
        ({"n_estimators": 2, "n_init": 2, "random_state": None}, {"epochs": 2}),
        ({"n_estimators": 2, "alpha": 1.0}, {"steps": 40}),
        ({}, {"epochs": 8, "X_val": [[0.5] * 10] * 9, "y_val": range(9)}),  # looked at from then on
    ],
    ids=lambda case: ",".join(case) or "defaults",
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_resumes_from_every_iteration(small, tmp_path, monkeypatch, settings, length):
    X, y = friedman()
    net = ShallowNetRegressor(10, **{"random_state": 0} | settings)
    saved = states_saved(monkeypatch, tmp_path / "state")
    options = {"checkpoint": tmp_path / "state", "checkpoint_every": 0} | length
    whole = clone(net).fit_batches(in_batches(X, y), **options)
    assert not (tmp_path / "state").exists()
    for state in saved[:: max(1, len(saved) // 2)]:
        (tmp_path / "state").write_bytes(state)
        resumed = clone(net).fit_batches(in_batches(X, y), **options)
        np.testing.assert_array_equal(resumed.predict(X), whole.predict(X))
        for network, other in zip(resumed.estimators_, whole.estimators_, strict=True):
            np.testing.assert_array_equal(network.history_["loss"], other.history_["loss"])
            assert network.alpha_ == other.alpha_


@pytest.mark.parametrize("n_estimators", [1, 2])
def test_a_fit_resumes_with_the_spectra_that_it_has_found(
    small, tmp_path, monkeypatch, n_estimators
):
    """And with as many samples for the next ones: the first have been too few."""
    for module in (decay, spectrum):
        monkeypatch.setattr(module, "SAMPLE_ROWS", 100)
    X, y = friedman()
    net = ShallowNetRegressor(60, n_estimators=n_estimators, random_state=0)
    path = tmp_path / "state"
    options = {"checkpoint": path, "checkpoint_every": 0, "epochs": 8}
    saved = states_saved(monkeypatch, path)
    whole = clone(net).fit_batches(in_batches(X, y), **options)
    for state in saved[:: len(saved) // 4]:
        path.write_bytes(state)
        resumed = clone(net).fit_batches(in_batches(X, y), **options)
        np.testing.assert_array_equal(resumed.predict(X), whole.predict(X))
        for network, other in zip(resumed.estimators_, whole.estimators_, strict=True):
            assert network.log_evidence_ == other.log_evidence_


@pytest.mark.parametrize("as_kind", [np.array, sparse.csr_matrix], ids=["dense", "sparse"])
def test_a_fit_to_sorted_and_weighted_samples_resumes(small, tmp_path, monkeypatch, as_kind):
    X, y = friedman()
    order = np.argsort(y)[::2]
    parts = list(in_batches(X[order], y[order], np.arange(len(order)) % 4, size=32)())
    batches = [(as_kind(X), y > 14, weight) for X, y, weight in parts]
    net, path = ShallowNetClassifier(10, random_state=0), tmp_path / "state"
    options = {"checkpoint": path, "checkpoint_every": 0, "epochs": 3}
    saved = states_saved(monkeypatch, path)
    whole = clone(net).fit_batches(batches, **options)
    for state in saved[1 : len(saved) : len(saved) // 3]:
        path.write_bytes(state)
        resumed = clone(net).fit_batches(batches, **options)
        np.testing.assert_array_equal(resumed.predict_proba(X), whole.predict_proba(X))


def test_limits_that_steps_have_widened_are_kept(small, tmp_path, monkeypatch):
    """Also where no sample that is read again is as large."""
    X = np.random.default_rng(0).uniform(-1, 1, size=(4000, 4))
    X[1000:3000] *= 1 + np.arange(2000)[:, np.newaxis] / 300
    net, path = ShallowNetRegressor(4, random_state=0), tmp_path / "state"
    options = {"checkpoint": path, "checkpoint_every": 0, "steps": 14}
    saved = states_saved(monkeypatch, path)
    whole = clone(net).fit_batches(in_batches(X, X.sum(axis=1)), **options)
    path.write_bytes(saved[-1])
    resumed = clone(net).fit_batches(in_batches(X, X.sum(axis=1)), **options)
    np.testing.assert_array_equal(resumed.predict(X), whole.predict(X))
    assert (
        resumed.predict(X).max() > 3 * X[:1000].sum(axis=1).max()
    )  # as nothing would be otherwise


def test_a_checkpoint_is_for_the_same_fit(small, tmp_path):
    X, y = friedman()
    path = tmp_path / "state"
    options = {"checkpoint": path, "checkpoint_every": 0, "epochs": 8}
    with pytest.raises(KeyboardInterrupt):
        ShallowNetRegressor(10, **EPOCHS).fit_batches(
            interrupted_after(60, in_batches(X, y)), **options
        )
    for net, batches, differs in (
        (ShallowNetRegressor(10, alpha=3.0), in_batches(X, y), "parameters.*alpha"),
        (ShallowNetRegressor(10, **EPOCHS), in_batches(2 * X, y), "batches"),
        (ShallowNetRegressor(10, **EPOCHS), in_batches(X[:-9], y[:-9]), "batches"),
    ):
        with pytest.raises(ValueError, match=f"belongs to another fit: it differs in .*{differs}"):
            net.fit_batches(batches, **options)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ValueError, match=r"checkpoint=.*cannot be read.*delete the file"):
        ShallowNetRegressor(10, **EPOCHS).fit_batches(in_batches(X, y), **options)


ALTERATIONS = {
    "a part is missing": lambda state: state.pop("entropies"),
    "a part of a run is missing": lambda state: state["runs"][0].pop("steps"),
    "a method is replaced": lambda state: state["runs"][0]["progress"].update({"update": 1.0}),
    "another shape": lambda state: state["runs"][0].update({"theta": np.zeros(3)}),
}


@pytest.mark.parametrize("alter", ALTERATIONS.values(), ids=ALTERATIONS)
def test_an_altered_checkpoint_is_refused(alter, tmp_path):
    path, (X, y) = tmp_path / "state", friedman()
    options = {"checkpoint": path, "checkpoint_every": 0, "epochs": 8}
    net = ShallowNetRegressor(10, **EPOCHS)
    with pytest.raises(KeyboardInterrupt):
        net.fit_batches(interrupted_after(60, in_batches(X, y)), **options)
    state = read(path)
    alter(state)
    write(path, state)
    with pytest.raises(ValueError, match=r"checkpoint=.*cannot be read.*delete the file"):
        net.fit_batches(in_batches(X, y), **options)
