"""Gaps in X: filled with the mean and marked, in every path of a network."""

import numpy as np
import pandas as pd
import pytest
from optional import polars as pl
from scipy import sparse
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.inputs.columns import Columns
from sklearn_shallow.inputs.facts import FeatureFacts

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
FULL = rng.normal(size=(400, 4)) * [1, 10, 0.1, 1] + [0, 5, 3, 0]
Y = FULL[:, 0] + FULL[:, 1] / 10 - 10 * FULL[:, 2] * (FULL[:, 3] > 0)
GAPS = rng.random(FULL.shape) < [0.3, 0.1, 0, 0]
X = np.where(GAPS, np.nan, FULL)


SMALL = {"hidden_layer_sizes": 8, "random_state": 0, "max_iter": 40}


def regressor(**parameters):
    return ShallowNetRegressor(**{**SMALL, **parameters})


def classifier(**parameters):
    return ShallowNetClassifier(**{**SMALL, **parameters})


def filled(X):
    return SimpleImputer(add_indicator=True).fit_transform(X)


# The rule ---------------------------------------------------------------------------------------


def test_gaps_become_the_mean_and_indicators():
    np.testing.assert_allclose(Columns.of(FeatureFacts.of(X)).transform(X), filled(X), rtol=1e-12)


def test_a_gap_in_another_column_at_prediction_becomes_the_mean():
    new = X[:3].copy()
    new[1, 3] = np.nan
    out = Columns.of(FeatureFacts.of(X)).transform(new)
    assert out.shape == (3, 6)
    np.testing.assert_allclose(out[1, 3], X[:, 3].mean())


def test_without_gaps_the_rows_are_passed_on():
    columns = Columns.of(FeatureFacts.of(FULL))
    assert columns.transform(FULL) is FULL
    assert columns.n_features_out == 4
    new = np.where(GAPS, np.nan, FULL)
    np.testing.assert_allclose(columns.transform(new), np.where(GAPS, FULL.mean(axis=0), FULL))


def test_weights_are_repetitions():
    times = rng.integers(1, 4, size=len(X))
    weighted = Columns.of(FeatureFacts.of(X, times.astype(float)))
    repeated = Columns.of(FeatureFacts.of(np.repeat(X, times, axis=0)))
    np.testing.assert_allclose(weighted.fill, repeated.fill, rtol=1e-12)
    np.testing.assert_array_equal(weighted.gappy, repeated.gappy)


def test_a_column_of_gaps_says_nothing():
    empty = np.column_stack([FULL, np.full(len(X), np.nan)])
    net, without = regressor(numeric_encoding=None).fit(empty, Y), regressor().fit(FULL, Y)
    assert net.coefs_[0].shape == (6, 8)
    assert not net.coefs_[0][4:].any()
    assert abs(net.score(empty, Y) - without.score(FULL, Y)) < 0.1


def test_a_column_of_heavy_tails_is_filled_with_its_median():
    heavy = X.copy()
    heavy[:, 0] = np.exp(3 * heavy[:, 0])
    net = regressor().fit(heavy, Y)
    assert net.preprocessor_.compression.columns.tolist() == [0]
    complete = net.preprocessor_.transform(heavy)
    assert np.isfinite(complete).all()
    np.testing.assert_array_equal(complete[GAPS[:, 0], 0], 0)


# The network ------------------------------------------------------------------------------------


def test_a_linear_fit_is_that_of_an_imputer_in_front():
    settings = {"solver": "lbfgs", "alpha": 1.0, "max_iter": 1000, "tol": 1e-9}
    net = ShallowNetRegressor((), standardize=False, **settings)
    theirs = make_pipeline(SimpleImputer(add_indicator=True), clone(net)).fit(X, Y)
    np.testing.assert_allclose(net.fit(X, Y).predict(X), theirs.predict(X), rtol=1e-3)


def test_missingness_itself_is_learnt():
    missing = rng.random(len(FULL)) < 0.5
    gappy = FULL.copy()
    gappy[missing, 0] = np.nan
    assert classifier().fit(gappy, missing).score(gappy, missing) == 1


@pytest.mark.parametrize(
    "kind",
    [
        lambda X: X.tolist(),
        lambda X: np.where(np.isnan(X), None, X),
        lambda X: np.where(np.isnan(X), pd.NA, X),
        pd.DataFrame,
        lambda X: pd.DataFrame(X).astype("Float64").where(~np.isnan(X)),
        lambda X: pl.DataFrame(X).fill_nan(None),
    ],
    ids=["list", "None", "NA", "pandas", "pandas Float64", "polars"],
)
def test_kinds_of_gaps_are_the_same(kind):
    expected = regressor().fit(X, Y).predict(X)
    given = kind(X)
    np.testing.assert_allclose(regressor().fit(given, Y).predict(given), expected, rtol=1e-8)


def test_float32_stays_float32():
    net = regressor().fit(X.astype(np.float32), Y)
    assert net.predict(X.astype(np.float32)).dtype == np.float32


def test_names_of_what_the_network_sees():
    plain = {"numeric_encoding": None}
    assert list(regressor(**plain).fit(FULL, Y).input_names_) == ["x0", "x1", "x2", "x3"]
    net = regressor(**plain).fit(pd.DataFrame(X, columns=list("abcd")), Y)
    gaps = ["missingindicator_a", "missingindicator_b"]
    assert list(net.input_names_) == ["a", "b", "c", "d", *gaps]
    assert len(net.coefs_[0]) == len(net.input_names_)
    assert net.n_features_in_ == 4
    assert list(net.estimators_[0].input_names_) == list(net.input_names_)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_rows", [20, 400])  # many rows are scaled by the first layer
def test_coefs_apply_to_the_complete_columns(n_rows, dtype):
    net = regressor(activation="tanh").fit(X.astype(dtype), Y)
    rows = X[:n_rows].astype(dtype)
    hidden = np.tanh(net.preprocessor_.transform(rows) @ net.coefs_[0] + net.intercepts_[0])
    raw = hidden @ net.coefs_[1] + net.intercepts_[1]
    np.testing.assert_allclose(raw[:, 0], net.predict(rows), rtol=1e-3, atol=1e-4)


def test_many_rows_in_blocks():
    rows = np.tile(X, (10, 1))
    net = regressor(solver="lbfgs", max_iter=100).fit(rows, np.tile(Y, 10))
    assert net.score(X, Y) > 0.6
    np.testing.assert_allclose(net.predict(rows)[:400], net.predict(X), rtol=1e-6)


def test_a_validation_set_may_have_other_gaps():
    val = FULL.copy()
    val[::2, 3] = np.nan
    net = regressor(early_stopping=True).fit(X, Y, X_val=val, y_val=Y)
    assert np.isfinite(net.history_["validation_loss"]).all()


def test_a_validation_set_far_outside_is_noticed_beside_gaps():
    with pytest.warns(UserWarning, match="X_val is far outside the range of X in 1 of 4"):
        regressor().fit(X, Y, X_val=X + np.array([0, 1000, 0, 0]), y_val=Y)


def test_values_far_outside_are_noticed_beside_gaps():
    net = regressor().fit(X, Y)
    with pytest.warns(UserWarning, match="are outside in column 1"):
        net.predict(X + np.array([0, 1000, 0, 0]))


# Continuing -------------------------------------------------------------------------------------


def test_partial_fit_keeps_the_columns_of_its_first_call():
    net = regressor(alpha=1.0, learning_rate_init=0.02)
    later = X.copy()
    later[:50, 3] = np.nan
    for _ in range(60):
        net.partial_fit(X[:200], Y[:200])
        net.partial_fit(later[200:], Y[200:])
    assert len(net.coefs_[0]) == 6
    assert net.score(later, Y) > 0.5


def test_partial_fit_after_fit_and_a_warm_start_keep_the_columns():
    net = regressor(warm_start=True).fit(X, Y)
    before = net.input_names_
    net.fit(FULL, Y).partial_fit(FULL, Y)
    np.testing.assert_array_equal(net.input_names_, before)
    assert net.score(X, Y) > 0.6


# What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("standardize", [True, False])
def test_sparse_rows_are_predicted_as_dense_ones(standardize):
    net = regressor(standardize=standardize, numeric_encoding=None, alpha=1.0).fit(X, Y)
    np.testing.assert_allclose(net.predict(sparse.csr_array(FULL)), net.predict(FULL), rtol=1e-9)


@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict", "score"])
def test_sparse_gaps_are_refused(method):
    net = regressor().fit(FULL, Y)
    given = [sparse.csr_matrix(X), *([Y] if method != "predict" else [])]
    with pytest.raises(ValueError, match=r"NaN and is sparse.*X\.toarray\(\)"):
        getattr(net, method)(*given)


DAYS = pd.date_range("2020", periods=len(FULL))
TIMES = {
    "dates": DAYS,
    "zone": DAYS.tz_localize("UTC"),
    "durations": DAYS - DAYS[0],
    "periods": DAYS.to_period("D"),
    "objects": DAYS.date,
}
WITH_TIMES = {kind: pd.DataFrame({"a": FULL[:, 0], "b": day}) for kind, day in TIMES.items()}
WITH_TIMES |= {
    "array": np.column_stack([DAYS, DAYS]),
    "polars": pl.DataFrame({"a": FULL[:, 0], "b": DAYS.to_pydatetime().tolist()}),
    "polars days": pl.DataFrame({"a": FULL[:, 0], "b": DAYS.date.tolist()}),
}


@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict"])
@pytest.mark.parametrize("with_times", WITH_TIMES.values(), ids=WITH_TIMES)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_times_are_refused_by_the_name_of_their_column(with_times, method):
    net = regressor().fit(pd.DataFrame(FULL[:, :2], columns=["a", "b"]), Y)
    given = [with_times, *([Y] if method != "predict" else [])]
    with pytest.raises(
        (ValueError, TypeError), match=r"^X h(olds values of type|as no number).*in"
    ):
        getattr(net, method)(*given)


def test_gaps_are_filled_after_a_fit_to_sparse_rows():
    net = regressor().fit(sparse.csr_matrix(FULL), Y)
    new = FULL.copy()
    new[0, 1] = np.nan
    full = FULL.copy()
    full[0, 1] = FULL[:, 1].mean()
    np.testing.assert_allclose(net.predict(new), net.predict(full))
