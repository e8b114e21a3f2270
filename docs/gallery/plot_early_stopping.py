"""
Early stopping
==============

Without weight decay, a network overfits sooner or later. A validation set shows when.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import make_classification

from sklearn_shallow import ShallowNetClassifier

X, y = make_classification(400, 20, n_informative=6, class_sep=0.6, flip_y=0.15, random_state=0)
net = ShallowNetClassifier(alpha=0, batch_size="full", early_stopping=True, random_state=0).fit(
    X, y
)
print(f"{net.n_iter_} epochs, the best is {net.best_iteration_}")

settings = {"alpha": 0, "batch_size": "full", "early_stopping": False, "random_state": 0}
watched = ShallowNetClassifier(**settings).fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.plot(watched.history_["data_loss"], "--", color="0.5", label="training samples")
ax.plot(watched.history_["validation_loss"], color="#0072B2", label="validation set")
best = min(watched.history_["validation_loss"])
ax.plot(watched.history_["validation_loss"].index(best), best, "*", color="#D55E00", ms=14)
ax.set(xlabel="epoch", ylabel="log-loss", title="alpha=0, and no stop")
ax.legend(frameon=False)
