"""A feature of many categories as the mean of the target in each, shrunk towards the mean of all.

In training, the target of a sample must not be in the mean that stands for its category: the
network would trust the means of rare categories, which know the target of every sample that they
are the mean of. So the samples are divided into folds, and each sees the means of the others
(cross-fitting). What stands for the categories in a fold are further codes: the code of a sample in
training tells its category and its fold.

Convention
----------
codes : ndarray of shape (n_rows,), int
Y : ndarray of shape (n_rows, n_outputs), the encoded target, nan where it is not known
weight : ndarray of shape (n_rows,), positive, or None
"""

import numpy as np

N_FOLDS = 5


def shrunk_means(codes, Y, weight, n_codes):
    """Return the mean of each output in each category, of shape (n_codes, n_outputs).

    As a random effect has it: a category of weight n counts ``n / (n + s^2 / t^2)``, the mean of
    all the rest, s^2 the variance within the categories and t^2 that between them, by moments. One
    that does not occur has the mean of all, and so have all if they do not differ by more than s^2
    explains, as where each occurs once.

    Source: Searle, Casella & McCulloch 1992, Variance Components, sections 3.6 and 7.4; the target
    encoding of Micci-Barreca 2001, equation 5.
    """
    return np.column_stack([_shrunk_means(codes, y, weight, n_codes) for y in Y.T])


def _shrunk_means(codes, y, weight, n_codes):
    known = ~np.isnan(y)
    codes, y = codes[known], y[known].astype(np.float64)
    weight = np.ones(len(y)) if weight is None else weight[known]
    total = weight.sum()
    if not total > 0:
        return np.zeros(n_codes)
    mean = weight @ y / total
    size = np.bincount(codes, weight, n_codes)
    effect = np.bincount(codes, weight * (y - mean), n_codes)
    effect /= np.where(size > 0, size, 1)
    within = weight @ (y - mean - effect[codes]) ** 2
    degrees, between = total - np.count_nonzero(size), size @ effect**2
    if not degrees > 0:
        return np.full(n_codes, mean)
    noise = within / degrees
    spread = between - (np.count_nonzero(size) - 1) * noise
    signal = max(0.0, spread) / (total - size @ size / total)
    return mean + effect * size * signal / np.maximum(size * signal + noise, np.finfo(float).tiny)


def means_in_folds(codes, Y, weight, n_codes):
    """Return codes that also tell the fold of a sample, and what stands for these.

    Returns
    -------
    codes : ndarray of shape (n_rows,), int
        The former ones plus ``n_codes`` times the number of the fold.
    table : ndarray of shape (N_FOLDS * n_codes, n_outputs)
        The means in the categories without the samples of the fold.
    """
    fold = np.random.default_rng(0).permutation(np.arange(len(codes)) % N_FOLDS)
    tables = []
    for number in range(N_FOLDS):
        other = fold != number
        of_other = None if weight is None else weight[other]
        tables.append(shrunk_means(codes[other], Y[other], of_other, n_codes))
    return codes + n_codes * fold, np.vstack(tables)
