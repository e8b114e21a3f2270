"""A file of nested dicts and lists of numbers, text and arrays: JSON and arrays, nothing to run."""

import json
import os
import zipfile
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

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
    """Write a value to a file that is there as a whole or not at all; tuples become lists."""
    arrays = []
    text = json.dumps(_coded(value, arrays)).encode()
    path = Path(path)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            np.savez(file, np.frombuffer(text, np.uint8), *arrays)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _coded(value, arrays):
    if isinstance(value, dict):
        return {"dict": {name: _coded(entry, arrays) for name, entry in value.items()}}
    if isinstance(value, (list, tuple)):
        return [_coded(entry, arrays) for entry in value]
    if isinstance(value, (np.ndarray, np.generic)):
        arrays.append(np.asarray(value))
        return {"scalar" if isinstance(value, np.generic) else "array": len(arrays)}
    return value


def read_plain(path):
    """Return what was written.

    Raises
    ------
    ValueError
        If the file is no such file, or not a whole one.
    """
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            return _decoded(json.loads(file["arr_0"].tobytes()), file)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{str(path)!r} is not a file that was written here: {error}") from None


def _decoded(value, file):
    if isinstance(value, list):
        return [_decoded(entry, file) for entry in value]
    if not isinstance(value, dict):
        return value
    [(kind, content)] = value.items()
    if kind == "dict":
        return {name: _decoded(entry, file) for name, entry in content.items()}
    array = file[f"arr_{content}"]
    return array[()] if kind == "scalar" else array
