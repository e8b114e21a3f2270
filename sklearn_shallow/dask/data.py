"""The training data of a fit whose samples lie on workers.

The transforms of X and y are those of a fit in one place: means, variances, ranges, gaps and levels
are added up over the parts. Quantiles, and what short fits choose, are of a sample of the rows, the
one that a fit in one place takes as well.
"""

from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from sklearn_shallow.dask.objective import DistributedObjective, DistributedRows
from sklearn_shallow.dask.parts import Parts
from sklearn_shallow.dask.samples import (
    Facts,
    class_sizes,
    encoded_rows,
    facts_of,
    learned,
    sums_of_targets,
    with_costs,
)
from sklearn_shallow.estimators.parameters.settings import is_auto
from sklearn_shallow.estimators.training.auto import batch_rows, initial_rate, iterations
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.input_steps import (
    for_training_rows,
    new_inputs,
    trained_columns,
    without_statistics,
)
from sklearn_shallow.estimators.training.rows import network_and_rows, precision
from sklearn_shallow.estimators.training.samples import Samples, check_known
from sklearn_shallow.inputs.batches import stacked
from sklearn_shallow.inputs.columns import many_levels
from sklearn_shallow.inputs.compression import SAMPLE_ROWS
from sklearn_shallow.inputs.sample_weights import (
    Seen,
    check_scale,
    is_complete_table,
    warn_counted,
    without_copies,
)
from sklearn_shallow.inputs.target_means import TargetSums, rough_scale
from sklearn_shallow.losses.base import Loss
from sklearn_shallow.targets.labels import Multilabel
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


@dataclass(frozen=True, eq=False)
class DistributedSamples:
    """The samples of a fit, on the workers, with what has to be known of all.

    Attributes
    ----------
    parts : Parts of Samples
    facts : Facts
    sample : Samples, at the client
    """

    parts: Parts
    facts: Any
    sample: Samples

    @classmethod
    def of(cls, parts, target, class_weight):
        """Weight the samples of the parts, leave out those of weight zero, and take some."""
        parts = parts.map(with_costs, target, class_weight).nonempty()
        facts = reduce(Facts.both, parts.collect(facts_of))
        numbers = even_sample(facts.n_rows, SAMPLE_ROWS)
        ends = np.cumsum(facts.sizes)
        chosen = [numbers[(end - n <= numbers) & (numbers < end)] - (end - n)
                  for n, end in zip(facts.sizes, ends, strict=True)]  # fmt: skip
        found = parts.of_each(Samples.take, chosen)
        columns = (stacked(column) for column in list(zip(*found, strict=True))[:4])
        sample = Samples(*columns, numbers, found[0].categories, features=facts.features)
        return cls(parts, facts, sample)

    @property
    def starts(self):
        """The number of samples before those of each part."""
        return np.cumsum([0, *self.facts.sizes[:-1]])

    def unit(self, settings, target):
        """Return what the sample weights and the costs are to be multiplied by, see
        `inputs.sample_weights`."""
        weight, cost, n_rows = self.facts.weight, self.facts.cost, self.facts.n_rows
        if not settings.relative:
            if cost is not None:
                check_scale(np.array([cost.largest]), settings.given["alpha"])
                warn_counted(self.sample.weight, settings.given["alpha"])
            return 1.0, 1.0
        of_weight, total = 1.0, float(n_rows)
        if weight is not None:
            of_weight = n_rows / weight.total
            if weight.least < weight.largest and weight.divisor:
                X, Y = self.sample.X, target.encode(self.sample.y, np.float64)
                copied = without_copies(X, lambda: Y, self.sample.weight)[0] is not None
                if not copied and (weight.least == weight.divisor or is_complete_table(X, Y)):
                    of_weight = 1 / weight.divisor
            total = of_weight * weight.total
        return of_weight, 1.0 if cost is None else total / cost.total

    def data(self, settings, target, last, names):
        """Return the training data.

        Parameters
        ----------
        last : FittedNetwork to continue with, or None
        names : sequence of the names of the features, or None
        """
        facts, sample = self.facts, self.sample
        shape = facts.n_rows, sample.X.shape[1]
        if is_auto(settings.batch_size):
            settings = replace(settings, batch_size=auto_batch_rows(shape[0]))
        batch_size = batch_rows(settings, shape[0])
        unit = self.unit(settings, target)
        sums = self.target_sums(target, unit, last)
        inputs = self.inputs(settings, target, unit, last, sums)
        full_batch = batch_size == shape[0]
        dtype = precision(settings, sample.X, target, full_batch=full_batch)
        columns = inputs.columns.crossfitted(sums)
        of_rows = for_training_rows(inputs, columns)
        of_sample = self.encoded_sample(inputs, target, unit, dtype)
        space = trained_columns(settings, of_rows, *of_sample, last)
        network, rows = network_and_rows(settings, of_rows, space, target, *of_sample)
        about = inputs.n_columns, target.curvature(rows.Y, rows.weight)
        given = facts.cost.total if facts.cost else float(shape[0])
        total = unit[1] * given
        data = DistributedData(
            settings,
            network,
            inputs,
            target,
            rows,
            shape,
            Seen(given, total),
            sample.X.dtype,
            batch_size=batch_size,
            max_iter=iterations(settings, shape, batch_size),
            learning_rate=initial_rate(settings, sample.X, sample.weight, *about),
            feature_names=names,
            columns=columns,
            space=space,
        )
        return replace(data, remote=self.remote(data, unit, dtype, total))

    def remote(self, data, unit, dtype, total_weight):
        """Return the rows as an objective takes them, on the workers."""
        fields = {name: getattr(data, name) for name in TrainingData.__dataclass_fields__}
        fields["rows"] = None
        shared = self.parts.share(TrainingData(**fields))
        rows = self.parts.map(encoded_rows, shared, (unit, dtype), self.starts)
        return DistributedRows(rows, shared, self.facts.sizes, total_weight)

    def encoded_sample(self, inputs, target, unit, dtype):
        """Return X of the sample, to be transformed, the scaled targets and the weights or None."""
        sample = self.sample
        weight = None if sample.cost is None else sample.cost * unit[1]
        Y = target.standardized(target.encode(sample.y, dtype), dtype)
        return inputs.columns.numbered(sample.X, sample.numbers), Y, weight

    def target_sums(self, target, unit, last):
        """Return the sums of the targets by category in features of many, see `inputs.columns`."""
        n_codes = many_levels(self.facts.levels) if last is None else last.inputs.columns.with_means
        if not n_codes:
            return {}
        scale = rough_scale(target.encode(self.sample.y, np.float64))
        found = self.parts.sum(sums_of_targets, target, unit[0], n_codes, scale, self.starts)
        return {
            feature: TargetSums(*scale, *found[3 * i : 3 * i + 3])
            for i, feature in enumerate(n_codes)
        }

    def inputs(self, settings, target, unit, last, sums):
        """Return the transform of X; that of the target learns its scale."""
        X, sample = self.sample.X, self.sample._replace(levels=self.facts.levels, sums=sums)
        inputs = new_inputs(settings, X, None, self.sample.weight, last, sample)
        inputs = without_statistics(settings, inputs, X, self.facts.features)
        self.learn(settings, inputs, target, unit)
        return inputs

    def learn(self, settings, inputs, target, unit):
        """Take all samples into the statistics of the transforms."""
        given = self.parts.share(inputs if settings.standardize else None)
        found = self.parts.collect(learned, given, target, unit)
        known = np.any([known for *_, known in found], axis=0)
        check_known(np.where(known, 0.0, np.nan)[np.newaxis], target)
        for of_inputs, of_target, _ in found:
            if of_inputs is not None:
                inputs.merge(of_inputs)
            if target.scaling.is_additive:
                target.scaling.merge(of_target.scaling, self.facts.n_rows)
            target.limits = target.limits.joined(of_target.limits)
        of_sample = target.encode(self.sample.y, np.float64), self.sample.weight
        if not target.scaling.is_additive:
            target.learn(*of_sample)
        target.limits = target.limits.without_heavy_tails(*of_sample)


def with_balanced_weights(settings, parts, target):
    """Return the settings with the weights of the classes in place of "balanced"."""
    if not isinstance(settings.class_weight, str):
        return settings
    if isinstance(target, Multilabel):
        raise ValueError(
            "class_weight='balanced' of several labels needs the samples in one place. Pass the "
            "weights themselves, one dict {0: weight, 1: weight} for every label."
        )
    [sizes] = parts.sum(class_sizes, target)
    weights = sizes.sum() / (np.count_nonzero(sizes) * np.where(sizes > 0, sizes, 1))
    labels = target.classes.tolist()
    return replace(settings, class_weight=dict(zip(labels, weights.tolist(), strict=True)))


def auto_batch_rows(n_rows):
    """Return the rows of a batch, of all parts together.

    They are more than in one place, 256 at most, where a step takes less time than a message. Local
    epochs whose parameters are averaged would need fewer messages, but are far worse where parts
    are not alike: see `benchmarks/cluster_steps.py`.
    """
    few = min(LARGEST_BATCH, max(SMALLEST_BATCH, n_rows // BATCH_PART))
    return max(few, n_rows // MOST_STEPS)
