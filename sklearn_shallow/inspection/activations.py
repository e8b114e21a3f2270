"""Display of activations, their derivatives, and the distribution of their inputs."""

import numpy as np

from sklearn_shallow.inspection.fitted import hidden_layers, only_network, some_rows
from sklearn_shallow.inspection.plotting import COLOURS, GREY, Display
from sklearn_shallow.network.activations import ACTIVATIONS, get_activation, name_of

REACH = 4.0  # activations are drawn from -REACH to REACH, or further for inputs beyond
IN_A_ROW = 3
MAX_SAMPLES = 1000
N_BINS = 40


class ActivationDisplay(Display):
    """Activation functions and their derivatives.

    Create it with `from_activations`, or with `from_estimator`, which draws the activations of the
    hidden layers of a network and, in grey, the distribution of their inputs. A unit does not learn
    from samples at which its derivative is near zero.

    Parameters
    ----------
    activations : list of Activation
        The functions.
    names : list of str
        The titles.
    inputs : list of ndarray, or None
        For each activation numbers that it received.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The first axes.
    axes_ : list of Axes
        One per activation.
    figure_ : matplotlib Figure
        The figure.
    lines_ : list of tuples of Line2D
        The function and the slope of every activation.
    densities_ : list of PolyCollection
        How often the inputs occur, if they are given.

    Examples
    --------
    >>> from sklearn_shallow import ActivationDisplay
    >>> display = ActivationDisplay.from_activations(["relu", "tanh"])
    >>> function, slope = display.lines_[1]
    >>> round(float(slope.get_ydata().max()), 2)
    1.0
    """

    def __init__(self, activations, names, inputs=None):
        self.activations = activations
        self.names = names
        self.inputs = inputs

    @classmethod
    def from_activations(cls, activations=None, *, ax=None):
        """Draw activations by name.

        Parameters
        ----------
        activations : list of str or Activation, default=None
            The activations; None: all that have a name.
        ax : matplotlib Axes, default=None
            Axes to draw in, divided if there are several; None is a new figure.

        Returns
        -------
        display : ActivationDisplay
        """
        if activations is None:
            activations = [name for name in ACTIVATIONS if name != "sigmoid"]  # it is "logistic"
        objects = [get_activation(one) for one in activations]
        names = [one if isinstance(one, str) else repr(one) for one in activations]
        return cls(objects, names).plot(ax=ax)

    @classmethod
    def from_estimator(cls, estimator, X, *, ax=None):
        """Draw the activations of the hidden layers of a fitted network, and their inputs.

        Parameters
        ----------
        estimator : ShallowNetClassifier or ShallowNetRegressor
            A fitted estimator with one network, a search for one, or a pipeline that ends in one.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, of which at most a thousand are used.
        ax : matplotlib Axes, default=None
            Axes to draw in, divided if there are several; None is a new figure.

        Returns
        -------
        display : ActivationDisplay
        """
        net, _, X = only_network(estimator, some_rows(X, MAX_SAMPLES), cls.__name__)
        layers = [(activation, Z.ravel()) for activation, Z, _ in hidden_layers(net, X)]
        if not layers:
            raise ValueError(
                f"{cls.__name__} draws hidden layers, and the network has none. See "
                "ActivationDisplay.from_activations for the functions themselves."
            )
        names = [f"layer {number}: {name_of(one)}" for number, (one, _) in enumerate(layers)]
        return cls([one for one, _ in layers], names, [Z for _, Z in layers]).plot(ax=ax)

    def _draw(self, ax):
        self._set_axes(ax, len(self.activations), IN_A_ROW, row=1.75)
        self.lines_, self.densities_ = [], []
        for number, cell in enumerate(self.axes_):
            self._draw_activation(cell, number)
        self._add_legend(*self.ax_.get_legend_handles_labels(), above=ax is None)

    def _draw_activation(self, ax, number):
        activation, reach = self.activations[number], REACH
        if self.inputs is not None:
            Z = self.inputs[number]
            reach = max(reach, float(np.quantile(np.abs(Z), 0.99)))
            counts, edges = np.histogram(Z, N_BINS, (-reach, reach))
            where = {"step": "mid", "transform": ax.get_xaxis_transform()}
            style = {"color": GREY, "alpha": 0.3, "linewidth": 0, "label": "inputs"}
            middles, heights = (edges[1:] + edges[:-1]) / 2, 0.9 * counts / max(counts.max(), 1)
            self.densities_.append(ax.fill_between(middles, heights, **where, **style))
        z = np.linspace(-reach, reach, 401)
        [function] = ax.plot(z, activation.function(z), color=COLOURS["blue"], label="function")
        style = {"color": COLOURS["vermillion"], "linestyle": "--"}
        [slope] = ax.plot(z, activation.derivative(z), label="slope", **style)
        self.lines_.append((function, slope))
        ax.axhline(0, color=GREY, linewidth=0.6, zorder=0)
        ax.axvline(0, color=GREY, linewidth=0.6, zorder=0)
        ax.set_xlim(-reach, reach)
        ax.set_title(self.names[number], fontsize="medium")
        self._bare(ax)
