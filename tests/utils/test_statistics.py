"""Weighted statistics of columns with gaps, and samples of rows."""

import numpy as np
import pandas as pd
import pytest

from sklearn_shallow.utils.rows import even_sample
from sklearn_shallow.utils.statistics import (
    RunningMoments,
    design_effect,
    is_missing,
    range_of_columns,
    weighted_quantile,
)

GAPS = [None, np.nan, float("nan"), np.float32("nan"), pd.NA, pd.NaT]


@pytest.mark.parametrize("shape", [(-1,), (-1, 2)])
def test_gaps_of_every_kind_are_found_among_objects_without_a_warning(shape):
    """NumPy 2.5 warns of comparisons with nan inside `np.frompyfunc`, of many of them."""
    kinds = ["a", 1, 0.0, "", True, np.inf, *GAPS]
    entries = np.array(kinds + [float("nan")] * 100, dtype=object).reshape(shape)
    expected = np.array([False] * 6 + [True] * (len(GAPS) + 100)).reshape(shape)
    assert np.array_equal(is_missing(entries), expected)


def test_gaps_where_every_comparison_is_a_truth_value_and_where_one_is_an_array():
    entries = np.array([None, 1, "a", np.nan, pd.NaT, np.inf, 0], dtype=object)
    expected = [True, False, False, True, True, False, False]
    assert is_missing(entries).tolist() == expected
    entries[1] = np.zeros(2)
    assert is_missing(entries).tolist() == [True, True, *expected[2:]]


def test_gaps_among_numbers():
    assert is_missing(np.array([1.0, np.nan])).tolist() == [False, True]
    assert is_missing(np.array([1, 2])).tolist() == [False, False]


def test_the_design_effect_is_that_of_proportions():
    assert design_effect(np.array([0.5, 0.5, 3.5, 3.5])) == pytest.approx(4 * 25 / 8**2)
    assert design_effect(np.array([5e307, 5e307, 1.5e308, 1.5e308]) * 1.1) == pytest.approx(1.25)
    assert design_effect(np.array([0.3, 0.3])) == pytest.approx(1)
    assert design_effect(np.array([1.0, 9.0])) == 1  # counts
    assert design_effect(np.append(np.ones(999), 500.5)) < 1.2  # 112 by the formula
    assert design_effect(None) == 1


def test_quantiles_without_weights_are_those_with_weights_of_one_to_the_last_bit():
    rng = np.random.default_rng(0)
    levels = [0, 0.1, 0.25, 0.5, 2 / 3, 0.75, 1]
    for n_rows in (1, 2, 3, 4, 12, 101):
        for dtype in (np.float64, np.float32):
            Y = rng.standard_normal((n_rows, 4)).round(1).astype(dtype)
            Y[rng.random(n_rows) < 0.3, 1] = np.nan
            Y[:, 2] = np.nan
            ours, expected = (weighted_quantile(Y, levels, w) for w in (None, np.ones(n_rows)))
            np.testing.assert_array_equal(ours, expected)


def test_a_sample_of_rows_has_one_of_each_part_and_no_period():
    assert even_sample(5, 10).tolist() == [0, 1, 2, 3, 4]
    rows = even_sample(700_000, 10_000)
    assert np.array_equal(rows // 70, np.arange(10_000))
    assert np.all(np.bincount(rows % 7) > 1000)  # every weekday


def test_merged_moments_are_those_of_all_rows():
    rng = np.random.default_rng(0)
    X, weight = rng.normal(3, 2, size=(90, 3)), rng.uniform(0.5, 2, 90)
    X[rng.random(X.shape) < 0.2] = np.nan
    X[:30, 2] = np.nan  # a part that knows nothing of a column
    whole, merged = RunningMoments(3), RunningMoments(3)
    whole.update(X, weight)
    for rows in (slice(0, 30), slice(30, 31), slice(31, 90)):
        part = RunningMoments(3)
        part.update(X[rows], weight[rows])
        merged.merge(part)
    assert merged.n_rows == whole.n_rows
    for name in ("mean", "variance", "weight"):
        np.testing.assert_allclose(getattr(merged, name), getattr(whole, name), rtol=1e-12)


@pytest.mark.parametrize("n_rows", [1, 2, 7, 1000, 60_001])
@pytest.mark.parametrize("n_columns", [0, 1, 3, 600])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_range_of_columns_is_that_of_every_single_one(n_rows, n_columns, order):
    """Rows of few columns are reduced several at once, and those that are left over with them."""
    if n_rows * n_columns > 2**20:
        pytest.skip("Rows of many columns are not joined.")
    X = np.asarray(np.random.default_rng(n_rows).standard_normal((n_rows, n_columns)), order=order)
    X[-1, :1] = 99  # among those left over
    if n_rows > 2 and n_columns > 1:
        X[0, 1], X[1, 1], X[:, 2] = np.inf, np.nan, np.nan
    low, high = range_of_columns(X)
    assert np.array_equal(low, np.fmin.reduce(X), equal_nan=True)
    assert np.array_equal(high, np.fmax.reduce(X), equal_nan=True)
