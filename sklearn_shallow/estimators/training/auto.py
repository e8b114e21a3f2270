"""The values of "auto" that depend on the data: learning rate, batch size, number of epochs.

The default fit is Adam on batches, at a constant rate and then down to zero, while the evidence
finds the weight decay.

- *Batch size*: an eighth of the samples, within bounds.
- *Epochs*: 64, or more so that there are enough updates. Three quarters as many updates are enough
  if features outnumber samples, half with a given decay of 1 or more.
- *Epochs for many samples*: from 10,000 samples on, four times as many samples take half as many
  epochs, and so twice as many updates.
- *Epochs for noisy targets*: down to half if short fits show mostly noise (up to 10,000 samples);
  two thirds if the log-loss of labels has stopped falling halfway, see `Revision`. Solvers whose
  steps do not adapt need all epochs, to shrink weights again, and more for many columns or hidden
  units, since their rate is lower.
- *Learning rate*: it falls with the length of the samples, for standardised features with the root
  of their number, as the initial weights do. At a higher rate the weights of many features
  fluctuate, and the evidence finds too weak a decay.

`benchmarks/defaults.py` compares the rule with other settings and other models.
"""

from math import ceil

import numpy as np
from scipy import sparse

from sklearn_shallow.estimators.parameters.settings import ALPHA, is_auto
from sklearn_shallow.inputs.sample_weights import scaled

# Learning rate of solvers whose steps adapt to the gradient, such as "adam"
MAX_RATE = 0.02  # at the start of a schedule that ends at zero
MAX_RATE_OF_SPARSE = 0.04  # likewise for sparse X: most weights act on few samples of a batch
RATE_TIMES_LENGTH = 0.08  # likewise: the rate times the length of the samples, see `suitable_rate`
MIN_RATE_FACTOR = 0.1  # factor for labels with a given alpha of 0.1 or less
RATE, STEADY_RATE_TIMES_LENGTH = 0.003, 0.03  # for schedules that do not end at zero
# Learning rate of "sgd"
RATE_TIMES_CURVATURE, MAX_RATE_OF_SGD = 1.8, 0.1
GROWTH = 2.0  # factor by which the curvature of a loss on unscaled targets may grow in a fit
# Batch size
MIN_BATCHES, MIN_BATCH_SIZE, MAX_BATCH_SIZE = 8, 32, 256
# Epochs of a fit whose schedule ends at zero
EPOCHS = 64  # for at most MANY_SAMPLES
MANY_SAMPLES, MIN_EPOCHS = 10_000, 16
MIN_UPDATES, MAX_UPDATES = 512, 50_000
MIN_UPDATES_OF_WIDE = 384  # if features outnumber samples, which are soon memorised
MIN_UPDATES_OF_DECAY = 256  # with a given alpha that is not weak
UPDATES_PER_COLUMN, MAX_SLOW_EPOCHS = 10, 256  # "sgd": updates per column and hidden unit
EPOCHS_PER_LEARNABLE, MIN_EPOCHS_FACTOR = 2.0, 0.5  # factor of the epochs for noisy targets
# Maximum of epochs or iterations of other fits
PATIENT_EPOCHS, PATIENT_UPDATES = 200, 1000  # if `n_iter_no_change` ends the fit
FULL_BATCH_ITERATIONS = 200  # full-batch solvers with a given alpha
CONVERGED_ITERATIONS = 1000  # likewise if alpha is found on the data; most fits end at `tol` before
TINY = 1e-100  # lower bound of a denominator


def suitable_rate(settings, X, weight, n_columns, curvature=None):
    """Return the learning rate that suits the data, which `learning_rate_init="auto"` uses.

    With a schedule that ends at zero it depends on the length of the samples as inputs of the
    network. The mean squared length of standardised samples is their number of features; sparse
    samples may be far shorter.

    Parameters
    ----------
    weight : ndarray of shape (n_rows,), or None
    n_columns : int
        Number of input columns of the network, including those of an encoding.
    curvature : function
        Returns the curvature of the loss of numbers at a constant prediction.
    """
    if not settings.solver.adapts_steps:
        rate = rate_of_gradients(settings, X, n_columns, curvature)
        return rate if settings.ends_at_zero else min(RATE, rate)
    if not settings.ends_at_zero:
        # With thousands of features, a larger rate would undo a fit in one epoch of partial_fit.
        steady = min(RATE, STEADY_RATE_TIMES_LENGTH / n_columns**0.5)
        return gain(settings, X) * (RATE if sparse.issparse(X) else steady)
    if not sparse.issparse(X) or (settings.standardize and not is_auto(settings.standardize)):
        factor = rate_factor(settings) * gain(settings, X)
        return factor * min(MAX_RATE, RATE_TIMES_LENGTH / n_columns**0.5)
    length = 1.0  # by `CommonScale`
    if not settings.standardize:
        squares = np.ravel(X.multiply(X).sum(axis=1, dtype=np.float64))
        length = max(np.average(squares, weights=scaled(weight)), TINY) ** 0.5
    # Units that are inputs of a further hidden layer are as many inputs for every sample.
    length = max(length, max(settings.hidden_layer_sizes[:-1], default=1) ** 0.5)
    return rate_factor(settings) * min(MAX_RATE_OF_SPARSE, RATE_TIMES_LENGTH / length)


def rate_factor(settings):
    """Return the factor of the learning rate for labels with a given weak decay: small steps delay
    overfitting."""
    return max(MIN_RATE_FACTOR, settings.decay) if settings.may_overfit else 1.0


def gain(settings, X):
    """Return the factor of the initial weights of the first hidden layer, see `Layout.initial`; the
    learning rate has the same factor, so that the relative change by a step is the same."""
    has_gain = settings.activation and not sparse.issparse(X)
    return settings.activation[0].gain if has_gain else 1.0


def rate_of_gradients(settings, X, n_columns, curvature):
    """Return the initial learning rate of a solver whose steps are proportional to the gradient.

    It is limited by the curvature of the objective: the curvature of the loss times the squared
    lengths of the samples and of the hidden activations. The curvature is at most 1/4 for the
    log-loss, at most 1 for losses of scaled residuals, and may double in a fit for other losses, as
    of large counts.
    """
    if sparse.issparse(X) or not settings.standardize:
        return RATE
    max_rate = MAX_RATE_OF_SGD
    if settings.is_of_labels:
        of_loss = 0.25
    elif settings.loss.standardization in ("mean", "median"):
        of_loss = 1.0
    else:
        of_loss, max_rate = GROWTH * curvature(), RATE
    squared_length = n_columns + sum(settings.hidden_layer_sizes)
    return min(max_rate, RATE_TIMES_CURVATURE / max(of_loss * squared_length, TINY))


def batch_rows(settings, n_rows):
    """Return the number of samples per batch; for a full-batch solver, of all samples."""
    size = settings.batch_size
    if not settings.solver.takes_batches or size == "full":
        return n_rows
    if is_auto(size):
        size = min(MAX_BATCH_SIZE, max(MIN_BATCH_SIZE, n_rows // MIN_BATCHES))
    return min(n_rows, int(size))


def iterations(settings, shape, batch_size, slowness=1.0):
    """Return the maximum number of epochs, or of iterations of a full-batch solver.

    Parameters
    ----------
    shape : (n_rows, n_features)
    slowness : float
        `suitable_rate` divided by the learning rate.
    """
    if not is_auto(settings.max_iter):
        return settings.max_iter
    if not settings.solver.takes_batches:
        return CONVERGED_ITERATIONS if settings.relative else FULL_BATCH_ITERATIONS
    if settings.ends_at_zero:
        return epochs_to_zero(settings, shape, batch_size, slowness)
    return _patient_epochs(shape, batch_size)


def search_epochs(settings, shape, batch_size, max_iter, slowness=1.0):
    """Return the number of epochs of the search for the decay: the number of epochs with
    ``max_iter="auto"``, at most `max_iter`; or `max_iter` if the user has set the schedule.
    """
    is_the_users = settings.ends_at_zero and not is_auto(settings.given["learning_rate"])
    if (is_the_users or callable(settings.learning_rate)) and not settings.early_stopping:
        return max_iter
    if settings.ends_at_zero or settings.early_stopping:
        return min(max_iter, epochs_to_zero(settings, shape, batch_size, slowness))
    return min(max_iter, _patient_epochs(shape, batch_size))


def _patient_epochs(shape, batch_size):
    """Return the maximum number of epochs of a fit that `n_iter_no_change` ends."""
    return max(PATIENT_EPOCHS, _epochs_of(PATIENT_UPDATES, shape[0], batch_size))


def epochs_to_zero(settings, shape, batch_size, slowness=1.0):
    """Return the number of epochs of a fit with a schedule that ends at zero."""
    n_rows, n_features = shape
    min_updates = _min_updates(settings, *shape)
    fewest, most = (_epochs_of(n, n_rows, batch_size) for n in (min_updates, MAX_UPDATES))
    if not settings.solver.adapts_steps:
        # The rate of "sgd" is proportional to the inverse of this number of columns and units.
        n_updates = UPDATES_PER_COLUMN * (n_features + sum(settings.hidden_layer_sizes))
        slow = _epochs_of(n_updates, n_rows, batch_size)
        fewest = max(fewest, min(slow, MAX_SLOW_EPOCHS))
    epochs = EPOCHS * min(1.0, (MANY_SAMPLES / n_rows) ** 0.5)
    epochs = min(most, max(fewest, MIN_EPOCHS, round(epochs)))
    if slowness > 1:
        slow = _epochs_of(min_updates * slowness, n_rows, batch_size)
        epochs = max(epochs, min(slow, _patient_epochs(shape, batch_size)))
    if n_rows > MANY_SAMPLES or not settings.solver.adapts_steps:
        return epochs
    factor = max(MIN_EPOCHS_FACTOR, EPOCHS_PER_LEARNABLE * settings.learnable)
    return round(epochs * min(1.0, factor))


def _min_updates(settings, n_rows, n_features):
    """Return the minimum number of updates of a fit whose schedule ends at zero.

    A given decay that is not weak needs fewer updates, but not with a kinked loss, whose gradients
    do not become small.
    """
    if n_features > n_rows:
        return MIN_UPDATES_OF_WIDE
    is_firm = settings.decay is not None and settings.decay >= ALPHA and settings.loss.is_smooth
    is_firm = is_firm and is_auto(settings.batch_size)
    return MIN_UPDATES_OF_DECAY if is_firm else MIN_UPDATES


def _epochs_of(n_updates, n_rows, batch_size):
    """Return the number of epochs for a number of updates, rounded up."""
    return ceil(n_updates / -(-n_rows // batch_size))
