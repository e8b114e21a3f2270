"""Imputation of missing values, and encoding of categories.

Convention
----------
X : ndarray of shape (n_rows, n_features), float, nan where a value is missing, with the codes of
    categories; or CSR without nan and categories
weight : ndarray of shape (n_rows,), positive, or None
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sklearn_shallow.inputs.facts import MAX_LEVELS, codes_of
from sklearn_shallow.inputs.target_encoding import folds_of
from sklearn_shallow.utils import operations as ops
from sklearn_shallow.utils.lazy import lazy
from sklearn_shallow.utils.statistics import has_gaps


@dataclass(frozen=True, eq=False)
class Category(ops.Operation):
    """A categorical feature: one-hot columns, or target encoding if it has many categories. The
    operation "levels" or "means" of exports.

    Attributes
    ----------
    feature : int
        Its index in X.
    table : ndarray of shape (n_codes + 1, n_levels), float64
        The columns of each code, and in the last row those of a missing or unknown value: the means
        of the columns, or a level of its own if values were missing in training. A code that was
        not in training is unknown.
    labels : list of str
        The names of the levels.
    has_means : bool
        Whether the columns are means of the target, one for each output.
    """

    feature: int
    table: np.ndarray
    labels: list
    has_means: bool = False

    @classmethod
    def of(cls, feature, size, names, sums=None, *, keeps_absent=False):
        """Return the columns for the categories of the training set.

        Two levels have one column. With more than `MAX_LEVELS` levels, those of least weight share
        one. (`OneHotEncoder` counts rows.)

        Parameters
        ----------
        size : ndarray of shape (n_codes + 1,)
            The weight of every code, and of missing values.
        names : list of str, the categories
        sums : TargetSums for target encoding, or None
        keeps_absent : bool
            Whether codes without weight, which may come later, have columns; otherwise they are
            unknown.
        """
        if sums is not None:
            return cls._of_means(feature, sums)
        has_gaps, size, n_codes = bool(size[-1]), size[:-1], len(names)
        is_level = np.full(n_codes, True) if keeps_absent else size > 0
        n_own = np.count_nonzero(is_level)
        if n_own > MAX_LEVELS:
            n_own = MAX_LEVELS - 1
        own = np.sort(np.argsort(-size, kind="stable")[:n_own])
        is_shared = is_level.copy()
        is_shared[own] = False
        shared = np.flatnonzero(is_shared)
        labels = [names[code] for code in own] + ["infrequent"] * (len(shared) > 0)
        labels += ["nan"] * has_gaps
        table = np.zeros((n_codes + 1, len(labels)))
        table[own, np.arange(n_own)] = 1
        table[shared, n_own : n_own + 1] = 1
        if has_gaps:
            table[-1, -1] = 1
        else:
            table[-1] = size @ table[:-1] / size.sum()
        table[:-1][~is_level] = table[-1]
        if len(labels) == 2:
            table, labels = table[:, 1:], labels[1:]
        return cls(feature, table, labels)

    @classmethod
    def _of_means(cls, feature, sums):
        table = sums.means()
        table[~sums.size.any(axis=(0, 1))] = table[-1]  # where no sample has a known target
        n_means = table.shape[1]
        labels = ["mean"] if n_means == 1 else [f"mean_{number}" for number in range(n_means)]
        return cls(feature, table, labels, has_means=True)

    NONE, MISSING = -1, -2

    @property
    def kind(self):
        return "means" if self.has_means else "levels"

    def width(self, n_columns=None):
        return self.table.shape[1]

    @property
    def missing(self):
        """The columns of a missing or unknown value."""
        return self.table[-1]

    @property
    def places(self):
        """The index of the column that is 1, for every code; `NONE` if all are 0, `MISSING` if the
        code is unknown, as the last one is."""
        places = np.where(self.table.any(axis=1), self.table.argmax(axis=1), self.NONE)
        places[(self.table == self.missing).all(axis=1)] = self.MISSING
        return places

    def write(self, x, out):
        """Write the columns for codes x to `out`."""
        out[...] = self.table[codes_of(x, len(self.table) - 1)]


@dataclass(frozen=True, eq=False)
class Columns:
    """The transform of X to columns without missing values: the imputed numeric features, the
    columns of the categories, and missing indicators of numeric features with gaps in training.

    Attributes
    ----------
    numbers : ndarray of shape (n_numbers,), int
        The features that are numbers.
    fill : ndarray of shape (n_numbers,), float64
        The imputed values: the mean of the feature, or the median if it has heavy tails.
    gappy : ndarray of shape (n_gappy,), int
        Indices in `numbers` of the features that had missing values in training.
    categories : list of Category
    """

    numbers: np.ndarray
    fill: np.ndarray
    gappy: np.ndarray
    categories: list

    @classmethod
    def of(cls, facts, names=None, *, keeps_absent=False):
        """Return the transform for a training set.

        Parameters
        ----------
        facts : FeatureFacts, with those about categories if X has any
        names : list with the names of the categories of every feature, None for numbers; or None
        keeps_absent : see `Category.of`
        """
        names = [None] * len(facts.gaps) if names is None else names
        numbers = np.array([i for i, known in enumerate(names) if known is None], np.intp)
        categories = [
            Category.of(i, facts.levels[i], known, facts.sums.get(i), keeps_absent=keeps_absent)
            for i, known in enumerate(names)
            if known is not None
        ]
        mean, gappy = facts.moments.mean[numbers], np.flatnonzero(facts.gaps[numbers])
        return cls(numbers, np.where(np.isfinite(mean), mean, 0.0), gappy, categories)

    @lazy
    def keeps_scale(self):
        """Mask of the columns that are not scaled: one-hot columns of several levels, and missing
        indicators. The column of a feature with two levels is scaled like a number."""
        n_columns = self.n_features_out
        mask = np.arange(n_columns) >= n_columns - len(self.gappy)
        for group in self.groups_of_levels:
            mask[group] = True
        return mask

    @property
    def are_levels(self):
        """Mask of the one-hot columns."""
        return np.isin(self.features, [c.feature for c in self.categories if not c.has_means])

    @property
    def features(self):
        """The feature of every column, (n_features_out,)."""
        levels = [np.full(category.width(), category.feature) for category in self.categories]
        return np.concatenate([self.numbers, *levels, self.numbers[self.gappy]])

    @property
    def groups_of_levels(self):
        """The one-hot columns of every category with several of them, as slices."""
        ends = len(self.numbers) + np.cumsum([0, *(c.width() for c in self.categories)])
        groups = zip(self.categories, ends[:-1].tolist(), ends[1:].tolist(), strict=True)
        return [slice(*ends) for c, *ends in groups if c.width() > 1 and not c.has_means]

    @property
    def n_features_out(self):
        """The number of columns of the result of `transform`."""
        n_levels = sum(category.width() for category in self.categories)
        return len(self.numbers) + n_levels + len(self.gappy)

    @property
    def bounds_of_others(self):
        """The smallest and largest value of the columns after the numbers, (2, n_others)."""
        tables = [category.table for category in self.categories]
        ends = [(table.min(axis=0), table.max(axis=0)) for table in tables]
        return np.hstack([*ends, [[0.0], [1.0]] * np.ones(len(self.gappy))])

    def numbers_of(self, X):
        """Return the numeric features of X, with nan for missing values."""
        return X[:, self.numbers] if self.categories else X

    def transform(self, X):
        """Return the columns; X itself if there are no categories and never were missing values."""
        if sparse.issparse(X) or not (self.categories or len(self.gappy) or has_gaps(X)):
            return X
        out = np.empty((len(X), self.n_features_out), X.dtype)
        x, end = self.numbers_of(X), len(self.numbers)
        gaps = np.isnan(x)
        out[:, :end] = x
        np.copyto(out[:, :end], self.fill.astype(X.dtype), where=gaps)
        for category in self.categories:
            begin, end = end, end + category.width()
            category.write(X[:, category.feature], out[:, begin:end])
        out[:, end:] = gaps[:, self.gappy]
        return out

    def operations(self, origin):
        """Return the operation of `transform`, with an origin subtracted from the numbers."""
        numbers, fill, origin, parts = self.numbers, self.fill, origin[self.numbers], []
        if origin.any():
            in_single = origin.astype(np.float32).astype(np.float64)
            parts = [ops.RelativeNumbers(numbers, fill, in_single, origin - in_single)]
        elif len(numbers):
            parts = [ops.Numbers(numbers, fill)]
        parts += self.categories
        if len(self.gappy):
            parts.append(ops.MissingIndicators(numbers[self.gappy]))
        return [ops.Columns(tuple(parts))]

    @property
    def with_means(self):
        """The features with target encoding, with the number of their codes, missing values
        included."""
        return {c.feature: len(c.table) for c in self.categories if c.has_means}

    def crossfitted(self, sums):
        """Return the transform of `numbered` training rows with cross-fitted target encoding: the
        means of a row exclude its own target.

        Parameters
        ----------
        sums : dict of TargetSums, of the features with means
        """
        tables = {feature: sums[feature].means_of_others() for feature in self.with_means}
        if not tables:
            return self
        categories = [replace(c, table=tables.get(c.feature, c.table)) for c in self.categories]
        return replace(self, categories=categories)

    def numbered(self, X, numbers=None):
        """Return X with codes that also encode the fold of a row, for `crossfitted`; `numbers` are
        the indices of the rows among all rows."""
        if not self.with_means:
            return X
        X, folds = np.array(X), folds_of(np.arange(len(X)) if numbers is None else numbers)
        for feature, n_codes in self.with_means.items():
            X[:, feature] = codes_of(X[:, feature], n_codes - 1) + n_codes * folds
        return X

    def filled_by(self, compression):
        """Return the transform with medians as imputed values of the compressed features."""
        fill = self.fill.copy()
        fill[compression.columns] = compression.center
        return replace(self, fill=fill)

    def names(self, names):
        """Return the names of the columns, like those of scikit-learn's transformers."""
        levels = [f"{names[c.feature]}_{label}" for c in self.categories for label in c.labels]
        gaps = [f"missingindicator_{names[number]}" for number in self.numbers[self.gappy]]
        return [*(names[number] for number in self.numbers), *levels, *gaps]

    def fingerprint(self):
        """Return a key: equal keys mean equal columns."""
        tables = b"".join(category.table.tobytes() for category in self.categories)
        return self.fill.tobytes() + self.gappy.tobytes() + tables
