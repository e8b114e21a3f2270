"""The settings of a fit, and the way from `fit` to the computation."""

import traceback
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

import sklearn_shallow
from sklearn_shallow import LogLoss, ShallowNetClassifier, ShallowNetRegressor, SquaredError
from sklearn_shallow.estimators.parameters.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
PACKAGE = Path(sklearn_shallow.__file__).parent
MOST_FRAMES = 8  # of the package, from `fit` to the gradient of the loss


@pytest.mark.parametrize("name", ["alpha", "decay", "unknown"])
def test_the_settings_of_a_fit_are_frozen(name):
    with pytest.raises(FrozenInstanceError):
        setattr(Settings.of(ShallowNetClassifier()), name, 1.0)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("estimator", "loss", "load"),
    [
        (ShallowNetClassifier, LogLoss, load_iris),
        (ShallowNetRegressor, SquaredError, load_diabetes),
    ],
)
def test_few_calls_lead_from_fit_to_the_gradient_of_the_loss(monkeypatch, estimator, loss, load):
    stacks, gradient = [], loss.gradient

    def recorded(self, Y, raw, out):
        stacks.append(traceback.extract_stack())
        return gradient(self, Y, raw, out)

    monkeypatch.setattr(loss, "gradient", recorded)
    estimator(max_iter=1, random_state=0).fit(*load(return_X_y=True))
    names = [
        [frame.name for frame in stack if PACKAGE in Path(frame.filename).parents]
        for stack in stacks
    ]
    in_steps = [found[found.index("fit") :] for found in names if "run_epoch" in found]
    assert in_steps
    assert np.max([len(found) for found in in_steps]) <= MOST_FRAMES, in_steps[0]
