"""The posterior of the parameters by Laplace's approximation, with the Gauss-Newton matrix.

Around a minimum theta the parameters are taken as normal, with the covariance ``noise * H^-1``
(MacKay 1992, Neural Computation 4), and the raw output as linear in them (Immer, Korzepa & Bauer
2021, AISTATS): it is normal too, with the covariance ``noise * V``.

Convention
----------
H, V : as in `evidence.spaces`
"""

from dataclasses import dataclass

import numpy as np

from sklearn_shallow.evidence.influence import NOISES, influences
from sklearn_shallow.evidence.spaces import ParameterSpace, RowSpace
from sklearn_shallow.utils.rows import even_sample

FREE = 1e-6  # next to nothing beside the curvature of a single row
LARGEST_MATRIX = 3000  # rows of a matrix of 72 MB, whose factorisation takes about a second
SAMPLE_MATRIX = 2000  # rows of that of a sample
MOST_MULTIPLICATIONS = 5e10  # for the matrix of the parameters: about two seconds


@dataclass
class Posterior:
    """The uncertainty of the parameters as plain data, and two statistics of the training rows."""

    space: ParameterSpace | RowSpace
    noise: np.ndarray  # (n_outputs,), in the units of the objective
    n_effective_params: float
    loo_score: float  # minus the mean loss of the training rows, each left out

    def covariance_of_theta(self):
        """Return the covariance of the parameters."""
        layout = self.space.network.layout
        deviation = np.full(layout.n_params, np.sqrt(self.noise.mean()))
        layout.unpack(deviation).affine[-1][...] = np.sqrt(self.noise)
        return self.space.inverse() * np.outer(deviation, deviation)


def laplace(objective, theta, link, noise):
    """Return the posterior around a minimum; `link` is that of all outputs together, `noise` a key
    of `NOISES`.
    """
    objective, repeats = sample_of(objective.in_double())
    noise = NOISES[noise]
    space = posterior_space(objective, theta, repeats)
    sums = n_effective_params = left_out = 0.0
    for rows in influences(space, objective):
        sums = sums + noise.sums(rows, objective, link)
        n_effective_params += repeats * float(rows.leverage.sum())
        with np.errstate(over="ignore"):  # without a row that a hardly bound fit rests upon
            left_out += float(rows.weight @ objective.row_losses(rows.Y, rows.raw_without))
    estimate = np.full(objective.Y.shape[1], noise.estimate(sums))
    return Posterior(space, estimate, n_effective_params, -left_out / objective.total_weight)


def sample_of(objective):
    """Return an objective on a sample of the rows, and the number of rows that each of them
    represents.

    It is the whole objective, unless the matrices for the parameters and for rows times outputs
    would both be larger than `LARGEST_MATRIX`, or the first would take long to compute.
    """
    n_rows, n_outputs = objective.Y.shape
    is_small = objective.n_params <= LARGEST_MATRIX
    is_soon_summed = n_rows * n_outputs * objective.n_params**2 <= MOST_MULTIPLICATIONS
    if n_rows * n_outputs <= LARGEST_MATRIX or (is_small and is_soon_summed):
        return objective, 1.0
    if n_outputs > SAMPLE_MATRIX:
        raise ValueError(
            f"posterior='laplace' works with a matrix of at most {LARGEST_MATRIX} rows, and there "
            f"are {objective.n_params} parameters and {n_outputs} outputs. Choose fewer hidden "
            "units, fit to fewer targets, or set posterior=None."
        )
    X, Y, weight = objective.take(even_sample(n_rows, SAMPLE_MATRIX // n_outputs))
    part = len(Y) / n_rows if weight is None else weight.sum() / objective.total_weight
    return objective.on_part(X, Y, weight, part), 1 / part


def posterior_space(objective, theta, repeats=1.0):
    """Return the space in which the covariance costs least: that of the parameters or, if these are
    more, that of rows times outputs.

    Parameters
    ----------
    repeats : float
        How many rows each one stands for.
    """
    precision = repeats * prior_precision(objective)
    if repeats == 1 and objective.n_params <= objective.Y.size:
        return ParameterSpace(objective, theta, precision)
    return RowSpace(objective, theta, precision, repeats)


def prior_precision(objective):
    """Return the diagonal of P, (n_params,).

    For weights it is alpha, times the L2 part of the penalty. Biases are free in the objective, and
    here only at the output: in hidden layers they have the precision of the weights. If these were
    free too, the output of a unit that is zero for all training rows would be undetermined
    elsewhere.
    """
    precision = objective.total_weight * objective.l2
    layers = objective.layout.unpack(precision)
    for W, b in zip(layers.W[:-1], layers.b[:-1], strict=True):
        b[...] = W[0] if len(W) else objective.alpha  # one sample has no scores
    return np.where(precision > 0, precision, FREE)
