"""Minimisation of an objective.

Convention
----------
objective : has ``n_rows``, ``dtype``, ``value(theta)``, ``value_and_gradient(theta)`` and, for the
stochastic solver, ``batch_value_and_gradient(theta, rows, n_batches, gradient)``. No network is
needed: any function with these methods can be minimised.

Solvers return a `SolverResult`; they do not print, warn or know of estimators.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize

__all__ = ["SolverResult", "run_epoch", "solve_lbfgs", "solve_stochastic"]

N_CORRECTIONS = 10  # pairs that L-BFGS remembers, SciPy's default


@dataclass
class SolverResult:
    """How a minimisation ended.

    Attributes
    ----------
    theta : ndarray of shape (n_params,)
    value : float
        The objective at `theta`.
    n_iter : int
        Epochs, or iterations of a full-batch solver.
    converged : bool
        Whether the tolerance was met before the iterations were used up.
    message : str
        Why it ended.
    loss_curve : list of float, one per iteration
    """

    theta: np.ndarray
    value: float
    n_iter: int
    converged: bool
    message: str
    loss_curve: list[float] = field(default_factory=list)


def solve_lbfgs(objective, theta, *, max_iter, tol):
    """Minimise with SciPy's L-BFGS-B (Liu & Nocedal 1989).

    It ends when the largest component of the gradient is at most `tol`, or when an iteration gains
    less than ``1e-4 * tol`` times the size of the objective (by default 1e-8, as in R's nnet). One
    iteration counts once however many evaluations its line search takes.
    """
    loss_curve, last = [], [np.nan]

    def evaluate(point):
        value, gradient = objective.value_and_gradient(point)
        last[0] = value
        return value, gradient

    def record(point):
        # The point that the line search accepts is the one it evaluated last.
        loss_curve.append(last[0])

    result = minimize(
        evaluate,
        theta,
        jac=True,
        method="L-BFGS-B",
        callback=record,
        options={
            "maxiter": max_iter,
            "maxfun": 20 * max_iter,
            "maxcor": N_CORRECTIONS,
            "gtol": tol,
            "ftol": max(1e-4 * tol, 64 * np.finfo(float).eps),
        },
    )
    return SolverResult(
        theta=result.x,
        value=float(result.fun),
        n_iter=int(result.nit),
        converged=result.status == 0,
        message=str(result.message),
        loss_curve=loss_curve,
    )


def solve_stochastic(
    objective, theta, optimizer, rng, *, learning_rate, batch_size, max_iter, tol, n_iter_no_change
):
    """Minimise with an update rule on batches of rows, changing `theta` in place.

    It ends when the mean objective of an epoch has not been lower than the best before by more
    than ``tol * abs(best)`` for `n_iter_no_change` epochs in a row.

    Parameters
    ----------
    optimizer : an update rule of `_optimizers`, started
    rng : numpy.random.Generator, or None to take the rows in their order
    batch_size : int
    """
    loss_curve, best, n_bad = [], np.inf, 0
    step = {"learning_rate": learning_rate, "batch_size": batch_size}
    while len(loss_curve) < max_iter and n_bad < n_iter_no_change:
        value = run_epoch(objective, theta, optimizer, rng, **step)
        loss_curve.append(value)
        improved = best == np.inf or value < best - tol * abs(best)
        n_bad = 0 if improved else n_bad + 1
        best = min(best, value)
    converged = n_bad >= n_iter_no_change
    return SolverResult(
        theta=theta,
        value=objective.value(theta),
        n_iter=len(loss_curve),
        converged=converged,
        message="the loss stopped improving" if converged else "the iterations were used up",
        loss_curve=loss_curve,
    )


def run_epoch(objective, theta, optimizer, rng, *, learning_rate, batch_size):
    """Pass once over the rows and return the mean of the batch estimates of the objective."""
    gradient = np.empty_like(theta)
    batches = deal(objective.n_rows, batch_size, rng)
    total = 0.0
    for rows in batches:
        total += objective.batch_value_and_gradient(theta, rows, len(batches), gradient)
        optimizer.update(theta, gradient, learning_rate)
    return total / len(batches)


def deal(n_rows, batch_size, rng):
    """Deal the rows into the fewest batches of at most `batch_size`, equal in size to one row.

    A short last batch would be a noisy step with the weight of a full one.
    """
    n_batches = max(1, -(-n_rows // batch_size))
    if n_batches == 1:
        return [slice(0, n_rows)]
    rows = np.arange(n_rows) if rng is None else rng.permutation(n_rows)
    return np.array_split(rows, n_batches)
