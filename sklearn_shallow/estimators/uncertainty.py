"""The posterior of a fitted estimator: made at the end of fit, asked in prediction.

Convention
----------
net : the estimator; its parameters are read, nothing is written
raw, V : see `evidence.posterior`
"""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils import gen_batches

from sklearn_shallow.estimators.preparation import DECOUPLED, make_objective
from sklearn_shallow.evidence.posterior import RowSpace, influences, posterior_space
from sklearn_shallow.inputs.scaling import Standardization
from sklearn_shallow.objective.formula import Objective
from sklearn_shallow.utils.threads import blas_threads, one_blas_thread
from sklearn_shallow.utils.warnings import warn_user

__all__ = ["Posterior", "check_posterior", "make_posterior"]


@dataclass
class Posterior:
    """What the uncertainty of a prediction needs, and what there is to say of the training rows.

    Attributes
    ----------
    space : ParameterSpace or RowSpace
    scaling : Standardization
    noise : ndarray of shape (n_outputs,), for the standardised target
    n_effective_params, loo_score : float
    """

    space: object
    scaling: Standardization
    noise: np.ndarray
    n_effective_params: float
    loo_score: float

    @property
    def kind(self):
        """What it is about, and how it was computed."""
        if self.space.first:
            return "last layer"
        return "rows" if isinstance(self.space, RowSpace) else "parameters"

    def map(self, X, function, n_columns):
        """Return ``function(raw, V)`` for X as the user gave it, in blocks.

        Parameters
        ----------
        function : callable
            Maps raw and V to an array (n_rows, n_columns); it may overwrite both.
        """
        out = np.empty((X.shape[0], n_columns))
        work = X.shape[0] * len(self.space.factor)
        with one_blas_thread(work, self.space.network.layout):
            for rows in gen_batches(X.shape[0], self.space.block_rows):
                out[rows] = function(*self.space.moments(self.scaling.apply(X[rows], np.float64)))
        return out

    def covariance(self, model, target):
        """Return the covariance of the parameters that act on X and make y as the user has them."""
        layout, start = model.network.layout, model.network.layout.layers[self.space.first].start
        deviation = np.full(layout.n_params, np.sqrt(self.noise.mean()))
        layout.unpack(deviation).affine[-1][...] = np.sqrt(self.noise)
        steps = np.diag(deviation)[start:]
        moved = np.array([replace(model, theta=step).in_user_units(target) for step in steps])
        moved -= replace(model, theta=np.zeros(layout.n_params)).in_user_units(target)
        root = moved[:, start:]
        return root.T @ self.space.inverse() @ root


def check_posterior(net):
    """Check that the posterior that is asked for has a meaning."""
    if net.posterior is not None and net.loss not in net._noises:
        raise ValueError(
            f"posterior={net.posterior!r} needs a loss that is minus the logarithm of a "
            f"probability, got loss={net.loss!r}. Choose one of {sorted(net._noises)}, or "
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
    objective = in_double(net, make_objective(net, task.model, task.rows, task.target))
    if evidence is not None:
        objective = evidence.prior.of(objective)
    loss = objective.loss
    noise, n_effective_params, left_out = net._noises[net.loss](loss, task.target.link), 0.0, 0.0
    with blas_threads(objective.n_rows, objective):
        space = posterior_space(objective, theta)
        for rows in influences(space, objective):
            noise.take(rows)
            n_effective_params += rows.leverage.sum()
            with np.errstate(over="ignore"):  # without a row that a hardly bound fit rests upon
                left_out += rows.weight @ loss.value(rows.Y, rows.raw_without)
    loo_score = -left_out / objective.total_weight
    estimates = noise.estimate(), float(n_effective_params), float(loo_score)
    spread = estimates[0] * task.target.scaling.scale
    if not spread.all():
        warn_user(
            f"posterior={net.posterior!r}: y has no spread in column {int(np.argmin(spread))}, "
            "being constant or of one row, so that its standard deviations are zero. They say "
            "nothing of other rows."
        )
    return Posterior(space, task.model.scaling, *estimates)


def in_double(net, objective):
    """Return the objective in double precision, the decay of every solver being in its penalty."""
    decoupled = net.solver_ == DECOUPLED
    weight = objective.sample_weight
    return Objective(
        objective.network,
        objective.loss,
        objective.X,
        objective.Y.astype(np.float64),
        None if weight is None else weight.astype(np.float64),
        alpha=net._decay if decoupled else objective.alpha,
        l1_ratio=net.l1_ratio if decoupled else objective.l1_ratio,
    )
