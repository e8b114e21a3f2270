"""The rows of a stream of batches as epochs, in the order of the stream or mixed.

Convention
----------
parts : tuple of X, y, the sample weights or None, checked, and the positions of the rows in the
stream, their numbers
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklearn_shallow.estimators.training.run import StreamEnded
from sklearn_shallow.inputs.batches import exchanged, joined, rows_of


@dataclass(eq=False)
class StreamRows:
    """The rows of a stream as a source of epochs, see `EpochPlan`.

    A pass over `n_rows` rows has `n_parts` parts of about as many batches, each an iteration of the
    fit. If a pass is one chunk, the chunk is shuffled. Otherwise a part has chunks of
    `chunk_rows` rows, which are drawn from a buffer, see `MixedRows`.

    Attributes
    ----------
    read : callable, returns a fresh iterator of parts, from the row with a given number on
    encode : callable, from parts to `Rows`
    n_rows : int, rows of a pass; a shorter stream is read again
    n_epochs : int, passes of the fit
    n_parts, batch_size, chunk_rows : int
    buffer_rows : int, rows in the buffer; 0 if a pass is one chunk
    n_readers : int, see `MixedRows`
    is_endless : bool
        Whether a pass may end anywhere in the stream.
    checkpoint : Checkpoint, or None
    rng : numpy.random.Generator, or None to take the rows in their order
    position : int
        Number of parts begun in all passes.
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
        """Return the rows from the first one on, shuffled by `rng`."""
        mixing = {"buffer_rows": self.buffer_rows, "n_readers": self.n_readers, "rng": rng}
        if rng is None:  # nothing is shuffled, or a batch is all rows of an iteration
            mixing = {}
        n_rows = None if self.is_endless else self.n_rows
        rows = MixedRows(self.read, n_rows, self.n_rows * self.n_epochs, **mixing)
        return replace(self, rng=rng, rows=rows)

    def epoch(self, objective, theta, gradient):
        """Return a pass over the next part, an iterable like `Epoch`."""
        bounds = self._bounds(self.position % self.n_parts)
        self.position += 1
        return StreamEpoch(self, objective, theta, gradient, np.diff(bounds).tolist())

    def _bounds(self, place):
        """Return the bounds of the chunks of a part of a pass, as numbers of rows."""
        n_batches = -(-self.n_rows // self.batch_size)
        first, last = (i * n_batches // self.n_parts for i in (place, place + 1))
        n_chunks = -(-(last - first) // (self.chunk_rows // self.batch_size))
        batches = first + np.arange(n_chunks + 1) * (last - first) // n_chunks
        return batches * self.n_rows // n_batches  # equal batches: a short one is a noisy step

    def state(self):
        """Return the position of the fit in the stream."""
        return {"position": self.position, "rows": self.rows.state()}

    def restore(self, state):
        """Set the position to a state."""
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


class MixedRows:
    """Rows of a stream in a random order, in bounded memory.

    Rows are drawn from a buffer at random, and replaced by the next rows of the stream. Readers at
    equal distances read the stream at several positions, so that the buffer has rows of all
    segments even if the stream is sorted. In a pass all readers together read every row once; in
    later passes each reads other segments.

    Parameters
    ----------
    read : callable, returns an iterator of parts, from the row with a given number on
    n_rows : int, rows of a pass; None if a pass may have any number
    n_ahead : int
        Number of rows that a fit takes if no epoch fails, an upper limit of rows to be read.
    buffer_rows : int, or 0 to take the rows in their order
    n_readers : int
    rng : numpy.random.Generator
    """

    def __init__(self, read, n_rows, n_ahead, *, buffer_rows=0, n_readers=1, rng=None):
        self._readers = Readers(read, n_rows, n_readers)
        self._n_ahead, self._buffer_rows, self._rng = n_ahead, buffer_rows, rng
        self._parts = self._end = None

    @property
    def _numbers(self):
        """The numbers of the rows in the buffer."""
        return np.zeros(0, np.int64) if self._parts is None else self._parts[-1]

    def take(self, n_rows):
        """Return X, y and the weights of the next rows.

        Raises
        ------
        StreamEnded
            If the stream has fewer rows.
        """
        if not self._buffer_rows:
            new = self._read(n_rows)
            self._check(n_rows_of(new) == n_rows)
            return joined(new)[:3]
        n_held = len(self._numbers)
        n_missing = max(min(self._buffer_rows - n_held, self._n_ahead), n_rows - n_held)
        if n_missing > 0:
            self._fill(self._read(n_missing))
            self._check(len(self._numbers) >= n_rows)
        return self._exchange(n_rows, self._read(min(n_rows, self._n_ahead)))[:3]

    def _check(self, has_enough):
        if not has_enough:
            raise self._end

    def _read(self, n_rows):
        """Return the next rows of all readers, or fewer at the end, as a list of parts."""
        n_rows = 0 if self._end else n_rows
        self._n_ahead, found = max(0, self._n_ahead - n_rows), []
        try:
            for parts in self._readers.take(n_rows):
                found.append(parts)
        except StreamEnded as error:
            self._end, self._n_ahead = error, 0
        return found

    def _fill(self, new):
        """Put rows into the buffer."""
        if new:
            every_row = slice(None) if len(new) > 1 else np.arange(n_rows_of(new))  # a copy
            new = rows_of(joined(new), every_row)
            self._parts = new if self._parts is None else joined([self._parts, new])

    def _exchange(self, n_rows, new):
        """Return rows of the buffer and replace them by new rows, of which there may be fewer."""
        n_held, n_new = len(self._numbers), n_rows_of(new)
        places = self._rng.choice(n_held, n_rows, replace=False)
        drawn = rows_of(self._parts, places)
        if n_new:
            self._parts = exchanged(self._parts, places[:n_new], new)
        if n_new < n_rows:
            self._parts = rows_of(self._parts, np.delete(np.arange(n_held), places[n_new:]))
        return drawn

    def state(self):
        """Return the number of rows read in this pass, that of rows to come, and the numbers of the
        rows in the buffer."""
        return [self._readers.n_read, self._n_ahead, self._numbers]

    def restore(self, state):
        """Set the state, and read the rows of the buffer again."""
        n_read, self._n_ahead, numbers = state
        wanted, where = np.unique(numbers, return_inverse=True)
        kept = self._readers.go_to(n_read, wanted)
        if kept:
            self._parts = rows_of(joined(kept), where)


def n_rows_of(new):
    """Return the number of rows in a list of parts."""
    return sum(len(parts[-1]) for parts in new)


class Readers:
    """Readers of a stream at equal distances, which together read every row once in a pass.

    The first rows of a pass, ``n_read``, are ``(n_read + i) // n_readers`` of segment i, which the
    reader of segment i - 1 reads in the next pass.

    Parameters
    ----------
    read, n_rows : see `passes`; if `n_rows` is not known, there is one reader
    n_readers : int
    """

    def __init__(self, read, n_rows, n_readers):
        self._read, self._n_rows, self._n_readers = read, n_rows, n_readers
        self._start(0)

    def _start(self, n_read):
        sizes = [self._of_segment(i, self._n_rows or 0) for i in range(self._n_readers)]
        places = [sum(sizes[:i]) + self._of_segment(i, n_read) for i in range(self._n_readers)]
        self.n_read = n_read
        self._readers = [Reader(self._read, self._n_rows, place) for place in places]

    def _of_segment(self, i, n_read):
        return (n_read + i) // self._n_readers

    def take(self, n_rows):
        """Yield the next rows, as parts."""
        while n_rows:
            before = self.n_read
            after = before + n_rows if self._n_rows is None else min(before + n_rows, self._n_rows)
            for i, reader in enumerate(self._readers):
                for parts in reader.take(self._of_segment(i, after) - self._of_segment(i, before)):
                    self.n_read += len(parts[-1])
                    yield parts
            n_rows -= after - before
            if self.n_read == self._n_rows:
                self.n_read, self._readers = 0, self._readers[-1:] + self._readers[:-1]

    def go_to(self, n_read, wanted):
        """Go to a place in the pass, and return the rows with the wanted numbers, in order."""
        if self._n_rows is None:  # rows before the place may not be readable again
            kept = self._readers[0].skip(n_read, wanted)
            self.n_read = n_read
            return kept
        kept = Reader(self._read, self._n_rows).skip(self._n_rows, wanted) if len(wanted) else []
        self._start(n_read)
        return kept


class Reader:
    """The rows of a stream one after the other, from the first one again after the last.

    Parameters
    ----------
    read, n_rows, place : see `passes`
    """

    def __init__(self, read, n_rows, place=0):
        self._batches, self._left = passes(read, n_rows, place), None

    def take(self, n_rows):
        """Yield the next rows, as parts."""
        while n_rows:
            parts, self._left = self._left or next(self._batches), None
            if len(parts[-1]) > n_rows:
                self._left = rows_of(parts, slice(n_rows, None))
                parts = rows_of(parts, slice(n_rows))
            n_rows -= len(parts[-1])
            yield parts

    def skip(self, n_rows, wanted):
        """Skip the next rows, and return those of them whose numbers are `wanted`, in order."""
        chosen = ((parts, np.isin(parts[-1], wanted)) for parts in self.take(n_rows))
        return [rows_of(parts, np.flatnonzero(rows)) for parts, rows in chosen if rows.any()]


def passes(read, n_rows, place):
    """Yield the batches of a stream as parts, pass after pass.

    Parameters
    ----------
    read : callable, returns an iterator of parts, from the row with a given number on
    n_rows : int, rows of a pass; None if a pass may have any number
    place : int
        The number of the first row. If `n_rows` is known, later passes begin at row 0.
    """
    batches = read(place)
    while True:
        begin = place
        for parts in batches:
            first, place = place, place + parts[0].shape[0]
            if n_rows is not None and place > n_rows:
                raise ValueError(
                    f"A pass over the batches has more than the {n_rows} samples of the first "
                    "one. batches must give the same samples in every pass."
                )
            yield *parts, np.arange(first, place)
        if n_rows is None and place == begin:
            raise StreamEnded(
                f"The batches have ended after {place} samples, before the last of the "
                "steps: the learning rate has not reached its end. Set fewer steps, or pass a "
                "callable that returns a fresh iterator."
            )
        if n_rows is not None and place < n_rows:
            raise ValueError(
                f"A pass over the batches has {place} samples, fewer than the {n_rows} of "
                "the first one. Pass a callable that returns a fresh iterator in every call, with "
                "the same samples in every pass, and without an open file that others share."
            )
        batches, place = read(0), place if n_rows is None else 0
