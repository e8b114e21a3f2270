"""The log of a fit: its lines, and the handler that shows them."""

import logging
from contextlib import contextmanager, nullcontext
from math import ceil, isnan

from sklearn_shallow.utils.shared_context import SharedContext

logger = logging.getLogger("sklearn_shallow")

LINES = 20  # approximate number of lines of a run with verbose=True


class RunLog:
    """Logs a run of a solver at level INFO to the logger "sklearn_shallow".

    Parameters
    ----------
    data : TrainingData
    name : str
        What the run is called if there are several.
    """

    def __init__(self, data, name):
        settings, max_iter = data.settings, data.max_iter
        of_epochs = settings.solver.takes_batches and data.n_parts == 1
        self._unit, self._name = "epoch" if of_epochs else "iteration", name and f"{name}, "
        may_end_before = settings.early_stopping or settings.ends_when_learnt
        may_end_before |= settings.decay is None and data.may_end
        ends_there = settings.ends_at_zero and not may_end_before and data.n_sought == max_iter
        self._most, lines = f" of {'' if ends_there else 'at most '}{max_iter}", LINES
        if settings.seeks_first:  # then there may be more
            self._most, lines = "", LINES / 2
        self._every = 1 if settings.verbose > 1 else ceil(max_iter / lines)

    def iteration(self, progress, theta):
        """Log the last iteration if it is its turn, and a change of the decay in any case."""
        n, alphas = progress.n_iter, progress.history["alpha"]
        if n > 1 and alphas[-2] != alphas[-1] and not isnan(alphas[-2]):
            self._write(f"after {self._unit} {n - 1}: alpha {alphas[-2]:.3g} -> {alphas[-1]:.3g}")
        if n == 1 or n % self._every == 0:
            last = {name: values[-1] for name, values in progress.history.items()}
            entries = [f"{name} {value:.4g}" for name, value in last.items() if not isnan(value)]
            self._write(f"{self._unit} {n}{self._most}: {', '.join(entries)}")

    def end(self, progress, result):
        """Log how the run has ended."""
        units = f"{progress.n_iter} {self._unit}s"
        self._write(f"ended after {units} ({result.reason}): loss {result.value:.4g}")

    def _write(self, line):
        logger.info("%s%s", self._name, line)


@contextmanager
def _shown():
    """Show the log.

    If no handler accepts level INFO, a handler for standard error is added. If the logger has no
    level of its own and that of the root, WARNING by default, is higher, its level becomes INFO.
    """
    level, handler = logger.level, logging.NullHandler()
    if level == logging.NOTSET and not logger.isEnabledFor(logging.INFO):
        logger.setLevel(logging.INFO)
    if not _is_heard():
        handler = logging.StreamHandler()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def _is_heard():
    """Return whether a handler accepts records of level INFO."""
    place = logger
    while place is not None:
        for handler in place.handlers:
            if handler.level <= logging.INFO and not isinstance(handler, logging.NullHandler):
                return True
        place = place.parent if place.propagate else None
    return False


_SHOWN = SharedContext(_shown)


def visible(verbose):
    """Return a context in which the log is shown if `verbose` is true, for fits in any threads."""
    return _SHOWN if verbose else nullcontext()
