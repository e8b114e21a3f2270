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

# A failed line search counts as converged to rounding error if no component of the gradient exceeds
FLAT_PER_LOSS = 1e-2  # this fraction of the loss,
FLAT_PER_START = 1e-5  # this fraction of the largest component at the start,
FLAT = 1e-8  # or this number.
# Width per stage of the parabola that replaces the kink of a loss, in deviations of the target
SMOOTHING_WIDTHS = (0.1, 0.01, 0.001, 0.0001)


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
        # All stages share max_iter. (Measured: where it is too small for all of them, a fixed part
        # for each is worse than to spend it on the first stage.)
        for width in SMOOTHING_WIDTHS:
            progress.begin_stage()
            result = self._run(_smoothed(objective, width), theta, progress)
            theta, near = result.theta, width < SMOOTHING_WIDTHS[0]
            if progress.is_over:
                break
        reason = "rounding" if near and result.reason == "line search" else result.reason
        return make_result(objective, progress, theta, reason)

    def easier(self, objective):
        """Return the smoothed objective of the first stage if the loss has a kink."""
        return _smoothed(objective, SMOOTHING_WIDTHS[0]) if _has_kink(objective) else objective

    def _run(self, objective, theta, progress):
        """Return the result of one call of SciPy's minimiser."""
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
        reason = progress.reason or run.reason_of_failure()
        return make_result(objective, progress, run.theta, reason)


class _Stop(Exception):
    """Raised to leave SciPy's loop: in older releases, a callback cannot end it."""


class _Run:
    """One call of SciPy's minimiser, reported to the progress.

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
        """Return the gradient at the point that `value` evaluated last."""
        return self._gradient

    def _accept(self, point):
        # The point that the line search accepts is the one it evaluated last.
        self.theta, self.slope = point.copy(), self._gradient

    def record(self, point):
        """Report an iteration, which ended at a point, to the progress."""
        self._accept(point)
        norm, penalty = np.sqrt(self.slope @ self.slope), self.objective.last_penalty
        self.progress.update(self.theta, self._value, penalty=penalty, gradient_norm=norm)
        if self.progress.reason is not None:
            raise _Stop

    def reason_of_failure(self):
        """Return why a line search found no lower point."""
        steepest, first = np.abs(self.slope).max(), self._steepest
        flat = steepest <= max(FLAT_PER_LOSS * abs(self._value), FLAT_PER_START * first, FLAT)
        has_moved = self.progress.n_iter > self._n_before
        in_a_kink = has_moved and getattr(self.objective, "is_kinked", False)
        return "rounding" if flat or in_a_kink else "line search"


def _has_kink(objective):
    loss = getattr(objective, "loss", None)  # an objective may be any function, without a loss
    return loss is not None and not loss.is_smooth


def _smoothed(objective, width):
    """Return the objective with a parabola in place of the kink of its loss.

    The width of the parabola is in deviations of the target.
    """
    width = width * typical_deviation(objective.Y)
    return objective.with_loss(objective.loss.smoothed(width))


def typical_deviation(Y):
    """Return the median absolute deviation of every column, or a positive substitute for zero."""
    deviations = np.abs(Y - np.nanmedian(Y, axis=0))
    median, mean = np.nanmedian(deviations, axis=0), np.nanmean(deviations, axis=0)
    return np.where(median > 0, median, np.where(mean > 0, mean, 1)).astype(Y.dtype)
