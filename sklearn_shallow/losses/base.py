"""What a loss on the raw output of a network is, and losses made of losses.

Convention
----------
Y, raw, mean : ndarray of shape (n_rows, n_outputs). Y is encoded and has the dtype of raw; for raw
and mean see `losses.links`.
A loss returns one value per row, the sum over the outputs; its gradient is with respect to raw and
is written into ``out``, which may be raw. Most are sums of ``terms``, one per entry of Y.
"""

from typing import NamedTuple

import numpy as np

from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.utils.statistics import weighted_mean

__all__ = ["Adapted", "Domain", "Loss", "with_missing"]


class Domain(NamedTuple):
    """The values that a target may have: an interval.

    Attributes
    ----------
    low, high : float
    closed : {"both", "neither"}
        Whether `low` and `high` belong to it.
    """

    low: float = -np.inf
    high: float = np.inf
    closed: str = "both"

    def outside(self, Y):
        """Return which entries do not belong to it; nan does."""
        if self.closed == "both":
            return (self.low > Y) | (self.high < Y)
        return (self.low >= Y) | (self.high <= Y)

    def __str__(self):
        less = "<=" if self.closed == "both" else "<"
        if self.high == np.inf:
            return f"y {less.replace('<', '>')} {self.low:g}"
        return f"{self.low:g} {less} y {less} {self.high:g}"


class Loss:
    """A loss for `ShallowNetRegressor`; derive from it for one of your own.

    A loss of your own says what `terms` and `gradient` are, on the raw output of the network, and
    sets the attributes that differ. It should be defined in a module, so that it can be pickled.

    Attributes
    ----------
    link : {"identity", "exp", "logistic"}
        What makes predictions of the raw output.
    domain : tuple (low, high)
        The target values it is defined for; `Domain` for an open interval.
    standardization : {"mean", "median", "size", None}
        What may be done to the target first: nothing (None, the default), so that the loss is
        in target units; divide by the mean ("size"); subtract the mean or the median, and divide
        by the standard deviation or by a multiple of the median absolute deviation. This is sound
        where it only changes the unit of the loss.
    is_likelihood : bool
        Whether it is minus the logarithm of a probability, so that ``alpha="evidence"`` need not
        estimate a noise. False by default.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_shallow import Loss, ShallowNetRegressor
    >>> class Cauchy(Loss):
    ...     standardization = "median"
    ...
    ...     def terms(self, Y, raw):
    ...         return np.log1p((raw - Y) ** 2)
    ...
    ...     def gradient(self, Y, raw, out):
    ...         residual = raw - Y
    ...         return np.divide(2 * residual, 1 + residual**2, out=out)
    >>> X = np.linspace(-1, 1, 50)[:, np.newaxis]
    >>> net = ShallowNetRegressor((), loss=Cauchy(), solver="lbfgs", alpha=0).fit(X, 3 * X[:, 0])
    >>> net.predict([[0.5]]).round(3)
    array([1.5])
    """

    link: object = LINKS["identity"]
    domain: tuple = Domain()
    standardization: str | None = None
    is_kinked = False
    is_likelihood = False  # minus the logarithm of one, so that its unit is not arbitrary
    optimism = 2.0  # how fast, relatively, the loss of new rows grows with the parameters per row
    n_views = 1  # outputs per known number: several quantiles are views of one

    def terms(self, Y, raw):
        """Return the loss of every entry of Y, (n_rows, n_outputs)."""
        raise NotImplementedError

    def value(self, Y, raw):
        """Return the loss of every row, (n_rows,)."""
        return self.terms(Y, raw).sum(axis=1)

    def gradient(self, Y, raw, out):
        """Return the gradient of the loss with respect to raw, written into `out`."""
        raise NotImplementedError

    def curvature(self, Y, raw):
        """Return a curvature of the loss in every entry of raw, (n_rows, n_outputs), not negative.

        The second derivative, its expectation, or another bound of the loss by parabolas. Only
        ``solver="lm"`` needs it; ``alpha="evidence"`` estimates one from gradients without it.
        """
        raise NotImplementedError

    def directions(self, Y, raw):
        """Return arrays like raw; the sum of their outer products, row by row, is the curvature.

        It is a matrix (n_outputs, n_outputs) per row. Here it is diagonal.
        """
        roots = np.sqrt(self.curvature(Y, raw))
        for k in range(roots.shape[1]):
            direction = np.zeros_like(roots)
            direction[:, k] = roots[:, k]
            yield direction

    def curvature_product(self, Y, raw):
        """Return the function that multiplies arrays like raw, row by row, by that matrix."""
        curvature = self.curvature(Y, raw)
        return lambda D: curvature * D

    @property
    def is_sum(self):
        """Whether it is known to be a sum of terms, one per entry of Y."""
        return type(self).terms is not Loss.terms

    @property
    def is_curved(self):
        """Whether there is a curvature."""
        return type(self).curvature is not Loss.curvature

    def take_traits(self, loss):
        """Make this loss, which is made of another one, the same to the evidence."""
        self.loss = loss
        self.link = loss.link
        self.is_likelihood, self.optimism = loss.is_likelihood, loss.optimism
        self.n_views = loss.n_views

    def center(self, Y, weight):
        """Return the constant mean to begin with, (n_outputs,)."""
        return weighted_mean(Y, weight)


class Adapted(Loss):
    """A user's object with the methods and attributes of `Loss`, whose results are checked."""

    def __init__(self, loss):
        self.loss = loss
        link = getattr(loss, "link", "identity")
        self.link = LINKS[link] if isinstance(link, str) else link
        self.domain = Domain(*getattr(loss, "domain", ()))
        self.standardization = getattr(loss, "standardization", None)
        self.is_kinked = getattr(loss, "is_kinked", False)
        self.is_likelihood = getattr(loss, "is_likelihood", False)
        own = getattr(type(loss), "curvature", Loss.curvature)
        self._is_curved = own is not Loss.curvature or getattr(loss, "is_curved", False)

    @property
    def is_curved(self):
        return self._is_curved

    @property
    def is_sum(self):
        return getattr(type(self.loss), "terms", Loss.terms) is not Loss.terms

    def terms(self, Y, raw):
        return self._checked(self.loss.terms(Y, raw), "terms", raw.shape)

    def value(self, Y, raw):
        return self._checked(self.loss.value(Y, raw), "value", raw.shape[:1])

    def gradient(self, Y, raw, out):
        found = self.loss.gradient(Y, raw, out)
        if found is not out:
            np.copyto(out, self._checked(found, "gradient", raw.shape))
        return out

    def curvature(self, Y, raw):
        return self._checked(self.loss.curvature(Y, raw), "curvature", raw.shape)

    def directions(self, Y, raw):
        own = getattr(self.loss, "directions", None)
        return super().directions(Y, raw) if own is None else own(Y, raw)

    def curvature_product(self, Y, raw):
        if getattr(type(self.loss), "directions", Loss.directions) is Loss.directions:
            return super().curvature_product(Y, raw)
        roots = list(self.loss.directions(Y, raw))
        return lambda D: sum(root * (root * D).sum(axis=1, keepdims=True) for root in roots)

    def smoothed(self, width):
        return self.loss.smoothed(width)

    def center(self, Y, weight):
        own = getattr(self.loss, "center", None)
        return super().center(Y, weight) if own is None else own(Y, weight)

    def _checked(self, result, method, shape):
        if np.shape(result) != shape:
            raise ValueError(
                f"loss={self.loss!r}: its method {method!r} returned the shape {np.shape(result)} "
                f"where it must be {shape}."
            )
        return result


class Missing(Loss):
    """A loss that is a sum of terms, without those whose target is nan."""

    def __init__(self, loss):
        self.take_traits(loss)
        self.is_kinked = loss.is_kinked

    def terms(self, Y, raw):
        with np.errstate(invalid="ignore"):  # nan is not invalid to all releases of NumPy
            return np.where(np.isnan(Y), 0, self.loss.terms(Y, raw))

    def gradient(self, Y, raw, out):
        self.loss.gradient(Y, raw, out=out)
        out[np.isnan(Y)] = 0
        return out

    def directions(self, Y, raw):
        for direction in self.loss.directions(np.where(np.isnan(Y), raw, Y), raw):
            direction[np.isnan(Y)] = 0
            yield direction

    def curvature_product(self, Y, raw):
        unknown = np.isnan(Y)
        multiply = self.loss.curvature_product(np.where(unknown, raw, Y), raw)
        return lambda D: np.where(unknown, 0, multiply(np.where(unknown, 0, D)))

    @property
    def is_curved(self):
        return self.loss.is_curved

    def smoothed(self, width):
        return Missing(self.loss.smoothed(width))


def with_missing(loss, n_outputs):
    """Return the loss without the entries of Y that are nan.

    Raises
    ------
    ValueError
        If the outputs of a row may depend on each other in a custom loss.
    """
    if loss.is_sum:
        return Missing(loss)
    if isinstance(loss, Adapted) and n_outputs > 1:
        raise ValueError(
            f"loss={loss.loss!r} says only what the loss of a whole row is, and y has missing "
            "values (nan). Give it the method 'terms', which returns the loss of every entry, or "
            "leave the rows with missing values out."
        )
    return Missing(loss)
