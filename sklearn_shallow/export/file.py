"""Files without pickle: plain values, and objects of a closed list of classes.

A file is what `numpy.savez` writes: arrays, and a text of JSON that refers to them by number. In
the text, a value that is no object of JSON stands for itself, and an object has one entry: its
name says what the content is, one of `PLAIN`, a type of NumPy or a class that the reader passes.
No other name is looked up, and an object of a class gets its attributes, as in unpickling.
"""

import json
import os
import zipfile
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import numpy as np
from scipy import sparse

from sklearn_shallow.utils.lazy import lazy

TEXT = "model"
SCALARS = {f"{kind}{8 * size}" for kind in ("int", "uint", "float") for size in (1, 2, 4, 8)}
SCALARS = SCALARS - {"float8"} | {"bool", "str"}
LEFT_OUT = ("_skl_", "_metadata_")  # prefixes of scikit-learn's attributes that are not written


class NotPlain(Exception):
    """A value that cannot be written; `path` holds the names of attributes that lead to it."""

    def __init__(self, value, path):
        super().__init__(value)
        self.value, self.path = value, path


def write(path, value, classes=()):
    """Write a value to a file, atomically.

    Parameters
    ----------
    path : str or Path
    value : plain values and arrays, and objects of these classes
    classes : collection of type

    Raises
    ------
    NotPlain
        If there is anything else in the value.
    """
    arrays, path = [], Path(path)
    text = json.dumps(encoded(value, arrays, classes))
    unfinished = path.with_name(f".{path.name}-{uuid4().hex}")
    with open(unfinished, "xb") as file:
        try:
            members = {str(number): array for number, array in enumerate(arrays)}
            np.savez(file, **{TEXT: np.bytes_(text.encode())}, **members)
            file.flush()
            os.fsync(file.fileno())
            os.replace(unfinished, path)
        except BaseException:
            unfinished.unlink()
            raise


def read(path, classes=()):
    """Return the value in a file.

    Raises
    ------
    ValueError
        If the file was not written by `write`, or is damaged.
    OSError
        If there is no file at the path, or it cannot be read.
    """
    data = Path(path).read_bytes()
    try:
        arrays = arrays_of(data)
        text = json.loads(arrays.pop(f"{TEXT}.npy").item())
        return decoded(text, arrays, {cls.__name__: cls for cls in classes})
    except Exception as error:  # readers raise various errors for damaged files
        raise ValueError(f"it was not written by this package, or is damaged: {error!r}") from error


def arrays_of(data):
    """Return the arrays of a file by name; sizes are checked against the file before."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        infos = archive.infolist()
        if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
            raise ValueError("a member is compressed")
        if sum(info.file_size for info in infos) > len(data):
            raise ValueError("the members are larger than the file")
        return {name: array_of(archive.read(name)) for name in archive.namelist()}


def array_of(member):
    """Return the array of a file in NumPy's format."""
    file = BytesIO(member)
    np.lib.format.read_magic(file)
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(file)
    array = np.frombuffer(member, dtype, offset=file.tell())  # refuses objects
    array = array.reshape(shape, order="F" if is_fortran else "C")
    return array.astype(dtype.newbyteorder("="), order="K")


def encoded(value, arrays, classes=(), path=()):
    """Return a value in a form for JSON.

    Parameters
    ----------
    arrays : list, to which the arrays are appended
    path : tuple of str, the names on the way to the value
    """

    def inner(part, *names):
        return encoded(part, arrays, classes, (*path, *names))

    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is list:
        return [inner(part) for part in value]
    if kind is dict:
        return {"dict": [[inner(key), inner(part, str(key))] for key, part in value.items()]}
    if kind in classes:
        if isinstance(value, tuple):
            return {kind.__name__: inner([*value])}
        return {kind.__name__: {name: inner(part, name) for name, part in state_of(value)}}
    if kind is np.ndarray and value.dtype != object:
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):
        name = "str" if kind is np.str_ else value.dtype.name
        if name in SCALARS:
            return {name: value.item()}
    for name, (plain, parts_of, _) in PLAIN.items():
        if kind is plain:
            return {name: inner(parts_of(value))}
    raise NotPlain(value, path)


def state_of(value):
    """Yield the attributes that are written, without cached ones."""
    for name, part in (value.__getstate__() or {}).items():
        is_lazy = isinstance(getattr(type(value), name, None), lazy)
        if not is_lazy and not name.startswith(LEFT_OUT):
            yield name, part


def decoded(content, arrays, classes):
    """Return the value that was `encoded`.

    Parameters
    ----------
    arrays : dict of arrays by the name of the member
    classes : dict of classes by name
    """
    if isinstance(content, list):
        return [decoded(part, arrays, classes) for part in content]
    if not isinstance(content, dict):
        return content
    [(name, content)] = content.items()
    if name == "array":
        return arrays[f"{content:d}.npy"]
    if name in SCALARS:
        return np.dtype(name).type(content)
    if name in PLAIN:
        return PLAIN[name][2](decoded(content, arrays, classes))
    cls = classes[name]
    if issubclass(cls, tuple):
        return tuple.__new__(cls, decoded(content, arrays, classes))
    made = cls.__new__(cls)
    state = {name: decoded(part, arrays, classes) for name, part in content.items()}
    getattr(made, "__setstate__", vars(made).update)(state)
    return made


def parts_of_objects(array):
    return [array.ravel().tolist(), [*array.shape]]


def objects_of(parts):
    elements, shape = parts
    array = np.empty(len(elements), object)
    array[:] = elements
    return array.reshape(shape)


def parts_of_sparse(matrix):
    return [matrix.data, matrix.indices, matrix.indptr, [*matrix.shape]]


def sparse_of(kind):
    """Return the function that makes and checks a sparse matrix from its parts."""

    def make(parts):
        *arrays, shape = parts
        matrix = kind(tuple(arrays), shape=tuple(shape))
        matrix.check_format(full_check=True)
        return matrix

    return make


def generator_of(state):
    rng = np.random.default_rng(0)
    rng.bit_generator.state = state
    return rng


# name: (class, function to plain values, function back)
PLAIN = {
    "tuple": (tuple, list, tuple),
    "dict": (dict, None, dict),
    "slice": (slice, lambda value: [value.start, value.stop], lambda ends: slice(*ends)),
    "bytes": (bytes, lambda value: np.frombuffer(value, np.uint8), np.ndarray.tobytes),
    "objects": (np.ndarray, parts_of_objects, objects_of),
    "masked": (
        np.ma.MaskedArray,
        lambda value: [value.data, np.ma.getmaskarray(value)],
        lambda parts: np.ma.MaskedArray(*parts),
    ),
    "csr": (sparse.csr_matrix, parts_of_sparse, sparse_of(sparse.csr_matrix)),
    "csr_array": (sparse.csr_array, parts_of_sparse, sparse_of(sparse.csr_array)),
    "generator": (np.random.Generator, lambda rng: rng.bit_generator.state, generator_of),
}
