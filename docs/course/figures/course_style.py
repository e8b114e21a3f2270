"""Colours, data and the picture of a boundary, for all figures of the course."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from sklearn.datasets import make_moons

BLUE, ORANGE, GREEN, PURPLE, BLACK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#333333"
GREY = "#888888"
COLOURS = [BLUE, ORANGE, GREEN, PURPLE, BLACK]  # Okabe and Ito's, safe for the colour-blind
SHADES = LinearSegmentedColormap.from_list("classes", ["#7FB8D9", "#F4F4F4", "#EAAE7F"])


def use():
    """Set the look of the next figure."""
    plt.rcParams.update(
        {
            "font.size": 11,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.constrained_layout.use": True,
            "lines.linewidth": 2,
        }
    )


def moons(n_samples=200, noise=0.2, seed=0):
    """Return the points of the course and their classes."""
    return make_moons(n_samples, noise=noise, random_state=seed)


def show_points(ax, X, y):
    """Draw the samples of both classes."""
    for label, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "^")):
        ax.scatter(*X[y == label].T, s=16, c=colour, marker=marker, edgecolors="white", lw=0.4)


def show_boundary(ax, probability, X, y, title=""):
    """Draw the probability of class 1 as shades, the boundary as a line, and the samples."""
    low, high = X.min(axis=0) - 0.4, X.max(axis=0) + 0.4
    grid = np.meshgrid(*(np.linspace(a, b, 120) for a, b in zip(low, high, strict=True)))
    values = probability(np.column_stack([part.ravel() for part in grid]))
    values = values.reshape(grid[0].shape)
    ax.contourf(*grid, values, levels=np.linspace(0, 1, 11), cmap=SHADES)
    if values.min() < 0.5 < values.max():
        ax.contour(*grid, values, levels=[0.5], colors=[BLACK], linewidths=1.5)
    show_points(ax, X, y)
    ax.set(title=title, xticks=[], yticks=[])


def probability_of(net):
    """Return the function that maps points to the probability of class 1."""
    return lambda points: net.predict_proba(points)[:, 1]
