"""The objective that every solver minimises.

With sample weights s_i and S their sum over the training rows,

    F(theta) = (sum_i s_i loss(Y_i, raw_i) + alpha / 2 * sum_l ||W_l||^2) / S

Biases are free. ``alpha`` is the prior precision of a weight: one number with one meaning for every
solver, batch size and number of rows. Weight 2 is the row twice, weight 0 is the row gone.

With the rows dealt into B batches, a batch estimates the first term by B times its own part of the
sum, and takes the second term whole. The batches of an epoch therefore average to F exactly, and
every row has the same influence whichever batch it is in.
"""

import numpy as np

from sklearn_shallow._network import Workspace

__all__ = ["Objective"]

BLOCK_BYTES = 2**19  # of work arrays in a block of rows: about half of a level-2 cache
MIN_BLOCK_ROWS = 64


class Objective:
    """Network, loss and data as a function of the parameter vector.

    Parameters
    ----------
    network : Network
    loss : a loss of `_losses`
    X : ndarray or CSR of shape (n_rows, n_features + 1), last column ones
    Y : ndarray of shape (n_rows, n_outputs)
    sample_weight : ndarray of shape (n_rows,) or None
    alpha : float

    The dtype of Y is the precision of the computation; X has the same.
    """

    def __init__(self, network, loss, X, Y, sample_weight=None, *, alpha=0.0):
        self.network = network
        self.loss = loss
        self.X, self.Y = X, Y
        self.n_rows = len(Y)
        self.n_params = network.layout.n_params
        self.dtype = Y.dtype
        self.alpha = alpha
        self.sample_weight = sample_weight
        self.total_weight = float(self.n_rows if sample_weight is None else sample_weight.sum())
        self._workspaces = {}
        self._bound = {}

    def value_and_gradient(self, theta):
        """Return F and its gradient, both accumulated in float64 over blocks of rows."""
        parameters, part = self._bind(theta), self._bind(np.empty(self.n_params, self.dtype))
        value, gradient = 0.0, np.zeros(self.n_params)
        for rows in self._blocks():
            value += self._sum(parameters, self.X[rows], rows, part, scale=None)
            gradient += part.flat
        gradient /= self.total_weight
        value /= self.total_weight
        return value + self._penalty(parameters, gradient), gradient

    def value(self, theta):
        """Return F."""
        parameters = self._bind(theta)
        value = sum(
            self._losses(self._forward(parameters, self.X[rows]), rows) for rows in self._blocks()
        )
        return value / self.total_weight + self._penalty(parameters)

    def batch_value_and_gradient(self, theta, rows, n_batches, gradient):
        """Write the estimate of the gradient from the given rows and return that of F.

        Parameters
        ----------
        theta, gradient : ndarray of shape (n_params,)
            Both are expected to be the same arrays from step to step.
        rows : ndarray of int, or a slice
        n_batches : int
            Into how many batches the rows are dealt.
        """
        parameters, out = self._bind(theta), self._bind(gradient)
        scale = n_batches / self.total_weight
        value = scale * self._sum(parameters, self.X[rows], rows, out, scale)
        return value + self._penalty(parameters, gradient)

    def _sum(self, parameters, X, rows, gradient, scale):
        """Weighted sum of the losses of X; its gradient, times `scale`, goes into `gradient`."""
        raw = self._forward(parameters, X)
        value = self._losses(raw, rows)
        work = self._workspace(X.shape[0])
        d_raw = self.loss.gradient(self.Y[rows], raw, out=work.dZ[-1])
        if self.sample_weight is not None:
            d_raw *= self.sample_weight[rows, np.newaxis]
        if scale is not None:
            d_raw *= scale
        self.network.backward(parameters, X, work, gradient)
        return value

    def _forward(self, parameters, X):
        return self.network.forward(parameters, X, self._workspace(X.shape[0]))

    def _losses(self, raw, rows):
        values = self.loss.value(self.Y[rows], raw)
        if self.sample_weight is not None:
            values *= self.sample_weight[rows]
        return float(values.sum(dtype=np.float64))

    def _penalty(self, parameters, gradient=None):
        """Penalty over S; its gradient is added to `gradient`, if given."""
        precision = self.alpha / self.total_weight
        if precision == 0:
            return 0.0
        total = 0.0
        for part in self.network.layout.weights:
            W = parameters.flat[part]
            total += float(W @ W)
            if gradient is not None:
                gradient[part] += precision * W
        return precision / 2 * total

    def _bind(self, flat):
        """Return the matrices of a vector; those of the last few vectors are remembered."""
        bound = self._bound.get(id(flat))
        if bound is None or bound.flat is not flat:
            if len(self._bound) >= 8:
                self._bound.clear()
            bound = self._bound[id(flat)] = self.network.layout.unpack(flat)
        return bound

    def _workspace(self, n_rows):
        if n_rows not in self._workspaces:
            self._workspaces[n_rows] = Workspace(self.network, n_rows, self.dtype)
        return self._workspaces[n_rows]

    def _blocks(self):
        size = block_rows(self.network.layout, self.dtype)
        return (slice(i, min(i + size, self.n_rows)) for i in range(0, self.n_rows, size))


def block_rows(layout, dtype):
    """Return how many rows make a block whose work arrays fit the cache."""
    bytes_per_row = 3 * sum(layout.units) * np.dtype(dtype).itemsize
    return max(MIN_BLOCK_ROWS, BLOCK_BYTES // bytes_per_row)
