"""
Prediction intervals and what came true
=======================================

`IntervalDisplay` draws intervals of samples that were not trained on beside their true values, and
writes how many are inside.
"""

# %%
# Noise that grows on both sides: quantiles follow it.
import numpy as np

from sklearn_shallow import IntervalDisplay, ShallowNetRegressor

rng = np.random.default_rng(0)
X = rng.uniform(-3, 3, (1500, 1))
y = np.sin(X[:, 0]) + (0.1 + 0.2 * np.abs(X[:, 0])) * rng.standard_normal(1500)
quantiles = ShallowNetRegressor(loss="quantile", quantile=[0.05, 0.95], random_state=0)
quantiles.fit(X[:700], y[:700])
display = IntervalDisplay.from_estimator(quantiles, X[700:], y[700:], coverage=0.9, feature=0)

# %%
# The deviations of a posterior have the same noise everywhere: the coverage is right on the whole,
# too high in the middle and too low outside.
bayes = ShallowNetRegressor(20, solver="lbfgs", posterior="laplace", random_state=0)
bayes.fit(X[:700], y[:700])
display = IntervalDisplay.from_estimator(bayes, X[700:], y[700:], coverage=0.9, feature=0)
