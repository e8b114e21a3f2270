"""One neuron as a drawing, and the line that it draws."""

import matplotlib.pyplot as plt
from course_style import BLACK, GREY, moons, probability_of, show_boundary, use

from sklearn_shallow.teaching import plain_gradient_descent

use()
X, y = moons()
net = plain_gradient_descent((), learning_rate=1.0, n_steps=2000).fit(X, y)

figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3), width_ratios=[1.25, 1])
left.set(xlim=(-0.3, 5.3), ylim=(-0.6, 3.6), aspect="equal")
left.axis("off")


def circle(x, y, text, colour="white"):
    left.add_patch(plt.Circle((x, y), 0.45, fc=colour, ec=BLACK, lw=1.5, zorder=2))
    left.text(x, y, text, ha="center", va="center", zorder=3)


def arrow(start, end, text="", shift=0.22):
    left.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 1.5})
    middle = [(a + b) / 2 for a, b in zip(start, end, strict=True)]
    left.text(middle[0], middle[1] + shift, text, ha="center")


circle(0.3, 2.6, "$x_1$")
circle(0.3, 0.4, "$x_2$")
circle(2.4, 1.5, "$z$", "#E8F1F8")
circle(4.0, 1.5, "$a$", "#FBE9DD")
arrow((0.7, 2.45), (2.02, 1.75), "$w_1$")
arrow((0.7, 0.55), (2.02, 1.25), "$w_2$", -0.42)
arrow((2.85, 1.5), (3.55, 1.5), r"$\sigma$")
arrow((4.45, 1.5), (5.2, 1.5))
left.text(2.7, 0.62, r"$z = w^T x + b$", ha="center")
left.text(4.1, 2.2, r"$a = \sigma(z)$", ha="center")
show_boundary(right, probability_of(net), X, y, f"one neuron: {net.score(X, y):.0%} right")
