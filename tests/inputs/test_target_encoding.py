"""Features of many categories: means of the target, with every option, on every path."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import BaggingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import OneHotEncoder

from sklearn_shallow import (
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    load,
)
from sklearn_shallow.inputs.columns import Columns
from sklearn_shallow.inputs.facts import MAX_LEVELS, FeatureFacts, target_sums
from sklearn_shallow.inputs.target_encoding import N_FOLDS, TargetSums, folds_of, rough_scale

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
N_SHOPS, N_ROWS = 400, 2400
EFFECT = rng.normal(size=N_SHOPS)
CODE = rng.integers(0, N_SHOPS, N_ROWS)
PRICE = rng.normal(size=N_ROWS)
Y = EFFECT[CODE] - 0.5 * PRICE + 0.4 * rng.normal(size=N_ROWS)
LABELS = np.digitize(Y, [-1, 1])
SHOP = np.array([f"shop {number:03}" for number in CODE])
X = pd.DataFrame({"shop": SHOP, "price": PRICE})
GAPPY = X.assign(shop=X["shop"].where(rng.random(N_ROWS) > 0.1))
TRAIN, TEST = slice(0, 1800), slice(1800, None)


def regressor(**parameters):
    return ShallowNetRegressor(**{"hidden_layer_sizes": 8, "random_state": 0, **parameters})


def classifier(**parameters):
    return ShallowNetClassifier(**{"hidden_layer_sizes": 8, "random_state": 0, **parameters})


def columns_of(x, Y, weight=None):
    """Return the columns made of one feature of categories."""
    names = [str(number) for number in range(int(np.nanmax(x)) + 1)]
    X = np.asarray(x, float)[:, np.newaxis]
    facts = FeatureFacts.of(X, weight).with_categories([names], X, Y, weight)
    return Columns.of(facts, [names])


def sums_over(codes, numbers, Y, weight, n_codes):
    sums = TargetSums.none(n_codes, rough_scale(Y))
    sums.add(codes, numbers, Y, weight)
    return sums


def shrunk_means(codes, Y, weight, n_codes):
    return sums_over(codes, np.arange(len(codes)), Y, weight, n_codes).means()


def crossfitted(columns, codes, Y):
    """Return the columns and rows as they are trained on."""
    sums = target_sums(columns.with_means, codes, Y, None)
    return columns.numbered(codes), columns.crossfitted(sums)


# The means --------------------------------------------------------------------------------------


def test_the_means_are_those_of_a_ridge_regression_with_the_ratio_of_the_variances():
    """The best linear prediction of a random effect, see Searle, Casella & McCulloch 1992."""
    codes = rng.integers(0, 30, 900)
    effect = rng.normal(size=30) * 2
    y = effect[codes] + rng.normal(size=900) * 3
    found = shrunk_means(codes, y[:, np.newaxis], None, 30)[:, 0]
    one_hot = OneHotEncoder(sparse_output=False).fit_transform(codes[:, np.newaxis])
    ridge = Ridge(alpha=9 / 4, fit_intercept=False).fit(one_hot, y - y.mean())
    np.testing.assert_allclose(found - y.mean(), ridge.coef_, atol=0.15)


def test_means_of_rare_categories_are_shrunk_more():
    codes = np.r_[np.repeat(np.arange(50), 20), [50], [51] * 20]
    effect = np.r_[rng.normal(size=50), 3, 3]
    y = effect[codes] + 0.5 * rng.normal(size=len(codes))
    y[codes >= 50] = 3
    *_, once, often = shrunk_means(codes, y[:, np.newaxis], None, 52)[:, 0]
    assert 0.5 < once < 0.97 * often < 3


@pytest.mark.parametrize("y", [rng.normal(size=300), np.ones(300)], ids=["numbers", "constant"])
def test_where_every_category_occurs_once_they_say_nothing(y):
    found = shrunk_means(np.arange(300), y[:, np.newaxis], None, 301)
    np.testing.assert_allclose(found, y.mean())


def test_noise_alone_gives_hardly_different_means():
    y = rng.normal(size=(N_ROWS, 1))
    assert shrunk_means(CODE, y, None, N_SHOPS).std() < 0.1


def test_weights_are_repetitions():
    times = rng.integers(1, 4, size=N_ROWS)
    weighted = shrunk_means(CODE, Y[:, np.newaxis], times.astype(float), N_SHOPS)
    repeated = shrunk_means(np.repeat(CODE, times), np.repeat(Y, times)[:, None], None, N_SHOPS)
    np.testing.assert_allclose(weighted, repeated)


def test_a_target_that_is_not_known_counts_nowhere():
    gappy, known = Y.copy(), rng.random(N_ROWS) > 0.3
    gappy[~known] = np.nan
    found = shrunk_means(CODE, gappy[:, np.newaxis], None, N_SHOPS)
    expected = shrunk_means(CODE[known], Y[known, np.newaxis], None, N_SHOPS)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_sample_does_not_see_its_own_target():
    columns = columns_of(CODE, Y[:, np.newaxis])
    codes, other = CODE[:, np.newaxis].astype(float), Y[:, np.newaxis].copy()
    other[7] += 100
    seen, changed = (
        columns.transform(rows)
        for rows, columns in (crossfitted(columns, codes, y) for y in (Y[:, None], other))
    )
    assert seen[7] == pytest.approx(changed[7], rel=1e-12)
    same_shop = np.flatnonzero(CODE[7] == CODE)
    assert np.abs(seen[same_shop] - changed[same_shop]).max() > 1


def test_samples_of_a_category_see_at_most_one_mean_per_fold():
    columns = columns_of(CODE, Y[:, np.newaxis])
    rows, columns = crossfitted(columns, CODE[:, np.newaxis].astype(float), Y[:, np.newaxis])
    seen = columns.transform(rows)[:, 0]
    assert 1 < len({*seen[CODE[0] == CODE]}) <= N_FOLDS


def test_each_fold_has_the_means_of_the_samples_of_the_others():
    targets, weight = np.column_stack([Y, 1e9 + Y**2]), rng.integers(1, 4, N_ROWS) / 3
    numbers = np.arange(N_ROWS)
    sums = sums_over(CODE, numbers, targets, weight, N_SHOPS)
    found = sums.means_of_others().reshape(N_FOLDS, N_SHOPS, 2)
    for fold in range(N_FOLDS):
        other = folds_of(numbers) != fold
        rows = CODE[other], targets[other], weight[other], N_SHOPS
        np.testing.assert_allclose(found[fold], shrunk_means(*rows), rtol=1e-9)


def test_sums_add_up_over_batches_of_any_size():
    whole = sums_over(CODE, np.arange(N_ROWS), Y[:, np.newaxis], None, N_SHOPS)
    parts = TargetSums.none(N_SHOPS, (whole.shift + 0.1, 2 * whole.unit))
    for start in range(0, N_ROWS, 77):
        rows = np.arange(start, min(start + 77, N_ROWS))
        parts.add(CODE[rows], rows, Y[rows, np.newaxis], None)
    np.testing.assert_allclose(parts.means(), whole.means(), rtol=1e-12)
    np.testing.assert_allclose(parts.means_of_others(), whole.means_of_others(), rtol=1e-12)


@pytest.mark.parametrize("step", [1, N_FOLDS, 64, 1000])
def test_folds_are_as_good_as_random_along_the_samples(step):
    """Of sorted samples a category has neighbours, of periodic ones every so many-th."""
    folds = folds_of(np.arange(0, 20_000 * step, step))
    shares = np.bincount(folds, minlength=N_FOLDS) / len(folds)
    np.testing.assert_allclose(shares, 1 / N_FOLDS, atol=0.01)
    for lag in (1, 2, N_FOLDS):
        assert np.mean(folds[lag:] == folds[:-lag]) == pytest.approx(1 / N_FOLDS, abs=0.015)


@pytest.mark.parametrize("unit", [1e-300, 1e-150, 1e150, 1e300])
def test_the_unit_of_the_target_does_not_matter(unit):
    found = shrunk_means(CODE, unit * Y[:, np.newaxis], None, N_SHOPS)
    expected = shrunk_means(CODE, Y[:, np.newaxis], None, N_SHOPS)
    np.testing.assert_allclose(found / unit, expected, rtol=1e-9)


# The columns ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("extra", "has_means"), [(0, False), (1, True)])
def test_more_than_so_many_categories_become_means(extra, has_means):
    codes = np.tile(np.arange(MAX_LEVELS + extra), 2)
    columns = columns_of(codes, rng.normal(size=(len(codes), 1)))
    assert columns.categories[0].has_means == has_means
    assert columns.n_features_out == (1 if has_means else MAX_LEVELS)


@pytest.mark.parametrize("weight", [None, 0.01])
@pytest.mark.parametrize(("n_once", "has_means"), [(0, False), (1, True)])
def test_categories_of_fewer_than_two_samples_become_means(n_once, has_means, weight):
    codes = np.r_[np.tile(np.arange(30), 2), np.arange(30, 30 + n_once)]
    weights = None if weight is None else np.full(len(codes), weight)
    columns = columns_of(codes, rng.normal(size=(len(codes), 1)), weights)
    assert columns.categories[0].has_means == has_means


@pytest.mark.parametrize("passes", ["fit", "partial_fit"])
def test_names_of_the_samples_are_one_column_if_all_are_known(passes):
    named = X[:40].assign(shop=[f"sample {number}" for number in range(40)])
    net = getattr(regressor(numeric_encoding=None), passes)(named, Y[:40])
    is_one = net.input_names_.tolist() == ["price", "shop_mean"]
    assert is_one if passes == "fit" else len(net.input_names_) == 1 + 40
    if is_one:  # each occurs once: the mean says nothing
        assert len(np.unique(net.preprocessor_.transform(named)[:, 1])) == 1


def test_one_column_per_output():
    assert regressor(max_iter=2).fit(X, Y).input_names_.tolist()[:2] == ["price", "shop_mean"]
    names = classifier(max_iter=2).fit(X, LABELS).input_names_.tolist()
    assert names[:4] == ["price", "shop_mean_0", "shop_mean_1", "shop_mean_2"]


def test_unknown_and_missing_are_the_mean_of_all():
    net = regressor(numeric_encoding=None).fit(X, Y)
    rows = X.head(2).assign(shop=["never seen", None])
    mean = net.preprocessor_.transform(rows)[:, 1]
    np.testing.assert_allclose(mean, Y.mean())


def test_missing_in_training_is_a_category():
    shifted = np.where(GAPPY["shop"].isna(), Y + 5, Y)
    net = regressor(numeric_encoding=None).fit(GAPPY, shifted)
    mean = net.preprocessor_.transform(X.head(1).assign(shop=None))[0, 1]
    assert mean > Y.mean() + 4


# The network ------------------------------------------------------------------------------------


def test_at_the_defaults_the_categories_are_learned_and_noise_is_not():
    net = ShallowNetRegressor(random_state=0).fit(X[TRAIN], Y[TRAIN])
    assert (
        net.score(X[TEST], Y[TEST]) > 0.7
    )  # 0.79 of at most 0.81; 0.52 if the rarest share a level
    noise = rng.normal(size=N_ROWS)
    net.fit(X[TRAIN], noise[TRAIN])
    assert net.score(X[TEST], noise[TEST]) > -0.05  # -0.15 if samples see their own target


OPTIONS = {
    "lm": {"solver": "lm", "hidden_layer_sizes": 4},
    "lbfgs": {"solver": "lbfgs", "alpha": "evidence"},
    "posterior": {"solver": "lbfgs", "posterior": "laplace"},
    "early stopping": {"early_stopping": True, "scoring": "r2"},
    "several": {"n_estimators": 2, "n_init": 2},
    "linear": {"hidden_layer_sizes": ()},
    "splines": {"numeric_encoding": 8},
    "not standardised": {"standardize": False, "solver": "lbfgs"},
    "quantile": {"loss": "quantile"},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_means_go_with_every_option(options):
    net = regressor(**options).fit(GAPPY[TRAIN], Y[TRAIN])
    assert net.score(X[TEST], Y[TEST]) > (0.3 if "loss" in options else 0.7)
    copy = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(copy.predict(GAPPY), net.predict(GAPPY))
    again = clone(net).fit(GAPPY[TRAIN], Y[TRAIN])
    np.testing.assert_array_equal(again.predict(GAPPY), net.predict(GAPPY))


def test_weights_count():
    weight = rng.integers(1, 4, size=N_ROWS).astype(float)
    times = weight[TRAIN].astype(int)
    repeated = X[TRAIN].loc[np.repeat(np.arange(1800), times)], np.repeat(Y[TRAIN], times)
    net = regressor().fit(X[TRAIN], Y[TRAIN], sample_weight=weight[TRAIN])
    np.testing.assert_allclose(net.predict(X), regressor().fit(*repeated).predict(X), atol=1e-5)
    assert net.score(X[TEST], Y[TEST]) > 0.7


def test_a_warm_start_sees_no_target_of_its_own():
    net = regressor(warm_start=True)
    noise = rng.normal(size=N_ROWS)
    for _ in range(3):
        net.fit(X[TRAIN], noise[TRAIN])
    assert net.score(X[TEST], noise[TEST]) > -0.05


def test_partial_fit_keeps_the_means_of_fit():
    net = regressor().fit(X[TRAIN], Y[TRAIN])
    before = net.preprocessor_.transform(X)
    for _ in range(3):
        net.partial_fit(X[TRAIN], Y[TRAIN])
    np.testing.assert_array_equal(net.preprocessor_.transform(X)[:, 1], before[:, 1])
    assert net.score(X[TEST], Y[TEST]) > 0.7


def test_the_first_samples_of_partial_fit_share_what_is_rare():
    assert "shop_infrequent" in regressor().partial_fit(X[TRAIN], Y[TRAIN]).input_names_


def test_searches_and_meta_estimators():
    search = ShallowNetClassifierCV(classifier(solver="lbfgs"), alphas=[0.1, 1.0], cv=3)
    assert search.fit(X[TRAIN], LABELS[TRAIN]).score(X[TEST], LABELS[TEST]) > 0.6
    assert cross_val_score(regressor(), X, Y, cv=3).min() > 0.7
    bagging = BaggingRegressor(regressor(max_iter=10), 3, random_state=0)
    array = np.column_stack([CODE, PRICE])
    bagging.estimator.set_params(categorical_features=[0])
    assert bagging.fit(array[TRAIN], Y[TRAIN]).score(array[TEST], Y[TEST]) > 0.6
    np.testing.assert_array_equal(array[:, 0], CODE)  # X is as it was


def test_files_hold_the_means(tmp_path):
    net = classifier(max_iter=4).fit(GAPPY, LABELS)
    net.save(tmp_path / "net.npz")
    loaded = load(tmp_path / "net.npz")
    np.testing.assert_array_equal(loaded.predict_proba(GAPPY), net.predict_proba(GAPPY))
    again = loaded.set_params(warm_start=True).fit(GAPPY, LABELS)
    np.testing.assert_array_equal(
        again.predict_proba(GAPPY),
        net.set_params(warm_start=True).fit(GAPPY, LABELS).predict_proba(GAPPY),
    )


def test_labels_of_several_columns_may_be_missing():
    targets = np.column_stack([Y, -Y])
    targets[::3, 1] = np.nan
    net = regressor().fit(X[TRAIN], targets[TRAIN])
    assert net.score(X[TEST], np.column_stack([Y, -Y])[TEST]) > 0.7
