"""Functions of the samples of a part, on the workers.

Convention
----------
samples : Samples of a part; `number` is that of the part
ends : ndarray of int, how many samples the parts have up to the end of each
"""

from copy import copy, deepcopy

import numpy as np
from scipy import sparse

from sklearn_shallow.dask.objective import RowsOfPart
from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.scikit_learn import check_sample_weight
from sklearn_shallow.estimators.streaming.facts import Facts
from sklearn_shallow.estimators.streaming.of_sample import costs, learn_part
from sklearn_shallow.estimators.training.samples import Samples
from sklearn_shallow.inputs.columns import code_sizes, target_sums
from sklearn_shallow.inputs.table import Table
from sklearn_shallow.inputs.target_means import TargetSums


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
    X, y = check_fit_data(copy(probe), X, y, reset=False)
    weight = None if weight is None else np.asarray(weight)
    if weight is not None and weight.any():  # which the check asks for
        weight = check_sample_weight(weight, X, dtype=np.float64, ensure_non_negative=True)
    facts, categories = Facts(), probe._table and probe._table.categories
    if has_labels and y.ndim == 1 and weight is not None:  # those of samples without weight
        facts.labels.update(dict.fromkeys(np.unique(y[weight == 0]).tolist(), 0.0))
    samples = Samples(X, y, weight, weight, categories=categories).without_zeros()
    facts.add(samples.X, samples.y, samples.weight, has_labels=has_labels)
    facts.levels = {
        i: code_sizes(samples.X[:, i], len(names), samples.weight)
        for i, names in enumerate(categories or [])
        if names is not None
    }
    return samples, facts


def entry(parts, number, i):
    """Return an entry of a tuple, None of None."""
    return parts and parts[i]


def head(part, number, n_rows, categorical_features):
    """Return the first rows of a partition, and one for every level of every category."""
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
    """Return the numbers of the samples of a part among all."""
    return ends[number] - np.arange(samples.X.shape[0], 0, -1)


def sums_of_targets(samples, number, target, unit, n_codes, scale, ends):
    """Return the sums of the targets by category, see `inputs.columns`, as arrays."""
    sums = {feature: TargetSums.none(n, scale) for feature, n in n_codes.items()}
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
    """Return the samples as an objective takes them.

    Parameters
    ----------
    data : TrainingData without rows
    factor : float, of the weights
    dtype : to compute in
    """
    samples = samples._replace(numbers=numbers_of(samples, number, ends))
    rows = data.encoded(samples, costs(data, factor, samples.y, samples.weight), dtype)
    return RowsOfPart(rows.X, rows.Y, rows.weight, number)
