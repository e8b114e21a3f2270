"""
Which features, and how?
========================

Permutation importance shows which features the predictions need, partial dependence their effect.
"""

# %%
import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.model_selection import train_test_split

from sklearn_shallow import ShallowNetRegressor

X, y = load_diabetes(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
net = ShallowNetRegressor(random_state=0).fit(X_train, y_train)
importance = permutation_importance(net, X_test, y_test, n_repeats=10, random_state=0)
order = importance.importances_mean.argsort()

figure, ax = plt.subplots(figsize=(5, 3), layout="constrained")
ax.barh(X.columns[order], importance.importances_mean[order], color="#0072B2")
ax.set(xlabel="loss of R2 when the feature is shuffled")

# %%
best = list(X.columns[order[::-1][:3]])
print("the three most important:", ", ".join(best))
display = PartialDependenceDisplay.from_estimator(net, X_train, best, kind="both", subsample=30)
display.figure_.set_size_inches(8, 3)
display.figure_.set_layout_engine("constrained")
