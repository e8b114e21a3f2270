"""Display of the weights of the first layer, as images or as a heat map."""

import numpy as np

from sklearn_shallow.inspection import fitted
from sklearn_shallow.inspection.plotting import DIVERGING, GREY, Display

MAX_IMAGES = 20
IMAGES_IN_A_ROW = 5
MAX_ROWS, MAX_COLUMNS = 30, 60  # of the heat map


class WeightsDisplay(Display):
    """The weights of the first layer, for every hidden unit.

    Create it with `from_estimator`. With `image_shape`, each of the 20 units with the largest
    weights is an image; else the 30 inputs with the largest weights are the rows of a heat map, and
    the 60 units with the largest weights its columns. Purple is positive, orange negative, and the
    scale is the same for all. Weights are those of standardised inputs, so that they can be
    compared.

    Parameters
    ----------
    weights : ndarray of shape (n_inputs, n_units)
        Weights of the first layer.
    strength : ndarray of shape (n_units,)
        The size of what a unit carries, by which the units are sorted.
    input_names : list of str
        Names of the rows.
    output_names : list of str, or None
        Names of the columns if these are outputs; hidden units have numbers.
    image_shape : tuple of two int, or None
        The shape of an image.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The first of the axes.
    axes_ : list of Axes
        All of them, one per image.
    figure_ : matplotlib Figure
        The figure.
    images_ : list of AxesImage
        One per unit, or the heat map.
    inputs_, units_ : ndarrays of int
        The inputs and the units that are drawn, in the order in which they are.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_shallow import ShallowNetClassifier, WeightsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> net = ShallowNetClassifier(12, numeric_encoding=None, max_iter=10, random_state=0)
    >>> display = WeightsDisplay.from_estimator(net.fit(X, y), image_shape=(8, 8))
    >>> len(display.images_), display.images_[0].get_array().shape
    (12, (8, 8))
    """

    def __init__(self, weights, strength, input_names, output_names=None, image_shape=None):
        self.weights = weights
        self.strength = strength
        self.input_names = input_names
        self.output_names = output_names
        self.image_shape = image_shape

    @classmethod
    def from_estimator(
        cls, estimator, *, image_shape=None, feature_names=None, target_names=None, ax=None
    ):
        """Draw the weights of the first layer of a fitted network.

        Parameters
        ----------
        estimator : ShallowNetClassifier or ShallowNetRegressor
            A fitted estimator with one network, a search for one, or a pipeline that ends in one.
            Without a hidden layer, the units are the outputs.
        image_shape : tuple of two int, default=None
            Height and width, if the features are the pixels of an image.
        feature_names, target_names : sequences of str, default=None
            Names of the features, and of the classes, labels or targets.
        ax : matplotlib Axes, default=None
            Axes to draw in, divided if there are several images; None is a new figure.

        Returns
        -------
        display : WeightsDisplay
        """
        net, network, _ = fitted.only_network(estimator, None, cls.__name__)
        weights, _ = fitted.matrices(network)
        if image_shape is not None:
            check_image_shape(image_shape, net, len(weights[0]))
        names = fitted.input_names(net, feature_names)
        outputs = fitted.output_names(net, target_names) if len(weights) == 1 else None
        strength = fitted.strengths(weights)[1]
        return cls(weights[0], strength, names, outputs, image_shape).plot(ax=ax)

    def _draw(self, ax):
        are_images = self.image_shape is not None
        most = MAX_IMAGES if are_images else MAX_COLUMNS
        self.units_ = np.argsort(-self.strength, kind="stable")[:most]
        if self.output_names is not None:
            self.units_ = np.sort(self.units_)
        size = np.linalg.norm(self.weights, axis=1)
        self.inputs_ = fitted.places_of_largest(size, len(size) if are_images else MAX_ROWS)
        shown = self.weights[np.ix_(self.inputs_, self.units_)]
        largest = np.abs(shown).max() or 1
        style = {"cmap": DIVERGING, "vmin": -largest, "vmax": largest}
        (self._draw_images if are_images else self._draw_map)(ax, shown, style)
        bar = self.ax_.figure.colorbar(self.images_[0], ax=self.axes_, shrink=0.8, pad=0.02)
        bar.set_label("weight", fontsize="small")
        bar.outline.set_visible(False)

    def _names(self, kind):
        """Return the names of the units that are drawn; those of hidden units begin with a kind."""
        if self.output_names is None:
            return [f"{kind}{unit}" for unit in self.units_]
        return [fitted.as_drawn(self.output_names[unit], 12) for unit in self.units_]

    def _draw_images(self, ax, shown, style):
        tall = self.image_shape[0] / self.image_shape[1]
        self._set_axes(ax, len(self.units_), IMAGES_IN_A_ROW, row=0.2 + tall, base=0.3)
        self.images_ = []
        for cell, image, name in zip(self.axes_, shown.T, self._names("unit "), strict=True):
            cell.set(xticks=[], yticks=[])
            cell.spines[:].set_color("#CCCCCC")
            self.images_.append(cell.imshow(image.reshape(self.image_shape), **style))
            cell.set_title(name, fontsize="small", pad=3)

    def _draw_map(self, ax, shown, style):
        n_inputs, n_units = self.weights.shape
        self.ax_ = ax = self._new_axes(ax, 1.5 + 0.22 * len(shown))
        self.axes_ = [ax]
        self.images_ = [ax.imshow(shown, aspect="auto", interpolation="nearest", **style)]
        names = [fitted.as_drawn(self.input_names[i], fitted.MAX_LETTERS) for i in self.inputs_]
        ax.set_yticks(range(len(names)), names, fontsize=9 if len(names) <= 20 else 7.5)
        labels = self._names("")
        turned = {"rotation": 45, "ha": "right"} if max(map(len, labels)) > 3 else {}
        if len(labels) <= MAX_ROWS:
            ax.set_xticks(range(len(labels)), labels, fontsize="small", **turned)
        of_all = f"{len(labels)} of {n_units:,} " if len(labels) < n_units else ""
        strongest = f"{of_all}hidden units, strongest first"
        ax.set_xlabel(strongest if self.output_names is None else "outputs")
        if len(names) < n_inputs:
            title = f"strongest {len(names)} of {n_inputs:,} inputs"
            ax.set_title(title, fontsize="small", color=GREY, loc="left")
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)


def check_image_shape(image_shape, net, n_inputs):
    """Check that the inputs are the pixels of an image."""
    n_pixels = int(np.prod(image_shape))
    if np.size(image_shape) != 2 or n_pixels != net.n_features_in_:
        raise ValueError(
            f"image_shape={image_shape!r} must be a height and a width with a product of "
            f"{net.n_features_in_}, the number of features."
        )
    if n_inputs != n_pixels:
        raise ValueError(
            f"image_shape={image_shape!r} has {n_pixels} pixels, but the network sees {n_inputs} "
            "columns: levels of categories, indicators of gaps or bins stand beside the features. "
            "Fit with numeric_encoding=None to X without gaps, or pass image_shape=None."
        )
