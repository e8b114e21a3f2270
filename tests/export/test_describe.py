"""The description of a prediction, evaluated, against the prediction."""

import numpy as np
import pytest
from exported import FRAMES, NAMES, fitted, labels, predictions

from sklearn_shallow.export.describe import describe


def described(name, dtype=None):
    """Return the description of a case, and its samples as numbers and codes."""
    if name in FRAMES:
        pytest.importorskip("pandas")
    net, X = fitted(name)
    net = getattr(net, "best_estimator_", net)
    names = [f"x{i}" for i in range(net.n_features_in_)]
    description = describe(net._networks, "Net", names, net._table, dtype)
    return net, X, description, X if net._table is None else net._table.read(X)


@pytest.mark.parametrize("name", NAMES)
def test_a_description_is_the_prediction(name):
    net, X, description, codes = described(name, "float64")
    outputs, wanted = description.outputs(codes), predictions(net, X)
    assert outputs.shape == (len(codes), description.n_outputs)
    assert wanted.shape[1:] == description.shape
    tolerance = 1e-5 if codes.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(outputs.reshape(wanted.shape), wanted, tolerance, tolerance)
    if description.classes is not None:
        np.testing.assert_array_equal(description.labels(outputs), labels(net, X))
