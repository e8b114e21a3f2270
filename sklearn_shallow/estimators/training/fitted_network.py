"""A trained network with the transforms of its inputs and its target, as plain data that predicts.

Convention
----------
X : ndarray or CSR of shape (n_rows, n_features), as the user gave it, checked
"""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from sklearn_shallow.estimators.parameters.settings import is_auto
from sklearn_shallow.estimators.training.history import History
from sklearn_shallow.evidence.fixed_point import Evidence
from sklearn_shallow.evidence.posterior import Posterior
from sklearn_shallow.inputs.origins import origins_of, relative_to
from sklearn_shallow.inputs.sample_weights import Seen
from sklearn_shallow.inputs.scaling import Standardization
from sklearn_shallow.inputs.spaces import COLUMNS, Space
from sklearn_shallow.network.passes import Network, Workspace
from sklearn_shallow.objective.curvature import linearised
from sklearn_shallow.utils.lazy import lazy
from sklearn_shallow.utils.rows import slices
from sklearn_shallow.utils.threads import one_blas_thread

BLOCK_BYTES = 2**20  # memory of a block of rows, which fits the cache
MIN_ROWS = 128  # rows of a block, with fewer of which products take longer per row
MAX_SPARE = 2**13  # entries of work arrays up to which they are kept for the next call


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """A trained network: what prediction needs, and the record of its training.

    Attributes
    ----------
    network : Network
    inputs : Standardization
    target : the target, see `targets`
    theta : ndarray of shape (n_params,); its dtype is that of the predictions
    decay : float
        The weight decay.
    evidence : Evidence, or None if the decay was given
    posterior : Posterior, or None without one
    seed : the `random_state` with which a single network would be the same
    entropy : list of int, a random seed for all streams
    seen : Seen, the sums of the weights of the samples so far
    resume : ResumeState, or None
    n_iter, best_iteration, n_rows_seen : int
    loss : float
    history : History
    best_validation_score : float or None
    space : Space, see `inputs.spaces`
        The space of the posterior: the columns, perhaps followed by linear predictions. In theta,
        the weights of these are added to those of the columns.
    calibration : Calibration of the outputs, or None, see `training.calibration`
    """

    network: Network
    inputs: Standardization
    target: Any
    theta: np.ndarray
    decay: float
    seen: Seen
    seed: object = None
    entropy: list = field(default_factory=list)
    evidence: Evidence | None = None
    posterior: Posterior | None = None
    resume: object = None
    n_iter: int = 0
    best_iteration: int = 0
    n_rows_seen: int = 0
    loss: float = np.nan
    history: History = field(default_factory=History)
    best_validation_score: float | None = None
    space: Space = COLUMNS
    calibration: Any = None

    def __getstate__(self):
        """Return the fields, without cached attributes."""
        fields = {name: vars(self)[name] for name in self.__dataclass_fields__}
        return fields | {"history": dict(self.history)}

    def __setstate__(self, state):
        vars(self).update(state, history=History(state["history"]))

    def at(self, theta):
        """Return the network with other parameters, in the same dtype."""
        return replace(self, theta=theta.astype(self.theta.dtype))

    def map(self, X, function, n_columns):
        """Return ``function(raw)`` for the raw output of X, in blocks with bounded memory.

        Parameters
        ----------
        function : callable
            Maps raw, (n_rows, n_outputs), one output after the other in memory, to an array
            (n_rows, n_columns); it may overwrite raw.
        """
        return self.of_active_units._map(X, lambda work, raw: function(raw), n_columns)

    def map_moments(self, X, function, n_columns):
        """Return ``function(raw, V)`` for the mean and the covariance of the raw output of X.

        The mean is that of X limited to the training range, as without a posterior. The covariance
        is that of X without limits, and grows with the distance from the training range.

        Parameters
        ----------
        function : callable
            Maps raw and V, see `evidence.posterior`, to an array (n_rows, n_columns); it may
            overwrite both.
        """
        out, space = np.empty((X.shape[0], n_columns)), self.posterior.space
        limited, free = map(self.space.extended, (self.inputs, self.inputs.unlimited()))
        with one_blas_thread(X.shape[0] * len(space.factor), self.network.layout):
            for rows in slices(X.shape[0], space.block_rows):
                seen = free.apply(X[rows], np.float64)
                raw, V = space.moments(seen)
                outside = self.inputs.are_limited(X[rows])
                if outside.any():
                    within = limited.apply(X[rows][outside], np.float64)
                    raw[outside], _ = linearised(space.network, space.theta, within)
                out[rows] = function(raw, V)
        return out.astype(self.theta.dtype, copy=False)

    def hidden(self, X, layer):
        """Return the activations of a hidden layer."""
        n_units = self.network.layout.units[1 + layer]
        return self._map(X, lambda work, raw: work.A[layer][:, :-1], n_units)

    def scaled_inputs(self, X):
        """Return the input columns of the network for X."""
        return self.inputs.apply(X, self.theta.dtype)[:, :-1]

    @lazy
    def of_active_units(self):
        """The network without the hidden units that are zero for all X within the limits."""
        if self.inputs.compression.low is None:
            return self
        layout, activations = self.network.layout, self.network.activations
        parameters = layout.unpack(self.theta.astype(np.float64, copy=False))
        kept = self.network.active_units(parameters, *self.inputs.bounds)
        if sum(map(len, kept)) == sum(layout.units):
            return self
        layout, places = layout.of_units(kept)
        return replace(self, network=Network(layout, activations), theta=self.theta[places])

    def _map(self, X, function, n_columns):
        """Return ``function(work, raw)`` of the workspace and the raw output of X, see `map`."""
        n_rows, layout = X.shape[0], self.network.layout
        out = np.empty((n_rows, n_columns), self.theta.dtype)
        most = max(MIN_ROWS, BLOCK_BYTES // (sum(layout.units) * self.theta.itemsize))
        size = -(-n_rows // -(-n_rows // most))  # of equal blocks
        kind = n_rows, X.dtype, type(X)
        with one_blas_thread(n_rows, layout):
            read, parameters, work = prepared = self._prepared(kind, size, X)
            for start in range(0, n_rows, size):
                start = min(start, n_rows - size)  # for the same work arrays, some rows twice
                seen = read(X[start : start + size])
                raw = self.network.forward(parameters, seen, work, raw=work.dZ[-1])
                out[start : start + size] = function(work, raw)
        if n_rows * sum(layout.units) <= MAX_SPARE:
            self._spare.append((kind, prepared))
        return out

    def _prepared(self, kind, size, X):
        """Return the function and the parameters of `_reader`, and the work arrays.

        A later call with as few rows takes those of an earlier one; meanwhile no other thread has
        them.
        """
        try:
            last, prepared = self._spare.pop()
        except IndexError:
            last = None
        if last == kind:
            return prepared
        return *self._reader(size, X), Workspace(self.network, size, self.theta.dtype)

    @lazy
    def _spare(self):
        """Results of earlier calls of `_prepared` for few rows, each with its kind."""
        return []

    def _reader(self, n_rows, X):
        """Return a function that transforms a block of rows of X to inputs of the first layer, and
        the parameters for these inputs."""
        if sparse.issparse(X) and self.inputs.only_scales and not self.inputs.center:
            return partial(self.inputs.apply, dtype=self.theta.dtype), self._parameters
        is_single = np.float32 in (X.dtype, self.theta.dtype)
        if not is_single or self.in_single is None:
            return self._dense_reader(n_rows, X)
        origin, network = self.in_single
        read, parameters = network._dense_reader(n_rows, X)
        return lambda block: read((dense(block) - origin).astype(X.dtype)), parameters

    def _dense_reader(self, n_rows, X):
        """Return the function and the parameters of `_reader` for blocks that become dense.

        The scaling, but not the compression, is included in the parameters of the first layer, if
        that loses no precision and there are many rows.
        """
        # Limits and bins are computed by column; a copy alone is faster in the order of X.
        order = "C" if self.inputs.only_scales else "F"
        buffer = self.inputs.buffer(n_rows, self.theta.dtype, order)
        are_many = X.shape[0] * X.shape[1] > self.theta.size
        write, parameters = self._unscaled_rows if are_many else self._scaled_rows
        return lambda block: write(dense(block), buffer), parameters

    @lazy
    def in_single(self):
        """The origins of the features, and the network for X minus these; None if X loses no digits
        in single precision. See `inputs.origins`.
        """
        inputs = self.inputs
        of_numbers = origins_of(inputs)
        if not of_numbers.any():
            return None
        origin = np.zeros(len(of_numbers) + len(inputs.columns.categories))
        origin[inputs.columns.numbers] = of_numbers
        return origin, replace(self, inputs=relative_to(inputs, of_numbers))

    @lazy
    def _scaled_rows(self):
        return self.inputs.writer(self.theta.dtype), self._parameters

    @lazy
    def _unscaled_rows(self):
        if not self.inputs.can_be_merged:
            return self._scaled_rows
        theta = self.theta_for_passed_X().astype(self.theta.dtype)
        write = self.inputs.writer(self.theta.dtype, is_scaled=False)
        return write, self.network.layout.unpack(theta)

    @lazy
    def _parameters(self):
        return self.network.layout.unpack(self.theta)

    def theta_for_passed_X(self):
        """Return the parameters for X before standardisation, in float64."""
        theta = self.theta.astype(np.float64)
        first = self.network.layout.unpack(theta)
        first.W[0][...], first.b[0][...] = self.inputs.to_raw_units(first.W[0], first.b[0])
        return theta

    def to_raw_units(self):
        """Return the parameters for X before standardisation and y in the user's units, in
        float64."""
        theta = self.theta_for_passed_X()
        last = self.network.layout.unpack(theta)
        last.W[-1][...], last.b[-1][...] = self.target.to_raw_units(last.W[-1], last.b[-1].copy())
        return theta

    @property
    def raw_parameters(self):
        """The parameters in the user's units, as matrices, in the dtype of the predictions.

        They are read-only copies, since changes would not affect predictions.
        """
        theta = self.to_raw_units().astype(self.theta.dtype)
        theta.flags.writeable = False
        return self.network.layout.unpack(theta)

    def covariance(self):
        """Return the covariance of the parameters in the user's units."""
        trained, moved = self.posterior.space.network.layout, []
        zero = np.zeros(trained.n_params)
        origin = replace(self, theta=np.zeros(len(self.theta))).to_raw_units()
        for place in range(len(zero)):
            zero[place] = 1.0
            theta = with_first_weights(zero, trained, self.space.for_columns)
            step = replace(self, theta=theta).to_raw_units() - origin
            zero[place] = 0.0
            moved.append(sparse.csr_array(step[np.newaxis]))  # most are zero
        root = sparse.vstack(moved, format="csr")
        return (root.T @ self.posterior.covariance_of_theta()) @ root

    def check_same_network(self, network, given):
        """Check that the parameters can be used in another network.

        Parameters
        ----------
        given : mapping, the parameters of the estimator for messages
        """
        before, asked = self.network, given["numeric_encoding"]
        encoding = repr(self.inputs.encoding.kind)
        for name, fitted, wanted in (
            ("numeric_encoding", encoding, encoding if is_auto(asked) else repr(asked)),
            ("hidden_layer_sizes", before.layout.units, network.layout.units),
            ("activation", before.activations, network.activations),
        ):
            if fitted != wanted:
                raise ValueError(
                    f"{name}={given[name]!r} makes a network with {wanted}, but the fitted one, "
                    f"with which training would continue, has {fitted}. Set {name} back, or train "
                    "from scratch: fit with warm_start=False, or clone."
                )


def dense(X):
    """Return X as an ndarray."""
    return X if isinstance(X, np.ndarray) else X.toarray()


def scaling_key(transformed):
    """Return a key of the scaling of X and y: parameters are exchangeable between equal keys.

    Parameters
    ----------
    transformed : FittedNetwork or TrainingData
    """
    return transformed.inputs.fingerprint() + transformed.target.scaling.fingerprint()


def with_first_weights(theta, layout, function):
    """Return theta with the weights W of its first layer replaced by ``function(W)``."""
    W, others = layout.unpack(theta).W[0], layout.weights[0].stop
    return np.concatenate([function(W).ravel(), theta[others:]])
