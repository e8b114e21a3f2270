import pickle

import mpmath
import numpy as np
import pytest
from numerical import check_gradient

from sklearn_shallow import Loss, ShallowNetRegressor
from sklearn_shallow.losses.base import Adapted, with_missing
from sklearn_shallow.losses.deviances import tweedie
from sklearn_shallow.losses.links import LINKS, Ordered
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES, REGRESSOR_LOSSES
from sklearn_shallow.losses.residuals import AbsoluteError, Huber, Pinball
from sklearn_shallow.utils.statistics import weighted_mean, weighted_quantile

QUANTILES = (0.1, 0.4, 0.8, 0.95)


class Cauchy(Loss):
    """A loss as a user would write it."""

    standardization = "median"

    def terms(self, Y, raw):
        return np.log1p((raw - Y) ** 2)

    def gradient(self, Y, raw, out):
        residual = raw - Y
        return np.divide(2 * residual, 1 + residual**2, out=out)


class Squares:
    """A loss of no class of ours that is a sum of terms."""

    def terms(self, Y, raw):
        return (raw - Y) ** 2

    def value(self, Y, raw):
        return self.terms(Y, raw).sum(axis=1)

    def gradient(self, Y, raw, out):
        return np.multiply(2, raw - Y, out=out)


class Plain:
    """A loss of no class of ours: the squared relative error, for positive targets."""

    link = "exp"
    domain = (0.1, np.inf)

    def value(self, Y, raw):
        return ((np.exp(raw) / Y - 1) ** 2).sum(axis=1)

    def gradient(self, Y, raw, out):
        ratio = np.exp(raw) / Y
        return 2 * (ratio - 1) * ratio


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("link", ["logistic", "softmax"])
def test_gradients_of_labels_far_on_the_right_side_are_zero_and_not_subnormal(link, dtype):
    far = np.linspace(0, 120 if dtype == np.float32 else 800, 1000, dtype=dtype)
    raw = np.column_stack([-far, far])
    Y = np.tile(np.array([0, 1], dtype), (1000, 1))
    gradient = CLASSIFIER_LOSSES["log_loss"][link]().gradient(Y, raw, out=np.empty_like(raw))
    least = np.finfo(dtype).eps * 1e-20
    assert not np.any((gradient != 0) & (np.abs(gradient) < least / 10))
    shift = 2 * far if link == "softmax" else far
    expected = 1 / (1 + np.exp(shift[shift < 60].astype(float)))
    rtol = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(gradient[shift < 60, 0], expected, rtol=rtol, atol=1e-26)


# Everything that is registered, and what is made of it: name -> loss
LOSSES = {
    f"{name}-{link}": make()
    for name, links in CLASSIFIER_LOSSES.items()
    for link, make in links.items()
}
LOSSES |= {name: make() for name, make in REGRESSOR_LOSSES.items()}
LOSSES |= {
    "quantiles": Pinball(QUANTILES),
    "tweedie 1.2": tweedie(1.2),
    "tweedie 3": tweedie(3),
    "smoothed absolute": AbsoluteError().smoothed(0.3),
    "smoothed quantiles": Pinball(QUANTILES).smoothed(0.2),
    "own": Cauchy(),
    "own, adapted": Adapted(Plain()),
}
CLASS_LOSSES = [f"{name}-{link}" for name, links in CLASSIFIER_LOSSES.items() for link in links]


def n_outputs(name):
    return 4 if "softmax" in name or name.endswith("quantiles") else 2


def targets(name, n_rows, rng, dtype=np.float64):
    """Encoded targets as the shell makes them."""
    k = n_outputs(name)
    if "softmax" in name:
        return np.eye(k, dtype=dtype)[rng.integers(k, size=n_rows)]
    if "logistic" in name:
        return rng.integers(2, size=(n_rows, k)).astype(dtype)
    if name.endswith("quantiles"):
        return np.repeat(rng.standard_normal((n_rows, 1)), k, axis=1).astype(dtype)
    positive = LOSSES[name].domain[0] >= 0
    y = rng.gamma(2.0, size=(n_rows, k)) if positive else 2 * rng.standard_normal((n_rows, k))
    return (y + 0.1 * positive).astype(dtype)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("name", LOSSES)
def test_gradient_is_that_of_the_value(name, order):
    rng = np.random.default_rng(0)
    loss = LOSSES[name]
    for scale in (0.1, 1.0, 3.0):
        Y = targets(name, 20, rng)
        raw = np.asarray(scale * rng.standard_normal(Y.shape), order=order)
        gradient = loss.gradient(Y, raw, out=np.empty_like(raw))
        check_gradient(lambda r, Y=Y: loss.value(Y, r).sum(), gradient, raw, rng)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_may_overwrite_raw_and_value_leaves_it(name):
    rng = np.random.default_rng(1)
    loss, Y = LOSSES[name], targets(name, 9, rng)
    raw = rng.standard_normal(Y.shape)
    before = raw.copy()
    loss.value(Y, raw)
    expected = loss.gradient(Y, raw, out=np.empty_like(raw))
    np.testing.assert_array_equal(raw, before)
    np.testing.assert_array_equal(loss.gradient(Y, raw, out=raw), expected)


@pytest.mark.parametrize("name", LOSSES)
def test_precision_is_kept(name):
    loss, Y = LOSSES[name], targets(name, 5, np.random.default_rng(0), np.float32)
    raw = np.zeros_like(Y)
    assert loss.value(Y, raw).dtype == np.float32
    assert loss.gradient(Y, raw, out=np.empty_like(raw)).dtype == np.float32
    exact = loss.value(Y.astype(float), raw.astype(float))
    np.testing.assert_allclose(loss.value(Y, raw), exact, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_a_missing_target_carries_no_loss(name):
    rng = np.random.default_rng(2)
    loss, Y = LOSSES[name], targets(name, 8, rng)
    raw = rng.standard_normal(Y.shape)
    gappy = Y.copy()
    if name == "own, adapted":
        pytest.skip("it says what the loss of a row is, and not of an entry")
    if "softmax" in name or name.endswith("quantiles"):
        pytest.skip("a row has one target: without it the row is left out")
    part = slice(1, 2)
    gappy[3, part] = np.nan
    missing = with_missing(loss, n_outputs(name))
    known = missing.value(gappy, raw)
    gradient = missing.gradient(gappy, raw, out=np.empty_like(raw))
    others = np.arange(8) != 3
    np.testing.assert_allclose(known[others], loss.value(Y, raw)[others], rtol=1e-12)
    assert known[3] < loss.value(Y, raw)[3]
    expected = loss.gradient(Y, raw, out=np.empty_like(raw))
    expected[3, part] = 0
    np.testing.assert_array_equal(gradient, expected)
    check_gradient(lambda r: missing.value(gappy, r).sum(), gradient, raw, rng)


class Norm:
    """A loss that couples the outputs of a row: the length of the residual."""

    def value(self, Y, raw):
        return np.linalg.norm(raw - Y, axis=1)

    def gradient(self, Y, raw, out):
        length = np.linalg.norm(raw - Y, axis=1, keepdims=True)
        return np.divide(raw - Y, np.maximum(length, 1e-12), out=out)


@pytest.mark.parametrize("loss", [Cauchy(), Adapted(Cauchy()), Adapted(Squares())])
def test_one_missing_target_changes_no_other_row_of_a_custom_loss(loss):
    Y, raw = np.array([[3.0, 4.0], [1.0, np.nan]]), np.zeros((2, 2))
    missing = with_missing(loss, 2)
    assert missing.value(Y, raw)[0] == loss.value(Y[:1], raw[:1])[0]
    one, alone = Y[1:, :1], raw[1:, :1]
    assert missing.value(Y, raw)[1] == loss.value(one, alone)[0]
    gradient = missing.gradient(Y, raw, out=np.empty_like(raw))
    first = loss.gradient(Y[:1], raw[:1], out=np.empty((1, 2)))
    np.testing.assert_array_equal(gradient[:1], first)
    assert gradient[1, 1] == 0


def test_missing_targets_of_a_loss_of_whole_rows_are_refused():
    with pytest.raises(ValueError, match=r"Norm.*missing values \(nan\).*'terms'.*leave"):
        with_missing(Adapted(Norm()), 2)
    X = np.random.default_rng(0).normal(size=(30, 2))
    net = ShallowNetRegressor(3, loss=Norm(), alpha=1.0, max_iter=50, random_state=0)
    Y = X[:, ::-1].copy()
    net.fit(X, Y)
    Y[4, 1] = np.nan
    with pytest.raises(ValueError, match=r"Norm.*'terms'"):
        net.fit(X, Y)


def test_missing_targets_of_a_loss_with_a_kink_can_be_smoothed():
    Y, raw = np.array([[0.0, np.nan], [1.0, 2.0]]), np.array([[0.05, 1.0], [2.0, 2.02]])
    smooth = with_missing(AbsoluteError(), 2).smoothed(0.1)
    np.testing.assert_allclose(smooth.value(Y, raw), [0.0125, 0.95 + 0.002])


@pytest.mark.parametrize("name", CLASS_LOSSES)
def test_nothing_overflows_or_saturates_in_float32(name):
    loss, k = LOSSES[name], n_outputs(name)
    corners = np.array(np.meshgrid(*[[-1e4, 0.0, 1e4]] * k)).reshape(k, -1).T.astype(np.float32)
    for Y in np.eye(k, dtype=np.float32)[:, np.newaxis]:
        Y = np.repeat(Y, len(corners), axis=0)
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            value = loss.value(Y, corners)
            gradient = loss.gradient(Y, corners, out=np.empty_like(corners))
        exact = loss.value(Y.astype(float), corners.astype(float))
        np.testing.assert_allclose(value, exact, rtol=1e-6)
        exact = loss.gradient(Y.astype(float), corners.astype(float), out=np.empty(corners.shape))
        np.testing.assert_allclose(gradient, exact, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_binomial_log_loss_against_mpmath(dtype):
    raw = np.array([-1e4, -700, -30, -1, -1e-3, 0, 1e-3, 1, 30, 700, 1e4], dtype)[:, np.newaxis]
    loss = LOSSES["log_loss-logistic"]
    for y in (0, 1):
        with mpmath.workdps(40):
            sign = 1 - 2 * y
            exact = [
                float(mpmath.log1p(mpmath.exp(sign * mpmath.mpf(float(r))))) for r in raw[:, 0]
            ]
        found = loss.value(np.full_like(raw, y), raw)
        np.testing.assert_allclose(found, exact, rtol=4 * np.finfo(dtype).eps, atol=1e-44)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_against_mpmath(dtype):
    """The small ones to relative accuracy: they are what a logarithm looks at."""
    raw = np.array([[-80.0, 0.5, 3], [20, -20, 0], [1e4, 0, -1e4], [1e-3, 0, -1e-3]], dtype)
    with mpmath.workdps(40):
        exps = [[mpmath.exp(mpmath.mpf(float(r))) for r in row] for row in raw]
        softmax = [[float(e / sum(row)) for e in row] for row in exps]
        log_softmax = [[float(mpmath.log(e / sum(row))) for e in row] for row in exps]
        logistic = [[float(e / (1 + e)) for e in row] for row in exps]
        log_logistic = [[float(mpmath.log(e / (1 + e))) for e in row] for row in exps]
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).smallest_normal
    for name, mean, log_mean in [
        ("softmax", softmax, log_softmax),
        ("logistic", logistic, log_logistic),
    ]:
        link = LINKS[name]
        found = link.mean(raw, out=np.empty_like(raw))
        np.testing.assert_allclose(found, mean, rtol=200 * eps, atol=tiny)
        np.testing.assert_allclose(link.log_mean(raw), log_mean, rtol=4 * eps, atol=eps)


def test_l1_and_half_of_l2_are_those_of_the_seed():
    y, raw = np.array([[1.0, 0.0, 0.0]]), np.array([[0.2, -0.3, 1.0]])
    yhat = np.exp(raw) / np.exp(raw).sum()
    l1 = LOSSES["absolute_error-softmax"].value(y, raw)
    np.testing.assert_allclose(l1, np.abs(y - yhat).sum())
    l2 = 2 * LOSSES["squared_error-softmax"].value(y, raw)
    np.testing.assert_allclose(l2, ((y - yhat) * (y - yhat)).sum())
    y, raw = np.array([[1.0, -3.0]]), np.array([[0.2, 4.0]])
    np.testing.assert_allclose(LOSSES["absolute_error"].value(y, raw), 7.8)
    np.testing.assert_allclose(2 * LOSSES["squared_error"].value(y, raw), 0.8**2 + 7**2)


def test_values_of_the_functions_of_the_residual():
    y, raw = np.zeros((3, 1)), np.array([[-2.0], [0.5], [3.0]])
    expected = {
        Huber(1.0): [1.5, 0.125, 2.5],
        Pinball(0.9): [1.8, 0.05, 0.3],
        LOSSES["log_cosh"]: np.log(np.cosh([-2.0, 0.5, 3.0])),
        AbsoluteError().smoothed(1.0): [1.5, 0.125, 2.5],
    }
    for loss, values in expected.items():
        np.testing.assert_allclose(loss.value(y, raw), values)
    assert LOSSES["log_cosh"].value(np.zeros((1, 1)), np.array([[1e-8]])) == pytest.approx(5e-17)
    assert LOSSES["log_cosh"].value(np.zeros((1, 1)), np.array([[1e4]])) == 1e4 - np.log(2)


@pytest.mark.parametrize(
    ("name", "power"), [("poisson", 1), ("gamma", 2), ("tweedie", 1.5), ("tweedie 3", 3)]
)
def test_half_deviances_are_those_of_scikit_learn(name, power):
    from sklearn.metrics import mean_tweedie_deviance

    rng = np.random.default_rng(0)
    y, raw = rng.gamma(2.0, size=(50, 1)), rng.standard_normal((50, 1))
    expected = mean_tweedie_deviance(y[:, 0], np.exp(raw[:, 0]), power=power)
    assert 2 * LOSSES[name].value(y, raw).mean() == pytest.approx(expected, rel=1e-12)


def test_no_counts_have_a_deviance():
    loss = LOSSES["poisson"]
    np.testing.assert_allclose(loss.value(np.zeros((1, 1)), np.zeros((1, 1))), [1.0])


@pytest.mark.parametrize("name", REGRESSOR_LOSSES)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_constant_to_begin_with_is_the_best_or_near_it(name, weighted):
    """No constant is better than it by more than a hundredth; for most none is better at all."""
    rng = np.random.default_rng(0)
    loss = LOSSES[name]
    Y = targets(name, 200, rng)
    weight = rng.integers(1, 4, 200).astype(float) if weighted else np.ones(200)

    def total(raw):
        return weight @ loss.value(Y, np.broadcast_to(raw, Y.shape).copy())

    raw = loss.link.inverse(loss.center(Y, weight))
    around = [total(raw + step) for step in np.linspace(-0.3, 0.3, 121)]
    assert total(raw) <= min(around) * 1.01


@pytest.mark.parametrize("base", [0, 1, 3])
def test_ordered_outputs_rise_and_can_be_inverted(base):
    rng = np.random.default_rng(0)
    link = Ordered(4, base)
    raw = 3 * rng.standard_normal((20, 8))
    mean = link.mean(raw, np.empty_like(raw)).reshape(20, 2, 4)
    assert (np.diff(mean, axis=2) > 0).all()
    again = np.array([link.inverse(row) for row in mean.reshape(20, 8)])
    wide = np.repeat(np.diff(mean, axis=2).min(axis=2) > 1e-2, 4, axis=1)
    np.testing.assert_allclose(again[wide], raw[wide], rtol=1e-8)
    np.testing.assert_array_equal(link.mean(raw.copy(), raw), mean.reshape(20, 8))


@pytest.mark.parametrize("name", LOSSES)
def test_losses_can_be_pickled(name):
    Y = targets(name, 4, np.random.default_rng(0))
    again = pickle.loads(pickle.dumps(LOSSES[name]))
    np.testing.assert_array_equal(again.value(Y, 0 * Y), LOSSES[name].value(Y, 0 * Y))


def test_weighted_statistics_are_those_of_repeated_rows():
    rng = np.random.default_rng(0)
    Y, weight = rng.standard_normal((40, 3)), rng.integers(0, 4, 40)
    Y[:5, 1] = np.nan
    levels = [0.1, 0.5, 0.77]
    repeated = np.repeat(Y, weight, axis=0)
    found = weighted_quantile(Y, levels, weight.astype(float))
    expected = np.nanquantile(repeated, levels, axis=0, method="averaged_inverted_cdf")
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    expected = np.nanmean(repeated, axis=0)
    np.testing.assert_allclose(weighted_mean(Y, weight.astype(float)), expected, rtol=1e-12)
