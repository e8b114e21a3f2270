"""Minimisation on batches of rows.

Convention
----------
As in `solvers.base`; and
steps : UpdateRule, started
plan : EpochPlan
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklearn_shallow.solvers.base import Diverged, SolverResult, make_result
from sklearn_shallow.solvers.schedules import Schedule

MAX_HALVINGS = 5  # how often the learning rate is halved after the loss has diverged
DIVERGED_RATIO = 1e3  # loss over the initial loss (or 1) above which an epoch has diverged
NO_DESCENT_RATIO = 1.5  # final loss over the initial loss above which the result is "no descent"


@dataclass(frozen=True)
class EpochPlan:
    """The learning rate of the steps, its schedule, and the batches.

    Attributes
    ----------
    schedule : Schedule
    learning_rate : float
        Multiplied by the factors of the schedule.
    batch_size : int
    rng : numpy.random.Generator, or None to take the rows in their order
    source : object or None
        A source of rows other than those of the objective: its method
        ``epoch(objective, theta, gradient)`` returns a pass over the next rows.
    """

    schedule: Schedule
    learning_rate: float
    batch_size: int
    rng: np.random.Generator | None = None
    source: Any = None

    def epoch(self, objective, theta, gradient):
        """Return a pass over the rows, see `Objective.epoch`, and its number of batches."""
        if self.source is not None:
            epoch = self.source.epoch(objective, theta, gradient)
            return epoch, epoch.n_batches
        n_batches = -(-objective.n_rows // self.batch_size)
        in_order = self.rng is None or n_batches == 1
        order = None if in_order else objective.shuffled(self.rng)
        return objective.epoch(theta, gradient, order, n_batches), n_batches

    def rate(self, n_done):
        """Return the learning rate after a number of epochs, which may be fractional."""
        return self.learning_rate * self.schedule.factor(n_done)

    def halved(self):
        """Return this plan at half the learning rate."""
        return replace(self, learning_rate=self.learning_rate / 2)


def minimize_on_batches(objective, theta, progress, steps, plan, revise=None, checkpoint=None):
    """Minimise with an update rule on batches of rows, changing `theta` in place.

    If the loss becomes infinite or nan, or a thousand times the initial one, the best parameters so
    far are restored and the learning rate is halved.

    Parameters
    ----------
    revise : callable or None
        Called with theta after every epoch; returns the next objective. While its `is_pending` is
        true, epochs without improvement neither end the fit nor lower the rate.
    checkpoint : object or None
        Its method ``restore(descent)`` sets a `Descent` to a saved state, if there is one, and
        returns whether there was; ``save(descent)`` is called after every epoch.

    Raises
    ------
    Diverged
        If it failed more than `MAX_HALVINGS` times, or the initial loss was not finite.
    """
    descent = Descent(objective, theta, progress, steps, plan, revise)
    if checkpoint is None or not checkpoint.restore(descent):
        descent.begin()
    while progress.reason is None:
        if descent.plan.batch_size >= descent.objective.n_rows:
            progress.note_epoch_start(theta)
        measured = run_epoch(descent.objective, theta, steps, descent.plan, progress.n_iter)
        descent.take(*measured)
        if checkpoint is not None:
            checkpoint.save(descent)
    return descent.result()


@dataclass
class Descent:
    """A minimisation on batches, one epoch after the other.

    Attributes
    ----------
    objective, theta, progress, steps, plan, revise : see `minimize_on_batches`
    n_halvings : int, how often the learning rate has been halved
    start_value : float, the objective at the start
    """

    objective: Any
    theta: np.ndarray
    progress: Any
    steps: Any
    plan: EpochPlan
    revise: Any = None
    n_halvings: int = 0
    start_value: float = np.nan

    def begin(self):
        """Evaluate the objective at the start."""
        with np.errstate(all="ignore"):
            self.start_value = self.objective.value(self.theta)
        if not np.isfinite(self.start_value):
            raise Diverged(0, self.plan.learning_rate)
        self.progress.start_from(self.theta, self.start_value)

    def take(self, value, penalty, norm):
        """Record an epoch, given the results of `run_epoch`."""
        progress, theta, plan = self.progress, self.theta, self.plan
        too_high = not value <= DIVERGED_RATIO * max(abs(self.start_value), 1.0)
        if too_high or not np.isfinite(theta).all():
            if self.n_halvings == MAX_HALVINGS:
                raise Diverged(progress.n_iter + 1, plan.learning_rate)
            self.n_halvings, self.plan = self.n_halvings + 1, plan.halved()
            theta[...] = progress.restore_point
            self.steps.start(theta)
            return
        pending = self.revise is not None and self.revise.is_pending
        rate, waits = plan.rate(progress.n_iter), plan.schedule.waits or pending
        measured = {"penalty": penalty, "gradient_norm": norm, "learning_rate": rate}
        progress.update(theta, value, waits=waits, **measured)
        losses = progress.history["loss"]
        plan.schedule.epoch_ended(progress.improved or pending, progress.has_learnt, losses)
        if plan.schedule.exhausted and progress.reason is None:
            progress.end("tol")
        if self.revise is not None and progress.reason is None:
            self.objective = self.revise(theta)

    def result(self):
        """Return the result at the end."""
        objective, progress = self.objective, self.progress
        progress.resume_validation(self.theta)  # if the fit ended before its search for a decay
        result = make_result(objective, progress, self.theta, progress.reason)
        if not np.isfinite(result.value):  # possible where theta was chosen on validation rows
            raise Diverged(progress.n_iter, self.plan.learning_rate)
        if not progress.judges and self._is_far_above(result.value):
            theta = progress.lowest(objective)
            return SolverResult(theta, objective.value(theta), "no descent")
        return result

    def _is_far_above(self, value):
        """Return whether a value is far above that at the start, under the first and the present
        decay."""
        is_above = value > NO_DESCENT_RATIO * self.start_value
        return is_above and value > NO_DESCENT_RATIO * self.objective.value(self.progress.start)


def run_epoch(objective, theta, steps, plan, n_done):
    """Take the steps of one epoch.

    Parameters
    ----------
    n_done : int
        Number of epochs done, for the schedule.

    Returns
    -------
    value : float
        Mean of the estimates of the objective by the batches.
    penalty : float
        The penalty in `value`.
    gradient_norm : float
        Euclidean norm of the gradient of the last batch.
    """
    gradient, longest = np.empty_like(theta), steps.clip_norm
    epoch, n_batches = plan.epoch(objective, theta, gradient)
    norm = np.nan
    with np.errstate(all="ignore"):
        for step, _ in enumerate(epoch):
            if longest is not None or step == n_batches - 1:
                norm = float(np.sqrt(gradient @ gradient))
            if longest is not None and norm > longest:
                gradient *= longest / norm
            steps.update(theta, gradient, plan.rate(n_done + step / n_batches))
    return epoch.value, epoch.penalty, norm
