"""The first pass over a stream: checks, statistics of all samples, and a random sample of the rows.

Convention
----------
raw : the user's X
X : ndarray of shape (n_rows, n_features), with categories as their codes in the first batch, which
may lack some of them
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier

from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.scikit_learn import check_sample_weight
from sklearn_shallow.inputs.batches import RowSample, rows_of
from sklearn_shallow.inputs.facts import FeatureFacts, code_sizes
from sklearn_shallow.inputs.sample_weights import total
from sklearn_shallow.inputs.table import as_frame, names_of
from sklearn_shallow.targets.labels import check_labels
from sklearn_shallow.utils.warnings import warn_user

SAMPLE_ROWS, SAMPLE_BYTES = 20_000, 2**25  # maximum size of the random sample
MIN_SAMPLE_ROWS = 1000
BUFFER_BYTES = 2**26  # memory of the buffer from which rows are drawn, see `MixedRows`
GAP = None  # key of missing values among the values of a feature
MAX_VALUES = 2**17  # distinct values of a feature; further ones are unknown


def of_positive_weight(X, y, weight):
    """Return X, y and the weights of the rows of positive weight, and the labels of the others."""
    if weight is None:
        return (X, y, None), ()
    weight = np.asarray(weight)
    if weight.any():  # check_sample_weight refuses weights that are all zero
        weight = check_sample_weight(weight, y, dtype=np.float64, ensure_non_negative=True)
    if weight.all():
        return (X, y, weight), ()
    labels = () if sparse.issparse(y) else np.ravel(y[weight == 0]).tolist()
    return rows_of((X, y, weight), np.flatnonzero(weight)), labels


@dataclass(eq=False)
class Facts:
    """Statistics of samples that can be merged.

    Attributes
    ----------
    n_rows : int
    total_weight : float
    labels : Counter of the weights of all labels, zero included; empty if y has no labels
    features : FeatureFacts, or None if X is sparse
    levels : dict of ndarrays, the weight of every code and of missing values, by categorical
        feature; None if unknown
    """

    n_rows: int = 0
    total_weight: float = 0.0
    labels: Counter = field(default_factory=Counter)
    features: FeatureFacts | None = None
    levels: dict | None = field(default_factory=dict)

    def add(self, X, y, weight, *, has_labels):
        """Add samples of positive weight."""
        if not X.shape[0]:
            return
        self.n_rows += X.shape[0]
        self.total_weight += total(weight, X.shape[0])
        if not sparse.issparse(X):
            self.features = self.features or FeatureFacts.none(X.shape[1])
            self.features.add(X, weight)
        if has_labels and y.ndim == 1:
            check_labels(y)
            labels, codes = np.unique(y, return_inverse=True)
            weights = np.bincount(codes, weight)
            self.labels.update(dict(zip(labels.tolist(), weights.tolist(), strict=True)))

    def merge(self, other):
        """Add the samples of other statistics."""
        self.n_rows += other.n_rows
        self.total_weight += other.total_weight
        self.labels.update(other.labels)
        if other.features is not None:
            self.features = self.features or FeatureFacts.none(len(other.features.gaps))
            self.features.merge(other.features)
        self.levels = {i: self.levels.get(i, 0) + sizes for i, sizes in other.levels.items()}

    def with_class_weights(self, settings):
        """Return the settings with numbers in place of "balanced"."""
        if not isinstance(settings.class_weight, str):
            return settings
        if not self.labels:
            raise ValueError(
                f"class_weight={settings.class_weight!r} with a multilabel y needs all samples. "
                "Pass the weights themselves, one dict {0: weight, 1: weight} for every label."
            )
        weights = {label: weight for label, weight in self.labels.items() if weight}
        mean = self.total_weight / len(weights)
        return replace(settings, class_weight={label: mean / w for label, w in weights.items()})


class Levels:
    """The values of every categorical feature, with the sums of the weights of their rows.

    Parameters
    ----------
    table : Table or None, the reader of batches
    """

    def __init__(self, table):
        self._table = table
        self._sizes = {place: Counter() for place in ([] if table is None else table.places)}

    def add(self, raw, X, weight):
        """Add the rows of a batch."""
        if not self._sizes:
            return
        new = self._table.unknown(raw, X)
        for (place, sizes), (rows, values) in zip(self._sizes.items(), new, strict=True):
            known = self._table.values[place]
            found = code_sizes(X[:, place], len(known), weight)
            of_values = [1.0] * len(rows) if weight is None else weight[rows].tolist()
            found[-1] -= sum(of_values)
            sizes.update(dict(zip([*known, GAP], found.tolist(), strict=True)))
            for value, size in zip(values.tolist(), of_values, strict=True):
                if value in sizes or len(sizes) <= MAX_VALUES:
                    sizes[value] += size

    def complete(self, table, raw):
        """Return the reader of the sample `raw` with all values."""
        if not self._are_of(table):
            return table
        return table.with_values(map(list, self._sizes.values()), raw)

    def by_code(self, table):
        """Return the weights of the codes and of missing values, by categorical feature."""
        if not self._are_of(table):
            return None
        return {
            place: np.array([sizes[value] for value in (*table.values[place], GAP)])
            for place, sizes in self._sizes.items()
        }

    def _are_of(self, table):
        """Return whether there are categories, in the same columns as in the first batch."""
        return bool(self._sizes) and table is not None and table.places == [*self._sizes]


def with_declared(estimator, X, y, checked, most=np.inf):
    """Return the checked X and y with codes for all values that the dtypes of X declare, and
    whether they declare any; changes the table of the estimator.

    Parameters
    ----------
    X, y : as passed
    checked : X and y as checked, returned if no values are declared
    most : see `Table.with_declared`
    """
    before, X = estimator._table, as_frame(X)
    if before is not None:
        estimator._table = before.with_declared(X, most)
    if estimator._table is before:
        return *checked, False
    return *check_fit_data(estimator, X, y, reset=False), True


def warn_of_new(table, X, codes, reported=()):
    """Warn of categories that are new since training began, and return the names of their columns.

    Parameters
    ----------
    table : Table or None, the reader of X that returned `codes`
    reported : collection of the columns of earlier warnings, which are not repeated
    """
    if table is None or not np.isnan(codes[:, table.places]).any():
        return []
    X = as_frame(X)
    names = names_of(X)
    unknown = zip(table.places, table.unknown(X, codes), strict=True)
    columns = [names[i] for i, (rows, _) in unknown if len(rows) and names[i] not in reported]
    if columns:
        warn_user(
            f"X holds categories in {', '.join(columns)} that were not there when training began: "
            "they count as missing. In partial_fit, and in fit_batches with steps, declare all "
            "categories by the type of the column: astype(pandas.CategoricalDtype(categories)), or "
            "polars.Enum. In fit_batches you may also set epochs in place of steps."
        )
    return columns


class CheckedBatches:
    """The checked batches of a user, without rows of weight zero.

    Parameters
    ----------
    estimator : estimator
    batches : Batches
    is_known : bool
        Whether the estimator knows the columns of X; otherwise the first batch defines them.

    Attributes
    ----------
    left_out : set, labels of the rows of weight zero
    """

    def __init__(self, estimator, batches, *, is_known):
        self.estimator, self.batches = estimator, batches
        self._is_known, self._looked_at = is_known, []
        self.left_out = set()
        self._reported = []  # columns of warnings about new categories
        self._once = None if batches.is_repeatable else iter(batches)

    def first(self):
        """Yield every batch twice, as passed and as checked, without rows of weight zero."""
        for number, parts in self.batches if self._once is None else self._once:
            if self._once is not None:
                self._looked_at.append((number, parts))
            yield from self._checked(number, parts)

    def again(self, first=0):
        """Yield every checked batch, also those that `first` has taken from an iterator.

        Parameters
        ----------
        first : int
            The number of the first row.
        """
        numbered = self.batches
        if self._once is not None:
            numbered, self._looked_at = chain(self._looked_at, self._once), []
        for number, parts in numbered:
            if first:
                parts = self._weighed(*parts)
                n_rows = parts[0].shape[0]
                parts = rows_of(parts, slice(first, None))
                first = max(0, first - n_rows)
            for raw, checked in self._checked(number, parts):
                table = self.estimator._table
                self._reported += warn_of_new(table, raw[0], checked[0], self._reported)
                yield checked

    def _checked(self, number, parts):
        """Yield a batch as passed and as checked, without rows of weight zero, unless empty."""
        try:
            parts = self._weighed(*parts)
            if not parts[0].shape[0]:
                return
            X, y = check_fit_data(self.estimator, *parts[:2], reset=not self._is_known)
        except ValueError as error:
            raise ValueError(f"In batch {number}: {error}") from None
        self._is_known = True
        yield parts, (X, y, parts[2])

    def _weighed(self, X, y, weight):
        """Return the rows of positive weight."""
        parts, labels = of_positive_weight(X, y, weight)
        if is_classifier(self.estimator):
            self.left_out.update(labels)
        return parts


class Survey:
    """Statistics of a stream, and a random sample of its rows.

    Parameters
    ----------
    batches : CheckedBatches
    stops_early : bool
        Whether to read only as many batches as are needed for a sample.

    Attributes
    ----------
    sample : list of X, y and weights as passed, a random sample of the rows read
    numbers : ndarray of int, the indices of the sample among the rows read
    facts : Facts about the rows read
    levels : Levels
    is_complete : bool
        Whether all batches were read.
    largest_batch : int, maximum number of rows of a batch
    buffer_rows : int
        Number of rows that fit in the memory of the buffer.
    """

    def __init__(self, batches, *, stops_early):
        self.facts, self.largest_batch, self.is_complete, sample = Facts(), 0, True, None
        has_labels = is_classifier(batches.estimator)
        for raw, (X, y, weight) in batches.first():
            if sample is None:
                sample = RowSample(_rows_in(SAMPLE_BYTES, X, MIN_SAMPLE_ROWS, SAMPLE_ROWS))
                self.buffer_rows = _rows_in(BUFFER_BYTES, X, 1)
                self.levels = Levels(batches.estimator._table)
            sample.add(raw)
            self.facts.add(X, y, weight, has_labels=has_labels)
            self.levels.add(raw[0], X, weight)
            self.largest_batch = max(self.largest_batch, X.shape[0])
            if stops_early and self.facts.n_rows >= sample.size:
                self.is_complete = False
                break
        if sample is None:
            raise ValueError(
                "batches has no samples of positive weight. If it is an iterator, it may be "
                "exhausted already: pass a callable that returns a fresh one."
            )
        *self.sample, self.numbers = sample.parts()
        if self.facts.labels:
            self.facts.labels.update(dict.fromkeys(batches.left_out, 0.0))


def _rows_in(n_bytes, X, fewest, most=None):
    """Return the number of rows like those of X that fit in `n_bytes`, within bounds."""
    in_a_row = X.shape[1] * X.dtype.itemsize
    if sparse.issparse(X):
        in_a_row = (X.data.nbytes + X.indices.nbytes) // X.shape[0] + 1
    return int(np.clip(n_bytes // in_a_row, fewest, most))
