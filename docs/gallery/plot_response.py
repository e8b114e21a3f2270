"""
What a feature does to the prediction
=====================================

`ResponseDisplay` sets one feature at a time to a range of values, and draws the mean prediction.
"""

# %%
# Thin lines are single samples. With a posterior, a band shows one standard deviation. By default,
# the six features with the largest effect are drawn.
from sklearn.datasets import load_diabetes, load_iris

from sklearn_shallow import ResponseDisplay, ShallowNetClassifier, ShallowNetRegressor

X, y = load_diabetes(return_X_y=True, as_frame=True)
net = ShallowNetRegressor(12, solver="lbfgs", posterior="laplace", random_state=0).fit(X, y)
display = ResponseDisplay.from_estimator(net, X)

# %%
# For a classifier there is a line for the probability of every class.
iris = load_iris(as_frame=True)
net = ShallowNetClassifier(10, random_state=0).fit(iris.data, iris.target)
display = ResponseDisplay.from_estimator(net, iris.data, target_names=iris.target_names)
