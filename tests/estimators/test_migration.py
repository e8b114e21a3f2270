"""Calls that are written for MLPClassifier and MLPRegressor."""

import warnings

import numpy as np
import pytest
from nets import plain, plain_regressor, small, small_regressor
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.solvers.schedules import SCHEDULES

X, amounts = load_diabetes(return_X_y=True)
X, amounts = X[:100], amounts[:100]
labels = np.digitize(amounts, [100, 200])
BOTH = [(ShallowNetClassifier, MLPClassifier, labels), (ShallowNetRegressor, MLPRegressor, amounts)]
both = pytest.mark.parametrize(("ours", "theirs", "y"), BOTH, ids=["classifier", "regressor"])
either = pytest.mark.parametrize(("make", "y"), [(plain, labels), (plain_regressor, amounts)])
quietly = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@both
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.filterwarnings("ignore:No effect")
@quietly
def test_every_parameter_is_accepted_with_its_default(ours, theirs, y, solver):
    parameters = {**theirs(solver=solver, max_iter=10).get_params(), "random_state": 0}
    net = ours().set_params(**parameters).fit(X, y)
    assert net.predict(X).shape == y.shape


@either
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@quietly
def test_patience_may_be_infinite(make, y, solver):
    net = make(solver=solver, n_iter_no_change=np.inf, tol=1e9, max_iter=25).fit(X, y)
    assert net.n_iter_ == 25
    with pytest.raises(ValueError, match="n_iter_no_change"):
        make(n_iter_no_change=12.5).fit(X, y)


@pytest.mark.filterwarnings("ignore:No effect")
@either
@pytest.mark.parametrize("learning_rate", sorted({*SCHEDULES} - {"adaptive"}))
@quietly
def test_infinite_patience_is_that_of_all_iterations(make, y, learning_rate):
    nets = [
        make(learning_rate=learning_rate, n_iter_no_change=patience, max_iter=15).fit(X, y)
        for patience in (16, np.inf)
    ]
    assert nets[0].history_["loss"] == nets[1].history_["loss"]


@either
@pytest.mark.parametrize("alpha", [1.0, "evidence"])
def test_evaluations_are_limited(make, y, alpha):
    net = make(solver="lbfgs", alpha=alpha, max_fun=7, max_iter=100)
    with pytest.warns(ConvergenceWarning, match=r"max_fun=7 evaluations. Increase max_fun"):
        net.fit(X, y)
    assert 1 <= net.n_iter_ <= 7
    assert np.isfinite(net.predict(X)).all()


@either
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@quietly
def test_the_least_loss_and_the_rows_passed_through(make, y, solver):
    net = make(solver=solver, max_iter=4, warm_start=True).fit(X, y)
    assert net.best_loss_ == min(net.loss_curve_)
    assert net.validation_scores_ is None
    assert net.t_ == 4 * 100
    net.fit(X, y)
    assert net.t_ == 8 * 100
    if solver == "adam":
        assert net.partial_fit(X[:30], y[:30]).t_ == 8 * 100 + 30
        assert "max_iter" not in net.settings_  # of rows at hand


@either
@pytest.mark.parametrize("scoring", ["loss", None])
@quietly
def test_scores_of_validation(make, y, scoring):
    net = make(early_stopping=True, scoring=scoring, validation_fraction=0.2).fit(X, y)
    assert net.best_loss_ is None
    assert max(net.validation_scores_) == net.best_validation_score_
    assert len(net.validation_scores_) == net.n_iter_


@pytest.mark.parametrize("make", [small, small_regressor])
def test_what_fit_sets_is_missing_before_it(make):
    for name in (
        "coefs_",
        "loss_",
        "n_iter_",
        "alpha_",
        "best_loss_",
        "t_",
        "settings_",
        "history_",
    ):
        with pytest.raises(AttributeError, match=f"no attribute '{name}' before fit"):
            getattr(make(), name)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = make().nonsense_


@either
@quietly
def test_weights_are_not_to_be_assigned(make, y):
    net = make().fit(X, y)
    for name in ("coefs_", "intercepts_"):
        with pytest.raises(AttributeError, match=f"{name}"):
            setattr(net, name, getattr(net, name))


@quietly
def test_one_hot_classes_are_asked_about():
    with pytest.warns(UserWarning, match=r"one of 3 labels in every sample.*y.argmax"):
        plain().fit(X, np.eye(3)[labels])
    Y = np.eye(3)[labels]
    Y[0] = 1
    plain().fit(X, Y)
    plain().fit(X[:3], np.eye(3))  # too few to tell


def split_cancer():
    X, y = load_breast_cancer(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    return X[::2], y[::2], X[1::2], y[1::2]


@pytest.mark.parametrize("settings", [{}, {"max_iter": 1000}, {"hidden_layer_sizes": (50, 50)}])
@quietly
def test_a_weak_decay_written_out_overfits_about_as_theirs(settings):
    X, y, X_new, y_new = split_cancer()
    ours, theirs = (
        np.mean(
            [
                log_loss(
                    y_new,
                    make(alpha=1e-4, random_state=i, **settings).fit(X, y).predict_proba(X_new),
                )
                for i in range(2)
            ]
        )
        for make in (ShallowNetClassifier, MLPClassifier)
    )
    assert ours < 2 * theirs  # 3 to 4 times, at the rate of a decay that is found


def test_a_fit_that_has_learnt_all_labels_has_converged():
    X, y, _, _ = split_cancer()
    settings = {"solver": "lbfgs", "alpha": 1e-5, "random_state": 0}
    net = ShallowNetClassifier((5, 2), **settings).fit(X, y)  # warns of nothing
    assert net.n_iter_ < 100
    exact = ShallowNetClassifier((5, 2), **settings, tol=1e-7, max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        assert exact.fit(X, y).loss_ < net.loss_ / 10


@pytest.mark.parametrize("labels", [[0, 1, 1, 1], [0, 0, 0, 1]])
@quietly
def test_a_decay_that_the_steps_of_sgd_do_not_bear_is_not_found(labels):
    gate = [[0, 0], [0, 1], [1, 0], [1, 1]]
    net = plain(
        solver="sgd", alpha="auto", learning_rate_init=0.1, learning_rate="auto", max_iter=1000
    )
    assert net.fit(gate, labels).alpha_ <= 4 / 0.1


@either
@quietly
def test_no_validation_fraction_is_taken_where_none_is_needed(make, y):
    make(validation_fraction=0).fit(X, y)
    with pytest.raises(ValueError, match="validation_fraction=0 leaves nothing"):
        make(validation_fraction=0, early_stopping=True).fit(X, y)
