"""What can be seen of a fit while it runs: scikit-learn's callbacks, the history, the log."""

import pickle

import numpy as np
import pytest
from nets import assert_same_weights
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from test_control import Watch, needs_callbacks

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

X, y = (part[::2] for part in load_iris(return_X_y=True))
X_diabetes, y_diabetes = (part[::5] for part in load_diabetes(return_X_y=True))
DATA = {ShallowNetClassifier: (X, y), ShallowNetRegressor: (X_diabetes, y_diabetes)}
both = pytest.mark.parametrize("estimator", DATA)
# Nothing is set but what saves time.
SMALL = {"hidden_layer_sizes": 4, "random_state": 0}
DEFAULTS = {
    "nothing set": {},
    "adam": {"solver": "adam"},
    "adamw": {"solver": "adamw"},
    "sgd": {"solver": "sgd"},
    "lbfgs": {"solver": "lbfgs"},
    "lm": {"solver": "lm"},
    "ard": {"alpha": "ard"},
    "early stopping": {"early_stopping": True},
    "l1": {"l1_ratio": 0.5},
    "dropout": {"dropout": 0.2},
    "lbfgs, max_iter": {"solver": "lbfgs", "max_iter": 7},
    "partly": {"max_time": 1e-9},
}
LOSSES = {
    ShallowNetClassifier: ["focal", "squared_error"],
    ShallowNetRegressor: ["absolute_error", "quantile", "huber"],
}


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


@both
@needs_callbacks
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("settings", DEFAULTS)
def test_callbacks_work_at_the_defaults(estimator, settings):
    make = {**SMALL, **DEFAULTS[settings]}
    watch = Watch()
    net = estimator(**make).set_callbacks(watch).fit(*DATA[estimator])
    watch.assert_tasks(net.n_iter_)
    assert_same_weights(net, estimator(**make).fit(*DATA[estimator]))


@needs_callbacks
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize(
    ("estimator", "loss"), [(net, loss) for net, losses in LOSSES.items() for loss in losses]
)
def test_callbacks_work_with_any_loss(estimator, loss, solver):
    watch = Watch()
    net = estimator(loss=loss, solver=solver, **SMALL).set_callbacks(watch).fit(*DATA[estimator])
    watch.assert_tasks(net.n_iter_)


@both
@needs_callbacks
@pytest.mark.parametrize("solver", ["auto", "lbfgs"])
def test_callbacks_see_every_fit_of_a_warm_start(estimator, solver):
    watch = Watch()
    net = estimator(solver=solver, warm_start=True, **SMALL).set_callbacks(watch)
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
        (ShallowNetClassifier, "lbfgs", {"n_restarts": 3}),
        (ShallowNetRegressor, "auto", {"n_restarts": 3}),
    ],
)
def test_several_networks_or_starts_are_named(estimator, solver, several):
    watch = Watch()
    net = estimator(solver=solver, **several, **SMALL).set_callbacks(watch).fit(*DATA[estimator])
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
    net = make_pipeline(StandardScaler(), estimator(**SMALL).set_callbacks(monitor))
    grid = {f"{estimator.__name__.lower()}__solver": ["adam", "lbfgs"]}
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
    net = estimator(n_restarts=3, **settings).set_callbacks(callback).fit(*DATA[estimator])
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
