"""Scale of the sample weights if the weight decay is found on the data.

The decay depends on the number of observations, which is not always the sum of the weights.

- Relative weights (from boosting, surveys, importances) are proportions. They are scaled to a mean
  of one.
- Counts are numbers of observations: weight 2 is the row twice. Whole numbers are counts if one of
  them equals their greatest common divisor, or if the rows are a complete table, whose columns have
  so few values that equal rows are expected.
- Copies of a row, as repeated rows or as whole numbers, come from a bootstrap or from oversampling
  and are no observations. Rows are copies if many are equal although the values of the columns make
  that unlikely, and if rows with equal X nearly always have equal Y.
- All other rows without weights are one observation each.

(Kish's effective number, ``sum(w)**2 / sum(w**2)``, was measured in place of the number of rows:
`benchmarks/sample_weights.py`.)

Convention
----------
weights : (sample weights, sample weights times class weights), each an ndarray of shape (n_rows,),
positive, or None in place of ones
"""

from itertools import chain
from typing import NamedTuple

import numpy as np
from scipy import sparse

from sklearn_shallow.utils.rows import blocks, canonical_rows, groups_of_equals
from sklearn_shallow.utils.statistics import is_whole
from sklearn_shallow.utils.warnings import warn_user

MIN_EXPECTED_EQUALS = 0.25  # expected number of rows equal to a row, in a complete table
MIN_COPIES = 0.1  # fraction of rows that are copies, from which copies are merged
MAX_DISCORD = 0.1  # rate of different targets in equal rows of X, over that in random pairs of rows
MAX_WEIGHT = 1e30  # products with it or its inverse fit single precision
# A given alpha is reported as weak if the mean weight is large and alpha per weight small.
LARGE_MEAN, WEAK_ALPHA = 10, 0.1


class Seen(NamedTuple):
    """The sums of the weights of the rows so far: as passed (`given`), and as in the objective
    (`counted`)."""

    given: float = 0.0
    counted: float = 0.0


def check_scale(weight, alpha):
    """Check the range of weights that are used with a decay given as a number."""
    if not 1 / MAX_WEIGHT <= weight.max() <= MAX_WEIGHT:
        raise ValueError(
            f"The weights of the samples (sample_weight times class_weight) are up to "
            f"{weight.max():.3g}; beside a number, alpha={alpha!r}, the largest must be between "
            f"{1 / MAX_WEIGHT:g} and {MAX_WEIGHT:g}. Divide sample_weight and alpha by "
            "the same number, which changes nothing; or set alpha='auto', for which only the "
            "proportions of the weights count."
        )


def warn_counted(weight, alpha):
    """Warn if sample weights that are not counts make a given alpha ineffective."""
    if weight is None or not alpha > 0 or is_whole(weight):
        return
    mean = weight[weight > 0].mean()
    if mean > LARGE_MEAN and alpha / mean < WEAK_ALPHA:
        warn_user(
            "With a number for alpha, sample_weight counts observations: its mean is "
            f"{mean:.3g}, so that {alpha=} is as weak as {alpha / mean:.1g} without weights. "
            "Divide sample_weight by its mean, or set alpha='auto'. (If each sample is the mean of "
            "that many observations, the weights are right.)"
        )


def without_ones(weight):
    """Return the weights, or None if they are all one."""
    return None if weight is None or (weight == 1).all() else weight


def total(weight, n_rows):
    """Return the sum of the weights, which may be infinite."""
    with np.errstate(over="ignore"):
        return float(n_rows if weight is None else weight.sum())


def scaled(weight):
    """Return the weights with a mean of one, None if they are equal."""
    weight = _unless_equal(weight)
    return None if weight is None else _with_sum(weight, len(weight))


def proportions(weight):
    """Return whole numbers unchanged, other weights scaled to a mean of one, zeros not counted."""
    return weight if is_whole(weight) else _with_sum(weight, np.count_nonzero(weight))


def observed(X, Y, weights):
    """Return the weights before rows are merged: counts, or weights with a mean of one; for X as
    passed and Y encoded."""
    sample, both = weights
    has_costs = _differ(sample, both)
    if sample is not None:
        sample = _counts(X, Y, sample) if is_whole(sample) else scaled(sample)
    return sample, both if has_costs else sample


def counted(n_rows, weights):
    """Return both kinds of weights from `observed`, possibly merged, scaled to the sum of the
    sample weights.

    Class weights are costs of errors and do not add observations.
    """
    sample, both = weights
    if not _differ(sample, both):
        return sample, sample
    return sample, without_ones(_with_sum(both, total(sample, n_rows)))


def streamed(weights, n_rows, before, *, scale):
    """Return the weights of one of many batches, and the updated `Seen`.

    Whole numbers are counts. Relative weights get a mean of one over all batches so far. Without
    `scale`, weights are unchanged.
    """
    _, both = weights
    given = total(both, n_rows)
    no_counts = before.given != before.counted or not (both is None or is_whole(both))
    added = n_rows if scale and no_counts else given
    seen = Seen(before.given + given, before.counted + added)
    if scale and seen.given != seen.counted:
        unit, ones = seen.given / seen.counted, np.ones(n_rows)
        weights = tuple((ones if weight is None else weight) / unit for weight in weights)
    return tuple(map(without_ones, weights)), seen


def without_copies(X, encoded, weight):
    """Return the indices of the distinct rows and their weights, if the other rows are copies.

    Parameters
    ----------
    encoded : callable, returns Y; called only if rows of X may be copies
    weight : ndarray of shape (n_rows,), or None
        The sample weights; whole numbers may be numbers of copies.

    Returns
    -------
    rows : ndarray of int, or None
        Distinct rows, in an order that depends on their values only; None if all rows are
        observations.
    weight : ndarray, the numbers of copies, scaled to a mean of one
    """
    n_rows, n_distinct = X.shape[0], _least_distinct(X)
    if weight is None and n_distinct > (1 - MIN_COPIES) * n_rows:
        return None, None  # the usual case, without arrays of n_rows
    weight = np.ones(n_rows) if weight is None else weight
    counts = np.ones(n_rows)
    if is_whole(weight) and weight.min() == np.gcd.reduce(weight.astype(np.int64)):
        counts = weight / weight.min()  # other weights are proportions
    most = (1 - MIN_COPIES) * counts.sum()
    if n_distinct > most:
        return None, None
    Y = encoded()
    of_X, of_Y = groups_of_equals(X), groups_of_equals(Y)
    both = of_X * (1 + of_Y.max()) + of_Y
    _, first, of_both = np.unique(both, return_index=True, return_inverse=True)
    if len(first) > most or _expects_equals(X[first], Y[first], counts.sum(), replace=True):
        return None, None
    discord = 1 - _pairs(of_both, counts) / _pairs(of_X, counts)
    by_chance = 1 - _pairs(of_Y, counts) / _pairs(np.zeros_like(of_Y), counts)
    if discord > MAX_DISCORD * by_chance:
        return None, None
    return first, _with_sum(np.bincount(of_both, weight), len(first))


def _least_distinct(X):
    """Return a lower bound of the number of distinct rows: that of distinct random projections."""
    direction = np.random.default_rng(0).normal(size=X.shape[1])
    with np.errstate(all="ignore"):
        if sparse.issparse(X):
            return len(np.unique(X @ direction))
        # A matrix product may round equal rows in different ways.
        sums = np.empty(len(X))
        for rows in blocks(X):
            sums[rows] = (np.nan_to_num(X[rows]) * direction).sum(axis=1)
    return len(np.unique(sums))


def _pairs(groups, counts):
    """Return the number of pairs of different rows in the same group."""
    sizes = np.bincount(groups, counts)
    return float(sizes @ (sizes - 1))


def _counts(X, Y, weight):
    """Return counts over their greatest common divisor, or weights of mean one; None if equal."""
    counts = weight / np.gcd.reduce(weight.astype(np.int64))
    if counts.min() == 1 or is_complete_table(X, Y):
        return _unless_equal(counts)
    return scaled(weight)


def is_complete_table(X, Y):
    """Return whether the columns have so few values that equal rows are expected."""
    # A quick test first: equal rows, which are merged below, increase the expected number.
    if not _expects_equals(X, Y, max(len(Y) - 1, 1)):
        return False
    X, Y, _ = canonical_rows(X, Y, ())
    return _expects_equals(X, Y, max(len(Y) - 1, 1))


def _expects_equals(X, Y, n_others, *, replace=False):
    """Return whether a row is expected to have equals among other rows, by `MIN_EXPECTED_EQUALS`.

    The values of every column are drawn independently, with or without replacement. Without
    replacement (by random permutations of the columns), the expected number in a complete table is
    the share of pairs with equal labels.
    """
    expected, of_Y = n_others, np.unique(Y, axis=0, return_counts=True)[1]
    for counts in chain([of_Y], _value_counts(X)):
        expected *= _agreement(counts, replace=replace)
        if expected < MIN_EXPECTED_EQUALS:
            return False
    return True


def _value_counts(X):
    """Yield the counts of the values of every column, column by column."""
    if not sparse.issparse(X):
        yield from (np.unique(X[:, i], return_counts=True)[1] for i in range(X.shape[1]))
        return
    X = X.tocsc()
    for start, end in zip(X.indptr[:-1], X.indptr[1:], strict=True):
        _, counts = np.unique(X.data[start:end], return_counts=True)
        yield np.append(counts, X.shape[0] - (end - start))


def _agreement(counts, *, replace):
    """Return the probability of equal values in two rows drawn with or without replacement."""
    n_rows, taken = counts.sum(), 0.0 if replace else 1.0
    return float(counts @ (counts - taken)) / max(n_rows * (n_rows - taken), 1.0)


def _differ(sample, both):
    return both is not None and (sample is None or not np.array_equal(sample, both))


def _unless_equal(weight):
    return None if weight is None or (weight == weight[0]).all() else weight


def _with_sum(weight, total):
    """Return the weights, scaled to this sum."""
    weight = weight / weight.max()  # so that the sum is finite
    return weight * (total / weight.sum())
