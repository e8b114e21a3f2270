"""Weighted statistics of columns that may have gaps.

Convention
----------
Y : ndarray of shape (n_rows, n_columns), float; NaN where nothing is known, in no column everywhere
weight : ndarray of shape (n_rows,) or None, not negative
"""

import numpy as np

__all__ = ["is_missing", "weighted_mean", "weighted_quantile"]


def is_missing(y):
    """Return which entries of an array of any dtype are nan or None."""
    if y.dtype != object:
        return y != y
    # Not np.frompyfunc: from NumPy 2.5 it looks at the floating-point flags of what it calls.
    return np.fromiter(map(_is_gap, y.flat), bool, y.size).reshape(y.shape)


def _is_gap(entry):
    equal = entry == entry  # which is not even a truth value for the NA of pandas
    return entry is None or not (isinstance(equal, (bool, np.bool_)) and equal)


def weighted_mean(Y, weight):
    """Return the mean of every column."""
    return np.ma.average(np.ma.masked_invalid(Y), axis=0, weights=weight).filled(np.nan)


def weighted_quantile(Y, levels, weight):
    """Return the quantiles of every column, (n_levels, n_columns).

    The least value up to which at least that part of the weight lies (halfway to the next one where
    it is exactly that part): what the rows repeated by their weights would give.
    """
    levels = np.atleast_1d(levels)
    return np.column_stack([_quantiles(column, levels, weight) for column in Y.T])


def _quantiles(y, levels, weight):
    weight = np.ones(len(y)) if weight is None else weight
    known = ~np.isnan(y) & (weight > 0)
    y, weight = y[known], weight[known]
    if len(y) == 0:
        return np.full(len(levels), np.nan)
    order = np.argsort(y)
    y, up_to = y[order], np.cumsum(weight[order])
    places = [np.searchsorted(up_to, levels * up_to[-1], side) for side in ("left", "right")]
    return np.mean([y[np.minimum(place, len(y) - 1)] for place in places], axis=0)
