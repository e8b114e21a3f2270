"""The training data of a fit whose samples lie on workers.

The transforms of X and y are those of a fit in one place: means, variances, ranges, gaps and levels
are added up over the parts. Quantiles, and what short fits choose, are of a sample of the rows, the
one that a fit in one place takes as well.
"""

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from scipy import sparse

from sklearn_shallow.dask.objective import DistributedObjective, DistributedRows
from sklearn_shallow.dask.samples import encoded_rows, entry, learned, sums_of_targets
from sklearn_shallow.estimators.streaming.facts import Facts
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.samples import Samples
from sklearn_shallow.inputs.batches import stacked
from sklearn_shallow.inputs.compression import SAMPLE_ROWS
from sklearn_shallow.inputs.target_means import TargetSums
from sklearn_shallow.losses.base import Loss
from sklearn_shallow.utils.names import fields_of
from sklearn_shallow.utils.rows import even_sample

BATCH_PART, SMALLEST_BATCH = 8, 256  # a message per step takes longer than a step on few rows
LARGEST_BATCH, MOST_STEPS = 4096, 3000  # the latter in an epoch: see `auto_batch_rows`


@dataclass(frozen=True, eq=False)
class DistributedData(TrainingData):
    """The training data of a fit whose samples lie on workers; `rows` are the sample.

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
        """Return the raw output to begin with, of all rows if it depends on their mean."""
        if type(self.target.loss).center is not Loss.center:
            return super().first_raw()
        mean = self.remote.mean_target()
        return self.target.first_raw(mean[np.newaxis], None)

    @property
    def n_rows_per_iteration(self):
        """The rows that an iteration sees."""
        return self.remote.n_rows


class DistributedSamples:
    """The samples of a fit, on the workers: a source of training data, see `streaming.of_sample`.

    Parameters
    ----------
    parts : Parts of what `samples.read` returns
    """

    is_complete = True

    def __init__(self, parts):
        facts = parts.collect(entry, 1)
        self.facts = reduce(Facts.both, filter(None, facts))
        sizes = [some.n_rows if some else 0 for some in facts]
        if not self.facts.n_rows:
            raise ValueError(
                "X has no rows with a positive weight in any partition. Check how they were "
                "selected."
            )
        self.parts = parts.those(sizes).map(entry, 0)
        self.ends = np.cumsum(list(filter(None, sizes)))
        numbers = even_sample(self.facts.n_rows, SAMPLE_ROWS)
        found = self.parts.of_rows(Samples.take, numbers, self.ends)
        columns = (stacked(column) for column in list(zip(*found, strict=True))[:3])
        self.sample = Samples(*columns, numbers=numbers, categories=found[0].categories)

    @property
    def y(self):
        """All labels; where y is no column of labels, the targets of the sample, never sparse."""
        labels, y = [*self.facts.labels], self.sample.y
        if labels:
            return np.array(labels, object if y.dtype == object else None)
        return y.toarray() if sparse.issparse(y) else y

    def learn(self, inputs, target):
        """Take all samples into the statistics of the transforms."""
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

    def data(self, sample, factor):
        """Return the training data of all samples, from those of the sample.

        Parameters
        ----------
        factor : float, of the weights
        """
        fields = fields_of(sample)
        shared = self.parts.share(TrainingData(**fields | {"rows": None, "validation": None}))
        known = factor, sample.rows.Y.dtype, self.ends
        rows = self.parts.map(encoded_rows, shared, *known)
        return DistributedData(**fields, remote=DistributedRows(rows, shared, self.ends))


def auto_batch_rows(n_rows):
    """Return the rows of a batch, of all parts together.

    They are more than in one place, 256 at most, where a step takes less time than a message. Local
    epochs whose parameters are averaged would need fewer messages, but are far worse where parts
    are not alike: see `benchmarks/cluster_steps.py`.
    """
    few = min(LARGEST_BATCH, max(SMALLEST_BATCH, n_rows // BATCH_PART))
    return max(few, n_rows // MOST_STEPS)
