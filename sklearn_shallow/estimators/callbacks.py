"""The callbacks of scikit-learn (1.9 or newer), called during a fit."""

from sklearn_shallow.estimators.scikit_learn import begin_callbacks, has_callbacks


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
        return context.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def _end(self, context, fitted=None):
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
    """

    def __init__(self, estimator, passed, team, data):
        self.n_runs = n_runs = sum(member.n_starts(data.settings) for member in team)
        self.max_iter = None if data.settings.seeks_first else data.max_iter
        super().__init__(estimator, *passed, self.max_iter if n_runs == 1 else n_runs)

    def begin_run(self, name, at_theta):
        """Begin a run of the solver, and return the listeners to its iterations.

        Parameters
        ----------
        name : str, of the task of the run if there are several
        at_theta : callable, maps theta to a fitted estimator
        """
        if not self.is_on:
            return []
        self._run = self._fit
        if self.n_runs > 1:
            self._run = self._begin(self._fit.subcontext(name, max_subtasks=self.max_iter))

        def iteration(progress, theta):
            # Begun and ended at once: whether an iteration takes place is known when it has.
            task = self._begin(self._run.subcontext(task_name="iteration"))
            return self._end(task, lambda: at_theta(theta))

        return [iteration]

    def end_run(self, at_theta, theta):
        """End a run of the solver, and return whether a callback asks for no more runs."""
        return self.is_on and self.n_runs > 1 and self._end(self._run, lambda: at_theta(theta))
