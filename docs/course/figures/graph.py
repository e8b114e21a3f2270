"""The computation of the loss of one sample as a graph, with its numbers forward and backward."""

import matplotlib.pyplot as plt
import numpy as np
from course_style import BLUE, GREY, ORANGE, use

from sklearn_shallow.teaching import StepByStep, plain_gradient_descent

use()
FORTH = {"arrowstyle": "-|>", "color": BLUE, "lw": 1.5}
BACK = {"arrowstyle": "-|>", "color": ORANGE, "lw": 1.5, "ls": "--"}

trace = StepByStep(
    plain_gradient_descent(1),
    [[1.0], [-1.0]],
    [1, 0],
    coef_init=[[[0.8]], [[-0.5]]],
    intercept_init=[[0.2], [0.1]],
)


def number(name):
    """Return a number of the first sample."""
    return f"{trace[name][0, 0]:.2f}"


figure, ax = plt.subplots(figsize=(7.8, 3.5))
ax.set(xlim=(-0.6, 11.3), ylim=(-2.2, 2.6), aspect="equal")
ax.axis("off")
nodes = [
    (0.2, "$x$", number("X"), None),
    (2.6, "$z^{[1]}$", number("Z1"), "dZ1"),
    (4.8, "$a^{[1]}$", number("A1"), "dA1"),
    (7.0, "$z^{[2]}$", number("Z2"), "dZ2"),
    (9.0, "$a^{[2]}$", number("A2"), None),
    (10.8, "$L$", f"{-np.log(trace['A2'][0, 0]):.2f}", None),
]
for x, name, value, gradient in nodes:
    ax.add_patch(plt.Circle((x, 0), 0.45, fc="white", ec=GREY, lw=1.5))
    ax.text(x, 0, name, ha="center", va="center", fontsize=12)
    ax.text(x, 0.62, value, ha="center", color=BLUE)
    if gradient is not None:
        ax.text(x, -0.95, number(gradient), ha="center", color=ORANGE)
for x, layer in ((2.0, 1), (6.4, 2)):
    for letter, shift in (("W", -0.9), ("b", 0.9)):
        place = (x + shift, 1.9)
        text = f"${letter.lower()}^{{[{layer}]}}$ = {number(f'{letter}{layer}')}"
        ax.text(*place, text, ha="center", color=BLUE, fontsize=10)
        end = (x + (0.6 if letter == "b" else 0.25), 0.95 if letter == "b" else 0.4)
        ax.annotate("", end, (place[0], 1.8), arrowprops={"arrowstyle": "-|>", "color": GREY})


def forth_and_back(start, end, above, below):
    """Draw an arrow forward with the operation, and one backward with the derivative."""
    ax.annotate("", (end - 0.5, 0.12), (start + 0.5, 0.12), arrowprops=FORTH)
    ax.text((start + end) / 2, 0.25, above, ha="center", color=BLUE, fontsize=10)
    if below:
        ax.annotate("", (start + 0.5, -0.12), (end - 0.5, -0.12), arrowprops=BACK)
        ax.text((start + end) / 2, -0.45, below, ha="center", color=ORANGE, fontsize=8)


forth_and_back(0.2, 2.6, "", "")
forth_and_back(2.6, 4.8, r"$\tanh$", r"$\times\,(1-(a^{[1]})^2)$")
forth_and_back(4.8, 7.0, "", r"$\times\,w^{[2]}$")
forth_and_back(7.0, 9.0, r"$\sigma$", "")
forth_and_back(9.0, 10.8, r"$-\log$", "")
ax.annotate("", (7.2, -0.5), (10.7, -0.5), arrowprops=BACK | {"connectionstyle": "arc3,rad=-0.25"})
ax.text(9.0, -1.35, "$a^{[2]} - y$", ha="center", color=ORANGE)
ax.text(2.6, -1.75, "$dw^{[1]} = dz^{[1]} x,\\quad db^{[1]} = dz^{[1]}$", ha="center", color=ORANGE)
ax.text(
    7.0,
    -1.75,
    "$dw^{[2]} = dz^{[2]} a^{[1]},\\quad db^{[2]} = dz^{[2]}$",
    ha="center",
    color=ORANGE,
)
ax.text(10.2, 2.3, "forward", ha="center", color=BLUE, weight="bold")
ax.text(10.2, 1.9, "backward", ha="center", color=ORANGE, weight="bold")
ax.text(10.2, 1.5, "y = 1", ha="center")
