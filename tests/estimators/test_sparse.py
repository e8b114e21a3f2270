"""Sparse X under standardize="auto": the factors of columns of one unit, the rate, large nets."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.estimators.parameters.settings import Settings
from sklearn_shallow.estimators.training.auto import suitable_rate
from sklearn_shallow.evidence import spectrum as _spectrum
from sklearn_shallow.inputs.scaling import CommonScale

N_TERMS = 60


def bag_of_words(n_rows=240, seed=0):
    """Counts of words in documents on one of three topics, and the topic."""
    rng = np.random.default_rng(seed)
    topics = np.random.default_rng(7).dirichlet(np.full(N_TERMS, 0.3), size=3)
    y = rng.integers(3, size=n_rows)
    lengths = rng.integers(5, 15, size=n_rows)
    counts = [rng.multinomial(n, topics[k]) for n, k in zip(lengths, y, strict=True)]
    return sparse.csr_matrix(np.array(counts, float)), y


def mixed(income=1.0, n_rows=300):
    """Indicators of categories beside a full column and a rare one in a unit of their own."""
    rng = np.random.default_rng(0)
    category, x = rng.integers(8, size=n_rows), rng.standard_normal(n_rows)
    rare = np.where(rng.random(n_rows) < 0.2, rng.uniform(0.5, 2, n_rows), 0)
    X = np.column_stack([np.eye(8)[category], income * x, income * rare])
    return sparse.csr_matrix(X), ((category % 2) * 2 - 1 + x > 0).astype(int)


def mixed_topics(n_rows=400, n_terms=2000, n_topics=15, length=30, seed=0):
    """Frequencies of words in documents on a few topics each, and labels of the mixture."""
    rng = np.random.default_rng(seed)
    words = rng.dirichlet(np.full(n_terms, 0.05), size=n_topics)
    mixtures = rng.dirichlet(np.full(n_topics, 0.15), size=n_rows)
    y = (mixtures @ rng.standard_normal(n_topics) > 0).astype(int)
    counts = rng.multinomial(length, mixtures @ words).astype(float)
    return sparse.csr_matrix(counts / np.linalg.norm(counts, axis=1, keepdims=True)), y


@pytest.fixture
def scaling():
    return CommonScale(N_TERMS)


def rare_words(n_rows, seed=0):
    """Counts of frequent words, which say nothing, and of rare ones, two of them in a document, of
    which each topic has its own; and the topic."""
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n_rows)
    rare = np.zeros((n_rows, 3, 40))
    for row, k in zip(rare, y, strict=True):
        row[k, rng.choice(40, size=2, replace=False)] = 1
    frequent = rng.poisson(2, size=(n_rows, 50))
    return sparse.csr_matrix(np.hstack([frequent, rare.reshape(n_rows, 120)])), y


def size(X):
    """Return the root mean squares of the columns."""
    return np.sqrt(np.ravel(X.multiply(X).mean(axis=0)))


def test_rare_terms_have_larger_factors_and_rows_a_spread_of_one(scaling):
    X = bag_of_words()[0]
    scaling.update(X)
    occurs = scaling.inverse_scale > 0
    products = scaling.inverse_scale[occurs] * size(X)[occurs] ** 0.25
    np.testing.assert_allclose(products, products[0], rtol=1e-12)
    seen = scaling.apply(X, np.float64)[:, :-1]
    assert seen.toarray().var(axis=0).sum() == pytest.approx(1)


@pytest.mark.parametrize("seed", range(3))
def test_frequent_words_do_not_hide_rare_ones(seed):
    X, y = rare_words(400, seed)
    net = ShallowNetClassifier(random_state=seed).fit(X, y)
    assert net.score(*rare_words(1000, seed=100)) > 0.9


def test_weights_are_repetitions(scaling):
    X = bag_of_words()[0]
    times = np.random.default_rng(0).integers(1, 4, size=X.shape[0])
    repeated = CommonScale(N_TERMS)
    scaling.update(X, times.astype(float))
    repeated.update(X[np.repeat(np.arange(X.shape[0]), times)])
    np.testing.assert_allclose(scaling.inverse_scale, repeated.inverse_scale, rtol=1e-12)


def test_weights_of_one_change_no_bit(scaling):
    X = bag_of_words()[0]
    scaling.update(X, np.ones(X.shape[0]))
    other = CommonScale(N_TERMS)
    other.update(X)
    assert scaling.fingerprint() == other.fingerprint()


@pytest.mark.parametrize("unit", [1e-5, 1e5])
def test_columns_in_another_unit_are_brought_to_the_typical_scale(unit):
    near, far = CommonScale(10), CommonScale(10)
    X = mixed()[0]
    near.update(X)
    far.update(mixed(unit)[0])
    products = near.inverse_scale * size(X) ** 0.25
    np.testing.assert_allclose(products, products[0], rtol=1e-12)
    units = np.r_[np.ones(8), unit, unit]
    np.testing.assert_allclose(far.inverse_scale * units, near.inverse_scale, rtol=0.7)


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_the_model_depends_neither_on_the_unit_of_x_nor_on_that_of_a_column(unit):
    X, y = bag_of_words()
    plain = ShallowNetClassifier(20, random_state=0).fit(X, y).predict_proba(X)
    other = ShallowNetClassifier(20, random_state=0).fit(X * unit, y).predict_proba(X * unit)
    np.testing.assert_allclose(other, plain, atol=1e-3)
    X, y = mixed(unit)
    assert ShallowNetClassifier(20, random_state=0).fit(X, y).score(X, y) > 0.9


@pytest.mark.parametrize("seed", range(4))
def test_a_full_column_far_from_zero_does_not_hide_the_others(seed):
    X, y = mixed()
    far = sparse.hstack([X, 2000 + np.arange(300)[:, np.newaxis] % 7], format="csr")
    net = ShallowNetClassifier(20, random_state=seed)
    assert net.fit(far, y).score(far, y) > 0.9


def test_a_column_without_values_has_no_weight():
    X, y = bag_of_words()
    X = sparse.hstack([X, sparse.csr_matrix((X.shape[0], 5))], format="csr")
    net = ShallowNetClassifier(10, random_state=0).fit(X, y)
    np.testing.assert_array_equal(net.coefs_[0][-5:], 0)


def test_rows_of_zeros_are_a_constant():
    X, y = sparse.csr_matrix((30, 4)), np.repeat([0, 1], [10, 20])
    for standardize in ("auto", True, False):
        net = ShallowNetClassifier(5, standardize=standardize, random_state=0)
        with pytest.warns(ConvergenceWarning, match="constant"):
            net.fit(X, y)
        np.testing.assert_allclose(net.predict_proba(X)[:, 1], 2 / 3, atol=0.05)


def test_the_rate_follows_the_length_of_sparse_rows():
    X, y = bag_of_words()

    def rate(X, **options):
        return suitable_rate(Settings.of(ShallowNetClassifier(**options)), X, None, X.shape[1])

    length = np.sqrt(X.multiply(X).sum() / X.shape[0])
    assert rate(X) == rate(100 * X) == 0.04
    assert ShallowNetClassifier(5, random_state=0).fit(X, y).settings_["learning_rate_init"] == 0.04
    assert rate(X, standardize=False) == pytest.approx(0.08 / length)
    assert rate(100 * X, standardize=False) == pytest.approx(0.0008 / length)
    assert rate(X / 1e9, standardize=False) == 0.04
    in_columns = pytest.approx(0.08 / np.sqrt(N_TERMS))
    assert rate(X, standardize=True) == rate(X.toarray()) == in_columns
    assert rate(100 * X.toarray(), standardize=False) == in_columns


def test_rows_of_weight_zero_count_for_nothing():
    X, y = bag_of_words()
    weight = np.r_[np.ones(200), np.zeros(40)]
    for standardize in ("auto", False):
        net = ShallowNetClassifier(5, standardize=standardize, random_state=0)
        expected = net.fit(X[:200], y[:200]).predict_proba(X)
        changed = sparse.vstack([X[:200], 100 * X[200:]], format="csr")
        found = net.fit(changed, y, sample_weight=weight).predict_proba(X)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("make", [ShallowNetClassifier, ShallowNetRegressor])
def test_coefs_apply_to_x_as_passed_and_dense_rows_are_predicted_alike(make):
    X, y = bag_of_words()
    net = make((6, 4), activation="tanh", random_state=0).fit(X, y)
    A = X.toarray()
    for W, b in zip(net.coefs_[:-1], net.intercepts_[:-1], strict=True):
        A = np.tanh(A @ W + b)
    raw = A @ net.coefs_[-1] + net.intercepts_[-1]
    raw_of = net.decision_function if make is ShallowNetClassifier else net.predict
    np.testing.assert_allclose(raw_of(X), np.squeeze(raw), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(raw_of(X.toarray()), raw_of(X), rtol=1e-6, atol=1e-6)


def test_partial_fit_goes_on_with_the_factor():
    X, y = bag_of_words(600)
    net = ShallowNetClassifier(20, random_state=0)
    for _ in range(15):
        for rows in np.array_split(np.arange(600), 6):
            net.partial_fit(X[rows], y[rows], classes=[0, 1, 2])
    assert net.score(X, y) > 0.9
    whole = CommonScale(N_TERMS)
    whole.update(X)
    np.testing.assert_allclose(
        net._networks[0].inputs.inverse_scale, whole.inverse_scale, rtol=1e-9
    )
    net.fit(X, y)
    before = net.score(X, y)
    assert net.partial_fit(X[:50], y[:50]).score(X, y) > before - 0.05


def test_logistic_units_learn_mixed_topics_as_tanh_does():
    means = {}
    for activation in ("tanh", "logistic"):
        net = ShallowNetClassifier(activation=activation, random_state=0)
        some = (mixed_topics(seed=seed) for seed in range(2))
        scores = [net.fit(X[:200], y[:200]).score(X[200:], y[200:]) for X, y in some]
        means[activation] = np.mean(scores)
    assert means["logistic"] > means["tanh"] - 0.04 > 0.7


@pytest.mark.parametrize(("activation", "n", "n_sets"), [("relu", 400, 1), ("tanh", 700, 3)])
def test_two_hidden_layers_learn_mixed_topics_as_one_does(activation, n, n_sets):
    some, means = [mixed_topics(n + 300, seed=seed) for seed in range(n_sets)], {}
    for layers in (100, (100, 50)):
        net = ShallowNetClassifier(layers, activation=activation, random_state=0)
        losses = [log_loss(y[n:], net.fit(X[:n], y[:n]).predict_proba(X[n:])) for X, y in some]
        means[layers] = np.mean(losses)
    assert means[100, 50] < 1.2 * means[100]  # 1.4 and 1.5 times at the rate of one layer


def test_a_warm_start_goes_on_from_the_same_function_of_x():
    X, y = bag_of_words()
    net = ShallowNetClassifier(10, random_state=0, warm_start=True).fit(X, y)
    before = net.predict_proba(X)
    net.set_params(max_iter=1, learning_rate_init=1e-9, alpha=1.0).fit(X[:150], y[:150])
    np.testing.assert_allclose(net.predict_proba(X), before, atol=1e-4)


def test_the_decay_of_a_large_network_is_found_with_vectors_of_the_size_of_the_rows(monkeypatch):
    sizes = []
    lanczos = _spectrum.lanczos
    monkeypatch.setattr(_spectrum, "lanczos", lambda *a: sizes.append(len(a[1])) or lanczos(*a))
    X, y = bag_of_words()
    net = ShallowNetClassifier(50, random_state=0).fit(X, y)
    assert set(sizes) == {240 * 2}  # a root less than labels
    monkeypatch.setattr(_spectrum, "row_kernel", _spectrum.GaussNewton)
    in_parameters = ShallowNetClassifier(50, random_state=0).fit(X, y)
    assert max(sizes) > 1000
    assert net.alpha_ == pytest.approx(in_parameters.alpha_, rel=0.5)


@pytest.mark.parametrize("standardize", ["auto", True, False])
@pytest.mark.parametrize("factor", [1e-320, 0.3, 1e39, 1e308])
def test_equal_weights_are_none(standardize, factor):
    X, y = bag_of_words()
    net = ShallowNetClassifier(5, standardize=standardize, max_iter=4, random_state=0)
    expected = net.fit(X, y).predict_proba(X)
    weighted = net.fit(X, y, sample_weight=np.full(len(y), factor))
    np.testing.assert_array_equal(weighted.predict_proba(X), expected)
