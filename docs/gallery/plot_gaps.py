"""
How much missing values cost
============================

More and more cells of the training data and of the new data are removed.
"""

# %%
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict

from sklearn_shallow import ShallowNetClassifier

X, y = load_breast_cancer(return_X_y=True)
shares = [0.0, 0.1, 0.3, 0.5, 0.7]
order = np.random.default_rng(0).random(X.shape)  # a cell of a smaller share stays missing
losses = []
for share in shares:
    gappy = np.where(order < share, np.nan, X)
    net = ShallowNetClassifier(20, numeric_encoding=None, random_state=0)
    p = cross_val_predict(net, gappy, y, cv=3, method="predict_proba")
    losses.append(log_loss(y, p))
    print(f"{share:4.0%} missing: log-loss {losses[-1]:.2f}")

figure, ax = plt.subplots(figsize=(5, 3), layout="constrained")
ax.plot(shares, losses, "o-", color="#0072B2")
ax.axhline(log_loss(y, np.full(len(y), y.mean())), ls="--", color="0.5")
ax.annotate("class frequencies alone", (0, 0.67), color="0.4")
ax.set(xlabel="share of missing cells", ylabel="log-loss", ylim=(0, 0.75))
