"""Losses that are functions of the residual, mean minus y.

Convention
----------
As in `losses.base`. A loss is the sum of ``rho(residual)`` with the derivative ``psi(residual)``.
"""

import numpy as np

from sklearn_shallow.losses.base import Loss
from sklearn_shallow.losses.links import LINKS, Ordered
from sklearn_shallow.utils.statistics import weighted_quantile

__all__ = ["AbsoluteError", "Huber", "LogCosh", "Pinball", "SquaredError"]


LEAST_TAIL = 0.01  # beyond which rows are too few to tell


class ResidualLoss(Loss):
    """``sum(rho(mean - y))`` with the derivative ``psi``; any link.

    With ``standardization="mean"`` or ``"median"``, which any function of the residual permits.
    """

    standardization = "mean"

    def __init__(self, link=LINKS["identity"]):
        self.link = link

    def terms(self, Y, raw):
        return self.rho(self._residual(Y, raw, out=np.empty_like(raw)))

    def gradient(self, Y, raw, out):
        mean = self.link.mean(raw, out=np.empty_like(raw))
        np.subtract(mean, Y, out=out)
        return self.link.pull_back(self.psi(out), mean)

    def _residual(self, Y, raw, out):
        return np.subtract(self.link.mean(raw, out=out), Y, out=out)

    def rho(self, residual):
        """Return the loss; may overwrite the residual."""
        raise NotImplementedError

    def psi(self, residual):
        """Turn the residual into the derivative of `rho`, in place."""
        raise NotImplementedError

    def weight(self, residual):
        """Return ``psi(residual) / residual``, the curvature of the parabola that touches `rho`."""
        raise NotImplementedError

    @property
    def is_curved(self):
        return type(self).weight is not ResidualLoss.weight

    def directions(self, Y, raw):
        mean = self.link.mean(raw, out=np.empty_like(raw))
        roots = np.sqrt(self.weight(mean - Y))
        for k in range(roots.shape[1]):
            direction = np.zeros_like(roots)
            direction[:, k] = roots[:, k]
            yield self.link.pull_back(direction, mean)

    def curvature_product(self, Y, raw):
        mean = self.link.mean(raw, out=np.empty_like(raw))
        weight = self.weight(mean - Y)

        def product(D):
            # Pulls and pushes: of all links but "ordered", which no curved loss has, the matrix of
            # derivatives is symmetric.
            out = self.link.pull_back(D.copy(), mean)
            out *= weight
            return self.link.pull_back(out, mean)

        return product


class SquaredError(ResidualLoss):
    """``sum((mean - y)**2) / 2``, half the L2 loss of the seed; any link."""

    def rho(self, residual):
        residual *= residual
        residual *= 0.5
        return residual

    def psi(self, residual):
        return residual

    def weight(self, residual):
        return np.ones_like(residual)


class RobustLoss(ResidualLoss):
    """A function of the residual that rises no faster than linearly."""

    standardization = "median"

    def center(self, Y, weight):
        return weighted_quantile(Y, 0.5, weight)[0]


class Kinked(RobustLoss):
    """A function of the residual that is linear on either side of zero."""

    @property
    def is_kinked(self):
        """Whether raw can reach the kink: a probability only tends to a label."""
        return self.link.name in ("identity", "ordered")

    def smoothed(self, width):
        """Return the loss with a parabola in place of the kink, of that width to either side."""
        return Smoothed(self, width)


class AbsoluteError(Kinked):
    """``sum(abs(mean - y))``, the L1 loss of the seed; any link."""

    optimism = 1.0

    def rho(self, residual):
        return np.abs(residual, out=residual)

    def psi(self, residual):
        return np.sign(residual, out=residual)


class Pinball(Kinked):
    """``max(quantile (y - mean), (quantile - 1) (y - mean))``, Koenker & Bassett 1978.

    Several quantiles are that many outputs per target, see `Ordered`.

    Parameters
    ----------
    quantile : float or increasing sequence of float, in (0, 1)
    """

    def __init__(self, quantile=0.5):
        self.levels = np.atleast_1d(np.asarray(quantile, float))
        one = len(self.levels) == 1
        super().__init__(LINKS["identity"] if one else self._ordered())
        self.n_views = len(self.levels)
        self.optimism = max(optimism(level) for level in self.levels)

    def _ordered(self):
        return Ordered(len(self.levels), base=int(np.abs(self.levels - 0.5).argmin()))

    def rho(self, residual):
        levels = self._levels_like(residual)
        return np.maximum(-levels * residual, (1 - levels) * residual, out=residual)

    def psi(self, residual):
        levels = self._levels_like(residual)
        np.heaviside(residual, levels, out=residual)
        residual -= levels
        return residual

    def _levels_like(self, residual):
        repeats = residual.shape[1] // len(self.levels)
        return np.tile(self.levels, repeats).astype(residual.dtype)

    def center(self, Y, weight):
        quantiles = weighted_quantile(Y[:, :: len(self.levels)], self.levels, weight)
        return quantiles.T.ravel()


class Smoothed(ResidualLoss):
    """A kinked loss whose slope goes over from one side to the other within a width.

    As Cannon 2011 (Computers & Geosciences 37) does for quantile regression networks.
    """

    def __init__(self, loss, width):
        self.take_traits(loss)
        self.width = width

    def rho(self, residual):
        size = np.abs(residual)
        within = np.minimum(size, self.width)
        slope = self.loss.rho(np.sign(residual, out=residual))
        return slope * within * (size - within / 2) / self.width

    def psi(self, residual):
        within = np.minimum(np.abs(residual), self.width)
        self.loss.psi(residual)
        residual *= within
        residual /= self.width
        return residual


class Huber(RobustLoss):
    """``residual**2 / 2`` up to delta and ``delta (abs(residual) - delta / 2)`` beyond, Huber 1964.

    Parameters
    ----------
    delta : float > 0
    """

    def __init__(self, delta=1.35):
        super().__init__()
        self.delta = delta

    def rho(self, residual):
        size = np.abs(residual)
        within = np.minimum(size, self.delta)
        return within * (size - within / 2)

    def psi(self, residual):
        return np.clip(residual, -self.delta, self.delta, out=residual)

    def weight(self, residual):
        return self.delta / np.maximum(np.abs(residual), self.delta)


class LogCosh(RobustLoss):
    """``log(cosh(residual))``: half a square near zero, the absolute value less log 2 far away."""

    def rho(self, residual):
        size = np.abs(residual)
        return size + np.log1p(np.expm1(-2 * size) / 2)

    def psi(self, residual):
        return np.tanh(residual, out=residual)

    def weight(self, residual):
        size = np.maximum(np.abs(residual), np.sqrt(np.finfo(residual.dtype).tiny))
        return np.tanh(size) / size


def optimism(level):
    """Return how fast, relatively, the loss of new rows grows with the parameters per row.

    By ``q (1 - q) / f`` for a parameter, the variance of the slope over the density (Takeuchi
    1976), over the loss itself; for Laplace's distribution, of which the absolute error is the
    log-likelihood. The squared error has 2 for the normal one; here a median has 1, and a quantile
    the more the farther out it is.
    """
    tail = max(min(level, 1 - level), LEAST_TAIL)
    return (1 - tail) / (tail * (1 - np.log(2 * tail)))
