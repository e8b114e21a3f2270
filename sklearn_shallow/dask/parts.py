"""Partitions of Dask collections as parts, each a future on a worker, and sums over the parts.

The scheduler knows the arguments of every task. If a worker is lost, another one computes its parts
again, and the fit continues to the same result.
"""

from importlib import import_module
from itertools import compress

import numpy as np

FAN_IN = 16  # number of sums that one task or the client adds, and of tasks per copy of theta


def needed(module):
    """Return a module of the extra `dask`."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{module} is needed for data on several machines: pip install sklearn-shallow[dask]"
        ) from error


def client_of(client):
    """Return the client, by default the latest one."""
    return needed("distributed").default_client() if client is None else client


def is_collection(X):
    """Return whether X is a collection of Dask."""
    return hasattr(X, "__dask_graph__")


def aligned_parts(client, X, y, sample_weight):
    """Return the partitions as `Parts` of X, y and the weights or None.

    Parameters
    ----------
    X, y : arrays, data frames or series of Dask
    sample_weight : likewise, or None
    """
    given = {"X": X, "y": y} | ({} if sample_weight is None else {"sample_weight": sample_weight})
    parts = {name: to_delayed(like_X(X, data), name) for name, data in given.items()}
    counts = {name: len(some) for name, some in parts.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(
            f"The collections have different numbers of partitions, {counts}, and their sizes are "
            "not known. Give them the same partitions, or compute the sizes: "
            "X.compute_chunk_sizes()."
        )
    futures = [client.compute(some) for some in parts.values()]
    if sample_weight is None:
        futures.append([None] * counts["X"])
    rows = zip(*futures, strict=True)
    return Parts(client, [client.submit(tuple, [*part], pure=False) for part in rows])


def like_X(X, data):
    """Return an array of Dask with the chunks of X, if the chunks of both are known."""
    chunks, own = (getattr(array, "chunks", None) for array in (X, data))
    if not chunks or not own or chunks[0] == own[0] or sum(chunks[0]) != sum(own[0]):
        return data  # sizes that are not known are nan, and equal to none
    return data.rechunk({0: chunks[0]})


def to_delayed(data, name="X"):
    """Return the partitions of a collection, whole rows each."""
    if not is_collection(data) or not hasattr(data, "to_delayed"):
        raise ValueError(
            f"{name} is a {type(data).__name__}; pass an array or a data frame of Dask, by "
            f"dask.array.from_array({name}) for example, or use the estimator without Dask."
        )
    if getattr(data, "numblocks", (1,))[1:] not in ((), (1,)):
        data = data.rechunk({1: -1})
    parts = data.to_delayed()
    return parts.ravel().tolist() if hasattr(parts, "ravel") else list(parts)


class Parts:
    """The rows in parts, each the future of a worker.

    Parameters
    ----------
    client : distributed.Client
    futures : list of futures
    """

    def __init__(self, client, futures):
        self.client, self.futures = client, futures

    def share(self, data):
        """Return data as a future, which workers pass on to each other and, unlike scattered data,
        can compute again."""
        return self.client.submit(identity, data, pure=False)

    def map(self, function, *args):
        """Return the results of ``function(part, number, *arguments)`` as parts."""
        return Parts(
            self.client,
            [
                self.client.submit(function, part, number, *args, pure=False)
                for number, part in enumerate(self.futures)
            ],
        )

    def those(self, mask):
        """Return the parts that a mask selects."""
        return Parts(self.client, [*compress(self.futures, mask)])

    def collect(self, function, *args):
        """Return the results of ``function(part, number, *arguments)`` in a list."""
        return self.client.gather(self.map(function, *args).futures)

    def of_rows(self, function, numbers, ends):
        """Return the results of ``function(part, rows)`` for the parts that have some of the rows.

        Parameters
        ----------
        numbers : ndarray of int, of rows in all parts
        ends : ndarray of int, how many rows the parts have up to the end of each
        """
        places = np.searchsorted(ends, numbers, side="right")
        starts = np.r_[0, ends[:-1]]
        return self.client.gather(
            [
                self.client.submit(function, part, numbers[places == i] - starts[i], pure=False)
                for i, part in enumerate(self.futures)
                if (places == i).any()
            ]
        )

    def sum(self, function, *args):
        """Return the sums over the parts of the tuples that a function returns, entry by entry.

        They are added in the same order whichever worker finishes first.
        """
        futures = self.map(function, *args).futures
        while len(futures) > FAN_IN:
            groups = [futures[i : i + FAN_IN] for i in range(0, len(futures), FAN_IN)]
            futures = [self.client.submit(add, group, pure=False) for group in groups]
        return add(self.client.gather(futures))


def identity(data):
    return data


def add(tuples):
    return tuple(map(sum, zip(*tuples, strict=True)))
