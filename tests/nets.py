"""Small networks for the tests, and what is asked of two of them."""

import numpy as np

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.solvers.registry import SOLVERS as REGISTERED

UPDATE_RULES = {name: cls for name, cls in REGISTERED.items() if cls.takes_batches}
STOCHASTIC = list(UPDATE_RULES)
SOLVERS = [*STOCHASTIC, "lbfgs"]
CONSTANT_RATE = {"learning_rate": "constant", "learning_rate_init": 0.003}


def small(estimator=ShallowNetClassifier, **settings):
    settings = {"hidden_layer_sizes": (5,), "max_iter": 5, "random_state": 0, **settings}
    return estimator(**settings)


def small_regressor(**settings):
    return small(ShallowNetRegressor, **settings)


def plain(estimator=ShallowNetClassifier, solver="adam", **settings):
    """Return a small network for which nothing is chosen or found: decay and rate are fixed."""
    fixed = {"alpha": 1.0, **stochastic(solver, **CONSTANT_RATE)}
    return small(estimator, solver=solver, **{**fixed, **settings})


def plain_regressor(**settings):
    return plain(ShallowNetRegressor, **settings)


def stochastic(solver, **settings):
    """Return the settings, for the solvers that have them."""
    solver = REGISTERED.get(solver) if isinstance(solver, str) else solver
    return settings if getattr(solver, "takes_batches", False) else {}


def in_double(solver, **options):
    """Return the solver of this name with steps in double precision."""
    options |= {"dtype": "float64"} if solver in STOCHASTIC else {}
    return REGISTERED[solver](**options)


def assert_same_weights(one, two):
    for a, b in zip(one.coefs_ + one.intercepts_, two.coefs_ + two.intercepts_, strict=True):
        np.testing.assert_array_equal(a, b)


def noise_of(net):
    """Return the noise of several targets, relative to each other, as the fit found it."""
    return net._networks[0].target.scaling.noise
