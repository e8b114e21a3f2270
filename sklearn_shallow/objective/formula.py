"""The objective that every solver minimises.

With sample weights s_i and S their sum over the training rows,

    F(theta) = (sum_i s_i loss(Y_i, raw_i) + penalty(W)) / S

    penalty(W) = alpha * sum_l ((1 - r_l) / 2 * ||W_l||^2 + r_l * sum(abs(W_l)))

Biases are free. With r = 0, which is the default, ``alpha`` is the prior precision of a weight: one
number with one meaning for every solver, batch size and number of rows. ``r`` is the l1_ratio. A
row of weight 2 counts as two rows, a row of weight 0 is omitted. (Where the decay is found on the
data, weights are scaled before they come here: see `inputs.sample_weights`.)
"""

import copy
from hashlib import blake2b

import numpy as np

from sklearn_shallow.losses.checks import check_separable
from sklearn_shallow.network.passes import Workspace
from sklearn_shallow.objective.active import ActiveUnits, active_units
from sklearn_shallow.objective.curvature import gauss_newton
from sklearn_shallow.objective.epochs import Chunk, Epoch, plan_chunks
from sklearn_shallow.utils.blas import AXPY
from sklearn_shallow.utils.rows import even_sample, slices

BLOCK_BYTES = 2**21  # work arrays of a block of rows, which fit a level-2 cache
MIN_BLOCK_ROWS = 64


class Objective:
    """Network, loss and data as a function of the parameter vector.

    X is an ndarray, CSR or `OneHotRows` of shape (n_rows, n_features + 1); its last column is ones.
    Y has the shape (n_rows, n_outputs), with nan for missing targets, which have no loss.
    The l1_ratio is one number or one per layer. Noise, such as `Dropout`, acts in epochs only.

    The dtype of Y is the precision of the computation; X is cast to it block by block. Gradients
    omit the l1 penalty, which is not smooth: solvers take its factors from `l1`, a vector or None.
    `last_penalty` is the second term of F in the last call of `value_and_gradient`. Copies by
    `with_alpha`, `with_loss`, `noisy` and `in_double` share the data.
    """

    def __init__(
        self, network, loss, X, Y, sample_weight=None, *, alpha=0.0, l1_ratio=0.0, noise=None
    ):
        self._set_network(network)
        self.loss, self.noise, self._disturb = loss, noise, None
        self._set_rows(X, Y, sample_weight)
        self.l1_ratio = np.full(len(self.layout.layers), l1_ratio, float)
        self._set_penalty(alpha)

    def _set_network(self, network):
        self.network, self.layout = network, network.layout
        self.n_params, self._workspaces = network.layout.n_params, {}
        self._last_sums = {}

    def _set_rows(self, X, Y, sample_weight):
        self.X, self.Y, self.sample_weight = X, np.asfortranarray(Y), sample_weight
        self.n_rows, self.dtype = len(Y), Y.dtype
        self.total_weight = float(self.n_rows if sample_weight is None else sample_weight.sum())
        self._workspaces, self._noisy_workspaces, self._plans, self.grams = {}, {}, {}, {}
        self._chunks, self._last_sums = {}, {}
        self._active = None
        self._stand_ins = None  # a known target of each column, in place of missing ones
        if np.isnan(Y.min(initial=0)):
            known = ~np.isnan(Y)
            first = Y[known.argmax(axis=0), np.arange(Y.shape[1])]
            self._stand_ins = np.where(known.any(axis=0), first, 1).astype(self.dtype)
            check_separable(self.loss, self._known(Y[:1])[0])

    def _set_penalty(self, alpha):
        self.alpha = alpha
        parts = 1 - self.l1_ratio, self.l1_ratio
        self._l2, l1 = ((alpha * part / self.total_weight).tolist() for part in parts)
        self.l1 = self._of_weights(l1) if any(l1) else None

    def _of_weights(self, factors):
        """Return a vector like theta with the factor of a layer at its weights, zero at biases."""
        vector = np.zeros(self.n_params)
        for part, factor in zip(self.layout.weights, factors, strict=True):
            vector[part] = factor
        return vector

    @property
    def l2(self):
        """Coefficients of half the squared parameters in F, (n_params,)."""
        return self._of_weights(self._l2)

    @property
    def is_kinked(self):
        """True if the network has an activation with a discontinuous derivative."""
        return any(not activation.is_smooth for activation in self.network.activations)

    def with_alpha(self, alpha):
        """Return this objective with another decay."""
        other = copy.copy(self)
        other._set_penalty(alpha)
        return other

    def with_loss(self, loss):
        """Return this objective with another loss."""
        other = copy.copy(self)
        other.loss, other._last_sums = loss, {}
        return other

    def in_active_units(self, theta):
        """Return this objective; its epochs omit the hidden units that are zero for all rows."""
        kept, other = active_units(self, theta), copy.copy(self)
        other._active = None if kept is None else ActiveUnits(self, kept)
        return other

    def on_network(self, network):
        """Return this objective with another network."""
        other = copy.copy(self)
        other._set_network(network)
        return other

    def noisy(self):
        """Return this objective with its noise, such as dropout, as used in an epoch."""
        if self.noise is None:
            return self
        other = copy.copy(self)
        other.network, other._disturb = self.noise.network, self.noise.disturb
        other._workspaces, other._active = self._noisy_workspaces, None
        other._last_sums = {}
        return other

    def on_part(self, X, Y, sample_weight, part):
        """Return this objective on other rows, which represent the fraction `part` of all rows.

        The penalty is multiplied by that fraction; the sample weights are not.
        """
        other = copy.copy(self)
        other._set_rows(X, Y, sample_weight)
        other._workspaces, other._noisy_workspaces = self._workspaces, self._noisy_workspaces
        other.total_weight = part * self.total_weight
        other._set_penalty(part * self.alpha)
        return other

    def in_double(self):
        """Return this objective computed in double precision."""
        other, weight = copy.copy(self), self.sample_weight
        weight = None if weight is None else weight.astype(np.float64)
        other._set_rows(self.X, self.Y.astype(np.float64), weight)
        other._set_penalty(self.alpha)
        return other

    def value_and_gradient(self, theta):
        """Return F and the gradient of its smooth part."""
        value, gradient = self.loss_and_gradient(theta)
        parameters = self.layout.unpack(theta.astype(self.dtype, copy=False))
        layers = zip(self.layout.weights, parameters.weights, self._l2, strict=True)
        for weights, W, l2 in layers:
            gradient[weights] += l2 * W
        self.last_penalty = self.penalty(parameters)
        return value + self.last_penalty, gradient

    def loss_and_gradient(self, theta):
        """Return the first term of F and its gradient, both summed in float64 over blocks."""
        layout = self.layout
        theta = theta.astype(self.dtype, copy=False)
        parameters, part = layout.unpack(theta), layout.unpack(np.empty_like(theta))
        value, gradient = 0.0, np.zeros(self.n_params)
        for rows in slices(self.n_rows, self.block_rows):
            batch = self.take(rows)
            raw = self._raw_of(batch[1])
            self.differentiate(parameters, batch, raw, part, scale=1 / self.total_weight)
            value += self.sum_losses(raw, *batch[1:])
            gradient += part.flat
        return value / self.total_weight, gradient

    def value(self, theta):
        """Return F."""
        penalty = self.penalty(self.layout.unpack(theta.astype(self.dtype, copy=False)))
        return float(self._sums(theta)[0]) / self.total_weight + penalty

    def total(self, function, theta, most=np.inf):
        """Return the sum over blocks of ``function(objective, raw, Y, weights)``, over all rows or
        an even sample of at most `most`, which suffices for ratios of sums."""
        among = None if self.n_rows <= most else even_sample(self.n_rows, most)
        return sum(function(self, *block) for block in self.outputs(theta, among))

    def outputs(self, theta, among=None):
        """Yield the raw output, Y and the weights of one block of rows after the other, of all rows
        or of those with the indices `among`."""
        parameters = self.layout.unpack(theta.astype(self.dtype, copy=False))
        n_rows = self.n_rows if among is None else len(among)
        for rows in slices(n_rows, self.block_rows):
            X, Y, weight = self.take(rows if among is None else among[rows])
            work, raw = self.workspace(len(Y)), self._raw_of(Y)
            yield self.network.forward(parameters, X, work, raw), Y, weight

    def loss_and_mean_raw(self, theta):
        """Return the first term of F, and the mean raw output, (n_outputs,)."""
        means = self._sums(theta) / self.total_weight
        return float(means[0]), means[1:]

    def _sums(self, theta):
        """Return the sums of the losses and of the raw outputs of all rows, (1 + n_outputs,).

        The last result is cached, since the end of a fit needs it twice.
        """
        key = blake2b(theta, digest_size=16).digest()
        if key not in self._last_sums:
            self._last_sums.clear()
            self._last_sums[key] = self.total(loss_and_raw, theta)
        return self._last_sums[key]

    def loss_of_constant(self, constant):
        """Return the first term of F for the same raw output, (n_outputs,), at all rows."""
        value, weight = 0.0, self.sample_weight
        for rows in slices(self.n_rows, self.block_rows):
            raw = np.full_like(self.Y[rows], constant)
            value += self.sum_losses(raw, self.Y[rows], None if weight is None else weight[rows])
        return value / self.total_weight

    def gauss_newton(self, theta):
        """Return the Gauss-Newton matrix of F without the l1 penalty, see `curvature`."""
        matrix = self.curvature(theta)
        matrix[np.diag_indices(self.n_params)] += self.l2
        return matrix

    def curvature(self, theta):
        """Return the Gauss-Newton matrix of the first term of F."""
        return gauss_newton(self, theta)

    def shuffled(self, rng):
        """Return a random order of the rows, for `epoch`."""
        return rng.permutation(self.n_rows)

    def epoch(self, theta, gradient, order, n_batches):
        """Return one pass over the rows, see `Epoch`."""
        return Epoch(self.noisy(), theta, gradient, order, n_batches)

    def take(self, rows):
        """Return X, Y and the weights of some rows, a slice or indices."""
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        return self.inputs(self.X[rows]), self.Y[rows], weight

    def inputs(self, X):
        """Return the network's input for rows of X: in the right dtype, with the noise if any."""
        X = X.astype(self.dtype, copy=False)
        return X if self._disturb is None else self._disturb(X)

    def for_batches(self, batch_size):
        """Return the objective for batches of this size, without inactive units if that pays."""
        is_large = self._active is not None and self._active.pays(batch_size)
        return self._active if is_large else self

    def differentiate(self, parameters, batch, raw, gradient, scale):
        """Write the raw output of a batch, and `scale` times the gradient of the sum of its
        losses."""
        X, Y, weight = batch
        work = self.workspace(len(raw))
        self.network.forward(parameters, X, work, raw)
        d_raw = self.loss_gradient(Y, raw, out=work.dZ[-1])
        if weight is not None:
            d_raw *= weight[:, np.newaxis]
        d_raw *= scale
        self.network.backward(parameters, X, work, gradient)

    def sum_losses(self, raw, Y, weight):
        """Return the weighted sum of the losses."""
        values = self.row_losses(Y, raw)
        if weight is not None:
            values *= weight
        return float(np.add.reduce(values, dtype=np.float64))

    def row_losses(self, Y, raw):
        """Return the loss of every row, (n_rows,); here and below, nan in Y has no loss."""
        if self._stand_ins is None:
            return self.loss.value(Y, raw)
        return self.terms(Y, raw).sum(axis=1)

    def terms(self, Y, raw):
        """Return the loss of every independent part of the outputs, see `Loss.terms`."""
        Y, missing = self._known(Y)
        return without(self.loss.terms(Y, raw), missing)

    def loss_gradient(self, Y, raw, out):
        """Return the gradient of the losses with respect to raw, written into `out`."""
        if self._stand_ins is None:
            return self.loss.gradient(Y, raw, out=out)
        Y, missing = self._known(Y)
        return without(self.loss.gradient(Y, raw, out=out), missing)

    def hessian_roots(self, Y, raw):
        """Return arrays like raw: see `Loss.hessian_roots`."""
        Y, missing = self._known(Y)
        return (without(root, missing) for root in self.loss.hessian_roots(Y, raw))

    def hessian_product(self, Y, raw):
        """Return a function of arrays like raw: see `Loss.hessian_product`."""
        Y, missing = self._known(Y)
        multiply = self.loss.hessian_product(Y, raw)
        if missing is None:
            return multiply
        return lambda D: np.where(missing, 0, multiply(np.where(missing, 0, D)))

    def _known(self, Y):
        """Return Y without nan, and the mask of nan, None if there is no nan."""
        if self._stand_ins is None:
            return Y, None
        missing = np.isnan(Y)
        return np.where(missing, self._stand_ins, Y), missing

    def penalty(self, parameters):
        """Return the second term of F."""
        penalty = 0.0
        for l2, W in zip(self._l2, parameters.weights, strict=True):
            if l2:
                penalty += l2 / 2 * float(W @ W)
        if self.l1 is not None:
            penalty += float(self.l1 @ np.abs(parameters.flat))
        return penalty

    def add_penalty_gradient(self, parameters, gradient):
        """Add the gradient of the l2 penalty, in the dtype of the objective."""
        axpy = AXPY[self.dtype.char]
        for l2, W, dW in zip(self._l2, parameters.weights, gradient.weights, strict=True):
            if l2:
                axpy(W, dW, a=l2)

    def workspace(self, n_rows):
        """Return the work arrays for a number of rows, from a cache."""
        if n_rows not in self._workspaces:
            self._workspaces[n_rows] = Workspace(self.network, n_rows, self.dtype)
        return self._workspaces[n_rows]

    def plan(self, n_batches):
        """Return the chunks of an epoch with a number of batches, from a cache."""
        if n_batches not in self._plans:
            self._plans[n_batches] = plan_chunks(self, n_batches)
        return self._plans[n_batches]

    def chunk(self, n_rows):
        """Return the memory for a number of gathered rows, from a cache."""
        if n_rows not in self._chunks:
            self._chunks[n_rows] = Chunk(self, n_rows)
        return self._chunks[n_rows]

    @property
    def block_rows(self):
        """Number of rows of a block in a pass over all rows."""
        return block_rows(self.layout, self.dtype)

    def _raw_of(self, Y):
        """Return an array for the raw output of rows with these targets."""
        return np.empty((self.layout.units[-1], len(Y)), self.dtype).T


def without(array, missing):
    """Return an array whose missing entries are zero, in place."""
    if missing is not None:
        array[missing] = 0
    return array


def block_rows(layout, dtype):
    """Return the number of rows whose work arrays fit the cache."""
    bytes_per_row = 3 * sum(layout.units) * np.dtype(dtype).itemsize
    return max(MIN_BLOCK_ROWS, BLOCK_BYTES // bytes_per_row)


def loss_and_raw(objective, raw, Y, weight):
    """Return the sums of the losses and of the raw outputs of a block, (1 + n_outputs,)."""
    sums = np.empty(1 + raw.shape[1])
    sums[1:] = np.add.reduce(raw, dtype=np.float64) if weight is None else weight @ raw
    sums[0] = objective.sum_losses(raw, Y, weight)
    return sums
