"""The means of the target in features of many categories, where the samples come in batches.

See `inputs.target_means`.
"""

import numpy as np

from sklearn_shallow.inputs.columns import many_levels, target_sums
from sklearn_shallow.inputs.sample_weights import counted, observed, total
from sklearn_shallow.inputs.target_means import TargetSums, rough_scale


def with_sums(samples, settings, target, batches, last):
    """Return some samples with the sums over all, for which they are read once.

    As they are where no feature has so many categories.

    Parameters
    ----------
    batches : CheckedBatches
    last : FittedNetwork to continue with, or None
    """
    n_codes = many_levels(samples.levels or {}) if last is None else last.inputs.columns.with_means
    if not n_codes:
        return samples
    Y = target.encode(samples.y, np.float64)
    scale, unit = rough_scale(Y), unit_of_weights(settings, samples, Y)
    sums = {feature: TargetSums.none(n, scale) for feature, n in n_codes.items()}
    n_read = 0
    for X, y, weight in batches.again():
        numbers = np.arange(n_read, n_read + len(X))
        weight = None if weight is None else weight * unit
        target_sums(n_codes, X, target.encode(y, np.float64), weight, numbers, sums)
        n_read += len(X)
    return samples._replace(sums=sums)


def unit_of_weights(settings, samples, Y):
    """Return what the sample weights are multiplied by, see `inputs.sample_weights`."""
    if samples.weight is None or not settings.relative:
        return 1.0
    weight, _ = counted(len(Y), observed(samples.X, Y, samples.weights))
    return total(weight, len(Y)) / total(samples.weight, len(Y))


def numbered(batches, columns):
    """Return a function that reads batches from a row on, with codes that tell the folds.

    Parameters
    ----------
    batches : CheckedBatches
    columns : Columns
    """
    if not columns.with_means:
        return batches.again

    def again(first=0):
        for X, y, weight in batches.again(first):
            yield columns.numbered(X, np.arange(first, first + len(X))), y, weight
            first += len(X)

    return again
