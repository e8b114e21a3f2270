"""The noise of several targets relative to each other, since they share one weight decay."""

import numpy as np

from sklearn_shallow.losses.labels import LogLoss
from sklearn_shallow.losses.residuals import AbsoluteError, Huber, SquaredError
from sklearn_shallow.utils.statistics import weighted_quantile

MIN_NOISE = 1e-2  # minimum of the noise variance of a target over its variance
MIN_LEARNT = 1e-2  # minimum of the fraction of a constant's log-loss that is removed for a label
UNEQUAL_NOISE = 1.25  # ratio of the noise of two targets from which scales or weights differ
LOSSES_OF_NUMBERS = SquaredError, AbsoluteError, Huber


def noise_of_targets(held_out, theta, mean):
    """Return the noise of every target relative to the smallest; None if all are similar, and for
    losses other than the log-loss of several labels and `LOSSES_OF_NUMBERS`.

    The samples are held out. The noise of numbers is the root mean square residual divided by the
    standard deviation of the target; for losses on which outliers have little effect, the median
    absolute residual divided by that of a constant. The squared noise of a label is the inverse of
    the fraction of the log-loss of a constant, the mean raw output, that the network has removed.
    """
    loss, Y = held_out.loss, held_out.Y
    of_labels = type(loss) is LogLoss
    of_numbers = isinstance(loss, LOSSES_OF_NUMBERS) and loss.standardization is not None
    if not (of_labels or of_numbers) or Y.shape[1] == 1:
        return None
    if of_labels:
        left = held_out.total(losses_left, theta)
        most = losses_left(held_out, np.full_like(Y, mean), Y, held_out.sample_weight)
    elif isinstance(loss, SquaredError):
        left, most = held_out.total(squares_left, theta)
    else:
        residuals = np.concatenate([raw - Y for raw, Y, _ in held_out.outputs(theta)])
        left, most = (median_size(part, held_out.sample_weight) ** 2 for part in (residuals, Y))
    share = np.divide(left, most, out=np.ones_like(left), where=most > 0)
    square = 1 / np.clip(1 - share, MIN_LEARNT, 1) if of_labels else np.clip(share, MIN_NOISE, 1)
    noise = np.sqrt(square / square.min())
    return noise if noise.max() > UNEQUAL_NOISE else None


def median_size(part, weight):
    """Return the medians of the absolute values, (n_outputs,)."""
    return weighted_quantile(np.abs(part, dtype=np.float64), 0.5, weight)[0]


def squares_left(objective, raw, Y, weight):
    """Return the sums over a block of squared residuals and of squared targets, (2, n_outputs)."""
    weight = np.ones(len(Y)) if weight is None else weight
    return np.array([weight @ np.nan_to_num(part) ** 2 for part in (raw - Y, Y)])


def losses_left(objective, raw, Y, weight):
    """Return the sums over a block of rows of the losses, (n_outputs,)."""
    weight = np.ones(len(Y)) if weight is None else weight
    return weight @ np.where(np.isnan(Y), 0, objective.loss.terms(np.nan_to_num(Y), raw))
