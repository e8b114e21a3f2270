"""The Gauss-Newton matrix of an objective: whole, seen from the rows, and as an operator.

Convention
----------
J : derivatives of raw with respect to theta. With C the curvature of the loss, the matrix is
``sum_i s_i J_i' C_i J_i`` and that of the penalty: the Hessian of F times the sum of the weights,
but for the second derivatives of the network (Schraudolph 2002, Neural Computation 14). It has no
negative eigenvalue. For the log-loss and the deviances it is Fisher's information.
"""

import numpy as np
from scipy import sparse

from sklearn_shallow._network import Jacobian, Workspace

__all__ = ["GaussNewton", "gauss_newton", "jacobian_blocks", "kernel"]

JACOBIAN_BYTES = 2**24  # of a block of rows of J


def jacobian_blocks(objective, theta):
    """Yield the matrix whose columns are the roots of the curvature, (n_params, n_rows), in blocks.

    The sum of the blocks times their transposes is the Gauss-Newton matrix without the penalty.
    Each block is valid until the next one.
    """
    layout = objective.layout
    theta = theta.astype(objective.dtype, copy=False)
    parameters = layout.unpack(theta)
    size = max(1, JACOBIAN_BYTES // (layout.n_params * objective.dtype.itemsize))
    size = min(size, objective.block_rows, objective.n_rows)
    buffer = np.empty((layout.n_params, size), objective.dtype)
    for start in range(0, objective.n_rows, size):
        rows = slice(start, min(start + size, objective.n_rows))
        X, Y, weight = objective.take(rows)
        work = objective.workspace(len(Y))
        raw = np.empty(Y.shape[::-1], objective.dtype).T
        objective.network.forward(parameters, X, work, raw)
        X = X.toarray() if sparse.issparse(X) else X
        jacobian = Jacobian(objective.network, parameters, X, work)
        block = buffer if len(Y) == size else np.empty((layout.n_params, len(Y)), objective.dtype)
        for direction in objective.loss.directions(Y, raw):
            if weight is not None:
                direction *= np.sqrt(weight)[:, np.newaxis]
            yield jacobian.rows(direction, out=block)


def gauss_newton(objective, theta):
    """Return the Gauss-Newton matrix of the smooth part of F, (n_params, n_params), float64.

    Accumulated over blocks of rows: the memory needed does not grow with these.
    """
    n_params = objective.n_params
    matrix, part = np.zeros((n_params, n_params)), np.empty((n_params, n_params), objective.dtype)
    for block in jacobian_blocks(objective, theta):
        np.matmul(block, block.T, out=part)
        matrix += part
    matrix /= objective.total_weight
    matrix[np.diag_indices(n_params)] += objective.l2
    return matrix


def linearised(objective, theta, rows):
    """Return the Jacobian of some rows, and the roots of their weighted curvature.

    Parameters
    ----------
    rows : slice or ndarray of int
    """
    parameters = objective.layout.unpack(theta.astype(objective.dtype, copy=False))
    X, Y, weight = objective.take(rows)
    X = X.toarray() if sparse.issparse(X) else X.copy()  # it may be valid for the moment only
    work = Workspace(objective.network, len(Y), objective.dtype)
    raw = objective.network.forward(parameters, X, work, raw=work.dZ[-1])
    roots = list(objective.loss.directions(Y, raw))
    if weight is not None:
        for root in roots:
            root *= np.sqrt(weight)[:, np.newaxis]
    return Jacobian(objective.network, parameters, X, work), roots


def kernel(objective, theta):
    """Return the matrix that has the eigenvalues of the Gauss-Newton matrix and the size of the
    rows, (n_rows * n_roots,) * 2 in float64, without the penalty, times the sum of the weights.

    J is never formed: the derivatives of a row with respect to a layer are an outer product, so
    the inner product of two rows is a product of inner products.
    """
    jacobian, roots = linearised(objective, theta, slice(0, objective.n_rows))
    signals = [jacobian.signals(root) for root in roots]
    n_rows, n_roots = objective.n_rows, len(roots)
    total = np.zeros((n_roots, n_rows, n_roots, n_rows))
    for layer, A in enumerate(jacobian.inputs):
        A = A.astype(np.float64)
        dZ = np.vstack([signal[layer] for signal in signals]).astype(np.float64)
        outputs = (dZ @ dZ.T).reshape(total.shape)
        outputs *= (A @ A.T)[:, np.newaxis]
        total += outputs
    return total.reshape(n_rows * n_roots, -1)


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
        self._layout, self._dtype = objective.layout, objective.dtype
        self._jacobian, self._roots = linearised(objective, theta, rows)
        self._scale = objective.n_rows / len(self._roots[0])

    def multiply(self, vector):
        """Return the product with a vector, in float64."""
        change = self._layout.unpack(vector.astype(self._dtype))
        d_raw = self._jacobian.forward(change)
        weighted = np.zeros_like(d_raw)
        for root in self._roots:
            weighted += root * np.einsum("ij,ij->i", root, d_raw)[:, np.newaxis]
        return self._scale * self._jacobian.backward(weighted)
