"""Progress reporting: scikit-learn's callbacks, and a log."""

import logging
from contextlib import contextmanager

__all__ = ["CallbackBridge", "EpochLog", "SearchReport", "logger", "visible"]

logger = logging.getLogger("sklearn_shallow")


class CallbackBridge:
    """Calls scikit-learn's callbacks (scikit-learn 1.9 or newer).

    The task of the fit has a task for every run of the solver if there are several, and a run has
    one for every iteration.

    Parameters
    ----------
    estimator : estimator with scikit-learn's ``CallbackSupportMixin``
    X, y : the training data, for callbacks that ask for them
    metadata : dict of the fit's other arguments
    n_runs : int
        How often the solver will run.
    max_iter : int or None
        The most iterations of a run; None if that is not known in advance.
    """

    def __init__(self, estimator, X, y, metadata, n_runs, max_iter):
        self.estimator = estimator
        self.data = {"X": X, "y": y, "metadata": metadata}
        self.n_runs, self.max_iter = n_runs, max_iter
        most = max_iter if n_runs == 1 else n_runs
        self._fit = self._run = estimator._init_callback_context(max_subtasks=most)
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


class EpochLog:
    """Logs every n-th iteration at level INFO to the logger "sklearn_shallow"."""

    def __init__(self, every, run=""):
        self.every = every
        self.run = run

    def __call__(self, progress, theta):
        if progress.n_iter % self.every == 0:
            entries = {name: values[-1] for name, values in progress.history.items()}
            line = ", ".join(f"{name} {value:.6g}" for name, value in entries.items())
            run = f"{self.run}, " if self.run else ""
            logger.info("%siteration %d: %s", run, progress.n_iter, line)
        return False


class SearchReport:
    """Reports the paths of a search to the log, and to scikit-learn's callbacks if any are set.

    The task of the search has two: one for all paths, of which each has its own, and one for the
    last fit, to which callbacks are propagated.

    Parameters
    ----------
    search : estimator with scikit-learn's ``CallbackSupportMixin``
    X, y, sample_weight : as they were passed to its fit
    """

    def __init__(self, search, X, y, sample_weight):
        self.search = search
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self.data = {"X": X, "y": y, "metadata": metadata}
        self._fit = None
        if getattr(search, "_skl_callbacks", None):
            self._fit = self._begin(search._init_callback_context(max_subtasks=2))

    def following(self, paths, architectures, n_folds, alphas):
        """Pass on the paths, and report each of them; those of an architecture come in a row."""
        n_paths = len(architectures) * n_folds
        task = None
        if self._fit is not None:
            task = self._begin(self._fit.subcontext("search", max_subtasks=n_paths))
        for number, (scores, seconds) in enumerate(paths):
            place, fold = divmod(number, n_folds)
            layers = ", ".join(f"{name}={value!r}" for name, value in architectures[place].items())
            name = f"{layers}, split {fold + 1} of {n_folds}"
            self._log(f"path {number + 1} of {n_paths}", name, scores, seconds, alphas)
            if task is not None:
                self._end(self._begin(task.subcontext(name)))
            yield scores, seconds
        if task is not None:
            self._end(task)

    def _log(self, place, name, scores, seconds, alphas):
        if self.search.verbose:
            best = int(scores.argmax())
            found = f"best score {scores[best]:.4g} at alpha={alphas[best]:.4g}"
            logger.info("%s (%s): %s, %.1f s", place, name, found, seconds.sum())

    @contextmanager
    def last_fit(self, net):
        """Propagate the callbacks to the network that is fitted to all rows."""
        if self._fit is None:
            yield
            return
        task = self._fit.subcontext("fit of the best candidate")
        with task.propagate_callback_context(net):
            self._begin(task)
            yield
        self._end(task)

    def close(self):
        """End the task of the search, which is fitted by now."""
        if self._fit is not None:
            self._end(self._fit, reconstruction_attributes=lambda: vars(self.search))

    def _begin(self, context):
        return context.call_on_fit_task_begin(estimator=self.search, **self.data)

    def _end(self, context, **attributes):
        context.call_on_fit_task_end(estimator=self.search, **self.data, **attributes)


@contextmanager
def visible(verbose):
    """Show the log on standard error while the context lasts, unless logging is set up."""
    if not verbose or logger.hasHandlers():
        yield
        return
    handler, level = logging.StreamHandler(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
