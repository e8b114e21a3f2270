"""Predictions without the units that are zero for all X that limits let through."""

import pickle

import numpy as np
import pandas as pd
import pytest

from sklearn_shallow import ShallowNetRegressor

RNG = np.random.default_rng(0)
N = 300
FRAME = pd.DataFrame({
    "plain": RNG.normal(size=N),
    "heavy": RNG.standard_t(df=1, size=N),
    "gappy": np.where(RNG.random(N) < 0.2, np.nan, RNG.normal(size=N)),
    "kind": pd.Categorical(RNG.choice(["a", "b", "c", "d"], N)),
})  # fmt: skip
y = np.sin(FRAME["plain"]) + FRAME["gappy"].fillna(1) + (FRAME["kind"] == "a")
FAR = FRAME.assign(
    plain=1e6 * FRAME["plain"],
    heavy=-1e9 * FRAME["heavy"],
    gappy=np.nan,
    kind=pd.Categorical(["e"] * N),
)


def fitted(**settings):
    settings = {"numeric_encoding": 4, "random_state": 0} | settings
    return ShallowNetRegressor(**settings).fit(FRAME, y)


def units(net):
    return net._networks[0].of_active_units.network.layout.units[1:-1]


def with_all_units(net, X):
    """Return the predictions by the attributes, which have all units."""
    A = net.preprocessor_.transform(X)
    for W, b in zip(net.coefs_[:-1], net.intercepts_[:-1], strict=True):
        A = np.maximum(A @ W + b, 0)
    low, high = net._networks[0].target.limits.ends
    return np.clip(A @ net.coefs_[-1] + net.intercepts_[-1], low, high)[:, 0]


@pytest.mark.filterwarnings("ignore:.*far outside the ")
@pytest.mark.filterwarnings("ignore:In X, column")
@pytest.mark.parametrize("hidden", [100, (60, 40)])
@pytest.mark.parametrize("encoding", [None, 4])
def test_predictions_are_those_of_all_units(hidden, encoding):
    net = fitted(hidden_layer_sizes=hidden, numeric_encoding=encoding)
    assert sum(units(net)) < 0.9 * 100
    for X in (FRAME, FAR, FRAME.iloc[:1], FAR.iloc[:1]):
        np.testing.assert_allclose(net.predict(X), with_all_units(net, X), rtol=1e-9, atol=1e-9)


def test_all_stay_where_x_has_no_limits():
    net = fitted(standardize=True, hidden_layer_sizes=20)
    assert units(net) == (20,)


def test_a_hidden_layer_has_all_units():
    net = fitted()
    assert net.transform(FRAME).shape == (N, 100)


def test_predicting_does_not_make_a_saved_estimator_larger():
    net = fitted()
    before = len(pickle.dumps(net))
    net.predict(FRAME)
    n_bytes = sum(part.nbytes for part in net.coefs_)
    assert len(pickle.dumps(net)) < before + n_bytes / 4
