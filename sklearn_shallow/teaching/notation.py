"""The equations of a network as Python, in two notations.

Convention
----------
Layers are counted from 1 to the number of layers; 0 is the input. Equations are strings, of which
the left side is a name and the right side can be evaluated.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from sklearn_shallow import AbsoluteError, LogLoss, Poisson, SquaredError
from sklearn_shallow.losses.links import link_of


@dataclass(frozen=True)
class Notes:
    """The notation of lecture notes: columns are samples, layers are counted from 1.

    W1 has shape (units out, units in) and b1 (units, 1); dZ is of the loss of one sample, and the
    mean is taken in dW and db.
    """

    n_layers: int
    cost = "J"
    axis = 0  # of the outputs
    relevance = "relevance"  # of the columns of X, shaped to divide W of the first layer
    affine = "{W} @ {A} + {b}"
    output_gradient = "{dZ}"
    weight_gradient = "{dZ} @ {A}.T / m"
    bias_gradient = "{dZ}.sum(axis=1, keepdims=True) / m"
    input_gradient = "{W}.T @ {dZ}"

    def name(self, letter, layer):
        """Return what a matrix of a layer is called."""
        return "X" if (letter, layer) == ("A", 0) else f"{letter}{layer}"

    def matrix(self, array):
        """Return a matrix of the library, or a vector of biases, in this orientation."""
        return array.T if array.ndim == 2 else array[:, np.newaxis]

    def back(self, array, like):
        """Return a matrix of this orientation as the library has it."""
        return array.T.reshape(like.shape)


@dataclass(frozen=True)
class Library:
    """The notation of this library: rows are samples, lists are counted from 0.

    W[0] has shape (units in, units out) and b[0] (units,); the mean is taken once, in dZ of the
    output layer.
    """

    n_layers: int
    cost = "F"
    axis = 1
    relevance = "relevance[:, np.newaxis]"
    affine = "{A} @ {W} + {b}"
    output_gradient = "({dZ}) / m"
    weight_gradient = "{A}.T @ {dZ}"
    bias_gradient = "{dZ}.sum(axis=0)"
    input_gradient = "{dZ} @ {W}.T"

    def name(self, letter, layer):
        if letter in ("A", "dA"):
            if layer == self.n_layers:
                return {"A": "mean", "dA": "d_mean"}[letter]
            return "X" if (letter, layer) == ("A", 0) else f"{letter}[{layer}]"
        return f"{letter}[{layer - 1}]"

    def matrix(self, array):
        return array

    def back(self, array, like):
        return array


NOTATIONS: dict[str, Any] = {"notes": Notes, "library": Library}


class Equations:
    """The equations of a network in a notation.

    Parameters
    ----------
    notation : Notes or Library
    objective : Objective
    """

    def __init__(self, notation, objective):
        self.notation, self.objective = notation, objective
        self.layers = range(1, notation.n_layers + 1)

    def forward(self):
        """Return the equations from X to the cost."""
        name_of, last = self.notation.name, self.notation.n_layers
        lines = ["X"]
        for layer in self.layers:
            W, b, Z = name_of("W", layer), name_of("b", layer), name_of("Z", layer)
            sums = self.notation.affine.format(W=W, A=name_of("A", layer - 1), b=b)
            lines += [W, b, f"{Z} = {sums}"]
            lines += [f"{name_of('A', layer)} = {name_of('g', layer)}({Z})"]
        lines.append("Y")
        cost = f"{self.notation.cost} = L({name_of('Z', last)}, Y).sum() / m"
        if self.objective.alpha:
            weights = [(name_of("W", layer) + "**2", layer) for layer in self.layers]
            squares = [f"({self._relevant(*pair)}).sum()" for pair in weights]
            lines.append(f"penalty = alpha / (2 * m) * ({' + '.join(squares)})")
            cost += " + penalty"
        return [*lines, cost]

    def backward(self):
        """Return the equations from the output back to the first layer."""
        name_of, last = self.notation.name, self.notation.n_layers
        lines = self._output()
        for layer in reversed(self.layers):
            dZ, W, A = name_of("dZ", layer), name_of("W", layer), name_of("A", layer - 1)
            if layer < last:
                dA, dg, Z = name_of("dA", layer), name_of("dg", layer), name_of("Z", layer)
                lines.append(f"{dZ} = {dA} * {dg}({Z})")
            dW = self.notation.weight_gradient.format(dZ=dZ, A=A) + self._decay(layer)
            db = self.notation.bias_gradient.format(dZ=dZ)
            lines += [f"{name_of('dW', layer)} = {dW}", f"{name_of('db', layer)} = {db}"]
            if layer > 1:
                dA = self.notation.input_gradient.format(W=W, dZ=dZ)
                lines.append(f"{name_of('dA', layer - 1)} = {dA}")
        return lines

    def step(self, rate):
        """Return the equations of a step of gradient descent."""
        pairs = zip(self.parameters(), self.gradients(), strict=True)
        return [f"{name} = {name} - {rate!r} * {gradient}" for name, gradient in pairs]

    def parameters(self, prefix=""):
        """Return the names of the parameters, in the order of theta."""
        keys = product(self.layers, "Wb")
        return [self.notation.name(prefix + letter, layer) for layer, letter in keys]

    def gradients(self):
        """Return the names of the gradients of the parameters, in the order of theta."""
        return self.parameters("d")

    def _decay(self, layer):
        """Return the term of the decay in dW of a layer."""
        if not self.objective.alpha:
            return ""
        return f" + alpha / m * {self._relevant(self.notation.name('W', layer), layer)}"

    def _relevant(self, weights, layer):
        """Return weights divided by the relevance of their columns of X, where there is one."""
        if layer > 1 or self.objective.relevance is None:
            return weights
        return f"{weights} / {self.notation.relevance}"

    def _output(self):
        """Return the equations of dZ of the output layer."""
        name_of, last, loss = self.notation.name, self.notation.n_layers, self.objective.loss
        A, Z, dA, dZ = (name_of(letter, last) for letter in ("A", "Z", "dA", "dZ"))
        link, whole = link_of(loss).name, self.notation.output_gradient
        residual = {SquaredError: f"{A} - Y", AbsoluteError: f"np.sign({A} - Y)"}.get(type(loss))
        is_canonical = isinstance(loss, LogLoss | Poisson)
        is_canonical |= isinstance(loss, SquaredError) and link == "identity"
        if np.isnan(self.objective.Y).any():
            residual = None
        elif is_canonical:
            return [f"{dZ} = {whole.format(dZ=f'{A} - Y')}"]
        if residual is None or link == "log":
            return [f"{dZ} = {whole.format(dZ=f'dL({Z}, Y)')}"]
        slope = f"{dA} * {name_of('dg', last)}({Z})"
        if link == "softmax":
            total = f"({dA} * {A}).sum(axis={self.notation.axis}, keepdims=True)"
            slope = f"{A} * ({dA} - {total})"
        return [f"{dA} = {whole.format(dZ=residual)}", f"{dZ} = {slope}"]
