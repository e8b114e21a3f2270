"""What is told of a fit while it runs: scikit-learn's callbacks, and a log."""

import logging
from contextlib import contextmanager

__all__ = ["CallbackBridge", "EpochLog", "logger", "visible"]

logger = logging.getLogger("sklearn_shallow")


class CallbackBridge:
    """Calls scikit-learn's callbacks, one task per iteration (scikit-learn 1.9 or newer).

    Parameters
    ----------
    estimator : estimator with scikit-learn's ``CallbackSupportMixin``
    X, y : the training data, for callbacks that ask for them
    metadata : dict of the fit's other arguments
    n_runs : int
        How often the solver will run.
    """

    def __init__(self, estimator, X, y, metadata, n_runs):
        self.estimator = estimator
        self.data = {"X": X, "y": y, "metadata": metadata}
        self.context = estimator._init_callback_context(max_subtasks=estimator.max_iter * n_runs)
        self.context.call_on_fit_task_begin(estimator=estimator, **self.data)

    def listener(self, probe):
        """Return what is to be called once per iteration; `probe` maps theta to an estimator."""

        def iteration(progress, theta):
            # Begun and ended at once: whether an iteration takes place is known when it has.
            task = self.context.subcontext(task_name="iteration")
            task.call_on_fit_task_begin(estimator=self.estimator, **self.data)
            return self._end(task, lambda: vars(probe(theta)))

        return iteration

    def close(self):
        """End the task of the fit, whose estimator is fitted by now."""
        self._end(self.context, lambda: vars(self.estimator))

    def _end(self, context, attributes):
        return context.call_on_fit_task_end(
            estimator=self.estimator, **self.data, reconstruction_attributes=attributes
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
            logger.info("%siteration %d: %s", self.run, progress.n_iter, line)
        return False


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
