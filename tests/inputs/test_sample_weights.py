"""Sample weights: where the decay is found only their proportions count, unless they are counts."""

import numpy as np
import pytest
from nets import assert_same_weights
from scipy import sparse
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from sklearn_shallow import (
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)
from sklearn_shallow.inputs.sample_weights import without_copies

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, X_new, y, y_new = train_test_split(*load_wine(return_X_y=True), random_state=0)
R, R_new, t, t_new = train_test_split(*load_diabetes(return_X_y=True), random_state=0)
SPREAD = np.random.default_rng(0).lognormal(size=len(y))
EXTREMES = (1e39, 1e200, 1e308, 1e-60, 1e-320)
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 8, "random_state": 0}
FITS = {
    "defaults": {},
    "lbfgs": {"solver": "lbfgs"},
    "lm": {"solver": "lm"},
    "full batch": {"batch_size": "full"},
    "early stopping": {"early_stopping": True},
    "networks": {"n_estimators": 2},
    "posterior": {"posterior": "laplace"},
    "balanced": {"class_weight": "balanced"},
    "class weights": {"class_weight": {0: 3, 2: 0.5}},
}
fits = pytest.mark.parametrize("settings", FITS.values(), ids=FITS)
FACTORS = (1e-3, 0.3, 1, 10, 1e6)


def fitted(settings, weight=None, estimator=ShallowNetClassifier):
    rows = (X, y) if estimator is ShallowNetClassifier else (R, t)
    return estimator(**{**SMALL, **settings}).fit(*rows, sample_weight=weight)


def assert_same(one, two):
    """Both have the same parameters, to the last bit, and say the same of them."""
    for a, b in zip(one.estimators_, two.estimators_, strict=True):
        assert_same_weights(a, b)
        for name in ("alpha_", "log_evidence_", "n_effective_params_", "loo_score_"):
            np.testing.assert_equal(getattr(a, name, None), getattr(b, name, None))


@fits
def test_equal_weights_are_none(settings):
    expected = fitted(settings)
    for factor in FACTORS if settings == {} else FACTORS[:1]:  # the scale is taken off before all
        assert_same(fitted(settings, np.full(len(y), factor)), expected)


@fits
def test_a_common_factor_changes_nothing(settings):
    """Powers of two, with which no bit of a quotient is lost."""
    expected = fitted(settings, SPREAD)
    for factor in (2.0**-12, 2.0**20):
        assert_same(fitted(settings, factor * SPREAD), expected)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "quantile", "absolute_error"])
def test_a_common_factor_changes_no_regressor(loss):
    spread = np.random.default_rng(0).lognormal(size=len(t))
    net, settings = ShallowNetRegressor, {"loss": loss}
    expected = fitted(settings, spread, net)
    assert_same(fitted(settings, 2.0**-12 * spread, net), expected)
    assert_same(fitted(settings, np.full(len(t), 1e-3), net), fitted(settings, None, net))


@fits
def test_ones_are_none(settings):
    settings = {"alpha": 1.0, **settings}
    assert_same(fitted(settings, np.ones(len(y))), fitted(settings))


@pytest.mark.parametrize("factor", EXTREMES)
def test_weights_that_single_precision_does_not_hold(factor):
    assert_same(fitted({}, np.full(len(y), factor)), fitted({}))
    if factor != 1e308:
        weighted = fitted({"max_iter": "auto"}, factor * np.linspace(0.5, 1, len(y)))
        assert weighted.score(X_new, y_new) > 0.9


@pytest.mark.parametrize("factor", EXTREMES)
def test_beside_a_number_such_weights_are_refused(factor):
    net = ShallowNetClassifier(alpha=2.0)
    with pytest.raises(ValueError, match=r"alpha=2\.0.* must be between 1e-30 and 1e\+30"):
        net.fit(X, y, sample_weight=np.full(len(y), factor))
    assert not hasattr(net, "coefs_")


def test_beside_a_number_a_factor_of_the_weights_divides_alpha():
    settings = {"solver": "lbfgs", "max_iter": 300}
    one = fitted({**settings, "alpha": 8.0}, 4 * SPREAD)
    two = fitted({**settings, "alpha": 2.0}, SPREAD)
    np.testing.assert_allclose(one.predict_proba(X), two.predict_proba(X), atol=1e-4)


@pytest.mark.parametrize(
    "ensemble",
    [
        AdaBoostClassifier(ShallowNetClassifier(random_state=0), n_estimators=3, random_state=0),
        BaggingClassifier(ShallowNetClassifier(random_state=0), n_estimators=3, random_state=0),
    ],
)
def test_ensembles_that_weight_the_rows(ensemble):
    assert ensemble.fit(X, y).score(X_new, y_new) > 0.9
    assert ensemble.fit(X, y, SPREAD / SPREAD.sum()).score(X_new, y_new) > 0.9


WEIGHTS = {
    "survey": np.ceil(2e5 * np.random.default_rng(0).lognormal(sigma=0.5, size=len(t))),
    "inverse probabilities": 30 * np.random.default_rng(0).lognormal(sigma=0.5, size=len(t)),
}


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("weight", WEIGHTS.values(), ids=WEIGHTS)
def test_large_weights_do_not_overfit(weight, solver):
    net = ShallowNetRegressor(solver=solver, random_state=0)
    plain, weighted = net.fit(R, t).score(R_new, t_new), net.fit(R, t, weight).score(R_new, t_new)
    assert weighted > plain - 0.1


@pytest.mark.parametrize("settings", [{}, {"solver": "lbfgs", "hidden_layer_sizes": 10}])
def test_less_noise_of_unequal_weights_is_memorised_with_their_design_effect(settings, monkeypatch):
    found = [errors_on_weighted_noise(settings, seed) for seed in range(6)]
    monkeypatch.setattr("sklearn_shallow.evidence.fixed_point.design_effect", lambda weight: 1.0)
    without = [errors_on_weighted_noise(settings, seed) for seed in range(6)]
    assert np.mean(found) - 1 < 0.75 * (np.mean(without) - 1)


def errors_on_weighted_noise(settings, seed):
    """Return the squared error on new samples divided by that of a constant."""
    rng = np.random.default_rng(seed)
    Z, noise, weight = rng.normal(size=(650, 10)), rng.normal(size=650), rng.lognormal(size=150)
    net = ShallowNetRegressor(**settings, random_state=seed)
    residual = noise[150:] - net.fit(Z[:150], noise[:150], weight).predict(Z[150:])
    constant = noise[150:] - np.average(noise[:150], weights=weight)
    return np.mean(residual**2) / np.mean(constant**2)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_sample_that_occurs_often_is_no_noise_of_the_others(seed):
    rng = np.random.default_rng(seed)
    X, noise = rng.normal(size=(2400, 4)), rng.normal(size=2400)
    y = (np.sin(2 * X[:, 0]) + X[:, 1] + 0.3 * noise > 0.3).astype(int)
    (X, X_new), (y, y_new) = np.split(X, [400]), np.split(y, [400])
    X[:150], y[:150] = 0.5, 1
    losses = [
        log_loss(y_new, ShallowNetClassifier(random_state=0).fit(*rows).predict_proba(X_new))
        for rows in ((X, y), (X[150:], y[150:]))
    ]
    assert losses[0] < 1.03 * losses[1]


def test_rounding_weights_to_whole_numbers_changes_little():
    exact = fitted({}, 1e5 * SPREAD).predict_proba(X_new)
    rounded = fitted({}, np.ceil(1e5 * SPREAD)).predict_proba(X_new)
    np.testing.assert_allclose(rounded, exact, atol=0.01)


# Counts -------------------------------------------------------------------------------------------


def table(n_rows, rng):
    """Return rows of five truth values, and whether the first three are odd in number."""
    bits = rng.integers(2, size=(n_rows, 5)).astype(float)
    return bits, (bits[:, :3].sum(axis=1) % 2).astype(int)


def aggregated(rows, labels):
    distinct, counts = np.unique(np.c_[rows, labels], axis=0, return_counts=True)
    return distinct[:, :-1], distinct[:, -1].astype(int), counts


@pytest.mark.parametrize("times", [1, 10])
@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
def test_the_counts_of_a_table_are_its_rows(solver, times):
    rows, labels = table(300, np.random.default_rng(0))
    net = ShallowNetClassifier(**{**SMALL, "solver": solver})
    expected = net.fit(rows, labels).predict_proba(rows)
    *distinct, counts = aggregated(rows, labels)
    net.fit(*distinct, sample_weight=times * counts)
    np.testing.assert_array_equal(net.predict_proba(rows), expected)


def test_a_table_is_as_many_observations_as_its_counts_say():
    """A few rows would not be enough to be so sure."""
    rows, labels = table(2000, np.random.default_rng(0))
    *distinct, counts = aggregated(rows, labels)
    net = ShallowNetClassifier(random_state=0)
    as_counts = net.fit(*distinct, sample_weight=counts).alpha_
    as_weights = net.fit(*distinct, sample_weight=counts / 7).alpha_
    assert as_counts < as_weights / 10


@pytest.mark.parametrize("times", [1, 10])
@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
def test_whole_numbers_are_rows_written_out_if_some_row_was_observed_once(solver, times):
    counts = 1 + np.random.default_rng(0).poisson(1, size=len(y))
    net = ShallowNetClassifier(**{**SMALL, "solver": solver})
    expected = fit_copy(net, np.repeat(X, counts, axis=0), np.repeat(y, counts))
    found = net.fit(X, y, sample_weight=times * counts)
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))
    assert found.alpha_ == expected.alpha_


@pytest.mark.parametrize("encoding", [None, 8])
def test_whole_numbers_count_in_batches_as_rows_do(encoding):
    counts = 1 + np.random.default_rng(0).poisson(2, size=len(y))
    net = ShallowNetClassifier(numeric_encoding=encoding, random_state=0)
    written_out = fit_copy(net, np.repeat(X, counts, axis=0), np.repeat(y, counts))
    assert 0.5 < net.fit(X, y, sample_weight=counts).alpha_ / written_out.alpha_ < 2


@pytest.mark.parametrize("settings", [{}, {"solver": "lbfgs"}, {"solver": "lm"}], ids=str)
def test_equal_rows_without_weights_are_observations(settings):
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 10)
    odd = rows.sum(axis=1) % 2
    assert ShallowNetClassifier(random_state=0, **settings).fit(rows, odd).score(rows, odd) == 1


# Copies -------------------------------------------------------------------------------------------


def noisy(rng):
    """Return rows whose labels are mostly noise, so that too weak a decay learns it."""
    rows = rng.normal(size=(900, 8))
    return rows, (rows[:, 0] + 2 * rng.normal(size=900) > 0).astype(int)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("written_out", [True, False])
def test_copies_are_no_observations(solver, written_out):
    rng = np.random.default_rng(0)
    rows, labels = noisy(rng)
    drawn = rng.integers(200, size=200)
    net = ShallowNetClassifier(solver=solver, random_state=0)
    if written_out:
        net.fit(rows[drawn], labels[drawn])
    else:
        net.fit(rows[:200], labels[:200], sample_weight=np.bincount(drawn, minlength=200))
    copied = log_loss(labels[200:], net.predict_proba(rows[200:]))
    distinct = np.unique(drawn)
    net.fit(rows[distinct], labels[distinct])
    assert copied < 1.1 * log_loss(labels[200:], net.predict_proba(rows[200:]))


@pytest.mark.parametrize("written_out", [True, False])
def test_copies_in_a_sample_of_half_as_many_rows_are_no_observations(written_out):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1400, 10))
    numbers = rows[:, 0] + 2 * rng.normal(size=1400)
    drawn = rng.integers(400, size=200)  # of which a sixth are copies
    net = ShallowNetRegressor(random_state=0)
    if written_out:
        net.fit(rows[drawn], numbers[drawn])
    else:
        counts = np.bincount(drawn, minlength=400)
        net.fit(rows[:400], numbers[:400], sample_weight=counts)
    # The signal is a fifth of the variance; with copies as observations, R2 is below zero.
    assert net.score(rows[400:], numbers[400:]) > 0.05


@pytest.mark.parametrize(
    "settings", [{}, {"early_stopping": True}, {"numeric_encoding": 8}], ids=str
)
def test_copies_written_out_or_as_weights_are_the_same_fit(settings):
    counts = 1 + np.random.default_rng(0).poisson(1, size=len(y))
    weighted = fitted({**settings, "max_iter": "auto"}, counts)
    net = ShallowNetClassifier(**weighted.get_params())
    order = np.random.default_rng(1).permutation(counts.sum())
    net.fit(np.repeat(X, counts, axis=0)[order], np.repeat(y, counts)[order])
    assert_same(weighted, net)


def test_oversampled_rows_count_once():
    rng = np.random.default_rng(0)
    rows, labels = noisy(rng)
    labels &= rng.random(900) < 0.4
    (rare,) = np.nonzero(labels[:300])
    more = np.r_[:300, rng.choice(rare, 300 - 2 * len(rare))]
    net = ShallowNetClassifier(random_state=0).fit(rows[more], labels[more])
    alone = ShallowNetClassifier(class_weight="balanced", random_state=0)
    alone.fit(rows[:300], labels[:300])
    assert net.alpha_ > alone.alpha_ / 2


def test_rows_that_were_measured_again_are_observations():
    rng = np.random.default_rng(0)
    places = np.repeat(rng.normal(size=(60, 4)), 6, axis=0)
    labels = (places[:, 0] + rng.normal(size=360) > 0).astype(int)
    assert without_copies(places, lambda: labels[:, np.newaxis].astype(float), None)[0] is None
    numbers = places[:, :1] + 0.1 * rng.normal(size=(360, 1))
    assert without_copies(places, lambda: numbers, None)[0] is None


@pytest.mark.parametrize("kind", [np.asarray, np.asfortranarray, sparse.csr_matrix])
def test_copies_are_found_in_any_order_of_memory(kind):
    rng = np.random.default_rng(0)
    places = rng.normal(size=(700, 5))
    places[::7, 2] = 0 if kind is sparse.csr_matrix else np.nan
    drawn = rng.integers(700, size=900)
    Y = (places[drawn, :1] > 0) * 1.0
    found, weight = without_copies(kind(places[drawn]), lambda: Y, None)
    np.testing.assert_array_equal(np.sort(drawn[found]), np.unique(drawn))
    np.testing.assert_allclose(weight, np.bincount(drawn)[drawn[found]] * len(found) / 900)


def fit_copy(net, *rows, **arguments):
    return ShallowNetClassifier(**net.get_params()).fit(*rows, **arguments)


# Class weights ------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_class_weights_are_no_observations(solver):
    weights = {0: 1.0, 1: 0.25, 2: 4.0}
    expected = fitted({"solver": solver, "class_weight": weights})
    for factor in (2.0**-10, 2.0**10):
        scaled = {label: factor * weight for label, weight in weights.items()}
        assert_same(fitted({"solver": solver, "class_weight": scaled}), expected)
    assert_same(fitted({"class_weight": {0: 7, 1: 7, 2: 7}}), fitted({}))


# Where else weights go ----------------------------------------------------------------------------


def test_validation_weights_of_any_scale():
    settings, held = {"early_stopping": True}, np.linspace(1, 2, len(y_new))
    arguments = {"X_val": X_new, "y_val": y_new}
    nets = [
        ShallowNetClassifier(**{**SMALL, **settings}).fit(
            X, y, **arguments, sample_weight_val=factor * held
        )
        for factor in (1, 2.0**140, 2.0**-140)
    ]
    for net in nets[1:]:
        assert net.history_["validation_loss"] == nets[0].history_["validation_loss"]


def batches(size):
    order = np.random.default_rng(0).permutation(len(y))
    return [order[start : start + size] for start in range(0, len(y), size)]


def streamed(weight_of, n_passes, settings=SMALL):
    net = ShallowNetClassifier(**settings)
    for rows in n_passes * batches(32):
        net.partial_fit(X[rows], y[rows], np.unique(y), sample_weight=weight_of(rows))
    return net


def test_batches_whose_weights_add_up_to_one():
    net = streamed(lambda rows: np.full(len(rows), 1 / len(rows)), 20, {"random_state": 0})
    assert net.score(X_new, y_new) > 0.9


def test_a_common_factor_changes_no_stream():
    expected = streamed(lambda rows: SPREAD[rows], 2)
    assert_same(streamed(lambda rows: 2.0**-12 * SPREAD[rows], 2), expected)
    assert_same(streamed(lambda rows: np.full(len(rows), 0.25), 2), streamed(lambda rows: None, 2))
    assert_same(streamed(lambda rows: np.ones(len(rows)), 2), streamed(lambda rows: None, 2))


def test_batches_weigh_as_much_as_their_weights_say():
    """A batch whose weights are a billionth of the others' has no say in the scale of X."""
    net = streamed(lambda rows: np.full(len(rows), 1.5), 1)
    before = net._networks[0].inputs.shift.copy()
    net.partial_fit(X[:20] + 1e4, y[:20], sample_weight=np.full(20, 1e-9))
    np.testing.assert_allclose(net._networks[0].inputs.shift, before, rtol=1e-3)


def test_a_stream_after_a_fit_with_the_same_weights():
    weights = np.full(len(y), 1 / 1024)
    one = fitted({"warm_start": True}, weights).partial_fit(X, y, sample_weight=weights)
    two = fitted({"warm_start": True}).partial_fit(X, y)
    assert_same(one, two)


def test_a_warm_start_with_weights_of_another_scale():
    one = fitted({"warm_start": True}, SPREAD).fit(X, y, sample_weight=SPREAD / 4096)
    two = fitted({"warm_start": True}, SPREAD).fit(X, y, sample_weight=SPREAD)
    assert_same(one, two)


@pytest.mark.parametrize("kind", [ShallowNetClassifierCV, ShallowNetRegressorCV])
def test_the_alphas_that_a_search_chooses_are_for_a_mean_of_one(kind):
    rows = (X, y) if kind is ShallowNetClassifierCV else (R[: len(y)], t[: len(y)])
    net = kind._default.__class__(**SMALL, solver="lbfgs")
    searches = [
        kind(net, alphas=3, cv=2).fit(*rows, sample_weight=factor * SPREAD)
        for factor in (1, 2.0**-12)
    ]
    for name in ("mean_test_score", "param_alpha"):
        np.testing.assert_array_equal(*(search.cv_results_[name] for search in searches))
    assert_same_weights(*(search.best_estimator_ for search in searches))


def test_the_alphas_that_a_search_is_given_are_beside_the_weights():
    net = ShallowNetClassifier(**SMALL, solver="lbfgs")
    one = ShallowNetClassifierCV(net, alphas=[4.0, 1.0], cv=2).fit(X, y, sample_weight=4 * SPREAD)
    two = ShallowNetClassifierCV(net, alphas=[1.0, 0.25], cv=2).fit(X, y, sample_weight=SPREAD)
    scores = [search.cv_results_["mean_test_score"] for search in (one, two)]
    np.testing.assert_allclose(*scores, rtol=0.02)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_weights_that_leave_only_gaps_in_a_column_of_labels(class_weight):
    kinds = np.c_[y > 0, np.arange(len(y)) % 2].astype(float)
    kinds[:20, 1] = np.nan
    weight = np.r_[np.ones(20), np.zeros(len(y) - 20)]
    net = ShallowNetClassifier(**SMALL, class_weight=class_weight)
    with pytest.raises(ValueError, match="y has no value in column 1 of the samples to train on"):
        net.fit(X, kinds, sample_weight=weight)
