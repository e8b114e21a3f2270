"""Training data for samples that come in batches: transforms and the evidence from a sample of the
rows, what must be exact from all of them.

Convention
----------
X, y, weight : as checked, see `checks`
"""

from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.parameters.settings import is_auto
from sklearn_shallow.estimators.streaming.constants import Constants
from sklearn_shallow.estimators.streaming.levels import with_declared
from sklearn_shallow.estimators.streaming.means import numbered, with_sums
from sklearn_shallow.estimators.streaming.order import is_ordered
from sklearn_shallow.estimators.streaming.rows import StreamRows
from sklearn_shallow.estimators.streaming.survey import CheckedBatches, Survey
from sklearn_shallow.estimators.training.auto import batch_rows, iterations
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.encoding import with_encoding_chosen
from sklearn_shallow.estimators.training.input_steps import for_training_rows, without_statistics
from sklearn_shallow.estimators.training.rows import Rows
from sklearn_shallow.estimators.training.validation import validation_samples
from sklearn_shallow.inputs.columns import MOST_LEVELS
from sklearn_shallow.inputs.sample_weights import Seen, total
from sklearn_shallow.inputs.scaling import ScaledRows
from sklearn_shallow.objective.formula import block_rows
from sklearn_shallow.utils.warnings import warn_user

BUFFER_CHUNKS = 4  # so many are drawn and read at once
PART_BUFFERS = 2  # in an iteration, at most
MOST_READERS = 32  # of sorted samples; the batches of all are at most as large as the buffer
FEW_READERS = 8
LARGEST_INDEX = 2**31
FEWEST_ITERATIONS = 8  # of a fit, so that the decay can be revised


@dataclass
class StreamFit:
    """Makes the training data of a fit on batches.

    Attributes
    ----------
    estimator : estimator
    settings : Settings
    batches : CheckedBatches
    survey : Survey
    make_target : callable of y, the labels and the settings
    steps : int or None
    """

    estimator: Any
    settings: Any
    batches: CheckedBatches
    survey: Survey
    make_target: Any
    steps: int | None

    def data(self, validation, team, checkpoint):
        """Return training data whose rows come in batches; those in it, a sample, stand for all.

        Parameters
        ----------
        validation : tuple of X, y and sample weights
        team : list of Member
        checkpoint : Checkpoint or None
        """
        last = team[0].last
        X, y, keeps_absent = self._sample(is_new=last is None)
        target = self._target(y)
        if last is not None:
            target.check_same(last.target)
        settings = self.settings = self._with_class_weights()
        numbers = self.survey.numbers
        samples = self.estimator._samples(X, y)
        samples = samples._replace(numbers=numbers, keeps_absent=keeps_absent)
        samples = samples.weighted(settings, target, self.survey.sample[2])
        samples = samples.without_zeros()
        target.warn_if_suspicious(samples.y, samples.cost)
        held_out = validation_samples(self.estimator, samples, *validation)
        if self.survey.n_rows > X.shape[0]:
            samples = samples._replace(features=self.survey.features)
        size = {"n_samples": self.survey.n_rows}
        settings = with_encoding_chosen(settings, samples, target, held_out, team[0], **size)
        samples = self._in_all(samples, settings, target, last)
        names, in_batches = self.estimator._names(), settings
        if not is_auto(settings.batch_size):  # smaller than the sample: it is not to be merged
            most = max(1, X.shape[0] // 2)
            in_batches = replace(settings, batch_size=min(settings.batch_size, most))
        options = {"validation": held_out, "names": names}
        data = TrainingData.of(in_batches, samples, target, team[0], **options)
        n_rows, weight = samples.X.shape[0], data.rows.total_weight
        given, factor = total(samples.weight, n_rows), weight / total(samples.cost, n_rows)
        if self.steps is None and self.survey.n_rows > X.shape[0]:
            data = self._exact(data, samples)
        stream = self._stream(settings, samples, target, data, checkpoint)
        growth = self.survey.total_weight / given * stream.n_rows / self.survey.n_rows
        data = self._streamed(data, settings, stream, growth)
        constants = None
        if self.steps is not None:
            Y = target.encode(samples.y, np.float64)
            constants = Constants(data.inputs, data.target, samples.X, Y, names)
        stream.encode = partial(encoded_rows, data, factor, constants)
        return data if held_out is None else data.validated_on(held_out, data.settings)

    def _sample(self, *, is_new):
        """Return X and y of the sample, checked, with the codes of all categories, and whether some
        of these may come later.
        """
        estimator, survey, parts = self.estimator, self.survey, self.survey.sample[:2]
        X, y = check_fit_data(estimator, *parts, reset=is_new)
        if is_new and survey.n_rows > X.shape[0]:
            table = survey.levels.complete(estimator._table, parts[0])
            if table is not estimator._table:
                estimator._table = table
                X, y = check_fit_data(estimator, *parts, reset=False)
        if survey.is_complete or not is_new:
            return X, y, False
        return with_declared(estimator, *parts, (X, y), most=MOST_LEVELS)

    def _in_all(self, samples, settings, target, last):
        """Return the sample with what has to be known of all samples to make the columns."""
        if self.survey.n_rows > self.survey.sample[0].shape[0]:
            levels = self.survey.levels.by_code(self.estimator._table)
            samples = samples._replace(levels=levels)
            if self.steps is None:
                return with_sums(samples, settings, target, self.batches, last)
        return samples

    def _target(self, y):
        return self.make_target(y, list(self.survey.labels), self.settings)

    def _with_class_weights(self):
        """Return the settings with numbers in place of "balanced"."""
        if not isinstance(self.settings.class_weight, str):
            return self.settings
        if not self.survey.labels:
            raise ValueError(
                f"class_weight={self.settings.class_weight!r} of a multilabel y needs all samples. "
                "Pass the weights themselves."
            )
        return replace(self.settings, class_weight=self.survey.balanced())

    def _exact(self, data, samples):
        """Return the data with the statistics of all rows: a sample may miss rare values."""
        settings, target = data.settings, data.target
        inputs = without_statistics(settings, data.inputs, samples.X, self.survey.features)
        was_constant = not target.scaling.scale.all()
        if was_constant:
            target = self._target(samples.y)
        for X, y, weight in self.batches.again():
            if settings.standardize:
                inputs.update(X, weight)
            Y = target.exact(y, np.float64)
            if was_constant:
                target.learn(Y, weight)
            else:
                target.limits = target.limits.widened(Y)
        of_sample = target.encode(samples.y, np.float64), samples.weight
        target.limits = target.limits.without_heavy_tails(*of_sample)
        data = replace(data, inputs=inputs, target=target)
        rows = data.encoded(samples, data.rows.weight, data.rows.Y.dtype)
        return replace(data, rows=rows).in_levels()

    def _stream(self, settings, samples, target, data, checkpoint):
        """Return the rows to train on, as many as there will be; `encode` is missing yet."""
        survey, steps, n_features = self.survey, self.steps, samples.X.shape[1]
        n_rows = survey.n_rows if steps is None else steps * batch_rows(settings, LARGEST_INDEX)
        batch_size = batch_rows(settings, n_rows)
        n_batches, buffer_rows = ceil(n_rows / batch_size), max(batch_size, survey.buffer_rows)
        epochs = iterations(settings, (n_rows, n_features), batch_size) if steps is None else 1
        n_parts = ceil(n_rows / (PART_BUFFERS * buffer_rows)), ceil(FEWEST_ITERATIONS / epochs)
        n_parts = min(max(n_parts), n_batches)
        is_chunk = n_parts == 1 and n_rows <= buffer_rows
        chunk_rows = max(batch_size, buffer_rows // BUFFER_CHUNKS)
        return StreamRows(
            numbered(self.batches, data.inputs.columns),
            None,
            n_rows,
            epochs,
            n_parts=n_parts,
            batch_size=batch_size,
            chunk_rows=n_batches * batch_size if is_chunk else chunk_rows,
            buffer_rows=0 if is_chunk else min(buffer_rows, n_rows),
            n_readers=1 if is_chunk or not settings.shuffle else self._n_readers(samples, target),
            is_endless=steps is not None,
            checkpoint=checkpoint,
        )

    def _n_readers(self, samples, target):
        """Return at how many places the samples are read at the same time, several if sorted."""
        survey, Y = self.survey, target.encode(samples.y, np.float64)
        if self.steps is not None or not is_ordered(samples.X, Y):
            return 1
        n_readers = min(MOST_READERS, max(1, survey.buffer_rows // survey.largest_batch))
        if n_readers < FEW_READERS:
            warn_user(
                "The samples are sorted: the mean of a column, or of y, changes along the batches. "
                f"To mix them, several batches have to be in memory, but one has up to "
                f"{survey.largest_batch} rows. Make the batches smaller, of at most "
                f"{max(1, survey.buffer_rows // FEW_READERS)} rows, or shuffle the samples before.",
                ConvergenceWarning,
            )
        return n_readers

    def _streamed(self, data, settings, stream, growth):
        """Return the data with a stream; every weight of the sample grows by that factor."""
        patience = settings.n_iter_no_change * stream.n_parts
        weight, n_rows = data.rows.weight, len(data.rows.Y)
        if growth != 1:
            weight = (np.ones(n_rows) if weight is None else weight) * growth
        rows = replace(data.rows, weight=weight)
        return replace(
            data,
            settings=replace(settings, n_iter_no_change=patience),
            rows=rows,
            shape=(stream.n_rows, data.shape[1]),
            seen=Seen(data.seen.given * growth, rows.total_weight),
            batch_size=stream.batch_size,
            max_iter=stream.n_epochs * stream.n_parts,
            stream=stream,
        )


def encoded_rows(data, factor, constants, X, y, weight):
    """Return samples that were checked as an objective takes them.

    Parameters
    ----------
    factor : float, of the weights
    constants : Constants, or None if all samples were looked at before
        Otherwise the limits of X and y are extended to these samples.
    """
    target, inputs, dtype = data.target, data.inputs, data.rows.Y.dtype
    Y = target.encode(y, dtype)
    if constants is not None:
        constants.look(X, Y)
        inputs.compression = inputs.compression.widened(inputs.columns.numbers_of(X))
        target.limits = target.limits.widened(Y)
    inputs = for_training_rows(data.inputs, data.columns)
    cost = target.class_weighted(data.settings.class_weight, y, weight)
    if cost is None and factor != 1:
        cost = np.ones(X.shape[0])
    cost = None if cost is None else (cost * factor).astype(dtype)
    Y = np.asfortranarray(target.standardized(Y, dtype))
    if sparse.issparse(X):
        return Rows(inputs.apply(X, dtype), Y, cost)
    # They are passed through once: a copy of what the network sees would only take memory.
    n_rows = block_rows(data.network.layout, dtype)
    return Rows(ScaledRows(data.space.behind(inputs), X, dtype, n_rows), Y, cost)
