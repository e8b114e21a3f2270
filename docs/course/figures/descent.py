"""Gradient descent with two weights: the way on the map of the cost, and the cost per step."""

import matplotlib.pyplot as plt
import numpy as np
from course_style import BLUE, GREEN, ORANGE, use

from sklearn_shallow.losses.residuals import SquaredError

use()
rng = np.random.default_rng(0)
x = rng.standard_normal(30)
Y = 1.5 * x + 1 + 0.3 * rng.standard_normal(30)


def cost(w, b):
    raw = np.asarray(w)[..., np.newaxis] * x + np.asarray(b)[..., np.newaxis]
    return SquaredError().rho(raw - Y).mean(axis=-1)


def path(rate, n_steps=25):
    points = [np.array([-1.0, -1.2])]
    for _ in range(n_steps):
        w, b = points[-1]
        dz = w * x + b - Y
        points.append(points[-1] - rate * np.array([(dz * x).mean(), dz.mean()]))
    return np.array(points)


figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4))
w, b = np.meshgrid(np.linspace(-1.5, 4.3, 80), np.linspace(-1.7, 3.7, 80))
left.contour(w, b, cost(w, b), levels=[0.1, 0.4, 1, 2, 3.5, 5.5, 8], colors="0.8", linewidths=1)
for rate, label, colour, style in (
    (0.1, "rate 0.1: slow", GREEN, "o:"),
    (0.8, "rate 0.8", BLUE, "s-"),
    (2.2, "rate 2.2: too large", ORANGE, "^--"),
):
    points = path(rate)
    inside = np.all(np.abs(points - 1.2) < 3, axis=1)
    last = len(points) if inside.all() else int(inside.argmin())
    left.plot(*points[:last].T, style, color=colour, ms=4, lw=1.2)
    right.semilogy(cost(*points.T), style, color=colour, ms=4, lw=1.2, label=label)
left.set(
    xlim=(-1.5, 4.3),
    ylim=(-1.7, 3.7),
    xlabel="w",
    ylabel="b",
    title="the way",
)
right.set(xlabel="steps", title="cost", ylim=(0.03, 100))
right.legend(frameon=False, loc="upper right")
