"""Minimisation along batches of rows.

Convention
----------
As in `solvers.base`; and
steps : UpdateRule, started
pace : Pace
"""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_shallow.solvers.base import Diverged, SolverResult, make_result
from sklearn_shallow.solvers.schedules import Schedule

__all__ = ["Pace", "minimize_on_batches", "run_epoch"]

MAX_HALVINGS = 5  # of the learning rate after numerical failures
BLOW_UP = 1e3  # a loss that many times the initial one (or 1) is a failure too
FAR_ABOVE = 1.5  # times the initial loss: a fit that ends there has gone astray


@dataclass(frozen=True)
class Pace:
    """The size of the steps, and their batches.

    Attributes
    ----------
    schedule : Schedule
    learning_rate : float
        What the factors of the schedule multiply.
    batch_size : int
    rng : numpy.random.Generator, or None to take the rows in their order
    """

    schedule: Schedule
    learning_rate: float
    batch_size: int
    rng: np.random.Generator | None = None

    def rate(self, n_done):
        """Return the learning rate after so many epochs, with the fraction of the present one."""
        return self.learning_rate * self.schedule.factor(n_done)

    def halved(self):
        """Return this pace at half the learning rate."""
        return replace(self, learning_rate=self.learning_rate / 2)


def minimize_on_batches(objective, theta, progress, steps, pace, revise=None):
    """Minimise with an update rule on batches of rows, changing `theta` in place.

    A loss that is not finite, or a thousand times the initial one, takes the parameters back to the
    best ones so far and halves the learning rate.

    Parameters
    ----------
    revise : callable or None
        Called with theta after every epoch; returns the objective to continue with. While its
        `is_pending` holds, lack of improvement neither ends the fit nor lowers the rate.

    Raises
    ------
    Diverged
        If it failed more than `MAX_HALVINGS` times, or the loss was not finite at the start.
    """
    with np.errstate(all="ignore"):
        start_value = objective.value(theta)
    if not np.isfinite(start_value):
        raise Diverged(0, pace.learning_rate)
    progress.start_from(theta, start_value)
    n_halvings = 0
    while progress.reason is None:
        if pace.batch_size >= objective.n_rows:
            progress.precede(theta)
        value, penalty, norm = run_epoch(objective, theta, steps, pace, progress.n_iter)
        if _has_failed(value, theta, start_value):
            if n_halvings == MAX_HALVINGS:
                raise Diverged(progress.n_iter + 1, pace.learning_rate)
            n_halvings, pace = n_halvings + 1, pace.halved()
            theta[...] = progress.way_back
            steps.start(theta)
            continue
        pending = revise is not None and revise.is_pending
        _report(progress, theta, pace, (value, penalty, norm), pending)
        if revise is not None and progress.reason is None:
            objective = revise(theta)
    result = make_result(objective, progress, theta, progress.reason)
    if not np.isfinite(result.value):  # what is best on other rows need not be possible on these
        raise Diverged(progress.n_iter, pace.learning_rate)
    if result.value > FAR_ABOVE * start_value and progress.monitor is None:
        return SolverResult(*progress.lowest(objective), "no descent")
    return result


def _has_failed(value, theta, start_value):
    too_high = not value <= BLOW_UP * max(abs(start_value), 1.0)
    return too_high or not np.isfinite(theta).all()


def _report(progress, theta, pace, measured, pending):
    """Tell the progress and the schedule of an epoch."""
    (value, penalty, norm), schedule = measured, pace.schedule
    progress.update(
        theta,
        value,
        penalty=penalty,
        gradient_norm=norm,
        learning_rate=pace.rate(progress.n_iter),
        waits=schedule.waits or pending,
    )
    schedule.epoch_ended(progress.improved or pending)
    if schedule.exhausted and progress.reason is None:
        progress.end("tol")


def run_epoch(objective, theta, steps, pace, n_done):
    """Pass once over the rows.

    Parameters
    ----------
    n_done : int
        How many epochs have been done, for the schedule.

    Returns
    -------
    value : float
        Mean of the batch estimates of the objective.
    penalty : float
        The part of it that is the penalty.
    gradient_norm : float
        Euclidean norm of the gradient of the last batch.
    """
    gradient = np.empty_like(theta)
    n_batches, longest = -(-objective.n_rows // pace.batch_size), steps.clip_norm
    in_order = pace.rng is None or n_batches == 1
    order = None if in_order else objective.shuffled(pace.rng)
    epoch = objective.epoch(theta, gradient, order, n_batches)
    norm = np.nan
    with np.errstate(all="ignore"):
        for step, _ in enumerate(epoch):
            if longest is not None or step == n_batches - 1:
                norm = float(np.sqrt(gradient @ gradient))
            if longest is not None and norm > longest:
                gradient *= longest / norm
            steps.update(theta, gradient, pace.rate(n_done + step / n_batches))
    return epoch.value, epoch.penalty, norm
