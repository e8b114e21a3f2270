"""Boundaries without a decay and with the decay of the evidence, on few and noisy samples."""

import warnings

import matplotlib.pyplot as plt
from course_style import moons, probability_of, show_boundary, use
from sklearn.metrics import log_loss

from sklearn_shallow import ShallowNetClassifier

use()
X, y = moons(60, noise=0.3)
X_new, y_new = moons(2000, noise=0.3, seed=1)
figure, axes = plt.subplots(1, 2, figsize=(7, 3.6))
for ax, alpha in zip(axes, (0, "evidence"), strict=True):
    net = ShallowNetClassifier(20, activation="tanh", solver="lbfgs", alpha=alpha, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # without a decay it never ends
        net.fit(X, y)
    loss = log_loss(y_new, net.predict_proba(X_new))
    title = f"alpha = {net.alpha_:.2g}: {net.score(X, y):.0%} right\nof new samples "
    title += f"{net.score(X_new, y_new):.0%}\nand cross-entropy {loss:.2f}"
    show_boundary(ax, probability_of(net), X, y)
    ax.set_title(title, fontsize=10)
