"""Dropout: random zeros among the inputs of a layer, in training only.

Srivastava et al. 2014 (JMLR 15), as inverted dropout: the other values are divided by the
probability of keeping them, so that prediction needs no change.
"""

import numpy as np
from scipy import sparse

from sklearn_shallow.network.activations import Activation
from sklearn_shallow.network.passes import Network


class Dropout:
    """Dropout as the noise of an `Objective`: a network with dropout, and dropout of its inputs.

    `rates` holds the dropout rate of the inputs and that of every hidden layer.
    """

    def __init__(self, network, rates, rng):
        self.rate, self.rng = rates[0], rng
        activations = [
            ActivationWithDropout(activation, rate, rng) if rate else activation
            for activation, rate in zip(network.activations, rates[1:], strict=True)
        ]
        self.network = Network(network.layout, activations)

    def disturb(self, X):
        """Return X with a random part of the inputs set to zero."""
        return drop(X, self.rate, self.rng) if self.rate else X


class ActivationWithDropout(Activation):
    """An activation whose outputs are each set to zero with probability `rate` in a forward
    pass."""

    def __init__(self, activation, rate, rng):
        self.activation, self.rate, self.rng = activation, rate, rng

    def forward(self, Z, out):
        self._A = np.empty_like(Z)
        self.activation.forward(Z, self._A)
        self._mask = mask_like(Z, self.rate, self.rng)
        np.multiply(self._A, self._mask, out=out)

    def backward(self, dA, Z, A):
        dA *= self._mask
        self.activation.backward(dA, Z, self._A)


def mask_like(A, rate, rng):
    """Return an array like A with zeros and, with probability 1 - rate, 1 / (1 - rate)."""
    uniform = rng.random(A.shape[::-1], dtype=A.dtype.type).T
    return np.multiply(uniform >= rate, 1 / (1 - rate), dtype=A.dtype)


def drop(X, rate, rng):
    """Return X, (n_rows, n_features + 1), with dropout in all columns but the column of ones."""
    X = X.copy()
    if sparse.issparse(X):
        kept = mask_like(X.data[:, np.newaxis], rate, rng)[:, 0]
        X.data *= np.where(X.indices == X.shape[1] - 1, 1, kept).astype(X.dtype)
    else:
        X[:, :-1] *= mask_like(X[:, :-1], rate, rng)
    return X
