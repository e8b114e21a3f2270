"""The equations of a network as Python, in two notations.

Convention
----------
Layers are counted from 1 to the number of layers; 0 is the input. Equations are strings, of which
the left side is a name and the right side can be evaluated. Where they are of any layer, letters in
braces stand for its names: {A_before} is A of the layer before.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_shallow import AbsoluteError, LogLoss, Poisson, SquaredError
from sklearn_shallow.losses.links import link_of

LETTERS = ("W", "b", "Z", "A", "g", "dg", "dW", "db", "dZ", "dA")


@dataclass(frozen=True)
class Notes:
    """The notation of lecture notes: columns are samples, layers are counted from 1.

    W1 has shape (units out, units in) and b1 (units, 1); dZ is of the loss of one sample, and the
    mean is taken in dW and db.
    """

    n_layers: int
    cost = "J"
    axis = 0  # of the outputs
    affine = "{Z} = {W} @ {A_before} + {b}"
    output_gradient = "{0}"
    weight_gradient = "{dW} = {dZ} @ {A_before}.T / m"
    bias_gradient = "{db} = {dZ}.sum(axis=1, keepdims=True) / m"
    input_gradient = "{dA_before} = {W}.T @ {dZ}"

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
    affine = "{Z} = {A_before} @ {W} + {b}"
    output_gradient = "({0}) / m"
    weight_gradient = "{dW} = {A_before}.T @ {dZ}"
    bias_gradient = "{db} = {dZ}.sum(axis=0)"
    input_gradient = "{dA_before} = {dZ} @ {W}.T"

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
        lines = ["X"]
        for layer in self.layers:
            lines += self._of_layer(layer, "{W}", "{b}", self.notation.affine, "{A} = {g}({Z})")
        lines += ["Y", *self._of_layer(self.layers[-1], "{cost} = L({Z}, Y).sum() / m")]
        if self.objective.alpha:
            squares = " + ".join(
                f"({self.notation.name('W', layer)}**2).sum()" for layer in self.layers
            )
            lines.insert(-1, f"penalty = alpha / (2 * m) * ({squares})")
            lines[-1] += " + penalty"
        return lines

    def backward(self):
        """Return the equations from the output back to the first layer."""
        notation, last = self.notation, self.notation.n_layers
        lines = self._of_layer(last, *self._output())
        for layer in reversed(self.layers):
            if layer < last:
                lines += self._of_layer(layer, "{dZ} = {dA} * {dg}({Z})")
            lines += self._of_layer(layer, notation.weight_gradient, notation.bias_gradient)
            if self.objective.alpha:
                lines[-2] += f" + alpha / m * {notation.name('W', layer)}"
            if layer > 1:
                lines += self._of_layer(layer, notation.input_gradient)
        return lines

    def step(self, rate):
        """Return the equations of a step of gradient descent."""
        pairs = zip(self.parameters(), self.gradients(), strict=True)
        return [f"{name} = {name} - {rate!r} * {gradient}" for name, gradient in pairs]

    def parameters(self):
        """Return the names of the parameters, in the order of theta."""
        return [name for layer in self.layers for name in self._of_layer(layer, "{W}", "{b}")]

    def gradients(self):
        """Return the names of the gradients of the parameters, in the order of theta."""
        return [name for layer in self.layers for name in self._of_layer(layer, "{dW}", "{db}")]

    def _of_layer(self, layer, *equations):
        """Return equations with the names of a layer in place of the letters in braces."""
        name = self.notation.name
        names = {letter: name(letter, layer) for letter in LETTERS} | {"cost": self.notation.cost}
        names |= {"A_before": name("A", layer - 1), "dA_before": name("dA", layer - 1)}
        return [equation.format(**names) for equation in equations]

    def _output(self):
        """Return the equations of dZ of the output layer, of which the letters are in braces."""
        loss = self.objective.loss
        link, whole = link_of(loss).name, self.notation.output_gradient
        residual = {SquaredError: "{A} - Y", AbsoluteError: "np.sign({A} - Y)"}.get(type(loss))
        is_canonical = isinstance(loss, LogLoss | Poisson)
        is_canonical |= isinstance(loss, SquaredError) and link == "identity"
        if np.isnan(self.objective.Y).any():
            residual = None
        elif is_canonical:
            return ["{dZ} = " + whole.format("{A} - Y")]
        if residual is None or link == "log":
            return ["{dZ} = " + whole.format("dL({Z}, Y)")]
        slope = "{dA} * {dg}({Z})"
        if link == "softmax":
            axis = f"axis={self.notation.axis}, keepdims=True"
            slope = "{A} * ({dA} - ({dA} * {A}).sum(" + axis + "))"
        return ["{dA} = " + whole.format(residual), "{dZ} = " + slope]
