"""The transforms of X that have a place in a file."""

import numpy as np

from sklearn_shallow.export.file.fields import (
    COUNT,
    LABELS,
    MASK,
    MATRIX,
    NONE,
    NUMBER,
    PLACES,
    TEXT,
    TRUTH,
    VECTOR,
    is_within,
    list_of,
    one,
    same_length,
)
from sklearn_shallow.export.file.values import Kind
from sklearn_shallow.inputs.columns import Category, Columns
from sklearn_shallow.inputs.compression import Compression
from sklearn_shallow.inputs.encoding import PiecewiseLinear
from sklearn_shallow.inputs.sample_weights import Seen
from sklearn_shallow.inputs.scaling import CommonScale, Standardization
from sklearn_shallow.inputs.table import Table, new_encoder
from sklearn_shallow.utils.statistics import RunningMoments


def check_category(category):
    """Return what is wrong with a category."""
    n_rows, n_columns = category.table.shape
    if not n_rows or n_columns != len(category.labels):
        return "its table has not one column per label"


def check_columns(columns):
    """Return what is wrong with columns."""
    n, features = len(columns.numbers), [category.feature for category in columns.categories]
    if sorted([*columns.numbers, *features]) != [*range(n + len(features))]:
        return "its features are not those of X"
    if len(columns.fill) != n or not is_within(columns.gappy, n):
        return "it has gaps elsewhere than in its numbers"


def check_compression(compression):
    """Return what is wrong with a compression."""
    low, high, spread_out = compression.low, compression.high, compression.spread_out
    if not len(compression.columns) == len(compression.center) == len(compression.scale):
        return "its columns, centers and scales are not as many"
    if low is not None and (high is None or spread_out is None):
        return "its limits are missing"
    if low is not None and not len(low) == len(high) == len(spread_out):
        return "its limits are not as many"
    if not is_within(compression.columns, np.inf if low is None else len(low)):
        return "its columns are none of X"


def check_inputs(inputs):
    """Return what is wrong with a transform of X."""
    n, n_numbers = len(inputs.inverse_scale), len(inputs.columns.numbers)
    low = inputs.compression.low
    if len(inputs.moments.mean) != n or len(getattr(inputs, "_stored", range(n))) != n:
        return "its statistics are of another number of columns"
    if inputs.columns.n_features_out != n or (low is not None and len(low) != n_numbers):
        return "the steps before are for another number of columns"
    if not (
        is_within(inputs.compression.columns, n_numbers) and is_within(inputs.encoding.columns, n)
    ):
        return "it compresses or encodes columns that it does not have"


def categories_of(table):
    """Return what a table is written as."""
    encoder = table.encoder
    categories = None if encoder is None else list(encoder.categories_)
    return {"is_categorical": table.is_categorical, "categories": categories}


def table_of(is_categorical, categories):
    """Return a table whose encoder is fitted to its own categories."""
    if categories is None:
        return Table(is_categorical, None)
    if not len(categories) == is_categorical.sum() or not all(map(len, categories)):
        raise ValueError("Table does not fit together: it has not the categories of each column")
    row = np.empty((1, len(categories)), object)
    row[0] = [known[0] for known in categories]
    encoder = new_encoder().set_params(categories=categories).fit(row)
    return Table(is_categorical, encoder)


SCALING = {
    "center": TRUTH,
    "columns": one(Columns),
    "compression": one(Compression),
    "encoding": one(PiecewiseLinear),
    "moments": one(RunningMoments),
    "inverse_scale": VECTOR,
}
INPUTS = [
    Kind(
        Category,
        {
            "feature": COUNT,
            "table": MATRIX,
            "labels": list_of(TEXT),
            "has_means": TRUTH.or_missing(),
        },
        check=check_category,
    ),
    Kind(
        Columns,
        {
            "numbers": PLACES,
            "fill": VECTOR,
            "gappy": PLACES,
            "categories": list_of(one(Category)),
        },
        make=Columns,
        check=check_columns,
    ),
    Kind(
        Compression,
        {
            "columns": PLACES,
            "center": VECTOR,
            "scale": VECTOR,
            "low": VECTOR | NONE,
            "high": VECTOR | NONE,
            "spread_out": MASK | NONE,
        },
        make=Compression,
        check=check_compression,
    ),
    Kind(
        PiecewiseLinear,
        {
            "kind": COUNT | NONE,
            "columns": PLACES,
            "low": VECTOR,
            "width": VECTOR,
            "least": VECTOR,
            "most": VECTOR,
        },
        check=same_length("columns", "low", "width", "least", "most"),
    ),
    Kind(Standardization, SCALING, check=check_inputs),
    Kind(CommonScale, {**SCALING, "_stored": VECTOR}, check=check_inputs),
    Kind(
        Table,
        {"is_categorical": MASK, "categories": list_of(LABELS) | NONE},
        make=table_of,
        take=categories_of,
    ),
    Kind(Seen, {"given": NUMBER, "counted": NUMBER}, make=Seen),
]
