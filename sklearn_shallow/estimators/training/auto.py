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

HIGHEST_RATE = 0.02  # of Adam, where it ends at zero
LEAST_CARE = 0.1  # of the rate, with a decay of 0.1 or less that is given
HIGHEST_RATE_OF_SPARSE = 0.04  # most weights act on few samples of a batch
RATE_OF_WEIGHTS = 0.08  # over the length of the samples; of He's initial weights it is 1.4
RATE, STEADY_RATE_OF_WEIGHTS = 0.003, 0.03  # where the rate does not end at zero
RATE_OF_CURVATURE, HIGHEST_RATE_OF_GRADIENTS = 1.8, 0.1  # of "sgd"
GROWTH = 2.0  # of a curvature that grows with the predictions
BATCH_PART, SMALLEST_BATCH, LARGEST_BATCH = 8, 32, 256
EPOCHS = 64
MANY_SAMPLES, FEWEST_EPOCHS = 10_000, 16  # from so many on, down to so few
FEWEST_UPDATES, MOST_UPDATES = 512, 50_000
FEWEST_UPDATES_OF_WIDE = 384  # where features outnumber samples, which are soon memorised
FEWEST_UPDATES_OF_DECAY = 256  # that is given, and not weak
UPDATES_PER_LENGTH, MOST_SLOW_EPOCHS = 10, 256  # of "sgd", whose rate falls with that length
PART_PER_LEARNABLE, LEAST_PART = 2.0, 0.5  # of the epochs, where targets are mostly noise
PATIENT_EPOCHS, PATIENT_UPDATES = 200, 1000  # at least, where patience ends a fit
FULL_BATCH_ITERATIONS = 200  # with a decay that is given
CONVERGED_ITERATIONS = 1000  # with one that is found: most fits end at tol before
TINY = 1e-100  # in place of the length of samples of zeros


def suitable_rate(settings, X, weight, n_columns, curvature=None):
    """Return the learning rate that suits the data, whatever `learning_rate_init` is.

    With a schedule that ends at zero it depends on the length of the samples as inputs of the
    network. The mean squared length of standardised samples is their number of features; sparse
    samples may be far shorter.

    Parameters
    ----------
    weight : ndarray of shape (n_rows,), or None
    n_columns : int
        How many the network sees, those of an encoding included.
    curvature : function
        Returns that of the loss at a constant prediction, or None; not all solvers ask for it.
    """
    if not settings.solver.adapts_steps:
        rate = rate_of_gradients(settings, X, n_columns, curvature)
        return rate if settings.ends_at_zero else min(RATE, rate)
    if not settings.ends_at_zero:
        # One pass over thousands of features would undo what a fit has learnt.
        steady = RATE if sparse.issparse(X) else min(RATE, STEADY_RATE_OF_WEIGHTS / n_columns**0.5)
        return gain(settings, X) * steady
    if not sparse.issparse(X) or (settings.standardize and not is_auto(settings.standardize)):
        factor = care(settings) * gain(settings, X)
        return factor * min(HIGHEST_RATE, RATE_OF_WEIGHTS / n_columns**0.5)
    length = 1.0  # see `CommonScale`
    if not settings.standardize:
        squares = np.ravel(X.multiply(X).sum(axis=1, dtype=np.float64))
        length = max(np.average(squares, weights=scaled(weight)), TINY) ** 0.5
    return care(settings) * min(HIGHEST_RATE_OF_SPARSE, RATE_OF_WEIGHTS / length)


def care(settings):
    """Return the factor of the rate for labels with a weak decay that is given: small steps delay
    overfitting."""
    return max(LEAST_CARE, settings.decay) if settings.is_careful else 1.0


def gain(settings, X):
    """Return by which factor the initial weights of the first hidden layer are larger than for
    other activations. The rate has the same factor, so that the relative change by a step is the
    same. See `Layout.initial`."""
    has_gain = settings.activation and not sparse.issparse(X)
    return settings.activation[0].gain if has_gain else 1.0


def rate_of_gradients(settings, X, n_columns, curvature):
    """Return the initial learning rate of a solver whose steps are proportional to the gradient.

    It is limited by the curvature: that of the loss times the squared lengths of the samples and of
    the hidden activations. The curvature of log-losses is at most a fourth, that of losses of
    scaled residuals at most one. That of other losses, as of large counts, may double during the
    fit.
    """
    if sparse.issparse(X) or not settings.standardize:
        return RATE
    highest = HIGHEST_RATE_OF_GRADIENTS
    if settings.is_of_labels:
        steepest = 0.25
    elif settings.loss.standardization in ("mean", "median"):
        steepest = 1.0
    else:
        steepest, highest = GROWTH * (curvature() or 0.0), RATE
    length = n_columns + sum(settings.hidden_layer_sizes)
    return min(highest, RATE_OF_CURVATURE / max(steepest * length, TINY))


def batch_rows(settings, n_rows):
    """Return the number of samples per batch; for a full-batch solver all."""
    size = settings.batch_size
    if not settings.solver.takes_batches or size == "full":
        return n_rows
    if is_auto(size):
        size = min(LARGEST_BATCH, max(SMALLEST_BATCH, n_rows // BATCH_PART))
    return min(n_rows, int(size))


def iterations(settings, shape, batch_size, slowness=1.0):
    """Return the most epochs, or iterations of a full-batch solver, for X of this shape.

    Parameters
    ----------
    slowness : float
        The learning rate that suits the data, over the one in force.
    """
    if not is_auto(settings.max_iter):
        return settings.max_iter
    if not settings.solver.takes_batches:
        return CONVERGED_ITERATIONS if settings.relative else FULL_BATCH_ITERATIONS
    if settings.ends_at_zero:
        return epochs_to_zero(settings, shape, batch_size, slowness)
    return _patient_epochs(shape, batch_size)


def search_epochs(settings, shape, batch_size, max_iter, slowness=1.0):
    """Return the number of epochs in which the decay is found, at most `max_iter`.

    It is the number that "auto" chooses, or `max_iter` if the user has set the schedule.
    """
    is_the_users = settings.ends_at_zero and not is_auto(settings.given["learning_rate"])
    if (is_the_users or callable(settings.learning_rate)) and not settings.early_stopping:
        return max_iter
    if settings.ends_at_zero or settings.early_stopping:
        return min(max_iter, epochs_to_zero(settings, shape, batch_size, slowness))
    return min(max_iter, _patient_epochs(shape, batch_size))


def _patient_epochs(shape, batch_size):
    """Return the largest number of epochs of a fit that ends by `n_iter_no_change`."""
    return max(PATIENT_EPOCHS, _epochs_of(PATIENT_UPDATES, shape[0], batch_size))


def epochs_to_zero(settings, shape, batch_size, slowness=1.0):
    """Return the number of epochs of a fit with a schedule that ends at zero."""
    n_rows, n_features = shape
    fewest_updates = _fewest_updates(settings, *shape)
    fewest, most = (_epochs_of(n, n_rows, batch_size) for n in (fewest_updates, MOST_UPDATES))
    if not settings.solver.adapts_steps:
        of_length = UPDATES_PER_LENGTH * (n_features + sum(settings.hidden_layer_sizes))
        slow = _epochs_of(of_length, n_rows, batch_size)
        fewest = max(fewest, min(slow, MOST_SLOW_EPOCHS))
    epochs = EPOCHS * min(1.0, (MANY_SAMPLES / n_rows) ** 0.5)
    epochs = min(most, max(fewest, FEWEST_EPOCHS, round(epochs)))
    if slowness > 1:
        slow = _epochs_of(fewest_updates * slowness, n_rows, batch_size)
        epochs = max(epochs, min(slow, _patient_epochs(shape, batch_size)))
    if n_rows > MANY_SAMPLES or not settings.solver.adapts_steps:
        return epochs
    return round(epochs * min(1.0, max(LEAST_PART, PART_PER_LEARNABLE * settings.learnable)))


def _fewest_updates(settings, n_rows, n_features):
    """Return the smallest number of updates of such a fit. Losses with a kink need as many as
    without a given decay, since their gradients do not shrink."""
    if n_features > n_rows:
        return FEWEST_UPDATES_OF_WIDE
    is_firm = settings.decay is not None and settings.decay >= ALPHA and settings.loss.is_smooth
    is_firm = is_firm and is_auto(settings.batch_size)
    return FEWEST_UPDATES_OF_DECAY if is_firm else FEWEST_UPDATES


def _epochs_of(n_updates, n_rows, batch_size):
    """Return the number of epochs with at least so many updates."""
    return ceil(n_updates / -(-n_rows // batch_size))
