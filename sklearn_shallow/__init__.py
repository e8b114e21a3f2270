"""Shallow neural networks as scikit-learn estimators, on NumPy and SciPy alone."""

from sklearn_shallow._version import __version__
from sklearn_shallow.estimators.classifier import ShallowNetClassifier
from sklearn_shallow.estimators.cross_validation import (
    ShallowNetClassifierCV,
    ShallowNetRegressorCV,
)
from sklearn_shallow.estimators.onnx_registration import register_skl2onnx
from sklearn_shallow.estimators.regressor import ShallowNetRegressor
from sklearn_shallow.estimators.saving import load
from sklearn_shallow.inspection.activations import ActivationDisplay
from sklearn_shallow.inspection.diagnosis import diagnose
from sklearn_shallow.inspection.hidden_units import HiddenUnitsDisplay
from sklearn_shallow.inspection.intervals import IntervalDisplay
from sklearn_shallow.inspection.loss_curve import LossCurveDisplay
from sklearn_shallow.inspection.network import NetworkDisplay
from sklearn_shallow.inspection.response import ResponseDisplay
from sklearn_shallow.inspection.weights import WeightsDisplay
from sklearn_shallow.losses.base import Domain, Loss
from sklearn_shallow.losses.deviances import Gamma, Poisson, Tweedie
from sklearn_shallow.losses.labels import LogLoss
from sklearn_shallow.losses.residuals import AbsoluteError, Huber, Quantile, SquaredError
from sklearn_shallow.network.activations import ELU, Activation, LeakyReLU
from sklearn_shallow.solvers.base import Solver
from sklearn_shallow.solvers.lbfgs import LBFGS
from sklearn_shallow.solvers.levenberg_marquardt import LevenbergMarquardt
from sklearn_shallow.solvers.schedules import Schedule
from sklearn_shallow.solvers.update_rules import SGD, Adam, UpdateRule

__all__ = [
    "ELU",
    "LBFGS",
    "SGD",
    "AbsoluteError",
    "Activation",
    "ActivationDisplay",
    "Adam",
    "Domain",
    "Gamma",
    "HiddenUnitsDisplay",
    "Huber",
    "IntervalDisplay",
    "LeakyReLU",
    "LevenbergMarquardt",
    "LogLoss",
    "Loss",
    "LossCurveDisplay",
    "NetworkDisplay",
    "Poisson",
    "Quantile",
    "ResponseDisplay",
    "Schedule",
    "ShallowNetClassifier",
    "ShallowNetClassifierCV",
    "ShallowNetRegressor",
    "ShallowNetRegressorCV",
    "Solver",
    "SquaredError",
    "Tweedie",
    "UpdateRule",
    "WeightsDisplay",
    "__version__",
    "diagnose",
    "load",
    "register_skl2onnx",
]
