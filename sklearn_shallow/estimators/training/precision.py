"""The precision of a fit, single or double.

Convention
----------
X : ndarray or CSR, as the user gave it, nan where a value is missing
"""

import numpy as np
from scipy import sparse

from sklearn_shallow.utils.rows import blocks

CANONICAL_ROWS = 2000  # beyond this a fit does not depend on rounding, and ordering takes time
SAFE_IN_SINGLE = 1e6  # numbers whose products and their squares stay far from its limits
TINY_IN_SINGLE = 1e-30  # less is soon zero


def precision(settings, X, target, *, full_batch):
    """Return the dtype to compute in.

    Rounding is what limits a full-batch solver, so it gets double, unless the samples are many and
    X is in single; the noise of mini-batches is far above the rounding of single.
    """
    asked = getattr(settings.solver, "dtype", None)
    if asked is not None:
        return np.dtype(asked).type
    if full_batch:
        large = X.shape[0] > CANONICAL_ROWS
        return np.float32 if large and X.dtype == np.float32 else np.float64
    safe = settings.standardize or largest_size(X) < SAFE_IN_SINGLE
    fits = target.largest < SAFE_IN_SINGLE and not 0 < target.largest < TINY_IN_SINGLE
    return np.float32 if safe and fits else np.float64


def largest_size(X):
    """Return the largest absolute value, of a block after the other."""
    values = (X.data,) if sparse.issparse(X) else (X[rows] for rows in blocks(X))
    return max(np.nanmax(np.abs(some), initial=0) for some in values)
