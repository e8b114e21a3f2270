"""Half deviances of Tweedie's family of distributions, with the exponential link.

Convention
----------
As in `losses.base`.
"""

import numpy as np
from scipy.special import xlogy

from sklearn_shallow.losses.base import Domain, Loss
from sklearn_shallow.losses.links import LINKS

__all__ = ["Gamma", "Poisson", "tweedie"]


class Poisson(Loss):
    """``mean - y + y log(y / mean)``, half the deviance of Poisson's distribution."""

    link = LINKS["exp"]
    domain = Domain(low=0.0)
    is_likelihood = True

    def terms(self, Y, raw):
        return np.exp(raw) - Y * raw + (xlogy(Y, Y) - Y)

    def gradient(self, Y, raw, out):
        return np.subtract(self.link.mean(raw, out=out), Y, out=out)

    def curvature(self, Y, raw):
        return np.exp(raw)


class Gamma(Loss):
    """``y / mean - 1 - log(y / mean)``, half the deviance of the gamma distribution."""

    link = LINKS["exp"]
    domain = Domain(low=0.0, closed="neither")
    standardization = "size"

    def terms(self, Y, raw):
        log_ratio = np.log(Y) - raw
        return np.expm1(log_ratio) - log_ratio

    def gradient(self, Y, raw, out):
        np.negative(raw, out=out)
        np.exp(out, out=out)
        out *= Y
        return np.subtract(1, out, out=out)

    def curvature(self, Y, raw):
        return np.ones_like(raw)


class Tweedie(Loss):
    """Half the deviance of Tweedie's distribution, whose variance is ``mean**power``.

    Parameters
    ----------
    power : float > 1, not 2
    """

    link = LINKS["exp"]
    standardization = "size"

    def __init__(self, power):
        self.power = power
        self.domain = Domain(low=0.0, closed="both" if power < 2 else "neither")

    def terms(self, Y, raw):
        p = raw.dtype.type(self.power)
        ends = Y ** (2 - p) / ((1 - p) * (2 - p))
        return ends - Y * np.exp((1 - p) * raw) / (1 - p) + np.exp((2 - p) * raw) / (2 - p)

    def gradient(self, Y, raw, out):
        p = raw.dtype.type(self.power)
        return np.subtract(np.exp((2 - p) * raw), Y * np.exp((1 - p) * raw), out=out)

    def curvature(self, Y, raw):
        return np.exp((2 - raw.dtype.type(self.power)) * raw)


def tweedie(power=1.5):
    """Return half the deviance of Tweedie's family, Poisson and gamma included."""
    return {1: Poisson, 2: Gamma}[power]() if power in (1, 2) else Tweedie(power)
