"""Elementary operations of which a prediction consists, and their exact meaning in NumPy.

Convention
----------
X : ndarray of shape (n_rows, n_features), float: what the user passes, with the code of a category,
    its place among the categories, and nan where a value is missing or a category is unknown
A : ndarray of shape (n_rows, n_columns), what an operation gets of the one before it
An operation has ``apply(A)``, its meaning, and ``width(n_columns)``, how many columns it makes.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from sklearn_shallow.network.activations import Activation

MAX_SPREADS = 1e100  # see inputs.compression; in single precision 1e38


def rows_by_code(table, x):
    """Return the row of every code, for others and nan the last one."""
    last = len(table) - 1
    known = (x >= 0) & (x < last)
    return table[np.where(known, x, last).astype(np.intp)]


class Operation:
    """Base of the operations, which keep the number of columns as a rule."""

    def width(self, n_columns):
        """Return the number of columns that it makes of so many."""
        return n_columns


@dataclass(frozen=True, eq=False)
class Numbers(Operation):
    """Features that are numbers, with `fill` in place of nan; both of shape (n_numbers,)."""

    features: np.ndarray
    fill: np.ndarray

    def apply(self, X):
        """Return the columns."""
        x = X[:, self.features]
        return np.where(np.isnan(x), self.fill, x)

    def width(self, n_columns):
        return len(self.features)


@dataclass(frozen=True, eq=False)
class Levels(Operation):
    """A feature of categories as columns of zeros and ones.

    Attributes
    ----------
    feature : int
    places : ndarray of shape (n_codes + 1,), int
        The column that is 1, for every code; or `NONE`, or `MISSING` if the code counts as such,
        as the last one, which stands for all others, always does.
    missing : ndarray of shape (n_levels,)
        The columns of a value that is missing or unknown.
    """

    feature: int
    places: np.ndarray
    missing: np.ndarray

    NONE, MISSING = -1, -2

    @property
    def table(self):
        """The columns of every code, in the last row of all others."""
        one_hot = np.eye(len(self.missing), dtype=self.missing.dtype)
        return np.vstack([one_hot, self.missing, np.zeros_like(self.missing)])[self.places]

    def apply(self, X):
        return rows_by_code(self.table, X[:, self.feature])

    def width(self, n_columns):
        return len(self.missing)


@dataclass(frozen=True, eq=False)
class Means(Operation):
    """A feature of many categories as means of the target.

    Attributes
    ----------
    feature : int
    table : ndarray of shape (n_codes + 1, n_means)
        The means of every code, in the last row of a value that is missing or unknown.
    """

    feature: int
    table: np.ndarray

    @property
    def missing(self):
        """The means of a value that is missing or unknown."""
        return self.table[-1]

    def apply(self, X):
        return rows_by_code(self.table, X[:, self.feature])

    def width(self, n_columns):
        return self.table.shape[1]


@dataclass(frozen=True, eq=False)
class Gaps(Operation):
    """Columns that are 1 where one of the `features` is nan, else 0."""

    features: np.ndarray

    def apply(self, X):
        return np.isnan(X[:, self.features]).astype(X.dtype)

    def width(self, n_columns):
        return len(self.features)


@dataclass(frozen=True, eq=False)
class Columns(Operation):
    """The columns that `Numbers`, `Levels`, `Means` and `Gaps` make of X, side by side."""

    parts: tuple

    def apply(self, X):
        return np.hstack([part.apply(X) for part in self.parts])

    def width(self, n_columns):
        return sum(part.width(n_columns) for part in self.parts)


@dataclass(frozen=True, eq=False)
class Limit(Operation):
    """``clip(a, low, high)`` of the first columns, as many as there are limits."""

    low: np.ndarray
    high: np.ndarray

    def apply(self, A):
        n = len(self.low)
        return np.hstack([np.clip(A[:, :n], self.low, self.high), A[:, n:]])


@dataclass(frozen=True, eq=False)
class Compress(Operation):
    """``arcsinh(clip((a - center) / scale, -largest, largest))`` of some `columns`."""

    columns: np.ndarray
    center: np.ndarray
    scale: np.ndarray

    @property
    def largest(self):
        """The largest distance from the center in scales."""
        return min(MAX_SPREADS, 1e-1 * float(np.finfo(self.scale.dtype).max))

    def apply(self, A):
        A = A.copy()
        with np.errstate(over="ignore"):
            spreads = (A[:, self.columns] - self.center) / self.scale
        A[:, self.columns] = np.arcsinh(np.clip(spreads, -self.largest, self.largest))
        return A


@dataclass(frozen=True, eq=False)
class Scale(Operation):
    """``(a - shift) * factor``."""

    shift: np.ndarray
    factor: np.ndarray

    def apply(self, A):
        return (A - self.shift) * self.factor


@dataclass(frozen=True, eq=False)
class Bins(Operation):
    """``clip(slope * a + offset, least, most)`` of some `columns`, one after another, behind A."""

    columns: np.ndarray
    slope: np.ndarray
    offset: np.ndarray
    least: np.ndarray
    most: np.ndarray

    def apply(self, A):
        rising = self.slope * A[:, self.columns] + self.offset
        return np.hstack([A, np.clip(rising, self.least, self.most)])

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

    def apply(self, A):
        return A @ self.W + self.b

    def width(self, n_columns):
        return len(self.b)


@dataclass(frozen=True, eq=False)
class Activate(Operation):
    """A built-in activation: its class in lower case, and its only parameter, or None."""

    activation: Activation
    name: str
    parameter: float | None

    def apply(self, A):
        return self.activation.function(A)


class Exponential(Operation):
    """``exp(a)``."""

    def apply(self, A):
        with np.errstate(over="ignore"):
            return np.exp(A)


class Logistic(Operation):
    """``1 / (1 + exp(-a))``."""

    def apply(self, A):
        return expit(A)


class Softmax(Operation):
    """``exp(a) / sum(exp(a))`` over the columns."""

    def apply(self, A):
        return softmax(A, axis=1)


class Opposites(Operation):
    """One column a as two: -a and a."""

    def apply(self, A):
        return np.hstack([-A, A])

    def width(self, n_columns):
        return 2


@dataclass(frozen=True, eq=False)
class Ordered(Operation):
    """Groups of `size` columns that rise from left to right.

    Column `base` of a group stays. Right of it, a column is its left neighbour plus
    ``log(1 + exp(a))``; left of it, its right neighbour minus that.
    """

    size: int
    base: int

    def signs(self, n_columns):
        """Return S, (n_columns, n_columns): the result is ``base + log(1 + exp(A)) @ S``."""
        k = np.arange(self.size)
        below, above = k < self.base, k > self.base
        signs = np.zeros((self.size, self.size))
        signs[above[:, np.newaxis] & (k >= k[:, np.newaxis])] = 1
        signs[below[:, np.newaxis] & (k <= k[:, np.newaxis])] = -1
        return np.kron(np.eye(n_columns // self.size), signs)

    def bases(self, n_columns):
        """Return the base column of every column, (n_columns,)."""
        k = np.arange(n_columns)
        return k - k % self.size + self.base

    def apply(self, A):
        n = A.shape[1]
        return A[:, self.bases(n)] + np.logaddexp(0, A) @ self.signs(n).astype(A.dtype)


@dataclass(frozen=True, eq=False)
class Rescale(Operation):
    """``a * scale + shift``."""

    scale: np.ndarray
    shift: np.ndarray

    def apply(self, A):
        return A * self.scale + self.shift


@dataclass(frozen=True, eq=False)
class Average(Operation):
    """The mean of what several sequences of operations make of the same A."""

    branches: tuple

    def apply(self, A):
        return np.mean([applied(branch, A) for branch in self.branches], axis=0)

    def width(self, n_columns):
        for step in self.branches[0]:
            n_columns = step.width(n_columns)
        return n_columns


def applied(steps, A):
    """Return what operations, one after another, make of A."""
    for step in steps:
        A = step.apply(A)
    return A
