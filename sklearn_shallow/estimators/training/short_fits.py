"""Choice of bins, hidden layers and relevance of the features by short fits ("auto").

1. Ridge regressions choose whether columns with heavy tails are compressed (`ridge_choices`).
2. The samples, at most `Effort.samples`, are divided into two halves. Short fits train on the first
   half; the second half is held out.
3. A short fit without bins estimates the noise of several targets. If they differ in it, numbers
   are rescaled and labels weighted, and the short fits start again.
4. Candidates are trained: without bins, with bins, and in some cases without bins but with the
   strong first decay of a network with bins.
5. The candidate with the highest log-likelihood wins; some need a margin: ``log p(first half) +
   log p(second half | first half)``, the log evidence of the half that it was trained on plus the
   log-likelihood of its predictions of the held-out half.
6. If the winner has learned much of the targets, two hidden layers are tried with its settings.
7. The winner determines the settings, the relevance of the features, the noise of the targets, and
   how much can be learned: `auto` makes fewer epochs if targets are mostly noise.
8. If features are many, a lasso that predicts better than a ridge regression determines the
   relevance of the features, with or without short fits.

Reasons:

- *Two terms of the likelihood.* The evidence alone rates fits that are too short too high, and
  often those to labels; the held-out half alone is noisy.
- *Both first decays without bins, for many samples or many features.* With the weak one, fits
  without bins seem to lose if targets are mostly noise; with the strong one, if functions are
  smooth. The network itself begins with the strong one if that candidate wins and the targets are
  partly noise: otherwise it would fit the noise of many features before the evidence shows it, and
  its weights would stay large. With little noise, or if nothing was learned, the strong one
  prevents learning.
- *More samples if there are many.* They show smooth functions, which need no bins; this saves two
  thirds of the time or more.
- *Few bins for few samples or many features.* Finer bins show more of a function if each has enough
  samples. Otherwise they make smooth functions rough, which short fits do not show.
- *A margin for two layers.* With little noise they are far better for some functions, but not for
  most.
- *No bins for full-batch solvers.* They would take up to thirty times as long.
"""

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from sklearn_shallow.estimators.parameters.settings import SOLVER, Settings, is_auto, of_layers
from sklearn_shallow.estimators.training.data import TrainingData
from sklearn_shallow.estimators.training.ensemble import initial_points
from sklearn_shallow.estimators.training.input_steps import MIN_ROWS_PER_PREDICTOR, is_on_columns
from sklearn_shallow.estimators.training.log import logger
from sklearn_shallow.estimators.training.noise import noise_of_targets
from sklearn_shallow.estimators.training.relevance import (
    relevance_by_lasso,
    relevance_of_features,
)
from sklearn_shallow.estimators.training.ridge_choices import with_compression_chosen
from sklearn_shallow.estimators.training.run import train
from sklearn_shallow.estimators.training.validation import hold_out, validation_split
from sklearn_shallow.evidence.decay import SAMPLES_PER_ALPHA
from sklearn_shallow.evidence.fixed_point import minus_log_probability, share_of_constant
from sklearn_shallow.solvers.registry import make_solver
from sklearn_shallow.utils.rows import even_sample
from sklearn_shallow.utils.threads import one_blas_thread_each

# Bins of a column: usual numbers for labels and for numbers, and the maximum
BINS_OF_LABELS, BINS_OF_NUMBERS, MAX_BINS_OF_COLUMN = 8, 16, 32
MIN_BINS_OF_COLUMN = 4  # without short fits if so many bins of all columns exceed MAX_BINS
MIN_SAMPLES_PER_BIN = 64  # for more than the usual number of bins
MAX_BINS = 2000  # of all columns: with more, an update takes more than ten times as long
MIN_SAMPLES = 100  # for short fits
MIN_EPOCHS = 4  # of a short fit, one for every decay
MAX_TIME_FRACTION = 1 / 20  # time of a short fit over max_time; there are five at most
MANY_COLUMNS = 32  # columns with bins from which numbers without bins also try the strong decay
MIN_SAMPLES_OF_LASSO = 20
MAX_ENTRIES_OF_LASSO = 500_000  # of X times outputs: with more, a lasso may outlast the fit
# Margins: minimum gain of the log-likelihood, per sample
MARGIN_OF_BINS = 0.1  # bins in more columns than can have the usual number of bins
MARGIN_OF_TWO_LAYERS = 0.01
TWO_LAYERS = (64, 64)  # takes about as long as one layer of 100 units
# Two layers are tried if one layer learns this fraction of a constant's loss, from so many samples
# on: with fewer they gained nothing, and took a quarter more time.
MIN_LEARNT, MIN_SAMPLES_OF_LIKELIHOOD, MIN_SAMPLES_OF_NUMBERS = 0.6, 200, 1000
# Fractions of a constant's loss that short fits learn between which a strong first decay is kept
NOISY = 0.03, 0.8


class Effort(NamedTuple):
    """The effort of the short fits.

    Attributes
    ----------
    samples : int
        Maximum number of samples.
    part : int
        Epochs of a whole fit divided by those of a short fit.
    is_thorough : bool
        Whether short fits have all bins, numbers without bins are also tried with the first decay
        of those with bins, and log-likelihoods may have more than the usual number of bins.
    columns : int
        Columns with the usual number of bins; fewer columns have more bins each.
    """

    samples: int
    part: int
    is_thorough: bool
    columns: int


MANY_SAMPLES = 100_000  # size of the sample from which more samples are represented
EFFORTS = {  # by the minimum number of samples
    0: Effort(2000, 4, False, 32),
    10_000: Effort(20_000, 6, True, 32),
    MANY_SAMPLES: Effort(50_000, 6, True, 0),
}


def with_choices_made(settings, samples, target, validation, member, *, n_samples=0):
    """Return the settings with the choices of the highest log-likelihood, and with `learnable`, the
    fraction of the loss that can be removed.

    Parameters
    ----------
    validation : Samples or None
        The user's validation set.
    member : Member
        The network with the initial values of the short fits. A network that continues keeps its
        encoding and hidden layers.
    n_samples : int
        Number of all samples, if `samples` is a sample of them.
    """
    if member.last is not None:
        return settings.continuing(member.last)
    if not settings.chooses_encoding or sparse.issparse(samples.X):
        return settings
    rng = member.streams()["split"]
    samples, _ = hold_out(settings, samples, target, validation, rng)
    samples = samples._replace(numbers=None)  # all data of a short fit are its half
    n_samples = max(n_samples, len(samples.X))
    settings = with_short_fits(settings, samples, target, member, rng, n_samples)
    return with_relevance_by_lasso(settings, samples, target, n_samples)


def with_short_fits(settings, samples, target, member, rng, n_samples):
    """Return the settings with the choices of ridge regressions and short fits."""
    if len(samples.X) > MANY_SAMPLES:  # a stratified split takes 100 bytes a sample
        samples = samples.take(even_sample(len(samples.X), MANY_SAMPLES))
    n_given, n_features = samples.X.shape
    if n_given < n_features:
        return settings
    effort = EFFORTS[max(least for least in EFFORTS if least <= n_samples)]
    try:
        if n_given > effort.samples:
            part = effort.samples / n_given
            samples = samples.take(validation_split(part, samples, target, rng)[1])
        settings = with_compression_chosen(settings, samples, target)
        if n_given < MIN_SAMPLES or n_features * MIN_BINS_OF_COLUMN > MAX_BINS:
            return settings
        halves = [samples.take(rows) for rows in validation_split(0.5, samples, target, rng)]
        fits = ShortFits(settings, halves, target, member, effort, n_samples)
        return fits.settings_of_best()
    except ValueError:  # for example, every class has one sample, or a target few known values
        return settings


def with_default_steps(settings, choices):
    """Return the settings of a short fit, with the default solver, learning rate and schedule, so
    that the user's do not affect the comparison."""
    solver = settings.solver
    if not solver.adapts_steps:
        solver = replace(make_solver(SOLVER, settings.given), max_time=solver.max_time)
    steps = {"learning_rate_init": "auto", "learning_rate": "flat_cosine", "solver": solver}
    given = settings.given | {"learning_rate": "auto"}
    return settings.for_one_run(**choices, **steps, given=given)


class Candidate(NamedTuple):
    """The data of a short fit, and the settings that it is a candidate for.

    The log-likelihood must be higher than that of others by `margin`.
    """

    data: TrainingData
    choices: dict
    margin: float = 0.0


@dataclass(frozen=True, eq=False)
class ShortFits:
    """Short fits to the first half of a sample, compared by the likelihood of both halves.

    Attributes
    ----------
    settings : Settings of the network
    halves : list of Samples
    target : the target, see `targets`
    member : Member, with the initial values
    effort : Effort
    n_samples : int, number of all samples
    """

    settings: Settings
    halves: list
    target: Any
    member: Any
    effort: Effort
    n_samples: int

    @property
    def n_judged(self):
        """The number of samples in both halves."""
        return sum(len(half.X) for half in self.halves)

    def data(self, **choices):
        """Return the data of a short fit, with the second half as validation set."""
        first, second = self.halves
        settings, target = with_default_steps(self.settings, choices), deepcopy(self.target)
        data = TrainingData.of(settings, first, target, validation=second)
        n_epochs = data.n_sought // self.effort.part  # max_iter may be far more than a fit needs
        return replace(data.with_settings(max_iter=n_epochs), n_revisions=1)

    def candidates_with_bins(self, plain):
        """Return the candidate with bins, if any, after one without but with its first decay."""
        n_features = self.halves[0].X.shape[1]
        learns_numbers = not self.target.loss.is_likelihood
        usual = BINS_OF_NUMBERS if learns_numbers else BINS_OF_LABELS
        are_many = n_features * usual > MAX_BINS
        is_thorough = self.effort.is_thorough or are_many
        usual = min(usual, MAX_BINS // n_features)
        encoded = self.data(numeric_encoding=usual)
        n_columns = len(np.unique(encoded.inputs.encoding.columns))
        most = MAX_BINS_OF_COLUMN if learns_numbers or is_thorough else usual
        n_bins = usual * self.effort.columns // max(1, n_columns)
        n_bins = min(most, n_bins, self.n_samples // MIN_SAMPLES_PER_BIN)
        many = {"numeric_encoding": max(usual, n_bins)}
        candidates = []
        if is_thorough or (learns_numbers and n_columns >= MANY_COLUMNS):
            begin = {"starts_strong": True}
            candidates.append(Candidate(plain.data.with_settings(**begin), plain.choices | begin))
        if is_thorough and n_columns and n_bins > usual:
            encoded = self.data(**many)
        # Without any bins only the first decay would differ, and for few samples it would not.
        differs = not is_thorough and plain.data.rows.total_weight > SAMPLES_PER_ALPHA
        if n_columns or differs:
            margin = MARGIN_OF_BINS * self.n_judged * (are_many and learns_numbers)
            candidates.append(Candidate(encoded, many, margin))
        return candidates

    def settings_of_best(self):
        """Return the settings with the choices of the best candidate, and with `learnable`; if the
        fits would be too short, unchanged settings."""
        choices = {"numeric_encoding": None}
        plain = Candidate(self.data(**choices), choices)
        if plain.data.max_iter < MIN_EPOCHS:
            return self.settings
        first = outcome_of(plain.data, self.member)
        if first.noise is not None and self.settings.noise is None:
            scaled = replace(self, settings=replace(self.settings, noise=first.noise))
            return scaled.settings_of_best()
        others = self.candidates_with_bins(plain) if self.settings.solver.takes_batches else []
        judged = [(plain, first), *((one, outcome_of(one.data, self.member)) for one in others)]
        best, outcome = most_probable(judged)
        if self.tries_layers(outcome):
            deeper = self.deeper(best)
            judged.append((deeper, outcome_of(deeper.data, self.member)))
            best, outcome = most_probable(judged)
        if self.settings.verbose:
            kind = best.choices["numeric_encoding"]
            choice = "no bins" if kind is None else f"at most {kind} bins per column"
            choice += ", two hidden layers" * ("hidden_layer_sizes" in best.choices)
            logger.info("%d short fits: %s", len(judged), choice)
        found = {"learnable": outcome.learnable}
        if seeks_relevance(self.settings) and outcome.theta is not None:
            found["relevance"] = relevance_of_features(best.data, outcome.theta)
        if outcome.noise is not None:
            found["noise"] = outcome.noise
        if not NOISY[0] < outcome.learnable < NOISY[1]:
            found["starts_strong"] = False
        return replace(self.settings, **best.choices | found)

    def deeper(self, candidate):
        """Return a candidate with two hidden layers."""
        chosen = of_layers(self.settings.given, TWO_LAYERS)
        margin = candidate.margin + MARGIN_OF_TWO_LAYERS * self.n_judged
        data = candidate.data.with_settings(**chosen)
        return Candidate(data, candidate.choices | chosen, margin)

    def tries_layers(self, outcome):
        """Return whether two hidden layers are tried, given the `Outcome` with one."""
        of_likelihood = self.target.loss.is_likelihood
        least = MIN_SAMPLES_OF_LIKELIHOOD if of_likelihood else MIN_SAMPLES_OF_NUMBERS
        is_enough = self.n_samples >= least and outcome.learnable > MIN_LEARNT
        return is_enough and self.settings.chooses_layers


class Outcome(NamedTuple):
    """The outcome of a short fit.

    Attributes
    ----------
    log_probability : float
        Log-likelihood of the targets of both halves.
    learnable : float
        One minus the loss on held-out samples over that of a constant.
    theta : ndarray of shape (n_params,), or None if the fit diverged
    noise : ndarray of shape (n_targets,), or None, see `training.noise`
    """

    log_probability: float
    learnable: float
    theta: np.ndarray | None = None
    noise: np.ndarray | None = None


def most_probable(judged):
    """Return the best pair of a candidate and its outcome."""
    return max(judged, key=lambda pair: pair[1].log_probability - pair[0].margin)


def short_fit(data, member, time_fraction):
    """Return the run of a single network without the validation set of its data, and the objective
    of that set.

    Parameters
    ----------
    time_fraction : float, the time of the fit over max_time
    """
    held_out, data = data.validation.rows, replace(data, validation=None)
    [start], max_time = initial_points(data, member), data.settings.solver.max_time
    run = train(data, start, None, max_time=max_time and max_time * time_fraction)
    return run, data.objective(held_out, fraction=0.0)


def outcome_of(data, member):
    """Return the `Outcome` of a short fit."""
    try:
        run, held_out = short_fit(data, member, MAX_TIME_FRACTION)
    except ValueError:  # it diverged
        return Outcome(-np.inf, 1.0)
    with one_blas_thread_each():
        result, theta = run.result, run.result.theta
        loss, mean = held_out.loss_and_mean_raw(theta)  # without the penalty, since fraction=0
        probability = result.evidence.log_evidence - minus_log_probability(held_out, theta, loss)
        learnable = 1 - share_of_constant(held_out, loss, mean)
        noise = noise_of_targets(held_out.with_loss(data.target.loss), theta, mean)
    return Outcome(probability, learnable, theta, noise)


def seeks_relevance(settings):
    """Return whether the relevance of the features is to be found."""
    return is_auto(settings.given["alpha"]) and not is_on_columns(settings)


def with_relevance_by_lasso(settings, samples, target, n_samples):
    """Return the settings, with the relevance of the features by a lasso if features are many and
    few of them seem to count."""
    n_given, n_features = samples.X.shape
    are_many = n_features * MIN_ROWS_PER_PREDICTOR > n_samples >= MIN_SAMPLES_OF_LASSO
    is_cheap = n_given * n_features * target.n_outputs <= MAX_ENTRIES_OF_LASSO
    if not (are_many and is_cheap and seeks_relevance(settings)):
        return settings
    plain = settings.for_one_run(numeric_encoding=None, relevance=None, on_columns=True)
    try:
        relevance = relevance_by_lasso(TrainingData.of(plain, samples, deepcopy(target)))
    except ValueError:  # for example, a target has few known values
        return settings
    if relevance is None:
        return settings
    if settings.verbose:
        logger.info("relevance of the features by a lasso")
    return replace(settings, relevance=relevance)
