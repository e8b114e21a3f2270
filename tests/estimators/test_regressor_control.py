"""Control over the regressor's training, as far as the target makes a difference.

What does not hang on the target is tested for both estimators in test_control.
"""

from copy import deepcopy
from functools import cache

import numpy as np
import pytest
from nets import STOCHASTIC, assert_same_weights, in_double, plain_regressor, stochastic
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import d2_tweedie_score, get_scorer, r2_score

from sklearn_shallow import SGD, Adam
from sklearn_shallow.losses.registry import REGRESSOR_LOSSES
from sklearn_shallow.solvers.registry import SOLVERS as REGISTERED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
N_ROWS = 120
X = rng.normal(size=(N_ROWS, 4))
signal = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2]
y = 1e4 + 30 * (signal + 0.1 * rng.normal(size=N_ROWS))
positive = np.exp(signal / 2)
TWO = np.column_stack([y, 1e-3 * X[:, 3] - 5])
GAPPY = np.where(rng.random(TWO.shape) < 0.2, np.nan, TWO)
TRAIN, HELD = np.arange(0, N_ROWS, 2), np.arange(1, N_ROWS, 2)
LOSSES = {name: {"loss": name} for name in REGRESSOR_LOSSES}
LOSSES["quantiles"] = {"loss": "quantile", "quantile": [0.1, 0.5, 0.9]}
TARGETS = {"one": y, "two": TWO, "two with gaps": GAPPY}

losses = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
for_every_loss = pytest.mark.parametrize("solver", [*STOCHASTIC, "lbfgs"])
DOUBLE = Adam(dtype="float64")
solvers = pytest.mark.parametrize("solver", list(REGISTERED))
targets = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


def net(**settings):
    return plain_regressor(**{"activation": "tanh", **settings})


def spreads(difference):
    """Return a difference of targets in spreads of these."""
    return difference / (TWO.std(axis=0) if difference.ndim == 2 else y.std())


def falling_score():
    """Return a scorer for which every call is worse than the one before."""
    scores = iter(range(1000, 0, -1))
    return lambda net, X, y: float(next(scores))


def standing_still(model, rows, target):
    """Go on with a warm start that improves nothing, and so returns what it began with."""
    model.set_params(early_stopping=True, scoring=falling_score(), warm_start=True)
    model.fit(rows, target, X_val=rows, y_val=target)
    assert model.best_iteration_ == 0
    return model


# Early stopping -----------------------------------------------------------------------------------


def minus_largest_error(net, X, y):
    return -np.abs(net.predict(X) - y).max()


SCORERS = ["loss", None, "r2", "neg_mean_absolute_error", minus_largest_error]


@pytest.mark.parametrize("weight", [None, np.linspace(0.5, 2, len(HELD))], ids=["plain", "weight"])
@pytest.mark.parametrize("scoring", SCORERS)
@solvers
def test_the_best_score_is_that_of_the_returned_parameters(solver, scoring, weight):
    settings = {"early_stopping": True, "scoring": scoring, "max_iter": 30, "alpha": 0.0}
    model = net(solver=solver, **stochastic(solver, learning_rate_init=0.03), **settings)
    model.fit(X[TRAIN], y[TRAIN], X_val=X[HELD], y_val=y[HELD], sample_weight_val=weight)
    weights = {"sample_weight": weight}
    if scoring == "loss":
        watched = [-loss for loss in model.history_["validation_loss"]]
        squares = ((model.predict(X[HELD]) - y[HELD]) / y[TRAIN].std()) ** 2
        found = -np.average(squares, weights=weight) / 2
    else:
        watched = model.history_["validation_score"]
        scorer = get_scorer("r2" if scoring is None else scoring)
        found = scorer(model, X[HELD], y[HELD], **({} if callable(scoring) else weights))
    assert model.best_validation_score_ == max(watched) == pytest.approx(found, rel=1e-5)
    assert model.best_iteration_ == np.argmax(watched) + 1


@solvers
def test_the_targets_to_validate_on_do_not_influence_training(solver):
    settings = {"solver": solver, "early_stopping": True}
    alone = net(solver=solver).fit(X[TRAIN], y[TRAIN])
    losses = []
    for y_val in (y[HELD], 1e6 * y[HELD] - 1e9, 0 * y[HELD]):
        model = net(**settings).fit(X[TRAIN], y[TRAIN], X_val=X[HELD], y_val=y_val)
        assert model.history_["loss"] == alone.history_["loss"]
        losses.append(model.history_["validation_loss"])
    assert losses[0][0] != losses[1][0] != losses[2][0]
    first = net(**settings, max_iter=1).fit(X[TRAIN], y[TRAIN], X_val=X[HELD], y_val=-y[HELD])
    assert_same_weights(first, net(solver=solver, max_iter=1).fit(X[TRAIN], y[TRAIN]))


@losses
def test_the_loss_on_validation_rows_is_that_of_training(loss):
    """Validated on the rows of training, an epoch begins with the loss that the last ended with."""
    model = net(**loss, early_stopping=True, alpha=0.0, batch_size="full", tol=0.0)
    model.fit(X, positive, X_val=X, y_val=positive)
    seen = model.history_
    np.testing.assert_allclose(seen["validation_loss"][:-1], seen["loss"][1:], rtol=1e-6)


def test_gaps_in_the_rows_to_validate_on_are_not_validated():
    model = net(early_stopping=True)
    model.fit(X[TRAIN], TWO[TRAIN], X_val=X[HELD], y_val=GAPPY[HELD])
    error = (model.predict(X[HELD]) - GAPPY[HELD]) / TWO[TRAIN].std(axis=0)
    expected = np.nansum(error**2) / 2 / len(HELD)
    assert -model.best_validation_score_ == pytest.approx(expected, rel=1e-5)


def test_rows_to_validate_on_without_any_known_target_are_refused():
    unknown = np.full_like(TWO[HELD], np.nan)
    with pytest.raises(ValueError, match=r"y_val|validat"):
        net(early_stopping=True).fit(X[TRAIN], TWO[TRAIN], X_val=X[HELD], y_val=unknown)


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.6])
@targets
def test_a_fraction_is_drawn_at_random(target, fraction):
    seen = []

    def scorer(net, X, y):
        seen.append(X[:, 0])
        return 0.0

    for seed in (0, 0, 1):
        settings = {"scoring": scorer, "validation_fraction": fraction, "random_state": seed}
        net(early_stopping=True, max_iter=1, **settings).fit(X, target)
    assert {len(rows) for rows in seen} == {round(fraction * N_ROWS)}
    assert set(seen[0]) <= set(X[:, 0])
    np.testing.assert_array_equal(seen[0], seen[1])
    assert set(seen[0]) != set(seen[2])


@targets
def test_a_callable_scorer_gets_targets_and_predictions_in_their_units(target):
    seen = []

    def scorer(net, X, y):
        seen.append((X, y, net.predict(X)))
        return 0.0

    model = net(early_stopping=True, scoring=scorer)
    model.fit(X[TRAIN], target[TRAIN], X_val=X[HELD], y_val=target[HELD])
    for rows, values, predicted in seen:
        np.testing.assert_array_equal(rows, X[HELD])
        np.testing.assert_array_equal(values, target[HELD])
        assert predicted.shape == values.shape
        assert abs(spreads(predicted - np.nanmean(values, axis=0))).max() < 3


@pytest.mark.parametrize("scoring", SCORERS)
@pytest.mark.parametrize("weight", [None, np.arange(N_ROWS) % 3])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_every_kind_of_scoring_goes_with_weights_and_sparse_rows(scoring, weight, kind):
    model = net(early_stopping=True, scoring=scoring)
    assert np.isfinite(model.fit(kind(X), y, sample_weight=weight).best_validation_score_)


def test_several_quantiles_are_scored_by_the_part_that_they_explain():
    model = net(**LOSSES["quantiles"], early_stopping=True, scoring=None, max_iter=30)
    model.fit(X[TRAIN], y[TRAIN], X_val=X[HELD], y_val=y[HELD])
    score = model.score(X[HELD], y[HELD])
    assert model.best_validation_score_ == pytest.approx(score, rel=1e-9)


@pytest.mark.parametrize(
    ("target", "y_val", "named"),
    [
        (y, TWO, "y_val.*shape"),
        (TWO, y, "y_val.*shape"),
        (TWO, TWO[:, [0, 1, 1]], "y_val.*shape"),
        (y, np.full(N_ROWS, np.nan), "NaN"),
        (y, np.full(N_ROWS, np.inf), "infinity"),
        (y, y[:5], "samples"),
    ],
    ids=["two", "one", "three", "nan", "inf", "short"],
)
def test_targets_that_cannot_be_validated_on_are_named(target, y_val, named):
    with pytest.raises(ValueError, match=named):
        net(early_stopping=True).fit(X, target, X_val=X, y_val=y_val)


def test_a_target_to_validate_on_outside_the_domain_is_named():
    with pytest.raises(ValueError, match=r"y_val.*loss='gamma' needs y > 0, got -1"):
        net(loss="gamma", early_stopping=True).fit(X, positive, X_val=X, y_val=-np.ones(N_ROWS))


@solvers
def test_the_loss_is_that_of_the_returned_parameters(solver):
    model = net(solver=solver, early_stopping=True, standardize=False, alpha=0.7, max_iter=40)
    centred = y - y.mean()
    model.fit(X[TRAIN], centred[TRAIN], X_val=X[HELD], y_val=centred[HELD])
    squares = sum((W**2).sum() for W in model.coefs_)
    penalty = 0.35 * squares / len(TRAIN)
    error = model.predict(X[TRAIN]) - centred[TRAIN]
    assert model.loss_ == pytest.approx((error**2).mean() / 2 + penalty, rel=1e-6)


# Warm start ---------------------------------------------------------------------------------------


@losses
@for_every_loss
def test_the_same_data_go_on_bit_by_bit(solver, loss):
    model = net(solver=solver, warm_start=True, **loss).fit(X, positive)
    before = deepcopy(model)
    assert_same_weights(standing_still(model, X, positive), before)
    np.testing.assert_array_equal(model.predict(X), before.predict(X))


MOVED = {
    "squared_error": 1e3 * y - 1e6,
    "absolute_error": 1e3 * y - 1e6,
    "huber": 1e3 * y - 1e6,
    "quantile": 1e3 * y - 1e6,
    "gamma": 1e3 * positive,
    "tweedie": 1e3 * positive,
    "poisson": 1e3 * positive,
}


@pytest.mark.parametrize("loss", MOVED)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_a_target_on_another_scale_goes_on_as_the_same_function(solver, loss):
    settings = {"solver": in_double(solver), "loss": loss, "standardize": True}
    model = net(**settings, warm_start=True, max_iter=30).fit(X, abs(y))
    before = model.predict(X)
    standing_still(model, X, MOVED[loss])
    np.testing.assert_allclose(model.predict(X), before, rtol=1e-6)


@cache
def to_be_changed(n_targets):
    return net(warm_start=True, max_iter=30).fit(X, TWO if n_targets == 2 else y)


@pytest.mark.parametrize(
    "change",
    [
        *({"loss": "huber"}, {"loss": "quantile", "quantile": 0.9}, {"standardize": False}),
        *({"solver": "lbfgs"}, {"solver": Adam(dtype="float64")}, {"alpha": 3.0}),
    ],
    ids=str,
)
@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.filterwarnings("ignore:No effect")
def test_a_change_that_keeps_the_shape_goes_on_as_the_same_function(n_targets, change):
    target = TWO if n_targets == 2 else y
    model = deepcopy(to_be_changed(n_targets))
    before = model.predict(X)
    standing_still(model.set_params(**change), X, target)
    np.testing.assert_allclose(spreads(model.predict(X) - before), 0, atol=1e-3)


CHANGES = {
    "architecture": ({}, y, {"hidden_layer_sizes": (6,)}, y, "hidden_layer_sizes"),
    "more targets": ({}, y, {}, TWO, "1 target .*2 targets|2 targets.*1 target"),
    "fewer targets": ({}, TWO, {}, y, "1 target .*2 targets"),
    "link": ({}, positive, {"loss": "gamma"}, positive, "loss='gamma'.*link log.*link identity"),
    "link back": (
        {"loss": "gamma"},
        positive,
        {"loss": "huber"},
        positive,
        "loss='huber'.*link identity.*link log",
    ),
    "quantiles": (LOSSES["quantiles"], y, {"quantile": [0.2, 0.8]}, y, "2 quantiles.*3 quantiles"),
    "no quantiles": (LOSSES["quantiles"], y, {"loss": "huber"}, y, "loss='huber'.*3 quantiles"),
}


@pytest.mark.parametrize(
    ("settings", "target", "change", "new_target", "named"), CHANGES.values(), ids=CHANGES
)
@pytest.mark.filterwarnings("ignore:No effect")
def test_what_cannot_go_on_says_why_and_loses_nothing(settings, target, change, new_target, named):
    model = net(warm_start=True, **settings).fit(X, target)
    undisturbed = deepcopy(model)
    back = {name: model.get_params()[name] for name in change}
    for method in (model.fit, model.partial_fit):
        model.set_params(**change)
        with pytest.raises(ValueError, match=named):
            method(X, new_target)
        np.testing.assert_array_equal(model.predict(X), undisturbed.predict(X))
        assert model.history_ == undisturbed.history_
    model.set_params(**back).fit(X, target)
    assert_same_weights(model, undisturbed.fit(X, target))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_other_quantiles_of_the_same_number_are_learned_or_refused(method):
    settings = {"loss": "quantile", "learning_rate_init": 0.02, "batch_size": "full", "max_iter": 1}
    model = net(quantile=[0.1, 0.5], warm_start=True, **settings)
    for _ in range(60):
        getattr(model, method)(X, y)
    model.set_params(quantile=[0.5, 0.9])
    try:
        for _ in range(120):
            getattr(model, method)(X, y)
    except ValueError as error:
        assert "quantile" in str(error)  # noqa: PT017
        return
    below = (y[:, np.newaxis] <= model.predict(X)).mean(axis=0)
    np.testing.assert_allclose(below, [0.5, 0.9], atol=0.12)


def test_a_warm_start_on_a_new_target_learns_it():
    model = net(solver="lbfgs", warm_start=True, max_iter=100).fit(X, y)
    new = -1e5 * X[:, 3]
    assert model.fit(X, new).score(X, new) > 0.95


# partial_fit --------------------------------------------------------------------------------------


def stream(model, rows, target, batch_size, n_passes, sample_weight=None):
    for _ in range(n_passes):
        for start in range(0, len(rows), batch_size):
            part = slice(start, start + batch_size)
            weight = None if sample_weight is None else sample_weight[part]
            model.partial_fit(rows[part], target[part], sample_weight=weight)
    return model


@pytest.mark.parametrize(
    ("loss", "batch_size"),
    [("squared_error", 1), ("squared_error", 10), ("absolute_error", 1), ("huber", 10)],
)
def test_a_stream_far_from_zero_is_learned(loss, batch_size):
    far = 1e7 + 1e3 * X[:, 0]
    model = net(loss=loss, learning_rate_init=0.02)
    stream(model, X, far, batch_size, n_passes=2 + batch_size)
    error = model.predict(X) - far
    assert np.sqrt(np.mean(error**2)) < 400
    assert model.score(X, far) > 0.8


@pytest.mark.parametrize("batch_size", [1, 10])
def test_a_stream_of_several_targets_is_learned_each_on_its_scale(batch_size):
    both = np.column_stack([1e7 + 1e3 * X[:, 0], 1e-6 * X[:, 1] - 1])
    model = net(learning_rate_init=0.02)
    stream(model, X, both, batch_size, n_passes=2 + batch_size)
    assert r2_score(both, model.predict(X), multioutput="raw_values").min() > 0.7


@pytest.mark.parametrize("size", [100, 10_000])
def test_gradient_descent_takes_steps_that_suit_the_size_of_counts(size):
    counts = np.random.default_rng(0).poisson(size * positive)
    begun = clone(net(loss="poisson", solver="sgd", alpha="auto", learning_rate="auto"))
    begun.set_params(learning_rate_init="auto", max_iter="auto")
    assert d2_tweedie_score(counts, begun.fit(X, counts).predict(X), power=1) > 0.5
    of_part = clone(begun).set_params(alpha=1.0)
    for _ in range(20):
        of_part.partial_fit(X, counts)
    assert d2_tweedie_score(counts, of_part.predict(X), power=1) > 0


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(("loss", "power"), [("poisson", 1), ("tweedie", 1.5)])
def test_a_stream_of_counts_may_begin_with_any_count(loss, power, first):
    counts = np.random.default_rng(1).poisson(np.exp(X[:, 0]))
    order = np.r_[np.flatnonzero(counts == first)[0], np.arange(N_ROWS)]
    model = stream(net(loss=loss, learning_rate_init=0.02), X[order], counts[order], 1, n_passes=2)
    assert d2_tweedie_score(counts, model.predict(X), power=power) > 0.3


@solvers
@pytest.mark.parametrize("loss", ["poisson", "tweedie"])
def test_nothing_but_zeros_can_be_learned(loss, solver):
    model = net(
        loss=loss, solver=solver, max_iter=100, **stochastic(solver, learning_rate_init=0.05)
    )
    predicted = model.fit(X, np.zeros(N_ROWS)).predict(X)
    assert ((predicted >= 0) & (predicted < 0.2)).all()


@pytest.mark.parametrize("loss", ["poisson", "tweedie"])
def test_there_is_a_way_back_from_zeros(loss):
    model = net(loss=loss, learning_rate_init=0.05, max_iter=100, warm_start=True)
    counts = np.random.default_rng(1).poisson(np.exp(X[:, 0]))
    model.fit(X, np.zeros(N_ROWS)).fit(X, counts)
    assert 0.05 < model.predict(X).mean() / counts.mean() < 2


@pytest.mark.parametrize("batch_size", [1, 7, N_ROWS])
def test_the_first_statistics_are_those_of_all_rows(batch_size):
    """After one pass, predictions at no learning rate are the mean that is running along."""
    model = net(hidden_layer_sizes=(), learning_rate_init=1e-12, solver=DOUBLE)
    weight = np.arange(N_ROWS) % 3 + 1.0
    stream(model, X, TWO, batch_size, n_passes=1, sample_weight=weight)
    expected = np.broadcast_to(np.average(TWO, axis=0, weights=weight), TWO.shape)
    np.testing.assert_allclose(spreads(model.predict(X) - expected), 0, atol=1e-6)


@pytest.mark.parametrize("first", ["known", "gap"])
def test_a_stream_with_gaps_is_learned(first):
    both = np.column_stack([1e4 + 30 * X[:, 0], 1e-3 * X[:, 3] - 5])
    gaps = np.isnan(GAPPY)
    order = np.r_[np.flatnonzero(gaps[:, 1] == (first == "gap"))[0], np.arange(N_ROWS)]
    gappy = np.where(gaps, np.nan, both)[order]
    model = stream(net(learning_rate_init=0.02), X[order], gappy, 1, n_passes=3)
    assert r2_score(both, model.predict(X), multioutput="raw_values").min() > 0.7


def test_rows_without_any_known_target_change_little():
    model = net().partial_fit(X, TWO)
    before = model.predict(X)
    model.partial_fit(X[:3], np.full((3, 2), np.nan))
    assert np.isfinite(model.loss_)
    np.testing.assert_allclose(spreads(model.predict(X) - before), 0, atol=0.1)


def test_what_is_not_standardised_does_not_follow_new_statistics():
    model = net().fit(X, y)
    before = model.predict(X)
    model.set_params(standardize=False, learning_rate_init=1e-12)
    model.partial_fit(100 * X + 7, y + 1e6)
    np.testing.assert_allclose(spreads(model.predict(X) - before), 0, atol=1e-4)


def test_another_domain_holds_from_the_next_call_on():
    model = net(loss="poisson").partial_fit(X, positive).set_params(loss="gamma")
    with pytest.raises(ValueError, match=r"loss='gamma' needs y > 0, got 0"):
        model.partial_fit(X, np.zeros(N_ROWS))


@losses
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_every_call_is_an_iteration(solver, loss):
    model = net(solver=solver, batch_size=20, **loss)
    for n_calls in (1, 2, 3):
        model.partial_fit(X, positive)
        assert model.n_iter_ == n_calls == len(model.loss_curve_)
        assert {len(entries) for entries in model.history_.values()} == {n_calls}
        assert np.isfinite(model.loss_)


def test_a_first_partial_fit_is_the_first_epoch_of_a_fit():
    settings = {"solver": DOUBLE, "batch_size": 30}
    for loss in LOSSES.values():
        fitted = net(max_iter=1, **settings, **loss).fit(X, positive)
        assert_same_weights(fitted, net(**settings, **loss).partial_fit(X, positive))


# Initial values of the caller's -------------------------------------------------------------------


def given_function(seed):
    """Return weights, biases, and what they make of X for two targets of different scale."""
    rng = np.random.default_rng(seed)
    W = [rng.normal(size=(4, 5)), rng.normal(size=(5, 2)) * [1e3, 1e-6]]
    b = [rng.normal(size=5), np.array([1e6, -1e-6])]
    return W, b, np.tanh(X @ W[0] + b[0]) @ W[1] + b[1]


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("standardize", [True, False])
def test_training_begins_at_the_given_values_in_units_of_the_user(standardize, kind, warm_start):
    W, b, expected = given_function(0)
    target = np.column_stack([1e3 * signal + 1e6, 1e-6 * X[:, 3]])
    settings = {"learning_rate_init": 1e-13, "max_iter": 1, "solver": DOUBLE}
    model = net(standardize=standardize, warm_start=warm_start, **settings)
    if warm_start:
        model.fit(kind(X), target)
    model.fit(kind(X), target, coef_init=W, intercept_init=b)
    found = model.predict(X)
    np.testing.assert_allclose((found - expected) / expected.std(axis=0), 0, atol=1e-5)
    for ours, theirs in zip(model.coefs_ + model.intercepts_, W + b, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-11)


@losses
@pytest.mark.parametrize("target", [positive, np.column_stack([positive, 1e6 * positive])])
def test_a_fitted_net_can_be_the_start_of_another(target, loss):
    one = net(solver="lbfgs", max_iter=20, **loss).fit(X, target)
    still = {"learning_rate_init": 1e-12, "max_iter": 1, "solver": DOUBLE, "random_state": 5}
    two = net(**still, **loss).fit(X, target, coef_init=one.coefs_, intercept_init=one.intercepts_)
    np.testing.assert_allclose(two.predict(X), one.predict(X), rtol=1e-6)
    assert two.loss_ == pytest.approx(one.loss_, rel=1e-6)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "gamma", "poisson", "tweedie"])
@for_every_loss
def test_weights_and_biases_are_the_predictions_of_rows_as_they_are_passed(solver, loss):
    target = np.column_stack([1e-3 * positive, 1e3 * positive])
    solver = SGD(clip_norm=1.0) if solver == "sgd" else solver
    model = net(hidden_layer_sizes=(4, 3), solver=solver, loss=loss)
    model.fit(1e3 * X - 7, target)
    A = 1e3 * X - 7
    for W, b in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        A = np.tanh(A @ W + b)
    raw = A @ model.coefs_[-1] + model.intercepts_[-1]
    expected = raw if model.out_activation_ == "identity" else np.exp(raw)
    np.testing.assert_allclose(model.predict(1e3 * X - 7), expected, rtol=1e-8)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda W, b: ([W[0], W[1][:, :1]], b), "coef_init"),
        (lambda W, b: (W, [b[0], b[1][:1]]), "intercept_init"),
        (lambda W, b: (W, None), "intercept_init"),
        (lambda W, b: ([W[0], W[1] * np.inf], b), "coef_init"),
    ],
    ids=["one column", "one bias", "no biases", "inf"],
)
def test_initial_values_that_do_not_fit_are_named(change, named):
    coef_init, intercept_init = change(*given_function(0)[:2])
    model = net().fit(X, TWO)
    before = model.predict(X)
    with pytest.raises(ValueError, match=named):
        model.fit(X, TWO, coef_init=coef_init, intercept_init=intercept_init)
    np.testing.assert_array_equal(model.predict(X), before)


# Failures -----------------------------------------------------------------------------------------


@losses
@pytest.mark.parametrize("early_stopping", [False, True])
def test_divergence_is_named_and_loses_nothing(loss, early_stopping):
    model = net(solver="sgd", early_stopping=early_stopping, **loss).fit(X, positive)
    before, history = model.predict(X), deepcopy(model.history_)
    # A bounded gradient keeps what is linear far out finite, but for the largest of steps.
    model.set_params(learning_rate_init=1e300, momentum=0.0, alpha=1e5)
    with pytest.raises(ValueError, match=r"learning_rate_init=1e\+300"):
        model.fit(X, positive)
    np.testing.assert_array_equal(model.predict(X), before)
    assert model.history_ == history


@pytest.mark.parametrize("scale", ["size", "empty"])
def test_divergence_names_the_feature_though_the_network_has_its_columns_elsewhere(scale):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"kind": [f"kind {i % 40}" for i in range(len(X))]})
    frame["size"], frame["empty"] = X[:, 0], np.where(X[:, 1] > 1, np.nan, X[:, 1])
    frame[scale] *= 1e4
    model = net(solver="sgd", learning_rate_init=1e300, standardize=False, numeric_encoding=4)
    with pytest.raises(ValueError, match=f"largest values is '{scale}', up to .*e.04"):
        model.fit(frame, positive)


@pytest.mark.filterwarnings("ignore:No effect")  # of a growth by 1
@pytest.mark.parametrize(
    ("rate", "growth", "best"), [(0.01, 1.0, 0), (2e-4, 100.0, 6)], ids=["at once", "later"]
)
def test_a_fit_that_ends_far_above_its_start_returns_the_best_on_the_way(rate, growth, best):
    """The loss of a full batch is that of the parameters before the step."""
    counts = np.random.default_rng(0).poisson(1000 * np.exp(0.3 * X[:, 0]))
    settings = {"solver": "sgd", "learning_rate_init": rate, "batch_size": "full", "max_iter": 20}
    settings["learning_rate"] = lambda done: 1.0 if done < 0.3 else growth
    with pytest.warns(ConvergenceWarning, match="the best parameters so far are kept"):
        model = net(loss="poisson", **settings).fit(X, counts)
    assert model.best_iteration_ == np.argmin(model.history_["loss"]) == best
    assert model.loss_ == pytest.approx(min(model.history_["loss"]))


# The estimator as an object -----------------------------------------------------------------------


def test_streams_of_random_numbers_do_not_move_each_other():
    settings = {"learning_rate_init": 1e-12, "max_iter": 1, "solver": DOUBLE}
    plain = net(**settings).fit(X, y)
    for change in ({"dropout": 0.5}, {"shuffle": False}, {"batch_size": 7}, {"loss": "huber"}):
        other = net(**settings, **change).fit(X, y)
        np.testing.assert_allclose(other.coefs_[0], plain.coefs_[0], atol=1e-9)
    other = net(**{**settings, "random_state": 1}).fit(X, y)
    assert (abs(other.coefs_[0] - plain.coefs_[0]) > 1e-3).any()


@pytest.mark.parametrize("seed", [3, np.random.RandomState(3)], ids=["int", "instance"])
def test_an_integer_begins_anew_and_an_instance_goes_on(seed):
    model = net(random_state=seed)
    first, second = model.fit(X, y).predict(X), model.fit(X, y).predict(X)
    assert np.array_equal(first, second) == isinstance(seed, int)
