"""Forward and backward pass, vectorised over the rows.

Convention
----------
X : ndarray, CSR or a class with the same products, of shape (n_rows, n_features + 1); the last
    column holds ones.
A[0] = X; A[l + 1] = activation_l(Z[l]) with Z[l] = A[l] W[l] + b[l]; raw = Z[-1].
dQ is the gradient of the summed loss with respect to Q. With g' the derivative of the activation:

    dZ[l] = dA[l + 1] * g'(Z[l])     (for the output layer: the gradient of the loss)
    dW[l] = A[l].T dZ[l]             db[l] = sum of dZ[l] over the rows
    dA[l] = dZ[l] W[l].T

Gradients are sums over rows, never means, so that those of blocks of rows add up.

Work arrays are (n_rows, n_units) in Fortran order, one unit after the other. Reductions over the
outputs then run along memory, and a hidden layer is contiguous although a column of ones follows
it, so that ``A W + b`` and ``(dW, db)`` are one matrix product each.
"""

from copy import copy
from itertools import pairwise

import numpy as np

MIN_PART_INACTIVE = 0.1  # fraction of inactive hidden units from which omitting them pays


class Workspace:
    """The work arrays of a forward and backward pass over a fixed number of rows.

    The last column of every A is one; `outputs` are views of its other columns. Z is the same array
    as these if the activation works in place. dA and dZ always share memory.
    """

    def __init__(self, network, n_rows, dtype):
        self.A, self.outputs, self.Z = [], [], []
        hidden = network.layout.units[1:-1]
        for n_units, activation in zip(hidden, network.activations, strict=True):
            A = np.empty((n_units + 1, n_rows), dtype).T
            A[:, -1] = 1
            outputs = A[:, :-1]
            self.A.append(A)
            self.outputs.append(outputs)
            self.Z.append(outputs if activation.in_place else np.empty((n_units, n_rows), dtype).T)
        self.dZ = [np.empty((n_units, n_rows), dtype).T for n_units in network.layout.units[1:]]


class Network:
    """Affine layers, each but the last one followed by an activation."""

    def __init__(self, layout, activations):
        self.layout = layout
        self.activations = activations

    def forward(self, parameters, X, work, raw):
        """Return the raw output, written into `raw`, and fill the workspace."""
        A = X
        for layer, activation in enumerate(self.activations):
            Z = work.Z[layer]
            multiply(A, parameters.affine[layer], out=Z)
            activation.forward(Z, out=work.outputs[layer])
            A = work.A[layer]
        multiply(A, parameters.affine[-1], out=raw)
        return raw

    def active_units(self, parameters, low, high):
        """Return the units of every layer, without hidden units that are zero for all X within
        bounds.

        Parameters
        ----------
        low, high : ndarrays of shape (n_features,), the bounds; infinite where there is none
        """
        kept = [np.arange(n_units) for n_units in self.layout.units]
        layers = zip(self.activations, parameters.W, parameters.b, strict=False)
        for number, (activation, W, b) in enumerate(layers, 1):
            if not activation.ends_at_zero:
                break
            with np.errstate(invalid="ignore", over="ignore"):
                maximum = b + low @ np.minimum(W, 0) + high @ np.maximum(W, 0)
            kept[number] = np.flatnonzero(~(maximum <= 0))
            low, high = np.zeros_like(maximum), np.maximum(maximum, 0)
        return kept

    def backward(self, parameters, X, work, gradient):
        """Write the gradient with respect to the parameters, given that with respect to raw.

        The latter is ``work.dZ[-1]``. `forward` has filled the workspace; this method overwrites
        it.
        """
        for layer in range(len(self.activations), 0, -1):
            dZ, dA = work.dZ[layer], work.dZ[layer - 1]
            # np.dot takes less time than np.matmul, and calls BLAS for a column times a row
            np.dot(work.A[layer - 1].T, dZ, out=gradient.affine[layer])
            np.dot(parameters.W[layer], dZ.T, out=dA.T)
            self.activations[layer - 1].backward(dA, work.Z[layer - 1], work.outputs[layer - 1])
        product = np.dot if isinstance(X, np.ndarray) else multiply
        product(X.T, work.dZ[0], out=gradient.affine[0])


class Jacobian:
    """The derivatives of combinations of the outputs of every row with respect to the parameters.

    A combination of the outputs is ``sum(direction * raw)`` of every row; a direction is like raw.
    `forward` has filled the workspace; this class overwrites it. All arrays of rows but X are in
    Fortran order: products of arrays in different orders take five times as long.
    """

    def __init__(self, network, parameters, X, work):
        self.layout, self.W = network.layout, parameters.W
        self.inputs = [X, *(A.copy(order="K") for A in work.A)]
        self.slopes = []
        layers = zip(network.activations, work.Z, work.A, strict=True)
        for activation, Z, A in layers:
            slope = np.ones_like(Z)
            activation.backward(slope, Z, A[:, :-1])
            self.slopes.append(slope)

    def of_active_units(self):
        """Return the Jacobian with respect to the parameters of the active hidden units, and the
        positions of these parameters.

        Units are active if they are not zero for all rows; derivatives with respect to the other
        parameters are zero. If few units are inactive, all parameters are kept.
        """
        hidden = zip(self.slopes, self.inputs[1:], strict=True)
        active = [np.flatnonzero(slope.any(axis=0) | A[:, :-1].any(axis=0)) for slope, A in hidden]
        if sum(map(len, active)) > (1 - MIN_PART_INACTIVE) * sum(self.layout.units[1:-1]):
            return self, slice(None)
        ends = (np.arange(n_units) for n_units in (self.layout.units[0], self.layout.units[-1]))
        kept = [next(ends), *active, next(ends)]
        layout, places = self.layout.of_units(kept)
        twin = copy(self)
        twin.layout = layout
        twin.W = [W[np.ix_(*pair)] for W, pair in zip(self.W, pairwise(kept), strict=True)]
        hidden = list(zip(self.slopes, self.inputs[1:], active, strict=True))
        twin.inputs = [self.inputs[0], *(A.T[np.append(units, -1)].T for _, A, units in hidden)]
        twin.slopes = [slope.T[units].T for slope, _, units in hidden]
        return twin, places

    def signals(self, direction):
        """Return dZ of every layer for a combination of the outputs."""
        dZ = [direction]
        for W, slope in zip(self.W[:0:-1], self.slopes[::-1], strict=True):
            multiplied = np.multiply if W.shape[1] == 1 else np.matmul
            dA = multiplied(dZ[-1], W.T, order="F")
            dA *= slope
            dZ.append(dA)
        return dZ[::-1]

    def forward(self, change):
        """Return the first-order change of raw for a change of the parameters."""
        affine = [
            change[part].reshape(A.shape[1], -1)
            for part, A in zip(self.layout.layers, self.inputs, strict=True)
        ]
        dZ = (affine[0].T @ self.inputs[0].T).T
        later = zip(self.slopes, self.inputs[1:], self.W[1:], affine[1:], strict=True)
        for slope, A, W, step in later:
            dZ *= slope
            dZ = (W.T @ dZ.T + step.T @ A.T).T
        return dZ

    def backward(self, direction):
        """Return the gradient of a combination of the outputs, summed over the rows, in float64."""
        gradient = np.empty(self.layout.layers[-1].stop)
        layers = zip(self.layout.layers, self.inputs, self.signals(direction), strict=True)
        for part, A, dZ in layers:
            # OpenBLAS is fastest with the smaller factor on the right
            product = A.T @ dZ if A.shape[1] >= dZ.shape[1] else (dZ.T @ A).T
            gradient[part] = product.ravel()
        return gradient

    def rows(self, direction, out):
        """Write the derivatives of a combination of the outputs, transposed: (n_params, n_rows)."""
        layers = zip(self.layout.layers, self.inputs, self.signals(direction), strict=True)
        for part, A, dZ in layers:
            A = A if isinstance(A, np.ndarray) else A.toarray()
            shape = (A.shape[1], dZ.shape[1], len(dZ))
            np.multiply(A.T[:, np.newaxis], dZ.T[np.newaxis], out=out[part].reshape(shape))
        return out


def multiply(left, right, out):
    """``out = left @ right``; allocates an array like `out` if `left` is not an ndarray."""
    if isinstance(left, np.ndarray):
        np.matmul(left, right, out=out)
    else:
        np.copyto(out, left @ right)
