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

INITIAL_ALPHA = 3.0
GENTLE_INITIAL_ALPHA = 0.3  # where a strong one harms: see `initial_alpha`
SAMPLES_OF_STRONG_ALPHA, LARGEST_GROWTH = 180, 33.3  # see there
SAMPLES_OF_SLOW_STEPS = 60  # likewise, of steps that do not adapt
FEWEST_OF_WIDE, SAMPLES_OF_ALPHA_OF_WIDE, LARGEST_OF_WIDE = 100, 10, 100.0  # see there
MOST_ROUNDS = 6
MOST_ITERATIONS_IN_A_ROUND = 50
SETTLED_CHANGE = 0.15  # of log(alpha)
WEAK_INITIAL_ALPHA = 0.01  # of a second search
COLLAPSED_RATIO = 1e-4  # of the squares of the weights: a network that ignores its inputs
FEWEST_REVISIONS, MOST_REVISIONS = 2, 3  # along a fit on batches
LEAST_NOISE = 0.1  # of the loss of a constant: with less, a loss that does not fall may fall again


def find_decay(solver, objective, theta, progress, rng, *, start=None, rough=None):
    """Minimise an objective while the decay is re-estimated in rounds.

    ``progress.max_iter`` counts the iterations with the final decay; the rounds before it have
    iterations of their own. In these, `rough`, a solver and an objective, may replace the given
    ones. A solver is a function of an objective, theta and progress; `start` is the initial alpha.
    The result contains the value of the objective under the final decay, and its `evidence`.
    """
    most = progress.max_iter
    progress.allow(most + 3 * MOST_ROUNDS * MOST_ITERATIONS_IN_A_ROUND)
    in_a_round = min(MOST_ITERATIONS_IN_A_ROUND, most)
    solve, sketch = rough or (solver, objective)
    search = Search(solve, progress, in_a_round, rng.integers(2**63))
    is_new, first = start is None, theta
    progress.only_watch()
    theta, found = search.rounds(first, sketch.with_alpha(INITIAL_ALPHA if is_new else start))
    seeks_noise = is_new and not objective.loss.is_likelihood and not progress.is_over
    if seeks_noise and found.alpha > WEAK_INITIAL_ALPHA:
        # A decay that is too strong for what there is to learn explains itself: all is noise then.
        other = search.rounds(first, sketch.with_alpha(WEAK_INITIAL_ALPHA))
        theta, found = max((theta, found), other, key=search.log_evidence)
    objective = objective.with_alpha(strengthened(found.alpha, objective, theta))
    progress.judge(theta)
    if progress.is_over:
        result = SolverResult(theta, objective.value(theta), progress.reason)
    else:
        progress.allow(most)
        progress.go_on(alpha=objective.alpha)
        smooth = search.smooth(objective, theta)
        result = solver(smooth, theta, progress)
        if smooth is not objective:
            result.value = objective.value(result.theta)
    result.evidence = search.estimate(objective, result.theta).evidence()
    return result


class Search(NamedTuple):
    """Rounds of training, between which the decay changes."""

    solver: object
    progress: object
    in_a_round: int
    seed: int

    def rounds(self, theta, objective):
        """Return theta and the objective with the final decay."""
        first, estimated = theta.copy(), False
        for _ in range(MOST_ROUNDS):
            theta = self.train(objective, theta)
            collapsed = squares(objective, theta) < COLLAPSED_RATIO * squares(objective, first)
            if collapsed and not estimated and not self.progress.is_over:
                # Where all weights are zero, so is the gradient: start again with less decay.
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
        """Return the objective; if its loss has a kink, with a parabola in place of it."""
        if objective.loss.is_smooth:
            return objective
        return smoothed(objective, theta, self.estimate(objective, theta).free_part())

    def train(self, objective, theta):
        """Return theta after a round."""
        self.progress.go_on(self.in_a_round, alpha=objective.alpha)
        return self.solver(objective, theta, self.progress).theta

    def estimate(self, objective, theta):
        """Return the `Estimate`, with the same random numbers in every round."""
        return Estimate(objective, theta, np.random.default_rng(self.seed))


def initial_alpha(objective, theta, *, is_encoded, is_wide, adapts):
    """Return the alpha that a fit on batches begins with.

    - Labels and counts: 3.
    - Numbers: 0.3, since the variance of y is scaled to 1 and the noise is only a part of it. The
      same with an L1 penalty, since units that it has made zero do not come back.
    - Losses with a log link: 0.3 times the dispersion at theta, if that is more. Their targets are
      not scaled, and their variance may be many times their mean.
    - Encoded X: more with more samples. With many columns a network can fit all targets; then the
      noise seems small, and a weak decay stays weak. (Without encoding, a strong decay keeps smooth
      functions from being learned.)
    - More features than samples, at least 100 of them: a tenth of the number of samples, unless the
      decay is `adjusted` at the end.
    - Solvers whose steps do not adapt to the sizes of the gradients: numbers and an L1 penalty
      begin with the decay of labels, and with more for more samples. Such steps take longer than a
      fit to make large weights small again.
    - Logistic units: a fourth of these. The squares of the weights that make the same function are
      four times those of "tanh"; all weights would become zero before the search begins.
    """
    loss, has_zeros = objective.loss, np.any(objective.l1_ratio)
    activations = objective.network.activations
    gain = activations[0].gain if activations else 1.0
    of_labels = link_of(loss).name in ("logit", "softmax") and loss.has_curvature
    is_gentle = has_zeros or not (of_labels or loss.is_likelihood)
    if has_zeros and adapts:
        return GENTLE_INITIAL_ALPHA / gain
    least = GENTLE_INITIAL_ALPHA if is_gentle and adapts else INITIAL_ALPHA
    if link_of(loss).name == "log":
        least = max(least, GENTLE_INITIAL_ALPHA * dispersion(objective, theta))
    n_rows = objective.total_weight
    if is_wide and n_rows >= FEWEST_OF_WIDE and not is_adjusted(objective):
        return float(max(least, min(n_rows / SAMPLES_OF_ALPHA_OF_WIDE, LARGEST_OF_WIDE))) / gain
    samples = SAMPLES_OF_STRONG_ALPHA if is_encoded else np.inf
    if is_gentle and not adapts:
        samples = SAMPLES_OF_SLOW_STEPS
    return float(least * np.clip(n_rows / samples, 1, LARGEST_GROWTH)) / gain


def n_revisions_of(loss, *, adapts):
    """Return how often the decay is revised during a fit on batches: two or three times.

    Three times where the decay takes longer to settle: for labels, since the decay of labels
    without noise falls in several steps; for outer quantiles, whose decay changes by only a part of
    each step; and with steps that do not adapt, since the weights follow the decay slowly.
    """
    is_slow = loss.is_likelihood or loss.optimism > GCV_POWER or not adapts
    return MOST_REVISIONS if is_slow else FEWEST_REVISIONS


@dataclass(eq=False)
class Revision:
    """The decay during a fit on batches, re-estimated after equal numbers of epochs.

    It is called after every epoch, and returns the objective of the next one.

    - `n_iter_no_change` is counted from the last revision on.
    - Until the last revision, the validation set is measured but not used. Otherwise, with a small
      validation set, one of the first epochs could be the best by chance. For the same reason only
      the last epochs are judged if the learning rate falls to zero.
    - The last of several revisions is `strengthened` and, if features outnumber samples,
      `adjusted`. The only revision of a short fit is too early for that.
    - If the spectrum is estimated from some samples, the last revision uses that of the one before,
      which is almost the same.

    Parameters
    ----------
    objective : Objective, with any decay
    start : float, the first decay
    progress : Progress
    steps : UpdateRule
    rng : numpy.random.Generator
    schedule : Schedule, which says along how many epochs the decay is sought
    n_revisions : int
    is_wide : bool, whether features outnumber samples
    may_end : bool
        Whether the second of three revisions, halfway, may be the last: it is where the loss
        without the penalty no longer falls and is mostly noise. The rate falls from there on.
    most : float, the largest decay that the steps bear
    spectra : sequence of Spectrum
        Those of an earlier run, which stand for those that would be estimated.

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
            self.progress.only_watch()

    @property
    def _epochs(self):
        """The epochs after which the decay is revised, as far as they are known."""
        n_epochs, n_parts = self.schedule.n_sought, self.n_revisions + 1
        return [int(k * n_epochs / n_parts) for k in range(1, n_parts)]

    @property
    def is_pending(self):
        """Whether the decay will change again: until then, a fit without improvement continues."""
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
                self.progress.judge(theta)
        if self.schedule.settles(self.progress.n_iter):
            self.progress.judge_anew(theta)
        return self.objective

    def _has_learnt(self, theta):
        """Return whether the log-loss of labels has stopped falling halfway, so that the rest is
        noise."""
        is_half = self.may_end and self.progress.n_iter == self._epochs[1]
        if not is_half or has_fallen(self.progress.history["data_loss"]):
            return False
        objective = self.objective
        return share_of_constant(objective, *objective.loss_and_mean_raw(theta)) > LEAST_NOISE

    def go_on(self, alpha):
        """Return the objective to continue with, with this decay."""
        self._set(self.objective.with_alpha(alpha))
        return self.objective

    def _set(self, objective):
        self.objective = objective
        self.steps.shrink_by(objective)
        self.progress.go_on(alpha=objective.alpha)

    def estimate(self, theta):
        """Return the `Estimate` with the present decay."""
        rng = np.random.default_rng(self._seed)
        effort = {"probes": 1, "steps": 20, "spectra": self.spectra}
        return Estimate(self.objective, theta, rng, **effort)
