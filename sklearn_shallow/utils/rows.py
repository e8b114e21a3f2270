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

__all__ = ["blocks", "canonical_rows", "even_sample", "slices"]

DIGEST_BYTES = 16  # two rows that differ have one digest with a probability of 1e-32
BLOCK_ELEMENTS = 2**17  # of X in a block


def blocks(X):
    """Return slices of the rows of X, one per block.

    The size of sparse rows is that of their stored elements. A block has at least as many elements
    as columns, so that work per column takes no longer than work per element.
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
    """Return the numbers of so many rows, one from each of as many equal parts; or of all rows.

    Within its part each is drawn at random, since every hundredth row may be a Sunday.
    """
    if n_rows <= size:
        return np.arange(n_rows)
    places = np.arange(size) + np.random.default_rng(0).random(size)
    return (places * (n_rows / size)).astype(int)


def canonical_rows(X, Y, weights):
    """Return the distinct rows in a fixed order, with the weights of equal rows added up.

    A full-batch solver on a non-convex objective carries the rounding of a sum over to another
    minimum. After this, the order of the rows changes no bit of the fit, and neither does writing
    an integer weight as that many rows.
    """
    rows = zip(_row_bytes(X), _row_bytes(Y), strict=True)
    keys = [blake2b(x + y, digest_size=DIGEST_BYTES).digest() for x, y in rows]
    distinct = sorted(set(keys))
    position = {key: place for place, key in enumerate(distinct)}
    places = np.array([position[key] for key in keys])
    if len(distinct) < len(keys):
        ones = np.ones(len(keys))
        weights = [ones if w is None else w for w in weights]
    _, rows = np.unique(places, return_index=True)
    return X[rows], Y[rows], tuple(None if w is None else np.bincount(places, w) for w in weights)


def _row_bytes(X):
    """Return an iterator over the bytes of the rows: all of them would be another X."""
    if not sparse.issparse(X):
        return (row.tobytes() for row in X)
    X = X.sorted_indices()
    bounds = zip(X.indptr[:-1], X.indptr[1:], strict=True)
    return (X.indices[i:j].tobytes() + X.data[i:j].tobytes() for i, j in bounds)
