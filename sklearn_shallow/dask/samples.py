"""Facts about the samples of parts, which add up to those of all, and functions of a part.

Convention
----------
samples : Samples of a part, on a worker; `number` is that of the part
unit : tuple of float, what the sample weights and the costs are multiplied by
"""

from copy import copy, deepcopy
from typing import NamedTuple

import numpy as np
from scipy import sparse

from sklearn_shallow.dask.objective import RowsOfPart
from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.scikit_learn import check_sample_weight
from sklearn_shallow.estimators.training.facts import FeatureFacts
from sklearn_shallow.estimators.training.samples import Samples
from sklearn_shallow.inputs.columns import code_sizes, target_sums
from sklearn_shallow.inputs.table import Table
from sklearn_shallow.inputs.target_means import TargetSums
from sklearn_shallow.utils.statistics import is_whole


class Weights(NamedTuple):
    """Facts about weights: of those of a part, or of all by `both`."""

    total: float
    least: float
    largest: float
    divisor: int  # the greatest common one, 0 if they are not whole numbers

    @classmethod
    def of(cls, weight):
        """Return the facts about an array of weights, None if there is none."""
        if weight is None:
            return None
        divisor = int(np.gcd.reduce(weight.astype(np.int64))) if is_whole(weight) else 0
        return cls(float(weight.sum()), float(weight.min()), float(weight.max()), divisor)

    def both(self, other):
        """Return the facts about these and others."""
        divisor = int(np.gcd(self.divisor, other.divisor)) if self.divisor and other.divisor else 0
        least, largest = min(self.least, other.least), max(self.largest, other.largest)
        return Weights(self.total + other.total, least, largest, divisor)


class Facts(NamedTuple):
    """Facts about samples: those of a part, or of all by `both`.

    Attributes
    ----------
    sizes : list of int, the samples of every part
    weight, cost : Weights or None
    features : FeatureFacts, or None if X is sparse
    levels : dict of ndarrays, of every categorical feature the weight of every code, and of gaps
    """

    sizes: list
    weight: Weights | None
    cost: Weights | None
    features: FeatureFacts | None
    levels: dict

    @property
    def n_rows(self):
        """The number of samples."""
        return sum(self.sizes)

    def both(self, other):
        """Return the facts about these samples and others."""
        return Facts(
            self.sizes + other.sizes,
            self.weight and self.weight.both(other.weight),
            self.cost and self.cost.both(other.cost),
            self.features and self.features.both(other.features),
            {feature: sizes + other.levels[feature] for feature, sizes in self.levels.items()},
        )


# On the workers --------------------------------------------------------------------------------


def read(part, number, probe):
    """Return the checked samples of a partition, None if it is empty.

    Parameters
    ----------
    part : tuple of X, y and the weights
    probe : an estimator that knows what the columns of X are
    """
    X, y, weight = part
    if X.shape[0] == 0:
        return None
    X, y = check_fit_data(copy(probe), X, y, reset=False)
    weight = None if weight is None else np.asarray(weight)
    if weight is not None and weight.any():  # which the check asks for
        weight = check_sample_weight(weight, X, dtype=np.float64, ensure_non_negative=True)
    categories = probe._table and probe._table.categories
    return Samples(X, y, weight, weight, categories=categories)


def head(part, number, n_rows, categorical_features):
    """Return the first rows of a partition, and one for every level of every category."""
    X, y, weight = part
    counts = {y.shape[0], X.shape[0], X.shape[0] if weight is None else len(weight)}
    if len(counts) > 1:
        raise ValueError(
            f"X, y and sample_weight have different numbers of rows in partition {number}, "
            f"{sorted(counts)}. Divide them alike."
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


def examples(samples, number, are_labels):
    """Return the labels, or the least and the largest number of every target: what kind it is."""
    y = samples.y
    if y.ndim == 1 and are_labels:
        return np.unique(y)
    y = y.toarray() if sparse.issparse(y) else y
    return np.array([np.fmin.reduce(y, axis=0), np.fmax.reduce(y, axis=0)])


def with_costs(samples, number, target, class_weight):
    """Return the samples with weights of the classes, None if nothing has a positive weight."""
    cost = target.class_weighted(class_weight, samples.y, samples.weight)
    samples = samples._replace(cost=cost).without_zeros()
    return samples if samples.X.shape[0] else None


def class_sizes(samples, number, target):
    """Return the weight of every class."""
    codes = target.strata(samples.y)
    return (np.bincount(codes, samples.weight, len(target.classes)),)


def facts_of(samples, number):
    """Return the facts about the samples of a part."""
    X, weight, features = samples.X, samples.weight, None
    if not sparse.issparse(X):
        features = FeatureFacts(X.shape[1])
        features.add(X, weight)
    levels = {
        i: code_sizes(X[:, i], len(names), weight)
        for i, names in enumerate(samples.categories or [])
        if names is not None
    }
    return Facts([X.shape[0]], Weights.of(weight), Weights.of(samples.cost), features, levels)


def sums_of_targets(samples, number, target, of_weight, n_codes, scale, starts):
    """Return the sums of the targets by category, see `inputs.columns`, as arrays.

    Parameters
    ----------
    starts : ndarray of int
        How many samples are before those of every part.
    """
    sums = {feature: TargetSums.none(n, scale) for feature, n in n_codes.items()}
    weight = None if samples.weight is None else samples.weight * of_weight
    Y = target.encode(samples.y, np.float64)
    target_sums(n_codes, samples.X, Y, weight, starts[number] + np.arange(len(Y)), sums)
    return tuple(array for s in sums.values() for array in (s.size, s.total, s.squares))


def learned(samples, number, inputs, target, unit):
    """Return the transforms with the statistics of a part."""
    inputs, target = (None if inputs is None else inputs.copy()), deepcopy(target)
    weight = None if samples.weight is None else samples.weight * unit[0]
    if inputs is not None:
        inputs.update(samples.X, weight)
    Y = target.encode(samples.y, np.float64)
    target.learn(Y, weight)
    return inputs, target, ~np.isnan(Y).all(axis=0)


def encoded_rows(samples, number, data, unit, starts):
    """Return the samples as an objective takes them.

    Parameters
    ----------
    data : TrainingData without rows
    unit : tuple of float and of the dtype to compute in
    starts : see `sums_of_targets`
    """
    (_, of_cost), dtype = unit
    weight = None if samples.cost is None else samples.cost * of_cost
    numbers = starts[number] + np.arange(samples.X.shape[0])
    rows = data.encoded(samples._replace(numbers=numbers), weight, dtype)
    return RowsOfPart(rows.X, rows.Y, rows.weight, number)
