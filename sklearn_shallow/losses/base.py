"""The interface of a loss on the raw output of a network.

Convention
----------
Y, raw : ndarray of shape (n_rows, n_outputs). Y is encoded, finite, and has the dtype of raw; for
raw see `losses.links`.
"""

from abc import ABC, abstractmethod
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from sklearn_shallow.losses.links import LINKS, link_of
from sklearn_shallow.utils.statistics import weighted_mean


class Domain(NamedTuple):
    """An interval: the permitted values of a target.

    Parameters
    ----------
    low, high : float
        The ends.
    closed : {"both", "neither"}, default="both"
        Whether `low` and `high` belong to it.

    Examples
    --------
    >>> from sklearn_shallow import Domain
    >>> str(Domain(low=0.0, closed="neither"))
    'y > 0'
    """

    low: float = -np.inf
    high: float = np.inf
    closed: str = "both"

    def outside(self, Y):
        """Return which entries are outside of the interval; nan is not."""
        if self.closed == "both":
            return (self.low > Y) | (self.high < Y)
        return (self.low >= Y) | (self.high <= Y)

    def __str__(self):
        less = "<=" if self.closed == "both" else "<"
        if self.high == np.inf:
            return f"y {less.replace('<', '>')} {self.low:g}"
        return f"{self.low:g} {less} y {less} {self.high:g}"


class Loss(ABC):
    """Base class of the losses; derive from it for a custom loss.

    A custom loss defines `terms` and `gradient` as functions of the raw output of the network, and
    the attributes that differ. `fit` checks it, including the gradient. For pickling, the class
    must be defined at the top level of a module.

    Attributes
    ----------
    link : {"identity", "log", "logit"}
        Link from the mean, which is predicted, to the raw output.
    domain : Domain, or tuple (low, high)
        Target values for which the loss is defined.
    standardization : {"mean", "median", "size", None}
        Scaling of the target before training, undone in predictions: none (None, the default);
        division by the mean ("size"); or subtraction of the mean or the median, and division by the
        standard deviation or a multiple of the median absolute deviation. It should change only the
        unit of the loss.
    is_smooth : bool
        Whether the gradient is continuous. Otherwise ``solver="lbfgs"`` needs the method
        `smoothed`. True by default.
    has_curvature : bool
        Whether the class defines `curvature` (or `hessian_roots`), which ``solver="lm"`` needs;
        ``alpha="evidence"`` estimates a curvature from gradients without it.
    is_likelihood : bool
        Whether the loss is a negative log-likelihood, for which ``alpha="evidence"`` needs no
        estimate of the noise. False by default.
    noise : {"residual", "unit", None}
        Noise in the predictions with ``posterior="laplace"``: the mean square of the residuals, or
        that of the distribution with this loss. None, the default: no posterior is possible.
    optimism : float
        Relative increase of the loss of new samples per parameter and sample: 2, that of the
        squared error, by default.
    n_views : int
        Outputs per target value, such as the number of quantiles. 1 by default.
    smoothing : float
        Fraction of every label that is spread evenly over all classes in training. 0 by default.
    parameters : tuple of str
        Parameters of the estimator that are passed to the class if the loss is chosen by name.

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
    is_smooth = True
    is_likelihood = False
    noise: str | None = None
    optimism = 2.0
    n_views = 1
    smoothing = 0.0
    parameters: tuple = ()

    @property
    def has_curvature(self):
        """True if the loss has the method `curvature` or `hessian_roots`."""
        return defines(self, "curvature") or defines(self, "hessian_roots")

    @abstractmethod
    def terms(self, Y, raw):
        """Return the loss of every independent part of the outputs, (n_rows, n_terms).

        There is one term per output; a single one if the loss is no sum over the outputs.
        """

    @abstractmethod
    def gradient(self, Y, raw, out):
        """Return the gradient of the loss with respect to raw, written into `out`.

        `out` may be raw.
        """

    def value(self, Y, raw):
        """Return the loss of every row, (n_rows,)."""
        terms = self.terms(Y, raw)
        return terms[:, 0] if terms.shape[1] == 1 else terms.sum(axis=1)

    def curvature(self, Y, raw):
        """Return a curvature of every term, (n_rows, n_outputs), not negative.

        The second derivative, its expectation, or the curvature of a parabola that bounds the loss.
        None if a term depends on several outputs: see `hessian_roots`.
        """
        return None

    def hessian_roots(self, Y, raw):
        """Return arrays like raw; the sum of their outer products, row by row, is the curvature.

        The curvature is a matrix (n_outputs, n_outputs) per row, here a diagonal one.
        """
        return diagonals(np.sqrt(self.curvature(Y, raw)))

    def hessian_product(self, Y, raw):
        """Return the function that multiplies arrays like raw, row by row, by the curvature."""
        curvature = self.curvature(Y, raw)
        if curvature is not None:
            return lambda D: curvature * D
        roots = list(self.hessian_roots(Y, raw))
        return lambda D: sum(root * (root * D).sum(axis=1, keepdims=True) for root in roots)

    def center(self, Y, weight):
        """Return the constant mean with the least loss, or an approximation, (n_outputs,)."""
        return weighted_mean(Y, weight)

    def smoothed(self, width):
        """Return a smooth loss that differs from this one within `width` of its kinks."""
        return self

    def on(self, link):
        """Return this loss with the link of a classification target."""
        if link_of(self) == link:
            return self
        raise ValueError(
            f"loss={self!r} has the link {link_of(self).name!r}, and the labels in y need "
            f"{link.name!r}. Choose loss='log_loss'."
        )


class WrappedLoss(Loss):
    """A loss derived from another one, `loss`, with the same link and attributes."""

    link = property(attrgetter("loss.link"))
    is_likelihood = property(attrgetter("loss.is_likelihood"))
    optimism = property(attrgetter("loss.optimism"))
    n_views = property(attrgetter("loss.n_views"))

    def __init__(self, loss):
        self.loss = loss


def defines(loss, method):
    """Return whether the class of a loss overrides a method of `Loss`."""
    return getattr(type(loss), method) is not getattr(Loss, method)


def diagonals(roots):
    """Yield, for every column of an array, a copy that is zero in all other columns."""
    for k in range(roots.shape[1]):
        root = np.zeros_like(roots)
        root[:, k] = roots[:, k]
        yield root
