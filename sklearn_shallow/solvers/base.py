"""The base of all solvers, and the result of a minimisation.

Convention
----------
objective : has ``n_rows``, ``value(theta)``, ``value_and_gradient(theta)`` with ``last_penalty``,
the part of that value that is a penalty, and, for solvers that take batches, ``shuffled(rng)`` and
``epoch(theta, gradient, order, n_batches)``, see `objective.epochs.Epoch`. No network is
needed: any function with these can be minimised.
progress : Progress, to which every iteration is reported and which says when to stop.

Solvers return a `SolverResult`; they do not print, warn or know of estimators.
"""

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np

from sklearn_shallow.utils.numbers import check_number

# Metadata of the fields of solvers: the permitted values, as arguments of `check_number`.
POSITIVE = {"low": 0}
FRACTION = {"low": 0, "high": 1, "closed": "left"}
COUNT = {"low": 1, "closed": "left", "whole": True}


@dataclass(kw_only=True, repr=False)
class Solver:
    """Base class of the solvers: the method `minimize`, and class attributes that describe it.

    A custom full-batch solver derives from this class, one on batches from `UpdateRule`. Pass an
    object of it as `solver`, or give it a name by an entry in `SOLVERS` of
    `sklearn_shallow.solvers.registry`. The fields of the class are its options; if the solver is
    selected by name, they are taken from the parameters of the estimator with the same names.

    Parameters
    ----------
    max_time : float > 0 or None, default=None
        Seconds after which a fit ends, even if it has not converged; shared by several networks
        and starts.

    Attributes
    ----------
    takes_batches : bool
        Whether it makes steps on batches of samples; otherwise every iteration uses all samples.
    finds_decay : bool
        Whether it can find the weight decay: ``alpha="evidence"``, which "auto" then means.
    needs_curvature : bool
        Whether the loss must have a positive curvature.
    makes_zeros : bool
        Whether it makes weights exactly zero, which `l1_ratio` requires.
    adapts_steps : bool
        Whether the length of a step does not depend on the scale of the gradient, so that one
        learning rate suits most losses.
    largest_size : int or None
        Largest number of parameters; None is any number.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from scipy.optimize import minimize
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_shallow import ShallowNetClassifier, Solver
    >>> from sklearn_shallow.solvers.base import make_result
    >>> class ConjugateGradients(Solver):
    ...     def minimize(self, objective, theta, progress):
    ...         while progress.reason is None:
    ...             result = minimize(
    ...                 objective.value_and_gradient,
    ...                 theta,
    ...                 jac=True,
    ...                 method="CG",
    ...                 options={"maxiter": 20},
    ...             )
    ...             theta = result.x
    ...             progress.update(theta, result.fun, gradient_norm=abs(result.jac).max())
    ...         return make_result(objective, progress, theta, progress.reason)
    >>> X, y = load_iris(return_X_y=True)
    >>> net = ShallowNetClassifier(5, solver=ConjugateGradients(), random_state=0)
    >>> round(net.fit(X, y).score(X, y), 1)
    1.0
    """

    takes_batches: ClassVar[bool] = False
    finds_decay: ClassVar[bool] = False
    needs_curvature: ClassVar[bool] = False
    makes_zeros: ClassVar[bool] = False
    adapts_steps: ClassVar[bool] = False
    largest_size: ClassVar[int | None] = None

    max_time: float | None = field(default=None, metadata=POSITIVE)

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            also = " or None" if entry.default is None else ""
            if "low" in entry.metadata and not (also and value is None):
                check_number(entry.name, value, **entry.metadata, also=also)

    def __repr__(self) -> str:
        changed = [
            f"{entry.name}={getattr(self, entry.name)!r}"
            for entry in fields(self)
            if getattr(self, entry.name) != entry.default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def minimize(self, objective: Any, theta: np.ndarray, progress: Any) -> "SolverResult":
        """Minimise an objective, starting from `theta`.

        Parameters
        ----------
        objective : Objective
        theta : ndarray of shape (n_params,)
        progress : Progress
            Report every iteration to its ``update``, and continue while its ``reason`` is None.

        Returns
        -------
        SolverResult

        Raises
        ------
        Diverged
            If the objective was not finite.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method 'minimize'.")

    def easier(self, objective: Any) -> Any:
        """Return the objective for the search for the decay: the same, or an easier one."""
        return objective


@dataclass
class SolverResult:
    """The result of a minimisation.

    Attributes
    ----------
    theta : ndarray of shape (n_params,)
        The last parameters; with a validation set, those with the best score on it.
    value : float
        The objective at `theta`.
    reason : str
        Why the minimisation ended: "tol", "max_iter", "max_fun", "max_time" or "callback", see
        `Progress`; "rounding" if a line search failed near a minimum or in a kink, "line search" if
        it failed elsewhere; "no descent" if the last loss is far above the initial one;
        "interrupt", which the caller sets.
    evidence : Evidence or None
        The result of the search for the decay, see `evidence.decay`.
    """

    theta: np.ndarray
    value: float
    reason: str
    evidence: Any = None

    @property
    def converged(self) -> bool:
        """True if the run converged or was ended on purpose."""
        return self.reason in ("tol", "rounding", "callback", "interrupt")


class Diverged(ArithmeticError):
    """The objective became infinite or not a number, however small the learning rate.

    Parameters
    ----------
    epoch : int, the last epoch that diverged
    learning_rate : float, the learning rate in that epoch
    """

    def __init__(self, epoch, learning_rate):
        super().__init__(f"diverged in epoch {epoch} at learning rate {learning_rate}")
        self.epoch = epoch
        self.learning_rate = learning_rate


def make_result(objective, progress, theta, reason):
    """Return the result at theta; with a validation set, at the parameters with the best score."""
    if progress.judges and progress.best_theta is not None:
        theta = progress.best_theta
    with np.errstate(all="ignore"):
        return SolverResult(theta, objective.value(theta), reason)


def check_size(solver, objective):
    """Check that a network is not too large for a solver."""
    if solver.largest_size is not None and objective.n_params > solver.largest_size:
        raise ValueError(
            f"solver={solver!r} works with a matrix of n_params x n_params, and hidden_layer_sizes="
            f"{objective.layout.units[1:-1]} makes {objective.n_params} parameters; it takes "
            f"{solver.largest_size} at most. Choose solver='lbfgs', or fewer hidden units."
        )
