"""Training data of a fit that looks at all samples a part at a time: transforms and the evidence
from a sample of the rows, what must be exact from all of them.

Convention
----------
source : what has all samples, and the attributes and methods

    sample : Samples, checked, with the sample weights
    facts : Facts about all
    is_complete : bool, whether `facts` are about all, and not about the first samples only
    learn(inputs, target) : takes all samples into the statistics of both, see `learn_part`
    target_sums(n_codes, scale, unit, target) : returns a dict of TargetSums, see `with_sums`
"""

from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np

from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.samples import limit_predictions
from sklearn_shallow.estimators.training.short_fits import with_choices_made
from sklearn_shallow.estimators.training.validation import validation_samples
from sklearn_shallow.inputs.columns import many_levels
from sklearn_shallow.inputs.sample_weights import Seen, counted, observed, total, without_copies
from sklearn_shallow.inputs.target_encoding import rough_scale
from sklearn_shallow.utils.numbers import is_integer
from sklearn_shallow.utils.statistics import is_whole


def data_of_sample(estimator, settings, source, target, validation, member, n_rows=None):
    """Return the training data of the sample, which stands for all samples, and what weights are
    multiplied by.

    Parameters
    ----------
    target : made of the sample, with all labels
    validation : tuple of X, y and sample weights
    member : Member
    n_rows : int, in a pass; None for all
    """
    facts, samples, last = source.facts, source.sample, member.last
    if last is not None:
        target.check_same(last.target)
    n_some, untouched = samples.X.shape[0], deepcopy(target)
    is_part, given = facts.n_rows > n_some, total(samples.weight, n_some)
    samples = samples.weighted(settings, target, samples.weight).without_zeros()
    target.warn_if_suspicious(samples.y, samples.cost)
    passed, samples = samples, with_copies_weighed(samples, settings, target)
    held_out = validation_samples(estimator, samples, *validation)
    if is_part:
        samples = samples._replace(features=facts.features)
    size = {"n_samples": facts.n_rows}
    settings = with_choices_made(settings, samples, target, held_out, member, **size)
    if is_part:
        samples = samples._replace(levels=facts.levels)
        samples = with_sums(samples, passed.weight, settings, target, source, last)
    data = TrainingData.of(_in_batches(settings, n_some), samples, target, member, held_out)
    factor = data.rows.total_weight / total(passed.cost, samples.X.shape[0])
    if is_part and source.is_complete:
        data = exact(data, samples, untouched, source, last)
        if data.validation is not None:
            data = data.validated_on(data.validation.samples, settings)
    n_rows = facts.n_rows if n_rows is None else n_rows
    growth = facts.total_weight / given * n_rows / facts.n_rows
    return for_all(data, settings, n_rows, growth), factor


def _in_batches(settings, n_rows):
    """Return the settings with batches smaller than the sample, which is not to be merged."""
    if not is_integer(settings.batch_size):
        return settings
    return replace(settings, batch_size=min(settings.batch_size, max(1, n_rows // 2)))


def for_all(data, settings, n_rows, growth):
    """Return the data with the numbers of all samples; every weight of the sample grows by that
    factor."""
    weight = data.rows.weight
    if growth != 1:
        weight = (np.ones(len(data.rows.Y)) if weight is None else weight) * growth
    rows, shape = replace(data.rows, weight=weight), (n_rows, data.shape[1])
    seen = Seen(data.seen.given * growth, rows.total_weight)
    return replace(data, settings=settings, rows=rows, shape=shape, seen=seen)


def exact(data, samples, target, source, last):
    """Return the data with the statistics of all rows: a sample may miss rare values.

    Parameters
    ----------
    target : one that has not learnt yet
    """
    inputs = data.inputs.without_statistics()
    target.scaling.allow_for(data.settings.noise)
    source.learn(inputs if data.settings.standardize else None, target)
    if not target.scaling.is_additive:
        target.scaling = data.target.scaling
    limit_predictions(target, target.encode(samples.y, np.float64), samples.weight, last)
    data = replace(data, inputs=inputs, target=target)
    rows = data.encoded(samples, data.rows.weight, data.rows.Y.dtype)
    return replace(data, rows=rows).as_one_hot_rows()


def costs(data, factor, y, weight):
    """Return the weights of samples in the objective, or None if all are one.

    Parameters
    ----------
    factor : float, of `data_of_sample`
    """
    cost = data.target.class_weighted(data.settings.class_weight, y, weight)
    if cost is None:
        return None if factor == 1 else np.full(y.shape[0], factor)
    return cost * factor


def learn_part(inputs, target, X, y, weight):
    """Take a part of all samples into the statistics of the transforms; inputs may be None.

    Medians of parts do not add up: they are those of the sample.
    """
    if inputs is not None:
        inputs.update(X, weight)
    Y = target.exact(y, np.float64)
    if target.scaling.is_additive:
        target.learn(Y, weight)
    else:
        target.limits = target.limits.widened(Y)


def with_copies_weighed(samples, settings, target):
    """Return the samples with proportions as weights where whole numbers count copies."""
    weight, encoded = samples.weight, partial(target.encode, samples.y, np.float64)
    if weight is None or not (settings.relative and is_whole(weight)):
        return samples
    if without_copies(samples.X, encoded, weight)[0] is None:
        return samples
    mean = weight.mean()
    return samples._replace(weight=weight / mean, cost=samples.cost / mean)


def with_sums(samples, given, settings, target, source, last):
    """Return some samples with the sums of the targets by category over all samples.

    As they are where no feature has so many categories, see `inputs.target_encoding`.

    Parameters
    ----------
    given : ndarray of shape (n_rows,), the sample weights as they were passed, or None
    """
    n_codes = many_levels(samples.levels or {}) if last is None else last.inputs.columns.with_means
    if not n_codes or not source.is_complete:
        return samples
    Y, unit = target.encode(samples.y, np.float64), 1.0
    if samples.weight is not None and settings.relative:
        weight, _ = counted(len(Y), observed(samples.X, Y, samples.weights))
        unit = total(weight, len(Y)) / total(given, len(Y))
    return samples._replace(sums=source.target_sums(n_codes, rough_scale(Y), unit, target))
