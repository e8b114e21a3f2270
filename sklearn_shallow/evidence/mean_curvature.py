"""A mean curvature for losses whose own is zero or negative, for the evidence.

The second derivative of the absolute error and of the pinball loss is zero except at the kink, that
of a bounded loss is partly negative. As in M-estimation, it is replaced by that of the expected
loss (Huber 1967, 5th Berkeley Symposium 1), which for the pinball loss is the density of the
residuals at zero (Koenker & Bassett 1978, Econometrica 46). The estimate is the mean, over the
rows, of the change of the gradient from one side of the raw output to the other; at a kink, this is
a kernel estimate of the density.
"""

import numpy as np

from sklearn_shallow.losses.base import WrappedLoss
from sklearn_shallow.losses.links import link_of
from sklearn_shallow.solvers.lbfgs import SMOOTHING_WIDTHS, typical_deviation
from sklearn_shallow.utils.statistics import NORMAL_IQR, weighted_quantile

LEAST_CHANGE = 1e-3  # of the size of the gradient, where it falls in the mean: no more than a trace
TINY = 1e-100  # so that no quotient is of zeros


class MeanCurvature(WrappedLoss):
    """A loss with one curvature per output, the same for all rows."""

    def __init__(self, loss, curvatures):
        super().__init__(loss)
        self.curvatures = curvatures

    def terms(self, Y, raw):
        return self.loss.terms(Y, raw)

    def gradient(self, Y, raw, out):
        return self.loss.gradient(Y, raw, out=out)

    def curvature(self, Y, raw):
        return np.broadcast_to(self.curvatures.astype(raw.dtype), raw.shape)


def with_curvature(objective, theta):
    """Return the objective with a loss that has a curvature: unchanged if its own loss has one."""
    if objective.loss.has_curvature:
        return objective
    curvatures = mean_curvatures(objective, raw_of(objective, theta))
    return objective.with_loss(MeanCurvature(objective.loss, curvatures))


def mean_curvatures(objective, raw):
    """Return the curvature of every output, (n_outputs,), positive."""
    Y, weight = objective.Y, objective.sample_weight
    widths = bandwidths(link_of(objective.loss), Y, raw, weight)
    weight = np.ones(len(Y)) if weight is None else weight
    known = weight @ ~np.isnan(Y)
    curvatures = np.empty(len(widths))
    for k, width in enumerate(widths):
        above, below = (_slopes(objective, raw, k, step) for step in (width, -width))
        size = weight @ np.abs(above)
        change = max(weight @ (above - below) / 2, LEAST_CHANGE * size)
        curvatures[k] = max(change / (width * max(known[k], TINY)), TINY)
    return curvatures


def _slopes(objective, raw, k, step):
    """Return the gradient with respect to output k, at a given distance from raw."""
    moved = raw.copy()
    moved[:, k] += raw.dtype.type(step)
    return objective.loss_gradient(objective.Y, moved, out=moved)[:, k].astype(np.float64)


def smoothed(objective, theta, free):
    """Return the objective with a parabola in place of the kink of its loss.

    The width corrects for overfitting. If a fraction `free` of the targets is not determined by the
    parameters, the variance of the training residuals is that fraction of the noise, so that outer
    quantiles would be too close. The loss with the parabola is the mean of the exact loss over a
    uniform distribution of the residual, which has the missing variance.
    """
    raw = raw_of(objective, theta)
    spread = spreads(link_of(objective.loss), objective.Y, raw, objective.sample_weight)
    least = SMOOTHING_WIDTHS[-1] * typical_deviation(objective.Y)
    width = np.maximum(spread * np.sqrt(3 * (1 / free - 1)), least)
    return objective.with_loss(objective.loss.smoothed(width.astype(raw.dtype)))


def raw_of(objective, theta):
    """Return the raw output of all samples."""
    return np.asfortranarray(np.vstack([raw for raw, *_ in objective.outputs(theta)]))


def bandwidths(link, Y, raw, weight):
    """Return the distance to either side of raw at which slopes are taken, per output.

    For raw in units of y it is proportional to the spread of the residuals, about as in Silverman
    1986, 3.31. Otherwise raw is a logarithm, and 1 is a large distance.
    """
    has_unit = link.name in ("identity", "ordered")
    spread = spreads(link, Y, raw, weight) if has_unit else np.ones(Y.shape[1])
    return np.where(spread > 0, spread, 1.0) * len(Y) ** -0.2


def spreads(link, Y, raw, weight):
    """Return the spread of the residuals, per output."""
    residual = link.inverse(raw, out=np.empty_like(raw)) - Y
    low, high = weighted_quantile(residual, [0.25, 0.75], weight)
    return np.where(high > low, (high - low) / NORMAL_IQR, np.nanstd(residual, axis=0))
