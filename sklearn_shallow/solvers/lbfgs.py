"""L-BFGS, for losses with a kink in stages.

Convention
----------
As in `solvers.base`.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from scipy.optimize import minimize

from sklearn_shallow.solvers.base import COUNT, Diverged, Solver, make_result

STEEP = 1e-2  # a gradient component, relative to the loss, that rounding does not explain
FALLEN = 1e-5  # nor does it where none has fallen to that part of the first ones
FLAT = 1e-8  # whatever the loss is, which may be zero
WIDTHS = (0.1, 0.01, 0.001, 0.0001)  # of the smoothed kink, in deviations of the target


@dataclass(kw_only=True, repr=False)
class LBFGS(Solver):
    """L-BFGS (Liu & Nocedal 1989) on all samples, in SciPy's implementation.

    An iteration includes its line search. SciPy's own tolerances, which are absolute, are not used:
    `tol` of the estimator is relative. A loss with a kink is smoothed, less and less in several
    stages, each of which starts from the result of the last one.

    Parameters
    ----------
    max_fun : int, default=15000
        Largest number of evaluations of the objective.
    max_time : float > 0 or None, default=None
        Seconds after which a fit ends, even if it has not converged.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_shallow import LBFGS, ShallowNetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = ShallowNetClassifier(5, solver=LBFGS(max_time=60), random_state=0).fit(X, y)
    >>> round(net.score(X, y), 1)
    1.0
    """

    finds_decay: ClassVar[bool] = True

    max_fun: int = field(default=15_000, metadata=COUNT)

    def minimize(self, objective, theta, progress):
        """Minimise an objective, see `Solver.minimize`."""
        if not _has_kink(objective):
            return self._run(objective, theta, progress)
        # The iterations of all stages are counted together. (To keep some for each was measured:
        # where they do not suffice, the first stage makes the best use of them.)
        for width in WIDTHS:
            progress.go_on()
            result = self._run(_smoothed(objective, width), theta, progress)
            theta, near = result.theta, width < WIDTHS[0]
            if progress.is_over:
                break
        reason = "rounding" if near and result.reason == "line search" else result.reason
        return make_result(objective, progress, theta, reason)

    def rough(self, objective):
        """Return what minimises the loss with the widest parabola for its kink, if it has one."""
        return (self._run, _smoothed(objective, WIDTHS[0])) if _has_kink(objective) else None

    def _run(self, objective, theta, progress):
        run = _Run(objective, progress, self.max_fun)
        budget = progress.max_iter - progress.n_iter
        options = {"maxiter": budget, "maxfun": 50 * budget}
        options |= {"gtol": 0.0, "ftol": 0.0}
        try:
            with np.errstate(all="ignore"):
                minimize(  # with jac=True it would compare every point with the one before
                    run.value,
                    theta,
                    jac=run.gradient,
                    method="L-BFGS-B",
                    callback=run.record,
                    options=options,
                )
        except _Stop:
            pass
        return make_result(objective, progress, run.theta, progress.reason or run.why())


class _Stop(Exception):
    """Leaves SciPy's loop, which older releases cannot be asked to end."""


class _Run:
    """A run of SciPy: its evaluations and reports, passed on to the progress.

    Attributes
    ----------
    theta, slope : ndarray or None
        The last point that a line search accepted, and the gradient there.
    """

    def __init__(self, objective, progress, max_fun):
        self.objective, self.progress, self.max_fun = objective, progress, max_fun
        self.theta = None
        self._n_before = progress.n_iter

    def value(self, point):
        """Return the value of the objective at a point."""
        if self.theta is not None and self.progress.n_fun >= self.max_fun:
            self.progress.end("max_fun")
            raise _Stop
        self.progress.count_evaluation()
        self._value, self._gradient = self.objective.value_and_gradient(point)
        if self.theta is None:
            self._accept(point)
            self._steepest = np.abs(self.slope).max()
            if not (np.isfinite(self._value) and np.isfinite(self.slope).all()):
                raise Diverged(0, np.nan)
        return self._value

    def gradient(self, point):
        """Return the gradient at the point whose value was asked for last."""
        return self._gradient

    def _accept(self, point):
        # The point that the line search accepts is the one it evaluated last.
        self.theta, self.slope = point.copy(), self._gradient

    def record(self, point):
        self._accept(point)
        norm, penalty = np.sqrt(self.slope @ self.slope), self.objective.last_penalty
        self.progress.update(self.theta, self._value, penalty=penalty, gradient_norm=norm)
        if self.progress.reason is not None:
            raise _Stop

    def why(self):
        """Return why a line search found no lower point."""
        steepest = np.abs(self.slope).max()
        flat = steepest <= max(STEEP * abs(self._value), FALLEN * self._steepest, FLAT)
        has_moved = self.progress.n_iter > self._n_before
        in_a_kink = has_moved and getattr(self.objective, "is_kinked", False)
        return "rounding" if flat or in_a_kink else "line search"


def _has_kink(objective):
    loss = getattr(objective, "loss", None)  # any function can be minimised
    return loss is not None and not loss.is_smooth


def _smoothed(objective, width):
    """Return the objective with a parabola in place of the kink, with a width of that many
    deviations of the target."""
    width = width * typical_deviation(objective.Y)
    return objective.with_loss(objective.loss.smoothed(width))


def typical_deviation(Y):
    """Return the median absolute deviation of every column, in the dtype of Y, not zero."""
    deviations = np.abs(Y - np.nanmedian(Y, axis=0))
    median, mean = np.nanmedian(deviations, axis=0), np.nanmean(deviations, axis=0)
    return np.where(median > 0, median, np.where(mean > 0, mean, 1)).astype(Y.dtype)
