"""Rows of the data: canonical order, and blocks of them.

Convention
----------
X : ndarray or CSR of shape (n_rows, n_features)
Y : ndarray of shape (n_rows, n_outputs), encoded
weights : tuple of ndarrays of shape (n_rows,), or None in place of ones
"""

from hashlib import blake2b

import numpy as np
from scipy import sparse

DIGEST_BYTES = 16  # different rows have the same digest with a probability of 1e-32
BLOCK_ELEMENTS = 2**17  # number of elements of X in a block
MAX_COPY_BYTES = 2**27  # selected rows are copied up to this size


def blocks(X):
    """Return slices of the rows of X, one per block.

    Of sparse rows, stored elements count. A block has at least as many elements as columns, so that
    the work per column takes no longer than the work per element.
    """
    n_rows, n_columns = X.shape
    elements, in_a_row = BLOCK_ELEMENTS, n_columns
    if sparse.issparse(X):
        elements, in_a_row = max(BLOCK_ELEMENTS, n_columns), -(-X.nnz // n_rows)
    return slices(n_rows, max(1, elements // max(1, in_a_row)))


def slices(n_rows, size):
    """Return slices of equal size; the last may be shorter."""
    return (slice(i, min(i + size, n_rows)) for i in range(0, n_rows, size))


def even_sample(n_rows, size):
    """Return the indices of a sample of rows: a random row of each of `size` equal parts.

    Of at most `size` rows, all are returned. (Every hundredth row might be a Sunday.)
    """
    if n_rows <= size:
        return np.arange(n_rows)
    places = np.arange(size) + np.random.default_rng(0).random(size)
    return (places * (n_rows / size)).astype(int)


class SelectedRows:
    """Some rows of dense X, copied when needed: X may be a memory map larger than the memory.

    Parameters
    ----------
    X : ndarray, or SelectedRows
    rows : ndarray of int, the indices of the rows
    """

    ndim = 2

    def __init__(self, X, rows):
        if isinstance(X, SelectedRows):
            X, rows = X.X, X.rows[rows]
        self.X, self.rows = X, rows
        self.shape, self.dtype = (len(rows), X.shape[1]), X.dtype

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, key):
        rows, *columns = key if isinstance(key, tuple) else (key,)
        return self.X[self.rows[rows], *columns]

    def __array__(self, dtype=None, copy=None):
        return self.X[self.rows].astype(self.dtype if dtype is None else dtype, copy=False)


def select(X, rows):
    """Return these rows of X: a copy, or `SelectedRows` if it would be large."""
    if sparse.issparse(X) or X.ndim == 1:
        return X[rows]
    n_bytes = len(rows) * X.shape[1] * X.dtype.itemsize
    return SelectedRows(X, rows) if n_bytes > MAX_COPY_BYTES else X[rows]


def canonical_rows(X, Y, weights):
    """Return the distinct rows in a fixed order, with the weights of equal rows added up.

    On a non-convex objective, rounding errors of a sum can lead a full-batch solver to another
    minimum. With canonical rows, a fit does not depend on the order of the rows, and is the same
    for an integer weight and for repeated rows, to the last bit. The order of dense rows does not
    depend on the units of X.
    """
    places = groups_of_equals(Y, X)  # Y first: it has fewer columns
    _, rows = np.unique(places, return_index=True)
    if len(rows) < len(places):
        ones = np.ones(len(places))
        weights = [ones if w is None else w for w in weights]
    return X[rows], Y[rows], tuple(None if w is None else np.bincount(places, w) for w in weights)


def groups_of_equals(*parts):
    """Return the group of every row, an int that equal rows share.

    The groups are ordered as `canonical_rows`. Rows are given as `parts`, arrays side by side.
    """
    keys = [
        blake2b(b"".join(row), digest_size=DIGEST_BYTES).hexdigest()
        for row in zip(*map(_row_bytes, parts), strict=True)
    ]
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    ranks = _ranks_of_values(parts, first)
    # In random order: sorted rows would be no random samples for a solver that does not shuffle.
    return np.random.default_rng(0).permutation(len(first))[ranks][places]


def _ranks_of_values(parts, rows):
    """Return the ranks of distinct rows in lexicographic order; sparse parts are ignored."""
    ranks = np.zeros(len(rows), np.intp)
    columns = (column for part in parts if not sparse.issparse(part) for column in part.T)
    while len(rows) > ranks.max(initial=0) + 1 and (column := next(columns, None)) is not None:
        _, codes = np.unique(column[rows], return_inverse=True)
        _, ranks = np.unique(ranks * (codes.max() + 1) + codes, return_inverse=True)
    return np.argsort(np.argsort(ranks, kind="stable"))


def _row_bytes(X):
    """Return an iterator over the bytes of the rows, since a list would be as large as X."""
    if not sparse.issparse(X):
        return (row.tobytes() for row in X)
    X = X.sorted_indices()
    bounds = zip(X.indptr[:-1], X.indptr[1:], strict=True)
    return (X.indices[i:j].tobytes() + X.data[i:j].tobytes() for i, j in bounds)
