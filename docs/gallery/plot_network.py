"""
A network, drawn
================

`NetworkDisplay` draws units and weights. Purple weights are positive, orange ones negative; wide
and dark ones are large. The colour of a unit is that of its bias.
"""

# %%
# A small network for iris: a reader can follow how long petals lead to *virginica*.
from sklearn.datasets import load_digits, load_iris

from sklearn_shallow import NetworkDisplay, ShallowNetClassifier

iris = load_iris(as_frame=True)
net = ShallowNetClassifier(8, numeric_encoding=None, random_state=0).fit(iris.data, iris.target)
display = NetworkDisplay.from_estimator(net, target_names=iris.target_names)

# %%
# Of layers with more than 30 units, the 16 with the largest weights are drawn.
X, y = load_digits(return_X_y=True)
large = ShallowNetClassifier(100, max_iter=20, random_state=0).fit(X, y)
display = NetworkDisplay.from_estimator(large)
