"""Plain gradient descent as settings of the estimators."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.estimators.base import BaseShallowNet
from sklearn_shallow.network.activations import ActivationLike
from sklearn_shallow.teaching.problem import prepared
from sklearn_shallow.utils.typing import MatrixLike

PLAIN: dict[str, Any] = {
    "solver": "sgd",
    "momentum": 0.0,
    "batch_size": "full",
    "learning_rate": "constant",
    "alpha": 0.0,
    "standardize": False,
    "numeric_encoding": None,
    "early_stopping": False,
    "tol": 0.0,
    "n_iter_no_change": np.inf,
}
"""All that an estimator does beyond the six equations, switched off."""


class PlainStart(BaseShallowNet):
    """Base of the estimators that begin with small random weights and without biases."""

    def initial_values(
        self, X: MatrixLike, y: MatrixLike, scale: float = 0.01
    ) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
        """Draw the weights and biases that `fit` begins with.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        scale : float, default=0.01
            Standard deviation of the weights.

        Returns
        -------
        coef_init, intercept_init : lists of arrays
        """
        data, member = prepared(clone(self), X, y)
        rng, units = member.streams()["initial"], data.network.layout.units
        coefs = [scale * rng.standard_normal(shape) for shape in pairwise(units)]
        return coefs, [np.zeros(n_out) for n_out in units[1:]]

    def fit(
        self,
        X: MatrixLike,
        y: MatrixLike,
        sample_weight: ArrayLike | None = None,
        *,
        coef_init: Sequence[ArrayLike] | None = None,
        intercept_init: Sequence[ArrayLike] | None = None,
        **validation: Any,
    ) -> Self:
        """Take the steps, beginning with `initial_values` unless others are passed."""
        continues = self.warm_start and self.__sklearn_is_fitted__()
        if coef_init is None and intercept_init is None and not continues:
            coef_init, intercept_init = self.initial_values(X, y)
        initial = {"coef_init": coef_init, "intercept_init": intercept_init}
        with warnings.catch_warnings():
            # All steps are taken, as the user has asked.
            warnings.filterwarnings("ignore", "(?s).*had not converged", ConvergenceWarning)
            return super().fit(X, y, sample_weight, **validation, **initial)


class PlainClassifier(PlainStart, ShallowNetClassifier):
    """A `ShallowNetClassifier` that begins as lecture notes do: see `plain_gradient_descent`."""


class PlainRegressor(PlainStart, ShallowNetRegressor):
    """A `ShallowNetRegressor` that begins as lecture notes do: see `plain_gradient_descent`."""


KINDS: dict[type, type[PlainStart]] = {
    ShallowNetClassifier: PlainClassifier,
    ShallowNetRegressor: PlainRegressor,
}


def plain_gradient_descent(
    hidden_layer_sizes: int | Sequence[int] = 4,
    *,
    activation: ActivationLike | Sequence[ActivationLike] = "tanh",
    learning_rate: float = 1.0,
    n_steps: int = 1000,
    estimator: type = ShallowNetClassifier,
    random_state: int | np.random.RandomState | None = None,
    **settings: Any,
) -> Any:
    """Return an estimator whose `fit` is the gradient descent of lecture notes, and nothing else.

    All that an estimator does by itself is switched off: batches (``batch_size="full"``), momentum,
    the schedule of the learning rate (``learning_rate="constant"``), the weight decay
    (``alpha=0``), scaling (``standardize=False``), bins (``numeric_encoding=None``) and stopping
    early (``early_stopping=False, tol=0, n_iter_no_change=inf``). The initial weights are normal
    with a standard deviation of 0.01, and the biases are zero. Only a step that increases the loss
    a thousandfold is taken back, and the learning rate halved.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=4
        Units of each hidden layer; ``()`` is logistic or linear regression.
    activation : str, Activation, or list of these, default="tanh"
        Activation of the hidden layers.
    learning_rate : float, default=1.0
        The step is that many times the gradient.
    n_steps : int, default=1000
        Number of steps.
    estimator : ShallowNetClassifier or ShallowNetRegressor, default=ShallowNetClassifier
        The kind of target.
    random_state : int, RandomState instance or None, default=None
        Source of the initial weights.
    **settings
        Other parameters of the estimator, such as ``loss="squared_error"``.

    Returns
    -------
    estimator : estimator
        With the method ``initial_values(X, y, scale=0.01)``, which returns the weights and biases
        that `fit` begins with. Others are passed as
        ``fit(X, y, coef_init=..., intercept_init=...)``.

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from sklearn_shallow.teaching import plain_gradient_descent
    >>> X, y = make_moons(200, noise=0.2, random_state=0)
    >>> net = plain_gradient_descent(4, learning_rate=1.2, n_steps=3000, random_state=1).fit(X, y)
    >>> net.n_iter_, net.score(X, y)
    (3000, 0.98)
    """
    if estimator not in KINDS:
        names = " or ".join(kind.__name__ for kind in KINDS)
        raise ValueError(f"estimator={estimator!r} must be one of the classes {names}.")
    chosen: dict[str, Any] = {"activation": activation, "random_state": random_state}
    chosen |= {"learning_rate_init": learning_rate, "max_iter": n_steps}
    return KINDS[estimator](hidden_layer_sizes, **PLAIN | chosen | settings)
