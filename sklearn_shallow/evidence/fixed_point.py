"""The evidence of a weight decay in MacKay's framework, and the decay with the highest evidence.

That is the fixed point ``alpha = noise * n_effective_params / ||W||**2`` (MacKay 1992, Neural
Computation 4, p. 415 and 448; for networks Foresee & Hagan 1997, ICNN), which is approached during
training. For the noise see `evidence.influence`.

Convention
----------
n_effective_params : float, the number of parameters that the data determine: the trace of
``G (G + alpha I)**-1``, with G the Gauss-Newton matrix of the summed loss; biases are included as
if they had the same decay.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgError

from sklearn_shallow.evidence.influence import determinable_part, noise_of, overlap
from sklearn_shallow.evidence.mean_curvature import with_curvature
from sklearn_shallow.evidence.spectrum import spectrum
from sklearn_shallow.losses.links import link_of
from sklearn_shallow.utils.statistics import design_effect

MIN_ALPHA, MAX_ALPHA = 1e-6, 1e6
MAX_RISE = 10.0  # maximum ratio of alpha to that of the last round
MIN_FREE_PART = 0.05  # minimum of one minus the effective parameters per target
GCV_POWER = 2.0  # exponent of the free part in generalised cross-validation
DAMPING_OF_FALL, DAMPING_OF_RISE = 0.5, 0.8  # fraction of a change of log(alpha) in a round
TINY = 1e-100  # lower bound of a denominator


class Evidence(NamedTuple):
    """The log evidence of a decay: the log-probability of the scaled targets in Laplace's
    approximation.

    For losses that are not log-likelihoods, the noise maximises the evidence. Except for the
    squared error, a term that depends on the targets only is omitted.
    """

    decay: float
    n_effective_params: float
    log_evidence: float


class Estimate:
    """The evidence at theta, and the decay for the next round.

    `effort` holds arguments of `spectrum`: probes, steps and spectra.
    """

    def __init__(self, objective, theta, rng, **effort):
        self._objective, self._theta = with_curvature(objective, theta), theta
        found = effective_parameters(self._objective, theta, rng, **effort)
        self._n_effective_params, self._log_volume = found

    def evidence(self, value=None):
        """Return the evidence; `value` is the objective at theta, if it is known."""
        objective = self._objective
        total = minus_log_probability(objective, self._theta, value) / self._repeats_of_noise()
        return Evidence(
            float(objective.alpha), self._n_effective_params, -total - self._log_volume / 2
        )

    def free_part(self, part=1.0):
        """Return one minus the effective parameters per target; `part` is the fraction of the
        targets that count."""
        n_known = part * known_targets(self._objective)
        return max(1 - self._n_effective_params / n_known, MIN_FREE_PART)

    def _repeats_of_noise(self, part=1.0):
        """Return how often the loss counts the noise of a sample: the `overlap` of its targets,
        raised to the share of noise in them, since small errors are mostly lack of fit."""
        objective, repeats = self._objective, overlap(self._objective, self._theta)
        if repeats == 1:
            return 1.0
        share = share_of_constant(objective, *objective.loss_and_mean_raw(self._theta))
        return repeats ** min(1.0, share / self.free_part(part) ** objective.loss.optimism)

    @property
    def suggested_alpha(self):
        """The decay for the next round, nearer to the fixed point."""
        objective, theta, loss = self._objective, self._theta, self._objective.loss
        is_amount = link_of(loss).name == "log" and not loss.is_likelihood
        part = determinable_part(objective, theta) if is_amount else 1.0
        repeats = self._repeats_of_noise(part)
        noise = noise_of(objective, theta, self.free_part(part / repeats)) * repeats
        alpha = noise * self._n_effective_params / max(sizes(objective, theta), TINY)
        most = min(MAX_ALPHA * max(1, noise), MAX_RISE * objective.alpha)
        alpha = min(float(max(alpha, MIN_ALPHA)), most)
        if loss.optimism > GCV_POWER:  # damped, since undamped steps overshoot the fixed point
            part = DAMPING_OF_FALL if alpha < objective.alpha else DAMPING_OF_RISE
            alpha = float(alpha**part * objective.alpha ** (1 - part))
        return alpha


def known_targets(objective):
    """Return the number of known targets.

    The probabilities of K classes add up to 1, so that a sample counts as K - 1.
    """
    n_free = objective.Y.shape[1] - (link_of(objective.loss).name == "softmax")
    n_known = objective.total_weight * np.mean(~np.isnan(objective.Y)) * n_free
    return n_known / objective.loss.n_views


def minus_log_probability(objective, theta, value=None):
    """Return minus the log joint probability of the targets and theta, that is, loss plus penalty.

    For a loss that is not a log-likelihood, the noise maximises the probability. `value` is the
    objective at theta, if it is known.
    """
    total = (objective.value(theta) if value is None else value) * objective.total_weight
    if objective.loss.is_likelihood:
        return total
    n_known = known_targets(objective)
    return n_known / 2 * (1 + np.log(4 * np.pi * max(total, TINY) / n_known))


def effective_parameters(objective, theta, rng, **effort):
    """Return the effective number of parameters, and the log-determinant of the curvature plus the
    prior minus that of the prior.

    Weights that an L1 penalty holds at zero do not count (Zou, Hastie & Tibshirani 2007, Annals of
    Statistics 35).
    """
    alpha, most = objective.alpha, len(theta)
    if objective.l1 is not None:  # the L2 decay with the same total gradient
        total, most = squares(objective, theta), np.count_nonzero(theta)
        alpha *= sizes(objective, theta) / total if total else 1
    try:
        found = spectrum(objective, theta, rng, alpha=alpha, **effort).sums(alpha)
    except (LinAlgError, ValueError):  # SciPy checks that numbers are finite
        raise ValueError(
            "alpha='evidence' failed: the curvature of the loss is singular or not finite to "
            "working precision. Set standardize=True, or alpha to a number."
        ) from None
    determined, log_volume = found
    return min(determined, float(most)), log_volume


def strengthened(alpha, objective, theta):
    """Return the final decay of a search: the suggested decay, increased if the targets are noisy.

    The fixed point assumes a constant curvature. With hidden layers the curvature decreases with
    the decay, and does not count all hidden units that fit noise. With s the loss divided by that
    of a constant, the decay is therefore multiplied by ``1 + s`` for log-likelihoods, whose noise
    is partly given by theory, by ``1 + 2 s**2`` for absolute errors, since the share of their
    squares would be s**2, and by ``1 + 2 s`` for other losses with a curvature. Outer quantiles
    would lose and are excluded. The network must have been trained: before, all seems noise.

    With unequal sample weights the noise is larger by their `design_effect` d, and the parameters
    follow the samples of large weight. So the decay is also multiplied by ``d**(2 s)``.
    """
    loss = objective.loss
    has_growth = objective.layout.units[1:-1] and (loss.has_curvature or loss.optimism <= 1)
    effect = design_effect(objective.sample_weight)
    if not (has_growth or effect > 1):
        return alpha
    share = share_of_constant(objective, *objective.loss_and_mean_raw(theta))
    growth = share if loss.is_likelihood else 2 * (share if loss.has_curvature else share**2)
    return alpha * (1 + growth * bool(has_growth)) * effect ** (2 * share)


def share_of_constant(objective, loss, mean):
    """Return the loss divided by the loss of a constant, the mean raw output; 1 at most."""
    most = objective.loss_of_constant(mean)
    return loss / most if 0 <= loss < most else 1.0


def sizes(objective, theta):
    """Return the sum over all weights of the weight times the derivative of its penalty, at alpha =
    1.

    The expectation under the prior is the noise over alpha per weight, for every mixture of L1 and
    L2 penalties.
    """
    if objective.l1 is None:
        return squares(objective, theta)
    layers = objective.layout.unpack(theta.astype(np.float64)).W
    ratios = objective.l1_ratio
    return sum(
        float((1 - ratio) * np.sum(W**2) + ratio * np.sum(np.abs(W)))
        for ratio, W in zip(ratios, layers, strict=True)
    )


def squares(objective, theta):
    """Return the sum of the squares of all weights."""
    first, *rest = objective.layout.unpack(theta.astype(np.float64)).W
    return float(np.sum((first**2).sum(axis=1))) + sum(float(np.sum(W**2)) for W in rest)
