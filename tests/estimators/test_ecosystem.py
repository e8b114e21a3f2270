"""The classifier alone inside scikit-learn's tools, and on every kind of array, frame and label."""

import numpy as np
import pandas as pd
import pytest
from nets import SOLVERS, stochastic
from nets import small as net
from numpy.testing import assert_allclose, assert_array_equal
from optional import polars as pl
from scipy import sparse, stats
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_validate,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.utils import get_tags

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X_iris, y_iris = load_iris(return_X_y=True)
NAMES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
# Noisy labels, so that weights and details of the fit show in the predictions.
X, y = make_classification(60, n_features=6, n_informative=4, flip_y=0.3, random_state=0)
X_sparse = sparse.csr_matrix(np.where(abs(X) > 0.5, X, 0))
WEIGHT = np.linspace(0.1, 3, len(y))


def good_net(**parameters):
    """Return a classifier that learns iris in a few iterations."""
    return net(**{"solver": "lbfgs", "alpha": 0.1, "max_iter": 30, **parameters})


def probabilities(model, *data, rows=None):
    """Fit, and return the probabilities for `rows`, or else for the training rows."""
    return model.fit(*data).predict_proba(data[0] if rows is None else rows)


# Model selection --------------------------------------------------------------------------------


def test_grid_search_finds_that_the_linear_model_is_worse():
    X_square = np.random.default_rng(0).uniform(-1, 1, (100, 2))
    search = GridSearchCV(
        good_net(), {"hidden_layer_sizes": [(), (5,)]}, cv=2, error_score="raise"
    ).fit(X_square, X_square[:, 0] * X_square[:, 1] > 0)
    assert search.best_params_ == {"hidden_layer_sizes": (5,)}


@pytest.mark.filterwarnings("ignore:No effect. tol=")
def test_randomized_search():
    distributions = {
        "hidden_layer_sizes": stats.randint(2, 6),
        "alpha": stats.loguniform(1e-3, 1),
        "tol": stats.uniform(0, 1e-3),
        "max_iter": stats.randint(20, 30),
    }
    search = RandomizedSearchCV(
        good_net(), distributions, n_iter=4, cv=2, random_state=0, error_score="raise"
    )
    assert search.fit(X_iris, y_iris).best_score_ > 0.9


@pytest.mark.parametrize(
    "sizes",
    [np.int64(4), (np.int32(4),), [4], np.array([4])],
    ids=["scalar", "in a tuple", "list", "array"],
)
def test_numpy_integers_are_sizes(sizes):
    model = net(hidden_layer_sizes=sizes, max_iter=np.int64(5), batch_size=np.int16(7))
    assert_array_equal(
        probabilities(clone(model), X, y),
        probabilities(net(hidden_layer_sizes=(4,), batch_size=7), X, y),
    )


def test_halving_search_with_iterations_as_the_resource():
    search = HalvingGridSearchCV(
        net(solver="lbfgs"),
        {"alpha": [0.01, 0.1, 1.0, 1000.0]},
        resource="max_iter",
        min_resources=5,
        max_resources=20,
        factor=2,
        cv=2,
        random_state=0,
        error_score="raise",
    ).fit(X_iris, y_iris)
    assert search.n_resources_ == [5, 10, 20]
    assert search.best_estimator_.max_iter == 20
    assert search.best_params_["alpha"] < 1000


@pytest.mark.parametrize("estimator", [ShallowNetClassifier, ShallowNetRegressor])
def test_cross_validation_in_two_processes_equals_one(estimator):
    model = estimator(5, max_iter=5, random_state=0)
    one, two = (
        cross_validate(model, X, y, cv=3, n_jobs=n_jobs, return_estimator=True) for n_jobs in (1, 2)
    )
    assert_array_equal(one["test_score"], two["test_score"])
    for ours, theirs in zip(one["estimator"], two["estimator"], strict=True):
        for W, V in zip(ours.coefs_, theirs.coefs_, strict=True):
            assert_allclose(W, V, rtol=1e-12)


# Meta-estimators --------------------------------------------------------------------------------

META_ESTIMATORS = {
    "pipeline": make_pipeline(MinMaxScaler(), good_net()),
    "calibration": CalibratedClassifierCV(good_net(), cv=2),
    "one versus rest": OneVsRestClassifier(good_net()),
    "bagging": BaggingClassifier(good_net(), n_estimators=3, random_state=0),
    "voting": VotingClassifier(
        [("net", good_net()), ("linear", LogisticRegression(max_iter=1000))], voting="soft"
    ),
    "stacking": StackingClassifier(
        [("net", good_net()), ("other", good_net(activation="tanh"))], good_net(), cv=2
    ),
}


@pytest.mark.parametrize("estimator", META_ESTIMATORS.values(), ids=META_ESTIMATORS)
def test_meta_estimator(estimator):
    labels = np.array(["setosa", "versicolor", "virginica"])[y_iris]
    model = clone(estimator).fit(X_iris, labels)
    proba = model.predict_proba(X_iris)
    assert model.score(X_iris, labels) > 0.9
    assert_allclose(proba.sum(axis=1), 1)
    assert_array_equal(model.classes_[proba.argmax(axis=1)], model.predict(X_iris))


def test_one_versus_rest_has_binary_nets():
    model = OneVsRestClassifier(net()).fit(X_iris, y_iris)
    assert [part.n_outputs_ for part in model.estimators_] == [1, 1, 1]


@pytest.mark.parametrize("sparse_threshold", [0.0, 1.0], ids=["dense", "sparse"])
def test_column_transformer(sparse_threshold):
    frame = pd.DataFrame(X_iris[:, :3], columns=NAMES[:3])
    frame["petal_width"] = pd.cut(X_iris[:, 3], 4, labels=["a", "b", "c", "d"])
    columns = make_column_transformer(
        (StandardScaler(), NAMES[:3]),
        (OneHotEncoder(), ["petal_width"]),
        sparse_threshold=sparse_threshold,
    )
    model = make_pipeline(columns, good_net()).fit(frame, y_iris)
    assert sparse.issparse(columns.fit_transform(frame)) == bool(sparse_threshold)
    assert model.score(frame, y_iris) > 0.9


# Metadata routing -------------------------------------------------------------------------------


@pytest.mark.usefixtures("metadata_routing")
class TestMetadataRouting:
    def test_weights_that_are_not_requested_stay_out(self):
        routed = net().set_fit_request(sample_weight=False).set_score_request(sample_weight=True)
        weighted = GridSearchCV(routed, {"alpha": [1.0]}, cv=2).fit(X, y, sample_weight=WEIGHT)
        assert_array_equal(weighted.predict_proba(X), probabilities(net(alpha=1.0), X, y))

    def test_grid_search_refits_with_weights(self):
        routed = net().set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        search = GridSearchCV(routed, {"alpha": [1.0]}, cv=2).fit(X, y, sample_weight=WEIGHT)
        alone = net(alpha=1.0)
        assert_array_equal(search.predict_proba(X), probabilities(alone, X, y, WEIGHT, rows=X))
        assert (search.predict_proba(X) != probabilities(alone, X, y)).any()


# The estimator as an object ---------------------------------------------------------------------


def test_set_params():
    model = net()
    assert model.set_params(alpha=3.0, hidden_layer_sizes=()) is model
    assert model.get_params()["alpha"] == 3.0
    pipeline = make_pipeline(MinMaxScaler(), model).set_params(shallownetclassifier__alpha=4.0)
    assert pipeline[-1].alpha == 4.0
    with pytest.raises(ValueError, match="'depth'"):
        model.set_params(depth=3)


def test_tags():
    tags = get_tags(net()).classifier_tags
    assert tags.multi_class
    assert tags.multi_label


# Kinds of X -------------------------------------------------------------------------------------

FORMATS = ["csr_matrix", "csc_matrix", "coo_matrix", "csr_array", "csc_array", "coo_array"]


def read_only(array):
    array = array.copy()
    for part in (array.data, array.indices, array.indptr) if sparse.issparse(array) else (array,):
        part.flags.writeable = False
    return array


def strided(array):
    return np.repeat(array, 2, axis=0)[::2]


def foreign_byte_order(array):
    return array.astype(array.dtype.newbyteorder())


LAYOUTS = [read_only, np.asfortranarray, strided, foreign_byte_order, np.ndarray.tolist]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("convert", LAYOUTS)
def test_memory_layout_does_not_matter(convert, solver):
    expected = probabilities(net(solver=solver), X, y, np.ones(len(y)))
    rows = convert(X)
    weights = read_only(np.ones(len(y)))
    assert_allclose(probabilities(net(solver=solver), rows, y, weights), expected, rtol=1e-9)


@pytest.mark.parametrize("solver", SOLVERS)
def test_read_only_sparse(solver):
    expected = probabilities(net(solver=solver), X_sparse, y)
    assert_allclose(probabilities(net(solver=solver), read_only(X_sparse), y), expected, rtol=1e-9)


@pytest.mark.parametrize("dtype", [int, np.int8, np.uint16, bool])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
def test_integers_are_floats(container, dtype):
    rows = np.abs(np.round(X)).astype(dtype)
    expected = probabilities(net(), container(rows.astype(float)), y)
    assert_array_equal(probabilities(net(), container(rows), y), expected)


@pytest.mark.parametrize("solver", SOLVERS)
def test_float32_is_close_to_float64(solver):
    single = probabilities(net(solver=solver), X.astype(np.float32), y)
    assert_allclose(single, probabilities(net(solver=solver), X, y), atol=1e-4)


FRAME = pd.DataFrame(X_iris, columns=NAMES)


def test_names_are_gone_after_a_fit_without():
    model = net().fit(FRAME, y_iris).fit(X_iris, y_iris)
    assert not hasattr(model, "feature_names_in_")
    assert model.fit(X_iris[:, :2], y_iris).n_features_in_ == 2


@pytest.mark.parametrize("kind", [np.float32, np.int8, np.uint64, bool, ">f8", "U1"])
def test_a_plain_y_is_taken_as_a_list_is(kind):
    y = (y_iris > 0).astype(int).astype(kind)
    expected = probabilities(net(), X_iris, y.tolist())
    assert_array_equal(probabilities(net(), X_iris, y), expected)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda y: y[:-1],
        lambda y: y[0],
        lambda y: np.where(y == 0, np.nan, y),
        lambda y: np.where(y == 0, np.inf, y),
        lambda y: np.where(y == 0, 1j, y),
    ],
    ids=["short", "0-d", "nan", "inf", "complex"],
)
def test_a_y_that_cannot_be_used_leaves_the_names(spoil):
    model = net().fit(FRAME, y_iris)
    with pytest.raises((ValueError, TypeError)):
        model.fit(X_iris, spoil(y_iris))
    assert_array_equal(model.feature_names_in_, NAMES)


# Kinds of y -------------------------------------------------------------------------------------

LABELS = {
    "strings": np.array(["ash", "birch", "chestnut"]),
    "objects": np.array(["ash", "birch", "chestnut"], dtype=object),
    "negative": np.array([-7, -3, -1]),
    "int8": np.array([-128, 0, 127], dtype=np.int8),
    "unsigned": np.array([0, 1, 2**63], dtype=np.uint64),
    "floats": np.array([-1.0, 0.0, 10.0]),
    "booleans": np.array([False, True]),
    "two strings": np.array(["no", "yes"]),
    "two numbers": np.array([-1, 1]),
}


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_names_of_the_labels_do_not_matter(labels, solver):
    codes = np.minimum(y_iris, len(labels) - 1)
    model = net(solver=solver, **stochastic(solver, batch_size=50))
    expected = probabilities(model, X_iris, codes)
    positions = model.predict(X_iris)
    assert_array_equal(probabilities(model, X_iris, labels[codes]), expected)
    assert_array_equal(model.classes_, labels)
    assert model.classes_.dtype == labels.dtype
    assert_array_equal(model.predict(X_iris), labels[positions])
    assert model.predict(X_iris).dtype == labels.dtype


SERIES = {
    "pandas": pd.Series(["no", "yes"] * 30),
    "pandas, other index": pd.Series(["no", "yes"] * 30, index=range(60, 0, -1)),
    "pandas string": pd.Series(["no", "yes"] * 30, dtype="string"),
    "pandas Int64": pd.Series([3, 5] * 30, dtype="Int64"),
    "pandas boolean": pd.Series([False, True] * 30, dtype="boolean"),
    "pandas category": pd.Series(["no", "yes"] * 30, dtype="category"),
    "pandas ordered category": pd.Series(
        pd.Categorical(["no", "yes"] * 30, categories=["yes", "no", "perhaps"], ordered=True)
    ),
    "pandas Index": pd.Index(["no", "yes"] * 30),
    "polars": pl.Series(["no", "yes"] * 30),
    "polars category": pl.Series(["no", "yes"] * 30, dtype=pl.Categorical),
    "polars boolean": pl.Series([False, True] * 30),
    "list": ["no", "yes"] * 30,
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("labels", SERIES.values(), ids=SERIES)
def test_series_of_labels(labels, method):
    codes = np.arange(60) % 2
    values = list(labels)[:2]
    declared = {"classes": values} if method == "partial_fit" else {}
    model = getattr(net(), method)(X, labels, **declared)
    declared = {"classes": [0, 1]} if method == "partial_fit" else {}
    plain = getattr(net(), method)(X, codes, **declared)
    assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert model.classes_.tolist() == values
    assert model.predict(X).tolist() == [values[code] for code in plain.predict(X)]
    assert model.score(X, labels) == plain.score(X, codes)


def test_weights_are_taken_by_position_not_by_index():
    weight = pd.Series(WEIGHT, index=range(60, 0, -1))
    assert_array_equal(probabilities(net(), X, y, weight), probabilities(net(), X, y, WEIGHT))


@pytest.mark.parametrize("name", FORMATS)
def test_sparse_indicator_is_predicted_as_sparse(name):
    indicator = np.column_stack([y, 1 - y, y])
    rows = getattr(sparse, name)(indicator)
    model, plain = net().fit(X, rows), net().fit(X, indicator)
    assert sparse.issparse(model.predict(X))
    assert_array_equal(model.predict(X).toarray(), plain.predict(X))
    assert_array_equal(model.predict_proba(X), plain.predict_proba(X))


# Indicators with gaps ---------------------------------------------------------------------------

NUMBER = np.digitize(X[:, 0], [-0.7, 0.7])
INDICATOR = np.column_stack([y, NUMBER > 0])


def has_gaps(gaps, table):
    return np.where(gaps, np.nan, table)


GAPS = np.arange(120).reshape(60, 2) % 7 == 0


def test_a_gap_carries_no_loss():
    """A row that is there twice, each time with one of its labels, is as good as with both."""
    first, second = INDICATOR.astype(float), INDICATOR.astype(float)
    first[:, 0], second[:, 1] = np.nan, np.nan
    settings = {"solver": "lbfgs", "standardize": False, "alpha": 0.5, "max_iter": 20}
    apart = net(**settings).fit(np.r_[X, X], np.r_[first, second])
    together = net(**settings).fit(X, INDICATOR)
    assert_allclose(apart.predict_proba(X), together.predict_proba(X), rtol=1e-4)


GAPPY = has_gaps(GAPS, INDICATOR)
GAPPY_TABLES = {
    "objects": GAPPY.astype(object),
    "None": np.where(GAPS, None, INDICATOR.astype(object)),
    "bools": np.where(GAPS, None, (INDICATOR > 0).astype(object)),
    "pandas": pd.DataFrame(GAPPY),
    "pandas Int64": pd.DataFrame(INDICATOR).astype("Int64").mask(GAPS),
}


@pytest.mark.parametrize("table", GAPPY_TABLES.values(), ids=GAPPY_TABLES)
def test_gaps_in_every_kind_of_table(table):
    model, plain = net().fit(X, table), net().fit(X, GAPPY)
    assert_array_equal(model.predict_proba(X), plain.predict_proba(X))


@pytest.mark.parametrize("weights", [[{0: 3.0}, {1: 0.5}], [{}, {0: 2.0, 1: 1.0}]])
def test_a_list_of_class_weights_weighs_rows_by_their_product(weights):
    settings = {"standardize": False, "alpha": 1.0}
    model = net(**settings, class_weight=weights).fit(X, INDICATOR)
    factors = [
        [weight.get(label, 1.0) for label in column]
        for weight, column in zip(weights, INDICATOR.T, strict=True)
    ]
    plain = net(**settings).fit(X, INDICATOR, sample_weight=np.prod(factors, axis=0))
    assert_allclose(model.predict_proba(X), plain.predict_proba(X), rtol=1e-6)


def test_gaps_cannot_be_scored():
    with pytest.raises(ValueError, match=r"(?i)gaps|nan"):
        net().fit(X, GAPPY).score(X, GAPPY)
    with pytest.raises(ValueError, match="scoring"):
        net(early_stopping=True, scoring=None).fit(X, GAPPY)


@pytest.mark.parametrize("solver", SOLVERS)
def test_an_indicator_with_gaps(solver):
    model = net(solver=solver, class_weight=[{0: 1.0, 1: 2.0}, {}]).fit(X, GAPPY, WEIGHT)
    assert model.predict(X).shape == model.predict_proba(X).shape == (60, 2)
    assert set(np.unique(model.predict(X))) <= {0, 1}
    assert model.classes_.tolist() == [0, 1]
    assert model.out_activation_ == "logistic"
    assert np.isfinite(model.loss_)


def test_an_indicator_with_gaps_goes_on_by_partial_fit():
    indicator = has_gaps(GAPS, np.column_stack([y, 1 - y]))
    model = net(learning_rate_init=0.03)
    for _ in range(60):
        model.partial_fit(X, indicator)
    accuracy = np.mean((model.predict(X) == np.column_stack([y, 1 - y]))[~GAPS])
    assert accuracy > 0.75


# Activations as features, and columns that matter -----------------------------------------------


@pytest.mark.filterwarnings("ignore:.*far outside the ")
@pytest.mark.parametrize("target", ["binary", "several"])
def test_columns_of_zero_weights_have_no_effect(target):
    # Every row has a mirror image in the last two columns, with the same labels: the gradient along
    # their weights vanishes at zero, where the penalty holds them however products round.
    rows = np.random.default_rng(2).normal(size=(100, 6))
    rows = np.vstack([rows, rows * [1, 1, 1, 1, -1, -1]])
    labels = (rows[:, 0] + rows[:, 1] > 0).astype(int)
    if target == "several":
        labels = np.column_stack([labels, rows[:, 1] > rows[:, 0]])
    steps = {"learning_rate_init": 0.02, "batch_size": "full", "max_iter": 200}
    model = net(alpha=3.0, l1_ratio=(1, 0), **steps).fit(rows, labels)
    used = (model.coefs_[0] != 0).any(axis=1)
    assert used[:2].all()
    assert not used[4:].any()
    before = model.predict(rows)
    assert_array_equal(model.predict(np.where(used, rows, 1e3)), before)


def test_coefs_refuse_what_would_have_no_effect():
    net = ShallowNetClassifier(3, max_iter=2, posterior="laplace", random_state=0).fit(X, y)
    for array in (*net.coefs_, *net.intercepts_, net.covariance_):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0
