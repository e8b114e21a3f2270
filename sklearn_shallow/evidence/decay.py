"""The weight decay that the data ask for, by MacKay's evidence framework; for all weights, or for
those of every column of X (automatic relevance determination; Neal 1996, MacKay 1994).

Convention
----------
gamma : float, the effective number of parameters, the trace of ``G (G + alpha I)**-1`` with G the
Gauss-Newton matrix of the summed loss; biases count as if they had the same decay.

The fixed point ``alpha = noise * gamma / ||W||**2`` (MacKay 1992, Neural Computation 4, p. 415 and
448; for networks Foresee & Hagan 1997, ICNN) is sought while the network is trained.

The noise is what the data leave open, per entry of Y. With P the sum of the squared gradients of
the loss over that of its curvatures (Pearson's dispersion; for the squared error the mean square of
the residuals) it is ``P / (1 - gamma / n)**2``, generalised cross-validation (Craven & Wahba 1979,
Numer. Math. 31), and not MacKay's ``P / (1 - gamma / n)``: what the network cannot know about rows
that it has not seen counts as noise too. A log-likelihood has noise 1 in theory; its fit to the
data says P, which is far less for labels without noise. The geometric mean of both stands in its
place. `benchmarks/evidence.py` measures what that gains.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgError, cholesky

from sklearn_shallow.evidence.mean_curvature import with_curvature
from sklearn_shallow.evidence.posterior import log_determinant, whitened
from sklearn_shallow.evidence.spectrum import spectrum
from sklearn_shallow.objective.curvature import gauss_newton
from sklearn_shallow.solvers.minimize import SolverResult

__all__ = ["START", "Evidence", "Revision", "solve_evidence"]

START = 3.0  # decay to begin with
START_OF_NUMBERS = 0.3  # on batches, where the noise is a part of the variance of a scaled target
MOST_ROUNDS = 6
ROUND_ITERATIONS = 50  # at most
SETTLED = 0.15  # change of log(alpha) that ends the search
FAR = 10.0  # fall of alpha in the first round, after which training begins anew
LEAST, MOST = 1e-6, 1e6  # of alpha
LARGEST_RISE = 10.0  # of alpha in a round, and change of a relevance
LEAST_FREE = 0.05  # of the entries of Y, that is not determined
GCV = 2.0  # power of the free part in generalised cross-validation
TINY = 1e-100  # in place of zero, so that no quotient overflows
REVISIONS = 3  # of the decay along a fit on batches, at equal distances
COLLAPSED = 1e-4  # of the squares of the first weights: a network that ignores its inputs


class Prior(NamedTuple):
    """The decay of every parameter.

    Attributes
    ----------
    alpha : float
    relevance : ndarray of shape (n_features,), or None where all columns count alike
        What alpha is divided by for the weights of a column of X; 1 in the mean.
    """

    alpha: float
    relevance: np.ndarray | None = None

    def of(self, objective):
        """Return the objective with this decay."""
        return objective.with_alpha(self.alpha, self.relevance)

    def per_layer(self, n_layers):
        """Return the decay as a number, or as a list with one entry per layer."""
        if self.relevance is None:
            return self.alpha
        return [self.alpha / self.relevance, *[self.alpha] * (n_layers - 1)]


class Evidence(NamedTuple):
    """What was found.

    Attributes
    ----------
    prior : Prior
    gamma : float
    log_evidence : float
        Logarithm of the probability of the targets as the loss sees them, in Laplace's
        approximation. Losses that are not log-likelihoods have the noise that makes it largest; for
        those but the squared error, a term that hangs on the targets alone is left out.
    """

    prior: Prior
    gamma: float
    log_evidence: float


class Count(NamedTuple):
    """How much the data determine.

    Attributes
    ----------
    gamma : float
    log_volume : float
        Log-determinant of the matrix with the prior, relative to that of the prior.
    of_columns : ndarray of shape (n_features,), or None
        The part of gamma that the weights of every column of X have.
    """

    gamma: float
    log_volume: float
    of_columns: np.ndarray | None = None


def solve_evidence(
    solver, objective, theta, progress, rng, *, alpha=None, per_column=False, rough=None
):
    """Minimise with the decay re-estimated along the way.

    ``progress.max_iter`` is for the minimisation with the decay that was found; the rounds before
    have iterations of their own.

    Parameters
    ----------
    solver : callable
        Takes an objective, theta and progress.
    rng : numpy.random.Generator
    alpha : float or None
        Decay to begin with; by default 3, and 0.3 with absolute values: the units that they silence
        do not come back.
    per_column : bool
        Whether every column of X has a decay of its own.
    rough : tuple of a solver and an objective, or None
        What the rounds are done with, if not with these.

    Returns
    -------
    result : SolverResult
        Its value is that of the objective with the decay that was found, its `evidence` tells what
        that is.
    """
    most = progress.max_iter
    progress.allow(most + 2 * MOST_ROUNDS * ROUND_ITERATIONS)
    in_a_round = min(ROUND_ITERATIONS, most)
    search = Search(*(rough or (solver, objective)), progress, in_a_round, rng.integers(2**63))
    if alpha is None:
        alpha = START_OF_NUMBERS if np.any(objective.l1_ratio) else START
    progress.only_watch()
    theta, prior = search.shared(theta, Prior(alpha))
    if per_column:
        theta, prior = search.per_column(theta, prior)
    final = prior.of(objective)
    progress.judge(theta)
    if progress.is_over:
        result = SolverResult(theta, final.value(theta), progress.reason)
    else:
        progress.allow(most)
        progress.go_on(alpha=prior.alpha)
        result = solver(final, theta, progress)
    search = search._replace(objective=objective)
    result.evidence = search.estimate(result.theta, prior)._replace(prior=prior)
    return result


class Search(NamedTuple):
    """Training in rounds, between which the prior changes."""

    solver: object
    objective: object
    progress: object
    in_a_round: int
    seed: int

    def shared(self, theta, prior):
        """Return theta and the prior with one decay for all weights."""
        first, estimated = theta.copy(), False
        for _ in range(MOST_ROUNDS):
            theta = self.train(theta, prior)
            collapsed = squares(self.objective, theta) < COLLAPSED * squares(self.objective, first)
            if collapsed and not estimated and not self.progress.is_over:
                # Where all weights are zero, so is the gradient: begin anew with less decay.
                theta, prior = first.copy(), Prior(prior.alpha / 10)
                continue
            before, estimated = prior, True
            prior = self.estimate(theta, prior).prior
            if before.alpha == START > FAR * prior.alpha:
                theta = first.copy()  # units that so strong a decay has silenced do not come back
            settled = abs(np.log(prior.alpha / before.alpha)) < SETTLED
            if collapsed or settled or self.progress.is_over:
                break
        return theta, prior

    def per_column(self, theta, prior):
        """Return theta and the prior with a decay for every column, as long as evidence grows."""
        prior = prior._replace(relevance=np.ones(self.objective.layout.units[0]))
        found = self.estimate(theta, prior)
        for _ in range(MOST_ROUNDS):
            if self.progress.is_over:
                break
            other_theta = self.train(theta, found.prior)
            other = self.estimate(other_theta, found.prior)
            if other.log_evidence <= found.log_evidence:
                break
            theta, prior, found = other_theta, found.prior, other
        return theta, prior

    def train(self, theta, prior):
        """Return theta after a round."""
        self.progress.go_on(self.in_a_round, alpha=prior.alpha)
        return self.solver(prior.of(self.objective), theta, self.progress).theta

    def estimate(self, theta, prior):
        """Return the evidence, with the same random numbers in every round."""
        return estimate(self.objective, theta, prior, np.random.default_rng(self.seed))


class Revision:
    """The decay re-estimated at a few epochs of a fit on batches; to be called after every epoch.

    Parameters
    ----------
    objective : Objective
    alpha : float or None
        Decay to begin with; by default 3 for a log-likelihood without absolute values, else 0.3.
    progress : Progress
        Of the fit; patience begins anew with every decay.
    steps : update rule, told of the objective's `l1`
    rng : numpy.random.Generator
    n_epochs : int, along which the decay is revised

    Attributes
    ----------
    objective : Objective with the present decay
    prior : Prior
    """

    def __init__(self, objective, alpha, progress, steps, rng, *, n_epochs):
        gently = np.any(objective.l1_ratio) or not objective.loss.is_likelihood
        start = START_OF_NUMBERS if gently else START
        self._progress, self._steps = progress, steps
        self._set(objective, Prior(start if alpha is None else alpha))
        self._epochs = [int(k * n_epochs / (REVISIONS + 1)) for k in range(1, REVISIONS + 1)]
        self._seed = rng.integers(2**63)

    @property
    def is_pending(self):
        """Whether the decay will change again, so that the fit is not to end for want of
        improvement."""
        return self._progress.n_iter < self._epochs[-1]

    def __call__(self, theta):
        """Return the objective to go on with."""
        if self._progress.n_iter in self._epochs:
            self._set(self.objective, self.estimate(theta).prior)
        return self.objective

    def _set(self, objective, prior):
        self.prior, self.objective = prior, prior.of(objective)
        self._steps.l1 = self.objective.l1
        self._progress.go_on(alpha=prior.alpha)

    def estimate(self, theta):
        """Return the evidence at theta."""
        rng = np.random.default_rng(self._seed)
        return estimate(self.objective, theta, self.prior, rng, probes=1, steps=20)


def estimate(objective, theta, prior, rng, **effort):
    """Return the evidence of a prior, with the prior that it suggests.

    Parameters
    ----------
    effort : see `spectrum`
    """
    objective = with_curvature(objective, theta)
    by_column = prior.relevance is not None
    try:
        if by_column:
            count = counted_by_column(objective, theta, prior)
        else:
            count = counted(objective, theta, prior, rng, **effort)
    except (LinAlgError, ValueError):  # SciPy checks that numbers are finite
        raise ValueError(
            f"alpha={'ard' if by_column else 'evidence'!r} failed: the curvature of the loss is "
            "singular or not finite to working precision. Set standardize=True, or alpha to a "
            "number."
        ) from None
    n_known = objective.total_weight * np.mean(~np.isnan(objective.Y)) * objective.Y.shape[1]
    n_known /= objective.loss.n_views
    noise = noise_of(objective, theta, free=max(1 - count.gamma / n_known, LEAST_FREE))
    penalised = max(sizes(objective, theta, prior.relevance), TINY)
    alpha = float(np.clip(noise * count.gamma / penalised, LEAST, MOST))
    alpha = min(alpha, LARGEST_RISE * prior.alpha)
    if alpha < prior.alpha and objective.loss.optimism > GCV:
        alpha = float(np.sqrt(alpha * prior.alpha))  # so steep a fixed point would be overshot
    relevance = None
    if by_column:
        relevance = relevances(objective, theta, count.of_columns, prior.relevance)
    total = prior.of(objective).value(theta) * objective.total_weight
    if not objective.loss.is_likelihood:  # its noise that makes the targets most probable
        total = n_known / 2 * (1 + np.log(4 * np.pi * max(total, TINY) / n_known))
    return Evidence(Prior(alpha, relevance), count.gamma, -total - count.log_volume / 2)


def counted(objective, theta, prior, rng, **effort):
    """Count with one decay for all."""
    eigenvalues = spectrum(objective, theta, rng, **effort)
    alpha = prior.alpha
    if np.any(objective.l1_ratio):  # the decay of squares that pulls as much in all
        total = squares(objective, theta)
        alpha *= sizes(objective, theta) / total if total else 1
    return Count(eigenvalues.determined(alpha), eigenvalues.log_volume(alpha))


def counted_by_column(objective, theta, prior):
    """Count with the whole matrix."""
    first = objective.layout.weights[0]
    precision = np.full(objective.n_params, prior.alpha)
    precision[first] /= np.repeat(prior.relevance, objective.layout.units[1])
    matrix = gauss_newton(objective.with_alpha(0.0), theta) * objective.total_weight
    matrix[np.diag_indices(len(matrix))] += precision
    factor = cholesky(matrix, lower=True, overwrite_a=True)
    determined = 1 - precision * (whitened(factor, np.eye(len(factor))) ** 2).sum(axis=0)
    volume = log_determinant(factor) - np.log(precision).sum()
    of_columns = determined[first].reshape(len(prior.relevance), -1).sum(axis=1)
    return Count(float(determined.sum()), volume, of_columns)


def relevances(objective, theta, gammas, before):
    """Return the relevance of every column: the mean square of its weights that are determined."""
    W = objective.layout.unpack(theta.astype(np.float64)).W[0]
    wanted = (W**2).sum(axis=1) / np.maximum(gammas, TINY)
    wanted /= np.mean(wanted) if wanted.any() else 1
    relevance = np.clip(wanted, before / LARGEST_RISE, before * LARGEST_RISE)
    relevance = np.maximum(relevance, LEAST)
    return relevance / relevance.mean()


def noise_of(objective, theta, free):
    """Return what the data leave open; `free` is the part of the entries of Y not determined."""
    dispersion = objective.dispersion(theta)
    noise = np.sqrt(dispersion) if objective.loss.is_likelihood else dispersion
    return noise / free**objective.loss.optimism


def sizes(objective, theta, relevance=None):
    """Return the sum over all weights of each times the derivative of its penalty, for alpha 1.

    The mean of that is the noise over alpha, whatever part of the penalty is of absolute values.
    """
    if not np.any(objective.l1_ratio):
        return squares(objective, theta, relevance)
    layers = objective.layout.unpack(theta.astype(np.float64)).W
    ratios = np.broadcast_to(objective.l1_ratio, len(layers))
    return sum(
        float((1 - ratio) * np.sum(W**2) + ratio * np.sum(np.abs(W)))
        for ratio, W in zip(ratios, layers, strict=True)
    )


def squares(objective, theta, relevance=None):
    """Return the sum of the squares of all weights, those of a column over its relevance."""
    first, *rest = objective.layout.unpack(theta.astype(np.float64)).W
    of_columns = (first**2).sum(axis=1)
    total = float(np.sum(of_columns if relevance is None else of_columns / relevance))
    return total + sum(float(np.sum(W**2)) for W in rest)
