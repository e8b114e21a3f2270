"""Batches of samples in the forms that users pass, and a random sample of their rows.

Convention
----------
parts : tuple of X, y and the sample weights or None, of the same length, perhaps with more arrays
behind them; X is an ndarray, CSR or a data frame, y an ndarray or CSR
"""

import sys

import numpy as np
from scipy import sparse

from sklearn_shallow.inputs.table import as_frame, is_lazy

BATCH_METHODS = ("iter_batches", "to_batches", "collect_batches")  # of PyArrow and Polars
MAX_EMPTY = 100_000  # batches without rows in succession, after which a stream counts as endless


class Batches:
    """The batches of a user, for one or several passes.

    Parameters
    ----------
    batches : iterable, or callable that returns one
        An object with a method for batches, see `source_of`, counts as a callable; a callable may
        also return such an object.
    target : str, list of str or None
        The target columns, if batches are tables.
    """

    def __init__(self, batches, target=None):
        self._target = target
        batches = source_of(batches)
        if not (callable(batches) or hasattr(batches, "__iter__")) or isinstance(batches, str):
            raise ValueError(
                f"batches={batches!r} must be an iterable of (X, y) or (X, y, sample_weight), or a "
                "callable that returns one."
            )
        self._open = batches if callable(batches) else lambda: batches
        self.is_repeatable = callable(batches) or iter(batches) is not batches

    def __iter__(self):
        """Yield the number of every batch with rows, and its parts."""
        n_empty = 0
        opened = source_of(self._open())
        for number, batch in enumerate(opened() if callable(opened) else opened, 1):
            X, _, weight = parts = self._parts(batch, number)
            has_rows = X.shape[0] and (weight is None or np.any(weight))
            n_empty = 0 if has_rows else n_empty + 1
            if n_empty == MAX_EMPTY:
                raise ValueError(
                    f"The last {MAX_EMPTY} batches, up to batch {number}, have no samples of "
                    "positive weight. Check how they are made: a stream must end or have samples."
                )
            if X.shape[0]:
                yield number, parts

    def _parts(self, batch, number):
        if isinstance(batch, (tuple, list)) and len(batch) in (2, 3) and self._target is None:
            X, y, *weight = batch
            return _table(X), _target(y), (weight[0] if weight else None)
        X = batch if isinstance(batch, (tuple, list)) else _table(batch)
        if self._target is None or not hasattr(X, "columns"):
            raise ValueError(
                f"Batch {number} is of the type {type(batch).__name__}. It must be a tuple (X, y) "
                "or (X, y, sample_weight); or a table, and target the name of its column y."
            )
        names = [self._target] if isinstance(self._target, str) else list(self._target)
        missing = [name for name in names if name not in list(X.columns)]
        if missing:
            raise ValueError(
                f"target={self._target!r}, but batch {number} has no column {missing[0]!r}; its "
                f"columns are {list(X.columns)}."
            )
        y = np.asarray(X[self._target])
        return X[[name for name in X.columns if name not in names]], y, None


def source_of(batches):
    """Return the method that yields the batches of a file, table or query; a frame as a list of one
    batch; other batches unchanged.
    """
    for name in BATCH_METHODS:
        if hasattr(batches, name):
            return getattr(batches, name)
    if is_lazy(batches):
        raise ValueError(
            "batches is a LazyFrame, and this release of Polars cannot read one in batches; 1.34 "
            "can. Write it to a file with sink_parquet, and pass pyarrow.dataset.dataset(path)."
        )
    if hasattr(batches, "fetch_record_batch"):
        raise ValueError(
            "batches is a query of DuckDB, and a connection runs one at a time. Pass a callable "
            "that opens its own: lambda: duckdb.connect(path).sql(query).to_arrow_reader(10_000)."
        )
    return [batches] if hasattr(batches, "dtypes") else batches


def _table(X):
    """Return X as an array, CSR or data frame."""
    if sparse.issparse(X):
        return X.tocsr()
    X = as_frame(X)
    return X if hasattr(X, "columns") else np.asarray(X)


def _target(y):
    return y.tocsr() if sparse.issparse(y) else np.asarray(y)


def taken(part, rows):
    """Return some rows of X, y or the weights, or None for None."""
    if part is None:
        return None
    if isinstance(part, np.ndarray) and isinstance(rows, np.ndarray):
        return np.take(part, rows, axis=0)  # three times as fast as part[rows]
    return part.iloc[rows] if hasattr(part, "iloc") else part[rows]


def rows_of(parts, rows):
    """Return some rows of parts."""
    return tuple(taken(part, rows) for part in parts)


def joined(parts):
    """Return a list of parts as one; weights are ones for parts without, if others have weights."""
    Xs, ys, weights, *others = zip(*parts, strict=True)
    if any(weight is not None for weight in weights):
        ones = (np.ones(X.shape[0]) for X in Xs)
        weights = [one if w is None else w for one, w in zip(ones, weights, strict=True)]
    return tuple(map(stacked, (Xs, ys, weights, *others)))


def exchanged(parts, places, new):
    """Return parts with new rows at some positions, in place if possible.

    Parameters
    ----------
    new : list of parts, with one row per position in total
    """
    if all(_fit_into(parts, some) for some in new):
        for some in new:
            rows, places = places[: some[0].shape[0]], places[some[0].shape[0] :]
            for part, other in zip(parts, some, strict=True):
                if part is not None:
                    part[rows] = other
        return parts
    order = np.arange(parts[0].shape[0])
    order[places] = len(order) + np.arange(len(places))
    return rows_of(joined([parts, *new]), order)


def _fit_into(parts, others):
    """Return whether parts and others are dense and have the same dtypes."""
    kinds = [[str(getattr(part, "dtype", None)) for part in rows] for rows in (parts, others)]
    has_sparse = any(sparse.issparse(part) for part in (*parts, *others))
    return kinds[0] == kinds[1] and not has_sparse


def stacked(arrays):
    """Return arrays, sparse matrices or frames, stacked; None if they are None."""
    first = arrays[0]
    if first is None or len(arrays) == 1:
        return first
    is_sparse = {sparse.issparse(array) for array in arrays}
    if len(is_sparse) > 1:
        raise ValueError("Some batches are sparse, others are not. Make them alike.")
    if is_sparse.pop():
        return sparse.vstack(arrays, format="csr")
    if isinstance(first, np.ndarray):
        return np.concatenate(arrays)
    return sys.modules[type(first).__module__.partition(".")[0]].concat(list(arrays))


class RowSample:
    """A random sample of the rows of all batches, in their order; all rows if they are few.

    Every row draws a random number, and those with the smallest numbers are kept.

    Parameters
    ----------
    size : int
    """

    def __init__(self, size):
        self.size, self._below, self._n_seen = size, np.inf, 0
        self._rng = np.random.default_rng(0)
        self._kept = []

    def add(self, parts):
        """Draw from the rows of a batch."""
        drawn = self._rng.random(parts[0].shape[0])
        numbers = np.arange(self._n_seen, self._n_seen + len(drawn))
        self._n_seen += len(drawn)
        self._keep((*parts, numbers, drawn))
        if sum(len(parts[-1]) for parts in self._kept) > 2 * self.size:
            self._thin()

    def _keep(self, parts):
        """Keep the rows whose random numbers are small enough."""
        rows = np.flatnonzero(parts[-1] < self._below)
        if len(rows):
            self._kept.append(rows_of(parts, rows))

    def _thin(self):
        drawn = np.concatenate([parts[-1] for parts in self._kept])
        if len(drawn) > self.size:
            self._below = np.partition(drawn, self.size)[self.size]
            before, self._kept = self._kept, []
            for parts in before:
                self._keep(parts)

    def parts(self):
        """Return the sample, with the indices of its rows among all rows as a further part."""
        self._thin()
        return joined(self._kept)[:-1]
