"""A first look at samples that come a part at a time: checked, with facts about all and a sample of
the rows. The first batch and the sample may miss some of the categories.

Convention
----------
raw : X as the user has it
X : ndarray of shape (n_rows, n_features), with the codes that the first batch gives to categories
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier
from sklearn.utils.multiclass import check_classification_targets

from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.scikit_learn import check_sample_weight
from sklearn_shallow.inputs.batches import RowSample, rows_of
from sklearn_shallow.inputs.facts import FeatureFacts, code_sizes
from sklearn_shallow.inputs.sample_weights import total
from sklearn_shallow.inputs.table import as_frame, names_of
from sklearn_shallow.utils.warnings import warn_user

SAMPLE_ROWS, SAMPLE_BYTES = 20_000, 2**25  # of the random sample
FEWEST_SAMPLE_ROWS = 1000
BUFFER_BYTES = 2**26  # of rows from which the next ones are drawn
GAP = None  # in the place of a value
MOST_VALUES = 2**17  # of a feature that are remembered; later ones are unknown


def of_positive_weight(X, y, weight):
    """Return X, y and the weights of the rows of positive weight, and the labels of the others."""
    if weight is None:
        return (X, y, None), ()
    weight = np.asarray(weight)
    if weight.any():  # which the check asks for
        weight = check_sample_weight(weight, y, dtype=np.float64, ensure_non_negative=True)
    if weight.all():
        return (X, y, weight), ()
    labels = () if sparse.issparse(y) else np.ravel(y[weight == 0]).tolist()
    return rows_of((X, y, weight), np.flatnonzero(weight)), labels


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
    levels: dict | None = field(default_factory=dict)

    def add(self, X, y, weight, *, has_labels):
        """Take samples of positive weight into account."""
        if not X.shape[0]:
            return
        self.n_rows += X.shape[0]
        self.total_weight += total(weight, X.shape[0])
        if not sparse.issparse(X):
            self.features = self.features or FeatureFacts.none(X.shape[1])
            self.features.add(X, weight)
        if has_labels and y.ndim == 1:
            check_classification_targets(y)
            labels, codes = np.unique(y, return_inverse=True)
            weights = np.bincount(codes, weight)
            self.labels.update(dict(zip(labels.tolist(), weights.tolist(), strict=True)))

    def merge(self, other):
        """Take samples into account that other facts are about."""
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
    """The values of every categorical feature, with the weights of their rows.

    Parameters
    ----------
    table : Table or None, the reader of batches
    """

    def __init__(self, table):
        self._table = table
        self._sizes = {place: Counter() for place in ([] if table is None else table.places)}

    def add(self, raw, X, weight):
        """Take the rows of a batch into account."""
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
                if value in sizes or len(sizes) <= MOST_VALUES:
                    sizes[value] += size

    def complete(self, table, raw):
        """Return the reader of a sample, which `raw` is of, with all values."""
        if not self._are_of(table):
            return table
        return table.with_values(map(list, self._sizes.values()), raw)

    def by_code(self, table):
        """Return for every categorical feature the weights of its codes, and of gaps."""
        if not self._are_of(table):
            return None
        return {
            place: np.array([sizes[value] for value in (*table.values[place], GAP)])
            for place, sizes in self._sizes.items()
        }

    def _are_of(self, table):
        """Return whether there are categories, in the columns in which the first batch has them."""
        return bool(self._sizes) and table is not None and table.places == [*self._sizes]


def with_declared(estimator, X, y, checked, most=np.inf):
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


def warn_of_new(table, X, codes, told=()):
    """Warn of categories that were not there when training began, and return their columns, too.

    Parameters
    ----------
    table : Table or None, which returned `codes` of X
    told : collection of the columns that a warning has named before
    """
    if table is None or not np.isnan(codes[:, table.places]).any():
        return []
    X = as_frame(X)
    names = names_of(X)
    unknown = zip(table.places, table.unknown(X, codes), strict=True)
    columns = [names[i] for i, (rows, _) in unknown if len(rows) and names[i] not in told]
    if columns:
        warn_user(
            f"X holds categories in {', '.join(columns)} that were not there when training began: "
            "they count as missing. In partial_fit, and in fit_batches with steps, declare all "
            "categories by the type of the column: astype(pandas.CategoricalDtype(categories)), or "
            "polars.Enum. In fit_batches you may also set epochs in place of steps."
        )
    return columns


class CheckedBatches:
    """The checked batches of a user, one after the other, without rows of weight zero.

    Parameters
    ----------
    estimator : estimator
    batches : Batches
    is_known : bool
        Whether the estimator knows the columns of X; otherwise the first batch says what they are.

    Attributes
    ----------
    left_out : set, what is in the columns of labels of the rows left out
    """

    def __init__(self, estimator, batches, *, is_known):
        self.estimator, self.batches = estimator, batches
        self._is_known, self._looked_at = is_known, []
        self.left_out = set()
        self._told = []  # columns with new categories that a warning has named
        self._once = None if batches.is_repeatable else iter(batches)

    def first(self):
        """Yield every batch as it is but for rows of weight zero, and as checked."""
        for number, parts in self.batches if self._once is None else self._once:
            if self._once is not None:
                self._looked_at.append((number, parts))
            yield from self._checked(number, parts)

    def again(self, first=0):
        """Yield every batch as checked, also those of an iterator that were looked at before.

        Parameters
        ----------
        first : int
            The number of the first row; those before are left out.
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
                self._told += warn_of_new(table, raw[0], checked[0], self._told)
                yield checked

    def _checked(self, number, parts):
        """Yield a batch as it is but for rows of weight zero, and as checked, if any are left."""
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
    """Facts about a stream, and a random sample of its rows.

    Parameters
    ----------
    batches : CheckedBatches
    stops_early : bool
        Whether the first batches are looked at only, as many as make a sample.

    Attributes
    ----------
    sample : list of X, y and weights, as the user has them
        Random rows of all that were looked at.
    numbers : ndarray of int, which of these rows the sample has
    facts : Facts about them
    levels : Levels
    is_complete : bool
        Whether all batches were looked at, to their end.
    largest_batch : int, of all, its rows
    buffer_rows : int
        How many rows there is memory for.
    """

    def __init__(self, batches, *, stops_early):
        self.facts, self.largest_batch, self.is_complete, sample = Facts(), 0, True, None
        has_labels = is_classifier(batches.estimator)
        for raw, (X, y, weight) in batches.first():
            if sample is None:
                sample = RowSample(_rows_in(SAMPLE_BYTES, X, FEWEST_SAMPLE_ROWS, SAMPLE_ROWS))
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
    """Return how many rows like those of X have so many bytes."""
    in_a_row = X.shape[1] * X.dtype.itemsize
    if sparse.issparse(X):
        in_a_row = (X.data.nbytes + X.indices.nbytes) // X.shape[0] + 1
    return int(np.clip(n_bytes // in_a_row, fewest, most))
