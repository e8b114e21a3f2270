"""Encoding of the user's real-valued y as the scaled, two-dimensional Y of the objective, and back.

Convention
----------
y : the user's numbers of shape (n_rows,) or (n_rows, n_targets); the latter with nan for missing
entries.
Y, raw, mean : ndarray of shape (n_rows, n_outputs). With several quantiles the outputs of a target
are adjacent, and Y repeats the target.
"""

import copy

import numpy as np

from sklearn_shallow.losses.base import Domain
from sklearn_shallow.losses.checks import check_methods
from sklearn_shallow.losses.links import link_of
from sklearn_shallow.targets.base import Target
from sklearn_shallow.targets.limits import Limits
from sklearn_shallow.targets.scaling import TARGET_SCALINGS
from sklearn_shallow.utils import operations as ops
from sklearn_shallow.utils.statistics import weighted_mean
from sklearn_shallow.utils.warnings import warn_user

# A warning is given if few numbers of y dominate the squared error:
DOMINANT_SHARE = 0.9  # they have more than this share of the squared distances from the mean,
FEW = 0.1  # they are at most this fraction of the samples,
FAR_AWAY = 10  # and, if several, they are this many times as far from the median as all others


class RegressionTarget(Target):
    """One or more real numbers per row.

    Parameters
    ----------
    y : ndarray
    loss : Loss
    name : str
        The name of the loss in messages.
    standardize : bool
    has_limits : bool
        Whether predictions are limited, see `Limits`.
    """

    def __init__(self, y, loss, *, name, standardize, has_limits=False):
        self.is_column = y.ndim == 1
        self.n_targets = 1 if self.is_column else y.shape[1]
        self.levels = getattr(loss, "levels", [])
        self.n_quantiles = loss.n_views
        self.n_outputs = self.n_targets * self.n_quantiles
        check_methods(loss, self.n_outputs)
        self.loss, self.link, self.name = loss, link_of(loss), name
        self.out_activation = self.link.activation
        kind = loss.standardization if standardize else None
        self.scaling = TARGET_SCALINGS[kind](self.n_targets)
        # Scaled targets are of size 1, except for outliers of little weight.
        self.largest = 1.0 if kind else np.abs(np.nan_to_num(y.astype(np.float64))).max()
        self._standardize = standardize
        if has_limits:
            self.limits = Limits.before_data(self.n_targets)

    def __str__(self):
        outputs = f"{self.n_targets} target" + "s" * (self.n_targets > 1)
        quantiles = f" with {self.n_quantiles} quantiles" if self.n_quantiles > 1 else ""
        return f"{outputs}{quantiles} (link {self.link.name})"

    def check_same(self, other):
        """Check that a network that was fitted to another target can be trained on this one."""
        if str(self) != str(other):
            raise ValueError(
                f"y and loss={self.name} make {self}, but the fitted network has {other}, and "
                "training would continue with it. Change them back, or train from scratch: fit "
                "with warm_start=False, or clone."
            )

    def warn_if_suspicious(self, y, cost):
        """Warn if a few numbers dominate the squared error."""
        if self.loss.standardization != "mean":
            return
        Y = np.asarray(y, np.float64).reshape(len(y), -1)
        for column, numbers in enumerate(Y.T):
            with np.errstate(all="ignore"):
                n_few, share, row = dominant_outliers(numbers, cost)
            if not n_few:
                continue
            where = "" if self.is_column else f" in column {column}"
            few, have = ("One number", "has") if n_few == 1 else (f"{n_few} numbers", "have")
            warn_user(
                f"{few} of y{where} (the most extreme: {numbers[row]:.6g}, sample {row}) {have} "
                f"{share:.1%} of the squared distances from the mean: with loss={self.name}, all "
                "others hardly count. Check y, choose loss='huber' or 'absolute_error', or take "
                "the logarithm of y."
            )
            return

    def class_weighted(self, class_weight, y, sample_weight):
        """Return the sample weights, since there are no classes."""
        return sample_weight

    def encode(self, y, dtype):
        """Return y as (n_rows, n_targets) in float64, not yet scaled."""
        n_targets = 1 if y.ndim == 1 else y.shape[1]
        if n_targets != self.n_targets:
            shape = "(n_rows,)" if self.is_column else f"(n_rows, {self.n_targets})"
            raise ValueError(
                f"y has shape {y.shape}, but the regressor's first y had shape {shape}. Pass y of "
                "that shape."
            )
        Y = np.asarray(y, np.float64).reshape(len(y), n_targets)
        domain = Domain(*self.loss.domain)
        outside = domain.outside(Y)
        if outside.any():
            raise ValueError(
                f"loss={self.name} needs {domain}, got {Y[outside][0]:g}. Choose "
                "loss='squared_error', or correct, shift or leave out such values."
            )
        return Y

    encode_unsmoothed = encode

    def learn(self, Y, sample_weight):
        """Update the statistics of the scaling and the limits."""
        if self._standardize:  # otherwise the scaling may be that of an earlier fit
            self.scaling.update(Y, sample_weight)
        self.limits = self.limits.widened(Y)

    def continued(self, other):
        """Return this target with the statistics of an earlier fit, checked to be the same."""
        self.check_same(other)
        target = copy.copy(self)
        target.scaling, target.limits = copy.copy(other.scaling), other.limits
        return target

    def standardized(self, Y, dtype):
        """Return the scaled targets, (n_rows, n_outputs)."""
        return np.repeat(self.scaling.apply(Y).astype(dtype), self.n_quantiles, axis=1)

    def constant_raw(self, Y, weight):
        """Return the raw output of the constant with the least loss, (n_outputs,)."""
        return np.nan_to_num(self.link.link(self.loss.center(Y, weight)))

    first_raw = constant_raw

    def curvature(self, Y, weight):
        """Return the mean curvature of the loss at `constant_raw`, the largest of all outputs; 0 if
        the loss has none.
        """
        if not self.loss.has_curvature:
            return 0.0
        raw = np.broadcast_to(self.constant_raw(Y, weight).astype(Y.dtype), Y.shape)
        found = self.loss.curvature(Y, raw)
        return 0.0 if found is None else float(np.nanmax(weighted_mean(found, weight)))

    def predicted(self, raw):
        """Return the mean in the user's units, (n_rows, n_outputs); overwrites raw."""
        mean = self.link.inverse(raw, out=raw)
        mean *= self.scaling.scale.repeat(self.n_quantiles).astype(raw.dtype, copy=False)
        mean += self.scaling.shift.repeat(self.n_quantiles).astype(raw.dtype, copy=False)
        return self.limits.apply(mean)

    @property
    def operations(self):
        """The operations of `predicted`, for export."""
        steps, n = [*self.link.operations], self.n_quantiles
        scale, shift = self.scaling.scale.repeat(n), self.scaling.shift.repeat(n)
        if (scale != 1).any() or shift.any():
            steps.append(ops.Rescale(scale, shift))
        if self.limits.low is not None:
            steps.append(ops.Limit(*self.limits.ends.repeat(n, axis=1)))
        return steps

    def deviation(self, raw, V, noise):
        """Return the standard deviation of y in the user's units, (n_rows, n_outputs).

        Parameters
        ----------
        V : ndarray of shape (n_rows, n_outputs, n_outputs), see `evidence.posterior`
        noise : ndarray of shape (n_outputs,)
        """
        mean = self.link.inverse(raw, out=np.empty_like(raw))
        slope = self.link.chain(np.ones_like(raw), mean)
        base = mean if self.link.name == "log" else 1.0  # of Poisson's distribution: its mean
        variance = noise * (base + slope**2 * np.einsum("ikk->ik", V))
        return np.sqrt(variance) * self.scaling.scale

    def shaped(self, columns):
        """Return an array (n_rows, n_outputs) in the shape of predictions: without an axis for a
        single target, with one for several quantiles."""
        shape = [len(columns)]
        if not self.is_column:
            shape.append(self.n_targets)
        if self.n_quantiles > 1:
            shape.append(self.n_quantiles)
        return columns.reshape(shape)

    def to_raw_units(self, W, b):
        """Return the output layer in the user's units, as far as the link permits."""
        scaling = self.scaling
        if self.link.name == "identity":
            return W * scaling.scale, b * scaling.scale + scaling.shift
        return W, b + np.log(scaling.divisor) if self.link.name == "log" else b

    def from_raw_units(self, W, b):
        """Return the output layer for the scaled target; the inverse of `to_raw_units`."""
        scaling = self.scaling
        if self.link.name == "identity":
            return W / scaling.divisor, (b - scaling.shift) / scaling.divisor
        return W, b - np.log(scaling.divisor) if self.link.name == "log" else b


def dominant_outliers(numbers, cost):
    """Return the number of outliers with most of the squared distances from the mean, or 0; their
    share of these, and the row of the most extreme one.

    Several outliers count only as a group far from the median, such as codes for missing values,
    not as the tail of a distribution or as the nonzero values among zeros.
    """
    known = ~np.isnan(numbers) if cost is None else ~np.isnan(numbers) & (cost > 0)
    numbers, rows = numbers[known], np.flatnonzero(known)
    if not len(rows):
        return 0, 0.0, 0
    weight = None if cost is None else cost[known]
    squares = (numbers - weighted_mean(numbers[:, np.newaxis], weight)) ** 2
    squares = squares if weight is None else squares * weight
    distances, n_few = np.abs(numbers - np.median(numbers)), int(FEW * len(numbers))
    order = np.argsort(-distances)
    far, next_far = distances[order][:n_few], distances[order][1 : n_few + 1]
    shares = np.cumsum(squares[order][:n_few]) / squares.sum()
    is_group = (far > FAR_AWAY * next_far) & (next_far > 0) & (shares > DOMINANT_SHARE)
    if is_group.any():
        last = int(is_group.argmax())
        return last + 1, shares[last], rows[order[0]]
    share = squares.max() / squares.sum()
    return int(share > DOMINANT_SHARE), share, rows[squares.argmax()]
