"""Training rows that come in batches of any size, once or in every epoch again.

Convention
----------
parts : tuple of X, y and the sample weights or None, checked, of the same length
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklearn_shallow.estimators.streaming.reading import MixedRows


@dataclass(eq=False)
class StreamRows:
    """The rows of a stream as a source of epochs, see `Pace`.

    A pass over `n_rows` rows has `n_parts` parts of about as many batches, each an iteration of the
    fit. If a pass is one chunk, the chunk is shuffled. Otherwise a part has chunks of
    `chunk_rows` rows, which are drawn from a buffer, see `MixedRows`.

    Attributes
    ----------
    read : callable, returns a fresh iterator of parts, from the row with a given number on
    encode : callable, from parts to `Rows`
    n_rows : int, in a pass; where it ends before, the stream begins again
    n_epochs : int, passes of the fit
    n_parts, batch_size, chunk_rows : int
    buffer_rows : int, in the buffer; 0 if a pass is one chunk
    n_readers : int, see `MixedRows`
    is_endless : bool
        Whether a pass may end anywhere in the stream.
    checkpoint : Checkpoint, or None
    rng : numpy.random.Generator, or None to take the rows in their order
    position : int
        How many parts have begun, in all passes.
    rows : MixedRows
    """

    read: Any
    encode: Any
    n_rows: int
    n_epochs: int
    n_parts: int
    batch_size: int
    chunk_rows: int
    buffer_rows: int = 0
    n_readers: int = 1
    is_endless: bool = False
    checkpoint: Any = None
    rng: np.random.Generator | None = None
    position: int = 0
    rows: Any = None

    def started(self, rng):
        """Return the same rows from the first on, shuffled by these random numbers."""
        mixing = {"buffer_rows": self.buffer_rows, "n_readers": self.n_readers, "rng": rng}
        mixing = {} if rng is None else mixing
        n_rows = None if self.is_endless else self.n_rows
        rows = MixedRows(self.read, n_rows, self.n_rows * self.n_epochs, **mixing)
        return replace(self, rng=rng, rows=rows)

    def keeper(self, data, streams, source):
        """Return what keeps the state of a run on these data, or None."""
        if self.checkpoint is None:
            return None
        return self.checkpoint.of_run(data, streams, source)

    def epoch(self, objective, theta, gradient):
        """Return a pass over the next part, to be iterated as an `Epoch` is."""
        bounds = self._bounds(self.position % self.n_parts)
        self.position += 1
        return StreamEpoch(self, objective, theta, gradient, np.diff(bounds).tolist())

    def _bounds(self, place):
        """Return the numbers of rows before every chunk of a part of a pass, and after the last."""
        n_batches = -(-self.n_rows // self.batch_size)
        first, last = (i * n_batches // self.n_parts for i in (place, place + 1))
        n_chunks = -(-(last - first) // (self.chunk_rows // self.batch_size))
        batches = first + np.arange(n_chunks + 1) * (last - first) // n_chunks
        return batches * self.n_rows // n_batches  # or a short last batch would be a noisy step

    def state(self):
        """Return where the fit is in the stream."""
        return {"position": self.position, "rows": self.rows.state()}

    def restore(self, state):
        """Go on from a state."""
        self.position = state["position"]
        self.rows.restore(state["rows"])


class StreamEpoch:
    """One pass over some chunks of rows in batches; see `Epoch`, whose attributes it has."""

    def __init__(self, source, objective, theta, gradient, sizes):
        self.source, self.objective, self.sizes = source, objective, sizes
        self.theta, self.gradient = theta, gradient
        self.n_batches = sum(map(self._batches_of, sizes))
        self.value = self.penalty = 0.0

    def _batches_of(self, n_rows):
        return -(-n_rows // self.source.batch_size)

    def __iter__(self):
        source, n_rows = self.source, sum(self.sizes)
        for size in self.sizes:
            n_batches, part = self._batches_of(size), size / source.n_rows
            rows = source.encode(*source.rows.take(size))
            objective = self.objective.on_part(rows.X, rows.Y, rows.weight, part)
            in_order = source.rng is None or source.buffer_rows or n_batches == 1
            order = None if in_order else source.rng.permutation(size)
            epoch = objective.epoch(self.theta, self.gradient, order, n_batches)
            yield from epoch
            self.value += epoch.value * (size / n_rows)
            self.penalty += epoch.penalty * (size / n_rows)
