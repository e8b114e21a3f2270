"""Boundaries of networks with linear and with curved hidden units."""

import matplotlib.pyplot as plt
from course_style import moons, probability_of, show_boundary, use

from sklearn_shallow.teaching import plain_gradient_descent

use()
X, y = moons()
figure, axes = plt.subplots(1, 3, figsize=(7, 2.8))
for ax, name, units in zip(axes, ("identity", "identity", "tanh"), (4, 100, 4), strict=True):
    settings = {"activation": name, "learning_rate": 0.5, "n_steps": 3000, "random_state": 1}
    net = plain_gradient_descent(units, **settings).fit(X, y)
    title = f"{units} units, {name}:\n{net.score(X, y):.0%} right"
    show_boundary(ax, probability_of(net), X, y, title)
