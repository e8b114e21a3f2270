import copy
import pickle
import re

import mpmath
import numpy as np
import pytest
from cases import CLASS_LOSSES, LOSSES, Cauchy, n_outputs, targets
from numerical import check_gradient
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_shallow import (
    AbsoluteError,
    Huber,
    LogLoss,
    Loss,
    Poisson,
    Quantile,
    ShallowNetClassifier,
    ShallowNetRegressor,
    SquaredError,
    Tweedie,
)
from sklearn_shallow.losses.checks import check_loss, check_methods
from sklearn_shallow.losses.links import LINKS, OrderedLink, link_of
from sklearn_shallow.losses.registry import REGRESSOR_LOSSES, make_loss
from sklearn_shallow.utils.statistics import weighted_mean, weighted_quantile


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("link", ["logit", "softmax"])
def test_gradients_of_labels_far_on_the_right_side_are_zero_and_not_subnormal(link, dtype):
    far = np.linspace(0, 120 if dtype == np.float32 else 800, 1000, dtype=dtype)
    raw = np.column_stack([-far, far])
    Y = np.tile(np.array([0, 1], dtype), (1000, 1))
    gradient = LogLoss().on(LINKS[link]).gradient(Y, raw, out=np.empty_like(raw))
    least = np.finfo(dtype).eps * 1e-20
    assert not np.any((gradient != 0) & (np.abs(gradient) < least / 10))
    shift = 2 * far if link == "softmax" else far
    expected = 1 / (1 + np.exp(shift[shift < 60].astype(float)))
    rtol = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(gradient[shift < 60, 0], expected, rtol=rtol, atol=1e-26)


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
    loss = LOSSES["log_loss-logit"]
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
        ("logit", logistic, log_logistic),
    ]:
        link = LINKS[name]
        found = link.inverse(raw, out=np.empty_like(raw))
        np.testing.assert_allclose(found, mean, rtol=200 * eps, atol=tiny)
        np.testing.assert_allclose(link.log_inverse(raw), log_mean, rtol=4 * eps, atol=eps)


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
        Huber(delta=1.0): [1.5, 0.125, 2.5],
        Quantile(0.9): [1.8, 0.05, 0.3],
        AbsoluteError().smoothed(1.0): [2, 0.625, 3],
        Quantile(0.9).smoothed(1.0): [1.8, 0.1125, 0.3],
    }
    for loss, values in expected.items():
        np.testing.assert_allclose(loss.value(y, raw), values)


@pytest.mark.parametrize("loss", [AbsoluteError(), Quantile([0.1, 0.5, 0.9])], ids=str)
def test_a_smoothed_loss_is_the_mean_over_its_width(loss):
    n_outputs = loss.n_views
    residual = np.linspace(-2, 2, 9)[:, np.newaxis].repeat(n_outputs, axis=1)
    shifts = (np.arange(3000) + 0.5) / 1000 - 1.5
    mean = np.mean([loss.rho(residual + shift) for shift in shifts], axis=0)
    smooth = loss.smoothed(np.full(n_outputs, 1.5))
    np.testing.assert_allclose(smooth.rho(residual.copy()), mean, atol=1e-6)
    slope = (loss.rho(residual + 1.5) - loss.rho(residual - 1.5)) / 3
    np.testing.assert_allclose(smooth.psi(residual.copy()), slope, atol=1e-12)


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

    raw = loss.link.link(loss.center(Y, weight))
    around = [total(raw + step) for step in np.linspace(-0.3, 0.3, 121)]
    assert total(raw) <= min(around) * 1.01


@pytest.mark.parametrize("base", [0, 1, 3])
def test_ordered_outputs_rise_and_can_be_inverted(base):
    rng = np.random.default_rng(0)
    link = OrderedLink(4, base)
    raw = 3 * rng.standard_normal((20, 8))
    mean = link.inverse(raw, np.empty_like(raw)).reshape(20, 2, 4)
    assert (np.diff(mean, axis=2) > 0).all()
    again = np.array([link.link(row) for row in mean.reshape(20, 8)])
    wide = np.repeat(np.diff(mean, axis=2).min(axis=2) > 1e-2, 4, axis=1)
    np.testing.assert_allclose(again[wide], raw[wide], rtol=1e-8)
    np.testing.assert_array_equal(link.inverse(raw.copy(), raw), mean.reshape(20, 8))


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


# Registry, objects and checks ---------------------------------------------------------------------


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_passes_its_own_checks(name):
    check_methods(LOSSES[name], n_outputs(name))
    if "softmax" not in name and not name.startswith("smoothed"):
        assert check_loss(LOSSES[name]) is LOSSES[name]


def test_loss_objects_have_a_repr_and_are_equal_by_value():
    for loss, text in {
        LogLoss(smoothing=0.1): "LogLoss(smoothing=0.1)",
        SquaredError(): "SquaredError()",
        Huber(2.0): "Huber(delta=2.0)",
        Quantile([0.1, 0.9]): "Quantile(quantile=(0.1, 0.9))",
        Tweedie(): "Tweedie(power=1.5)",
        Tweedie(1): "Poisson()",
        Tweedie(2): "Gamma()",
    }.items():
        assert repr(loss) == text
        assert loss == pickle.loads(pickle.dumps(loss)) == copy.deepcopy(loss)
    assert Huber(2.0) != Huber(1.0)
    assert SquaredError() != AbsoluteError()


def test_an_estimator_with_a_loss_object_can_be_cloned_shown_and_searched():
    X = np.random.default_rng(0).normal(size=(40, 2))
    net = ShallowNetRegressor((), loss=Huber(2.0), solver="lbfgs", alpha=0.1)
    assert clone(net).loss == Huber(2.0)
    assert "loss=Huber(delta=2.0)" in repr(net)
    losses = [SquaredError(), Quantile(0.01), Quantile(0.99)]
    search = GridSearchCV(net, {"loss": losses}, scoring="r2", cv=2).fit(X, X.sum(axis=1) ** 3)
    assert search.best_params_["loss"] == losses[0]


BAD_OBJECTS = [
    (lambda: Huber(0), "delta=0 must be a finite number > 0"),
    (lambda: Huber(np.inf), "delta=inf"),
    (lambda: Huber("a"), "delta='a'"),
    (lambda: Huber(True), "delta=True"),
    (lambda: Tweedie(0.9), "power=0.9 must be a finite number >= 1"),
    (lambda: Tweedie(np.nan), "power=nan"),
    (lambda: LogLoss(1.0), "smoothing=1.0 must be a finite number >= 0 and < 1"),
    (lambda: Quantile([0.5, 0.1]), "quantile=.*increasing sequence"),
]


@pytest.mark.parametrize(("make", "named"), BAD_OBJECTS)
def test_a_bad_option_of_a_loss_is_named(make, named):
    with pytest.raises(ValueError, match=named):
        make()


def test_a_loss_object_serves_the_estimators_that_it_suits():
    X = np.random.default_rng(0).normal(size=(30, 2))
    for loss in (LogLoss(), SquaredError(), AbsoluteError()):
        ShallowNetClassifier((), loss=loss, solver="lbfgs").fit(X, X[:, 0] > 0)
    with pytest.raises(ValueError, match=r"loss=Poisson\(\).*'log'.*'logit'.*log_loss"):
        ShallowNetClassifier(loss=Poisson()).fit(X, X[:, 0] > 0)
    shares = ShallowNetRegressor((), loss=LogLoss(), solver="lbfgs").fit(X, 1 * (X[:, 0] > 0))
    assert ((shares.predict(X) > 0) & (shares.predict(X) < 1)).all()
    with pytest.raises(ValueError, match="needs 0 <= y <= 1, got 2"):
        shares.fit(X, np.full(30, 2.0))


def changed(**attributes):
    """Return a loss that is right but for these attributes of its class."""
    return type("Changed", (Cauchy,), attributes)()


def half(self, Y, raw, out):
    return np.divide(Cauchy.gradient(self, Y, raw, out), 2, out=out)


BAD_LOSSES = [
    (Cauchy, "is a class. Pass an object"),
    (object(), "must be one of .*or a loss object"),
    (changed(link="logistic"), "link='logistic'.*'identity', 'log', 'logit'"),
    (changed(link="softmax"), "link='softmax'"),  # of a classifier
    *((changed(link=link), "link=") for link in (3, None, np.exp)),
    (changed(domain=(1, 0)), "domain=.*a lower and an upper end"),
    *((changed(domain=domain), "domain=") for domain in ((0, 1, 2, 3), 5)),
    (changed(standardization="mode"), "standardization='mode'"),
    *((changed(standardization=value), "standardization=") for value in (True, ["mean"])),
    (changed(link="log"), "standardization='median'.*link='log'"),
    (changed(noise="white"), "noise='white'"),
    (changed(is_smooth=False), "is_smooth=False.*'smoothed'"),
    *(
        (changed(terms=lambda self, Y, raw, value=value: value), "'terms' returned the shape")
        for value in (np.zeros(3), 1.0, None)
    ),
    *(
        (changed(gradient=lambda self, Y, raw, out, value=value: value), "'gradient' returned")
        for value in (np.ones((3, 1)), 1.0, None)
    ),
    (changed(gradient=lambda self, Y, raw, out: raw[:, 0]), "'gradient' returned the shape"),
    (changed(gradient=lambda self, Y, raw, out: raw - Y), "'gradient' must write into `out`"),
    (changed(gradient=half), "'gradient' does not return the gradient of 'terms'"),
    (
        changed(curvature=lambda self, Y, raw: np.ones(len(raw))),
        "'curvature' returned the shape",
    ),
]


@pytest.mark.parametrize(("loss", "named"), BAD_LOSSES)
def test_what_is_wrong_with_a_custom_loss_is_named(loss, named):
    X = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(ValueError, match=named):
        ShallowNetRegressor(2, loss=loss).fit(X, X)


@pytest.mark.parametrize("name", ["terms", "gradient"])
def test_a_custom_loss_has_terms_and_a_gradient(name):
    with pytest.raises(TypeError, match=f"abstract method '?{name}"):
        changed(**{name: getattr(Loss, name)})


def test_a_loss_has_a_curvature_if_its_class_defines_one():
    assert not Cauchy().has_curvature
    assert changed(curvature=Cauchy.terms).has_curvature
    assert changed(hessian_roots=Cauchy.terms).has_curvature


def test_a_toy_loss_is_one_entry_of_the_registry(monkeypatch):
    class Quartic(Loss):
        standardization = "mean"
        parameters = ("quantile",)

        def __init__(self, quantile=0.5):
            self.quantile = quantile

        def terms(self, Y, raw):
            return (raw - Y) ** 4 / 4

        def gradient(self, Y, raw, out):
            return np.power(raw - Y, 3, out=out)

    monkeypatch.setitem(REGRESSOR_LOSSES, "quartic", Quartic)
    X = np.random.default_rng(0).normal(size=(50, 2))
    net = ShallowNetRegressor((), loss="quartic", quantile=0.3, solver="lbfgs", alpha=0.1)
    assert net.fit(X, X[:, 0]).score(X, X[:, 0]) > 0.99
    assert make_loss("quartic", REGRESSOR_LOSSES, {"quantile": 0.3, "tol": 1}).quantile == 0.3
    with pytest.raises(ValueError, match=r"'quartic'.*Did you mean 'quartic'"):
        net.set_params(loss="qartic").fit(X, X[:, 0])
    monkeypatch.setattr(Quartic, "gradient", Cauchy.gradient)
    with pytest.raises(ValueError, match="does not return the gradient"):
        net.set_params(loss="quartic").fit(X, X[:, 0])


@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_a_link_and_its_inverse(link):
    mean = np.array([0.2, 0.5, 0.3])
    raw = np.tile(link.link(mean), (2, 1))
    np.testing.assert_allclose(link.inverse(raw, out=np.empty_like(raw))[1], mean)
    assert link == copy.deepcopy(link)
    assert link_of(changed(link=link.name)) is link


@pytest.mark.parametrize(
    ("estimator", "loss", "words"),
    [
        (ShallowNetRegressor, "log_loss", "'log_loss' is for ShallowNetClassifier."),
        (ShallowNetClassifier, "poisson", "'poisson' is for ShallowNetRegressor."),
        (ShallowNetRegressor, "hubr", "Did you mean 'huber'?"),
    ],
)
def test_a_loss_of_the_other_estimator_is_told_from_a_slip(estimator, loss, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        estimator(loss=loss).fit([[0.0], [1.0]], [0, 1])
