"""The posterior of a fitted estimator: made at the end of fit, asked in prediction.

Convention
----------
net : the estimator; its parameters are read, nothing is written
raw, V : see `evidence.spaces`
"""

from dataclasses import replace

import numpy as np

from sklearn_shallow.estimators.preparation import DECOUPLED, make_objective
from sklearn_shallow.evidence.posterior import laplace
from sklearn_shallow.utils.rows import slices
from sklearn_shallow.utils.threads import blas_threads, one_blas_thread
from sklearn_shallow.utils.warnings import warn_user

__all__ = ["check_posterior", "covariance", "make_posterior", "map_moments"]


def map_moments(posterior, model, X, function, n_columns):
    """Return ``function(raw, V)`` for X as the user gave it, in blocks.

    Parameters
    ----------
    function : callable
        Maps raw and V to an array (n_rows, n_columns); it may overwrite both.
    """
    out = np.empty((X.shape[0], n_columns))
    with one_blas_thread(X.shape[0] * len(posterior.space.factor), model.network.layout):
        for rows in slices(X.shape[0], posterior.block_rows):
            out[rows] = function(*posterior.moments(model.scaling.apply(X[rows], np.float64)))
    return out


def covariance(posterior, model, target):
    """Return the covariance of the parameters that act on X and make y as the user has them."""
    layout = model.network.layout
    start = layout.layers[posterior.space.first].start
    steps = np.eye(layout.n_params)[start:]
    moved = np.array([replace(model, theta=step).in_user_units(target) for step in steps])
    moved -= replace(model, theta=np.zeros(layout.n_params)).in_user_units(target)
    moved = moved[:, start:]
    return moved.T @ posterior.covariance_of_theta() @ moved


def check_posterior(net):
    """Check that the posterior that is asked for has a meaning."""
    if net.posterior is not None and net._checked_loss().noise not in net._noises:
        losses = net._losses.items()
        named = sorted(name for name, loss in losses if loss.noise in net._noises)
        raise ValueError(
            f"posterior={net.posterior!r} needs a loss that is minus the logarithm of a "
            f"probability, got loss={net.loss!r}. Choose one of {named}, or "
            "posterior=None."
        )


def make_posterior(net, task, theta, evidence=None):
    """Return the posterior around the fitted parameters, or None if none is asked for.

    Parameters
    ----------
    task : Task of the fit
    evidence : Evidence that the decay is from, or None
    """
    if net.posterior is None:
        return None
    objective = make_objective(net, task.model, task.rows, task.target)
    if net.solver_ == DECOUPLED:  # whose decay is none of the penalty
        objective.l1_ratio = np.asarray(net.l1_ratio, float)
        objective = objective.with_alpha(net._decay)
    if evidence is not None:
        objective = objective.with_alpha(evidence.decay, evidence.relevance)
    with blas_threads(objective.n_rows, objective):
        posterior = laplace(objective, theta, task.target.link, task.target.loss.noise)
    spread = posterior.noise * task.target.scaling.scale
    if not spread.all():
        warn_user(
            f"posterior={net.posterior!r}: y has no spread in column {int(np.argmin(spread))}, "
            "being constant or of one row, so that its standard deviations are zero. They say "
            "nothing of other rows."
        )
    return posterior
