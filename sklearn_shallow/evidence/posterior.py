"""The posterior of the parameters by Laplace's approximation, with the Gauss-Newton matrix.

Around a minimum theta the parameters are taken as normal, with the covariance ``noise * H^-1``,

    H = sum_i s_i J_i' C_i J_i + P

(MacKay 1992, Neural Computation 4), and the raw output as linear in them (Immer, Korzepa & Bauer
2021, AISTATS): it is normal too, with the covariance ``noise * V``.

Convention
----------
J_i : derivatives of the raw output of a row with respect to theta, (n_outputs, n_params)
C_i : curvature of its loss, (n_outputs, n_outputs)
P : diagonal, see `prior_precision`
V : ndarray of shape (n_rows, n_outputs, n_outputs), ``J_i H^-1 J_i'`` of every row
first : the layer that theta begins with here; those before it are held fixed.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from sklearn_shallow.network.passes import Workspace
from sklearn_shallow.objective.curvature import (
    JACOBIAN_BYTES,
    gauss_newton,
    inner_products,
    linearised,
    with_roots,
)
from sklearn_shallow.objective.formula import block_rows
from sklearn_shallow.utils.statistics import is_whole

__all__ = [
    "LARGEST_MATRIX",
    "ParameterSpace",
    "ResidualNoise",
    "RowSpace",
    "Temperature",
    "UnitNoise",
    "influences",
    "log_determinant",
    "posterior_space",
    "prior_precision",
    "whitened",
]

FREE = 1e-6  # next to nothing beside the curvature of a single row
ROUNDING = 1e-9  # of a leverage, which is 1 at most
TEMPERATURES = 10.0 ** np.arange(0, -2.1, -0.25)
SINGULAR = (
    "The curvature of the objective is singular to working precision, so that the parameters have "
    "no posterior. Set a larger alpha and standardize=True, or posterior=None."
)
LARGEST_MATRIX = 3000  # rows of a matrix of 72 MB, whose factorisation takes about a second


def posterior_space(objective, theta):
    """Return the space in which the covariance is least work.

    That of the parameters or, if these are more, that of the rows times the outputs; where both
    are more than `LARGEST_MATRIX`, that of the parameters of the last layer.

    Raises
    ------
    ValueError
        If the last layer alone has more parameters, or if H is singular to working precision.
    """
    directions = objective.loss.directions(objective.Y[:1], np.zeros_like(objective.Y[:1]))
    n_roots = objective.n_rows * sum(1 for _ in directions)
    if min(objective.n_params, n_roots) <= LARGEST_MATRIX:
        kind = ParameterSpace if objective.n_params <= n_roots else RowSpace
        return kind(objective, theta)
    last = objective.layout.layers[-1]
    if last.stop - last.start > LARGEST_MATRIX:
        raise ValueError(
            f"posterior='laplace' works with the matrix of the parameters, of the rows times the "
            f"outputs, or of the parameters of the last layer, and even the last has "
            f"{last.stop - last.start} of {LARGEST_MATRIX} rows at most. Choose fewer units in the "
            "last hidden layer, or posterior=None."
        )
    return ParameterSpace(objective, theta, first=len(objective.layout.layers) - 1)


def prior_precision(objective):
    """Return the diagonal of P, (n_params,).

    It is alpha, times the part that multiplies squares. In the objective biases are free. So they
    are here at the output; in hidden layers they have the precision of the weights beside them. If
    these were free too, a unit that no training row wakes could do anything elsewhere.
    """
    precision = objective.total_weight * objective.l2
    layers = objective.layout.unpack(precision)
    with np.errstate(divide="ignore"):
        for W, b in zip(layers.W[:-1], layers.b[:-1], strict=True):
            b[...] = 1 / np.mean(1 / W, axis=0)  # of columns of unlike relevance: the mean variance
    return np.where(precision > 0, precision, FREE)


class _Space:
    """What the spaces share; a subclass knows H by the Cholesky factor of a matrix.

    Attributes
    ----------
    theta : ndarray of shape (n_params,), the parameters of all layers, float64
    prior : ndarray, the diagonal of P, of the layers from `first` on
    factor : ndarray, lower triangular
    """

    def __init__(self, objective, theta, first=0):
        self.network = objective.network
        self.theta = theta.astype(np.float64)
        self.first = first
        self.prior = prior_precision(objective)[objective.layout.layers[first].start :]

    def moments(self, X):
        """Return raw and V for rows of X, ndarray or CSR of shape (n_rows, n_features + 1)."""
        raw, jacobian = self.linearised(X)
        return raw, self.covariance(jacobian, unit_directions(raw))

    def linearised(self, X):
        """Return raw and the Jacobian for rows of X."""
        work = Workspace(self.network, X.shape[0], np.float64)
        parameters = self.network.layout.unpack(self.theta)
        return linearised(self.network, parameters, X, work, self.first)

    @property
    def block_rows(self):
        """Rows whose moments should be computed at once."""
        size = JACOBIAN_BYTES // (8 * len(self.factor) * self.network.layout.units[-1])
        return max(1, min(size, block_rows(self.network.layout, np.float64)))


class ParameterSpace(_Space):
    """The posterior by the factor of H itself."""

    def __init__(self, objective, theta, first=0):
        super().__init__(objective, theta, first)
        matrix = objective.total_weight * gauss_newton(objective, self.theta, first)
        l2 = objective.total_weight * objective.l2[-len(matrix) :]
        matrix[np.diag_indices(len(matrix))] += self.prior - l2
        self.factor = factored(matrix)

    def linearised(self, X):
        return super().linearised(X.toarray() if sparse.issparse(X) and self.first == 0 else X)

    def covariance(self, jacobian, directions):
        """Return V for the combinations of the outputs that the directions say."""
        shape = (len(self.prior), len(directions[0]))
        rows = np.hstack([jacobian.rows(d, out=np.empty(shape)) for d in directions])
        return outer_products(whitened(self.factor, rows), len(directions))

    def log_determinant(self):
        """Return the logarithm of the determinant of H."""
        return log_determinant(self.factor)

    def inverse(self):
        """Return the inverse of H."""
        root = whitened(self.factor, np.eye(len(self.factor)))
        return root.T @ root


class RowSpace(_Space):
    """The posterior by the factor of ``I + R' P^-1 R``, with R the roots of the curvature.

    R has a column for every row and root, one root after the other, and is never formed: its parts
    are outer products of the inputs and the signals of the layers, which are kept. By Woodbury's
    formula, ``H^-1 = P^-1 - P^-1 R (I + R' P^-1 R)^-1 R' P^-1``.
    """

    def __init__(self, objective, theta):
        super().__init__(objective, theta)
        layers = zip(objective.layout.layers, objective.layout.units[1:], strict=True)
        self.scales = [self.prior[part][::n_out] ** -0.5 for part, n_out in layers]
        jacobian, roots = with_roots(objective, self.theta, slice(None))
        self.roots = self._products(jacobian, roots)
        kernel = inner_products(self.roots, self.roots)
        if not np.diag(kernel).max() < 1 / np.finfo(np.float64).eps:  # beside which 1 is nothing
            raise ValueError(SINGULAR)
        kernel[np.diag_indices(len(kernel))] += 1
        self.factor = factored(kernel)

    def _products(self, jacobian, directions):
        """Return, per layer, the inputs over the roots of P and the signals."""
        signals = [jacobian.signals(direction) for direction in directions]
        return [
            (scaled(A, scale), np.vstack(dZ))
            for A, scale, *dZ in zip(jacobian.inputs, self.scales, *signals, strict=True)
        ]

    def covariance(self, jacobian, directions):
        """Return V for the combinations of the outputs that the directions say."""
        rows = self._products(jacobian, directions)
        prior = sum(
            squares(A)[:, np.newaxis, np.newaxis] * outer_products(dZ.T, len(directions))
            for A, dZ in rows
        )
        known = whitened(self.factor, inner_products(self.roots, rows))
        V = prior - outer_products(known, len(directions))
        variances = np.einsum("ikk->ik", V)  # a view
        np.maximum(variances, 0, out=variances)  # a difference of large numbers, by a weak prior
        return V

    def log_determinant(self):
        """Return the logarithm of the determinant of H."""
        return log_determinant(self.factor) + np.log(self.prior).sum()

    def inverse(self):
        """Return the inverse of H."""
        parts = []
        for A, dZ in self.roots:
            A = A.toarray() if sparse.issparse(A) else A
            inputs = np.tile(A.T, len(dZ) // len(A))
            parts.append((inputs[:, np.newaxis] * dZ.T).reshape(-1, len(dZ)))
        root = whitened(self.factor, np.vstack(parts).T)
        inverse = -(root.T @ root)
        inverse[np.diag_indices(len(inverse))] += 1
        return inverse / np.sqrt(np.outer(self.prior, self.prior))


def factored(matrix):
    """Return the lower Cholesky factor."""
    try:
        return cholesky(matrix, lower=True, overwrite_a=True)
    except (LinAlgError, ValueError):  # SciPy checks that numbers are finite
        raise ValueError(SINGULAR) from None


def whitened(factor, rows):
    """Return the rows as coordinates in which their covariance is the identity."""
    return solve_triangular(factor, rows, lower=True, check_finite=False)


def log_determinant(factor):
    return 2 * np.log(np.diag(factor)).sum()


def unit_directions(raw):
    """Return the directions of the single outputs, for every row."""
    return [np.broadcast_to(unit, raw.shape) for unit in np.eye(raw.shape[1])]


def outer_products(columns, n_directions):
    """Return the inner products of the columns of a row: (n_rows, n_directions, n_directions).

    The columns are ordered by direction, then by row.
    """
    columns = columns.reshape(len(columns), n_directions, -1).transpose(2, 1, 0)
    return columns @ columns.swapaxes(1, 2)


def scaled(A, scale):
    """Return A with its columns multiplied."""
    return A.multiply(scale).tocsr() if sparse.issparse(A) else A * scale


def squares(A):
    """Return the sum of the squares of every row of A."""
    return np.ravel((A.multiply(A) if sparse.issparse(A) else A * A).sum(axis=1))


class Influence(NamedTuple):
    """What a block of training rows has to do with the fit.

    Attributes
    ----------
    Y, raw : ndarray of shape (n_rows, n_outputs)
    weight : ndarray of shape (n_rows,)
    leverage : ndarray of shape (n_rows, n_outputs)
        The diagonal of ``s_i C_i V_i``, of the squared error that of the hat matrix. The sum over
        all rows is the effective number of parameters.
    raw_without, V_without : ndarray of shapes (n_rows, n_outputs), (n_rows, n_outputs, n_outputs)
        Of every row by the network fitted without it, in one Newton step (Pregibon 1981, Annals of
        Statistics 9). If all weights are whole numbers, a row of weight 2 is two, of which one is
        left out; else a row is left out with all of its weight.
    """

    Y: np.ndarray
    raw: np.ndarray
    weight: np.ndarray
    leverage: np.ndarray
    raw_without: np.ndarray
    V_without: np.ndarray


def influences(space, objective):
    """Yield the influence of the rows of an objective, block by block."""
    size = space.block_rows
    counts = objective.sample_weight is None or is_whole(objective.sample_weight)
    for start in range(0, objective.n_rows, size):
        X, Y, weight = objective.take(slice(start, start + size))
        raw, V = space.moments(X)
        weight = np.ones(len(Y)) if weight is None else weight
        roots = np.array(list(objective.loss.directions(Y, raw)))
        CV = np.einsum("dik,dil->ikl", roots, roots) @ V
        leverage = weight[:, np.newaxis] * np.einsum("ikk->ik", CV)
        one = (np.minimum(weight, 1) if counts else weight)[:, np.newaxis, np.newaxis]
        left = (1 + ROUNDING) * np.eye(raw.shape[1]) - one * CV.swapaxes(1, 2)
        V_without = np.linalg.solve(left, V)
        variances = np.einsum("ikk->ik", V_without)  # a view; without a row they are no smaller,
        np.maximum(variances, np.einsum("ikk->ik", V), out=variances)  # whatever rounding says
        gradient = objective.loss.gradient(Y, raw, out=np.empty_like(raw))[:, :, np.newaxis]
        raw_without = raw + (one * (V_without @ gradient))[:, :, 0]
        yield Influence(Y, raw, weight, leverage, raw_without, V_without)


class UnitNoise:
    """The noise of a loss that is minus the logarithm of a probability: 1.

    Parameters
    ----------
    loss : a loss
    link : the link of all outputs together
    """

    def __init__(self, loss, link):
        self.loss, self.link = loss, link

    def take(self, rows):
        """Take the influence of a block of rows into account."""
        self._n_outputs = rows.Y.shape[1]

    def estimate(self):
        """Return the noise of every output."""
        return np.ones(self._n_outputs)


class ResidualNoise(UnitNoise):
    """The sum of the squared residuals of every output over the degrees of freedom left."""

    def __init__(self, loss, link):
        super().__init__(loss, link)
        self._squares = self._total = self._left = 0.0

    def take(self, rows):
        weight = rows.weight[:, np.newaxis] * ~np.isnan(rows.Y)
        residual = np.nan_to_num(rows.Y - rows.raw)
        self._squares += (weight * residual**2).sum(axis=0)
        self._total += weight.sum(axis=0)
        self._left += (weight - rows.leverage).sum(axis=0)

    def estimate(self):
        return self._squares / np.maximum(self._left, ROUNDING * self._total)


class Temperature(UnitNoise):
    """The noise under which moderated probabilities are the best for rows that are left out.

    By theory it is 1. But where classes are well apart the probabilities are right as they are, and
    a covariance that the flat curvature there makes large would only blur them. (A posterior of a
    temperature below 1 is called cold: Wenzel et al. 2020, ICML.)
    """

    def __init__(self, loss, link):
        super().__init__(loss, link)
        self._losses = np.zeros(len(TEMPERATURES))

    def take(self, rows):
        super().take(rows)
        for k, noise in enumerate(TEMPERATURES):
            moderated = self.link.moderated(rows.raw_without, noise * rows.V_without)
            self._losses[k] += rows.weight @ self.loss.value(rows.Y, moderated)

    def estimate(self):
        return TEMPERATURES[self._losses.argmin()] * super().estimate()
