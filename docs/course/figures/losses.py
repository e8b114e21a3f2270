"""Three losses of a probability, and their slopes with respect to z."""

import matplotlib.pyplot as plt
import numpy as np
from course_style import BLUE, GREEN, GREY, ORANGE, use

use()
z = np.linspace(-8, 8, 401)
a = 1 / (1 + np.exp(-z))
p = np.linspace(0.004, 1, 400)
figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4))
for name, loss, slope, colour, style in (
    ("L1: $|a - y|$", 1 - p, -a * (1 - a), GREEN, ":"),
    ("L2: $(a - y)^2$", (1 - p) ** 2, 2 * (a - 1) * a * (1 - a), ORANGE, "--"),
    (r"cross-entropy: $-\log a$", -np.log(p), a - 1, BLUE, "-"),
):
    left.plot(p, loss, style, color=colour, label=name)
    right.plot(z, slope, style, color=colour)
left.set(xlabel="a, the probability of class 1", ylabel="loss where y = 1", ylim=(0, 5))
left.legend(frameon=False)
right.axhline(0, color=GREY, lw=0.6)
right.set(xlabel="z", ylabel="dz, the slope of the loss")
right.annotate(
    "confident\nand wrong: only\ncross-entropy\ncorrects",
    (-6.5, -0.97),
    (-7.9, -0.62),
    arrowprops={"arrowstyle": "-|>", "color": GREY},
    fontsize=10,
)
