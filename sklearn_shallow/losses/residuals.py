"""Losses that are functions of the residual, mean minus y.

Convention
----------
As in `losses.base`. A loss is the sum of ``rho(residual)`` with the derivative ``psi(residual)``.
"""

import copy
from dataclasses import dataclass

import numpy as np

from sklearn_shallow.losses.base import Loss, WrappedLoss, diagonals
from sklearn_shallow.losses.checks import check_quantile
from sklearn_shallow.losses.links import LINKS, OrderedLink
from sklearn_shallow.utils.numbers import check_number
from sklearn_shallow.utils.statistics import weighted_quantile

MIN_TAIL = 0.01  # probability of a quantile's tail below which `optimism` stays constant


class ResidualLoss(Loss):
    """``sum(rho(mean - y))`` with the derivative ``psi``; any link.

    A subclass defines ``rho(residual)``, which may overwrite the residual, and ``psi(residual)``,
    which turns the residual into the derivative of ``rho``, in place. The target can be scaled by
    its mean or median, since the loss depends on the residual only.
    """

    standardization = "mean"

    def terms(self, Y, raw):
        residual = self.link.inverse(raw, out=np.empty_like(raw))
        return self.rho(np.subtract(residual, Y, out=residual))

    def gradient(self, Y, raw, out):
        mean = self.link.inverse(raw, out=np.empty_like(raw))
        np.subtract(mean, Y, out=out)
        return self.link.chain(self.psi(out), mean)


class Curved(ResidualLoss):
    """A function of the residual that a parabola bounds from above at every residual.

    A subclass defines ``weight(residual)``, the curvature of the parabola: ``psi(residual) /
    residual``.
    """

    def curvature(self, Y, raw):
        return self.weight(raw - Y) if self.link is LINKS["identity"] else None

    def hessian_roots(self, Y, raw):
        mean = self.link.inverse(raw, out=np.empty_like(raw))
        roots = np.sqrt(self.weight(mean - Y))
        return (self.link.chain(root, mean) for root in diagonals(roots))


class ClassLoss(ResidualLoss):
    """A function of the residual, which for labels is that of their probabilities."""

    def on(self, link):
        other = copy.copy(self)
        # A probability never equals a label, so that the residual never reaches the kink.
        vars(other).update(link=link, standardization=None, is_smooth=True)
        return other


@dataclass(unsafe_hash=True)
class SquaredError(Curved, ClassLoss):
    """Half the squared error, ``(mean - y)**2 / 2``; for labels, that of the probabilities.

    A real target is scaled by its mean and standard deviation first.

    Examples
    --------
    >>> from sklearn_shallow import ShallowNetRegressor, SquaredError
    >>> net = ShallowNetRegressor((), loss=SquaredError(), solver="lbfgs", alpha=0)
    >>> net.fit([[0.0], [0.0], [1.0], [1.0]], [0, 2, 3, 5]).predict([[0.0], [1.0]]).round(2)
    array([1., 4.])
    """

    noise = "residual"

    def rho(self, residual):
        residual *= residual
        residual *= 0.5
        return residual

    def psi(self, residual):
        return residual

    def weight(self, residual):
        return np.ones_like(residual)


class Robust(ResidualLoss):
    """A function of the residual that grows at most linearly."""

    standardization = "median"

    def center(self, Y, weight):
        return weighted_quantile(Y, 0.5, weight)[0]


class Kinked(Robust):
    """A function of the residual that is linear on either side of zero."""

    is_smooth = False

    def smoothed(self, width):
        """Return the loss with a parabola in place of the kink, within `width` on either side."""
        return Smoothed(self, width)


@dataclass(unsafe_hash=True)
class AbsoluteError(Kinked, ClassLoss):
    """The absolute error, ``abs(mean - y)``; for labels, that of the probabilities.

    A real target is first scaled by its median and median absolute deviation. With
    ``solver="lbfgs"`` the kink is smoothed, less and less (Cannon 2011, Computers & Geosciences
    37).

    Examples
    --------
    >>> from sklearn_shallow import AbsoluteError, ShallowNetRegressor
    >>> net = ShallowNetRegressor((), loss=AbsoluteError(), solver="lbfgs", alpha=0)
    >>> net.fit([[0.0], [1.0], [2.0], [3.0], [4.0]], [0, 1, 2, 3, 99]).predict([[4.0]]).round(2)
    array([4.])
    """

    optimism = 1.0

    def rho(self, residual):
        return np.abs(residual, out=residual)

    def psi(self, residual):
        return np.sign(residual, out=residual)


@dataclass(unsafe_hash=True)
class Quantile(Kinked):
    """The pinball loss of quantiles, ``max(q (y - mean), (q - 1) (y - mean))``.

    Koenker & Bassett 1978 (Econometrica 46). The target is scaled by its median and median absolute
    deviation first.

    Parameters
    ----------
    quantile : float in (0, 1), or increasing sequence of such, default=0.5
        Quantile that is predicted. Several have one output each per target and never cross: each
        is its neighbour plus or minus a positive amount.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_shallow import Quantile, ShallowNetRegressor
    >>> X = np.linspace(0, 1, 100)[:, np.newaxis]
    >>> y = X[:, 0] + np.random.default_rng(0).uniform(size=100)
    >>> net = ShallowNetRegressor((), loss=Quantile([0.1, 0.9]), solver="lbfgs", alpha=0)
    >>> low, high = net.fit(X, y).predict(X).T
    >>> round(float(np.mean((low < y) & (y < high))), 1)
    0.8
    """

    quantile: object = 0.5

    parameters = ("quantile",)

    def __post_init__(self):
        self.levels = check_quantile(self.quantile)
        self.n_views = len(self.levels)
        self.optimism = max(optimism(level) for level in self.levels)
        self.quantile = self.levels[0]
        if self.n_views > 1:
            self.quantile = tuple(self.levels)
            base = int(np.abs(np.array(self.levels) - 0.5).argmin())
            self.link = OrderedLink(self.n_views, base=base)

    def rho(self, residual):
        levels = self._levels_like(residual)
        return np.maximum(-levels * residual, (1 - levels) * residual, out=residual)

    def psi(self, residual):
        levels = self._levels_like(residual)
        np.heaviside(residual, levels, out=residual)
        residual -= levels
        return residual

    def _levels_like(self, residual):
        return np.tile(self.levels, residual.shape[1] // self.n_views).astype(residual.dtype)

    def center(self, Y, weight):
        return weighted_quantile(Y[:, :: self.n_views], self.levels, weight).T.ravel()


class Smoothed(WrappedLoss, ResidualLoss):
    """A kinked loss convolved with a uniform distribution, which makes it smooth.

    He, Pan, Tan & Zhou 2023 (Journal of Econometrics 232), for quantile regression.
    """

    def __init__(self, loss, width):
        super().__init__(loss)
        self.width = width

    def rho(self, residual):
        within = np.maximum(self.width - np.abs(residual), 0)
        low, high = self._slopes(residual)
        return self.loss.rho(residual) + (high - low) * within**2 / (4 * self.width)

    def psi(self, residual):
        low, high = self._slopes(residual)
        residual /= 2 * self.width
        residual += 0.5
        np.clip(residual, 0, 1, out=residual)
        residual *= high - low
        residual += low
        return residual

    def _slopes(self, residual):
        """Return the slopes of the loss on either side of the kink, per output."""
        ones = np.ones_like(residual[:1])
        return self.loss.psi(-ones), self.loss.psi(ones)


@dataclass(unsafe_hash=True)
class Huber(Robust, Curved):
    """The Huber loss, ``r**2 / 2`` up to `delta` and ``delta (abs(r) - delta / 2)`` beyond.

    Huber 1964. The target is scaled by its median and median absolute deviation first.

    Parameters
    ----------
    delta : float > 0, default=1.35
        The residual r from which the loss is linear: in median absolute deviations of y times
        1.4826, the standard deviation of a normal distribution; in units of y with
        ``standardize=False``.

    Examples
    --------
    >>> from sklearn_shallow import Huber, ShallowNetRegressor
    >>> net = ShallowNetRegressor((), loss=Huber(delta=1.0), solver="lbfgs", alpha=0)
    >>> net.fit([[0.0], [1.0], [2.0], [3.0], [4.0]], [0, 1, 2, 3, 99]).predict([[4.0]]).round(1)
    array([6.2])
    """

    delta: float = 1.35

    def __post_init__(self):
        check_number("delta", self.delta, low=0)

    def rho(self, residual):
        size = np.abs(residual)
        within = np.minimum(size, self.delta)
        return within * (size - within / 2)

    def psi(self, residual):
        return np.clip(residual, -self.delta, self.delta, out=residual)

    def weight(self, residual):
        return self.delta / np.maximum(np.abs(residual), self.delta)


def optimism(level):
    """Return the relative increase of the loss of new rows per parameter and row.

    The increase per parameter is ``q (1 - q) / f``, the variance of the slope over the density f of
    the residuals at zero (Takeuchi 1976). It is divided by the loss, both for Laplace's
    distribution, whose negative log-likelihood is the absolute error. The result is 1 for the
    median and larger for outer quantiles. (For the squared error and the normal distribution it
    is 2.)
    """
    tail = max(min(level, 1 - level), MIN_TAIL)
    return (1 - tail) / (tail * (1 - np.log(2 * tail)))
