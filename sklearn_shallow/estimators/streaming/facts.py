"""Facts about all samples of a fit that looks at them a part at a time, and about their categories,
of which the first batch and a sample of the rows may miss some.

Convention
----------
raw : X as the user has it
X : ndarray of shape (n_rows, n_features), with the codes that the first batch gives to categories
"""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import check_classification_targets

from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.inputs.columns import code_sizes
from sklearn_shallow.inputs.facts import FeatureFacts
from sklearn_shallow.inputs.sample_weights import total
from sklearn_shallow.inputs.table import as_frame, names_of
from sklearn_shallow.utils.warnings import warn_user

MOST_VALUES = 2**17  # of a feature that are remembered; later ones are unknown


@dataclass(eq=False)
class Facts:
    """Facts about samples, which add up.

    Attributes
    ----------
    n_rows : int
    total_weight : float
    labels : Counter of the weights of all labels, which may be zero; empty if y is no column of
        labels
    features : FeatureFacts, or None if X is sparse
    levels : dict of ndarrays, of every categorical feature the weight of every code, and of gaps;
        None where these are not known
    """

    n_rows: int = 0
    total_weight: float = 0.0
    labels: Counter = field(default_factory=Counter)
    features: FeatureFacts | None = None
    levels: dict | None = None

    def add(self, X, y, weight, *, has_labels):
        """Take samples of positive weight into account."""
        if not X.shape[0]:
            return
        self.n_rows += X.shape[0]
        self.total_weight += total(weight, X.shape[0])
        if not sparse.issparse(X):
            self.features = self.features or FeatureFacts(X.shape[1])
            self.features.add(X, weight)
        if has_labels and y.ndim == 1:
            check_classification_targets(y)
            labels, codes = np.unique(y, return_inverse=True)
            weights = np.bincount(codes, weight)
            self.labels.update(dict(zip(labels.tolist(), weights.tolist(), strict=True)))

    def both(self, other):
        """Return the facts about these samples and others."""
        features = self.features or other.features
        if self.features and other.features:
            features = self.features.both(other.features)
        levels = {i: sizes + other.levels[i] for i, sizes in self.levels.items()}
        sums = self.n_rows + other.n_rows, self.total_weight + other.total_weight
        found = Facts(*sums, self.labels.copy(), features, levels)
        found.labels.update(other.labels)
        return found

    def with_class_weights(self, settings):
        """Return the settings with numbers in place of "balanced"."""
        if not isinstance(settings.class_weight, str):
            return settings
        if not self.labels:
            raise ValueError(
                f"class_weight={settings.class_weight!r} of a multilabel y needs all samples. "
                "Pass the weights themselves, one dict {0: weight, 1: weight} for every label."
            )
        weights = {label: weight for label, weight in self.labels.items() if weight}
        mean = self.total_weight / len(weights)
        return replace(settings, class_weight={label: mean / w for label, w in weights.items()})


class Levels:
    """The values of every categorical feature, with the weights of their rows.

    Parameters
    ----------
    table : Table or None, the reader of batches
    """

    def __init__(self, table):
        self._table = table
        self._places = [] if table is None else table.places
        self._known = [] if table is None else table.values
        self._sizes = [Counter() for _ in self._places]
        self._of_gaps = np.zeros(len(self._places))

    def add(self, raw, X, weight):
        """Take the rows of a batch into account."""
        if not self._places:
            return
        new = self._table.unknown(raw, X)
        for i, (place, (rows, values)) in enumerate(zip(self._places, new, strict=True)):
            known = self._known[place]
            *sizes, of_gaps = code_sizes(X[:, place], len(known), weight).tolist()
            self._sizes[i].update(dict(zip(known, sizes, strict=True)))
            of_values = [1.0] * len(rows) if weight is None else weight[rows].tolist()
            self._of_gaps[i] += of_gaps - sum(of_values)
            self._add_new(self._sizes[i], values.tolist(), of_values)

    def _add_new(self, sizes, values, weights):
        for value, weight in zip(values, weights, strict=True):
            if value in sizes or len(sizes) < MOST_VALUES:
                sizes[value] += weight

    def complete(self, table, raw):
        """Return the reader of a sample, which `raw` is of, with all values."""
        if not self._are_of(table):
            return table
        return table.with_values([list(sizes) for sizes in self._sizes], raw)

    def by_code(self, table):
        """Return for every categorical feature the weights of its codes, and of gaps."""
        if not self._are_of(table):
            return None
        values = table.values
        return {
            place: np.array([*(sizes[value] for value in values[place]), gaps])
            for place, sizes, gaps in zip(self._places, self._sizes, self._of_gaps, strict=True)
        }

    def _are_of(self, table):
        """Return whether there are categories, in the columns in which the first batch has them."""
        return bool(self._places) and table is not None and table.places == self._places


def with_declared(estimator, X, y, checked, most=None):
    """Return X and y as checked, with codes for all values that the types of X declare, and whether
    they declare any; the table of the estimator is changed.

    Parameters
    ----------
    X, y : as passed
    checked : X and y as checked, which are returned where no values are declared
    most : see `Table.with_declared`
    """
    before, X = estimator._table, as_frame(X)
    if before is not None:
        estimator._table = before.with_declared(X, most)
    if estimator._table is before:
        return *checked, False
    return *check_fit_data(estimator, X, y, reset=False), True


def new_in(table, X, codes):
    """Return the columns, in words, with values that were not there when training began.

    Parameters
    ----------
    table : Table or None, which returned `codes` of X
    """
    if table is None or not np.isnan(codes[:, table.places]).any():
        return []
    X = as_frame(X)
    names = names_of(X)
    unknown = zip(table.places, table.unknown(X, codes), strict=True)
    return [names[i] for i, (rows, _) in unknown if len(rows)]


def warn_of_new(columns):
    """Warn of values in these columns that were not there when training began."""
    if columns:
        warn_user(
            f"X holds categories in {', '.join(columns)} that were not there when training began: "
            "they count as missing. In partial_fit, and in fit_batches with steps, declare all "
            "categories by the type of the column: astype(pandas.CategoricalDtype(categories)), or "
            "polars.Enum. In fit_batches you may also set epochs in place of steps."
        )
