"""Several networks in one estimator: how they relate to single ones, and how they are kept."""

import copy
import pickle
import warnings
from functools import cache
from threading import current_thread, main_thread

import joblib
import numpy as np
import pytest
from nets import assert_same_weights, plain, small
from numpy.testing import assert_array_equal
from scipy import sparse
from scipy.special import expit
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from spies import spied
from watch import Watch

from sklearn_shallow import Adam, ShallowNetClassifier, ShallowNetRegressor, diagnose
from sklearn_shallow.estimators.scikit_learn import HAS_CALLBACKS
from sklearn_shallow.estimators.training.ensemble import Streams
from sklearn_shallow.evidence import decay, spectrum
from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.solvers.registry import SOLVERS as REGISTERED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 4))
LABELS = {
    "binary": np.where(X[:, 0] * X[:, 1] > 0, "yes", "no"),
    "multiclass": np.digitize(X[:, 0] + X[:, 1], [-0.5, 0.5]) * 10,
    "multilabel": (X[:, :3] > 0).astype(int),
}
TARGETS = {
    "one": 1e3 + 50 * X[:, 0] ** 2,
    "two": np.column_stack([X[:, 0], np.exp(X[:, 1])]),
    "gaps": np.column_stack([X[:, 0], np.where(X[:, 2] > 1, np.nan, X[:, 1])]),
}
CASES = [(ShallowNetClassifier, y) for y in LABELS.values()]
CASES += [(ShallowNetRegressor, y) for y in TARGETS.values()]
IDS = [*LABELS, *TARGETS]
EITHER = pytest.mark.parametrize(
    ("estimator", "y"),
    [(ShallowNetClassifier, LABELS["multiclass"]), (ShallowNetRegressor, TARGETS["one"])],
    ids=["classifier", "regressor"],
)


def outputs(net, rows=X):
    """Return all that a classifier or a regressor predicts, as one list of arrays."""
    if not hasattr(net, "classes_"):
        return [net.predict(rows)]
    methods = [net.predict_proba, net.predict_log_proba, net.decision_function]
    found = [net.predict(rows)]
    for method in methods:
        parts = method(rows)
        found += parts if isinstance(parts, list) else [parts]
    return found


def assert_same_outputs(one, two, rows=X):
    for a, b in zip(outputs(one, rows), outputs(two, rows), strict=True):
        np.testing.assert_array_equal(a, b)


# What the networks are


@pytest.mark.parametrize("solver", REGISTERED)
@EITHER
def test_every_network_is_the_single_one_of_its_seed(estimator, y, solver):
    many = small(estimator, solver=solver, n_estimators=3).fit(X, y)
    assert len(many.estimators_) == 3
    for net in many.estimators_:
        assert net.n_estimators == 1
        again = clone(net).fit(X, y)
        assert_same_weights(net, again)
        assert_same_outputs(net, again)
        assert net.loss_ == again.loss_
        assert net.loss_curve_ == again.loss_curve_
    assert_same_weights(many.estimators_[0], small(estimator, solver=solver).fit(X, y))


@pytest.mark.parametrize("settings", [{"dropout": 0.3}, {"early_stopping": True}, {"n_init": 2}])
@EITHER
def test_more_networks_change_none_of_the_others(estimator, y, settings):
    few = small(estimator, n_estimators=2, **settings).fit(X, y)
    many = small(estimator, n_estimators=4, **settings).fit(X, y)
    for one, two in zip(few.estimators_, many.estimators_, strict=False):
        assert_same_weights(one, two)
    assert_same_weights(few.estimators_[0], small(estimator, **settings).fit(X, y))
    weights = {net.coefs_[0].tobytes() for net in many.estimators_}
    assert len(weights) == 4


def test_they_are_validated_on_the_same_rows():
    settings = {"n_estimators": 3, "early_stopping": True, "scoring": "accuracy"}
    y, seen = LABELS["binary"], []

    def scorer(net, rows, labels):
        seen.append(rows.tobytes())
        return net.score(rows, labels)

    small(**settings).set_params(scoring=scorer).fit(X, y)
    assert len(set(seen)) == 1
    assert len(seen) == 3 * (5 + 1)  # after every epoch, and where the search for the decay ends


def jobs_of(solver, kind):
    """Return samples, labels and the settings of several networks."""
    many = np.tile(X, (30, 1))  # with noise, since copies would be merged
    rows = kind(many + 0.01 * np.random.default_rng(0).normal(size=many.shape))
    # Of lbfgs so many rows and units that they are scaled in several blocks.
    wide = {"hidden_layer_sizes": 150, "alpha": 1.0}
    special = {"dropout": 0.2} if solver == "adam" else wide
    settings = {"solver": solver, "n_estimators": 3, "n_init": 2, "warm_start": True, **special}
    return rows, np.tile(LABELS["binary"], 30), settings


@cache
def fitted_in_one_job(solver, kind):
    rows, y, settings = jobs_of(solver, kind)
    return small(**settings).fit(rows, y).fit(rows, y)


@pytest.mark.parametrize("backend", ["threading", "loky"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
def test_results_do_not_depend_on_the_number_of_jobs(solver, kind, backend):
    rows, y, settings = jobs_of(solver, kind)
    one = fitted_in_one_job(solver, kind)
    with joblib.parallel_backend(backend):
        two = small(**settings, n_jobs=2).fit(rows, y).fit(rows, y)
    assert_same_outputs(one, two)
    for a, b in zip(one.estimators_, two.estimators_, strict=True):
        assert_same_weights(a, b)
        assert a.loss_curve_ == b.loss_curve_


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_processes_that_need_pickles_train_them():
    one = small(n_estimators=2).fit(X, LABELS["binary"])
    with joblib.parallel_config("multiprocessing", n_jobs=2):
        assert_same_outputs(one, small(n_estimators=2).fit(X, LABELS["binary"]))


# What they share

MANY, MANY_LABELS = rng.normal(size=(400, 4)), rng.integers(2, size=400)


def of_many(**settings):
    """Return a classifier so large that the spectrum of its curvature is estimated."""
    return ShallowNetClassifier(60, max_iter=8, random_state=0, numeric_encoding=None, **settings)


@pytest.fixture
def estimated(monkeypatch):
    """Return a list that gets an entry per estimated spectrum."""
    return spied(monkeypatch, spectrum, "_quadrature", lambda found, *_: found)


@pytest.mark.parametrize(
    ("settings", "n_estimated"),
    [
        ({"n_estimators": 1}, 4),  # three revisions of the decay, and the evidence at the end
        ({"n_estimators": 3}, 4),
        ({"n_estimators": 3, "n_jobs": 2}, 4),
        ({"n_estimators": 3, "early_stopping": True}, 4),
        ({"n_estimators": 2, "n_init": 2}, 16),
        ({"n_estimators": 3, "alpha": 1.0}, 0),
    ],
    ids=str,
)
def test_the_spectrum_of_the_first_network_stands_for_all(estimated, settings, n_estimated):
    net = of_many(**settings).fit(MANY, MANY_LABELS)
    assert len(estimated) == n_estimated
    assert len({single.alpha_ for single in net.estimators_}) == (
        1 if "alpha" in settings else net.n_estimators
    )


@pytest.mark.parametrize("n_estimators", [1, 3])
def test_the_last_revision_of_many_samples_takes_the_spectrum_of_the_one_before(
    estimated, monkeypatch, n_estimators
):
    several = of_many(n_estimators=n_estimators)
    own = clone(several).fit(MANY, MANY_LABELS)
    estimated.clear()
    monkeypatch.setattr(decay, "SAMPLE_ROWS", len(MANY) - 1)
    net = several.fit(MANY, MANY_LABELS)
    assert len(estimated) == 3  # two revisions, and the evidence at the end
    for single, other in zip(net.estimators_, own.estimators_, strict=True):
        assert single.alpha_ != other.alpha_
        assert single.alpha_ == pytest.approx(other.alpha_, rel=0.3)


def test_networks_that_are_added_share_the_spectrum_of_the_first_of_them(estimated):
    net = of_many(n_estimators=2, warm_start=True).fit(MANY, MANY_LABELS)
    net.set_params(n_estimators=4).fit(MANY, MANY_LABELS)
    assert len(estimated) == 4 + 2 * 4


def test_shared_spectra_change_nothing_with_several_jobs():
    one, two = (
        of_many(n_estimators=4, warm_start=True, n_jobs=n_jobs)
        .fit(MANY, MANY_LABELS)
        .fit(MANY, MANY_LABELS)
        for n_jobs in (None, 3)
    )
    for a, b in zip(one.estimators_, two.estimators_, strict=True):
        assert_same_weights(a, b)
        assert a.log_evidence_ == b.log_evidence_


def test_a_spectrum_that_is_repeated_keeps_those_of_an_earlier_run_in_their_places():
    shared = spectrum.Spectra(["a", "b", "b", "d"])
    shared.repeat()  # there is none yet
    for own in "ABCD":
        if own == "C":
            shared.repeat()
        shared.following(lambda own=own: own)
    assert shared.found == ["a", "b", "b", "d"]


def test_an_earlier_run_that_came_less_far_is_followed_as_far_as_it_came():
    shared = spectrum.Spectra(["a", "b"])
    assert (
        [shared.following(lambda own=own: own) for own in "ABC"] == ["a", "b", "C"] == shared.found
    )


# What they make together


@pytest.mark.parametrize(("estimator", "y"), CASES, ids=IDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_and_predictions_are_means(estimator, y, dtype):
    rows = X.astype(dtype)
    net = small(estimator, n_estimators=3).fit(rows, y)
    method = "predict_proba" if hasattr(net, "classes_") else "predict"
    singles = [getattr(single, method)(rows) for single in net.estimators_]
    together = getattr(net, method)(rows)
    for part, parts in zip(
        together if isinstance(together, list) else [together],
        zip(*singles, strict=True) if isinstance(together, list) else [singles],
        strict=True,
    ):
        assert part.dtype == dtype
        np.testing.assert_allclose(part, np.mean(parts, axis=0), rtol=1e-5)


@pytest.mark.parametrize("labels", LABELS)
def test_what_a_classifier_says_is_consistent(labels):
    y = LABELS[labels]
    net = small(n_estimators=3, max_iter=2).fit(X, y)
    probability, raw = net.predict_proba(X), net.decision_function(X)
    np.testing.assert_allclose(np.exp(net.predict_log_proba(X)), probability, rtol=1e-12)
    if labels == "multiclass":
        np.testing.assert_array_equal(raw.argmax(axis=1), probability.argmax(axis=1))
        differences = np.diff(np.log(probability), axis=1)
        np.testing.assert_allclose(np.diff(raw, axis=1), differences, rtol=1e-9, atol=1e-12)
    else:
        of_yes = probability[:, 1] if labels == "binary" else probability
        np.testing.assert_allclose(expit(raw), of_yes, rtol=1e-12)
    if labels == "multilabel":
        expected = (net.predict_proba(X) > 0.5).astype(int)
    else:
        expected = net.classes_[net.predict_proba(X).argmax(axis=1)]
    np.testing.assert_array_equal(net.predict(X), expected)
    assert 0 <= net.score(X, y) <= 1


@pytest.mark.parametrize("link", [LINKS["logit"], LINKS["softmax"]])
def test_the_average_of_links(link):
    raws = list(rng.normal(size=(4, 6, 5)) * 3)
    means = [link.inverse(raw, out=np.empty_like(raw)) for raw in raws]
    average = link.average(raws)
    mean = link.inverse(average, out=np.empty_like(average))
    np.testing.assert_allclose(mean, np.mean(means, axis=0), rtol=1e-12)
    extreme = link.average([np.float32([[-900, 900, 0, 0, 0]]), np.float32([[900, -900, 0, 0, 0]])])
    assert np.isfinite(extreme).all()
    assert extreme.dtype == np.float32


def test_the_mean_of_quantiles_does_not_cross():
    settings = {"loss": "quantile", "quantile": [0.1, 0.5, 0.9], "n_estimators": 3}
    net = small(ShallowNetRegressor, **settings).fit(X, TARGETS["one"])
    assert net.predict(X).shape == (len(X), 3)
    assert (np.diff(net.predict(X), axis=1) >= 0).all()


@EITHER
def test_what_is_told_of_them(estimator, y):
    net = small(estimator, n_estimators=3, solver="lbfgs", max_iter=300).fit(X, y)
    singles = net.estimators_
    assert net.loss_ == np.mean([single.loss_ for single in singles])
    assert net.n_iter_ == max(single.n_iter_ for single in singles)
    np.testing.assert_array_equal(
        net.transform(X), np.hstack([single.transform(X) for single in singles])
    )
    assert len(net.get_feature_names_out()) == 15 == net.transform(X).shape[1]
    names = ["coefs_", "intercepts_", "history_", "loss_curve_", "best_iteration_"]
    for name in [*names, "best_validation_score_"]:
        assert hasattr(singles[0], name)
        with pytest.raises(AttributeError, match=rf"estimators_\[0\].{name}"):
            getattr(net, name)
    with pytest.raises(AttributeError, match="nonsense"):
        net.nonsense  # noqa: B018


@EITHER
def test_a_single_network_is_the_only_one(estimator, y):
    net = small(estimator)
    assert not hasattr(net, "estimators_")
    with pytest.raises(NotFittedError):
        net.set_params(n_estimators=2).predict(X)
    [single] = net.set_params(n_estimators=1).fit(X, y).estimators_
    assert_same_weights(single, net)
    assert_same_outputs(single, net)
    assert single.get_params() == net.get_params()
    assert single.history_ == net.history_


def test_networks_without_hidden_layer_have_the_same_inputs_to_transform():
    net = ShallowNetRegressor((), n_estimators=3).fit(X, TARGETS["one"])
    assert net.transform(X).shape == X.shape
    assert len(net.get_feature_names_out()) == X.shape[1]


def test_names_and_frames():
    frames = pytest.importorskip("pandas")
    frame = frames.DataFrame(X, columns=list("abcd"))
    net = small(n_estimators=2).set_output(transform="pandas").fit(frame, LABELS["binary"])
    assert list(net.transform(frame).columns) == [f"shallownetclassifier{i}" for i in range(10)]
    assert list(net.estimators_[1].feature_names_in_) == list("abcd")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.predict(frame)
        net.estimators_[1].predict(frame)


# Restarts


def single_runs(estimator, y, n, **settings):
    """Return the losses or validation scores that each number of restarts ends with."""
    nets = [small(estimator, n_init=k, **settings).fit(X, y) for k in range(1, n + 1)]
    return nets, [-net.best_validation_score_ if net.early_stopping else net.loss_ for net in nets]


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@EITHER
def test_the_best_start_is_kept(estimator, y, solver, early_stopping):
    settings = {"solver": solver, "alpha": 1.0, "early_stopping": early_stopping, "max_iter": 9}
    settings["random_state"] = 5
    nets, criteria = single_runs(estimator, y, 8, **settings)
    assert criteria == sorted(criteria, reverse=True)
    assert len(set(criteria)) > 1
    assert_same_weights(nets[0], small(estimator, **settings).fit(X, y))


def test_every_network_has_its_restarts():
    y = LABELS["multiclass"]
    net = small(n_estimators=3, n_init=3, solver="lbfgs", alpha=1.0).fit(X, y)
    for single in net.estimators_:
        assert_same_weights(single, clone(single).fit(X, y))
        assert single.loss_ <= clone(single).set_params(n_init=1).fit(X, y).loss_


# Going on


@pytest.mark.parametrize("n_init", [1, 2])
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@EITHER
def test_every_network_goes_on_from_its_own_state(estimator, y, solver, n_init):
    settings = {"warm_start": True, "solver": solver, "n_init": n_init}
    net = small(estimator, n_estimators=3, **settings).fit(X, y)
    singles = [clone(single).fit(X, y).fit(X, y) for single in net.estimators_]
    net.fit(X, y)
    for one, two in zip(net.estimators_, singles, strict=True):
        assert_same_weights(one, two)
        assert one.loss_curve_ == two.loss_curve_


@EITHER
def test_a_warm_start_adds_networks(estimator, y):
    single = small(estimator, warm_start=True).fit(X, y)
    net = clone(single).fit(X, y).set_params(n_estimators=3).fit(X, y)
    assert_same_weights(net.estimators_[0], single.fit(X, y))
    fresh = small(estimator, n_estimators=3).fit(X, y)
    for number in (1, 2):
        assert_same_weights(net.estimators_[number], fresh.estimators_[number])
    before = outputs(net)
    for fewer in (1, 2):
        with pytest.raises(ValueError, match=f"n_estimators={fewer}.*3 networks"):
            net.set_params(n_estimators=fewer).fit(X, y)
    for a, b in zip(before, outputs(net), strict=True):
        np.testing.assert_array_equal(a, b)
    net.set_params(warm_start=False).fit(X, y)
    assert len(net.estimators_) == 2
    assert_same_weights(net.set_params(n_estimators=1).fit(X, y), small(estimator).fit(X, y))


@EITHER
def test_partial_fit_trains_every_network(estimator, y):
    kwargs = {"classes": np.unique(y)} if estimator is ShallowNetClassifier else {}
    net = small(estimator, n_estimators=3, dropout=0.2)
    parts = [(X[i : i + 30], y[i : i + 30]) for i in (0, 30, 60)]
    for part in parts:
        net.partial_fit(*part, **kwargs)
    for single in net.estimators_:
        alone = clone(single)
        for part in parts:
            alone.partial_fit(*part, **kwargs)
        assert_same_weights(single, alone)
        assert_same_outputs(single, alone)
        assert single.n_iter_ == alone.n_iter_ == 3
    assert net.n_iter_ == 3
    net.set_params(n_estimators=4).partial_fit(*parts[0])
    assert [single.n_iter_ for single in net.estimators_] == [4, 4, 4, 1]
    with pytest.raises(ValueError, match="n_estimators=2"):
        net.set_params(n_estimators=2).partial_fit(*parts[0])


class Narrow(ShallowNetClassifier):
    """A subclass with a constructor of its own."""

    def __init__(self, width=4, random_state=None):
        super().__init__(width, n_estimators=2, max_iter=4, random_state=random_state)
        self.width = width


def test_a_subclass_may_have_another_constructor(capsys):
    y = LABELS["binary"]
    net = clone(Narrow(random_state=0)).fit(X, y)
    first, second = net.estimators_
    assert type(first) is Narrow
    assert (first.n_estimators, first.width) == (1, 4)
    probability = (first.predict_proba(X) + second.predict_proba(X)) / 2
    assert abs(net.predict_proba(X) - probability).max() < 1e-12
    net.summary()
    assert capsys.readouterr().out.startswith("Narrow\n")
    assert diagnose(net, X, y).advice
    net.scoring = lambda fitted, X, y: fitted.score(X, y) + fitted.width  # of every epoch
    assert net.fit(X, y, X_val=X, y_val=y).estimators_[0].best_validation_score_ > 4


@EITHER
def test_copies(estimator, y):
    net = small(estimator, n_estimators=2, n_init=2, warm_start=True).fit(X, y)
    for twin in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net)):
        assert_same_outputs(net, twin)
        assert_same_outputs(copy.deepcopy(net).fit(X, y), twin.fit(X, y))
    assert not hasattr(clone(net), "estimators_")
    assert clone(net).get_params() == net.get_params()


@EITHER
def test_weights_and_other_rows(estimator, y):
    weight = np.arange(len(X)) % 3
    net = small(estimator, n_estimators=2, solver="lbfgs")
    one = clone(net).fit(X, y, sample_weight=weight)
    rows = np.repeat(np.arange(len(X)), weight)
    assert_same_outputs(one, clone(net).fit(X[rows], y[rows]))
    assert_same_outputs(one, clone(net).fit(X[weight > 0], y[weight > 0], weight[weight > 0]))


def test_in_a_search():
    pipeline = make_pipeline(small(n_init=2, n_jobs=2))
    grid = {"shallownetclassifier__n_estimators": [1, 2]}
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=2).fit(X, LABELS["binary"])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


# What ends a fit, and what goes wrong


@pytest.mark.filterwarnings("ignore:.*no better than a constant")
def test_one_warning_for_all():
    with pytest.warns(ConvergenceWarning, match="3 of 3 networks") as caught:
        plain(n_estimators=3, n_init=2).fit(X, LABELS["binary"])
    assert len([warning for warning in caught if "converged" in str(warning.message)]) == 1
    assert {warning.filename for warning in caught} == {__file__}
    with pytest.warns(ConvergenceWarning) as caught:
        plain(n_init=3).fit(X, LABELS["binary"])
    assert len([warning for warning in caught if "converged" in str(warning.message)]) == 1
    assert "networks" not in str(caught[0].message)


def test_the_time_is_for_all_of_them(monkeypatch):
    clock = iter(np.arange(0, 1e6))
    monkeypatch.setattr("sklearn_shallow.solvers.progress.time.perf_counter", lambda: next(clock))
    settings = {"max_iter": 10**4}
    settings["solver"] = Adam(max_time=120)
    one = small(**settings).fit(X, LABELS["binary"])
    net = small(n_estimators=3, n_init=2, **settings).fit(X, LABELS["binary"])
    assert {single.n_iter_ for single in net.estimators_} == {one.n_iter_ // 6}


@pytest.mark.parametrize("settings", [{"n_estimators": 2}, {"n_init": 2}])
def test_initial_values_are_for_one(settings):
    y = LABELS["binary"]
    start = small().fit(X, y)
    with pytest.raises(ValueError, match=r"one network trained once.*Set both to 1"):
        small(**settings).fit(X, y, coef_init=start.coefs_, intercept_init=start.intercepts_)


@pytest.mark.parametrize("name", ["n_estimators", "n_init"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "2", None])
def test_bad_numbers(name, value):
    with pytest.raises(ValueError, match=name):
        small(**{name: value}).fit(X, LABELS["binary"])


def test_a_failure_leaves_all_of_them_as_they_were():
    y = TARGETS["one"]
    net = small(ShallowNetRegressor, n_estimators=2, warm_start=True, max_iter=4).fit(X, y)
    before = net.predict(X)
    for bad in ({"learning_rate_init": 1e30, "solver": "sgd"}, {"hidden_layer_sizes": 3}):
        kept = {name: getattr(net, name) for name in bad}
        with pytest.raises(ValueError, match=r"learning_rate_init|hidden_layer_sizes"):
            net.set_params(**bad).fit(X, y)
        net.set_params(**kept)
        np.testing.assert_array_equal(net.predict(X), before)
        assert len(net.estimators_) == 2
    with pytest.raises(ValueError, match="hidden_layer_sizes=3"):
        net.set_params(hidden_layer_sizes=3).partial_fit(X, y)
    np.testing.assert_array_equal(net.predict(X), before)


class Interruption:
    """A loss monitor's scorer that is interrupted at a call."""

    def __init__(self, at):
        self.left = at

    def __call__(self, net, rows, y):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return net.score(rows, y)


def interrupted(net, at, y):
    """Fit, interrupted in that iteration of all."""
    with pytest.raises(KeyboardInterrupt):
        net.set_params(scoring=Interruption(at), early_stopping=True).fit(X, y)
    return net.set_params(scoring=None)


def test_an_interrupt_without_warm_start_leaves_all_as_it_was():
    y = LABELS["binary"]
    net = interrupted(small(n_estimators=3), 8, y)
    assert not hasattr(net, "estimators_")
    net.fit(X, y)
    before = outputs(net)
    for a, b in zip(before, outputs(interrupted(net, 8, y)), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("at", "n_kept", "n_iter"), [(3, 1, 3), (6, 1, 5), (9, 2, 3)])
def test_an_interrupt_keeps_the_networks_that_there_are(at, n_kept, n_iter):
    y = LABELS["binary"]
    net = interrupted(small(n_estimators=3, warm_start=True), at, y)
    assert len(net.estimators_) == n_kept
    assert net.estimators_[-1].n_iter_ == n_iter
    net.predict_proba(X)
    if n_kept == 1:
        alone = copy.deepcopy(net).set_params(n_estimators=1).fit(X, y)
        assert len(alone.estimators_) == len([alone.coefs_]) == 1
    whole = small(n_estimators=3, early_stopping=True, scoring=None).fit(X, y)
    assert_same_weights(net.fit(X, y).estimators_[2], whole.estimators_[2])


@pytest.mark.parametrize("posterior", [None, "laplace"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs", "lm"])
def test_an_interrupted_search_keeps_the_best_under_the_present_decay(solver, posterior):
    y, settings = TARGETS["one"], {"scoring": Interruption(40), "early_stopping": False}
    fixed = {"solver": solver, "posterior": posterior, "random_state": 0, "warm_start": True}
    net = ShallowNetRegressor(4, **fixed)
    with pytest.raises(KeyboardInterrupt):
        net.set_params(**settings).fit(X, y, X_val=X, y_val=y)
    alphas, losses = (np.array(net.history_[name]) for name in ("alpha", "loss"))
    assert net.alpha_ == alphas[-1]
    best = np.flatnonzero(alphas == alphas[-1])[np.argmin(losses[alphas == alphas[-1]])]
    assert net.best_iteration_ == best + 1
    net.set_params(scoring="loss").summary()
    net.fit(X, y)


def test_an_interrupt_leaves_the_others_where_they_were():
    y = TARGETS["one"]
    net = small(ShallowNetRegressor, n_estimators=3, warm_start=True, early_stopping=True)
    net.fit(X, y)
    before = [single.predict(X) for single in net.estimators_]
    other = X * [3, 1, 1, 1] + 2  # standardised otherwise
    with pytest.raises(KeyboardInterrupt):
        net.set_params(scoring=Interruption(4)).fit(other, 2 * y)
    assert len(net.estimators_) == 3
    changed = [
        not np.allclose(single.predict(X), old, rtol=1e-4)
        for single, old in zip(net.estimators_, before, strict=True)
    ]
    assert changed == [True, False, False]
    assert [len(single.loss_curve_) for single in net.estimators_] == [7, 5, 5]


# What is told while they are trained


def test_the_log_says_which_network_it_is(caplog):
    with caplog.at_level("INFO", logger="sklearn_shallow"):
        small(n_estimators=2, n_init=2, max_iter=2, alpha=1.0, verbose=1).fit(X, LABELS["binary"])
    told = [message.partition(": ")[0] for message in caplog.messages]
    assert told == [
        f"network {i} of 2, start {k} of 2, {line}"
        for i in (1, 2)
        for k in (1, 2)
        for line in ("epoch 1 of 2", "epoch 2 of 2", "ended after 2 epochs (max_iter)")
    ]


@pytest.mark.skipif(not HAS_CALLBACKS, reason="needs scikit-learn 1.9")
def test_callbacks_see_every_iteration_of_every_run():
    class InOrder(Watch):
        def on_fit_task_begin(self, estimator, context):
            super().on_fit_task_begin(estimator, context)
            assert current_thread() is main_thread()

    watch = InOrder()
    settings = {"n_estimators": 2, "n_init": 2, "n_jobs": 2}
    net = small(**settings).set_callbacks(watch).fit(X, LABELS["binary"])
    assert_same_outputs(net, small(**settings).fit(X, LABELS["binary"]))
    names = [f"network {i} of 2, start {k} of 2" for i in (1, 2) for k in (1, 2)]
    watch.assert_tasks(5, runs=names)


def test_random_streams_are_those_of_spawned_seeds_whenever_they_are_made():
    entropy, names = [3, 1, 4], ("initial", "split", "shuffle", "dropout")
    seeds = np.random.SeedSequence(entropy).spawn(len(names))
    expected = dict(zip(names, map(np.random.default_rng, seeds), strict=True))
    streams = Streams(entropy)
    for name in reversed(names):
        assert_array_equal(streams[name].random(3), expected[name].random(3))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_of_random_streams_go_on_alike(copied):
    streams = Streams([3])
    streams["shuffle"].random(5)
    twins = copied(streams), Streams([4], streams)
    expected = {name: streams[name].random(3) for name in ("shuffle", "dropout")}
    for twin in twins:
        for name, numbers in expected.items():
            assert_array_equal(twin[name].random(3), numbers)


def test_streams_that_are_continued_and_their_copies_do_not_move_each_other():
    streams, alone = Streams([3]), Streams([3])
    for one in (streams, alone):
        one["shuffle"].random(5)
    first, second = Streams([4], streams), Streams([4], streams)
    expected = alone["shuffle"].random(3)
    for one in (first, streams, second):
        assert_array_equal(one["shuffle"].random(3), expected)
