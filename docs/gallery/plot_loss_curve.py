"""
Training curves
===============

`LossCurveDisplay` draws what `history_` has recorded: the loss on the training data, the penalty on
top of it, the loss on a validation set, the learning rate and the weight decay.
"""

# %%
# With early stopping, the parameters of the best epoch on the validation set are returned. The
# decay is found on the training data, and each time it changes, so does the penalty.
from sklearn.datasets import load_breast_cancer

from sklearn_shallow import LossCurveDisplay, ShallowNetClassifier

X, y = load_breast_cancer(return_X_y=True)
early = ShallowNetClassifier(10, early_stopping=True, random_state=0).fit(X, y)
display = LossCurveDisplay.from_estimator(early)

# %%
# Several fits in one picture. L-BFGS takes all samples at once, and has no learning rate.
adam = ShallowNetClassifier(10, random_state=0).fit(X, y)
lbfgs = ShallowNetClassifier(10, solver="lbfgs", random_state=0).fit(X, y)
display = LossCurveDisplay.from_estimator(adam, lbfgs, names=["adam", "lbfgs"])
