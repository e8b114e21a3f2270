"""From the user's parameters to a solver, and from its result to words.

Convention
----------
net : the estimator; its parameters are read, nothing is written
"""

import warnings
from copy import deepcopy
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring

from sklearn_shallow._callbacks import CallbackBridge, EpochLog
from sklearn_shallow._early_stopping import LossMonitor, ScoreMonitor, probe
from sklearn_shallow._evidence import solve_evidence
from sklearn_shallow._levenberg_marquardt import solve_lm
from sklearn_shallow._optimizers import OPTIMIZERS, Proximal
from sklearn_shallow._options import OPTIMIZER_ARGUMENTS
from sklearn_shallow._preparation import DECOUPLED, make_objective
from sklearn_shallow._progress import Progress
from sklearn_shallow._schedules import make_schedule
from sklearn_shallow._solvers import solve_in_stages, solve_lbfgs, solve_stochastic
from sklearn_shallow._validation import is_evidence

__all__ = [
    "Training",
    "explain",
    "make_monitor",
    "make_optimizer",
    "make_progress",
    "schedule",
    "solve",
    "stepper",
    "warn_not_converged",
]


WIDTHS = (0.1, 0.01, 0.001, 0.0001)  # of the smoothed kink, in deviations of the target
LM_PARAMETERS = 3000  # a matrix of 72 MB, whose factorisation takes about a second
SAMPLE_ROWS = 10_000  # looked at for the column of the largest scale


class Training(NamedTuple):
    """What a later fit or partial_fit goes on with.

    Attributes
    ----------
    optimizer : update rule with its state, or None for a full-batch solver
    signature : what that state hangs on
    streams : the random streams by purpose
    """

    optimizer: object
    signature: tuple
    streams: dict


def make_optimizer(net, layout, theta, total_weight, scales, last=None):
    """Return the optimiser, with the state of `last` if nothing that it hangs on has changed.

    Returns
    -------
    optimizer : update rule, started, or None for a full-batch solver
    signature : tuple, what its state hangs on; `scales` stands for the coordinates of theta
    """
    if net.solver not in OPTIMIZERS:
        return None, ()
    names = OPTIMIZER_ARGUMENTS[net.solver]
    arguments = {name: getattr(net, parameter) for name, parameter in names.items()}
    signature = (net.solver, layout.units, theta.dtype.char, scales, str(arguments))
    if last is not None and last.signature == signature:
        optimizer = deepcopy(last.optimizer)
    else:
        optimizer = OPTIMIZERS[net.solver](**arguments)
        optimizer.start(theta)
    if net.solver == DECOUPLED:
        decay = np.asarray(net.alpha, float) * (1 - np.asarray(net.l1_ratio, float)) / total_weight
        optimizer.decay(layout.weights, np.broadcast_to(decay, len(layout.weights)).tolist())
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


def make_monitor(net, model, target, dtype, held_out):
    """Return what measures the criterion on the held-out rows."""
    X, y, weight = held_out
    try:
        Y = target.standardized(target.encode(y, dtype), dtype)
        if np.isnan(Y).all():
            raise ValueError("y is nan everywhere. Choose other rows.")
    except ValueError as error:
        raise ValueError(f"In the rows to validate on (y_val): {error}") from None
    objective = make_objective(net, model, X, Y, weight, target, prior=0.0)
    if net.scoring == "loss":
        return LossMonitor(objective)
    if np.isnan(Y.min()) and not callable(net.scoring):
        raise ValueError(
            f"scoring={net.scoring!r} cannot be applied: there are gaps (nan) among the targets of "
            "the rows to validate on. Set scoring='loss', which leaves them out, or pass "
            "a scorer of your own that does."
        )
    scorer = check_scoring(net, net.scoring)
    return ScoreMonitor(objective, scorer, probe(net, model, target), X, y, weight)


def make_progress(net, monitor, given, at_theta):
    """Return what the solver reports to, and the bridge to scikit-learn's callbacks or None.

    Parameters
    ----------
    given : X, y and sample_weight as they were passed to fit
    at_theta : callable that makes a fitted estimator of theta
    """
    listeners = [EpochLog(int(net.verbose))] if net.verbose else []
    bridge = None
    if getattr(net, "_skl_callbacks", None):
        X, y, sample_weight = given
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        bridge = CallbackBridge(net, X, y, metadata, at_theta)
        listeners.append(bridge)

    def on_iteration(progress, theta):
        stops = [listener(progress, theta) for listener in listeners]  # all of them are to know
        return any(stops)

    progress = Progress(
        max_iter=net.max_iter,
        tol=net.tol,
        n_iter_no_change=net.n_iter_no_change,
        max_time=net.max_time,
        monitor=monitor,
        on_iteration=on_iteration,
    )
    return progress, bridge


def schedule(net):
    """Return the schedule of the learning rate."""
    return make_schedule(
        net.learning_rate,
        max_iter=net.max_iter,
        power_t=net.power_t,
        patience=net.n_iter_no_change,
    )


def solve(net, objective, theta, progress, optimizer, rng, batch_size):
    """Run the solver; see `_solvers` for what it returns and raises."""
    if net.solver == "lm":
        check_lm(net, objective)
    if is_evidence(net.alpha):
        check_curved("alpha='evidence'", net, objective)
        solver = solve_lm if net.solver == "lm" else solve_lbfgs
        return solve_evidence(solver, objective, theta, progress, rng)
    if net.solver == "lm":
        return solve_lm(objective, theta, progress)
    if net.solver == "lbfgs" and objective.loss.is_kinked:
        spread = typical_deviation(objective.Y)
        stages = (objective.smoothed(width * spread) for width in WIDTHS)
        return solve_in_stages(stages, objective, theta, progress)
    if net.solver == "lbfgs":
        return solve_lbfgs(objective, theta, progress)
    return solve_stochastic(
        objective,
        theta,
        progress,
        stepper(optimizer, objective),
        rng if net.shuffle else None,
        schedule=schedule(net),
        learning_rate=net.learning_rate_init,
        batch_size=batch_size,
        max_grad_norm=net.max_grad_norm,
    )


def typical_deviation(Y):
    """Return the median absolute deviation of every column, in the dtype of Y, not zero."""
    deviations = np.abs(Y - np.nanmedian(Y, axis=0))
    median, mean = np.nanmedian(deviations, axis=0), np.nanmean(deviations, axis=0)
    return np.where(median > 0, median, np.where(mean > 0, mean, 1)).astype(Y.dtype)


def check_lm(net, objective):
    """Check that Levenberg-Marquardt can minimise the objective."""
    if objective.n_params > LM_PARAMETERS:
        raise ValueError(
            f"solver='lm' works with a matrix of n_params x n_params, and hidden_layer_sizes="
            f"{net.hidden_layer_sizes!r} makes {objective.n_params} parameters; it takes "
            f"{LM_PARAMETERS} at most. Choose solver='lbfgs', or fewer hidden units."
        )
    if objective.l1 is not None:
        raise ValueError(
            f"solver='lm' needs squares only, got l1_ratio={net.l1_ratio!r}. Choose "
            "solver='lbfgs', or l1_ratio=0."
        )
    check_curved("solver='lm'", net, objective)


def check_curved(setting, net, objective):
    """Check that the loss has a curvature, which a setting needs."""
    if not objective.loss.is_curved:
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
    if net.solver in OPTIMIZERS:
        rate = (
            f" at a learning rate of {failure.learning_rate:g}, halved from "
            f"learning_rate_init={net.learning_rate_init}"
        )
    return (
        "Training failed numerically: the loss was infinite, not a number or a thousand times its "
        f"first value in epoch {failure.epoch}{rate} (solver={net.solver!r}). The column of X with "
        f"the largest scale as the network sees it is {names[column]!r}, up to "
        f"{largest[column]:.3g}{target}. Set standardize=True"
        + (", lower learning_rate_init, or set max_grad_norm=1.0." if rate else ".")
    )


def warn_not_converged(net, result, n_iter, stacklevel):
    """Say why the fit ended before its time, and which parameter to change."""
    stochastic = net.solver in OPTIMIZERS
    if result.reason == "max_iter" and stochastic and schedule(net).ends:
        return
    advice = {
        "max_iter": f"used up max_iter={net.max_iter}. Increase max_iter",
        "max_time": f"used up max_time={net.max_time} seconds. Increase max_time",
        "no descent": "ended far above its initial loss; the best parameters on the way are kept. "
        f"Lower learning_rate_init={net.learning_rate_init}",
        "line search": "found no lower point although the gradient is not small. Check the slope "
        "of an Activation of your own, or set standardize=True",
    }[result.reason]
    if result.reason in ("max_iter", "max_time") and stochastic:
        advice += f", or change learning_rate_init={net.learning_rate_init}"
    warnings.warn(
        f"{type(net).__name__}(solver={net.solver!r}) had not converged to tol={net.tol} after "
        f"{n_iter} iterations: it {advice}.",
        ConvergenceWarning,
        stacklevel=stacklevel + 1,
    )
