"""
Uncertainty where there are no data
===================================

`posterior="laplace"` adds a standard deviation to every prediction. Near samples it is about the
noise; it grows where there are none.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow import ShallowNetRegressor

rng = np.random.default_rng(0)
x = np.concatenate([rng.uniform(-3, -0.5, 40), rng.uniform(1, 2.5, 30)])[:, np.newaxis]
y = np.sin(2 * x[:, 0]) + 0.15 * rng.normal(size=70)

net = ShallowNetRegressor(20, activation="tanh", solver="lbfgs", posterior="laplace")
net.set_params(max_iter=2000, random_state=0).fit(x, y)
grid = np.linspace(-3.5, 2.9, 300)[:, np.newaxis]
mean, std = net.predict(grid, return_std=True)
print(f"noise {np.sqrt(net.noise_variance_):.2f} (true: 0.15)")
print(f"standard deviation at -2: {std[70]:.2f}, at 0.25: {std[175]:.2f}, at 2.9: {std[-1]:.2f}")

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
for factor, alpha in ((1, 0.3), (2, 0.15)):
    ax.fill_between(
        grid[:, 0], mean - factor * std, mean + factor * std, color="#0072B2", alpha=alpha, lw=0
    )
ax.plot(grid[:, 0], mean, color="#0072B2")
ax.plot(x[:, 0], y, "k.", ms=4)
ax.set(ylim=(-3, 3), xlabel="x")
