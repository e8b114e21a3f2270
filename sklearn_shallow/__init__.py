"""Shallow neural networks as scikit-learn estimators, on NumPy and SciPy alone."""

from sklearn_shallow._activations import ELU, Activation, LeakyReLU
from sklearn_shallow._classifier import ShallowNetClassifier
from sklearn_shallow._version import __version__

__all__ = ["ELU", "Activation", "LeakyReLU", "ShallowNetClassifier", "__version__"]
