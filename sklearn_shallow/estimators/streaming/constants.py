"""Columns that are constant in the first samples of a stream, but not in later ones.

Their scale is 0, as that of columns that never vary.

Convention
----------
X : ndarray or CSR of shape (n_rows, n_features), as checked
Y : ndarray of shape (n_rows, n_targets), the encoded target in the units of y
"""

import numpy as np
from scipy import sparse

from sklearn_shallow.utils.names import column_in_words
from sklearn_shallow.utils.warnings import warn_user


class Constants:
    """Looks for the first other values in columns of X and of Y, and warns of them once.

    Parameters
    ----------
    inputs, target : the transforms, which have learnt from the first samples
    X, Y : the first samples
    names : sequence of the names of the features, or None
    """

    def __init__(self, inputs, target, X, Y, names):
        numbers = inputs.columns.numbers
        features = numbers[inputs.inverse_scale[: len(numbers)] == 0]
        targets = np.flatnonzero(target.scaling.scale == 0)
        pairs = (X, features), (Y, targets)
        self._known = [(columns, _range(array[:, columns])[0]) for array, columns in pairs]
        self._names = names

    def look(self, X, Y):
        """Warn if features of X, or targets, are no longer constant."""
        new = self._that_differ(0, X)
        if len(new):
            others = f" and {len(new) - 1} others" if len(new) > 1 else ""
            first = column_in_words(self._names, new[0])
            _tell(f"{first}{others} of X", "later ones have no effect")
        if len(self._that_differ(1, Y)):
            _tell("y", "nothing else is predicted")

    def _that_differ(self, place, array):
        """Return the columns with other values in these rows; afterwards, none is looked at."""
        columns, values = self._known[place]
        low, high = _range(array[:, columns])
        new = columns[~np.isnan(low) & ((low != values) | (high != values))]
        if len(new):
            self._known[place] = columns[:0], values[:0]
        return new


def _range(array):
    """Return the least and the largest value of every column, nan where none is known."""
    if sparse.issparse(array) and array.shape[1]:
        return array.min(axis=0).toarray().ravel(), array.max(axis=0).toarray().ravel()
    array = array.toarray() if sparse.issparse(array) else array
    return np.fmin.reduce(array, axis=0), np.fmax.reduce(array, axis=0)


def _tell(what, fate):
    warn_user(
        f"In the first samples, from which fit_batches with steps takes all scales, {what} had a "
        f"single value, and {fate}. Shuffle the samples, or set epochs in place of steps."
    )
