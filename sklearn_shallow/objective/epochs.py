"""A pass over the rows of an objective in batches.

With the rows split into B batches, a batch estimates the first term of F by B times its part of the
sum, and includes the whole second term. The mean over the batches of an epoch is therefore exactly
F, and every row has the same influence in every batch.
"""

from itertools import pairwise

import numpy as np
from scipy import sparse

# Rows are gathered in chunks of at most this memory and number of rows.
CHUNK_BYTES = 2**19
MAX_CHUNK_ROWS = 4096


class Epoch:
    """One pass over the rows in batches.

    Iterating writes the gradient of one batch after another; between two batches theta may be
    changed in place. Rows are gathered and losses summed per chunk, several batches that fit the
    cache: per small batch, either would cost as much as the matrix products. The sizes of the
    batches differ by one row at most: a short last batch would be a noisy step with the weight of a
    full one. The order is a permutation of the rows or None. At the end, `value` is the mean of the
    batches' estimates of F, `penalty` that of its second term.
    """

    def __init__(self, objective, theta, gradient, order, n_batches):
        self.objective, self.order, self.n_batches = objective, order, n_batches
        self.parameters = objective.layout.unpack(theta)
        self.gradient = objective.layout.unpack(gradient)
        self.value = self.penalty = 0.0

    def __iter__(self):
        objective = self.objective
        if self.n_batches == 1:
            self.value, total = objective.value_and_gradient(self.parameters.flat)
            self.gradient.flat[...] = total
            self.penalty = objective.last_penalty
            yield
            return
        parameters, gradient = self.parameters, self.gradient
        chunks = objective.plan(self.n_batches)
        chunk = objective.chunk(max(batches[-1].stop for _, batches in chunks))
        scale = np.asarray(self.n_batches / objective.total_weight, objective.dtype)
        passes = objective.for_batches(objective.n_rows // self.n_batches)
        for rows, batches in chunks:
            chunk.fill(objective, rows, self.order)
            for part in batches:
                batch, raw = chunk.take(part), chunk.raw[part]
                passes.differentiate(parameters, batch, raw, gradient, scale)
                objective.add_penalty_gradient(parameters, gradient)
                yield
            losses = objective.sum_losses(chunk.raw, chunk.Y, chunk.weight)
            penalty = objective.penalty(parameters) * len(batches) / self.n_batches
            self.value += losses / objective.total_weight
            self.value += penalty
            self.penalty += penalty


class Chunk:
    """Gathered rows of an objective, and memory for their raw outputs."""

    def __init__(self, objective, n_rows):
        X, n_outputs = objective.X, objective.Y.shape[1]
        is_array = isinstance(X, np.ndarray)
        self._X = np.empty((n_rows, X.shape[1]), X.dtype) if is_array else None
        self._Y = np.empty((n_outputs, n_rows), objective.dtype)
        self._raw = np.empty((n_outputs, n_rows), objective.dtype)

    def fill(self, objective, rows, order):
        """Gather the rows at these positions of the order."""
        n_rows = rows.stop - rows.start
        self.raw = self._raw[:, :n_rows].T
        if order is None:
            self.X, self.Y, self.weight = objective.take(rows)
            return
        rows = order[rows]
        self.Y = objective.Y.T.take(rows, axis=1, out=self._Y[:, :n_rows], mode="clip").T
        self.weight = None if objective.sample_weight is None else objective.sample_weight[rows]
        if self._X is None:
            X = objective.X[rows]
        else:
            X = objective.X.take(rows, axis=0, out=self._X[:n_rows], mode="clip")
        self.X = objective.inputs(X)

    def take(self, rows):
        """Return X, Y and the weights of a batch."""
        return self.X[rows], self.Y[rows], None if self.weight is None else self.weight[rows]


def plan_chunks(objective, n_batches):
    """Return the rows of every chunk, as a slice, and its batches as slices within it."""
    bounds = np.arange(n_batches + 1) * objective.n_rows // n_batches
    sizes = np.diff(bounds)
    per_chunk = max(1, chunk_rows(objective) // int(sizes.max()))
    chunks, start = [], 0
    for first in range(0, n_batches, per_chunk):
        ends = np.cumsum([0, *sizes[first : first + per_chunk]]).tolist()
        batches = [slice(i, j) for i, j in pairwise(ends)]
        chunks.append((slice(start, start + ends[-1]), batches))
        start += ends[-1]
    return chunks


def chunk_rows(objective):
    """Return the number of rows to gather at once."""
    X = objective.X
    if sparse.issparse(X):
        bytes_per_row = (X.data.nbytes + X.indices.nbytes) // X.shape[0] + 1
    else:
        bytes_per_row = X.shape[1] * objective.dtype.itemsize
    return min(MAX_CHUNK_ROWS, CHUNK_BYTES // bytes_per_row)
