"""The influence of rare columns of sparse X is chosen by ridge regressions, and kept."""

import numpy as np
import pytest
from scipy import sparse

import sklearn_shallow
from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.inputs.scaling import RARITY_POWER


def documents(n_rows, seed=0):
    """Counts of frequent words, which say nothing, and of rare ones, two of them in a document, of
    which each topic has its own; and the topic."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n_rows)
    rare = np.zeros((n_rows, 3, 40))
    for row, k in zip(rare, y, strict=True):
        row[k, rng.choice(40, size=2, replace=False)] = 1
    frequent = rng.poisson(2, size=(n_rows, 50))
    return sparse.csr_matrix(np.hstack([frequent, rare.reshape(n_rows, 120)])), y


def equal_words(n_rows, seed=0):
    """Counts of words that are about equally frequent, and a class that depends on all of them."""
    rng = np.random.default_rng(seed)
    X = rng.poisson(1, size=(n_rows, 60)).astype(float)
    return sparse.csr_matrix(X), (X @ rng.normal(size=60) > 0).astype(int)


def power(net):
    return net._networks[0].inputs.rarity_power


@pytest.mark.parametrize("estimator", [ShallowNetClassifier, ShallowNetRegressor])
@pytest.mark.parametrize("seed", range(2))
def test_rare_columns_count_more_where_they_decide(estimator, seed):
    X, y = documents(150, seed)
    net = estimator(random_state=0).fit(X, y == 0 if estimator is ShallowNetRegressor else y)
    assert power(net) == 0.5
    occurs = net._networks[0].inputs.inverse_scale > 0
    size = np.sqrt(np.ravel(X.multiply(X).mean(axis=0)))[occurs]
    products = net._networks[0].inputs.inverse_scale[occurs] * size**0.5
    np.testing.assert_allclose(products, products[0], rtol=1e-12)
    X_new, y_new = documents(600, seed=100)
    if estimator is ShallowNetClassifier:
        usual = ShallowNetClassifier(alpha=net.alpha_, random_state=0).fit(X, y)
        assert power(usual) == RARITY_POWER
        assert net.score(X_new, y_new) > usual.score(X_new, y_new) + 0.05


@pytest.mark.parametrize("seed", range(3))
def test_the_usual_power_where_all_columns_are_alike(seed):
    X, y = equal_words(300, seed)
    assert power(ShallowNetClassifier(random_state=0).fit(X, y)) == RARITY_POWER


@pytest.mark.parametrize(
    "setting",
    [{"standardize": True}, {"alpha": 1.0}, {"solver": "lbfgs", "hidden_layer_sizes": (2,)}],
)
def test_other_settings_have_the_usual_power(setting):
    X, y = documents(150)
    assert power(ShallowNetClassifier(random_state=0, **setting).fit(X, y)) == RARITY_POWER


def test_the_power_is_kept_by_a_warm_start_partial_fit_and_a_file(tmp_path):
    X, y = documents(150)
    net = ShallowNetClassifier(random_state=0, warm_start=True, max_iter=10).fit(X, y)
    net.save(tmp_path / "net.npz")
    loaded = sklearn_shallow.load(tmp_path / "net.npz")
    assert power(loaded) == 0.5
    for one in (net, loaded):
        one.partial_fit(*documents(100, seed=1))
    assert power(net) == power(loaded) == 0.5
    np.testing.assert_array_equal(net.predict_proba(X), loaded.predict_proba(X))
    calm = equal_words(150)[0]
    other = sparse.hstack([calm, X[:, calm.shape[1] :]], format="csr")
    assert power(net.fit(other, y)) == 0.5


def test_summary_says_that_rare_columns_count_more(capsys):
    ShallowNetClassifier(random_state=0, max_iter=10).fit(*documents(150)).summary()
    assert "rare columns count more" in capsys.readouterr().out
    ShallowNetClassifier(random_state=0, max_iter=10).fit(*equal_words(300)).summary()
    assert "rare columns" not in capsys.readouterr().out


def test_a_target_without_two_known_values_is_no_obstacle():
    X, y = documents(150)
    Y = np.column_stack([y, np.where(np.arange(150) < 3, y, np.nan)]).astype(float)
    assert np.isfinite(ShallowNetRegressor(random_state=0, max_iter=5).fit(X, Y).predict(X)).all()
