"""The objective of an estimator and the parameters to begin with, samples in the user's order."""

from dataclasses import replace

import numpy as np
from scipy import sparse
from sklearn.base import clone

from sklearn_shallow.estimators.base import BaseShallowNet
from sklearn_shallow.estimators.parameters.checks import check_fit_data
from sklearn_shallow.estimators.parameters.settings import Settings
from sklearn_shallow.estimators.training.ensemble import initial_theta
from sklearn_shallow.inspection.fitted import unwrapped
from sklearn_shallow.objective.formula import Objective


def problem_of(estimator, X, y, initial=(None, None)):
    """Return the objective in float64, and the parameters of a fitted estimator, else initial ones.

    Parameters
    ----------
    initial : tuple of coef_init and intercept_init, for an estimator that is not fitted
    """
    if not isinstance(estimator, BaseShallowNet):
        estimator, X = unwrapped(estimator, X, "StepByStep")
    check_is_plain(estimator)
    if not estimator.__sklearn_is_fitted__():
        network, X, y = beginning(estimator, X, y, initial)
    elif initial == (None, None):
        network = estimator._networks[0]
        X, y = check_fit_data(estimator, X, y, reset=False)
    else:
        raise ValueError(
            "coef_init and intercept_init are for an estimator that is not fitted. Pass "
            "sklearn.base.clone(estimator)."
        )
    target, X = network.target, X.toarray() if sparse.issparse(X) else X
    Y = np.asarray(target.standardized(target.encode(y, np.float64), np.float64))
    seen = network.inputs.apply(X, np.float64)
    objective = Objective(network.network, target.loss, seen, Y, alpha=network.decay)
    return objective, network.theta.astype(np.float64)


def beginning(estimator, X, y, initial):
    """Return the network that `fit` would begin with, X and y."""
    estimator = clone(estimator)
    if initial == (None, None) and hasattr(estimator, "initial_values"):
        initial = estimator.initial_values(X, y)
    data, member = prepared(estimator, X, y)
    member = replace(member, initial=initial)
    theta = initial_theta(data, member.streams()["initial"], member)
    X, y = check_fit_data(estimator, X, y, reset=False)
    network = data.untrained(theta=theta, decay=data.objective().alpha)
    return network, X, y


def prepared(estimator, X, y):
    """Return the training data of a fit from the start, and the network that is to be trained."""
    data, [member, *_] = estimator._prepare(
        Settings.of(estimator, is_plain=True), (X, y, None), (None, None, None), ()
    )
    return data, member


def check_is_plain(estimator):
    """Check that there is one network, whose objective the equations can show."""
    for name, is_other, way_out in (
        ("n_estimators", estimator.n_estimators > 1, "Set it to 1, or pass one of estimators_"),
        ("l1_ratio", np.any(estimator.l1_ratio), "Set l1_ratio=0: absolute values have no slope"),
        ("class_weight", getattr(estimator, "class_weight", None) is not None, "Set it to None"),
    ):
        if is_other:
            raise ValueError(
                f"{name}={getattr(estimator, name)!r} is beyond the equations of StepByStep. "
                f"{way_out}."
            )
