"""The weight decay that the data ask for, by MacKay's evidence framework.

Convention
----------
gamma : float, the effective number of parameters, the trace of ``G (G + alpha I)**-1`` with G the
Gauss-Newton matrix of the summed loss; biases count as if they had the same decay.

The fixed point ``alpha = noise * gamma / ||W||**2`` (MacKay 1992, Neural Computation 4, p. 415 and
448; for networks Foresee & Hagan 1997, ICNN) is sought while the network is trained.

The noise is what the data leave open, per entry of Y. With P the sum of the squared gradients of
the loss over that of its curvatures (Pearson's dispersion; for the squared error the mean square of
the residuals) it is ``P / (1 - gamma / n)**2``, generalised cross-validation (Craven & Wahba 1979,
Numer. Math. 31), and not MacKay's ``P / (1 - gamma / n)``: what the network cannot know about rows
that it has not seen counts as noise too. A log-likelihood has noise 1 in theory; its fit to the
data says P, which is far less for labels without noise. The geometric mean of both stands in its
place. `benchmarks/evidence.py` measures what that gains.
"""

from typing import NamedTuple

import numpy as np

from sklearn_shallow._solvers import SolverResult
from sklearn_shallow._spectrum import spectrum

__all__ = ["START", "Evidence", "solve_evidence"]

START = 3.0  # decay to begin with
MOST_ROUNDS = 6
ROUND_ITERATIONS = 50
SETTLED = 0.15  # change of log(alpha) that ends the search
LEAST, MOST = 1e-6, 1e6  # of alpha
LARGEST_RISE = 10.0  # of alpha in a round
LEAST_FREE = 0.05  # of the entries of Y, that is not determined
COLLAPSED = 1e-4  # of the squares of the first weights: a network that ignores its inputs


class Evidence(NamedTuple):
    """What was found.

    Attributes
    ----------
    alpha : float
    gamma : float
    log_evidence : float
        Logarithm of the probability of the targets as the loss sees them, in Laplace's
        approximation. Losses that are not log-likelihoods have the noise that makes it largest; for
        those but the squared error, a term that hangs on the targets alone is left out.
    """

    alpha: float
    gamma: float
    log_evidence: float


def solve_evidence(solver, objective, theta, progress, rng):
    """Minimise with the decay re-estimated along the way.

    Parameters
    ----------
    solver : callable
        ``solve_lbfgs`` or ``solve_lm``.
    rng : numpy.random.Generator

    Returns
    -------
    result : SolverResult
        Its value is that of the objective with the decay that was found, its `evidence` tells what
        that is.
    """
    seed = rng.integers(2**63)
    alpha, first, estimated = START, theta.copy(), False
    for _ in range(MOST_ROUNDS):
        stage = objective.with_alpha(alpha)
        progress.go_on(ROUND_ITERATIONS)
        theta = solver(stage, theta, progress).theta
        collapsed = squares(stage, theta) < COLLAPSED * squares(stage, first)
        if collapsed and not estimated and not progress.is_over:
            theta, alpha = (
                first.copy(),
                alpha / 10,
            )  # where all weights are zero, so is the gradient
            continue
        found, estimated = estimate(stage, theta, alpha, np.random.default_rng(seed)), True
        change, alpha = np.log(found.alpha / alpha), found.alpha
        if collapsed or abs(change) < SETTLED or progress.is_over:
            break
    stage = objective.with_alpha(alpha)
    if progress.is_over:
        result = SolverResult(theta, stage.value(theta), progress.reason)
    else:
        progress.go_on()
        result = solver(stage, theta, progress)
    result.evidence = estimate(stage, result.theta, alpha, np.random.default_rng(seed))
    return result


def estimate(objective, theta, alpha, rng):
    """Return the decay that the weights and their effective number suggest."""
    eigenvalues = spectrum(objective, theta, rng)
    gamma = eigenvalues.determined(alpha)
    n_known = objective.total_weight * np.mean(~np.isnan(objective.Y)) * objective.Y.shape[1]
    noise = noise_of(objective, theta, free=max(1 - gamma / n_known, LEAST_FREE))
    wanted = noise * gamma / max(squares(objective, theta), np.finfo(float).tiny)
    wanted = float(np.clip(wanted, LEAST, min(MOST, LARGEST_RISE * alpha)))
    total = objective.value(theta) * objective.total_weight
    if not objective.loss.is_likelihood:  # its noise that makes the targets most probable
        total = n_known / 2 * (1 + np.log(4 * np.pi * total / n_known))
    return Evidence(wanted, gamma, -total - eigenvalues.log_volume(alpha) / 2)


def noise_of(objective, theta, free):
    """Return what the data leave open; `free` is the part of the entries of Y not determined."""
    dispersion = objective.dispersion(theta)
    return (np.sqrt(dispersion) if objective.loss.is_likelihood else dispersion) / free**2


def squares(objective, theta):
    """Return the sum of the squares of all weights."""
    parameters = objective.layout.unpack(theta.astype(np.float64))
    return sum(float(W @ W) for W in parameters.weights)
