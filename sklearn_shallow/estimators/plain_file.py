"""A file of nested dicts and lists of numbers, text and arrays, nothing to run."""

import numpy as np

from sklearn_shallow.export.file_archive import FAULTS, read_archive, write_archive
from sklearn_shallow.export.file_values import decoded, encoded

__all__ = ["is_plain", "read_plain", "write_plain"]


def is_plain(value):
    """Return whether a value can be written."""
    if isinstance(value, dict):
        return all(isinstance(name, str) for name in value) and all(map(is_plain, value.values()))
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "biuf"
    return value is None or isinstance(value, (bool, int, float, str))


def write_plain(path, value):
    """Write a value to a file that is there as a whole or not at all."""
    content, arrays = encoded(value, ())
    write_archive(path, {"content": content}, arrays)


def read_plain(path):
    """Return what was written.

    Raises
    ------
    ValueError
        If the file is no such file, or not a whole one.
    """
    try:
        text, arrays = read_archive(path)
        return decoded(text["content"], arrays, ())
    except FAULTS as error:
        raise ValueError(f"{str(path)!r} is not a file that was written here: {error}") from None
