"""Encodings of numbers: further columns after those of X, from bins or a transformer.

Convention
----------
X : ndarray of shape (n_rows, n_columns), complete, limited, compressed and standardised
shift, inverse_scale : ndarrays of shape (n_columns,)
    The standardisation of X; an encoding is a function of ``X / inverse_scale + shift``.
"""

import pickle
from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.base import clone

from sklearn_shallow.utils import operations as ops
from sklearn_shallow.utils.numbers import is_integer
from sklearn_shallow.utils.rows import even_sample
from sklearn_shallow.utils.statistics import limit, smallest_spread, unbounded, weighted_quantile

LENGTH = 2.0  # root mean square length of the encoding of a column, in its standard deviations
ROUNDING = 1e-9  # standard deviation over the largest number, below which a column is constant
SAMPLE_ROWS = 10_000  # size of the sample of rows in which quantiles are computed
FREQUENT = 0.5  # fraction of samples with one value, above which bins are made of other values
MIN_SAMPLES_PER_BIN = 20  # in bins of these other values
MIN_WIDTH = 1e-30  # minimum width of a bin over the range: its slope would overflow float32
SPREADS = 2**10  # minimum width of a bin over the `smallest_spread`, for the same reason
SAME = 16  # distance of two edges, in rounding errors of the median, up to which they are one


@dataclass(frozen=True, eq=False)
class PiecewiseLinear:
    """A piecewise linear encoding of columns in bins.

    The encoding by a bin is ``clip((x - low) / width, 0, 1)``, standardised and multiplied by two
    over the root of the number of bins of the column, so that all bins of a column together have
    twice the length of the column. They are constant below the first and above the last bin
    (Gorishniy, Rubachev & Babenko 2022, "On embeddings for numerical features in tabular deep
    learning", arXiv:2203.05556).

    Attributes
    ----------
    kind : int
        Maximum number of bins of a column.
    columns : ndarray of shape (n_bins,), int
        The column of every bin.
    low, width : ndarray of shape (n_bins,), float64
        Lower edge and width of every bin.
    least, most : ndarray of shape (n_bins,), float64
        The encoding of numbers below and above the bin.
    """

    kind: int | None
    columns: np.ndarray
    low: np.ndarray
    width: np.ndarray
    least: np.ndarray
    most: np.ndarray

    def __len__(self):
        return len(self.columns)

    @property
    def bounds(self):
        """The smallest and largest value of every bin, (2, n_bins)."""
        return np.array([self.least, self.most])

    def part(self, chosen):
        """Return the encoding by some of the bins, chosen by a mask."""
        arrays = {name: value[chosen] for name, value in vars(self).items() if name != "kind"}
        return replace(self, **arrays)

    def times(self, factor):
        """Return the encoding multiplied by a factor per bin."""
        return replace(self, least=self.least * factor, most=self.most * factor)

    def writer(self, dtype, shift, inverse_scale):
        """Return a function of X and `out` that writes the encoding of X to `out`, (n_rows,
        n_bins), of a dtype.
        """
        if not len(self):
            return lambda X, out: None
        lines = *self.lines(shift, inverse_scale), self.least, self.most
        factor, offset, least, most = (part.astype(dtype, copy=False) for part in lines)

        def write(X, out):
            if X.flags.f_contiguous:
                np.take(X.T, self.columns, axis=0, out=out.T, mode="clip")
            else:
                np.take(X, self.columns, axis=1, out=out, mode="clip")
            out *= factor
            out += offset
            limit(out, least, most)

        return write

    def operations(self, shift, inverse_scale):
        """Return the operation of `writer`; none if there are no bins."""
        if not len(self):
            return []
        lines = self.lines(shift, inverse_scale)
        return [ops.Bins(np.asarray(self.columns), *lines, self.least, self.most)]

    def lines(self, shift, inverse_scale):
        """Return slope and offset of every bin as a linear function of X, before limiting."""
        slope, inverse = (self.most - self.least) / self.width, inverse_scale[self.columns]
        offset = self.least + slope * (shift[self.columns] - self.low)
        return np.divide(slope, inverse, out=np.zeros_like(slope), where=inverse > 0), offset

    def names(self, names):
        """Return the names of the bins, from those of the columns: age_bin1, age_bin2 and so on."""
        numbers = np.arange(len(self)) - np.searchsorted(self.columns, self.columns) + 1
        places = zip(self.columns, numbers, strict=True)
        return [f"{names[column]}_bin{number}" for column, number in places]

    def fingerprint(self):
        """Return a key: equal keys mean equal encodings."""
        parts = self.columns, self.low, self.width, self.least, self.most
        return b"".join(part.tobytes() for part in parts)


class Transformed:
    """The encoding of the numeric features by a transformer, whose columns are standardised and
    multiplied by two over the root of their number per feature."""

    def __init__(self, transformer, X):
        self.kind = transformer
        self.transformer = clone(transformer).fit(X)
        made = self._of(X)
        self.n_numbers = X.shape[1]
        self.shift, deviation = made.mean(axis=0), made.std(axis=0)
        deviation[deviation <= ROUNDING * np.abs(made).max(axis=0)] = np.inf
        self.factor = LENGTH / (deviation * max(1.0, made.shape[1] / X.shape[1]) ** 0.5)

    def __len__(self):
        return len(self.shift)

    @property
    def bounds(self):
        """The smallest and largest value of the columns, (2, n_columns): infinite."""
        return unbounded(len(self))

    def writer(self, dtype, shift, inverse_scale):
        """Return a function of X and `out` that writes the encoding of X to `out`."""
        shift, inverse = shift[: self.n_numbers], inverse_scale[: self.n_numbers]
        scale = np.divide(1, inverse, out=np.zeros_like(shift), where=inverse > 0)

        def write(X, out):
            made = self._of(X[:, : self.n_numbers] * scale + shift)
            out[...] = (made - self.shift) * self.factor

        return write

    def names(self, names):
        """Return the names of the columns, from the transformer if it has any."""
        if hasattr(self.transformer, "get_feature_names_out"):
            return list(self.transformer.get_feature_names_out(names[: self.n_numbers]))
        return [f"encoded{number}" for number in range(len(self))]

    def fingerprint(self):
        """Return a key: equal keys mean equal encodings."""
        return pickle.dumps(self.transformer)

    def _of(self, X):
        """Return the columns that the transformer makes of numbers, checked."""
        made = self.transformer.transform(X)
        made = np.asarray(made.toarray() if sparse.issparse(made) else made, np.float64)
        if made.ndim != 2 or len(made) != len(X) or not np.isfinite(made).all():
            raise ValueError(
                f"numeric_encoding={self.transformer!r} makes an array of shape {made.shape} of X "
                f"of shape {X.shape}, or numbers that are not finite. Choose a transformer that "
                "makes finite columns."
            )
        return made


NO_ENCODING = PiecewiseLinear(None, np.empty(0, np.intp), *np.empty((4, 0)))


def check_kind(kind):
    """Check the kind of an encoding: a number of bins, a transformer, None or "auto"."""
    is_known = kind is None or (isinstance(kind, str) and kind == "auto")
    is_object = hasattr(kind, "fit") and hasattr(kind, "transform") and not isinstance(kind, type)
    if not (is_known or is_object or (is_integer(kind) and kind >= 2)):
        raise ValueError(
            f"numeric_encoding={kind!r} must be 'auto', None, the number of bins, an int >= 2, or "
            "a transformer such as SplineTransformer()."
        )


def make_encoding(kind, numbers, X, weight=None, n_numbers=None):
    """Return an encoding of the numbers of X.

    Parameters
    ----------
    kind : int, transformer or None
        Maximum number of bins of a column, or a transformer of numbers.
    numbers : callable
        Maps rows of X to the numbers to be encoded, not standardised.
    X : ndarray of shape (n_rows, n_features), as the user gave it
    weight : ndarray of shape (n_rows,), positive, or None
    n_numbers : int, or None for all
        Number of first columns that a transformer gets; the others have two values.
    """
    if kind is None:
        return NO_ENCODING
    if sparse.issparse(X):
        raise ValueError(
            f"numeric_encoding={kind!r} needs dense X, got a sparse matrix. Pass X.toarray(), or "
            "set numeric_encoding to 'auto' or None."
        )
    if not isinstance(kind, Integral):
        if n_numbers == 0:
            return replace(NO_ENCODING, kind=kind)
        return Transformed(kind, numbers(X)[:, :n_numbers])
    some = even_sample(len(X), SAMPLE_ROWS)
    return piecewise_linear(kind, numbers(X[some]), None if weight is None else weight[some])


def edges_of(n_bins, X, weight):
    """Return the edges of the bins of every column, a list of arrays: distinct quantiles.

    If most samples have one value, such as zero for amounts, nearly all quantiles would be that
    value. Then the edges are that value and quantiles of the other samples.
    """
    *found, median = weighted_quantile(X, [*edge_levels(n_bins), 0.5], weight)
    edges = [distinct(of_column, X.dtype) for of_column in np.array(found, np.float64).T]
    others = median != X
    for column in np.flatnonzero(np.average(others, axis=0, weights=weight) < 1 - FREQUENT):
        chosen = others[:, column]
        of_chosen = None if weight is None else weight[chosen]
        n_samples = np.count_nonzero(chosen) if weight is None else of_chosen.sum()
        n_others = min(n_bins - 1, int(n_samples / MIN_SAMPLES_PER_BIN))
        x = X[chosen, column]
        if n_others > 1 and x.min() < x.max():  # a column of two values has no bins
            found = weighted_quantile(x[:, np.newaxis], edge_levels(n_others), of_chosen)
            edges[column] = distinct(np.append(found, median[column]), X.dtype)
    return edges


def distinct(edges, dtype):
    """Return the sorted edges, without those that equal the edge before up to rounding, or that
    are so near to it that the slope of their bin would overflow.
    """
    edges = np.unique(edges).astype(np.float64)
    part, widths = SAME * np.finfo(dtype).eps, np.diff(edges)
    least = max(MIN_WIDTH * (edges[-1] - edges[0]), SPREADS * smallest_spread(dtype))
    if (widths > max(least, part * max(-edges[0], edges[-1]))).all():  # the median is not needed
        return edges
    return edges[np.append(True, widths > max(least, part * np.median(np.abs(edges))))]


def edge_levels(n_bins):
    """Return the quantile levels of the edges of bins with equal numbers of samples."""
    return np.linspace(0, 1 + 1e-9, n_bins + 1)  # 1e-9: no edge is halfway between two values


def piecewise_linear(n_bins, X, weight):
    """Return bins between the edges of every column with more than two edges."""
    with np.errstate(over="ignore"):  # numbers that overflow are refused by standardisation
        edges = edges_of(n_bins, X, weight)
    counts = np.array([len(found) - 1 if len(found) > 2 else 0 for found in edges], int)
    if not counts.any():
        return replace(NO_ENCODING, kind=n_bins)
    kept = [found for found, count in zip(edges, counts, strict=True) if count]
    low, width = np.concatenate([e[:-1] for e in kept]), np.concatenate([*map(np.diff, kept)])
    columns = np.repeat(np.arange(len(counts)), counts)
    with np.errstate(over="ignore", invalid="ignore"):
        seen = np.clip((X[:, columns] - low) / width, 0, 1)
    mean = np.average(seen, axis=0, weights=weight)
    variance = np.average((seen - mean) ** 2, axis=0, weights=weight)
    # At least the deviation of the last bin, if all have equal numbers of samples; with a smaller
    # one, an outlier would be far away.
    deviation = np.sqrt(np.maximum(variance, 1 / (3 * n_bins) - 1 / (4 * n_bins**2)))
    factor = LENGTH / (deviation * np.repeat(counts, counts) ** 0.5)
    ends = (factor * (end - mean) for end in (0, 1))
    return PiecewiseLinear(n_bins, columns, low, width, *ends)
