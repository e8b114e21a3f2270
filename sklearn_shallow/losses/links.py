"""Links of generalised linear models, between the predicted mean and the raw output.

Convention
----------
raw, mean : ndarray of shape (n_rows, n_outputs); raw is the output layer of the network, and
``raw = link(mean)``, ``mean = inverse(raw)``. ``out`` may be raw.
name, activation : the name of the link, and of its inverse as the activation of the output layer
operations : the steps of the inverse, for export

Losses do without the logarithm of a probability, and nothing is clipped.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, log_softmax, logit, logsumexp

from sklearn_shallow.utils import operations as ops

SMALL = 0.1  # mean in place of one that is not positive; a raw output far below is hardly trained
PROBIT = np.pi / 8  # the logistic function of z is about Phi(sqrt(PROBIT) z)
TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class IdentityLink:
    """``mean = raw``."""

    name = activation = "identity"
    operations = ()

    def link(self, mean):
        """Return the raw output of a constant mean, (n_outputs,)."""
        return mean

    def inverse(self, raw, out):
        """Return the mean, written into `out`."""
        if out is not raw:
            np.copyto(out, raw)
        return out

    def chain(self, d_mean, mean):
        """Return the gradient with respect to raw, made in place of that with respect to the
        mean."""
        return d_mean


@dataclass(frozen=True)
class LogLink:
    """``mean = exp(raw)``."""

    name, activation = "log", "exp"
    operations = (ops.Activate("exp"),)

    def link(self, mean):
        return np.log(np.where(mean > 0, mean, SMALL))

    def inverse(self, raw, out):
        return np.exp(raw, out=out)

    def chain(self, d_mean, mean):
        d_mean *= mean
        return d_mean


@dataclass(frozen=True)
class LogitLink:
    """``mean = 1 / (1 + exp(-raw))``, each output by itself."""

    name, activation = "logit", "logistic"
    operations = (ops.Activate("logistic"),)

    def link(self, mean):
        return logit(np.clip(mean, TINY, 1 - np.finfo(np.float64).epsneg))

    def inverse(self, raw, out):
        return expit(raw, out=out)

    def chain(self, d_mean, mean):
        d_mean *= mean
        d_mean *= 1 - mean
        return d_mean

    def log_inverse(self, raw):
        """Return the logarithm of the mean."""
        return log_expit(raw)

    def average(self, raws):
        """Return the raw output whose mean is the average of the means of several raw outputs."""
        log_odds = [np.logaddexp.reduce([log_expit(s * raw) for raw in raws]) for s in (1, -1)]
        return np.subtract(*log_odds)

    def moderated(self, raw, V):
        """Return the raw output whose mean is about the expected mean for normal errors of raw.

        Spiegelhalter & Lauritzen 1990 (Networks 20), MacKay 1992 (Neural Computation 4).

        Parameters
        ----------
        V : ndarray of shape (n_rows, n_outputs, n_outputs), the covariance of every row of raw
        """
        return raw / np.sqrt(1 + PROBIT * np.einsum("ikk->ik", V))


@dataclass(frozen=True)
class SoftmaxLink:
    """``mean = exp(raw) / sum(exp(raw))`` over the outputs of a row: the multinomial logit."""

    name = activation = "softmax"
    operations = (ops.Softmax(),)

    def link(self, mean):
        return np.log(np.maximum(mean, TINY))

    def inverse(self, raw, out):
        # ufunc.reduce has less overhead than the methods of arrays: it shows in small batches.
        np.subtract(raw, np.maximum.reduce(raw, axis=1, keepdims=True), out=out)
        np.exp(out, out=out)
        out /= np.add.reduce(out, axis=1, keepdims=True)
        return out

    def chain(self, d_mean, mean):
        d_mean -= np.sum(d_mean * mean, axis=1, keepdims=True)
        d_mean *= mean
        return d_mean

    def log_inverse(self, raw):
        return log_softmax(raw, axis=1)

    def average(self, raws):
        return np.logaddexp.reduce([self.log_inverse(raw) for raw in raws])

    def moderated(self, raw, V):
        """Return raw with moderated differences of its outputs: the mean depends on these only.

        See `LogitLink` and Lu, Ie & Sha 2020.
        """
        variance = np.einsum("ikk->ik", V)
        variance = variance[:, :, np.newaxis] + variance[:, np.newaxis] - 2 * V
        differences = raw[:, np.newaxis] - raw[:, :, np.newaxis]
        differences /= np.sqrt(1 + PROBIT * np.maximum(variance, 0))
        return -logsumexp(differences, axis=2)


@dataclass(frozen=True)
class OrderedLink:
    """Means in groups that increase from left to right for every raw.

    One mean of a group equals raw; to its right, each mean is its left neighbour plus
    ``log(1 + exp(raw))``, to its left, each is its right neighbour minus ``log(1 + exp(raw))``.

    Parameters
    ----------
    size : int, outputs per group
    base : int, index in a group of the output whose mean equals raw
    """

    size: int
    base: int
    name = activation = "ordered"

    @property
    def operations(self):
        return (ops.Ordered(self.size, self.base),)

    def link(self, mean):
        raw = mean.astype(float)
        for first, base, last in self._groups(len(mean)):
            for k in range(base + 1, last):
                raw[k] = inverse_softplus(mean[k] - mean[k - 1])
            for k in range(base - 1, first - 1, -1):
                raw[k] = inverse_softplus(mean[k + 1] - mean[k])
        return raw

    def inverse(self, raw, out):
        for first, base, last in self._groups(raw.shape[1]):
            if out is not raw:
                out[:, base] = raw[:, base]
            for k in range(base + 1, last):
                np.add(out[:, k - 1], -log_expit(-raw[:, k]), out=out[:, k])
            for k in range(base - 1, first - 1, -1):
                np.add(out[:, k + 1], log_expit(-raw[:, k]), out=out[:, k])
        return out

    def chain(self, d_mean, mean):
        for first, base, last in self._groups(mean.shape[1]):
            for k in range(last - 1, base, -1):  # the slope of log(1 + exp) is 1 - exp(-value)
                d_mean[:, k - 1] += d_mean[:, k]
                d_mean[:, k] *= -np.expm1(mean[:, k - 1] - mean[:, k])
            for k in range(first, base):
                d_mean[:, k + 1] += d_mean[:, k]
                d_mean[:, k] *= np.expm1(mean[:, k] - mean[:, k + 1])
        return d_mean

    def _groups(self, n_outputs):
        for first in range(0, n_outputs, self.size):
            yield first, first + self.base, first + self.size


def inverse_softplus(value):
    """Return x with ``log(1 + exp(x)) = value``; values near zero count as 1e-3."""
    value = max(value, 1e-3)
    return value + np.log(-np.expm1(-value))


LINKS = {link.name: link for link in (IdentityLink(), LogLink(), LogitLink(), SoftmaxLink())}


def link_of(loss):
    """Return the link of a loss, which may declare it by name."""
    return LINKS[loss.link] if isinstance(loss.link, str) else loss.link
