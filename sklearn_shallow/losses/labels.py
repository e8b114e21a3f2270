"""Losses of labels.

Convention
----------
As in `losses.base`.
"""

import numpy as np
from scipy.special import expit

from sklearn_shallow.losses.base import Loss
from sklearn_shallow.losses.links import LINKS

__all__ = ["Binomial", "Multinomial"]

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
