"""Origins of the features, which are subtracted before a computation in single precision.

Single precision loses digits in ``a * x + b`` if most values of a feature are close to each other
and far from zero, such as 1000.1 and 1000.2. No digits are lost if a similar value, the origin, is
subtracted first, in double precision or in two steps.
"""

from dataclasses import replace

import numpy as np

from sklearn_shallow.inputs.encoding import PiecewiseLinear
from sklearn_shallow.inputs.scaling import MAX_SHIFT_IN_SCALES


def origins_of(inputs):
    """Return the origins of the numeric features, 0 for those that lose no digits.

    Parameters
    ----------
    inputs : Standardization
    """
    n = len(inputs.columns.numbers)
    if not (n and inputs.center and isinstance(inputs.encoding, PiecewiseLinear)):
        return np.zeros(n)
    encoding, compression = of_numbers(inputs.encoding, n), inputs.compression
    with np.errstate(over="ignore", invalid="ignore"):
        size = np.abs(inputs.shift[:n] * inputs.inverse_scale[:n])
        slope = (encoding.most - encoding.least) / encoding.width
        farthest = np.maximum(np.abs(encoding.low), np.abs(encoding.low + encoding.width))
        np.maximum.at(size, encoding.columns, slope * farthest)
        size[compression.columns] = np.abs(compression.center / compression.scale)
    return np.where(size > MAX_SHIFT_IN_SCALES, typical_values(inputs), 0.0)


def typical_values(inputs):
    """Return a typical value of every numeric feature: the lower edge of its narrowest bin, or its
    mean without bins; its median if it is compressed.
    """
    n, compression = len(inputs.columns.numbers), inputs.compression
    places, encoding = inputs.shift[:n].copy(), of_numbers(inputs.encoding, n)
    narrowest_last = np.argsort(-encoding.width, kind="stable")
    places[encoding.columns[narrowest_last]] = encoding.low[narrowest_last]
    places[compression.columns] = compression.center
    return places


def of_numbers(encoding, n):
    """Return the bins of the first n columns."""
    return encoding.part(encoding.columns < n)


def relative_to(inputs, origin):
    """Return the inputs for numeric features from which the origins have been subtracted.

    Parameters
    ----------
    inputs : Standardization
    origin : ndarray of shape (n_numbers,)
    """
    columns, compression = inputs.columns, inputs.compression
    moved = {"center": compression.center - origin[compression.columns]}
    if compression.low is not None:
        moved |= {"low": compression.low - origin, "high": compression.high - origin}
    of_columns = np.zeros(len(inputs.inverse_scale))
    of_columns[: len(origin)] = origin
    of_columns[compression.columns] = 0.0
    low = inputs.encoding.low - of_columns[inputs.encoding.columns]
    made = inputs.copy(
        columns=replace(columns, fill=columns.fill - origin),
        compression=replace(compression, **moved),
        encoding=replace(inputs.encoding, low=low),
    )
    made.moments.mean = inputs.moments.mean - of_columns
    return made
