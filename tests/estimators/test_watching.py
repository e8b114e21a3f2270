"""What can be seen of a fit while it runs: scikit-learn's callbacks, the history, the log."""

import logging
import pickle
import re
from itertools import cycle, product

import numpy as np
import pytest
from nets import assert_same_weights, in_double, plain
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from watch import Watch, needs_callbacks

from sklearn_shallow import (
    SGD,
    Adam,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)
from sklearn_shallow.estimators.training.log import logger, visible

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*is no better than a constant"
)  # in few iterations

X, y = (part[::2] for part in load_iris(return_X_y=True))
X_diabetes, y_diabetes = (part[::5] for part in load_diabetes(return_X_y=True))
DATA = {ShallowNetClassifier: (X, y), ShallowNetRegressor: (X_diabetes, y_diabetes)}
both = pytest.mark.parametrize("estimator", DATA)
# Nothing is set but what saves time.
SMALL = {"hidden_layer_sizes": 4, "random_state": 0}
DEFAULTS = {
    "nothing set": {},
    "adam": {"solver": "adam"},
    "sgd": {"solver": "sgd"},
    "lbfgs": {"solver": "lbfgs"},
    "lm": {"solver": "lm"},
    "early stopping": {"early_stopping": True},
    "l1": {"l1_ratio": 0.5},
    "dropout": {"dropout": 0.2},
    "lbfgs, max_iter": {"solver": "lbfgs", "max_iter": 7},
    "partly": {"solver": Adam(max_time=1e-9)},
}


def in_turn(one, other):
    """Pairs in which every entry of the longer one occurs once, and those of the other in turn."""
    if len(one) < len(other):
        return [(first, second) for second, first in in_turn(other, one)]
    return list(zip(one, cycle(other), strict=False))


class StopAtRun:
    """A callback that asks to stop at the end of a network or start."""

    def __init__(self, name):
        self.name = name

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        return context.task_name == self.name

    def teardown(self, estimator, context):
        pass


# Callbacks ----------------------------------------------------------------------------------------


@needs_callbacks
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("settings", "estimator"), in_turn(DEFAULTS, DATA))
def test_callbacks_work_at_the_defaults(estimator, settings):
    make = {**SMALL, **DEFAULTS[settings]}
    watch = Watch()
    net = estimator(**make).set_callbacks(watch).fit(*DATA[estimator])
    watch.assert_tasks(net.n_iter_)
    assert_same_weights(net, estimator(**make).fit(*DATA[estimator]))


@needs_callbacks
@pytest.mark.parametrize(
    ("estimator", "settings"), in_turn(DATA, [name for name in DEFAULTS if name != "partly"])
)
def test_a_callback_ends_a_fit_at_the_defaults(estimator, settings):
    watch = Watch(stop_at=3)
    net = estimator(**{**SMALL, **DEFAULTS[settings]}).set_callbacks(watch).fit(*DATA[estimator])
    assert net.n_iter_ == 3
    watch.assert_tasks(3)
    assert np.isfinite(net.predict(DATA[estimator][0])).all()


@both
@needs_callbacks
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("settings", [{"max_iter": 10}, {"solver": "lbfgs"}], ids=str)
def test_callbacks_see_every_fit_of_a_warm_start(estimator, settings):
    watch = Watch()
    net = estimator(warm_start=True, **SMALL, **settings).set_callbacks(watch)
    for _ in range(2):
        watch.events.clear()
        net.fit(*DATA[estimator])
        watch.assert_tasks(net.n_iter_)


@needs_callbacks
@pytest.mark.parametrize(
    ("estimator", "solver", "several"),
    [
        (ShallowNetClassifier, "auto", {"n_estimators": 3}),
        (ShallowNetRegressor, "lbfgs", {"n_estimators": 3}),
        (ShallowNetClassifier, "lbfgs", {"n_init": 3}),
        (ShallowNetRegressor, "auto", {"n_init": 3}),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_several_networks_or_starts_are_named(estimator, solver, several):
    watch = Watch()
    net = estimator(solver=solver, max_iter=10, **several, **SMALL).set_callbacks(watch)
    net.fit(*DATA[estimator])
    kind = "network" if "n_estimators" in several else "start"
    runs = [event for event in watch.events if event.startswith(kind)]
    names = [f"{kind} {i} of 3" for i in (1, 2, 3)]
    assert runs == [f"{name} {event}" for name in names for event in ("begins", "ends")]
    assert watch.events.count("iteration ends") >= net.n_iter_


@needs_callbacks
@pytest.mark.parametrize(
    ("estimator", "scoring", "n_jobs"),
    [(ShallowNetClassifier, "accuracy", 2), (ShallowNetRegressor, "r2", None)],
)
def test_callbacks_of_a_search_reach_its_nets(estimator, scoring, n_jobs):
    from sklearn.callback import ProgressBar, ScoringMonitor

    pytest.importorskip("rich")
    monitor = ScoringMonitor(scoring=scoring)
    net = estimator(max_iter=5, **SMALL).set_callbacks(monitor)
    net = make_pipeline(StandardScaler(), net)
    grid = {f"{estimator.__name__.lower()}__alpha": [0.1, 1.0]}
    search = GridSearchCV(net, grid, cv=2, n_jobs=n_jobs).set_callbacks(ProgressBar())
    search.fit(*DATA[estimator])
    told = [row["task_name"] for log in monitor.get_logs("all") for row in log.data]
    assert told.count("iteration") > search.best_estimator_[-1].n_iter_  # whatever the process
    assert not hasattr(search.best_estimator_[-1], "_parent_callback_ctx")


@both
@needs_callbacks
def test_a_progress_bar_names_the_networks(estimator, capsys):
    from sklearn.callback import ProgressBar

    pytest.importorskip("rich")
    estimator(n_estimators=2, **SMALL).set_callbacks(ProgressBar()).fit(*DATA[estimator])
    bars = capsys.readouterr().out.splitlines()
    assert [bar.split("━")[0].strip() for bar in bars] == [
        f"{estimator.__name__} - fit",
        f"{estimator.__name__} - network 1 of 2 #0",
        f"{estimator.__name__} - network 2 of 2 #1",
    ]


@needs_callbacks
@pytest.mark.parametrize(
    ("search", "net", "n_jobs"),
    [
        (ShallowNetClassifierCV, ShallowNetClassifier, None),
        (ShallowNetRegressorCV, ShallowNetRegressor, 2),
    ],
)
def test_a_progress_bar_follows_a_search(search, net, n_jobs, capsys):
    """All bars have room for how far they are, and how long it will take, in 80 columns."""
    from sklearn.callback import ProgressBar

    pytest.importorskip("rich")
    name = net.__name__
    candidates = {"hidden_layer_sizes": [1, 2], "alphas": 2, "cv": 2, "n_jobs": n_jobs}
    search(net(**SMALL), **candidates).set_callbacks(ProgressBar()).fit(*DATA[net])
    bars = [line.split("━")[0].strip() for line in capsys.readouterr().out.splitlines()]
    assert [" ".join(bar.split()) for bar in bars] == [
        f"{name}CV - fit",
        f"{name}CV - search #0",
        f"{name}CV - refit | {name} - fit #1",
    ]


@both
@needs_callbacks
def test_callbacks_follow_a_fit_on_batches(estimator, capsys):
    """They see the validation set, and change nothing."""
    from sklearn.callback import ProgressBar, ScoringMonitor

    pytest.importorskip("rich")
    A, b = DATA[estimator]
    monitor = ScoringMonitor(scoring="accuracy" if estimator is ShallowNetClassifier else "r2")
    passed = {"X_val": A[::3], "y_val": b[::3], "epochs": 3}
    settings = {"random_state": 0, "alpha": 1, "n_estimators": 2}
    watched = estimator(3, **settings).set_callbacks(ProgressBar(), monitor)
    watched.fit_batches([(A, b)], **passed)
    told = [row["task_name"] for row in monitor.get_logs().data]
    assert told.count("iteration") == 2 * watched.n_iter_
    bars = [line.split("━")[0].strip() for line in capsys.readouterr().out.splitlines()]
    assert bars[1:] == [f"{estimator.__name__} - network {k + 1} of 2 #{k}" for k in range(2)]
    plain = estimator(3, **settings).fit_batches([(A, b)], **passed)
    np.testing.assert_array_equal(watched.predict(A), plain.predict(A))
    assert not hasattr(watched, "_callback_fit_ctx")


@both
@needs_callbacks
def test_without_a_callback_nothing_is_printed(estimator, capsys):
    estimator(n_estimators=2, **SMALL).fit(*DATA[estimator])
    assert capsys.readouterr() == ("", "")


@both
@needs_callbacks
def test_a_callback_can_end_the_series_of_networks(estimator):
    settings = {**SMALL, "max_iter": 3, "n_estimators": 4}
    callback = StopAtRun("network 2 of 4")
    net = estimator(**settings).set_callbacks(callback).fit(*DATA[estimator])
    whole = estimator(**settings).fit(*DATA[estimator])
    assert len(net.estimators_) == 2
    for one, other in zip(net.estimators_, whole.estimators_, strict=False):
        assert_same_weights(one, other)
    again = net.set_params(warm_start=True).fit(*DATA[estimator])
    assert len(again.estimators_) == 2


@both
@needs_callbacks
def test_a_callback_can_end_the_series_of_starts(estimator):
    settings = {**SMALL, "max_iter": 3}
    callback = StopAtRun("start 1 of 3")
    net = estimator(n_init=3, **settings).set_callbacks(callback).fit(*DATA[estimator])
    assert_same_weights(net, estimator(**settings).fit(*DATA[estimator]))


@needs_callbacks
def test_callbacks_stay_with_the_estimator_as_a_whole():
    watch = Watch()
    net = ShallowNetClassifier(n_estimators=2, max_iter=3, **SMALL).set_callbacks(watch).fit(X, y)
    assert not [name for single in net.estimators_ for name in vars(single) if "callback" in name]
    watch.events.clear()
    clone(net).fit(X, y)
    assert watch.events[0] == "setup"
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(net)).predict(X), net.predict(X))


# History ------------------------------------------------------------------------------------------


def penalty(net, alpha):
    """Return the penalty per row of the data, of a network that standardises nothing."""
    return alpha / 2 * sum((W**2).sum() for W in net.coefs_) / len(y)


@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "lbfgs"},
        {"solver": "lm"},
        {"solver": "sgd", "learning_rate_init": 1e-12},
        {"solver": "sgd", "learning_rate_init": 1e-12, "batch_size": 20},
        {"solver": "sgd", "learning_rate_init": 1e-12, "batch_size": "full"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_data_loss_is_the_loss_without_the_penalty(settings):
    settings = {**settings, "solver": in_double(settings["solver"])}
    net = plain(alpha=2.0, standardize=False, **settings).fit(X, y)
    difference = net.history_["loss"][-1] - net.history_["data_loss"][-1]
    assert difference == pytest.approx(penalty(net, 2.0), rel=1e-7)
    if settings["solver"].takes_batches:
        net.partial_fit(X, y)
        difference = net.history_["loss"][-1] - net.history_["data_loss"][-1]
        assert difference == pytest.approx(penalty(net, 1.0), rel=1e-7)  # half of the rows seen


@both
@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_data_loss_compares_with_the_validation_loss(estimator, solver):
    X, y = DATA[estimator]
    net = estimator(solver=solver, early_stopping=False, **SMALL).fit(X, y, X_val=X, y_val=y)
    history = net.history_
    np.testing.assert_allclose(history["data_loss"], history["validation_loss"], rtol=1e-5)
    assert (np.array(history["data_loss"]) < history["loss"]).all()


@both
@pytest.mark.parametrize("solver", ["adam", "lbfgs", "lm"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_history_has_the_decay_in_force(estimator, solver):
    net = estimator(solver=solver, warm_start=True, **SMALL).fit(*DATA[estimator])
    alphas = np.array(net.history_["alpha"])
    assert alphas[-1] == net.alpha_
    assert 1 < len(set(alphas)) <= 12
    net.fit(*DATA[estimator])
    np.testing.assert_array_equal(net.history_["alpha"][: len(alphas)], alphas)
    assert net.history_["alpha"][len(alphas)] == alphas[-1]
    if solver == "adam":
        net.partial_fit(*DATA[estimator])
        assert net.history_["alpha"][-1] == net.alpha_


def test_the_loss_rises_only_where_the_decay_does():
    net = ShallowNetRegressor(solver="lbfgs", max_iter=1000, **SMALL).fit(X_diabetes, y_diabetes)
    rises = np.flatnonzero(np.diff(net.history_["loss"]) > 0)
    changes = np.flatnonzero(np.diff(net.history_["alpha"]) != 0)
    assert len(rises) > 0
    assert set(rises) <= set(changes)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_decay_that_is_given_is_in_the_history_too():
    net = plain(alpha=0.5).fit(X, y).partial_fit(X, y)
    assert net.history_["alpha"] == [0.5] * 6


# A validation set that only watches ---------------------------------------------------------------

WATCHED = {
    "nothing set": {},
    "sgd": {"solver": "sgd"},
    "lbfgs": {"solver": "lbfgs"},
    "lm": {"solver": "lm"},
    "dropout": {"dropout": 0.2},
    "networks": {"n_estimators": 2, "n_init": 2, "max_iter": 10},
    "patience": {"learning_rate": "constant", "learning_rate_init": 0.02},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "max_iter": 20},
    "long steps": {"solver": SGD(clip_norm=1), "learning_rate_init": 5, "max_iter": 20},
}


@pytest.mark.parametrize(
    ("settings", "estimator", "scoring"),
    [(settings, *which) for settings, which in in_turn(WATCHED, [*product(DATA, ["loss", None])])],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_validation_set_that_only_watches_changes_nothing(estimator, settings, scoring):
    make = {**SMALL, **WATCHED[settings], "early_stopping": False, "warm_start": True}
    X, y = DATA[estimator]
    alone = estimator(**make)
    watched = estimator(**make, scoring=scoring)
    more = {"validation_loss"} | ({"validation_score"} if scoring is None else set())
    for _ in range(2):
        alone.fit(X[::2], y[::2])
        watched.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
        for one, other in zip(alone.estimators_, watched.estimators_, strict=True):
            assert_same_weights(one, other)
            assert one.history_["loss"] == other.history_["loss"]
            assert set(other.history_) == set(one.history_) | more
            assert np.isfinite([other.history_[name] for name in more]).all()
            assert one.best_iteration_ == other.best_iteration_
            assert other.best_validation_score_ is None
            np.testing.assert_array_equal(one.alpha_, other.alpha_)


def test_what_is_watched_is_the_score_and_the_weighted_loss():
    net = plain(solver="lbfgs", early_stopping=False, scoring="accuracy", alpha=0.1, max_iter=300)
    weight = np.where(y == 0, 0.0, 2.0)
    net.fit(X, y, X_val=X, y_val=y, sample_weight_val=weight)
    known = y > 0
    assert net.history_["validation_score"][-1] == net.score(X[known], y[known])
    log_loss = -np.log(net.predict_proba(X)[np.arange(len(y)), y])[known].mean()
    assert net.history_["validation_loss"][-1] == pytest.approx(log_loss)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_validation_set_still_turns_auto_on():
    net = plain().fit(X, y, X_val=X, y_val=y)
    assert net.settings_["early_stopping"]
    assert net.best_validation_score_ is not None


# The log ------------------------------------------------------------------------------------------


def logged(caplog, estimator=ShallowNetClassifier, **settings):
    """Return a fitted network and what it has logged."""
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="sklearn_shallow"):
        net = estimator(**{**SMALL, **settings}).fit(*DATA[estimator])
    return net, list(caplog.messages)


@pytest.mark.parametrize(("solver", "estimator"), in_turn(["auto", "sgd", "lbfgs", "lm"], DATA))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_higher_verbose_the_more_lines(estimator, solver, caplog):
    assert not logged(caplog, estimator, solver=solver)[1]
    _, few = logged(caplog, estimator, solver=solver, verbose=True)
    assert 4 <= len(few) <= 60
    for verbose in (2, 10):
        net, lines = logged(caplog, estimator, solver=solver, verbose=verbose)
        numbered = [line for line in lines if re.match("(epoch|iteration) ", line)]
        assert len(numbered) == net.n_iter_
        assert len(lines) > len(few)
    assert not [line for line in [*few, *lines] if "nan" in line]


def test_short_fits_are_told_of_before_the_first_epoch(caplog):
    with caplog.at_level("INFO", logger="sklearn_shallow"):
        net = ShallowNetRegressor(5, verbose=1, random_state=0).fit(*load_diabetes(return_X_y=True))
    assert re.fullmatch(r"\d short fits: no bins", caplog.messages[0])
    assert net.settings_["numeric_encoding"] is None
    caplog.clear()
    with caplog.at_level("INFO", logger="sklearn_shallow"):
        ShallowNetRegressor(5, verbose=1, numeric_encoding=8, random_state=0).fit(
            *load_diabetes(return_X_y=True)
        )
    assert caplog.messages[0].startswith("epoch 1 of")


def test_a_long_fit_has_about_twenty_lines(caplog):
    settings = {"alpha": 1.0, "learning_rate": "flat_cosine"}
    _, lines = logged(caplog, verbose=1, max_iter=300, **settings)
    assert len(lines) == 1 + 20 + 1
    assert lines[1].startswith("epoch 15 of 300: loss ")
    assert lines[-1].startswith("ended after 300 epochs (max_iter): loss ")


@both
@pytest.mark.parametrize("solver", ["auto", "lbfgs"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_log_says_when_the_decay_changes(estimator, solver, caplog):
    net, lines = logged(caplog, estimator, solver=solver, verbose=1)
    alphas = net.history_["alpha"]
    unit = "epoch" if solver == "auto" else "iteration"
    assert [line for line in lines if " -> " in line] == [
        f"after {unit} {i}: alpha {alphas[i - 1]:.3g} -> {alphas[i]:.3g}"
        for i in range(1, len(alphas))
        if alphas[i] != alphas[i - 1]
    ]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({}, "epoch 1 of 9: "),
        ({"early_stopping": True}, "epoch 1 of at most 9: "),
        ({"learning_rate": "constant"}, "epoch 1 of at most 9: "),
        ({"solver": "lbfgs", "alpha": 1.0}, "iteration 1 of at most 9: "),
        ({"solver": "lbfgs"}, "iteration 1: "),
    ],
    ids=str,
)
def test_the_log_says_how_many_iterations_there_will_be(settings, place, caplog):
    assert logged(caplog, verbose=1, max_iter=9, **settings)[1][0].startswith(place)


@pytest.mark.parametrize("level", [logging.NOTSET, logging.WARNING])
def test_verbose_is_seen_whatever_the_root_of_logging_says(level, monkeypatch, capsys):
    # As after logging.basicConfig(): the root logger is at WARNING, its handler at any level.
    handler = logging.StreamHandler()
    handler.setLevel(level)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    monkeypatch.setattr(logging.getLogger(), "level", logging.WARNING)
    before = list(logger.handlers), logger.level
    plain(max_iter=2, verbose=True, learning_rate="flat_cosine").fit(X, y)
    assert capsys.readouterr().err.count("epoch 1 of") == 1
    assert (list(logger.handlers), logger.level) == before


def test_a_level_of_the_users_for_this_log_is_kept(monkeypatch, capsys):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logger.setLevel(logging.WARNING)
    try:
        plain(max_iter=2, verbose=True, learning_rate="flat_cosine").fit(X, y)
        assert logger.level == logging.WARNING
    finally:
        logger.setLevel(logging.NOTSET)
    assert capsys.readouterr().err == ""


def test_fits_that_overlap_show_each_line_once_and_leave_logging_as_it_was(monkeypatch, capsys):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    before = list(logger.handlers), logger.level
    one, two = visible(True), visible(True)
    one.__enter__()
    two.__enter__()
    logger.info("while both last")
    one.__exit__(None, None, None)
    logger.info("while one lasts")
    two.__exit__(None, None, None)
    logger.info("afterwards")
    assert capsys.readouterr().err.splitlines() == ["while both last", "while one lasts"]
    assert (list(logger.handlers), logger.level) == before
