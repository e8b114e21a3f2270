"""
Several networks and their mean
===============================

Networks from five random seeds differ between the samples; their mean is smoother.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow import ShallowNetRegressor

rng = np.random.default_rng(1)
x = np.sort(rng.uniform(-3, 3, 25))[:, np.newaxis]
y = np.sin(2 * x[:, 0]) + 0.1 * rng.normal(size=25)
grid = np.linspace(-3, 3, 300)[:, np.newaxis]
truth = np.sin(2 * grid[:, 0])

net = ShallowNetRegressor(
    30, n_estimators=5, activation="tanh", solver="lbfgs", alpha=1e-3, random_state=0
)
net.set_params(max_iter=5000).fit(x, y)


def error(model):
    return np.sqrt(np.mean((model.predict(grid) - truth) ** 2))


singles = [error(single) for single in net.estimators_]
print("single networks:", *(f"{value:.2f}" for value in singles), f" their mean: {error(net):.2f}")

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
for single in net.estimators_:
    ax.plot(grid[:, 0], single.predict(grid), color="0.7", lw=1)
ax.plot(grid[:, 0], net.predict(grid), color="#0072B2", lw=2, label="mean of five")
ax.plot(grid[:, 0], truth, "--", color="#D55E00", label="truth")
ax.plot(x[:, 0], y, "ko", ms=4)
ax.legend(frameon=False)
