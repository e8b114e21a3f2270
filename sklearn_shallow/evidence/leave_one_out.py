"""The loss of rows that are left out, and what it says of the decay of few rows of many features.

With more features than rows a network fits all labels, however little can be known of them. So for
a log-likelihood the noise that sets the decay lies half way between what the fit leaves open and 1,
see `evidence.influence`. That is too much where rows that were left out are predicted with
confidence too.
"""

import numpy as np

from sklearn_shallow.evidence.posterior import laplace

SURE_SHARE = 0.25  # of the loss of a constant
LEAST_FACTOR = 0.1
FEW_ROWS = 300  # more of them let the decay of the fixed point be right
MOST_OUTPUTS = 1000  # of all rows, the size of a matrix that takes as long as the fit


def weakened(suggested, objective, theta):
    """Return the objective with the decay that it suggests, and less where labels are sure.

    With s the loss of rows that are left out over that of a constant, the decay is multiplied by
    ``(s / 0.25)**2``, 0.1 at least, where that is below 1.

    Parameters
    ----------
    suggested, objective : Objective, with the decay suggested at theta and with the present one
    """
    n_rows = objective.total_weight
    is_small = n_rows < FEW_ROWS and n_rows * objective.Y.shape[1] <= MOST_OUTPUTS
    if not (objective.loss.is_likelihood and is_small):
        return suggested
    factor = np.clip((share_left_out(objective, theta) / SURE_SHARE) ** 2, LEAST_FACTOR, 1)
    return suggested.with_alpha(suggested.alpha * float(factor), suggested.relevance)


def share_left_out(objective, theta):
    """Return the loss of the rows, each left out of the linearised network, divided by that of a
    constant, the mean raw output; 1 at most."""
    _, mean = objective.loss_and_mean_raw(theta)
    most = objective.loss_of_constant(mean)
    try:
        loss = -laplace(objective, theta, None, "unit").loo_score
    except ValueError:  # a curvature that is singular says nothing
        return 1.0
    return loss / most if 0 <= loss < most else 1.0
