"""Display of partial dependence, with its uncertainty.

Convention
----------
n : samples; they are repeated for every value of a feature, value after value
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.utils import _safe_indexing

from sklearn_shallow.inspection import fitted
from sklearn_shallow.inspection.plotting import CYCLE, GREY, Display
from sklearn_shallow.utils.numbers import is_integer
from sklearn_shallow.utils.statistics import is_missing

MAX_SAMPLES = 100
MAX_SINGLE = 30  # samples with a line of their own
N_VALUES = 40
FEW = 10  # distinct values of a number up to which all are drawn
MAX_LEVELS = 15
TAILS = 0.01, 0.99  # quantiles between which a number varies
N_CHOSEN = 6  # features drawn by default
IN_A_ROW = 3


@dataclass(frozen=True, eq=False)
class Response:
    """The response to one feature.

    Attributes
    ----------
    name : str
    values : ndarray of shape (n_values,), numbers or the names of levels
    single : ndarray of shape (n_values, n, n_outputs), the predictions
    std : ndarray of shape (n_values, n_outputs), or None without a posterior
    deciles : ndarray, of a number
    """

    name: str
    values: np.ndarray
    single: np.ndarray
    std: np.ndarray | None
    deciles: np.ndarray

    @property
    def mean(self):
        """The mean over the samples, (n_values, n_outputs)."""
        return self.single.mean(axis=1)

    @property
    def are_levels(self):
        """True if the values are levels of a category."""
        return self.values.dtype.kind not in "fiu"


class ResponseDisplay(Display):
    """The response of the prediction to a feature.

    Create it with `from_estimator`. One feature at a time is set to a range of values for all
    samples, and the mean of the predictions is drawn: the partial dependence (Friedman 2001). With
    one output, grey lines are the predictions of single samples: if they are not
    parallel, the effect depends on other features. With ``posterior="laplace"`` a band shows one
    standard deviation of y. Ticks at the bottom are the deciles of the feature.

    Parameters
    ----------
    responses : list of Response
        For every feature `name`, `values`, the predictions `single`, their `mean`, and `std`.
    output_names : list of str
        Names of the classes or targets.
    label : str
        Label of the predictions.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the first feature.
    axes_ : list of Axes
        One per feature.
    figure_ : matplotlib Figure
        The figure.
    lines_ : list of lists of Line2D
        For every feature, the mean of every output.
    bands_ : list of lists of PolyCollection
        For every feature, with a posterior, the band of every output; error bars for levels.

    See Also
    --------
    sklearn.inspection.PartialDependenceDisplay : For pairs of features, of any estimator.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_shallow import ResponseDisplay, ShallowNetRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> net = ShallowNetRegressor(5, solver="lbfgs", posterior="laplace", random_state=0).fit(X, y)
    >>> display = ResponseDisplay.from_estimator(net, X, ["bmi", "sex"])
    >>> display.responses[1].mean.shape  # two values, one output
    (2, 1)
    """

    def __init__(self, responses, output_names, label):
        self.responses = responses
        self.output_names = output_names
        self.label = label

    @classmethod
    def from_estimator(cls, estimator, X, features=None, *, target_names=None, ax=None):
        """Vary features, predict and draw.

        Parameters
        ----------
        estimator : ShallowNetClassifier or ShallowNetRegressor
            A fitted estimator, a search, or a pipeline that ends in one.
        X : array-like of shape (n_samples, n_features)
            Samples, as `predict` takes them; at most a hundred are used.
        features : int, str or list of such, default=None
            Indices, or names of the columns of a data frame; None is the six features with the
            largest effect.
        target_names : sequence of str, default=None
            Names of the classes, labels or targets.
        ax : matplotlib Axes, default=None
            Axes to draw in, divided if there are several features; None is a new figure.

        Returns
        -------
        display : ResponseDisplay
        """
        net, _ = fitted.unwrapped(estimator, None, cls.__name__)
        if sparse.issparse(X):
            raise ValueError(
                f"{cls.__name__} sets columns of X, which is sparse. Pass X.toarray()."
            )
        X = X if hasattr(X, "columns") else np.asarray(X)
        names = [str(name) for name in getattr(X, "columns", [f"x{i}" for i in range(X.shape[1])])]
        wanted = check_features(features, names)
        is_own = np.zeros(len(names), bool)  # categories whose values are numbers
        if net is estimator and net.is_categorical_ is not None:
            is_own = net.is_categorical_
        some = fitted.some_rows(X, MAX_SAMPLES)
        found = [response(estimator, X, some, j, names[j], is_own[j]) for j in wanted]
        if features is None:
            found = strongest(found)
        is_class = hasattr(net, "classes_")
        label = "probability" if is_class else "prediction"
        return cls(found, fitted.output_names(net, target_names), label).plot(ax=ax)

    def _draw(self, ax):
        self._set_axes(ax, len(self.responses), IN_A_ROW, row=1.95, sharey=True)
        self.lines_, self.bands_ = [], []
        only = self.output_names[0] if len(self.output_names) == 1 else "y"
        for cell, one in zip(self.axes_, self.responses, strict=True):
            draw = self._draw_levels if one.are_levels else self._draw_number
            lines, bands = draw(cell, one)
            self.lines_.append(lines)
            self.bands_.append(bands)
            cell.set_xlabel(fitted.as_drawn(one.name, fitted.MAX_LETTERS))
            self._bare(cell)
            if cell in self._first_column:
                of_only = "" if only == "y" else f" of {fitted.as_drawn(only)}"
                cell.set_ylabel(self.label + of_only)
        if len(self.output_names) > 1:
            names = [fitted.as_drawn(name, fitted.MAX_LETTERS) for name in self.output_names]
            self._add_legend(self.lines_[0], names, above=ax is None)

    def _draw_number(self, ax, one):
        lines, bands = [], []
        if one.single.shape[2] == 1:
            ax.plot(one.values, one.single[:, :MAX_SINGLE, 0], color=GREY, alpha=0.25, lw=0.7)
        style = {"marker": "o", "markersize": 4} if len(one.values) <= FEW else {}
        for k, mean in enumerate(one.mean.T):
            colour = CYCLE[k % len(CYCLE)]
            if one.std is not None:
                ends = mean - one.std[:, k], mean + one.std[:, k]
                band = ax.fill_between(one.values, *ends, color=colour, alpha=0.2, linewidth=0)
                bands.append(band)
            dashes = "-" if k < len(CYCLE) else "--"
            lines += ax.plot(one.values, mean, color=colour, linewidth=2, linestyle=dashes, **style)
        bottom = np.zeros(len(one.deciles))
        ax.plot(one.deciles, bottom, "|", color="black", ms=7, transform=ax.get_xaxis_transform())
        return lines, bands

    def _draw_levels(self, ax, one):
        n_outputs = one.single.shape[2]
        places, lines, bands = np.arange(len(one.values)), [], []
        for k, mean in enumerate(one.mean.T):
            apart = 0.5 * (k - (n_outputs - 1) / 2) / n_outputs
            colour = CYCLE[k % len(CYCLE)]
            std = None if one.std is None else one.std[:, k]
            bar = ax.errorbar(places + apart, mean, std, fmt="o", color=colour, capsize=3)
            lines.append(bar.lines[0])
            bands += bar.lines[2]
        labels = [fitted.as_drawn(str(value), 12) for value in one.values]
        turned = {"rotation": 40, "ha": "right"} if sum(map(len, labels)) > 18 else {}
        ax.set_xticks(places, labels, **turned)
        ax.set_xlim(-0.5, len(places) - 0.5)
        return lines, bands


def check_features(features, names):
    """Return the indices of the requested features."""
    if features is None:
        return range(len(names))
    several = [features] if isinstance(features, str) or np.ndim(features) == 0 else features
    places = [names.index(one) if one in names else one for one in several]
    known = [is_integer(place) and -len(names) <= place < len(names) for place in places]
    if not (known and all(known)):
        shown = ", ".join(map(fitted.shortened, names[:10])) + ", ..." * (len(names) > 10)
        raise ValueError(
            f"features={features!r} must be indices below {len(names)}, or names of X: {shown}."
        )
    return [place % len(names) for place in places]


def outputs(estimator, X):
    """Return predictions (n, n_outputs), and deviations of that shape, or None without a posterior.

    For two classes there is one output, the probability of the second.
    """
    net, X = fitted.unwrapped(estimator, X, "ResponseDisplay")
    if hasattr(net, "classes_"):
        return net.predict_proba(X)[:, -net.n_outputs_ :], None
    if any(network.posterior is None for network in net._networks):
        mean = net.predict(X)
        return mean.reshape(len(mean), -1), None
    return [part.reshape(len(part), -1) for part in net.predict(X, return_std=True)]


def response(estimator, X, some, j, name, is_category):
    """Return the response to a feature.

    Parameters
    ----------
    X : array or data frame, from which the values of the feature are
    some : the samples for which it is varied
    """
    column = _safe_indexing(X, j, axis=1)
    values, cells, deciles = levels(column) if is_category else numbers_or_levels(column)
    n = len(some)
    repeated = _safe_indexing(some, np.tile(np.arange(n), len(values)))
    repeated = with_column(repeated, j, _safe_indexing(cells, np.repeat(np.arange(len(cells)), n)))
    mean, std = outputs(estimator, repeated)
    single = mean.reshape(len(values), n, -1)
    if std is not None:
        std = np.sqrt(np.mean(std.reshape(single.shape) ** 2, axis=1))
    return Response(name, values, single, std, deciles)


def numbers_or_levels(column):
    """Return the values of a feature to draw, their cells in X, and deciles of numbers."""
    is_number = np.asarray(column).dtype.kind in "fiu" and str(column.dtype) != "category"
    if not is_number:
        return levels(column)
    known = np.asarray(column, np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        raise ValueError("A feature has no finite value in X. Leave it out of features.")
    values = np.unique(known)
    if len(values) > FEW:
        values = np.linspace(*np.quantile(known, TAILS), N_VALUES)
    return values, values, np.quantile(known, np.arange(0.1, 1, 0.1))


def levels(column):
    """Return the most frequent levels of a category, and cells of the column that hold them."""
    cells = np.asarray(column, dtype=object)
    known = ~is_missing(cells)
    names = np.array([str(cell) for cell in cells])
    found, first, counts = np.unique(names[known], return_index=True, return_counts=True)
    chosen = fitted.places_of_largest(counts, MAX_LEVELS)
    places = np.flatnonzero(known)[first[chosen]]
    return found[chosen].astype(object), _safe_indexing(column, places), np.empty(0)


def with_column(X, j, cells):
    """Return a copy of X with other cells in a column."""
    if hasattr(X, "isetitem"):  # pandas
        X.isetitem(j, getattr(cells, "array", cells))
    elif hasattr(X, "with_columns"):  # polars
        series = X[:, j]
        cells = cells if isinstance(cells, type(series)) else type(series)(series.name, cells)
        X = X.with_columns(cells.alias(series.name))
    else:
        X = X.astype(np.result_type(X, np.asarray(cells)))
        X[:, j] = cells
    return X


def strongest(responses):
    """Return the responses that vary most relative to the predictions, in their order."""
    whole = np.concatenate([one.single for one in responses]).std(axis=(0, 1))
    whole[whole == 0] = 1
    sizes = [(one.mean.std(axis=0) / whole).max() for one in responses]
    return [responses[i] for i in fitted.places_of_largest(np.array(sizes), N_CHOSEN)]
