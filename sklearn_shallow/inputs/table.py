"""Conversion of data frames to arrays, with categories as codes.

Convention
----------
X : data frame of pandas or polars, or array-like of objects, of shape (n_rows, n_features)
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

import numpy as np
from scipy import sparse
from sklearn.utils import check_array

from sklearn_shallow.utils.lazy import lazy
from sklearn_shallow.utils.statistics import filled, is_missing

# First words of the names of types in pandas, polars and pyarrow; of numbers, prefixes of words
CATEGORICAL = {"category", "categorical", "enum", "dictionary", "interval"}
TEXT = {"str", "string", "large_string", "utf8"}
NUMBERS = ("int", "uint", "float", "double", "halffloat", "bool", "decimal", "sparse", "complex")
OBJECTS = "object"
TO_HAVE_A_ROW = "For one row of a data frame pass frame.iloc[[0]] in place of frame.iloc[0]."


@dataclass(frozen=True, eq=False)
class Table:
    """The reader of tables whose columns are not all numbers.

    Attributes
    ----------
    values : list with an entry for every feature
        The values of a category in the order of their codes, None for numbers.
    """

    values: list

    @classmethod
    def of(cls, X, categorical_features):
        """Return the reader of tables like X, or None if all columns are numbers.

        Parameters
        ----------
        categorical_features : see the estimators
        """
        by_dtype = isinstance(categorical_features, str)
        if categorical_features is None or (by_dtype and not _is_frame(X)):
            return cls([None] * X.shape[1]) if _has_objects(X) else None
        if sparse.issparse(X):
            raise ValueError(
                f"categorical_features={categorical_features!r}, but X is sparse, and its columns "
                "are numbers. Pass X.toarray(), or set categorical_features=None."
            )
        if not _is_frame(X):
            X = check_array(X, dtype=None, ensure_all_finite=False)  # it has columns
        mask = _from_dtype(X) if by_dtype else _from_user(X, categorical_features)
        empty = cls([[] if is_category else None for is_category in mask])
        if not mask.any():
            return empty if _has_objects(X) else None
        columns = (column.astype(object) for column in _columns(X, empty.places))
        return empty.with_values(columns, X)

    @property
    def places(self):
        """The indices of the categorical features."""
        return [place for place, values in enumerate(self.values) if values is not None]

    def with_values(self, values, X):
        """Return the reader with further values of the categories.

        Parameters
        ----------
        values : iterable of sequences, one per categorical feature
        X : a table with the names of the columns
        """
        names, known = names_of(X), list(self.values)
        for place, more in zip(self.places, values, strict=True):
            column = np.fromiter(chain(known[place], more), object)
            known[place] = _levels(column[~is_missing(column)].tolist(), names[place])
        return Table(known)

    def with_declared(self, X, most=np.inf):
        """Return the reader with all values that the dtypes of X declare, also those that do not
        occur in X: categories of pandas, an Enum of Polars.

        Parameters
        ----------
        most : float
            Columns with more known values are unchanged.
        """
        if not self.places or not _is_frame(X):
            return self
        declared = [
            _declared(column) if len(self.values[place]) <= most else []
            for place, column in zip(self.places, _as_passed(X, self.places), strict=True)
        ]
        return self.with_values(declared, X) if any(declared) else self

    def unknown(self, X, codes):
        """Yield the rows with unknown values and these values, for every categorical column.

        Parameters
        ----------
        codes : ndarray of shape (n_rows, n_features), the result of `read` for X
        """
        without_code = [np.flatnonzero(np.isnan(codes[:, place])) for place in self.places]
        is_any = any(map(len, without_code))
        columns = _columns(X, self.places) if is_any else [None] * len(without_code)
        for rows, column in zip(without_code, columns, strict=True):
            values = np.zeros(0, object) if column is None else column[rows].astype(object)
            known = ~is_missing(values)
            yield rows[known], values[known]

    @lazy
    def codes_of_values(self):
        """The codes of the values of every feature, a dict or None; cached for many batches."""
        return [
            None if values is None else {value: float(i) for i, value in enumerate(values)}
            for values in self.values
        ]

    def __getstate__(self):
        """Omit cached attributes."""
        return {"values": self.values}

    @property
    def categories(self):
        """The values as text: the names of the levels."""
        return [None if values is None else [*map(str, values)] for values in self.values]

    def read(self, X):
        """Return X as a float ndarray, with the codes of categories; nan where one is unknown."""
        columns, names, known = _as_passed(X), names_of(X), self.codes_of_values
        read = [
            _numbers(np.asarray(column), name) if places is None else _codes(column, places)
            for column, name, places in zip(columns, names, known, strict=True)
        ]
        dtypes = {column.dtype for column, v in zip(read, known, strict=True) if v is None}
        dtype = np.float32 if dtypes == {np.dtype(np.float32)} else np.float64
        return np.stack(read, axis=1).astype(dtype, copy=False)


def is_lazy(X):
    """Return whether X is a query of Polars that has not run yet."""
    return hasattr(X, "collect_schema") and hasattr(X, "collect")


def as_frame(X):
    """Return a table or record batch of PyArrow as a data frame, anything else unchanged."""
    if isinstance(X, str):
        raise ValueError(
            f"X={X!r} is text. Pass an array or a data frame with a row per sample, and its target "
            "as y; formulas and paths are not read."
        )
    first = X[0] if isinstance(X, list) and X else X
    if isinstance(first, Mapping) and not sparse.issparse(first):  # the format DOK is a dict
        raise ValueError(
            "X is made of dicts. Pass a data frame: pandas.DataFrame(X) for a list of dicts or a "
            "dict of columns, pandas.DataFrame([X]) for one sample."
        )
    if _is_flat(X) and len(X) and isinstance(np.asarray(X[:1])[0], str):
        raise ValueError(
            f"X is a sequence of texts: {str(np.asarray(X[:1])[0])[:30]!r} is the first. For "
            "documents use make_pipeline(TfidfVectorizer(), ...) of scikit-learn. "
            f"{TO_HAVE_A_ROW}"
        )
    if _is_flat(X) and hasattr(X, "iloc"):
        raise ValueError(f"X is a Series. {TO_HAVE_A_ROW} For one column pass frame[['name']].")
    if is_lazy(X):
        raise ValueError(
            "X is a LazyFrame of Polars, which has no samples yet. Pass X.collect(); or, if it is "
            "larger than the memory, a LazyFrame with the column y to fit_batches, with target."
        )
    if isinstance(X, np.ma.MaskedArray):
        return filled(X)
    if isinstance(first, (list, tuple)) and any(isinstance(value, str) for value in first):
        X = np.array(X, object)  # NumPy would make text of the numbers
    is_arrow = hasattr(X, "schema") and hasattr(X, "to_pandas") and not hasattr(X, "dtypes")
    X = X.to_pandas() if is_arrow else X
    if _is_frame(X) and len(set(X.columns)) < len(X.columns):
        counts = ", ".join(f"{name!r} {n} times" for name, n in Counter(X.columns).items() if n > 1)
        raise ValueError(
            f"X has columns of the same name: {counts}. Give them different names, or keep the "
            "first of each, X.loc[:, ~X.columns.duplicated()]."
        )
    if _is_frame(X) and not len(X.columns):
        raise ValueError("X has no columns. Pass a data frame with a column per feature.")
    return X


def _is_flat(X):
    return isinstance(X, (list, tuple)) or len(getattr(X, "shape", ())) == 1


def _is_frame(X):
    return hasattr(X, "dtypes") and hasattr(X, "columns")


def _type_words(X):
    return [re.match(r"\w*", str(dtype).lower()).group() for dtype in X.dtypes]


def _has_objects(X):
    """Return whether some columns are not of a numeric dtype, and must be read one by one."""
    if _is_frame(X):
        return not all(word.startswith(NUMBERS) for word in _type_words(X))
    return isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "OmMUS"


def names_of(X):
    """Return the names of the columns for messages."""
    if _is_frame(X):
        return [f"column {name!r}" for name in X.columns]
    return [f"column {number}" for number in range(np.shape(X)[1])]


def _columns(X, places):
    """Return the columns with these indices as arrays of one dimension."""
    return list(map(np.asarray, _as_passed(X, places)))


def _as_passed(X, places=None):
    """Return the columns with these indices, or all; columns of a frame are not converted, since
    arrays of categories take long to make.
    """
    if not _is_frame(X):
        columns = check_array(X, dtype=None, ensure_all_finite=False, ensure_min_samples=0).T
        return list(columns if places is None else columns[places])
    places = range(X.shape[1]) if places is None else places
    return [X.iloc[:, i] if hasattr(X, "iloc") else X[:, i] for i in places]


def _declared(column):
    """Return the values that the dtype of a column declares."""
    words = str(column.dtype).lower()
    return list(column.dtype.categories) if words.startswith(("category", "enum")) else []


def _codes(column, places):
    """Return the code of every entry of a column, nan if missing or unknown.

    Equal entries of numeric arrays and of pandas are looked up once.
    """
    if hasattr(column, "factorize"):
        numbers, distinct = column.factorize()
    else:
        numbers, distinct = slice(len(column)), np.asarray(column)
        if distinct.dtype.kind in "biuf":
            distinct, numbers = np.unique(distinct, return_inverse=True)
    found = [places.get(value, np.nan) for value in distinct.tolist()]
    return np.array([*found, np.nan])[numbers]


def _numbers(column, name):
    """Return a column as floats."""
    kind = column.dtype if column.dtype.kind in "mMc" else None
    if column.ndim > 1:  # lists of one length, or structs
        kind = "array"
    elif column.dtype == object and len(column):
        is_gap = is_missing(column)
        first = column[is_gap.argmin()]
        # (NumPy below 1.25 makes a number of a list of one number.)
        if isinstance(first, timedelta) or hasattr(first, "year") or np.ndim(first):
            kind = type(first).__name__
        column = np.where(is_gap, np.nan, column)
    if kind is not None:
        raise ValueError(
            f"X holds values of type {kind} in {name}: columns are real numbers or "
            "categories. Convert them to numbers, for example dates to day and month, or drop the "
            "column."
        )
    try:
        return column if column.dtype.kind == "f" else column.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"X has no number in {name}: {str(error).rstrip('.')}. If these are categories, pass a "
            "data frame in which the column is of a string or categorical type, or set "
            "categorical_features."
        ) from None


def _from_dtype(X):
    """Return the mask of the categorical columns of a frame, text columns included."""
    return np.array(
        [
            word in CATEGORICAL | TEXT or (word == OBJECTS and _may_be_text(X, place))
            for place, word in enumerate(_type_words(X))
        ]
    )


def _may_be_text(X, place):
    """Return whether a column of objects has text, or only missing values, which may be text."""
    [column] = _columns(X, [place])
    return any(isinstance(value, str) for value in column) or is_missing(column).all()


def _levels(values, name):
    """Return the sorted distinct values of a column, which must all be text or all numbers."""
    kinds = set(map(type, values))
    if str in kinds and len(kinds) > 1:
        others = sorted(kind.__name__ for kind in kinds - {str})
        raise ValueError(
            f"X holds values of type str beside {', '.join(others)} in {name}, which is "
            "categorical: categories are all text or all numbers. Convert them, by "
            "astype(str) for example."
        )
    return sorted(set(values))


def _from_user(X, categorical_features):
    """Return the mask of the categorical columns that the user gave: mask, indices or names."""
    given, n_features = np.asarray(categorical_features), np.shape(X)[1]
    mask, unknown = np.zeros(n_features, bool), ""
    if given.size == 0:
        return mask
    if given.dtype.kind == "b":
        fits = given.shape == (n_features,)
        mask[:] = given if fits else False
    elif given.dtype.kind in "iu":
        fits = given.ndim == 1 and given.min() >= 0 and given.max() < n_features
        mask[given if fits else []] = True
    else:
        names = list(X.columns) if _is_frame(X) else []
        foreign = [name for name in given.ravel().tolist() if name not in names]
        fits = given.ndim == 1 and not foreign
        unknown = f" X has no column {foreign[0]!r}." if names and foreign else ""
        mask[[names.index(name) for name in given.tolist()] if fits else []] = True
    if not fits:
        raise ValueError(
            f"categorical_features={categorical_features!r} must be 'from_dtype', None, a mask of "
            f"shape ({n_features},), indices from 0 to {n_features - 1}, or names of columns of a "
            f"data frame.{unknown}"
        )
    return mask
