"""The evaluation of equations as they are printed."""

import numpy as np

from sklearn_shallow.losses.links import link_of
from sklearn_shallow.teaching.notation import LETTERS
from sklearn_shallow.teaching.table import Steps


class Calculator:
    """Names with their values, and equations that define more of them.

    Parameters
    ----------
    notation : Notes or Library
    objective : Objective
    """

    def __init__(self, notation, objective):
        self._notation = notation
        link = link_of(objective.loss)

        def mean(raw):
            return link.inverse(raw, out=np.empty_like(raw))

        self._space = {name: {} for name in LETTERS}  # where names are like Z[0]
        self._space |= {
            "np": np,
            "X": notation.matrix(objective.X[:, :-1]),
            "Y": notation.matrix(objective.Y),
            "m": objective.n_rows,
            "alpha": objective.alpha,
            "L": self._of_rows(lambda raw, Y: objective.row_losses(Y, raw)),
            "dL": self._of_rows(lambda raw, Y: objective.loss_gradient(Y, raw, out=raw.copy())),
        }
        layers = [(one.function, one.derivative) for one in objective.network.activations]
        slope = self._of_rows(lambda raw: link.chain(np.ones_like(raw), mean(raw)))
        for layer, pair in enumerate([*layers, (self._of_rows(mean), slope)], 1):
            for letter, function in zip(("g", "dg"), pair, strict=True):
                self.define(notation.name(letter, layer), function)

    def _of_rows(self, function):
        """Return a function of the library for matrices of the notation."""
        turned = self._notation.matrix
        return lambda *arrays: turned(function(*(np.array(turned(array)) for array in arrays)))

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
