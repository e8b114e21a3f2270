"""The picture of the demonstration."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sklearn_shallow.demo import DemoError


def save_picture(path: str, panels: Mapping[str, Callable[..., object]]) -> None:
    """Write a picture of panels, each with a title and a function that draws into `ax`."""
    figure = Figure(figsize=(16, 5), layout="tight")  # needs no display, unlike pyplot's
    for position, (title, draw) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(1, len(panels), position, title=title)
        draw(ax=axes)
    try:
        figure.savefig(path, format=Path(path).suffix[1:] or "png")
    except (OSError, ValueError) as error:
        raise DemoError(f"{error}; set --output to a picture such as demo.png.") from None


def draw_scores(scores: pd.DataFrame, ax: Axes) -> None:
    """Draw a heat map of scores by activation and hidden units."""
    ax.imshow(scores, cmap="Wistia", aspect="auto")
    for (row, column), score in np.ndenumerate(scores):
        ax.text(column, row, f"{score:.4f}", ha="center", va="center")
    ax.set_xticks(range(scores.shape[1]), scores.columns)
    ax.set_yticks(range(scores.shape[0]), scores.index)
    ax.set_xlabel("hidden units")
