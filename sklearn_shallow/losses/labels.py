"""The log-loss of labels.

Convention
----------
As in `losses.base`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from sklearn_shallow.losses.base import Domain, Loss, WrappedLoss
from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.utils.numbers import check_number

TRACE = {char: np.asarray(1e-20, char) for char in "fd"}  # scale of negligible probabilities


def without_traces(p):
    """Return probabilities; those that are lost in rounding beside `TRACE` become zero, in place.

    Subnormal numbers would make the products of the backward pass slow, see `UpdateRule`.
    """
    trace = TRACE[p.dtype.char]
    p += trace
    p -= trace
    return p


@dataclass(unsafe_hash=True)
class LogLoss(Loss):
    """The log-loss, minus the logarithm of the probability of the true labels.

    For two classes, and for every label of a multilabel y, it is ``log(1 + exp(raw)) - y raw``,
    with the logit link; for three or more classes ``log(sum(exp(raw))) - sum(y raw)``, with
    softmax.

    Parameters
    ----------
    smoothing : float in [0, 1), default=0.0
        Fraction of every label that is spread evenly over all classes in training (Szegedy et al.
        2016, CVPR). Validation and `score` use the labels without smoothing.

    Examples
    --------
    >>> from sklearn_shallow import LogLoss, ShallowNetClassifier
    >>> net = ShallowNetClassifier((), loss=LogLoss(smoothing=0.2), solver="lbfgs", alpha=0)
    >>> net.fit([[0.0], [1.0]], ["no", "yes"]).predict_proba([[1.0]]).round(2)
    array([[0.1, 0.9]])
    """

    smoothing: float = 0.0

    link = LINKS["logit"]
    domain = Domain(0.0, 1.0)
    is_likelihood = True
    noise = "temperature"

    def __post_init__(self):
        check_number("smoothing", self.smoothing, low=0, high=1, closed="left")

    def terms(self, Y, raw):
        # max(raw, 0) - y raw is exact for y in {0, 1}; the rest is positive and at most log 2.
        return np.maximum(raw, 0) - Y * raw + np.log1p(np.exp(-np.abs(raw)))

    def gradient(self, Y, raw, out):
        return np.subtract(without_traces(self.link.inverse(raw, out=out)), Y, out=out)

    def curvature(self, Y, raw):
        return expit(raw) * expit(-raw)

    def on(self, link):
        return Multinomial(self.smoothing) if link == LINKS["softmax"] else super().on(link)


class Multinomial(LogLoss):
    """``log(sum(exp(raw))) - sum(y raw)``; the rows of Y sum to 1."""

    link = LINKS["softmax"]

    def terms(self, Y, raw):
        shifted = raw - np.maximum.reduce(raw, axis=1, keepdims=True)
        value = np.log(np.add.reduce(np.exp(shifted), axis=1))
        value -= np.add.reduce(Y * shifted, axis=1)
        return value[:, np.newaxis]

    def curvature(self, Y, raw):
        return None

    def hessian_roots(self, Y, raw):
        """Return the columns of the Cholesky factor of ``diag(p) - p p'``, one for every class but
        the last (Tanabe & Sagae 1992, Journal of the Royal Statistical Society B 54).
        """
        p = self.link.inverse(raw, out=np.empty_like(raw))
        left = np.maximum(np.cumsum(p[:, ::-1], axis=1)[:, ::-1], np.finfo(p.dtype).tiny)
        for k in range(p.shape[1] - 1):
            of_left, after = np.sqrt(p[:, k] / left[:, k]), np.sqrt(left[:, k + 1])
            root = np.zeros_like(p)
            root[:, k] = of_left * after
            root[:, k + 1 :] = p[:, k + 1 :] * (-of_left / after)[:, np.newaxis]
            yield root

    def hessian_product(self, Y, raw):
        p = self.link.inverse(raw, out=np.empty_like(raw))

        def product(D):
            out = p * D
            out -= p * out.sum(axis=1, keepdims=True)
            return out

        return product


class WeightedLabels(WrappedLoss):
    """A loss of several labels, multiplied by the weight of each, (n_labels,)."""

    def __init__(self, loss, weights):
        super().__init__(loss)
        self.weights = weights

    def terms(self, Y, raw):
        return self.loss.terms(Y, raw) * self.weights.astype(raw.dtype)

    def gradient(self, Y, raw, out):
        out = self.loss.gradient(Y, raw, out=out)
        out *= self.weights.astype(out.dtype)
        return out

    def curvature(self, Y, raw):
        return self.loss.curvature(Y, raw) * self.weights.astype(raw.dtype)
