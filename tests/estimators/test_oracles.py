"""Without a hidden layer the classifier is logistic regression; MLP's objective is ours."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    make_multilabel_classification,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import LogLoss, ShallowNetClassifier, SquaredError
from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.network.activations import get_activation
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.objective.formula import Objective

EXACT = {"solver": "lbfgs", "tol": 1e-14, "max_iter": 10_000}


def data(name):
    X, y = {"binary": load_breast_cancer, "multinomial": load_iris}[name](return_X_y=True)
    return StandardScaler().fit_transform(X), y


def weights(y):
    return np.random.default_rng(0).integers(0, 4, size=len(y)).astype(float)


def logistic_regression(alpha, **settings):
    return LogisticRegression(C=1 / alpha, solver="newton-cholesky", tol=1e-10, **settings)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.1, 3.0])
@pytest.mark.parametrize("kind", ["binary", "multinomial"])
def test_equals_logistic_regression(kind, alpha, weighted):
    X, y = data(kind)
    sample_weight = weights(y) if weighted else None
    net = ShallowNetClassifier((), alpha=alpha, standardize=False, **EXACT)
    net.fit(X, y, sample_weight=sample_weight)
    oracle = logistic_regression(alpha).fit(X, y, sample_weight=sample_weight)
    np.testing.assert_allclose(net.predict_proba(X), oracle.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(net.coefs_[0].T, oracle.coef_, atol=1e-5)
    intercept = net.intercepts_[0] - net.intercepts_[0].mean() * (kind == "multinomial")
    expected = oracle.intercept_ - oracle.intercept_.mean() * (kind == "multinomial")
    np.testing.assert_allclose(intercept, expected, atol=1e-5)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 2.0, 1: 0.5}])
def test_class_weight_equals_that_of_logistic_regression(class_weight):
    X, y = data("binary")
    sample_weight = weights(y)
    net = ShallowNetClassifier((), alpha=1.0, standardize=False, class_weight=class_weight, **EXACT)
    oracle = logistic_regression(1.0, class_weight=class_weight)
    for fitted in (net, oracle):
        fitted.fit(X, y, sample_weight=sample_weight)
    np.testing.assert_allclose(net.predict_proba(X), oracle.predict_proba(X), atol=1e-6)


def test_standardize_equals_a_standard_scaler_in_front_weights_included():
    X, y = load_breast_cancer(return_X_y=True)
    sample_weight = weights(y)
    net = ShallowNetClassifier((), alpha=1.0, standardize=True, **EXACT)
    net.fit(X, y, sample_weight=sample_weight)
    scaled = StandardScaler().fit(X, sample_weight=sample_weight).transform(X)
    oracle = logistic_regression(1.0).fit(scaled, y, sample_weight=sample_weight)
    np.testing.assert_allclose(net.predict_proba(X), oracle.predict_proba(scaled), atol=1e-6)


def test_sparse_input_equals_scaling_without_centring():
    X, y = data("binary")
    X = np.where(np.abs(X) < 0.7, 0, X)
    net = ShallowNetClassifier((), alpha=1.0, standardize=True, **EXACT)
    net.fit(sparse.csr_matrix(X), y)
    scaled = StandardScaler(with_mean=False).fit_transform(X)
    oracle = logistic_regression(1.0).fit(scaled, y)
    found = net.predict_proba(sparse.csr_matrix(X))
    np.testing.assert_allclose(found, oracle.predict_proba(scaled), atol=1e-6)


def test_multilabel_is_one_logistic_regression_per_label():
    X, Y = make_multilabel_classification(200, 8, n_classes=3, random_state=0)
    X = StandardScaler().fit_transform(X)
    net = ShallowNetClassifier((), alpha=2.0, standardize=False, **EXACT).fit(X, Y)
    for label in range(3):
        oracle = logistic_regression(2.0).fit(X, Y[:, label])
        expected = oracle.predict_proba(X)[:, 1]
        np.testing.assert_allclose(net.predict_proba(X)[:, label], expected, atol=1e-6)


@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_the_stochastic_solvers_reach_the_same_minimum(solver):
    X, y = data("binary")
    settings = {"max_iter": 3000, "tol": 0, "n_iter_no_change": 3000, "batch_size": "full"}
    settings["learning_rate_init"] = {"sgd": 1.0, "adam": 0.05}[solver]
    settings |= {"learning_rate": "constant"} | ({"beta_2": 0.999} if solver == "adam" else {})
    net = ShallowNetClassifier((), solver=solver, alpha=3.0, standardize=False, **settings)
    with pytest.warns(UserWarning, match="max_iter"):
        net.fit(X, y)
    expected = logistic_regression(3.0).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(net.predict_proba(X), expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.*is no better than a constant")
def test_an_intercept_alone_recovers_the_weighted_base_rate():
    y = np.r_[np.zeros(30), np.ones(70)].astype(int)
    sample_weight = np.where(y == 1, 3.0, 1.0)
    net = ShallowNetClassifier((), **EXACT).fit(np.ones((100, 1)), y, sample_weight=sample_weight)
    np.testing.assert_allclose(net.predict_proba([[1.0]])[0, 1], 210 / 240, rtol=1e-6)


@pytest.mark.parametrize("labels", [True, False])
def test_the_objective_is_that_of_mlp_with_lbfgs(labels):
    X, y = (load_iris if labels else load_diabetes)(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    y = y if labels else (y - y.mean()) / y.std()
    mlp = (MLPClassifier if labels else MLPRegressor)(
        hidden_layer_sizes=5, activation="tanh", solver="lbfgs", alpha=0.7, max_iter=5000
    ).fit(X, y)
    Y = np.eye(3)[y] if labels else y[:, np.newaxis]
    loss = LogLoss().on(LINKS["softmax"]) if labels else SquaredError()
    layout = Layout((X.shape[1], 5, Y.shape[1]))
    network = Network(layout, [get_activation("tanh")])
    ours = Objective(network, loss, np.column_stack([X, np.ones(len(X))]), Y, alpha=0.7)
    theta = layout.pack(mlp.coefs_, mlp.intercepts_)
    assert ours.value(theta) == pytest.approx(mlp.loss_, rel=1e-9)
