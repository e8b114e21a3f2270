"""The callbacks of scikit-learn, called during a fit."""

from sklearn_shallow.utils.scikit_learn import begin_callbacks

__all__ = ["CallbackBridge", "data_of_fit"]


def data_of_fit(X, y, sample_weight):
    """Return what callbacks are told of the data, as they were passed to fit."""
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    return {"X": X, "y": y, "metadata": metadata}


class CallbackBridge:
    """Calls scikit-learn's callbacks (scikit-learn 1.9 or newer).

    The task of the fit has a task for every run of the solver if there are several, and a run has
    one for every iteration.

    Parameters
    ----------
    estimator : estimator with scikit-learn's ``CallbackSupportMixin``
    given : X, y and sample_weight as they were passed to fit
    n_runs : int
        How often the solver will run.
    max_iter : int or None
        The most iterations of a run; None if that is not known in advance.
    """

    def __init__(self, estimator, given, n_runs, max_iter):
        self.estimator = estimator
        self.data = data_of_fit(*given)
        self.n_runs, self.max_iter = n_runs, max_iter
        most = max_iter if n_runs == 1 else n_runs
        self._fit = self._run = begin_callbacks(estimator, most)
        self._begin(self._fit)

    def begin_run(self, name):
        """Begin a run of the solver; several have a task each, with this name."""
        if self.n_runs > 1:
            self._run = self._fit.subcontext(task_name=name, max_subtasks=self.max_iter)
            self._begin(self._run)

    def listener(self, probe):
        """Return what is to be called once per iteration; `probe` maps theta to an estimator."""

        def iteration(progress, theta):
            # Begun and ended at once: whether an iteration takes place is known when it has.
            task = self._run.subcontext(task_name="iteration")
            self._begin(task)
            return self._end(task, lambda: probe(theta))

        return iteration

    def end_run(self, fitted):
        """End a run of the solver.

        Parameters
        ----------
        fitted : callable
            Returns the estimator as it would be after this run.

        Returns
        -------
        stop : bool
            Whether a callback asks for no more runs.
        """
        return self.n_runs > 1 and self._end(self._run, fitted)

    def close(self):
        """End the task of the fit, whose estimator is fitted by now."""
        self._end(self._fit, lambda: self.estimator)

    def _begin(self, context):
        context.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def _end(self, context, fitted):
        return context.call_on_fit_task_end(
            estimator=self.estimator,
            **self.data,
            reconstruction_attributes=lambda: vars(fitted()),
        )
