"""The training of a network, one equation after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sklearn_shallow.inspection.fitted import counted
from sklearn_shallow.losses.links import link_of
from sklearn_shallow.network.activations import name_of
from sklearn_shallow.teaching.calculator import Calculator
from sklearn_shallow.teaching.notation import NOTATIONS, Equations
from sklearn_shallow.teaching.problem import problem_of
from sklearn_shallow.teaching.table import Comparison, Steps
from sklearn_shallow.utils.names import unknown_name

WIDTHS = (1e-3, 1e-5)  # steps of numerical derivatives; the smaller one avoids most kinks


class StepByStep:
    """A network whose training can be followed, one equation after the other.

    `forward`, `backward`, `step` and `check` return tables of equations, shapes and numbers, which
    print as text and show as HTML in a notebook. Equations are Python, and what they say is what is
    computed. ``trace["dW1"]`` is one of the arrays.

    Parameters
    ----------
    estimator : ShallowNetClassifier or ShallowNetRegressor
        Fitted: the trace begins with its parameters. Not fitted: with the initial values that `fit`
        would begin with. The estimator is not changed, and its dropout is left out. A fitted search
        stands for its best network, a fitted pipeline for its last step.
    X : array-like of shape (n_samples, n_features)
        Samples; in the equations X is what the network sees of them, standardised if the estimator
        does that.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Target; in the equations Y is its encoding.
    notation : {"notes", "library"}, default="notes"
        "notes": columns are samples, layers are counted from 1, and 1/m is in dW and db, as in
        lecture notes. "library": rows are samples, lists are counted from 0, and 1/m is in dZ of
        the output layer, as in this library.
    coef_init, intercept_init : lists of arrays, default=None
        Parameters to begin with, of the shapes of `coefs_` and `intercepts_`, for an estimator that
        is not fitted.

    Attributes
    ----------
    n_steps : int
        Calls of `step` so far.
    cost : float
        The objective at the present parameters.

    Examples
    --------
    >>> from sklearn_shallow.teaching import StepByStep, plain_gradient_descent
    >>> net = plain_gradient_descent(hidden_layer_sizes=2, activation="tanh", random_state=0)
    >>> trace = StepByStep(net, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    >>> trace
    StepByStep: 2 features, 2 hidden units (g1: tanh), 1 output (g2: logistic), 4 samples, J =
    0.693147 after 0 steps
    >>> trace["Z2"].shape, trace["dW2"].shape
    ((1, 4), (1, 2))
    >>> bool(trace.check())
    True
    """

    def __init__(
        self,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        notation: str = "notes",
        coef_init: Sequence[ArrayLike] | None = None,
        intercept_init: Sequence[ArrayLike] | None = None,
    ) -> None:
        if notation not in NOTATIONS:
            raise ValueError(unknown_name("notation", notation, NOTATIONS))
        initial = coef_init, intercept_init
        self._objective, self._theta = problem_of(estimator, X, y, initial)
        self._notation = NOTATIONS[notation](len(self._objective.layout.layers))
        self._equations = Equations(self._notation, self._objective)
        self._calculator = Calculator(self._notation, self._objective)
        for name, place in zip(self._equations.parameters(), self._places(), strict=True):
            self._calculator.define(name, self._notation.matrix(place))
        self.n_steps = 0

    def __repr__(self) -> str:
        n_in, *others = self._objective.layout.units
        nouns = ["hidden unit"] * (len(others) - 1) + ["output"]
        functions = [name_of(activation) for activation in self._objective.network.activations]
        functions.append(link_of(self._objective.loss).activation)
        parts = [counted(n_in, "feature")]
        for layer, (n, noun, name) in enumerate(zip(others, nouns, functions, strict=True), 1):
            parts.append(f"{counted(n, noun)} ({self._notation.name('g', layer)}: {name})")
        parts.append(counted(self._objective.n_rows, "sample"))
        cost = f"{self._notation.cost} = {self.cost:.6g} after {counted(self.n_steps, 'step')}"
        return f"StepByStep: {', '.join(parts)}, {cost}"

    def __getitem__(self, name: str) -> Any:
        """Return one of the arrays by the name that it has in the equations."""
        steps = {**self.forward(), **self.backward()}
        if name not in steps:
            raise KeyError(f"{name!r} is none of {', '.join(steps)}.")
        return steps[name]

    @property
    def cost(self) -> float:
        """The objective at the present parameters."""
        return float(self._objective.value(self._theta))

    def forward(self) -> Steps:
        """Compute Z and A of every layer, and the cost.

        Returns
        -------
        steps : Steps
            A mapping from names to arrays that prints as a table.
        """
        return self._calculator.run(self._equations.forward())

    def backward(self) -> Steps:
        """Compute dZ, dW and db of every layer, from the last to the first.

        Returns
        -------
        steps : Steps
            A mapping from names to arrays that prints as a table.
        """
        self.forward()
        return self._calculator.run(self._equations.backward())

    def step(self, rate: float) -> Steps:
        """Take a step of gradient descent.

        Parameters
        ----------
        rate : float
            The learning rate.

        Returns
        -------
        steps : Steps
            The new parameters.
        """
        self.backward()
        steps = self._calculator.run(self._equations.step(float(rate)))
        for value, place in zip(steps.values(), self._places(), strict=True):
            place[...] = self._notation.back(value, place)
        self.n_steps += 1
        return steps

    def check(self) -> Comparison:
        """Compare every dW and db with numerical derivatives of the cost.

        Returns
        -------
        comparison : Comparison
            A table; true if all agree. It has the `differences` by name.
        """
        self.backward()
        gradients = {name: self._calculator.value(name) for name in self._equations.gradients()}
        pairs = zip(gradients.values(), self._places(), strict=True)
        exact = np.concatenate(
            [self._notation.back(value, place).ravel() for value, place in pairs]
        )
        wide, narrow = (numerical_gradient(self._objective.value, self._theta, h) for h in WIDTHS)
        is_better = np.abs(wide - exact) <= np.abs(narrow - exact)
        places = self._places(np.where(is_better, wide, narrow))
        derivatives = map(self._notation.matrix, places)
        return Comparison(gradients, dict(zip(gradients, derivatives, strict=True)))

    def _places(self, vector=None):
        """Return views of a vector like theta, by default of theta, in the order W, b, W, b, ..."""
        parameters = self._objective.layout.unpack(self._theta if vector is None else vector)
        return [part for pair in zip(parameters.W, parameters.b, strict=True) for part in pair]


def numerical_gradient(function, point, width):
    """Return the derivatives by differences of four values, exact up to the fourth power."""

    def along(direction):
        f = [function(point + k * width * direction) for k in (-2, -1, 1, 2)]
        return (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * width)

    return np.array([along(direction) for direction in np.eye(len(point))])
