"""The samples of a stream, as a source of training data.

Convention
----------
X, y, weight : as checked, see `checks`
"""

from dataclasses import replace
from functools import partial
from math import ceil

import numpy as np
from scipy import sparse
from scipy.stats import chi2
from sklearn.exceptions import ConvergenceWarning

from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.streaming.rows import StreamRows
from sklearn_shallow.estimators.streaming.sampled_source import SampledSource, costs, learn_part
from sklearn_shallow.estimators.streaming.survey import Survey, with_declared
from sklearn_shallow.estimators.training.auto import batch_rows
from sklearn_shallow.estimators.training.input_steps import for_training_rows
from sklearn_shallow.estimators.training.samples import Rows
from sklearn_shallow.inputs.facts import MAX_LEVELS, no_sums, target_sums
from sklearn_shallow.inputs.scaling import ScaledRows
from sklearn_shallow.utils.names import column_in_words
from sklearn_shallow.utils.statistics import RunningMoments
from sklearn_shallow.utils.warnings import warn_user

BUFFER_CHUNKS = 4  # size of the buffer over that of a chunk of rows, drawn and read at once
PART_BUFFERS = 2  # rows of an iteration over those of the buffer, at most
MAX_READERS = 32  # for sorted samples
FEW_READERS = 8  # readers below which a warning asks for smaller batches
MAX_INDEX = 2**31
MIN_ITERATIONS = 8  # of a fit, so that the decay can be revised
# Samples are sorted if the share of a column's variance between SEGMENTS exceeds both bounds:
SEGMENTS = 16
MIN_SHARE = 0.02  # a smaller share does no harm
FALSE_ALARMS = 1e-6  # probability of a larger share by chance


class Stream(SampledSource):
    """The samples of a stream.

    Parameters
    ----------
    batches : CheckedBatches
    steps : int or None
    is_new : bool
        Whether the estimator does not know the columns of X from an earlier fit.
    checkpoint : Checkpoint or None
    """

    def __init__(self, batches, steps, checkpoint, *, is_new):
        self.batches, self.steps, self.checkpoint = batches, steps, checkpoint
        self.survey = survey = Survey(batches, stops_early=steps is not None)
        X, y, keeps_absent = self._checked_sample(batches.estimator, is_new=is_new)
        known = {"weight": survey.sample[2], "numbers": survey.numbers}
        sample = batches.estimator._samples(X, y, keeps_absent=keeps_absent, **known)
        survey.facts.levels = survey.levels.by_code(batches.estimator._table)
        super().__init__(sample, survey.facts, is_complete=survey.is_complete)

    def _checked_sample(self, estimator, *, is_new):
        """Return the checked X and y of the sample, with codes of all categories, and whether
        declared categories may come later.
        """
        survey, parts = self.survey, self.survey.sample[:2]
        X, y = check_fit_data(estimator, *parts, reset=is_new)
        if is_new and survey.facts.n_rows > X.shape[0]:
            table = survey.levels.complete(estimator._table, parts[0])
            if table is not estimator._table:
                estimator._table = table
                X, y = check_fit_data(estimator, *parts, reset=False)
        if survey.is_complete or not is_new:
            return X, y, False
        return with_declared(estimator, *parts, (X, y), most=MAX_LEVELS)

    def learn(self, inputs, target):
        """Update the statistics of the transforms with all samples."""
        for parts in self.batches.again():
            learn_part(inputs, target, *parts)

    def target_sums(self, n_codes, scale, unit, target):
        """Return the sums of the targets by category, in one pass over all samples."""
        sums, n_read = no_sums(n_codes, scale), 0
        for X, y, weight in self.batches.again():
            numbers = np.arange(n_read, n_read + len(X))
            weight = None if weight is None else weight * unit
            target_sums(n_codes, X, target.encode(y, np.float64), weight, numbers, sums)
            n_read += len(X)
        return sums

    def n_rows_of_pass(self, settings):
        """Return the number of samples in a pass; with `steps`, a fit is one pass."""
        if self.steps is None:
            return self.n_rows
        return self.steps * batch_rows(settings, MAX_INDEX)

    def of_all(self, data, factor):
        """Return training data with a stream of rows; `data` has a sample of them."""
        if not self.is_complete:
            warn_of_constants(data)
        stream = self._rows(data, factor)
        patience = data.settings.n_iter_no_change * stream.n_parts
        length = {"n_iter_no_change": patience, "max_iter": stream.n_epochs * stream.n_parts}
        return replace(data.with_settings(**length), stream=stream)

    def _rows(self, data, factor):
        """Return the stream of training rows."""
        n_rows, batch_size = data.shape[0], data.batch_size
        n_batches = ceil(n_rows / batch_size)
        buffer_rows = max(batch_size, self.survey.buffer_rows)
        epochs = data.max_iter if self.steps is None else 1
        n_parts = ceil(n_rows / (PART_BUFFERS * buffer_rows)), ceil(MIN_ITERATIONS / epochs)
        n_parts = min(max(n_parts), n_batches)
        is_chunk = n_parts == 1 and n_rows <= buffer_rows
        chunk_rows = max(batch_size, buffer_rows // BUFFER_CHUNKS)
        return StreamRows(
            partial(self._read, data.inputs.columns),
            partial(encoded_rows, data, factor, not self.is_complete),
            n_rows,
            epochs,
            n_parts=n_parts,
            batch_size=batch_size,
            chunk_rows=n_batches * batch_size if is_chunk else chunk_rows,
            buffer_rows=0 if is_chunk else min(buffer_rows, n_rows),
            n_readers=1 if is_chunk or not data.settings.shuffle else self._n_readers(data.target),
            is_endless=self.steps is not None,
            checkpoint=self.checkpoint,
        )

    def _read(self, columns, first=0):
        """Yield the checked batches from a row on, with codes of categories and folds, see
        `Columns.numbered`."""
        for X, y, weight in self.batches.again(first):
            n_read = first + X.shape[0]
            yield columns.numbered(X, np.arange(first, n_read)), y, weight
            first = n_read

    def _n_readers(self, target):
        """Return the number of readers: one unless the samples are sorted."""
        survey, Y = self.survey, target.encode(self.sample.y, np.float64)
        if self.steps is not None or not is_ordered(self.sample.X, Y):
            return 1
        # The batches of all readers together are at most as large as the buffer.
        n_readers = min(MAX_READERS, max(1, survey.buffer_rows // survey.largest_batch))
        if n_readers < FEW_READERS:
            warn_user(
                "The samples are sorted: the mean of a column, or of y, changes along the batches. "
                f"To mix them, several batches have to be in memory, but one has up to "
                f"{survey.largest_batch} rows. Make the batches smaller, of at most "
                f"{max(1, survey.buffer_rows // FEW_READERS)} rows, or shuffle the samples before.",
                ConvergenceWarning,
            )
        return n_readers


def is_ordered(X, Y):
    """Return whether the mean of a column changes along the rows by more than chance.

    Parameters
    ----------
    X : ndarray or CSR of shape (n_rows, n_features)
        A random sample of the stream, in its order, with nan where a value is missing.
    Y : ndarray of shape (n_rows, n_outputs), the encoded target
    """
    n_rows, n_columns = X.shape[0], X.shape[1] + Y.shape[1]
    by_chance = chi2.isf(FALSE_ALARMS / n_columns, SEGMENTS - 1) / n_rows
    largest = max(share_between_segments(part).max(initial=0) for part in (X, Y))
    return bool(largest > max(MIN_SHARE, by_chance))


def share_between_segments(X):
    """Return, for every column, the fraction of its variance between segments of the rows."""
    n_rows, n_columns = X.shape
    ends = np.arange(SEGMENTS + 1) * n_rows // SEGMENTS
    total, *segments = [RunningMoments(n_columns) for _ in range(SEGMENTS + 1)]
    with np.errstate(all="ignore"):
        total.update(X)
        for moments, begin, end in zip(segments, ends[:-1], ends[1:], strict=True):
            moments.update(X[begin:end])
        between = sum(m.weight * (m.mean - total.mean) ** 2 for m in segments)
        return np.where(total.variance > 0, between / n_rows / total.variance, 0)


def warn_of_constants(data):
    """Warn of columns that are constant in the first samples of a stream: their scale is 0."""
    numbers, what = data.inputs.columns.numbers, []
    features = numbers[data.inputs.inverse_scale[: len(numbers)] == 0]
    if len(features):
        others = f" and {len(features) - 1} others" if len(features) > 1 else ""
        what.append(f"{column_in_words(data.feature_names, features[0])}{others} of X")
    if not data.target.scaling.scale.all():
        what.append("y")
    if what:
        warn_user(
            f"In the first samples, from which fit_batches with steps takes all scales, "
            f"{' and '.join(what)} had a single value: others that come later have no effect. "
            "Shuffle the samples, or set epochs in place of steps."
        )


def encoded_rows(data, factor, widens, X, y, weight):
    """Return checked samples in the form of the objective.

    Parameters
    ----------
    factor : float, factor of the weights
    widens : bool
        Whether the limits of X and y are extended to these samples.
    """
    target, inputs, dtype = data.target, data.inputs, data.rows.Y.dtype
    Y = target.encode(y, dtype)
    if widens:
        inputs.widen(X)
        target.limits = target.limits.widened(Y)
    inputs = for_training_rows(data.inputs, data.columns)
    cost = costs(data, factor, y, weight)
    cost = None if cost is None else cost.astype(dtype)
    Y = np.asfortranarray(target.standardized(Y, dtype))
    if sparse.issparse(X):
        return Rows(inputs.apply(X, dtype), Y, cost)
    # Transformed when needed, without a copy, since they are used once.
    return Rows(ScaledRows(data.space.extended(inputs), X, dtype), Y, cost)
