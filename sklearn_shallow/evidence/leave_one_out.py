"""The leave-one-out loss, and a factor of the decay for few rows with many features.

With more features than rows, a network can fit any labels. The noise of log-likelihoods, see
`evidence.influence`, is then too large if left-out rows are predicted with confidence, and too
small if their predictions are worse than a constant.
"""

import numpy as np

from sklearn_shallow.evidence.influence import influences
from sklearn_shallow.evidence.posterior import posterior_space

CONFIDENT_SHARE = 0.25  # loss over that of a constant, below which the decay is decreased
MIN_FACTOR, MAX_FACTOR = 0.1, 10.0
MAX_SAMPLES = 300  # with more samples, the decay of the fixed point needs no correction
MAX_MATRIX = 1000  # rows times outputs, the size of a matrix that takes as long as the fit


def is_adjusted(objective):
    """Return whether `adjusted` applies to an objective: to few rows of a log-likelihood."""
    n_rows = objective.total_weight
    is_small = n_rows < MAX_SAMPLES and n_rows * objective.Y.shape[1] <= MAX_MATRIX
    return objective.loss.is_likelihood and is_small


def adjusted(alpha, objective, theta):
    """Return the suggested decay, decreased for labels without noise and increased for networks
    worse than a constant.

    With s the leave-one-out loss over that of a constant, the decay is multiplied by
    ``(s / 0.25)**2`` if that is below 1, but by no less than 0.1. If ``t = s - 2 * error`` is above
    1, with the standard error of s, the decay is multiplied by ``t**8``, but by no more than 10.
    """
    if not is_adjusted(objective):
        return alpha
    share, error = share_left_out(objective, theta)
    factor = np.clip((share / CONFIDENT_SHARE) ** 2, MIN_FACTOR, 1)
    if share - 2 * error > 1:
        factor = min((share - 2 * error) ** 8, MAX_FACTOR)
    return alpha * float(factor)


def share_left_out(objective, theta):
    """Return the leave-one-out loss of the linearised network over the loss of a constant, the mean
    raw output, and the standard error of this ratio."""
    _, mean = objective.loss_and_mean_raw(theta)
    most = objective.loss_of_constant(mean)
    objective, n_rows = objective.in_double(), objective.total_weight
    left_out = squares = 0.0
    try:
        for rows in influences(posterior_space(objective, theta), objective):
            constant = objective.row_losses(rows.Y, np.broadcast_to(mean, rows.raw.shape))
            with np.errstate(over="ignore"):
                losses = objective.row_losses(rows.Y, rows.raw_without)
                left_out += float(rows.weight @ losses)
                squares += float(rows.weight @ (losses - constant) ** 2)
    except ValueError:  # the curvature is singular
        return 1.0, 0.0
    share = left_out / n_rows / most if most > 0 else 1.0
    if not 0 <= share < np.inf:
        return 1.0, 0.0
    variance = squares / n_rows / most**2 - (share - 1) ** 2
    return share, float(np.sqrt(max(variance, 0.0) / n_rows))
