"""Half deviances of Tweedie's family of distributions, with the log link.

Convention
----------
As in `losses.base`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from sklearn_shallow.losses.base import Domain, Loss
from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.utils.numbers import check_number


@dataclass(unsafe_hash=True)
class Poisson(Loss):
    """Half the deviance of the Poisson distribution, ``mean - y + y log(y / mean)``; log link.

    For counts: y >= 0, which is not scaled.

    Examples
    --------
    >>> from sklearn_shallow import Poisson, ShallowNetRegressor
    >>> net = ShallowNetRegressor((), loss=Poisson(), solver="lbfgs", alpha=0, tol=1e-9)
    >>> net.fit([[0.0], [0.0], [1.0], [1.0]], [0, 2, 3, 5]).predict([[0.0], [1.0]]).round(2)
    array([1., 4.])
    """

    link = LINKS["log"]
    domain = Domain(low=0.0)
    is_likelihood = True
    noise = "unit"

    def terms(self, Y, raw):
        return np.exp(raw) - Y * raw + (xlogy(Y, Y) - Y)

    def gradient(self, Y, raw, out):
        return np.subtract(self.link.inverse(raw, out=out), Y, out=out)

    def curvature(self, Y, raw):
        return np.exp(raw)


@dataclass(unsafe_hash=True)
class Gamma(Loss):
    """Half the deviance of the gamma distribution, ``y / mean - 1 - log(y / mean)``; log link.

    For y > 0 with errors proportional to the mean; y is divided by its mean first.

    Examples
    --------
    >>> from sklearn_shallow import Gamma, ShallowNetRegressor
    >>> net = ShallowNetRegressor((), loss=Gamma(), solver="lbfgs", alpha=0, tol=1e-9)
    >>> net.fit([[0.0], [0.0], [1.0], [1.0]], [1, 3, 30, 50]).predict([[0.0], [1.0]]).round(2)
    array([ 2., 40.])
    """

    link = LINKS["log"]
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


@dataclass(unsafe_hash=True)
class Tweedie(Loss):
    """Half the deviance of Tweedie's distribution, whose variance is ``mean**power``; log link.

    For y >= 0, or y > 0 with a power from 2; y is divided by its mean first.

    Parameters
    ----------
    power : float >= 1, default=1.5
        With a power between 1 and 2, y may have exact zeros. ``Tweedie(1)`` is `Poisson`,
        ``Tweedie(2)`` is `Gamma`.

    Examples
    --------
    >>> from sklearn_shallow import ShallowNetRegressor, Tweedie
    >>> net = ShallowNetRegressor((), loss=Tweedie(1.9), solver="lbfgs", alpha=0, tol=1e-9)
    >>> net.fit([[0.0], [0.0], [1.0], [1.0]], [0, 4, 30, 50]).predict([[0.0], [1.0]]).round(2)
    array([ 2., 40.])
    >>> Tweedie(power=1)
    Poisson()
    """

    power: float = 1.5

    link = LINKS["log"]
    standardization = "size"

    def __new__(cls, power=1.5):
        return {1: Poisson, 2: Gamma}[power]() if power in (1, 2) else super().__new__(cls)

    def __post_init__(self):
        check_number("power", self.power, low=1, closed="left")
        self.domain = Domain(low=0.0, closed="both" if self.power < 2 else "neither")

    def terms(self, Y, raw):
        p = raw.dtype.type(self.power)
        ends = Y ** (2 - p) / ((1 - p) * (2 - p))
        return ends - Y * np.exp((1 - p) * raw) / (1 - p) + np.exp((2 - p) * raw) / (2 - p)

    def gradient(self, Y, raw, out):
        p = raw.dtype.type(self.power)
        return np.subtract(np.exp((2 - p) * raw), Y * np.exp((1 - p) * raw), out=out)

    def curvature(self, Y, raw):
        return np.exp((2 - raw.dtype.type(self.power)) * raw)
