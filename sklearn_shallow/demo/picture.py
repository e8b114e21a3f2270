"""The picture of the demonstration: loss curve, test set, weights of the first layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix, r2_score

MAX_NAMED = 40
MAX_COUNTED = 12


def save_picture(
    path: str,
    net: Any,
    draw_test: Callable[[Any], None],
    feature_names: list[str],
    image_shape: tuple[int, int] | None = None,
) -> None:
    """Draw a fitted net in three panels and write the picture.

    Parameters
    ----------
    path : str
        Where to write; the ending chooses the format.
    net : ShallowNetClassifier or ShallowNetRegressor
        The fitted net.
    draw_test : callable
        Draws into the axes that it is called with what the net does on the test set.
    feature_names : list of str
        Names of the net's inputs.
    image_shape : tuple of int, optional
        Height and width where the inputs are the pixels of an image.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    from matplotlib.figure import Figure

    # A Figure that pyplot does not know needs no display and is gone with this function.
    figure = Figure(figsize=(16, 5.2), layout="constrained")
    loss, test, weights = figure.subplots(1, 3)
    _draw_loss(loss, net)
    draw_test(test)
    first = net.coefs_[0].T
    if image_shape is None:
        image = _draw_heat_map(weights, first, feature_names)
    else:
        image = _draw_images(weights, first.reshape(-1, *image_shape))
    figure.colorbar(image, ax=weights, shrink=0.8, label="weight (numbers standardised)")
    figure.savefig(path, dpi=110, format=Path(path).suffix[1:] or "png")


def draw_confusion(axes: Any, observed: np.ndarray, predicted: np.ndarray) -> None:
    """Show how often each class is taken for which."""
    confusion = confusion_matrix(observed, predicted)
    labels = _labels(np.union1d(observed, predicted))
    few = len(labels) <= MAX_COUNTED
    upright = max(map(len, labels)) > 3
    display = ConfusionMatrixDisplay(confusion, display_labels=labels)
    display.plot(
        ax=axes,
        cmap="Blues",
        colorbar=False,
        include_values=few,
        xticks_rotation="vertical" if upright else "horizontal",
    )
    if not few:
        axes.set(xticks=[], yticks=[])
    axes.set_title(f"Test set: {np.trace(confusion)} of {confusion.sum()} right")


def draw_scatter(axes: Any, observed: np.ndarray, predicted: np.ndarray) -> None:
    """Show predicted numbers over observed ones, and the line where both are equal."""
    axes.scatter(observed, predicted, s=16, alpha=0.6)
    axes.axline((observed.mean(), observed.mean()), slope=1, color="0.5", linewidth=1)
    axes.set(
        title=f"Test set: R2 {r2_score(observed, predicted):.2f}",
        xlabel="observed",
        ylabel="predicted",
    )
    axes.grid(alpha=0.3)


def _draw_loss(axes: Any, net: Any) -> None:
    losses = net.history_["data_loss"]  # no leaps where the decay changes
    axes.plot(np.arange(1, len(losses) + 1), losses)
    axes.set_yscale("log")
    axes.set(
        title=f"Training loss ({net.solver})", xlabel="iteration", ylabel="loss without penalty"
    )
    axes.grid(which="both", alpha=0.3)


def _draw_images(axes: Any, images: np.ndarray) -> Any:
    """Show images of shape (n_units, height, width) on a grid that is nearly square."""
    n_units, height, width = images.shape
    n_columns = math.ceil(math.sqrt(n_units))
    n_rows = math.ceil(n_units / n_columns)
    # NaN lets the background through: a line between the images, and the places left over.
    tiles = np.full((n_rows * n_columns, height + 1, width + 1), np.nan)
    tiles[:n_units, :height, :width] = images
    grid = tiles.reshape(n_rows, n_columns, height + 1, width + 1).swapaxes(1, 2)
    axes.set_title(f"First layer: {n_units} units, {height} x {width} weights each")
    axes.set(facecolor="0.5", xticks=[], yticks=[])
    return _show_weights(axes, grid.reshape(n_rows * (height + 1), -1))


def _draw_heat_map(axes: Any, weights: np.ndarray, feature_names: list[str]) -> Any:
    """Show weights of shape (n_units, n_features)."""
    axes.set(title="First layer: weights", xlabel="input", ylabel="unit")
    if len(feature_names) <= MAX_NAMED:
        labels = _labels(feature_names)
        axes.set_xticks(range(len(labels)), labels, rotation="vertical", fontsize=7)
    return _show_weights(axes, weights, aspect="auto")


def _labels(names: Iterable[object]) -> list[str]:
    """Shorten names to what fits beside a panel, and keep matplotlib from reading formulas."""
    return [str(name)[:24].replace("$", r"\$") for name in names]


def _show_weights(axes: Any, weights: np.ndarray, aspect: str = "equal") -> Any:
    """Show weights in colours that are symmetric about a white zero."""
    # The largest weight of all would leave the rest pale.
    limit = np.nanpercentile(np.abs(weights), 99)
    return axes.imshow(weights, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect=aspect)
