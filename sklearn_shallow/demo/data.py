"""The data of the demonstration: scikit-learn's bundled sets or a CSV file, and their encoding.

Convention
----------
X : ndarray of shape (n_rows, n_features); float, or object where a column holds text, NaN = missing
y : ndarray of shape (n_rows,), the target; text where it comes from a CSV file
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

BUNDLED = {
    "digits": load_digits,
    "iris": load_iris,
    "wine": load_wine,
    "breast_cancer": load_breast_cancer,
    "diabetes": load_diabetes,
}
IMAGE_SHAPES = {"digits": (8, 8)}
MISSING = {"", "na", "nan", "?"}


class DemoError(Exception):
    """Something the user can put right; the message is one line and says how."""


@dataclass(frozen=True)
class Dataset:
    """Rows and their target, with what is needed to encode and to draw them."""

    name: str
    X: np.ndarray
    y: np.ndarray
    feature_names: list[str]
    text: tuple[int, ...] = ()
    image_shape: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()

    @property
    def numeric(self) -> list[int]:
        """Positions of the columns that hold numbers."""
        return [i for i in range(len(self.feature_names)) if i not in self.text]


def load(source: str, target: str | None = None) -> Dataset:
    """Load a bundled set by its name, or a CSV file by its path and the name of its target.

    Raises
    ------
    DemoError
        If the source is not readable.
    """
    if source not in BUNDLED:
        return _load_csv(source, target)
    if target is None:
        return _load_bundled(source)
    raise DemoError(f"--target names a column of a CSV file; --data {source} has its own.")


def preprocessor(data: Dataset) -> ColumnTransformer:
    """Make the transformer that turns the columns of `data` into finite numbers.

    Missing numbers become the median, and numbers are standardised; text becomes one column for
    each category, a missing text being a category of its own.
    """
    # An imputer that keeps empty features also holds where one fold has no value of a column.
    numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
    )
    # Bounded, so that a column of names or keys does not become thousands of inputs.
    categories = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="missing", keep_empty_features=True),
        OneHotEncoder(handle_unknown="ignore", max_categories=50, sparse_output=False),
    )
    return ColumnTransformer(
        [("numbers", numbers, data.numeric), ("categories", categories, list(data.text))]
    )


def _load_bundled(name: str) -> Dataset:
    bunch = BUNDLED[name]()
    return Dataset(
        name,
        bunch.data,
        bunch.target_names[bunch.target] if "target_names" in bunch else bunch.target,
        [str(feature) for feature in bunch.feature_names],
        image_shape=IMAGE_SHAPES.get(name),
    )


def _load_csv(path: str, target: str | None) -> Dataset:
    header, rows = _read_csv(path)
    position = _target_position(path, header, target)
    labelled = [row for row in rows if not _is_missing(row[position])]
    if not labelled:
        raise DemoError(f"{path!r} has no row with a value of the target {target!r}.")
    columns = dict(zip(header, zip(*labelled, strict=True), strict=True))
    y = np.array(columns.pop(header[position]))
    kept = {name: cells for name, cells in columns.items() if not all(map(_is_missing, cells))}
    if not kept:
        raise DemoError(f"{path!r} has no column with values besides the target {target!r}.")

    encoded = {name: _encode(name, cells) for name, cells in kept.items()}
    text = tuple(i for i, cells in enumerate(encoded.values()) if cells.dtype == object)
    return Dataset(
        path,
        np.column_stack(list(encoded.values())),
        y,
        list(encoded),
        text=text,
        notes=_notes(len(rows) - len(labelled), [name for name in columns if name not in kept]),
    )


def _notes(n_unlabelled: int, empty: list[str]) -> tuple[str, ...]:
    """Say what was left out."""
    notes = []
    if n_unlabelled:
        notes.append(f"rows left out, without a target: {n_unlabelled}")
    if empty:
        notes.append(f"columns left out, without a value: {_listing(empty)}")
    return tuple(notes)


def _read_csv(path: str) -> tuple[list[str], list[list[str]]]:
    """Read the header and the rows of a CSV file as stripped text."""
    try:
        # utf-8-sig also reads the byte order mark that spreadsheets write.
        with open(path, newline="", encoding="utf-8-sig") as file:
            first_line = file.readline()
            file.seek(0)
            # csv.Sniffer guesses from letters too; spreadsheets separate with one of these.
            delimiter = max(",;\t", key=first_line.count)
            lines = csv.reader(file, delimiter=delimiter, strict=True)
            table = [(lines.line_num, [cell.strip() for cell in row]) for row in lines if row]
    except FileNotFoundError:
        names = ", ".join(BUNDLED)
        raise DemoError(f"There is no file {path!r}; --data takes {names} or a CSV file.") from None
    except OSError as error:
        raise DemoError(f"Cannot read {path!r}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise DemoError(f"{path!r} is not text in UTF-8; save it as CSV in UTF-8.") from None
    except csv.Error as error:
        raise DemoError(f"Line {lines.line_num} of {path!r} is not CSV: {error}.") from None
    _check_table(path, table)
    return table[0][1], [row for _, row in table[1:]]


def _check_table(path: str, table: list[tuple[int, list[str]]]) -> None:
    """Raise unless numbered lines are a header of distinct names and rows of its length."""
    if len(table) < 2:
        found = "nothing but a header" if table else "nothing"
        raise DemoError(f"{path!r} holds {found}; give a header line and rows of data.")
    header = table[0][1]
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise DemoError(f"{path!r} has several columns {_listing(repeated)}; rename them.")
    for line, row in table[1:]:
        if len(row) != len(header):
            raise DemoError(
                f"Line {line} of {path!r} has {len(row)} cells where the header has {len(header)}; "
                "mend the line, or quote the cells that hold the separator."
            )


def _target_position(path: str, header: list[str], target: str | None) -> int:
    if target is None:
        raise DemoError(f"{path!r} needs --target with one of its columns: {_listing(header)}.")
    if target not in header:
        raise DemoError(f"{path!r} has no column {target!r}; its columns are {_listing(header)}.")
    return header.index(target)


def _encode(name: str, cells: tuple[str, ...]) -> np.ndarray:
    """Turn cells into floats where each is a number, else into objects; missing ones into NaN."""
    try:
        values = np.array([math.nan if _is_missing(cell) else float(cell) for cell in cells])
    except ValueError:
        return np.array([math.nan if _is_missing(cell) else cell for cell in cells], dtype=object)
    if np.isinf(values).any():
        raise DemoError(f"The column {name!r} holds infinity; leave such cells empty or drop it.")
    return values


def _is_missing(cell: str) -> bool:
    return cell.casefold() in MISSING


def _listing(names: list[str], limit: int = 20) -> str:
    """List names on one line, the first ones only if they are many."""
    shown = ", ".join(map(repr, names[:limit]))
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
