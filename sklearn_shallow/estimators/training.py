"""From the user's parameters to a solver, and from its result to words.

Convention
----------
net : the estimator; its parameters are read, nothing is written
"""

from copy import deepcopy
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.metrics import check_scoring

from sklearn_shallow.estimators.auto import schedule, search_epochs
from sklearn_shallow.estimators.checks import finds_decay, takes_weight
from sklearn_shallow.estimators.early_stopping import LossMonitor, ScoreMonitor, probe
from sklearn_shallow.estimators.log import visible
from sklearn_shallow.estimators.model import Model
from sklearn_shallow.estimators.options import OPTIMIZER_ARGUMENTS
from sklearn_shallow.estimators.preparation import (
    DECOUPLED,
    Rows,
    make_objective,
    network_rows,
    split_decay,
)
from sklearn_shallow.estimators.reporting import make_log, make_progress
from sklearn_shallow.evidence.decay import Revision, find_decay
from sklearn_shallow.evidence.posterior import LARGEST_MATRIX
from sklearn_shallow.inputs.sample_weights import Seen, scaled
from sklearn_shallow.solvers.levenberg_marquardt import solve_lm
from sklearn_shallow.solvers.minimize import (
    Diverged,
    SolverResult,
    solve_in_stages,
    solve_lbfgs,
    solve_stochastic,
)
from sklearn_shallow.solvers.progress import Progress
from sklearn_shallow.solvers.update_rules import OPTIMIZERS, Proximal
from sklearn_shallow.utils.threads import blas_threads

__all__ = [
    "HeldOut",
    "Run",
    "Start",
    "Task",
    "Training",
    "explain",
    "make_optimizer",
    "prepare_held_out",
    "stepper",
    "train",
]


WIDTHS = (0.1, 0.01, 0.001, 0.0001)  # of the smoothed kink, in deviations of the target
SAMPLE_ROWS = 10_000  # looked at for the column of the largest scale


class Training(NamedTuple):
    """What a later fit or partial_fit goes on with.

    Attributes
    ----------
    optimizer : update rule with its state, or None for a full-batch solver
    signature : what that state depends on
    streams : the random streams by purpose
    """

    optimizer: object
    signature: tuple
    streams: dict


class HeldOut(NamedTuple):
    """The rows to validate on: as an objective takes them, and as the user gave them."""

    rows: Rows
    X: object
    y: np.ndarray
    weight: np.ndarray | None


class Task(NamedTuple):
    """What all runs of the solver in a fit have in common; nothing of it is written to.

    Attributes
    ----------
    model : Model without parameters
    target : the target, see `targets.labels` and `targets.numbers`
    rows : Rows to train on
    batch_size : int
    max_iter : int
    held_out : HeldOut or None
    scales : bytes, the coordinates of the parameters
    seen : Seen, how much the rows weigh
    """

    model: Model
    target: object
    rows: Rows
    batch_size: int
    max_iter: int
    held_out: HeldOut | None
    scales: bytes
    seen: Seen


class Start(NamedTuple):
    """Where a run of the solver begins.

    Attributes
    ----------
    theta : ndarray of shape (n_params,)
    streams : the random streams by purpose
    last : Training that is gone on with, or None
    """

    theta: np.ndarray
    streams: dict
    last: Training | None


class Run(NamedTuple):
    """How a run of the solver ended.

    Attributes
    ----------
    result : SolverResult
    progress : Progress, without what it reported to
    training : Training to go on with, or None without warm_start
    criterion : float, what is least in the best of several runs
    loss, loss_of_constant : float
        Of the rows to train on, see `loss_and_that_of_constant`.
    interrupt : KeyboardInterrupt that ended it, or None
    """

    result: SolverResult
    progress: Progress
    training: Training | None
    criterion: float
    loss: float
    loss_of_constant: float
    interrupt: KeyboardInterrupt | None


def train(net, task, start, *, max_time, listeners=(), name="", n_after=0):
    """Run the solver once.

    Parameters
    ----------
    max_time : float or None
        Seconds after which to stop.
    listeners : functions that take what maps theta to a fitted estimator and return what is to be
        called after every iteration with the progress and theta
    name : str
        What the run is called in the log.
    n_after : int
        How many runs will follow, for the log.
    """
    objective = make_objective(
        net, task.model, task.rows, task.target, rng=start.streams["dropout"]
    )
    theta = start.theta.astype(objective.dtype)
    optimizer, signature = make_optimizer(
        net, objective.layout, theta, objective.total_weight, task.scales, start.last
    )
    at_theta = probe(net, task.model, task.target)
    log = make_log(net, task.max_iter, max_time, name, n_after) if net.verbose else None
    called = [listener(at_theta) for listener in listeners]
    called = called if log is None else [log.iteration, *called]
    monitor = make_monitor(net, task, at_theta)
    progress = make_progress(net, task.max_iter, monitor, called, max_time)
    if start.last is not None:
        progress.begin(theta)
    interrupt = None
    try:
        with blas_threads(task.batch_size, objective), visible(net.verbose):
            shuffles = start.streams["shuffle"]
            result = solve(net, objective, theta, progress, optimizer, shuffles, task.batch_size)
    except Diverged as failure:
        raise ValueError(explain(net, failure, objective)) from None
    except KeyboardInterrupt as error:
        if not net.warm_start or progress.best_theta is None:
            raise
        interrupt, best = error, progress.best_theta
        result = SolverResult(best, objective.value(best), "interrupt")
    progress.detach()
    if net.early_stopping_:
        check_measured(net, task, progress)
    if log is not None:
        with visible(net.verbose):
            log.end(progress, result)
    training = Training(optimizer, signature, start.streams) if net.warm_start else None
    criterion = result.value if result.evidence is None else -result.evidence.log_evidence
    if net.early_stopping_:
        criterion = progress.best_criterion
    losses = loss_and_that_of_constant(net, task, objective, result.theta)
    return Run(result, progress, training, criterion, *losses, interrupt)


def loss_and_that_of_constant(net, task, objective, theta):
    """Return the loss without the penalty, and the lower one of two constants in its place.

    They are the one that is best for most losses, and the mean of the network's own raw output: a
    network that is no better than that has learnt nothing, whatever the loss. No constant is to be
    outdone where y is constant: inf.
    """
    rows = task.rows
    total, mean = 0.0, np.zeros(rows.Y.shape[1])
    with np.errstate(all="ignore"):
        for raw, Y, weight in objective.outputs(theta):
            mean += raw.sum(axis=0, dtype=np.float64) if weight is None else weight @ raw
            total += objective.sum_losses(raw, Y, weight)
        loss = total / objective.total_weight
        if (rows.Y[0] == rows.Y).all():
            return loss, np.inf
        constants = (
            task.target.constant_raw(rows.Y, rows.weight),
            mean / objective.total_weight,
        )
        return loss, min(map(objective.loss_of_constant, constants))


def check_measured(net, task, progress):
    """Check that the criterion was a number in some iteration: there is no best one without."""
    if progress.best_theta is None:
        raise ValueError(
            f"scoring={net.scoring!r} was not a finite number on the validation rows in any of "
            f"{progress.n_iter} iterations; they are n_samples={len(task.held_out.y)}. Choose a "
            "larger validation_fraction, pass X_val and y_val to fit, or set scoring='loss'."
        )


def make_optimizer(net, layout, theta, total_weight, scales, last=None):
    """Return the optimiser, with the state of `last` if nothing that it depends on has changed.

    Returns
    -------
    optimizer : update rule, started, or None for a full-batch solver
    signature : tuple, what its state depends on; `scales` stands for the coordinates of theta
    """
    if net.solver_ not in OPTIMIZERS:
        return None, ()
    names = OPTIMIZER_ARGUMENTS[net.solver_]
    arguments = {name: getattr(net, parameter) for name, parameter in names.items()}
    signature = (net.solver_, layout.units, theta.dtype.char, scales, str(arguments))
    if last is not None and last.signature == signature:
        optimizer = deepcopy(last.optimizer)
    else:
        optimizer = OPTIMIZERS[net.solver_](**arguments)
        optimizer.start(theta)
    if net.solver_ == DECOUPLED:
        decay, relevance = split_decay(net._decay)
        decay = np.asarray(decay, float) * (1 - np.asarray(net.l1_ratio, float)) / total_weight
        rates = np.broadcast_to(decay, len(layout.weights)).tolist()
        if relevance is not None:
            rates[0] = np.repeat(rates[0] / relevance, layout.units[1])
        optimizer.decay(layout.weights, rates)
    return optimizer, signature


def stepper(optimizer, objective):
    """Return what makes the steps: the optimiser, or one with proximal steps."""
    if objective.l1 is None:
        return optimizer
    return Proximal(
        optimizer,
        objective.l1,
        [part for part in objective.layout.weights if objective.l1[part].any()],
    )


def prepare_held_out(net, model, target, dtype, held_out):
    """Return the held-out rows, encoded as those to train on."""
    X, y, weight = held_out
    try:
        Y = target.standardized(target.exact(y, dtype), dtype)
        if np.isnan(Y).all():
            raise ValueError("y is nan everywhere. Choose other rows.")
    except ValueError as error:
        raise ValueError(f"In the rows to validate on (y_val): {error}") from None
    if np.isnan(Y.min()) and net.scoring != "loss" and not callable(net.scoring):
        raise ValueError(
            f"scoring={net.scoring!r} cannot be applied: there are gaps (nan) among the targets of "
            "the rows to validate on. Set scoring='loss', which leaves them out, or pass "
            "a scorer of your own that does."
        )
    weight_of_loss = scaled(weight)
    return HeldOut(network_rows(net, model, X, Y, weight_of_loss), X, y, weight)


def make_monitor(net, task, at_theta):
    """Return what measures the criterion on the held-out rows, or None without any."""
    if task.held_out is None:
        return None
    rows, X, y, weight = task.held_out
    objective = make_objective(net, task.model, rows, task.target, prior=0.0)
    if net.scoring == "loss":
        return LossMonitor(objective)
    scorer = check_scoring(net, net.scoring)
    weight = weight if takes_weight(scorer) else None
    return ScoreMonitor(objective, scorer, at_theta, X, y, weight)


def solve(net, objective, theta, progress, optimizer, rng, batch_size):
    """Run the solver; see `solvers.minimize` for what it returns and raises."""
    if net.solver_ == "lm":
        check_lm(net, objective)
    if net.solver_ in OPTIMIZERS:
        return solve_on_batches(net, objective, theta, progress, optimizer, rng, batch_size)
    if finds_decay(net._decay):
        return solve_with_evidence(net, objective, theta, progress, rng)
    return full_batch(net, objective)(objective, theta, progress)


def full_batch(net, objective):
    """Return the solver, a function of an objective, theta and progress."""
    if net.solver_ == "lm":
        return solve_lm
    return solve_lbfgs if objective.loss.is_smooth else solve_kinked


def solve_kinked(objective, theta, progress):
    """Minimise a loss with a kink in stages."""
    stages = (smoothed(objective, width) for width in WIDTHS)
    return solve_in_stages(stages, objective, theta, progress)


def smoothed(objective, width):
    """Return the objective with a parabola for the kink, of that part of the target's spread."""
    return objective.smoothed(width * typical_deviation(objective.Y))


def solve_on_batches(net, objective, theta, progress, optimizer, rng, batch_size):
    """Run a stochastic solver, while the decay is sought if it is to be found."""
    shuffles = rng if net.shuffle else None
    options = {
        "schedule": schedule(net, progress.max_iter),
        "learning_rate": net.learning_rate_init_,
        "batch_size": batch_size,
        "max_grad_norm": net.max_grad_norm,
    }
    steps = stepper(optimizer, objective)
    if not finds_decay(net._decay):
        return solve_stochastic(objective, theta, progress, steps, shuffles, **options)
    n_epochs = search_epochs(net, progress.max_iter, objective.n_rows, batch_size)
    revision = Revision(objective, last_decay(net), progress, steps, rng, n_epochs=n_epochs)
    result = solve_stochastic(
        revision.objective, theta, progress, steps, shuffles, **options, revise=revision
    )
    result.evidence = revision.estimate(result.theta)
    return result


def solve_with_evidence(net, objective, theta, progress, rng):
    """Run a full-batch solver while the decay is sought."""
    per_column = net._decay == "ard"
    if per_column:
        check_small("alpha='ard'", "alpha='evidence'", net, objective)
    solver, rough = full_batch(net, objective), None
    if not objective.loss.is_smooth:
        rough = solve_lbfgs, smoothed(objective, WIDTHS[0])
    arguments = {"start": last_decay(net), "per_column": per_column, "rough": rough}
    return find_decay(solver, objective, theta, progress, rng, **arguments)


def last_decay(net):
    """Return the decay that a warm start begins with: that of the last fit, or None without any."""
    return None if net._evidence is None else net._evidence.decay


def typical_deviation(Y):
    """Return the median absolute deviation of every column, in the dtype of Y, not zero."""
    deviations = np.abs(Y - np.nanmedian(Y, axis=0))
    median, mean = np.nanmedian(deviations, axis=0), np.nanmean(deviations, axis=0)
    return np.where(median > 0, median, np.where(mean > 0, mean, 1)).astype(Y.dtype)


def check_lm(net, objective):
    """Check that Levenberg-Marquardt can minimise the objective."""
    check_small("solver='lm'", "solver='lbfgs'", net, objective)
    if objective.l1 is not None:
        raise ValueError(
            f"solver='lm' needs squares only, got l1_ratio={net.l1_ratio!r}. Choose "
            "solver='lbfgs', or l1_ratio=0."
        )
    check_curved("solver='lm'", net, objective)


def check_small(setting, instead, net, objective):
    """Check that a matrix of the size of the parameters is not too large."""
    if objective.n_params > LARGEST_MATRIX:
        raise ValueError(
            f"{setting} works with a matrix of n_params x n_params, and hidden_layer_sizes="
            f"{net.hidden_layer_sizes!r} makes {objective.n_params} parameters; it takes "
            f"{LARGEST_MATRIX} at most. Choose {instead}, or fewer hidden units."
        )


def check_curved(setting, net, objective):
    """Check that the loss has a curvature, which a setting needs."""
    if not objective.loss.has_curvature:
        raise ValueError(
            f"{setting} needs a loss with a positive curvature, got loss={net.loss!r}. Change "
            "that setting, or choose another loss; one of your own needs the method 'curvature'."
        )


def explain(net, failure, objective):
    """Say what failed, and what to change."""
    largest = abs(objective.X[:SAMPLE_ROWS]).max(axis=0)
    largest = largest.toarray().ravel() if sparse.issparse(largest) else largest
    column = int(largest[:-1].argmax())
    names = getattr(net, "feature_names_in_", range(len(largest)))
    largest_target = np.nanmax(np.abs(objective.Y))
    target = ""
    if largest_target > largest[column]:
        target = f"; the targets are up to {largest_target:.3g} as the loss sees them"
    rate = ""
    if net.solver_ in OPTIMIZERS:
        rate = (
            f" at a learning rate of {failure.learning_rate:g}, halved from "
            f"learning_rate_init={net.learning_rate_init_}"
        )
    return (
        "Training failed numerically: the loss was infinite, not a number or a thousand times its "
        f"first value in epoch {failure.epoch}{rate} (solver={net.solver_!r}). The column of X "
        f"with the largest scale as the network sees it is {names[column]!r}, up to "
        f"{largest[column]:.3g}{target}. Set standardize=True"
        + (", lower learning_rate_init, or set max_grad_norm=1.0." if rate else ".")
    )
