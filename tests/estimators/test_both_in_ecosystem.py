"""Both estimators inside scikit-learn's tools, and on every kind of array and frame."""

import inspect
import pickle
from collections.abc import Callable
from typing import NamedTuple, get_type_hints

import joblib
import numpy as np
import pandas as pd
import pytest
from nets import SOLVERS, in_double, small, stochastic
from numpy.testing import assert_allclose, assert_array_equal
from optional import polars as pl
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.validation import check_array

from sklearn_shallow import (
    ELU,
    SGD,
    Activation,
    Adam,
    LeakyReLU,
    ShallowNetClassifier,
    ShallowNetRegressor,
)

# Noisy labels, so that weights and details of the fit show in the predictions.
OF_LABELS = {"n_features": 6, "n_informative": 4, "n_classes": 3, "flip_y": 0.3}
X, LABEL = make_classification(60, **OF_LABELS, random_state=0)
NUMBER = 1000 + 50 * X[:, 0] + 20 * X[:, 1] ** 2
X_sparse = sparse.csr_matrix(np.where(abs(X) > 0.5, X, 0))
WEIGHT = np.linspace(0.1, 3, len(X))
NAMES = [f"column {i}" for i in range(6)]


class Kind(NamedTuple):
    """An estimator, with one target, several ones, and what goes with it."""

    estimator: type
    y: np.ndarray
    Y: np.ndarray
    shows: tuple[str, ...]  # methods that show what was learnt, the first one most of it
    options: dict  # of which it has its own copy, if any
    score: Callable
    of_columns: type

    def net(self, **settings):
        return small(self.estimator, **settings)

    def shown(self, model, *data, rows=None):
        """Fit, and return what shows most for `rows`, or else for the training rows."""
        return getattr(model.fit(*data), self.shows[0])(data[0] if rows is None else rows)


KINDS = {
    "classifier": Kind(
        ShallowNetClassifier,
        LABEL,
        np.column_stack([LABEL > 0, LABEL < 2, X[:, 0] > 0]).astype(int),
        ("predict_proba", "predict", "predict_log_proba", "decision_function", "transform"),
        {"class_weight": {0: 1, 1: 2}},
        accuracy_score,
        MultiOutputClassifier,
    ),
    "regressor": Kind(
        ShallowNetRegressor,
        NUMBER,
        np.column_stack([NUMBER, 1e-3 * X[:, 0] ** 2]),
        ("predict", "transform"),
        {"loss": "quantile", "quantile": [0.1, 0.9]},
        r2_score,
        MultiOutputRegressor,
    ),
}
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS),
]
each_solver = pytest.mark.parametrize("solver", SOLVERS)


# Tools --------------------------------------------------------------------------------------------


def test_grid_search(kind):
    grid = {
        "activation": ["relu", "tanh", LeakyReLU(0.1)],
        "hidden_layer_sizes": [(), 5, (4, 3)],
        "alpha": [0.1, 1e6],
    }
    y = X[:, 0] if kind.score is r2_score else X[:, 0] > 0
    net = kind.net(solver="lbfgs", max_iter=10)
    search = GridSearchCV(net, grid, cv=3, error_score="raise").fit(X, y)
    assert search.best_params_["alpha"] == 0.1
    assert search.best_score_ > 0.85
    assert search.best_estimator_.score(X, y) == search.score(X, y)


def test_multi_output_is_one_net_per_column(kind):
    model = kind.of_columns(kind.net()).fit(X, kind.Y)
    for part, target in zip(model.estimators_, kind.Y.T, strict=True):
        assert_array_equal(getattr(part, kind.shows[0])(X), kind.shown(kind.net(), X, target))


@pytest.mark.usefixtures("metadata_routing")
class TestMetadataRouting:
    def test_pipeline_passes_weights_to_fit_and_score(self, kind):
        net, y = kind.net(), kind.y
        routed = net.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        pipeline = make_pipeline(MinMaxScaler(), routed).fit(X, y, sample_weight=WEIGHT)
        scaled = MinMaxScaler().fit_transform(X)
        expected = kind.shown(kind.net(), scaled, y, WEIGHT)
        assert_array_equal(getattr(pipeline, kind.shows[0])(X), expected)
        score = pipeline.score(X, y, sample_weight=WEIGHT)
        assert score == kind.score(y, pipeline.predict(X), sample_weight=WEIGHT)
        assert score != pipeline.score(X, y)

    def test_cross_validation_splits_the_weights(self, kind):
        net, y, folds = kind.net(), kind.Y, KFold(3)
        routed = net.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        scores = cross_validate(routed, X, y, cv=folds, params={"sample_weight": WEIGHT})
        expected = [
            kind.net()
            .fit(X[train], y[train], WEIGHT[train])
            .score(X[test], y[test], sample_weight=WEIGHT[test])
            for train, test in folds.split(X)
        ]
        assert_array_equal(scores["test_score"], expected)

    def test_partial_fit_gets_weights(self, kind):
        is_classifier = kind.score is accuracy_score
        classes = {"classes": False} if is_classifier else {}
        model = kind.of_columns(kind.net().set_partial_fit_request(sample_weight=True, **classes))
        declared = {"classes": [[0, 1]] * kind.Y.shape[1]} if is_classifier else {}
        model.partial_fit(X, kind.Y, sample_weight=WEIGHT, **declared)
        of_one = {"classes": [0, 1]} if is_classifier else {}
        for part, target in zip(model.estimators_, kind.Y.T, strict=True):
            weighted, plain = (
                kind.net().partial_fit(X, target, sample_weight=weight, **of_one)
                for weight in (WEIGHT, None)
            )
            found, weighted, plain = (
                getattr(one, kind.shows[0])(X) for one in (part, weighted, plain)
            )
            assert_array_equal(found, weighted)
            assert (weighted != plain).any()


# The estimator as an object -----------------------------------------------------------------------


def test_parameters_are_those_of_the_constructor(kind):
    names = set(inspect.signature(kind.estimator).parameters)
    assert set(kind.estimator().get_params()) == names
    hints = get_type_hints(kind.estimator.__init__)  # as tools for command lines ask for
    assert set(hints) - {"return"} == names


@each_solver
def test_fit_writes_no_parameter(kind, solver):
    model = kind.net(solver=solver, activation=["tanh"], l1_ratio=[0.0, 0.0], **kind.options)
    before = clone(model).get_params()
    assert model.fit(X, kind.y).get_params() == before


ACTIVATIONS = {
    "Activation": {"activation": Activation(np.sin, np.cos, init="lecun")},
    "ELU": {"activation": ELU(0.5)},
    "list": {
        "activation": ["silu", LeakyReLU(0.2), Activation(np.sin, np.cos)],
        "hidden_layer_sizes": (4, 3, 2),
    },
}
SETTINGS = {**{solver: {"solver": solver} for solver in SOLVERS}, **ACTIVATIONS}


@pytest.mark.parametrize("through", ["pickle", "joblib"])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_stored_model_predicts_the_same_bits_and_can_be_trained_further(
    kind, settings, through, tmp_path
):
    model = kind.net(**settings).fit(X, kind.Y)
    if through == "pickle":
        stored = pickle.loads(pickle.dumps(model))
    else:
        joblib.dump(model, tmp_path / "model.joblib")
        stored = joblib.load(tmp_path / "model.joblib")
    for rows in (X, X_sparse):
        for method in kind.shows:
            assert_array_equal(getattr(stored, method)(rows), getattr(model, method)(rows))
    if settings.get("solver") != "lbfgs":
        further = [one.partial_fit(X, kind.Y).predict(X) for one in (stored, model)]
        assert_array_equal(*further)


@pytest.mark.parametrize("settings", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_clone_of_activations(kind, settings):
    model = kind.net(**settings)
    expected = kind.shown(model, X, kind.y)
    copied = clone(model)
    assert not copied.__sklearn_is_fitted__()
    assert repr(copied) == repr(model)
    assert_array_equal(kind.shown(copied, X, kind.y), expected)


@pytest.mark.parametrize("fitted", [False, True])
def test_html(kind, fitted):
    model = kind.net(alpha=2.5)
    if fitted:
        model.fit(X, kind.y)
    for html in (estimator_html_repr(model), model._repr_html_()):
        assert kind.estimator.__name__ in html
        assert "2.5" in html


def test_tags(kind):
    tags = get_tags(kind.net())
    assert tags.input_tags.sparse
    assert tags.input_tags.allow_nan
    assert tags.target_tags.required
    assert tags.target_tags.multi_output
    assert tags.estimator_type == kind.estimator.__name__.removeprefix("ShallowNet").lower()


# Kinds of X ---------------------------------------------------------------------------------------

FORMATS = ["csr_matrix", "csc_matrix", "coo_matrix", "csr_array", "csc_array", "coo_array"]


def with_duplicates(X):
    """Return X as CSR with every entry written as two that add up to it."""
    halves = np.repeat(X.data / 2, 2)
    return sparse.csr_matrix((halves, np.repeat(X.indices, 2), 2 * X.indptr), shape=X.shape)


def with_stored_zeros(X):
    """Return X as CSR with every entry stored."""
    n_rows, n_features = X.shape
    indices = np.tile(np.arange(n_features), n_rows)
    indptr = np.arange(0, X.shape[0] * n_features + 1, n_features)
    return sparse.csr_matrix((X.toarray().ravel(), indices, indptr), shape=X.shape)


def with_descending_columns(X):
    """Return X as CSR whose indices are not sorted."""
    return sparse.csr_matrix(X[:, ::-1].toarray())[:, ::-1]


SPARSE = {
    **{name: getattr(sparse, name) for name in FORMATS},
    "duplicates": with_duplicates,
    "stored zeros": with_stored_zeros,
    "descending columns": with_descending_columns,
}


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("convert", SPARSE.values(), ids=SPARSE)
def test_sparse_formats_are_one(kind, convert, solver):
    rows = convert(X_sparse)
    assert_array_equal(rows.toarray(), X_sparse.toarray())
    model = kind.net(solver=solver, **stochastic(solver, batch_size=7))
    expected = kind.shown(model, X_sparse, kind.Y)
    assert_allclose(getattr(model, kind.shows[0])(rows), expected, rtol=1e-12)
    assert_allclose(kind.shown(model, rows, kind.Y), expected, rtol=1e-9)


@each_solver
@pytest.mark.parametrize("name", ["csr_matrix", "csr_array"])
def test_sparse_is_never_made_dense(kind, name, solver, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise AssertionError("made dense")

    rows = getattr(sparse, name)(X_sparse)
    for format_ in (sparse.csr_matrix, sparse.csr_array):
        monkeypatch.setattr(format_, "toarray", refuse)
        monkeypatch.setattr(format_, "todense", refuse)
    with pytest.raises(AssertionError, match="made dense"):
        rows.todense()
    model = kind.net(solver=solver, alpha=1.0, **stochastic(solver, batch_size=7))
    model.fit(rows, kind.y, WEIGHT)
    if solver != "lbfgs":
        model.partial_fit(rows, kind.y)
    assert np.isfinite(model.score(rows, kind.y))
    for method in kind.shows:
        assert len(getattr(model, method)(rows)) == len(kind.y)


@each_solver
def test_sparse_and_dense_rows_are_predicted_alike(kind, solver):
    model = kind.net(solver=solver).fit(X, kind.Y)
    for method in kind.shows:
        found = getattr(model, method)
        assert_allclose(found(X_sparse), found(X_sparse.toarray()), rtol=1e-9, atol=1e-12)


@each_solver
def test_sparse_fit_equals_dense_fit_where_nothing_is_centred(kind, solver):
    rate = stochastic(solver, learning_rate_init=0.01)
    model = kind.net(solver=in_double(solver), standardize=False, **rate)
    y = kind.y if kind.score is accuracy_score else (kind.y - 1000) / 100
    expected = kind.shown(model, X_sparse.toarray(), y)
    assert_allclose(kind.shown(model, X_sparse, y), expected, rtol=1e-7)


@pytest.mark.parametrize("solver", [*SOLVERS, Adam(dtype="float32"), SGD(dtype="float64")], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [X, X_sparse], ids=["dense", "sparse"])
def test_dtype_is_that_of_X(kind, rows, dtype, solver):
    rows = rows.astype(dtype)
    model = kind.net(solver=solver).fit(rows, kind.Y, WEIGHT)
    outputs = [getattr(model, method)(rows) for method in kind.shows if method != "predict"]
    outputs += [*model.coefs_, *model.intercepts_]
    if kind.score is r2_score:
        outputs.append(model.predict(rows))
    assert {output.dtype for output in outputs} == {np.dtype(dtype)}


FRAMES = {
    "pandas": pd.DataFrame(X, columns=NAMES),
    "pandas, nullable": pd.DataFrame(X, columns=NAMES).astype("Float64"),
    "pandas, sparse": pd.DataFrame(X, columns=NAMES).astype(pd.SparseDtype(float, 0.0)),
    "polars": pl.DataFrame(X, schema=NAMES),
}


@pytest.fixture(params=FRAMES.values(), ids=FRAMES)
def frame(request):
    if not hasattr(StandardScaler(with_mean=False).fit(request.param), "feature_names_in_"):
        pytest.skip("this scikit-learn does not read the column names of such a frame")
    return request.param


def test_frame(kind, frame):
    model = kind.net(batch_size="full").fit(frame, kind.y)
    assert_array_equal(model.feature_names_in_, NAMES)
    assert model.n_features_in_ == 6
    # Sparse or dense as scikit-learn reads it: for a frame of sparse columns that varies.
    plain = check_array(frame, accept_sparse="csr")
    expected = kind.shown(kind.net(batch_size="full"), plain, kind.y)
    assert_array_equal(getattr(model, kind.shows[0])(frame), expected)


def test_sparse_frame_of_dummies(kind):
    towns = pd.Series(["Oslo", "Rome", "Bath"] * (len(X) // 3))
    frame = pd.get_dummies(towns, sparse=True)  # of bool, which scikit-learn leaves as they are
    model = kind.net(batch_size="full")
    numbers = check_array(frame, accept_sparse="csr").astype(float)  # dense in scikit-learn 1.7
    expected = kind.shown(model, numbers, kind.y)
    assert_array_equal(kind.shown(model, frame, kind.y), expected)


def test_columns_in_another_order_are_refused(kind, frame):
    model = kind.net().fit(frame, kind.y)
    calls = dict.fromkeys(kind.shows, ()) | {"score": (kind.y,), "partial_fit": (kind.y,)}
    for method, targets in calls.items():
        with pytest.raises(ValueError, match=r"feature names.*fit"):
            getattr(model, method)(frame[NAMES[::-1]], *targets)


@pytest.mark.parametrize("convert", [pd.Series, pl.Series, np.ndarray.tolist])
def test_series_of_weights(kind, convert):
    expected = kind.shown(kind.net(), X, kind.y, WEIGHT)
    assert_array_equal(kind.shown(kind.net(), X, kind.y, convert(WEIGHT)), expected)


@pytest.mark.parametrize("rows", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("target", ["one", "several", "first of several"])
def test_the_activations_of_every_layer(kind, rows, target):
    model = kind.net(hidden_layer_sizes=(4, 3), activation="tanh")
    model.fit(X, {"one": kind.y, "several": kind.Y}.get(target, kind.Y[:, 0]))
    layers = [np.tanh(X @ model.coefs_[0] + model.intercepts_[0])]
    layers.append(np.tanh(layers[0] @ model.coefs_[1] + model.intercepts_[1]))
    for layer in (0, 1, -1, -2):
        found = model.transform(rows(X), layer=layer)
        assert_allclose(found, layers[layer], rtol=1e-7, atol=1e-9)
    last = model.transform(X)
    assert_array_equal(last, model.transform(X, layer=1))
    raw = last @ model.coefs_[2] + model.intercepts_[2]
    decision = getattr(model, "decision_function", model.predict)(X)
    assert_allclose(raw, decision.reshape(raw.shape), rtol=1e-9, atol=1e-9)
