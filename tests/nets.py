"""Small networks for the tests, and what is asked of two of them."""

import numpy as np

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow._optimizers import OPTIMIZERS

SOLVERS = [*OPTIMIZERS, "lbfgs"]


def small(estimator=ShallowNetClassifier, **settings):
    settings = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0, **settings}
    return estimator(**settings)


def small_regressor(**settings):
    return small(ShallowNetRegressor, **settings)


def stochastic(solver, **settings):
    """Return the settings, for the solvers that have them."""
    return {} if solver == "lbfgs" else settings


def assert_same_weights(one, two):
    for a, b in zip(one.coefs_ + one.intercepts_, two.coefs_ + two.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)
