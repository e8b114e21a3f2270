"""Training data whose samples stay on the workers.

- Means, variances, ranges, missing values and categories are added up over the parts, so that the
  transforms of X and y equal those of a local fit.
- Quantiles and the choices of short fits come from a sample of the rows, as in a local fit.

Convention
----------
samples : Samples of a part; `number` is that of the part
ends : ndarray of int, how many samples the parts have up to the end of each
"""

from copy import copy, deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from sklearn_shallow.dask.objective import DistributedObjective, DistributedRows, RowsOfPart
from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.streaming.sampled_source import SampledSource, costs, learn_part
from sklearn_shallow.estimators.streaming.survey import Facts, of_positive_weight
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.samples import Samples
from sklearn_shallow.inputs.batches import stacked
from sklearn_shallow.inputs.compression import SAMPLE_ROWS
from sklearn_shallow.inputs.facts import code_sizes, no_sums, target_sums
from sklearn_shallow.inputs.table import Table
from sklearn_shallow.inputs.target_encoding import TargetSums
from sklearn_shallow.losses.base import Loss
from sklearn_shallow.utils.names import fields_of
from sklearn_shallow.utils.rows import even_sample

# Steps on fewer rows take less time than the messages between the workers.
MIN_BATCHES, MIN_BATCH_SIZE = 8, 256
MAX_BATCH_SIZE, MAX_STEPS = 4096, 3000  # steps of an epoch, see `auto_batch_rows`


@dataclass(frozen=True, eq=False)
class DistributedData(TrainingData):
    """The training data of a fit whose samples stay on the workers; `rows` are a sample of them.

    Attributes
    ----------
    remote : DistributedRows
    """

    remote: Any = None

    def objective(self, rows=None, *, fraction=1.0, streams=None):
        """Return an objective, see `TrainingData.objective`."""
        local = super().objective(rows, fraction=fraction)
        return local if rows is not None else DistributedObjective(local, self.remote, streams)

    def first_raw(self):
        """Return the initial raw output, for all rows if it depends on their mean."""
        if type(self.target.loss).center is not Loss.center:
            return super().first_raw()
        mean = self.remote.mean_target()
        return self.target.first_raw(mean[np.newaxis], None)

    @property
    def n_rows_per_iteration(self):
        """The number of rows in an iteration."""
        return self.remote.n_rows


class DistributedSamples(SampledSource):
    """The samples of a fit, on the workers.

    Parameters
    ----------
    parts : Parts of what `samples.read` returns
    """

    def __init__(self, parts):
        of_parts, facts = parts.collect(entry, 1), Facts()
        for some in filter(None, of_parts):
            facts.merge(some)
        sizes = [some.n_rows if some else 0 for some in of_parts]
        if not facts.n_rows:
            raise ValueError(
                "X has no rows with a positive weight in any partition. Check how they were "
                "selected."
            )
        self.parts = parts.those(sizes).map(entry, 0)
        self.ends = np.cumsum(list(filter(None, sizes)))
        numbers = even_sample(facts.n_rows, SAMPLE_ROWS)
        found = self.parts.of_rows(Samples.take, numbers, self.ends)
        X, y, weight = (stacked(column) for column in list(zip(*found, strict=True))[:3])
        columns = {"X": X, "y": y, "weight": weight, "cost": None, "numbers": numbers}
        super().__init__(found[0]._replace(**columns), facts)

    @property
    def y(self):
        """All labels; if y has no labels, the targets of the sample; never sparse."""
        labels, y = [*self.facts.labels], self.sample.y
        if labels:
            return np.array(labels, object if y.dtype == object else None)
        return y.toarray() if sparse.issparse(y) else y

    def learn(self, inputs, target):
        """Update the statistics of the transforms with all samples."""
        for of_inputs, of_target in self.parts.collect(learned, inputs, target):
            if inputs is not None:
                inputs.merge(of_inputs)
            if target.scaling.is_additive:
                target.scaling.merge(of_target.scaling)
            target.limits = target.limits.joined(of_target.limits)

    def target_sums(self, n_codes, scale, unit, target):
        """Return the sums of the targets by category."""
        found = self.parts.sum(sums_of_targets, target, unit, n_codes, scale, self.ends)
        of_features = zip(*[iter(found)] * 3, strict=True)
        return {
            feature: TargetSums(*scale, *sums)
            for feature, sums in zip(n_codes, of_features, strict=True)
        }

    def of_all(self, data, factor):
        """Return the training data of all samples, from those of the sample."""
        fields = fields_of(data)
        shared = self.parts.share(TrainingData(**fields | {"rows": None, "validation": None}))
        rows = self.parts.map(encoded_rows, shared, factor, data.rows.Y.dtype, self.ends)
        return DistributedData(**fields, remote=DistributedRows(rows, shared, self.ends))


def auto_batch_rows(n_rows):
    """Return the number of rows of a batch, over all parts.

    Batches are larger than in a local fit, at least 256, since a message takes longer than a step
    on few rows. Local epochs whose parameters are averaged would need fewer messages, but are far
    worse if the parts differ: see `benchmarks/measurements.md`.
    """
    few = min(MAX_BATCH_SIZE, max(MIN_BATCH_SIZE, n_rows // MIN_BATCHES))
    return max(few, n_rows // MAX_STEPS)


# On the workers --------------------------------------------------------------------------------


def read(part, number, probe, has_labels):
    """Return the checked samples of positive weight of a partition, and the facts about them, or
    None if it is empty.

    Parameters
    ----------
    part : tuple of X, y and the weights
    probe : an estimator that knows what the columns of X are
    """
    X, y, weight = part
    if X.shape[0] == 0:
        return None
    checked = check_fit_data(copy(probe), X, y, reset=False)
    (X, y, weight), left_out = of_positive_weight(*checked, weight)
    facts, samples = Facts(), probe._samples(X, y, weight=weight, cost=weight)
    if has_labels and y.ndim == 1:
        facts.labels.update(dict.fromkeys(left_out, 0.0))
    facts.add(X, y, weight, has_labels=has_labels)
    facts.levels = {
        i: code_sizes(X[:, i], len(names), weight)
        for i, names in enumerate(samples.categories or [])
        if names is not None
    }
    return samples, facts


def entry(parts, number, i):
    """Return an entry of a tuple, or None for None."""
    return parts and parts[i]


def head(part, number, n_rows, categorical_features):
    """Return the first rows of a partition, and one row for every level of every category."""
    X, y, weight = part
    counts = {y.shape[0], X.shape[0], X.shape[0] if weight is None else len(weight)}
    if len(counts) > 1:
        raise ValueError(
            f"X, y and sample_weight have different numbers of rows in partition {number}, "
            f"{sorted(counts)}. Give them the same partitions."
        )
    if X.shape[0] == 0:
        return None
    is_frame = hasattr(X, "iloc")
    table = None if sparse.issparse(X) else Table.of(X, categorical_features)
    rows = np.arange(min(n_rows, X.shape[0]))
    if table is not None and table.places:
        import pandas as pd

        columns = (X.iloc[:, i] if is_frame else X[:, i] for i in table.places)
        new = [np.flatnonzero(~pd.Series(np.asarray(c)).duplicated()) for c in columns]
        rows = np.unique(np.concatenate([rows, *new]))
    y = y.tocsr() if sparse.issparse(y) else np.asarray(y)
    return (X.iloc[rows] if is_frame else X[rows]), y[rows]


def numbers_of(samples, number, ends):
    """Return the indices of the samples of a part among all samples."""
    return ends[number] - np.arange(samples.X.shape[0], 0, -1)


def sums_of_targets(samples, number, target, unit, n_codes, scale, ends):
    """Return the sums of the targets by category, see `inputs.columns`, as arrays."""
    sums = no_sums(n_codes, scale)
    weight = None if samples.weight is None else samples.weight * unit
    Y = target.encode(samples.y, np.float64)
    target_sums(n_codes, samples.X, Y, weight, numbers_of(samples, number, ends), sums)
    return tuple(array for s in sums.values() for array in (s.size, s.total, s.squares))


def learned(samples, number, inputs, target):
    """Return the transforms with the statistics of a part."""
    inputs, target = (None if inputs is None else inputs.copy()), deepcopy(target)
    learn_part(inputs, target, samples.X, samples.y, samples.weight)
    return inputs, target


def encoded_rows(samples, number, data, factor, dtype, ends):
    """Return the samples in the form of an objective.

    Parameters
    ----------
    data : TrainingData without rows
    factor : float, of the weights
    dtype : to compute in
    """
    samples = samples._replace(numbers=numbers_of(samples, number, ends))
    rows = data.encoded(samples, costs(data, factor, samples.y, samples.weight), dtype)
    return RowsOfPart(rows.X, rows.Y, rows.weight, number)
