"""The regressor alone inside scikit-learn's tools, and on every kind of array, frame and target."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from nets import small_regressor as net
from numpy.testing import assert_allclose, assert_array_equal
from optional import polars as pl
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_regression
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    StackingRegressor,
    VotingRegressor,
)
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    d2_absolute_error_score,
    d2_pinball_score,
    d2_tweedie_score,
    make_scorer,
    mean_pinball_loss,
    r2_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_predict,
    cross_val_score,
    learning_curve,
)
from sklearn.multioutput import RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils import estimator_html_repr, get_tags

from sklearn_shallow import (
    ShallowNetClassifier,
    ShallowNetRegressor,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

NAMES = [f"column {i}" for i in range(4)]
X, y = make_regression(80, n_features=4, n_informative=2, noise=5.0, random_state=0)
y = y + 1000
TWO = np.column_stack([y, 1e-3 * X[:, 0] ** 2])
X_sparse = sparse.csr_matrix(np.where(abs(X) > 0.5, X, 0))
WEIGHT = np.linspace(0.1, 3, len(y))


def good_net(**parameters):
    """Return a regressor that learns a linear function in a few iterations."""
    parameters = {"solver": "lbfgs", "activation": "tanh", "max_iter": 30, **parameters}
    return net(**{"alpha": 0.1, **parameters})


def predictions(model, *data, rows=None):
    """Fit, and return the predictions for `rows`, or else for the training rows."""
    return model.fit(*data).predict(data[0] if rows is None else rows)


# Model selection ----------------------------------------------------------------------------------


def test_grid_search_finds_the_loss_that_its_score_asks_for():
    skewed = np.exp(2 * X[:, 0])
    grid = {"loss": ["absolute_error", "squared_error", "quantile"], "quantile": [0.9]}
    for level, best in ((0.9, "quantile"), (0.5, "absolute_error")):
        scoring = make_scorer(mean_pinball_loss, alpha=level, greater_is_better=False)
        model = good_net(hidden_layer_sizes=(), alpha=1.0)
        search = GridSearchCV(model, grid, cv=3, scoring=scoring, error_score="raise")
        with pytest.warns(UserWarning, match="No effect: quantile=0.9"):
            search.fit(X[:, 1:], skewed)
        assert search.best_params_["loss"] == best


def test_grid_search_over_quantiles_that_are_numbers_and_lists():
    grid = {"quantile": [0.1, [0.1, 0.9], (0.1, 0.5, 0.9)]}
    search = GridSearchCV(good_net(loss="quantile"), grid, cv=2, error_score="raise").fit(X, y)
    expected = cross_val_score(good_net(loss="quantile", quantile=[0.1, 0.9]), X, y, cv=2)
    assert search.cv_results_["mean_test_score"][1] == expected.mean()


@pytest.mark.parametrize(
    ("parameters", "target", "shape"),
    [
        ({}, y, (80,)),
        ({}, TWO, (80, 2)),
        ({"loss": "quantile", "quantile": [0.1, 0.5, 0.9]}, y, (80, 3)),
    ],
    ids=["one", "two", "quantiles"],
)
def test_cross_val_predict(parameters, target, shape):
    folds = KFold(4)
    found = cross_val_predict(net(**parameters), X, target, cv=folds)
    assert found.shape == shape
    for train, test in folds.split(X):
        expected = net(**parameters).fit(X[train], target[train]).predict(X[test])
        assert_array_equal(found[test], expected)


def test_learning_curve_by_partial_fit():
    model = net(learning_rate_init=0.05)
    settings = {"cv": 2, "train_sizes": [0.1, 0.5, 1.0], "exploit_incremental_learning": True}
    _, _, test = learning_curve(model, X, y, **settings)
    assert np.isfinite(test).all()
    assert test[2].mean() > test[0].mean()


# Meta-estimators ----------------------------------------------------------------------------------

META_ESTIMATORS = {
    "pipeline": make_pipeline(MinMaxScaler(), good_net()),
    "bagging": BaggingRegressor(good_net(), n_estimators=3, random_state=0),
    "boosting": AdaBoostRegressor(good_net(), n_estimators=3, random_state=0),
    "voting": VotingRegressor([("net", good_net()), ("linear", Ridge())]),
    "stacking": StackingRegressor([("net", good_net()), ("linear", Ridge())], good_net(), cv=2),
    "stacking, columns too": StackingRegressor(
        [("net", good_net()), ("linear", Ridge())], cv=2, passthrough=True
    ),
    "target in other units": TransformedTargetRegressor(good_net(), transformer=MinMaxScaler()),
    "logarithm": TransformedTargetRegressor(good_net(), func=np.log, inverse_func=np.exp),
}


@pytest.mark.parametrize("estimator", META_ESTIMATORS.values(), ids=META_ESTIMATORS)
def test_meta_estimator(estimator):
    assert clone(estimator).fit(X, y).score(X, y) > 0.9


def test_a_chain_of_regressors():
    assert RegressorChain(good_net()).fit(X, TWO).score(X, TWO) > 0.9


def strengths(net):
    """Return how strongly the first layer uses the features."""
    return abs(net.coefs_[0]).sum(axis=1)


def test_columns_that_the_absolute_values_made_zero_are_removed():
    rng = np.random.default_rng(0)
    rows = np.c_[X, rng.normal(size=(80, 4))]
    settings = {"solver": "adam", "max_iter": 300, "alpha": 5.0, "l1_ratio": (1, 0)}
    net = good_net(**settings, learning_rate_init=0.02)
    selector = SelectFromModel(net, threshold=1e-12, importance_getter=strengths)
    kept = selector.fit(rows, y).get_support()
    weights = selector.estimator_.coefs_[0]
    assert_array_equal(kept, (weights != 0).any(axis=1))
    assert 1 <= kept.sum() < 8
    correlation = abs(np.corrcoef(X.T, y)[-1, :-1])
    assert kept[correlation.argmax()]
    assert_array_equal(selector.transform(rows), rows[:, kept])


# Metadata routing ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("metadata_routing")
class TestMetadataRouting:
    def test_rows_to_validate_on_reach_the_net(self):
        routed = net(early_stopping=True).set_fit_request(X_val=True, y_val=True)
        search = GridSearchCV(routed, {"alpha": [1.0]}, cv=2, error_score="raise")
        search.fit(X, y, X_val=X, y_val=y)
        direct = net(early_stopping=True, alpha=1.0).fit(X, y, X_val=X, y_val=y)
        assert (
            search.best_estimator_.history_["validation_loss"]
            == (direct.history_["validation_loss"])
        )


# As a step that makes features --------------------------------------------------------------------


@pytest.mark.parametrize("rows", [X, X_sparse], ids=["dense", "sparse"])
def test_without_a_hidden_layer_the_features_are_standardised(rows):
    model = good_net(hidden_layer_sizes=(), standardize=True).fit(rows, y)
    expected = StandardScaler(with_mean=not sparse.issparse(rows)).fit_transform(rows)
    found = model.transform(rows)
    assert sparse.issparse(found) == sparse.issparse(rows)
    as_array = (lambda array: array.toarray()) if sparse.issparse(rows) else np.asarray
    assert_allclose(as_array(found), as_array(expected), rtol=1e-9)


def test_sparse_features_after_dense_rows_get_the_way_out():
    model = good_net(hidden_layer_sizes=()).fit(X, y)
    with pytest.raises(ValueError, match=r"sparse.*toarray"):
        model.transform(X_sparse)


@pytest.mark.parametrize("layer", [2, -3, "first", None, 1.0])
def test_a_layer_that_is_not_there_is_named(layer):
    with pytest.raises(ValueError, match=f"layer={layer!r}"):
        net(hidden_layer_sizes=(3, 2)).fit(X, y).transform(X, layer=layer)


def test_no_features_before_fit():
    for call in (lambda: net().transform(X), lambda: net().get_feature_names_out()):
        with pytest.raises(NotFittedError):
            call()


STEPS = {
    "regressor, ridge": (good_net(), Ridge(), y),
    "classifier, logistic": (
        ShallowNetClassifier(5, solver="lbfgs", random_state=0),
        LogisticRegression(),
        y > 1000,
    ),
    "regressor, classifier": (
        good_net(),
        ShallowNetClassifier(3, solver="lbfgs", random_state=0),
        y > 1000,
    ),
}


@pytest.mark.parametrize(("step", "last", "target"), STEPS.values(), ids=STEPS)
def test_a_net_is_a_step_of_a_pipeline(step, last, target):
    pipeline = make_pipeline(clone(step), clone(last)).fit(X, target)
    assert pipeline.score(X, target) > 0.9
    features = pipeline[0].transform(X)
    assert features.shape == (80, 5)
    assert_array_equal(pipeline.predict(X), clone(last).fit(features, target).predict(features))


@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize("method", ["transform", "fit_transform"])
@pytest.mark.parametrize("hidden", [(), (3,), (3, 2)], ids=str)
def test_features_in_a_frame(hidden, method, container):
    pytest.importorskip(container)
    model = net(hidden_layer_sizes=hidden).set_output(transform=container)
    arguments = (X, y) if method == "fit_transform" else (X,)
    if method == "transform":
        model.fit(X, y)
    frame = getattr(model, method)(*arguments)
    assert type(frame).__module__.startswith(container)
    names = [f"shallownetregressor{i}" for i in range(hidden[-1] if hidden else 4)]
    assert list(frame.columns) == names == model.get_feature_names_out().tolist()
    plain = net(hidden_layer_sizes=hidden).fit(X, y).transform(X)
    assert_array_equal(frame.to_numpy(), plain)


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_a_frame_has_names_for_the_last_layer_only(container):
    pytest.importorskip(container)
    model = net(hidden_layer_sizes=(3, 2)).fit(X, y).set_output(transform=container)
    assert_array_equal(model.transform(X, layer=1), model.transform(X))
    with pytest.raises(ValueError, match=r"layer=0.*set_output\(transform='default'\)"):
        model.transform(X, layer=0)
    assert model.set_output(transform="default").transform(X, layer=0).shape == (80, 3)


def test_names_of_features_go_through_a_pipeline():
    frame = pd.DataFrame(X, columns=NAMES)
    with sklearn.config_context(transform_output="pandas"):
        pipeline = make_pipeline(StandardScaler(), good_net(), Ridge()).fit(frame, y)
        score = pipeline.score(frame, y)
    assert_array_equal(pipeline[1].feature_names_in_, NAMES)
    assert pipeline[2].feature_names_in_.tolist() == [f"shallownetregressor{i}" for i in range(5)]
    assert score > 0.9


# The estimator as an object -----------------------------------------------------------------------


def test_the_two_estimators_share_their_parameters_and_defaults():
    ours, theirs = ShallowNetRegressor().get_params(), ShallowNetClassifier().get_params()
    assert set(ours) - set(theirs) == {"quantile"}
    assert set(theirs) - set(ours) == {"class_weight"}
    different = {name for name in set(ours) & set(theirs) if ours[name] != theirs[name]}
    assert different == {"loss"}


def test_tags():
    for loss in ("poisson", "gamma", "tweedie"):
        assert get_tags(net(loss=loss)).target_tags.positive_only
    assert not get_tags(net(loss="huber")).target_tags.positive_only


@pytest.mark.parametrize(
    "parameters",
    [{"loss": "nope"}, {"loss": None}, {"loss": 5}, {"loss": "quantile", "quantile": "a"}],
)
def test_a_net_with_bad_parameters_can_be_shown_and_cloned(parameters):
    model = net(**parameters)
    assert get_tags(model).estimator_type == "regressor"
    assert "ShallowNetRegressor" in estimator_html_repr(model)
    assert repr(clone(model)) == repr(model)


# Kinds of y ---------------------------------------------------------------------------------------

COUNTS = np.round(abs(X[:, 0]) * 3)
SERIES = {
    "pandas": pd.Series(COUNTS, name="count"),
    "pandas, other index": pd.Series(COUNTS, index=range(80, 0, -1)),
    "pandas Int64": pd.Series(COUNTS).astype("Int64"),
    "pandas UInt8": pd.Series(COUNTS).astype("UInt8"),
    "pandas Float64": pd.Series(COUNTS).astype("Float64"),
    "pandas Float32": pd.Series(COUNTS).astype("Float32"),
    "pandas Index": pd.Index(COUNTS),
    "polars": pl.Series(COUNTS),
    "polars int": pl.Series(COUNTS.astype(int)),
    "list": COUNTS.tolist(),
    "tuple": tuple(COUNTS.tolist()),
    "objects": COUNTS.astype(object),
    "objects that are int": COUNTS.astype(int).astype(object),
    **{
        dtype: COUNTS.astype(dtype)
        for dtype in ("int8", "uint8", "int64", "uint64", "float16", "float32", ">f8")
    },
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("target", SERIES.values(), ids=SERIES)
def test_kinds_of_one_target(target, loss, method):
    model, plain = (
        getattr(net(loss=loss), method)(X, values) for values in (target, COUNTS.astype(float))
    )
    assert_array_equal(model.predict(X), plain.predict(X))
    assert model.predict(X).dtype == np.float64
    assert model.score(X, target) == pytest.approx(plain.score(X, COUNTS))


BOOLEANS = {
    "numpy": COUNTS > 2,
    "pandas": pd.Series(COUNTS > 2),
    "pandas nullable": pd.Series(COUNTS > 2).astype("boolean"),
    "polars": pl.Series(COUNTS > 2),
}


@pytest.mark.parametrize("target", BOOLEANS.values(), ids=BOOLEANS)
def test_booleans_are_zero_and_one(target):
    expected = predictions(net(), X, (COUNTS > 2).astype(float))
    assert_array_equal(predictions(net(), X, target), expected)


TABLES = {
    "pandas": pd.DataFrame(TWO, columns=["a", "b"]),
    "pandas, nullable": pd.DataFrame(TWO, columns=["a", "b"]).astype("Float64"),
    "polars": pl.DataFrame(TWO, schema=["a", "b"]),
    "list": TWO.tolist(),
    "objects": TWO.astype(object),
    "Fortran": np.asfortranarray(TWO),
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("target", TABLES.values(), ids=TABLES)
def test_kinds_of_several_targets(target, method):
    model, plain = getattr(net(), method)(X, target), getattr(net(), method)(X, TWO)
    # The mean of a column rounds by its memory layout.
    assert_allclose(model.predict(X), plain.predict(X), rtol=1e-7)
    assert model.score(X, target) == pytest.approx(plain.score(X, TWO))


GAPS = np.arange(160).reshape(80, 2) % 7 == 0
GAPPY = np.where(GAPS, np.nan, TWO)
GAPPY_TABLES = {
    "float32": GAPPY.astype(np.float32).astype(float),
    "objects": GAPPY.astype(object),
    "None": np.where(GAPS, None, TWO.astype(object)),
    "pandas": pd.DataFrame(GAPPY),
    "pandas, nullable": pd.DataFrame(TWO).astype("Float64").mask(GAPS),
    "pandas, integers": pd.DataFrame(np.round(TWO)).astype("Int64").mask(GAPS),
    "polars": pl.DataFrame(GAPPY, schema=["a", "b"]),
    "polars null": pl.DataFrame(
        {str(i): [None if np.isnan(v) else v for v in GAPPY[:, i]] for i in (0, 1)}
    ),
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("name", GAPPY_TABLES)
def test_gaps_in_every_kind_of_table(name, method):
    values = {"pandas, integers": np.where(GAPS, np.nan, np.round(TWO))}.get(name, GAPPY)
    expected = getattr(net(), method)(X, values).predict(X)
    found = getattr(net(), method)(X, GAPPY_TABLES[name]).predict(X)
    assert_allclose(found, expected, rtol=1e-6)


COLUMNS = {
    "numpy": y[:, np.newaxis],
    "pandas": pd.DataFrame({"a": y}),
    "polars": pl.DataFrame({"a": y}),
    "list": y[:, np.newaxis].tolist(),
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_a_column_is_one_target_and_a_warning(column, method):
    model, plain = net(), getattr(net(), method)(X, y)
    with pytest.warns(DataConversionWarning, match="column-vector"):
        getattr(model, method)(X, column)
    assert_array_equal(model.predict(X), plain.predict(X))
    assert model.predict(X).shape == (80,)


# Scores -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "score"),
    [
        ("squared_error", r2_score),
        ("absolute_error", d2_absolute_error_score),
        ("quantile", d2_pinball_score),
        ("poisson", lambda y, mean, **kw: d2_tweedie_score(y, mean, power=1, **kw)),
        ("gamma", lambda y, mean, **kw: d2_tweedie_score(y, mean, power=2, **kw)),
        ("tweedie", lambda y, mean, **kw: d2_tweedie_score(y, mean, power=1.5, **kw)),
    ],
)
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weight"])
def test_every_loss_raises_the_score_that_belongs_to_it(loss, score, weight):
    positive = np.exp(X[:, 0]) + 0.1
    model = good_net(loss=loss, max_iter=100).fit(X, positive, weight)
    assert score(positive, model.predict(X), sample_weight=weight) > 0.7


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weight"])
@pytest.mark.parametrize("target", [y, TWO], ids=["one", "two"])
def test_the_score_is_the_coefficient_of_determination(target, weight):
    model = net().fit(X, target)
    expected = r2_score(target, model.predict(X), sample_weight=weight)
    assert model.score(X, target, weight) == expected


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weight"])
@pytest.mark.parametrize("target", [y, TWO], ids=["one", "two"])
def test_the_score_of_several_quantiles_is_the_mean_of_their_parts(target, weight):
    levels = [0.2, 0.5, 0.7]
    model = net(loss="quantile", quantile=levels).fit(X, target)
    expected = [
        d2_pinball_score(target, model.predict(X)[..., k], sample_weight=weight, alpha=level)
        for k, level in enumerate(levels)
    ]
    assert model.score(X, target, weight) == pytest.approx(np.mean(expected))


def test_the_score_is_that_of_the_quantiles_that_were_fitted():
    model = net(loss="quantile", quantile=[0.2, 0.7]).fit(X, y)
    expected = model.score(X, y)
    for later in (0.5, [0.1, 0.5, 0.9], [0.5, 0.9]):
        assert model.set_params(quantile=later).score(X, y) == expected
