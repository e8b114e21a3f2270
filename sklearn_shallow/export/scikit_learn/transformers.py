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
        return Numbers(inputs).preprocessing(names)
    return mixed_preprocessing(inputs, table, names)


class Numbers:
    """The features that are numbers and, behind these, the indicators of gaps.

    The transformers pass them on in units in which nothing cancels: in spreads from a place amid
    the values, compressed, and limited to the range from 0 to 1.

    Attributes
    ----------
    places : ndarray of int, where the network has them among its columns, without the levels
    bins, encoding : which of all bins are theirs, and these
    compressed : ndarray of bool
    origin, per_unit : ndarrays, what is subtracted, and then multiplies what is not compressed
    low, reach : ndarrays, the least value that the limits let through, and their distance
    factor, offset : ndarrays; the network sees ``factor * z + offset`` of z between 0 and 1
    order : ndarray of int, in which the transformers pass them on: those compressed come first
    """

    def __init__(self, inputs):
        self.inputs, n = inputs, len(inputs.columns.numbers)
        n_gappy, end = len(inputs.columns.gappy), len(inputs.inverse_scale)
        self.places = np.r_[:n, end - n_gappy : end]
        self.bins = np.flatnonzero(inputs.encoding.columns < n)  # others are of means of the target
        self.encoding = inputs.encoding.part(self.bins)
        inverse, shift = inputs.inverse_scale[self.places], inputs.shift[self.places]
        place = np.arange(n + n_gappy)
        self.compressed = np.isin(place, inputs.compression.columns)
        scaled = ~self.compressed & (place < n)
        self.origin = np.r_[amid(inputs), np.zeros(n_gappy)]
        self.per_unit = np.where(scaled & (inverse > 0), inverse, 1.0)
        self.low, self.reach = np.zeros(n + n_gappy), np.ones(n + n_gappy)
        if inputs.compression.low is not None:
            self._find_limits(n)
        factor = np.where(scaled, inverse > 0, inverse)  # a column that is constant has no effect
        offset = (np.where(scaled, self.origin, 0.0) - shift) * inverse
        self.factor, self.offset = factor * self.reach, offset + factor * self.low
        self.order = np.argsort(~self.compressed, kind="stable")

    def _find_limits(self, n):
        compression = self.inputs.compression
        columns, ends = compression.columns, compression.limits
        with np.errstate(all="ignore"):
            scaled = (ends - self.origin[:n]) * self.per_unit[:n]
            spreads = (ends[:, columns] - compression.center) / compression.scale
            scaled[:, columns] = np.arcsinh(spreads)
            size = scaled[1] - scaled[0]
        known = np.isfinite(size) & (size > 0)  # others are constant, and have no effect
        self.low[:n][known], self.reach[:n][known] = scaled[0][known], size[known]

    def preprocessing(self, names):
        """Return the transformers, and the change of the first layer."""
        columns, compression, rows = self.inputs.columns, self.inputs.compression, self.low[None]
        steps = [with_names(imputer(columns), names, columns.numbers), self.scaler()]
        if self.compressed.any():
            arcsinh = FunctionTransformer(np.arcsinh).fit(rows[:, self.compressed])
            parts = [("arcsinh", arcsinh, np.flatnonzero(self.compressed).tolist())]
            steps.append(in_columns(parts, rows, remainder="passthrough"))
        if compression.low is not None or len(self.encoding):
            steps.append(self.limiter())
        return Preprocessing(steps, self.first_layer)

    def scaler(self):
        """Return a scaler. It subtracts in double precision, also of X in single precision, so that
        a place `amid` the values in place of the mean keeps their digits.
        """
        made = StandardScaler().fit(self.low[None])
        made.mean_, made.scale_ = self.origin, 1 / self.per_unit
        made.scale_[self.compressed] = self.inputs.compression.scale
        made.var_ = made.scale_**2
        return made

    def limiter(self):
        """Return a transformer that limits the numbers, and makes the bins of them."""
        encoding, columns = self.encoding, self.encoding.columns
        everything = to_unit_range(self.low[self.order], self.reach[self.order])
        if not len(encoding):
            return everything
        has_limits = self.inputs.compression.low is not None
        in_units = (encoding.low - self.origin[columns]) * self.per_unit[columns]
        begin = np.where(self.compressed[columns], encoding.low, in_units)
        bins = to_unit_range(begin, encoding.width * self.per_unit[columns])
        parts = [
            ("limits", everything if has_limits else "passthrough", [*range(len(self.order))]),
            ("bins", bins, np.argsort(self.order)[columns].tolist()),
        ]
        return in_columns(parts, self.low[None])

    def first_layer(self, W, b):
        """Return W and b of the first layer for what the transformers make."""
        least, most = self.encoding.least, self.encoding.most
        own, bins = W[self.places], W[len(self.inputs.inverse_scale) :][self.bins]
        b = b + self.offset @ own + least @ bins
        own = (self.factor[:, np.newaxis] * own)[self.order]
        return np.vstack([own, (most - least)[:, np.newaxis] * bins]), b


def with_names(transformer, names, features):
    """Give a fitted transformer the names of its features, if they have some, and return it."""
    if names is not None:
        transformer.feature_names_in_ = names[features]
    return transformer


def imputer(columns):
    """Return a transformer that fills gaps and marks those of features that had some."""
    rows = np.vstack([columns.fill, columns.fill])
    rows[1, columns.gappy] = np.nan
    return SimpleImputer(add_indicator=bool(len(columns.gappy))).fit(rows)


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


def to_unit_range(low, reach):
    """Return a scaler from these ranges to 0 and 1."""
    made = MinMaxScaler(clip=True).fit(np.vstack([low, low + reach]))
    made.scale_ = 1 / reach  # in place of 1, which `fit` takes for ranges below 2e-15
    made.min_ = -low * made.scale_
    return made


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
    numbers, n = Numbers(inputs), len(columns.numbers)
    if n:
        steps = numbers.preprocessing(names).steps
        parts.insert(0, ("numbers", make_pipeline(*steps), columns.numbers.tolist()))

    def first(W, b):
        of_numbers, b = numbers.first_layer(W, b) if n else (W[:0], b)
        rows, at = [of_numbers], n
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
