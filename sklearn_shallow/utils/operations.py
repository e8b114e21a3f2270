"""Elementary operations of a prediction, for export; their docstrings define them.

A further operation is `Category` of `inputs.columns`.

Convention
----------
X : ndarray of shape (n_rows, n_features), float: the user's X, with categories as codes (their
    indices), and nan where a value is missing or a category is unknown
A : ndarray of shape (n_rows, n_columns), the result of the operation before; a is an entry of A
"""

import re
from dataclasses import dataclass

import numpy as np

MAX_SPREADS = 1e10  # distances beyond, such as of a code 1e30 for missing values, are limited


class Operation:
    """Base class of the operations."""

    @property
    def kind(self):
        """The name of the operation in exporters, in snake case."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()

    def width(self, n_columns):
        """Return the number of columns of the result, given that of A."""
        return n_columns


@dataclass(frozen=True, eq=False)
class Numbers(Operation):
    """Features that are numbers, with `fill` in place of nan; both of shape (n_numbers,)."""

    features: np.ndarray
    fill: np.ndarray

    def width(self, n_columns):
        return len(self.features)


@dataclass(frozen=True, eq=False)
class RelativeNumbers(Numbers):
    """``a - origin - rest`` of features that are numbers, with `fill` in place of nan.

    All are of shape (n_numbers,). Numbers are close to the origin, which is rounded to single
    precision, so that their difference is exact; `rest` is the rounding error of the origin.
    """

    origin: np.ndarray
    rest: np.ndarray


@dataclass(frozen=True, eq=False)
class MissingIndicators(Operation):
    """Columns that are 1 where one of the `features` is nan, else 0."""

    features: np.ndarray

    def width(self, n_columns):
        return len(self.features)


@dataclass(frozen=True, eq=False)
class Columns(Operation):
    """The columns of `Numbers`, every `Category` and `MissingIndicators`, side by side."""

    parts: tuple

    def width(self, n_columns):
        return sum(part.width(n_columns) for part in self.parts)


@dataclass(frozen=True, eq=False)
class Limit(Operation):
    """``clip(a, low, high)`` of the first columns, one per limit."""

    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, eq=False)
class Compress(Operation):
    """``arcsinh(clip((a - center) / scale, -largest, largest))`` of some `columns`."""

    columns: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    largest = MAX_SPREADS


@dataclass(frozen=True, eq=False)
class Scale(Operation):
    """``(a - shift) * factor``."""

    shift: np.ndarray
    factor: np.ndarray


@dataclass(frozen=True, eq=False)
class Bins(Operation):
    """``clip(slope * a + offset, least, most)`` of some `columns`, appended to A."""

    columns: np.ndarray
    slope: np.ndarray
    offset: np.ndarray
    least: np.ndarray
    most: np.ndarray

    def width(self, n_columns):
        return n_columns + len(self.columns)


@dataclass(frozen=True, eq=False)
class Dense(Operation):
    """``A @ W + b``."""

    W: np.ndarray
    b: np.ndarray

    @property
    def rows(self):
        """The weights of one unit after another."""
        return self.W.T

    def width(self, n_columns):
        return len(self.b)


@dataclass(frozen=True, eq=False)
class Activate(Operation):
    """A built-in activation, given by its name and its parameter if it has one, or "exp"."""

    name: str
    parameter: float | None = None


class Softmax(Operation):
    """``exp(a) / sum(exp(a))`` over the columns."""


class Opposites(Operation):
    """One column a as two: -a and a."""

    def width(self, n_columns):
        return 2


@dataclass(frozen=True, eq=False)
class Ordered(Operation):
    """Groups of `size` columns that increase from left to right.

    Column `base` of a group is unchanged. To its right, a column is its left neighbour plus
    ``log(1 + exp(a))``; to its left, its right neighbour minus ``log(1 + exp(a))``.
    """

    size: int
    base: int

    def signs(self, n_columns):
        """Return S, (n_columns, n_columns): the result is ``base + log(1 + exp(A)) @ S``."""
        k, ones = np.arange(self.size)[:, np.newaxis], np.ones((self.size, self.size))
        signs = np.triu(ones) * (k > self.base) - np.tril(ones) * (k < self.base)
        return np.kron(np.eye(n_columns // self.size), signs)

    def bases(self, n_columns):
        """Return the base column of every column, (n_columns,)."""
        k = np.arange(n_columns)
        return k - k % self.size + self.base


@dataclass(frozen=True, eq=False)
class Rescale(Operation):
    """``a * scale + shift``."""

    scale: np.ndarray
    shift: np.ndarray


@dataclass(frozen=True, eq=False)
class Average(Operation):
    """The mean of the results of several sequences of operations for the same A."""

    branches: tuple

    def width(self, n_columns):
        for step in self.branches[0]:
            n_columns = step.width(n_columns)
        return n_columns
