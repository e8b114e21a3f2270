"""Prediction intervals, from whatever a regressor's fit offers."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from scipy.special import ndtri

from sklearn_shallow.utils.typing import MatrixLike

CLOSE = 1e-6  # between a quantile and the bound of an interval


class IntervalMixin:
    """`predict_interval` of a regressor with the attribute `_networks`."""

    def predict_interval(self: Any, X: MatrixLike, coverage: float = 0.9) -> Any:
        """Return an interval for y of every sample.

        With ``posterior="laplace"`` it is the mean plus and minus the standard deviations of a
        normal distribution, noise included, and no lower than the least y for which the loss is
        defined.
        With ``loss="quantile"`` it lies between the two quantiles that leave out as much below as
        above.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples to predict.
        coverage : float in (0, 1), default=0.9
            Probability that y is within the interval.

        Returns
        -------
        interval : ndarray of shape (n_samples, 2) or (n_samples, 2, n_targets)
            Lower and upper bound, in units of y.

        Raises
        ------
        ValueError
            If the fit offers no interval, or none of this coverage. The message says what to fit.

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn_shallow import ShallowNetRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> net = ShallowNetRegressor(5, solver="lbfgs", posterior="laplace", random_state=0)
        >>> low, high = net.fit(X[:300], y[:300]).predict_interval(X[300:]).T
        >>> round(float(((low < y[300:]) & (y[300:] < high)).mean()), 1)
        0.9
        """
        target, posterior = self._target, self._networks[0].posterior
        if not (isinstance(coverage, Real) and 0 < coverage < 1):
            raise ValueError(f"coverage={coverage!r} must be a number between 0 and 1: 0.9.")
        if posterior is not None:
            mean, std = self.predict(X, return_std=True)
            reach = ndtri((1 + coverage) / 2) * std
            low = np.maximum(mean - reach, target.loss.domain[0])
            return np.stack([low, mean + reach], axis=1)
        places = _bounds(self, target.levels, coverage)
        return np.moveaxis(self.predict(X)[..., places], -1, 1)


def _bounds(net, levels, coverage):
    """Return the places of the quantiles of an interval among those that were fitted."""
    wanted = (1 - coverage) / 2, (1 + coverage) / 2
    pair = f"quantile=[{wanted[0]:.6g}, {wanted[1]:.6g}]"
    if not len(levels):
        raise ValueError(
            f"predict_interval needs a fit with posterior='laplace', or one with loss='quantile', "
            f"{pair}; this one has loss={net.loss!r} and posterior={net.posterior!r}. Set one of "
            "the two, and call fit."
        )
    distances = np.abs(np.subtract.outer(wanted, levels))
    if distances.min(axis=1).max() > CLOSE:
        fitted = ", ".join(f"{level:.6g}" for level in levels)
        raise ValueError(
            f"coverage={coverage!r} needs the quantiles {wanted[0]:.6g} and {wanted[1]:.6g}, and "
            f"the fit has {fitted}. Fit with {pair}, or more that include them{_other(levels)}."
        )
    return distances.argmin(axis=1)


def _other(levels):
    """Return for which coverages there are quantiles."""
    levels = np.asarray(levels)
    paired = [2 * p - 1 for p in levels if p > 0.5 and np.abs(levels - (1 - p)).min() < CLOSE]
    return f"; it has those of coverage={' or '.join(f'{c:.6g}' for c in paired)}" * bool(paired)
