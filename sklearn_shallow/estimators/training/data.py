"""The training data of a fit: encoded, weighted and scaled samples, with the fitted transforms.

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

from sklearn_shallow.estimators.parameters.settings import Settings, is_auto
from sklearn_shallow.estimators.training import auto, input_steps
from sklearn_shallow.estimators.training.fitted_network import FittedNetwork, with_first_weights
from sklearn_shallow.estimators.training.samples import (
    MAX_COPY_BYTES,
    Rows,
    check_known,
    learned,
    limit_predictions,
    network_rows,
    observed_rows,
    precision,
)
from sklearn_shallow.estimators.training.validation import ValidationData, encoded_targets, hold_out
from sklearn_shallow.evidence.decay import INITIAL_ALPHA
from sklearn_shallow.inputs.columns import Columns
from sklearn_shallow.inputs.one_hot_rows import OneHotRows, as_one_hot_rows
from sklearn_shallow.inputs.sample_weights import Seen, scaled, streamed, total
from sklearn_shallow.inputs.scaling import Standardization
from sklearn_shallow.inputs.spaces import COLUMNS, SampleSpace, Space
from sklearn_shallow.network.dropout import Dropout
from sklearn_shallow.network.layout import layout_of
from sklearn_shallow.network.passes import Network
from sklearn_shallow.objective.formula import Objective
from sklearn_shallow.utils.lazy import lazy
from sklearn_shallow.utils.threads import one_blas_thread_each


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The samples of a fit and the transforms that encoded them; all runs of a fit share it.

    Attributes
    ----------
    settings : Settings
    inputs : Standardization, from the user's X to the input columns of the network
    target : the target, see `targets`
    rows : Rows to train on
    shape : tuple of int
        The numbers of training samples and of features of the user's X.
    seen : Seen
        The sums of the weights of these and all earlier samples of `partial_fit`.
    dtype : dtype of the parameters and predictions
    suitable_rate : float, the initial learning rate that suits the data
    feature_names : sequence of the names of the features, or None
    validation : ValidationData or None
    n_revisions : int or None
        Number of estimates of the decay during a fit on batches; None for the default.
    stream : StreamRows or None
        The source of the training rows; `rows` is then a sample of them.
    space : Space
        The space of the inputs in training, see `inputs.spaces`.
    columns : Columns of the training samples, see `inputs.target_encoding`; None in `partial_fit`
    is_wide : bool
        Whether columns of dense X outnumber the samples, see `input_steps.spans_few`.
    """

    settings: Settings
    inputs: Standardization
    target: Any
    rows: Rows
    shape: tuple[int, int]
    seen: Seen
    dtype: np.dtype
    suitable_rate: float
    feature_names: object = None
    validation: ValidationData | None = None
    n_revisions: int | None = None
    stream: Any = None
    space: Space = COLUMNS
    columns: Columns | None = None
    is_wide: bool = False

    @classmethod
    @one_blas_thread_each()
    def of(cls, settings, samples, target, member=None, validation=None):
        """Return the training data of a fit, from all samples.

        Parameters
        ----------
        member : Member or None
            A network that may be continued; its random numbers draw a validation set if early
            stopping needs one and none is passed.
        validation : Samples or None
            The user's validation set.
        """
        last, rng = (None, None) if member is None else (member.last, member.streams()["split"])
        samples, held_out = hold_out(settings, samples, target, validation, rng)
        X, n_rows = samples.X, samples.X.shape[0]
        full_batch = auto.batch_rows(settings, n_rows) == n_rows
        dtype = precision(settings, X, target, full_batch=full_batch)
        Y, weights = target.encode(samples.y, dtype), samples.weights
        X, Y, (weight, cost) = observed_rows(settings, X, Y, weights, full_batch=full_batch)
        check_known(Y, target)
        inputs, columns = input_steps.new_inputs(settings, samples, X, Y, weight, last)
        of_rows = input_steps.for_training_rows(inputs, columns)
        X = inputs.columns.numbered(X, samples.numbers)
        target.scaling.allow_for(settings.noise)
        given, Y = Y, learned(target, X, Y, weight, dtype)
        limit_predictions(target, given, weight, last)
        is_whole = samples.numbers is None  # a sample has fewer scores than all samples
        spans_few = is_whole and input_steps.spans_few(X, inputs)
        by_scores = spans_few and not input_steps.is_on_columns(settings)
        is_wide = spans_few and not sparse.issparse(X)  # the scores of sparse X only save time
        space = COLUMNS
        if not by_scores:
            space = input_steps.trained_columns(settings, of_rows, X, Y, cost)
        rows = network_rows(settings, space.extended(of_rows), X, Y, cost)
        seen = Seen(total(samples.cost, n_rows), rows.total_weight)
        others = {"columns": columns, "space": space, "is_wide": is_wide}
        data = cls._of_rows(settings, samples, inputs, target, rows, seen, **others)
        data = data.in_sample_space(last) if by_scores else data.as_one_hot_rows()
        return data if held_out is None else data.validated_on(held_out, settings)

    @classmethod
    def _of_rows(cls, settings, samples, inputs, target, rows, seen, **others):
        """Return the data of samples with their training rows; `others` are further fields."""
        X, names = samples.X, samples.feature_names
        known = settings, X, samples.weight, inputs.n_columns
        rate = auto.suitable_rate(*known, lambda: target.curvature(rows.Y, rows.weight))
        return cls(settings, inputs, target, rows, X.shape, seen, X.dtype, rate, names, **others)

    def as_one_hot_rows(self):
        """Return the data with `OneHotRows` if these save time."""
        inputs = self.inputs
        if input_steps.is_on_columns(self.settings) or self.is_wide:
            return self
        groups, shift = inputs.columns.groups_of_levels, inputs.shift * (inputs.inverse_scale > 0)
        factor, n_rows = inputs.roots[: len(shift)], self.rows.total_weight
        X = as_one_hot_rows(self.rows.X, groups, shift, factor, n_rows, MAX_COPY_BYTES)
        return replace(self, rows=replace(self.rows, X=X))

    def in_sample_space(self, last=None):
        """Return the data with the scores of X in place of X, see `inputs.spaces`; unchanged if the
        network to continue with has weights outside of the space.
        """
        space = SampleSpace(self.rows.X, self.rows.Y.dtype)
        if last is not None:
            is_same = last.inputs.fingerprint() == self.inputs.fingerprint()
            if not (is_same and space.contains(last.network.layout.unpack(last.theta).W[0])):
                return self
        return replace(self, rows=replace(self.rows, X=space.scores), space=space)

    def in_columns(self, theta):
        """Return the data with the columns of the samples in place of their scores, and the
        parameters for these."""
        if not isinstance(self.space, SampleSpace):
            return self, theta
        rows = replace(self.rows, X=self.space.columns(self.rows.X))
        return replace(self, rows=rows, space=COLUMNS), self.for_columns(theta)

    def for_columns(self, theta):
        """Return the parameters for the input columns, from those of the space in training."""
        return with_first_weights(theta, self.network.layout, self.space.for_columns)

    def for_training(self, theta):
        """Return the parameters of the space in training, from those for the input columns."""
        return with_first_weights(theta, self.network_of_columns.layout, self.space.for_training)

    @lazy
    def network(self):
        """The network in training."""
        return self._network_for(self.space.n_trained(self.inputs))

    @lazy
    def network_of_columns(self):
        """The network for the input columns."""
        return self._network_for(self.inputs.n_columns)

    def _network_for(self, n_columns):
        """Return the network for a number of input columns."""
        layout = layout_of(n_columns, *self.settings.hidden_layer_sizes, self.target.n_outputs)
        return Network(layout, self.settings.activation)

    def encoded(self, samples, weight, dtype):
        """Return training samples, given their numbers, in the form of an objective."""
        Y = self.target.standardized(self.target.encode(samples.y, dtype), dtype)
        X = self.inputs.columns.numbered(samples.X, samples.numbers)
        inputs = self.space.extended(input_steps.for_training_rows(self.inputs, self.columns))
        return network_rows(self.settings, inputs, X, Y, weight)

    def validated_on(self, samples, settings):
        """Return the data with a validation set, encoded like the training samples."""
        Y = encoded_targets(settings, samples, self.target, self.rows.Y.dtype)
        weight = scaled(samples.cost)
        rows = network_rows(settings, self.space.extended(self.inputs), samples.X, Y, weight)
        rows = replace(rows, X=self.space.rows_of(rows.X))
        return replace(self, settings=settings, validation=ValidationData(rows, samples))

    @classmethod
    def of_part(cls, settings, samples, target, last=None):
        """Return the training data of a call of `partial_fit`.

        Parameters
        ----------
        last : FittedNetwork or None
            The network to continue with. Its parameters are kept although the running statistics
            change.
        """
        X, n_rows = samples.X, samples.X.shape[0]
        before = Seen() if last is None else last.seen
        scale = settings.relative
        (weight, cost), seen = streamed(samples.weights, n_rows, before, scale=scale)
        if last is None:
            inputs, _ = input_steps.new_inputs(settings, samples, X, None, weight, None)
        else:
            inputs = input_steps.running_inputs(settings, X, weight, last)
        dtype = precision(settings, X, target, full_batch=False)
        Y = learned(target, X, target.encode(samples.y, dtype), weight, dtype)
        rows = network_rows(settings, inputs, X, Y, cost)
        return cls._of_rows(settings, samples, inputs, target, rows, seen)

    @property
    def batch_size(self):
        """The number of samples in a batch."""
        return auto.batch_rows(self.settings, self.shape[0])

    @property
    def learning_rate(self):
        """The initial learning rate."""
        rate = self.settings.learning_rate_init
        return self.suitable_rate if is_auto(rate) else rate

    @property
    def slowness(self):
        """The learning rate that suits the data, divided by the learning rate."""
        return self.suitable_rate / self.learning_rate

    @property
    def max_iter(self):
        """The maximum number of iterations; None in `partial_fit`."""
        return auto.iterations(self.settings, self.shape, self.batch_size, self.slowness)

    @property
    def n_parts(self):
        """The number of iterations of a pass over all rows."""
        return 1 if self.stream is None else self.stream.n_parts

    @property
    def n_sought(self):
        """The number of iterations in which the decay is searched, before an extension."""
        if self.stream is not None and not self.settings.early_stopping:
            return self.max_iter
        most = self.max_iter // self.n_parts
        about = self.shape, self.batch_size, most, self.slowness
        return auto.search_epochs(self.settings, *about) * self.n_parts

    @property
    def may_end(self):
        """True if a fit to labels may end early, see `Revision`.

        All epochs are needed by steps that do not adapt, to make weights small again, and by the
        search for the decay if features outnumber samples. Half of few epochs are too few to tell.
        """
        settings, is_whole = self.settings, self.n_revisions is None and self.stream is None
        is_long = settings.ends_at_zero and self.max_iter >= auto.MIN_EPOCHS
        has_slack = settings.solver.adapts_steps and not (self.is_wide or settings.early_stopping)
        is_of_labels = settings.is_of_labels and self.target.loss.is_likelihood
        return is_whole and is_long and has_slack and is_of_labels

    @property
    def n_rows_per_iteration(self):
        """The number of samples in an iteration."""
        return self.shape[0] // self.n_parts

    @property
    def chosen(self):
        """The values chosen for "auto", by parameter, without parameters that have no effect."""
        settings = self.settings
        values = {
            "hidden_layer_sizes": settings.hidden_layer_sizes,
            "solver": settings.chosen_solver,
            "batch_size": self.batch_size,
            "early_stopping": settings.early_stopping,
            "numeric_encoding": self.inputs.encoding.kind,
        }
        if self.max_iter is not None:
            values["max_iter"] = self.max_iter
        if settings.solver.takes_batches:
            values["learning_rate"] = settings.learning_rate
            values["learning_rate_init"] = self.learning_rate
        return values

    def untrained(self, **others):
        """Return a `FittedNetwork` with the transforms of X and y and without parameters; `others`
        are further fields."""
        fields = {
            "theta": np.empty(0, self.dtype),
            "decay": self.settings.decay,
            "seen": self.seen,
            "space": COLUMNS if isinstance(self.space, SampleSpace) else self.space,
        }
        return FittedNetwork(self.network_of_columns, self.inputs, self.target, **fields | others)

    def first_raw(self):
        """Return the initial raw output."""
        return self.target.first_raw(self.rows.Y, self.rows.weight)

    def with_settings(self, **others):
        """Return the data with other settings."""
        return replace(self, settings=replace(self.settings, **others))

    def objective(self, rows=None, *, fraction=1.0, streams=None):
        """Return an objective with its own work arrays; with `streams`, its epochs have dropout.

        Parameters
        ----------
        rows : Rows, by default the training rows
        fraction : float
            Factor of the penalty.
        """
        settings, rows = self.settings, self.rows if rows is None else rows
        X = rows.X.twin() if isinstance(rows.X, OneHotRows) else rows.X
        weight = None if rows.weight is None else rows.weight.astype(rows.Y.dtype)
        noise = None
        if streams is not None and any(settings.dropout) and settings.solver.takes_batches:
            noise = Dropout(self.network, settings.dropout, streams["dropout"])
        alpha = INITIAL_ALPHA if settings.decay is None else settings.decay
        options = {"alpha": fraction * alpha, "l1_ratio": settings.l1_ratio, "noise": noise}
        return Objective(self.network, self.target.training_loss, X, rows.Y, weight, **options)
