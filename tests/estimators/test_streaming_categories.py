"""`fit_batches` to features of many categories, which become means of the target."""

import numpy as np
import pandas as pd
import pytest
from checkpoints import states_saved
from optional import polars as pl
from sklearn.base import clone

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor, load
from sklearn_shallow.estimators.streaming import survey

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_SHOPS, N_ROWS = 400, 4000
rng = np.random.default_rng(0)
EFFECT = rng.normal(size=N_SHOPS)
CODE = rng.integers(0, N_SHOPS, N_ROWS)
PRICE = rng.normal(size=N_ROWS)
Y = EFFECT[CODE] - 0.5 * PRICE + 0.4 * rng.normal(size=N_ROWS)
X = pd.DataFrame({"shop": [f"shop {number:03}" for number in CODE], "price": PRICE})
GAPPY = X.assign(shop=X["shop"].where(rng.random(N_ROWS) > 0.1))
LABELS = np.digitize(Y, [-1, 1])
TRAIN, TEST = slice(0, 3000), slice(3000, None)
KINDS = {"numbers": Y, "labels": LABELS, "two": LABELS > 0, "several": np.column_stack([Y, -2 * Y])}


def estimator(y=Y, **settings):
    kind = ShallowNetRegressor if y.dtype.kind == "f" else ShallowNetClassifier
    return kind(**{"hidden_layer_sizes": 8, "random_state": 0, "max_iter": 10} | settings)


def in_batches(X, *others, size=457):
    return [
        (X.iloc[rows], *(other[rows] for other in others))
        for rows in (slice(i, i + size) for i in range(0, len(X), size))
    ]


def table_of(net):
    return net._networks[0].inputs.columns.categories[0].table


@pytest.fixture
def small(monkeypatch):
    """Let few rows be many."""
    monkeypatch.setattr(survey, "SAMPLE_ROWS", 500)
    monkeypatch.setattr(survey, "BUFFER_BYTES", 2**14)


NAMES = [f"c{number}" for number in range(8)]
FEW = pd.DataFrame({"kind": np.array(NAMES)[CODE % 8], "price": PRICE})
OF_FEW = EFFECT[CODE % 8] + PRICE
LATER = np.argsort(CODE % 8 > 3, kind="stable")  # the first half has the first four only
DECLARED = {
    "pandas": lambda frame: frame.astype({"kind": pd.CategoricalDtype(NAMES)}),
    "polars": lambda frame: pl.DataFrame(
        {"kind": frame["kind"].tolist(), "price": frame["price"].to_numpy()},
        schema_overrides={"kind": pl.Enum(NAMES)},
    ),
    "arrow": lambda frame: pytest.importorskip("pyarrow").Table.from_pandas(
        DECLARED["pandas"](frame)
    ),
}


@pytest.mark.parametrize("kind", DECLARED)
def test_partial_fit_knows_declared_categories_that_come_later(kind):
    frame, y = FEW.iloc[LATER], OF_FEW[LATER]
    net, declared = estimator(), DECLARED[kind]
    parts = [slice(start, start + 400) for start in range(0, N_ROWS, 400)]
    batches = [(declared(frame.iloc[rows]), y[rows]) for rows in parts]
    for batch in batches * 10:
        net.partial_fit(*batch)
    assert net.input_names_.tolist() == ["price", *(f"kind_{name}" for name in NAMES)]
    assert net.score(declared(frame), y) > 0.98


def test_partial_fit_warns_of_categories_that_were_not_declared():
    frame, y = FEW.iloc[LATER], OF_FEW[LATER]
    net = estimator().partial_fit(frame[:200], y[:200])
    with pytest.warns(UserWarning, match=r"categories in column 'kind' .* count as missing"):
        net.partial_fit(frame[-200:], y[-200:])
    net.partial_fit(frame[:200].assign(kind=None), y[:200])  # missing, not new: no warning


def later_batches(as_kind=lambda frame: frame, size=500):
    frame, y = FEW.iloc[LATER], OF_FEW[LATER]
    return [(as_kind(frame[i : i + size]), y[i : i + size]) for i in range(0, N_ROWS, size)]


@pytest.mark.parametrize("kind", DECLARED)
def test_steps_know_declared_categories_that_come_later(small, kind):
    net = estimator().fit_batches(later_batches(DECLARED[kind]), steps=300)
    assert net.input_names_.tolist()[:9] == ["price", *(f"kind_{name}" for name in NAMES)]
    assert net.score(DECLARED[kind](FEW), OF_FEW) > 0.98


def test_steps_warn_once_of_categories_that_were_not_declared(small):
    with pytest.warns(
        UserWarning, match=r"categories in column 'kind' .* count as missing"
    ) as told:
        net = estimator().fit_batches(later_batches(), steps=200)
    assert len(told) == 1
    assert net.input_names_.tolist()[:5] == ["price", *(f"kind_{name}" for name in NAMES[:4])]
    gappy = FEW.assign(kind=FEW["kind"].where(rng.random(N_ROWS) > 0.1))
    estimator().fit_batches(in_batches(gappy, OF_FEW), steps=20)  # missing, not new: no warning


def test_steps_that_see_all_samples_leave_out_declared_categories_without_samples(small):
    batches = later_batches(DECLARED["pandas"], size=200)[:2]
    net = estimator().fit_batches(batches, steps=20)
    assert len(net.input_names_) == 1 + 4


def test_steps_warn_of_declared_categories_whose_means_are_not_known(small):
    names = [f"shop {number:03}" for number in range(N_SHOPS)]
    order = np.argsort(CODE >= 390, kind="stable")
    frame = X.iloc[order].astype({"shop": pd.CategoricalDtype(names)})
    with pytest.warns(UserWarning, match=r"categories in column 'shop' .* count as missing"):
        net = estimator().fit_batches(in_batches(frame, Y[order]), steps=300)
    assert net.input_names_.tolist()[:2] == ["price", "shop_mean"]


def test_a_warm_start_warns_of_new_categories():
    net = estimator(warm_start=True).fit_batches(later_batches()[:2])
    for call in (net.fit_batches, lambda batches: net.fit(FEW, OF_FEW)):
        with pytest.warns(UserWarning, match=r"categories in column 'kind' .* count as missing"):
            call(later_batches())


def test_declared_categories_without_samples_share_a_level_where_they_are_many():
    names = [f"shop {number:03}" for number in range(N_SHOPS)]
    frame = X.astype({"shop": pd.CategoricalDtype(names)})
    net = estimator().partial_fit(frame[:300], Y[:300]).partial_fit(frame[300:600], Y[300:600])
    assert len(net.input_names_) == 1 + 255
    assert net.input_names_[-1] == "shop_infrequent"


def test_fit_leaves_out_declared_categories_without_samples():
    frame, y = DECLARED["pandas"](FEW.iloc[LATER])[:1000], OF_FEW[LATER][:1000]
    assert len(estimator().fit(frame, y).input_names_) == 1 + 4


@pytest.mark.parametrize("kind", KINDS)
def test_samples_that_are_read_at_once_give_the_fit(kind):
    y = KINDS[kind]
    fitted = estimator(y).fit(GAPPY[TRAIN], y[TRAIN])
    streamed = estimator(y).fit_batches(in_batches(GAPPY[TRAIN], y[TRAIN]))
    np.testing.assert_array_equal(streamed.predict(GAPPY), fitted.predict(GAPPY))
    assert streamed.input_names_.tolist() == fitted.input_names_.tolist()


@pytest.mark.parametrize(("kind", "size"), [*zip(KINDS, [50, 777, 50, 777], strict=True)])
def test_the_means_are_of_all_samples_in_batches_of_any_size(small, kind, size):
    y = KINDS[kind]
    if kind == "several":
        y = np.where(np.arange(2 * N_ROWS).reshape(-1, 2) % 6 == 1, np.nan, y)
    fitted = estimator(y, max_iter=2).fit(GAPPY, y)
    streamed = estimator(y, max_iter=2).fit_batches(in_batches(GAPPY, y, size=size))
    np.testing.assert_allclose(table_of(streamed), table_of(fitted), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["numbers", "labels"])
@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_weights_count_in_the_means(small, kind, unit):
    """Whatever their unit, which the sample finds: about that of all."""
    y, weight = KINDS[kind], unit * np.random.default_rng(1).uniform(0.1, 3, N_ROWS)
    fitted = estimator(y, max_iter=2).fit(GAPPY, y, weight)
    streamed = estimator(y, max_iter=2).fit_batches(in_batches(GAPPY, y, weight))
    np.testing.assert_allclose(table_of(streamed), table_of(fitted), atol=0.02)
    unweighted = estimator(y, max_iter=2).fit(GAPPY, y)
    assert np.abs(table_of(unweighted) - table_of(fitted)).max() > 0.1


@pytest.mark.parametrize(
    ("kind", "order"),
    [("numbers", np.argsort(CODE)), ("labels", np.argsort(Y))],
    ids=["numbers by category", "labels by target"],
)
def test_batches_are_as_good_as_fit_in_any_order(small, kind, order):
    y = KINDS[kind]
    rows = order[order < TRAIN.stop]
    net = estimator(y, max_iter=20)
    score = clone(net).fit(X[TRAIN], y[TRAIN]).score(X[TEST], y[TEST])
    net.fit_batches(in_batches(X.iloc[rows], y[rows], size=100))
    assert net.score(X[TEST], y[TEST]) > score - 0.02


@pytest.mark.parametrize("length", [{"epochs": 10}, {"steps": 300}], ids=str)
@pytest.mark.filterwarnings("ignore:X holds categories")
def test_no_sample_sees_its_own_target(small, length):
    noise = np.random.default_rng(1).normal(size=N_ROWS)
    net = estimator(numeric_encoding=None).fit_batches(in_batches(X[TRAIN], noise[TRAIN]), **length)
    assert net.score(X[TEST], noise[TEST]) > -0.05


@pytest.mark.parametrize("as_kind", [lambda part: part, pl.from_pandas], ids=["pandas", "polars"])
def test_categories_that_come_late_are_known(small, as_kind):
    """Of 1,500 ids most are missing in a sample of 500, and all but few in the first batch."""
    ids = np.arange(1500)
    frame = pd.DataFrame({"id": [f"{number:04}" for number in np.repeat(ids, 4)]})
    effect = rng.normal(size=len(ids))
    y = np.repeat(effect, 4) + 0.1 * rng.normal(size=len(frame))
    batches = [(as_kind(X.reset_index(drop=True)), y) for X, y in in_batches(frame, y, size=300)]
    net = estimator(numeric_encoding=None).fit_batches(batches)
    every = pd.DataFrame({"id": [f"{number:04}" for number in ids]})
    assert net.score(every, effect) > 0.95


def test_rare_categories_of_few_have_columns_of_their_own(small):
    colour = np.array(["red", "blue"], object)[rng.integers(0, 2, N_ROWS)]
    colour[[3000, 3100]] = "green"  # not in the first batch, nor in the sample
    frame = pd.DataFrame({"price": PRICE, "colour": colour})
    net = estimator(max_iter=2).fit_batches(in_batches(frame, Y))
    fitted = estimator(max_iter=2).fit(frame, Y)
    assert net.input_names_.tolist()[1:4] == fitted.input_names_.tolist()[1:4]


def test_values_are_remembered_up_to_a_number(small, monkeypatch):
    monkeypatch.setattr(survey, "MAX_VALUES", 300)
    with pytest.warns(UserWarning, match=r"categories in column 'shop' .* count as missing"):
        net = estimator().fit_batches(in_batches(X[TRAIN], Y[TRAIN]))
    assert 300 < len(table_of(net)) < N_SHOPS  # those of the sample are known anyway
    assert net.score(X[TEST], Y[TEST]) > 0.5


@pytest.mark.parametrize(
    ("kind", "length"), [("numbers", {"epochs": 4}), ("labels", {"steps": 100})], ids=str
)
@pytest.mark.filterwarnings("ignore:X holds categories")
def test_a_fit_resumes_bit_for_bit(small, tmp_path, monkeypatch, kind, length):
    path, y = tmp_path / "state", KINDS[kind]
    saved = states_saved(monkeypatch, path)
    options = {"checkpoint": path, "checkpoint_every": 0} | length
    whole = estimator(y).fit_batches(in_batches(GAPPY, y), **options)
    for state in saved[:: len(saved) // 2]:
        path.write_bytes(state)
        resumed = estimator(y).fit_batches(in_batches(GAPPY, y), **options)
        np.testing.assert_array_equal(resumed.predict(GAPPY), whole.predict(GAPPY))


def test_what_follows_a_fit_to_batches(small, tmp_path):
    """A file, `partial_fit` and a warm start have the means of all samples."""
    net = estimator(warm_start=True).fit_batches(in_batches(GAPPY[TRAIN], Y[TRAIN]))
    before, score = table_of(net), net.score(X[TEST], Y[TEST])
    assert score > 0.7
    net.save(tmp_path / "net.npz")
    loaded = load(tmp_path / "net.npz")
    np.testing.assert_array_equal(loaded.predict(GAPPY), net.predict(GAPPY))
    loaded.partial_fit(GAPPY[TRAIN], Y[TRAIN])
    net.fit_batches(in_batches(GAPPY[TRAIN], Y[TRAIN]))
    for other in (net, loaded):
        np.testing.assert_array_equal(table_of(other), before)
        assert other.score(X[TEST], Y[TEST]) > score - 0.03


def test_the_batches_are_read_once_more_for_means(small):
    n_opened = []

    def opened(frame):
        n_opened.append(0)

        def batches():
            n_opened[-1] += 1
            return iter(in_batches(frame, Y))

        return batches

    few = X.assign(shop=np.where(CODE < 200, X["shop"], "other"))
    for frame in (few, X):
        estimator(max_iter=1).fit_batches(opened(frame))
    assert n_opened[1] == n_opened[0] + 1
