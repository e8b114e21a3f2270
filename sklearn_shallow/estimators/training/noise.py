"""The noise of several targets, relative to each other: one decay is for all."""

import numpy as np

from sklearn_shallow.losses.labels import LogLoss
from sklearn_shallow.losses.residuals import SquaredError

LEAST_NOISE = 1e-2  # of a target, in its variance: less is hardly known
LEAST_LEARNT = 1e-2  # of a label, as a part of a constant's loss
UNEQUAL_NOISE = 1.25  # of a target, from which on its scale, or weight, allows for it


def noise_of_targets(held_out, theta, mean):
    """Return the noise of every target, relative to the least; None where all are alike, or errors
    have another measure than squares and the log-loss of several labels.

    On samples that the network has not seen, it is the root mean square of what is left of a
    target, divided by its spread. The square of that of a label is the inverse of the part of the
    log-loss of a constant, the mean raw output, that is not left.
    """
    loss, Y = held_out.loss, held_out.Y
    of_labels = type(loss) is LogLoss
    if not (of_labels or isinstance(loss, SquaredError)) or Y.shape[1] == 1:
        return None
    if of_labels:
        left = held_out.total(losses_left, theta)
        most = losses_left(held_out, np.full_like(Y, mean), Y, held_out.sample_weight)
    else:
        left, most = held_out.total(squares_left, theta)
    share = np.divide(left, most, out=np.ones_like(left), where=most > 0)
    if of_labels:
        square = 1 / np.clip(1 - share, LEAST_LEARNT, 1)
    else:
        square = np.clip(share, LEAST_NOISE, 1)
    noise = np.sqrt(square / square.min())
    return noise if noise.max() > UNEQUAL_NOISE else None


def squares_left(objective, raw, Y, weight):
    """Return the sums over a block of rows of the squared residuals, and of the squared targets,
    (2, n_outputs)."""
    weight = np.ones(len(Y)) if weight is None else weight
    return np.array([weight @ np.nan_to_num(part) ** 2 for part in (raw - Y, Y)])


def losses_left(objective, raw, Y, weight):
    """Return the sums over a block of rows of the losses, (n_outputs,)."""
    weight = np.ones(len(Y)) if weight is None else weight
    return weight @ np.where(np.isnan(Y), 0, objective.loss.terms(np.nan_to_num(Y), raw))
