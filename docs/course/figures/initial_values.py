"""The boundaries that the same gradient descent finds from three initial values."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from course_style import BLUE, GREEN, ORANGE, moons, probability_of, show_boundary, use

from sklearn_shallow.teaching import plain_gradient_descent

use()
X, y = moons()
figure, axes = plt.subplot_mosaic("012;333", figsize=(7, 4.8))
axes = [axes[name] for name in "0123"]
net = plain_gradient_descent(4, learning_rate=1.0, n_steps=1000, random_state=0)
for ax, (name, scale), colour, style in zip(
    axes,
    (("zero", 0), ("small: 0.01", 0.01), (r"He: $\sqrt{2/n}$", None)),
    (ORANGE, GREEN, BLUE),
    ("--", ":", "-"),
    strict=False,
):
    W, b = net.initial_values(X, y, scale=1.0 if scale is None else scale)
    if scale is None:
        W = [np.sqrt(2 / len(part)) * part for part in W]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from zero it learns nothing, and says so
        net.fit(X, y, coef_init=W, intercept_init=b)
    show_boundary(ax, probability_of(net), X, y, f"{name}: {net.score(X, y):.0%}")
    axes[3].plot(net.loss_curve_, style, color=colour, label=name)
axes[3].set(xlabel="steps", title="cost", ylim=(0, 1.3))
axes[3].legend(frameon=False, loc="upper right")
