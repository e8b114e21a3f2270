"""The callbacks of scikit-learn (1.9 or newer), called during a fit or a search."""

import logging
from contextlib import contextmanager

from sklearn_shallow.estimators.scikit_learn import begin_callbacks, has_callbacks

logger = logging.getLogger("sklearn_shallow")


class CallbackReport:
    """Begins and ends the tasks of a fit, of which scikit-learn tells its callbacks, if it has any.

    Parameters
    ----------
    estimator : estimator with scikit-learn's ``CallbackSupportMixin``
    X, y, sample_weight : as they were passed to its fit
    n_tasks : int or None
        The most tasks that the task of the fit has; None if that is not known in advance.

    Attributes
    ----------
    is_on : bool
        Whether callbacks are set; without, nothing is done.
    """

    def __init__(self, estimator, X, y, sample_weight, n_tasks):
        self.estimator, self.is_on = estimator, has_callbacks(estimator)
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.data = {"X": X, "y": y, "metadata": metadata}
        if self.is_on:
            self._fit = self._begin(begin_callbacks(estimator, n_tasks))

    def _begin(self, context):
        """Begin a task, and return its context."""
        return context.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def _end(self, context, fitted=None):
        """End a task, and return whether a callback stops the fit; `fitted` makes the estimator."""
        known = {} if fitted is None else {"reconstruction_attributes": lambda: vars(fitted())}
        return context.call_on_fit_task_end(estimator=self.estimator, **self.data, **known)

    def close(self):
        """End the task of the fit, whose estimator is fitted by now."""
        if self.is_on:
            self._end(self._fit, lambda: self.estimator)


class CallbackBridge(CallbackReport):
    """The tasks of a fit of networks.

    The task of the fit has a task for every run of the solver if there are several, and a run has
    one for every iteration.

    Parameters
    ----------
    estimator : estimator with scikit-learn's ``CallbackSupportMixin``
    passed : X, y and sample_weight as they were passed to fit
    team : list of Member, the networks that are to be trained
    data : TrainingData

    Attributes
    ----------
    at_theta : callable, maps theta to a fitted estimator
    """

    def __init__(self, estimator, passed, team, data):
        self.at_theta = estimator._at_theta(data)
        self.n_runs = n_runs = sum(member.n_starts(data.settings) for member in team)
        self.max_iter = None if data.settings.seeks_first else data.max_iter
        super().__init__(estimator, *passed, self.max_iter if n_runs == 1 else n_runs)

    def begin_run(self, name):
        """Begin a run of the solver, and return the listeners to its iterations.

        Parameters
        ----------
        name : str, of the task of the run if there are several
        """
        if not self.is_on:
            return []
        self._run = self._fit
        if self.n_runs > 1:
            self._run = self._begin(self._fit.subcontext(name, max_subtasks=self.max_iter))

        def iteration(progress, theta):
            # Begun and ended at once: only after an iteration is it known that there was one.
            task = self._begin(self._run.subcontext(task_name="iteration"))
            return self._end(task, lambda: self.at_theta(theta))

        return [iteration]

    def end_run(self, theta):
        """End a run of the solver, and return whether a callback asks for no more runs."""
        return self.is_on and self.n_runs > 1 and self._end(self._run, lambda: self.at_theta(theta))


class SearchReport(CallbackReport):
    """Reports the paths of a search to the log, and to callbacks if any are set.

    The task of the search has two: one for all paths, of which each has its own, and one for the
    last fit, to which callbacks are propagated.
    """

    def following(self, outcomes, paths, n_folds):
        """Pass on the outcomes of paths, lists of parameters, on the folds, and report each."""
        n_paths = len(paths) * n_folds
        task = None
        if self.is_on:
            task = self._begin(self._fit.subcontext("search", max_subtasks=n_paths))
        for number, (scores, seconds, constants) in enumerate(outcomes):
            place, fold = divmod(number, n_folds)
            _, *layers = paths[place][0].items()
            layers = ", ".join(f"{name}={value!r}" for name, value in layers)
            name = f"{layers}, split {fold + 1} of {n_folds}"
            self._log(f"path {number + 1} of {n_paths}", name, scores, seconds, paths[place])
            if task is not None:
                self._end(self._begin(task.subcontext(name)))
            yield scores, seconds, constants
        if task is not None:
            self._end(task)

    def _log(self, place, name, scores, seconds, path):
        if self.estimator.verbose:
            best = int(scores.argmax())
            alpha = path[best]["alpha"]
            alpha = alpha if isinstance(alpha, str) else f"{alpha:.4g}"
            found = f"best score {scores[best]:.4g} at alpha={alpha}"
            logger.info("%s (%s): %s, %.1f s", place, name, found, seconds.sum())

    @contextmanager
    def last_fit(self, net):
        """Propagate the callbacks to the network that is fitted to all rows."""
        if not self.is_on:
            yield
            return
        task = self._fit.subcontext("refit")  # short: the label leaves room for the bar
        with task.propagate_callback_context(net):
            self._begin(task)
            yield
        self._end(task)
