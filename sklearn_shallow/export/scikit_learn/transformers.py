"""The transforms of X as transformers of scikit-learn, for its own networks.

A column of the network is a multiple of a column that these make, plus a constant. Both go into the
first layer, so that limits become the clipping of MinMaxScaler, bins the same of repeated columns,
and categories any one-hot columns.
"""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, OneHotEncoder, StandardScaler

from sklearn_shallow.inputs.origins import relative_to, typical_values


def preprocessing_of(inputs, table, names):
    """Return the preprocessing that is equivalent to a network's transform of X.

    Parameters
    ----------
    inputs : Standardization
    table : Table or None
    names : ndarray of the names of the features, or None

    Returns
    -------
    steps : list of fitted transformers, none for X as it is passed
    first_layer : callable
        Maps W and b of the first layer to those behind the transformers.
    """
    if inputs.only_scales and (inputs.can_be_merged or not inputs.center):
        return [], inputs.to_raw_units
    numbers = Numbers(inputs)
    if not inputs.columns.categories:
        return numbers.transformers(names), numbers.first_layer
    return mixed_preprocessing(inputs, numbers, table, names)


class Numbers:
    """The numeric features, followed by missing indicators.

    The transformers subtract a typical value from every number, so that nothing cancels, compress
    those that are compressed, and bring the range within the limits to the range from 0 to 1.

    Attributes
    ----------
    columns : Columns
    origin : ndarray of shape (n_numbers,), subtracted from the numbers
    inputs : Standardization of the numbers minus the origin
    places : ndarray of int
        Where the network has them among its columns, in the order in which the transformers pass
        them on: those compressed come first.
    low, reach : ndarrays of shape (n_columns,)
        The least value that the limits let through, and how far the largest is from it.
    are_bins, bins : which of all bins are theirs, and these; others are of means of the target
    """

    def __init__(self, inputs):
        self.columns, self.origin = inputs.columns, typical_values(inputs)
        self.inputs = relative_to(inputs, self.origin)
        n, end = len(self.origin), len(inputs.inverse_scale)
        plain = np.setdiff1d(np.arange(n), inputs.compression.columns)
        gaps = np.arange(end - len(inputs.columns.gappy), end)
        self.places = np.r_[inputs.compression.columns, plain, gaps]
        self.low, self.reach = np.zeros(end), np.ones(end)
        low, high = self.inputs.compression.bounds(n)
        with np.errstate(over="ignore"):
            reach = high - low
        known = np.flatnonzero((reach > 0) & np.isfinite(reach))  # others have no limits or effect
        self.low[known], self.reach[known] = low[known], reach[known]
        self.are_bins = inputs.encoding.columns < n
        self.bins = self.inputs.encoding.part(self.are_bins)

    def transformers(self, names):
        """Return the transformers."""
        compression, rows = self.inputs.compression, np.zeros((1, len(self.places)))
        imputer = with_names(imputer_of(self.columns), names, self.columns.numbers)
        steps = [imputer, self.scaler()]
        if len(compression):
            arcsinh = FunctionTransformer(np.arcsinh).fit(rows[:, : len(compression)])
            parts = [("arcsinh", arcsinh, compression.columns.tolist())]
            steps.append(in_columns(parts, rows, remainder="passthrough"))
        if compression.low is not None or len(self.bins):
            steps.append(self.limiter())
        return steps

    def scaler(self):
        """Return a scaler. It subtracts in double precision, also of X in single precision, so that
        typical values in place of the mean keep their digits.
        """
        made, compression = StandardScaler(), self.inputs.compression
        made.fit(np.zeros((1, len(self.places))))
        made.mean_[: len(self.origin)] = self.origin
        made.scale_[compression.columns] = compression.scale
        made.var_ = made.scale_**2
        return made

    def limiter(self):
        """Return a transformer that limits the numbers, and makes the bins of them."""
        limits = to_unit_range(self.low[self.places], self.reach[self.places])
        if not len(self.bins):
            return limits
        has_limits, everything = self.inputs.compression.low is not None, [*range(len(self.places))]
        of_bins = np.argsort(self.places)[self.bins.columns]  # no place is before those of numbers
        parts = [
            ("limits", limits if has_limits else "passthrough", everything),
            ("bins", to_unit_range(self.bins.low, self.bins.width), of_bins.tolist()),
        ]
        return in_columns(parts, np.zeros((1, len(everything))))

    def first_layer(self, W, b):
        """Return W and b of the first layer for the output of the transformers."""
        inverse_scale, bins = self.inputs.inverse_scale, self.bins
        own, of_bins = W[self.places], W[len(inverse_scale) :][self.are_bins]
        offset = (self.low - self.inputs.shift) * inverse_scale
        b = b + offset[self.places] @ own + bins.least @ of_bins
        own = (self.reach * inverse_scale)[self.places, np.newaxis] * own
        return np.vstack([own, (bins.most - bins.least)[:, np.newaxis] * of_bins]), b


def with_names(transformer, names, features):
    """Return a fitted transformer with the names of its features, if there are any."""
    if names is not None:
        transformer.feature_names_in_ = names[features]
    return transformer


def imputer_of(columns):
    """Return an imputer that appends missing indicators of features that had gaps."""
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
    made.scale_ = 1 / reach  # `fit` uses 1 for ranges below 2e-15
    made.min_ = -low * made.scale_
    return made


def mixed_preprocessing(inputs, numbers, table, names):
    """Return the preprocessing of numbers and categories."""
    columns = inputs.columns
    features, values = [category.feature for category in columns.categories], categories(table)
    encoder = OneHotEncoder(categories=values, handle_unknown="ignore", sparse_output=False)
    rows = np.zeros((2, len(columns.numbers) + len(features)), object)
    rows[1, columns.numbers[columns.gappy]] = np.nan
    rows[:, features] = [known[0] for known in values]
    encoder.fit(rows[:, features]).categories_ = values  # `fit` converts them to objects
    parts = [("categories", with_names(encoder, names, features), features)]
    if len(columns.numbers):
        of_numbers = make_pipeline(*numbers.transformers(names))
        parts.insert(0, ("numbers", of_numbers, columns.numbers.tolist()))

    def first_layer(W, b):
        W_numbers, b = numbers.first_layer(W, b)
        rows = [W_numbers]
        for feature, known in zip(features, values, strict=True):
            *effects, missing = effects_of(inputs, feature, len(known), W)
            b = b + missing
            rows.append(np.array(effects) - missing)
        return np.vstack(rows), b

    return [in_columns(parts, rows)], first_layer


def effects_of(inputs, feature, n_codes, W):
    """Return the contributions of the codes of a category, missing last, to the first layer."""
    X = np.zeros((n_codes + 1, len(inputs.columns.numbers) + len(inputs.columns.categories)))
    X[:, feature] = np.append(np.arange(n_codes), np.nan)
    own = inputs.features == feature
    return inputs.apply(X)[:, :-1][:, own] @ W[own]


def categories(table):
    """Return the categories of the categorical features, as arrays of numbers if they are numbers.

    Where there are none it is one that has no effect.
    """
    known = [values for values in table.values if values is not None]
    are_text = [any(isinstance(value, str) for value in values) for values in known]
    return [
        np.array(values or [0.0], object if is_text else None)
        for values, is_text in zip(known, are_text, strict=True)
    ]
