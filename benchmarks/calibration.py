"""What is measured of probabilities, by several benchmarks.

Convention
----------
y : ndarray of int, shape (n_rows,), class numbers from 0
probability : ndarray of shape (n_rows, n_classes)
"""

import numpy as np

N_BINS = 10


def brier(y, probability):
    """Return the mean over the rows of the squared differences, summed over the classes."""
    return float(((probability - np.eye(probability.shape[1])[y]) ** 2).sum(axis=1).mean())


def calibration_error(y, probability):
    """Return the expected calibration error of the most probable class (Naeini, Cooper &
    Hauskrecht 2015), in bins of equal width."""
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == y
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    return float(np.abs(np.bincount(bins, right - confidence)).sum() / len(y))
