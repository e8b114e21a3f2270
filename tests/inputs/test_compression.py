"""Columns with heavy tails: which are compressed, how, and that every path of a network knows."""

import re

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import (
    ShallowNetClassifier,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)
from sklearn_shallow.inputs.compression import SAMPLE_ROWS, heavy_tails
from sklearn_shallow.inputs.scaling import Standardization
from sklearn_shallow.utils.rows import BLOCK_ELEMENTS, even_sample

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:.*far outside the "),
]
OF_MARKS = pytest.mark.filterwarnings("ignore:.* codes for missing values")
HEAVY = {
    "lognormal": lambda rng, n: np.exp(2 * rng.standard_normal(n)),
    "cube": lambda rng, n: rng.standard_normal(n) ** 3,
    "Cauchy": lambda rng, n: rng.standard_cauchy(n),
    "an outlier": lambda rng, n: np.r_[1000.0, rng.standard_normal(n - 1)],
    "mostly zero": lambda rng, n: np.exp(2 * rng.standard_normal(n)) * (rng.random(n) < 0.2),
    "mostly seven": lambda rng, n: 7 + rng.standard_cauchy(n) * (rng.random(n) < 0.2),
}
LIGHT = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "uniform": lambda rng, n: rng.random(n),
    "constant": lambda rng, n: np.full(n, 3.0),
    "two values": lambda rng, n: (rng.random(n) < 0.4).astype(float),
    "a rare value": lambda rng, n: (rng.random(n) < 0.01).astype(float),
    "mostly zero": lambda rng, n: rng.standard_normal(n) * (rng.random(n) < 0.2),
}


def column(make, n_rows=300, seed=0):
    return make(np.random.default_rng(seed), n_rows)[:, np.newaxis]


def table(n_rows=400, seed=0):
    """Return heavy columns 1 and 3 among five, and what can be learnt from all."""
    rng = np.random.default_rng(seed)
    Z = rng.standard_normal((n_rows, 5))
    X = Z.copy()
    X[:, 1] = np.exp(2 * Z[:, 1])
    X[:, 3] = 50 + Z[:, 3] ** 3
    return X, Z[:, 0] + Z[:, 1] * Z[:, 2] + np.sin(2 * Z[:, 3])


def labels(f):
    return (f > 0).astype(int)


def by_hand(X, columns=(1, 3)):
    """Return the columns as the definition has them, for an X without weights."""
    bent = X.astype(float)
    for j in columns:
        low, center, high = np.quantile(X[:, j], [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
        bent[:, j] = np.arcsinh((X[:, j] - center) * 1.349 / (high - low))
    return bent


def net(**parameters):
    return ShallowNetClassifier(6, **({"random_state": 0, "max_iter": 20} | parameters))


def fingerprint(model):
    return model.preprocessor_.compression.fingerprint()


def regressor(**parameters):
    return ShallowNetRegressor(6, **({"random_state": 0, "max_iter": 20} | parameters))


# The rule ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", HEAVY.values(), ids=HEAVY)
@pytest.mark.parametrize("seed", range(3))
def test_heavy_tails_are_found(make, seed):
    assert heavy_tails(column(make, seed=seed)).columns.tolist() == [0]


@pytest.mark.parametrize("make", LIGHT.values(), ids=LIGHT)
@pytest.mark.parametrize("seed", range(3))
def test_other_columns_are_left_alone(make, seed):
    X = column(make, seed=seed)
    found = heavy_tails(X)
    assert len(found) == 0
    np.testing.assert_array_equal(found.transform(X), X)


def doubtful(n_rows=80, n_columns=200):
    """Return columns of which about half are heavy, some of them mostly zero."""
    rng = np.random.default_rng(0)
    X = np.exp(rng.uniform(0.4, 1.4, n_columns) * rng.standard_normal((n_rows, n_columns)))
    X[:, ::2] *= rng.random((n_rows, n_columns // 2)) < 0.25
    return X


def test_the_standard_deviation_is_compared_with_that_of_the_middle_half():
    X = doubtful()
    low, high = np.quantile(X, [0.25, 0.75], axis=0, method="averaged_inverted_cdf")
    spread, size = (high - low) / 1.349, X.std(axis=0)
    for j in np.flatnonzero(spread == 0):
        others = X[X[:, j] != 0, j]
        spread[j], size[j] = 2 * np.median(others) / 1.349, np.sqrt(np.mean(others**2))
    expected = np.flatnonzero(size > 1.5 * spread)
    assert 60 < len(expected) < 140
    np.testing.assert_array_equal(heavy_tails(X).columns, expected)


def test_weights_count_in_the_comparison():
    X = doubtful()
    times = np.random.default_rng(0).integers(1, 4, len(X))
    weighted = heavy_tails(X, times.astype(float))
    assert weighted.fingerprint() == heavy_tails(np.repeat(X, times, axis=0)).fingerprint()
    assert not np.array_equal(weighted.columns, heavy_tails(X).columns)


def test_a_column_mostly_of_one_value_is_judged_and_scaled_by_the_others():
    others = column(HEAVY["lognormal"], 101)
    x = np.concatenate([np.zeros((400, 1)), others])
    found = heavy_tails(x)
    assert found.center == 0
    np.testing.assert_allclose(found.scale, 2 * np.median(others) / 1.349, rtol=1e-14)


def test_values_are_those_of_the_definition():
    X, _ = table()
    found = heavy_tails(X)
    assert found.columns.tolist() == [1, 3]
    np.testing.assert_allclose(found.transform(X), by_hand(X), rtol=1e-12)
    as_integers = (10 * X).round().astype(int)
    expected = found.transform(as_integers.astype(float))
    np.testing.assert_array_equal(found.transform(as_integers), expected)


@pytest.mark.parametrize("make", [*HEAVY.values(), *LIGHT.values()], ids=[*HEAVY, *LIGHT])
@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_the_unit_of_a_column_does_not_matter(make, scale):
    X = column(make)
    for moved, sign in ((scale * X, 1), (scale * (X + 40), 1), (-scale * X, -1)):
        one, two = heavy_tails(X), heavy_tails(moved)
        assert len(one) == len(two)
        pairs = (two, moved), (one, X)
        found, expected = (np.sinh(c.transform(x)[:, c.columns]) for c, x in pairs)
        np.testing.assert_allclose(found, sign * expected, rtol=1e-6, atol=1e-9)


def test_the_order_of_the_rows_changes_no_bit():
    X = np.hstack([column(make) for make in HEAVY.values()])
    weight = np.random.default_rng(0).integers(1, 4, len(X)).astype(float)
    rows = np.random.default_rng(1).permutation(len(X))
    assert heavy_tails(X[rows]).fingerprint() == heavy_tails(X).fingerprint()
    expected = heavy_tails(X, weight).fingerprint()
    assert heavy_tails(X[rows], weight[rows]).fingerprint() == expected


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_weight_of_two_is_the_row_twice_and_of_zero_its_absence_to_the_last_bit(solver):
    X, f = table(300)
    X = np.hstack([X, column(HEAVY["mostly zero"])])
    times = np.random.default_rng(0).integers(0, 4, len(X))
    X[times == 0] *= 100
    y = labels(f)
    weighted = net(solver=solver).fit(X, y, sample_weight=times)
    repeated = net(solver=solver).fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    assert weighted.preprocessor_.compression.columns.tolist() == [1, 3, 5]
    assert fingerprint(weighted) == fingerprint(repeated)
    assert fingerprint(net().fit(X, y)) != fingerprint(weighted)


def test_blocks_of_rows_add_up():
    X, _ = table(300)
    X = np.tile(X, 10)
    many = np.tile(X, (2 * BLOCK_ELEMENTS // X.size + 1, 1))
    assert many.size > BLOCK_ELEMENTS
    assert len(many) <= SAMPLE_ROWS
    assert heavy_tails(many).fingerprint() == heavy_tails(X).fingerprint()


def test_quartiles_of_many_rows_are_those_of_a_sample_and_nothing_else_is():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3 * SAMPLE_ROWS, 3))
    X[:, 1] = rng.standard_t(2, len(X)) * (rng.random(len(X)) < 0.2)
    row = np.setdiff1d(np.arange(len(X)), even_sample(len(X), SAMPLE_ROWS))[0]
    X[row, 2] = 1e6
    found = heavy_tails(X)
    assert found.columns.tolist() == [1, 2]
    assert np.array_equal(found.low, X.min(axis=0))
    assert np.array_equal(found.high, X.max(axis=0))
    others = np.abs(X[X[:, 1] != 0, 1])
    exact = [2 * np.median(others), np.diff(np.quantile(X[:, 2], [0.25, 0.75]))[0]]
    assert 0 < np.abs(found.scale * 1.349 / exact - 1).max() < 0.05
    weighted = heavy_tails(X, np.ones(len(X)))
    assert weighted.fingerprint() == found.fingerprint()


@pytest.mark.parametrize("make", HEAVY.values(), ids=HEAVY)
def test_single_precision_is_compressed_alike(make):
    X = column(make)
    double, single = heavy_tails(X), heavy_tails(X.astype(np.float32))
    seen = single.transform(X.astype(np.float32))
    assert seen.dtype == np.float32
    np.testing.assert_allclose(seen, double.transform(X), rtol=1e-3, atol=1e-5)


# What a network makes of it ---------------------------------------------------------------------


@pytest.mark.parametrize("n_rows", [400, 2500])
@pytest.mark.parametrize("settings", [{}, {"solver": "lbfgs"}, {"n_estimators": 2}], ids=str)
def test_equals_arcsinh_and_a_standard_scaler_in_front(settings, n_rows):
    X, f = table(n_rows)
    y, bent = labels(f), by_hand(X)
    scaled = StandardScaler().fit_transform(bent)
    # A few iterations: rounding grows along the path.
    settings = settings | {"max_iter": 3}
    auto = net(**settings).fit(X, y)
    in_front = net(**settings, standardize=False).fit(scaled, y)
    expected = in_front.predict_proba(scaled)
    for rows in (slice(None), slice(5)):
        np.testing.assert_allclose(auto.predict_proba(X[rows]), expected[rows], rtol=1e-4)
    plain = net(**settings, standardize=True).fit(X, y)
    assert np.abs(plain.predict_proba(X) - expected).max() > 0.05


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("estimator", [ShallowNetClassifier, ShallowNetRegressor])
def test_without_heavy_tails_it_is_true_to_the_last_bit(estimator, solver):
    X = np.hstack([column(make) for make in LIGHT.values()])
    y = labels(X[:, 0])
    auto, true = (
        estimator(4, solver=solver, standardize=standardize, max_iter=10, random_state=0).fit(X, y)
        for standardize in ("auto", True)
    )
    for one, two in zip(auto.coefs_, true.coefs_, strict=True):
        np.testing.assert_array_equal(one, two)
    limited = np.clip(true.predict(X), -0.5, 1.5)  # y is 0 or 1
    np.testing.assert_array_equal(auto.predict(X), limited)
    assert len(auto.preprocessor_.compression) == 0


@pytest.mark.parametrize("standardize", [True, False])
def test_only_auto_compresses(standardize):
    X, f = table()
    X[:, 1] = np.minimum(X[:, 1], 30)
    assert len(net(standardize="auto").fit(X, labels(f)).preprocessor_.compression) == 2
    assert len(net(standardize=standardize).fit(X, labels(f)).preprocessor_.compression) == 0


@pytest.mark.parametrize("bad", ["robust", "True", 2, None])
def test_what_standardize_may_be(bad):
    X, f = table()
    with pytest.raises(ValueError, match=r"standardize.*'auto'"):
        net(standardize=bad).fit(X, labels(f))


def test_the_default_can_be_read_and_cloned():
    for estimator in (net(), regressor()):
        assert estimator.get_params()["standardize"] == "auto"
        assert clone(estimator).standardize == "auto"
        with pytest.raises(AttributeError, match="before fit"):
            estimator.preprocessor_  # noqa: B018


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_coefs_apply_to_the_compressed_columns(dtype):
    X, f = table()
    X = X.astype(dtype)
    model = regressor(activation="tanh", solver="lbfgs").fit(X, f)
    hidden = np.tanh(model.preprocessor_.transform(X) @ model.coefs_[0] + model.intercepts_[0])
    raw = hidden @ model.coefs_[1] + model.intercepts_[1]
    tolerance = 1e-9 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(model.predict(X), raw[:, 0], rtol=tolerance, atol=tolerance)
    assert model.predict(X).dtype == dtype
    np.testing.assert_allclose(model.transform(X), hidden, rtol=tolerance, atol=tolerance)


def test_a_network_without_hidden_layer_transforms_to_the_compressed_and_standardised():
    X, f = table()
    linear = ShallowNetRegressor((), solver="lbfgs", alpha="evidence").fit(X, f)
    expected = StandardScaler().fit_transform(by_hand(X))
    np.testing.assert_allclose(linear.transform(X), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n_rows", [1, 7, 400, 3000])
def test_rows_are_predicted_alike_however_many_they_are(n_rows):
    X, f = table(3000)
    model = regressor().fit(X, f)
    found = model.predict(X[:n_rows])
    np.testing.assert_allclose(found, model.predict(X)[:n_rows], rtol=1e-6, atol=1e-9)


def test_initial_values_are_for_the_compressed_columns():
    X, f = table()
    y = labels(f)
    first = net(numeric_encoding=8).fit(X, y)
    again = net(numeric_encoding=8, learning_rate_init=1e-12, max_iter=1)
    again.fit(X, y, coef_init=first.coefs_, intercept_init=first.intercepts_)
    np.testing.assert_allclose(again.predict_proba(X), first.predict_proba(X), rtol=1e-4)


def test_validation_rows_and_scorers_see_the_compressed_columns():
    X, f = table(600)
    y = labels(f)
    seen = []

    def scorer(estimator, X_val, y_val):
        seen.append((estimator, X_val))
        return -log_loss(y_val, estimator.predict_proba(X_val))

    model = net(early_stopping=True, scoring=scorer).fit(
        X[:400], y[:400], X_val=X[400:], y_val=y[400:]
    )
    np.testing.assert_array_equal(seen[0][1], X[400:])
    losses, scores = (model.history_[f"validation_{name}"] for name in ("loss", "score"))
    np.testing.assert_allclose(losses, -np.array(scores), rtol=1e-4)
    assert log_loss(y[400:], model.predict_proba(X[400:])) == pytest.approx(min(losses), rel=1e-4)


def test_the_posterior_is_that_of_the_compressed_columns():
    X, f = table(60)
    settings = {"solver": "lm", "posterior": "laplace", "activation": "tanh", "max_iter": 50}
    auto = regressor(**settings).fit(X, f)
    bent = auto.preprocessor_.transform(X)
    np.testing.assert_array_equal(auto.preprocessor_.transform(X.tolist()), bent)
    in_front = regressor(**settings, standardize=True).fit(bent, f)
    for one, two in zip(
        auto.predict(X, return_std=True), in_front.predict(bent, return_std=True), strict=True
    ):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(auto.covariance_, in_front.covariance_, rtol=1e-2, atol=1e-2)


def test_a_search_compresses_in_every_fold_and_at_the_end():
    X, f = table()
    search = ShallowNetRegressorCV(regressor(solver="lbfgs"), alphas=[0.1, 1.0], cv=2).fit(X, f)
    plain = ShallowNetRegressorCV(
        regressor(solver="lbfgs", standardize=True), alphas=[0.1, 1.0], cv=2
    ).fit(X, f)
    assert fingerprint(search.best_estimator_) == heavy_tails(X).fingerprint()
    for k in range(2):
        name = f"split{k}_test_score"
        assert (search.cv_results_[name] != plain.cv_results_[name]).all()
    assert search.best_score_ > plain.best_score_


@pytest.mark.parametrize("estimator", [net, regressor])
def test_damaged_columns_are_learnt_from(estimator):
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((1500, 4))
    f = Z[:, 0] + Z[:, 1] - Z[:, 2] * Z[:, 3] + 0.2 * rng.standard_normal(1500)
    X = np.exp(2 * Z)
    X[rng.integers(1500, size=8), rng.integers(4, size=8)] *= -1000
    y = labels(f) if estimator is net else f
    losses = {}
    for standardize in ("auto", True):
        model = estimator(solver="lbfgs", max_iter=200, standardize=standardize)
        model.fit(X[:1000], y[:1000])
        if estimator is net:
            losses[standardize] = log_loss(y[1000:], model.predict_proba(X[1000:]))
        else:
            losses[standardize] = np.mean((model.predict(X[1000:]) - y[1000:]) ** 2)
    assert losses["auto"] < 0.7 * losses[True]


# Limits -----------------------------------------------------------------------------------------


def spread_out(X, times):
    """Return X stretched about the middle of the range of every column."""
    middle = (X.min(axis=0) + X.max(axis=0)) / 2
    return middle + times * (X - middle)


def within_reach(X, trained_on, reach=0.1):
    low, high = trained_on.min(axis=0), trained_on.max(axis=0)
    return np.clip(X, low - reach * (high - low), high + reach * (high - low))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_rows", [3, 400])
@pytest.mark.parametrize("settings", [{}, {"solver": "lbfgs"}, {"n_estimators": 2}], ids=str)
def test_what_is_far_outside_counts_as_a_tenth_of_the_range_outside(settings, n_rows, dtype):
    X, f = table()
    X = X.astype(dtype)
    model = regressor(**settings).fit(X, f)
    far = spread_out(X, 5)[:n_rows]
    found = model.predict(far)
    tolerance = 1e-9 if dtype == np.float64 else 1e-4
    expected = model.predict(within_reach(far, X))
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
    assert np.abs(found - regressor(standardize=True, **settings).fit(X, f).predict(far)).max() > 1
    units, expected = model.transform(far), model.transform(within_reach(far, X))
    np.testing.assert_allclose(units, expected, rtol=1e-4, atol=1e-5)  # a unit may be near zero
    sparse_found = model.predict(sparse.csr_array(far))
    np.testing.assert_allclose(sparse_found, found, rtol=tolerance, atol=tolerance)


def test_a_little_outside_the_network_goes_on():
    X, f = table()
    X = X[:, [0, 2, 4]]
    model = regressor(numeric_encoding=None).fit(X, f)
    near = spread_out(X, 1.19)
    assert (within_reach(near, X, reach=0) != near).any()
    hidden = np.maximum(0, near @ model.coefs_[0] + model.intercepts_[0])
    raw = hidden @ model.coefs_[1] + model.intercepts_[1]
    np.testing.assert_allclose(model.predict(near), raw[:, 0], rtol=1e-9)
    assert len(model.preprocessor_.compression) == 0
    np.testing.assert_array_equal(model.preprocessor_.compression.low, X.min(axis=0))
    np.testing.assert_array_equal(model.preprocessor_.compression.high, X.max(axis=0))


def test_coefs_apply_to_what_transform_leaves_of_rows_far_outside():
    X, f = table()
    model = regressor().fit(X, f)
    far = spread_out(X, 7)
    hidden = np.maximum(
        0, model.preprocessor_.transform(far) @ model.coefs_[0] + model.intercepts_[0]
    )
    raw = hidden @ model.coefs_[1] + model.intercepts_[1]
    np.testing.assert_allclose(model.predict(far), raw[:, 0], rtol=1e-9)


@pytest.mark.parametrize("settings", [{"standardize": True}, {"standardize": False}], ids=str)
def test_without_limits_a_linear_network_goes_on_as_a_line(settings):
    X, f = table()
    X = X[:, [0, 2]]
    line = ShallowNetRegressor((), solver="lbfgs", alpha=1, **settings).fit(X, f)
    far = spread_out(X, 1000)
    expected = far @ line.coefs_[0] + line.intercepts_[0]
    np.testing.assert_allclose(line.predict(far), expected[:, 0], rtol=1e-6)
    assert line.preprocessor_.transform(far) is far


@pytest.mark.parametrize("standardize", ["auto", True, False])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_going_on_with_other_rows_widens_the_limits(method, standardize):
    X, f = table()
    model = going_on(regressor().fit(X, f), standardize=standardize)
    wide = X.copy()
    wide[:, 0] *= 3
    getattr(model, method)(wide[:200], f[:200])
    reached = within_reach(spread_out(X, 10), np.vstack([X, wide[:200]]))
    found = model.predict(spread_out(X, 10))
    np.testing.assert_allclose(found, model.predict(reached), rtol=1e-9)
    np.testing.assert_array_equal(model.preprocessor_.compression.low[1:], X.min(axis=0)[1:])
    assert model.preprocessor_.compression.low[0] == wide[:200, 0].min()


def test_rows_of_no_weight_and_held_out_rows_do_not_widen_the_limits():
    X, f = table()
    weight = (np.abs(X[:, 0]) < 1).astype(float)
    model = regressor().fit(X, f, sample_weight=weight)
    np.testing.assert_array_equal(model.preprocessor_.compression.high, X[weight > 0].max(axis=0))
    model = regressor().fit(X[:200], f[:200], X_val=X[200:], y_val=f[200:])
    np.testing.assert_array_equal(model.preprocessor_.compression.high, X[:200].max(axis=0))


def test_rows_to_validate_on_are_limited_as_rows_to_predict():
    X, f = table(600)
    val = spread_out(X[400:], 20)
    model = regressor().fit(X[:400], f[:400], X_val=val, y_val=f[400:])
    loss = np.mean((model.predict(val) - f[400:]) ** 2) / 2 / np.var(f[:400])
    assert np.isclose(model.history_["validation_loss"], loss, rtol=1e-4).any()


@pytest.mark.parametrize("n_columns", [1, 4])
def test_an_outlier_in_a_row_to_predict_costs_little(n_columns):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((600, 4))
    f = X[:, 0] + np.sin(2 * X[:, 1])
    model = ShallowNetRegressor(random_state=0).fit(X[:300], f[:300])
    damaged = X[300:].copy()
    damaged[::50, :n_columns] = 1e6
    assert model.score(X[300:], f[300:]) > 0.95
    assert model.score(damaged, f[300:]) > 0.5
    assert clone(model).set_params(standardize=True).fit(X, f).score(damaged, f[300:]) < -1000


# Extreme values ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [1e20, 1e30, -1e99])
def test_marks_for_missing_do_not_hide_the_numbers_of_their_column(mark):
    scores = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        A = rng.normal(size=(460, 3))
        labels = A[:, 0] + 0.3 * rng.normal(size=460) > 0
        train = A[:60].copy()
        train[[3, 17], 0] = mark
        with pytest.warns(
            UserWarning, match=rf"values of up to {re.escape(f'{mark:g}')} in column 0\."
        ):
            model = ShallowNetClassifier(random_state=0).fit(train, labels[:60])
        scores.append(model.score(A[60:], labels[60:]))
    assert min(scores) > 0.75


def test_the_warning_of_marks_names_the_column_and_is_of_no_other():
    pd = pytest.importorskip("pandas")
    X, f = table()
    X[7, 1] = 1e6
    frame = pd.DataFrame(X).add_prefix("c")
    net().fit(frame, labels(f))  # warnings are errors
    frame.iloc[7, 1] = 1e99
    with pytest.warns(UserWarning, match="X has values of up to 1e[+]99 in column 'c1'"):
        net().fit(frame, labels(f))


@OF_MARKS
@pytest.mark.parametrize("value", [1e300, -1.7e308, np.finfo(float).max])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_values_at_the_end_of_the_range_stay_finite(value, solver):
    X, f = table()
    X[7, 1] = value
    X[:, 4] *= 1e-12  # so that the ratio to the spread overflows
    X[8, 4] = value
    model = net(solver=solver).fit(X, labels(f))
    assert model.preprocessor_.compression.columns.tolist() == [1, 3, 4]
    assert np.isfinite(model.predict_proba(X)).all()
    assert np.isfinite(np.concatenate([W.ravel() for W in model.coefs_])).all()
    for extreme in (np.finfo(float).max, np.finfo(float).min):
        new = X[:50].copy()
        new[:, [1, 4]] = extreme
        assert np.isfinite(model.predict_proba(new)).all()
        assert np.isfinite(model.predict_proba(sparse.csr_matrix(new))).all()


@OF_MARKS
def test_single_precision_at_the_end_of_its_range():
    X, f = table()
    X = X.astype(np.float32)
    X[7, 1] = np.finfo(np.float32).max
    model = net().fit(X, labels(f))
    assert np.isfinite(model.predict_proba(X)).all()


def test_a_column_whose_quartiles_are_too_far_apart_is_refused_as_with_true():
    X, f = table()
    X[:, 0] = 1.7e308 * np.sign(X[:, 0])
    for standardize in ("auto", True):
        with pytest.raises(ValueError, match="variance of column 0"):
            net(standardize=standardize).fit(X, labels(f))


# Going on ---------------------------------------------------------------------------------------


def going_on(model, **changed):
    """Make the model go on without moving."""
    return model.set_params(warm_start=True, learning_rate_init=1e-12, max_iter=1, **changed)


@pytest.mark.parametrize("standardize", ["auto", True, False])
@pytest.mark.parametrize("n_estimators", [1, 2])
def test_a_warm_start_goes_on_as_the_same_function(standardize, n_estimators):
    X, f = table()
    y = labels(f)
    model = net(n_estimators=n_estimators).fit(X, y)
    before, compression = model.predict_proba(X), fingerprint(model)
    other = 3 * X + 1
    other[:, 0] = X[:, 0] ** 3
    going_on(model, standardize=standardize).fit(other, y)
    np.testing.assert_allclose(model.predict_proba(X), before, rtol=1e-3)
    assert fingerprint(model) == compression
    model.fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), before, rtol=1e-3)
    model.set_params(warm_start=False).fit(other, y)
    assert fingerprint(model) != compression


def test_a_network_that_began_without_compression_goes_on_without():
    X, f = table()
    model = net(standardize=True).fit(X, labels(f))
    before = model.predict_proba(X)
    going_on(model, standardize="auto").fit(X, labels(f))
    assert len(model.preprocessor_.compression) == 0
    np.testing.assert_allclose(model.predict_proba(X), before, rtol=1e-3)


def test_the_optimiser_goes_on_with_a_warm_start():
    X, f = table()
    y = labels(f)
    steady = {"alpha": 1.0, "learning_rate": "constant", "tol": 0}
    parts = net(warm_start=True, max_iter=5, **steady).fit(X, y).fit(X, y)
    whole = net(max_iter=10, **steady).fit(X, y)
    np.testing.assert_array_equal(parts.predict_proba(X), whole.predict_proba(X))


def test_scalings_of_different_compressions_differ():
    X, _ = table()
    one, two = Standardization(5, center=True), Standardization(5, center=True)
    assert one.fingerprint() == two.fingerprint()
    two.compression = heavy_tails(X)
    assert one.fingerprint() != two.fingerprint()


@pytest.mark.parametrize("standardize", ["auto", True, False])
@pytest.mark.parametrize("n_estimators", [1, 2])
def test_partial_fit_after_fit_keeps_the_compression(standardize, n_estimators):
    X, f = table()
    y = labels(f)
    model = net(n_estimators=n_estimators).fit(X, y)
    before, compression = model.predict_proba(X), fingerprint(model)
    going_on(model, standardize=standardize).partial_fit(X[:50], y[:50])
    assert fingerprint(model) == compression
    np.testing.assert_allclose(model.predict_proba(X), before, atol=0.1)  # the statistics move


def test_partial_fit_from_the_beginning_compresses_nothing():
    X, f = table()
    y = labels(f)
    auto, true = (
        net(standardize=standardize).partial_fit(X, y, [0, 1]).partial_fit(X, y)
        for standardize in ("auto", True)
    )
    assert len(auto.preprocessor_.compression) == 0
    np.testing.assert_array_equal(auto.predict_proba(X), true.predict_proba(X))


@pytest.mark.parametrize("make", [net, regressor])
def test_partial_fit_from_the_beginning_limits_to_the_range_of_all_calls(make):
    X, f = table()
    model, classes = make(), {"classes": [0, 1]} if make is net else {}
    for rows in (slice(0, 40), slice(40, 400)):
        model.partial_fit(X[rows, :1], labels(f)[rows], **classes)
        end = np.array([[1.1 * X[: rows.stop, 0].max() - 0.1 * X[: rows.stop, 0].min()]])
        np.testing.assert_allclose(model.predict(end * 1e6), model.predict(end), rtol=1e-6)
    assert X[:40, 0].max() < X[:, 0].max()
    with pytest.warns(UserWarning, match="far outside the training range"):
        model.predict(np.full((20, 1), 1e6))
    unlimited = make(standardize=True).partial_fit(X, labels(f), **classes)
    assert unlimited.preprocessor_.compression.is_identity


# Sparse rows ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
def test_sparse_columns_are_not_compressed(kind):
    X, f = table()
    y = labels(f)
    X = kind(np.where(np.abs(X) < 0.5, 0, X))
    assert net(standardize="auto").fit(X, y).preprocessor_.compression.is_identity


@pytest.mark.parametrize("n_rows", [3, 400, 3000])
def test_sparse_rows_are_predicted_as_dense_ones(n_rows):
    X, f = table(3000)
    model = net().fit(X, labels(f))
    rows = X[:n_rows]
    expected = model.predict_proba(rows)
    found = model.predict_proba(sparse.csr_array(rows))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(model.transform(sparse.csr_array(rows)), model.transform(rows))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("standardize", ["auto", False])
def test_sparse_rows_after_compressed_ones_get_the_way_out(method, standardize):
    X, f = table()
    y = labels(f)
    model = net().fit(X, y)
    before = model.predict_proba(X)
    going_on(model, standardize=standardize)
    with pytest.raises(ValueError, match=r"sparse.*compresses.*toarray.*standardize=False"):
        getattr(model, method)(sparse.csr_matrix(X), y)
    np.testing.assert_array_equal(model.predict_proba(X), before)
