"""Between the user's real-valued y and the scaled, always two-dimensional Y of the core.

Convention
----------
y : what the user passes, of shape (n_rows,) or (n_rows, n_targets); of the latter, nan says that an
entry is not known.
Y, raw, mean : ndarray of shape (n_rows, n_outputs). With several quantiles the outputs of a target
are side by side, and Y repeats it.
"""

import copy

import numpy as np

from sklearn_shallow.targets.scaling import TARGET_SCALINGS

__all__ = ["RegressionTarget"]


class RegressionTarget:
    """One or more real numbers per row.

    Parameters
    ----------
    y : ndarray
    loss : a loss
    name : str
        What the loss is called in messages.
    levels : list of float
        The quantiles that are outputs of every target; empty if the output is something else.
    standardize : bool
    """

    def __init__(self, y, loss, *, name, levels, standardize):
        self.is_column = y.ndim == 1
        self.n_targets = 1 if self.is_column else y.shape[1]
        self.levels = levels
        self.n_quantiles = max(1, len(levels))
        self.n_outputs = self.n_targets * self.n_quantiles
        self.link, self.domain, self.name = loss.link, loss.domain, name
        kind = loss.standardization if standardize else None
        self.scaling = TARGET_SCALINGS[kind](self.n_targets)
        # What is scaled is of size 1, or has outliers that weigh little.
        self.largest = 1.0 if kind else np.abs(np.nan_to_num(y.astype(np.float64))).max()
        self._standardize = standardize

    def __str__(self):
        outputs = f"{self.n_targets} target" + "s" * (self.n_targets > 1)
        quantiles = f" with {self.n_quantiles} quantiles" if self.n_quantiles > 1 else ""
        return f"{outputs}{quantiles} (link {self.link.name})"

    def same_as(self, other):
        """Return whether a network with the other target can go on with this one."""
        return str(self) == str(other)

    def encode(self, y, dtype):
        """Return y as (n_rows, n_targets) in float64, not scaled yet."""
        n_targets = 1 if y.ndim == 1 else y.shape[1]
        if n_targets != self.n_targets:
            shape = "(n_rows,)" if self.is_column else f"(n_rows, {self.n_targets})"
            raise ValueError(
                f"y has shape {y.shape}, but the regressor's first y had shape {shape}. Pass y of "
                "that shape."
            )
        Y = np.asarray(y, np.float64).reshape(len(y), n_targets)
        outside = self.domain.outside(Y)
        if outside.any():
            raise ValueError(
                f"loss={self.name} needs {self.domain}, got {Y[outside][0]:g}. Choose "
                "loss='squared_error', or correct, shift or leave out such values."
            )
        return Y

    def learn(self, Y, sample_weight):
        """Take the targets into the statistics that scale them."""
        if self._standardize:
            self.scaling.update(Y, sample_weight)

    def going_on_from(self, other):
        """Return this target with the statistics of an earlier one."""
        target = copy.copy(self)
        target.scaling = copy.deepcopy(other.scaling)
        return target

    def standardized(self, Y, dtype):
        """Return the targets as the loss sees them, (n_rows, n_outputs)."""
        return np.repeat(self.scaling.apply(Y).astype(dtype), self.n_quantiles, axis=1)

    def predicted(self, raw):
        """Return the mean in the user's units, (n_rows, n_outputs), in place of raw."""
        mean = self.link.mean(raw, out=raw)
        mean *= np.repeat(self.scaling.scale, self.n_quantiles).astype(raw.dtype)
        mean += np.repeat(self.scaling.shift, self.n_quantiles).astype(raw.dtype)
        return mean

    def deviation(self, raw, V, noise):
        """Return the standard deviation of y in the user's units, (n_rows, n_outputs).

        Parameters
        ----------
        V : ndarray of shape (n_rows, n_outputs, n_outputs), see `evidence.posterior`
        noise : ndarray of shape (n_outputs,)
        """
        mean = self.link.mean(raw, out=np.empty_like(raw))
        slope = self.link.pull_back(np.ones_like(raw), mean)
        own = mean if self.link.name == "exp" else 1.0  # the variance of Poisson's distribution
        variance = noise * (own + slope**2 * np.einsum("ikk->ik", V))
        return np.sqrt(variance) * self.scaling.scale

    def shaped(self, columns):
        """Return (n_rows, n_outputs) as (n_rows,), or with an axis for targets and quantiles."""
        shape = [len(columns)]
        if not self.is_column:
            shape.append(self.n_targets)
        if self.n_quantiles > 1:
            shape.append(self.n_quantiles)
        return columns.reshape(shape)

    def fold(self, W, b):
        """Return the output layer that is in the user's units, as far as the link permits it."""
        scaling = self.scaling
        if self.link.name == "identity":
            return W * scaling.scale, b * scaling.scale + scaling.shift
        return W, b + np.log(scaling.divisor) if self.link.name == "exp" else b

    def unfold(self, W, b):
        """Return the output layer for the scaled target; the inverse of `fold`."""
        scaling = self.scaling
        if self.link.name == "identity":
            return W / scaling.divisor, (b - scaling.shift) / scaling.divisor
        return W, b - np.log(scaling.divisor) if self.link.name == "exp" else b
