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
    """Minimise with the decay re-estimated along the way.

    ``progress.max_iter`` is for the minimisation with the decay that was found; the rounds before
    have iterations of their own, in which `rough`, a solver and an objective, may stand in for the
    given ones. The result has the value under the final decay, and the `evidence` of that. A solver
    is a function of an objective, theta and progress; `start` is the initial alpha.
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
    """Training in rounds, between which the decay changes."""

    solver: object
    progress: object
    in_a_round: int
    seed: int

    def rounds(self, theta, objective):
        """Return theta and the objective with the decay that no longer changes."""
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
        """Return the objective, with a parabola for the kink of its loss if that has one."""
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

    - 3 for labels and counts.
    - 0.3 for numbers, since their noise is only a part of their variance, which is scaled to 1; and
      with absolute values in the penalty, since units that these silence do not come back.
    - 0.3 times the dispersion at theta behind a log link, where that is more: counts and amounts
      are not scaled to a variance, and may vary by many times their mean.
    - If X is encoded, it grows with the samples: many columns let a network fit all targets, and
      where they are fitted, there seems to be little noise, so that a weak decay stays weak. (A
      strong one keeps smooth functions of plain numbers from being learnt.)
    - If features outnumber 100 samples or more, it is a tenth of the number of these, unless the
      decay is `adjusted` at the end.
    - Steps that do not adapt to the sizes of the gradients take longer to make weights small again
      than a fit lasts: numbers and absolute values have the first decay of labels then, and more of
      it for more samples.
    """
    loss, has_zeros = objective.loss, np.any(objective.l1_ratio)
    of_labels = link_of(loss).name in ("logit", "softmax") and loss.has_curvature
    is_gentle = has_zeros or not (of_labels or loss.is_likelihood)
    if has_zeros and adapts:
        return GENTLE_INITIAL_ALPHA
    least = GENTLE_INITIAL_ALPHA if is_gentle and adapts else INITIAL_ALPHA
    if link_of(loss).name == "log":
        least = max(least, GENTLE_INITIAL_ALPHA * dispersion(objective, theta))
    n_rows = objective.total_weight
    if is_wide and n_rows >= FEWEST_OF_WIDE and not is_adjusted(objective):
        return float(max(least, min(n_rows / SAMPLES_OF_ALPHA_OF_WIDE, LARGEST_OF_WIDE)))
    samples = SAMPLES_OF_STRONG_ALPHA if is_encoded else np.inf
    if is_gentle and not adapts:
        samples = SAMPLES_OF_SLOW_STEPS
    return float(least * np.clip(n_rows / samples, 1, LARGEST_GROWTH))


def n_revisions_of(loss, *, adapts):
    """Return how often the decay is revised along a fit on batches.

    Twice, or three times where it takes longer: where labels are certain it falls far, in steps;
    for outer quantiles it goes only a part of the way each time; and the weights follow it slowly
    with steps that do not adapt.
    """
    is_slow = loss.is_likelihood or loss.optimism > GCV_POWER or not adapts
    return MOST_REVISIONS if is_slow else FEWEST_REVISIONS


@dataclass(eq=False)
class Revision:
    """The decay along a fit on batches, re-estimated at equal distances of the epochs of a search.

    It is called after every epoch, and returns the objective of the next one. Patience starts again
    with every decay. Until the last revision a monitor only records: with few samples to validate
    on, one of the first epochs of a network that has learnt little would be the best by chance.
    So would one of those at the full learning rate: where that falls to zero, the last epochs alone
    are judged.
    The last of several revisions is `strengthened` and, if features outnumber samples, `adjusted`;
    the only one of a short fit comes too soon for that. Where some samples stand for all, the last
    one has the spectrum of the one before, which hardly differs.

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
        """The epochs after which the decay is revised, as far as is known."""
        n_epochs, n_parts = self.schedule.n_sought, self.n_revisions + 1
        return [int(k * n_epochs / n_parts) for k in range(1, n_parts)]

    @property
    def is_pending(self):
        """Whether the decay will change again: a fit without improvement is not to end before."""
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
        """Return whether, halfway, the network has learnt what it can, and the rest is noise."""
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
