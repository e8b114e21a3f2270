"""Display of prediction intervals and the true values."""

import numpy as np
from sklearn.utils import _safe_indexing

from sklearn_shallow.inspection.fitted import as_drawn, unwrapped
from sklearn_shallow.inspection.plotting import COLOURS, LEGEND, Display

MAX_SHOWN = 200


class IntervalDisplay(Display):
    """Prediction intervals of new samples, and the true values of y.

    Create it with `from_estimator`. A vertical line is an interval, by default in the order of the
    predictions. True values are blue points inside and vermillion crosses outside of the intervals.
    The title says how many are inside. At most 200 samples are drawn; all are counted.

    Parameters
    ----------
    low, high, y : ndarrays of shape (n_samples,)
        The intervals and the true values.
    coverage : float
        The part of the samples that is to be inside.
    x : ndarray of shape (n_samples,), or None
        Places of the samples on the horizontal axis; None: their rank by the middle of the
        interval.
    name : str
        The label of that axis.

    Attributes
    ----------
    inside : ndarray of shape (n_samples,), bool
        Which samples are inside of their interval.
    observed_coverage : float
        The part of the samples that is inside.
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    intervals_ : LineCollection
        The intervals.
    points_ : tuple of Line2D
        The points inside and those outside.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_shallow import IntervalDisplay, ShallowNetRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = ShallowNetRegressor(5, solver="lbfgs", posterior="laplace", random_state=0)
    >>> net = net.fit(X[:300], y[:300])
    >>> display = IntervalDisplay.from_estimator(net, X[300:], y[300:], coverage=0.9)
    >>> round(display.observed_coverage, 1)
    0.9
    """

    def __init__(self, low, high, y, coverage, x=None, name="samples, by prediction"):
        self.low = low
        self.high = high
        self.y = y
        self.coverage = coverage
        self.x = x
        self.name = name
        self.inside = (low <= y) & (y <= high)
        self.observed_coverage = float(self.inside.mean())

    @classmethod
    def from_estimator(cls, estimator, X, y, *, coverage=0.9, feature=None, target=None, ax=None):
        """Predict intervals and draw them with the true values.

        Parameters
        ----------
        estimator : ShallowNetRegressor
            A fitted regressor with a posterior or quantiles, a search for one, or a pipeline that
            ends in one.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples that were not trained on.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Their true values; samples with nan are left out.
        coverage : float in (0, 1), default=0.9
            The part of the samples that is to be inside.
        feature : int or str, default=None
            A feature of X to stand on the horizontal axis; None: samples in the order of the
            predictions.
        target : int, default=None
            Which of several targets.
        ax : matplotlib Axes, default=None
            Axes to draw in; None is a new figure.

        Returns
        -------
        display : IntervalDisplay
        """
        net, inputs = unwrapped(estimator, X, cls.__name__)
        if not hasattr(net, "predict_interval"):
            raise ValueError(
                f"{cls.__name__} is for a ShallowNetRegressor, got {type(net).__name__}. See "
                "sklearn.calibration.CalibrationDisplay for the probabilities of a classifier."
            )
        interval, y = net.predict_interval(inputs, coverage), np.asarray(y, np.float64)
        if interval.ndim == 3:
            n_targets = interval.shape[2]
            if n_targets > 1 and target not in range(n_targets):
                raise ValueError(
                    f"target={target!r} must be one of the {n_targets} targets: 0 to "
                    f"{n_targets - 1}."
                )
            interval = interval[:, :, target or 0]
            y = y.reshape(len(y), -1)[:, target or 0]
        known, places = np.isfinite(y), {}
        if feature is not None:
            x, name = np.asarray(_safe_indexing(X, feature, axis=1), np.float64), feature
            if not isinstance(feature, str):
                name = X.columns[feature] if hasattr(X, "columns") else f"x{feature}"
            places = {"x": x[known], "name": str(name)}
        return cls(*interval[known].T, y[known], coverage, **places).plot(ax=ax)

    def _draw(self, ax):
        self.ax_ = ax = self._new_axes(ax)
        n = len(self.y)
        order = np.argsort(self.low + self.high, kind="stable")
        x = np.arange(n) if self.x is None else self.x[order]
        shown = np.unique(np.linspace(0, n - 1, min(n, MAX_SHOWN)).astype(int))
        rows, x = order[shown], x[shown]
        width = float(np.clip(330 / len(shown), 1.2, 5))
        style = {"color": COLOURS["sky"], "alpha": 0.45, "linewidth": width}
        self.intervals_ = ax.vlines(x, self.low[rows], self.high[rows], **style)
        inside, y = self.inside[rows], self.y[rows]
        [within] = ax.plot(x[inside], y[inside], "o", color=COLOURS["blue"], ms=3.5)
        [beyond] = ax.plot(x[~inside], y[~inside], "X", color=COLOURS["vermillion"], ms=6.5)
        self.points_ = within, beyond
        ax.set(xlabel=as_drawn(self.name), ylabel="y")
        found = f"{100 * self.observed_coverage:.3g} % of {n:,} samples inside"
        ax.set_title(f"{found}, {100 * self.coverage:g} % asked for", fontsize="medium")
        self._bare(ax)
        ax.legend(self.points_, ["inside", "outside"], **LEGEND)
