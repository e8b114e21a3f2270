"""A file of arrays and one text: a zip of .npy members, as `numpy.load` reads it, and of JSON.

Members are stored as they are, not compressed, so that nothing that is read is larger than the file
itself. The text says of every array which header its member has to begin with; the headers are
compared, not interpreted. Zip has a checksum of every member.
"""

import json
import math
import os
import re
import struct
import zipfile
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import numpy as np

TEXT = "model.json"
MEMBER = "arrays/{}.npy"
DTYPES = re.compile(r"\|b1|\|[iu]1|<[iu][248]|<f[248]|<U[1-9]\d{0,7}|\|S[1-9]\d{0,7}")
ORDERS = ("C", "F")
LARGEST_CHARACTER = 0x10FFFF
# What modules of the standard library and NumPy raise for bytes that mean nothing.
FAULTS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
)


def write_archive(path, text, arrays):
    """Write a file that is there as a whole or not at all.

    Parameters
    ----------
    path : str or Path
    text : dict that `json` can write
    arrays : list of ndarray, of numbers, text or truth values
    """
    described = [described_array(array) for array in arrays]
    text = json.dumps({**text, "arrays": described}).encode()
    path = Path(path)
    unfinished = path.with_name(f".{path.name}-{uuid4().hex}")
    with open(unfinished, "xb") as file:
        try:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                write_member(archive, TEXT, text)
                for number, (array, form) in enumerate(zip(arrays, described, strict=True)):
                    data = array.astype(form["dtype"]).tobytes(form["order"])
                    write_member(archive, MEMBER.format(number), header(form) + data)
            file.flush()
            os.fsync(file.fileno())
            os.replace(unfinished, path)
        except BaseException:
            unfinished.unlink()
            raise


def write_member(archive, name, data):
    """Write a member of the time zero: the same model makes the same file."""
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)


def described_array(array):
    """Return dtype, shape and order of an array as they stand in the text."""
    dtype = array.dtype.newbyteorder("<").str
    if not DTYPES.fullmatch(dtype):
        raise ValueError(f"an array of dtype {array.dtype} has no place in such a file.")
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    return {"dtype": dtype, "shape": list(array.shape), "order": order}


def header(form):
    """Return the header of an array in format 1.0 of .npy."""
    shape, is_fortran = tuple(form["shape"]), form["order"] == "F"
    text = f"{{'descr': {form['dtype']!r}, 'fortran_order': {is_fortran}, 'shape': {shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def read_archive(path):
    """Return the text and the arrays that were written.

    Raises
    ------
    ValueError
        If the file is no such file, or damaged; the message says what is wrong.
    OSError
        If there is no file at the path, or it cannot be read.
    """
    data = Path(path).read_bytes()
    try:
        members = read_members(data)
        text = json.loads(members.pop(TEXT), object_pairs_hook=without_duplicates)
        forms = text["arrays"]
        if members.keys() != {MEMBER.format(number) for number in range(len(forms))}:
            raise ValueError("its arrays are not those that are declared")
        arrays = [read_array(members[MEMBER.format(i)], form) for i, form in enumerate(forms)]
    except FAULTS as error:
        raise ValueError(f"it is no whole file of a network: {reason(error)}") from error
    return text, arrays


def reason(error):
    """Return an error in words."""
    return str(error) if isinstance(error, ValueError) else repr(error)


def without_duplicates(pairs):
    """Return what JSON calls an object as a dict."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def read_members(data):
    """Return the members of a zip by name, checked before anything is read."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        infos = archive.infolist()
        for info in infos:
            if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
                raise ValueError(f"{info.filename!r} is compressed")
        if sum(info.file_size for info in infos) > len(data):
            raise ValueError("its members are larger than the file")
        if len({info.filename for info in infos}) < len(infos):
            raise ValueError("two members have one name")
        return {info.filename: archive.read(info) for info in infos}


def read_array(data, form):
    """Return the array of a member whose text describes it like this."""
    dtype, shape, order = (form[name] for name in ("dtype", "shape", "order"))
    if not (isinstance(dtype, str) and DTYPES.fullmatch(dtype) and order in ORDERS):
        raise ValueError(f"an array has the dtype {dtype!r} and the order {order!r}")
    if not (isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)):
        raise ValueError(f"an array has the shape {shape!r}")
    begin, dtype = header(form), np.dtype(dtype)
    if len(data) - len(begin) != math.prod(shape) * dtype.itemsize or not data.startswith(begin):
        raise ValueError(f"an array is not of the dtype {dtype} and the shape {shape}")
    array = np.frombuffer(data, dtype, offset=len(begin)).reshape(shape, order=order)
    if dtype.kind == "U" and (array.view("<u4") > LARGEST_CHARACTER).any():
        raise ValueError("a text has characters that do not exist")
    return array.astype(dtype.newbyteorder("="), order="K")
