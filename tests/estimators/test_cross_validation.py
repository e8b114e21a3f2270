"""The search along paths of alphas: what is scored, what is chosen, and what is fitted."""

import copy
import pickle
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from nets import assert_same_weights
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import (
    load_diabetes,
    load_iris,
    make_friedman2,
    make_moons,
    make_multilabel_classification,
)
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    StratifiedKFold,
    cross_val_score,
    cross_validate,
)
from spies import spied
from watch import needs_callbacks

from sklearn_shallow import (
    LogLoss,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)
from sklearn_shallow.estimators.alpha_path import Fold, route
from sklearn_shallow.estimators.parameters.settings import Settings
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.samples import Samples

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_iris(return_X_y=True)
X, y = X[::2], y[::2]
X_real, y_real = load_diabetes(return_X_y=True)
X_real, y_real = X_real[::6], y_real[::6]
FOLDS = StratifiedKFold(3)
SMALL = {"hidden_layer_sizes": 4, "alpha": 1.0, "random_state": 0, "max_iter": 30}
ALPHAS = [10.0, 1.0, 0.1]


def classifier(**settings):
    return ShallowNetClassifier(**{**SMALL, "solver": "lbfgs", **settings})


def regressor(**settings):
    return ShallowNetRegressor(**{**SMALL, "solver": "lbfgs", **settings})


def searched(net=None, X=X, y=y, *, fit={}, **settings):  # noqa: B006
    net = classifier() if net is None else net
    cls = ShallowNetClassifierCV if is_classifier(net) else ShallowNetRegressorCV
    return cls(net, **{"alphas": ALPHAS, "cv": 3, **settings}).fit(X, y, **fit)


def scores(search):
    return search.cv_results_["mean_test_score"]


def splits_of(search):
    n_splits = sum(name.startswith("split") for name in search.cv_results_)
    return np.array([search.cv_results_[f"split{i}_test_score"] for i in range(n_splits)])


# What is scored


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_stochastic_solvers_score_separate_fits(solver):
    net = classifier(solver=solver, learning_rate_init=0.1, batch_size=20)
    search = searched(net)
    grid = GridSearchCV(net, {"alpha": ALPHAS}, cv=FOLDS, scoring="neg_log_loss").fit(X, y)
    assert_allclose(scores(search), grid.cv_results_["mean_test_score"], rtol=1e-6)


@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
def test_a_path_begins_with_most_iterations_from_the_initial_values(solver):
    search = searched(classifier(solver=solver, max_iter=20), alphas=[0.5])
    part = classifier(solver=solver, max_iter=15, alpha=0.5)
    expected = cross_val_score(part, X, y, cv=FOLDS, scoring="neg_log_loss")
    assert_allclose(splits_of(search)[:, 0], expected, rtol=1e-8)


def test_the_regressor_begins_likewise():
    scoring = "neg_mean_squared_error"
    search = searched(regressor(max_iter=20), X_real, y_real, alphas=[2.0], scoring=scoring)
    part = regressor(max_iter=15, alpha=2.0)
    expected = cross_val_score(part, X_real, y_real, cv=3, scoring=scoring)
    assert_allclose(splits_of(search)[:, 0], expected, rtol=1e-8)


def test_without_hidden_layer_it_is_a_search_of_logistic_regression():
    two = y < 2
    net = classifier(hidden_layer_sizes=(), standardize=False, tol=1e-9, max_iter=2000)
    search = searched(net, X[two], y[two])
    reference = LogisticRegression(solver="newton-cholesky", tol=1e-9)
    grid = {"C": [1 / alpha for alpha in ALPHAS]}
    grid = GridSearchCV(reference, grid, cv=FOLDS, scoring="neg_log_loss").fit(X[two], y[two])
    assert_allclose(scores(search), grid.cv_results_["mean_test_score"], rtol=1e-4)


def test_without_hidden_layer_it_is_a_search_of_ridge():
    scoring = "neg_mean_squared_error"
    net = regressor(hidden_layer_sizes=(), standardize=False, tol=1e-9, max_iter=2000)
    search = searched(net, X_real, y_real, scoring=scoring)
    grid = GridSearchCV(Ridge(), {"alpha": ALPHAS}, cv=3, scoring=scoring).fit(X_real, y_real)
    assert_allclose(scores(search), grid.cv_results_["mean_test_score"], rtol=1e-6)


def test_the_loss_of_a_regressor_is_that_of_the_scaled_target():
    search = searched(regressor(), X_real, y_real)
    scaled = searched(regressor(), X_real, 1000 * y_real - 7)
    assert_allclose(scores(scaled), scores(search), rtol=1e-6)
    train, test = next(KFold(3).split(X_real))
    net = regressor(max_iter=24).fit(X_real[train], y_real[train])
    residual = (net.predict(X_real[test]) - y_real[test]) / y_real[train].std()
    first = searched(regressor(max_iter=32), X_real, y_real, alphas=[1.0])
    assert_allclose(splits_of(first)[0, 0], -(residual**2).mean() / 2, rtol=1e-8)


def test_the_loss_counts_class_weights_and_a_scorer_does_not():
    weights = {0: 1.0, 1: 20.0, 2: 1.0}
    net = classifier(class_weight=weights, max_iter=16)
    part = clone(net).set_params(max_iter=12)
    train, test = next(FOLDS.split(X, y))
    part.fit(X[train], y[train])
    found = splits_of(searched(net, alphas=[1.0]))[0, 0]
    per_row = np.array([weights[label] for label in y[test]])
    expected = -log_loss(y[test], part.predict_proba(X[test]), sample_weight=per_row)
    assert_allclose(found, expected, rtol=1e-8)
    found = splits_of(searched(net, alphas=[1.0], scoring="accuracy"))[0, 0]
    assert found == accuracy_score(y[test], part.predict(X[test]))


def test_class_weights_are_those_of_the_rows_trained_on():
    rows = np.r_[0:25, 25:35, 50:55]  # 25, 10 and 5 of the classes; 20, 7 and 3 to train on
    X_few, y_few = X[rows], y[rows]
    test = np.r_[0:5, 25:28, 35:37]
    train = np.setdiff1d(np.arange(40), test)
    net = classifier(class_weight="balanced", max_iter=16)
    cv = [(train, test), (test, train)]
    search = searched(net, X_few, y_few, alphas=[1.0], cv=cv, scoring="neg_log_loss")
    part = clone(net).set_params(max_iter=12).fit(X_few[train], y_few[train])
    expected = -log_loss(y_few[test], part.predict_proba(X_few[test]))
    assert_allclose(splits_of(search)[0, 0], expected, rtol=1e-8)


def test_the_score_is_that_of_the_search():
    by_loss = searched(scoring="neg_log_loss")
    expected = -log_loss(y, by_loss.predict_proba(X))
    assert by_loss.score(X, y) == pytest.approx(expected, rel=1e-12)
    weight = np.linspace(0.5, 2, len(y))
    expected = -log_loss(y, by_loss.predict_proba(X), sample_weight=weight)
    assert by_loss.score(X, y, weight) == pytest.approx(expected, rel=1e-12)
    own = searched(scoring=lambda net, X, y: float(len(y)))
    assert own.score(X[:7], y[:7]) == 7
    for scoring in (None, "loss"):
        search = searched(scoring=scoring)
        assert search.score(X, y) == accuracy_score(y, search.predict(X))


def test_a_scorer_may_be_a_function():
    plain = searched(scoring="neg_log_loss")
    own = searched(scoring=make_scorer(log_loss, response_method="predict_proba"))
    assert_allclose(scores(own), -scores(plain))
    assert_allclose(scores(searched()), scores(plain), rtol=1e-10)


def test_a_row_of_weight_zero_is_gone():
    weight = np.ones(len(y))
    weight[::4] = 0
    kept = np.flatnonzero(weight)
    cv = [
        (np.setdiff1d(np.arange(len(y)), rows), rows) for rows in np.arange(len(y)).reshape(3, -1)
    ]
    place = np.cumsum(weight).astype(int) - 1
    of_kept = [tuple(place[rows[weight[rows] > 0]] for rows in fold) for fold in cv]
    weighted = searched(cv=cv, fit={"sample_weight": weight})
    absent = searched(X=X[kept], y=y[kept], cv=of_kept)
    assert_allclose(splits_of(weighted), splits_of(absent), rtol=1e-9)
    for found, expected in zip(
        weighted.best_estimator_.coefs_, absent.best_estimator_.coefs_, strict=True
    ):
        assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    seen = searched(cv=cv, fit={"sample_weight": weight}, scoring=lambda net, X, y: len(y))
    assert_array_equal(splits_of(seen)[:, 0], [len(test) for _, test in of_kept])


def test_the_unit_of_the_weights_is_that_of_alpha():
    weight = np.linspace(0.5, 2, len(y))
    one = searched(fit={"sample_weight": weight})
    many = searched(alphas=[100 * a for a in ALPHAS], fit={"sample_weight": 100 * weight})
    assert_allclose(scores(many), scores(one), rtol=1e-4)


def test_a_label_that_a_fold_does_not_train_on_has_a_finite_loss():
    first = np.flatnonzero(y == 0)
    rest = np.flatnonzero(y != 0)
    search = searched(cv=[(rest, first), (first, rest)])
    assert np.isfinite(splits_of(search)).all()
    assert_array_equal(search.classes_, [0, 1, 2])


def test_early_stopping_of_the_estimator_is_heeded():
    net = classifier(early_stopping=True, validation_fraction=0.3, max_iter=40)
    search = searched(net, alphas=[1e-3])
    part = clone(net).set_params(max_iter=30, alpha=1e-3)
    expected = cross_val_score(part, X, y, cv=FOLDS, scoring="neg_log_loss")
    assert_allclose(splits_of(search)[:, 0], expected, rtol=1e-8)
    assert not np.allclose(scores(search), scores(searched(classifier(max_iter=40), alphas=[1e-3])))


# The path


def test_a_path_begins_near_one_and_leads_both_ways():
    first, larger, smaller = route([100.0, 0.01, 0.8, 0.0, 3.0], 1.0)
    assert first == 2
    assert larger.tolist() == [4, 0]
    assert smaller.tolist() == [1, 3]
    assert route([0.02, 1.0, 100.0], 0.01)[0] == 2
    assert route([0.0], 1.0) == (0, (), ())


def test_the_order_of_the_alphas_does_not_matter():
    assert_array_equal(scores(searched(alphas=ALPHAS[::-1]))[::-1], scores(searched()))


@pytest.fixture
def fold():
    net = classifier(max_iter=40)
    train, test = next(FOLDS.split(X, y))
    return Fold(net, Settings.of(net), None, Samples(X, y), train, test)


def test_a_fold_leaves_copies_and_weights_of_zero_out_as_a_fit_does():
    net = classifier(alpha="auto", solver="adam", class_weight={0: 0, 1: 1, 2: 1})
    samples, rows = Samples(np.repeat(X, 4, axis=0), np.repeat(y, 4)), np.arange(4 * len(X))
    data = Fold(net, Settings.of(net), None, samples, rows, rows).data
    assert len(data.rows.Y) == len(np.unique(np.column_stack([X, y])[y > 0], axis=0))


def test_a_network_whose_weights_have_vanished_begins_anew(fold):
    dead = fold.trained(1e6, None)
    assert fold.score(dead) == pytest.approx(-np.log(3), abs=1e-2)
    assert_array_equal(fold.trained(1.0, dead), fold.trained(1.0, None))
    alive = fold.trained(10.0, None)
    assert not np.array_equal(fold.trained(1.0, alive), fold.trained(1.0, None))


def test_both_branches_go_on_from_the_middle(fold):
    search = searched(fold.net, alphas=[10.0, 1.0, 0.1, 0.01])
    middle = fold.trained(1.0, None)
    objective = fold.data.with_settings(decay=1.0).objective()
    assert objective.value(fold.trained(1.0, middle)) < objective.value(middle)
    smaller = fold.trained(0.1, middle)
    ends = fold.trained(10.0, middle), middle, smaller, fold.trained(0.01, smaller)
    expected = [fold.score(theta) for theta in ends]
    assert_array_equal(splits_of(search)[0], expected)


def test_a_fold_is_prepared_once_for_all_alphas(monkeypatch):
    calls = spied(monkeypatch, TrainingData, "of", lambda data, *args, **options: data)
    searched(alphas=[10.0, 1.0, 0.1], hidden_layer_sizes=[2, 3])
    assert len(calls) == 3 * 2 + 1  # folds, sizes; the fit to all rows


# What is chosen and fitted


@pytest.mark.parametrize("net", [classifier(), regressor()], ids=["classifier", "regressor"])
def test_the_best_candidate_is_fitted_to_all_rows(net):
    data = (X, y) if is_classifier(net) else (X_real, y_real)
    search = searched(net, *data, hidden_layer_sizes=[(), 3, (3, 2)], activation=["tanh", "relu"])
    results = search.cv_results_
    assert len(results["params"]) == 3 * 3 * 2
    assert search.best_score_ == scores(search).max() == scores(search)[search.best_index_]
    assert search.best_params_ == results["params"][search.best_index_]
    assert results["rank_test_score"][search.best_index_] == 1
    chosen = {"alpha": search.alpha_, "activation": search.activation_}
    assert search.best_params_ == {**chosen, "hidden_layer_sizes": search.hidden_layer_sizes_}
    expected = clone(net).set_params(**search.best_params_).fit(*data)
    assert_same_weights(search.best_estimator_, expected)
    assert_array_equal(search.predict(data[0]), expected.predict(data[0]))
    assert search.score(*data) == expected.score(*data)


@pytest.mark.parametrize(
    ("parameter", "way_out"),
    [
        ({"hidden_layer_sizes": (5, 10)}, "[5, 10] for 2 candidates, or [(5, 10)] for one of 2"),
        ({"hidden_layer_sizes": 5}, "Pass hidden_layer_sizes=[5]."),
        ({"hidden_layer_sizes": ()}, "Pass hidden_layer_sizes=[()]."),
        ({"activation": "relu"}, "Pass activation=['relu']."),
    ],
)
def test_candidates_outside_of_a_list_are_refused_with_the_list_to_write(parameter, way_out):
    with pytest.raises(ValueError, match=re.escape(way_out)):
        ShallowNetClassifierCV(**parameter).fit(*load_iris(return_X_y=True))


def test_results_have_the_names_and_the_order_of_a_grid_search():
    search = searched(hidden_layer_sizes=[2, (3, 2)])
    results = search.cv_results_
    grid = {"alpha": ALPHAS, "hidden_layer_sizes": [2, 3], "activation": ["relu"]}
    grid = GridSearchCV(classifier(max_iter=1), grid, cv=3).fit(X, y).cv_results_
    assert set(results) <= set(grid)
    assert {name for name in grid if "score_time" not in name} == set(results)
    for params, *values in zip(
        results["params"], *(results[f"param_{n}"] for n in results["params"][0]), strict=True
    ):
        assert list(params.values()) == values
    assert_allclose(results["mean_test_score"], splits_of(search).mean(axis=0))
    assert_allclose(results["std_test_score"], splits_of(search).std(axis=0))
    pd.DataFrame(results)


def test_of_equal_scores_the_first_wins():
    search = searched(scoring=lambda estimator, X, y: 1.0)
    assert search.best_index_ == 0
    assert_array_equal(search.cv_results_["rank_test_score"], 1)
    assert search.alpha_ == ALPHAS[0]


def test_a_number_of_alphas_makes_a_logarithmic_grid():
    first, *alphas = searched(alphas=5).cv_results_["param_alpha"]
    assert first == "auto"
    assert_allclose(alphas, [100, 10, 1, 0.1, 0.01])


@pytest.mark.parametrize("solver", ["auto", "lbfgs"])
def test_auto_is_scored_by_fits_as_without_a_search(solver):
    net = ShallowNetClassifier(4, solver=solver, random_state=0)
    search = ShallowNetClassifierCV(net, alphas=[1.0, "auto"], cv=FOLDS).fit(X, y)
    assert [params["alpha"] for params in search.cv_results_["params"]] == ["auto", 1.0]
    expected = cross_val_score(net, X, y, cv=FOLDS, scoring="neg_log_loss")
    assert_allclose(splits_of(search)[:, 0], expected, rtol=1e-6)
    assert_allclose(splits_of(search)[:, 1], splits_of(searched(net, alphas=[1.0]))[:, 0])


def test_a_search_of_the_default_estimator_may_choose_all_of_its_defaults():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(200, 3))
    y = np.sign(np.sin(12 * X[:, 0])) + 0.1 * rng.normal(size=200)
    search = ShallowNetRegressorCV(alphas=3, cv=2, random_state=0).fit(X, y)
    assert search.best_params_["alpha"] == "auto"
    expected = ShallowNetRegressor(random_state=0).fit(X, y)
    assert expected.settings_["numeric_encoding"] is not None
    assert_same_weights(search.best_estimator_, expected)
    assert search.alpha_ == expected.alpha_
    assert search.hidden_layer_sizes_ == (100,)
    numbers = ShallowNetRegressorCV(alphas=[1.0], cv=2, random_state=0).fit(X, y)
    assert numbers.best_estimator_.solver == "lbfgs"
    assert numbers.best_score_ < search.best_score_


def test_the_candidate_of_a_score_that_is_not_finite_is_not_chosen():
    def score(estimator, X, y):
        return np.nan if estimator.alpha == ALPHAS[0] else -estimator.alpha

    search = searched(scoring=score)
    assert search.alpha_ == ALPHAS[-1]
    assert search.cv_results_["mean_test_score"][0] == -np.inf
    with pytest.raises(ValueError, match="No candidate has a finite score"):
        searched(scoring=lambda estimator, X, y: np.nan)


# Whatever the estimators take


LABELS = np.array(["no", "yes", "perhaps"])[y]
X_multi, Y_multi = make_multilabel_classification(60, n_features=5, n_classes=3, random_state=0)
Y_gaps = np.where(
    np.arange(len(y))[:, np.newaxis] % 7 == [0, 3], np.nan, X[:, :2] + y[:, np.newaxis]
)


@pytest.mark.parametrize(
    ("net", "X", "y"),
    [
        (classifier(), X, LABELS),
        (classifier(), sparse.csr_matrix(X), y),
        (classifier(), pd.DataFrame(X, columns=list("abcd")), y),
        (classifier(), X_multi, Y_multi),
        (classifier(), X_multi, sparse.csr_matrix(Y_multi)),
        (classifier(loss=LogLoss(smoothing=0.1)), X, y),
        (regressor(), X, Y_gaps),
        (regressor(loss="quantile", quantile=[0.1, 0.9]), X_real, y_real),
        (regressor(loss="poisson"), X_real, y_real),
        (regressor(solver="adam", dropout=0.2, learning_rate="flat_cosine"), X_real, y_real),
        (regressor(solver="adam", l1_ratio=0.5), X_real, y_real),
    ],
    ids=[
        "strings",
        "sparse",
        "frame",
        "multilabel",
        "sparse multilabel",
        "smoothed",
        "gaps",
        "quantiles",
        "poisson",
        "adam",
        "l1",
    ],
)
def test_kinds_of_data(net, X, y):
    search = searched(net, X, y)
    assert np.isfinite(splits_of(search)).all()
    predicted, expected = search.predict(X), search.best_estimator_.predict(X)
    if sparse.issparse(predicted):
        predicted, expected = predicted.toarray(), expected.toarray()
    assert_array_equal(predicted, expected)
    assert search.n_features_in_ == X.shape[1]
    assert hasattr(search, "feature_names_in_") == hasattr(X, "columns")
    if is_classifier(net):
        for method in ("predict_proba", "predict_log_proba", "decision_function"):
            expected = getattr(search.best_estimator_, method)(X)
            assert_array_equal(getattr(search, method)(X), expected)


def test_groups_are_kept_together():
    groups = np.arange(len(y)) // 5
    search = searched(cv=GroupKFold(3), fit={"groups": groups})
    cv = list(GroupKFold(3).split(X, y, groups))
    assert_array_equal(scores(search), scores(searched(cv=cv)))
    masks = [tuple(np.isin(np.arange(len(y)), rows) for rows in fold) for fold in cv]
    assert_array_equal(scores(search), scores(searched(cv=masks)))


def test_several_processes_find_the_same():
    settings = {"hidden_layer_sizes": [2, 3], "activation": ["tanh"]}
    assert_array_equal(scores(searched(n_jobs=2, **settings)), scores(searched(**settings)))


def test_the_default_estimator():
    search = ShallowNetClassifierCV(alphas=2, cv=2).fit(X, y)
    assert search.score(X, y) > 0.9
    assert is_classifier(search)
    assert is_regressor(ShallowNetRegressorCV())


def test_it_is_cloned_pickled_and_set():
    search = ShallowNetClassifierCV(classifier(), alphas=2, cv=2)
    search.set_params(estimator__max_iter=7, alphas=[1.0])
    twin = clone(search).fit(X, y)
    assert twin.best_estimator_.max_iter == 7
    assert twin.estimator is not search.estimator
    assert not hasattr(twin.estimator, "coefs_")
    again = pickle.loads(pickle.dumps(twin))
    assert_array_equal(again.predict_proba(X), twin.predict_proba(X))


def test_names_of_columns_are_those_of_the_last_fit():
    search = searched(X=pd.DataFrame(X, columns=list("abcd")), alphas=[1.0])
    assert search.feature_names_in_.tolist() == list("abcd")
    assert not hasattr(search.fit(X, y), "feature_names_in_")


def test_a_fit_on_a_fold_that_fails_names_the_column_of_large_values():
    far = pd.DataFrame({"age": X[:, 0], "pay": 1e9 * X[:, 1]})
    settings = {"solver": "sgd", "learning_rate_init": 1e3, "standardize": False}
    search = ShallowNetClassifierCV(classifier(**settings), alphas=[1.0], cv=2)
    with pytest.raises(ValueError, match=r"Training failed numerically.*is 'pay', up to"):
        search.fit(far, y)


def test_a_generator_seeds_every_path_alike():
    def with_generator(**settings):
        net = classifier(random_state=np.random.RandomState(3))
        return scores(searched(net, hidden_layer_sizes=[3, 3], **settings)).reshape(2, -1)

    one = with_generator()
    assert_array_equal(one[0], one[1])
    assert_array_equal(with_generator(n_jobs=2), one)


@pytest.mark.parametrize(
    ("cls", "seed"),
    [(ShallowNetClassifierCV, 0), (ShallowNetRegressorCV, np.random.RandomState(3))],
    ids=["int", "generator"],
)
def test_a_search_of_the_default_estimator_is_repeatable(cls, seed):
    data = (X, y) if cls is ShallowNetClassifierCV else (X_real, y_real)

    def fitted(seed):
        return cls(alphas=2, cv=2, random_state=copy.deepcopy(seed)).fit(*data)

    one, two, other = fitted(seed), fitted(seed), fitted(1)
    assert_array_equal(scores(one), scores(two))
    assert_same_weights(one.best_estimator_, two.best_estimator_)
    assert not np.array_equal(scores(one), scores(other))


def test_random_state_takes_the_place_of_that_of_the_estimator():
    asked = searched(classifier(random_state=5), random_state=7)
    assert_array_equal(scores(asked), scores(searched(classifier(random_state=7))))
    assert asked.best_estimator_.random_state == 7
    assert searched(classifier(random_state=5)).best_estimator_.random_state == 5


# What is to be seen of a search


def test_verbose_logs_every_path_and_its_place(caplog):
    caplog.set_level("INFO", "sklearn_shallow")
    searched(hidden_layer_sizes=[2, 3], verbose=1)
    assert len(caplog.messages) == 6
    last = caplog.messages[-1]
    assert last.startswith("path 6 of 6 (hidden_layer_sizes=3, activation='relu', split 3 of 3): ")
    assert re.search(r"best score -0\.\d+ at alpha=(10|1|0\.1), \d+\.\d s", last)
    caplog.clear()
    searched(verbose=0)
    assert caplog.messages == []


class Recorder:
    """A callback that notes tasks; `depth` is how far it goes down into other estimators."""

    def __init__(self, depth=None):
        self.max_propagation_depth = depth
        self.tasks, self.ended = [], []

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        self.tasks.append(context.task_name)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.ended.append(context.task_name)
        if context.task_name == "fit":
            self.fitted = fitted_estimator

    def teardown(self, estimator, context):
        pass


@needs_callbacks
def test_callbacks_are_told_of_every_path_and_of_the_last_fit():
    recorder = Recorder()
    search = ShallowNetClassifierCV(classifier(max_iter=5), alphas=ALPHAS, cv=3)
    search.set_callbacks(recorder).fit(X, y)
    assert recorder.tasks[:2] == ["fit", "search"]
    paths = [name for name in recorder.tasks if "split" in name]
    assert [name.rpartition(", ")[2] for name in paths] == [f"split {k} of 3" for k in (1, 2, 3)]
    assert sorted(recorder.tasks) == sorted(recorder.ended)
    assert_array_equal(recorder.fitted.predict(X), search.predict(X))
    assert not hasattr(search.best_estimator_, "_skl_callbacks")
    plain = clone(search).set_callbacks().fit(X, y)
    assert_same_weights(plain.best_estimator_, search.best_estimator_)


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_scikit_learns_callbacks_go_with_a_search(n_jobs):
    from sklearn.callback import ProgressBar, ScoringMonitor

    pytest.importorskip("rich")
    search = ShallowNetClassifierCV(classifier(), alphas=2, cv=2, n_jobs=n_jobs)
    search.set_callbacks(ProgressBar(), ScoringMonitor(scoring="accuracy")).fit(X, y)
    grid = GridSearchCV(clone(search).set_callbacks(), {"alphas": [2, 3]}, cv=2)
    grid.set_callbacks(ProgressBar()).fit(X, y)
    assert grid.best_params_["alphas"] in (2, 3)


def test_metadata_are_routed():
    groups, weight = np.arange(len(y)) // 5, np.linspace(0.5, 2, len(y))
    with config_context(enable_metadata_routing=True):
        search = ShallowNetClassifierCV(classifier(), alphas=ALPHAS, cv=GroupKFold(3))
        search.set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        routed = {"sample_weight": weight, "groups": groups}
        outer = cross_validate(search, X, y, cv=GroupKFold(2), params=routed, return_estimator=True)
        train, _ = next(GroupKFold(2).split(X, y, groups))
        expected = clone(search).fit(X[train], y[train], weight[train], groups=groups[train])
    assert_array_equal(scores(outer["estimator"][0]), scores(expected))


def test_a_scorer_that_asks_for_no_weights_gets_none():
    weight = np.linspace(0.1, 3, len(y))

    def best_score(scoring):
        search = ShallowNetClassifierCV(classifier(), alphas=ALPHAS, cv=3, scoring=scoring)
        return search.fit(X, y, sample_weight=weight).best_score_

    with config_context(enable_metadata_routing=True):
        one, other = make_scorer(accuracy_score), make_scorer(accuracy_score)
        weighted = best_score(one.set_score_request(sample_weight=True))
        plain = best_score(other.set_score_request(sample_weight=False))
    assert weighted == best_score("accuracy") != plain


def test_before_fit():
    search = ShallowNetClassifierCV()
    assert not hasattr(search, "classes_")
    with pytest.raises(NotFittedError):
        search.predict(X)


# What cannot be used


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alphas": []}, r"alphas=\[\] must be"),
        ({"alphas": [1.0, -1.0]}, "alphas=.* must be"),
        ({"alphas": [np.nan]}, "alphas=.* must be"),
        ({"alphas": [[1.0], [2.0]]}, "alphas=.* must be"),
        ({"alphas": ["one"]}, "alphas=.* must be"),
        ({"alphas": ["auto", -1.0]}, "alphas=.* must be"),
        ({"alphas": 0}, "alphas"),
        ({"hidden_layer_sizes": []}, r"hidden_layer_sizes=\[\] leaves nothing"),
        ({"hidden_layer_sizes": (10, 5)}, "hidden_layer_sizes"),
        ({"hidden_layer_sizes": [0]}, "hidden_layer_sizes=0"),
        ({"activation": "tanh"}, "activation"),
        ({"activation": ["tan"]}, "activation"),
        ({"estimator": regressor()}, "estimator"),
        ({"scoring": "no such"}, "no such"),
        ({"cv": []}, "makes no split"),
        ({"cv": [(np.arange(5), [])]}, "5 samples of positive weight to train on and 0 to test on"),
    ],
    ids=str,
)
def test_bad_input_is_named_and_loses_nothing(settings, message):
    search = searched(alphas=[1.0])
    before = search.best_estimator_
    with pytest.raises(ValueError, match=message):
        search.set_params(**settings).fit(X, y)
    assert search.best_estimator_ is before
    assert search.alpha_ == 1.0


@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
def test_the_best_network_of_a_full_batch_solver_is_trained_to_its_end(solver):
    """A path leads closer than 200 iterations from the initial values, which used to warn."""
    X, y = make_moons(150, noise=0.2, random_state=0)
    net = ShallowNetClassifier(20, solver=solver)
    with warnings.catch_warnings(action="error"):
        search = ShallowNetClassifierCV(net, alphas=[0.1], cv=2, random_state=0).fit(X, y)
    assert search.best_estimator_.max_iter == 1000
    net.set_params(max_iter=30)
    with pytest.warns(ConvergenceWarning, match="max_iter=30"):
        search.fit(X, y)


def test_a_search_for_the_decay_ends_at_tol():
    X, y = make_friedman2(200, noise=100, random_state=0)
    net = ShallowNetRegressor(solver="lbfgs", random_state=0)
    with warnings.catch_warnings(action="error"):
        assert net.fit(X, y).settings_["max_iter"] == 1000
    with pytest.warns(ConvergenceWarning, match="max_iter=200"):
        net.set_params(alpha=1e-3).fit(X, y)


def test_a_summary_is_that_of_the_best_network(capsys):
    search = ShallowNetRegressorCV(cv=2, alphas=[1, 9], random_state=0)
    with pytest.raises(NotFittedError):
        search.summary()
    search.fit(X_real, y_real).summary()
    told = capsys.readouterr().out
    search.best_estimator_.summary()
    assert told == capsys.readouterr().out


@pytest.mark.parametrize("alphas", [3, [0.5], ["auto"]], ids=str)
def test_a_search_with_several_networks_has_the_decay_of_the_first(alphas):
    X, y = load_iris(return_X_y=True)
    net = ShallowNetClassifier(3, n_estimators=2, max_iter=5, random_state=0)
    search = ShallowNetClassifierCV(net, alphas=alphas, cv=2).fit(X, y)
    assert search.alpha_ == search.best_estimator_.estimators_[0].alpha_
