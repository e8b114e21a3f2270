"""The log of a fit: which lines there are, and that they are seen."""

import logging
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from math import ceil, isnan

from sklearn_shallow.utils.shared_context import SharedContext

logger = logging.getLogger("sklearn_shallow")

LINES = 20  # of a run, about, where not every iteration is logged
SHORT = 1.0  # seconds that have passed, and that are left, from which on the log estimates the rest


@dataclass(frozen=True)
class RunLog:
    """Logs a run of a solver at level INFO to the logger "sklearn_shallow".

    Attributes
    ----------
    verbose : bool or int
        1 (or True) for about 20 lines, more for every iteration.
    max_iter : int
    unit : str
        What an iteration is called.
    ends_there : bool or None
        Whether the run will make `max_iter` iterations if all goes well; None if it may make more.
    max_time : float or None
        Seconds after which the run will be stopped.
    name : str
        What the run is called if there are several.
    n_after : int
        Runs that will follow it, one after the other.
    """

    verbose: bool | int
    max_iter: int
    unit: str
    ends_there: bool | None
    max_time: float | None = None
    name: str = ""
    n_after: int = 0

    @classmethod
    def of(cls, data, max_time, name, n_after):
        """Return the log of a run on training data."""
        settings = data.settings
        may_end_before = settings.early_stopping or settings.ends_when_learnt
        ends = settings.ends_at_zero and not may_end_before and data.n_sought == data.max_iter
        return cls(
            settings.verbose,
            data.max_iter,
            "epoch" if settings.solver.takes_batches and data.n_parts == 1 else "iteration",
            ends_there=None if settings.seeks_first else ends,
            max_time=max_time,
            name=name,
            n_after=n_after,
        )

    @property
    def every(self):
        """After how many iterations there is a line."""
        lines = LINES if self.ends_there is not None else LINES / 2
        return 1 if self.verbose > 1 else ceil(self.max_iter / lines)

    def iteration(self, progress, theta):
        """Log the last iteration if it is its turn, and a change of the decay in any case."""
        n, alphas = progress.n_iter, progress.history["alpha"]
        if n > 1 and alphas[-2] != alphas[-1] and not isnan(alphas[-2]):
            self._write(f"after {self.unit} {n - 1}: decay {alphas[-2]:.3g} -> {alphas[-1]:.3g}")
        if n == 1 or n % self.every == 0:
            last = {name: values[-1] for name, values in progress.history.items()}
            entries = [f"{name} {value:.4g}" for name, value in last.items() if not isnan(value)]
            self._write(f"{self._place(n)}: {', '.join(entries)}{self._rest(progress)}")

    def end(self, progress, result):
        """Log how the run has ended."""
        units = f"{progress.n_iter} {self.unit}s"
        self._write(f"ended after {units} ({result.reason}): loss {result.value:.4g}")

    def _write(self, line):
        logger.info("%s%s", f"{self.name}, " if self.name else "", line)

    def _place(self, n):
        if self.ends_there is None:
            return f"{self.unit} {n}"
        return f"{self.unit} {n} of {'' if self.ends_there else 'at most '}{self.max_iter}"

    def _rest(self, progress):
        """Return how long it will take, all runs included; nothing if that is short or unknown."""
        done, whole = progress.history["seconds"][-1], []
        if self.ends_there is not None:
            whole.append(done / progress.n_iter * self.max_iter)
        if self.max_time is not None:
            whole.append(self.max_time)
        if not whole:
            return ""
        left = min(whole) * (1 + self.n_after) - done
        if min(done, left) < SHORT:
            return ""
        return f", {'about' if self.ends_there else 'at most'} {in_words(left)} left"


def in_words(seconds):
    """Return a time in the unit that suits it."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds:.0f} s"


@contextmanager
def _shown():
    """Show the log.

    A handler that takes level INFO is left to do it, else there is one for standard error. The
    level of the logger is changed if it only has that of the root, which is WARNING at first.
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
    """Return whether a handler takes what is logged at level INFO."""
    place = logger
    while place is not None:
        for handler in place.handlers:
            if handler.level <= logging.INFO and not isinstance(handler, logging.NullHandler):
                return True
        place = place.parent if place.propagate else None
    return False


_SHOWN = SharedContext(_shown)


def visible(verbose):
    """Return a context in which the log is seen if that is wished, for fits in any threads."""
    return _SHOWN if verbose else nullcontext()
