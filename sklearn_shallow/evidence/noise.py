"""The noise: what the data leave open, per entry of Y.

With P the dispersion and f the free part, that is not determined by parameters, it is ``P / f`` in
theory (MacKay 1992, Neural Computation 4), and the noise of the residuals is that. For the decay it
is generalised cross-validation, ``P / f**2`` (Craven & Wahba 1979, Numer. Math. 31): what the
network cannot know about rows that it has not seen counts as noise too. A log-likelihood has noise
1 in theory; its fit to the data says P, which is far less for labels without noise. For the decay
the geometric mean of both stands in its place. `benchmarks/evidence.py` measures what that gains.
"""

import numpy as np

from sklearn_shallow.evidence.influence import ROUNDING

__all__ = ["NOISES", "dispersion", "noise_of"]

LARGEST_DISPERSION = 1e12
TINY = np.finfo(np.float64).tiny
TEMPERATURES = 10.0 ** np.arange(0, -2.1, -0.25)


def noise_of(objective, theta, free):
    """Return the noise that goes with the decay; `free` is the free part of the entries of Y."""
    noise = dispersion(objective, theta)
    noise = np.sqrt(noise) if objective.loss.is_likelihood else noise
    return noise / free**objective.loss.optimism


def dispersion(objective, theta):
    """Return the sum of the squared gradients of the losses over that of their curvatures.

    For the squared error it is the mean square of the residuals; for a log-likelihood it is
    Pearson's, 1 where the predicted distribution is true.
    """
    squares = curvatures = 0.0
    for raw, Y, weight in objective.outputs(theta):
        weight = np.ones(len(Y)) if weight is None else weight
        slopes = objective.loss.gradient(Y, raw, out=np.empty_like(raw))
        squares += float(weight @ (slopes**2).sum(axis=1))
        for root in objective.loss.directions(Y, raw):
            curvatures += float(weight @ (root**2).sum(axis=1))
    # Outputs that are saturated have no curvature left to divide by.
    return squares / max(curvatures, squares / LARGEST_DISPERSION, TINY)


class UnitNoise:
    """That of a loss that is minus the logarithm of a probability: 1."""

    def sums(self, rows, loss, link):
        return 0.0

    def estimate(self, sums):
        return 1.0


class ResidualNoise:
    """The sum of the squared residuals of every output over the degrees of freedom left."""

    def sums(self, rows, loss, link):
        weight = rows.weight[:, np.newaxis] * ~np.isnan(rows.Y)
        squares = weight * np.nan_to_num(rows.Y - rows.raw) ** 2
        return np.array([part.sum(axis=0) for part in (squares, weight, weight - rows.leverage)])

    def estimate(self, sums):
        squares, total, free = sums
        return squares / np.maximum(free, ROUNDING * total)


class Temperature:
    """The noise under which moderated probabilities are the best for rows that are left out.

    By theory it is 1. But where classes are well apart the probabilities are right as they are, and
    a covariance that the flat curvature there makes large would only blur them. (A posterior of a
    temperature below 1 is called cold: Wenzel et al. 2020, ICML.)
    """

    def sums(self, rows, loss, link):
        moderated = (link.moderated(rows.raw_without, t * rows.V_without) for t in TEMPERATURES)
        return np.array([rows.weight @ loss.value(rows.Y, raw) for raw in moderated])

    def estimate(self, sums):
        return TEMPERATURES[sums.argmin()]


NOISES = {"unit": UnitNoise(), "residual": ResidualNoise(), "temperature": Temperature()}
"""What a loss declares as its `noise`: estimated, per output or for all, of what ``sums(rows, loss,
link)`` adds up to over blocks of rows; `link` is that of all outputs together."""
