"""
Hidden units that work, and that do not
=======================================

`HiddenUnitsDisplay` shows for which fraction of the samples a hidden unit has a nonzero derivative,
and how large its effect on the next layer is.
"""

# %%
# In a good network, relu units are active for some samples and zero for others.
from sklearn.datasets import load_digits

from sklearn_shallow import ActivationDisplay, HiddenUnitsDisplay, ShallowNetClassifier

X, y = load_digits(return_X_y=True)
net = ShallowNetClassifier(100, numeric_encoding=None, random_state=0).fit(X, y)
display = HiddenUnitsDisplay.from_estimator(net, X)

# %%
# Large inputs that are not standardised saturate tanh: its derivative is zero for most samples, and
# the first layer does not learn.
raw = ShallowNetClassifier(
    50, activation="tanh", alpha=1, max_iter=10, standardize=False, random_state=0
).fit(10 * X, y)
display = HiddenUnitsDisplay.from_estimator(raw, 10 * X)

# %%
# The inputs of the activation are far outside of where it bends.
display = ActivationDisplay.from_estimator(raw, 10 * X)
