"""Values as JSON and arrays, and back: plain data, and objects of a closed list of classes.

A value of JSON that is no object stands for itself. An object has one entry: its name says what the
content is, one of `PLAIN` or of the kinds that are passed. Nothing is looked up elsewhere by a name
from a file. Every array is used once, so that no small file makes something large.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

SCALARS = {f"{kind}{8 * size}" for kind in ("int", "uint", "float") for size in (1, 2, 4, 8)}
SCALARS = SCALARS - {"float8"} | {"bool", "str"}


class Kind(NamedTuple):
    """The way in which objects of a class are written and made again.

    Attributes
    ----------
    cls : type
    fields : dict of `Is`
        The attributes, and what each has to be; those that are optional may be missing.
    make : callable, or None
        Makes the object of the attributes, as keyword arguments; by default they are set.
    take : callable, or None
        Returns the attributes of an object; by default they are read.
    check : callable, or None
        Returns what is wrong with an object, if anything is.
    """

    cls: type
    fields: dict
    make: Callable | None = None
    take: Callable | None = None
    check: Callable | None = None

    def parts(self, value):
        """Return the attributes of an object that are to be written."""
        if self.take is not None:
            return self.take(value)
        return {name: getattr(value, name) for name in self.fields if hasattr(value, name)}

    def made(self, parts):
        """Return the object with these attributes, checked."""
        name = self.cls.__name__
        needed = {name for name, field in self.fields.items() if not field.optional}
        if not (needed <= parts.keys() <= self.fields.keys()):
            odd = sorted(needed - parts.keys() or parts.keys() - self.fields.keys())
            raise ValueError(f"{name} lacks, or has no attribute, {odd[0]!r}")
        for field, value in parts.items():
            if not self.fields[field].fits(value):
                raise ValueError(f"{field!r} of {name} is not {self.fields[field].words}")
        if self.make is not None:
            made = self.make(**parts)
        else:
            made = object.__new__(self.cls)
            vars(made).update(parts)
        problem = None if self.check is None else self.check(made)
        if problem:
            raise ValueError(f"{name} does not fit together: {problem}")
        return made


class NotPlain(Exception):
    """A value that cannot be written, and the names on the way to it."""

    def __init__(self, value):
        super().__init__(value)
        self.value, self.path = value, []


def encoded(value, kinds):
    """Return a value as JSON, and the arrays that this refers to by number.

    Parameters
    ----------
    kinds : sequence of Kind
    """
    encoder = _Encoder(kinds)
    return encoder.json_of(value), encoder.arrays


class _Encoder:
    def __init__(self, kinds):
        self.kinds = {kind.cls: kind for kind in kinds}
        self.arrays: list[Any] = []

    def json_of(self, value):
        cls = type(value)
        if value is None or cls in (bool, int, float, str):
            return value
        if cls is list:
            return [self.json_of(entry) for entry in value]
        if cls in self.kinds:
            parts = self.kinds[cls].parts(value)
            return {cls.__name__: {name: self._named(name, part) for name, part in parts.items()}}
        if isinstance(value, np.generic) and value.dtype.name.rstrip("0123456789") == "str":
            return {"str": value.item()}
        if isinstance(value, np.generic) and value.dtype.name in SCALARS:
            return {value.dtype.name: value.item()}
        for name, (plain, write, _) in PLAIN.items():
            if cls is plain:
                return {name: write(self, value)}
        raise NotPlain(value)

    def _named(self, name, value):
        try:
            return self.json_of(value)
        except NotPlain as error:
            error.path.insert(0, name)
            raise

    def of_array(self, array):
        """Return the number of an array, or the elements of one of objects."""
        if array.dtype == object:
            return {"shape": list(array.shape), "elements": self.json_of(array.ravel().tolist())}
        self.arrays.append(array)
        return len(self.arrays) - 1

    def of_tuple(self, value):
        return self.json_of(list(value))

    def of_dict(self, value):
        return [[self.json_of(key), self._named(str(key), entry)] for key, entry in value.items()]

    def of_masked(self, value):
        return self.json_of([value.data, np.ma.getmaskarray(value)])

    def of_csr(self, value):
        return self.json_of([value.data, value.indices, value.indptr, list(value.shape)])

    def of_bytes(self, value):
        return self.of_array(np.frombuffer(value, np.uint8))


def decoded(value, arrays, kinds):
    """Return the value of JSON and arrays.

    Raises
    ------
    ValueError
        If these are not what `encoded` makes of a value.
    """
    decoder = _Decoder(arrays, kinds)
    made = decoder.value_of(value)
    if any(array is not None for array in decoder.arrays):
        raise ValueError("an array is not used")
    return made


class _Decoder:
    def __init__(self, arrays, kinds):
        self.arrays = [*arrays]  # that are left: what is made is no larger than they are together
        self.kinds = {kind.cls.__name__: kind for kind in kinds}

    def value_of(self, content):
        if isinstance(content, list):
            return [self.value_of(entry) for entry in content]
        if not isinstance(content, dict):
            return content
        [(name, content)] = content.items()
        if name in PLAIN:
            return PLAIN[name][2](self, content)
        if name in SCALARS:
            return scalar_of(name, content)
        if name not in self.kinds:
            raise ValueError(f"there is no class {name!r} in such files")
        parts = {field: self.value_of(part) for field, part in content.items()}
        return self.kinds[name].made(parts)

    def array_of(self, content):
        """Return the array of that number, or one of objects."""
        if isinstance(content, dict):
            elements, shape = self.value_of(content["elements"]), content["shape"]
            array = np.empty(len(elements), object)
            for place, element in enumerate(elements):
                array[place] = element
            return array.reshape(shape)
        if type(content) is not int or content < 0:
            raise ValueError(f"{content!r} is no number of an array")
        array, self.arrays[content] = self.arrays[content], None
        if array is None:
            raise ValueError("an array is used twice")
        return array

    def dict_of(self, content):
        pairs = [(self.value_of(key), self.value_of(entry)) for key, entry in content]
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a dict has a key twice")
        return found

    def tuple_of(self, content):
        return tuple([self.value_of(entry) for entry in content])

    def bytes_of(self, content):
        return self.array_of(content).tobytes()

    def masked_of(self, content):
        data, mask = self.value_of(content)
        if data.shape != mask.shape:
            raise ValueError("a mask has another shape than its array")
        return np.ma.masked_array(data, mask)

    def csr_of(self, content, make=sparse.csr_matrix):
        data, indices, indptr, shape = self.value_of(content)
        matrix = make((data, indices, indptr), shape=tuple(shape))
        matrix.check_format(full_check=True)
        return matrix

    def csr_array_of(self, content):
        return self.csr_of(content, sparse.csr_array)


def scalar_of(name, content):
    """Return a scalar of NumPy, unless a value has no place in that type."""
    with np.errstate(all="ignore"):
        scalar = np.asarray(content).astype(name)[()]
    if type(content) is not type(scalar.item()) or not (scalar == content or content != content):
        raise ValueError(f"{content!r} is no {name}")
    return scalar


# name: class, and the methods that write and make an object
PLAIN = {
    "tuple": (tuple, _Encoder.of_tuple, _Decoder.tuple_of),
    "dict": (dict, _Encoder.of_dict, _Decoder.dict_of),
    "bytes": (bytes, _Encoder.of_bytes, _Decoder.bytes_of),
    "array": (np.ndarray, _Encoder.of_array, _Decoder.array_of),
    "masked": (np.ma.MaskedArray, _Encoder.of_masked, _Decoder.masked_of),
    "csr": (sparse.csr_matrix, _Encoder.of_csr, _Decoder.csr_of),
    "csr_array": (sparse.csr_array, _Encoder.of_csr, _Decoder.csr_array_of),
}
