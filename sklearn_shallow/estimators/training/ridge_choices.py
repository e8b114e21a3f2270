"""Choices by ridge regressions, compared by the log-likelihood of leave-one-out predictions.

- *Compression of columns with heavy tails.* A sum of such columns, such as a total of amounts, is
  not a smooth function of their logarithms. For labels it makes no difference.
- *Influence of rare columns of sparse X*, such as terms. A column is divided by a power of its root
  mean square (see `CommonScale`). How much rare terms should count depends on the text: for topics
  of many words little, for hashed characters or plain counts, where a few columns make up most of
  the length of a row, much. The evidence of networks does not tell the power.
"""

from copy import deepcopy
from dataclasses import replace

import numpy as np
from scipy import sparse

from sklearn_shallow.estimators.parameters.settings import is_auto
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.input_steps import MAX_PREDICTORS
from sklearn_shallow.estimators.training.log import logger
from sklearn_shallow.inputs.ridge import errors_left_out
from sklearn_shallow.utils.rows import even_sample
from sklearn_shallow.utils.threads import one_blas_thread_each

MIN_ERROR = 1e-3  # mean squared error of ridge regressions that counts as noise; y has variance 1
RARE_POWER = 0.5  # tried beside the usual power
MIN_SAMPLES_OF_RARE = 100
MAX_SAMPLES_OF_RARE = 800  # of a ridge regression, which takes 0.2 s
# Minimum gains of the log-likelihood
MARGIN_OF_PLAIN = 10.0  # no compression: a misplaced decimal point would have a large effect
MARGIN_OF_RARE = 10.0


def with_compression_chosen(settings, samples, target):
    """Return the settings, without compression if ridge regressions on the uncompressed numbers
    are far better."""
    if target.loss.standardization not in ("mean", "median"):
        return settings
    plain = replace(settings, compresses=False)
    try:
        compressed = data_for_ridge(settings, samples, target)
        inputs = compressed.inputs
        if not len(inputs.compression) or inputs.n_columns > MAX_PREDICTORS:
            return settings
        of_plain = data_for_ridge(plain, samples, target)
        gain = log_probability_left_out(of_plain) - log_probability_left_out(compressed)
    except ValueError:  # for example, a target has few known values
        return settings
    return plain if gain > MARGIN_OF_PLAIN else settings


def with_rarity_chosen(settings, samples, target, last):
    """Return the settings with the power of the root mean square by which columns are divided.

    Parameters
    ----------
    last : FittedNetwork or None
        The network to continue with, which keeps its power.
    """
    n_samples = samples.X.shape[0]
    is_open = is_auto(settings.standardize) and settings.decay is None
    is_default = is_open and settings.solver.takes_batches and sparse.issparse(samples.X)
    if not is_default or last is not None or n_samples < MIN_SAMPLES_OF_RARE:
        return settings
    some = samples.take(even_sample(n_samples, MAX_SAMPLES_OF_RARE))._replace(numbers=None)
    rare = replace(settings, rarity_power=RARE_POWER)
    try:
        usual, other = (data_for_ridge(one, some, target) for one in (settings, rare))
    except ValueError:  # for example, a target has few known values
        return settings
    gain = log_probability_left_out(other) - log_probability_left_out(usual)
    if gain <= MARGIN_OF_RARE:
        return settings
    if settings.verbose:
        logger.info("ridge regressions: more influence for rare columns")
    return rare


def data_for_ridge(settings, samples, target):
    """Return the data of a ridge regression on the input columns of a network."""
    return TrainingData.of(settings.for_one_run(on_columns=True), samples, deepcopy(target))


@one_blas_thread_each()
def log_probability_left_out(data):
    """Return the log-likelihood of leave-one-out predictions by ridge regressions on the columns,
    at the best noise, up to a constant; 0 if no sample has all targets."""
    rows = data.rows
    known = ~np.isnan(rows.Y).any(axis=1)
    if not known.any():
        return 0.0
    X, Y = (part[known].astype(np.float64) for part in (rows.X, rows.Y))
    weight = None if rows.weight is None else rows.weight[known]
    errors = errors_left_out(X[:, :-1], Y, weight)
    return -len(Y) / 2 * np.log(errors + MIN_ERROR).sum()
