"""Choice of the influence of rare columns of sparse X, such as terms, by ridge regressions.

A column is divided by a power of its root mean square (see `CommonScale`). How much rare terms
should count depends on the text: for topics of many words little, for hashed characters or plain
counts, where a few columns make up most of the length of a row, much. Ridge regressions on a sample
are compared by the log-likelihood of leave-one-out predictions. The evidence of networks does not
tell the power.
"""

from copy import deepcopy
from dataclasses import replace

from scipy import sparse

from sklearn_shallow.estimators.parameters.settings import is_auto
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.log import logger
from sklearn_shallow.estimators.training.short_fits import (
    MIN_SAMPLES,
    ONE_RUN,
    log_probability_left_out,
)
from sklearn_shallow.utils.rows import even_sample

MAX_SAMPLES = 800  # of a ridge regression, which takes 0.2 s
RARE_POWER = 0.5  # tried beside the usual power
MARGIN = 10.0  # minimum gain of the log-likelihood


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
    if not is_default or last is not None or n_samples < MIN_SAMPLES:
        return settings
    some = samples.take(even_sample(n_samples, MAX_SAMPLES))._replace(numbers=None)
    single = replace(settings, **ONE_RUN, on_columns=True)
    rare = replace(single, rarity_power=RARE_POWER)
    try:
        usual, other = (TrainingData.of(one, some, deepcopy(target)) for one in (single, rare))
    except ValueError:  # for example, a target has few known values
        return settings
    gain = log_probability_left_out(other) - log_probability_left_out(usual)
    if gain <= MARGIN:
        return settings
    if settings.verbose:
        logger.info("ridge regressions: more influence for rare columns")
    return replace(settings, rarity_power=RARE_POWER)
