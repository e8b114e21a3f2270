"""Several labels or targets in one network, of which some can be predicted better than others."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from nets import noise_of
from sklearn.datasets import load_digits, make_friedman1
from sklearn.metrics import log_loss

from sklearn_shallow import LogLoss, ShallowNetClassifier, ShallowNetRegressor, load
from sklearn_shallow.losses.labels import WeightedLabels

N = 600
RNG = np.random.default_rng(0)


class Kind(NamedTuple):
    """A target y, the second column of `unequal`, of which the others are noise."""

    estimator: type
    X: Any
    y: Any
    unequal: Any
    X_new: Any
    y_new: Any

    def net(self, **settings):
        return self.estimator(**{"random_state": 0} | settings)

    @cache  # noqa: B019
    def fitted(self):
        return self.net().fit(self.X, self.unequal)

    def loss(self, net, column=1):
        """The loss of the target on new samples: the log-loss, or the part of its variance."""
        if self.estimator is ShallowNetClassifier:
            return log_loss(self.y_new, net.predict_proba(self.X_new)[:, column])
        predicted = net.predict(self.X_new)
        predicted = predicted if predicted.ndim == 1 else predicted[:, column]
        return np.mean((predicted - self.y_new) ** 2) / self.y_new.var()

    def batches(self):
        return ((self.X[i : i + 100], self.unequal[i : i + 100]) for i in range(0, N, 100))

    def __hash__(self):
        return hash(self.estimator)


def labels():
    X, digit = load_digits(return_X_y=True)
    y, random = (digit == 0).astype(int), RNG.integers(0, 2, (N, 4))
    unequal = np.column_stack([random[:, 0], y[:N], random[:, 1:]])
    return Kind(ShallowNetClassifier, X[:N], y[:N], unequal, X[N:], y[N:])


def numbers():
    X, y = make_friedman1(N, noise=0.2, random_state=0)
    noise = RNG.normal(size=(N, 2))
    unequal = np.column_stack([noise[:, 0], y, noise[:, 1]])
    new = make_friedman1(2000, noise=0.2, random_state=1)
    return Kind(ShallowNetRegressor, X, y, unequal, *new)


LABELS, NUMBERS = labels(), numbers()
both = pytest.mark.parametrize("kind", [LABELS, NUMBERS], ids=["labels", "numbers"])


@both
def test_noise_beside_a_target_costs_it_little(kind):
    alone = kind.loss(kind.net().fit(kind.X, kind.y))
    assert kind.loss(kind.fitted()) < 2 * alone  # 4.5 and 14 times if all count alike


def test_random_labels_are_predicted_by_their_frequency():
    predicted = np.delete(LABELS.fitted().predict_proba(LABELS.X_new), 1, axis=1)
    assert (predicted.std(axis=0) < 0.1).all()
    expected = np.delete(LABELS.unequal, 1, axis=1).mean(axis=0)
    np.testing.assert_allclose(predicted.mean(axis=0), expected, atol=0.06)


def test_random_numbers_are_predicted_by_their_mean():
    predicted = NUMBERS.fitted().predict(NUMBERS.X_new)[:, [0, 2]]
    assert (predicted.std(axis=0) < 0.4 * NUMBERS.unequal[:, [0, 2]].std(axis=0)).all()


@pytest.mark.parametrize("loss", ["huber", "absolute_error"])
def test_noise_costs_little_whatever_the_loss_of_residuals(loss):
    net = NUMBERS.net(loss=loss)
    alone = NUMBERS.loss(net.fit(NUMBERS.X, NUMBERS.y))
    assert NUMBERS.loss(net.fit(NUMBERS.X, NUMBERS.unequal)) < 1.5 * alone
    assert_only_the_second_is_known(net)


def test_outliers_are_no_noise():
    outliers = NUMBERS.y.copy()
    outliers[::20] += 1000
    net = NUMBERS.net(loss="huber").fit(NUMBERS.X, np.column_stack([outliers, NUMBERS.y]))
    noise = noise_of(net)
    assert noise is None or noise.max() < 2


@both
def test_pure_noise_has_the_largest(kind):
    assert_only_the_second_is_known(kind.fitted())


def assert_only_the_second_is_known(net):
    noise = noise_of(net)
    assert noise[1] == 1
    assert (np.delete(noise, 1) > 2).all()


def test_units_of_targets_change_no_bit():
    units = np.array([4.0, 0.25, 1024.0])
    again = NUMBERS.net().fit(NUMBERS.X, NUMBERS.unequal * units)
    expected = NUMBERS.fitted().predict(NUMBERS.X_new)
    np.testing.assert_array_equal(again.predict(NUMBERS.X_new) / units, expected)


@both
def test_targets_of_like_noise_count_alike(kind):
    other = kind.y if kind is LABELS else -2 * kind.y
    assert noise_of(kind.net().fit(kind.X, np.column_stack([kind.y, other]))) is None


def test_one_label_per_sample_has_none():
    classes = np.arange(N) % 3
    for y in (classes, LABELS.y):
        assert noise_of(LABELS.net(max_iter=4).fit(LABELS.X, y)) is None


@both
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "settings",
    [{"alpha": 1.0}, {"numeric_encoding": None}, {"solver": "lbfgs"}],
    ids=str,
)
def test_some_settings_do_without(kind, settings):
    net = kind.net(hidden_layer_sizes=5, max_iter=8, **settings).fit(kind.X, kind.unequal)
    assert noise_of(net) is None


@both
def test_missing_targets_say_nothing_of_it(kind):
    gappy = kind.unequal.astype(float)
    gappy[::2, 0] = gappy[1::3, 1] = np.nan
    noise = noise_of(kind.net().fit(kind.X, gappy, sample_weight=np.full(N, 2.0)))
    assert noise[1] == 1
    assert noise[0] > 2


@both
def test_a_network_that_continues_keeps_it(kind):
    warm = kind.net(warm_start=True).fit(kind.X, kind.unequal)
    before = noise_of(warm)
    for go_on in (warm.fit, warm.partial_fit):
        scale = warm._networks[0].target.scaling.scale
        go_on(kind.X, kind.unequal)
        np.testing.assert_array_equal(noise_of(warm), before)
        np.testing.assert_allclose(warm._networks[0].target.scaling.scale, scale)
    assert kind.loss(warm) < 2 * kind.loss(kind.fitted())


@both
def test_a_saved_network_predicts_the_same(kind, tmp_path):
    kind.fitted().save(tmp_path / "net.zip")
    assert kind.loss(load(tmp_path / "net.zip")) == kind.loss(kind.fitted())


@both
def test_batches_are_fitted_as_all_samples_at_once(kind):
    streamed = kind.net().fit_batches(kind.batches)
    np.testing.assert_allclose(noise_of(streamed), noise_of(kind.fitted()), rtol=0.05)
    assert kind.loss(streamed) < 2 * kind.loss(kind.fitted())


def test_the_statistics_of_a_stream_beyond_the_sample_have_it(monkeypatch):
    from sklearn_shallow.estimators.streaming import survey

    monkeypatch.setattr(survey, "SAMPLE_ROWS", 400)
    monkeypatch.setattr(survey, "MIN_SAMPLE_ROWS", 400)
    scaling = NUMBERS.net().fit_batches(NUMBERS.batches)._networks[0].target.scaling
    expected = NUMBERS.unequal.std(axis=0) * scaling.noise
    np.testing.assert_allclose(scaling.scale, expected, rtol=1e-6)


SMALL_POSTERIOR = {"posterior": "laplace", "hidden_layer_sizes": 20}


@pytest.fixture(scope="module")
def loss_alone():
    return LABELS.loss(LABELS.net(**SMALL_POSTERIOR).fit(LABELS.X, LABELS.y))


@pytest.mark.parametrize("seed", [0, 2])
def test_a_posterior_blurs_no_label_for_random_ones_beside_it(seed, loss_alone):
    random = np.random.default_rng(seed).integers(0, 2, (N, 4))
    unequal = np.column_stack([random[:, 0], LABELS.y, random[:, 1:]])
    net = LABELS.net(**SMALL_POSTERIOR).fit(LABELS.X, unequal)
    assert LABELS.loss(net) < 3 * loss_alone  # 16 times with one temperature for all
    assert net.temperature_.shape == (5,)
    assert net.temperature_[1] < net.temperature_.max()


def test_a_posterior_knows_the_noise_of_each():
    net = NUMBERS.net(posterior="laplace").fit(NUMBERS.X, NUMBERS.unequal)
    deviation = net.predict(NUMBERS.X_new, return_std=True)[1].mean(axis=0)
    np.testing.assert_allclose(deviation[[0, 2]], 1, rtol=0.25)
    assert deviation[1] < 0.35 * NUMBERS.y.std()
    np.testing.assert_allclose(net.noise_variance_[[0, 2]], 1, rtol=0.3)


def test_the_loss_of_a_label_has_its_weight():
    weights, raw = np.array([1.0, 0.25]), np.array([[0.3, -2.0], [-1.0, 4.0]])
    Y, loss, weighted = np.eye(2), LogLoss(), WeightedLabels(LogLoss(), weights)
    np.testing.assert_allclose(weighted.terms(Y, raw), loss.terms(Y, raw) * weights)
    np.testing.assert_allclose(weighted.curvature(Y, raw), loss.curvature(Y, raw) * weights)
    step = 1e-6
    slope = (weighted.terms(Y, raw + step) - weighted.terms(Y, raw - step)) / (2 * step)
    np.testing.assert_allclose(weighted.gradient(Y, raw, out=raw.copy()), slope, rtol=1e-6)
