"""Shallow neural networks as scikit-learn estimators, on NumPy and SciPy alone."""

from sklearn_shallow._version import __version__
from sklearn_shallow.estimators.classifier import ShallowNetClassifier
from sklearn_shallow.estimators.cross_validation import (
    ShallowNetClassifierCV,
    ShallowNetRegressorCV,
)
from sklearn_shallow.estimators.regressor import ShallowNetRegressor
from sklearn_shallow.losses.base import Domain, Loss
from sklearn_shallow.losses.deviances import Gamma, Poisson, Tweedie
from sklearn_shallow.losses.labels import LogLoss
from sklearn_shallow.losses.residuals import AbsoluteError, Huber, LogCosh, Quantile, SquaredError
from sklearn_shallow.network.activations import ELU, Activation, LeakyReLU

__all__ = [
    "ELU",
    "AbsoluteError",
    "Activation",
    "Domain",
    "Gamma",
    "Huber",
    "LeakyReLU",
    "LogCosh",
    "LogLoss",
    "Loss",
    "Poisson",
    "Quantile",
    "ShallowNetClassifier",
    "ShallowNetClassifierCV",
    "ShallowNetRegressor",
    "ShallowNetRegressorCV",
    "SquaredError",
    "Tweedie",
    "__version__",
]
