"""The Gauss-Newton matrix of an objective.

Convention
----------
J : derivatives of raw with respect to theta. With C the curvature of the loss, the matrix is
``sum_i s_i J_i' C_i J_i`` and that of the penalty: the Hessian of F times the sum of the weights,
but for the second derivatives of the network (Schraudolph 2002, Neural Computation 14). It has no
negative eigenvalue. For the log-loss and the deviances it is Fisher's information.
"""

import numpy as np
from scipy import sparse

from sklearn_shallow._network import Jacobian

__all__ = ["gauss_newton", "jacobian_blocks"]

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
