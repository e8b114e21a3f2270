"""Losses with targets, and objectives, for the tests: one of everything that is registered."""

import numpy as np

from sklearn_shallow import AbsoluteError, Loss, Quantile, Tweedie
from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES, REGRESSOR_LOSSES
from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network, Workspace
from sklearn_shallow.objective.formula import Objective

QUANTILES = (0.1, 0.4, 0.8, 0.95)
N_ROWS, N_FEATURES = 11, 4


class Cauchy(Loss):
    """A loss as a user would write it."""

    standardization = "median"

    def terms(self, Y, raw):
        return np.log1p((raw - Y) ** 2)

    def gradient(self, Y, raw, out):
        residual = raw - Y
        return np.divide(2 * residual, 1 + residual**2, out=out)


class Relative(Loss):
    """The squared relative error, for positive targets; its link and domain by plain words."""

    link = "log"
    domain = (0.1, np.inf)

    def terms(self, Y, raw):
        return (np.exp(raw) / Y - 1) ** 2

    def gradient(self, Y, raw, out):
        ratio = np.exp(raw) / Y
        return np.multiply(2 * (ratio - 1), ratio, out=out)


# Everything that is registered, and what is made of it: name -> loss
LOSSES = {
    f"{name}-{link}": make().on(LINKS[link])
    for name, make in CLASSIFIER_LOSSES.items()
    for link in ("logit", "softmax")
}
LOSSES |= {name: make() for name, make in REGRESSOR_LOSSES.items()}
LOSSES |= {
    "quantiles": Quantile(QUANTILES),
    "tweedie 1.2": Tweedie(1.2),
    "tweedie 3": Tweedie(3),
    "smoothed absolute": AbsoluteError().smoothed(0.3),
    "smoothed quantiles": Quantile(QUANTILES).smoothed(0.2),
    "custom": Cauchy(),
    "custom, log": Relative(),
}
CLASS_LOSSES = [name for name in LOSSES if "-" in name]
CURVED = [name for name, loss in LOSSES.items() if loss.has_curvature]


def n_outputs(name):
    return 4 if "softmax" in name or name.endswith("quantiles") else 2


def targets(name, n_rows, rng, dtype=np.float64):
    """Encoded targets as the shell makes them."""
    k = n_outputs(name)
    if "softmax" in name:
        return np.eye(k, dtype=dtype)[rng.integers(k, size=n_rows)]
    if "logit" in name:
        return rng.integers(2, size=(n_rows, k)).astype(dtype)
    if name.endswith("quantiles"):
        return np.repeat(rng.standard_normal((n_rows, 1)), k, axis=1).astype(dtype)
    positive = LOSSES[name].domain[0] >= 0
    y = rng.gamma(2.0, size=(n_rows, k)) if positive else 2 * rng.standard_normal((n_rows, k))
    return (y + 0.1 * positive).astype(dtype)


def make_objective(activations, loss, *, weighted, alpha, rng, hidden=None):
    hidden = [5 - i for i in range(len(activations))] if hidden is None else hidden
    layout = Layout((N_FEATURES, *hidden, n_outputs(loss)))
    X = np.column_stack([rng.standard_normal((N_ROWS, N_FEATURES)), np.ones(N_ROWS)])
    weight = rng.integers(0, 4, size=N_ROWS).astype(float) if weighted else None
    Y = targets(loss, N_ROWS, rng)
    return Objective(Network(layout, activations), LOSSES[loss], X, Y, weight, alpha=alpha)


def point_of(objective, rng):
    return 0.7 * rng.standard_normal(objective.n_params)


def objective_of(name, depth=1, weighted=True, alpha=0.3):
    rng = np.random.default_rng(depth)
    activations = [ACTIVATIONS["tanh"], ACTIVATIONS["gelu"]][:depth]
    return make_objective(activations, name, weighted=weighted, alpha=alpha, rng=rng), rng


def raw_of(objective, theta):
    network = objective.network
    work = Workspace(network, objective.n_rows, np.float64)
    raw = np.empty(objective.Y.shape[::-1]).T
    return network.forward(network.layout.unpack(theta), objective.X, work, raw).copy()
