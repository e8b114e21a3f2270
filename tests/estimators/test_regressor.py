"""What is particular to the regressor: targets, their scaling, losses, quantiles."""

import pickle
from functools import cache
from itertools import product

import numpy as np
import pytest
from cases import Cauchy, Relative
from hypothesis import given, settings
from hypothesis import strategies as st
from nets import stochastic
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import d2_pinball_score, r2_score

from sklearn_shallow import SGD, Domain, Loss, ShallowNetRegressor
from sklearn_shallow.losses.registry import REGRESSOR_LOSSES

X, y = load_diabetes(return_X_y=True)
ROWS = np.random.default_rng(0).permutation(len(y))
TRAIN, TEST = ROWS[:300], ROWS[300:]
EQUIVARIANT = ["squared_error", "absolute_error", "huber", "quantile"]
SCALE_EQUIVARIANT = ["gamma", "tweedie"]
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def net(**settings):
    settings = {"hidden_layer_sizes": (8,), "activation": "tanh", "random_state": 0, **settings}
    return ShallowNetRegressor(**settings)


def short(solver):
    return {"solver": solver, "max_iter": 20}


@cache
def as_given(loss, solver):
    return net(loss=loss, **short(solver)).fit(X[TRAIN], y[TRAIN])


@given(
    loss=st.sampled_from(EQUIVARIANT),
    solver=st.sampled_from(["lbfgs", "adam", "sgd"]),
    log_scale=st.floats(-8, 8),
    shift=st.floats(-1e6, 1e6),
    sign=st.sampled_from([-1, 1]),
)
@settings(max_examples=20, deadline=None)
def test_the_unit_and_the_origin_of_the_target_do_not_matter(loss, solver, log_scale, shift, sign):
    sign = sign if loss != "quantile" else 1
    scale = sign * 10**log_scale
    moved = scale * (y + shift * y.std())
    one = as_given(loss, solver)
    other = net(loss=loss, **short(solver)).fit(X[TRAIN], moved[TRAIN])
    # Along a kink, rounding leads to another point of about the same loss.
    close, near = (0.6, 5e-2) if loss in ("absolute_error", "quantile") else (1e-3, 1e-4)
    if sign == 1:  # the mirror image begins elsewhere
        again = other.predict(X[TEST]) / scale - shift * y.std()
        np.testing.assert_allclose(again, one.predict(X[TEST]), atol=close * y.std())
        assert other.loss_ == pytest.approx(one.loss_, rel=near)
    assert abs(other.score(X[TRAIN], moved[TRAIN]) - one.score(X[TRAIN], y[TRAIN])) < (
        10 * near if sign == 1 else 0.3
    )


@given(
    loss=st.sampled_from(SCALE_EQUIVARIANT),
    solver=st.sampled_from(["lbfgs", "adam"]),
    log_scale=st.floats(-8, 8),
)
@settings(max_examples=12, deadline=None)
def test_the_unit_of_a_positive_target_does_not_matter(loss, solver, log_scale):
    one = net(loss=loss, **short(solver)).fit(X[TRAIN], y[TRAIN])
    other = net(loss=loss, **short(solver)).fit(X[TRAIN], 10**log_scale * y[TRAIN])
    again = other.predict(X[TEST]) / 10**log_scale
    np.testing.assert_allclose(again, one.predict(X[TEST]), rtol=1e-4)


@given(order=st.permutations(range(3)), solver=st.sampled_from(["lbfgs", "adam"]))
@settings(max_examples=8, deadline=None)
def test_the_order_of_the_targets_does_not_matter(order, solver):
    """Up to the initial values of the output layer, so a linear network is looked at."""
    Y = np.column_stack([y, 1e6 * X[:, 2] ** 2, np.abs(X[:, 3]) + 1e9])
    linear = {"hidden_layer_sizes": (), "alpha": "evidence"} | short(solver)
    one, other = net(**linear).fit(X, Y), net(**linear).fit(X, Y[:, order])
    error = np.abs(other.predict(X) - one.predict(X)[:, order]).max(axis=0)
    assert (error < 1e-3 * Y[:, order].std(axis=0)).all()


@given(
    seed=st.integers(0, 2**32 - 1),  # drawing 60 numbers one by one takes longer than the fits
    loss=st.sampled_from(sorted(REGRESSOR_LOSSES)),
    solver=st.sampled_from(["lbfgs", "sgd"]),
)
@settings(max_examples=12, deadline=None)
def test_a_weight_is_a_repetition(seed, loss, solver):
    weight = np.random.default_rng(seed).integers(0, 4, 60)
    weight[0] = 1  # which makes them counts
    steps = {"batch_size": "full", "learning_rate_init": 0.01} if solver == "sgd" else {}
    steps |= {"solver": SGD(clip_norm=1.0) if solver == "sgd" else solver, "max_iter": 20}
    weighted, repeated = net(loss=loss, **steps), net(loss=loss, **steps)
    weighted.fit(X[:60], y[:60], sample_weight=weight.astype(float))
    rows = np.repeat(np.arange(60), weight)
    repeated.fit(X[rows], y[rows])
    np.testing.assert_array_equal(weighted.predict(X), repeated.predict(X))


@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_targets_of_any_scales_are_learned_together(solver):
    X, clean = make_friedman1(600, 6, noise=0.5, random_state=0)
    Y = np.column_stack([1000 * clean, 0.01 * X[:, 0] + 50, 1e-8 * np.sin(3 * X[:, 1])])
    net = ShallowNetRegressor(40, solver=solver, max_iter=400, random_state=0)
    scores = r2_score(Y[400:], net.fit(X[:400], Y[:400]).predict(X[400:]), multioutput="raw_values")
    assert (scores > 0.85).all()


def test_a_constant_target_is_predicted():
    for value in (0.0, 0.1, -3e7):
        for loss in EQUIVARIANT:
            fitted = net(loss=loss, **short("lbfgs")).fit(X, np.full(len(y), value))
            np.testing.assert_allclose(fitted.predict(X), value, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("loss", ["absolute_error", "huber", "quantile"])
@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_gross_errors_in_the_target_do_not_spoil_a_robust_loss(loss, solver):
    """Five in a hundred targets are off by a million spreads."""
    X, clean = make_friedman1(600, 5, random_state=0)
    dirty = clean.copy()
    dirty[::20] = 1e6 * np.random.default_rng(0).standard_normal(30) * clean.std()
    settings = {"alpha": 3.0, "max_iter": 400, "random_state": 0, "solver": solver}
    robust = ShallowNetRegressor(20, loss=loss, **settings).fit(X, dirty)
    assert r2_score(clean, robust.predict(X)) > 0.8
    with pytest.warns(UserWarning, match="30 numbers of y"):
        spoilt = ShallowNetRegressor(20, **settings).fit(X, dirty)
    assert r2_score(clean, spoilt.predict(X)) < 0


def test_many_equal_targets_have_a_scale_all_the_same():
    target = np.where(X[:, 2] > 0.05, 1e5 * y, 0.0)  # more than half are zero
    assert np.median(target) == 0 == np.median(np.abs(target))
    fitted = net(loss="huber", solver="lbfgs", alpha=0.1).fit(X, target)
    assert fitted.score(X, target) > 0.5


@pytest.mark.filterwarnings("ignore:.*far outside the ")
@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_quantiles_never_cross_and_cover(solver):
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, (2000, 1))
    y = np.sin(2 * X[:, 0]) + (0.1 + 0.3 * (X[:, 0] > 0)) * rng.standard_normal(2000)
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    steps = {"learning_rate": "flat_cosine", "learning_rate_init": 0.01} if solver == "adam" else {}
    net = ShallowNetRegressor(
        20, activation="tanh", loss="quantile", quantile=levels, solver=solver, random_state=0,
        max_iter=300, **steps,
    )  # fmt: skip
    net.fit(X[:1000], y[:1000])
    far = np.vstack([X, [[-1e6], [1e6], [50.0]]])
    assert (np.diff(net.predict(far), axis=1) >= 0).all()
    below = (y[1000:, np.newaxis] <= net.predict(X[1000:])).mean(axis=0)
    np.testing.assert_allclose(below, levels, atol=0.08)
    scores = [
        d2_pinball_score(y, q, alpha=level)
        for q, level in zip(net.predict(X).T, levels, strict=True)
    ]
    assert net.score(X, y) == pytest.approx(np.mean(scores))
    narrow, wide = net.predict([[-1.0]])[0], net.predict([[1.0]])[0]
    assert 2.5 < np.ptp(wide) / np.ptp(narrow) < 6  # the noise is four times as wide there


def test_several_quantiles_of_several_targets():
    Y = np.column_stack([y, -1e6 * y])
    settings = {"loss": "quantile", "solver": "lbfgs", "max_iter": 100}
    net = ShallowNetRegressor((), quantile=[0.1, 0.9], **settings).fit(X, Y)
    predicted = net.predict(X)
    assert predicted.shape == (len(y), 2, 2)
    np.testing.assert_allclose((Y[:, :, np.newaxis] <= predicted).mean(axis=0), [[0.1, 0.9]] * 2,
                               atol=0.03)  # fmt: skip
    assert net.score(X, Y) <= 1
    one = ShallowNetRegressor((), quantile=0.1, **settings).fit(X, Y)
    assert one.predict(X).shape == Y.shape


class Expectile(Loss):
    """Asymmetric squares."""

    standardization = "mean"

    def __init__(self, level):
        self.level = level

    def terms(self, Y, raw):
        return self._slope(Y, raw) * (raw - Y) ** 2

    def gradient(self, Y, raw, out):
        return np.multiply(2 * self._slope(Y, raw), raw - Y, out=out)

    def _slope(self, Y, raw):
        return np.where(raw < Y, self.level, 1 - self.level)


@pytest.mark.parametrize("solver", ["lbfgs", "adam"])
def test_a_loss_of_ones_own(solver):
    steps = (
        {} if solver == "lbfgs" else {"learning_rate": "flat_cosine", "learning_rate_init": 0.05}
    )
    steps["random_state"] = 0
    low, high = (
        ShallowNetRegressor((), loss=Expectile(level), solver=solver, alpha=0.1, **steps).fit(X, y)
        for level in (0.1, 0.9)
    )
    assert (low.predict(X) < high.predict(X)).mean() > 0.95
    even = ShallowNetRegressor((), loss=Expectile(0.5), solver=solver, alpha=0.1, **steps)
    plain = ShallowNetRegressor((), solver=solver, alpha=0.1, **steps)
    expected = plain.fit(X, y).predict(X)
    np.testing.assert_allclose(even.fit(X, y).predict(X), expected, rtol=1e-4)
    again = pickle.loads(pickle.dumps(low))
    np.testing.assert_array_equal(again.predict(X), low.predict(X))


def test_a_loss_of_ones_own_knows_its_link_and_its_domain():
    fitted = net(loss=Relative(), solver="lbfgs", max_iter=100, alpha=0.01).fit(X, y)
    assert fitted.out_activation_ == "exp"
    assert (fitted.predict(X) > 0).all()
    assert fitted.score(X, y) > 0.2
    with pytest.raises(ValueError, match=r"Relative.*needs 0.1 <= y|needs y >= 0.1, got -2"):
        fitted.fit(X, np.where(np.arange(len(y)) == 7, -2, y))
    assert fitted.score(X, y) > 0.2


def test_a_robust_loss_of_ones_own_with_a_gap_in_the_targets():
    Y = np.column_stack([y, 2 * y])
    Y[::3, 1] = np.nan
    fitted = net(loss=Cauchy(), solver="lbfgs").fit(X, Y)
    complete = ~np.isnan(Y[:, 1])
    assert r2_score(Y[complete, 1], fitted.predict(X)[complete, 1]) > 0.3


@pytest.mark.parametrize(
    ("solver", "loss"),
    [*product(["lbfgs"], REGRESSOR_LOSSES), ("adam", "squared_error"), ("adam", "quantile")],
)
def test_a_missing_target_is_as_if_the_row_were_not_there(loss, solver):
    """For a linear network the targets are learned apart, so each must be as if alone."""
    Y = np.column_stack([y, y[::-1] + 10.0])
    gappy = Y.copy()
    gappy[50:200, 1] = np.nan
    known = np.r_[0:50, 200 : len(y)]
    steps = {"learning_rate": "flat_cosine", "learning_rate_init": 0.05, "batch_size": 200}
    settings = {"loss": loss, "solver": solver, "alpha": 0, "max_iter": 500}
    settings |= stochastic(solver, **steps) or {"tol": 1e-12}
    settings |= {"standardize": False} if loss == "poisson" else {}
    both = ShallowNetRegressor((), **settings).fit(X * 10, gappy)
    alone = ShallowNetRegressor((), **settings).fit((X * 10)[known], Y[known, 1])
    scale = 0.25 if solver == "adam" or loss in ("quantile", "absolute_error") else 1e-3
    error = np.abs(both.predict(X * 10)[:, 1] - alone.predict(X * 10)).mean()
    assert error < scale * y.std()


def test_domain():
    assert str(Domain(0, np.inf)) == "y >= 0"
    assert str(Domain(0, np.inf, "neither")) == "y > 0"
    assert str(Domain(0, 1)) == "0 <= y <= 1"
    np.testing.assert_array_equal(
        Domain(0, 1, "neither").outside(np.array([0, 0.5, 1, 2, np.nan])),
        [True, False, True, True, False],
    )


def test_the_network_begins_at_the_best_constant():
    """After one tiny step nothing but the constant is there yet, in a linear network."""
    for loss, expected in [("squared_error", y.mean()), ("poisson", y.mean()),
                           ("absolute_error", np.median(y)), ("gamma", y.mean())]:  # fmt: skip
        for standardize in (True, False):
            first = ShallowNetRegressor(
                (), loss=loss, learning_rate_init=1e-9, max_iter=1, standardize=standardize
            ).fit(X, y)
            np.testing.assert_allclose(first.predict(X), expected, rtol=1e-4)


def test_lbfgs_says_when_the_stages_were_cut_short():
    with pytest.warns(ConvergenceWarning, match="max_iter=15"):
        net(loss="absolute_error", solver="lbfgs", max_iter=15).fit(X, y)
    fitted = net(loss="absolute_error", solver="lbfgs", max_iter=2000, alpha=10).fit(X, y)
    assert fitted.n_iter_ == len(fitted.history_["loss"]) < 2000


def test_a_failure_names_the_size_of_the_target():
    """Counts keep their unit, and large ones make long steps."""
    with pytest.raises(ValueError, match=r"targets are up to 3.46e\+07\. .*SGD\(clip_norm"):
        net(loss="poisson", solver="sgd", learning_rate_init=0.003, max_iter=200).fit(X, 1e5 * y)


def test_counts_of_tiny_size_are_not_zero_in_training():
    X = np.random.default_rng(0).normal(size=(60, 2))
    tiny = 1e-100 * np.exp(X[:, 0])
    net = ShallowNetRegressor(4, loss="poisson", alpha=1.0, max_iter=4, random_state=0)
    assert 0.5 < net.fit(X, tiny).predict(X).mean() / tiny.mean() < 2


def test_a_y_that_its_predictions_cannot_hold_is_refused():
    X = np.random.default_rng(0).normal(size=(60, 2))
    net = ShallowNetRegressor(4, alpha=1.0, max_iter=30, random_state=0)
    with pytest.raises(ValueError, match="below the smallest normal number of float32"):
        net.fit(X.astype(np.float32), 1e-60 * X[:, 0])
    assert net.fit(X, 1e-60 * X[:, 0]).score(X, 1e-60 * X[:, 0]) > 0.5
