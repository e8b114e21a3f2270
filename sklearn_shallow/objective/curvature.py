"""The Gauss-Newton matrix of an objective: of the parameters, of the rows, and as an operator.

Convention
----------
J : derivatives of raw with respect to theta. With C the curvature of the loss, the matrix is
``sum_i s_i J_i' C_i J_i``: the Hessian of the sum of the losses, without the penalty and without
the second derivatives of the network (Schraudolph 2002, Neural Computation 14). It has no negative
eigenvalue. For the log-loss and the deviances it is Fisher's information.
roots : arrays like raw; the sum of their outer products, row by row, is ``s_i C_i``.
rows : slice or ndarray of int
"""

from itertools import pairwise

import numpy as np
from scipy import sparse

from sklearn_shallow.network.passes import Jacobian, Workspace
from sklearn_shallow.utils.blas import SYMV, SYRK
from sklearn_shallow.utils.rows import slices

JACOBIAN_BYTES = 2**24  # memory of a block of rows of J
MAX_ROWS = 2000  # rows up to which their matrix is formed: 16 MB in single precision
# Typical number of products with the matrix of the rows in one search for the decay
PRODUCTS, PRODUCTS_OF_LIKELIHOOD = 18, 7
# Costs in multiplications of a product without the matrix
COST_OF_ENTRY = 1 / 3  # forming one entry of the matrix, per unit of the network
COST_OF_UNIT = 20  # derivative of one unit, per row
TINY = 1e-100  # lower bound of a denominator


def linearised(network, theta, X):
    """Return raw for rows of X, and the Jacobian."""
    work = Workspace(network, X.shape[0], theta.dtype)
    parameters = network.layout.unpack(theta)
    raw = np.empty((network.layout.units[-1], X.shape[0]), theta.dtype).T
    network.forward(parameters, X, work, raw)
    return raw, Jacobian(network, parameters, X, work)


def linearised_rows(objective, theta, rows):
    """Return Y, the weights (or 1), raw and the Jacobian of some rows of an objective."""
    X, Y, weight = objective.take(rows)
    weight = 1 if weight is None else weight[:, np.newaxis]
    theta = theta.astype(objective.dtype, copy=False)
    return Y, weight, *linearised(objective.network, theta, X)


def with_roots(objective, theta, rows):
    """Return the Jacobian of some rows of an objective, and the roots."""
    Y, weight, raw, jacobian = linearised_rows(objective, theta, rows)
    return jacobian, [weight**0.5 * root for root in objective.hessian_roots(Y, raw)]


def curved_part(objective, theta, rows, rng):
    """Return the effective fraction of outputs of some rows with information on the parameters.

    With C the curvature of the loss at all outputs of these rows, the effective number of outputs
    is ``tr(C)**2 / tr(C**2)``: all if the curvature is equal, fewer if the network is certain of
    many labels, at least one. A random vector estimates the traces (Hutchinson 1989).
    """
    Y, weight, raw, _ = linearised_rows(objective, theta, rows)
    probe = rng.choice([-1.0, 1.0], size=raw.shape)
    curved = weight * objective.hessian_product(Y, raw)(probe.astype(raw.dtype))
    trace, trace_of_square = (
        float(np.vdot(other, curved)) for other in (probe, curved.astype(float))
    )
    part = trace**2 / max(probe.size * trace_of_square, TINY)
    return float(np.clip(part, 1 / probe.size, 1))


def gauss_newton(objective, theta):
    """Return the matrix divided by the sum of the weights, (n_params, n_params), float64."""
    n_params = objective.n_params
    matrix, part = np.zeros((n_params, n_params)), np.empty((n_params, n_params), objective.dtype)
    size = max(1, JACOBIAN_BYTES // (n_params * objective.dtype.itemsize))
    for rows in slices(objective.n_rows, min(size, objective.block_rows)):
        jacobian, roots = with_roots(objective, theta, rows)
        for root in roots:
            columns = jacobian.rows(root, out=np.empty((n_params, len(root)), objective.dtype))
            matrix += np.matmul(columns, columns.T, out=part)
    matrix /= objective.total_weight
    return matrix


def factors(jacobian, directions, scales=None):
    """Return the factors of J' times directions, whose columns are outer products per layer.

    A list with two arrays per layer: the inputs, (n_rows, n_in), ndarray or CSR, multiplied by the
    layer's entry of `scales`; and the signals, (n_rows * n_directions, n_out), one direction after
    the other.
    """
    X, *hidden = jacobian.inputs
    X = X if isinstance(X, np.ndarray) or sparse.issparse(X) else X.toarray()
    inputs = [A.astype(np.float64, copy=False) for A in (X, *hidden)]
    if scales is not None:
        pairs = zip(inputs, scales, strict=True)
        inputs = [A.multiply(s).tocsr() if sparse.issparse(A) else A * s for A, s in pairs]
    signals = zip(*(jacobian.signals(direction) for direction in directions), strict=True)
    signals = [np.vstack(dZ).astype(np.float64, copy=False) for dZ in signals]
    return list(zip(inputs, signals, strict=True))


def inner_products(one, other):
    """Return the inner products of the columns with two sets of `factors`.

    The inner product of two outer products is a product of inner products: J is never formed.
    """
    total = 0.0
    for (A, dA), (B, dB) in zip(one, other, strict=True):
        inputs = A @ B.T
        inputs = inputs.toarray() if sparse.issparse(inputs) else inputs
        repeats = len(dA) // A.shape[0], len(dB) // B.shape[0]
        total += np.tile(inputs, repeats) * (dA @ dB.T)
    return total


def kernel(objective, theta):
    """Return the matrix of the rows with the same eigenvalues except for zeros, of shape
    (n_rows * n_roots,) * 2 in float64."""
    columns = factors(*with_roots(objective, theta, slice(0, objective.n_rows)))
    return inner_products(columns, columns)


class GaussNewton:
    """Products with the Gauss-Newton matrix, estimated from a sample of the rows.

    The forward pass of derivatives is the R-operator of Pearlmutter 1994 (Neural Computation 6).
    """

    def __init__(self, objective, theta, rows):
        self.size = objective.n_params
        Y, weight, raw, jacobian = linearised_rows(objective, theta, rows)
        self._jacobian, self._places = jacobian.of_active_units()
        self._curved = objective.hessian_product(Y, raw)
        self._dtype, self._weight = raw.dtype, objective.n_rows / len(Y) * weight

    def multiply(self, vector):
        """Return the product with a vector, in float64."""
        some = vector[self._places].astype(self._dtype)
        curved = self._curved(self._jacobian.forward(some))
        curved *= self._weight
        product = np.zeros(self.size)
        product[self._places] = self._jacobian.backward(curved)
        return product


class RowKernel:
    """Products with the matrix of `kernel`; rows are ordered by root, then by row.

    Parameters
    ----------
    jacobian : Jacobian
    roots : list of ndarrays
    """

    def __init__(self, jacobian, roots):
        self._jacobian = jacobian
        self._roots = np.array([root.T for root in roots])  # (n_roots, n_outputs, n_rows)
        self.size = self._roots[:, 0].size

    def multiply(self, vector):
        """Return the product with a vector, in float64."""
        weights = vector.astype(self._roots.dtype).reshape(len(self._roots), 1, -1)
        gradient = self._jacobian.backward((self._roots * weights).sum(axis=0).T)
        change = self._jacobian.forward(gradient.astype(self._roots.dtype)).T
        return (self._roots * change).sum(axis=1, dtype=np.float64).ravel()


class RowMatrix:
    """The products of `RowKernel` for one root, with the matrix formed: faster for few rows.

    Parameters
    ----------
    grams : dict
        Cache of the Gram matrix of X, which does not depend on theta.
    """

    def __init__(self, jacobian, root, grams):
        self.size, self._upper = len(root), None
        for layer, (A, dZ) in enumerate(zip(jacobian.inputs, jacobian.signals(root), strict=True)):
            if dZ.shape[1] == 1:
                self._upper = gram(A * dZ, self._upper)
                continue
            if layer == 0 and not grams:
                grams["X"] = gram(A)
            part = gram(dZ)
            part *= gram(A) if layer else grams["X"]
            self._upper = part if self._upper is None else np.add(part, self._upper, out=part)

    def multiply(self, vector):
        """Return the product with a vector, in float64."""
        return SYMV[self._upper.dtype.char](1.0, self._upper, vector).astype(np.float64)


def gram(A, onto=None):
    """Return the upper triangle of ``A A'``, added in place to `onto` if given."""
    syrk = SYRK[A.dtype.char]
    more = {} if onto is None else {"beta": 1.0, "c": onto, "overwrite_c": True}
    return syrk(1.0, A, **more) if A.flags.f_contiguous else syrk(1.0, A.T, trans=True, **more)


def row_kernel(objective, theta, rows):
    """Return the products with the matrix of `kernel`, for a sample of the rows."""
    jacobian, roots = with_roots(objective, theta, rows)
    jacobian, _ = jacobian.of_active_units()
    scale = np.sqrt(objective.n_rows / len(roots[0]))
    roots = [np.asarray(scale * root, objective.dtype) for root in roots]
    products = PRODUCTS_OF_LIKELIHOOD if objective.loss.is_likelihood else PRODUCTS
    if len(roots) == 1 and forming_pays(jacobian, products):
        of_all = len(roots[0]) == objective.n_rows
        return RowMatrix(jacobian, *roots, objective.grams if of_all else {})
    return RowKernel(jacobian, roots)


def forming_pays(jacobian, n_products):
    """Return whether forming the matrix of one root saves time over this number of products."""
    n_rows, layers = jacobian.inputs[0].shape[0], list(pairwise(jacobian.layout.units))
    if n_rows > MAX_ROWS or not isinstance(jacobian.inputs[0], np.ndarray):
        return False
    cost = COST_OF_ENTRY * n_rows * sum(n_in + n_out for n_in, n_out in layers)
    return cost < n_products * sum((n_in + COST_OF_UNIT) * n_out for n_in, n_out in layers)
