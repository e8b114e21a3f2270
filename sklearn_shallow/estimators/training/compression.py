"""The choice whether columns with heavy tails are compressed, by ridge regressions.

A number that is a sum of columns with heavy tails, such as a total of amounts, is not a smooth
function of their logarithms. To labels it makes no difference. Short fits try both kinds of
columns, see `short_fits`. Ridge regressions on both, which leave one sample out at a time, see it
more clearly: where they differ much, or samples are too few for short fits, they decide.
"""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.linear_model import RidgeCV

from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.input_steps import MOST_PREDICTORS
from sklearn_shallow.inputs.linear_predictions import PENALTIES

HANDICAP_OF_FEW, HANDICAP_OF_MANY = 5.0, 20.0  # of numbers that are not compressed
LEAST_ERROR = 1e-3  # of these, with a variance of one
MOST_OF_RIDGE = 500  # samples; of more, short fits see the same
# A single run that trains on all samples it is given.
ONE_RUN: dict[str, Any] = {"early_stopping": False, "scorer": None, "n_init": 1}
ONE_RUN |= {"n_estimators": 1, "warm_start": False, "verbose": False}


def with_compression_chosen(settings, samples, target, handicap):
    """Return the settings, without compression where ridge regressions on the numbers as they are
    predict samples that are left out so much better that they are more probable.
    """
    if target.loss.standardization != "mean":
        return settings
    single = replace(settings, **ONE_RUN, on_columns=True)
    try:
        compressed = TrainingData.of(single, samples, deepcopy(target))
        inputs = compressed.inputs
        if not len(inputs.compression) or inputs.n_columns > MOST_PREDICTORS:
            return settings
        of_plain = TrainingData.of(replace(single, compresses=False), samples, deepcopy(target))
        gain = log_probability_left_out(of_plain) - log_probability_left_out(compressed)
    except ValueError:  # as where a target is not known of some samples
        return settings
    return replace(settings, compresses=False) if gain > handicap else settings


def log_probability_left_out(data):
    """Return the log of the probability of the targets, each sample left out of ridge regressions
    on the columns, with the noise that makes it largest; but for a constant."""
    X, Y = data.rows.X[:, :-1], data.rows.Y
    ridge = RidgeCV(PENALTIES, alpha_per_target=True)
    ridge.fit(X.astype(np.float64), Y.astype(np.float64), data.rows.weight)
    errors = -np.ravel(ridge.best_score_)
    return -len(X) / 2 * np.log(errors + LEAST_ERROR).sum()
