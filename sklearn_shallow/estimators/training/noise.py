"""The noise of several targets relative to each other, since they share one weight decay."""

import numpy as np

from sklearn_shallow.losses.labels import LogLoss
from sklearn_shallow.losses.residuals import AbsoluteError, Huber, SquaredError
from sklearn_shallow.utils.statistics import weighted_quantile

LEAST_NOISE = 1e-2  # of a target, in its variance: less is hardly known
LEAST_LEARNT = 1e-2  # of a label, as a part of a constant's loss
UNEQUAL_NOISE = 1.25  # of a target, from which on its scale, or weight, allows for it
LOSSES_OF_NUMBERS = SquaredError, AbsoluteError, Huber


def noise_of_targets(held_out, theta, mean):
    """Return the noise of every target relative to the smallest; None if all are similar, and for
    losses other than the log-loss of several labels and `LOSSES_OF_NUMBERS`.

    It is computed on held-out samples. For numbers it is the root mean square residual divided by
    the spread of the target, and for losses on which outliers have little effect, the median
    absolute residual divided by that of a constant. For a label, its square is the inverse of the
    fraction of the log-loss of a constant, the mean raw output, that the network has removed.
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
    if of_labels:
        square = 1 / np.clip(1 - share, LEAST_LEARNT, 1)
    else:
        square = np.clip(share, LEAST_NOISE, 1)
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
