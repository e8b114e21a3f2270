"""The training data of a fit: encoded, weighted and scaled, with the transforms that did it.

Convention
----------
X : ndarray or CSR, as the user gave it, nan where a value is missing
Y : the encoded target, (n_rows, n_outputs), scaled or not
weights : (sample weights, sample weights times class weights), each an ndarray or None
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from sklearn_shallow.estimators.parameters.settings import Decay, Settings
from sklearn_shallow.estimators.training.auto import (
    batch_rows,
    initial_rate,
    iterations,
    steady_rate,
)
from sklearn_shallow.estimators.training.fitted_network import FittedNetwork, scaling_key
from sklearn_shallow.estimators.training.input_steps import (
    crossfitted_columns,
    make_inputs,
    new_inputs,
    spans_few,
    with_columns,
)
from sklearn_shallow.estimators.training.precision import CANONICAL_ROWS, precision
from sklearn_shallow.estimators.training.samples import check_known, check_representable
from sklearn_shallow.estimators.training.validation import ValidationData, encoded_targets, hold_out
from sklearn_shallow.evidence.decay import INITIAL_ALPHA, N_REVISIONS
from sklearn_shallow.inputs.columns import Columns
from sklearn_shallow.inputs.compression import NO_COMPRESSION
from sklearn_shallow.inputs.sample_space import SampleSpace
from sklearn_shallow.inputs.sample_weights import (
    Seen,
    counted,
    observed,
    scaled,
    streamed,
    total,
    without_ones,
)
from sklearn_shallow.inputs.scaling import ScaledRows, Standardization
from sklearn_shallow.network.dropout import Dropout
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.objective.formula import Objective, block_rows
from sklearn_shallow.utils.rows import canonical_rows
from sklearn_shallow.utils.threads import one_blas_thread_each

LARGEST_COPY = 2**27  # bytes of X as the network sees it


@dataclass(frozen=True, eq=False)
class Rows:
    """Samples as an objective takes them; several objectives may have the same.

    Attributes
    ----------
    X : ndarray, CSR or ScaledRows, as the network sees it
    Y : ndarray of shape (n_rows, n_outputs), encoded and scaled, in the dtype to compute in
    weight : ndarray of float64, or None
    """

    X: object
    Y: np.ndarray
    weight: np.ndarray | None

    @property
    def total_weight(self):
        """The sum of the weights."""
        return float(len(self.Y) if self.weight is None else self.weight.sum())


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The samples of a fit and the transforms that encoded them; all runs of a fit share it.

    Attributes
    ----------
    settings : Settings
    network : Network
    inputs : Standardization, from the user's X to what the network sees
    target : the target, see `targets`
    rows : Rows to train on
    shape : tuple of int
        The samples and features of the user's X that training sees.
    seen : Seen
        How much these and all earlier samples of `partial_fit` weigh.
    dtype : dtype of the parameters and predictions
    batch_size : int
    max_iter : int or None in `partial_fit`
    learning_rate : float, the initial one
    feature_names : sequence of the names of the features, or None
    validation : ValidationData or None
    n_revisions : int
        How often the decay is estimated along a fit on batches.
    starts_as_encoded : bool
        Whether the search for the decay begins as it does with an encoding of numbers.
    stream : StreamRows or None
        Where the rows to train on come from; `rows` are a sample then that stands for all of them.
    space : SampleSpace whose scores the network is trained on, or None
    columns : Columns of the samples to train on, see `inputs.target_means`; None as of others
    """

    settings: Settings
    network: Network
    inputs: Standardization
    target: Any
    rows: Rows
    shape: tuple[int, int]
    seen: Seen
    dtype: np.dtype
    batch_size: int
    max_iter: int | None
    learning_rate: float
    feature_names: object = None
    validation: ValidationData | None = None
    n_revisions: int = N_REVISIONS
    starts_as_encoded: bool = False
    stream: Any = None
    space: SampleSpace | None = None
    columns: Columns | None = None

    @classmethod
    @one_blas_thread_each()
    def of(cls, settings, samples, target, *, validation=None, rng=None, last=None, names=None):
        """Encode all samples of a fit.

        Parameters
        ----------
        validation : Samples or None
            The user's validation set.
        rng : numpy.random.Generator
            Draws a validation set, where early stopping needs one and none is passed.
        last : FittedNetwork or None
            The network that a warm start continues with.
        names : sequence of str, or None
            The names of the features.
        """
        everything = samples
        samples, held_out = hold_out(settings, samples, target, validation, rng)
        X, shape = samples.X, samples.X.shape
        batch_size = batch_rows(settings, shape[0])
        max_iter = iterations(settings, shape, batch_size)
        full_batch = batch_size == shape[0]
        dtype = precision(settings, X, target, full_batch=full_batch)
        Y = target.encode(samples.y, dtype)
        X, Y, weights = observed_rows(settings, X, Y, samples.weights, full_batch=full_batch)
        check_known(Y, target)
        inputs = new_inputs(settings, X, Y, weights[0], last, samples)
        network = make_network(settings, inputs.n_columns, target)
        columns = crossfitted_columns(inputs.columns, X, Y, weights[0], samples)
        of_rows, X = with_columns(inputs, columns), inputs.columns.numbered(X, samples.numbers)
        rows = encoded(settings, network, of_rows, target, X, Y, weights, dtype)
        about = inputs.n_columns, target.curvature(rows.Y, rows.weight)
        rate = initial_rate(settings, everything.X, everything.weight, *about)
        data = cls(
            settings,
            network,
            inputs,
            target,
            rows,
            shape,
            Seen(total(samples.cost, shape[0]), rows.total_weight),
            X.dtype,
            batch_size=len(rows.Y) if full_batch else batch_size,
            max_iter=max_iter,
            learning_rate=rate,
            feature_names=names,
            columns=columns,
        )
        if spans_few(settings, X, inputs):
            data = data.in_sample_space(last)
        return data if held_out is None else data.validated_on(held_out, settings)

    def in_sample_space(self, last=None):
        """Return the data with the scores of X in place of X, see `inputs.sample_space`.

        As they are, if the network to continue with has weights outside of the space.
        """
        if last is not None and last.inputs.fingerprint() != self.inputs.fingerprint():
            return self
        space = SampleSpace(self.rows.X, self.rows.Y.dtype)
        if last is not None and not space.has(last.network.layout.unpack(last.theta).W[0]):
            return self
        network = make_network(self.settings, space.n_scores, self.target)
        return replace(self, network=network, rows=replace(self.rows, X=space.scores), space=space)

    def for_columns(self, theta):
        """Return the parameters for X as the network sees it."""
        if self.space is None:
            return theta
        return with_first_weights(theta, self.network.layout, self.space.for_columns)

    def for_scores(self, theta):
        """Return the parameters to train, from those for X as the network sees it."""
        if self.space is None:
            return theta
        return with_first_weights(theta, self.network_of_columns.layout, self.space.for_scores)

    @property
    def network_of_columns(self):
        """The network for X as the network sees it."""
        if self.space is None:
            return self.network
        return make_network(self.settings, self.inputs.n_columns, self.target)

    def validated_on(self, samples, settings):
        """Return the data with a validation set, encoded as the samples to train on are."""
        Y = encoded_targets(settings, samples, self.target, self.rows.Y.dtype)
        weight = scaled(samples.cost)
        rows = network_rows(settings, self.network, self.inputs, samples.X, Y, weight)
        if self.space is not None:
            rows = replace(rows, X=self.space.scores_of(rows.X))
        return replace(self, settings=settings, validation=ValidationData(rows, samples))

    @classmethod
    def of_stream(cls, settings, samples, target, *, last=None, names=None):
        """Encode the samples of a call of `partial_fit`.

        Parameters
        ----------
        last : FittedNetwork or None
            The network that training continues with. It stays as it is, even if the running
            statistics have moved a little.
        """
        samples = samples.without_zeros()
        X, n_rows = samples.X, samples.X.shape[0]
        before = Seen() if last is None else last.seen
        weights, seen = streamed(samples.weights, n_rows, before, scale=settings.relative)
        if last is None:
            columns = Columns.of(X, weights[0], samples.categories)
            inputs = make_inputs(settings, X, columns, NO_COMPRESSION, weights[0])
        else:
            inputs = last.inputs.copy()
            numbers = inputs.columns.numbers_of(X)
            inputs.compression = inputs.compression.widened(numbers)
        if settings.standardize:
            inputs.update(X, weights[0])
        network = make_network(settings, inputs.n_columns, target)
        dtype = precision(settings, X, target, full_batch=False)
        Y = target.encode(samples.y, dtype)
        rows = encoded(settings, network, inputs, target, X, Y, weights, dtype)
        about = inputs.n_columns, target.curvature(rows.Y, rows.weight)
        return cls(
            settings,
            network,
            inputs,
            target,
            rows,
            X.shape,
            seen,
            X.dtype,
            batch_size=batch_rows(settings, n_rows),
            max_iter=None,
            learning_rate=steady_rate(settings, X, *about),
            feature_names=names,
        )

    @property
    def coordinates_key(self):
        """A key of what the coordinates of the parameters mean, those in training."""
        space = b"" if self.space is None else self.space.fingerprint()
        return scaling_key(self) + space

    @property
    def n_parts(self):
        """The number of iterations of a pass over all rows."""
        return 1 if self.stream is None else self.stream.n_parts

    @property
    def n_rows_per_iteration(self):
        """The number of rows that an iteration sees."""
        return len(self.rows.Y) if self.stream is None else self.shape[0] // self.n_parts

    @property
    def encoding(self):
        """The kind of the encoding of numbers, see `inputs.encoding`; None without one."""
        return self.inputs.encoding.kind

    @property
    def chosen(self):
        """The values that "auto" stands for, by parameter; not of those without effect."""
        settings = self.settings
        values = {
            "solver": settings.chosen_solver,
            "batch_size": self.batch_size,
            "early_stopping": settings.early_stopping,
            "numeric_encoding": self.encoding,
        }
        if self.max_iter is not None:
            values["max_iter"] = self.max_iter
        if settings.solver.takes_batches:
            values["learning_rate"] = settings.learning_rate
            values["learning_rate_init"] = self.learning_rate
        return values

    def untrained(self):
        """Return a network without parameters that takes X and makes y as these data do."""
        return FittedNetwork(
            self.network_of_columns,
            self.inputs,
            self.target,
            np.empty(0, self.dtype),
            self.settings.decay,
            seed=None,
            entropy=[],
            seen=self.seen,
        )

    def first_raw(self):
        """Return the raw output to begin with."""
        return self.target.first_raw(self.rows.Y, self.rows.weight)

    def with_decay(self, decay):
        """Return the data with another decay."""
        return replace(self, settings=replace(self.settings, decay=decay))

    def objective(self, rows=None, *, fraction=1.0, streams=None):
        """Return an objective with work arrays of its own; with streams, its epochs see dropout.

        Parameters
        ----------
        rows : Rows, by default those to train on
        fraction : float
            How much of the penalty counts.
        """
        settings, rows = self.settings, self.rows if rows is None else rows
        X = rows.X.twin() if isinstance(rows.X, ScaledRows) else rows.X
        weight = None if rows.weight is None else rows.weight.astype(rows.Y.dtype)
        noise = None
        if streams is not None and any(settings.dropout) and settings.solver.takes_batches:
            noise = Dropout(self.network, settings.dropout, streams["dropout"])
        decay = Decay(INITIAL_ALPHA) if settings.decay is None else settings.decay
        objective = Objective(
            self.network,
            self.target.loss,
            X,
            rows.Y,
            weight,
            alpha=fraction * decay.alpha,
            l1_ratio=settings.l1_ratio,
            noise=noise,
        )
        if decay.relevance is None:
            return objective
        return objective.with_alpha(fraction * decay.alpha, decay.relevance)


def observed_rows(settings, X, Y, weights, *, full_batch):
    """Return the samples to train on as the objective counts them.

    Unless alpha is a number, the weights add up to the number of observations, see
    `inputs.sample_weights`. Equal rows are merged if the rows are few and all in one batch.
    """
    relative = settings.relative
    weights = observed(X, Y, weights) if relative else tuple(map(without_ones, weights))
    if full_batch and X.shape[0] <= CANONICAL_ROWS:
        X, Y, weights = canonical_rows(X, Y, weights)
    return X, Y, counted(len(Y), weights) if relative else weights


def with_first_weights(theta, layout, function):
    """Return theta with a function of the weights of its first layer in their place."""
    W, others = layout.unpack(theta).W[0], layout.weights[0].stop
    return np.concatenate([function(W).ravel(), theta[others:]])


def make_network(settings, n_columns, target):
    """Return the network for so many columns and the target."""
    layout = Layout((n_columns, *settings.hidden, target.n_outputs))
    return Network(layout, settings.activations)


def encoded(settings, network, inputs, target, X, Y, weights, dtype):
    """Return the samples to train on as an objective takes them; the target learns its scale."""
    check_representable(X, Y)
    target.learn(Y, weights[0])
    Y = target.standardized(Y, dtype)
    return network_rows(settings, network, inputs, X, Y, weights[1])


def network_rows(settings, network, inputs, X, Y, weight):
    """Return samples as an objective takes them.

    X is a copy as the network sees it, unless the samples are many and all are passed through in
    blocks, or the copy would be large: then blocks are made when needed.
    """
    n_rows = X.shape[0]
    in_blocks = batch_rows(settings, n_rows) == n_rows > CANONICAL_ROWS
    is_large = n_rows * inputs.n_columns * Y.dtype.itemsize > LARGEST_COPY
    if sparse.issparse(X) or not (in_blocks or is_large):
        X = inputs.apply(X, Y.dtype)
    else:
        X = ScaledRows(inputs, X, Y.dtype, block_rows(network.layout, Y.dtype))
    return Rows(X, np.asfortranarray(Y), weight)
