"""
Continuing a fit
================

With `warm_start=True`, `fit` continues from the last fit. Here the decay decreases in steps, and
each fit starts from the result of the last one.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

from sklearn_shallow import ShallowNetClassifier

X, y = load_wine(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=0)

net = ShallowNetClassifier(10, solver="lbfgs", warm_start=True, random_state=0)
ends = []
for alpha in (30, 3, 0.3):
    net.set_params(alpha=alpha).fit(X_train, y_train)
    ends.append(len(net.loss_curve_))
    print(
        f"alpha {alpha:4}: {net.n_iter_:3} iterations, loss {net.loss_:.3f}, "
        f"accuracy on new samples {net.score(X_test, y_test):.2f}"
    )

figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.plot(net.loss_curve_, color="#0072B2", label="loss")
ax.plot(net.history_["data_loss"], "--", color="#D55E00", label="without the penalty")
for end in ends[:-1]:
    ax.axvline(end, color="0.6", lw=1)
ax.set(xlabel="iteration, over all fits", yscale="log")
ax.legend(frameon=False)
