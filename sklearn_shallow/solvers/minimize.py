"""Minimisation of an objective.

Convention
----------
objective : has ``n_rows``, ``value(theta)``, ``value_and_gradient(theta)`` with ``last_penalty``,
the part of that value that is a penalty, and, for the stochastic solver, ``epoch(theta, gradient,
order, n_batches)``, see `Epoch` of `objective.epochs`. No network is needed: any function with
these can be minimised.
progress : Progress, which is told of every iteration and says when to stop.

Solvers return a `SolverResult`; they do not print, warn or know of estimators.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, minimize

__all__ = [
    "Diverged",
    "SolverResult",
    "finish",
    "run_epoch",
    "solve_in_stages",
    "solve_lbfgs",
    "solve_stochastic",
]

N_CORRECTIONS = 10  # pairs that L-BFGS remembers, SciPy's default
MAX_HALVINGS = 5  # of the learning rate after numerical failures
STEEP = 1e-2  # a gradient component, relative to the loss, that rounding does not explain
FALLEN = 1e-5  # nor does it where none has fallen to that part of the first ones
FLAT = 1e-8  # whatever the loss is, which may be zero
BLOW_UP = 1e3  # a loss that many times the initial one (or 1) is a failure too


@dataclass
class SolverResult:
    """How a minimisation ended.

    Attributes
    ----------
    theta : ndarray of shape (n_params,)
        The last parameters; with a monitor, the best ones.
    value : float
        The objective at `theta`.
    reason : str
        "tol", "max_iter", "max_fun", "max_time" or "callback", see `Progress`; "rounding" if a line
        search found no lower point near a minimum or in a kink, "line search" if elsewhere;
        "no descent" if the loss ended far above where it began; "interrupt" is for the caller to
        set.
    evidence : Evidence or None
        What `evidence.decay` found, where it was asked.
    """

    theta: np.ndarray
    value: float
    reason: str
    evidence: object = None

    @property
    def converged(self):
        """Whether more iterations would not have helped, or were not wanted."""
        return self.reason in ("tol", "rounding", "callback", "interrupt")


class Diverged(ArithmeticError):
    """The objective became infinite or not a number, however small the learning rate.

    Parameters
    ----------
    epoch : int, in which it happened last
    learning_rate : float, with which it happened
    """

    def __init__(self, epoch, learning_rate):
        super().__init__(f"diverged in epoch {epoch} at learning rate {learning_rate}")
        self.epoch = epoch
        self.learning_rate = learning_rate


class _Stop(Exception):
    """Leaves SciPy's loop, which older releases cannot be asked to end."""


def solve_lbfgs(objective, theta, progress):
    """Minimise with SciPy's L-BFGS-B (Liu & Nocedal 1989).

    One iteration counts once however many evaluations its line search takes. When to stop is left
    to `progress`: SciPy's own tolerances are absolute.

    Raises
    ------
    Diverged
        If the objective is not finite at the start.
    """
    problem = _Smooth(objective) if getattr(objective, "l1", None) is None else _Split(objective)
    last = {}

    def evaluate(point):
        if "theta" in last and progress.n_fun >= progress.max_fun:
            progress.end("max_fun")
            raise _Stop
        progress.n_fun += 1
        last["value"], last["gradient"] = problem.value_and_gradient(point)
        if "theta" not in last:
            last["theta"] = problem.theta(point)
            last["downhill"] = problem.downhill(point, last["gradient"])
            last["first"] = np.abs(last["downhill"]).max()
            if not (np.isfinite(last["value"]) and np.isfinite(last["gradient"]).all()):
                raise Diverged(0, np.nan)
        return last["value"], last["gradient"]

    def record(point):
        # The point that the line search accepts is the one it evaluated last.
        last["theta"] = problem.theta(point)
        last["downhill"] = problem.downhill(point, last["gradient"])
        norm = np.linalg.norm(last["downhill"])
        progress.update(
            last["theta"], last["value"], penalty=objective.last_penalty, gradient_norm=norm
        )
        if progress.reason is not None:
            raise _Stop

    before, budget = progress.n_iter, progress.max_iter - progress.n_iter
    options = {"maxiter": budget, "maxfun": 50 * budget}
    options |= {"maxcor": N_CORRECTIONS, "gtol": 0.0, "ftol": 0.0}
    start, bounds = problem.start(theta)
    try:
        with np.errstate(all="ignore"):
            minimize(
                evaluate,
                start,
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
                callback=record,
                options=options,
            )
    except _Stop:
        pass
    reason = progress.reason
    if reason is None:
        steepest = np.abs(last["downhill"]).max()
        flat = steepest <= max(STEEP * abs(last["value"]), FALLEN * last["first"], FLAT)
        in_a_kink = getattr(objective, "is_kinked", False) and progress.n_iter > before
        reason = "rounding" if flat or in_a_kink else "line search"
    return finish(objective, progress, last["theta"], reason)


class _Smooth:
    """An objective as L-BFGS-B sees it: as it is."""

    def __init__(self, objective):
        self.value_and_gradient = objective.value_and_gradient

    def start(self, theta):
        return theta, None

    def theta(self, point):
        return point.copy()

    def downhill(self, point, gradient):
        return gradient


class _Split:
    """An objective with absolute values of some parameters, as L-BFGS-B sees it: smooth, bounded.

    A parameter with an absolute value is the difference of two that are at least zero; where both
    are at that bound, it is exactly zero. (Schmidt, Fung & Rosales 2007, ECML, section 3.)
    """

    def __init__(self, objective):
        self.objective = objective
        self.places = np.flatnonzero(objective.l1)
        self.l1 = objective.l1[self.places]

    def start(self, theta):
        point = np.concatenate([theta, np.maximum(-theta[self.places], 0)])
        point[self.places] = np.maximum(theta[self.places], 0)
        lowest = np.full(len(point), -np.inf)
        lowest[self.places] = lowest[len(theta) :] = 0
        return point, Bounds(lowest, np.inf)

    def theta(self, point):
        theta = point[: self.objective.n_params].copy()
        theta[self.places] -= point[self.objective.n_params :]
        return theta

    def value_and_gradient(self, point):
        value, gradient = self.objective.value_and_gradient(self.theta(point))
        plus, minus = point[self.places], point[self.objective.n_params :]
        value += self.l1 @ (plus + minus - np.abs(plus - minus))
        slope = gradient[self.places]
        gradient = np.concatenate([gradient, self.l1 - slope])
        gradient[self.places] = slope + self.l1
        return value, gradient

    def downhill(self, point, gradient):
        """Return the gradient without what points into a bound."""
        bounded = np.zeros(len(point), bool)
        bounded[self.places] = bounded[self.objective.n_params :] = True
        return np.where(bounded & (point <= 0) & (gradient > 0), 0, gradient)


def solve_in_stages(stages, objective, theta, progress):
    """Minimise with L-BFGS objectives that come ever closer to the last, each from the end of the
    one before; the iterations of all are counted together. (To keep some for each stage was
    measured: where they do not suffice, the first stage makes the best use of them.)

    Parameters
    ----------
    stages : iterable of objectives
    objective : what they come close to; its value is returned
    """
    for stage in stages:
        progress.go_on()
        result = solve_lbfgs(stage, theta, progress)
        theta = result.theta
        if progress.is_over:
            break
    return finish(objective, progress, theta, result.reason)


def solve_stochastic(
    objective,
    theta,
    progress,
    optimizer,
    rng,
    *,
    schedule,
    learning_rate,
    batch_size,
    max_grad_norm=None,
    revise=None,
):
    """Minimise with an update rule on batches of rows, changing `theta` in place.

    A loss that is not finite, or a thousand times the initial one, takes the parameters back to the
    best ones so far and halves the learning rate.

    Parameters
    ----------
    optimizer : an update rule of `solvers.update_rules`, started
    rng : numpy.random.Generator, or None to take the rows in their order
    schedule : Schedule
    learning_rate : float
        What the factors of the schedule multiply.
    batch_size : int
    max_grad_norm : float or None
        Longer gradients are cut to this length.
    revise : callable or None
        Called with theta after every epoch; returns the objective to go on with. While its
        `is_pending` holds, want of improvement neither ends the fit nor lowers the rate.

    Raises
    ------
    Diverged
        If it failed more than `MAX_HALVINGS` times, or the loss was not finite at the start.
    """
    with np.errstate(all="ignore"):
        start, start_value = theta.copy(), objective.value(theta)
    if not np.isfinite(start_value):
        raise Diverged(0, learning_rate)
    n_failures, lowest = 0, _Lowest(start, start_value)
    while progress.reason is None:
        if batch_size >= objective.n_rows:
            lowest.before(theta)
        rate = learning_rate / 2**n_failures
        value, penalty, norm = run_epoch(
            objective,
            theta,
            optimizer,
            rng,
            rate=lambda done, rate=rate: rate * schedule.factor(progress.n_iter + done),
            batch_size=batch_size,
            max_grad_norm=max_grad_norm,
        )
        if _has_failed(value, theta, start_value):
            n_failures += 1
            if n_failures > MAX_HALVINGS:
                raise Diverged(progress.n_iter + 1, rate)
            theta[...] = start if progress.best_theta is None else progress.best_theta
            optimizer.start(theta)
            continue
        rate *= schedule.factor(progress.n_iter)
        pending = revise is not None and revise.is_pending
        progress.update(
            theta,
            value,
            penalty=penalty,
            gradient_norm=norm,
            learning_rate=rate,
            waits=schedule.waits or pending,
        )
        lowest.measured(value, progress.n_iter - 1)
        schedule.epoch_ended(progress.improved or pending)
        if schedule.exhausted and progress.reason is None:
            progress.end("tol")
        if revise is not None and progress.reason is None:
            objective = revise(theta)
    result = finish(objective, progress, theta, progress.reason)
    if not np.isfinite(result.value):  # what is best on other rows need not be possible on these
        raise Diverged(progress.n_iter, rate)
    if result.value > 1.5 * start_value and progress.monitor is None:
        return lowest.result(objective, progress)
    return result


class _Lowest:
    """The parameters of the lowest loss on the way, for a fit that ends far above its start.

    What is measured in an epoch of one step is the loss before it. In one of many it is a mean over
    them, and only the best epoch as a whole, which `Progress` knows, stands against the start.
    """

    def __init__(self, start, value):
        self.theta, self.value, self.iteration = start, value, 0
        self._before = None

    def before(self, theta):
        """Take note of the parameters that the next loss belongs to."""
        self._before = theta.copy()

    def measured(self, value, iteration):
        """Take the loss into account, which was reached after so many iterations."""
        if self._before is not None and value < self.value:
            self.theta, self.value, self.iteration = self._before, value, iteration

    def result(self, objective, progress):
        """Return the lowest of all, and tell `progress` which iteration it is from."""
        if self._before is None:
            value = objective.value(progress.best_theta)
            if value < self.value:
                return SolverResult(progress.best_theta, value, "no descent")
        progress.returns(self.iteration)
        return SolverResult(self.theta, self.value, "no descent")


def _has_failed(value, theta, start_value):
    too_high = not value <= BLOW_UP * max(abs(start_value), 1.0)
    return too_high or not np.isfinite(theta).all()


def finish(objective, progress, theta, reason):
    """Return the result at theta, or with a monitor at the best parameters."""
    if progress.monitor is not None and progress.best_theta is not None:
        theta = progress.best_theta
    with np.errstate(all="ignore"):
        return SolverResult(theta, objective.value(theta), reason)


def run_epoch(objective, theta, optimizer, rng, *, rate, batch_size, max_grad_norm=None):
    """Pass once over the rows.

    Parameters
    ----------
    rate : callable
        Maps the fraction of the epoch that is done to the learning rate.

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
    n_batches = -(-objective.n_rows // batch_size)
    order = None if rng is None or n_batches == 1 else rng.permutation(objective.n_rows)
    epoch = objective.epoch(theta, gradient, order, n_batches)
    norm = np.nan
    with np.errstate(all="ignore"):
        for step, _ in enumerate(epoch):
            if max_grad_norm is not None or step == n_batches - 1:
                norm = float(np.sqrt(gradient @ gradient))
            if max_grad_norm is not None and norm > max_grad_norm:
                gradient *= max_grad_norm / norm
            optimizer.update(theta, gradient, rate(step / n_batches))
    return epoch.value, epoch.penalty, norm
