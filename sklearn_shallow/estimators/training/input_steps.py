"""The preprocessing steps of X, chosen by the settings and the samples.

Convention
----------
X : ndarray or CSR, as the user gave it, nan where a value is missing
"""

import numpy as np
from scipy import sparse

from sklearn_shallow.estimators.parameters.settings import is_auto
from sklearn_shallow.inputs.columns import Columns
from sklearn_shallow.inputs.compression import NO_COMPRESSION, heavy_tails
from sklearn_shallow.inputs.encoding import make_encoding
from sklearn_shallow.inputs.facts import FeatureFacts
from sklearn_shallow.inputs.ridge import linear_predictor
from sklearn_shallow.inputs.scaling import CommonScale, Standardization
from sklearn_shallow.inputs.spaces import COLUMNS, LinearPredictions

WIDE, SPARSE_WIDE = 1.5, 50  # columns per sample from which networks are trained on scores
MAX_SCORES = 5000  # samples up to which scores are used: their axes take half a minute
MAX_PREDICTORS = 256  # columns up to which linear predictions take less time than an epoch
MIN_ROWS_PER_PREDICTOR = 3  # with fewer, features are many
MAX_ERROR_OF_MANY = 0.5  # of predictions from many features, divided by the variance of y


def new_inputs(settings, samples, X, Y, sample_weight, last):
    """Return the transform of X, and its `columns` for the training samples, see `crossfitted`.

    Parameters
    ----------
    samples : Samples, with the known statistics of all samples; X holds some of them
    Y : ndarray of shape (n_rows, n_outputs), the encoded target
        Without it no feature is target-encoded.
    last : FittedNetwork or None
        The network to continue with, whose steps are kept.
    """
    facts = facts_about(samples, X, Y, sample_weight, last)
    by_one_scale = sparse.issparse(X) and is_auto(settings.standardize)
    make = CommonScale if by_one_scale else Standardization
    if last is None:
        columns = Columns.of(facts, samples.categories, keeps_absent=samples.keeps_absent)
        compression = new_compression(settings, columns, X, sample_weight, facts)
        steps = {"columns": columns.filled_by(compression), "compression": compression}
        steps["rarity_power"] = settings.rarity_power
    else:
        steps = last.inputs.steps
    inputs = make(steps["columns"].n_features_out, center=not sparse.issparse(X), **steps)
    if last is None:
        inputs = with_encoding(settings, inputs, X, sample_weight)
    else:
        inputs.widen(X if sparse.issparse(X) else facts.range)
    if settings.standardize:
        inputs.update(X, sample_weight)
        if samples.keeps_absent:
            inputs.expect_levels()
    return inputs, inputs.columns.crossfitted(facts.sums)


def facts_about(samples, X, Y, sample_weight, last):
    """Return the `FeatureFacts` of all samples, see `new_inputs`."""
    facts = FeatureFacts.of(X, sample_weight) if samples.facts is None else samples.facts
    n_codes = None if last is None else last.inputs.columns.with_means
    known = samples.categories, X, Y, sample_weight, samples.numbers, n_codes
    some = samples.facts is not None or samples.keeps_absent
    return facts.with_categories(*known, n_samples=np.inf if some else None)


def with_encoding(settings, inputs, X, sample_weight):
    """Return the transform, before its first update, with encoding and relevance."""
    kind = None if is_auto(settings.numeric_encoding) else settings.numeric_encoding
    n_numbers = len(inputs.columns.numbers)
    encoding = make_encoding(kind, inputs.compressed, X, sample_weight, n_numbers)
    inputs = inputs.copy(encoding=encoding)
    if settings.relevance is not None:
        inputs.weigh(settings.relevance)
    return inputs


def running_inputs(settings, X, sample_weight, last):
    """Return the transform of a network to continue with, with updated statistics and limits."""
    inputs = last.inputs.copy()
    inputs.widen(X)
    if settings.standardize:
        inputs.update(X, sample_weight)
    return inputs


def new_compression(settings, columns, X, sample_weight, facts):
    """Return the limits and the compression of the numbers of X by the settings.

    Parameters
    ----------
    facts : FeatureFacts of all rows; X may hold some of them
    """
    if not is_auto(settings.standardize) or not len(columns.numbers) or sparse.issparse(X):
        return NO_COMPRESSION
    numbers = columns.numbers_of(X)
    compression = heavy_tails(numbers, sample_weight, facts, columns.numbers)
    return compression if settings.compresses else compression.without_columns()


def for_training_rows(inputs, columns):
    """Return the transform of the training samples: with these columns, and without limits, which
    the samples do not exceed."""
    return inputs.unlimited().copy(columns=columns)


def spans_few(X, inputs):
    """Return whether columns outnumber the samples so far that training on scores is faster.

    Weights outside of the span of the samples would change nothing.
    """
    n_rows, ratio = X.shape[0], SPARSE_WIDE if sparse.issparse(X) else WIDE
    return n_rows <= MAX_SCORES and inputs.n_columns >= ratio * n_rows


def is_on_columns(settings):
    """Return whether a network must be trained on its columns: with dropout of inputs, with an L1
    penalty, or with given weights.
    """
    return bool(settings.dropout[0] or np.any(settings.l1_ratio) or settings.on_columns)


def trained_columns(settings, inputs, X, Y, weight):
    """Return the space that a network is trained in: its columns followed by linear predictions, or
    `COLUMNS`.

    Linear predictions help networks with hidden layers to learn numbers. Otherwise they only help
    where directions of little variance matter, which the first decay would suppress for good.

    Parameters
    ----------
    Y : ndarray of shape (n_rows, n_outputs), standardised
    weight : ndarray of shape (n_rows,), or None
    """
    is_free = settings.decay is None and not is_on_columns(settings)
    if not (is_free and may_have_predictions(settings, inputs, X, Y)):
        return COLUMNS
    n_predictors = len(inputs.inverse_scale)
    are_many = n_predictors * MIN_ROWS_PER_PREDICTOR > X.shape[0]
    most_error = MAX_ERROR_OF_MANY if are_many else np.inf
    learns_numbers = settings.hidden_layer_sizes and not settings.loss.is_likelihood
    only_weak = not (learns_numbers and Y.shape[1] < n_predictors)
    R = linear_predictor(inputs, X, Y, weight, most_error, only_weak=only_weak)
    return LinearPredictions(R) if R.size else COLUMNS


def may_have_predictions(settings, inputs, X, Y):
    """Return whether linear predictions may follow the columns.

    Full-batch solvers would need more iterations.
    """
    if sparse.issparse(X) or not (settings.standardize and settings.solver.takes_batches):
        return False
    return max(len(inputs.inverse_scale), Y.shape[1]) <= MAX_PREDICTORS and not np.isnan(Y).any()
