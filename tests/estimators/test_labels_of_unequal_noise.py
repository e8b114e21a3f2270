"""Several labels in one network, of which some can be predicted better than others."""

import numpy as np
import pytest
from nets import noise_of
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss

from sklearn_shallow import LogLoss, ShallowNetClassifier, load
from sklearn_shallow.losses.labels import WeightedLabels

X, digit = load_digits(return_X_y=True)
N = 600
X_new, y, y_new, X = X[N:], (digit[:N] == 0).astype(int), digit[N:] == 0, X[:N]
RANDOM = np.random.default_rng(0).integers(0, 2, (N, 5))
UNEQUAL = np.column_stack([RANDOM[:, :2], y, RANDOM[:, 2:]])


def classifier(**settings):
    return ShallowNetClassifier(**{"random_state": 0} | settings)


@pytest.fixture(scope="module")
def net():
    return classifier().fit(X, UNEQUAL)


def test_random_labels_beside_a_label_cost_it_little(net):
    alone = log_loss(y_new, classifier().fit(X, y).predict_proba(X_new)[:, 1])
    beside = log_loss(y_new, net.predict_proba(X_new)[:, 2])
    assert beside < 2 * alone  # 4.5 times if all count alike


def test_random_labels_are_predicted_by_their_frequency(net):
    predicted = np.delete(net.predict_proba(X_new), 2, axis=1)
    assert (predicted.std(axis=0) < 0.1).all()
    np.testing.assert_allclose(predicted.mean(axis=0), RANDOM.mean(axis=0), atol=0.06)


def test_random_labels_have_the_largest(net):
    noise = noise_of(net)
    assert noise[2] == 1
    assert (np.delete(noise, 2) > 3).all()


def test_labels_that_are_learned_alike_count_alike():
    assert noise_of(classifier().fit(X, np.column_stack([y, y]))) is None


@pytest.mark.parametrize("labels", [digit[:N], y], ids=["classes", "two classes"])
def test_one_label_per_sample_has_none(labels):
    assert noise_of(classifier().fit(X, labels)) is None


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "settings", [{"alpha": 1.0}, {"numeric_encoding": None}, {"solver": "lbfgs"}], ids=str
)
def test_some_settings_do_without(settings):
    net = classifier(hidden_layer_sizes=5, max_iter=8, **settings).fit(X, UNEQUAL)
    assert noise_of(net) is None


def test_missing_labels_say_nothing_of_it():
    gappy = UNEQUAL.astype(float)
    gappy[::2, 0] = gappy[1::3, 2] = np.nan
    noise = noise_of(classifier().fit(X, gappy, sample_weight=np.full(N, 2.0)))
    assert noise[2] == 1
    assert noise[0] > 3


def test_a_network_that_continues_keeps_it(net):
    warm = classifier(warm_start=True).fit(X, UNEQUAL)
    before = noise_of(warm)
    for go_on in (warm.fit, warm.partial_fit):
        go_on(X, UNEQUAL)
        np.testing.assert_array_equal(noise_of(warm), before)
    found, once = (log_loss(y_new, n.predict_proba(X_new)[:, 2]) for n in (warm, net))
    assert found < 2 * once


def test_a_saved_network_predicts_the_same(net, tmp_path):
    net.save(tmp_path / "net.zip")
    again = load(tmp_path / "net.zip")
    np.testing.assert_array_equal(again.predict_proba(X_new), net.predict_proba(X_new))


def test_batches_are_fitted_as_all_samples_at_once(net):
    def batches():
        return ((X[i : i + 100], UNEQUAL[i : i + 100]) for i in range(0, N, 100))

    streamed = classifier().fit_batches(batches)
    np.testing.assert_allclose(noise_of(streamed), noise_of(net), rtol=0.05)
    found, once = (log_loss(y_new, n.predict_proba(X_new)[:, 2]) for n in (streamed, net))
    assert found < 2 * once


def test_a_posterior_takes_the_labels_as_they_are():
    net = classifier(posterior="laplace").fit(X, UNEQUAL)
    alone = log_loss(y_new, classifier(posterior="laplace").fit(X, y).predict_proba(X_new)[:, 1])
    assert log_loss(y_new, net.predict_proba(X_new)[:, 2]) < 2 * alone


def test_the_loss_of_a_label_has_its_weight():
    weights, raw = np.array([1.0, 0.25]), np.array([[0.3, -2.0], [-1.0, 4.0]])
    Y, loss, weighted = np.eye(2), LogLoss(), WeightedLabels(LogLoss(), weights)
    np.testing.assert_allclose(weighted.terms(Y, raw), loss.terms(Y, raw) * weights)
    np.testing.assert_allclose(weighted.curvature(Y, raw), loss.curvature(Y, raw) * weights)
    step = 1e-6
    slope = (weighted.terms(Y, raw + step) - weighted.terms(Y, raw - step)) / (2 * step)
    np.testing.assert_allclose(weighted.gradient(Y, raw, out=raw.copy()), slope, rtol=1e-6)
