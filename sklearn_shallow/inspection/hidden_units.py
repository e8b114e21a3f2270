"""States of hidden units: working, silenced (dead), saturated, idle, duplicate.

Convention
----------
A : ndarray of shape (n_samples, n_units), the activations of a layer
"""

from dataclasses import dataclass

import numpy as np

from sklearn_shallow.inspection import fitted
from sklearn_shallow.inspection.plotting import COLOURS, GREY, LEGEND, Display
from sklearn_shallow.network.activations import name_of

STATES = {  # (marker, colour)
    "working": ("o", COLOURS["blue"]),
    "silenced": ("X", COLOURS["black"]),
    "saturated": ("s", COLOURS["vermillion"]),
    "idle": ("v", GREY),
    "duplicate": ("D", COLOURS["purple"]),
}
FLAT = 0.05  # slope over the largest slope of an activation, below which it has none
ZERO = 0.05  # size of an activation below which the unit is off
NO_SLOPE = 0.1  # fraction of samples with a slope, below which a unit is saturated
NONE = 1e-3  # the same for a silenced unit; and effect over the largest, below which a unit is idle
SAME = 0.999  # correlation of duplicates
WEAK = 0.1  # size of the weights into a unit times that out of it: see `units_of_layers`
FAR_BIAS = 3.0  # bias beyond which large steps have silenced a unit, not the decay
MAX_SAMPLES = 2000
IN_A_ROW = 2


@dataclass(frozen=True, eq=False)
class LayerUnits:
    """The units of a hidden layer.

    Attributes
    ----------
    title : str
    slope_share : ndarray of shape (n_units,)
        Fraction of the samples at which a unit has a slope.
    effect : ndarray of shape (n_units,)
        Standard deviation of the activation times the norm of the outgoing weights, divided by the
        largest.
    state : ndarray of str, shape (n_units,)
        One of `STATES`.
    """

    title: str
    slope_share: np.ndarray
    effect: np.ndarray
    state: np.ndarray

    def count(self, state):
        """Return the number of units in a state."""
        return int((self.state == state).sum())


def units_of_layers(net, network, X):
    """Return the units of every hidden layer, with their states for samples X."""
    weights, biases = fitted.matrices(network)
    layers = []
    for number, (activation, Z, A) in enumerate(fitted.hidden_layers(net, X)):
        behind = np.linalg.norm(weights[number + 1], axis=1)
        strength = fitted.strengths(weights)[number + 1]
        # The decay does not change biases, steps that are too large make them large.
        least = NONE * max(strength.max(), WEAK)
        shrunk = (strength < least) & (np.abs(biases[number]) < FAR_BIAS)
        title = f"layer {number}: {fitted.counted(A.shape[1], f'{name_of(activation)} unit')}"
        layers.append(layer_units(title, activation, Z, A, behind, shrunk))
    return layers


def layer_units(title, activation, Z, A, behind, shrunk):
    """Return the units of a layer with their states.

    Parameters
    ----------
    behind : ndarray of shape (n_units,), the norm of the outgoing weights
    shrunk : ndarray of shape (n_units,), bool, whether the decay has made the weights zero
    """
    slopes = np.abs(activation.derivative(Z))
    largest = np.abs(activation.derivative(np.linspace(-8.0, 8.0, 321))).max()
    flat = slopes < FLAT * largest
    share = 1 - flat.mean(axis=0)
    size = (np.abs(A) * flat).sum(axis=0) / np.maximum(flat.sum(axis=0), 1)
    effect = A.std(axis=0) * behind
    effect = effect / (effect.max() or 1)
    state = np.full(A.shape[1], "working", dtype=object)
    state[duplicates(A, effect)] = "duplicate"
    state[effect < NONE] = "idle"
    state[(share < NO_SLOPE) & (size >= ZERO) & ~shrunk] = "saturated"
    state[(share < NONE) & (size < ZERO) & ~shrunk] = "silenced"
    return LayerUnits(title, share, effect, state.astype(str))


def duplicates(A, effect):
    """Return the mask of units that are multiples of another unit with a larger effect."""
    order = np.argsort(-effect, kind="stable")
    with np.errstate(all="ignore"):  # correlations of constant units are nan
        alike = np.abs(np.corrcoef(A[:, order], rowvar=False)) > SAME
    mask = np.zeros(A.shape[1], bool)
    mask[order] = np.triu(np.atleast_2d(alike), k=1).any(axis=0)
    return mask


class HiddenUnitsDisplay(Display):
    """Hidden units and their states.

    Create it with `from_estimator`. Each point is a unit. The horizontal axis is the fraction of
    samples at which its derivative is not zero, so that it can learn; the vertical axis is its
    effect on the next layer.

    - *silenced* (dead): zero for every sample, such as a relu with inputs below zero only;
    - *saturated*: not zero, but with almost no derivative at nine of ten samples;
    - *idle*: an effect below a thousandth of the largest, since the decay has shrunk the weights;
    - *duplicate*: a multiple of another unit with a larger effect.

    Parameters
    ----------
    layers : list of LayerUnits
        The units of every hidden layer, with `title`, `slope_share`, `effect` and `state`.

    Attributes
    ----------
    counts : list of dict
        For every layer, the number of units in each state.
    ax_ : matplotlib Axes
        The axes of the first layer.
    axes_ : list of Axes
        One per layer.
    figure_ : matplotlib Figure
        The figure.
    points_ : list of dict
        For every layer, the points by state.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_shallow import HiddenUnitsDisplay, ShallowNetClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> net = ShallowNetClassifier(20, alpha=1, max_iter=5, random_state=0).fit(X, y)
    >>> display = HiddenUnitsDisplay.from_estimator(net, X)
    >>> display.counts
    [{'working': 20}]
    """

    def __init__(self, layers):
        self.layers = layers

    @property
    def counts(self):
        """For every layer, the number of units in each state."""
        return [{s: layer.count(s) for s in STATES if layer.count(s)} for layer in self.layers]

    @classmethod
    def from_estimator(cls, estimator, X, *, ax=None):
        """Judge the hidden units of a fitted network by samples, and draw them.

        Parameters
        ----------
        estimator : ShallowNetClassifier or ShallowNetRegressor
            A fitted estimator with one network, a search for one, or a pipeline that ends in one.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, preferably the training data; at most two thousand are used.
        ax : matplotlib Axes, default=None
            Axes to draw in, divided if there are several hidden layers; None is a new figure.

        Returns
        -------
        display : HiddenUnitsDisplay
        """
        X = fitted.some_rows(X, MAX_SAMPLES)
        layers = units_of_layers(*fitted.only_network(estimator, X, cls.__name__))
        if not layers:
            raise ValueError(
                f"{cls.__name__} draws hidden units, and the network has none. See WeightsDisplay "
                "for the weights of a linear model."
            )
        return cls(layers).plot(ax=ax)

    def _draw(self, ax):
        self._set_axes(ax, len(self.layers), IN_A_ROW, row=3.1)
        self.points_ = list(map(self._draw_layer, self.axes_, self.layers))

    def _draw_layer(self, ax, layer):
        points, style = {}, {"s": 38, "alpha": 0.75, "clip_on": False, "zorder": 3}
        style |= {"edgecolors": "white", "linewidths": 0.5}
        for state, (marker, colour) in STATES.items():
            mask = layer.state == state
            if mask.any():
                style |= {"marker": marker, "c": colour, "label": f"{state} ({mask.sum():,})"}
                points[state] = ax.scatter(layer.slope_share[mask], layer.effect[mask], **style)
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.05))
        ax.set_xlabel("part of the samples with a slope")
        if ax in self._first_column:
            ax.set_ylabel("effect, largest = 1")
        ax.set_title(layer.title, fontsize="medium")
        self._bare(ax)
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16), "handletextpad": 0.2}
        ax.legend(ncols=2 if len(self.layers) > 1 else 5, **below, **LEGEND)
        return points
