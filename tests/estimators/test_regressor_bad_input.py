"""Bad input of the regressor gets an error that names it; a failed call loses nothing."""

import copy
import re

import numpy as np
import pandas as pd
import pytest
from nets import SOLVERS, STOCHASTIC
from scipy import sparse

from sklearn_shallow import Domain, Loss, Poisson, ShallowNetRegressor, Tweedie
from sklearn_shallow.losses.registry import REGRESSOR_LOSSES

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 6))
y = 1 + X[:, 0] ** 2 + np.exp(X[:, 1])
TWO = np.column_stack([y, 5 - y])
ONES = np.ones(60)


def net(**parameters):
    parameters = {"hidden_layer_sizes": (5,), "max_iter": 3, "random_state": 0, **parameters}
    return ShallowNetRegressor(**parameters)


def with_entry(array, value, column=0):
    """Return `array` as floats with an entry of its second row replaced."""
    array = array.astype(float)
    array[(1, column) if array.ndim == 2 else 1] = value
    return array


def table(cases):
    return [pytest.param(*case, id=name) for name, case in cases.items()]


# Parameters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [(), (5,), (5, 4)], ids=str)
def test_a_number_per_layer_says_how_many_there_are(hidden):
    n_layers = len(hidden) + 1
    right = net(hidden_layer_sizes=hidden, l1_ratio=(0.5,) * n_layers).fit(X, y)
    same = net(hidden_layer_sizes=hidden, l1_ratio=0.5).fit(X, y)
    np.testing.assert_array_equal(right.predict(X), same.predict(X))
    with pytest.raises(ValueError, match=rf"l1_ratio=.*{n_layers} such numbers.*layer"):
        net(hidden_layer_sizes=hidden, l1_ratio=(0.5,) * (n_layers + 1)).fit(X, y)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", np.float32(0.5)),
        ("l1_ratio", np.float32(0.5)),
        ("l1_ratio", np.array([0.5, 0.5])),
    ],
)
def test_numbers_of_numpy_are_numbers(name, value):
    expected = net(**{name: 0.5}).fit(X, y).predict(X)
    np.testing.assert_array_equal(net(**{name: value}).fit(X, y).predict(X), expected)


def test_a_bad_quantile_gets_an_example():
    with pytest.raises(ValueError, match=r"quantile=\[0.9, 0.1\].*increasing.*\[0.05, 0.5, 0.95\]"):
        net(loss="quantile", quantile=[0.9, 0.1]).fit(X, y)


@pytest.mark.parametrize(
    "settings",
    [
        *({"quantile": [0.1, 0.9]}, {"quantile": 0.3}, {"loss": "huber", "quantile": 0.3}),
    ],
    ids=str,
)
def test_an_option_of_another_loss_gets_a_warning(settings):
    name, value = list(settings.items())[-1]
    with pytest.warns(UserWarning, match=re.escape(f"No effect: {name}={value!r}")):
        net(**settings).fit(X, y)


# Targets ------------------------------------------------------------------------------------------


BAD_TARGETS = {
    "nan": (with_entry(y, np.nan), "y contains NaN"),
    "nan in a column": (with_entry(y[:, np.newaxis], np.nan), "y contains NaN"),
    "inf": (with_entry(y, np.inf), "y contains infinity"),
    "-inf": (with_entry(y, -np.inf), "y contains infinity"),
    "inf in two": (with_entry(TWO, np.inf), "y contains infinity"),
    "inf beside nan": (
        with_entry(with_entry(TWO, np.nan), np.inf, column=1),
        "y contains infinity",
    ),
    "a column of nan": (TWO * [1, np.nan], "no value in column 1.*nan.*Leave the column out"),
    "nothing but nan": (TWO * np.nan, "no value in column 0"),
    "strings": (np.full(60, "much"), "'much'"),
    "objects": (np.full(60, "much", object), "'much'"),
    "strings in two": (np.full((60, 2), "much", object), "'much'"),
    "string beside nan": (
        np.array([["much", np.nan]] * 60, dtype=object),
        "'much'",
    ),
    "None": (np.array([None, *y[1:]]), "y contains NaN"),
    "no target": (None, "y"),
    "short": (y[:5], re.escape("[60, 5]")),
    "short with gaps": (with_entry(TWO, np.nan)[:5], re.escape("[60, 5]")),
    "long": (np.r_[y, y], re.escape("[60, 120]")),
    "3-D": (np.zeros((60, 2, 2)), "dim 3"),
    "3-D with nan": (np.full((60, 2, 2), np.nan), "dim 3"),
    "no columns": (np.zeros((60, 0)), "0 feature|y"),
    "complex": (y + 1j, "Complex data not supported"),
    "ragged": ([[1.0, 2.0], [3.0]] * 30, "y has rows of different lengths"),
    "sparse": (sparse.csr_matrix(TWO), r"(?i)sparse.*y|y.*sparse"),
    "pandas NA": (pd.array([1.0, pd.NA] * 30, dtype="Float64"), "y contains NaN"),
    "labels": (np.array(["low", "high"] * 30), "not numbers.*'low'.*ShallowNetClassifier"),
    "labels among numbers": (np.array([1.5, "high"] * 30, dtype=object), "not numbers.*'high'"),
    "dates": (np.arange(60).astype("datetime64[D]"), r"y holds values of type datetime64\[D\]"),
    "too large": (np.where(np.arange(60) % 2, 1e308, -1e308), r"\by\b.*(large|overflow)"),
    "squares too large": (1e200 * y, r"\by\b.*(large|overflow)"),
}


@pytest.mark.parametrize(("bad", "named"), table(BAD_TARGETS))
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_bad_target(solver, bad, named):
    with pytest.raises(ValueError, match=named):
        net(solver=solver).fit(X, bad)


@pytest.mark.parametrize(
    ("size", "named"),
    [(1e-200, "y underflows float64.*Multiply"), (1e-320, "below the smallest normal")],
)
def test_a_target_whose_scale_is_lost_is_refused(size, named):
    with pytest.raises(ValueError, match=named):
        net().fit(X, size * X[:, 0])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
@pytest.mark.parametrize(("bad", "named"), table(BAD_TARGETS))
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_call_that_fails_for_the_target_loses_nothing(method, bad, named):
    model, undisturbed = net().fit(X, y), net().fit(X, y)
    with pytest.raises(ValueError, match="|".join([named, "2 targets", "more targets"])):
        getattr(model, method)(X, bad)
    np.testing.assert_array_equal(model.predict(X), undisturbed.predict(X))
    model.partial_fit(X, y)
    np.testing.assert_array_equal(model.predict(X), undisturbed.partial_fit(X, y).predict(X))


DOMAINS = {
    "poisson": ({"loss": "poisson"}, -0.5, "y >= 0"),
    "gamma": ({"loss": "gamma"}, 0.0, "y > 0"),
    "gamma, negative": ({"loss": "gamma"}, -3.0, "y > 0"),
    "tweedie": ({"loss": "tweedie"}, -1e-9, "y >= 0"),
    "tweedie 1": ({"loss": Tweedie(1)}, -2.0, "y >= 0"),
    "tweedie 2": ({"loss": Tweedie(2)}, 0.0, "y > 0"),
    "tweedie 3": ({"loss": Tweedie(3)}, 0.0, "y > 0"),
}


@pytest.mark.parametrize(("settings", "value", "domain"), table(DOMAINS))
@pytest.mark.parametrize("target", [y, np.column_stack([y, y])], ids=["one", "two"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_target_outside_the_domain_is_named(method, target, settings, value, domain):
    model = net(**settings).fit(X, target)
    before = model.predict(X)
    name = re.escape(repr(settings["loss"]))
    message = rf"loss={name} needs {domain}, got {value:g}\. .*squared_error"
    outside = [with_entry(target, value)]
    if target.ndim == 2:
        outside.append(with_entry(with_entry(target, np.nan), value, column=1))
    for each in outside:
        with pytest.raises(ValueError, match=message):
            getattr(model, method)(X, each)
        np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("loss", ["poisson", "gamma", "tweedie"])
def test_a_target_that_weighs_nothing_may_be_outside_the_domain(loss):
    weight = with_entry(ONES, 0.0)
    outside = net(loss=loss).fit(X, with_entry(y, -7.0), sample_weight=weight)
    left_out = net(loss=loss).fit(np.delete(X, 1, axis=0), np.delete(y, 1))
    np.testing.assert_allclose(outside.predict(X), left_out.predict(X), rtol=1e-6)


def test_weights_that_leave_nothing_of_a_column_name_it():
    gappy = TWO.copy()
    gappy[:30, 1] = np.nan
    with pytest.raises(ValueError, match="no value in column 1"):
        net().fit(X, gappy, sample_weight=np.arange(60) < 30)


# Later calls --------------------------------------------------------------------------------------

LATER = {
    "one column": (y, TWO, {}, r"1 target.*2 targets|2 targets.*1 target|shape"),
    "two columns": (TWO, y, {}, r"2 targets.*1 target|shape"),
    "three columns": (TWO[:, [0, 1, 0]], TWO, {}, r"3 targets.*2 targets|shape"),
}


@pytest.mark.parametrize(("later", "target", "settings", "named"), table(LATER))
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_another_number_of_columns_in_a_later_partial_fit(solver, later, target, settings, named):
    model, undisturbed = (net(solver=solver, **settings).partial_fit(X, target) for _ in range(2))
    with pytest.raises(ValueError, match=named):
        model.partial_fit(X, later)
    for each in (model, undisturbed):
        each.partial_fit(X, target)
    np.testing.assert_array_equal(model.predict(X), undisturbed.predict(X))
    assert model.n_iter_ == undisturbed.n_iter_


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_targets_beyond_the_precision_of_predictions_are_refused(method):
    with pytest.raises(ValueError, match=r"y is up to .*e\+4.*float32.*Pass X in float64"):
        getattr(net(), method)(X.astype(np.float32), 1e40 * X[:, 0])
    model = getattr(net(), method)(X, 1e40 * X[:, 0])
    assert np.isfinite(model.predict(X)).all()


def test_a_score_of_targets_with_gaps_says_so():
    model = net().fit(X, with_entry(TWO, np.nan))
    with pytest.raises(ValueError, match=r"(?i)gaps|nan"):
        model.score(X, with_entry(TWO, np.nan))


@pytest.mark.parametrize("scoring", [None, "r2", "neg_mean_absolute_error"])
def test_scores_of_targets_with_gaps_name_the_way_out(scoring):
    gappy = np.where(np.arange(120).reshape(60, 2) % 3, TWO, np.nan)
    with pytest.raises(ValueError, match=r"scoring.*scoring='loss'"):
        net(early_stopping=True, scoring=scoring).fit(X, gappy)


# Losses of one's own ------------------------------------------------------------------------------


class Squares(Loss):
    """The squared error, as a user would write it."""

    def terms(self, Y, raw):
        return (raw - Y) ** 2

    def gradient(self, Y, raw, out):
        return np.multiply(2, raw - Y, out=out)


def varied(**attributes):
    """Return a loss that differs from the one above."""
    return type("Varied", (Squares,), attributes)()


def test_a_domain_may_be_a_pair():
    loss = varied(domain=(0.0, 100.0))
    assert np.isfinite(net(loss=loss).fit(X, y).loss_)
    with pytest.raises(ValueError, match=r"needs 0 <= y <= 100, got -1"):
        net(loss=loss).fit(X, with_entry(y, -1.0))
    open_domain = varied(domain=Domain(0.0, closed="neither"))
    with pytest.raises(ValueError, match=r"needs y > 0, got 0"):
        net(loss=open_domain).fit(X, with_entry(y, 0.0))


class LinkOfAnInstance(Squares):
    def __init__(self, link="identity"):
        self.link = link


class LogOfAnInstance(Poisson):
    def __init__(self):
        self.link = "log"

    def gradient(self, Y, raw, out):
        return np.subtract(np.exp(raw), Y, out=out)


def test_attributes_may_be_those_of_an_instance():
    plain = net(loss=Squares()).fit(X, y)
    found = net(loss=LinkOfAnInstance()).fit(X, y)
    np.testing.assert_array_equal(found.predict(X), plain.predict(X))
    assert net(loss=LogOfAnInstance()).fit(X, y).out_activation_ == "exp"
    with pytest.raises(ValueError, match="link='exp'"):
        net(loss=LinkOfAnInstance("exp")).fit(X, y)


def far(raw):
    """Return whether these are not the few rows of a check."""
    return len(raw) > 3


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_loss_that_is_not_a_number_is_noticed(solver):
    def terms(self, Y, raw):
        return Squares.terms(self, Y, raw) * (np.nan if far(raw) else 1)

    model = net(solver=solver).fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match="not a number"):
        model.set_params(loss=varied(terms=terms)).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_gradient_that_is_not_a_number_is_noticed(solver):
    def gradient(self, Y, raw, out):
        return np.multiply(np.nan if far(raw) else 2, raw - Y, out=out)

    with pytest.raises(ValueError, match="not a number"):
        net(loss=varied(gradient=gradient), solver=solver).fit(X, y)


def test_an_error_in_a_loss_is_passed_on_and_loses_nothing():
    def terms(self, Y, raw):
        raise ZeroDivisionError("in the loss")

    model = net().fit(X, y)
    before = model.predict(X)
    with pytest.raises(ZeroDivisionError, match="in the loss"):
        model.set_params(loss=varied(terms=terms)).fit(X, TWO)
    np.testing.assert_array_equal(model.predict(X), before)


# What stays as it was -----------------------------------------------------------------------------


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("loss", REGRESSOR_LOSSES)
@pytest.mark.parametrize("solver", SOLVERS)
def test_arrays_of_the_caller_are_not_modified(solver, loss, standardize):
    gappy = with_entry(np.column_stack([y, 2 * y]), np.nan)
    arrays = (np.asfortranarray(X), y.copy(), gappy, np.linspace(0.1, 1, 60))
    for array in arrays:
        array.flags.writeable = False
    before = copy.deepcopy(arrays)
    rows, target, targets, weight = arrays
    model = net(solver=solver, loss=loss, standardize=standardize, max_iter=1)
    model.set_params(**({"learning_rate_init": 1e-6} if solver == "sgd" else {}))
    for each in (targets, target):
        model.fit(rows, each, weight)
        if solver in STOCHASTIC:
            model.partial_fit(rows, each, sample_weight=weight)
        model.predict(rows)
        model.transform(rows)
    model.score(rows, target)
    for array, copied in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copied)
