"""Control over training: when it stops, how its steps move, what it goes on with, who is told."""

import copy
import itertools
import logging
import math
import pickle
import re
import warnings
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
import sklearn
from memory import peak_memory
from nets import (
    SOLVERS,
    STOCHASTIC,
    assert_same_weights,
    in_double,
    plain,
    plain_regressor,
    stochastic,
)
from numerical import check_gradient
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_wine,
    make_multilabel_classification,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from spies import spied
from watch import Watch, needs_callbacks

from sklearn_shallow import SGD, Activation, Adam, LogLoss, ShallowNetRegressor
from sklearn_shallow.estimators.training.history import History
from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.network.activations import get_activation
from sklearn_shallow.network.dropout import ActivationWithDropout, Dropout, drop, mask_like
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.objective import formula as _objective
from sklearn_shallow.objective.epochs import Epoch
from sklearn_shallow.objective.formula import Objective
from sklearn_shallow.solvers.registry import SOLVERS as REGISTERED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_wine(return_X_y=True)
X_cancer, y_cancer = load_breast_cancer(return_X_y=True)
PARTS = (np.arange(569) % 3 > 0, np.arange(569) % 3 == 0)
TRAIN, HELD = np.arange(0, len(y), 2), np.arange(1, len(y), 2)
# A target of the regressor, far from zero.
amounts = 5000 + 300 * X[:, 9] + 200 * np.sin(X[:, 0])


ESTIMATORS = ["classifier", "regressor"]
either = pytest.mark.parametrize("make", [plain, plain_regressor], ids=ESTIMATORS)
both = pytest.mark.parametrize(
    ("make", "y"), [(plain, y), (plain_regressor, amounts)], ids=ESTIMATORS
)
both_scored = pytest.mark.parametrize(
    ("make", "y", "scoring"),
    [(plain, y, "accuracy"), (plain_regressor, amounts, "r2")],
    ids=ESTIMATORS,
)


def outputs(net, rows):
    """Return probabilities, or predictions in spreads of the target."""
    return net.predict_proba(rows) if is_classifier(net) else net.predict(rows) / amounts.std()


def raw_output(net, rows):
    return net.decision_function(rows) if is_classifier(net) else net.predict(rows)[:, np.newaxis]


# Early stopping: on which rows --------------------------------------------------------------------


def validated(y, *, make=plain, numbers=None, arguments=None, **settings):
    """Return the numbers of the rows that a fit validates on."""
    seen = []

    def scorer(net, X, y, sample_weight=None):
        seen.append(X[:, 0].astype(int))
        return 0.0

    numbers = np.arange(y.shape[0]) if numbers is None else numbers
    net = make(early_stopping=True, scoring=scorer, max_iter=1, **settings)
    net.fit(np.c_[numbers, numbers % 7], y, **(arguments or {}))
    return seen[0]


@pytest.mark.parametrize("fraction", [0.1, 0.3])
@pytest.mark.parametrize(
    "counts",
    [
        *([50, 50], [90, 10], [50, 5], [50, 2], [100, 1], [3, 3]),
        *([40, 30, 30], [20, 10, 3], [60, 2, 2], [30, 30, 1], [30, 1, 1, 8]),
    ],
    ids=str,
)
def test_every_class_is_in_both_parts_wherever_the_counts_permit(counts, fraction):
    y = np.repeat(np.arange(len(counts)), counts)
    several = set(np.flatnonzero(np.array(counts) > 1))
    for seed in range(5):
        held = validated(y, validation_fraction=fraction, random_state=seed)
        assert len(held) == pytest.approx(max(1, fraction * len(y)), abs=1)
        assert set(np.delete(y, held)) == set(y)
        assert set(y[held]) <= several
        if len(held) >= len(several):
            assert set(y[held]) == several


@pytest.mark.parametrize("counts", [[300, 100], [200, 100, 60, 40]], ids=str)
def test_the_classes_have_the_same_shares_in_both_parts(counts):
    y = np.repeat(np.arange(len(counts)), counts)
    held = validated(y, validation_fraction=0.2)
    np.testing.assert_allclose(np.bincount(y[held]), np.array(counts) / 5, atol=1)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_multilabel_rows_are_split_too(kind):
    _, Y = make_multilabel_classification(80, 6, n_classes=3, random_state=0)
    held = validated(kind(Y), validation_fraction=0.25)
    assert len(set(held)) == len(held) == 20


@both
def test_rows_of_weight_zero_are_not_validated_on(make, y):
    weight = (np.arange(len(y)) % 3 > 0).astype(float)
    held = validated(y, make=make, arguments={"sample_weight": weight}, validation_fraction=0.2)
    assert weight[held].all()


def test_a_fraction_of_one_row_per_class_names_the_parameter():
    with pytest.raises(ValueError, match="validation_fraction"):
        plain(early_stopping=True).fit(X[:4], np.arange(4))


@both
@pytest.mark.parametrize("fraction", [np.float32(0.25), np.float64(0.25)])
def test_a_fraction_may_be_a_float_of_numpy(make, y, fraction):
    expected = validated(y, make=make, validation_fraction=0.25)
    np.testing.assert_array_equal(validated(y, make=make, validation_fraction=fraction), expected)


@both
@pytest.mark.parametrize("solver", SOLVERS)
def test_weights_of_the_validation_rows_count_rows(make, y, solver):
    given = {"X_val": X[HELD], "y_val": y[HELD]}
    weight = np.arange(len(HELD)) % 3
    repeated = np.repeat(HELD, weight)
    net = make(solver=solver, early_stopping=True)
    weighted = net.fit(X[TRAIN], y[TRAIN], sample_weight_val=weight, **given)
    weighted = weighted.history_["validation_loss"]
    net.fit(X[TRAIN], y[TRAIN], X_val=X[repeated], y_val=y[repeated])
    np.testing.assert_allclose(weighted, net.history_["validation_loss"], rtol=1e-5)


@both
@pytest.mark.parametrize("train_as", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_dense_and_sparse_validation_rows_are_validated_alike(make, y, solver, train_as):
    losses = []
    for kind in (np.asarray, sparse.csr_matrix):
        net = make(solver=solver, early_stopping=True)
        net.fit(train_as(X[TRAIN]), y[TRAIN], X_val=kind(X[HELD]), y_val=y[HELD])
        losses.append(net.history_["validation_loss"])
    np.testing.assert_allclose(*losses, rtol=1e-4)


@both
def test_validation_rows_go_through_a_pipeline(make, y):
    scaler = StandardScaler().fit(X[TRAIN])
    settings = {"early_stopping": True, "standardize": False}
    alone = make(**settings)
    alone.fit(scaler.transform(X[TRAIN]), y[TRAIN], X_val=scaler.transform(X[HELD]), y_val=y[HELD])
    with sklearn.config_context(enable_metadata_routing=True):
        net = make(**settings).set_fit_request(X_val=True, y_val=True)
        steps = [("scale", StandardScaler()), ("net", net)]
        pipeline = Pipeline(steps, transform_input=["X_val"])
        pipeline.fit(X[TRAIN], y[TRAIN], X_val=X[HELD], y_val=y[HELD])
    inner = pipeline.named_steps["net"]
    np.testing.assert_allclose(
        inner.history_["validation_loss"], alone.history_["validation_loss"], rtol=1e-6
    )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"X_val": X}, "y_val"),
        ({"y_val": y}, "X_val"),
        ({"sample_weight_val": np.ones(3)}, "sample_weight_val"),
        ({"X_val": X[:, :4], "y_val": y}, "features"),
        ({"X_val": X, "y_val": y + 7}, "classes"),
        ({"X_val": X, "y_val": y, "sample_weight_val": np.zeros(len(y))}, "weight"),
    ],
)
def test_validation_rows_that_cannot_be_used_are_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        plain(early_stopping=True).fit(X, y, **arguments)


@pytest.mark.parametrize("scoring", ["loss", "accuracy"])
def test_validation_rows_that_all_weigh_nothing_are_refused(scoring):
    net = plain(early_stopping=True, scoring=scoring, class_weight={0: 0.0})
    with pytest.raises(ValueError, match="weight"):
        net.fit(X, y, X_val=X[:9], y_val=y[:9])


# Early stopping: on what --------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [None, np.linspace(0.5, 2, len(HELD))])
@pytest.mark.parametrize("scoring", ["loss", "accuracy", "neg_brier_score"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_best_score_is_that_of_the_returned_parameters(solver, scoring, weight):
    X_train, X_val, y_train, y_val = (a[part] for a in (X_cancer, y_cancer) for part in PARTS)
    weight = None if weight is None else np.resize(weight, len(y_val))
    settings = {"early_stopping": True, "scoring": scoring, "max_iter": 30, "alpha": 0.0}
    net = plain(solver=solver, **stochastic(solver, learning_rate_init=0.03), **settings)
    net.fit(X_train, y_train, X_val=X_val, y_val=y_val, sample_weight_val=weight)
    if scoring == "loss":
        watched = [-loss for loss in net.history_["validation_loss"]]
        found = -log_loss(y_val, net.predict_proba(X_val), sample_weight=weight)
    else:
        watched = net.history_["validation_score"]
        scorer = sklearn.metrics.get_scorer(scoring)
        found = scorer(net, X_val, y_val, sample_weight=weight)
    assert net.best_validation_score_ == max(watched) == pytest.approx(found, rel=1e-5)
    assert net.best_iteration_ == np.argmax(watched) + 1


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_loss_is_that_of_the_returned_parameters(solver):
    net = plain(solver=solver, early_stopping=True, standardize=False, alpha=0.7, max_iter=40)
    Z = StandardScaler().fit_transform(X)
    net.fit(Z[TRAIN], y[TRAIN], X_val=Z[HELD], y_val=y[HELD])
    squares = sum((W**2).sum() for W in net.coefs_)
    expected = log_loss(y[TRAIN], net.predict_proba(Z[TRAIN])) + 0.35 * squares / len(TRAIN)
    assert net.loss_ == pytest.approx(expected, rel=1e-6)


@either
@pytest.mark.parametrize("solver", SOLVERS)
def test_training_ends_when_the_validation_rows_say_so(make, solver):
    rng = np.random.default_rng(0)
    noise, labels = rng.normal(size=(60, 20)), rng.integers(0, 2, 60)
    settings = {"early_stopping": True, "hidden_layer_sizes": 30, "alpha": 0.0, "max_iter": 500}
    net = make(solver=solver, n_iter_no_change=4, tol=0.0, **settings).fit(noise, labels)
    assert net.n_iter_ == net.best_iteration_ + 4 < 500


def test_a_callable_scorer_gets_the_rows_as_they_were_given():
    labels = np.array(["one", "two", "three"])[y]
    seen = []

    def scorer(net, X, y):
        seen.append((X, y, net.predict(X)))
        return accuracy_score(y, net.predict(X))

    net = plain(early_stopping=True, scoring=scorer)
    net.fit(X[TRAIN], labels[TRAIN], X_val=X[HELD], y_val=labels[HELD])
    for rows, their_labels, predicted in seen:
        np.testing.assert_array_equal(rows, X[HELD])
        np.testing.assert_array_equal(their_labels, labels[HELD])
        assert set(predicted) <= set(labels)


class Rate:
    """Scores in every form that a callable can have."""

    def __call__(self, net, X, y, penalty=0.0):
        return accuracy_score(y, net.predict(X)) - penalty

    def weighted(self, net, X, y, **kwargs):
        assert set(kwargs) == {"sample_weight"}
        return self(net, X, y)


@pytest.mark.parametrize(
    "scoring",
    [
        Rate(),
        Rate().__call__,
        Rate().weighted,
        partial(Rate(), penalty=0.1),
        partial(lambda net, X, y, k, sample_weight=None: k * len(sample_weight), k=2),
        sklearn.metrics.make_scorer(sklearn.metrics.max_error, greater_is_better=False),
        "neg_max_error",  # a metric without weights
        "neg_mean_squared_error",
        None,
    ],
)
def test_weights_are_passed_to_the_scorers_that_take_them(scoring):
    net = plain(early_stopping=True, scoring=scoring)
    assert np.isfinite(net.fit(X, y, sample_weight=np.ones(len(y))).best_validation_score_)


@both_scored
def test_columns_with_names_are_scored_without_a_warning(make, y, scoring):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=[f"column {i}" for i in range(X.shape[1])])
    net = make(early_stopping=True, scoring=scoring).fit(frame, y)
    other = make(early_stopping=True, scoring=scoring).fit(X, y)
    assert net.history_["validation_score"] == other.history_["validation_score"]


@both
def test_a_score_that_is_not_a_number_is_no_improvement(make, y):
    net = make(early_stopping=True, scoring=lambda net, X, y: next(scores), n_iter_no_change=3)
    scores = itertools.chain([0.5], itertools.repeat(math.nan))
    assert net.set_params(max_iter=50).fit(X, y).n_iter_ == 1 + 3
    assert net.best_iteration_ == 1


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize("scoring", [None, "r2", lambda net, X, y: -math.inf])
def test_a_score_that_the_validation_rows_do_not_have_is_refused(scoring):
    net = plain_regressor(early_stopping=True, scoring=scoring)
    with pytest.raises(ValueError, match=r"n_samples=1\..*validation_fraction.*scoring='loss'"):
        net.fit(X[:8], X[:8, 0])
    net.set_params(scoring="loss").fit(X[:8], X[:8, 0])
    net.set_params(scoring="neg_mean_absolute_error").fit(X[:8], X[:8, 0])


@both
def test_partial_fit_leaves_no_best_score_of_other_parameters(make, y):
    net = make(early_stopping=True).fit(X, y)
    net.set_params(early_stopping=False, learning_rate_init=1.0).partial_fit(X, y)
    assert getattr(net, "best_validation_score_", None) is None
    assert getattr(net, "best_iteration_", net.n_iter_) == net.n_iter_


def test_a_fit_that_ends_far_above_its_start_says_which_iteration_it_returns():
    def growing(done):
        return 1.0 if done < 0.3 else 50.0

    # Gradient descent on a parabola, where every step but the first ones grows by a fixed factor:
    # how the descent ends does not depend on rounding.
    settings = {"solver": "sgd", "momentum": 0.0, "batch_size": "full", "max_iter": 20}
    net = plain_regressor(
        hidden_layer_sizes=(), learning_rate=growing, learning_rate_init=0.01, **settings
    )
    with pytest.warns(ConvergenceWarning, match="far above its initial loss"):
        net.fit(X, amounts)
    # The loss of a full batch is that before the step, after as many iterations as its index.
    assert net.best_iteration_ == np.argmin(net.loss_curve_)
    assert net.loss_ == pytest.approx(min(net.loss_curve_), rel=1e-6)
    assert net.best_iteration_ < net.n_iter_


@pytest.mark.filterwarnings("error")
def test_small_steps_are_kept_although_the_decay_that_is_found_makes_their_penalty_large():
    X, y = load_diabetes(return_X_y=True)
    net = ShallowNetRegressor(learning_rate_init=3e-4, random_state=0).fit(X, y)
    assert net.score(X, y) > 0.5


# History ------------------------------------------------------------------------------------------

ALWAYS = {"loss", "data_loss", "alpha", "learning_rate", "gradient_norm", "seconds"}


@both
@pytest.mark.parametrize(
    ("settings", "more"),
    [
        ({}, set()),
        ({"early_stopping": True}, {"validation_loss"}),
        ({"early_stopping": True, "scoring": None}, {"validation_loss", "validation_score"}),
    ],
)
@pytest.mark.parametrize("solver", SOLVERS)
def test_history_has_an_entry_per_iteration(make, y, solver, settings, more):
    net = make(solver=solver, max_iter=4, warm_start=True, **settings)
    for n_fits in (1, 2, 3):
        net.fit(X, y)
        assert set(net.history_) == ALWAYS | more
        assert {len(entries) for entries in net.history_.values()} == {4 * n_fits}
        assert net.n_iter_ == 4
    assert net.loss_curve_ == net.history_["loss"]
    assert np.isnan(net.history_["learning_rate"]).all() == (solver not in STOCHASTIC)
    assert (np.diff(net.history_["seconds"][:4]) >= 0).all()


@both
def test_history_is_new_without_a_warm_start(make, y):
    assert len(make().fit(X, y).fit(X, y).history_["loss"]) == 5


@both
def test_history_says_where_nothing_was_measured(make, y):
    net = make(max_iter=2, warm_start=True).fit(X, y)
    net.set_params(early_stopping=True).fit(X, y)
    net.set_params(early_stopping=False).partial_fit(X, y)
    assert {len(entries) for entries in net.history_.values()} == {5}
    measured = np.isfinite(net.history_["validation_loss"])
    assert measured.tolist() == [False, False, True, True, False]


@both
def test_a_history_is_that_of_one_estimator(make, y):
    net = make(max_iter=2).fit(X, y).partial_fit(X, y)
    seen, twin = net.history_, copy.copy(net)
    first = net.partial_fit(X, y).loss_
    others = [twin, pickle.loads(pickle.dumps(twin)), copy.deepcopy(twin)]
    for part in (slice(0, None, 2), slice(1, None, 2)):
        for other in others:
            other.partial_fit(X[part], y[part])
    assert len(seen["loss"]) == 3
    assert net.history_["loss"] == [*seen["loss"], first]
    for other in others:
        np.testing.assert_equal(other.history_, others[0].history_)
        assert other.history_["loss"][:3] == seen["loss"]
        assert other.history_["loss"][4] == other.loss_ != first
        assert {len(entries) for entries in other.history_.values()} == {5}


@both
def test_a_pass_over_new_samples_copies_no_history(make, y):
    net = make(max_iter=1).fit(X, y)
    many = History({name: values * 500_000 for name, values in net.history_.items()})
    net._networks = [replace(net._networks[0], history=many)]
    net.partial_fit(X, y)
    assert peak_memory(net.partial_fit, X, y, enough=5e6) < 5e6
    assert {len(entries) for entries in net.history_.values()} == {len(net.loss_curve_)}


# Learning rate ------------------------------------------------------------------------------------


def flat_cosine(done):
    return (1 + math.cos(math.pi * max(0.0, 4 * done - 3))) / 2


FACTORS = {
    "constant": lambda epoch: 1.0,
    "invscaling": lambda epoch: (epoch + 1) ** -0.7,
    "flat_cosine": lambda epoch: flat_cosine(epoch / 10),
}


@both
@pytest.mark.parametrize("solver", STOCHASTIC)
@pytest.mark.parametrize("name", FACTORS)
def test_schedules_follow_their_formulas(make, y, name, solver):
    power = {"power_t": 0.7} if name == "invscaling" else {}
    net = make(solver=solver, learning_rate=name, learning_rate_init=0.02, max_iter=10, **power)
    rates = net.fit(X, y).history_["learning_rate"]
    np.testing.assert_allclose(rates, [0.02 * FACTORS[name](epoch) for epoch in range(10)])


@both
def test_a_function_is_a_schedule(make, y):
    net = make(learning_rate=lambda done: 1 - done / 2, learning_rate_init=0.02, max_iter=4)
    rates = net.fit(X, y).history_["learning_rate"]
    np.testing.assert_allclose(rates, [0.02, 0.0175, 0.015, 0.0125])


def test_the_rate_moves_within_an_epoch(monkeypatch):
    rates = spied(monkeypatch, REGISTERED["sgd"], "update", lambda *args: args[-1])
    plain(solver="sgd", learning_rate="flat_cosine", batch_size=45, max_iter=3).fit(X, y)
    np.testing.assert_allclose(rates, [0.003 * flat_cosine(step / 12) for step in range(12)])


def without_improvement(**settings):
    """Return a net for which, after the first, no epoch is an improvement."""
    return plain(tol=10.0, max_iter=100, learning_rate_init=0.5, solver="sgd", **settings)


def test_adaptive_divides_by_five_after_two_bad_epochs_and_ends_the_fit():
    net = without_improvement(learning_rate="adaptive").fit(X, y)
    steps = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    np.testing.assert_allclose(net.history_["learning_rate"], 0.5 / 5.0**steps)


@both
@pytest.mark.filterwarnings("ignore:No effect. n_iter_no_change=4 with learning_rate='adaptive'")
def test_the_rate_stays_while_epochs_improve(make, y):
    net = make(learning_rate="adaptive", tol=0.0, max_iter=15, n_iter_no_change=4).fit(X, y)
    assert (np.diff(net.history_["loss"]) < 0).all()
    assert set(net.history_["learning_rate"]) == {0.003}


@both
def test_adaptive_listens_to_the_validation_rows(make, y):
    settings = {"early_stopping": True, "scoring": lambda net, X, y: 0.0, "max_iter": 4}
    net = make(learning_rate="adaptive", tol=0.0, **settings).fit(X, y)
    np.testing.assert_allclose(net.history_["learning_rate"], [0.003, 0.003, 0.003, 0.0006])


# Steps --------------------------------------------------------------------------------------------


def test_a_step_is_no_longer_than_the_longest_gradient_allows():
    Z, W, b = StandardScaler().fit_transform(X), [np.zeros((13, 3))], [np.zeros(3)]
    settings = {"batch_size": "full", "learning_rate_init": 0.5, "max_iter": 1}
    solver = SGD(momentum=0.0, clip_norm=0.25)
    net = plain(hidden_layer_sizes=(), solver=solver, standardize=False, **settings)
    net.fit(Z, y, coef_init=W, intercept_init=b)
    moved = np.concatenate([net.coefs_[0].ravel(), net.intercepts_[0]])
    assert net.history_["gradient_norm"][0] > 2 * 0.25
    assert np.linalg.norm(moved) == pytest.approx(0.5 * 0.25)


@both
def test_a_limit_that_is_not_reached_changes_nothing(make, y):
    free = make(batch_size=40).fit(X, y)
    assert_same_weights(free, make(batch_size=40, solver=Adam(clip_norm=1e6)).fit(X, y))


# Dropout ------------------------------------------------------------------------------------------


class FixedRandom:
    """A generator whose numbers are the same at every call."""

    def random(self, shape, dtype):
        return np.random.default_rng(3).random(shape, dtype=dtype)


@pytest.fixture(params=[np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def noisy(request):
    """An objective under dropout of inputs and hidden units, with masks that stay the same."""
    rng = np.random.default_rng(0)
    rows = np.c_[rng.normal(size=(12, 4)) * (rng.random((12, 4)) < 0.7), np.ones(12)]
    Y = np.eye(3)[np.arange(12) % 3]
    network = Network(Layout((4, 5, 6, 3)), [get_activation("tanh"), get_activation("silu")])
    weight = rng.uniform(0.5, 2, 12)
    arguments = (
        network,
        LogLoss().on(LINKS["softmax"]),
        request.param(rows),
        Y,
        weight,
    )
    noise = Dropout(network, (0.3, 0.5, 0.2), FixedRandom())
    return Objective(*arguments, alpha=0.4, noise=noise)


@pytest.mark.parametrize("n_batches", [1, 3])
def test_the_gradient_of_an_epoch_is_that_of_the_noisy_objective(noisy, n_batches):
    rng = np.random.default_rng(1)
    theta, gradient = rng.normal(size=noisy.n_params), np.empty(noisy.n_params)

    def epoch(theta):
        epoch = noisy.epoch(theta, gradient, np.arange(12), n_batches)
        gradients = [gradient.copy() for _ in epoch]
        return epoch.value, np.mean(gradients, axis=0)

    value, total = epoch(theta)
    assert abs(value - noisy.value(theta)) > 0.01
    check_gradient(lambda theta: epoch(theta)[0], total, theta, rng)


def test_value_and_gradient_on_all_rows_have_no_noise(noisy):
    rng = np.random.default_rng(1)
    theta = rng.normal(size=noisy.n_params)
    value, gradient = noisy.value_and_gradient(theta)
    assert value == pytest.approx(noisy.value(theta))
    check_gradient(noisy.value, gradient, theta, rng)


def gradient_of_an_epoch(objective, theta, n_batches=3):
    gradient = np.empty(objective.n_params)
    order = np.arange(objective.n_rows)
    gradients = [gradient.copy() for _ in objective.epoch(theta, gradient, order, n_batches)]
    return np.mean(gradients, axis=0)


@pytest.mark.parametrize("n_batches", [1, 3])
def test_a_copy_with_another_decay_has_it_under_dropout(noisy, n_batches):
    theta = np.random.default_rng(1).normal(size=noisy.n_params)
    none, much = (gradient_of_an_epoch(noisy.with_alpha(a), theta, n_batches) for a in (0.0, 7.0))
    decay = noisy.with_alpha(7.0).l2
    assert decay.any()
    np.testing.assert_allclose(much - none, decay * theta, atol=1e-12)


COPIES = {
    "with_alpha": lambda objective: objective.with_alpha(0.4),
    "with_loss": lambda objective: objective.with_loss(objective.loss),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("name", COPIES)
def test_every_copy_of_an_objective_carries_the_dropout(noisy, name):
    theta = np.random.default_rng(1).normal(size=noisy.n_params)
    other = COPIES[name](noisy)
    quiet = copy.copy(other)
    quiet.noise = None
    found, without = (gradient_of_an_epoch(each, theta) for each in (other, quiet))
    assert np.abs(found - without).max() > 0.01
    np.testing.assert_allclose(found, gradient_of_an_epoch(noisy, theta), atol=1e-12)


@both
def test_the_decay_under_dropout_is_the_one_that_is_found(make, y, monkeypatch):
    seen = []

    class Watched(Epoch):
        def __init__(self, objective, *args):
            seen.append((objective.alpha, objective.l2.max() * objective.total_weight))
            super().__init__(objective, *args)

    monkeypatch.setattr(_objective, "Epoch", Watched)
    net = make(dropout=0.2, alpha="evidence", batch_size=40, max_iter=20)
    net.fit(X, y)
    decays = list(dict.fromkeys(float(alpha) for alpha, _ in seen))
    assert len(decays) > 1
    assert decays[-1] == net.alpha_
    assert [l2 for _, l2 in seen] == pytest.approx([float(alpha) for alpha, _ in seen])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_masks_lose_that_share_and_keep_the_expected_value(rate, dtype):
    mask = mask_like(np.empty((400, 500), dtype), rate, np.random.default_rng(0))
    assert mask.dtype == dtype
    assert (mask == 0).mean() == pytest.approx(rate, abs=0.01)
    assert mask.mean(dtype=float) == pytest.approx(1, abs=0.02)


def test_units_keep_their_expected_output():
    Z = np.linspace(-2, 2, 6).reshape(2, 3)
    activation = ActivationWithDropout(get_activation("tanh"), 0.4, np.random.default_rng(0))
    total, out = np.zeros_like(Z), np.empty_like(Z)
    for _ in range(4000):
        activation.forward(Z.copy(), out)
        total += out
    np.testing.assert_allclose(total / 4000, np.tanh(Z), atol=0.06)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_the_column_of_ones_is_never_lost(kind):
    rows = np.ones((50, 4))
    rows[::3, 1] = 0
    given = kind(rows)
    lost = drop(given, 0.5, np.random.default_rng(0))
    dense = lost.toarray() if sparse.issparse(lost) else lost
    np.testing.assert_array_equal(dense[:, -1], 1)
    assert set(dense[:, :-1].ravel()) == {0.0, 2.0}
    np.testing.assert_array_equal(given.toarray() if sparse.issparse(given) else given, rows)


@both
@pytest.mark.parametrize("dropout", [0.5, (0.3, 0.0), (0.2, 0.5)])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("batch_size", [40, "full"])
def test_dropout_changes_training_and_not_prediction(make, y, dropout, kind, batch_size):
    rows = kind(X)
    settings = {"batch_size": batch_size, "max_iter": 30}
    net, plain = make(dropout=dropout, **settings).fit(rows, y), make(**settings).fit(rows, y)
    assert not np.array_equal(net.coefs_[0], plain.coefs_[0])
    np.testing.assert_array_equal(net.predict(rows), net.predict(rows))
    raw = np.maximum(X @ net.coefs_[0] + net.intercepts_[0], 0) @ net.coefs_[1]
    np.testing.assert_allclose(raw_output(net, rows), raw + net.intercepts_[1], rtol=1e-6)


@both
@pytest.mark.parametrize("dropout", [0, 0.0, (0.0, 0.0), [0, 0], np.zeros(2)], ids=repr)
@pytest.mark.parametrize("alpha", [1.0, "evidence"])
def test_a_dropout_of_zero_is_none(make, y, dropout, alpha):
    settings = {"batch_size": 40, "alpha": alpha}
    plain = make(**settings).fit(X, y)
    assert_same_weights(plain, make(**settings, dropout=dropout).fit(X, y))


def test_validation_is_without_dropout():
    net = plain(dropout=0.5, early_stopping=True)
    net.fit(X[TRAIN], y[TRAIN], X_val=X[HELD], y_val=y[HELD])
    loss = log_loss(y[HELD], net.predict_proba(X[HELD]))
    assert -net.best_validation_score_ == pytest.approx(loss, rel=1e-6)


@both
def test_dropout_moves_neither_initial_values_nor_order(make, y):
    settings = {"batch_size": 40, "learning_rate_init": 1e-12}
    one, two = (make(dropout=rate, **settings).fit(X, y) for rate in (0.0, 0.5))
    np.testing.assert_allclose(one.coefs_[0], two.coefs_[0], atol=1e-8)
    # A rate that loses no unit leaves the order of the samples, at any length of the steps.
    one, two = (make(dropout=rate, batch_size=40).fit(X, y) for rate in (0.0, 1e-12))
    for a, b in zip(one.coefs_, two.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-7)


# Label smoothing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_smoothed_labels_are_what_the_probabilities_tend_to(n_classes):
    labels = np.arange(60) % n_classes
    net = plain(solver="lbfgs", alpha=0.0, loss=LogLoss(smoothing=0.2), max_iter=500, tol=1e-9)
    found = net.fit(np.eye(n_classes)[labels], labels).predict_proba(np.eye(n_classes))
    expected = 0.2 / n_classes + 0.8 * np.eye(n_classes)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_smoothed_multilabel_indicators():
    Y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    net = plain(solver="lbfgs", alpha=0.0, loss=LogLoss(smoothing=0.2), max_iter=500, tol=1e-9)
    found = net.fit(np.tile(Y, (9, 1)), np.tile(Y, (9, 1))).predict_proba(Y)
    np.testing.assert_allclose(found, 0.1 + 0.8 * Y, atol=1e-3)


def test_validation_is_on_the_labels_as_they_are():
    net = plain(loss=LogLoss(smoothing=0.3), early_stopping=True)
    net.fit(X[TRAIN], y[TRAIN], X_val=X[HELD], y_val=y[HELD])
    loss = log_loss(y[HELD], net.predict_proba(X[HELD]))
    assert -net.best_validation_score_ == pytest.approx(loss, rel=1e-6)


# Time, and options without effect -----------------------------------------------------------------


@both
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_time_is_limited(make, y, solver):
    with pytest.warns(ConvergenceWarning, match="max_time=1e-09") as caught:
        net = make(solver=REGISTERED[solver](max_time=1e-9), max_iter=1000).fit(X, y)
    assert len([warning for warning in caught if "reached max_time" in str(warning.message)]) == 1
    assert net.n_iter_ == 1


SET = {
    "batch_size": 10,
    "beta_1": 0.5,
    "beta_2": 0.5,
    "dropout": 0.5,
    "epsilon": 0.1,
    "learning_rate": "flat_cosine",
    "learning_rate_init": 0.1,
    "max_fun": 7,
    "momentum": 0.5,
    "nesterovs_momentum": False,
    "power_t": 0.1,
    "scoring": "accuracy",
    "shuffle": False,
    "validation_fraction": 0.5,
}
ALWAYS_IDLE = {
    "power_t",
    "scoring",
    "validation_fraction",
}  # with flat_cosine and no early stopping
IDLE = {
    "adam": ALWAYS_IDLE | {"max_fun", "momentum", "nesterovs_momentum"},
    "sgd": ALWAYS_IDLE | {"max_fun", "beta_1", "beta_2", "epsilon"},
    "lbfgs": {*SET} - {"max_fun"},
    "lm": set(SET),
}


def caught_when(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ConvergenceWarning)
        call()
    return [str(warning.message) for warning in caught]


@both
@pytest.mark.parametrize("solver", SOLVERS)
def test_one_warning_names_all_options_without_effect(make, y, solver):
    (message,) = caught_when(lambda: make(solver=solver, **SET).fit(X, y))
    idle = "".join(part.split(" with ")[0] for part in message.split(";"))
    assert {name for name in SET if f" {name}={SET[name]!r}" in idle} == IDLE[solver]


@both
@pytest.mark.parametrize("name", SET)
@pytest.mark.parametrize("solver", SOLVERS)
def test_no_warning_for_an_option_with_effect(make, y, solver, name):
    messages = caught_when(lambda: make(solver=solver, **{name: SET[name]}).fit(X, y))
    assert len(messages) == (name in IDLE[solver])


@both
@pytest.mark.parametrize("settings", [{"scoring": None}, {"validation_fraction": 0.2}])
def test_no_warning_where_early_stopping_uses_the_option(make, y, settings):
    assert not caught_when(lambda: make(early_stopping=True, **settings).fit(X, y))


@both
@pytest.mark.parametrize(
    "settings",
    [{"dropout": 0}, {"beta_2": np.float64(0.95)}, {"momentum": np.float64(0.9)}],
    ids=str,
)
def test_no_warning_for_a_default_of_another_type(make, y, settings):
    assert not caught_when(lambda: make(solver="lbfgs", **settings).fit(X, y))


# Warm start ---------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("batch_size", [50, "full"])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_ten_and_ten_epochs_are_twenty(make, y, solver, batch_size):
    settings = {"solver": in_double(solver), "batch_size": batch_size, "dropout": 0.2}
    twice = make(max_iter=10, warm_start=True, **settings).fit(X, y).fit(X, y)
    once = make(max_iter=20, **settings).fit(X, y)
    for a, b in zip(twice.coefs_, once.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(twice.loss_curve_, once.loss_curve_, rtol=1e-9)


@both
@pytest.mark.parametrize(
    ("solver", "change", "n_starts"),
    [
        ("adam", {}, 0),
        ("adam", {"learning_rate_init": 0.1, "alpha": 2.0, "batch_size": 20}, 0),
        ("adam", {"beta_1": 0.5}, 1),
        ("adam", {"beta_2": 0.5}, 1),
        ("adam", {"epsilon": 1e-3}, 1),
        ("adam", {"standardize": False}, 1),
        ("sgd", {}, 0),
        ("sgd", {"momentum": 0.5}, 1),
        ("sgd", {"nesterovs_momentum": False}, 1),
        ("adam", {"solver": "sgd"}, 1),
    ],
)
def test_the_state_of_the_solver_goes_on_if_nothing_it_depends_on_changed(
    make, y, solver, change, n_starts, monkeypatch
):
    net = make(solver=solver, warm_start=True, batch_size=30).fit(X, y)
    rules = {REGISTERED[solver], REGISTERED[change.get("solver", solver)]}
    starts = [spied(monkeypatch, rule, "start", lambda *_: "started") for rule in rules]
    net.set_params(**change).fit(X, y)
    assert sum(map(len, starts)) == n_starts


@pytest.mark.parametrize(
    ("rows", "labels", "settings", "named"),
    [
        (X, y, {"hidden_layer_sizes": (6,)}, "hidden_layer_sizes"),
        (X, y % 2, {}, "classes"),
        (X, y + 1, {}, "classes"),
        (X, 1 - np.eye(3, dtype=int)[y], {}, "classes"),
        (X[:, :4], y, {}, "features"),
    ],
)
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_warm_start_that_cannot_go_on_says_why(solver, rows, labels, settings, named):
    net = plain(solver=solver, warm_start=True).fit(X, y)
    before = net.predict_proba(X)
    with pytest.raises(ValueError, match=named):
        net.set_params(**settings).fit(rows, labels)
    np.testing.assert_array_equal(net.predict_proba(X), before)


@both
@pytest.mark.parametrize("solver", SOLVERS)
def test_patience_begins_anew(make, y, solver):
    net = make(solver=solver, warm_start=True, tol=10.0, n_iter_no_change=3, max_iter=50)
    for _ in range(3):
        assert net.fit(X, y).n_iter_ == 1 + 3


@both
@pytest.mark.parametrize("change", [{"standardize": False}, {"solver": Adam(dtype="float64")}, {}])
@pytest.mark.parametrize("rows", [X, X * 100, sparse.csr_matrix(X)], ids=["X", "100 X", "sparse"])
def test_a_warm_start_begins_with_the_function_of_the_last_fit(make, y, rows, change):
    net = make(warm_start=True, max_iter=50).fit(X, y)
    before = outputs(net, X)
    net.set_params(learning_rate_init=1e-9, max_iter=1, **change).fit(rows, y)
    np.testing.assert_allclose(outputs(net, X), before, atol=1e-3)


# partial_fit --------------------------------------------------------------------------------------


FITTED = {
    "nothing set": {},
    "sgd": {"solver": "sgd"},
    "Adam": {"solver": Adam(clip_norm=1.0)},
    "lbfgs": {"solver": "lbfgs"},
    "early stopping": {"early_stopping": "auto"},
    "warm start": {"warm_start": True},
    "not standardized": {"standardize": False},
}


@cache
def fitted_net(make, name):
    target = y if make is plain else amounts
    held_out = {"X_val": X, "y_val": target} if name == "early stopping" else {}
    return make(max_iter=30, **FITTED[name]).fit(X, target, **held_out)


@both
@pytest.mark.parametrize(
    "after",
    [
        *({}, {"standardize": True}, {"standardize": False}, {"solver": Adam(dtype="float64")}),
        *({"solver": "sgd"}, {"solver": SGD(clip_norm=1.0)}, {"early_stopping": False}),
        *({"warm_start": True}, {"batch_size": 7}, {"alpha": 100.0}, {"l1_ratio": 0.5}),
        *({"learning_rate": "adaptive"}, {"shuffle": False}, {"max_iter": 1}, {"dropout": 0.5}),
    ],
    ids=str,
)
@pytest.mark.parametrize("fitted", FITTED, ids=FITTED)
def test_partial_fit_goes_on_from_the_function_of_any_fit(make, y, fitted, after):
    before, net = FITTED[fitted], copy.deepcopy(fitted_net(make, fitted))
    proba, n_iter = outputs(net, X), net.n_iter_
    if before.get("solver") == "lbfgs":
        after = {"solver": "adam", **after}
    net.set_params(learning_rate_init=1e-9, **after)
    for n_passes in (1, 2):
        net.partial_fit(X, y)
        assert len(net.history_["loss"]) == net.n_iter_ == n_iter + n_passes
        np.testing.assert_allclose(outputs(net, X), proba, atol=1e-3)


def test_partial_fit_goes_on_with_other_class_weights():
    net = plain(max_iter=30).fit(X, y)
    proba = net.predict_proba(X)
    net.set_params(learning_rate_init=1e-9, class_weight={0: 5.0}).partial_fit(X, y)
    np.testing.assert_allclose(net.predict_proba(X), proba, atol=1e-3)


def test_partial_fit_with_sparse_rows_sees_what_dense_rows_show_or_nothing():
    net = plain(solver="lbfgs", max_iter=100).fit(X, y).set_params(solver="adam")
    loss = net.loss_
    with suppress(ValueError):
        net.set_params(standardize=False).partial_fit(sparse.csr_matrix(X), y)
    assert net.loss_ == pytest.approx(loss, abs=0.1)


# Initial values of the caller's -------------------------------------------------------------------


def given_function(seed, rows=X):
    """Return weights, biases, and the raw output that they have on the rows."""
    rng = np.random.default_rng(seed)
    W = [rng.normal(size=(13, 5)) / np.abs(X).max(axis=0)[:, np.newaxis], rng.normal(size=(5, 3))]
    b = [rng.normal(size=5), rng.normal(size=3)]
    return W, b, np.maximum(rows @ W[0] + b[0], 0) @ W[1] + b[1]


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_training_begins_at_the_given_values(solver, standardize, kind, warm_start):
    W, b, raw = given_function(0)
    settings = {"learning_rate_init": 1e-14, "max_iter": 1}
    net = plain(
        solver=in_double(solver), standardize=standardize, warm_start=warm_start, **settings
    )
    if warm_start:
        net.fit(kind(X), y)
    net.fit(kind(X), y, coef_init=W, intercept_init=b)
    np.testing.assert_allclose(net.decision_function(X), raw, atol=1e-6)
    np.testing.assert_allclose(net.coefs_[0], W[0], atol=1e-6)


def test_a_constant_column_has_its_effect_in_the_given_values():
    rows = X.copy()
    rows[:, 3] = 17.0
    W, b, raw = given_function(0, rows)
    net = plain(learning_rate_init=1e-12, max_iter=1, solver=Adam(dtype="float64"))
    net.fit(rows, y, coef_init=W, intercept_init=b)
    np.testing.assert_allclose(net.decision_function(rows), raw, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda W, b: (W[:1], b), "coef_init"),
        (lambda W, b: ([W[0].T, W[1]], b), "coef_init"),
        (lambda W, b: (W, [b[0], b[1][:2]]), "intercept_init"),
        (lambda W, b: (W, None), "intercept_init"),
        (lambda W, b: (None, b), "coef_init"),
        (lambda W, b: ([W[0] * np.nan, W[1]], b), "coef_init"),
    ],
)
def test_initial_values_that_do_not_fit_are_named(change, named):
    coef_init, intercept_init = change(*given_function(0)[:2])
    with pytest.raises(ValueError, match=named):
        plain().fit(X, y, coef_init=coef_init, intercept_init=intercept_init)


# Callbacks and the log ----------------------------------------------------------------------------


ENDS = {
    "max_iter": {"max_iter": 4},
    "tol": {"max_iter": 100, "tol": 10.0, "n_iter_no_change": 3},
    "max_time": {"max_iter": 100},
    "early stopping": {"max_iter": 100, "tol": 10.0, "n_iter_no_change": 3, "early_stopping": True},
}


@both
@needs_callbacks
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_callbacks_see_one_task_per_iteration(make, y, solver, end):
    watch = Watch()
    solver = REGISTERED[solver](max_time=1e-9) if end == "max_time" else solver
    net = make(solver=solver, **ENDS[end]).set_callbacks(watch).fit(X, y)
    watch.assert_tasks(net.n_iter_)
    if end in ("max_iter", "tol"):
        assert watch.scores[-1] == net.score(X, y)


@both
@needs_callbacks
def test_a_fit_that_fails_is_torn_down(make, y):
    watch = Watch()
    net = make(solver="sgd", learning_rate_init=1e30).set_callbacks(watch)
    with pytest.raises(ValueError, match="learning_rate_init"):
        net.fit(X, y)
    assert watch.events[-1] == "teardown"
    watch.events.clear()
    net.set_params(learning_rate_init=0.01).fit(X, y)
    watch.assert_tasks(5)


@both_scored
@needs_callbacks
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_last_monitored_score_is_that_of_the_net(make, y, scoring, solver):
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring=scoring)
    net = make(solver=solver).set_callbacks(monitor).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "iteration"]
    assert len(rows) == net.n_iter_ == 5
    assert rows[-1][scoring] == net.score(X, y)


@both
@pytest.mark.parametrize("solver", SOLVERS)
def test_log_and_scores_do_not_change_the_weights(make, y, solver, caplog):
    plain = make(solver=solver).fit(X, y)
    assert_same_weights(plain, make(solver=solver, verbose=2).fit(X, y))
    rising = iter(range(100))
    scored = make(solver=solver, early_stopping=True, scoring=lambda *_: next(rising))
    assert_same_weights(plain, scored.fit(X, y, X_val=X, y_val=y))


@both
@pytest.mark.parametrize(
    "settings", [{}, {"solver": "sgd", "learning_rate_init": 1e30, "batch_size": "full"}], ids=str
)
def test_without_logging_set_up_the_log_is_on_standard_error(
    make, y, settings, monkeypatch, capsys
):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logger = logging.getLogger("sklearn_shallow")
    before = list(logger.handlers), logger.level, logger.propagate, logger.disabled
    net = make(verbose=True, **settings)
    if settings:
        with pytest.raises(ValueError, match="learning_rate_init"):
            net.fit(X, y)
    else:
        net.fit(X, y)
    captured = capsys.readouterr()
    assert "epoch 1 of at most 5: loss" in captured.err
    assert captured.out == ""
    assert (list(logger.handlers), logger.level, logger.propagate, logger.disabled) == before


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_handler_of_the_users_is_left_alone(solver, caplog, capsys):
    logger = logging.getLogger("sklearn_shallow")
    before = list(logger.handlers), logger.level
    plain(solver=solver, verbose=True).fit(X, y)
    assert (list(logger.handlers), logger.level) == before
    assert capsys.readouterr().err == ""


@both
@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
def test_a_schedule_that_ends_at_max_iter_is_no_want_of_convergence(make, y):
    make(learning_rate="flat_cosine").fit(X, y)


@both
@pytest.mark.filterwarnings("ignore:No effect")
def test_a_schedule_excuses_no_solver_that_has_none(make, y):
    with pytest.warns(ConvergenceWarning, match="max_iter=3"):
        make(solver="lbfgs", max_iter=3, learning_rate="flat_cosine").fit(X, y)


@both
@pytest.mark.parametrize("warm", ["fit", "partial_fit"])
def test_weights_are_not_taken_over_under_another_activation(make, y, warm):
    net = make(warm_start=True).fit(X, y)
    before = outputs(net, X)
    net.set_params(activation="tanh")
    with pytest.raises(ValueError, match=r"activation='tanh'.*ReLU.*Set activation back.*clone"):
        getattr(net, warm)(X, y)
    np.testing.assert_array_equal(outputs(net, X), before)
    net.set_params(warm_start=False).fit(X, y)


@both
def test_the_same_activation_in_other_words_goes_on(make, y):
    net = make(warm_start=True, activation="sigmoid").fit(X, y)
    net.set_params(activation=["logistic"]).fit(X, y)
    assert len(net.loss_curve_) == 2 * net.n_iter_
    net = make(warm_start=True, activation=Activation(np.sin, np.cos)).fit(X, y)
    net.set_params(activation=Activation(np.sin, np.cos)).fit(X, y)
    assert len(net.loss_curve_) == 2 * net.n_iter_
    assert len(net.partial_fit(X, y).loss_curve_) == 2 * net.n_iter_ - 1


@both
@pytest.mark.parametrize("solver", REGISTERED)
def test_one_warning_says_which_parameter_to_change(make, y, solver):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        make(solver=solver, max_iter=2).fit(X, y)
    [warning] = caught
    assert warning.category is ConvergenceWarning
    assert re.search("^ShallowNet.*max_iter=2", str(warning.message))
    assert warning.filename == __file__
