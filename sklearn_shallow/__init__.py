"""Shallow neural networks as scikit-learn estimators, on NumPy and SciPy alone."""

from sklearn_shallow._activations import ELU, Activation, LeakyReLU
from sklearn_shallow._classifier import ShallowNetClassifier
from sklearn_shallow._cross_validation import ShallowNetClassifierCV, ShallowNetRegressorCV
from sklearn_shallow._loss import Domain, Loss
from sklearn_shallow._regressor import ShallowNetRegressor
from sklearn_shallow._version import __version__

__all__ = [
    "ELU",
    "Activation",
    "Domain",
    "LeakyReLU",
    "Loss",
    "ShallowNetClassifier",
    "ShallowNetClassifierCV",
    "ShallowNetRegressor",
    "ShallowNetRegressorCV",
    "__version__",
]
