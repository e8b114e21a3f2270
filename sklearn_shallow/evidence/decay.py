"""The search for the weight decay with the highest evidence, during training."""

from dataclasses import InitVar, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from sklearn_shallow.evidence.fixed_point import (
    GCV_POWER,
    Estimate,
    share_of_constant,
    squares,
    strengthened,
)
from sklearn_shallow.evidence.influence import dispersion
from sklearn_shallow.evidence.leave_one_out import adjusted, is_adjusted
from sklearn_shallow.evidence.mean_curvature import smoothed
from sklearn_shallow.evidence.spectrum import SAMPLE_ROWS, Spectra
from sklearn_shallow.losses.links import link_of
from sklearn_shallow.solvers.base import SolverResult
from sklearn_shallow.solvers.schedules import has_fallen

# First decay of a fit, see `initial_alpha`
INITIAL_ALPHA = 3.0
GENTLE_INITIAL_ALPHA = 0.3  # for numbers, and with an L1 penalty
# The first decay grows with the samples above this number: if X is encoded; with "sgd"
SAMPLES_PER_ALPHA, SAMPLES_PER_ALPHA_OF_SGD = 180, 60
MAX_GROWTH = 33.3
# With more features than samples in dense X
MIN_SAMPLES_OF_WIDE, SAMPLES_PER_ALPHA_OF_WIDE, MAX_ALPHA_OF_WIDE = 100, 10, 100.0
# Search on all samples
MAX_ROUNDS = 6
MAX_ITERATIONS_PER_ROUND = 50
SETTLED_CHANGE = 0.15  # change of log(alpha) below which the search ends
WEAK_INITIAL_ALPHA = 0.01  # first decay of a second search
COLLAPSED_RATIO = 1e-4  # squared weights over initial ones, below which X has hardly any effect
# Search during a fit on batches
MIN_REVISIONS, MAX_REVISIONS = 2, 3
MIN_NOISE = 0.1  # loss over that of a constant, below which the search does not end early


def find_decay(solver, objective, theta, progress, rng, *, start=None):
    """Minimise an objective, and return the result; the decay is re-estimated after each of several
    rounds.

    ``progress.max_iter`` limits the iterations with the final decay; those of the rounds do not
    count. They minimise an easier objective if the solver has one, see `Solver.easier`. `start` is
    the initial alpha. The result contains the value of the objective under the final decay, and its
    `evidence`.
    """
    max_iter = progress.max_iter
    progress.set_remaining(max_iter + 3 * MAX_ROUNDS * MAX_ITERATIONS_PER_ROUND)
    per_round = min(MAX_ITERATIONS_PER_ROUND, max_iter)
    search = Search(solver, progress, per_round, rng.integers(2**63))
    easier, is_new, first = solver.easier(objective), start is None, theta
    progress.suspend_validation()
    theta, found = search.rounds(first, easier.with_alpha(INITIAL_ALPHA if is_new else start))
    seeks_noise = is_new and not objective.loss.is_likelihood and not progress.is_over
    if seeks_noise and found.alpha > WEAK_INITIAL_ALPHA:
        # If the first decay is so strong that nothing is learned, all seems noise, which again
        # suggests a strong decay. The second search begins with a weak one.
        other = search.rounds(first, easier.with_alpha(WEAK_INITIAL_ALPHA))
        theta, found = max((theta, found), other, key=search.log_evidence)
    objective = objective.with_alpha(strengthened(found.alpha, objective, theta))
    progress.resume_validation(theta)
    if progress.is_over:
        result = SolverResult(theta, objective.value(theta), progress.reason)
    else:
        progress.set_remaining(max_iter)
        progress.begin_stage(alpha=objective.alpha)
        smooth = search.smooth(objective, theta)
        result = solver.minimize(smooth, theta, progress)
        if smooth is not objective:
            result.value = objective.value(result.theta)
    result.evidence = search.estimate(objective, result.theta).evidence()
    return result


class Search(NamedTuple):
    """Rounds of training with `per_round` iterations each; the decay changes after each round."""

    solver: object
    progress: object
    per_round: int
    seed: int

    def rounds(self, theta, objective):
        """Return theta and the objective with the final decay."""
        first, estimated = theta.copy(), False
        for _ in range(MAX_ROUNDS):
            self.progress.begin_stage(self.per_round, alpha=objective.alpha)
            theta = self.solver.minimize(objective, theta, self.progress).theta
            collapsed = squares(objective, theta) < COLLAPSED_RATIO * squares(objective, first)
            if collapsed and not estimated and not self.progress.is_over:
                # At zero weights the gradient is zero: start again with less decay.
                theta, objective = first.copy(), objective.with_alpha(objective.alpha / 10)
                continue
            before, estimated = objective.alpha, True
            objective = objective.with_alpha(self.estimate(objective, theta).suggested_alpha)
            settled = abs(np.log(objective.alpha / before)) < SETTLED_CHANGE
            if collapsed or settled or self.progress.is_over:
                break
        return theta, objective

    def log_evidence(self, found):
        """Return the log evidence of parameters and an objective."""
        theta, objective = found
        return self.estimate(objective, theta).evidence().log_evidence

    def smooth(self, objective, theta):
        """Return the objective, with a parabola in place of the kink of its loss, if it has one."""
        if objective.loss.is_smooth:
            return objective
        return smoothed(objective, theta, self.estimate(objective, theta).free_part())

    def estimate(self, objective, theta):
        """Return the `Estimate`, with the same random numbers in every round."""
        return Estimate(objective, theta, np.random.default_rng(self.seed))


def initial_alpha(objective, theta, *, is_encoded, is_wide, adapts):
    """Return the first alpha of a fit on batches.

    - Labels and counts: 3.
    - Numbers: 0.3, since the noise is a part of the variance of y, which is scaled to 1. The same
      with an L1 penalty, since units that are zero stay zero.
    - Losses with a log link: 0.3 times the dispersion at theta, if that is larger. Their targets
      are not scaled, and the variance may be many times the mean.
    - Encoded X: proportional to the number of samples above 180. With many columns a network can
      fit all targets; the noise then seems small, and a weak decay stays weak. (Without encoding, a
      strong decay keeps smooth functions from being learned.)
    - At least 100 samples and more features in dense X: a tenth of the number of samples, unless
      the decay is `adjusted` at the end.
    - Solvers whose steps do not adapt to the sizes of the gradients: 3 also for numbers and an L1
      penalty, proportional to the number of samples above 60. Such steps take longer than a fit to
      make large weights small again.
    - Logistic units: a fourth of these. The squares of the weights that make the same function are
      four times those of "tanh"; all weights would become zero before the search begins.
    - Labels with the squared error: these times the dispersion at theta, since the noise is a part
      of the variance, which is small if classes are many.
    """
    loss, has_zeros = objective.loss, np.any(objective.l1_ratio)
    activations = objective.network.activations
    scale = 1 / activations[0].gain if activations else 1.0
    of_labels = link_of(loss).name in ("logit", "softmax") and loss.has_curvature
    is_gentle = has_zeros or not (of_labels or loss.is_likelihood)
    if has_zeros and adapts:
        return GENTLE_INITIAL_ALPHA * scale
    least = GENTLE_INITIAL_ALPHA if is_gentle and adapts else INITIAL_ALPHA
    if of_labels and loss.noise == "residual":
        scale *= float(dispersion(objective, theta))
    if link_of(loss).name == "log":
        least = max(least, GENTLE_INITIAL_ALPHA * dispersion(objective, theta))
    n_rows = objective.total_weight
    if is_wide and n_rows >= MIN_SAMPLES_OF_WIDE and not is_adjusted(objective):
        return scale * float(max(least, min(n_rows / SAMPLES_PER_ALPHA_OF_WIDE, MAX_ALPHA_OF_WIDE)))
    samples = SAMPLES_PER_ALPHA if is_encoded else np.inf
    if is_gentle and not adapts:
        samples = SAMPLES_PER_ALPHA_OF_SGD
    return scale * float(least * np.clip(n_rows / samples, 1, MAX_GROWTH))


def n_revisions_of(loss, *, adapts):
    """Return the number of revisions of the decay during a fit on batches: two or three.

    Three if the decay takes longer to settle: for labels, since the decay of labels without noise
    decreases in several revisions; for outer quantiles, whose revisions are damped; and with steps
    that do not adapt, since the weights follow the decay slowly.
    """
    is_slow = loss.is_likelihood or loss.optimism > GCV_POWER or not adapts
    return MAX_REVISIONS if is_slow else MIN_REVISIONS


@dataclass(eq=False)
class Revision:
    """The decay during a fit on batches, re-estimated after equal numbers of epochs.

    A callable that takes theta after every epoch, and returns the objective of the next epoch.

    - `n_iter_no_change` is counted from the last revision on.
    - Validation scores are recorded but not used until the last revision, and until the learning
      rate is small if it falls to zero: with a small validation set, one of the first epochs could
      be the best by chance.
    - The decay of the last of several revisions is `strengthened` and, if features of dense X
      outnumber samples, `adjusted`. The only revision of a short fit is too early for that.
    - If the spectrum is estimated from a sample, the last revision uses the spectrum of the
      revision before, which is almost the same.

    Parameters
    ----------
    objective : Objective, with any decay
    start : float, the first decay
    progress : Progress
    steps : UpdateRule
    rng : numpy.random.Generator
    schedule : Schedule, whose `n_sought` is the number of epochs of the search
    n_revisions : int
    is_wide : bool, whether features of dense X outnumber samples
    may_end : bool
        Whether the second of three revisions, halfway, may be the last. It is if the loss without
        the penalty no longer decreases and is mostly noise; the learning rate then falls.
    most : float, the largest decay with which the steps are stable
    spectra : sequence of Spectrum
        Spectra of an earlier run, used before any are estimated.

    Attributes
    ----------
    objective : Objective, with the present decay
    spectra : Spectra
    """

    objective: Any
    start: InitVar[float]
    progress: Any
    steps: Any
    rng: InitVar[np.random.Generator]
    schedule: Any = field(kw_only=True)
    n_revisions: int = field(kw_only=True)
    is_wide: bool = field(kw_only=True)
    may_end: bool = False
    most: float = np.inf
    spectra: Any = ()

    def __post_init__(self, start, rng):
        self.spectra, self._seed = Spectra(self.spectra), rng.integers(2**63)
        self._set(self.objective.with_alpha(start))
        if self.is_pending:
            self.progress.suspend_validation()

    @property
    def _epochs(self):
        """The epochs after which the decay is revised; they change with the schedule."""
        n_epochs, n_parts = self.schedule.n_sought, self.n_revisions + 1
        return [int(k * n_epochs / n_parts) for k in range(1, n_parts)]

    @property
    def is_pending(self):
        """True if a later revision may change the decay."""
        return self.progress.n_iter < self._epochs[-1]

    def __call__(self, theta):
        """Return the objective of the next epoch."""
        if self.progress.n_iter in self._epochs:
            if self._has_learnt(theta):
                self.schedule.end_flat()
            if not self.is_pending and self.objective.n_rows > SAMPLE_ROWS:
                self.spectra.repeat()
            alpha = self.estimate(theta).suggested_alpha
            if not self.is_pending and self.n_revisions > 1:
                alpha = strengthened(alpha, self.objective, theta)
                if self.is_wide:
                    alpha = adjusted(alpha, self.objective, theta)
            objective = self.objective.with_alpha(min(alpha, self.most))
            self._set(objective.in_active_units(theta))
            if not self.is_pending:
                self.progress.resume_validation(theta)
        if self.schedule.settles(self.progress.n_iter):
            self.progress.restart_validation(theta)
        return self.objective

    def _has_learnt(self, theta):
        """Return whether the log-loss of labels has stopped decreasing halfway, at noise."""
        is_half = self.may_end and self.progress.n_iter == self._epochs[1]
        if not is_half or has_fallen(self.progress.history["data_loss"]):
            return False
        objective = self.objective
        return share_of_constant(objective, *objective.loss_and_mean_raw(theta)) > MIN_NOISE

    def resume_with(self, alpha):
        """Return the objective with another decay, to continue with."""
        self._set(self.objective.with_alpha(alpha))
        return self.objective

    def _set(self, objective):
        self.objective = objective
        self.steps.shrink_by(objective)
        self.progress.begin_stage(alpha=objective.alpha)

    def estimate(self, theta):
        """Return the `Estimate` with the present decay."""
        rng = np.random.default_rng(self._seed)
        effort = {"probes": 1, "steps": 20, "spectra": self.spectra}
        return Estimate(self.objective, theta, rng, **effort)
