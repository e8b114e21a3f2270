"""Calibration of the outputs by a short fit, for many features.

The decay of the evidence suits the weights of the columns, but with many columns, above all with
rare ones, such as terms, the outputs may be too near to or too far from their mean: one decay for
all weights shrinks a network of many weak columns too much, one of a few strong columns too little.
Therefore

1. A short fit, with half of the epochs, trains on three quarters of the samples.
2. Two factors, of the deviation of the raw outputs from their mean and of that mean, maximise the
   log-likelihood of the other samples. (One factor is temperature scaling, Guo et al. 2017, ICML;
   two are Platt's scaling, 1999, if there is one output.) For numbers, the mean is zero.
3. The network is trained on all samples, and its last layer is multiplied by the factors.

With few features, the error of the factors costs as much as they gain or more. So it does for
numbers, unless X is sparse with more features than samples. With bins, the short fit takes too
long.
"""

from copy import deepcopy
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from sklearn_shallow.estimators.parameters.settings import is_auto
from sklearn_shallow.estimators.training.auto import search_epochs
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.log import logger
from sklearn_shallow.estimators.training.short_fits import MIN_SAMPLES, short_fit
from sklearn_shallow.estimators.training.validation import validation_split

MAX_SAMPLES = 10_000  # with more, the time is better spent on the fit
MANY_FEATURES = 100  # from which labels are calibrated
HELD_OUT = 0.25
MIN_EPOCHS = 8  # of the short fit
PRIOR_PRECISION = 2.0  # of both factors, whose prior mean is 1
POWER = 0.75  # of the factors: with more samples and epochs, they are nearer to 1
MIN_FACTOR, MAX_FACTOR = 0.1, 10.0
MAX_TIME_FRACTION = 1 / 4  # time of the short fit over max_time


class Calibration(NamedTuple):
    """Factors of the deviations of the raw outputs from their mean, and of that mean."""

    spread: float
    level: float

    def of_raw(self, raw, mean):
        """Return the calibrated raw outputs, (n_rows, n_outputs)."""
        return self.spread * (raw - mean) + self.level * mean

    def of_theta(self, objective, theta):
        """Return the parameters whose raw outputs for the training rows are calibrated."""
        theta, (_, mean) = theta.copy(), objective.loss_and_mean_raw(theta)
        last = objective.layout.unpack(theta)
        W, b = last.W[-1], last.b[-1]
        W *= self.spread
        b[...] = self.of_raw(b, mean)
        return theta


def with_calibration(settings, samples, target, member, *, n_samples=0):
    """Return the settings with the calibration found by a short fit, if there is one.

    Parameters
    ----------
    n_samples : int
        Number of all samples, if `samples` is a sample of them.
    """
    n_given, last = samples.X.shape[0], member.last
    if not is_calibrated(settings, samples, target):
        return settings
    if last is not None:
        return replace(settings, calibration=last.calibration)
    if n_samples > n_given or not MIN_SAMPLES <= n_given <= MAX_SAMPLES:
        return settings
    try:
        found = found_by_short_fit(settings, samples, target, member)
    except ValueError:  # for example, it diverged
        return settings
    if settings.verbose and found is not None:
        logger.info("1 short fit: spread of the outputs times %.2f, mean times %.2f", *found)
    return replace(settings, calibration=found)


def is_calibrated(settings, samples, target):
    """Return whether a network of these settings is calibrated."""
    X, solver, loss = samples.X, settings.solver, target.loss
    is_open = is_auto(settings.given["alpha"]) and settings.decay is None
    is_default = is_open and solver.takes_batches and solver.adapts_steps
    is_plain = not settings.early_stopping and not getattr(loss, "smoothing", 0.0)
    has_factors = loss.is_likelihood if settings.is_of_labels else loss.noise == "residual"
    return has_many_features(settings, X) and is_default and is_plain and has_factors


def has_many_features(settings, X):
    """Return whether the features are so many that the factors gain more than their error costs."""
    n_samples, n_features = X.shape
    if sparse.issparse(X) and n_features > n_samples:
        return True
    has_bins = settings.numeric_encoding not in (None, "auto")
    return settings.is_of_labels and n_features >= MANY_FEATURES and not has_bins


def found_by_short_fit(settings, samples, target, member):
    """Return the calibration, or None if the short fit is too short."""
    rng, settings = member.streams()["split"], settings.for_one_run()
    parts = validation_split(HELD_OUT, samples, target, rng)
    first, second = (samples.take(rows)._replace(numbers=None) for rows in parts)
    data = TrainingData.of(settings, first, deepcopy(target), validation=second)
    n_epochs = search_epochs(settings, data.shape, data.batch_size, data.max_iter) // 2
    if n_epochs < MIN_EPOCHS:
        return None
    run, held_out = short_fit(data.with_settings(max_iter=n_epochs), member, MAX_TIME_FRACTION)
    if run.result.reason == "max_time":
        return None
    _, mean = run.objective.loss_and_mean_raw(run.result.theta)
    return most_likely(held_out, run.result.theta, mean)


def most_likely(held_out, theta, mean):
    """Return the calibration that maximises the log-likelihood of held-out samples."""
    blocks = [raw.astype(np.float64) for raw, *_ in held_out.outputs(theta)]
    raw, objective = np.concatenate(blocks), held_out.in_double()
    Y, weight = objective.Y, objective.sample_weight
    directions = raw - mean, np.broadcast_to(mean, raw.shape)
    n_known = objective.total_weight * Y.shape[1] * np.mean(~np.isnan(Y))
    variance = 2 * objective.sum_losses(raw.copy(), Y, weight) / n_known
    has_level = objective.loss.is_likelihood  # the mean of the scaled numbers is zero
    precision = PRIOR_PRECISION * (1.0 if has_level else variance)

    def loss_and_gradient(factors):
        calibrated, apart = Calibration(*factors).of_raw(raw, mean), factors - 1
        loss = objective.sum_losses(calibrated, Y, weight)
        d_raw = objective.loss_gradient(Y, calibrated, out=np.empty_like(raw))
        if weight is not None:
            d_raw *= weight[:, np.newaxis]
        gradient = np.array([np.vdot(d_raw, direction) for direction in directions])
        loss += precision / 2 * float(apart @ apart)
        return loss, gradient + precision * apart

    bounds = [(MIN_FACTOR, MAX_FACTOR), (MIN_FACTOR, MAX_FACTOR) if has_level else (1, 1)]
    found = minimize(loss_and_gradient, np.ones(2), jac=True, bounds=bounds, method="L-BFGS-B")
    return Calibration(*(found.x**POWER).tolist())
