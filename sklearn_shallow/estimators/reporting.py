"""Progress, log and callbacks of a run of the solver, from the parameters of the estimator.

Convention
----------
net : the estimator; its parameters are read, nothing is written
"""

import numpy as np

from sklearn_shallow.estimators.auto import schedule
from sklearn_shallow.estimators.callbacks import CallbackBridge
from sklearn_shallow.estimators.checks import FULL_BATCH, finds_decay
from sklearn_shallow.estimators.log import RunLog
from sklearn_shallow.solvers.progress import Progress
from sklearn_shallow.solvers.update_rules import OPTIMIZERS
from sklearn_shallow.utils.scikit_learn import has_callbacks

__all__ = ["make_bridge", "make_log", "make_progress", "mean_decay", "searches"]


def make_progress(net, max_iter, monitor, called, max_time):
    """Return what the solver reports to.

    Parameters
    ----------
    monitor : callable or None
        Without early stopping it only watches.
    called : functions of the progress and theta, called after every iteration
    """

    def on_iteration(progress, theta):
        stops = [function(progress, theta) for function in called]  # each of them is called
        return any(stops)

    return Progress(
        max_iter=max_iter,
        tol=net.tol,
        n_iter_no_change=net.n_iter_no_change,
        max_time=max_time,
        max_fun=net.max_fun,
        **{"monitor" if net.early_stopping_ else "watch": monitor},
        on_iteration=on_iteration,
        alpha=np.nan if finds_decay(net._decay) else mean_decay(net._decay),
    )


def make_log(net, max_iter, max_time, name, n_after):
    """Return the log of a run."""
    ends = net.solver_ in OPTIMIZERS and schedule(net, max_iter).ends and not net.early_stopping_
    return RunLog(
        net.verbose,
        max_iter,
        "epoch" if net.solver_ in OPTIMIZERS else "iteration",
        ends_there=None if searches(net) else ends,
        max_time=max_time,
        name=name,
        n_after=n_after,
    )


def make_bridge(net, given, n_runs, max_iter):
    """Return what calls scikit-learn's callbacks during the fit, or None without any.

    Parameters
    ----------
    given : X, y and sample_weight as they were passed to fit
    n_runs : int, how often the solver will run
    max_iter : int, iterations of a run; the rounds of a search for the decay are not among them
    """
    if not has_callbacks(net):
        return None
    return CallbackBridge(net, given, n_runs, None if searches(net) else max_iter)


def searches(net):
    """Whether rounds of a search for the decay come before the iterations of `max_iter`."""
    return net.solver_ in FULL_BATCH and finds_decay(net._decay)


def mean_decay(alpha):
    """Return the decay as one number: the mean over the layers, and over the columns of X."""
    return float(np.mean([np.mean(part) for part in alpha])) if np.iterable(alpha) else alpha
