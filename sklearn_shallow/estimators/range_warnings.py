"""Warnings about X: training values that look like codes for missing values, and rows to predict
that are outside the training range or have no known category.

Convention
----------
names : sequence of the names of the features, or None
X : ndarray of shape (n_rows, n_features), as the user gave it, nan where a value is missing
"""

import numpy as np

from sklearn_shallow.inputs.compression import LIMIT_MARGIN
from sklearn_shallow.inputs.table import as_frame, names_of
from sklearn_shallow.utils.names import column_in_words
from sklearn_shallow.utils.operations import MAX_SPREADS
from sklearn_shallow.utils.warnings import warn_user

SEVERAL = 0.05  # fraction of rows far outside that is reported; the limits are for single errors
# Rows a little outside in one column are reported if they are at least
MIN_LIMITED = 5  # this number,
BY_CHANCE = 10  # this number over that of training samples, as a fraction of the rows, or
MAX_BY_CHANCE = 0.5  # this fraction, if it is less
MIN_UNKNOWN = 20  # rows without a known category that are reported; fewer may be of a new one


def warn_of_missing_codes(names, inputs):
    """Warn that training values of a column are so far from all others that they may be codes for
    missing values.

    Parameters
    ----------
    inputs : Standardization, of a fit
    """
    compression = inputs.compression
    found = compression.with_missing_codes()
    if not len(found):
        return
    low, high, column = compression.low[found[0]], compression.high[found[0]], found[0]
    where = column_in_words(names, inputs.columns.numbers[column])
    further = f" (one of {len(found)} such columns)" * (len(found) > 1)
    warn_user(
        f"X has values of up to {max(low, high, key=abs):.6g} in {where}{further}. They are "
        f"limited to {MAX_SPREADS:g} times the typical distance from the median. If they are "
        "codes for missing values, replace them by nan."
    )


def warn_of_limits(names, X, network, many):
    """Warn that rows to predict are limited: several that are far outside the training range, or
    many that are a little outside in one column, as when a trend continues.

    A fraction f of new rows like the n training rows is beyond the largest of these with a
    probability of about ``exp(-n f)``.

    Parameters
    ----------
    network : FittedNetwork
    many : float
        Fraction of rows a little outside that is reported, if it is not by chance.
    """
    columns, compression = network.inputs.columns, network.inputs.compression
    X = columns.numbers_of(X)
    if compression.low is None or not compression.is_outside(X):
        return
    n_rows, of_columns = compression.count_beyond(X)
    if n_rows < SEVERAL * len(X):
        _, of_columns = compression.count_beyond(X, LIMIT_MARGIN)
        n_rows = of_columns.max()
        part = min(max(many, BY_CHANCE / network.seen.counted), MAX_BY_CHANCE)
        if n_rows < max(part * len(X), MIN_LIMITED):
            return
    column = int(of_columns.argmax())
    low, high = compression.low[column], compression.high[column]
    where = column_in_words(names, columns.numbers[column])
    least, most = np.nanmin(X[:, column]), np.nanmax(X[:, column])
    warn_user(
        f"{n_rows} of {len(X)} samples of X are far outside the training range: their values are "
        "limited to that range plus a tenth of it on either side. Most of them are outside in "
        f"{where}, which was between {low:.6g} and {high:.6g} in training and is now between "
        f"{least:.6g} and {most:.6g}. Check these samples, or fit with standardize=True, which "
        "sets no limits."
    )


def warn_of_unknown(table, X, codes):
    """Warn of columns without a single known category: the values have another type or spelling
    than in training, or differ from sample to sample.

    Parameters
    ----------
    table : Table or None, which returned `codes` of X
    """
    if table is None or not np.isnan(codes[:, table.places]).all(axis=0).any():
        return
    X = as_frame(X)
    for place, (rows, values) in zip(table.places, table.unknown(X, codes), strict=True):
        known = table.values[place]
        if known and len(rows) >= MIN_UNKNOWN and np.isnan(codes[:, place]).all():
            warn_user(
                f"In X, {names_of(X)[place]} has none of the categories of the training data: one "
                f"was {known[0]!r}, one is now {values[0]!r}. All values count as missing. Pass "
                "the same values, of the same type; drop the column if every sample has its own "
                "value."
            )
