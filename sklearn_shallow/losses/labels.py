"""Losses of labels.

Convention
----------
As in `losses.base`.
"""

import numpy as np
from scipy.special import expit, log_expit, log_softmax

from sklearn_shallow.losses.base import Loss
from sklearn_shallow.losses.links import LINKS

__all__ = ["Binomial", "BinomialFocal", "Multinomial", "MultinomialFocal"]

TRACE = {char: np.asarray(1e-20, char) for char in "fd"}


def without_traces(p):
    """Make probabilities zero, in place, that are nothing beside `TRACE`; the others stay.

    Those near the smallest number would make all products of the backward pass slow, see
    `UpdateRule`.
    """
    trace = TRACE[p.dtype.char]
    p += trace
    p -= trace
    return p


class Binomial(Loss):
    """``log(1 + exp(raw)) - y raw``, summed over outputs; logistic link; 0 <= y <= 1."""

    link = LINKS["logistic"]
    is_likelihood = True

    def terms(self, Y, raw):
        # max(raw, 0) - y raw is exact for y in {0, 1}; the rest is positive and at most log 2.
        return np.maximum(raw, 0) - Y * raw + np.log1p(np.exp(-np.abs(raw)))

    def gradient(self, Y, raw, out):
        return np.subtract(without_traces(self.link.mean(raw, out=out)), Y, out=out)

    def curvature(self, Y, raw):
        return expit(raw) * expit(-raw)


class Multinomial(Loss):
    """``log(sum(exp(raw))) - sum(y raw)``; softmax link; the rows of Y sum to 1."""

    link = LINKS["softmax"]
    is_likelihood = True

    def value(self, Y, raw):
        shifted = raw - raw.max(axis=1, keepdims=True)
        return np.log(np.exp(shifted).sum(axis=1)) - (Y * shifted).sum(axis=1)

    def gradient(self, Y, raw, out):
        return np.subtract(without_traces(self.link.mean(raw, out=out)), Y, out=out)

    is_curved = True

    def directions(self, Y, raw):
        """Return the columns of ``diag(sqrt(p)) - p sqrt(p)'``, a root of ``diag(p) - p p'``."""
        p = self.link.mean(raw, out=np.empty_like(raw))
        roots = np.sqrt(p)
        for k in range(p.shape[1]):
            direction = -p * roots[:, k : k + 1]
            direction[:, k] += roots[:, k]
            yield direction

    def curvature_product(self, Y, raw):
        p = self.link.mean(raw, out=np.empty_like(raw))

        def product(D):
            out = p * D
            out -= p * out.sum(axis=1, keepdims=True)
            return out

        return product


class BinomialFocal(Loss):
    """``-y (1 - p)**gamma log p - (1 - y) p**gamma log(1 - p)``, Lin et al. 2017, eq. 4.

    With ``gamma=0`` it is `Binomial`.
    """

    link = LINKS["logistic"]

    def __init__(self, gamma=2.0):
        self.gamma = gamma

    def terms(self, Y, raw):
        log_p, log_q = log_expit(raw), log_expit(-raw)
        gamma = raw.dtype.type(self.gamma)
        return -Y * np.exp(gamma * log_q) * log_p - (1 - Y) * np.exp(gamma * log_p) * log_q

    def gradient(self, Y, raw, out):
        log_p, log_q, p, q = log_expit(raw), log_expit(-raw), expit(raw), expit(-raw)
        gamma = raw.dtype.type(self.gamma)
        one = np.exp(gamma * log_q) * (gamma * p * log_p - q)
        other = np.exp(gamma * log_p) * (gamma * q * log_q - p)
        return np.subtract(Y * one, (1 - Y) * other, out=out)


class MultinomialFocal(Loss):
    """``-sum(y (1 - p)**gamma log p)``, Lin et al. 2017 (ICCV), over the classes of a row.

    With ``gamma=0`` it is `Multinomial`.
    """

    link = LINKS["softmax"]

    def __init__(self, gamma=2.0):
        self.gamma = gamma

    def value(self, Y, raw):
        log_p = log_softmax(raw, axis=1)
        return -(Y * self._focus(log_p, self.gamma) * log_p).sum(axis=1)

    def gradient(self, Y, raw, out):
        log_p = log_softmax(raw, axis=1)
        p = np.exp(log_p)
        # (1 - p)**(gamma - 1) log p has a limit at p = 1, but its factors may not.
        q = np.maximum(-np.expm1(log_p), np.finfo(raw.dtype).tiny)
        rise = self.gamma * p * log_p / q - 1
        slope = Y * (self._focus(log_p, self.gamma) * rise)
        return np.subtract(slope, p * slope.sum(axis=1, keepdims=True), out=out)

    def _focus(self, log_p, gamma):
        return (-np.expm1(log_p)) ** log_p.dtype.type(gamma)
