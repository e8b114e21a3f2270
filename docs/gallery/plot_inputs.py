"""
Heavy tails and bins
====================

Two steps of the preprocessing: heavy tails are compressed, and bins are added where the data
support them.
"""

# %%
# A feature with heavy tails, before and after (right) compression.
import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow import ShallowNetRegressor

rng = np.random.default_rng(0)
heavy = np.exp(2 * rng.normal(size=(600, 1)))
net = ShallowNetRegressor(5, numeric_encoding=None, random_state=0).fit(heavy, np.log(heavy[:, 0]))
figure, axes = plt.subplots(1, 2, figsize=(8, 2.5), layout="constrained")
axes[0].hist(heavy[:, 0], 60, color="0.6")
axes[0].set(title=f"as passed: up to {heavy.max():.0f}")
axes[1].hist(net.preprocessor_.transform(heavy)[:, 0], 60, color="#0072B2")
axes[1].set(title="compressed")

# %%
# A function with steps: bins make them steep.
x = rng.uniform(size=(500, 1))
y = np.floor(5 * x[:, 0]) % 2 + 0.1 * rng.normal(size=500)
grid = np.linspace(0, 1, 500)[:, np.newaxis]
figure, ax = plt.subplots(figsize=(8, 2.5), layout="constrained")
ax.plot(x[:, 0], y, ".", color="0.7", ms=3)
for encoding, colour in ((None, "#D55E00"), (16, "#0072B2")):
    net = ShallowNetRegressor(numeric_encoding=encoding, random_state=0).fit(x, y)
    ax.plot(grid[:, 0], net.predict(grid), color=colour, label=f"numeric_encoding={encoding}")
ax.legend(frameon=False)
