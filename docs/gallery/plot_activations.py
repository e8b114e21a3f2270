"""
Activations and their slopes
============================

`ActivationDisplay` draws every built-in activation and its derivative, by which backpropagation
multiplies. Where the derivative is zero, a unit does not learn.
"""

# %%
from sklearn.datasets import load_diabetes

from sklearn_shallow import ActivationDisplay, ShallowNetRegressor

display = ActivationDisplay.from_activations()

# %%
# For a fitted network: the activations of its layers, and in grey the distribution of their inputs.
X, y = load_diabetes(return_X_y=True)
net = ShallowNetRegressor((12, 5), activation="tanh", random_state=0).fit(X, y)
display = ActivationDisplay.from_estimator(net, X)
