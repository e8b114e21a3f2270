"""Sums over the eigenvalues of the Gauss-Newton matrix, exact or by a quadrature."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import cholesky, eigh_tridiagonal
from scipy.linalg.lapack import dtrtri

from sklearn_shallow.objective.curvature import GaussNewton, curved_part, kernel, row_kernel

EXACT_SIZE = 300  # parameters, or rows times outputs, up to which the sums are exact
ROUNDING = 1e-13  # of the trace: an alpha below it would be lost beside the eigenvalues
SAMPLE_ROWS, SAMPLE_BYTES = 4000, 2**28  # that stand for all, at first; and of the largest sample
LEAST_CORRECTION = 0.6  # of alpha for what a sample does not see; a larger sample where it is less
ACCURACY = 0.15  # of the number of parameters determined, about what another probe changes
LARGEST_SHARE = 0.6  # of parameters determined per output seen: beyond, few samples do not tell
TINY = 1e-100  # an alpha beside which all eigenvalues are wanted


class Spectrum(NamedTuple):
    """Eigenvalues with their multiplicities, without zeros; only sums over them have a meaning.

    They may come from a sample, of which `n_seen` of `n_all` outputs have been seen, weighted by
    the curvature of the loss. See `seen_alpha` for the correction.
    """

    values: np.ndarray
    counts: np.ndarray
    n_seen: float = 1
    n_all: float = 1

    def sums(self, alpha):
        """Return the number of parameters that the data determine beside a penalty with alpha, and
        the log-determinant of the matrix and the penalty, relative to the penalty's.
        """
        alpha = self.seen_alpha(alpha)
        volume, found = self.counts @ np.log1p(self.values / alpha), self._determined(alpha)
        share = min(found / self.n_seen, LARGEST_SHARE)
        unseen = self.n_all * np.log1p(-share * self.n_seen / self.n_all)
        return found, float(volume + self.n_seen * np.log1p(-share) - unseen)

    def seen_alpha(self, alpha):
        """Return the alpha at which the outputs seen determine as many parameters as all would.

        Fewer samples determine fewer parameters, even if the expected curvature is the same. By
        random matrix theory, n outputs that determine k parameters at alpha do what their
        expectation does at ``alpha / (1 - k / n)`` (Dobriban & Wager 2018, Annals of Statistics
        46). So ``alpha / (1 - k / n)`` must be the same for the outputs seen and for all.
        """
        seen, before = alpha, 0.0
        while self.n_seen < self.n_all:
            found = min(self._determined(seen), LARGEST_SHARE * self.n_seen)
            seen = alpha * (1 - found / self.n_seen) / (1 - found / self.n_all)
            if not found - before > 1e-3 * found:  # NaN ends it too
                break
            before = found
        return seen

    def _determined(self, alpha):
        return float(self.counts @ (self.values / (self.values + alpha)))

    def tells_all(self, alpha):
        """Return whether the samples seen are enough to estimate the effective parameters of all of
        them."""
        return self.n_seen == self.n_all or self.seen_alpha(alpha) >= LEAST_CORRECTION * alpha


class Whole(NamedTuple):
    """A matrix whose Cholesky factor gives the sums, in a fifth of the time of its eigenvalues."""

    matrix: np.ndarray

    def sums(self, alpha):
        """Return the same sums as a `Spectrum`."""
        size = len(self.matrix)
        alpha = max(alpha, ROUNDING * np.trace(self.matrix))
        factor = cholesky(self.matrix + alpha * np.eye(size), lower=True, overwrite_a=True)
        log_volume = 2 * np.log(np.diag(factor)).sum() - size * np.log(alpha)
        inverse, _ = dtrtri(factor, lower=1, overwrite_c=1)
        return float(size - alpha * np.sum(inverse**2)), float(log_volume)


class Spectra:
    """The estimated spectra of a run, in their order.

    A spectrum of one network also holds for another one on the same samples after as many updates,
    up to the error of random probes. So the spectra of an earlier run are used in this one, as far
    as there are some.

    Attributes
    ----------
    found : list of Spectrum
    sample_rows : int
        How many samples stand for all: more from a spectrum on to which fewer have been too few.
    """

    def __init__(self, earlier=()):
        self.found, self.sample_rows = [], SAMPLE_ROWS
        self._earlier = earlier

    def repeat(self):
        """Use the last spectrum, if there is one, for the next call too."""
        if self.found:
            later = self._earlier[len(self.found) + 1 :]
            self._earlier = [*self.found, self.found[-1], *later]

    def state(self):
        """Return the state for `restore`."""
        return [self.sample_rows, *map(list, self.found)]

    def restore(self, state):
        """Take over a state."""
        self.sample_rows, *found = state
        self.found = [Spectrum(*parts) for parts in found]

    def following(self, estimate):
        """Return the next spectrum: that of the earlier run, or the result of the function."""
        done = len(self.found)
        self.found.append(self._earlier[done] if done < len(self._earlier) else estimate())
        return self.found[-1]


def spectrum(objective, theta, rng, probes=2, steps=30, alpha=TINY, spectra=None):
    """Return the spectrum of the Gauss-Newton matrix at theta, `Whole` or a `Spectrum`.

    It is exact in the space of the parameters or of the rows, if either is small. Otherwise it is
    estimated by stochastic Lanczos quadrature (Golub & Meurant 2010; Ubaru, Chen & Saad 2017, SIAM
    J. Matrix Anal. Appl. 38) on some of the rows, in the smaller of the two spaces or in the one
    that takes less memory: shorter vectors need fewer steps. The steps of Lanczos's method start
    from random probes, and end early if they determine the effective number of parameters at this
    alpha. With `spectra`, the next one of these is returned.
    """
    if min(objective.n_params, objective.Y.size) > EXACT_SIZE:
        spectra = Spectra() if spectra is None else spectra
        return spectra.following(
            lambda: _estimated(objective, theta, spectra, alpha, rng, probes, steps)
        )
    if objective.n_params <= objective.Y.size:
        # What single precision rounds may be more than alpha.
        return Whole(objective.in_double().curvature(theta) * objective.total_weight)
    return Whole(kernel(objective, theta))


def _estimated(objective, theta, spectra, alpha, *effort):
    """Return the `Spectrum` of enough samples to estimate the effective parameters of all of them.

    If the effective parameters of all samples are not few compared with the samples seen, these
    determine far fewer, and networks would overfit silently. So the sample is doubled, as long as
    its rows and units fit in the allowed memory.
    """
    bytes_per_row = 2 * sum(objective.layout.units) * objective.dtype.itemsize
    most = SAMPLE_BYTES // bytes_per_row
    found = _quadrature(objective, theta, spectra.sample_rows, alpha, *effort)
    while not found.tells_all(alpha) and 2 * spectra.sample_rows <= most:
        spectra.sample_rows *= 2
        found = _quadrature(objective, theta, spectra.sample_rows, alpha, *effort)
    return found


def _quadrature(objective, theta, sample_rows, alpha, rng, probes, steps):
    n_rows, n_outputs = objective.n_rows, objective.Y.shape[1]
    rows, part = slice(0, n_rows), 1.0
    if n_rows > sample_rows:
        rows = np.sort(rng.choice(n_rows, sample_rows, replace=False))
        part = curved_part(objective, theta, rows, np.random.default_rng(0))
    n_seen = min(n_rows, sample_rows) * n_outputs
    # In the space of the rows, as many roots as outputs are kept: where outputs outnumber the
    # steps, more than the vectors of these.
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

    `product` multiplies a symmetric matrix G by a vector; `start` has length 1. The steps end as
    soon as they determine the fraction of the parameters that the data do not determine at this
    alpha, ``start' alpha (G + alpha I)^-1 start``. Computed with T in place of G it is too small,
    by at most the squared residual of the linear system, since the inverse is at most 1 / alpha.
    Both follow from the pivots of ``T + alpha I`` (Golub & Meurant 2010, section 3.4 and chapter
    12).
    """
    basis = np.empty((n_steps, len(start)))
    diagonal, beside = [], []
    vector, undetermined, residual, correction = start, 0.0, 1.0, 0.0
    for step in range(n_steps):
        basis[step] = vector
        image = multiply(vector)
        diagonal.append(vector @ image)
        for _ in range(2):  # orthogonal to all before; once is not enough to working precision
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
