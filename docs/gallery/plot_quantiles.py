"""
Several quantiles in one network
================================

`loss="quantile"` with three levels learns the median and a 90 % interval together. The curves
cannot cross, and their distance follows the noise.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow import ShallowNetRegressor

rng = np.random.default_rng(0)


def draw(n):
    x = rng.uniform(0, 6, n)
    return x[:, np.newaxis], np.sin(x) + (0.05 + 0.12 * x) * rng.normal(size=n)


X_train, y_train = draw(400)
net = ShallowNetRegressor(
    20, activation="tanh", loss="quantile", quantile=[0.05, 0.5, 0.95], random_state=0
).fit(X_train, y_train)

X_test, y_test = draw(2000)
low, middle, high = net.predict(X_test).T
print(f"{np.mean((low <= y_test) & (y_test <= high)):.0%} of new samples are inside")

grid = np.linspace(0, 6, 200)[:, np.newaxis]
low, middle, high = net.predict(grid).T
figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.plot(X_train[:, 0], y_train, ".", color="0.6", ms=3)
ax.fill_between(grid[:, 0], low, high, color="#0072B2", alpha=0.25, lw=0)
ax.plot(grid[:, 0], middle, color="#0072B2")
ax.set(xlabel="x", ylabel="y")
