"""The calibration of the outputs by a short fit."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.metrics import log_loss, r2_score

from sklearn_shallow import Adam, LogLoss, ShallowNetClassifier, ShallowNetRegressor, load
from sklearn_shallow.estimators.training import calibration
from sklearn_shallow.estimators.training.calibration import Calibration, most_likely
from sklearn_shallow.losses.labels import Multinomial
from sklearn_shallow.losses.residuals import SquaredError
from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.objective.formula import Objective

N_IDS, N_FIELDS = 100, 5


def identifiers(n_rows=450, seed=0):
    """One-hot columns of five identifiers, and a sum of their effects."""
    rng = np.random.default_rng(seed)
    columns = rng.integers(N_IDS, size=(n_rows, N_FIELDS)) + N_IDS * np.arange(N_FIELDS)
    X = np.zeros((n_rows, N_IDS * N_FIELDS))
    np.put_along_axis(X, columns, 1, axis=1)
    effects = np.random.default_rng(7).standard_normal(N_IDS * N_FIELDS)
    return sparse.csr_matrix(X), X @ effects


def noise(n_rows=300, n_columns=1500, seed=0):
    """Sparse columns that say nothing."""
    return sparse.random(n_rows, n_columns, 0.01, random_state=seed, format="csr")


def embeddings(n_rows=400, seed=0):
    """Rows of unit length: mixtures of 20 factors with noise, in 120 dense columns; and one of five
    classes, with noise."""
    rng, fixed = np.random.default_rng(seed), np.random.default_rng(7)
    factors, axes, effects = rng.normal(size=(n_rows, 20)), *fixed.normal(size=(2, 20, 120))
    X = factors @ axes + 2 * rng.normal(size=(n_rows, 120))
    scores = factors @ effects[:, :5] + 1.5 * rng.gumbel(size=(n_rows, 5))
    return X / np.linalg.norm(X, axis=1, keepdims=True), scores.argmax(axis=1)


def found(net):
    return net._networks[0].calibration


def uncalibrated(net, X, y):
    return clone(net).set_params(alpha="evidence").fit(X, y)


def network(hidden, n_outputs, n_columns=4):
    layout = Layout((n_columns, *hidden, n_outputs))
    return Network(layout, [ACTIVATIONS["relu"]] * len(hidden))


def objective(hidden, loss, Y, weight=None):
    """An objective on random inputs, and random parameters."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.standard_normal((len(Y), 4)), np.ones(len(Y))])
    net = network(hidden, Y.shape[1])
    return Objective(net, loss, X, Y, weight), rng.standard_normal(net.layout.n_params)


def raw_of(of_rows, theta):
    return np.concatenate([raw.copy() for raw, *_ in of_rows.outputs(theta)])


@pytest.mark.parametrize("hidden", [(), (5,), (5, 3)])
def test_parameters_are_those_of_the_calibrated_outputs(hidden):
    Y = np.eye(3)[np.random.default_rng(1).integers(3, size=50)]
    weight = np.random.default_rng(2).uniform(0.5, 2, size=50)
    of_rows, theta = objective(hidden, Multinomial(), Y, weight)
    before, raw, factors = theta.copy(), raw_of(of_rows, theta), Calibration(1.7, 0.6)
    changed = factors.of_theta(of_rows, theta)
    expected = factors.of_raw(raw, np.average(raw, axis=0, weights=weight))
    np.testing.assert_allclose(raw_of(of_rows, changed), expected, atol=1e-12)
    np.testing.assert_array_equal(theta, before)
    unchanged = Calibration(1.0, 1.0).of_theta(of_rows, theta)
    np.testing.assert_allclose(unchanged, theta, atol=1e-12)


@pytest.mark.parametrize("kind", ["labels", "numbers"])
def test_factors_maximise_the_posterior_of_the_held_out_targets(kind):
    rng = np.random.default_rng(3)
    weight = rng.uniform(0.5, 2, size=80)
    if kind == "labels":
        Y, loss, unit = np.eye(3)[rng.integers(3, size=80)], Multinomial(), 1.0
    else:
        Y, loss = rng.standard_normal((80, 2)), SquaredError()
    of_rows, theta = objective((5,), loss, Y, weight)
    raw, mean = raw_of(of_rows, theta), np.linspace(-0.5, 0.5, Y.shape[1])
    if kind == "numbers":
        unit = np.average(((raw - Y) ** 2).mean(axis=1), weights=weight)

    def minus_log_posterior(factors):
        losses = loss.value(Y, factors[0] * (raw - mean) + factors[1] * mean)
        return weight @ losses / unit + np.sum((factors - 1) ** 2)

    bounds = [(0.1, 10), (0.1, 10) if kind == "labels" else (1, 1)]
    best = minimize(minus_log_posterior, [1, 1], bounds=bounds, tol=1e-12).x
    np.testing.assert_allclose(most_likely(of_rows, theta, mean), best**0.75, rtol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_rare_columns_of_equal_effect_lose_less(seed):
    (X, y), (X_test, y_test) = identifiers(seed=seed), identifiers(2000, seed=100)
    net = ShallowNetRegressor(random_state=seed)
    before = 1 - r2_score(y_test, uncalibrated(net, X, y).predict(X_test))
    assert 1 - r2_score(y_test, net.fit(X, y).predict(X_test)) < 0.97 * before
    assert found(net).spread > 1.2


@pytest.mark.parametrize("seed", range(2))
def test_a_rare_class_among_noise_is_not_predicted_with_confidence(seed):
    X, y = noise(500, 3000, seed), np.random.default_rng(seed).random(500) < 0.06
    X_test, y_test = noise(2000, 3000, 100), np.random.default_rng(100).random(2000) < 0.06
    net = ShallowNetClassifier(random_state=seed)
    before = log_loss(y_test, uncalibrated(net, X, y).predict_proba(X_test))
    assert log_loss(y_test, net.fit(X, y).predict_proba(X_test)) < 1.01 * before


def test_the_decay_is_that_without_calibration():
    X, y = identifiers()
    net = ShallowNetClassifier(20, random_state=0)
    before = uncalibrated(net, X, y > 0)
    before = before.alpha_, before.log_evidence_, before.history_["loss"]
    net.fit(X, y > 0)
    assert found(net) is not None
    assert (net.alpha_, net.log_evidence_, net.history_["loss"]) == before


def test_the_loss_is_that_of_the_calibrated_network():
    X, y = identifiers()
    net = ShallowNetClassifier(20, random_state=0).fit(X, y > 0)
    scaled = net._networks[0]
    squares = sum(np.sum(W**2) for W in scaled.network.layout.unpack(scaled.theta).W)
    loss = log_loss(y > 0, net.predict_proba(X)) + net.alpha_ / 2 * squares / len(y)
    assert net.loss_ == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize(
    "net",
    [
        ShallowNetClassifier(8, alpha=1.0),
        ShallowNetClassifier(8, alpha="evidence"),
        ShallowNetClassifier(8, early_stopping=True),
        ShallowNetClassifier(8, solver="sgd"),
        ShallowNetClassifier(8, solver="lbfgs", max_iter=20),
        ShallowNetClassifier(8, loss=LogLoss(smoothing=0.1)),
        ShallowNetClassifier(8, max_iter=10),
        ShallowNetRegressor(8, loss="huber"),
        ShallowNetRegressor(8, loss="quantile"),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_other_fits_are_not_calibrated(net):
    X, y = identifiers(150)
    y = y > 0 if isinstance(net, ShallowNetClassifier) else y
    assert found(net.set_params(random_state=0).fit(X, y)) is None


def test_features_must_outnumber_samples_of_numbers():
    X, y = identifiers(150)
    net = ShallowNetRegressor(8, random_state=0)
    assert found(net.fit(X, y)) is not None
    assert found(net.fit(X[:, :140], y)) is None


def test_counts_are_not_calibrated():
    X, y = identifiers(150)
    net = ShallowNetRegressor(8, loss="poisson", random_state=0)
    assert found(net.fit(X, np.exp(y).round())) is None


@pytest.mark.parametrize("seed", range(2))
def test_labels_of_many_dense_features_are_not_predicted_with_confidence(seed, monkeypatch):
    (X, y), (X_test, y_test) = embeddings(seed=seed), embeddings(3000, seed=100)
    net = ShallowNetClassifier(random_state=seed).fit(X, y)
    loss = log_loss(y_test, net.predict_proba(X_test))
    monkeypatch.setattr(calibration, "has_many_features", lambda *_: False)
    assert loss < 0.96 * log_loss(y_test, net.fit(X, y).predict_proba(X_test))


def test_few_features_dense_numbers_and_bins_are_not_calibrated():
    X, y = embeddings(150)
    net = ShallowNetClassifier(8, random_state=0, numeric_encoding=None)
    for labels in (y, np.column_stack([y > 0, y > 1])):
        for columns in (X[:, :100], sparse.csr_matrix(X[:, :100])):
            assert found(net.fit(columns, labels)) is not None
            assert found(net.fit(columns[:, 1:], labels)) is None
    assert found(clone(net).set_params(numeric_encoding=2).fit(X, y)) is None
    assert found(ShallowNetRegressor(8, random_state=0).fit(X, y + X[:, 0])) is None


@pytest.mark.parametrize("n_rows", [90, 150])
def test_few_samples_are_not_calibrated(n_rows):
    X, y = identifiers(n_rows)
    net = ShallowNetClassifier(8, random_state=0)
    assert (found(net.fit(X, y > 0)) is None) == (n_rows < 100)
    assert (found(net.fit(X.toarray(), y > 0)) is None) == (n_rows < 100)


def test_labels_and_numbers_are_calibrated():
    X, y = identifiers(150)
    many = np.column_stack([y > 0, y > 1])
    for net, target in (
        (ShallowNetClassifier(8), many),
        (ShallowNetClassifier(8, solver=Adam(max_time=100)), y > 0),
        (ShallowNetRegressor(8), np.column_stack([y, -y])),
    ):
        assert found(net.set_params(random_state=0).fit(X, target)) is not None


def test_a_warm_start_keeps_the_calibration():
    X, y = identifiers()
    net = ShallowNetRegressor(20, warm_start=True, random_state=0).fit(X, y)
    first, spread = found(net), net.predict(X).std()
    net.fit(X, y)
    assert found(net) == first
    assert net.predict(X).std() == pytest.approx(spread, rel=0.2)  # 0.6 times as much without


def test_an_interrupted_fit_is_calibrated():
    class Interruption:
        n_calls = 0

        def __call__(self, net, X, y):
            self.n_calls += 1
            if self.n_calls == 30:
                raise KeyboardInterrupt
            return 0.0

    X, y = identifiers()
    nets = []
    for alpha in ("auto", "evidence"):
        net = ShallowNetRegressor(20, alpha=alpha, warm_start=True, random_state=0)
        net.set_params(scoring=Interruption(), early_stopping=False)
        with pytest.raises(KeyboardInterrupt):
            net.fit(X, y, X_val=X[:9], y_val=y[:9])
        nets.append(net)
    spread, _ = found(nets[0])
    calibrated, plain = (net.predict(X).std() for net in nets)
    assert spread > 1.2
    assert calibrated == pytest.approx(spread * plain, rel=1e-3)


def test_it_is_saved_and_in_the_summary(tmp_path, capsys):
    X, y = identifiers(150)
    net = ShallowNetClassifier(8, random_state=0).fit(X, y > 0)
    net.save(tmp_path / "net.npz")
    other = load(tmp_path / "net.npz")
    assert found(other) == found(net)
    other.summary()
    told = f"calibrated by a short fit: spread times {found(net).spread:.2f}"
    assert told in (lines := capsys.readouterr().out)
    assert f"to {net.history_['data_loss'][-1]:.4g}, before the calibration" in lines
    net.fit(X[:, :50], y > 0).summary()
    assert "calibrated" not in capsys.readouterr().out
