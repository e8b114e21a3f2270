"""A callback of scikit-learn for the tests."""

import pytest

from sklearn_shallow.estimators.scikit_learn import HAS_CALLBACKS

needs_callbacks = pytest.mark.skipif(not HAS_CALLBACKS, reason="needs scikit-learn 1.9")


class Watch:
    """A callback that notes what happens, and asks to stop at an iteration."""

    def __init__(self, stop_at=None):
        self.stop_at = stop_at
        self.events, self.scores = [], []

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(f"{context.task_name} begins")

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        self.events.append(f"{context.task_name} ends")
        if context.task_name == "iteration":
            self.scores.append(fitted_estimator.score(X, y))
        return len(self.scores) == self.stop_at

    def assert_tasks(self, n_iterations, runs=()):
        tasks = ["iteration begins", "iteration ends"] * n_iterations
        if runs:
            tasks = [event for run in runs for event in (f"{run} begins", *tasks, f"{run} ends")]
        assert self.events == ["setup", "fit begins", *tasks, "fit ends", "teardown"]
