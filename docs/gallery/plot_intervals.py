"""
Prediction intervals and what came true
=======================================

`IntervalDisplay` draws the intervals of new samples with their true values, and says how many are
inside.
"""

# %%
# Noise that grows towards both sides: quantiles follow it.
import numpy as np

from sklearn_shallow import IntervalDisplay, ShallowNetRegressor

rng = np.random.default_rng(0)
X = rng.uniform(-3, 3, (1500, 1))
y = np.sin(X[:, 0]) + (0.1 + 0.2 * np.abs(X[:, 0])) * rng.standard_normal(1500)
quantiles = ShallowNetRegressor(loss="quantile", quantile=[0.05, 0.95], random_state=0)
quantiles.fit(X[:700], y[:700])
display = IntervalDisplay.from_estimator(quantiles, X[700:], y[700:], coverage=0.9, feature=0)

# %%
# A posterior assumes the same noise everywhere: the coverage is right on average, too high in the
# middle and too low outside.
bayes = ShallowNetRegressor(20, solver="lbfgs", posterior="laplace", random_state=0)
bayes.fit(X[:700], y[:700])
display = IntervalDisplay.from_estimator(bayes, X[700:], y[700:], coverage=0.9, feature=0)
