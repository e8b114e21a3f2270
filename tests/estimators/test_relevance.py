"""Networks whose features have a relevance, found by short fits or by a lasso."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import make_friedman1
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor, load
from sklearn_shallow.estimators.training import relevance, short_fits

N_NOISE = 15
X, y = make_friedman1(1000, n_features=5 + N_NOISE, noise=0.5, random_state=0)
X_new, y_new = make_friedman1(2000, n_features=5 + N_NOISE, noise=0.5, random_state=1)
LABELS, LABELS_NEW = (np.digitize(target, [12, 17]) for target in (y, y_new))


def regressor(**settings):
    return ShallowNetRegressor(**{"random_state": 0} | settings)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_noise_among_the_features_costs_numbers_little(solver):
    errors = [
        1 - regressor(alpha=alpha, solver=solver).fit(X, y).score(X_new, y_new)
        for alpha in ("auto", "evidence")
    ]
    assert errors[0] < 0.8 * errors[1]


@pytest.mark.parametrize("n_samples", [400, 1000])
def test_noise_among_the_features_costs_labels_little(n_samples):
    losses = []
    for alpha in ("auto", "evidence"):
        net = ShallowNetClassifier(alpha=alpha, random_state=0)
        net.fit(X[:n_samples], LABELS[:n_samples])
        losses.append(log_loss(LABELS_NEW, net.predict_proba(X_new)))
    assert losses[0] < 0.95 * losses[1]


@pytest.mark.parametrize("seed", [0, 1])
def test_bins_that_outnumber_the_samples_have_one_too(seed):
    X, y = make_friedman1(300, n_features=30, noise=0.5, random_state=seed)
    X_new, y_new = make_friedman1(2000, n_features=30, noise=0.5, random_state=9)
    net, equal = (regressor(alpha=alpha).fit(X, y) for alpha in ("auto", "evidence"))
    assert len(net.relevance_) > 1.5 * len(X)
    assert 1 - net.score(X_new, y_new) < 0.85 * (1 - equal.score(X_new, y_new))


def test_features_that_say_nothing_have_the_least_relevance():
    net = regressor().fit(X, y)
    names = net.input_names_
    of_features = {f"x{i}": net.relevance_[names == f"x{i}"][0] for i in range(X.shape[1])}
    ranked = sorted(of_features, key=of_features.get)
    assert set(ranked[-5:]) == {f"x{i}" for i in range(5)}
    for name, value in of_features.items():  # its bins have that of the feature
        np.testing.assert_array_equal(
            net.relevance_[[other.startswith(f"{name}_bin") for other in names]], value
        )


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha": "evidence"},
        {"alpha": 1.0},
        {"numeric_encoding": None},
        {"standardize": True},
        {"solver": "lm"},
        {"l1_ratio": 0.5},
        {"dropout": (0.1, 0.0)},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_some_settings_do_without(settings):
    net = regressor(hidden_layer_sizes=5, max_iter=16, **settings).fit(X, y)
    with pytest.raises(
        AttributeError, match=r"no attribute 'relevance_' without short fits or a lasso"
    ):
        net.relevance_  # noqa: B018


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "features", [X[:99], X[:, :1], sparse.csr_matrix(X)], ids=["few", "one", "sparse"]
)
def test_some_data_do_without(features):
    net = regressor(hidden_layer_sizes=5).fit(features, y[: features.shape[0]])
    np.testing.assert_allclose(getattr(net, "relevance_", 1.0), 1.0)


def test_no_columns_but_those_of_the_network_are_left(tmp_path):
    net = regressor(hidden_layer_sizes=20).fit(X, y)
    assert len(net.relevance_) == len(net.coefs_[0])
    hidden = np.maximum(net.preprocessor_.transform(X) @ net.coefs_[0] + net.intercepts_[0], 0)
    by_hand = (hidden @ net.coefs_[1] + net.intercepts_[1]).ravel()
    np.testing.assert_allclose(net.predict(X), by_hand, rtol=1e-3)
    net.save(tmp_path / "net.npz")
    np.testing.assert_array_equal(load(tmp_path / "net.npz").relevance_, net.relevance_)


def test_a_warm_start_goes_on_by_the_same_relevance():
    net = regressor(hidden_layer_sizes=10, warm_start=True).fit(X, y)
    before, found = net.predict(X), net.relevance_
    net.set_params(max_iter=1, learning_rate_init=1e-9).fit(X, y)
    np.testing.assert_array_equal(net.relevance_, found)
    np.testing.assert_allclose(net.predict(X), before, rtol=1e-4)
    net.partial_fit(X[:32], y[:32])
    np.testing.assert_array_equal(net.relevance_, found)


@pytest.fixture
def short_fit(monkeypatch):
    """The data and the parameters of the last short fit whose features count alike."""
    found, original = {}, short_fits.outcome_of

    def spy(data, member):
        outcome = original(data, member)
        if data.inputs.relevance is None:
            found.update(data=data, theta=outcome.theta)
        return outcome

    monkeypatch.setattr(short_fits, "outcome_of", spy)
    return found


TABLE = pd.DataFrame(X[:, :6], columns=list("abcdef"))
TABLE["d"] = pd.Categorical(np.array(["red", "green", "blue"])[(3 * TABLE["d"]).astype(int)])
TABLE.loc[::7, "e"] = np.nan


@pytest.mark.parametrize("target", ["numbers", "labels"])
def test_the_relevance_is_the_mean_square_of_the_change_of_the_output(target, short_fit):
    weight = np.random.default_rng(0).uniform(0.5, 1.5, len(X))
    if target == "numbers":
        regressor(hidden_layer_sizes=6, activation="tanh").fit(TABLE, y, weight)
    else:
        net = ShallowNetClassifier(6, activation="tanh", random_state=0)
        net.fit(TABLE, LABELS, weight)
    data, theta = short_fit["data"], short_fit["theta"]
    found = relevance.relevance_of_features(data, theta)
    n, features = data.inputs.n_columns, data.inputs.features
    seen = np.asarray(data.rows.X[:, :n], float)
    weight = np.ones(len(seen)) if data.rows.weight is None else data.rows.weight
    # Linear predictions are functions of the columns, too.
    parts = data.network_of_columns.layout.unpack(data.for_columns(theta).astype(float))

    def output(step, column):
        rows = np.array(data.rows.X[:, :n], float)
        rows[:, column] += step
        return np.tanh(rows @ parts.W[0] + parts.b[0]) @ parts.W[1] + parts.b[1]

    expected, sizes = np.zeros(6), np.zeros(6)
    for column in range(n):
        slope = (output(1e-5, column) - output(-1e-5, column)) / 2e-5
        variance = np.cov(seen[:, column], aweights=weight, ddof=0)
        square = np.average((slope**2).sum(axis=1), weights=weight)
        expected[features[column]] += variance * square
        sizes[features[column]] += variance
    expected /= sizes
    expected = expected if target == "numbers" else np.sqrt(expected)
    least = relevance.MIN_ROOT**2 * expected.max()
    ratio = found / np.maximum(expected, least)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-3)
    np.testing.assert_allclose((sizes * found).sum(), sizes.sum(), rtol=1e-4)


def test_a_linear_function_of_all_of_many_features_is_learned():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2060, 50))
    signal = X @ rng.normal(size=50) / 7
    y = signal[:60] + 0.1 * rng.normal(size=60)
    assert regressor().fit(X[:60], y).score(X[60:], signal[60:]) > 0.9  # 0.83 by columns alone


def sparse_signal(n_samples, n_features, noise=0.5):
    """Return samples and 2,000 others, whose target is a sum of five features."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_samples + 2000, n_features))
    signal = X[:, :5].sum(axis=1) / np.sqrt(5)
    y = signal + noise * rng.normal(size=len(X))
    return X[:n_samples], y[:n_samples], X[n_samples:], signal[n_samples:]


@pytest.mark.parametrize("shape", [(80, 70), (100, 120), (100, 400)], ids=str)
def test_few_of_many_features_are_found_among_few_samples(shape):
    X, y, X_new, signal = sparse_signal(*shape)
    by_lasso, equal = (
        np.var(regressor(alpha=alpha).fit(X, y).predict(X_new) - signal)
        for alpha in ("auto", "evidence")
    )
    assert by_lasso < 0.4 * equal


def test_labels_too():
    X, y, X_new, signal = sparse_signal(150, 300)
    losses = []
    for alpha in ("auto", "evidence"):
        net = ShallowNetClassifier(alpha=alpha, random_state=0).fit(X, y > 0)
        losses.append(log_loss(signal > 0, net.predict_proba(X_new)))
    assert losses[0] < 0.8 * losses[1]


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_features_of_a_lasso_have_the_largest_relevance(solver):
    X, y, _, _ = sparse_signal(100, 120)
    net = regressor(hidden_layer_sizes=10, solver=solver, max_iter=20).fit(X, y)
    assert sorted(net.relevance_.argsort()[-5:]) == list(range(5))
    assert net.relevance_.mean() == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("n_outputs", [1, 2])
def test_the_lasso_has_the_weights_of_the_samples(n_outputs):
    X, y, _, _ = sparse_signal(200, 100)
    Y = np.column_stack([y, y + X[:, 7]])[:, :n_outputs]
    Y[100:] = 3 * X[100:, 20:21]  # another function
    weight = np.where(np.arange(200) < 100, 1.0, 1e-3)
    found = regressor(hidden_layer_sizes=5, max_iter=5).fit(X, np.squeeze(Y), weight).relevance_
    assert found[:5].min() > 2 * found[20]


@pytest.mark.parametrize("kind", ["noise", "all features", "constant"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_features_are_equal_if_a_lasso_is_no_better_than_a_ridge_regression(kind):
    X, _, _, _ = sparse_signal(80, 100)
    rng = np.random.default_rng(1)
    targets = {
        "noise": rng.normal(size=80),
        "all features": X @ rng.normal(size=100) + rng.normal(size=80),
        "constant": np.ones(80),
    }
    net = regressor(hidden_layer_sizes=5, max_iter=5).fit(X, targets[kind])
    assert not hasattr(net, "relevance_")


@pytest.mark.parametrize("settings", [{"alpha": "evidence"}, {"l1_ratio": 0.5}], ids=str)
def test_some_settings_do_without_a_lasso(settings):
    X, y, _, _ = sparse_signal(80, 100)
    net = regressor(hidden_layer_sizes=5, max_iter=5, **settings).fit(X, y)
    assert not hasattr(net, "relevance_")


def test_gaps_and_categories_take_part_in_the_lasso():
    X, y, _, _ = sparse_signal(100, 60)
    table = pd.DataFrame(X, columns=[f"x{i}" for i in range(60)])
    table["kind"] = pd.Categorical(np.where(np.arange(100) % 2, "odd", "even"))
    table.loc[::9, "x20"] = np.nan
    net = regressor(hidden_layer_sizes=10).fit(table, y + 2 * (np.arange(100) % 2))
    of_kind = [name.startswith("kind") for name in net.input_names_]
    assert len(np.unique(net.relevance_[of_kind])) == 1
    assert net.relevance_[of_kind][0] > 3 * np.median(net.relevance_)


def test_short_fits_are_compared_on_one_thread_of_blas(monkeypatch):
    seen = []

    def watched(function):
        def watching(*args):
            found = {
                pool["num_threads"] for pool in threadpool_info() if "blas" in pool["user_api"]
            }
            seen.append(found)
            return function(*args)

        return watching

    for module, name in (relevance, "signal_products"), (short_fits, "share_of_constant"):
        monkeypatch.setattr(module, name, watched(getattr(module, name)))
    with threadpool_limits(2, user_api="blas"):
        regressor().fit(X[:200], y[:200])
    assert len(seen) > 1
    assert seen == [{1}] * len(seen)
