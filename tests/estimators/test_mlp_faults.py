"""The faults of scikit-learn's MLPClassifier and MLPRegressor (1.9.1), none of which is here.

Every test is headed by the number of the fault and what happens there. Others are tested with what
they are about:

- B5, the split for early stopping is not stratified with several classes: test_control.py
- B8, a target of large or small scale is not learned: test_regressor.py, too
- B13, a pickle has two to four times the size of the weights: test_saving.py
- B15, options are ignored in silence, schedules are not those of the documentation: test_control.py
- B16, partial_fit fails after a fit with other settings: test_control.py
- B17, MLPRegressor offers partial_fit for L-BFGS, and one call runs hundreds of iterations:
  test_bad_input.py, test_regressor_control.py
- B20, one class in y has two columns of probabilities; B23, negative counts: test_bad_input.py,
  test_regressor_bad_input.py
"""

import inspect

import numpy as np
import pytest
from nets import (
    SOLVERS,
    STOCHASTIC,
    assert_same_weights,
    in_double,
    small,
    small_regressor,
    stochastic,
)
from scipy.special import log_softmax
from sklearn.base import is_classifier
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_wine,
    make_classification,
    make_friedman1,
)
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GridSearchCV, train_test_split
from spies import spied
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.losses.registry import REGRESSOR_LOSSES
from sklearn_shallow.objective.formula import Objective
from sklearn_shallow.solvers.registry import SOLVERS as REGISTERED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X_wine, y_wine = load_wine(return_X_y=True)
X_cancer, y_cancer = load_breast_cancer(return_X_y=True)
X_digits, y_digits = load_digits(return_X_y=True)
X_friedman, y_friedman = make_friedman1(300, noise=0.5, random_state=0)
proline = X_wine[:, 12]


ESTIMATORS = ["classifier", "regressor"]
both = pytest.mark.parametrize(
    ("make", "y"), [(small, y_wine), (small_regressor, proline)], ids=ESTIMATORS
)

# B1: with busy cores, BLAS threads that wait make a fit up to 48 times slower ---------------------


def blas_thread_counts():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture
def two_blas_threads():
    with threadpool_limits(2, user_api="blas"):
        if blas_thread_counts() != {2}:
            pytest.skip("this BLAS cannot have two threads")
        yield


@both
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.usefixtures("two_blas_threads")
def test_b1_small_products_run_on_one_thread_and_the_number_is_restored(make, y, solver):
    seen = set()

    def scorer(net, X, y):
        seen.update(blas_thread_counts())
        return 0.0

    make(solver=solver, early_stopping=True, scoring=scorer).fit(X_wine, y)
    assert seen == {1}
    assert blas_thread_counts() == {2}


@pytest.mark.usefixtures("two_blas_threads")
def test_b1_the_number_of_threads_is_restored_after_an_error():
    def scorer(net, X, y):
        raise ZeroDivisionError("in the scorer")

    with pytest.raises(ZeroDivisionError, match="in the scorer"):
        small(early_stopping=True, scoring=scorer).fit(X_wine, y_wine)
    assert blas_thread_counts() == {2}


# B2, B3: after divergence it runs all epochs on NaN, and returns a useless model or fails late ----


class CountedRate:
    """A constant schedule that counts how often it is asked."""

    def __init__(self):
        self.n_asked = 0

    def __call__(self, done):
        self.n_asked += 1
        return 1.0


@both
@pytest.mark.parametrize("early_stopping", [False, True])
def test_b2_b3_divergence_is_noticed_within_an_epoch(make, y, early_stopping):
    rate = CountedRate()
    net = make(
        solver="sgd",
        early_stopping=early_stopping,
        batch_size="full",
        learning_rate=rate,
        learning_rate_init=1e30,
        max_iter=500,
    )
    with pytest.raises(ValueError, match=r"epoch \d.*learning_rate_init=1e\+30"):
        net.fit(X_wine, y)
    assert rate.n_asked < 30  # a few epochs for each of the halved rates, of 500
    assert not hasattr(net, "coefs_")


def test_b3_raw_columns_of_very_different_scale_are_learned():
    rng = np.random.default_rng(0)
    income, age = rng.normal(50_000, 20_000, 400), rng.uniform(18, 80, 400)
    y = (income / 1000 + age > 100).astype(int)
    net = small(solver="sgd", learning_rate_init=0.1, max_iter=50)
    assert net.fit(np.column_stack([income, age]), y).score(np.c_[income, age], y) > 0.95


# B4: a warm start after convergence stops after one epoch, also on new data -----------------------


@both
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_b4_a_warm_start_on_new_data_learns_like_a_cold_one(make, y, solver):
    settings = {"solver": solver, "max_iter": 500, **stochastic(solver, learning_rate_init=0.03)}
    X_new = X_wine[:, ::-1]
    warm = make(warm_start=True, **settings).fit(X_wine, y).fit(X_new, y)
    cold = make(**settings).fit(X_new, y)
    assert warm.n_iter_ > 1
    assert warm.score(X_new, y) >= cold.score(X_new, y) - 0.05


# B6: a warm start overwrites the best weights, and validates on rows that were trained on ---------


class Recorder:
    """A scorer that keeps what it was given, and scores at will."""

    def __init__(self, score=lambda net, X, y: net.score(X, y)):
        self.score = score
        self.nets, self.rows = [], []

    def __call__(self, net, X, y):
        self.nets.append(net)
        self.rows.append(X.copy())
        return self.score(net, X, y)


@pytest.mark.parametrize("solver", SOLVERS)
def test_b6_the_best_weights_come_back_bit_by_bit(solver):
    scorer = Recorder()
    settings = {"solver": solver, "alpha": 1.0, "scoring": scorer, "max_iter": 20}
    net = small(**settings, early_stopping=True, warm_start=True)
    for _ in range(2):
        scorer.nets.clear()
        net.fit(X_cancer, y_cancer)
        # A warm start is scored before its first iteration too.
        assert_same_weights(net, scorer.nets[net.best_iteration_ - net.n_iter_ - 1])


def test_b6_a_warm_start_that_improves_nothing_returns_what_it_began_with():
    settings = {"early_stopping": True, "warm_start": True, "n_iter_no_change": 99, "max_iter": 99}
    net = small(learning_rate_init=0.03, **settings).fit(X_cancer, y_cancer)
    before, best = net.coefs_, net.best_validation_score_
    net.set_params(learning_rate_init=8.0, max_iter=5).fit(X_cancer, y_cancer)
    assert net.best_iteration_ == 0
    assert net.best_validation_score_ == pytest.approx(best, rel=1e-6)
    for a, b in zip(before, net.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


@both
@pytest.mark.parametrize("random_state", [0, None])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_b6_warm_starts_validate_on_the_same_rows(make, y, solver, random_state):
    scorer = Recorder()
    net = make(solver=solver, early_stopping=True, scoring=scorer, warm_start=True, max_iter=2)
    net.set_params(random_state=random_state)
    for _ in range(3):
        net.fit(X_wine, y)
    for rows in scorer.rows[1:]:
        np.testing.assert_array_equal(rows, scorer.rows[0])


# B7: changed parameters in a warm start are ignored, or fail with an internal error ---------------


@both
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("before", "after"), [((10,), (20,)), ((10,), (10, 10)), ((9, 9), (9,))])
def test_b7_another_architecture_gets_one_error_that_names_it(make, y, before, after, solver):
    net = make(hidden_layer_sizes=before, solver=solver, warm_start=True).fit(X_wine, y)
    net.set_params(hidden_layer_sizes=after)
    for call in [net.fit, *([net.partial_fit] if solver in STOCHASTIC else [])]:
        with pytest.raises(ValueError, match="hidden_layer_sizes"):
            call(X_wine, y)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"solver": "lbfgs"}, {"solver": "adam"}),
        ({"solver": "adam"}, {"solver": "lbfgs"}),
        ({"solver": "sgd"}, {"solver": "adam"}),
        ({"early_stopping": False}, {"early_stopping": True}),
        ({"early_stopping": True}, {"early_stopping": False}),
    ],
)
def test_b7_other_changes_go_on_where_the_last_fit_ended(before, after):
    net = small(warm_start=True, max_iter=300, **before).fit(X_wine, y_wine)
    net.set_params(max_iter=3, **after).fit(X_wine, y_wine)
    assert net.score(X_wine, y_wine) > 0.95
    assert net.loss_ < net.history_["loss"][0] / 2


# B8: a target of large or small scale is not learned, or the fit overflows ------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_b8_squared_error_of_raw_amounts_does_not_diverge(solver):
    net = small_regressor(solver=solver, **stochastic(solver, learning_rate_init=0.1), max_iter=50)
    assert net.fit(X_friedman, 1e7 * y_friedman).score(X_friedman, 1e7 * y_friedman) > 0.5


# B9: a batch whose weights are all zero is a ZeroDivisionError; negative weights are taken --------


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("positive", [slice(0, 20), slice(None, None, 40)])
def test_b9_weight_zero_leaves_the_row_out(positive, solver):
    X, y = make_classification(800, 4, random_state=0)
    weight = np.zeros(800)
    weight[positive] = 1.0
    settings = {"solver": in_double(solver), **stochastic(solver, batch_size=1)}
    weighted = small(**settings).fit(X, y, sample_weight=weight)
    left = small(**settings).fit(X[positive], y[positive])
    np.testing.assert_allclose(weighted.predict_proba(X), left.predict_proba(X), rtol=1e-9)


# B10: weights are normalised batch by batch, so that they mean something else in each -------------


@pytest.mark.parametrize("batch_size", [32, 200, "full"])
def test_b10_a_net_of_intercepts_finds_the_weighted_base_rate(batch_size):
    rng = np.random.default_rng(0)
    heavy = rng.random(2000) < 0.02
    y = np.where(heavy, 1, rng.integers(0, 2, 2000))
    weight = np.where(heavy, 200.0, 1.0)
    schedule = {"learning_rate": "flat_cosine", "learning_rate_init": 0.1, "max_iter": 200}
    net = small(hidden_layer_sizes=(), alpha=0, batch_size=batch_size, **schedule)
    net.fit(np.ones((2000, 1)), y, sample_weight=weight)
    assert net.predict_proba([[1.0]])[0, 1] == pytest.approx(
        np.average(y, weights=weight), abs=0.01
    )


def test_b10_weights_that_are_constant_within_a_batch_count():
    X, y = make_classification(200, 5, class_sep=3.0, random_state=0)
    twice, contradictory = np.r_[X, X], np.r_[y, 1 - y]
    net = small(shuffle=False, batch_size=200, learning_rate_init=0.03, max_iter=100)
    net.fit(twice, contradictory, sample_weight=np.repeat([100.0, 1.0], 200))
    assert net.score(X, y) > 0.9


# B11: with an integer seed, every partial_fit deals the rows alike --------------------------------


def test_b11_every_pass_has_an_order_of_its_own(monkeypatch):
    orders = spied(monkeypatch, Objective, "epoch", lambda *args: args[4].tolist())
    net = small(batch_size=20)
    for calls in range(1, 4):
        net.partial_fit(X_wine, y_wine, classes=[0, 1, 2])
        assert net.n_iter_ == calls
    assert all(sorted(order) == list(range(len(y_wine))) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


# B12: predict_log_proba is minus infinity where predict_proba rounds to 0 -------------------------


@pytest.mark.parametrize("n_classes", [2, 3])
def test_b12_log_probabilities_are_finite_and_those_of_the_raw_outputs(n_classes):
    y = np.arange(60) % n_classes
    X = (1e3 * y[:, np.newaxis]).astype(np.float32)
    net = small(solver="lbfgs", alpha=1e-9, max_iter=200, standardize=True).fit(X, y)
    with np.errstate(divide="raise", invalid="raise"):
        log_p = net.predict_log_proba(1e3 * X)
    raw = net.decision_function(1e3 * X)
    raw = np.column_stack([np.zeros(60), raw]) if n_classes == 2 else raw
    assert np.isfinite(log_p).all()
    assert log_p.min() < -1000
    np.testing.assert_allclose(log_p, log_softmax(raw.astype(float), axis=1), rtol=1e-5, atol=1e-6)


# B14: the penalty is divided by the rows of the batch, most by those of a short last one ----------


def test_b14_one_row_more_than_fits_the_batches_changes_little():
    def norm(n_rows):
        settings = {"hidden_layer_sizes": (), "learning_rate_init": 0.02, "standardize": False}
        net = small(max_iter=300, learning_rate="flat_cosine", **settings)
        return np.linalg.norm(net.fit(X_digits[:n_rows] / 16, y_digits[:n_rows]).coefs_[0])

    assert norm(201) == pytest.approx(norm(200), rel=0.05)


def test_b14_the_batch_size_does_not_change_what_alpha_means():
    X, y = X_digits[:600], y_digits[:600]
    schedule = {"learning_rate": "flat_cosine", "learning_rate_init": 0.01, "max_iter": 60}
    settings = {"hidden_layer_sizes": (), "alpha": 30.0, **schedule}
    losses = [small(batch_size=size, **settings).fit(X, y).loss_ for size in (16, 200)]
    best = small(solver="lbfgs", hidden_layer_sizes=(), alpha=30.0, max_iter=500).fit(X, y).loss_
    np.testing.assert_allclose(losses, best, rtol=0.02)


# B15: options are ignored in silence, and schedules are not what the documentation says -----------


@both
def test_b15_patience_is_the_number_of_epochs_that_it_says(make, y):
    settings = {"alpha": 1.0, "early_stopping": True, "scoring": lambda net, X, y: 0.0}
    net = make(**settings, learning_rate="constant", n_iter_no_change=3, max_iter=50)
    assert net.fit(X_wine, y).n_iter_ == 1 + 3
    net.set_params(learning_rate="auto")
    assert net.fit(X_wine, y).n_iter_ == -(-4 // 0.75)  # a quarter of the fit for the last descent


# B18: float32 inputs with targets or weights of another dtype are computed in float64 -------------


def dtypes_of_step(_, rule, theta, gradient, learning_rate):
    state = [array for array in vars(rule).values() if isinstance(array, np.ndarray)]
    return {array.dtype for array in [theta, gradient, *state]}


@both
@pytest.mark.parametrize("weight", [None, np.linspace(0.5, 2, len(y_wine))])
@pytest.mark.parametrize("dtype_of_y", [np.int64, np.float64])
@pytest.mark.parametrize("solver", STOCHASTIC)
def test_b18_float32_stays_float32(make, y, solver, dtype_of_y, weight, monkeypatch):
    seen = spied(monkeypatch, REGISTERED[solver], "update", dtypes_of_step)
    net = make(solver=solver, batch_size=32)
    net.fit(X_wine.astype(np.float32), y.astype(dtype_of_y), sample_weight=weight)
    assert set().union(*seen) == {np.dtype(np.float32)}
    assert net.predict(X_wine.astype(np.float32)).dtype == (
        dtype_of_y if is_classifier(net) else np.float32
    )


@pytest.mark.parametrize("loss", [*REGRESSOR_LOSSES, "quantiles"])
@pytest.mark.parametrize("gaps", [False, True], ids=["known", "gaps"])
def test_b18_every_loss_stays_float32(loss, gaps, monkeypatch):
    seen = spied(monkeypatch, REGISTERED["adam"], "update", dtypes_of_step)
    several = {"loss": "quantile", "quantile": [0.1, 0.9]}
    net = small_regressor(batch_size=32, **(several if loss == "quantiles" else {"loss": loss}))
    target = np.column_stack([proline, proline])
    target[::3, 0] = np.nan if gaps else 7.0
    net.fit(X_wine.astype(np.float32), target)
    assert set().union(*seen) == {np.dtype(np.float32)}
    assert net.predict(X_wine.astype(np.float32)).dtype == np.float32


@both
@pytest.mark.parametrize("solver", SOLVERS)
def test_b18_the_results_have_the_dtype_of_the_last_fit(make, y, solver):
    net = make(solver=solver, warm_start=True).fit(X_wine.astype(np.float32), y)
    assert {array.dtype for array in net.coefs_} == {np.dtype(np.float32)}
    net.fit(X_wine, y)
    assert {array.dtype for array in net.coefs_} == {np.dtype(np.float64)}


# B19: Ctrl-C is swallowed: a search goes on with half-trained models ------------------------------


class InterruptAfter:
    """A scorer, interrupted by the user at the third call."""

    def __init__(self):
        self.nets = []

    def __call__(self, net, X, y):
        if len(self.nets) == 3:
            raise KeyboardInterrupt
        self.nets.append(net)
        return [0.1, 0.3, 0.2][len(self.nets) - 1]


@both
@pytest.mark.parametrize("solver", SOLVERS)
def test_b19_an_interrupt_ends_the_fit_and_leaves_the_estimator_as_it_was(make, y, solver):
    net = make(solver=solver)
    for is_fitted in (False, True):
        before = net.fit(X_wine, y).predict(X_wine) if is_fitted else None
        net.set_params(early_stopping=True, scoring=InterruptAfter())
        with pytest.raises(KeyboardInterrupt):
            net.fit(X_wine, y)
        assert hasattr(net, "coefs_") == is_fitted
        net.set_params(early_stopping=False, scoring="loss")
    np.testing.assert_array_equal(net.predict(X_wine), before)


@both
@pytest.mark.parametrize("solver", SOLVERS)
def test_b19_with_a_warm_start_the_best_parameters_so_far_are_kept(make, y, solver):
    scorer = InterruptAfter()
    settings = {"solver": solver, "alpha": 1.0, "scoring": scorer}
    net = make(**settings, early_stopping=True, warm_start=True)
    with pytest.raises(KeyboardInterrupt):
        net.fit(X_wine, y)
    assert_same_weights(net, scorer.nets[1])
    assert net.best_iteration_ == 2
    assert net.best_validation_score_ == 0.3


@both
def test_b19_the_best_iteration_of_an_interrupted_fit_is_that_of_its_parameters(make, y):
    def growing(done):
        if done > 0.5:
            raise KeyboardInterrupt
        return 1.0 if done < 0.2 else 300.0

    settings = {"solver": "sgd", "learning_rate": growing, "learning_rate_init": 0.01, "alpha": 1.0}
    net = make(warm_start=True, max_iter=20, batch_size="full", **settings)
    with pytest.raises(KeyboardInterrupt):
        net.fit(X_wine, y)
    assert net.best_iteration_ == np.argmin(net.history_["loss"]) + 1
    assert net.best_iteration_ < net.n_iter_


def interrupted_rate(done):
    if done > 0.5:
        raise KeyboardInterrupt
    return 1.0


@both
@pytest.mark.parametrize("warm_start", [False, True])
def test_b19_an_interrupt_ends_a_search(make, y, warm_start):
    net = make(learning_rate=interrupted_rate, warm_start=warm_start)
    with pytest.raises(KeyboardInterrupt):
        GridSearchCV(net, {"alpha": [0.1, 1.0]}, cv=2).fit(X_wine, y)


# B21: new parameters were put in front of the old ones --------------------------------------------


def test_b21_the_third_argument_of_partial_fit_of_a_regressor_are_the_weights():
    weight = np.linspace(0, 1, len(proline))
    found = small_regressor().partial_fit(X_wine, proline, weight)
    assert_same_weights(found, small_regressor().partial_fit(X_wine, proline, sample_weight=weight))


@pytest.mark.parametrize("estimator", [ShallowNetClassifier, ShallowNetRegressor], ids=ESTIMATORS)
def test_b21_only_the_sizes_are_positional(estimator):
    assert estimator((50,)).hidden_layer_sizes == (50,)
    sizes, *others = inspect.signature(estimator).parameters.values()
    assert sizes.name == "hidden_layer_sizes"
    assert {parameter.kind for parameter in others} == {inspect.Parameter.KEYWORD_ONLY}
    with pytest.raises(TypeError, match="positional"):
        estimator((50,), "relu")


# B22: with activation="logistic" the defaults stop at once and predict the majority ---------------


@pytest.mark.parametrize(("X", "y"), [(X_cancer, y_cancer), (X_digits, y_digits)])
def test_b22_logistic_units_learn_by_default(X, y):
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    net = ShallowNetClassifier(activation="logistic", max_iter=40, random_state=0)
    majority = np.bincount(y_test).max() / len(y_test)
    assert net.fit(X_train, y_train).score(X_test, y_test) > majority + 0.25


def test_b22_two_logistic_layers_find_a_curved_border():
    X = np.random.default_rng(1).random((500, 2))
    y = (X[:, 0] + (2 * (X[:, 1] - 0.5)) ** 2 > 0.75).astype(int)
    net = ShallowNetClassifier((20, 20), activation="logistic", random_state=42, max_iter=400)
    assert net.fit(X, y).score(X, y) > max(y.mean(), 1 - y.mean()) + 0.15


def test_b22_logistic_units_learn_a_real_target_by_default():
    net = ShallowNetRegressor(activation="logistic", random_state=0)
    assert net.fit(X_friedman, y_friedman).score(X_friedman, y_friedman) > 0.7


# B24: with 3 % positives, stopping early on accuracy leaves a recall of 0 -------------------------


def test_b24_early_stopping_does_not_lose_a_rare_class():
    settings = {"n_informative": 8, "weights": [0.97], "flip_y": 0.0, "class_sep": 0.7}
    X, y = make_classification(2000, 20, random_state=1, **settings)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

    def precision(early_stopping):
        nets = (
            small(hidden_layer_sizes=50, early_stopping=early_stopping, max_iter=60, random_state=s)
            for s in range(3)
        )
        probabilities = (net.fit(X_train, y_train).predict_proba(X_test)[:, 1] for net in nets)
        return np.mean([average_precision_score(y_test, p) for p in probabilities])

    assert precision(early_stopping=True) > precision(early_stopping=False) - 0.05
