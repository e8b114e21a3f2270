"""
Two targets, one with gaps
==========================

Two targets share a hidden layer. The second one is known for 12 samples only; the first one helps
to learn it.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np

from sklearn_shallow import ShallowNetRegressor

rng = np.random.default_rng(0)
x = np.sort(rng.uniform(-3, 3, 200))[:, np.newaxis]
wave = np.sin(3 * x[:, 0]) + 0.3 * x[:, 0]
Y = np.column_stack([wave, 100 + 50 * wave]) + [0.1, 5] * rng.normal(size=(200, 2))
Y[rng.permutation(200)[12:], 1] = np.nan

net = ShallowNetRegressor(12, activation="tanh", solver="lbfgs", max_iter=2000, random_state=0)
together = net.fit(x, Y).predict(x)
known = np.isfinite(Y[:, 1])
alone = net.fit(x[known], Y[known, 1]).predict(x)
for name, second in (("together", together[:, 1]), ("alone", alone)):
    error = np.sqrt(np.mean((second - 100 - 50 * wave) ** 2))
    print(f"{name:8} root mean square error {error:.0f}")

figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
axes[0].plot(x[:, 0], Y[:, 0], ".", color="0.7")
axes[0].plot(x[:, 0], together[:, 0], color="#0072B2")
axes[0].set_title("first target: 200 samples")
axes[1].plot(x[:, 0], Y[:, 1], "ko", ms=4)
axes[1].plot(x[:, 0], together[:, 1], color="#0072B2", label="together")
axes[1].plot(x[:, 0], alone, "--", color="#D55E00", label="alone")
axes[1].set_title("second target: 12 samples")
axes[1].legend(frameon=False)
