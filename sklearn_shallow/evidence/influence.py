"""The influence of single rows on the fit: leverage, leave-one-out, and the noise.

Let P be the dispersion (the mean squared residual, for the squared error), and f one minus the
number of effective parameters per entry of Y. The noise in the search for the decay is

- for losses of numbers ``P / f**2``, as in generalised cross-validation (Craven & Wahba 1979,
  Numer. Math. 31). It includes errors on new rows; the noise of the training rows is ``P / f``
  (MacKay 1992, Neural Computation 4).
- for log-likelihoods ``sqrt(P) / f**2``, or ``P / f**2`` if P is above 1, as for overdispersed
  counts. In theory the noise is 1; by the residuals it is P, far less for labels without noise. The
  root is the geometric mean of both.

`benchmarks/evidence.py` measures the gain.
"""

from typing import NamedTuple

import numpy as np

from sklearn_shallow.losses.links import link_of
from sklearn_shallow.utils.rows import slices
from sklearn_shallow.utils.statistics import is_whole

ROUNDING = 1e-9  # rounding error of a leverage, which is 1 at most
MAX_DISPERSION = 1e12
MAX_ROWS = 100_000  # size of the sample of rows from which sums are estimated
MAX_ROWS_OF_PRODUCTS = 5_000  # likewise, for correlations of targets
MIN_OVERLAP = 1.25  # of targets, below which they count as independent
TINY = np.finfo(np.float64).tiny
TEMPERATURES = 10.0 ** np.arange(0, -4.1, -0.5)  # candidates of `Temperature`


class Influence(NamedTuple):
    """The influence of the rows of a block on the fit.

    The leverage, (n_rows, n_outputs), is the diagonal of ``s_i C_i V_i``: for the squared error,
    the diagonal of the hat matrix. The sum over all rows is the effective number of parameters.
    `raw_without` and `V_without` are raw and V of every row for the network without this row, after
    one Newton step (Pregibon 1981, Annals of Statistics 9). If all weights are whole numbers, a row
    of weight 2 is two rows, of which one is left out; otherwise the whole row is left out.
    """

    Y: np.ndarray
    raw: np.ndarray
    weight: np.ndarray
    leverage: np.ndarray
    raw_without: np.ndarray
    V_without: np.ndarray


def influences(space, objective):
    """Yield the influence of the rows of an objective, block by block."""
    counts = objective.sample_weight is None or is_whole(objective.sample_weight)
    for rows in slices(objective.n_rows, space.block_rows):
        X, Y, weight = objective.take(rows)
        weight = np.ones(len(Y)) if weight is None else weight
        raw, V = space.moments(X)
        roots = np.array(list(objective.hessian_roots(Y, raw)))
        CV = np.einsum("dik,dil->ikl", roots, roots) @ V
        leverage = weight[:, np.newaxis] * np.einsum("ikk->ik", CV)
        gone = np.minimum(weight, 1) if counts else weight
        gradient = objective.loss_gradient(Y, raw, out=np.empty_like(raw))
        without = without_row(raw, V, gradient, CV, gone[:, np.newaxis, np.newaxis])
        yield Influence(Y, raw, weight, leverage, *without)


def without_row(raw, V, gradient, CV, gone):
    """Return raw and V of every row for the network without the part `gone` of the row's weight."""
    left = (1 + ROUNDING) * np.eye(raw.shape[1]) - gone * CV.swapaxes(1, 2)
    V_without = np.linalg.solve(left, V)
    variances = np.einsum("ikk->ik", V_without)  # a view
    # Without a row, variances are no smaller, except for rounding errors.
    np.maximum(variances, np.einsum("ikk->ik", V), out=variances)
    step = gone * (V_without @ gradient[:, :, np.newaxis])
    return raw + step[:, :, 0], V_without


def noise_of(objective, theta, free):
    """Return the noise for a decay; `free` is one minus the effective parameters per target."""
    noise = dispersion(objective, theta)
    if objective.loss.is_likelihood:
        noise = max(noise, np.sqrt(noise))
    return noise / free**objective.loss.optimism


def dispersion(objective, theta):
    """Return the dispersion: the sum of the squared gradients of the losses over the sum of their
    curvatures.

    For the squared error it is the mean squared residual. For a log-likelihood it is Pearson's
    dispersion, whose expectation is 1 if the predicted distribution is true.
    """
    squares, curvatures = objective.total(squares_and_curvatures, theta, MAX_ROWS)
    # The curvature of saturated outputs is zero.
    return squares / max(curvatures, squares / MAX_DISPERSION, TINY)


def overlap(objective, theta):
    """Return the number of targets over the number of independent ones with as much noise.

    It is 1 if the errors of the targets are not correlated, and the number of targets for copies of
    one: the mean square of the correlations of the gradients of the losses, times the number of
    targets, without what is expected of independent ones. Likelihoods, whose noise is given, labels
    and quantiles of one target have none.
    """
    k, loss = objective.Y.shape[1], objective.loss
    of_labels = link_of(loss).name in ("logit", "softmax")
    if k == 1 or of_labels or loss.is_likelihood or loss.n_views > 1:
        return 1.0
    products = objective.total(products_of_slopes, theta, MAX_ROWS_OF_PRODUCTS)
    sizes = np.sqrt(np.diag(products))
    correlations = products / np.maximum(np.outer(sizes, sizes), TINY)
    by_chance = (k - 1) / min(objective.n_rows, MAX_ROWS_OF_PRODUCTS)
    found = float(np.sum(correlations**2) / k - by_chance)
    return min(found, k) if found > MIN_OVERLAP else 1.0


def products_of_slopes(objective, raw, Y, weight):
    """Return the sums over a block of rows of the products of the slopes of any two outputs, the
    derivatives of the loss, (n_outputs, n_outputs)."""
    slopes = objective.loss_gradient(Y, raw, out=np.empty_like(raw)).astype(np.float64)
    return slopes.T @ (slopes if weight is None else slopes * weight[:, np.newaxis])


def determinable_part(objective, theta):
    """Return the effective fraction of targets with information on the parameters.

    It is 1 if the curvature of the loss is the same everywhere. Targets without curvature, such as
    zeros that are predicted as zeros with a log link, have no information. So the weight of a
    target in Kish's effective sample size is the root of its curvature.
    """
    roots, squares, known = objective.total(sums_of_roots, theta, MAX_ROWS)
    return min(1.0, float((roots**2 / np.maximum(squares, TINY)).sum() / known.sum()))


def sums_of_roots(objective, raw, Y, weight):
    """Return the sums over a block of rows of the roots of the curvatures, of the curvatures, and
    of ones at known targets, (3, n_outputs)."""
    weight = np.ones(len(Y)) if weight is None else weight
    curvature = sum(root.astype(np.float64) ** 2 for root in objective.hessian_roots(Y, raw))
    return np.array([weight @ terms for terms in (np.sqrt(curvature), curvature, ~np.isnan(Y))])


def squares_and_curvatures(objective, raw, Y, weight):
    """Return the sums of `dispersion` over a block of rows, (2,)."""
    weight = np.ones(len(Y)) if weight is None else weight
    slopes = objective.loss_gradient(Y, raw, out=np.empty_like(raw))
    squares, curvatures = float(weight @ (slopes**2).sum(axis=1)), 0.0
    for root in objective.hessian_roots(Y, raw):
        curvatures += float(weight @ (root**2).sum(axis=1))
    return np.array([squares, curvatures])


class UnitNoise:
    """The noise of a negative log-likelihood: 1.

    Like all noises, it has `sums` of a block of rows, and an `estimate` from the total over blocks.
    """

    def sums(self, rows, objective, link):
        return 0.0

    def estimate(self, sums):
        return 1.0


class ResidualNoise:
    """The noise of every output: the sum of squared residuals over the residual degrees of
    freedom."""

    def sums(self, rows, objective, link):
        weight = rows.weight[:, np.newaxis] * ~np.isnan(rows.Y)
        squares = weight * np.nan_to_num(rows.Y - rows.raw) ** 2
        return np.array([part.sum(axis=0) for part in (squares, weight, weight - rows.leverage)])

    def estimate(self, sums):
        squares, total, free = sums
        return squares / np.maximum(free, ROUNDING * total)


class Temperature:
    """The noise with the least log-loss of moderated leave-one-out probabilities, for the classes
    or for each of several labels.

    In theory it is 1. But for well separated classes the probabilities are right without
    moderation, and the small curvature makes the covariance too large. (A posterior with a
    temperature below 1 is called cold: Wenzel et al. 2020, ICML.)
    """

    def sums(self, rows, objective, link):
        moderated = (link.moderated(rows.raw_without, t * rows.V_without) for t in TEMPERATURES)
        return np.array([rows.weight @ objective.terms(rows.Y, raw) for raw in moderated])

    def estimate(self, sums):
        return TEMPERATURES[sums.argmin(axis=0)]


NOISES = {"unit": UnitNoise(), "residual": ResidualNoise(), "temperature": Temperature()}
"""The noises by the attribute `noise` of a loss."""
