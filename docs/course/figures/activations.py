"""Four activations with their slopes."""

import matplotlib.pyplot as plt
import numpy as np
from course_style import BLUE, GREY, ORANGE, use

from sklearn_shallow.network.activations import ACTIVATIONS

use()
z = np.linspace(-6, 6, 601)
figure, axes = plt.subplots(2, 2, figsize=(7, 5), sharex=True)
for ax, name in zip(axes.flat, ("sigmoid", "tanh", "relu", "leaky_relu"), strict=True):
    activation = ACTIVATIONS[name]
    slope = activation.derivative(z)
    ax.axhline(0, color=GREY, lw=0.6)
    ax.axvline(0, color=GREY, lw=0.6)
    ax.plot(z, activation.function(z), color=BLUE, label="$g(z)$")
    ax.plot(z, slope, "--", color=ORANGE, label="$g'(z)$")
    ax.fill_between(z, -1.2, 2.2, where=slope < 0.05, color=GREY, alpha=0.2, lw=0)
    ax.set(title=name, ylim=(-1.2, 2.2))
axes[0, 0].legend(frameon=False, loc="upper left")
for ax in axes[1]:
    ax.set_xlabel("z")
figure.suptitle("grey: the slope is below 0.05, and the unit hardly learns", fontsize=11)
