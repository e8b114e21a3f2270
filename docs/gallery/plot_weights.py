"""
What hidden units look for
==========================

`WeightsDisplay` draws the weights of the first layer: as images where the features are pixels, else
as a heat map. Purple is positive, orange negative.
"""

# %%
# Without a hidden layer there is one image per class: pixels that speak for it and against it.
from sklearn.datasets import load_diabetes, load_digits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor, WeightsDisplay

X, y = load_digits(return_X_y=True)
linear = ShallowNetClassifier((), numeric_encoding=None, random_state=0).fit(X, y)
display = WeightsDisplay.from_estimator(linear, image_shape=(8, 8))

# %%
# Hidden units detect strokes. These are the 20 with the largest weights.
net = ShallowNetClassifier(100, numeric_encoding=None, random_state=0).fit(X, y)
display = WeightsDisplay.from_estimator(net, image_shape=(8, 8))

# %%
# A heat map has the names of the features.
X, y = load_diabetes(return_X_y=True, as_frame=True)
net = ShallowNetRegressor(12, numeric_encoding=None, random_state=0).fit(X, y)
display = WeightsDisplay.from_estimator(net)
