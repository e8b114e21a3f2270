"""Progress reports of a cross-validation, to the log and to callbacks."""

from contextlib import contextmanager

from sklearn_shallow.estimators.callbacks import CallbackReport
from sklearn_shallow.estimators.training.log import logger


class SearchReport(CallbackReport):
    """Reports the paths of a search to the log, and to scikit-learn's callbacks if any are set.

    The task of the search has two: one for all paths, of which each has its own, and one for the
    last fit, to which callbacks are propagated.

    Parameters
    ----------
    search : estimator with scikit-learn's ``CallbackSupportMixin``
    X, y, sample_weight : as they were passed to its fit
    """

    def __init__(self, search, X, y, sample_weight):
        super().__init__(search, X, y, sample_weight, 2)

    def following(self, paths, architectures, n_folds, alphas):
        """Pass on the paths, and report each of them; those of an architecture come in a row."""
        n_paths = len(architectures) * n_folds
        task = None
        if self.is_on:
            task = self._begin(self._fit.subcontext("search", max_subtasks=n_paths))
        for number, (scores, seconds, constants) in enumerate(paths):
            place, fold = divmod(number, n_folds)
            layers = ", ".join(f"{name}={value!r}" for name, value in architectures[place].items())
            name = f"{layers}, split {fold + 1} of {n_folds}"
            self._log(f"path {number + 1} of {n_paths}", name, scores, seconds, alphas)
            if task is not None:
                self._end(self._begin(task.subcontext(name)))
            yield scores, seconds, constants
        if task is not None:
            self._end(task)

    def _log(self, place, name, scores, seconds, alphas):
        if self.estimator.verbose:
            best = int(scores.argmax())
            found = f"best score {scores[best]:.4g} at alpha={alphas[best]:.4g}"
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
