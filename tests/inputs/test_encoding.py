import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import SplineTransformer

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor
from sklearn_shallow.inputs.encoding import NO_ENCODING, make_encoding, piecewise_linear

rng = np.random.default_rng(0)
X = np.column_stack(
    [rng.normal(size=400), rng.exponential(size=400), rng.integers(0, 2, 400), np.full(400, 3.0)]
)
y = np.sign(X[:, 0]) + (X[:, 1] > 1) + 0.1 * rng.normal(size=400)


def seen(kind, rows=X, fitted_on=X, **scaling):
    """Return what the encoding, made of some rows, makes of others."""
    encoding = make_encoding(kind, np.asarray, fitted_on)
    out = np.empty((len(rows), len(encoding)))
    n = rows.shape[1]
    shift = scaling.get("shift", np.zeros(n))
    inverse_scale = scaling.get("inverse_scale", np.ones(n))
    write = encoding.writer(out.dtype, shift, inverse_scale)
    write((rows - shift) * inverse_scale, out)
    return encoding, out


def regressor(**settings):
    return ShallowNetRegressor(
        **{"hidden_layer_sizes": 8, "max_iter": 30, "random_state": 0} | settings
    )


def predicted(net, X):
    """Return the predictions by the attributes of a network with tanh."""
    hidden = np.tanh(net.preprocessor_.transform(X) @ net.coefs_[0] + net.intercepts_[0])
    return (hidden @ net.coefs_[1] + net.intercepts_[1])[:, 0]


# Bins ---------------------------------------------------------------------------------------------


def test_a_bin_rises_from_its_lower_to_its_upper_edge():
    encoding, Z = seen(4)
    part = (Z - encoding.least) / (encoding.most - encoding.least)
    expected = np.clip((X[:, encoding.columns] - encoding.low) / encoding.width, 0, 1)
    np.testing.assert_allclose(part, expected, atol=1e-12)


def test_edges_are_quantiles_of_columns_that_have_more_than_two_values():
    encoding, _ = seen(4)
    assert encoding.columns.tolist() == [0] * 4 + [1] * 4
    edges = [*encoding.low[:4], encoding.low[3] + encoding.width[3]]
    np.testing.assert_allclose(edges, np.quantile(X[:, 0], np.linspace(0, 1, 5)), rtol=0.05)


def test_bins_are_centred_and_twice_as_long_as_the_column():
    _, Z = seen(8, X[:, :2], X[:, :2])
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose((Z**2).sum(axis=1).mean(), 2 * 2.0**2, rtol=0.2)


def test_few_values_have_a_bin_between_any_two():
    values = np.repeat([0.0, 1.0, 5.0], [5, 5, 10])[:, np.newaxis]
    encoding, _ = seen(16, values, values)
    assert encoding.low.tolist() == [0, 1]
    assert encoding.width.tolist() == [1, 4]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_that_rounding_tells_apart_have_no_bin_between_them(dtype):
    steps = np.repeat(np.arange(1, 11, dtype=dtype), 20)[:, np.newaxis]
    exact, rounded = steps / 10, steps / 10
    rounded[::2] = np.nextafter(rounded[::2], dtype(2))
    made = [piecewise_linear(8, X, None) for X in (exact, rounded)]
    assert len(made[0]) == len(made[1]) == 8
    np.testing.assert_allclose(made[1].width, made[0].width, rtol=1e-5)


P_VALUES = {
    "from 1e-300 to 1": np.exp(-700 * np.linspace(0, 1, 400)),
    "subnormal": np.exp(-710 - 30 * np.linspace(0, 1, 400)),
    "of a variance that underflows": 1e-200 * np.linspace(0, 1, 400),
    "subnormal in single precision": (1e-40 * np.linspace(0, 1, 400)).astype(np.float32),
}


@pytest.mark.filterwarnings("ignore:X has values of up to 1 ")  # far more than most others
@pytest.mark.parametrize("of_class", [False, True])
@pytest.mark.parametrize("p_value", P_VALUES.values(), ids=P_VALUES)
def test_a_column_of_tiny_numbers_does_no_harm(p_value, of_class):
    rows = np.column_stack([X[:, :1].astype(p_value.dtype), rng.permutation(p_value)])
    make, target = (ShallowNetClassifier, y > 1) if of_class else (ShallowNetRegressor, y)
    net = make(8, numeric_encoding=16, max_iter=30, random_state=0).fit(rows, target)
    expected = make(8, numeric_encoding=16, max_iter=30, random_state=0).fit(rows[:, :1], target)
    assert net.score(rows, target) > expected.score(rows[:, :1], target) - 0.1
    assert np.isfinite(net.predict_proba(rows) if of_class else net.predict(rows)).all()


def test_a_column_whose_variance_underflows_has_no_bins():
    tiny = np.column_stack([X[:, 0], 1e-200 * X[:, 1]])
    assert set(regressor(numeric_encoding=16).fit(tiny, y).preprocessor_.encoding.columns) == {0}


def test_amounts_that_are_mostly_zero_have_bins_of_the_others():
    amounts = np.append(np.zeros(900), np.geomspace(1, 1000, 100))[:, np.newaxis]
    encoding, _ = seen(16, amounts, amounts)
    edges = [*encoding.low, encoding.low[-1] + encoding.width[-1]]
    expected = [0, *np.quantile(amounts[900:], np.linspace(0, 1, 6))]  # of 20 samples each
    np.testing.assert_allclose(edges, expected, rtol=0.1)
    times = rng.integers(1, 4, len(amounts))
    weighted = make_encoding(16, np.asarray, amounts, times.astype(float))
    repeated = make_encoding(16, np.asarray, np.repeat(amounts, times, axis=0))
    np.testing.assert_array_equal(weighted.low, repeated.low)


def test_the_edges_of_many_samples_do_not_depend_on_a_period():
    column = np.random.default_rng(0).uniform(size=20_000) + np.tile([0, 10], 10_000)
    encoding = make_encoding(4, np.asarray, column[:, np.newaxis])
    assert encoding.low[-1] > 10


def test_an_outlier_is_not_far_away():
    column = np.append(rng.normal(size=999), 1e6)[:, np.newaxis]
    _, Z = seen(8, column, column)
    assert np.abs(Z).max() < 6


def test_beyond_the_bins_all_is_as_at_their_ends():
    encoding, Z = seen(8, np.array([[-1e9, -1e9, 0, 3], [1e9, 1e9, 0, 3]]), X)
    np.testing.assert_allclose(Z, [encoding.least, encoding.most])


def test_the_encoding_is_of_the_numbers_whatever_they_are_scaled_by():
    expected = seen(8)[1]
    scaling = {"shift": np.array([5.0, -2, 0, 1]), "inverse_scale": np.array([3.0, 0.1, 1, 2])}
    np.testing.assert_allclose(seen(8, **scaling)[1], expected, atol=1e-9)


def test_weights_are_repetitions():
    times = rng.integers(1, 4, len(X))
    weighted = make_encoding(8, np.asarray, X, times.astype(float))
    repeated = make_encoding(8, np.asarray, np.repeat(X, times, axis=0))
    assert weighted.fingerprint()[:64] == repeated.fingerprint()[:64]
    np.testing.assert_allclose(weighted.least, repeated.least)


def test_many_rows_have_nearly_the_quantiles_of_a_part():
    many = rng.normal(size=(50_000, 1))
    encoding = make_encoding(4, np.asarray, many)
    np.testing.assert_allclose(encoding.low[1:], [-0.674, 0, 0.674], atol=0.05)


def test_nothing_to_encode():
    encoding = make_encoding(8, np.asarray, X[:, 2:])
    assert (len(encoding), encoding.kind) == (0, 8)
    assert make_encoding(None, np.asarray, X) is NO_ENCODING


# Transformers -------------------------------------------------------------------------------------


class Jump(TransformerMixin, BaseEstimator):
    """Whether the first column is positive."""

    def fit(self, X, y=None):
        self.is_fitted_ = True
        return self

    def transform(self, X):
        return (X[:, :1] > 0) * 1.0


class Broken(Jump):
    def transform(self, X):
        return np.full((len(X), 1), np.nan)


@pytest.mark.parametrize("kind", [SplineTransformer(n_knots=4), Jump()], ids=["splines", "jump"])
def test_a_transformer_may_encode(kind):
    net = regressor(activation="tanh", numeric_encoding=kind).fit(X, y)
    np.testing.assert_allclose(predicted(net, X), net.predict(X), atol=1e-4)
    assert not hasattr(kind, "n_features_in_")
    assert not hasattr(kind, "is_fitted_")
    assert len(net.input_names_) == len(net.coefs_[0])
    assert net.score(X, y) > regressor(numeric_encoding=None).fit(X, y).score(X, y)


def test_a_transformer_that_makes_no_numbers_is_refused():
    with pytest.raises(ValueError, match=r"numeric_encoding=Broken\(\) makes .* not finite"):
        regressor(numeric_encoding=Broken()).fit(X, y)


@pytest.mark.parametrize("kind", [1, 0, True, 2.5, "bins", SplineTransformer, object()])
def test_other_kinds_are_refused(kind):
    with pytest.raises(ValueError, match=r"numeric_encoding=.* must be 'auto', None"):
        regressor(numeric_encoding=kind).fit(X, y)


@pytest.mark.parametrize("standardize", [True, False])
def test_sparse_rows_are_predicted_as_dense_ones(standardize):
    net = regressor(numeric_encoding=4, standardize=standardize, alpha=1.0).fit(X, y)
    np.testing.assert_allclose(net.predict(sparse.csr_array(X)), net.predict(X), rtol=1e-9)


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("encoding", [None, 4])
def test_sparse_rows_far_from_zero_keep_their_digits_in_single_precision(encoding, make):
    rows = (X + 1e4 * np.arange(X.shape[1])).astype(np.float32)
    net = regressor(numeric_encoding=encoding, alpha=1.0).fit(rows, y)
    expected = net.predict(rows)
    np.testing.assert_allclose(net.predict(make(rows)), expected, 0, 1e-5 * np.abs(expected).max())


def test_sparse_rows_are_refused():
    with pytest.raises(ValueError, match="numeric_encoding=8 needs dense X"):
        regressor(numeric_encoding=8).fit(sparse.csr_matrix(X), y)


# Networks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_rows", [20, 400])  # many rows are scaled by the first layer
def test_coefs_apply_to_the_encoded_numbers(n_rows, dtype):
    net = regressor(activation="tanh", numeric_encoding=8).fit(X.astype(dtype), y)
    rows = X[:n_rows].astype(dtype)
    np.testing.assert_allclose(predicted(net, rows), net.predict(rows), rtol=1e-3, atol=1e-4)
    assert net.input_names_[4:6].tolist() == ["x0_bin1", "x0_bin2"]
    assert len(net.input_names_) == len(net.coefs_[0]) == 4 + 16


OPTIONS = {
    "lbfgs": {"solver": "lbfgs", "max_iter": 2000},
    "lm": {"solver": "lm", "hidden_layer_sizes": 3, "max_iter": 500},
    "posterior": {"posterior": "laplace"},
    "early stopping": {"early_stopping": True},
    "dropout": {"dropout": (0.1, 0.1)},
    "several": {"n_estimators": 2, "n_init": 2},
    "not standardised": {"standardize": False},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "a number": {"alpha": 1.0},
    "absolute error": {"loss": "absolute_error"},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_an_encoding_goes_with_every_option(options):
    encoded, plain = (
        regressor(numeric_encoding=kind, **options).fit(X[::2], y[::2]) for kind in (8, None)
    )
    assert encoded.settings_["numeric_encoding"] == 8
    assert encoded.score(X[1::2], y[1::2]) > max(0.6, plain.score(X[1::2], y[1::2]) - 0.1)


def test_partial_fit_keeps_the_encoding():
    net = regressor(activation="tanh", numeric_encoding=8, max_iter=5).fit(X, y)
    before = net.estimators_[0]._networks[0].inputs.encoding
    net.partial_fit(X[:100] + 0.5, y[:100])
    assert net._networks[0].inputs.encoding.fingerprint() == before.fingerprint()
    np.testing.assert_allclose(predicted(net, X), net.predict(X), atol=1e-4)


def test_partial_fit_encodes_from_its_first_rows():
    net = regressor(numeric_encoding=4)
    for _ in range(300):
        net.partial_fit(X, y)
    assert net.score(X, y) > 0.7
    assert len(net.coefs_[0]) == 4 + 8


def test_a_warm_start_keeps_the_encoding():
    net = regressor(numeric_encoding=8, warm_start=True).fit(X, y)
    names = net.input_names_.tolist()
    assert net.fit(X[:200], y[:200]).input_names_.tolist() == names
    with pytest.raises(ValueError, match=r"numeric_encoding=None .* but the fitted"):
        net.set_params(numeric_encoding=None).fit(X, y)
    assert net.set_params(numeric_encoding="auto").fit(X, y).input_names_.tolist() == names


def test_a_copy_that_would_be_large_is_made_in_parts(monkeypatch):
    from sklearn_shallow.estimators.training import samples

    expected = regressor(numeric_encoding=8).fit(X, y)
    monkeypatch.setattr(samples, "MAX_COPY_BYTES", 0)
    found = regressor(numeric_encoding=8).fit(X, y)
    np.testing.assert_array_equal(found.predict(X), expected.predict(X))


def test_steps_are_learnt():
    steps = (X[:, 0] > 0).astype(int)
    net = ShallowNetClassifier(8, random_state=0, numeric_encoding=8).fit(X[::2], steps[::2])
    assert net.score(X[1::2], steps[1::2]) > 0.95


def test_few_rows_and_many_are_predicted_alike_in_single_precision():
    """Many are passed unscaled; narrow bins of scaled numbers would lose digits of few."""
    rng = np.random.default_rng(0)
    X = np.exp(3 * rng.standard_normal((3000, 3))).astype(np.float32) + np.float32([0, 0, 300])
    options = {"numeric_encoding": 16, "standardize": True, "max_iter": 5, "random_state": 0}
    net = ShallowNetRegressor(10, **options).fit(X, np.log(X[:, 0]))
    whole, few = net.predict(X), [net.predict(X[i : i + 20]) for i in range(0, 3000, 20)]
    np.testing.assert_allclose(np.concatenate(few), whole, 0, 3e-6 * np.abs(whole).max())
