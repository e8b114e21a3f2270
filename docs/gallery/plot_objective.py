"""
The objective with two weights
==============================

The objective of a model with two weights can be drawn: the loss of the data plus the penalty. The
larger `alpha`, the nearer to zero is the minimum.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow import ShallowNetClassifier

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 2)) @ [[1.0, 0.6], [0.0, 0.8]]
y = X[:, 0] - 0.5 * X[:, 1] + 0.7 * rng.normal(size=60) > 0
w = np.stack(np.meshgrid(np.linspace(-1, 4, 80), np.linspace(-4, 1.5, 80)), axis=-1)
raw = w @ X.T

figure, axes = plt.subplots(1, 3, figsize=(9, 3), sharey=True, layout="constrained")
for ax, alpha in zip(axes, (0.1, 3.0, 30.0), strict=True):
    loss = np.mean(np.logaddexp(0, raw) - y * raw, axis=-1)
    objective = loss + alpha / 2 * (w**2).sum(axis=-1) / 60
    ax.contour(w[..., 0], w[..., 1], objective, levels=20, cmap="Blues_r", linewidths=0.8)
    net = ShallowNetClassifier((), alpha=alpha, solver="lbfgs", standardize=False, tol=1e-9)
    weights = net.fit(X, y).coefs_[0].ravel()
    print(f"alpha {alpha:4}: weights {weights[0]:.1f} and {weights[1]:.1f}")
    ax.plot(*weights, "*", color="#D55E00", ms=14)
    ax.plot(0, 0, "k+")
    ax.set(title=f"alpha = {alpha:g}", xlabel="first weight")
axes[0].set_ylabel("second weight")
