"""Training rows that come in batches of any size, once or in every epoch again.

Convention
----------
parts : tuple of X, y and the sample weights or None, checked, of the same length
"""

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklearn_shallow.estimators.training.run import StreamEnded
from sklearn_shallow.inputs.batches import joined, taken

__all__ = ["StreamRows"]


@dataclass(eq=False)
class StreamRows:
    """The rows of a stream as a source of epochs, see `Pace`.

    A pass over `n_rows` rows has `n_parts` parts of about as many batches, each an iteration of the
    fit. Of a part, chunks of rows are read, which are shuffled.

    Attributes
    ----------
    read : callable, returns a fresh iterator of parts
    encode : callable, from parts to `Rows`
    n_rows : int, in a pass; where it ends before, the stream begins again
    n_epochs : int, passes of the fit
    n_parts, batch_size, chunk_rows : int
    is_endless : bool
        Whether a pass may end anywhere in the stream.
    checkpoint : Checkpoint, or None
    rng : numpy.random.Generator, or None to take the rows in their order
    position : int
        How many parts have begun, in all passes.
    """

    read: Any
    encode: Any
    n_rows: int
    n_epochs: int
    n_parts: int
    batch_size: int
    chunk_rows: int
    is_endless: bool = False
    checkpoint: Any = None
    rng: np.random.Generator | None = None
    position: int = 0
    _rows: Any = None

    def started(self, rng):
        """Return the same rows from the first on, shuffled by these random numbers."""
        other = copy(self)
        other.rng, other.position, other._rows = rng, 0, None
        return other

    def keeper(self, data, streams, source):
        """Return what keeps the state of a run on these data, or None."""
        if self.checkpoint is None:
            return None
        return self.checkpoint.of_run(data, streams, source)

    def epoch(self, objective, theta, gradient):
        """Return a pass over the next part, to be iterated as an `Epoch` is."""
        place = self.position % self.n_parts
        start, end = self._bound(place), self._bound(place + 1)
        if self._rows is None or (place == 0 and not self.is_endless):
            if self._rows is not None:
                self._rows.check_end(self.n_rows)
            self._rows = Rebatched(self.read, is_endless=self.is_endless)
            before = self.position // self.n_parts * self.n_rows if self.is_endless else 0
            self._rows.skip(before + start)
        self.position += 1
        n_chunks = -(-(end - start) // self.chunk_rows)
        bounds = [start + i * (end - start) // n_chunks for i in range(n_chunks + 1)]
        return StreamEpoch(self, objective, theta, gradient, np.diff(bounds).tolist())

    def take(self, n_rows):
        """Return the next rows, encoded."""
        return self.encode(*self._rows.take(n_rows))

    def _bound(self, place):
        """Return the number of rows before a part of a pass."""
        n_batches = -(-self.n_rows // self.batch_size)
        return min(self.n_rows, place * n_batches // self.n_parts * self.batch_size)


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
        rng, n_rows = self.source.rng, sum(self.sizes)
        for size in self.sizes:
            rows, n_batches = self.source.take(size), self._batches_of(size)
            part = size / self.source.n_rows
            objective = self.objective.on_part(rows.X, rows.Y, rows.weight, part)
            order = None if rng is None or n_batches == 1 else rng.permutation(size)
            epoch = objective.epoch(self.theta, self.gradient, order, n_batches)
            yield from epoch
            self.value += epoch.value * (size / n_rows)
            self.penalty += epoch.penalty * (size / n_rows)


class Rebatched:
    """Parts of any length, read as parts of the wanted length.

    Parameters
    ----------
    read : callable, returns an iterator of parts
    is_endless : bool
        Whether to begin again at the end.
    """

    def __init__(self, read, *, is_endless):
        self._read, self._is_endless = read, is_endless
        self._iterator, self._left, self.n_taken = iter(read()), None, 0

    def take(self, n_rows):
        """Return the next rows."""
        return joined(list(self._next(n_rows)))

    def skip(self, n_rows):
        """Leave out the next rows."""
        for _ in self._next(n_rows):
            pass

    def check_end(self, n_rows):
        """Check that there are no more rows."""
        if self._left is not None or next(self._iterator, None) is not None:
            raise ValueError(
                f"A pass over the batches has more than the {n_rows} samples of the first one. "
                "batches must give the same samples in every pass."
            )

    def _next(self, n_rows):
        while n_rows:
            parts = self._left or self._from_iterator(n_rows)
            size = parts[0].shape[0]
            if size > n_rows:
                self._left = tuple(taken(part, slice(n_rows, None)) for part in parts)
                parts, size = tuple(taken(part, slice(n_rows)) for part in parts), n_rows
            else:
                self._left = None
            n_rows, self.n_taken = n_rows - size, self.n_taken + size
            yield parts

    def _from_iterator(self, n_rows):
        parts = next(self._iterator, None)
        if parts is None and self._is_endless:
            self._iterator = iter(self._read())
            parts = next(self._iterator, None)
        if parts is not None:
            return parts
        if self._is_endless:
            raise StreamEnded(
                f"The batches have ended after {self.n_taken} samples, before the last of the "
                "steps: the learning rate has not reached its end. Set fewer steps, or pass a "
                "callable that returns a fresh iterator."
            )
        raise ValueError(
            f"A pass over the batches has {self.n_taken} samples, fewer than the first one: "
            f"{n_rows} are missing. Pass a callable that returns a fresh iterator in every call, "
            "with the same samples in every pass."
        )
