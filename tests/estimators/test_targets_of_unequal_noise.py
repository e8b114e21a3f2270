"""Several targets in one network, of which some can be predicted better than others."""

import numpy as np
import pytest
from nets import noise_of
from sklearn.datasets import make_friedman1

from sklearn_shallow import ShallowNetRegressor, load

N = 600
X, y = make_friedman1(N, noise=0.2, random_state=0)
X_new, y_new = make_friedman1(2000, noise=0.2, random_state=1)
NOISE = np.random.default_rng(0).normal(size=(N, 2))
UNEQUAL = np.column_stack([NOISE[:, 0], y, NOISE[:, 1]])


def regressor(**settings):
    return ShallowNetRegressor(**{"random_state": 0} | settings)


def part_left(predicted):
    """Return the part of the variance of new targets that predictions leave."""
    return np.mean((predicted - y_new) ** 2) / y_new.var()


@pytest.fixture(scope="module")
def net():
    return regressor().fit(X, UNEQUAL)


def test_noise_beside_a_target_costs_it_little(net):
    alone = part_left(regressor().fit(X, y).predict(X_new))
    assert part_left(net.predict(X_new)[:, 1]) < 1.5 * alone  # 14 times if scaled alike


def test_noise_is_predicted_by_its_mean(net):
    predicted = net.predict(X_new)[:, [0, 2]]
    assert (predicted.std(axis=0) < 0.4 * NOISE.std(axis=0)).all()


def test_targets_of_pure_noise_have_the_largest(net):
    noise = noise_of(net)
    assert noise[1] == 1
    assert (noise[[0, 2]] > 2).all()


def test_units_of_targets_change_no_bit(net):
    units = np.array([4.0, 0.25, 1024.0])
    again = regressor().fit(X, UNEQUAL * units)
    np.testing.assert_array_equal(again.predict(X_new) / units, net.predict(X_new))


def test_targets_of_like_noise_are_scaled_alike():
    net = regressor().fit(X, np.column_stack([y, -2 * y]))
    assert noise_of(net) is None


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "settings",
    [{"alpha": 1.0}, {"numeric_encoding": None}, {"solver": "lbfgs"}, {"loss": "huber"}],
    ids=str,
)
def test_some_settings_do_without(settings):
    net = regressor(hidden_layer_sizes=5, max_iter=8, **settings).fit(X, UNEQUAL)
    assert noise_of(net) is None


def test_missing_targets_have_no_noise():
    gappy = UNEQUAL.copy()
    gappy[::2, 0] = gappy[1::3, 1] = np.nan
    noise = noise_of(regressor().fit(X, gappy))
    assert noise[1] == 1
    assert noise[0] > 2


def test_a_network_that_continues_keeps_it(net):
    warm = regressor(warm_start=True).fit(X, UNEQUAL)
    before = noise_of(warm)
    warm.fit(X, UNEQUAL)
    np.testing.assert_array_equal(noise_of(warm), before)
    assert part_left(warm.predict(X_new)[:, 1]) < 1.2 * part_left(net.predict(X_new)[:, 1])
    scale = warm._networks[0].target.scaling.scale
    warm.partial_fit(X, UNEQUAL)
    np.testing.assert_allclose(warm._networks[0].target.scaling.scale, scale)


def test_a_saved_network_predicts_the_same(net, tmp_path):
    net.save(tmp_path / "net.zip")
    again = load(tmp_path / "net.zip")
    np.testing.assert_array_equal(again.predict(X_new), net.predict(X_new))


def test_batches_are_fitted_as_all_samples_at_once(net):
    def batches():
        return ((X[i : i + 100], UNEQUAL[i : i + 100]) for i in range(0, N, 100))

    streamed = regressor().fit_batches(batches)
    np.testing.assert_allclose(streamed.predict(X_new), net.predict(X_new), rtol=1e-4, atol=1e-4)


def test_the_statistics_of_a_stream_beyond_the_sample_have_it(monkeypatch):
    from sklearn_shallow.estimators.streaming import survey

    monkeypatch.setattr(survey, "SAMPLE_ROWS", 400)
    monkeypatch.setattr(survey, "FEWEST_SAMPLE_ROWS", 400)
    net = regressor().fit_batches(
        lambda: ((X[i : i + 100], UNEQUAL[i : i + 100]) for i in range(0, N, 100))
    )
    scaling = net._networks[0].target.scaling
    np.testing.assert_allclose(scaling.scale, UNEQUAL.std(axis=0) * scaling.noise, rtol=1e-6)


def test_a_posterior_knows_the_noise_of_each():
    net = regressor(posterior="laplace").fit(X, UNEQUAL)
    deviation = net.predict(X_new, return_std=True)[1].mean(axis=0)
    np.testing.assert_allclose(deviation[[0, 2]], 1, rtol=0.25)
    assert deviation[1] < 0.35 * y.std()
    np.testing.assert_allclose(net.noise_variance_[[0, 2]], 1, rtol=0.3)
