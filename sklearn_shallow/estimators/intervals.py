"""Prediction intervals between quantiles."""

from numbers import Real

import numpy as np

CLOSE = 1e-6  # between a quantile and the bound of an interval


def check_coverage(coverage):
    """Check the probability that y is within an interval."""
    if not (isinstance(coverage, Real) and 0 < coverage < 1):
        raise ValueError(f"coverage={coverage!r} must be a number between 0 and 1: 0.9.")


def quantiles_of_interval(net, levels, coverage):
    """Return the places of the quantiles of an interval among those that were fitted."""
    wanted = (1 - coverage) / 2, (1 + coverage) / 2
    pair = f"quantile=[{wanted[0]:.6g}, {wanted[1]:.6g}]"
    if not len(levels):
        raise ValueError(
            f"predict_interval needs a fit with posterior='laplace', or one with loss='quantile', "
            f"{pair}; this one has loss={net.loss!r} and posterior={net.posterior!r}. Set one of "
            "the two, and call fit."
        )
    distances = np.abs(np.subtract.outer(wanted, levels))
    if distances.min(axis=1).max() > CLOSE:
        fitted = ", ".join(f"{level:.6g}" for level in levels)
        raise ValueError(
            f"coverage={coverage!r} needs the quantiles {wanted[0]:.6g} and {wanted[1]:.6g}, and "
            f"the fit has {fitted}. Fit with {pair}, or more that include them."
        )
    return distances.argmin(axis=1)
