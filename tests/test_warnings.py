"""Warnings point at the line of the user's that led to them."""

import warnings

import pytest
from nets import plain, plain_regressor
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from test_control import Watch

from sklearn_shallow import (
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)
from sklearn_shallow._validation import HAS_CALLBACKS

X, y = load_iris(return_X_y=True)


def watched(net):
    return net.set_callbacks(Watch()) if HAS_CALLBACKS else net


USERS = {
    "alone": lambda net: net.fit(X, y),
    "by name": lambda net: type(net).fit(net, X=X, y=y),
    "callbacks": lambda net: watched(net).fit(X, y),
    "fit_transform": lambda net: net.fit_transform(X, y),
    "pipeline": lambda net: make_pipeline(StandardScaler(), net).fit(X, y),
    "search": lambda net: GridSearchCV(net, {"alpha": [1.0]}, cv=2).fit(X, y),
    "cross-validation": lambda net: CV[type(net)](net, alphas=[1.0], cv=2).fit(X, y),
}
CV = {
    ShallowNetClassifier: ShallowNetClassifierCV,
    ShallowNetRegressor: ShallowNetRegressorCV,
}


@pytest.mark.parametrize("make", [plain, plain_regressor])
@pytest.mark.parametrize("use", USERS)
def test_warnings_of_fit_name_the_users_file(make, use):
    net = make(solver="lbfgs", max_iter=2, momentum=0.5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        USERS[use](net)
    told = [str(warning.message) for warning in caught]
    assert any("No effect: momentum=0.5" in message for message in told)
    assert any("had not converged" in message for message in told)
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
def test_iterations_of_a_search_for_the_decay_are_told_apart(solver):
    net = plain(solver=solver, alpha="evidence", max_iter=3)
    with pytest.warns(ConvergenceWarning, match="max_iter=3") as caught:
        net.fit(X, y)
    counts = f"after {net.n_iter_} iterations, {net.n_iter_ - 3} of them in search of the decay:"
    assert counts in str(caught[0].message)
