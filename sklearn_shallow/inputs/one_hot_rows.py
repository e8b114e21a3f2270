"""Rows with one-hot columns, stored without the zeros of these columns.

Convention
----------
n_columns : int, number of columns of the rows, including the column of ones
W : ndarray of shape (n_columns, n_units)
D : ndarray of shape (n_rows, n_units)
"""

import numpy as np
from scipy import sparse

from sklearn_shallow.utils.rows import slices

BLOCK_ROWS = 1000
COST_OF_CATEGORY = 8  # time per category in a product, in columns of a dense product
MIN_SAVED = 60  # columns of a dense product whose time must be saved
MIN_ROWS = 1000
ROUNDING = 1e-5  # error of a one in single precision, after standardisation and back


def as_one_hot_rows(X, groups, shift, factor, n_rows, largest):
    """Return rows as `OneHotRows` if their products take less time, otherwise unchanged.

    Parameters
    ----------
    X : ndarray or ScaledRows of shape (n_rows, n_columns)
    groups : list of slices, the columns of every category
    shift, factor : ndarrays
        The standardisation of the first columns, ``(x - shift) * factor``; the factor is the same
        for all levels of a category.
    n_rows : float, the sum of the weights of the rows
    largest : int
        Maximum memory in bytes.
    """
    saved = sum(group.stop - group.start - COST_OF_CATEGORY for group in groups)
    is_large = 8 * X.shape[0] * (X.shape[1] - saved) > largest
    if is_large or saved < MIN_SAVED or min(n_rows, X.shape[0]) < MIN_ROWS:
        return X
    is_level = np.zeros(X.shape[1], bool)
    for group in groups:
        is_level[group] = True
    others, dense, level = np.flatnonzero(~is_level), [], []
    for rows in slices(X.shape[0], BLOCK_ROWS):
        block = X[rows]
        dense.append(np.take(block, others, axis=1))  # one row after the other in memory
        levels = [block[:, group] / factor[group] + shift[group] for group in groups]
        if any(np.abs(one.max(axis=1) - 1).max() > ROUNDING for one in levels):
            return X  # a row has an unknown level
        level.append(np.array([one.argmax(axis=1) for one in levels], np.int32).T)
    starts = np.array([group.start for group in groups], np.int32)
    shift = np.where(is_level, np.pad(shift * factor, (0, X.shape[1] - len(shift))), 0)
    level = np.ascontiguousarray(np.vstack(level) + starts)
    parts = (part.astype(dense[0].dtype) for part in (factor[starts], shift))
    return OneHotRows(np.vstack(dense), others, level, *parts)


class OneHotRows:
    """Rows of inputs, stored as the index of the one-hot column of every category and the values of
    all other columns.

    A product looks up one row of W per category. With hundreds of categories, a dense product would
    spend most of its time on multiplying by zeros.

    Parameters
    ----------
    dense : ndarray of shape (n_rows, n_others)
        The other columns; the last one holds ones.
    others : ndarray of shape (n_others,), int
        The indices of the other columns.
    level : ndarray of shape (n_rows, n_categories), int32
        The indices of the one-hot columns of the levels.
    size : ndarray of shape (n_categories,)
        The value in place of one in the columns of a category.
    shift : ndarray of shape (n_columns,)
        Subtracted from the one-hot columns; zero for the others.
    """

    __array_ufunc__ = None  # so that ``array @ rows`` calls `__rmatmul__`

    def __init__(self, dense, others, level, size, shift):
        self.dense, self.others, self.level = dense, others, level
        self.size, self.shift = size, shift
        self.shape, self.dtype = (len(dense), len(shift)), dense.dtype
        self._matrices = {}  # CSR by number of rows, of which products set the column indices

    def _with(self, dense, level):
        made = OneHotRows(dense, self.others, level, self.size, self.shift)
        made._matrices = self._matrices
        return made

    def twin(self):
        """Return the same rows with separate buffers for products, for another thread."""
        return OneHotRows(self.dense, self.others, self.level, self.size, self.shift)

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        if isinstance(rows, slice):
            return self._with(self.dense[rows], self.level[rows])
        return self._with(*(np.take(part, rows, axis=0) for part in (self.dense, self.level)))

    def astype(self, dtype, copy=False):
        """Return the rows in another precision."""
        if dtype == self.dtype:
            return self
        dense, size, shift = (part.astype(dtype) for part in (self.dense, self.size, self.shift))
        return OneHotRows(dense, self.others, self.level, size, shift)

    def toarray(self):
        """Return the rows with all columns."""
        rows = np.tile(-self.shift, (len(self), 1))
        rows[:, self.others] = self.dense
        rows[np.arange(len(self))[:, np.newaxis], self.level] += self.size
        return rows

    def __matmul__(self, W):
        own = W[self.others]
        own[-1] -= self.shift @ W
        out = self._levels()[0] @ W
        out += self.dense @ own
        return out

    def __rmatmul__(self, left):
        return (self.T @ left.T).T

    @property
    def T(self):
        """The transposed rows, for products with D."""
        return Transposed(self)

    def transposed_product(self, D):
        """Return the product of the transposed rows with D."""
        out = self._levels()[1] @ D
        out[self.others] = self.dense.T @ D
        out -= self.shift[:, np.newaxis] * out[-1]
        return out

    def _levels(self):
        """Return the CSR matrix of the one-hot columns before the shift, and its transpose."""
        n_rows, n_categories = self.level.shape
        if n_rows not in self._matrices:
            ends = np.arange(0, n_rows * n_categories + 1, n_categories, dtype=np.int32)
            parts = np.tile(self.size, n_rows), self.level.ravel(), ends
            matrix = sparse.csr_matrix(parts, shape=self.shape)
            self._matrices[n_rows] = matrix, matrix.T
        for matrix in self._matrices[n_rows]:
            matrix.indices = self.level.ravel()
        return self._matrices[n_rows]


class Transposed:
    """Transposed `OneHotRows`."""

    __array_ufunc__ = None

    def __init__(self, rows):
        self.T = rows
        self.shape = rows.shape[::-1]

    def __matmul__(self, D):
        return self.T.transposed_product(D)

    def __rmatmul__(self, left):
        return np.ascontiguousarray((self.T @ left.T).T)
