"""
Weights that are zero
=====================

With `l1_ratio=(1, 0)`, whole features get zero weights, as in a lasso. A larger `alpha` drops more
features.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine

from sklearn_shallow import ShallowNetClassifier

X, y = load_wine(return_X_y=True)
noise = np.random.default_rng(0).standard_normal((len(X), 6))
noisy = np.column_stack([X, noise])
alphas = np.logspace(-0.5, 1.5, 7)
strengths = []
for alpha in alphas:
    net = ShallowNetClassifier(5, activation="tanh", alpha=alpha, l1_ratio=(1, 0))
    net.set_params(batch_size="full", max_iter=400, random_state=0).fit(noisy, y)
    strengths.append(abs(net.coefs_[0] * noisy.std(axis=0)[:, np.newaxis]).sum(axis=1))
    left = np.flatnonzero(strengths[-1])
    print(f"alpha {alpha:5.2f}: {sum(left < 13):2} of 13 features, {sum(left > 12)} of 6 of noise")

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
lines = ax.semilogx(alphas, np.array(strengths), color="#0072B2")
for line in lines[13:]:
    line.set(color="#D55E00", linestyle="--")
lines[0].set_label("features")
lines[-1].set_label("noise")
ax.set(xlabel="alpha", ylabel="sum of absolute weights")
ax.legend(frameon=False)
