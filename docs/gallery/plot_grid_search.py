"""
A search over activation and hidden units
=========================================

`GridSearchCV` works as with every estimator.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from sklearn_shallow import ShallowNetClassifier

X, y = load_digits(return_X_y=True)
X, y = X[:600], y[:600]
units, activations = [2, 5, 20, 80], ["logistic", "tanh", "relu"]
net = ShallowNetClassifier(numeric_encoding=None, max_iter=25, random_state=0)
grid = {"activation": activations, "hidden_layer_sizes": units}
search = GridSearchCV(net, grid, cv=3, scoring="neg_log_loss").fit(X, y)
print(search.best_params_, f"log-loss {-search.best_score_:.2f}")

scores = -search.cv_results_["mean_test_score"].reshape(len(activations), len(units))
figure, ax = plt.subplots(figsize=(5, 3), layout="constrained")
image = ax.imshow(scores, cmap="viridis_r")
ax.set_xticks(range(len(units)), units)
ax.set_yticks(range(len(activations)), activations)
for row, values in enumerate(scores):
    for column, value in enumerate(values):
        light = value < scores.mean()
        ax.text(column, row, f"{value:.2f}", ha="center", va="center", color="k" if light else "w")
ax.set(xlabel="hidden units", title="log-loss by cross-validation")
