"""
Sample weights
==============

A sample of weight 2 counts twice, one of weight 0 not at all. Here two groups of samples disagree,
and the weights determine which one the curve follows.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow import ShallowNetRegressor

rng = np.random.default_rng(0)
x = np.tile(rng.uniform(-2, 2, 60), 2)[:, np.newaxis]
group = np.repeat([0, 1], 60)  # two groups that disagree
y = np.where(group, 1 + 0.5 * np.sin(2 * x[:, 0]), np.sin(2 * x[:, 0])) + 0.1 * rng.normal(size=120)
grid = np.linspace(-2, 2, 200)[:, np.newaxis]

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.scatter(x[:, 0], y, c=np.where(group, "#D55E00", "#0072B2"), s=8)
for share, style in ((0.0, ":"), (0.5, "-"), (1.0, "--")):
    weight = np.where(group, share, 1 - share)
    net = ShallowNetRegressor(20, activation="tanh", solver="lbfgs", max_iter=2000, random_state=0)
    net.fit(x, y, sample_weight=weight)
    print(f"weight {share:.1f} on the orange group: mean prediction {net.predict(grid).mean():.1f}")
    ax.plot(grid[:, 0], net.predict(grid), "k", ls=style, label=f"weight {share} on orange")
ax.legend(frameon=False)
