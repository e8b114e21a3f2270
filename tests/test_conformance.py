"""scikit-learn's own checks, over a table of instances. No check is expected to fail."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_shallow import Activation, ShallowNetClassifier

SMALL = {"hidden_layer_sizes": (10,), "max_iter": 100}

INSTANCES = [
    ShallowNetClassifier(max_iter=60),
    ShallowNetClassifier(**SMALL, solver="lbfgs", alpha=0.1),
    ShallowNetClassifier(**SMALL, solver="sgd", learning_rate_init=0.1),
    ShallowNetClassifier(
        **SMALL, solver="sgd", learning_rate_init=0.3, momentum=0, batch_size="full"
    ),
    ShallowNetClassifier((), solver="lbfgs", alpha=0.1),
    ShallowNetClassifier((), solver="adam", learning_rate_init=0.1, max_iter=100),
    ShallowNetClassifier((10, 5), activation=["tanh", "silu"], solver="lbfgs", alpha=0.1),
    ShallowNetClassifier((10, 5), learning_rate_init=0.02, max_iter=100),
    ShallowNetClassifier(**SMALL, standardize=False, solver="lbfgs", alpha=0.1),
    ShallowNetClassifier(**SMALL, standardize=False, learning_rate_init=0.05, alpha=0.1),
    ShallowNetClassifier(**SMALL, dtype="float32", learning_rate_init=0.02),
    ShallowNetClassifier(**SMALL, dtype="float32", solver="lbfgs"),
    ShallowNetClassifier(**SMALL, loss="squared_error", solver="lbfgs", alpha=0.01),
    ShallowNetClassifier(**SMALL, activation=Activation(np.sin, np.cos), learning_rate_init=0.02),
]

# Before scikit-learn 1.8 the cases are a generator, which pytest will cease to take.
CHECKS = parametrize_with_checks(INSTANCES)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(CHECKS.args[0], list(CHECKS.args[1]), **CHECKS.kwargs)
def test_conformance(estimator, check):
    check(estimator)
