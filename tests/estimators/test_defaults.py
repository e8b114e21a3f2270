"""What the parameters stand for that are "auto", and what a user gets who sets nothing.

A warning is an error here, so that every fit of this file is without one, but for those that say
of settings in the tests that they have no effect, or that rows without information taught nothing.
"""

from dataclasses import replace
from functools import partial
from itertools import count, cycle, product, repeat
from math import ceil

import numpy as np
import pytest
from nets import assert_same_weights, small, small_regressor
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_blobs,
    make_classification,
    make_friedman1,
)
from sklearn.metrics import balanced_accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from spies import spied

from sklearn_shallow import Adam, ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.estimators.parameters.settings import Settings
from sklearn_shallow.estimators.training.auto import batch_rows, iterations, search_epochs
from sklearn_shallow.evidence.decay import GENTLE_INITIAL_ALPHA, INITIAL_ALPHA, Revision
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES, REGRESSOR_LOSSES
from sklearn_shallow.solvers.schedules import make_schedule

ESTIMATORS = [ShallowNetClassifier, ShallowNetRegressor]
either = pytest.mark.parametrize("estimator", ESTIMATORS)
idle_patience = pytest.mark.filterwarnings("ignore:No effect. .*tol=")
uninformative = pytest.mark.filterwarnings("ignore:.*is no better than a constant")
X_iris, y_iris = load_iris(return_X_y=True)
X_diabetes, y_diabetes = load_diabetes(return_X_y=True)
AUTO = (
    *("solver", "alpha", "batch_size", "learning_rate", "learning_rate_init", "max_iter"),
    "early_stopping",
)


def chosen(net):
    """Return what a fit has chosen, and whether it has found the decay."""
    found = hasattr(net, "log_evidence_")
    assert found or net.alpha_ == (1.0 if net.alpha == "auto" else net.alpha)
    settings = net.settings_
    names = ("learning_rate", "learning_rate_init", "early_stopping")
    rest = (settings.get(name) for name in names)
    return settings["solver"], found, *rest


# The rule -----------------------------------------------------------------------------------------

FALLING = ("flat_cosine", 0.02, False)  # schedule, rate, early stopping


@idle_patience
@either
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ("adam", True, *FALLING)),
        ({"solver": "adam"}, ("adam", True, *FALLING)),
        ({"solver": "sgd"}, ("sgd", True, "flat_cosine", 0.1, False)),
        ({"posterior": "laplace"}, ("adam", True, *FALLING)),
        ({"alpha": 1.0}, ("adam", False, *FALLING)),
        ({"early_stopping": True}, ("adam", True, "flat_cosine", 0.02, True)),
        ({"early_stopping": False}, ("adam", True, *FALLING)),
        ({"l1_ratio": 0.5}, ("adam", True, *FALLING)),
        ({"l1_ratio": (0.5, 0.0)}, ("adam", True, *FALLING)),
        ({"learning_rate": "flat_cosine"}, ("adam", True, *FALLING)),
        ({"learning_rate": "constant"}, ("adam", True, "constant", 0.003, False)),
        ({"learning_rate_init": 0.1}, ("adam", True, "flat_cosine", 0.1, False)),
        (
            {"early_stopping": True, "learning_rate": "constant"},
            ("adam", True, "constant", 0.003, True),
        ),
    ],
    ids=str,
)
def test_what_is_chosen(estimator, settings, expected):
    # With a tolerance by which patience ends it soon, where it may.
    net = estimator(5, tol=1.0, numeric_encoding=None, **settings)
    assert chosen(net.fit(X_iris, y_iris)) == expected


@either
@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
def test_full_batch_solvers_find_the_decay(estimator, solver):
    net = estimator(5, solver=solver, numeric_encoding=None, random_state=0).fit(X_iris, y_iris)
    assert chosen(net)[:2] == (solver, True)
    assert net.settings_["max_iter"] == 1000
    given = clone(net).set_params(alpha="evidence").fit(X_iris, y_iris)
    assert_same_weights(net, given)


@pytest.mark.parametrize(
    ("estimator", "loss"),
    [
        *((ShallowNetClassifier, loss) for loss in sorted(CLASSIFIER_LOSSES)),
        *((ShallowNetRegressor, loss) for loss in sorted(REGRESSOR_LOSSES)),
    ],
)
def test_a_decay_is_found_whatever_the_loss(estimator, loss):
    assert chosen(estimator(5, loss=loss, random_state=0).fit(X_iris, y_iris + 1))[1]


@idle_patience
@either
def test_rows_to_validate_on_turn_early_stopping_on(estimator):
    train, held = np.arange(0, 150, 2), np.arange(1, 150, 2)
    given = {"X_val": X_iris[held], "y_val": y_iris[held]}
    net = estimator(5, random_state=0, tol=0.1).fit(X_iris[train], y_iris[train], **given)
    assert chosen(net) == ("adam", True, "flat_cosine", 0.02, True)
    asked = clone(net).set_params(early_stopping=True).fit(X_iris[train], y_iris[train], **given)
    assert_same_weights(net, asked)
    assert not net.fit(X_iris[train], y_iris[train]).settings_["early_stopping"]


EXPLICIT = {
    "solver": "sgd",
    "alpha": 0.3,
    "batch_size": 11,
    "learning_rate": "constant",
    "learning_rate_init": 0.01,
    "max_iter": 7,
    "early_stopping": False,
}


@idle_patience
@either
@pytest.mark.parametrize("name", EXPLICIT)
def test_what_is_given_is_not_chosen(estimator, name):
    net = estimator(5, random_state=0, tol=1.0, **{name: EXPLICIT[name]}).fit(X_iris, y_iris)
    assert (net.alpha_ if name == "alpha" else net.settings_[name]) == EXPLICIT[name]


@either
@pytest.mark.parametrize("given", [{"alpha": "evidence"}, {"alpha": 1.0, "batch_size": "full"}])
def test_all_that_is_chosen_can_be_given(estimator, given):
    """Iris has a sample twice, which a full batch has once."""
    net = estimator(5, **given, random_state=0).fit(X_iris, y_iris)
    again = clone(net).set_params(**net.settings_)
    assert_same_weights(net, again.fit(X_iris, y_iris))


@either
def test_fit_writes_into_no_parameter(estimator):
    net = estimator(5).fit(X_iris, y_iris)
    net.partial_fit(X_iris, y_iris)
    for params in (net.get_params(), clone(net).get_params(), estimator().get_params()):
        assert {params[name] for name in AUTO} == {"auto"}
    assert not [name for name in vars(clone(net)) if name.endswith("_")]


@either
def test_the_networks_of_an_ensemble_choose_alike(estimator):
    net = estimator(5, n_estimators=2, random_state=0).fit(X_iris, y_iris)
    assert {chosen(one) for one in net.estimators_} == {("adam", True, *FALLING)}
    assert net.settings_["solver"] == "adam"
    assert_same_weights(net.estimators_[0], estimator(5, random_state=0).fit(X_iris, y_iris))


# Batches and epochs -------------------------------------------------------------------------------


def epochs_and_updates(n_rows, n_features=1, **settings):
    settings = Settings.of(ShallowNetRegressor(**settings))
    rows = batch_rows(settings, n_rows)
    epochs = iterations(settings, (n_rows, n_features), rows)
    return rows, epochs, epochs * -(-n_rows // rows)


@pytest.mark.parametrize(
    ("n_rows", "rows"),
    [(3, 3), (31, 31), (33, 32), (263, 32), (264, 33), (800, 100), (2048, 256), (10**6, 256)],
)
def test_a_batch_is_an_eighth_of_the_rows_within_bounds(n_rows, rows):
    assert epochs_and_updates(n_rows)[0] == rows


def test_few_rows_have_a_least_number_of_updates_and_many_rows_a_largest():
    for n_rows in [*range(1, 1000), 3000, 10**4, 10**5, 2 * 10**5, 10**6, 10**7, 10**8]:
        _, epochs, updates = epochs_and_updates(n_rows)
        per_epoch = updates // epochs
        assert 512 <= updates < 50_000 + per_epoch
        if epochs > 64:
            assert updates - per_epoch < 512
        elif epochs < 64:
            assert updates >= 50_000 or epochs == max(16, round(64 * (10**4 / n_rows) ** 0.5))


def test_from_many_samples_on_epochs_become_fewer_and_updates_more():
    found = [epochs_and_updates(n_rows)[1:] for n_rows in (10**4, 4 * 10**4, 16 * 10**4)]
    assert [epochs for epochs, _ in found] == [64, 32, 16]
    assert found[0][1] < found[1][1] < found[2][1]


def test_half_as_many_updates_are_enough_where_columns_outnumber_rows():
    assert epochs_and_updates(100, n_features=100)[2] == 512
    assert epochs_and_updates(100, n_features=101)[2] == 384
    assert epochs_and_updates(10**4, n_features=10**5)[1] == 64
    X = np.random.default_rng(0).normal(size=(20, 30))
    assert ShallowNetRegressor(2).fit(X, X[:, 0]).settings_["max_iter"] == 384
    assert ShallowNetRegressor(2).fit(X[:, :20], X[:, 0]).settings_["max_iter"] == 512


def test_half_of_the_updates_are_enough_for_few_rows_with_a_decay_that_is_given():
    assert epochs_and_updates(120, alpha=1.0) == (32, 64, 256)
    assert epochs_and_updates(120, alpha=0.5) == epochs_and_updates(120) == (32, 128, 512)
    for settings in ({"batch_size": 30}, {"loss": "absolute_error"}):
        assert epochs_and_updates(120, alpha=1.0, **settings)[2] == 512
    assert epochs_and_updates(800, alpha=1.0) == epochs_and_updates(800)
    assert epochs_and_updates(30, n_features=31, alpha=1.0)[2] == 384
    X = np.random.default_rng(0).normal(size=(120, 3))
    net = ShallowNetClassifier(2, alpha=1.0).fit(X, X[:, 0] > 0)
    assert net.settings_["max_iter"] == 64


def test_the_epochs_follow_the_batch_size_that_is_given():
    assert epochs_and_updates(1000, batch_size=1000) == (1000, 512, 512)
    assert epochs_and_updates(1000, batch_size="full") == (1000, 512, 512)
    assert epochs_and_updates(1000, batch_size=10) == (10, 64, 6400)
    assert epochs_and_updates(1000, max_iter=3)[:2] == (125, 3)
    assert epochs_and_updates(1000, early_stopping=True) == epochs_and_updates(1000)
    assert epochs_and_updates(1000, learning_rate="constant")[:2] == (125, 200)
    assert epochs_and_updates(1000, solver="lbfgs")[:2] == (1000, 1000)
    assert epochs_and_updates(1000, solver="lbfgs", alpha=1.0)[:2] == (1000, 200)
    assert epochs_and_updates(1000, batch_size=np.int16(10)) == (10, 64, 6400)


@pytest.mark.parametrize(
    ("n_rows", "rows", "slowness", "epochs"),
    [
        *[(1000, 125, 0.2, 64), (1000, 125, 1, 64), (1000, 125, 2, 128), (1000, 125, 20, 200)],
        *[(100, 32, 1.25, 160), (100, 32, 20, 250)],  # 250 make 1000 updates
        *[(10**4, 250, 2, 64), (10**5, 256, 20, 27), (10**5, 256, 10, 20)],  # which make enough
    ],
)
def test_a_rate_below_the_one_that_suits_has_epochs_for_as_long_a_way(
    n_rows, rows, slowness, epochs
):
    settings, about = Settings.of(ShallowNetRegressor()), ((n_rows, 10), rows)
    assert iterations(settings, *about, slowness) == epochs
    assert search_epochs(settings, *about, 1000, slowness) == epochs
    assert search_epochs(settings, *about, 7, slowness) == 7
    assert iterations(replace(settings, max_iter=7), *about, slowness) == 7


@either
def test_a_low_rate_is_given_the_epochs_that_it_needs(estimator):
    X, y = X_diabetes[:400], y_diabetes[:400] > 140
    chosen = estimator(5, random_state=0, numeric_encoding=None).fit(X, y).settings_
    rate, n_epochs = (chosen[name] for name in ("learning_rate_init", "max_iter"))
    for factor, expected in ((1, n_epochs), (4, n_epochs), (0.5, 2 * n_epochs), (0.05, 200)):
        net = estimator(5, learning_rate_init=factor * rate, numeric_encoding=None)
        assert net.fit(X, y).settings_["max_iter"] == expected
    bounded = net.set_params(max_iter=50).fit(X, y)
    assert bounded.n_iter_ <= 50


@pytest.mark.parametrize(
    ("n_rows", "n_features", "epochs"),
    [(200, 10, 158), (400, 100, 250), (1000, 2000, 256), (10_000, 10, 64), (10**6, 9000, 13)],
)
def test_steps_that_do_not_adapt_are_as_many_as_columns_and_units_ask_for(
    n_rows, n_features, epochs
):
    assert epochs_and_updates(n_rows, n_features, solver="sgd")[1] == epochs
    few_units = epochs_and_updates(n_rows, n_features, solver="sgd", hidden_layer_sizes=())[1]
    assert epochs_and_updates(n_rows, n_features)[1] <= few_units <= epochs


@pytest.mark.parametrize(("n_rows", "epochs"), [(20, 1000), (60, 500), (150, 200), (3000, 200)])
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
def test_few_rows_have_a_least_number_of_updates_where_patience_ends_a_fit(
    n_rows, epochs, schedule
):
    assert epochs_and_updates(n_rows, learning_rate=schedule)[1] == epochs


@idle_patience
@uninformative
@either
@pytest.mark.parametrize("n_rows", [20, 150, 442])
def test_a_fit_has_these_epochs(estimator, n_rows):
    X = X_diabetes[:n_rows]
    net = estimator(3, tol=10.0, n_iter_no_change=1).fit(X, X[:, 0] > 0)  # patience would end it
    rows, epochs, _ = epochs_and_updates(n_rows)
    assert (net.settings_["batch_size"], net.settings_["max_iter"]) == (rows, epochs)
    assert len(net.loss_curve_) == net.n_iter_
    assert net.n_iter_ in (epochs, ceil(epochs // 2 / 0.75))  # the rate may fall from halfway on


@pytest.mark.parametrize(
    ("learnable", "part"), [(1.0, 1.0), (0.5, 1.0), (0.4, 0.8), (0.3, 0.6), (0.2, 0.5), (0.0, 0.5)]
)
def test_the_epochs_follow_what_can_be_learnt(learnable, part):
    settings = replace(Settings.of(ShallowNetRegressor()), learnable=learnable)
    for n_rows, batch_size in ((200, 32), (5000, 256), (10_000, 256)):
        _, epochs, _ = epochs_and_updates(n_rows)
        assert iterations(settings, (n_rows, 10), batch_size) == round(part * epochs)
    assert iterations(settings, (40_000, 10), 256) == 32
    assert iterations(replace(settings, max_iter=7), (200, 10), 32) == 7


@either
@uninformative
def test_noise_is_fitted_for_half_of_the_epochs(estimator):
    rng = np.random.default_rng(0)
    X, noise = rng.normal(size=(400, 5)), rng.integers(2, size=400)
    n_epochs = estimator(20, random_state=0).fit(X, noise).n_iter_
    assert n_epochs in ([32] if estimator is ShallowNetRegressor else [22, 32])
    assert estimator(20, random_state=0).fit(X, X[:, 0] > 0).n_iter_ == 64
    assert estimator(20, random_state=0, max_iter=15).fit(X, noise).n_iter_ == 15
    net = estimator(20, random_state=0, early_stopping=True).fit(X, noise)
    assert net.settings_["max_iter"] < 64
    net = estimator(20, random_state=0).fit_batches([(X, noise)])
    assert net.n_iter_ == 32
    assert estimator(20, random_state=0, solver="sgd").fit(X, noise).n_iter_ == 64


def test_the_rate_is_constant_and_then_falls_to_zero():
    schedule = make_schedule("flat_cosine", max_iter=200)
    done = [0, 0.5, 0.75, 0.8125, 0.875, 0.9375, 1, 1.5]
    half = np.sqrt(0.5) / 2
    expected = [1, 1, 1, 0.5 + half, 0.5, 0.5 - half, 0, 0]
    found = [schedule.factor(200 * part) for part in done]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    schedule.epoch_ended(improved=False)
    assert schedule.factor(0) == 1
    assert schedule.waits  # is not ended by patience
    assert schedule.ends  # without a warning
    assert not schedule.exhausted
    assert schedule.factor(100) == 1  # nor hurried by it
    rates = small(max_iter=40).fit(X_iris, y_iris).history_["learning_rate"]
    np.testing.assert_allclose(rates, [0.02 * schedule.factor(5 * epoch) for epoch in range(40)])


def test_on_validation_rows_want_of_improvement_lets_the_rate_fall():
    schedule = make_schedule("flat_cosine", max_iter=200, patience=3, validates=True)
    for improved in [True, False, False, True, True, False, False, False]:
        assert schedule.factor(9) == 1
        schedule.epoch_ended(improved)
    # 8 epochs were constant, so that 11 are the whole fit.
    rates = []
    for epoch in (8, 9, 10):
        rates.append(schedule.factor(epoch))
        assert not schedule.exhausted
        schedule.epoch_ended(improved=False)
    assert 1 >= rates[0] > rates[1] > rates[2] > 0
    assert schedule.exhausted


def ended_after(losses, has_learnt=False, **options):
    """Return how many epochs a schedule allows that hears of these losses."""
    schedule, told = make_schedule("flat_cosine", **options), []
    while not schedule.exhausted:
        assert 0 < schedule.factor(len(told)) <= 1
        told.append(next(losses))
        schedule.epoch_ended(True, has_learnt and len(told) >= 6, told)
    assert schedule.factor(len(told)) == 0
    return len(told)


def test_a_fit_lasts_longer_while_its_loss_falls():
    long = {"max_iter": 200, "n_sought": 20, "extends": True}
    noise = np.random.default_rng(0).normal(1, 0.01, size=1000)
    assert ended_after(iter(noise), **long) == 20
    assert ended_after((10 / (10 + t) for t in count()), **long) == 200
    assert ended_after((1 + 10 / (10 + t) for t in count()), **long) == 160
    assert ended_after(repeat(1.0), **long | {"max_iter": 15, "n_sought": 15}) == 15
    falling = (10 / (10 + t) for t in count())
    assert ended_after(falling, **long, has_learnt=True) == 8  # 6 are three quarters of it
    assert ended_after((-(t**0.5) for t in count()), **long) == 200  # losses may be negative
    assert ended_after((10 / (10 + t) for t in count()), **long | {"extends": False}) == 20


@either
@pytest.mark.parametrize("learning_rate", ["auto", "constant", "adaptive", "invscaling"])
@uninformative
def test_the_largest_number_of_epochs_is_a_bound(estimator, learning_rate):
    rng = np.random.default_rng(0)
    X, noise = rng.normal(size=(400, 5)), rng.integers(2, size=400)
    net = estimator(5, learning_rate=learning_rate, max_iter=10**6, random_state=0).fit(X, noise)
    assert net.n_iter_ < 5000
    assert len(set(net.history_["alpha"])) > 1


def test_a_function_without_noise_is_learned_longer():
    X, X_new = np.linspace(-1, 1, 100)[:, np.newaxis], np.linspace(-0.99, 0.99, 500)[:, np.newaxis]
    y, y_new = np.sin(7 * X[:, 0]), np.sin(7 * X_new[:, 0])
    chosen, long = (
        [ShallowNetRegressor(30, max_iter=most, random_state=seed).fit(X, y) for seed in range(4)]
        for most in ("auto", 3000)
    )
    lengths, bounded = ([net.n_iter_ for net in nets] for nets in (chosen, long))
    assert sum(lengths) < sum(bounded)  # which ones depends on rounding
    assert max(bounded) <= 3000
    errors = [sum(1 - net.score(X_new, y_new) for net in nets) for nets in (chosen, long)]
    assert errors[1] < errors[0]


def test_flat_cosine_makes_all_epochs():
    X = np.linspace(-1, 1, 100)[:, np.newaxis]
    net = ShallowNetRegressor(30, max_iter=300, learning_rate="flat_cosine", random_state=0)
    assert net.fit(X, np.sin(7 * X[:, 0])).n_iter_ == 300


@pytest.mark.parametrize(("flat", "end"), [(8, 11), (15, 20), (18, 20)])
def test_the_constant_part_may_be_ended(flat, end):
    schedule, n_done = make_schedule("flat_cosine", max_iter=20), 0
    while not schedule.exhausted:
        schedule.epoch_ended(True)
        n_done += 1
        if n_done == flat:
            schedule.end_flat()
    assert (n_done, schedule.n_sought) == (end, end)


@uninformative
def test_labels_that_are_mostly_noise_take_fewer_epochs():
    rng = np.random.default_rng(0)
    X, new_X = rng.normal(size=(2, 3000, 3))
    odds, new_odds = X[:, 0], new_X[:, 0]
    y, new_y = (x + 2 * rng.logistic(size=len(x)) > 0 for x in (odds, new_odds))
    net = ShallowNetClassifier(random_state=0)
    most = net.fit(X, y).settings_["max_iter"]
    assert net.n_iter_ == ceil(most // 2 / 0.75)
    rates = net.history_["learning_rate"]
    assert min(rates) == rates[-1] < 0.1 * rates[0]
    given = {"learning_rate": "flat_cosine", "max_iter": most}
    assert clone(net).set_params(**given).fit(X, y).n_iter_ == net.n_iter_
    whole = clone(net).set_params(early_stopping=False).fit_batches([(X, y)])
    assert whole.n_iter_ >= most
    losses = [log_loss(new_y, each.predict_proba(new_X)) for each in (net, whole)]
    assert losses[0] < 1.01 * losses[1]
    for settings in ({"early_stopping": True}, {"solver": "sgd"}):
        longer = clone(net).set_params(**settings).fit(X, y)
        assert longer.n_iter_ >= most
    net.fit(X[:300], odds[:300] > 0)  # of which little is noise
    assert net.n_iter_ == net.settings_["max_iter"]


# The decay of a fit on batches --------------------------------------------------------------------


@uninformative
@pytest.mark.filterwarnings("ignore:.*before the search for alpha")
def test_the_rate_falls_with_the_columns():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=20)
    for n_columns, rate in ((1, 0.02), (16, 0.02), (64, 0.01), (400, 0.004)):
        X = rng.normal(size=(20, n_columns))
        net = ShallowNetClassifier(2, max_iter=1).fit(X, y)
        assert net.settings_["learning_rate_init"] == pytest.approx(rate)
        net.set_params(solver="sgd")
        rate = min(0.1, 7.2 / (n_columns + 2))
        assert net.fit(X, y).settings_["learning_rate_init"] == pytest.approx(rate)


@pytest.mark.filterwarnings("ignore:.*had not converged")
@pytest.mark.parametrize(
    "settings",
    [{"loss": "poisson"}, {"loss": "gamma"}, {"standardize": False}, {"learning_rate": "constant"}],
    ids=str,
)
def test_the_rate_of_sgd_is_small_where_the_curvature_is_not_known(settings):
    net = ShallowNetRegressor(2, solver="sgd", alpha=1.0, max_iter=9, **settings)
    assert net.fit(X_iris / 8, y_iris + 1).settings_["learning_rate_init"] == 0.003


def test_sgd_learns_what_adam_does():
    x = np.linspace(-6, 6, 500)[:, np.newaxis]
    noisy = np.sin(x[:, 0]) + 0.1 * np.random.default_rng(0).normal(size=500)
    net = ShallowNetRegressor(solver="sgd", random_state=0).fit(x[::2], noisy[::2])
    assert net.score(x[1::2], noisy[1::2]) > 0.95
    X, y = load_digits(return_X_y=True)
    net = ShallowNetClassifier(solver="sgd", random_state=0).fit(X[:600], y[:600])
    assert log_loss(y[600:], net.predict_proba(X[600:])) < 0.3


@uninformative
@pytest.mark.filterwarnings("ignore:.*had not converged")
def test_a_steady_rate_falls_with_the_columns_as_in_partial_fit():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 900)), rng.normal(size=20)
    net = ShallowNetRegressor(2, learning_rate="constant", max_iter=1, alpha=1.0)
    assert net.fit(X, y).settings_["learning_rate_init"] == pytest.approx(0.001)
    assert net.partial_fit(X, y).history_["learning_rate"] == pytest.approx([0.001, 0.001])


@uninformative
def test_no_want_of_improvement_ends_a_fit_before_the_decay_is_found():
    """With a rate that patience is to end, patience waits, and begins anew with the last decay."""
    patient = {"learning_rate": "constant", "tol": 10.0, "n_iter_no_change": 2, "max_iter": 40}
    assert small(alpha=1.0, **patient).fit(X_iris, y_iris).n_iter_ == 3
    assert small(**patient).fit(X_iris, y_iris).n_iter_ == 30 + 3


def counts_of_few_samples():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(72, 4))
    return X, rng.poisson(np.exp(1 + 0.6 * (X[:, 0] - X[:, 1])))


@pytest.mark.filterwarnings("ignore:.*no better than a constant on the 7 samples")
@pytest.mark.parametrize("random_state", [1, 2, 3])
def test_validation_has_no_say_before_the_decay_is_found_and_the_rate_is_low(random_state):
    """The first epochs, of a network that has learnt little, are the best there by chance."""
    net = ShallowNetRegressor(loss="poisson", early_stopping=True, random_state=random_state)
    net.fit(*counts_of_few_samples())
    found = np.flatnonzero(np.diff(net.history_["alpha"]))[-1]
    rates = np.array(net.history_["learning_rate"])
    slow = np.flatnonzero(rates < 0.2 * rates[0])[0]
    assert net.best_iteration_ > slow > found
    best = net.validation_scores_[net.best_iteration_ - 1]
    assert net.best_validation_score_ == pytest.approx(best, rel=1e-5)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_search_that_is_cut_off_ends_with_a_validation():
    net = small_regressor(loss="poisson", early_stopping=True, solver=Adam(max_time=1e-9))
    net.fit(*counts_of_few_samples())
    assert net.n_iter_ == net.best_iteration_ == 1
    assert net.best_validation_score_ == pytest.approx(net.validation_scores_[0], rel=1e-5)


@pytest.mark.parametrize("epochs", [96, 7])
@pytest.mark.parametrize(
    ("make", "X", "y", "n_parts"),
    [
        (small, X_iris, y_iris, 4),
        (small_regressor, X_diabetes, y_diabetes, 3),
        (partial(small_regressor, solver="sgd"), X_diabetes, y_diabetes, 4),
    ],
    ids=["labels", "numbers", "slow steps"],
)
def test_the_decay_changes_at_the_revisions_only(monkeypatch, make, X, y, n_parts, epochs):
    alphas = spied(monkeypatch, Revision, "__call__", lambda objective, *_: objective.alpha)
    net = make(max_iter=epochs, numeric_encoding=None).fit(X, y)
    changed = np.flatnonzero(np.diff([net.history_["alpha"][0], *alphas])) + 1
    np.testing.assert_array_equal(changed, [net.n_iter_ * k // n_parts for k in range(1, n_parts)])
    assert net.alpha_ == alphas[-1]


@pytest.mark.parametrize(
    ("make", "X", "y", "start"),
    [
        (small, X_iris, y_iris, INITIAL_ALPHA),
        (partial(small, activation="logistic"), X_iris, y_iris, INITIAL_ALPHA / 4),
        (small_regressor, X_diabetes, y_diabetes, GENTLE_INITIAL_ALPHA),
        (partial(small_regressor, loss="poisson"), X_diabetes, y_diabetes // 50, INITIAL_ALPHA),
    ],
    ids=["labels", "logistic", "numbers", "counts"],
)
def test_a_warm_start_begins_with_the_last_decay(monkeypatch, make, X, y, start):
    begun = spied(
        monkeypatch,
        Revision,
        "__init__",
        lambda _, revision, *args, **options: revision.objective.alpha,
    )
    net = make(warm_start=True, max_iter=20, numeric_encoding=None).fit(X, y)
    first = net.alpha_
    net.fit(X, y)
    net.set_params(warm_start=False).fit(X, y)
    assert begun == [start, first, start]
    assert net.alpha_ == first != start


@pytest.mark.parametrize(
    ("estimator", "data"),
    [
        *((ShallowNetClassifier, load) for load in (load_iris, load_wine, load_breast_cancer)),
        (ShallowNetClassifier, lambda return_X_y: [a[::4] for a in load_digits(return_X_y=True)]),
        (ShallowNetRegressor, load_diabetes),
        (ShallowNetRegressor, lambda return_X_y: make_friedman1(500, noise=1.0, random_state=0)),
    ],
    ids=["iris", "wine", "breast cancer", "digits", "diabetes", "friedman"],
)
def test_adam_finds_about_the_decay_that_lbfgs_finds(estimator, data):
    X, y = data(return_X_y=True)
    decays = [
        [estimator(random_state=seed, **settings).fit(X, y).alpha_ for seed in range(2)]
        for settings in ({"numeric_encoding": None}, {"solver": "lbfgs", "max_iter": 2000})
    ]
    on_batches, on_all = np.exp(np.mean(np.log(decays), axis=1))
    assert 1 / 3.5 < on_batches / on_all < 3.5


@either
def test_of_several_starts_the_one_of_the_largest_evidence_is_kept(estimator):
    X, y = (X_diabetes, y_diabetes) if estimator is ShallowNetRegressor else (X_iris, y_iris)
    nets = [estimator(5, n_init=k, max_iter=30, random_state=0) for k in range(1, 6)]
    found = [net.fit(X, y).log_evidence_ for net in nets]
    assert found == sorted(found)
    assert len(set(found)) > 1


def pass_once(net, X=X_iris, y=y_iris):
    """Call partial_fit, for a classifier with the classes."""
    classes = {"classes": [0, 1, 2]} if isinstance(net, ShallowNetClassifier) else {}
    return net.partial_fit(X, y, **classes)


# partial_fit --------------------------------------------------------------------------------------


@either
def test_partial_fit_has_a_constant_rate_and_a_given_decay(estimator):
    net = pass_once(estimator(5, random_state=0))
    assert chosen(net) == ("adam", False, "constant", 0.003, False)
    assert net.settings_["batch_size"] == 32
    pass_once(pass_once(net))
    assert net.history_["learning_rate"] == [0.003] * 3


@either
def test_partial_fit_goes_on_with_the_decay_that_a_fit_has_found(estimator):
    net = estimator(5, alpha="evidence", random_state=0).fit(X_iris, y_iris)
    found, other = net.alpha_, clone(net).fit(X_iris, y_iris)
    net.partial_fit(X_iris, y_iris)
    assert net.alpha_ == found != 1.0
    assert_same_weights(net, other.set_params(alpha=found).partial_fit(X_iris, y_iris))


# Nothing set: no warning whatever the data --------------------------------------------------------

rng = np.random.default_rng(0)
NOISE = rng.normal(size=(60, 6))
RARE = np.r_[np.zeros(58), np.ones(2)].astype(int)
WIDE = rng.normal(size=(50, 500))
WORDS = rng.choice(list("abcdefgh"), size=(200, 3))
BLOBS = make_blobs(400, 5, centers=20, random_state=0)
GAPPY = np.column_stack([NOISE[:, 0], 1e6 * NOISE[:, 1], np.where(NOISE[:, 2] > 0, np.nan, 1.0)])
ROWS = {
    "three rows": NOISE[:3],
    "constant columns": np.ones((60, 3)),
    "zeros": np.zeros((60, 3)),
    "one column is constant": np.column_stack([NOISE, np.full(60, 7.0)]),
    "wide": WIDE,
    "duplicated columns": np.hstack([NOISE, NOISE]),
    "duplicated rows": np.repeat(NOISE[:4], 15, axis=0),
    "scales": NOISE * np.logspace(-12, 12, 6),
    "outlier": np.where(np.arange(60)[:, np.newaxis] == 0, 1e9, NOISE),
    "one-hot": OneHotEncoder(sparse_output=False).fit_transform(WORDS),
    "sparse": OneHotEncoder().fit_transform(WORDS),
    "mostly zeros": sparse.random(200, 1000, 0.01, format="csr", random_state=0),
    "float32": NOISE.astype(np.float32),
}


def with_all_rows(usual, *others):
    """Return the first case with all kinds of rows, and one of the others with each in turn."""
    return [*product(ROWS, [usual]), *zip(ROWS, cycle(others), strict=False)]


def assert_proba(net, X):
    proba = net.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    assert np.isfinite(net.predict_log_proba(X)).all()


@uninformative
@pytest.mark.parametrize(("kind", "labels"), with_all_rows("two", "three", "one is rare"))
def test_a_classifier_takes_any_rows_without_a_warning(kind, labels):
    X = ROWS[kind]
    number = np.arange(X.shape[0])
    y = {"two": number % 2, "three": number % 3, "one is rare": number == 1}[labels]
    net = ShallowNetClassifier(random_state=0).fit(X, y)
    assert_proba(net, X)
    assert np.isfinite([net.alpha_, net.log_evidence_, net.loss_]).all()


@uninformative
@pytest.mark.parametrize(("kind", "loss"), with_all_rows("squared_error", "poisson", "quantile"))
def test_a_regressor_takes_any_rows_without_a_warning(kind, loss):
    X = ROWS[kind]
    y = np.arange(X.shape[0]) % 5 * 10.0
    net = ShallowNetRegressor(loss=loss, random_state=0).fit(X, y)
    predicted = net.predict(X)
    assert np.isfinite([net.alpha_, net.loss_]).all()
    assert -20 < predicted.min() <= predicted.max() < 60


LABELS = {
    "one class is rare": (NOISE, RARE),
    "one row of a class": (NOISE, np.arange(60) // 59),
    "twenty classes": BLOBS,
    "multilabel": (NOISE, (NOISE[:, :3] > 0.5).astype(int)),
    "a label that nobody has": (NOISE, np.column_stack([NOISE[:, 0] > 0, 0 * NOISE[:, 0]])),
    "strings": (WORDS == "a", WORDS[:, 0] == "a"),
}


@uninformative
@pytest.mark.parametrize(("X", "y"), LABELS.values(), ids=LABELS)
def test_any_labels_are_taken_without_a_warning(X, y):
    net = ShallowNetClassifier(random_state=0).fit(X, y)
    assert np.isfinite(net.predict_log_proba(X)).all()
    assert net.predict(X).shape == y.shape
    assert net.score(X, y) >= 0.45  # all labels of a row are right, with noise


@pytest.mark.parametrize("value", [0.0, 3.0, -1e9])
@pytest.mark.parametrize("X", [NOISE, np.ones((60, 2))], ids=["noise", "constant"])
def test_a_constant_target_is_predicted(X, value):
    net = ShallowNetRegressor(random_state=0).fit(X, np.full(60, value))
    np.testing.assert_allclose(net.predict(X), value, rtol=1e-6, atol=0.02)


def test_several_targets_with_gaps_are_learned_without_a_warning():
    net = ShallowNetRegressor(random_state=0).fit(NOISE, GAPPY)
    predicted = net.predict(NOISE)
    assert predicted.shape == GAPPY.shape
    for k, scale in enumerate([1, 1e6, 1]):
        error = np.nanmean((predicted[:, k] - GAPPY[:, k]) ** 2)
        assert error < 0.05 * scale**2


@uninformative
@pytest.mark.parametrize("X", [np.ones((60, 2)), NOISE[:, :1] * 0], ids=["ones", "zeros"])
@pytest.mark.parametrize("share", [0.5, 0.1])
def test_without_any_information_the_base_rate_is_predicted(X, share):
    y = (np.arange(60) < share * 60).astype(int)
    proba = ShallowNetClassifier(random_state=0).fit(X, y).predict_proba(X)[:, 1]
    np.testing.assert_allclose(proba, share, atol=0.02)


@uninformative
@pytest.mark.parametrize("hidden", [(), (100,)], ids=str)
@pytest.mark.parametrize("loss", ["squared_error", "poisson", "gamma"])
def test_without_any_information_the_mean_is_predicted(loss, hidden):
    net = ShallowNetRegressor(hidden, loss=loss, random_state=0).fit(np.ones((442, 1)), y_diabetes)
    np.testing.assert_allclose(net.predict([[1.0]]), y_diabetes.mean(), rtol=0.02)


@either
def test_the_unit_of_a_column_does_not_matter(estimator):
    """Standardised columns are the same bits for powers of two, and for others but for rounding."""
    y = (NOISE[:, 0] * NOISE[:, 1] > 0).astype(int)
    net = estimator(20, random_state=0)
    expected = clone(net).fit(NOISE, y)
    for base, rtol in ((2.0 ** np.arange(-40, 41, 16), 1e-12), (np.logspace(-12, 12, 6), 1e-3)):
        found = clone(net).fit(NOISE * base, y)
        assert found.alpha_ == pytest.approx(expected.alpha_, rel=rtol, abs=0)
        np.testing.assert_allclose(
            found.predict(NOISE * base), expected.predict(NOISE), rtol=rtol, atol=rtol
        )


# Nothing set: how well it learns ------------------------------------------------------------------


def held_out(X, y, seed, **stratify):
    return train_test_split(X, y, test_size=0.3, random_state=seed, **stratify)


def entropy(y):
    share = np.bincount(y) / len(y)
    return -(share * np.log(share)).sum()


@uninformative
@pytest.mark.parametrize(
    ("shape", "excess"), [((1000, 20), 0.012), ((200, 5), 0.03), ((300, 100), 0.03)], ids=str
)
def test_labels_at_random_get_about_the_base_rate(shape, excess):
    losses = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        X, new_X = rng.normal(size=shape), rng.normal(size=(4000, shape[1]))
        y, new_y = ((rng.random(len(rows)) < 0.3).astype(int) for rows in (X, new_X))
        net = ShallowNetClassifier(random_state=seed).fit(X, y)
        losses.append(log_loss(new_y, net.predict_proba(new_X)) / entropy(new_y))
    assert np.mean(losses) < 1 + excess  # of MLPClassifier 0.4, 0.08, 1.1


@uninformative
@pytest.mark.parametrize("n_samples", [300, 1000])
def test_what_can_hardly_be_known_is_not_made_up(n_samples):
    """A network with a fiftieth of the variance to learn is hardly worse than the mean."""
    errors = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        X, new_X = rng.normal(size=(n_samples, 10)), rng.normal(size=(4000, 10))
        known = [0.1 * (rows[:, 0] + rows[:, 1] * rows[:, 2]) for rows in (X, new_X)]
        net = ShallowNetRegressor(random_state=0).fit(X, known[0] + rng.normal(size=n_samples))
        errors.append(np.mean((net.predict(new_X) - known[1]) ** 2))
    assert np.mean(errors) < 0.05  # 0.02 of the mean


def test_many_classes_are_learned_with_the_squared_error():
    """The first decay suits the variance of a label that one of many samples has."""
    rng, y = np.random.default_rng(0), np.repeat(np.arange(100), 5)
    X = rng.uniform(-10, 10, size=(100, 10))[y] + rng.normal(size=(len(y), 10))
    net = ShallowNetClassifier(loss="squared_error", random_state=0).fit(X, y)
    assert net.score(X, y) > 0.95  # 0.1 with the first decay of a likelihood


def test_a_rare_class_is_not_lost():
    settings = {"n_informative": 8, "weights": [0.97], "flip_y": 0.01, "class_sep": 1.5}
    accuracies, losses = [], []
    for seed in range(4):
        X, y = make_classification(2000, 20, random_state=seed, **settings)
        train, test, y_train, y_test = held_out(X, y, seed, stratify=y)
        net = ShallowNetClassifier(random_state=seed).fit(train, y_train)
        accuracies.append(balanced_accuracy_score(y_test, net.predict(test)))
        losses.append(log_loss(y_test, net.predict_proba(test)) / entropy(y_test))
    assert np.mean(accuracies) > 0.7  # 0.5 is the majority
    assert np.mean(losses) < 0.85


# MLPClassifier stops before it has converged.
unconverged_peers = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")


@unconverged_peers
@pytest.mark.parametrize(
    ("load", "n_splits", "share"),
    [
        (load_iris, 4, 0.7),
        (load_wine, 4, 0.9),
        (load_breast_cancer, 4, 1.15),
        (load_digits, 2, 0.95),
    ],
)
def test_the_held_out_loss_of_raw_columns_is_that_of_the_peer_on_scaled_ones_or_less(
    load, n_splits, share
):
    X, y = load(return_X_y=True)
    losses = []
    for seed in range(n_splits):
        train, test, y_train, y_test = held_out(X, y, seed, stratify=y)
        peer = make_pipeline(StandardScaler(), MLPClassifier(random_state=seed))
        nets = ShallowNetClassifier(random_state=seed), peer
        losses.append([log_loss(y_test, n.fit(train, y_train).predict_proba(test)) for n in nets])
    ours, theirs = np.mean(losses, axis=0)
    assert ours < share * theirs


@unconverged_peers
@pytest.mark.parametrize(
    ("data", "gain"),
    [
        (load_diabetes(return_X_y=True), 0.02),
        (make_friedman1(400, noise=1.0, random_state=0), 0.03),
    ],
    ids=["diabetes", "friedman"],
)
def test_a_raw_target_is_learned_better_than_a_scaled_one_by_the_peer(data, gain):
    scores = []
    for seed in range(4):
        train, test, y_train, y_test = held_out(*data, seed)
        peer = make_pipeline(StandardScaler(), MLPRegressor(random_state=seed))
        peer = TransformedTargetRegressor(peer, transformer=StandardScaler())
        nets = ShallowNetRegressor(random_state=seed), peer
        scores.append([net.fit(train, y_train).score(test, y_test) for net in nets])
    ours, theirs = np.mean(scores, axis=0)
    assert ours > theirs + gain
