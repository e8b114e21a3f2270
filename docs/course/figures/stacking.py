"""A network of four neurons and one behind them, and the lines of the four."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from course_style import BLACK, COLOURS, GREY, moons, probability_of, show_boundary, use

from sklearn_shallow.teaching import plain_gradient_descent

use()
X, y = moons()
net = plain_gradient_descent(4, learning_rate=1.2, n_steps=3000, random_state=1).fit(X, y)
W, b = net.coefs_[0], net.intercepts_[0]

figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.2), width_ratios=[1.2, 1])
left.set(xlim=(-0.6, 4.9), ylim=(-1.0, 3.8), aspect="equal")
left.axis("off")
places = [
    [(0, 0.9), (0, 2.3)],
    [(2.0, height) for height in (3.1, 2.1, 1.1, 0.1)],
    [(4.0, 1.6)],
]
for layer, nexts in pairwise(places):
    for start in layer:
        for end in nexts:
            left.plot(*zip(start, end, strict=True), color=GREY, lw=1, zorder=1)
colours = [["white"] * 2, COLOURS[:4], ["#FBE9DD"]]
names = [["$x_2$", "$x_1$"], [f"$a^{{[1]}}_{i}$" for i in (1, 2, 3, 4)], ["$a^{[2]}$"]]
for layer, shades, texts in zip(places, colours, names, strict=True):
    for place, shade, text in zip(layer, shades, texts, strict=True):
        face = shade if shade.startswith("w") or shade == "#FBE9DD" else shade + "40"
        left.add_patch(plt.Circle(place, 0.42, fc="white", zorder=2))
        left.add_patch(plt.Circle(place, 0.42, fc=face, ec=BLACK, lw=1.5, zorder=3))
        left.text(*place, text, ha="center", va="center", zorder=4, fontsize=10)
for x, text in ((0, "layer 0\ninput"), (2, "layer 1\nhidden"), (4, "layer 2\noutput")):
    left.text(x, -1.0, text, ha="center", fontsize=9)
left.text(1.0, 3.5, "$W^{[1]}, b^{[1]}$", ha="center")
left.text(3.2, 3.0, "$W^{[2]}, b^{[2]}$", ha="center")

show_boundary(right, probability_of(net), X, y, f"four and one: {net.score(X, y):.0%} right")
limits = right.get_xlim(), right.get_ylim()
x = np.array(limits[0])
for unit, colour in enumerate(COLOURS[:4]):
    right.plot(x, -(W[0, unit] * x + b[unit]) / W[1, unit], "--", color=colour, lw=1.5)
right.set(xlim=limits[0], ylim=limits[1])
