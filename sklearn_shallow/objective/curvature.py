"""The Gauss-Newton matrix of an objective: whole, seen from the rows, and as an operator.

Convention
----------
J : derivatives of raw with respect to theta. With C the curvature of the loss, the matrix is
``sum_i s_i J_i' C_i J_i`` and that of the penalty: the Hessian of F times the sum of the weights,
but for the second derivatives of the network (Schraudolph 2002, Neural Computation 14). It has no
negative eigenvalue. For the log-loss and the deviances it is Fisher's information.
first : the layer that theta begins with here; those before it are held fixed.
"""

import numpy as np
from scipy import sparse

from sklearn_shallow.network.passes import Jacobian, Workspace

__all__ = [
    "JACOBIAN_BYTES",
    "GaussNewton",
    "RowKernel",
    "gauss_newton",
    "inner_products",
    "jacobian_blocks",
    "kernel",
    "linearised",
    "with_roots",
]

JACOBIAN_BYTES = 2**24  # of a block of rows of J


def linearised(network, parameters, X, work, first=0):
    """Return raw for rows of X, and the Jacobian there; `work` is used up."""
    raw = np.empty((network.layout.units[-1], X.shape[0]), parameters.flat.dtype).T
    network.forward(parameters, X, work, raw)
    return raw, Jacobian(network, parameters, X, work, first)


def jacobian_blocks(objective, theta, first=0):
    """Yield the matrix whose columns are the roots of the curvature, (n_params, n_rows), in blocks.

    The sum of the blocks times their transposes is the Gauss-Newton matrix without the penalty.
    Each block is valid until the next one.
    """
    layout = objective.layout
    theta = theta.astype(objective.dtype, copy=False)
    parameters = layout.unpack(theta)
    n_params = layout.n_params - layout.layers[first].start
    size = max(1, JACOBIAN_BYTES // (n_params * objective.dtype.itemsize))
    size = min(size, objective.block_rows, objective.n_rows)
    buffer = np.empty((n_params, size), objective.dtype)
    for start in range(0, objective.n_rows, size):
        rows = slice(start, min(start + size, objective.n_rows))
        X, Y, weight = objective.take(rows)
        X = X.toarray() if sparse.issparse(X) and first == 0 else X
        work = objective.workspace(len(Y))
        raw, jacobian = linearised(objective.network, parameters, X, work, first)
        block = buffer if len(Y) == size else np.empty((n_params, len(Y)), objective.dtype)
        for direction in objective.loss.directions(Y, raw):
            if weight is not None:
                direction *= np.sqrt(weight)[:, np.newaxis]
            yield jacobian.rows(direction, out=block)


def gauss_newton(objective, theta, first=0):
    """Return the Gauss-Newton matrix of the smooth part of F, (n_params, n_params), float64.

    Accumulated over blocks of rows: the memory needed does not grow with these.
    """
    l2 = objective.l2[objective.layout.layers[first].start :]
    n_params = len(l2)
    matrix, part = np.zeros((n_params, n_params)), np.empty((n_params, n_params), objective.dtype)
    for block in jacobian_blocks(objective, theta, first):
        np.matmul(block, block.T, out=part)
        matrix += part
    matrix /= objective.total_weight
    matrix[np.diag_indices(n_params)] += l2
    return matrix


def with_roots(objective, theta, rows):
    """Return the Jacobian of some rows, and the roots of their weighted curvature.

    Parameters
    ----------
    rows : slice or ndarray of int
    """
    Y, weight, raw, jacobian = _linearised_rows(objective, theta, rows)
    root_weight = 1 if weight is None else np.sqrt(weight)[:, np.newaxis]
    return jacobian, [root_weight * root for root in objective.loss.directions(Y, raw)]


def _linearised_rows(objective, theta, rows):
    """Return Y, the weights, raw and the Jacobian of some rows."""
    parameters = objective.layout.unpack(theta.astype(objective.dtype, copy=False))
    X, Y, weight = objective.take(rows)
    X = X if sparse.issparse(X) else X.copy()  # it may be valid for the moment only
    work = Workspace(objective.network, len(Y), objective.dtype)
    return Y, weight, *linearised(objective.network, parameters, X, work)


def kernel(objective, theta):
    """Return the matrix that has the eigenvalues of the Gauss-Newton matrix and the size of the
    rows, (n_rows * n_roots,) * 2 in float64, without the penalty, times the sum of the weights.
    """
    jacobian, roots = with_roots(objective, theta, slice(0, objective.n_rows))
    signals = [jacobian.signals(root) for root in roots]
    layers = [
        (A.astype(np.float64), np.vstack(dZ).astype(np.float64))
        for A, *dZ in zip(jacobian.inputs, *signals, strict=True)
    ]
    return inner_products(layers, layers)


def inner_products(one, other):
    """Return the inner products of the columns that the inputs and signals of two sets make.

    The derivatives of a row with respect to a layer are an outer product, so that of two rows the
    inner product is a product of inner products, and J is never formed.

    Parameters
    ----------
    one, other : lists, per layer the inputs, (n_rows, n_in), ndarray or CSR, and the signals,
        (n_rows * n_directions, n_out), one direction after the other
    """
    total = 0.0
    for (A, dA), (B, dB) in zip(one, other, strict=True):
        inputs = A @ B.T
        inputs = inputs.toarray() if sparse.issparse(inputs) else inputs
        repeats = len(dA) // A.shape[0], len(dB) // B.shape[0]
        total += np.tile(inputs, repeats) * (dA @ dB.T)
    return total


class GaussNewton:
    """The Gauss-Newton matrix, without the penalty, times the sum of the weights: its products.

    The forward pass of derivatives is the R-operator of Pearlmutter 1994 (Neural Computation 6).

    Parameters
    ----------
    objective : Objective
    theta : ndarray of shape (n_params,)
    rows : slice or ndarray of int
        Those that stand for all.
    """

    def __init__(self, objective, theta, rows):
        self.size = objective.n_params
        self._dtype = objective.dtype
        Y, weight, raw, self._jacobian = _linearised_rows(objective, theta, rows)
        self._curved = objective.loss.curvature_product(Y, raw)
        scale = objective.n_rows / len(Y)
        self._weight = scale if weight is None else scale * weight[:, np.newaxis]

    def multiply(self, vector):
        """Return the product with a vector, in float64."""
        curved = self._curved(self._jacobian.forward(vector.astype(self._dtype)))
        curved *= self._weight
        return self._jacobian.backward(curved)


class RowKernel:
    """The matrix of `kernel` for rows that stand for all, as an operator.

    Its vectors have an entry for every row and root, one root after the other, where those of
    `GaussNewton` have one for every parameter.

    Parameters
    ----------
    objective, theta, rows : as for `GaussNewton`
    """

    def __init__(self, objective, theta, rows):
        self._jacobian, roots = with_roots(objective, theta, rows)
        scale = np.sqrt(objective.n_rows / len(roots[0]))
        self._roots = np.array(roots, objective.dtype) * objective.dtype.type(scale)
        self.size = self._roots[..., 0].size

    def multiply(self, vector):
        """Return the product with a vector, in float64."""
        weights = vector.astype(self._roots.dtype).reshape(*self._roots.shape[:2], 1)
        gradient = self._jacobian.backward((self._roots * weights).sum(axis=0))
        change = self._jacobian.forward(gradient.astype(self._roots.dtype))
        return (self._roots * change).sum(axis=2, dtype=np.float64).ravel()
