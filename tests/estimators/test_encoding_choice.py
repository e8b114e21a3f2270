"""The choice whether numbers are encoded."""

import numpy as np
import pytest
from nets import assert_same_weights
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, make_friedman1
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from spies import spied

from sklearn_shallow import Adam, ShallowNetClassifier, ShallowNetRegressor, load
from sklearn_shallow.estimators.training import short_fits

rng = np.random.default_rng(0)
X_steps = rng.uniform(-1, 1, (600, 3))
y_steps = np.floor(3 * X_steps[:, 0]) + np.floor(3 * X_steps[:, 1]) + 0.1 * rng.normal(size=600)
X_line = rng.normal(size=(600, 5))
y_line = X_line @ np.arange(1, 6) + rng.normal(size=600)


OPTIONS = {"hidden_layer_sizes": 20, "alpha": "evidence", "random_state": 0}


def regressor(**settings):
    return ShallowNetRegressor(**OPTIONS | settings)


def classifier(**settings):
    return ShallowNetClassifier(**OPTIONS | settings)


def spy_on_short_fits(monkeypatch, told):
    """Return a list of what a function tells of the data of every short fit that follows."""
    return spied(monkeypatch, short_fits, "outcome_of", lambda outcome, data, member: told(data))


@pytest.fixture
def kinds_tried(monkeypatch):
    """The kinds of encoding that short fits have tried."""
    return spy_on_short_fits(monkeypatch, lambda data: data.inputs.encoding.kind)


def test_a_bound_on_the_epochs_does_not_make_short_fits_longer(monkeypatch):
    """max_iter is a bound, and those who keep their 1000 waited for it."""
    lengths = spy_on_short_fits(monkeypatch, lambda data: data.max_iter)
    for early_stopping in (False, True):
        for max_iter in ("auto", 100, 1000):
            regressor(early_stopping=early_stopping, max_iter=max_iter).fit(X_steps, y_steps)
    regressor(max_iter=100, learning_rate="flat_cosine").fit(X_steps, y_steps)
    assert set(lengths) == {64 // 4}


PACES = [
    *[{"learning_rate_init": 1e-5}, {"learning_rate_init": 0.5}],
    *[{"learning_rate": name} for name in ("constant", "adaptive", "flat_cosine")],
    *[
        {"solver": "sgd"},
        {"solver": "sgd", "learning_rate_init": 1e-5, "learning_rate": "constant"},
    ],
]


@pytest.mark.parametrize("make", [regressor, classifier])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_what_the_data_say_does_not_depend_on_the_pace_of_the_fit(monkeypatch, make):
    """Short fits at a tenth of the rate saw neither steps nor which features matter."""
    outcomes = spied(monkeypatch, short_fits, "outcome_of", lambda found, *_: found.log_probability)
    found = []
    for settings in ({}, *PACES):
        outcomes.clear()
        net = make(alpha="auto", **settings).fit(X_steps, y_steps > 0)
        found.append([net.settings_["numeric_encoding"], *outcomes])
    assert len(outcomes) >= 2
    assert [
        pace for pace, of_pace in zip(PACES, found[1:], strict=True) if of_pace != found[0]
    ] == []


SUMMANDS = np.exp(2 * np.random.default_rng(0).normal(size=(60, 3)))
WITH_SLIP = np.where(np.arange(60)[:, np.newaxis] == 7, 1000, 1) * SUMMANDS


@pytest.mark.parametrize(
    ("features", "target", "are_compressed"),
    [
        (SUMMANDS, SUMMANDS.sum(axis=1), False),
        (SUMMANDS, SUMMANDS @ [[1, 1], [1, -1], [1, 2]], False),
        (SUMMANDS, np.log(SUMMANDS).sum(axis=1), True),
        (WITH_SLIP, SUMMANDS.sum(axis=1), True),
    ],
    ids=["sum", "sums", "logarithms", "slip"],
)
def test_few_samples_of_sums_of_heavy_tails_are_not_compressed(features, target, are_compressed):
    noise = np.random.default_rng(1).normal(size=target.shape)
    settings = [{}, {"early_stopping": True}] if target.ndim == 1 else [{}]
    for some in settings:
        net = regressor(**some).fit(features, target + 0.1 * noise)
        assert (len(net.preprocessor_.compression) > 0) == are_compressed
    labels = classifier(max_iter=4).fit(features, target.reshape(60, -1)[:, 0] > target.mean())
    assert len(labels.preprocessor_.compression) == 3


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_samples", [200, 3000])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_ridge_regressions_decide_for_more_samples_too(n_samples, loss, solver):
    """A network of one unit in few epochs does not show it in short fits."""
    amounts = np.exp(2 * np.random.default_rng(0).normal(size=(n_samples, 3)))
    settings = {"hidden_layer_sizes": 1, "max_iter": 16, "loss": loss, "solver": solver}
    net = regressor(**settings).fit(amounts, amounts.sum(axis=1))
    assert len(net.preprocessor_.compression) == 0


def test_samples_whose_targets_are_partly_unknown_do_not_decide_on_compression():
    target = np.column_stack([SUMMANDS.sum(axis=1)] * 2)
    target[5, 1] = np.nan
    compression = regressor(max_iter=4).fit(SUMMANDS, target).preprocessor_.compression
    assert len(compression) == 0
    target[::2, 0] = target[1::2, 1] = np.nan
    compression = regressor(max_iter=4).fit(SUMMANDS, target).preprocessor_.compression
    assert len(compression) == 3


def test_steps_are_encoded_and_straight_lines_are_not():
    steps, line = regressor().fit(X_steps, y_steps), regressor().fit(X_line, y_line)
    assert steps.settings_["numeric_encoding"] == 16
    assert line.settings_["numeric_encoding"] is None


def test_labels_of_steps_are_encoded_in_fewer_bins():
    net = classifier().fit(X_steps, np.floor(6 * X_steps[:, 0]) % 2)
    assert net.settings_["numeric_encoding"] == 8


@pytest.mark.parametrize(
    ("n_samples", "n_features", "n_bins"),
    [(600, 3, 32), (250, 3, 25), (600, 20, 25), (600, 40, 16)],
)
def test_few_numbers_of_many_samples_have_more_bins(monkeypatch, n_samples, n_features, n_bins):
    monkeypatch.setattr(short_fits, "MIN_SAMPLES_PER_BIN", 10)
    X = rng.uniform(-1, 1, (n_samples, n_features))
    net = regressor().fit(X, np.floor(2 * X[:, 0]) % 2)
    assert net.settings_["numeric_encoding"] == n_bins


def test_columns_without_bins_leave_more_to_the_others(monkeypatch):
    monkeypatch.setattr(short_fits, "MIN_SAMPLES_PER_BIN", 1)
    X = np.column_stack([X_steps, rng.integers(2, size=(600, 20))])
    assert regressor().fit(X, y_steps).settings_["numeric_encoding"] == 32


def test_a_great_many_samples_have_the_fewest_bins(monkeypatch):
    monkeypatch.setattr(short_fits, "MIN_SAMPLES_PER_BIN", 1)
    monkeypatch.setattr(short_fits, "EFFORTS", {0: short_fits.EFFORTS[100_000]})
    assert regressor().fit(X_steps, y_steps).settings_["numeric_encoding"] == 16


@pytest.mark.parametrize(("X", "y"), [(X_steps, y_steps), (X_line, y_line)], ids=["steps", "line"])
def test_what_is_chosen_makes_the_same_fit_if_it_is_set(X, y):
    net = regressor().fit(X, y)
    again = clone(net).set_params(**net.settings_).fit(X, y)
    assert_same_weights(net, again)
    assert again.alpha_ == net.alpha_


@pytest.mark.parametrize("settings", [{}, {"n_estimators": 2}, {"n_init": 2}], ids=str)
def test_one_choice_is_made_for_all_networks(kinds_tried, settings):
    net = regressor(**settings).fit(X_steps, y_steps)
    assert kinds_tried == [None, 16]
    assert {len(one.coefs_[0]) for one in net.estimators_} == {3 + 48}


@pytest.mark.parametrize(
    "settings",
    [
        {"numeric_encoding": None},
        {"numeric_encoding": 4},
        {"alpha": 1.0},
        {"solver": "lm", "max_iter": 20},
        {"standardize": False},
        {"standardize": True},
        {"max_iter": 15},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore")
def test_nothing_is_tried_where_nothing_is_to_be_chosen(kinds_tried, settings):
    net = regressor(**settings).fit(X_line, y_line)
    assert kinds_tried == []
    assert net.settings_["numeric_encoding"] == settings.get("numeric_encoding")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_lbfgs_has_no_bins_but_what_else_short_fits_choose(kinds_tried):
    tails = np.exp(2 * X_line)
    net = regressor(solver="lbfgs", max_iter=20).fit(tails, tails.sum(axis=1))
    assert kinds_tried == [None]
    assert net.settings_["numeric_encoding"] is None
    assert not len(net.preprocessor_.compression.columns)


def test_nothing_is_tried_on_few_samples_or_sparse_ones(kinds_tried):
    regressor().fit(X_line[:99], y_line[:99])
    regressor().fit(sparse.csr_matrix(X_line), y_line)
    assert kinds_tried == []


def test_many_features_have_fewer_bins_and_both_first_decays(monkeypatch):
    found = spy_on_short_fits(
        monkeypatch, lambda data: (data.inputs.encoding.kind, data.settings.starts_strong)
    )
    monkeypatch.setattr(short_fits, "MAX_BINS", 200)
    X = np.hstack([X_steps, rng.uniform(size=(600, 27))])
    regressor(max_iter=16).fit(X, y_steps)
    assert sorted(found, key=str) == [(6, False), (None, False), (None, True)]


@pytest.mark.parametrize("n_features", [80, 400])
def test_a_curve_along_a_sum_of_many_features_needs_no_bins_but_waves_do(n_features):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, n_features))
    noise = 0.1 * rng.normal(size=2000)
    net = regressor().fit(X, np.tanh(X[:, :10].sum(axis=1) / 2) + noise)
    assert net.settings_["numeric_encoding"] is None
    net = regressor().fit(X, np.sin(2 * X[:, :5]).sum(axis=1) + noise)
    assert net.settings_["numeric_encoding"] is not None


@pytest.mark.parametrize("shape", [(120, 121), (502, 501)])
def test_nothing_is_tried_on_many_columns(kinds_tried, shape):
    X = rng.uniform(size=shape)
    regressor(max_iter=16).fit(X, X[:, 0])
    assert kinds_tried == []
    regressor(max_iter=16).fit(X[:, :31], X[:, 0])
    assert kinds_tried == [None, 16]


def test_columns_of_two_values_have_no_bins_but_another_decay_to_begin_with(kinds_tried):
    net = regressor().fit(X_line > 0, y_line)
    assert kinds_tried == [None, 16]
    assert len(net.coefs_[0]) == 5


def test_few_samples_of_columns_of_two_values_need_one_short_fit(kinds_tried, monkeypatch):
    X, y = X_line[:360] > 0, y_line[:360]
    net = regressor().fit(X, y)
    assert kinds_tried == [None]
    monkeypatch.setattr(short_fits, "SAMPLES_PER_ALPHA", 0)
    assert_same_weights(net, regressor().fit(X, y))
    assert kinds_tried == [None, None, 16]


def test_initial_values_are_for_plain_numbers(kinds_tried):
    first = regressor(numeric_encoding=None, max_iter=20).fit(X_steps, y_steps)
    initial = {"coef_init": first.coefs_, "intercept_init": first.intercepts_}
    net = regressor(max_iter=20).fit(X_steps, y_steps, **initial)
    assert kinds_tried == []
    assert len(net.coefs_[0]) == 3


@pytest.mark.filterwarnings("ignore")
def test_networks_that_go_on_keep_what_was_chosen(kinds_tried):
    net = regressor(warm_start=True).fit(X_steps, y_steps)
    net.fit(X_line[:, :3], y_line).partial_fit(X_line[:, :3], y_line)
    assert kinds_tried == [None, 16]
    assert len(net.coefs_[0]) == 3 + 48


@pytest.fixture
def sizes(monkeypatch):
    """The samples in the halves of every short fit."""
    return spy_on_short_fits(
        monkeypatch, lambda data: [data.shape[0], len(data.validation.samples.X)]
    )


def test_the_choice_does_not_see_the_samples_that_are_held_out(sizes):
    regressor(early_stopping=True, validation_fraction=0.5).fit(X_steps, y_steps)
    assert sizes == [[150, 150]] * 2


def test_of_many_samples_some_are_chosen_on(sizes):
    X, y = make_friedman1(3000, random_state=0)
    regressor(max_iter=16).fit(X, y)
    assert sizes == [[1000, 1000]] * 2


@pytest.mark.parametrize("kind", [regressor, classifier])
@pytest.mark.parametrize(
    "settings", [{"early_stopping": True}, {"dropout": 0.1}, {"loss": "absolute_error"}], ids=str
)
def test_the_choice_goes_with_other_settings(kinds_tried, kind, settings):
    y = y_steps if kind is regressor else (y_steps > 0).astype(int)
    kind(**settings).fit(X_steps, y, sample_weight=rng.integers(1, 3, 600))
    assert len(kinds_tried) == 2


@pytest.mark.filterwarnings("ignore:The number of unique classes")
def test_samples_that_cannot_be_halved_are_not_encoded(kinds_tried):
    classifier(max_iter=16).fit(X_steps, np.arange(600))
    known_once = np.column_stack([y_steps, np.full(600, np.nan)])
    known_once[0, 1] = 1.0
    regressor().fit(X_steps, known_once)
    classifier().fit(X_steps, np.where(np.isnan(known_once), np.nan, known_once > 0))
    assert kinds_tried == []


def test_short_fits_have_a_part_of_the_time(monkeypatch):
    given = spied(monkeypatch, short_fits, "train", lambda *_, max_time: max_time)
    regressor(max_iter=16).fit(X_steps, y_steps)
    regressor(max_iter=16, solver=Adam(max_time=120)).fit(X_steps, y_steps)
    assert given == [None, None, 6.0, 6.0]


def test_multilabel_gaps_and_rare_classes(kinds_tried):
    Y = np.column_stack([X_steps[:, 0] > 0, X_steps[:, 1] > 0]).astype(float)
    Y[::7, 0] = np.nan
    classifier().fit(X_steps, Y)
    rare = np.zeros(600, int)
    rare[:2] = 1
    classifier().fit(X_steps, rare)
    assert len(kinds_tried) == 4


def test_a_choice_is_not_a_matter_of_the_unit_of_y():
    chosen = {
        regressor().fit(X_steps, scale * y_steps).settings_["numeric_encoding"]
        for scale in (1e-6, 1.0, 1e6)
    }
    assert chosen == {16}


@pytest.mark.parametrize("load", [load_iris, load_breast_cancer, load_diabetes])
def test_the_summary_says_what_was_chosen(load, capsys):
    X, y = load(return_X_y=True)
    net = regressor() if load is load_diabetes else classifier()
    bins = net.fit(X, y).settings_["numeric_encoding"]
    expected = "without bins" if bins is None else f"in at most {bins} bins each"
    net.summary()
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("numbers")]
    assert f"{expected} (auto: bins if short fits prefer them" in line


def test_of_many_samples_more_are_looked_at(sizes, monkeypatch):
    few, many = short_fits.Effort(100, 4, False, 0), short_fits.Effort(400, 4, False, 0)
    monkeypatch.setattr(short_fits, "EFFORTS", {0: few, 300: many})
    regressor(max_iter=16).fit(X_steps[:299], y_steps[:299])
    regressor(max_iter=16).fit(X_steps[:300], y_steps[:300])
    regressor(max_iter=16).fit(X_steps, y_steps)
    assert sizes == [[50, 50]] * 2 + [[150, 150]] * 2 + [[200, 200]] * 2


def test_plain_numbers_of_many_samples_are_tried_with_both_first_decays(monkeypatch):
    found = spy_on_short_fits(
        monkeypatch, lambda data: (data.inputs.encoding.kind, data.settings.starts_strong)
    )
    monkeypatch.setattr(short_fits, "EFFORTS", {0: short_fits.Effort(2000, 4, True, 0)})
    regressor().fit(X_steps, y_steps)
    assert sorted(found, key=str) == [(16, False), (None, False), (None, True)]
    found.clear()  # columns of two values have no bins: with them it would be the same fit twice
    regressor().fit(X_steps > 0, y_steps)
    assert found == [(None, False), (None, True)]


def test_many_noisy_samples_of_a_line_are_fitted_about_as_well_as_by_a_line():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(16_000, 40))
    y = X @ rng.normal(size=40) + 3 * rng.normal(size=len(X)) > 0
    seen, new = slice(0, 12_000), slice(12_000, None)
    net, line = (m.fit(X[seen], y[seen]) for m in (classifier(), LogisticRegression()))
    losses = [log_loss(y[new], model.predict_proba(X[new])) for model in (net, line)]
    assert losses[0] < 1.05 * losses[1]


def test_short_fits_to_many_samples_have_as_many_bins_as_the_network(monkeypatch, kinds_tried):
    monkeypatch.setattr(short_fits, "EFFORTS", {0: short_fits.Effort(4000, 4, True, 32)})
    X = rng.normal(size=(4000, 2))
    labels = (np.floor(6 * X[:, 0]) % 2).astype(int)
    assert classifier().fit(X, labels).settings_["numeric_encoding"] == 32
    assert kinds_tried == [None, None, 32]


def test_many_samples_of_products_that_are_mostly_noise_are_not_fitted_to_it():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(16_000, 100)).astype(np.float32)
    signal = X[:, 0] * X[:, 1] + X[:, 2] * X[:, 3]
    y = signal + 3 * rng.normal(size=len(X))
    net = regressor(hidden_layer_sizes="auto").fit(X[:12_000], y[:12_000])
    error = signal[12_000:] - net.predict(X[12_000:])
    assert error.var() < 0.6 * signal.var()  # 1.4 times it with the weak first decay


def test_many_samples_of_a_smooth_function_need_no_bins_those_of_steps_have_the_most():
    X = rng.normal(size=(12_000, 4))
    smooth = np.tanh(X @ [1, -1, 0.5, 0]) + np.sin(X[:, 3])
    kinds = [
        regressor().fit(X, y + 0.3 * rng.normal(size=len(X))).settings_["numeric_encoding"]
        for y in (smooth, np.floor(4 * X[:, 0]) % 3)
    ]
    assert kinds == [None, 32]


def test_many_labels_that_are_mostly_noise_need_no_bins():
    X = rng.normal(size=(12_000, 28))
    score = np.tanh(X @ rng.normal(size=(28, 20)) / 3.5) @ rng.normal(size=20)
    net = classifier().fit(X, rng.random(len(X)) < 1 / (1 + np.exp(-1.5 * score / score.std())))
    assert net.settings_["numeric_encoding"] is None


# Heavy tails ------------------------------------------------------------------------------------

AMOUNTS = np.exp(rng.normal(size=(1000, 4)))
TOTAL = AMOUNTS[:, 0] + AMOUNTS[:, 1] - AMOUNTS[:, 2]


def test_a_total_of_amounts_is_learned_of_the_amounts_and_not_of_their_logarithms(capsys):
    net = regressor().fit(AMOUNTS[:600], TOTAL[:600])
    assert len(net.preprocessor_.compression.columns) == 0
    assert net.score(AMOUNTS[600:], TOTAL[600:]) > 0.99  # 0.9 if they are compressed
    net.summary()
    assert "none compressed" in capsys.readouterr().out


def test_products_of_amounts_are_learned_of_their_logarithms():
    y = np.log(AMOUNTS[:, 0] * AMOUNTS[:, 1] / AMOUNTS[:, 2])
    net = regressor().fit(AMOUNTS[:600], y[:600])
    assert net.preprocessor_.compression.columns.tolist() == [0, 1, 2, 3]
    assert net.score(AMOUNTS[600:], y[600:]) > 0.99


def test_a_slip_of_the_decimal_point_is_compressed():
    slip = AMOUNTS[:600].copy()
    slip[5] *= 1e4
    net = regressor().fit(slip, TOTAL[:600])
    assert net.preprocessor_.compression.columns.tolist() == [0, 1, 2, 3]


def test_amounts_that_are_not_compressed_have_limits_that_are_further_out():
    net = regressor().fit(AMOUNTS[:600], TOTAL[:600])
    new = np.vstack([AMOUNTS[:1]] * 3)
    new[:, 0] = AMOUNTS[:600, 0].max() * np.array([1.5, 5, 50])
    near, far, farther = net.predict(new)
    assert near == pytest.approx(TOTAL[0] - AMOUNTS[0, 0] + new[0, 0], rel=0.1)
    assert near < far == farther


def test_labels_are_always_learned_of_compressed_amounts(kinds_tried):
    net = classifier().fit(AMOUNTS, TOTAL > 1)
    assert len(kinds_tried) == 2
    assert len(net.preprocessor_.compression.columns) == 4


def test_a_warm_start_keeps_what_is_not_compressed(tmp_path):
    net = regressor(warm_start=True).fit(AMOUNTS[:600], TOTAL[:600])
    before = net.preprocessor_.compression
    net.fit(AMOUNTS[:600], TOTAL[:600]).partial_fit(AMOUNTS[600:], TOTAL[600:])
    assert len(net.preprocessor_.compression.columns) == 0
    assert (net.preprocessor_.compression.low <= before.low).all()
    net.save(tmp_path / "net.npz")
    np.testing.assert_array_equal(load(tmp_path / "net.npz").predict(AMOUNTS), net.predict(AMOUNTS))
