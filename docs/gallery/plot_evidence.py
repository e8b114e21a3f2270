"""
The decay of the evidence against a grid
========================================

The weight decay `alpha` is found from the training data, during one fit. Here it is compared with
a grid of ten values and their losses on 300 more samples.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_friedman1

from sklearn_shallow import ShallowNetRegressor

X, y = make_friedman1(500, noise=2.0, random_state=0)
X_train, y_train, X_test, y_test = X[:200], y[:200], X[200:], y[200:]

settings = {"numeric_encoding": None, "random_state": 0}
alphas = np.logspace(-3, 2, 10)
train, test = [], []
for alpha in alphas:
    net = ShallowNetRegressor(alpha=alpha, **settings).fit(X_train, y_train)
    train.append(net.score(X_train, y_train))
    test.append(net.score(X_test, y_test))

# %%
# One fit finds its own:
net = ShallowNetRegressor(**settings).fit(X_train, y_train)
found = net.score(X_test, y_test)
print(f"alpha {net.alpha_:.1f}: R2 {found:.2f} on new samples; best of the grid {max(test):.2f}")

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.semilogx(alphas, train, "o--", color="0.5", label="training samples")
ax.semilogx(alphas, test, "o-", color="#0072B2", label="new samples")
ax.plot(net.alpha_, found, "*", color="#D55E00", markersize=16, label="evidence")
ax.axvline(net.alpha_, color="#D55E00", lw=1)
ax.set(xlabel="alpha", ylabel="R2")
ax.legend(frameon=False)

# %%
# Left of the star the network memorises the training samples, right of it the weights are too
# small to follow the function.
