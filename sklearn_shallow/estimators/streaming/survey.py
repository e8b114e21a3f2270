"""A first look at batches: their samples checked, statistics of all, and some of the rows."""

from itertools import chain

import numpy as np
from scipy import sparse
from sklearn.base import is_classifier

from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.scikit_learn import check_sample_weight
from sklearn_shallow.estimators.streaming.facts import Facts, Levels, new_in, warn_of_new
from sklearn_shallow.inputs.batches import RowSample, rows_of

SAMPLE_ROWS, SAMPLE_BYTES = 20_000, 2**25  # of the random sample
FEWEST_SAMPLE_ROWS = 1000
BUFFER_BYTES = 2**26  # of rows from which the next ones are drawn


class CheckedBatches:
    """The batches of a user, checked one after the other; rows of weight zero are left out.

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
        self._told = set()  # columns with new categories that a warning has named
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
                self._tell_of_new(raw[0], checked[0])
                yield checked

    def _tell_of_new(self, X, codes):
        """Warn of categories that are not known, once for every column."""
        new = new_in(self.estimator._table, X, codes)
        warn_of_new([column for column in new if column not in self._told])
        self._told.update(new)

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
        if weight is None:
            return X, y, None
        weight = np.asarray(weight)
        if weight.any():  # which the check asks for
            weight = check_sample_weight(weight, y, dtype=np.float64, ensure_non_negative=True)
        if weight.all():
            return X, y, weight
        if is_classifier(self.estimator) and not sparse.issparse(y):
            self.left_out.update(np.ravel(y[weight == 0]).tolist())
        return rows_of((X, y, weight), np.flatnonzero(weight))


class Survey:
    """Facts about a stream, and a sample of its rows.

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
                "batches has no rows of positive weight. If it is an iterator, it may be exhausted "
                "already: pass a callable that returns a fresh one."
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
