"""The state of a minimisation: its history, the best parameters, and why to stop.

Convention
----------
criterion : float, to be minimised: the training loss, or what is measured on a validation set, a
loss or a score with its sign changed.
"""

import time
from dataclasses import InitVar, dataclass
from typing import Any

import numpy as np

RECORDED = ("loss", "data_loss", "alpha", "learning_rate", "gradient_norm", "seconds")


def entries(value, penalty, alpha, learning_rate, gradient_norm, seconds):
    """Return the entries of an iteration in the history; ``data_loss`` excludes the penalty."""
    values = value, value - penalty, alpha, learning_rate, gradient_norm, seconds
    return dict(zip(RECORDED, map(float, values), strict=True))


@dataclass(kw_only=True, eq=False)
class Progress:
    """The progress of a solver, which reports every iteration to it.

    The criterion counts as improved when it has decreased since the last improvement by more than
    ``tol`` times the smaller of two numbers: its size at that improvement, and its total decrease.
    Small decreases therefore add up, and a constant part of the loss, such as that of outliers,
    does not hide an improvement of the rest.

    Parameters
    ----------
    max_iter : int
    tol : float
    n_iter_no_change : int
        Iterations in a row without improvement after which to stop.
    max_time : float or None
        Seconds after which to stop.
    measure : callable or None
        Maps theta to a criterion and a dict of entries for the history. The names of its entries
        may be an attribute ``recorded``; the history then has them from the start.
    judges : bool
        Whether the result is the parameters with the least criterion of `measure`; otherwise that
        criterion is recorded only.
    on_iteration : callable or None
        Called with this object and theta; a true return value stops the solver.
    alpha : float
        The present decay, for the history.
    negligible : float
        Training loss at which to stop: a lower one is no gain.

    Attributes
    ----------
    history : dict of lists, an entry per iteration
    n_iter : int
    n_fun : int
        Evaluations of the objective, if the solver counts them.
    reason : str or None
        Why to stop: "tol", "max_iter", "max_fun", "max_time" or "callback"; "pause" at the end of
        a stage, see `begin_stage`; None to continue.
    improved : bool
        Whether the last iteration counted as an improvement.
    has_learnt : bool
        Whether the last training loss was negligible.
    best_theta, best_criterion, best_iteration
        The parameters with the least criterion, that criterion, and its iteration, from 1 on.
    judges : bool
        Whether the criterion is that of `measure` at present, not the training loss.
    """

    max_iter: int
    tol: float
    n_iter_no_change: float
    max_time: float | None = None
    measure: InitVar[Any] = None
    judges: bool = True
    on_iteration: Any = None
    alpha: float = np.nan
    negligible: float = -np.inf

    def __post_init__(self, measure):
        self.judges, self._measure = bool(self.judges and measure is not None), measure
        recorded = getattr(measure, "recorded", ())
        self.history = {name: [] for name in (*RECORDED, *recorded)}
        self.n_fun = self.n_iter = self.n_bad = self.best_iteration = 0
        self.reason = self.best_theta = None
        self.improved = self.has_learnt = self._is_aside = False
        self._begun = None, np.inf
        self._before = self._lowest = self.start = None
        self.best_criterion = self._measured = np.inf
        self._pause = self._first = self._reference = np.inf
        self._start = time.perf_counter()

    def begin(self, theta):
        """Validate the initial parameters, as iteration 0."""
        if self.judges:
            criterion, _ = self._measure(theta)
            if criterion < np.inf:
                self._begun = self.best_theta, self.best_criterion = theta.copy(), criterion

    def begin_stage(self, most=np.inf, *, alpha=None):
        """Begin the next stage of a minimisation, with new patience.

        Parameters
        ----------
        most : int
            Iterations after which the stage ends, with the reason "pause".
        alpha : float or None
            The decay of the stage; None to keep the present one.
        """
        self.reason, self.n_bad, self._reference = None, 0, np.inf
        self._pause = self.n_iter + most
        if alpha is not None:
            if alpha != self.alpha and not self.judges:
                self.best_criterion = np.inf  # losses under different decays do not compare
            self.alpha = alpha

    def suspend_validation(self):
        """Record the validation scores without using them, until `resume_validation` is called."""
        if self.judges:
            self._is_aside, self.judges = True, False

    def resume_validation(self, theta):
        """Use the validation scores from now on, first that of these parameters."""
        if self._is_aside:
            self._is_aside, self.judges = False, True
            self._measured, _ = self._measure(theta)
            self.restart_validation(theta)

    def restart_validation(self, theta):
        """Forget the best parameters but for these, which were measured last, and those of
        `begin`."""
        if self.judges:
            self.best_theta, self.best_criterion = self._begun
            self.best_iteration, self._first = 0, np.inf
            self._keep_if_best(theta, self._measured)

    def _keep_if_best(self, theta, criterion):
        if criterion < self.best_criterion:
            self.best_theta, self.best_criterion = theta.copy(), criterion
            self.best_iteration = self.n_iter

    def set_remaining(self, n_iter):
        """Set the number of further iterations."""
        self.max_iter = self.n_iter + n_iter

    def end(self, reason):
        """Stop for a reason of the solver."""
        self.reason = reason

    def count_evaluation(self):
        """Count an evaluation of the objective."""
        self.n_fun += 1

    def start_from(self, theta, value):
        """Store the initial parameters and their training loss."""
        self.start = theta.copy()
        self._lowest = self.start, value, 0

    def note_epoch_start(self, theta):
        """Store the parameters to which the loss of the next epoch belongs, if it has one step.

        The loss of such an epoch is that before its step. With several batches it is a mean over
        them, which belongs to no parameters.
        """
        self._before = theta.copy()

    @property
    def restore_point(self):
        """The parameters to restore after a failure: the best or, before any, the initial ones."""
        return self.start if self.best_theta is None else self.best_theta

    def lowest(self, objective):
        """Return the parameters with the lowest training loss, for a fit that ends with one far
        above the initial loss."""
        theta, value, iteration = self._lowest
        if self._before is None and objective.value(self.best_theta) < value:
            return self.best_theta
        self.best_iteration = iteration
        return theta

    @property
    def seconds(self):
        """Seconds since the start."""
        return time.perf_counter() - self._start

    def set_elapsed(self, seconds):
        """Set the time of the start to this number of seconds ago."""
        self._start = time.perf_counter() - seconds

    def detach(self):
        """Remove callables and copies of parameters, so that this object can be kept."""
        self._measure = self.on_iteration = self._begun = None
        self._before = self._lowest = self.start = None

    @property
    def is_over(self):
        """True if the whole minimisation has ended, False if at most its current stage has."""
        return self.reason not in (None, "tol", "pause")

    def update(
        self, theta, value, *, gradient_norm, penalty=0.0, learning_rate=np.nan, waits=False
    ):
        """Record an iteration, and decide whether to stop.

        Parameters
        ----------
        theta : ndarray of shape (n_params,)
            Copied if its criterion is the least so far.
        value : float
            The training loss.
        penalty : float
            The penalty in `value`.
        gradient_norm, learning_rate : float
            For the history.
        waits : bool
            Whether to continue without an improvement.
        """
        if self._before is not None and value < self._lowest[1]:
            self._lowest = self._before, value, self.n_iter
        self.n_iter += 1
        self._measured, record = (value, {}) if self._measure is None else self._measure(theta)
        criterion = self._measured if self.judges else value
        record |= entries(value, penalty, self.alpha, learning_rate, gradient_norm, self.seconds)
        for name, entry in record.items():
            self.history.setdefault(name, []).append(entry)
        self._keep_if_best(theta, criterion)
        self.improved = self._is_better(criterion)
        if self.improved:
            self._first = criterion if self._first == np.inf else self._first
            self._reference = criterion
        self.n_bad = 0 if self.improved else self.n_bad + 1
        self.has_learnt = bool(value <= self.negligible)
        self.reason = self._reason_to_stop(theta, waits)

    def _is_better(self, criterion):
        if self._reference == np.inf:
            return bool(criterion < np.inf)
        enough = self.tol * min(abs(self._reference), self._first - criterion)
        return bool(criterion < self._reference - enough)

    def _reason_to_stop(self, theta, waits):
        if self.on_iteration is not None and self.on_iteration(self, theta):
            return "callback"
        if (self.n_bad >= self.n_iter_no_change or self.has_learnt) and not waits:
            return "tol"
        if self.n_iter >= self.max_iter:
            return "max_iter"
        if self.max_time is not None and self.seconds >= self.max_time:
            return "max_time"
        if self.n_iter >= self._pause:
            return "pause"
        return None
