"""
Decision boundaries
===================

How many hidden units does a problem need? Since the weight decay is found on the training data, too
many units do no harm; too few are a limit.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import train_test_split

from sklearn_shallow import ShallowNetClassifier

X, y = make_moons(400, noise=0.25, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
for ax, units in zip(axes, (1, 3, 100), strict=True):
    net = ShallowNetClassifier(units, numeric_encoding=None, random_state=0)
    net.fit(X_train, y_train)
    DecisionBoundaryDisplay.from_estimator(
        net, X, ax=ax, response_method="predict_proba", cmap="RdBu_r", alpha=0.7, vmin=0, vmax=1
    )
    for label, marker in ((0, "o"), (1, "^")):
        ax.scatter(*X_train[y_train == label].T, s=8, marker=marker, c="k", alpha=0.5)
    ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
    ax.set_title(f"{units} unit{'s' * (units > 1)}: {net.score(X_test, y_test):.0%} of new samples")

# %%
# The colour is the probability of the second class: pale where the classes overlap.
