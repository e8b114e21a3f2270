"""Display of the units of a network and their weights."""

from itertools import pairwise

import numpy as np

from sklearn_shallow.inspection import fitted
from sklearn_shallow.inspection.plotting import DIVERGING, GREY, LEGEND, Display
from sklearn_shallow.network.activations import name_of

MAX_UNITS = 30  # units of a layer up to which all are drawn
SHOWN = 16  # units drawn of a larger layer
LINE = 0.15  # height of a unit and its name in given axes, in inches
MIN_PLACES = 4  # minimum number of units of a layer for which there is room
FAINT = 0.02  # weight over the largest weight of its layer, below which it is not drawn
PALE = 0.3  # colour of the smallest weights: fraction of the way from neutral to the full colour
INK = 70  # number of weights between two layers above which lines are thinner


class NetworkDisplay(Display):
    """The units of a network and the weights between them.

    Create it with `from_estimator`. A weight is a line: purple if positive and orange if negative,
    wide and dark if large, beside the largest of its layer. Weights are those of standardised
    inputs, so that they can be compared. A circle is a unit, in the colour of its bias. If a layer
    has more than 30 units, or more than have room in given axes, at most 16 are drawn, those with
    the largest weights, and the number of the others stands below.

    Parameters
    ----------
    weights : list of ndarray of shape (n_in, n_out)
        Weights of every layer.
    biases : list of ndarray of shape (n_out,)
        Biases of every layer.
    input_names, output_names : list of str
        Names of the columns that the network sees, and of its outputs.
    titles : list of str
        A title for the inputs and for every layer.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.
    figure_ : matplotlib Figure
        The figure.
    shown_ : list of ndarray
        For the inputs and every layer, the units that are drawn.
    lines_ : list of LineCollection
        The weights of every layer, from the smallest to the largest.
    units_ : list of PathCollection
        The circles of the inputs and of every layer.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_shallow import NetworkDisplay, ShallowNetClassifier
    >>> iris = load_iris(as_frame=True)
    >>> net = ShallowNetClassifier(8, random_state=0).fit(iris.data, iris.target)
    >>> display = NetworkDisplay.from_estimator(net, target_names=iris.target_names)
    >>> [len(shown) for shown in display.shown_]
    [4, 8, 3]
    """

    def __init__(self, weights, biases, input_names, output_names, titles):
        self.weights = weights
        self.biases = biases
        self.input_names = input_names
        self.output_names = output_names
        self.titles = titles

    @classmethod
    def from_estimator(cls, estimator, *, feature_names=None, target_names=None, ax=None):
        """Draw a fitted network.

        Parameters
        ----------
        estimator : ShallowNetClassifier or ShallowNetRegressor
            A fitted estimator with one network, a search for one, or a pipeline that ends in one.
        feature_names : sequence of str, default=None
            Names of the features; None: those of `feature_names_in_`, or x0, x1 and so on.
        target_names : sequence of str, default=None
            Names of the classes, labels or targets.
        ax : matplotlib Axes, default=None
            Axes to draw in; None is a new figure.

        Returns
        -------
        display : NetworkDisplay
        """
        net, network, _ = fitted.only_network(estimator, None, cls.__name__)
        names = fitted.input_names(net, feature_names), fitted.output_names(net, target_names)
        return cls(*fitted.matrices(network), *names, layer_titles(net, network)).plot(ax=ax)

    def _draw(self, ax):
        sizes = [len(self.weights[0]), *(W.shape[1] for W in self.weights)]
        most = MAX_UNITS if ax is None else min(MAX_UNITS, places_in(ax))
        self.shown_ = [
            fitted.places_of_largest(strength, min(SHOWN, most)) if size > most else np.arange(size)
            for size, strength in zip(sizes, fitted.strengths(self.weights), strict=True)
        ]
        places = [
            heights(len(shown), len(shown) < n) for shown, n in zip(self.shown_, sizes, strict=True)
        ]
        crowd = max(8, *map(len, places))
        self.ax_ = ax = self._new_axes(ax, min(1.6 + 0.24 * crowd, 6.5))
        self.lines_ = list(map(self._draw_weights, range(len(self.weights)), pairwise(places)))
        self.units_ = list(map(self._draw_units, range(len(places)), places))
        for layer, (y, n) in enumerate(zip(places, sizes, strict=True)):
            if len(y) > len(self.shown_[layer]):
                more = f"⋮\n{n - len(self.shown_[layer]):,} more"
                ax.text(layer, y[-1], more, ha="center", va="center", fontsize="small", color=GREY)
        self._finish(places)

    def _draw_weights(self, layer, places):
        from matplotlib.collections import LineCollection

        rows, columns = self.shown_[layer : layer + 2]
        W = self.weights[layer][np.ix_(rows, columns)]
        sizes = np.abs(W) / (np.abs(self.weights[layer]).max() or 1)
        i, j = np.nonzero(sizes >= FAINT)
        order = np.argsort(sizes[i, j], kind="stable")
        i, j = i[order], j[order]
        ends = (np.full(len(i), layer), places[0][i]), (np.full(len(i), layer + 1), places[1][j])
        strength = sizes[i, j]
        lines = LineCollection(
            np.stack([np.stack(end, axis=-1) for end in ends], axis=1),
            array=np.sign(W[i, j]) * (PALE + (1 - PALE) * strength),
            cmap=DIVERGING,
            linewidths=(0.4 + 3 * strength) * min(1, np.sqrt(INK / max(sizes.size, 1))),
            clim=(-1, 1),
            zorder=1,
        )
        return self.ax_.add_collection(lines, autolim=False)

    def _draw_units(self, layer, y):
        shown = self.shown_[layer]
        bias = self.biases[layer - 1][shown] if layer else np.zeros(len(shown))
        largest = 1.6 * (np.abs(bias).max(initial=0) or 1)
        colours = {"c": bias, "cmap": DIVERGING, "vmin": -largest, "vmax": largest}
        style = {"s": min(180, 2500 / max(len(shown), 1)), "edgecolors": "#333333"}
        x, y = np.full(len(shown), layer), y[: len(shown)]
        return self.ax_.scatter(x, y, linewidths=0.8, zorder=3, **colours, **style)

    def _finish(self, places):
        ax, last = self.ax_, len(self.weights)
        for layer, names, side in ((0, self.input_names, -1), (last, self.output_names, 1)):
            shown = self.shown_[layer]
            place = {"xytext": (11 * side, 0), "textcoords": "offset points", "va": "center"}
            place |= {"ha": "left" if side > 0 else "right", "annotation_clip": False}
            size = 9 if len(shown) <= SHOWN else 7.5
            for unit, y in zip(shown, places[layer], strict=False):
                ax.annotate(
                    fitted.as_drawn(names[unit], fitted.MAX_LETTERS),
                    (layer, y),
                    fontsize=size,
                    **place,
                )
        for layer, title in enumerate(self.titles):
            ax.text(layer, 1.07, title, ha="center", va="bottom", fontsize="small")
        ax.set(xlim=(-0.12, last + 0.12), ylim=(-0.05, 1.06))
        ax.set_axis_off()
        colours = self.lines_[0].get_cmap()
        handles = [ax.plot([], [], color=colours(end), lw=3)[0] for end in (1.0, 0.0)]
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "ncols": 2}
        ax.legend(handles, ["positive weight", "negative weight"], **below, **LEGEND)


def layer_titles(net, network):
    """Return the titles above the inputs and every layer."""
    units = network.network.layout.units
    pairs = zip(units[1:-1], network.network.activations, strict=True)
    hidden = [fitted.counted(n, f"{name_of(activation)} unit") for n, activation in pairs]
    link = "" if net.out_activation_ == "identity" else f"{net.out_activation_} "
    return [fitted.counted(units[0], "input"), *hidden, fitted.counted(units[-1], f"{link}output")]


def places_in(ax):
    """Return the number of units with room below each other in given axes."""
    height = ax.get_position().height * ax.figure.bbox.height / ax.figure.dpi
    return max(MIN_PLACES, int(height / LINE))


def heights(n_units, is_part):
    """Return the heights of units between 1 and 0, and of a mark for the others if not all are
    drawn."""
    n = n_units + is_part
    step = 1 / (max(n, MIN_PLACES) - 1) if n > 1 else 0
    return 0.5 + step * ((n - 1) / 2 - np.arange(n))
