"""The posterior of the parameters by Laplace's approximation, with the Gauss-Newton matrix.

Around a minimum theta the parameters are assumed normal, with the covariance ``noise * H^-1``
(MacKay 1992, Neural Computation 4), and the raw output linear in the parameters (Immer, Korzepa &
Bauer 2021, AISTATS), so that it is normal with the covariance ``noise * V``.

Convention
----------
H, V : as in `evidence.inverse_curvature`
"""

from dataclasses import dataclass

import numpy as np

from sklearn_shallow.evidence.influence import NOISES, influences
from sklearn_shallow.evidence.inverse_curvature import ParameterSpace, RowSpace
from sklearn_shallow.utils.rows import even_sample

FREE_PRECISION = 1e-6  # prior precision of free biases, negligible beside the data's
MAX_MATRIX = 3000  # rows of a matrix of 72 MB, whose factorisation takes about a second
SAMPLE_MATRIX = 2000  # rows of the matrix of a sample
MAX_MULTIPLICATIONS = 5e10  # for the matrix of the parameters: about two seconds


@dataclass
class Posterior:
    """The posterior of the parameters, and two statistics of the training rows."""

    space: ParameterSpace | RowSpace
    noise: np.ndarray  # (n_outputs,), in the units of the objective
    n_effective_params: float
    loo_score: float  # minus the mean leave-one-out loss of the training rows

    def covariance_of_theta(self):
        """Return the covariance of the parameters."""
        layout = self.space.network.layout
        deviation = np.full(layout.n_params, np.sqrt(self.noise.mean()))
        layout.unpack(deviation).affine[-1][...] = np.sqrt(self.noise)
        return self.space.inverse() * np.outer(deviation, deviation)


def laplace(objective, theta, link, noise):
    """Return the posterior around a minimum.

    Parameters
    ----------
    link : link of the target, of all outputs together
    noise : str, a key of `NOISES`
    """
    objective, repeats = sample_of(objective.in_double())
    noise = NOISES[noise]
    space = posterior_space(objective, theta, repeats)
    sums = n_effective_params = left_out = 0.0
    for rows in influences(space, objective):
        sums = sums + noise.sums(rows, objective, link)
        n_effective_params += repeats * float(rows.leverage.sum())
        with np.errstate(over="ignore"):  # a weak decay: without a row, the raw output may be huge
            left_out += float(rows.weight @ objective.row_losses(rows.Y, rows.raw_without))
    estimate = np.full(objective.Y.shape[1], noise.estimate(sums))
    return Posterior(space, estimate, n_effective_params, -left_out / objective.total_weight)


def sample_of(objective):
    """Return an objective on a sample of the rows, and the number of rows per row of the sample.

    All rows are kept unless the matrices of the parameters and of rows times outputs would both be
    larger than `MAX_MATRIX`, or the first would take long to compute.
    """
    n_rows, n_outputs = objective.Y.shape
    is_small = objective.n_params <= MAX_MATRIX
    is_fast = n_rows * n_outputs * objective.n_params**2 <= MAX_MULTIPLICATIONS
    if n_rows * n_outputs <= MAX_MATRIX or (is_small and is_fast):
        return objective, 1.0
    if n_outputs > SAMPLE_MATRIX:
        raise ValueError(
            f"posterior='laplace' works with a matrix of at most {MAX_MATRIX} rows, and there "
            f"are {objective.n_params} parameters and {n_outputs} outputs. Choose fewer hidden "
            "units, fit to fewer targets, or set posterior=None."
        )
    X, Y, weight = objective.take(even_sample(n_rows, SAMPLE_MATRIX // n_outputs))
    part = len(Y) / n_rows if weight is None else weight.sum() / objective.total_weight
    return objective.on_part(X, Y, weight, part), 1 / part


def posterior_space(objective, theta, repeats=1.0):
    """Return the smaller of two spaces for the covariance: the parameters, or rows times outputs.

    Parameters
    ----------
    repeats : float
        Number of rows that each row of a sample represents.
    """
    precision = repeats * prior_precision(objective)
    if repeats == 1 and objective.n_params <= objective.Y.size:
        return ParameterSpace(objective, theta, precision)
    return RowSpace(objective, theta, precision, repeats)


def prior_precision(objective):
    """Return the diagonal of P, (n_params,).

    For weights it is alpha, times the L2 part of the penalty. Biases are free in the objective, but
    here those of hidden layers have the precision of the weights. Otherwise the output of a unit
    that is zero for all training rows would be undetermined for other rows.
    """
    precision = objective.total_weight * objective.l2
    layers = objective.layout.unpack(precision)
    for W, b in zip(layers.W[:-1], layers.b[:-1], strict=True):
        b[...] = W[0] if len(W) else objective.alpha  # scores of one sample have no columns
    return np.where(precision > 0, precision, FREE_PRECISION)
