"""The cost over the steps of five solvers, from the same initial values."""

import warnings

import matplotlib.pyplot as plt
from course_style import BLACK, BLUE, GREEN, ORANGE, PURPLE, moons, use

from sklearn_shallow import ShallowNetClassifier
from sklearn_shallow.teaching import plain_gradient_descent

use()
X, y = moons()
plain = plain_gradient_descent(4, learning_rate=1.0, n_steps=300, random_state=0)
W, b = plain.initial_values(X, y, scale=1.0)
common = {"activation": "tanh", "alpha": 0, "standardize": False, "max_iter": 300, "tol": 0}
common |= {"n_iter_no_change": float("inf")}
steps = {"batch_size": "full", "learning_rate": "constant"}
nets = {
    "gradient descent": (plain, ORANGE, "--"),
    "momentum": (
        plain_gradient_descent(4, learning_rate=0.3, n_steps=300, momentum=0.9),
        PURPLE,
        "-.",
    ),
    "Adam": (
        ShallowNetClassifier(4, solver="adam", learning_rate_init=0.05, **steps, **common),
        GREEN,
        ":",
    ),
    "L-BFGS": (ShallowNetClassifier(4, solver="lbfgs", **common), BLUE, "-"),
    "Levenberg-Marquardt": (ShallowNetClassifier(4, solver="lm", **common), BLACK, "-"),
}
figure, ax = plt.subplots(figsize=(7, 3.8))
for name, (net, colour, style) in nets.items():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 300 steps are as asked
        net.fit(X, y, coef_init=W, intercept_init=b)
    ax.semilogy(net.loss_curve_, style, color=colour, label=name)
ax.set(xlabel="steps, each over all samples", ylabel="cost", xlim=(0, 300))
ax.legend(frameon=False, ncols=2, loc="upper right")
ax.set_ylim(top=0.9)
