"""Weighted statistics of columns with gaps."""

import numpy as np
import pandas as pd
import pytest

from sklearn_shallow.utils.statistics import is_missing

GAPS = [None, np.nan, float("nan"), np.float32("nan"), pd.NA, pd.NaT]


@pytest.mark.parametrize("shape", [(-1,), (-1, 2)])
def test_gaps_of_every_kind_are_found_among_objects_without_a_warning(shape):
    """NumPy 2.5 warns of comparisons with nan inside `np.frompyfunc`, of many of them."""
    kinds = ["a", 1, 0.0, "", True, np.inf, *GAPS]
    entries = np.array(kinds + [float("nan")] * 100, dtype=object).reshape(shape)
    expected = np.array([False] * 6 + [True] * (len(GAPS) + 100)).reshape(shape)
    assert np.array_equal(is_missing(entries), expected)


def test_gaps_among_numbers():
    assert is_missing(np.array([1.0, np.nan])).tolist() == [False, True]
    assert is_missing(np.array([1, 2])).tolist() == [False, False]
