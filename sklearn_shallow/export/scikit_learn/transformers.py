"""The transforms of X as transformers of scikit-learn, as far as its own network needs them.

A column of the network is a multiple of a column that these make, plus a constant. Both go into the
first layer, so that limits become the clipping of MinMaxScaler, bins the same of repeated columns,
and categories any one-hot columns.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler

from sklearn_shallow.inputs.encoding import PiecewiseLinear
from sklearn_shallow.inputs.origins import amid


class Preprocessing(NamedTuple):
    """Transformers of X, and a change of the first layer that makes up for the rest.

    Attributes
    ----------
    steps : list of fitted transformers, none for X as it is passed
    first_layer : callable
        Maps W and b of the first layer to those behind the transformers.
    """

    steps: list
    first_layer: Callable


def preprocessing_of(inputs, table, names):
    """Return the preprocessing that does what a network does to X.

    Parameters
    ----------
    inputs : Standardization
    table : Table or None
    names : ndarray of the names of the features, or None
    """
    encoding = inputs.encoding
    if not isinstance(encoding, PiecewiseLinear):
        raise ValueError(
            f"numeric_encoding={encoding.kind!r} is in the way: only bins have a counterpart. Use "
            "numeric_encoding=None or a number of bins, or put the transformer into a pipeline."
        )
    if inputs.only_scales and (inputs.is_mild or not inputs.center):
        return Preprocessing([], inputs.to_raw_units)
    if not inputs.columns.categories:
        return number_preprocessing(inputs, names)
    return mixed_preprocessing(inputs, table, names)


def number_preprocessing(inputs, names):
    """Return the transformers of the features that are numbers, and the change of the first layer.

    Gaps are filled and marked, then all is scaled, compressed and limited in the units that it has
    then, where nothing cancels.
    """
    places = number_places(inputs)
    n, n_gappy = len(inputs.columns.numbers), len(inputs.columns.gappy)
    steps = [imputer(inputs.columns), scaler(inputs, n_gappy)]
    compressed = inputs.compression.columns
    order = np.r_[compressed, np.setdiff1d(np.arange(n + n_gappy), compressed)]
    if len(compressed):
        steps.append(compressor(compressed, n + n_gappy))
    factor, offset = affine(inputs, n_gappy)
    if inputs.compression.low is None and not len(inputs.encoding):
        low, reach = np.zeros(n + n_gappy), np.ones(n + n_gappy)
    else:
        low, reach = reached(inputs, n_gappy)
        steps.append(limiter(inputs, low[order], reach[order], order))
    factor, offset = factor * reach, offset + factor * low

    def first(W, b):
        own, bins = W[places], W[len(inputs.inverse_scale) :]
        least, most = inputs.encoding.least, inputs.encoding.most
        b = b + offset @ own + least @ bins
        own, bins = (factor[:, np.newaxis] * own)[order], (most - least)[:, np.newaxis] * bins
        return np.vstack([own, bins]), b

    with_names(steps[0], names, inputs.columns.numbers)
    return Preprocessing(steps, first)


def with_names(transformer, names, features):
    """Give a fitted transformer the names of its features, if they have some, and return it."""
    if names is not None:
        transformer.feature_names_in_ = names[features]
    return transformer


def number_places(inputs):
    """Return where the network has the numbers and the indicators of gaps, not the levels."""
    n, n_gappy = len(inputs.columns.numbers), len(inputs.columns.gappy)
    end = len(inputs.inverse_scale)
    return np.r_[:n, end - n_gappy : end]


def affine(inputs, n_gappy):
    """Return the factors and the constants that make of the numbers behind the scaler and the
    compressor those that the network sees.
    """
    places = number_places(inputs)
    factor, shift = inputs.inverse_scale[places], inputs.shift[places]
    n, compressed = len(places) - n_gappy, inputs.compression.columns
    scaled = np.setdiff1d(np.arange(n), compressed)
    offset = -shift * factor
    offset[scaled] = (amid(inputs)[scaled] - shift[scaled]) * factor[scaled]
    factor[scaled] = factor[scaled] > 0
    return factor, offset


def imputer(columns):
    """Return a transformer that fills gaps and marks those of features that had some."""
    rows = np.vstack([columns.fill, columns.fill])
    rows[1, columns.gappy] = np.nan
    return SimpleImputer(add_indicator=bool(len(columns.gappy))).fit(rows)


def scaler(inputs, n_gappy):
    """Return a scaler to the units of the network, or of the compression.

    It subtracts in double precision, also of X in single precision, so that a place `amid` the
    values in place of the mean keeps their digits.
    """
    n, compression = len(inputs.columns.numbers), inputs.compression
    inverse = inputs.inverse_scale[:n]
    mean = np.r_[amid(inputs), np.zeros(n_gappy)]
    scale = np.r_[np.divide(1, inverse, out=np.ones(n), where=inverse > 0), np.ones(n_gappy)]
    scale[compression.columns] = compression.scale
    made = StandardScaler().fit(np.zeros((1, len(mean))))
    made.mean_, made.scale_, made.var_ = mean, scale, scale**2
    return made


def in_columns(parts, rows, remainder="drop"):
    """Return a ColumnTransformer with these fitted transformers.

    Parameters
    ----------
    parts : list of (name, transformer, columns)
    rows : ndarray that all of it can be fitted to, for the shapes
    """
    made = ColumnTransformer(parts, remainder=remainder).fit(rows)
    rest = made.transformers_[len(parts) :]
    kept = zip(parts, made.transformers_, strict=False)
    made.transformers_ = [own if isinstance(part[1], str) else part for part, own in kept] + rest
    return made


def compressor(compressed, n_columns):
    """Return a transformer that compresses some columns, and puts them in front of the others."""
    rows = np.zeros((1, n_columns))
    arcsinh = FunctionTransformer(np.arcsinh).fit(rows[:, compressed])
    return in_columns([("arcsinh", arcsinh, compressed.tolist())], rows, remainder="passthrough")


def reached(inputs, n_gappy):
    """Return the least value that the limits let through and their distance, scaled."""
    n, compression = len(inputs.columns.numbers), inputs.compression
    low, reach = np.zeros(n + n_gappy), np.ones(n + n_gappy)
    if compression.low is None:
        return low, reach
    ends = compression.limits.copy()
    inverse = inputs.inverse_scale[:n]
    with np.errstate(all="ignore"):
        scaled = (ends - amid(inputs)) * np.where(inverse > 0, inverse, 1)
        places = compression.columns
        scaled[:, places] = np.arcsinh((ends[:, places] - compression.center) / compression.scale)
        size = scaled[1] - scaled[0]
    known = np.isfinite(size) & (size > 0)  # others are constant, and have no effect
    low[:n][known], reach[:n][known] = scaled[0][known], size[known]
    return low, reach


def limiter(inputs, low, reach, order):
    """Return a transformer that limits the columns, in this order, and makes the bins of them."""
    encoding, has_limits = inputs.encoding, inputs.compression.low is not None
    everything = to_unit_range(low, reach)
    if not len(encoding):
        return everything
    places = np.argsort(order)[encoding.columns]
    begin, width = scaled_bins(inputs)
    bins = to_unit_range(begin, width)
    parts = [
        ("limits", everything if has_limits else "passthrough", [*range(len(order))]),
        ("bins", bins, places.tolist()),
    ]
    return in_columns(parts, np.zeros((1, len(order))))


def to_unit_range(low, reach):
    """Return a scaler from these ranges to 0 and 1."""
    made = MinMaxScaler(clip=True).fit(np.vstack([low, low + reach]))
    made.scale_ = 1 / reach  # in place of 1, which `fit` takes for ranges below 2e-15
    made.min_ = -low * made.scale_
    return made


def scaled_bins(inputs):
    """Return where the bins begin and how far they go, in the units of the scaler."""
    encoding, columns = inputs.encoding, inputs.encoding.columns
    is_compressed = np.isin(columns, inputs.compression.columns)
    inverse = np.where(is_compressed, 1.0, inputs.inverse_scale[columns])
    shift = np.where(is_compressed, 0.0, amid(inputs)[columns])
    inverse = np.where(inverse > 0, inverse, 1.0)
    return (encoding.low - shift) * inverse, encoding.width * inverse


def mixed_preprocessing(inputs, table, names):
    """Return the preprocessing of numbers and categories."""
    columns = inputs.columns
    features, values = [category.feature for category in columns.categories], categories(table)
    encoder = OneHotEncoder(categories=values, handle_unknown="ignore", sparse_output=False)
    rows = np.zeros((2, len(columns.numbers) + len(features)), object)
    rows[1, columns.numbers[columns.gappy]] = np.nan
    rows[:, features] = [known[0] for known in values]
    encoder.fit(rows[:, features]).categories_ = values  # which it has made objects of
    parts = [("categories", with_names(encoder, names, features), features)]
    of_numbers, n, end = None, len(columns.numbers), len(inputs.inverse_scale)
    is_number = inputs.encoding.columns < n  # others are means of the target
    if n:
        plain = inputs.copy()
        plain.encoding = inputs.encoding.part(is_number)
        steps, of_numbers = number_preprocessing(plain, names)
        parts.insert(0, ("numbers", make_pipeline(*steps), columns.numbers.tolist()))

    def first(W, b):
        rows, at = [], n
        if of_numbers is not None:
            of_rest, b = of_numbers(np.vstack([W[:end], W[end:][is_number]]), b)
            rows.append(of_rest)
        for category in columns.categories:
            *effects, missing = effects_of(inputs, category.table, at, W)
            b = b + missing
            rows.append(np.array(effects) - missing if effects else np.zeros((1, W.shape[1])))
            at += category.n_levels
        return np.vstack(rows), b

    return Preprocessing([in_columns(parts, rows)], first)


def effects_of(inputs, table, at, W):
    """Return what each level of a category, and a missing one at last, adds to the first layer.

    Parameters
    ----------
    table : ndarray of shape (n_levels + 1, n_columns), the columns that stand for the category
    at : int, where the network has the first of these columns
    """
    own, columns = slice(at, at + table.shape[1]), inputs.encoding.columns
    chosen = (columns >= own.start) & (columns < own.stop)
    bins = inputs.encoding.part(chosen)
    seen = np.clip((table[:, bins.columns - at] - bins.low) / bins.width, 0, 1)
    seen = bins.least + (bins.most - bins.least) * seen
    scaled = (table - inputs.shift[own]) * inputs.inverse_scale[own]
    return scaled @ W[own] + seen @ W[len(inputs.inverse_scale) :][chosen]


def categories(table):
    """Return the categories of the features that have some, in an array of numbers if they are.

    Where there are none it is one that has no effect.
    """
    known = [values for values in table.values if values is not None]
    are_text = [any(isinstance(value, str) for value in values) for values in known]
    return [
        np.array(values or [0.0], object if is_text else None)
        for values, is_text in zip(known, are_text, strict=True)
    ]
