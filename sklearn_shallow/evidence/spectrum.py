"""Sums over the eigenvalues of the Gauss-Newton matrix, exact or by a quadrature."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, eigh_tridiagonal
from scipy.linalg.lapack import dtrtri

from sklearn_shallow.objective.curvature import GaussNewton, curved_part, kernel, row_kernel

EXACT_SIZE = 300  # parameters, or rows times outputs, up to which the sums are exact
ROUNDING = 1e-13  # minimum of alpha, as a fraction of the trace, above rounding errors
SAMPLE_ROWS, SAMPLE_BYTES = 4000, 2**28  # rows of the first sample, memory of the largest one
MIN_CORRECTION = 0.6  # `seen_alpha` over alpha, below which the sample is doubled
ACCURACY = 0.15  # relative error of the effective parameters, about that of a random probe
MAX_SHARE = 0.6  # maximum of effective parameters per output of the sample
TINY = 1e-100  # an alpha at which all eigenvalues count


class Spectrum(NamedTuple):
    """Nonzero eigenvalues and their multiplicities, for sums over them.

    They may come from a sample with `n_seen` of `n_all` outputs, weighted by the curvature of the
    loss. See `seen_alpha` for the correction.
    """

    values: np.ndarray
    counts: np.ndarray
    n_seen: float = 1
    n_all: float = 1

    def sums(self, alpha):
        """Return the effective number of parameters at alpha, and the log-determinant of the matrix
        plus the penalty minus that of the penalty.
        """
        alpha = self.seen_alpha(alpha)
        volume, found = self.counts @ np.log1p(self.values / alpha), self._determined(alpha)
        share = min(found / self.n_seen, MAX_SHARE)
        unseen = self.n_all * np.log1p(-share * self.n_seen / self.n_all)
        return found, float(volume + self.n_seen * np.log1p(-share) - unseen)

    def seen_alpha(self, alpha):
        """Return the alpha at which the sample determines as many parameters as all outputs do at
        the given alpha.

        A sample determines fewer parameters, even if the expected curvature is the same. By random
        matrix theory, n outputs that determine k parameters at alpha are equivalent to their
        expectation at ``alpha / (1 - k / n)`` (Dobriban & Wager 2018, Annals of Statistics 46). So
        ``alpha / (1 - k / n)`` must be the same for the sample and for all outputs.
        """
        seen, before = alpha, 0.0
        while self.n_seen < self.n_all:
            found = min(self._determined(seen), MAX_SHARE * self.n_seen)
            seen = alpha * (1 - found / self.n_seen) / (1 - found / self.n_all)
            if not found - before > 1e-3 * found:  # also true for nan
                break
            before = found
        return seen

    def _determined(self, alpha):
        return float(self.counts @ (self.values / (self.values + alpha)))

    def suffices(self, alpha):
        """Return whether the sample is large enough to estimate the effective parameters."""
        return self.n_seen == self.n_all or self.seen_alpha(alpha) >= MIN_CORRECTION * alpha


class ExactMatrix(NamedTuple):
    """The whole matrix: its Cholesky factor gives the sums in a fifth of the time of a spectrum."""

    matrix: np.ndarray

    def sums(self, alpha):
        """Return the sums of `Spectrum.sums`."""
        size = len(self.matrix)
        alpha = max(alpha, ROUNDING * np.trace(self.matrix))
        factor = cholesky(self.matrix + alpha * np.eye(size), lower=True, overwrite_a=True)
        log_volume = 2 * np.log(np.diag(factor)).sum() - size * np.log(alpha)
        inverse, _ = dtrtri(factor, lower=1, overwrite_c=1)
        return float(size - alpha * np.sum(inverse**2)), float(log_volume)


class Spectra:
    """The estimated spectra of a run, in their order.

    Networks on the same samples have almost equal spectra after equal numbers of updates, up to the
    error of random probes. So the spectra of an earlier run are used before any are estimated.

    Attributes
    ----------
    found : list of Spectrum
    sample_rows : int
        Size of the sample, which is increased after a spectrum that needed more.
    """

    def __init__(self, earlier=()):
        self.found, self.sample_rows = [], SAMPLE_ROWS
        self._earlier = earlier

    def repeat(self):
        """Let the next call of `following` return the last spectrum again, if there is one."""
        if self.found:
            later = self._earlier[len(self.found) + 1 :]
            self._earlier = [*self.found, self.found[-1], *later]

    def state(self):
        """Return the state for `restore`."""
        return [self.sample_rows, *map(list, self.found)]

    def restore(self, state):
        """Set the state that `state` returned."""
        self.sample_rows, *found = state
        self.found = [Spectrum(*parts) for parts in found]

    def following(self, estimate):
        """Return the next spectrum: that of the earlier run, or the result of `estimate`."""
        done = len(self.found)
        self.found.append(self._earlier[done] if done < len(self._earlier) else estimate())
        return self.found[-1]


def spectrum(objective, theta, rng, probes=2, steps=30, alpha=TINY, spectra=None):
    """Return the spectrum of the Gauss-Newton matrix at theta, `ExactMatrix` or a `Spectrum`.

    If the parameters or the rows are few, their matrix is exact. Otherwise the spectrum is
    estimated by stochastic Lanczos quadrature (Golub & Meurant 2010; Ubaru, Chen & Saad 2017, SIAM
    J. Matrix Anal. Appl. 38) on a sample of the rows, in the smaller of the two spaces or in the
    one that takes less memory: shorter vectors need fewer steps. The steps of Lanczos's method
    start from random probes, and end early once the effective number of parameters at alpha is
    known. With `spectra`, the next of these is returned.
    """
    if min(objective.n_params, objective.Y.size) > EXACT_SIZE:
        spectra = Spectra() if spectra is None else spectra
        return spectra.following(
            lambda: _estimated(objective, theta, spectra, alpha, rng, probes, steps)
        )
    if objective.n_params <= objective.Y.size:
        # In double precision, since errors of single precision may be larger than alpha.
        return ExactMatrix(objective.in_double().curvature(theta) * objective.total_weight)
    return ExactMatrix(kernel(objective, theta))


def _estimated(objective, theta, spectra, alpha, *effort):
    """Return the `Spectrum` of a sample that is large enough.

    If the effective parameters are not few compared with the sample, the sample determines far
    fewer, and networks would overfit silently. So the sample is doubled, as long as its rows and
    units fit in the allowed memory.
    """
    bytes_per_row = 2 * sum(objective.layout.units) * objective.dtype.itemsize
    most = SAMPLE_BYTES // bytes_per_row
    found = _quadrature(objective, theta, spectra.sample_rows, alpha, *effort)
    while not found.suffices(alpha) and 2 * spectra.sample_rows <= most:
        spectra.sample_rows *= 2
        found = _quadrature(objective, theta, spectra.sample_rows, alpha, *effort)
    return found


def _quadrature(objective, theta, sample_rows, alpha, rng, probes, steps):
    """Return the `Spectrum` of a sample of this size, by random probes."""
    n_rows, n_outputs = objective.n_rows, objective.Y.shape[1]
    rows, part = slice(0, n_rows), 1.0
    if n_rows > sample_rows:
        rows = np.sort(rng.choice(n_rows, sample_rows, replace=False))
        part = curved_part(objective, theta, rows, np.random.default_rng(0))
    n_seen = min(n_rows, sample_rows) * n_outputs
    # The space of the rows stores a root per output: if outputs outnumber the steps, these take
    # more memory than the vectors of the steps.
    is_wide = objective.n_params > n_seen * max(1, n_outputs / steps)
    matrix = (row_kernel if is_wide else GaussNewton)(objective, theta, rows)
    values, counts = [], []
    for _ in range(probes):
        probe = rng.choice([-1.0, 1.0], size=matrix.size) / np.sqrt(matrix.size)
        nodes, vectors = eigh_tridiagonal(*lanczos(matrix.multiply, probe, steps, alpha))
        values.append(np.maximum(nodes, 0))
        counts.append(matrix.size / probes * vectors[0] ** 2)
    values, counts = np.concatenate(values), np.concatenate(counts)
    return Spectrum(values, counts, part * n_seen, part * n_rows * n_outputs)


def lanczos(multiply, start, n_steps, alpha=TINY):
    """Return the tridiagonal matrix T of Lanczos's method: its diagonal and the one next to it.

    `multiply` multiplies a symmetric matrix G by a vector; `start` has length 1. The steps end once
    ``start' alpha (G + alpha I)^-1 start``, the fraction of parameters that the data do not
    determine, is accurate. Computed with T in place of G it is too small, by at most the squared
    residual of the linear system, since the inverse is at most 1 / alpha. Both follow from the
    pivots of ``T + alpha I`` (Golub & Meurant 2010, section 3.4 and chapter 12).
    """
    basis = np.empty((n_steps, len(start)))
    diagonal, beside = [], []
    vector, undetermined, residual, correction = start, 0.0, 1.0, 0.0
    for step in range(n_steps):
        basis[step] = vector
        image = multiply(vector)
        diagonal.append(vector @ image)
        for _ in range(2):  # orthogonalised twice: once is not enough in working precision
            image -= basis[: step + 1].T @ (basis[: step + 1] @ image)
        length = np.linalg.norm(image)
        if step == n_steps - 1 or length <= 1e-10 * max(map(abs, diagonal)):
            break
        pivot = diagonal[-1] + alpha - correction
        undetermined += alpha * residual / pivot
        residual *= (length / pivot) ** 2
        correction = length**2 / pivot
        if residual <= ACCURACY * (1 - undetermined):
            break
        beside.append(length)
        vector = image / length
    return np.array(diagonal), np.array(beside)
