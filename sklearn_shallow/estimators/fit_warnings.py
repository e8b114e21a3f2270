"""Warnings at the end of a fit: not converged, no better than a constant, steps too large.

Convention
----------
net : the estimator, fitted
runs : list of Run, one for every network
"""

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_shallow.estimators.auto import schedule
from sklearn_shallow.estimators.checks import finds_decay
from sklearn_shallow.estimators.reporting import searches
from sklearn_shallow.solvers.update_rules import OPTIMIZERS
from sklearn_shallow.utils.warnings import warn_user

__all__ = ["warn_of_result"]

HAIR = 1e-4  # of the loss of a constant, by which a network is to be better
HIGH = 10  # times the loss of a constant, which steps that are not far too large do not reach


def warn_of_result(net, runs, *, going_on):
    """Say, each once, that a fit ended too early, and what is wrong with its result.

    Where a callback or the user ended it, both are as asked.

    Parameters
    ----------
    going_on : bool, whether a warm start went on with an earlier fit
    """
    warn_not_converged(net, runs)
    runs = [run for run in runs if run.result.reason not in ("callback", "interrupt")]
    if finds_decay(net._decay) and net.solver_ in OPTIMIZERS and not going_on:
        warn_not_revised(net, runs)
    warn_no_better(net, runs)
    if net.solver_ in OPTIMIZERS and net.learning_rate_init != "auto":
        warn_too_fast(net, [run for run in runs if not _is_no_better(run)])


def warn_not_converged(net, runs):
    """Say why runs ended before their time, and which parameter to change."""
    ended = [run for run in runs if not run.result.converged]
    stochastic = net.solver_ in OPTIMIZERS
    scheduled = stochastic and schedule(net, net.max_iter_).ends
    if scheduled:
        ended = [run for run in ended if run.result.reason != "max_iter"]
    if not ended:
        return
    reason, n_iter = ended[0].result.reason, ended[0].progress.n_iter
    rate = f"learning_rate_init={net.learning_rate_init_:g}" if stochastic else ""
    advice = {
        "max_iter": f"used up max_iter={net.max_iter_}. Increase max_iter"
        + (f", or change {rate}" if rate else ""),
        "max_fun": f"used up max_fun={net.max_fun} evaluations. Increase max_fun",
        "max_time": f"used up max_time={net.max_time} seconds. Increase max_time"
        + (", or lower max_iter so that the learning rate reaches its end" if scheduled else ""),
        "no descent": "ended far above its initial loss; the best parameters on the way are kept. "
        f"Lower {rate}",
        "line search": "found no lower point although the gradient is not small. Check the slope "
        "of an Activation of your own, or set standardize=True",
    }[reason]
    search = ""
    if searches(net) and reason == "max_iter":
        search = f", {n_iter - net.max_iter_} of them in search of the decay"
    done = f"had not converged to tol={net.tol} after {n_iter} iterations{search}"
    if scheduled and reason == "max_time":
        done = f"ended after {n_iter} of {net.max_iter_} epochs"
    _warn(net, f"{done}{_count(ended, runs)}: it {advice}.")


def warn_not_revised(net, runs):
    """Say that the decay is the one to begin with, because training ended before its revision."""
    early = [run for run in runs if len(set(run.progress.history["alpha"])) == 1]
    if early:
        alpha, n_iter = early[0].result.evidence.decay, early[0].progress.n_iter
        _warn(
            net,
            f"ended after {n_iter} epochs{_count(early, runs)}, before alpha was looked for: "
            f"alpha_={alpha:g} is where the search begins. Increase max_iter={net.max_iter_}"
            + ("" if net.max_time is None else f" or max_time={net.max_time}")
            + ", or give alpha as a number.",
        )


def warn_no_better(net, runs):
    """Say that networks are no better than a constant, and what to change."""
    no_better = [run for run in runs if _is_no_better(run)]
    if not no_better:
        return
    first = no_better[0]
    evidence = first.result.evidence
    alpha = net._decay if evidence is None else f"{evidence.decay:.3g}"
    rate = f"learning_rate_init={net.learning_rate_init_:g}, " if net.solver_ in OPTIMIZERS else ""
    _warn(
        net,
        f"is no better than a constant{_count(no_better, runs)}: its loss on the rows to train on "
        f"is {first.loss:.6g} without the penalty, that of a constant "
        f"{first.loss_of_constant:.6g}. Try a lower {rate}alpha={alpha}, a higher "
        f"max_iter={net.max_iter_} or fewer hidden layers, and check sample_weight if you pass it. "
        "If nothing helps, the columns of X may tell nothing about y.",
    )


def warn_too_fast(net, runs):
    """Say that the first steps were so large that hidden units may be lost."""
    too_fast = [run for run in runs if _highest(run) > HIGH * run.loss_of_constant > 0]
    if not too_fast:
        return
    first = too_fast[0]
    _warn(
        net,
        f"made steps that were too large{_count(too_fast, runs)}: along the way its loss on the "
        f"rows to train on was {_highest(first):.3g}, that of a constant is "
        f"{first.loss_of_constant:.3g}, and hidden units may be lost for good. Lower "
        f"learning_rate_init={net.learning_rate_init:g}, or set it to 'auto'.",
    )


def _highest(run):
    return np.max(run.progress.history["data_loss"])


def _is_no_better(run):
    constant = run.loss_of_constant
    return np.isfinite(constant) and run.loss >= constant - HAIR * abs(constant)


def _count(some, runs):
    return f" ({len(some)} of {len(runs)} networks; this is the first)" if len(runs) > 1 else ""


def _warn(net, message):
    warn_user(f"{type(net).__name__}(solver={net.solver_!r}) {message}", ConvergenceWarning)
