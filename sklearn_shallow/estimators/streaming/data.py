"""Training data for samples that come in batches: transforms and the evidence from a sample of the
rows, what must be exact from all of them.

Convention
----------
X, y, weight : as checked, see `checks`
"""

from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from math import ceil
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.utils.multiclass import check_classification_targets

from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.parameters.settings import is_auto
from sklearn_shallow.estimators.scikit_learn import check_sample_weight
from sklearn_shallow.estimators.streaming.rows import StreamRows
from sklearn_shallow.estimators.training.auto import batch_rows, iterations
from sklearn_shallow.estimators.training.data import TrainingData, network_rows
from sklearn_shallow.estimators.training.encoding import with_encoding_chosen
from sklearn_shallow.estimators.training.input_steps import make_inputs
from sklearn_shallow.estimators.training.samples import validation_samples
from sklearn_shallow.inputs.batches import RowSample, taken
from sklearn_shallow.inputs.sample_weights import Seen, total
from sklearn_shallow.utils.rows import blocks
from sklearn_shallow.utils.statistics import RunningMoments

__all__ = ["CheckedBatches", "StreamFit", "Survey"]

SAMPLE_ROWS, SAMPLE_BYTES = 20_000, 2**25  # of the random sample
FEWEST_SAMPLE_ROWS = 1000
CHUNK_BYTES = 2**26  # of rows that are read and shuffled together
PART_CHUNKS = 2  # in an iteration, at most
LARGEST_INDEX = 2**31
FEWEST_ITERATIONS = 8  # of a fit, so that the decay can be revised


class CheckedBatches:
    """The batches of a user, checked one after the other; rows of weight zero are left out.

    Parameters
    ----------
    estimator : estimator
    batches : Batches
    is_known : bool
        Whether the estimator knows the columns of X; otherwise the first batch says what they are.
    """

    def __init__(self, estimator, batches, *, is_known):
        self.estimator, self.batches = estimator, batches
        self._is_known, self._looked_at = is_known, []
        self._once = None if batches.is_repeatable else iter(batches)

    def first(self):
        """Yield every batch as it is but for rows of weight zero, and as checked."""
        for number, parts in iter(self.batches) if self._once is None else self._once:
            if self._once is not None:
                self._looked_at.append((number, parts))
            yield from self._checked(number, parts)

    def again(self):
        """Yield every batch as checked, also those of an iterator that were looked at before."""
        numbered = self.batches
        if self._once is not None:
            numbered, self._looked_at = chain(self._looked_at, self._once), []
        for number, parts in numbered:
            for _, checked in self._checked(number, parts):
                yield checked

    def _checked(self, number, parts):
        try:
            parts = _weighed(*parts)
            if parts is None:
                return
            X, y = check_fit_data(self.estimator, *parts[:2], reset=not self._is_known)
        except ValueError as error:
            raise ValueError(f"In batch {number}: {error}") from None
        self._is_known = True
        yield parts, (X, y, parts[2])


def _weighed(X, y, weight):
    """Return the rows of positive weight; None if there are none."""
    if weight is None:
        return X, y, None
    if not np.any(weight):
        return None
    weight = check_sample_weight(weight, y, dtype=np.float64, ensure_non_negative=True)
    rows = slice(None) if weight.all() else np.flatnonzero(weight)
    return tuple(taken(part, rows) for part in (X, y, weight))


@dataclass
class Survey:
    """Statistics of a stream, and a sample of its rows.

    Attributes
    ----------
    sample : tuple of X, y and weights, as the user has them
        Random rows of all that were looked at; `n_rows` are these.
    n_rows : int
    total_weight : float
    labels : dict of the weights of all labels, empty if y is no column of labels
    chunk_rows : int
        How many rows are read at once.
    moments : RunningMoments of the features, or None if X is sparse
    """

    sample: Any
    n_rows: int = 0
    total_weight: float = 0.0
    labels: dict | None = None
    chunk_rows: int = 0
    moments: RunningMoments | None = None

    @classmethod
    def of(cls, batches, *, stops_early):
        """Look at all batches, or at the first ones only, as many as make a sample.

        Parameters
        ----------
        batches : CheckedBatches
        """
        found, sample = cls(None, labels={}), None
        for raw, (X, y, weight) in batches.first():
            if sample is None:
                sample = RowSample(_rows_in(SAMPLE_BYTES, X, FEWEST_SAMPLE_ROWS, SAMPLE_ROWS))
                found.chunk_rows = _rows_in(CHUNK_BYTES, X, 1)
                found.moments = None if sparse.issparse(X) else RunningMoments(X.shape[1])
            sample.add(raw)
            found._add_features(X, weight)
            found._add(y, weight, is_classifier(batches.estimator))
            if stops_early and found.n_rows >= sample.size:
                break
        if sample is None:
            raise ValueError(
                "batches has no rows of positive weight. If it is an iterator, it may be exhausted "
                "already: pass a callable that returns a fresh one."
            )
        found.sample = sample.parts()
        return found

    def _add_features(self, X, weight):
        if self.moments is None or sparse.issparse(X):
            return
        with np.errstate(over="ignore", invalid="ignore"):
            for rows in blocks(X):
                self.moments.update(X[rows], None if weight is None else weight[rows])

    def _add(self, y, weight, has_labels):
        self.n_rows += y.shape[0]
        self.total_weight += total(weight, y.shape[0])
        if not has_labels or y.ndim > 1:
            return
        check_classification_targets(y)
        labels, codes = np.unique(y, return_inverse=True)
        weights = np.bincount(codes, weight)
        for label, added in zip(labels.tolist(), weights.tolist(), strict=True):
            self.labels[label] = self.labels.get(label, 0.0) + added

    def balanced(self):
        """Return the class weights that "balanced" stands for."""
        n_labels = len(self.labels)
        return {label: self.total_weight / n_labels / w for label, w in self.labels.items()}


def _rows_in(n_bytes, X, fewest, most=None):
    """Return how many rows like those of X have so many bytes."""
    in_a_row = X.shape[1] * X.dtype.itemsize
    if sparse.issparse(X):
        in_a_row = (X.data.nbytes + X.indices.nbytes) // X.shape[0] + 1
    return int(np.clip(n_bytes // in_a_row, fewest, most))


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
        X, y = check_fit_data(self.estimator, *self.survey.sample[:2], reset=last is None)
        target = self._target(y)
        if last is not None:
            target.check_same(last.target)
        settings = self.settings = self._with_class_weights()
        samples = self.estimator._samples(X, y).weighted(settings, target, self.survey.sample[2])
        samples, held_out = (
            samples.without_zeros(),
            validation_samples(self.estimator, X, *validation),
        )
        if self.survey.n_rows > X.shape[0]:
            samples = samples._replace(moments=self.survey.moments)
        if last is None:
            settings = with_encoding_chosen(settings, samples, target, held_out, team[0])
        names, in_batches = self.estimator._names(), _in_batches(settings, X.shape[0])
        of = {"validation": held_out, "last": last, "names": names}
        data = TrainingData.of(in_batches, samples, target, **of)
        given, factor = total(samples.weight, len(y)), _unit(data, samples)
        if self.steps is None and self.survey.n_rows > X.shape[0]:
            data = self._exact(data, samples)
        stream = self._stream(settings, X.shape[1], checkpoint)
        growth = self.survey.total_weight / given * stream.n_rows / self.survey.n_rows
        data = self._streamed(data, settings, stream, growth)
        stream.encode = partial(encoded_rows, data, factor, widens=self.steps is not None)
        return data if held_out is None else data.validated_on(held_out, data.settings)

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
        settings, old, target = data.settings, data.inputs, data.target
        steps = old.columns, old.compression, None, old.encoding
        inputs = make_inputs(settings, samples.X, *steps)
        was_constant = not target.scaling.scale.all()
        if was_constant:
            target = self._target(samples.y)
        for X, y, weight in self.batches.again():
            inputs.compression = inputs.compression.widened(inputs.columns.numbers_of(X))
            if settings.standardize:
                inputs.update(X, weight)
            Y = target.exact(y, np.float64)
            if was_constant:
                target.learn(Y, weight)
        dtype = data.rows.Y.dtype
        Y = target.standardized(target.encode(samples.y, dtype), dtype)
        rows = network_rows(settings, data.network, inputs, samples.X, Y, data.rows.weight)
        return replace(data, inputs=inputs, target=target, rows=rows)

    def _stream(self, settings, n_features, checkpoint):
        """Return the rows to train on, as many as there will be; `encode` is missing yet."""
        survey, steps = self.survey, self.steps
        n_rows = survey.n_rows if steps is None else steps * batch_rows(settings, LARGEST_INDEX)
        batch_size = batch_rows(settings, n_rows)
        epochs = iterations(settings, (n_rows, n_features), batch_size) if steps is None else 1
        chunk_rows = max(batch_size, survey.chunk_rows)
        n_parts = ceil(n_rows / (PART_CHUNKS * chunk_rows)), ceil(FEWEST_ITERATIONS / epochs)
        return StreamRows(
            self.batches.again,
            None,
            n_rows,
            epochs,
            n_parts=min(max(n_parts), ceil(n_rows / batch_size)),
            batch_size=batch_size,
            chunk_rows=chunk_rows,
            is_endless=steps is not None,
            checkpoint=checkpoint,
        )

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


def _in_batches(settings, n_rows):
    """Return the settings with batches that are smaller than the sample: it is not to be merged.

    What the sample spans is not what all samples do.
    """
    settings = replace(settings, on_columns=True)
    if is_auto(settings.batch_size):
        return settings
    return replace(settings, batch_size=min(settings.batch_size, max(1, n_rows // 2)))


def _unit(data, samples):
    """Return the factor of the weights in the objective, see `inputs.sample_weights`."""
    return data.rows.total_weight / total(samples.cost, len(data.rows.Y))


def encoded_rows(data, factor, X, y, weight, *, widens):
    """Return samples that were checked as an objective takes them.

    Parameters
    ----------
    factor : float, of the weights
    widens : bool
        Whether the limits of X are extended to these samples.
    """
    settings, target, inputs, dtype = data.settings, data.target, data.inputs, data.rows.Y.dtype
    if widens:
        inputs.compression = inputs.compression.widened(inputs.columns.numbers_of(X))
    cost = target.class_weighted(settings.class_weight, y, weight)
    if cost is None and factor != 1:
        cost = np.ones(X.shape[0])
    cost = None if cost is None else (cost * factor).astype(dtype)
    Y = target.standardized(target.encode(y, dtype), dtype)
    return network_rows(settings, data.network, inputs, X, Y, cost)
