"""What a user is warned of, and that warnings point at the line that led to them."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from nets import plain, plain_regressor
from scipy import sparse
from sklearn import config_context
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from watch import Watch

from sklearn_shallow import (
    Adam,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)
from sklearn_shallow.estimators.scikit_learn import HAS_CALLBACKS

X, y = load_iris(return_X_y=True)
X_wine, y_wine = load_wine(return_X_y=True)
X_diabetes, y_diabetes = load_diabetes(return_X_y=True)


def watched(net):
    return net.set_callbacks(Watch()) if HAS_CALLBACKS else net


USERS = {
    "alone": lambda net: net.fit(X, y),
    "by name": lambda net: type(net).fit(net, X=X, y=y),
    "callbacks": lambda net: watched(net).fit(X, y),
    "fit_transform": lambda net: net.fit_transform(X, y),
    "pipeline": lambda net: make_pipeline(StandardScaler(), net).fit(X, y),
    "search": lambda net: GridSearchCV(net, {"alpha": [1.0]}, cv=2).fit(X, y),
    "cross-validation": lambda net: CV[type(net)](net, alphas=[1.0], cv=2).fit(X, y),
}
CV = {
    ShallowNetClassifier: ShallowNetClassifierCV,
    ShallowNetRegressor: ShallowNetRegressorCV,
}


@pytest.mark.parametrize("make", [plain, plain_regressor])
@pytest.mark.parametrize("use", USERS)
def test_warnings_of_fit_name_the_users_file(make, use):
    net = make(solver="lbfgs", max_iter=2, momentum=0.5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        USERS[use](net)
    told = [str(warning.message) for warning in caught]
    assert any("No effect: momentum=0.5" in message for message in told)
    assert any("had not converged" in message for message in told)
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
def test_iterations_of_a_search_for_the_decay_are_told_apart(solver):
    net = plain(solver=solver, alpha="evidence", max_iter=3)
    with pytest.warns(ConvergenceWarning, match="max_iter=3") as caught:
        net.fit(X, y)
    counts = f"after {net.n_iter_} iterations, {net.n_iter_ - 3} of them to find alpha:"
    assert counts in str(caught[0].message)


# Options without effect


def warnings_of(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"tol": 0.5}, "tol=0.5 with learning_rate='flat_cosine', chosen by learning_rate='auto'"),
        ({"n_iter_no_change": 1}, "n_iter_no_change=1 with learning_rate='flat_cosine', chosen by"),
        (
            {"n_iter_no_change": 5, "tol": 0, "learning_rate": "flat_cosine"},
            "n_iter_no_change=5, tol=0 with learning_rate='flat_cosine'. Remove",
        ),
        (
            {"n_iter_no_change": 5, "tol": 0, "learning_rate": "adaptive"},
            "n_iter_no_change=5 with learning_rate='adaptive'. Remove",
        ),
    ],
    ids=str,
)
def test_patience_that_is_not_asked_is_named(settings, named):
    net = ShallowNetClassifier(4, alpha=1.0, max_iter=6, **settings)
    told = warnings_of(lambda: net.fit(X, y))
    assert [named in message for message in told if "No effect" in message] == [True]


@pytest.mark.parametrize(
    "settings", [{"solver": "lbfgs"}, {"solver": "lm"}, {"early_stopping": True}], ids=str
)
def test_patience_that_is_asked_is_not_named(settings):
    net = ShallowNetClassifier(4, tol=0.01, n_iter_no_change=3, **settings)
    assert warnings_of(lambda: net.fit(X, y)) == []


# Networks that have learnt nothing

NO_BETTER = "no better than a constant"


def told_of(net, X, y, words=NO_BETTER, **fit):
    return [message for message in warnings_of(lambda: net.fit(X, y, **fit)) if words in message]


@pytest.mark.parametrize("data", [(X, y), (X_wine, y_wine)], ids=["iris", "wine"])
@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_layer_sizes": (20,) * 6, "activation": "logistic"},
        {"alpha": 1e6},
        {"alpha": 1e6, "solver": "lbfgs"},
        {"alpha": 1e6, "loss": "squared_error"},
        {"alpha": 1e6, "loss": "absolute_error"},
    ],
    ids=str,
)
def test_a_classifier_that_has_learnt_nothing_says_so(settings, data):
    assert len(told_of(ShallowNetClassifier(random_state=0, **settings), *data)) == 1


def test_the_end_of_a_schedule_is_no_end_before_time():
    net = ShallowNetClassifier(5, alpha=1, max_iter=40, tol=0, random_state=0)
    assert warnings_of(lambda: net.set_params(learning_rate=lambda u: 1 - u).fit(X, y)) == []
    net.set_params(learning_rate=lambda u: 1 - u / 2)
    assert len(told_of(net, X, y, "reached max_iter=40")) == 1


def test_a_schedule_is_asked_for_no_rate_that_a_step_does_not_have():
    asked = []

    def rate(done):
        asked.append(done)
        return 1 + np.log(1 - done) / 10  # minus infinity at the end

    net = ShallowNetClassifier(5, alpha=1, max_iter=40, tol=0, learning_rate=rate, random_state=0)
    assert told_of(net, X, y, "No effect") == []
    assert 0 == asked[0] < asked[1]
    assert max(asked) < 1


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("data", [(X, y), (X_wine, y_wine)], ids=["iris", "wine"])
@pytest.mark.parametrize("rate", [0.02, 10, 100])
def test_a_rate_that_is_too_high_is_not_silent(rate, data, seed):
    net = ShallowNetClassifier(learning_rate_init=rate, random_state=seed)
    try:
        told = warnings_of(lambda: net.fit(*data))
    except ValueError as failure:
        told = [str(failure)]
    assert len(told) == (rate > 1)
    words = NO_BETTER, "steps that were too large", "lower learning_rate_init"
    assert all(any(some in message for some in words) for message in told)


@pytest.mark.parametrize(("rate", "alpha"), [("auto", "auto"), (0.02, "auto"), (0.1, 1.0)])
def test_labels_that_are_memorised_at_a_high_rate_are_told_of(rate, alpha):
    """As those of a class that is far from the others, by any rounding."""
    words, is_setosa = "the labels were memorised", y == 0
    net = ShallowNetClassifier(learning_rate_init=rate, alpha=alpha, random_state=0)
    assert told_of(net, X, is_setosa, words) == []
    net.set_params(learning_rate_init=0.1, alpha="auto")
    (message,) = told_of(net, X, is_setosa, words)
    assert "0.02 suits the data" in message


@pytest.mark.parametrize("settings", [{}, {"max_iter": 400}, {"early_stopping": True}], ids=str)
@pytest.mark.parametrize(("rate", "is_told"), [(0.02, False), (2e-3, False), (1e-4, True)])
def test_a_rate_that_is_too_low_is_not_silent(rate, is_told, settings):
    net = ShallowNetClassifier(learning_rate_init=rate, random_state=0, **settings)
    told = told_of(net, X, y, "steps that were too small")
    assert len(told) == is_told
    if is_told:
        assert "with 0.02, which suits the data" in told[0]


def test_few_epochs_are_not_the_fault_of_a_low_rate():
    net = ShallowNetClassifier(learning_rate_init=1e-4, max_iter=8, random_state=0)
    assert told_of(net, X, y, "steps that were too small") == []


def test_a_rate_that_is_too_low_to_learn_anything_is_to_be_raised():
    net = ShallowNetRegressor(5, learning_rate_init=1e-7, random_state=0)
    told = [
        text
        for rows in (60, 442)
        for text in told_of(net, X_diabetes[:rows], y_diabetes[:rows], "")
    ]
    assert len(told) == 2
    ways = "made steps that were too small", "a learning_rate_init above 1e-07"
    assert all(any(way in text for way in ways) for text in told)


@pytest.mark.parametrize(
    "loss", ["squared_error", "absolute_error", "huber", "quantile", "poisson", "gamma"]
)
def test_a_regressor_that_has_learnt_nothing_says_so(loss):
    dead = ShallowNetRegressor(5, loss=loss, alpha=1e8, solver="lbfgs", random_state=0)
    (message,) = told_of(dead, X_diabetes, y_diabetes)
    found, constant = map(
        float, re.search(r"is (\S+), a constant has (\S+)\. Try", message).groups()
    )
    assert found == pytest.approx(constant, rel=1e-3)
    learnt = ShallowNetRegressor(5, loss=loss, alpha=1.0, solver="lbfgs", random_state=0)
    assert told_of(learnt, X_diabetes, y_diabetes) == []


def test_what_to_change_is_named():
    net = ShallowNetClassifier(4, alpha=1e6, max_iter=50, random_state=0)
    (message,) = told_of(net, X, y)
    assert "Try an alpha below 1e+06, or a max_iter above 50. If" in message
    (message,) = told_of(net.set_params(learning_rate_init=0.1), X, y)
    assert "Try an alpha below 1e+06, or a learning_rate_init below 0.1, or a max" in message
    (message,) = told_of(net.set_params(n_estimators=2), X, y)
    assert "constant (2 of 2 networks; this is the first)" in message
    (message,) = told_of(net.set_params(n_estimators=1, solver="lbfgs"), X, y)
    assert "learning_rate" not in message


def test_a_decay_that_was_found_is_said_to_be_found():
    """XOR, on which beginners try a network: four samples do not tell that there is a function."""
    xor, labels = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    net = ShallowNetClassifier(random_state=0)
    (message,) = told_of(net, xor, labels)
    way = re.search(r"Try alpha=(\S+), far below the (\S+) found from the data\.", message)
    assert way[2] == f"{net.alpha_:.3g}"
    assert not told_of(net.set_params(alpha=float(way[1])), xor, labels)
    assert net.score(xor, labels) == 1


def test_networks_that_have_learnt_say_nothing():
    for data in ((X, y), (X_wine, y_wine)):
        for weight in (None, np.ones(len(data[1]))):
            net = ShallowNetClassifier(random_state=0)
            assert warnings_of(lambda net=net, w=weight, d=data: net.fit(*d, w)) == []
    assert (
        warnings_of(lambda: ShallowNetRegressor(random_state=0).fit(X_diabetes, y_diabetes)) == []
    )


@pytest.mark.parametrize("labels", [[0, 1, 2], ["a", "b", "c"]])
def test_weights_that_leave_one_class_are_not_silent(labels):
    named, net = np.take(labels, y), plain()
    one, of_class = (y == 1).astype(float), dict.fromkeys(labels, 0) | {labels[1]: 1}
    for call in (
        lambda: net.fit(X, named, one),
        lambda: plain(class_weight=of_class).fit(X, named),
        lambda: plain(alpha="auto").fit(X[:100], named[:100], one[:100]),
    ):
        told = [message for message in warnings_of(call) if "one class only" in message]
        assert len(told) == 1
        assert f"one class only, [{labels[1]!r}]" in told[0]
    told = warnings_of(lambda: net.fit(X, named, (y > 0).astype(float)))
    assert not any("one class only" in message for message in told)


OTHERS = "all others hardly count"


def with_slip(several):
    slipped = np.column_stack([y_diabetes, y_diabetes]) if several else y_diabetes.copy()
    slipped[(3, 1) if several else 3] = -99_999
    return slipped


@pytest.mark.parametrize("several", [False, True])
def test_a_number_that_the_squared_error_follows_alone_is_named(several):
    net, slipped = ShallowNetRegressor(3, max_iter=2, alpha=1.0), with_slip(several)
    [told] = told_of(net, X_diabetes, slipped, OTHERS)
    assert "-99999, sample 3)" in told
    assert ("in column 1" in told) == several


@pytest.mark.parametrize(("sign", "step"), [(1, 40), (-1, 40), (1, 11)])
def test_codes_that_the_squared_error_follows_are_named(sign, step):
    net, coded = ShallowNetRegressor(3, max_iter=2, alpha=1.0), sign * y_diabetes
    coded[::step] = -9999
    [told] = told_of(net, X_diabetes, coded, OTHERS)
    n_codes = len(coded[::step])
    assert f"{n_codes} numbers of y (the most extreme: -9999, sample" in told


def test_tails_and_rare_amounts_are_no_codes():
    rng, net = np.random.default_rng(0), ShallowNetRegressor(3, max_iter=2, alpha=1.0)
    tail = np.exp(2 * rng.normal(size=442))
    rare = np.where(np.arange(442) % 30, 0, 1 + rng.random(442))
    for amounts in (tail, rare):
        squares = np.sort((amounts - amounts.mean()) ** 2)
        assert squares[-22:].sum() > 0.9 * squares.sum() > squares[-1]
        assert told_of(net, X_diabetes, amounts, OTHERS) == []


def test_numbers_that_the_loss_does_not_follow_are_not_named():
    net, slipped = ShallowNetRegressor(3, max_iter=2, alpha=1.0), with_slip(several=False)
    assert told_of(net, X_diabetes, y_diabetes, OTHERS) == []
    assert told_of(net, X_diabetes, slipped, OTHERS, sample_weight=np.arange(442) != 3) == []
    assert told_of(net.set_params(loss="huber"), X_diabetes, slipped, OTHERS) == []


AS_WEAK = "is as weak as"


def test_weights_that_make_a_given_decay_weak_are_told_of():
    weight = np.random.default_rng(0).uniform(200, 400, 150)
    net = ShallowNetClassifier(3, max_iter=2, alpha=1.0)
    [told] = told_of(net, X, y, AS_WEAK, sample_weight=weight)
    assert "alpha=1.0 is as weak as 0.003 without weights" in told
    for fine in (weight / weight.mean(), np.floor(weight), None):
        assert told_of(net, X, y, AS_WEAK, sample_weight=fine) == []
    for alpha in ("auto", 0.0, 100.0):
        net.set_params(alpha=alpha)
        assert told_of(net, X, y, AS_WEAK, sample_weight=weight) == []


ON_FOLDS = "no candidate is better than a constant on the test folds"


@pytest.mark.parametrize("task", ["labels", "numbers"])
def test_a_search_that_finds_nothing_better_than_a_constant_says_so(task):
    rng = np.random.default_rng(0)
    rows, target = rng.normal(size=(60, 20)), rng.normal(size=60)
    target = target > 0 if task == "labels" else target
    kind = ShallowNetClassifierCV if task == "labels" else ShallowNetRegressorCV
    net = (ShallowNetClassifier if task == "labels" else ShallowNetRegressor)(
        solver="lbfgs", random_state=0
    )
    [told] = told_of(kind(net, alphas=[0.01, 0.1], cv=3), rows, target, ON_FOLDS)
    assert "larger ones than 0.1 may help" in told
    by_score = kind(net, alphas=[0.01, 0.1], cv=3, scoring=lambda *_: 0.0)
    assert told_of(by_score, rows, target, ON_FOLDS) == []
    assert told_of(kind(net, alphas=[1, 10], cv=3), rows, rows[:, 0] > 0, ON_FOLDS) == []


def test_a_constant_target_is_nothing_to_warn_of():
    for value in (0.0, 3.0):
        net = ShallowNetRegressor(random_state=0)
        assert warnings_of(lambda net=net, v=value: net.fit(X, np.full(len(X), v))) == []


@pytest.mark.parametrize("gaps", [False, True])
def test_the_constant_of_several_outputs_is_that_of_what_is_known(gaps):
    Y = np.column_stack([y == 0, y == 1, y < 2]).astype(float)
    if gaps:
        Y[::5, 1] = np.nan
    assert len(told_of(ShallowNetClassifier(3, alpha=1e6, random_state=0), X, Y)) == 1
    assert told_of(ShallowNetClassifier(3, alpha=0.1, random_state=0), X, Y) == []


# Fits that end too early


def test_a_decay_that_was_never_revised_is_not_passed_off_as_found():
    words = "alpha_=3 is its initial value"
    assert len(told_of(ShallowNetClassifier(4, max_iter=1), X, y, words)) == 1
    assert told_of(ShallowNetClassifier(4, max_iter=1, alpha=3.0), X, y, words) == []
    assert told_of(ShallowNetClassifier(4, max_iter=2), X, y, words) == []
    assert told_of(ShallowNetClassifier(4, max_iter=1, solver="lbfgs"), X, y, words) == []
    net = ShallowNetClassifier(4, warm_start=True, random_state=0).fit(X, y)
    assert told_of(net.set_params(max_iter=1), X, y, "search begins") == []


def test_time_that_was_too_short_is_no_matter_of_tol():
    net = ShallowNetClassifier(4, solver=Adam(max_time=1e-9), max_iter=50, alpha=1.0)
    (message,) = told_of(net, X, y, "reached max_time")
    assert "ended after 1 of 50 epochs: it reached max_time=1e-09 seconds. Increase" in message
    assert "tol" not in message


# Validation rows that were not transformed


@pytest.mark.parametrize("data", [(X, y), (X_wine, y_wine)], ids=["iris", "wine"])
def test_validation_rows_that_bypass_a_pipeline_are_noticed(data):
    X, y = data
    settings = {"early_stopping": True, "random_state": 0, "max_iter": 5}
    held_out = {"X_val": X[1::2], "y_val": y[1::2]}
    pipe = make_pipeline(StandardScaler(), ShallowNetClassifier(4, **settings))
    words = "Pipeline(..., transform_input=['X_val'])"
    past = {f"shallownetclassifier__{name}": rows for name, rows in held_out.items()}
    assert len(told_of(pipe, X[::2], y[::2], words, **past)) == 1
    with config_context(enable_metadata_routing=True):
        net = ShallowNetClassifier(4, **settings).set_fit_request(X_val=True, y_val=True)
        pipe = Pipeline([("scale", StandardScaler()), ("net", net)], transform_input=["X_val"])
        assert told_of(pipe, X[::2], y[::2], words, **held_out) == []


def test_validation_rows_may_differ_somewhat():
    settings = {"early_stopping": True, "random_state": 0, "max_iter": 5}
    rng = np.random.default_rng(0)
    years = np.column_stack([np.linspace(2000, 2020, 100), rng.standard_normal(100)])
    shifted = {"X_val": years[80:], "y_val": years[80:, 1]}
    net = ShallowNetRegressor(3, **settings)
    assert told_of(net, years[:80], years[:80, 1], "X_val", **shifted) == []
    outlier = years[:80].copy()
    outlier[:10] = 1e6
    odd = {"X_val": outlier, "y_val": outlier[:, 1]}
    assert told_of(net, years[:80], years[:80, 1], "X_val", **odd) == []
    scarce = sparse.csr_matrix(years[:80])
    odd["X_val"] = 100 * scarce
    assert told_of(net, scarce, years[:80, 1], "X_val", **odd) == []


# Rows that are limited

FAR = X.copy()
FAR[:10, 1] = 50
FAR[10, 1] = -40
LIMITED = "far outside the training range"


@pytest.fixture(scope="module")
def net():
    return ShallowNetClassifier(4, random_state=0).fit(X, y)


@pytest.mark.parametrize(
    "call",
    [
        lambda net, X: net.predict(X),
        lambda net, X: net.predict_proba(X),
        lambda net, X: net.predict_log_proba(X),
        lambda net, X: net.decision_function(X),
        lambda net, X: net.score(X, y),
        lambda net, X: net.transform(X),
    ],
)
def test_rows_that_are_limited_are_told_of_once_in_a_call(net, call):
    (message,) = warnings_of(lambda: call(net, FAR))
    assert message.startswith("11 of 150 samples of X are far outside")
    assert (
        "column 1, which was between 2 and 4.4 in training and is now between -40 and 50."
        in message
    )
    assert "standardize=True" in message
    assert warnings_of(lambda: call(net, X)) == []


def test_single_rows_among_many_are_what_the_limits_are_for(net):
    slips = X.copy()
    slips[:7, 1] = 50
    assert warnings_of(lambda: net.predict(slips)) == []
    assert len(warnings_of(lambda: net.predict(slips[:1]))) == 1


def test_the_column_is_called_by_its_name():
    frame = pd.DataFrame(X, columns=list("abcd"))
    net = ShallowNetRegressor(4, random_state=0).fit(frame, X[:, 0])
    (message,) = warnings_of(lambda: net.predict(pd.DataFrame(FAR[:1], columns=list("abcd"))))
    assert "in column 'b'" in message


def test_rows_are_far_from_a_whole_range_on(net):
    row = X[:1].copy()
    for value, n_warnings in ((4.4 + 2.3, 0), (4.4 + 2.5, 1), (2 - 2.3, 0), (2 - 2.5, 1)):
        row[0, 1] = value
        assert len(warnings_of(lambda: net.predict(row))) == n_warnings


def test_a_trend_that_goes_on_outside_of_the_range_is_told_of():
    day = np.arange(260.0)[:, np.newaxis]
    net = ShallowNetRegressor(4, random_state=0).fit(day[:200], day[:200, 0])
    (message,) = warnings_of(lambda: net.predict(day[200:]))  # up to 30 % beyond
    assert message.startswith("41 of 60 samples of X are far outside the training range")
    (message,) = warnings_of(lambda: net.predict(day[200:224]))  # up to 12 % beyond
    assert message.startswith("5 of 24 samples of X")
    assert warnings_of(lambda: net.predict(day[120:226])) == []  # 7 of 106 limited
    assert warnings_of(lambda: net.predict(day[222:226])) == []  # four rows
    assert len(warnings_of(lambda: net.predict(day[222:227]))) == 1


def test_rows_of_another_class_are_no_trend():
    net = OneVsOneClassifier(ShallowNetClassifier(5, random_state=0))
    net.fit(X_wine[::2], y_wine[::2])
    assert warnings_of(lambda: net.predict(X_wine[1::2])) == []


@pytest.mark.parametrize("n_trained", [30, 300])
def test_other_rows_of_the_same_kind_are_nothing_to_warn_of(n_trained):
    net = ShallowNetRegressor((), alpha=1.0, solver="lbfgs", max_iter=1)
    for rows in np.array_split(np.random.default_rng(0).normal(size=(20_000, 10)), 20):
        with pytest.warns(ConvergenceWarning):
            net.fit(rows[:n_trained], rows[:n_trained, 0])
        assert warnings_of(lambda rows=rows: net.predict(rows[n_trained:])) == []


def test_rows_that_are_not_limited_are_nothing_to_warn_of():
    net = ShallowNetClassifier(4, random_state=0, standardize=True).fit(X, y)
    assert warnings_of(lambda: net.predict(FAR)) == []


def test_columns_with_rare_values_are_left_at_any_time():
    rng = np.random.default_rng(0)
    Z = np.column_stack([rng.standard_cauchy(200), rng.random(200) < 0.1, np.ones(200)])
    net = ShallowNetRegressor(3, random_state=0, alpha=1.0, max_iter=3).fit(Z, Z[:, 1])
    assert warnings_of(lambda: net.predict([[1e9, 16, 2]])) == []


def test_what_is_scored_during_a_fit_says_nothing():
    held_out = {"X_val": FAR, "y_val": y}
    net = ShallowNetClassifier(4, scoring="accuracy", random_state=0, max_iter=5)
    assert told_of(net, X, y, LIMITED, **held_out) == []
    assert len(warnings_of(lambda: net.predict(FAR))) == 1


def test_the_range_of_few_rows_is_soon_left():
    few = ShallowNetRegressor(4, random_state=0, alpha=1.0).fit(X[:19], X[:19, 0])
    assert warnings_of(lambda: few.predict(FAR)) == []


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_early_stopping_tells_of_few_samples_that_tell_nothing(solver):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 6)), rng.integers(3, size=40)
    net = ShallowNetClassifier((20, 20), solver=solver, early_stopping=True, random_state=0)
    words = "a constant on the 4 samples of the validation set.* early_stopping=False"
    with pytest.warns(ConvergenceWarning, match=words):
        net.fit(X, y)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_early_stopping_on_few_samples_with_a_signal_is_nothing_to_warn_of(solver):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    signal = X[:, 0] + X[:, 1]
    settings = {"solver": solver, "random_state": 0, "early_stopping": True}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ShallowNetClassifier(**settings).fit(X, signal > 0)
        ShallowNetRegressor(**settings).fit(X, signal)


def test_a_validation_set_that_a_constant_predicts_as_well_is_told_of():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = X[:, 0] + 0.5 * rng.normal(size=400)
    net = ShallowNetRegressor(n_estimators=2, random_state=0)
    words = r"on the 100 samples of the validation set \(2 of 2 networks; this is the first\)"
    with pytest.warns(ConvergenceWarning, match=words) as caught:
        net.fit(X[:300], y[:300], X_val=X[300:], y_val=-y[300:])
    assert "early_stopping" not in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
        net.set_params(early_stopping=False)  # then it is only recorded
        net.fit(X[:300], y[:300], X_val=X[300:], y_val=-y[300:])
