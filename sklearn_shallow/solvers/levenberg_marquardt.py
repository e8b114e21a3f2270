"""Levenberg-Marquardt: Gauss-Newton steps, damped until they succeed.

Convention
----------
As in `solvers.base`; the objective has a method ``gauss_newton(theta)`` too.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.linalg.lapack import dposv

from sklearn_shallow.solvers.base import Diverged, Solver, make_result

# Damping at the start and its minimum, as fractions of the largest diagonal element of the matrix
INITIAL_DAMPING = 0.1  # large, since initial values are far from a minimum
MIN_DAMPING = 1e-14  # smaller values are lost in rounding errors
MAX_TRIALS = 30  # number of dampings tried for one step
NEGLIGIBLE = 1e-14  # predicted decrease of F, as a fraction of F, that is lost in rounding errors


@dataclass(kw_only=True, repr=False)
class LevenbergMarquardt(Solver):
    """Gauss-Newton steps with the damping of Nielsen 1999 (IMM-REP-1999-05).

    With losses other than the squared error this is the generalised Gauss-Newton method, with
    log-likelihoods Fisher scoring. An iteration includes all dampings that are tried in it. The
    loss must have a positive curvature, and the network at most 3,000 parameters, since the method
    works with a matrix of their number.

    Parameters
    ----------
    max_time : float > 0 or None, default=None
        Seconds after which a fit ends, even if it has not converged.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_shallow import LevenbergMarquardt, ShallowNetRegressor
    >>> X = np.linspace(-2, 2, 100)[:, np.newaxis]
    >>> solver = LevenbergMarquardt(max_time=60)
    >>> net = ShallowNetRegressor(8, activation="tanh", solver=solver, alpha=0.1, random_state=0)
    >>> round(net.fit(X, np.sin(2 * X[:, 0])).score(X, np.sin(2 * X[:, 0])), 2)
    1.0
    """

    finds_decay: ClassVar[bool] = True
    needs_curvature: ClassVar[bool] = True
    largest_size: ClassVar[int | None] = 3000

    def minimize(self, objective, theta, progress):
        """Minimise an objective, see `Solver.minimize`."""
        with np.errstate(all="ignore"):
            value, gradient = objective.value_and_gradient(theta)
            if not (np.isfinite(value) and np.isfinite(gradient).all()):
                raise Diverged(0, np.nan)
            damping = None
            while progress.reason is None:
                matrix = objective.gauss_newton(theta)
                damping = Damping(matrix) if damping is None else damping
                step = _lower(objective, theta, (value, gradient), matrix, damping)
                if step is None:
                    break
                theta = theta + step
                value, gradient = objective.value_and_gradient(theta)
                norm, penalty = np.linalg.norm(gradient), objective.last_penalty
                progress.update(theta, value, penalty=penalty, gradient_norm=norm)
        return make_result(objective, progress, theta, progress.reason or "rounding")


def _lower(objective, theta, here, matrix, damping):
    """Return a step that decreases F, or None if no damping gives one."""
    value, gradient = here
    for _ in range(MAX_TRIALS):
        step = _damped_step(matrix, gradient, damping.size)
        if step is None:
            damping.failed()
            continue
        predicted = 0.5 * step @ (damping.size * step - gradient)
        if predicted <= NEGLIGIBLE * abs(value):
            return None
        ratio = (value - objective.value(theta + step)) / predicted
        if ratio > 0:
            damping.succeeded(ratio)
            return step
        damping.failed()
    return None


def _damped_step(matrix, gradient, size):
    """Return the step, or None if the matrix with this damping is not positive definite."""
    damped = matrix.copy().T  # LAPACK needs Fortran order, and the matrix is symmetric
    np.einsum("ii->i", damped)[...] += size
    _, step, failed = dposv(damped, -gradient, lower=True, overwrite_a=True)
    if failed or not np.isfinite(step).all():  # not positive to working precision
        return None
    return step


class Damping:
    """The number added to the diagonal, decreased after a good step and increased after a failure.

    Nielsen 1999, eq. 2.5 and 3.1.
    """

    def __init__(self, matrix):
        largest = np.diag(matrix).max()
        self.size = INITIAL_DAMPING * largest
        self._least = MIN_DAMPING * largest
        self._growth = 2.0

    def succeeded(self, ratio):
        """Decrease the damping; `ratio` is the decrease of F over the predicted decrease."""
        factor = max(1 / 3, 1 - (2 * ratio - 1) ** 3)
        self.size = max(self._least, self.size * factor)
        self._growth = 2.0

    def failed(self):
        """Increase the damping, since F did not decrease."""
        self.size *= self._growth
        self._growth *= 2
