"""Rows that know the levels of categories by their places: products, and fits on them."""

from itertools import cycle

import numpy as np
import pandas as pd
import pytest

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.inputs import one_hot_rows
from sklearn_shallow.inputs.one_hot_rows import MIN_ROWS, OneHotRows, as_one_hot_rows

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_ROWS, N_TOWNS, N_TRADES = MIN_ROWS + 200, 150, 40
rng = np.random.default_rng(0)
TOWN, TRADE = rng.integers(N_TOWNS, size=N_ROWS), rng.integers(N_TRADES, size=N_ROWS)
TOWN[:N_TOWNS], TRADE[:N_TRADES] = np.arange(N_TOWNS), np.arange(N_TRADES)
AGE = rng.normal(size=N_ROWS)
Y = AGE + rng.normal(size=N_TOWNS)[TOWN] + rng.normal(size=N_TRADES)[TRADE]
X = pd.DataFrame(
    {
        "town": pd.Categorical(TOWN.astype(str)),
        "age": AGE,
        "smokes": rng.random(N_ROWS) < 0.3,
        "trade": pd.Categorical(TRADE.astype(str)),
    }
)
LARGE = 2**27  # bytes
GROUPS = [slice(2, 2 + N_TOWNS), slice(3 + N_TOWNS, 3 + N_TOWNS + N_TRADES)]
ALIKE = np.ones(GROUPS[1].stop)
BY_RELEVANCE = np.repeat([0.5, 2.0, 0.1, 1.5, 0.01], [1, 1, N_TOWNS, 1, N_TRADES])


def rows_of(dtype, town=TOWN):
    """Return rows as a network sees them, with the levels centred, and what they are centred by."""
    ones = np.eye(N_TOWNS)[town], np.eye(N_TRADES)[TRADE]
    shift = np.zeros(GROUPS[1].stop)
    for group, one in zip(GROUPS, ones, strict=True):
        shift[group] = one.mean(axis=0)
    numbers = rng.normal(size=(N_ROWS, 4))
    made = [numbers[:, :2], ones[0], numbers[:, 2:3], ones[1]]
    rows = np.hstack([np.hstack(made) - shift, numbers[:, 3:], np.ones((N_ROWS, 1))])
    return rows.astype(dtype), shift


@pytest.mark.parametrize("factor", [ALIKE, BY_RELEVANCE], ids=["alike", "by relevance"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "part", [slice(None), slice(3, 70), rng.permutation(N_ROWS)[:90]], ids=["all", "slice", "some"]
)
def test_products_are_those_with_all_columns(factor, dtype, part):
    whole, shift = rows_of(dtype)
    whole[:, : len(factor)] *= factor.astype(dtype)
    rows = as_one_hot_rows(whole, GROUPS, shift, factor, N_ROWS, LARGE)[part].twin()
    assert isinstance(rows, OneHotRows)
    whole, closely = whole[part], {"rtol": 0, "atol": 2e3 * np.finfo(dtype).eps}
    W = rng.normal(size=(whole.shape[1], 5)).astype(dtype)
    D = np.asfortranarray(rng.normal(size=(len(whole), 5)), dtype)
    for _ in range(2):  # work arrays are used again
        np.testing.assert_allclose(rows @ W, whole @ W, **closely)
        np.testing.assert_allclose(rows.T @ D, whole.T @ D, **closely)
        np.testing.assert_allclose(W.T @ rows.T, W.T @ whole.T, **closely)
        np.testing.assert_allclose(D.T @ rows, D.T @ whole, **closely)
    assert (rows @ W).dtype == (rows.T @ D).dtype == dtype
    np.testing.assert_allclose(rows.toarray(), whole, **closely)
    doubled = rows.astype(np.float64)
    assert (doubled @ W.astype(float)).dtype == np.float64
    np.testing.assert_allclose(doubled.toarray(), whole, **closely)
    assert rows.shape == whole.shape
    assert len(rows) == len(whole)


def test_few_levels_few_rows_and_unknown_levels_stay_as_they_are():
    whole, shift = rows_of(np.float32)
    few = whole[: MIN_ROWS - 1]
    assert as_one_hot_rows(whole, [], shift, ALIKE, N_ROWS, LARGE) is whole
    assert as_one_hot_rows(whole, GROUPS[1:], shift, ALIKE, N_ROWS, LARGE) is whole
    assert as_one_hot_rows(few, GROUPS, shift, ALIKE, N_ROWS, LARGE) is few
    assert as_one_hot_rows(whole, GROUPS, shift, ALIKE, MIN_ROWS - 1, LARGE) is whole
    assert (
        as_one_hot_rows(whole, GROUPS, shift, ALIKE, N_ROWS, 8 * N_ROWS) is whole
    )  # one number for each
    whole[-1, GROUPS[0]] = 0  # the mean of the levels
    assert as_one_hot_rows(whole, GROUPS, shift, ALIKE, N_ROWS, LARGE) is whole


@pytest.fixture
def products(monkeypatch):
    """Count the products of transposed rows."""
    counted, plain = [], OneHotRows.transposed_product

    def product(rows, D):
        counted.append(len(rows))
        return plain(rows, D)

    monkeypatch.setattr(OneHotRows, "transposed_product", product)
    return counted


FEW_EPOCHS = {"max_iter": 6, "random_state": 0, "numeric_encoding": None}


SETTINGS = [
    {},
    {"alpha": 1.0, "solver": "sgd"},
    {"n_estimators": 2, "n_jobs": 2},
    {"early_stopping": True},
    {"hidden_layer_sizes": (20, 10), "numeric_encoding": 4},
    {"dropout": (0, 0.1)},
    {"standardize": False},
    {"solver": "lbfgs"},
    {"solver": "adam", "batch_size": "full", "alpha": 1.0},
]
IN_TURN = zip(SETTINGS, cycle([ShallowNetClassifier, ShallowNetRegressor]), strict=False)


@pytest.mark.filterwarnings("ignore:.*(loss is no lower|max_iter).*")
@pytest.mark.parametrize(("settings", "kind"), [*IN_TURN, ({}, ShallowNetRegressor)], ids=str)
def test_a_fit_is_that_on_all_columns(monkeypatch, products, kind, settings):
    y = Y if kind is ShallowNetRegressor else (Y > 0).astype(int)
    weight = np.where(np.arange(N_ROWS) % 3, 1.0, 1.7)
    net = kind(**{**FEW_EPOCHS, **settings}).fit(X, y, weight)
    assert products
    monkeypatch.setattr(one_hot_rows, "MIN_SAVED", 10**9)
    products.clear()
    whole = kind(**{**FEW_EPOCHS, **settings}).fit(X, y, weight)
    assert not products
    for one, other in zip(net.estimators_, whole.estimators_, strict=True):
        np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, rtol=1e-2)
        np.testing.assert_allclose(one.alpha_, other.alpha_, rtol=0.01)
    np.testing.assert_allclose(net.transform(X), whole.transform(X), atol=0.02)


@pytest.mark.parametrize(
    "settings",
    [
        {"l1_ratio": 0.5},
        {"dropout": (0.1, 0)},
    ],
    ids=str,
)
def test_what_needs_columns_has_them(products, settings):
    ShallowNetRegressor(**{**FEW_EPOCHS, **settings}).fit(X, Y)
    assert not products


def test_a_network_of_few_parameters_is_judged_on_all_columns(products):
    net = ShallowNetRegressor(1, **FEW_EPOCHS).fit(X, Y)
    assert products
    assert net.n_effective_params_ < len(net.coefs_[0]) + 10


def test_a_warm_start_may_bring_levels_that_are_not_known(products):
    net = ShallowNetRegressor(5, **FEW_EPOCHS, warm_start=True).fit(X, Y)
    products.clear()
    others = X.assign(town=X.town.where(TOWN != 3))  # a gap is an unknown level
    net.fit(others, Y)
    assert not products
    net.fit(X, Y)
    assert products


@pytest.mark.filterwarnings("ignore:.*max_iter.*")
def test_the_sample_that_stands_for_a_stream(products, monkeypatch):
    monkeypatch.setattr("sklearn_shallow.estimators.streaming.survey.SAMPLE_ROWS", N_ROWS)
    rows = [slice(None), slice(0, 300)]
    parts = [(X[some], Y[some]) for some in rows]
    net = ShallowNetRegressor(5, **FEW_EPOCHS).fit_batches(parts)
    assert products
    monkeypatch.setattr(one_hot_rows, "MIN_SAVED", 10**9)
    products.clear()
    whole = ShallowNetRegressor(5, **FEW_EPOCHS).fit_batches(parts)
    assert not products
    np.testing.assert_allclose(net.alpha_, whole.alpha_, rtol=0.01)


@pytest.mark.parametrize("settings", [{}, {"solver": "lbfgs"}], ids=str)
def test_rows_that_take_too_much_memory_with_all_columns(products, monkeypatch, settings):
    net = ShallowNetRegressor(5, **FEW_EPOCHS | settings).fit(X, Y)
    products.clear()
    monkeypatch.setattr("sklearn_shallow.estimators.training.samples.MAX_COPY_BYTES", 1000)
    again = ShallowNetRegressor(5, **FEW_EPOCHS | settings).fit(X, Y)
    assert products
    np.testing.assert_allclose(again.predict(X), net.predict(X), atol=1e-2)


def test_a_matrix_of_all_parameters(products, monkeypatch):
    net = ShallowNetRegressor(1, solver="lm", alpha=1.0, **FEW_EPOCHS).fit(X, Y)
    assert products
    monkeypatch.setattr(one_hot_rows, "MIN_SAVED", 10**9)
    whole = ShallowNetRegressor(1, solver="lm", alpha=1.0, **FEW_EPOCHS).fit(X, Y)
    np.testing.assert_allclose(net.predict(X), whole.predict(X), rtol=1e-6)


def test_a_failure_names_the_column_that_is_largest(products):
    net = ShallowNetRegressor(5, solver="sgd", learning_rate_init=1e20, **FEW_EPOCHS)
    with pytest.raises(ValueError, match="age"):
        net.fit(X.assign(age=1e6 * AGE), Y)
    assert products
