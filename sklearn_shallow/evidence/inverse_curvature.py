"""The inverse of the curvature of the objective, in the space of the parameters or of the rows.

    H = sum_i s_i J_i' C_i J_i + P

Convention
----------
J_i : derivatives of the raw output of a row with respect to theta, (n_outputs, n_params)
C_i : curvature of the loss of a row, (n_outputs, n_outputs)
P : diagonal, the precision of the prior
V : ndarray of shape (n_rows, n_outputs, n_outputs), ``J_i H^-1 J_i'`` of every row
"""

import numpy as np
from scipy import sparse
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from sklearn_shallow.objective.curvature import (
    JACOBIAN_BYTES,
    factors,
    inner_products,
    linearised,
    with_roots,
)
from sklearn_shallow.objective.formula import block_rows

SINGULAR = (
    "The curvature of the objective is singular to working precision, so that the parameters have "
    "no posterior. Set a larger alpha and standardize=True, or posterior=None."
)


class InverseCurvature:
    """The inverse of H, by the lower Cholesky factor of a matrix, `factor` of a subclass.

    `kind` names the rows of this matrix: "parameters", "rows", or a "sample" of the rows.
    """

    def __init__(self, objective, theta, precision):
        self.network = objective.network
        self.theta = theta.astype(np.float64)
        self.precision = precision

    def moments(self, X):
        """Return raw and V for rows of X, ndarray or CSR of shape (n_rows, n_features + 1)."""
        raw, jacobian = linearised(self.network, self.theta, X)
        units = [np.broadcast_to(unit, raw.shape) for unit in np.eye(raw.shape[1])]
        return raw, self.covariance(jacobian, units)

    @property
    def block_rows(self):
        """Number of rows in a block whose moments are computed at once."""
        size = JACOBIAN_BYTES // (8 * len(self.factor) * self.network.layout.units[-1])
        return max(1, min(size, block_rows(self.network.layout, np.float64)))


class ParameterSpace(InverseCurvature):
    """The inverse of H by the Cholesky factor of H."""

    kind = "parameters"

    def __init__(self, objective, theta, precision):
        super().__init__(objective, theta, precision)
        matrix = objective.total_weight * objective.curvature(self.theta)
        matrix[np.diag_indices(len(matrix))] += self.precision
        self.factor = factored(matrix)

    def covariance(self, jacobian, directions):
        """Return the covariances of combinations of the outputs, (n_rows, n_directions,
        n_directions)."""
        shape = len(self.factor), len(directions[0])
        rows = np.hstack([jacobian.rows(d, out=np.empty(shape)) for d in directions])
        return outer_products(whitened(self.factor, rows), len(directions))

    def inverse(self):
        """Return ``H^-1``, (n_params, n_params)."""
        root = whitened(self.factor, np.eye(len(self.factor)))
        return root.T @ root


class RowSpace(InverseCurvature):
    """The inverse of H by the Cholesky factor of ``I + R' P^-1 R``, R the roots of the curvature.

    R has a column for every row and root, one root after the other. R is never formed: its parts
    are outer products of the inputs and the signals of the layers, which are stored. By Woodbury's
    formula, ``H^-1 = P^-1 - P^-1 R (I + R' P^-1 R)^-1 R' P^-1``. Every row counts `repeats` times.
    """

    def __init__(self, objective, theta, precision, repeats=1.0):
        super().__init__(objective, theta, precision)
        self.kind = "rows" if repeats == 1 else "sample"
        layers = zip(objective.layout.layers, objective.layout.units[1:], strict=True)
        self.scales = [self.precision[part][::n_out] ** -0.5 for part, n_out in layers]
        jacobian, roots = with_roots(objective, self.theta, slice(None))
        roots = [np.sqrt(repeats) * root for root in roots]
        self.roots = factors(jacobian, roots, self.scales)
        kernel = inner_products(self.roots, self.roots)
        if not np.diag(kernel).max() < 1 / np.finfo(np.float64).eps:  # adding 1 would be lost
            raise ValueError(SINGULAR)
        kernel[np.diag_indices(len(kernel))] += 1
        self.factor = factored(kernel)

    def covariance(self, jacobian, directions):
        rows = factors(jacobian, directions, self.scales)
        prior = sum(
            squares(A)[:, np.newaxis, np.newaxis] * outer_products(dZ.T, len(directions))
            for A, dZ in rows
        )
        known = whitened(self.factor, inner_products(self.roots, rows))
        V = prior - outer_products(known, len(directions))
        variances = np.einsum("ikk->ik", V)  # a view
        np.maximum(variances, 0, out=variances)  # may be negative by cancellation, if P is small
        return V

    def inverse(self):
        parts = []
        for A, dZ in self.roots:
            A = A.toarray() if sparse.issparse(A) else A
            inputs = np.tile(A.T, len(dZ) // len(A))
            parts.append((inputs[:, np.newaxis] * dZ.T).reshape(-1, len(dZ)))
        root = whitened(self.factor, np.vstack(parts).T)
        inverse = -(root.T @ root)
        inverse[np.diag_indices(len(inverse))] += 1
        return inverse / np.sqrt(np.outer(self.precision, self.precision))


def factored(matrix):
    """Return the lower Cholesky factor."""
    try:
        return cholesky(matrix, lower=True, overwrite_a=True)
    except (LinAlgError, ValueError):  # SciPy checks that numbers are finite
        raise ValueError(SINGULAR) from None


def whitened(factor, rows):
    """Return the rows multiplied by the inverse of the Cholesky factor."""
    return solve_triangular(factor, rows, lower=True, check_finite=False)


def outer_products(columns, n_directions):
    """Return the inner products of the columns that belong to one row, for every row: an array of
    shape (n_rows, n_directions, n_directions).

    The columns are ordered by direction, then by row.
    """
    columns = columns.reshape(len(columns), n_directions, -1).transpose(2, 1, 0)
    return columns @ columns.swapaxes(1, 2)


def squares(A):
    """Return the sum of the squares of every row of A."""
    return np.ravel((A.multiply(A) if sparse.issparse(A) else A * A).sum(axis=1))
