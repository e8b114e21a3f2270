"""The settings of a fit."""

from dataclasses import FrozenInstanceError

import pytest

from sklearn_shallow import ShallowNetClassifier
from sklearn_shallow.estimators.parameters.settings import Settings


@pytest.mark.parametrize("name", ["alpha", "decay", "unknown"])
def test_the_settings_of_a_fit_are_frozen(name):
    with pytest.raises(FrozenInstanceError):
        setattr(Settings.of(ShallowNetClassifier()), name, 1.0)
