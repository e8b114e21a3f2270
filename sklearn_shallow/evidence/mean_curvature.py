"""A mean curvature, for the evidence of losses whose second derivative is not positive.

The second derivative of the absolute error and of the pinball loss is zero except at the kink, that
of a bounded loss is partly negative. As in M-estimation, the second derivative of the expected loss
replaces it (Huber 1967, 5th Berkeley Symposium 1): for the pinball loss, the density of the
residuals at zero (Koenker & Bassett 1978, Econometrica 46). The estimate is a central difference of
the gradient, averaged over the rows; at a kink, this is a kernel estimate of the density.
"""

import numpy as np

from sklearn_shallow.losses.base import WrappedLoss
from sklearn_shallow.losses.links import link_of
from sklearn_shallow.solvers.lbfgs import SMOOTHING_WIDTHS, typical_deviation
from sklearn_shallow.utils.statistics import NORMAL_IQR, weighted_quantile

MIN_CHANGE = 1e-3  # minimum difference of the gradients, as a fraction of their mean size
TINY = 1e-100  # lower bound of a denominator


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
    """Return the objective; if its loss has no curvature, with the mean curvature."""
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
        change = max(weight @ (above - below) / 2, MIN_CHANGE * size)
        curvatures[k] = max(change / (width * max(known[k], TINY)), TINY)
    return curvatures


def _slopes(objective, raw, k, step):
    """Return the gradient with respect to output k, at raw with this output moved by a step."""
    moved = raw.copy()
    moved[:, k] += raw.dtype.type(step)
    return objective.loss_gradient(objective.Y, moved, out=moved)[:, k].astype(np.float64)


def smoothed(objective, theta, free):
    """Return the objective with a parabola in place of the kink of its loss.

    The width corrects for overfitting: the variance of the training residuals is the fraction
    `free` of the noise, see `Estimate.free_part`, so that outer quantiles would be too close. The
    loss with the parabola is the mean of the exact loss over a uniform distribution of the
    residual, which has the missing variance.
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
    """Return the step of the central difference, per output.

    For raw in units of y the step is proportional to the spread of the residuals, about as in
    Silverman 1986, 3.31. Otherwise raw is a logarithm, whose spread is taken to be 1.
    """
    has_unit = link.name in ("identity", "ordered")
    spread = spreads(link, Y, raw, weight) if has_unit else np.ones(Y.shape[1])
    return np.where(spread > 0, spread, 1.0) * len(Y) ** -0.2


def spreads(link, Y, raw, weight):
    """Return the spread of the residuals, per output."""
    residual = link.inverse(raw, out=np.empty_like(raw)) - Y
    low, high = weighted_quantile(residual, [0.25, 0.75], weight)
    return np.where(high > low, (high - low) / NORMAL_IQR, np.nanstd(residual, axis=0))
