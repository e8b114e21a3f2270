"""Links and losses on the raw output of a network.

Convention
----------
Y, raw, mean : ndarray of shape (n_rows, n_outputs). Y is encoded and has the dtype of raw; raw is
the output layer before the link, mean = link(raw). A loss returns one value per row, the sum over
the outputs; its gradient is with respect to raw and is written into ``out``, which may be raw.

No logarithm of a probability is ever taken and nothing is clipped.
"""

import numpy as np
from scipy.special import expit, log_expit, log_softmax

__all__ = ["LINKS", "LOSSES"]


class Identity:
    """``mean = raw``."""

    name = "identity"

    def mean(self, raw, out):
        if out is not raw:
            np.copyto(out, raw)
        return out

    def pull_back(self, d_mean, mean):
        """Turn the gradient with respect to the mean into that with respect to raw, in place."""
        return d_mean


class Logistic:
    """``mean = 1 / (1 + exp(-raw))``, each output by itself."""

    name = "logistic"

    def mean(self, raw, out):
        return expit(raw, out=out)

    def log_mean(self, raw):
        return log_expit(raw)

    def pull_back(self, d_mean, mean):
        d_mean *= mean
        d_mean *= 1 - mean
        return d_mean


class Softmax:
    """``mean = exp(raw) / sum(exp(raw))`` over the outputs of a row."""

    name = "softmax"

    def mean(self, raw, out):
        # The ufuncs' own reductions: those of the array wrap them, which shows on a small batch.
        np.subtract(raw, np.maximum.reduce(raw, axis=1, keepdims=True), out=out)
        np.exp(out, out=out)
        out /= np.add.reduce(out, axis=1, keepdims=True)
        return out

    def log_mean(self, raw):
        return log_softmax(raw, axis=1)

    def pull_back(self, d_mean, mean):
        d_mean -= np.sum(d_mean * mean, axis=1, keepdims=True)
        d_mean *= mean
        return d_mean


LINKS = {link.name: link for link in (Identity(), Logistic(), Softmax())}


class Binomial:
    """``log(1 + exp(raw)) - y raw``, summed over outputs; logistic link; 0 <= y <= 1."""

    link = LINKS["logistic"]

    def value(self, Y, raw):
        # max(raw, 0) - y raw is exact for y in {0, 1}; the rest is positive and at most log 2.
        return (np.maximum(raw, 0) - Y * raw + np.log1p(np.exp(-np.abs(raw)))).sum(axis=1)

    def gradient(self, Y, raw, out):
        return np.subtract(self.link.mean(raw, out=out), Y, out=out)


class Multinomial:
    """``log(sum(exp(raw))) - sum(y raw)``; softmax link; the rows of Y sum to 1."""

    link = LINKS["softmax"]

    def value(self, Y, raw):
        shifted = raw - raw.max(axis=1, keepdims=True)
        return np.log(np.exp(shifted).sum(axis=1)) - (Y * shifted).sum(axis=1)

    def gradient(self, Y, raw, out):
        return np.subtract(self.link.mean(raw, out=out), Y, out=out)


class SquaredError:
    """``sum((mean - y)**2)``, the L2 loss of the seed; any link."""

    def __init__(self, link):
        self.link = link

    def value(self, Y, raw):
        residual = self.link.mean(raw, out=np.empty_like(raw))
        residual -= Y
        residual *= residual
        return residual.sum(axis=1)

    def gradient(self, Y, raw, out):
        mean = self.link.mean(raw, out=np.empty_like(raw))
        np.subtract(mean, Y, out=out)
        out *= 2
        return self.link.pull_back(out, mean)


class AbsoluteError:
    """``sum(abs(mean - y))``, the L1 loss of the seed; any link."""

    def __init__(self, link):
        self.link = link

    def value(self, Y, raw):
        residual = self.link.mean(raw, out=np.empty_like(raw))
        residual -= Y
        return np.abs(residual, out=residual).sum(axis=1)

    def gradient(self, Y, raw, out):
        mean = self.link.mean(raw, out=np.empty_like(raw))
        np.subtract(mean, Y, out=out)
        np.sign(out, out=out)
        return self.link.pull_back(out, mean)


LOSSES = {
    "log_loss": {"logistic": Binomial(), "softmax": Multinomial()},
    "squared_error": {name: SquaredError(link) for name, link in LINKS.items()},
    "absolute_error": {name: AbsoluteError(link) for name, link in LINKS.items()},
}
