"""The evaluation of equations: what is printed is what is computed."""

import numpy as np

from sklearn_shallow.losses.links import link_of
from sklearn_shallow.teaching.table import Steps

LISTS = ("W", "b", "Z", "A", "g", "dg", "dW", "db", "dZ", "dA")  # where names are like Z[0]


class Calculator:
    """Names with their values, and equations that define more of them.

    Parameters
    ----------
    notation : Notes or Library
    objective : Objective
    """

    def __init__(self, notation, objective):
        self._notation, self._objective = notation, objective
        self._space = {name: {} for name in LISTS} | {
            "np": np,
            "X": notation.matrix(objective.X[:, :-1]),
            "Y": notation.matrix(objective.Y),
            "m": objective.n_rows,
            "alpha": objective.alpha,
            "relevance": objective.relevance,
            "L": self._losses,
            "dL": self._loss_gradient,
        }
        for layer, activation in enumerate(objective.network.activations, 1):
            self.define(notation.name("g", layer), activation.function)
            self.define(notation.name("dg", layer), activation.derivative)
        self.define(notation.name("g", notation.n_layers), self._mean)
        self.define(notation.name("dg", notation.n_layers), self._slope_of_mean)

    def define(self, name, value):
        """Give a name a value."""
        exec(f"{name} = value_", self._space | {"value_": value}, self._space)

    def value(self, name):
        """Return the value of a name."""
        return eval(name, self._space)

    def run(self, equations):
        """Evaluate equations in their order, and return them with what they define."""
        values = {}
        for equation in equations:
            name, _, right = equation.partition(" = ")
            if right:
                self.define(name, eval(right, self._space))
            values[name] = np.copy(self.value(name))
        return Steps(equations, values)

    def _losses(self, Z, Y):
        """Return the loss of every sample."""
        rows = self._notation.matrix
        return self._objective.row_losses(rows(Y), rows(Z))

    def _loss_gradient(self, Z, Y):
        """Return the derivative of the losses with respect to Z of the output layer."""
        raw, Y = (np.array(self._notation.matrix(array)) for array in (Z, Y))
        return self._notation.matrix(self._objective.loss_gradient(Y, raw, out=np.empty_like(raw)))

    def _mean(self, Z):
        raw = self._notation.matrix(Z)
        mean = link_of(self._objective.loss).inverse(raw, out=np.empty_like(raw))
        return self._notation.matrix(mean)

    def _slope_of_mean(self, Z):
        mean = self._notation.matrix(self._mean(Z)).copy()
        slope = link_of(self._objective.loss).chain(np.ones_like(mean), mean)
        return self._notation.matrix(slope)
