"""The weights of the first layer, as images or as a heat map."""

import numpy as np

from sklearn_shallow.inspection import fitted
from sklearn_shallow.inspection.plotting import DIVERGING, GREY, Display

MOST_IMAGES = 20
IMAGES_IN_A_ROW = 5
MOST_ROWS, MOST_COLUMNS = 30, 60  # of the heat map


class WeightsDisplay(Display):
    """The weights of the first layer: what every hidden unit looks for.

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
    input_names, unit_names : list of str
        Names of the rows and the columns.
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

    def __init__(self, weights, strength, input_names, unit_names, image_shape=None):
        self.weights = weights
        self.strength = strength
        self.input_names = input_names
        self.unit_names = unit_names
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
        net = fitted.net_of(estimator, cls.__name__)
        weights, _ = fitted.matrices(fitted.one_network(net, cls.__name__))
        first, names = weights[0], fitted.input_names(net, feature_names)
        if image_shape is not None:
            check_image_shape(image_shape, net, len(first))
        units = [f"unit {number}" for number in range(first.shape[1])]
        if len(weights) == 1:
            units = fitted.output_names(net, target_names)
        return cls(first, fitted.strengths(weights)[1], names, units, image_shape).plot(ax=ax)

    def _draw(self, ax):
        n_inputs = len(self.weights)
        are_images = self.image_shape is not None
        self.units_ = np.argsort(-self.strength, kind="stable")
        self.units_ = self.units_[: MOST_IMAGES if are_images else MOST_COLUMNS]
        if self.unit_names[0] != "unit 0":  # outputs keep their order
            self.units_ = np.sort(self.units_)
        self.inputs_ = np.arange(n_inputs)
        if not are_images and n_inputs > MOST_ROWS:
            size = np.linalg.norm(self.weights, axis=1)
            self.inputs_ = fitted.places_of_largest(size, MOST_ROWS)
        largest = np.abs(self.weights[np.ix_(self.inputs_, self.units_)]).max() or 1
        style = {"cmap": DIVERGING, "vmin": -largest, "vmax": largest}
        (self._draw_images if are_images else self._draw_map)(ax, style)
        self.ax_ = self.axes_[0]
        bar = self.ax_.figure.colorbar(self.images_[0], ax=self.axes_, shrink=0.8, pad=0.02)
        bar.set_label("weight", fontsize="small")
        bar.outline.set_visible(False)

    def _draw_images(self, ax, style):
        n = len(self.units_)
        n_columns = min(n, IMAGES_IN_A_ROW)
        n_rows = -(-n // n_columns)
        tall = self.image_shape[0] / self.image_shape[1]
        self.axes_ = self._draw_grid(ax, n, n_columns, min(0.3 + n_rows * (0.2 + tall), 8))
        self.images_ = []
        for cell, unit in zip(self.axes_, self.units_, strict=True):
            cell.set(xticks=[], yticks=[])
            cell.spines[:].set_color("#CCCCCC")
            image = self.weights[:, unit].reshape(self.image_shape)
            self.images_.append(cell.imshow(image, **style))
            cell.set_title(fitted.shortened(self.unit_names[unit], 12), fontsize="small", pad=3)

    def _draw_map(self, ax, style):
        shown = self.weights[np.ix_(self.inputs_, self.units_)]
        ax = self._new_axes(ax, min(1.5 + 0.22 * len(shown), 8))
        self.axes_ = [ax]
        self.images_ = [ax.imshow(shown, aspect="auto", interpolation="nearest", **style)]
        names = [fitted.shortened(self.input_names[i]) for i in self.inputs_]
        ax.set_yticks(range(len(names)), names, fontsize=9 if len(names) <= 20 else 7.5)
        are_outputs = self.unit_names[0] != "unit 0"
        if are_outputs and shown.shape[1] <= MOST_IMAGES:
            labels = [fitted.shortened(self.unit_names[unit], 12) for unit in self.units_]
            turned = {"rotation": 45, "ha": "right"} if max(map(len, labels)) > 3 else {}
            ax.set_xticks(range(len(labels)), labels, **turned)
        elif len(self.units_) <= MOST_ROWS:
            ax.set_xticks(range(len(self.units_)), self.units_, fontsize=7.5)
        n, n_units = self.weights.shape
        of_all = f"{len(self.units_)} of {n_units:,} " if len(self.units_) < n_units else ""
        ax.set_xlabel("outputs" if are_outputs else f"{of_all}hidden units, strongest first")
        if len(self.inputs_) < n:
            title = f"strongest {len(self.inputs_)} of {n:,} inputs"
            ax.set_title(title, fontsize="small", color=GREY, loc="left")
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)


def check_image_shape(image_shape, net, n_inputs):
    """Check that the inputs are the pixels of an image, and nothing else."""
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
