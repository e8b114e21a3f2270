"""
Activations compared
====================

Five activations with ten hidden units learn the same function. Smooth activations give smooth
curves, relu gives piecewise linear ones.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow import ShallowNetRegressor

rng = np.random.default_rng(0)
x = np.sort(rng.uniform(-3, 3, 80))[:, np.newaxis]
y = np.sin(2 * x[:, 0]) + 0.1 * rng.normal(size=80)
grid = np.linspace(-3, 3, 300)[:, np.newaxis]

figure, axes = plt.subplots(1, 5, figsize=(11, 2.6), sharey=True, layout="constrained")
for ax, activation in zip(axes, ("logistic", "tanh", "relu", "silu", "elu"), strict=True):
    net = ShallowNetRegressor(10, activation=activation, solver="lbfgs", random_state=0)
    net.set_params(max_iter=2000, n_init=3).fit(x, y)
    error = np.sqrt(np.mean((net.predict(grid) - np.sin(2 * grid[:, 0])) ** 2))
    ax.plot(x[:, 0], y, ".", color="0.6")
    ax.plot(grid[:, 0], net.predict(grid), color="#0072B2")
    ax.set_title(f"{activation}: error {error:.2f}")
