"""What the classifier's methods and attributes promise."""

from itertools import pairwise

import numpy as np
import pytest
from memory import peak_memory
from nets import CONSTANT_RATE, in_double
from scipy import sparse
from scipy.special import expit, log_softmax, softmax
from sklearn.datasets import load_digits, load_iris, make_multilabel_classification

from sklearn_shallow import Activation, LeakyReLU, ShallowNetClassifier
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES
from sklearn_shallow.network.activations import ACTIVATIONS

SOLVERS = ["adam", "sgd", "lbfgs"]
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def binary(iris):
    X, y = iris
    return X[50:], y[50:] - 1


def small(**settings):
    return ShallowNetClassifier(**({"hidden_layer_sizes": 8, "random_state": 0} | settings))


@pytest.mark.parametrize("solver", SOLVERS)
def test_learns_the_digits(solver):
    X, y = load_digits(return_X_y=True)
    rate = {"learning_rate_init": 0.1} if solver == "sgd" else {}
    net = ShallowNetClassifier(50, solver=solver, max_iter=60, random_state=0, **rate)
    assert net.fit(X[:1200], y[:1200]).score(X[1200:], y[1200:]) > 0.9


@pytest.mark.parametrize("activation", [*ACTIVATIONS, LeakyReLU(0.2), Activation(np.sin, np.cos)])
def test_every_activation_learns_iris(activation, iris):
    X, y = iris
    assert small(activation=activation, solver="lbfgs").fit(X, y).score(X, y) > 0.94


@pytest.mark.parametrize("loss", CLASSIFIER_LOSSES)
def test_every_loss_learns_iris(loss, iris):
    X, y = iris
    net = small(loss=loss, solver="adam", learning_rate_init=0.03, alpha=0.01).fit(X, y)
    assert net.score(X, y) > 0.9


def test_a_list_gives_each_hidden_layer_its_activation(iris):
    X, y = iris
    net = small(hidden_layer_sizes=(6, 4), activation=["tanh", "relu"], solver="lbfgs")
    net.fit(X, y)
    A = np.tanh(X @ net.coefs_[0] + net.intercepts_[0])
    A = np.maximum(A @ net.coefs_[1] + net.intercepts_[1], 0)
    raw = A @ net.coefs_[2] + net.intercepts_[2]
    np.testing.assert_allclose(net.decision_function(X), raw, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("hidden", [(), 3, (4, 3), np.int64(5), [2, 2], np.array([3, 2])])
def test_fitted_attributes(hidden, solver, iris):
    X, y = iris
    net = small(hidden_layer_sizes=hidden, solver=solver, alpha=1.0, max_iter=5).fit(X, y)
    units = (4, *np.atleast_1d(np.asarray(hidden, int)).tolist(), 3)
    assert [W.shape for W in net.coefs_] == list(pairwise(units))
    assert [b.shape for b in net.intercepts_] == [(n,) for n in units[1:]]
    assert net.classes_.tolist() == [0, 1, 2]
    assert net.n_layers_ == len(units)
    assert net.n_outputs_ == 3
    assert net.out_activation_ == "softmax"
    assert net.n_features_in_ == 4
    assert net.n_iter_ == len(net.loss_curve_) == 5


@pytest.mark.parametrize("solver", SOLVERS)
def test_loss_is_the_objective_of_the_returned_parameters(solver, binary):
    X, y = binary
    sample_weight = np.linspace(0.5, 2, len(y))
    net = small(solver=in_double(solver), standardize=False, alpha=0.7, max_iter=7)
    net.fit(X, y, sample_weight=sample_weight)
    log_p = net.predict_log_proba(X)[np.arange(len(y)), y]
    penalty = 0.35 * sum((W**2).sum() for W in net.coefs_)
    expected = (penalty - sample_weight @ log_p) / sample_weight.sum()
    assert net.loss_ == pytest.approx(expected, rel=1e-9)


def test_outputs_of_two_classes(binary):
    X, y = binary
    net = small(solver="lbfgs").fit(X, y)
    raw = net.decision_function(X)
    assert raw.shape == (100,)
    assert net.n_outputs_ == 1
    assert net.out_activation_ == "logistic"
    np.testing.assert_allclose(net.predict_proba(X), np.column_stack([expit(-raw), expit(raw)]))
    np.testing.assert_array_equal(net.predict(X), (raw > 0).astype(int))


def test_outputs_of_several_classes(iris):
    X, y = iris
    net = small(solver="lbfgs").fit(X, y)
    raw = net.decision_function(X)
    np.testing.assert_allclose(net.predict_proba(X), softmax(raw, axis=1))
    np.testing.assert_allclose(net.predict_log_proba(X), log_softmax(raw, axis=1), atol=1e-15)
    np.testing.assert_array_equal(net.predict(X), raw.argmax(axis=1))


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix, sparse.csc_array])
@pytest.mark.parametrize("solver", SOLVERS)
def test_multilabel(kind, solver):
    X, Y = make_multilabel_classification(80, 6, n_classes=3, random_state=0)
    rate = {} if solver == "lbfgs" else {"learning_rate_init": 0.02}
    net = small(solver=solver, max_iter=300, **rate).fit(X, kind(Y))
    predicted = net.predict(X)
    assert sparse.issparse(predicted) == sparse.issparse(kind(Y))
    dense = predicted.toarray() if sparse.issparse(predicted) else predicted
    assert (dense == Y).mean() > 0.85
    np.testing.assert_allclose(net.predict_proba(X), expit(net.decision_function(X)))
    assert net.out_activation_ == "logistic"
    assert net.classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("solver", SOLVERS)
def test_same_seed_same_result(solver, iris):
    one, two = (small(solver=solver, max_iter=20).fit(*iris) for _ in range(2))
    other = small(solver=solver, max_iter=20, random_state=1).fit(*iris)
    for a, b, c in zip(one.coefs_, two.coefs_, other.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)


def test_shuffling_does_not_move_the_initial_values(iris):
    X, y = iris
    settings = {"batch_size": 32, "max_iter": 1, "learning_rate_init": 1e-12}
    one, two = (small(shuffle=shuffle, **settings).fit(X, y) for shuffle in (True, False))
    np.testing.assert_allclose(one.coefs_[0], two.coefs_[0], atol=1e-9)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fit_with_one_batch_is_an_epoch_of_fit(solver, iris):
    X, y = iris
    # Without decay: it counts once for all rows seen, and here the rows are seen three times.
    settings = {"shuffle": False, "batch_size": 50, "solver": in_double(solver), "alpha": 0.0}
    settings |= CONSTANT_RATE
    fitted = small(max_iter=3, **settings).fit(X, y)
    partly = small(**settings)
    for _ in range(3):
        partly.partial_fit(X, y, classes=[0, 1, 2])
    for a, b in zip(fitted.coefs_, partly.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(partly.loss_curve_, fitted.loss_curve_, rtol=1e-9)
    assert partly.n_iter_ == 3


def test_partial_fit_takes_a_batch_that_lacks_a_class_and_goes_on_after_fit(iris):
    X, y = iris
    net = small().fit(X, y)
    before = net.loss_
    for _ in range(50):
        net.partial_fit(X[:100], y[:100])
    assert net.classes_.tolist() == [0, 1, 2]
    assert net.predict_proba(X).shape == (150, 3)
    assert net.loss_ < before


def test_partial_fit_takes_a_first_batch_that_lacks_all_values_of_a_label(binary):
    X, y = binary
    Y = np.column_stack([y, 1.0 - y])
    unknown = np.column_stack([y, np.full(len(y), np.nan)])
    net = small().partial_fit(X, unknown)
    for _ in range(50):
        net.partial_fit(X, Y)
    assert net.score(X, Y) > 0.8
    with pytest.raises(ValueError, match="no value in column 1"):
        small().fit(X, unknown)


def test_partial_fit_takes_the_weights_after_the_classes(binary):
    X, y = binary
    weight = np.where(y == 1, 1.0, 0.0)
    net = small(learning_rate_init=0.1)
    for _ in range(50):
        net.partial_fit(X, y, [0, 1], weight)
    assert (net.predict(X) == 1).all()


@pytest.mark.parametrize("solver", SOLVERS)
def test_class_weight_is_a_sample_weight_that_keeps_the_scaling(solver, binary):
    X, y = binary
    net = small(solver=solver, alpha=1.0, max_iter=20, standardize=False)
    by_class = net.set_params(class_weight={0: 3.0}).fit(X, y).predict_proba(X)
    net.set_params(class_weight=None).fit(X, y, sample_weight=np.where(y == 0, 3.0, 1.0))
    np.testing.assert_allclose(by_class, net.predict_proba(X), rtol=1e-9)


def test_balanced_lifts_the_recall_of_a_rare_class():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(0, 1, (500, 2)), rng.normal(1, 1, (20, 2))]
    y = np.repeat(["common", "rare"], [500, 20])
    plain = small(solver="lbfgs").fit(X, y)
    balanced = small(solver="lbfgs", class_weight="balanced").fit(X, y)
    assert (plain.predict(X[500:]) == "rare").mean() < 0.3
    assert (balanced.predict(X[500:]) == "rare").mean() > 0.6


def test_class_weight_of_labels_in_a_multilabel_target():
    X, Y = make_multilabel_classification(80, 6, n_classes=2, random_state=0)
    weights = [{0: 1.0, 1: 2.0}, {0: 0.5, 1: 1.0}]
    by_class = small(solver="lbfgs", class_weight=weights, standardize=False).fit(X, Y)
    sample_weight = np.where(Y[:, 0], 2.0, 1.0) * np.where(Y[:, 1], 1.0, 0.5)
    by_row = small(solver="lbfgs", standardize=False).fit(X, Y, sample_weight=sample_weight)
    np.testing.assert_allclose(by_class.predict_proba(X), by_row.predict_proba(X), rtol=1e-6)


def test_blocks_of_rows_predict_like_single_rows(iris):
    X, y = iris
    net = small(solver="lbfgs").fit(X, y)
    many = np.tile(X, (60, 1))
    found = net.predict_proba(many)
    np.testing.assert_allclose(found, np.tile(net.predict_proba(X), (60, 1)), rtol=1e-12)
    one_by_one = np.vstack([net.predict_proba(row[np.newaxis]) for row in X[::10]])
    np.testing.assert_allclose(one_by_one, net.predict_proba(X)[::10], rtol=1e-12)


def test_extra_memory_of_prediction_and_lbfgs_does_not_grow_with_the_rows():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60_000, 30))
    y = (X[:, 0] > 0).astype(int)
    net = small(hidden_layer_sizes=(20, 20), solver="lbfgs", max_iter=1)

    def fit(n):
        net.fit(X[:n], y[:n])

    def fit_with_a_given_decay(n):
        net.set_params(alpha=1.0).fit(X[:n], y[:n])

    def predict(n):
        return net.predict_proba(X[:n])

    # What does grow are the codes of the labels, one number of 30 per row and its copies.
    for call in (fit, fit_with_a_given_decay, predict):
        most = peak_memory(call, 15_000, attempts=1) + 0.1 * X[15_000:].nbytes
        assert peak_memory(call, 60_000, enough=most) < most
    assert peak_memory(predict, 60_000, enough=5 * 2**20) < 5 * 2**20
