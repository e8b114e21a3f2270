"""Lazy predictions of partitions, on the workers."""

import numpy as np

from sklearn_shallow.dask.parts import is_collection, needed, to_delayed


def gathered(data):
    """Return a collection as an array or a frame in memory; anything else unchanged."""
    return data.compute() if is_collection(data) else data


def lazily(model, method, X, options):
    """Return an array of Dask with the results of a method for the partitions of X.

    Parameters
    ----------
    model : fitted estimator for data in one place
    method : str
    options : dict, of the method
    """
    dask, array = needed("dask"), needed("dask.array")
    example = predicted(first_row(model, X), method, options, model)
    if not isinstance(example, np.ndarray):
        raise ValueError(
            f"{method} returns a {type(example).__name__}, which is no array of Dask. Call it for "
            "every partition: X.map_partitions or map_blocks of to_local()."
        )
    like = {"dtype": example.dtype, "meta": example[:0]}
    known = {"method": method, "options": options, "model": dask.delayed(model)}
    if hasattr(X, "chunks"):
        shape = {
            "chunks": (X.chunks[0], *example.shape[1:]),
            "new_axis": [2, 3][: example.ndim - 2],
        }
        shape = {"drop_axis": 1} if example.ndim == 1 else shape
        X = X.rechunk({1: -1}) if X.numblocks[1] > 1 else X
        return X.map_blocks(predicted, **known, **like, **shape)
    of_part = dask.delayed(predicted, pure=False)
    shape = (np.nan, *example.shape[1:])
    parts = [array.from_delayed(of_part(part, **known), shape, **like) for part in to_delayed(X)]
    return array.concatenate(parts, allow_unknown_chunksizes=True)


def predicted(X, method, options, model):
    """Return the result of a method, also for no rows."""
    if X.shape[0]:
        return getattr(model, method)(X, **options)
    return predicted(first_row(model, X), method, options, model)[:0]


def first_row(model, X):
    """Return a row with the columns of X and missing values."""
    if hasattr(X, "columns"):
        return getattr(X, "_meta", X).reindex([0])
    return np.full((1, model.n_features_in_), np.nan)
