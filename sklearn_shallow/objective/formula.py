"""The objective that every solver minimises.

With sample weights s_i and S their sum over the training rows,

    F(theta) = (sum_i s_i loss(Y_i, raw_i) + penalty(W)) / S

    penalty(W) = sum_l alpha_l ((1 - r_l) / 2 * ||W_l||^2 + r_l * sum(abs(W_l)))

Biases are free. With r = 0, which is the default, ``alpha`` is the prior precision of a weight: one
number with one meaning for every solver, batch size and number of rows. ``r`` is the l1_ratio.
Weight 2 is the row twice, weight 0 is the row gone. (Where the decay is found on the data, weights
are scaled before they come here: see `inputs.sample_weights`.)
"""

import copy

import numpy as np

from sklearn_shallow.network.passes import Workspace
from sklearn_shallow.objective.curvature import gauss_newton
from sklearn_shallow.objective.epochs import Epoch, plan_chunks
from sklearn_shallow.utils.blas import AXPY

__all__ = ["Objective", "block_rows"]

BLOCK_BYTES = 2**21  # of work arrays in a block of rows: what level-2 caches hold
MIN_BLOCK_ROWS = 64
LARGEST_DISPERSION = 1e12
TINY = np.finfo(np.float64).tiny


class Objective:
    """Network, loss and data as a function of the parameter vector.

    Parameters
    ----------
    network : Network
    loss : a loss of `losses.registry`
    X : ndarray or CSR of shape (n_rows, n_features + 1), last column ones
    Y : ndarray of shape (n_rows, n_outputs)
    sample_weight : ndarray of shape (n_rows,) or None
    alpha, l1_ratio : float, or sequence with one per layer
    noise : Dropout or None
        What disturbs the network in an epoch, and nowhere else.

    The dtype of Y is the precision of the computation; X is cast to it block by block. Gradients
    are those of the smooth part of F: of all but the absolute values, which `l1` leaves to the
    solvers.

    Attributes
    ----------
    l1 : ndarray of shape (n_params,), or None
        What the absolute values of the parameters are multiplied by in F; None if all by zero.
    last_penalty : float
        The second term of F where `value_and_gradient` was called last.
    """

    def __init__(
        self, network, loss, X, Y, sample_weight=None, *, alpha=0.0, l1_ratio=0.0, noise=None
    ):
        self.network = network
        self.loss = loss
        self.X, self.Y = X, np.asfortranarray(Y)
        self.n_rows = len(Y)
        self.layout = network.layout
        self.n_params = network.layout.n_params
        self.dtype = Y.dtype
        self.sample_weight = sample_weight
        self.total_weight = float(self.n_rows if sample_weight is None else sample_weight.sum())
        self.alpha, self.l1_ratio = np.asarray(alpha, float), np.asarray(l1_ratio, float)
        self._set_penalty()
        self.noise, self._disturb = noise, None
        self._workspaces, self._plans = {}, {}

    def _set_penalty(self):
        n_layers = len(self.layout.layers)
        factors = [self.alpha * (1 - self.l1_ratio), self.alpha * self.l1_ratio]
        factors = [np.broadcast_to(f / self.total_weight, n_layers).tolist() for f in factors]
        self._l2, l1 = factors
        self.l1 = None
        if any(l1):
            self.l1 = np.zeros(self.n_params)
            for part, factor in zip(self.layout.weights, l1, strict=True):
                self.l1[part] = factor

    @property
    def l2(self):
        """What half the squares of the parameters are multiplied by in F, (n_params,)."""
        vector = np.zeros(self.n_params)
        for part, factor in zip(self.layout.weights, self._l2, strict=True):
            vector[part] = factor
        return vector

    @property
    def is_kinked(self):
        """Whether the gradient of the network jumps somewhere."""
        return any(activation.is_kinked for activation in self.network.activations)

    def with_alpha(self, alpha, relevance=None):
        """Return this objective with another decay.

        Parameters
        ----------
        alpha : float, or sequence with one per layer
        relevance : ndarray of shape (n_features,), or None
            What the decay of the weights of a column of X is divided by.
        """
        other = copy.copy(self)
        other.alpha = np.asarray(alpha, float)
        other._set_penalty()
        if relevance is not None:
            other._l2[0] = np.repeat(other._l2[0] / relevance, self.layout.units[1])
        return other

    def smoothed(self, width):
        """Return this objective with a loss that has no kink, see `Smoothed`."""
        smooth = copy.copy(self)
        smooth.loss = self.loss.smoothed(width)
        return smooth

    def noisy(self):
        """Return this objective as an epoch sees it: under its noise, if there is any."""
        if self.noise is None:
            return self
        other = copy.copy(self)
        other.network, other._workspaces = self.noise.network, self.noise.workspaces
        other._disturb = self.noise.disturb
        return other

    def value_and_gradient(self, theta):
        """Return F and the gradient of its smooth part, both summed in float64 over blocks."""
        layout = self.layout
        theta = theta.astype(self.dtype, copy=False)
        parameters, part = layout.unpack(theta), layout.unpack(np.empty_like(theta))
        value, gradient = 0.0, np.zeros(self.n_params)
        for rows in self._blocks():
            batch = self.take(rows)
            raw = self._forward(parameters, batch[0])
            self.backward(parameters, batch, raw, part, scale=1 / self.total_weight)
            value += self.sum_losses(raw, *batch[1:])
            gradient += part.flat
        for weights, W, l2 in zip(layout.weights, parameters.weights, self._l2, strict=True):
            gradient[weights] += l2 * W
        self.last_penalty = self.penalty(parameters)
        return value / self.total_weight + self.last_penalty, gradient

    def value(self, theta):
        """Return F."""
        value = sum(self.sum_losses(*block) for block in self.outputs(theta))
        penalty = self.penalty(self.layout.unpack(theta.astype(self.dtype, copy=False)))
        return value / self.total_weight + penalty

    def outputs(self, theta):
        """Yield the raw output, Y and the weights of one block of rows after the other."""
        parameters = self.layout.unpack(theta.astype(self.dtype, copy=False))
        for rows in self._blocks():
            X, Y, weight = self.take(rows)
            yield self._forward(parameters, X), Y, weight

    def loss_of_constant(self, constant):
        """Return the first term of F if all rows have this raw output, (n_outputs,)."""
        value = 0.0
        for rows in self._blocks():
            Y, weight = self.Y[rows], self.sample_weight
            raw = np.empty_like(Y)
            raw[...] = constant
            value += self.sum_losses(raw, Y, None if weight is None else weight[rows])
        return value / self.total_weight

    def dispersion(self, theta):
        """Return the sum of the squared gradients of the losses over that of their curvatures.

        For the squared error it is the mean square of the residuals; for a log-likelihood it is
        Pearson's, 1 where the predicted distribution is true.
        """
        squares = curvatures = 0.0
        for raw, Y, weight in self.outputs(theta):
            weight = np.ones(len(Y)) if weight is None else weight
            slopes = self.loss.gradient(Y, raw, out=np.empty_like(raw))
            squares += float(weight @ (slopes**2).sum(axis=1))
            for root in self.loss.directions(Y, raw):
                curvatures += float(weight @ (root**2).sum(axis=1))
        # Outputs that are saturated have no curvature left to divide by.
        return squares / max(curvatures, squares / LARGEST_DISPERSION, TINY)

    def gauss_newton(self, theta):
        """Return the Gauss-Newton matrix of the smooth part of F, see `gauss_newton`."""
        return gauss_newton(self, theta)

    def epoch(self, theta, gradient, order, n_batches):
        """Return one pass over the rows, to be iterated: see `Epoch`."""
        return Epoch(self.noisy(), theta, gradient, order, n_batches)

    def take(self, rows):
        """Return X, Y and the weights of a slice of the rows."""
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        return self.inputs(self.X[rows]), self.Y[rows], weight

    def inputs(self, X):
        """Return what the network sees of rows of X."""
        X = X.astype(self.dtype, copy=False)
        return X if self._disturb is None else self._disturb(X)

    def backward(self, parameters, batch, raw, gradient, scale):
        """Write `scale` times the gradient of the sum of the losses of a batch."""
        X, Y, weight = batch
        work = self.workspace(len(raw))
        d_raw = self.loss.gradient(Y, raw, out=work.dZ[-1])
        if weight is not None:
            d_raw *= weight[:, np.newaxis]
        d_raw *= scale
        self.network.backward(parameters, X, work, gradient)

    def sum_losses(self, raw, Y, weight):
        """Return the weighted sum of the losses."""
        values = self.loss.value(Y, raw)
        if weight is not None:
            values *= weight
        return float(values.sum(dtype=np.float64))

    def penalty(self, parameters):
        """Return the second term of F."""
        penalty = 0.0
        for l2, W in zip(self._l2, parameters.weights, strict=True):
            if isinstance(l2, np.ndarray):  # see `with_alpha`
                penalty += float(l2 @ W**2) / 2
            elif l2:
                penalty += l2 / 2 * float(W @ W)
        if self.l1 is not None:
            penalty += float(self.l1 @ np.abs(parameters.flat))
        return penalty

    def add_penalty_gradient(self, parameters, gradient):
        """Add the gradient of the smooth second term of F, in the dtype of the objective."""
        axpy = AXPY[self.dtype.char]
        for l2, W, dW in zip(self._l2, parameters.weights, gradient.weights, strict=True):
            if isinstance(l2, np.ndarray):  # see `with_alpha`
                dW += l2 * W
            elif l2:
                axpy(W, dW, a=l2)

    def workspace(self, n_rows):
        """Return the work arrays for that many rows; those once made are kept."""
        if n_rows not in self._workspaces:
            self._workspaces[n_rows] = Workspace(self.network, n_rows, self.dtype)
        return self._workspaces[n_rows]

    def plan(self, n_batches):
        """Return how an epoch of that many batches is cut up; it is the same for all of them."""
        if n_batches not in self._plans:
            self._plans[n_batches] = plan_chunks(self, n_batches)
        return self._plans[n_batches]

    @property
    def block_rows(self):
        """Rows that are computed at once where all are."""
        return block_rows(self.layout, self.dtype)

    def _forward(self, parameters, X):
        raw = np.empty((self.layout.units[-1], X.shape[0]), self.dtype).T
        return self.network.forward(parameters, X, self.workspace(X.shape[0]), raw)

    def _blocks(self):
        size = self.block_rows
        return (slice(i, min(i + size, self.n_rows)) for i in range(0, self.n_rows, size))


def block_rows(layout, dtype):
    """Return how many rows make a block whose work arrays fit the cache."""
    bytes_per_row = 3 * sum(layout.units) * np.dtype(dtype).itemsize
    return max(MIN_BLOCK_ROWS, BLOCK_BYTES // bytes_per_row)
