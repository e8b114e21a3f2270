"""The choice of one hidden layer or two."""

import numpy as np
import pytest
from nets import assert_same_weights
from sklearn.base import clone
from spies import spied

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor, ShallowNetRegressorCV, load
from sklearn_shallow.estimators.training import short_fits

ONE, TWO = (100,), (64, 64)
rng = np.random.default_rng(0)
X_tent = rng.uniform(-1, 1, (1600, 3))
y_tent = np.abs(1 - 2 * np.abs(1 - 2 * np.abs(X_tent).mean(axis=1)))
y_tent += 0.01 * rng.normal(size=1600)
X, y, X_new, y_new = X_tent[:1000], y_tent[:1000], X_tent[1000:], y_tent[1000:]
X_line = rng.normal(size=(1000, 5))
y_line = X_line @ np.arange(1, 6) + 5 * rng.normal(size=1000)


def regressor(**settings):
    return ShallowNetRegressor(**{"random_state": 0, "max_iter": 64} | settings)


def layers(net):
    return net.settings_["hidden_layer_sizes"]


@pytest.fixture(scope="module")
def deep():
    return regressor(max_iter="auto").fit(X, y)


@pytest.fixture
def tried(monkeypatch):
    """The hidden layers of every short fit that follows."""
    return spied(
        monkeypatch,
        short_fits,
        "outcome_of",
        lambda _, data, member: data.settings.hidden_layer_sizes,
    )


def test_a_function_of_a_function_gets_two_layers_and_is_learned_better(deep):
    one = regressor(hidden_layer_sizes=100, max_iter="auto").fit(X, y)
    assert layers(deep) == TWO
    assert [len(b) for b in deep.intercepts_] == [64, 64, 1]
    assert 1 - deep.score(X_new, y_new) < 0.5 * (1 - one.score(X_new, y_new))


def test_parities_get_two_layers():
    bits = np.random.default_rng(0).integers(0, 2, (1500, 8))
    net = ShallowNetClassifier(random_state=0).fit(bits.astype(float), bits[:, :4].sum(axis=1) % 2)
    assert layers(net) == TWO


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_parities_as_numbers_get_two_layers_with_lbfgs_too():
    bits = np.random.default_rng(0).integers(0, 2, (1500, 8)).astype(float)
    net = regressor(solver="lbfgs").fit(bits, bits[:, :3].sum(axis=1) % 2)
    assert layers(net) == TWO


def test_one_layer_is_the_fit_with_a_hundred_units(tried):
    found, given = regressor().fit(X_line, y_line), regressor(hidden_layer_sizes=100)
    assert layers(found) == ONE
    assert_same_weights(found, given.fit(X_line, y_line))


def test_two_layers_are_tried_only_where_one_learns_enough(tried):
    regressor(max_iter=16).fit(X_line, rng.normal(size=1000))
    assert set(tried) == {ONE}
    regressor(max_iter=16).fit(X_line, y_line - 0.8 * (y_line - X_line @ np.arange(1, 6)))
    assert tried[-1] == TWO
    regressor(max_iter=16).fit(X[:900], y[:900])
    assert tried[-1] == ONE  # few samples gain nothing


def test_two_layers_are_tried_only_where_one_learns_the_labels(tried):
    labels = X_line[:, 0] * X_line[:, 1] > 0
    ShallowNetClassifier(random_state=0).fit(X_line, labels)
    assert tried[-1] == TWO
    ShallowNetClassifier(random_state=0).fit(X_line, np.random.default_rng(0).permutation(labels))
    assert tried[-1] == ONE
    for n_samples, last in ((200, TWO), (199, ONE)):  # few samples gain nothing
        easy = X_line[:n_samples], X_line[:n_samples, 0] > 0
        ShallowNetClassifier(random_state=0).fit(*easy)
        assert tried[-1] == last


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_layer_sizes": 100},
        {"activation": ["relu"]},
        {"dropout": (0.0, 0.1)},
        {"l1_ratio": (0.5, 0.0)},
        {"alpha": 1.0},
        {"numeric_encoding": None},
        {"standardize": True},
        {"solver": "lm"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_two_layers_are_not_tried_where_something_else_is_set_for_one(tried, settings):
    net = regressor(**{"max_iter": 16} | settings).fit(X, y)
    assert set(tried) <= {ONE}
    assert layers(net) == ONE


def test_both_layers_have_the_activation_that_is_set():
    net = regressor(activation="tanh", dropout=0.01).fit(X, y)
    assert layers(net) == TWO
    assert_same_weights(net, clone(net).fit(X, y))


@pytest.mark.parametrize("go_on", ["fit", "partial_fit", "fit_batches"])
def test_training_that_continues_keeps_the_layers(deep, tried, tmp_path, go_on):
    deep.save(tmp_path / "net")
    net = load(tmp_path / "net").set_params(warm_start=True, max_iter=16)
    getattr(net, go_on)(*([[(X, y)]] if go_on == "fit_batches" else [X, y]))
    assert layers(net) == TWO
    assert not tried
    assert net.score(X_new, y_new) > 0.9


def test_a_stream_chooses_too(deep):
    net = regressor(max_iter="auto").fit_batches([(X[:300], y[:300]), (X[300:], y[300:])])
    assert layers(net) == TWO


def test_all_networks_have_the_layers_that_were_chosen():
    net = regressor(n_estimators=2).fit(X, y)
    assert [layers(single) for single in net.estimators_] == [TWO, TWO]


def test_a_part_of_the_samples_gets_one_layer():
    assert layers(regressor(max_iter="auto").partial_fit(X, y)) == ONE


def test_a_search_along_given_decays_is_with_one_layer():
    search = ShallowNetRegressorCV(regressor(), alphas=[1.0], cv=2).fit(X, y)
    assert search.hidden_layer_sizes_ == ONE


def test_the_summary_says_how_many_layers_and_why(deep, capsys):
    deep.summary()
    assert "-> 64 -> 64 -> 1" in (text := capsys.readouterr().out)
    assert "auto: two layers if short fits prefer them" in text
    for without in ({"alpha": 1.0}, {"numeric_encoding": None}):
        regressor(**without, max_iter=4).fit(X, y).summary()
        assert "auto: one layer, no short fits" in capsys.readouterr().out


def test_other_names_than_auto_are_refused():
    with pytest.raises(ValueError, match=r"hidden_layer_sizes='ten' must .* or 'auto'"):
        regressor(hidden_layer_sizes="ten").fit(X, y)
