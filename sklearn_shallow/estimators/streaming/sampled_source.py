"""Training data of a fit that reads its samples part by part: transforms and the evidence
from a sample of the rows, what must be exact from all of them.
"""

from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np

from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.samples import limit_predictions
from sklearn_shallow.estimators.training.source import Source
from sklearn_shallow.inputs.facts import many_levels
from sklearn_shallow.inputs.sample_weights import Seen, counted, observed, total, without_copies
from sklearn_shallow.inputs.target_encoding import rough_scale
from sklearn_shallow.utils.numbers import is_integer
from sklearn_shallow.utils.statistics import is_whole


class SampledSource(Source):
    """A source of samples that are read part by part, with a random sample of them.

    A subclass has the methods

    - ``learn(inputs, target)``: updates the statistics of both with all samples, see `learn_part`;
    - ``target_sums(n_codes, scale, unit, target)``: returns a dict of TargetSums of all samples;
    - ``of_all(data, factor)``: returns the training data of all samples, from the data of the
      sample and a factor of all weights.

    Parameters
    ----------
    sample : Samples, a random sample
    facts : Facts about all samples
    is_complete : bool
        Whether `facts` are about all samples, not about the first ones only.
    """

    def __init__(self, sample, facts, *, is_complete=True):
        self.is_part = facts.n_rows > sample.X.shape[0]
        super().__init__(sample._replace(facts=facts.features if self.is_part else None))
        self.facts, self.is_complete, self.n_rows = facts, is_complete, facts.n_rows

    def n_rows_of_pass(self, settings):
        """Return the number of samples in a pass."""
        return self.n_rows

    def distinct(self, samples, settings, target):
        """Return the samples; weights that are numbers of copies are scaled to a mean of one."""
        weight, encoded = samples.weight, partial(target.encode, samples.y, np.float64)
        if weight is None or not (settings.relative and is_whole(weight)):
            return samples
        if without_copies(samples.X, encoded, weight)[0] is None:
            return samples
        mean = weight.mean()
        return samples._replace(weight=weight / mean, cost=samples.cost / mean)

    def encoded(self, settings, samples, target, held_out, member, passed):
        """Return the training data of all samples, from those of a sample."""
        untouched, n_some, last = deepcopy(target), self.sample.X.shape[0], member.last
        if samples.facts is not None:
            sums = self._sums(samples, passed.weight, settings, target, last)
            facts = replace(samples.facts, levels=self.facts.levels, sums=sums)
            samples = samples._replace(facts=facts)
        some = _in_batches(settings, n_some)
        data = TrainingData.of(some, samples, target, member, held_out)
        factor = data.rows.total_weight / total(passed.cost, samples.X.shape[0])
        if self.is_part and self.is_complete:
            data = self._exact(data, samples, untouched, last)
            if data.validation is not None:
                data = data.validated_on(data.validation.samples, settings)
        n_rows, given = self.n_rows_of_pass(settings), total(self.sample.weight, n_some)
        growth = self.facts.total_weight / given * n_rows / self.n_rows
        return self.of_all(scaled_to_all(data, settings, n_rows, growth), factor)

    def _exact(self, data, samples, target, last):
        """Return the data with the statistics of all rows, since a sample may lack rare values.

        Parameters
        ----------
        target : the target without statistics
        """
        inputs = data.inputs.without_statistics()
        target.scaling.allow_for(data.settings.noise)
        self.learn(inputs if data.settings.standardize else None, target)
        if not target.scaling.is_additive:
            target.scaling = data.target.scaling
        limit_predictions(target, target.encode(samples.y, np.float64), samples.weight, last)
        data = replace(data, inputs=inputs, target=target)
        rows = data.encoded(samples, data.rows.weight, data.rows.Y.dtype)
        return replace(data, rows=rows).as_one_hot_rows()

    def _sums(self, samples, given, settings, target, last):
        """Return the sums of the targets by category over all samples, or None if not all are read.

        Parameters
        ----------
        given : ndarray of shape (n_rows,), the sample weights as passed, or None
        """
        n_codes = many_levels(self.facts.levels or {})
        n_codes = n_codes if last is None else last.inputs.columns.with_means
        if not n_codes or not self.is_complete:
            return None
        Y, unit = target.encode(samples.y, np.float64), 1.0
        if samples.weight is not None and settings.relative:
            weight, _ = counted(len(Y), observed(samples.X, Y, samples.weights))
            unit = total(weight, len(Y)) / total(given, len(Y))
        return self.target_sums(n_codes, rough_scale(Y), unit, target)


def _in_batches(settings, n_rows):
    """Return the settings with batches smaller than the sample, so that its rows are not merged."""
    if not is_integer(settings.batch_size):
        return settings
    return replace(settings, batch_size=min(settings.batch_size, max(1, n_rows // 2)))


def scaled_to_all(data, settings, n_rows, growth):
    """Return the data with the number of all samples, and the weights of the sample multiplied by
    `growth`."""
    weight = data.rows.weight
    if growth != 1:
        weight = (np.ones(len(data.rows.Y)) if weight is None else weight) * growth
    rows, shape = replace(data.rows, weight=weight), (n_rows, data.shape[1])
    seen = Seen(data.seen.given * growth, rows.total_weight)
    return replace(data, settings=settings, rows=rows, shape=shape, seen=seen)


def costs(data, factor, y, weight):
    """Return the weights of samples in the objective, or None if all are one.

    Parameters
    ----------
    factor : float, see `SampledSource`
    """
    cost = data.target.class_weighted(data.settings.class_weight, y, weight)
    if cost is None:
        return None if factor == 1 else np.full(y.shape[0], factor)
    return cost * factor


def learn_part(inputs, target, X, y, weight):
    """Update the statistics of the transforms with a part of all samples; inputs may be None.

    Medians, which do not add up, are those of the sample.
    """
    if inputs is not None:
        inputs.update(X, weight)
    Y = target.encode_unsmoothed(y, np.float64)
    if target.scaling.is_additive:
        target.learn(Y, weight)
    else:
        target.limits = target.limits.widened(Y)
