"""Steps from X to what a network sees, as a fit decides from the settings and the samples.

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
from sklearn_shallow.inputs.scaling import CommonScale, Standardization
from sklearn_shallow.inputs.spaces import COLUMNS, LinearPredictions, linear_predictor

WIDE, SPARSE_WIDE = 1.5, 50  # columns per sample; those of text are learned a little better
MOST_SCORES = 5000  # whose axes take half a minute
MOST_PREDICTORS = 256  # columns of a linear prediction; more take as long as an epoch, and longer
LEAST_ROWS_PER_PREDICTOR = 3


def new_inputs(settings, X, Y, sample_weight, last, samples):
    """Return the transform of X, of which a network to continue with has the columns, compression,
    encoding and relevance.

    With a posterior there are no limits: the predictive standard deviation already grows away from
    the training data.

    Parameters
    ----------
    Y : ndarray of shape (n_rows, n_outputs), the encoded target
    samples : Samples
        What is known of all samples, where these are some.
    """
    facts = samples.features
    if last is None:
        facts = FeatureFacts.of(X, sample_weight) if facts is None else facts
        of_all = samples.categories, Y, samples.levels, samples.sums, facts
        columns = Columns.of(X, sample_weight, *of_all, keeps_absent=samples.keeps_absent)
        compression = new_compression(settings, columns, X, sample_weight, facts)
        columns = columns.filled_by(compression)
    else:
        columns = last.inputs.columns
        rows = X if facts is None else facts.range
        compression = last.inputs.compression.widened(columns.numbers_of(rows))
    if settings.posterior is not None:
        compression = compression.unlimited()
    is_sparse, n_numbers = sparse.issparse(X), len(columns.numbers)
    make = CommonScale if is_sparse and is_auto(settings.standardize) else Standardization
    steps = {"columns": columns, "compression": compression}
    inputs = make(columns.n_features_out, center=not is_sparse, **steps)
    if last is not None:
        inputs.encoding, inputs.relevance = last.inputs.encoding, last.inputs.relevance
    else:
        kind = None if is_auto(settings.numeric_encoding) else settings.numeric_encoding
        numbers = inputs.compressed
        inputs.encoding = make_encoding(kind, numbers, X, sample_weight, n_numbers)
        if settings.relevance is not None:
            inputs.weigh(settings.relevance)
    if settings.standardize:
        inputs.update(X, sample_weight)
        if samples.keeps_absent:
            inputs.expect_levels()
    return inputs


def running_inputs(settings, X, sample_weight, last):
    """Return the transform of a network that continues, whose statistics and limits go on."""
    inputs = last.inputs.copy()
    inputs.compression = inputs.compression.widened(inputs.columns.numbers_of(X))
    if settings.standardize:
        inputs.update(X, sample_weight)
    return inputs


def new_compression(settings, columns, X, sample_weight, facts):
    """Return the limits and the compression of the numbers of X, as far as the settings have them.

    Parameters
    ----------
    facts : FeatureFacts of all rows, of which X may have some
    """
    if not is_auto(settings.standardize) or not len(columns.numbers) or sparse.issparse(X):
        return NO_COMPRESSION
    facts = facts.of_columns(columns.numbers)
    compression = heavy_tails(columns.numbers_of(X), sample_weight, facts)
    return compression if settings.compresses else compression.without_columns()


def for_training_rows(inputs, columns):
    """Return the transform of the samples that it has learnt from: without limits, since none is
    beyond them, and with other columns, if there are, before its other steps.
    """
    inputs = inputs.copy()
    inputs.columns = inputs.columns if columns is None else columns
    inputs.compression = inputs.compression.unlimited()
    return inputs


def spans_few(X, inputs):
    """Return whether the columns are so many more than the samples that scores take less time.

    Weights outside of what the samples span would change nothing.
    """
    n_rows, ratio = X.shape[0], SPARSE_WIDE if sparse.issparse(X) else WIDE
    return n_rows <= MOST_SCORES and inputs.n_columns >= ratio * n_rows


def is_on_columns(settings):
    """Return whether a network has to be trained on its columns, and on nothing else.

    They are treated one by one, by dropout or absolute values, or weights for them have a meaning
    of their own, as given ones and those of a posterior.
    """
    by_column = settings.dropout[0] or np.any(settings.l1_ratio)
    return bool(by_column or settings.on_columns or settings.posterior is not None)


def trained_columns(settings, inputs, X, Y, weight):
    """Return what a network is trained on: its columns with linear predictions behind them, or
    `COLUMNS`.

    The predictions are for hidden layers that learn numbers on batches. Full-batch solvers take
    more iterations with them.

    Parameters
    ----------
    Y : ndarray of shape (n_rows, n_outputs), standardised
    weight : ndarray of shape (n_rows,), or None
    """
    is_free = settings.decay is None and not is_on_columns(settings)
    learns_numbers = settings.hidden_layer_sizes and not settings.loss.is_likelihood
    most = min(MOST_PREDICTORS, X.shape[0] // LEAST_ROWS_PER_PREDICTOR)
    are_few = Y.shape[1] < len(inputs.inverse_scale) <= most
    if not (is_free and learns_numbers and settings.solver.takes_batches and are_few):
        return COLUMNS
    if sparse.issparse(X) or not settings.standardize or np.isnan(Y).any():
        return COLUMNS
    R = linear_predictor(inputs, X, Y, weight)
    return LinearPredictions(R) if R.size else COLUMNS
