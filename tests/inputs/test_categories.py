"""Tables with categories: what the network makes of them, in every path."""

import pickle

import numpy as np
import pandas as pd
import pytest
from optional import polars as pl
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, SplineTransformer, StandardScaler
from watch import Watch, needs_callbacks

from sklearn_shallow import (
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)
from sklearn_shallow.inputs.columns import Columns
from sklearn_shallow.inputs.facts import MAX_LEVELS, FeatureFacts
from sklearn_shallow.inputs.table import Table

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
N_ROWS = 300
NUMBER = rng.normal(size=N_ROWS)
CODE = rng.choice(4, size=N_ROWS, p=[0.4, 0.3, 0.2, 0.1])
SMOKES = rng.random(N_ROWS) < 0.3
EFFECT = np.array([0.0, 2.0, -1.0, 3.0])
Y = NUMBER + EFFECT[CODE] - 2 * SMOKES + 0.1 * rng.normal(size=N_ROWS)
LABELS = (np.median(Y) < Y).astype(int)
TOWNS = np.array(["Bath", "Lyon", "Rome", "York"])
X = pd.DataFrame({"town": pd.Categorical(TOWNS[CODE]), "age": NUMBER, "smokes": SMOKES})
GAPPY = X.assign(town=X.town.where(rng.random(N_ROWS) > 0.2), age=X.age.where(NUMBER < 1.5))
NAMES = ["age", "smokes", "town_Bath", "town_Lyon", "town_Rome", "town_York"]


SMALL = {"hidden_layer_sizes": 8, "random_state": 0, "max_iter": 60}


def regressor(**parameters):
    return ShallowNetRegressor(**{**SMALL, **parameters})


def classifier(**parameters):
    return ShallowNetClassifier(**{**SMALL, **parameters})


def columns_of(x, names, weight=None):
    """Return the columns made of one feature of categories."""
    X = np.asarray(x, float)[:, np.newaxis]
    facts = FeatureFacts.of(X, weight).with_categories([names], X, weight=weight)
    return Columns.of(facts, [names])


# The rule ---------------------------------------------------------------------------------------


def test_levels_are_one_hot_in_the_order_of_scikit_learn():
    net = regressor().fit(X, Y)
    assert list(net.input_names_) == NAMES
    expected = OneHotEncoder(sparse_output=False).fit_transform(X[["town"]])
    np.testing.assert_array_equal(net.preprocessor_.transform(X)[:, 2:], expected)
    assert net.n_features_in_ == 3
    assert net.is_categorical_.tolist() == [True, False, False]


def test_two_levels_are_one_column():
    columns = columns_of([0, 1, 1, 0, 1], ["no", "yes"])
    assert columns.names(["x"]) == ["x_yes"]
    rows = np.array([[0.0], [1], [np.nan]])
    np.testing.assert_allclose(columns.transform(rows), [[0], [1], [0.6]])


def test_gaps_in_training_are_a_level():
    columns = columns_of([0, 1, np.nan, 2], ["a", "b", "c"])
    assert columns.names(["x"]) == ["x_a", "x_b", "x_c", "x_nan"]
    np.testing.assert_array_equal(columns.transform(np.array([[np.nan], [1]]))[0], [0, 0, 0, 1])


def test_without_gaps_in_training_a_gap_is_the_mean_of_the_levels():
    columns = columns_of([0, 1, 1, 2], ["a", "b", "c"], np.array([1.0, 1, 2, 1]))
    np.testing.assert_allclose(columns.transform(np.array([[np.nan]])), [[0.2, 0.6, 0.2]])


def test_a_category_that_is_not_among_the_training_rows_counts_as_missing():
    columns = columns_of([0, 2, 2, 0, 3], ["a", "b", "c", "d"])
    assert columns.names(["x"]) == ["x_a", "x_c", "x_d"]
    np.testing.assert_allclose(columns.transform(np.array([[1.0]])), [[0.4, 0.4, 0.2]])


@pytest.mark.parametrize("extra", [0, 1, 40])
def test_rare_levels_beyond_the_most_share_a_column(extra):
    n = MAX_LEVELS + extra
    codes = np.r_[np.arange(n), np.arange(n - 10)]  # the last ten are rare
    columns = columns_of(codes, [str(i) for i in range(n)])
    assert columns.n_features_out == MAX_LEVELS
    shared = columns.names(["x"])[-1] == "x_infrequent"
    assert shared == (extra > 0)
    out = columns.transform(np.arange(n, dtype=float)[:, np.newaxis])
    np.testing.assert_array_equal(out.sum(axis=1), 1)
    if shared:
        assert out[:, -1].sum() == extra + 1
        assert out[-1, -1] == 1


def test_weights_are_repetitions():
    times = rng.integers(1, 4, size=N_ROWS)
    codes = CODE.astype(float)
    weighted = columns_of(codes, TOWNS, times.astype(float))
    repeated = columns_of(np.repeat(codes, times), TOWNS)
    np.testing.assert_allclose(weighted.categories[0].table, repeated.categories[0].table)


def test_a_linear_fit_is_that_of_one_hot_columns():
    """Left as they are, as the levels are, only centred."""
    settings = {"solver": "lbfgs", "alpha": 1.0, "max_iter": 2000, "tol": 1e-10}
    net = ShallowNetRegressor((), **settings).fit(X, Y)
    others = StandardScaler(), ["age", "smokes"]
    one_hot = OneHotEncoder(sparse_output=False), ["town"]
    theirs = make_pipeline(
        make_column_transformer(one_hot, others),
        StandardScaler(with_std=False),
        ShallowNetRegressor((), **settings, standardize=False),
    )
    scale = Y.std()
    theirs = theirs.fit(X, (Y - Y.mean()) / scale).predict(X) * scale + Y.mean()
    np.testing.assert_allclose(net.predict(X), theirs, atol=0.02)


# What is a category -----------------------------------------------------------------------------


def as_objects(X, missing=None):
    return X.astype(object).where(X.notna(), missing)


FRAMES = {
    "category": lambda X: X,
    "object": lambda X: X.assign(town=X.town.astype(object)),
    "str": lambda X: X.assign(town=X.town.astype("str").where(X.town.notna())),
    "string": lambda X: X.assign(town=X.town.astype("string")),
    "all objects": as_objects,
    "NA": lambda X: as_objects(X, pd.NA),
    "extension": lambda X: X.assign(smokes=X.smokes.astype("boolean"), age=X.age.astype("Float64")),
    "polars String": lambda X: polars(X),
    "polars Categorical": lambda X: polars(X).with_columns(pl.col("town").cast(pl.Categorical)),
    "polars Enum": lambda X: polars(X).with_columns(pl.col("town").cast(pl.Enum(TOWNS.tolist()))),
}


def polars(X):
    return pl.DataFrame({name: as_objects(X)[name].tolist() for name in X.columns})


@pytest.fixture(scope="module", params=[X, GAPPY], ids=["full", "gaps"])
def fitted_frame(request):
    return classifier().fit(request.param, LABELS), request.param


@pytest.mark.parametrize("kind", FRAMES.values(), ids=FRAMES)
def test_kinds_of_frames_are_the_same(kind, fitted_frame):
    expected, frame = fitted_frame
    given = kind(frame)
    net = classifier().fit(given, LABELS)
    if hasattr(net, "feature_names_in_"):  # old scikit-learn has none of new polars
        assert list(net.input_names_) == list(expected.input_names_)
    np.testing.assert_array_equal(net.predict_proba(given), expected.predict_proba(frame))


@pytest.mark.parametrize(
    "given", [["town"], [0], [True, False, False], np.array([0]), pd.Index(["town"])], ids=str
)
def test_mask_indices_and_names(given):
    expected = classifier().fit(X, LABELS).predict_proba(X)
    net = classifier(categorical_features=given).fit(X, LABELS)
    np.testing.assert_array_equal(net.predict_proba(X), expected)


def test_indices_of_an_array():
    array = np.column_stack([CODE, NUMBER, SMOKES]).astype(float)
    array[:10, 0] = np.nan
    net = classifier(categorical_features=[0], numeric_encoding=None).fit(array, LABELS)
    assert list(net.input_names_) == ["x1", "x2", *(f"x0_{i}.0" for i in range(4)), "x0_nan"]
    single = classifier(categorical_features=[0]).fit(array.astype(np.float32), LABELS)
    assert single.predict_proba(array.astype(np.float32)).dtype == np.float32
    objects = X.to_numpy(object)
    net = classifier(categorical_features=[0]).fit(objects, LABELS)
    expected = classifier().fit(X, LABELS).predict_proba(X)
    np.testing.assert_array_equal(net.predict_proba(objects), expected)


def test_an_array_has_no_categories_unless_asked_for():
    array = np.column_stack([CODE, NUMBER])
    for given in ("from_dtype", None, []):
        net = classifier(categorical_features=given, numeric_encoding=None).fit(array, LABELS)
        assert net.is_categorical_ is None
        assert net.coefs_[0].shape == (2, 8)


def test_several_categories_are_found_as_by_boosting():
    frame = X.assign(two=pd.Categorical(SMOKES), three=pd.Categorical(CODE), four=CODE)
    boosting = HistGradientBoostingClassifier(max_iter=2).fit(frame, LABELS)
    net = classifier().fit(frame, LABELS)
    np.testing.assert_array_equal(net.is_categorical_, boosting.is_categorical_)


def test_nothing_but_categories():
    net = classifier().fit(X[["town"]], LABELS)
    assert net.coefs_[0].shape == (4, 8)
    assert net.score(X[["town"]], LABELS) > 0.6
    assert len(np.unique(net.predict_proba(X[["town"]])[:, 0])) == 4


# Predictions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("unknown", ["Kyiv", 3.0, None, np.nan])
@pytest.mark.parametrize("frame", [X, GAPPY], ids=["full", "gaps"])
def test_unknown_categories_count_as_missing(frame, unknown):
    net = classifier().fit(frame, LABELS)
    given = frame.assign(town=pd.Series([unknown] * N_ROWS, dtype=object))[:19]  # too few to warn
    missing = frame.assign(town=pd.Categorical([None] * N_ROWS, categories=TOWNS))[:19]
    np.testing.assert_array_equal(net.predict_proba(given), net.predict_proba(missing))


@pytest.mark.parametrize(
    ("trained", "told"), [("abc", "ABC"), (range(3), "012"), ("012", range(3))], ids=str
)
def test_a_column_without_a_known_category_is_named(trained, told):
    code = np.arange(N_ROWS) % 3
    frame = X.assign(code=pd.Categorical(np.array([*trained])[code]))
    net = classifier(max_iter=2).fit(frame, LABELS)
    given = frame.assign(code=np.array([*told])[code])
    named = f"column 'code'.* was {trained[0]!r}.* is now {told[0]!r}.*same type"
    with pytest.warns(UserWarning, match=named):
        net.predict(given)
    net.predict(given[:19])  # a new shop, perhaps
    net.predict(given.assign(code=None))
    one_is_known = frame["code"].astype(object).where(np.arange(N_ROWS) == 5, given["code"])
    net.predict(frame.assign(code=one_is_known))


def test_text_where_objects_were_all_missing_counts_as_missing():
    frame = X.assign(note=pd.Series([None] * N_ROWS, dtype=object))
    net = regressor(max_iter=2).fit(frame, Y)
    assert net.is_categorical_.tolist() == [True, False, False, True]
    told = net.predict(frame.assign(note="late"))
    np.testing.assert_array_equal(told, net.predict(frame))
    scores = cross_val_score(net, frame.assign(note=["late"] + [None] * (N_ROWS - 1)), Y, cv=3)
    assert np.isfinite(scores).all()


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_the_type_of_a_column_may_differ_in_prediction():
    net = classifier().fit(X, LABELS)
    expected = net.predict_proba(X)
    fewer = X[CODE < 2].assign(town=X.town[CODE < 2].cat.remove_unused_categories())
    np.testing.assert_allclose(net.predict_proba(fewer), expected[CODE < 2], rtol=1e-12)
    np.testing.assert_array_equal(net.predict_proba(polars(X)), expected)
    np.testing.assert_array_equal(net.predict_proba(X.to_numpy(object)), expected)


@pytest.mark.parametrize(
    "column",
    [
        pd.Categorical(["b", None, "a", "new", "b"]),
        np.array(["b", None, "a", "new", np.nan], dtype=object),
        pd.array(["a", pd.NA, "new", "c", "b"], dtype="string"),
        np.array([2.0, np.nan, 7.0, 1.0, -0.0]),
        np.array([2, 7, 1, 0, 2], dtype=np.uint8),
        np.array([True, False, True, False, True]),
    ],
    ids=lambda column: str(column.dtype),
)
@pytest.mark.parametrize("is_frame", [True, False])
def test_codes_are_those_of_the_ordinal_encoder(column, is_frame):
    """Which looks at every entry as an object; here each different one is looked up once."""
    known = ["a", "b", "c"] if isinstance(column[0], str) else [0, 1, 2]
    table = Table.of(np.array([known, known], dtype=object).T, [0, 1])
    X = pd.DataFrame({0: column, 1: np.roll(known, 1)[[0, 1, 2, 0, 1]]})
    X = X if is_frame else X.to_numpy()
    objects = X.astype(object).to_numpy() if is_frame else X.astype(object)
    objects[pd.isna(objects)] = np.nan
    codes = table.read(X)
    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan
    )
    encoder.fit(np.array([known, known], dtype=object).T)
    assert np.array_equal(codes, encoder.transform(objects), equal_nan=True)
    assert np.isnan(table.read(X[:0])).size == 0


def test_numeric_categories_may_be_of_another_type():
    frame = X.assign(town=pd.Categorical(CODE))
    net = classifier().fit(frame, LABELS)
    other = frame.assign(town=CODE.astype(float))
    np.testing.assert_array_equal(net.predict_proba(other), net.predict_proba(frame))


@pytest.mark.parametrize("n_rows", [20, N_ROWS])  # many rows are scaled by the first layer
def test_coefs_apply_to_what_compression_makes_of_a_frame(n_rows):
    net = regressor(activation="tanh").fit(GAPPY, Y)
    rows = GAPPY.iloc[:n_rows]
    hidden = np.tanh(net.preprocessor_.transform(rows) @ net.coefs_[0] + net.intercepts_[0])
    raw = hidden @ net.coefs_[1] + net.intercepts_[1]
    np.testing.assert_allclose(raw[:, 0], net.predict(rows), rtol=1e-6)


@pytest.mark.parametrize("kind", [4, SplineTransformer(3)], ids=["bins", "splines"])
def test_numbers_are_encoded_behind_the_levels(kind):
    net = regressor(numeric_encoding=kind).fit(GAPPY, Y)
    plain = regressor(numeric_encoding=None).fit(GAPPY, Y).input_names_
    numbers, encoded = net.input_names_[: len(plain)], net.input_names_[len(plain) :]
    np.testing.assert_array_equal(numbers, plain)
    assert {name.split("_")[0] for name in encoded} == ({"age"} if kind == 4 else {"age", "smokes"})
    assert np.abs(net.preprocessor_.transform(GAPPY)).max() < 100
    assert net.score(GAPPY, Y) > 0.8


@pytest.mark.parametrize("kind", [4, SplineTransformer(3)], ids=["bins", "splines"])
def test_without_numbers_nothing_is_encoded(kind):
    net = regressor(numeric_encoding=kind).fit(X[["town"]], Y)
    assert net.coefs_[0].shape == (4, 8)
    assert net.settings_["numeric_encoding"] is kind


# With everything else ---------------------------------------------------------------------------

OPTIONS = {
    "lm": {"solver": "lm", "hidden_layer_sizes": 4},
    "lbfgs": {"solver": "lbfgs"},
    "evidence": {"solver": "lbfgs", "alpha": "evidence"},
    "posterior": {"solver": "lbfgs", "posterior": "laplace"},
    "early stopping": {"early_stopping": True},
    "scoring": {"early_stopping": True, "scoring": "r2"},
    "several": {"n_estimators": 2, "n_init": 2},
    "dropout": {"dropout": 0.1},
    "linear": {"hidden_layer_sizes": (), "alpha": 1.0},
    "not standardised": {"standardize": False, "solver": "lbfgs"},
    "standardised": {"standardize": True, "solver": "lbfgs"},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_categories_and_gaps_go_with_every_option(options):
    net = regressor(**{"max_iter": 100, **options}).fit(GAPPY, Y)
    assert net.score(GAPPY, Y) > 0.6
    copy = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(copy.predict(GAPPY), net.predict(GAPPY))
    np.testing.assert_array_equal(clone(net).fit(GAPPY, Y).predict(GAPPY), net.predict(GAPPY))
    for single in net.estimators_:
        assert single.score(GAPPY, Y) > 0.6
    weight = rng.integers(0, 3, size=N_ROWS)
    assert net.fit(GAPPY, Y, sample_weight=weight).score(GAPPY, Y) > 0.5


@pytest.mark.parametrize("scoring", [None, "accuracy"])
def test_cross_validation(scoring):
    kinds = (ShallowNetClassifierCV, classifier, LABELS), (ShallowNetRegressorCV, regressor, Y)
    kind, net, target = kinds[scoring is None]
    search = kind(net(solver="lbfgs"), alphas=[0.1, 1.0], cv=3, scoring=scoring)
    assert search.fit(GAPPY, target).score(GAPPY, target) > 0.6
    assert search.best_estimator_.is_categorical_.sum() == 1


def test_a_validation_set_is_not_far_outside_for_its_codes(recwarn):
    first, last = X[CODE == 0], X[CODE == 3]
    frame = pd.concat([first] * 3 + [X])
    target = np.r_[np.tile(Y[CODE == 0], 3), Y]
    net = regressor().fit(frame, target, X_val=last, y_val=Y[CODE == 3])
    assert not [w for w in recwarn if "far outside" in str(w.message)]
    assert np.isfinite(net.history_["validation_loss"]).all()
    with pytest.warns(UserWarning, match="of X in 1 of 3 columns: its median in column 'age'"):
        regressor().fit(X, Y, X_val=X.assign(age=X.age + 100), y_val=Y)


def test_values_far_outside_name_their_feature():
    net = regressor().fit(X, Y)
    with pytest.warns(UserWarning, match="are outside in column 'age', which"):
        net.predict(X.assign(age=X.age + 1000))
    array = np.column_stack([CODE, NUMBER]).astype(float)
    net = regressor(categorical_features=[0]).fit(array, Y)
    with pytest.warns(UserWarning, match="are outside in column 1, which"):
        net.predict(array + np.array([0, 1000]))


@pytest.mark.filterwarnings("ignore:X holds categories in column 'town' that were not there")
@pytest.mark.parametrize("is_declared", [False, True])
def test_partial_fit_keeps_the_categories_of_its_first_call(is_declared):
    table = X if is_declared else X.assign(town=X["town"].astype(str))
    net = classifier(alpha=1.0, learning_rate_init=0.02)
    for _ in range(40):
        net.partial_fit(table[CODE < 3], LABELS[CODE < 3], classes=[0, 1])
        net.partial_fit(table, LABELS)
    assert list(net.input_names_) == (NAMES if is_declared else NAMES[:-1])
    assert net.score(table, LABELS) > 0.8


def test_a_warm_start_keeps_the_categories():
    net = classifier(warm_start=True, numeric_encoding=None).fit(X, LABELS)
    net.fit(X[CODE < 3], LABELS[CODE < 3]).partial_fit(X, LABELS)
    assert list(net.input_names_) == NAMES
    assert net.score(X, LABELS) > 0.8


@needs_callbacks
def test_callbacks_receive_networks_that_take_the_frame():
    watch = Watch()
    classifier(max_iter=30).set_callbacks(watch).fit(X, LABELS)
    assert watch.scores[-1] > 0.8


def test_a_failed_fit_keeps_the_categories():
    net = classifier().fit(X, LABELS)
    before = net.predict_proba(X)
    with pytest.raises(ValueError, match="infinity"):
        net.fit(X.assign(age=np.inf, more=1), LABELS)
    with pytest.raises(ValueError, match="infinity"):
        net.fit(np.full((N_ROWS, 2), np.inf), LABELS)
    np.testing.assert_array_equal(net.predict_proba(X), before)


def test_search_and_inspection_take_the_frame():
    frame = GAPPY.assign(noise=rng.choice(["p", "q"], size=N_ROWS))
    search = GridSearchCV(regressor(), {"hidden_layer_sizes": [4, 8]}, cv=3)
    assert search.fit(frame, Y).cv_results_["mean_test_score"].min() > 0.5
    found = permutation_importance(search, frame, Y, n_repeats=2, random_state=0)
    assert found.importances_mean.argmin() == 3
    rows = X.assign(noise=frame.noise)
    effect = partial_dependence(search, rows, ["town"], categorical_features=["town", "noise"])
    assert effect["average"][0].argsort().tolist() == EFFECT.argsort().tolist()


def test_a_category_that_only_one_fold_has_is_unknown_in_the_others():
    town = X.town.astype(str).where(np.arange(N_ROWS) >= 5, "Oslo")
    assert cross_val_score(regressor(), X.assign(town=town), Y, cv=4).min() > 0.5


def test_in_a_pipeline_the_frame_may_be_of_numbers():
    one_hot = make_column_transformer((OneHotEncoder(), ["town"]), remainder="passthrough")
    net = make_pipeline(one_hot, classifier()).fit(X, LABELS)
    assert net[-1].is_categorical_ is None
    assert net.score(X, LABELS) > 0.8


# What is refused --------------------------------------------------------------------------------

BAD = {
    "a name that is no column": (
        ["country"],
        X,
        r"categorical_features=\['country'\].* no column 'country'",
    ),
    "a name in an array": (["town"], X.to_numpy(object), r"categorical_features=\['town'\]"),
    "an index too high": ([3], X, r"categorical_features=\[3\].*from 0 to 2"),
    "a negative index": ([-1], X, r"categorical_features=\[-1\]"),
    "a short mask": ([True], X, r"categorical_features=\[True\].*shape \(3,\)"),
    "floats": ([0.5], X, r"categorical_features=\[0.5\]"),
    "another name": ("from_type", X, r"categorical_features='from_type'.*from_dtype"),
    "a number": (3, X, "categorical_features"),
    "no columns": ([0], NUMBER, "Expected 2D array, got 1D"),
    "sparse": ([0], sparse.csr_matrix(np.eye(N_ROWS, 3)), r"sparse.*X\.toarray\(\)"),
    "text that is no category": (None, X, "in column 'town'.*could not convert.*set categorical_f"),
    "text in an array": ("from_dtype", X.to_numpy(object), "in column 0.*pass a data frame"),
    "dates": ("from_dtype", X.assign(day=pd.Timestamp("2026-01-01")), "in column 'day'"),
    "text and numbers": (
        ["town"],
        X.assign(town=["a", 1] * (N_ROWS // 2)),
        "str beside int in column 'town'",
    ),
}


@pytest.mark.parametrize("kind", [list, tuple, pd.Series, np.array])
def test_texts_want_columns_of_words(kind):
    texts = kind(["a good film", "a bad film"] * (N_ROWS // 2))
    with pytest.raises(ValueError, match=r"sequence of texts: 'a good film'.*TfidfVectorizer"):
        classifier().fit(texts, LABELS)


@pytest.mark.parametrize("columns", [["town", "age"], ["age", "town"]])
def test_a_row_of_a_frame_is_not_one_row(columns):
    frame = pd.DataFrame({"town": ["Rome", "Oslo"] * (N_ROWS // 2), "age": np.arange(N_ROWS)})
    frame = frame[columns]
    model = classifier().fit(frame, LABELS)
    with pytest.raises(ValueError, match=r"one row of a data frame.*frame\.iloc\[\[0\]\]"):
        model.predict(frame.iloc[0])
    assert model.predict(frame.iloc[[0]]).shape == (1,)


@pytest.mark.parametrize("rows", [np.full((N_ROWS, 1), "Rome"), [["Rome", 1.0]] * N_ROWS])
def test_strings_in_an_array_are_no_numbers(rows):
    with pytest.raises(ValueError, match=r"X has no number in column 0.*categorical_features"):
        classifier().fit(rows, LABELS)


UNREADABLE = {
    "lists": lambda: pl.DataFrame({"b": [0.0] * N_ROWS, "a": [[1.0]] * N_ROWS}),
    "arrays": lambda: pl.DataFrame({"b": [0.0] * N_ROWS, "a": np.zeros((N_ROWS, 2))}),
    "structs": lambda: pl.DataFrame({"b": [0.0] * N_ROWS, "a": [{"x": 1.0}] * N_ROWS}),
    "bytes": lambda: pl.DataFrame({"b": [0.0] * N_ROWS, "a": [b"Rome"] * N_ROWS}),
}


@pytest.mark.parametrize("make", UNREADABLE.values(), ids=UNREADABLE)
def test_the_column_of_a_type_that_is_no_number_is_named(make):
    with pytest.raises(
        (TypeError, ValueError), match=r"X (has no|holds).*column 'a'.*[^.]\. (If|Con)"
    ):
        classifier().fit(make(), LABELS)


def test_intervals_are_categories(tmp_path):
    ages = np.random.default_rng(0).uniform(0, 90, N_ROWS)
    ages[0] = np.nan
    of_category = pd.DataFrame({"age": pd.cut(ages, [0, 20, 60, 90])})
    of_intervals = pd.DataFrame({"age": pd.arrays.IntervalArray(of_category["age"])})
    model = classifier().fit(of_intervals, LABELS)
    same = classifier().fit(of_category, LABELS).predict_proba(of_category)
    np.testing.assert_array_equal(model.predict_proba(of_intervals), same)
    np.testing.assert_array_equal(model.predict_proba(of_category), same)
    with pytest.raises(ValueError, match=r"Interval.*Fit with categories of text or numbers"):
        model.save(tmp_path / "model")


def test_rows_of_a_list_keep_their_types():
    rows = [["Rome", 1.5, 1], ["Oslo", None, 2]] * (N_ROWS // 2)
    model = classifier(categorical_features=[0]).fit(rows, LABELS)
    same = classifier(categorical_features=[0]).fit(np.array(rows, object), LABELS)
    np.testing.assert_array_equal(model.predict_proba(rows), same.predict_proba(rows))


def test_a_frame_without_columns_is_named():
    with pytest.raises(ValueError, match=r"X has no columns"):
        classifier().fit(pd.DataFrame(index=range(N_ROWS)), LABELS)


@pytest.mark.parametrize(("given", "frame", "named"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_named(given, frame, named):
    with pytest.raises(ValueError, match=named):
        classifier(categorical_features=given).fit(frame, LABELS)


def test_text_where_numbers_were_is_named():
    net = classifier().fit(X, LABELS)
    with pytest.raises(ValueError, match=r"in column 'age'.*'old'"):
        net.predict(X.assign(age="old"))
    with pytest.raises(ValueError, match="feature names"):
        net.predict(X[["age", "town", "smokes"]])
    with pytest.raises(ValueError, match=r"2 features|feature names"):
        net.predict(X[["town", "age"]])


def test_categories_are_looked_up_once_for_all_batches():
    """Predictions of single rows would take as long as there are categories."""
    table = Table.of(X, "from_dtype")
    before = pickle.dumps(table)
    codes = [table.read(X.iloc[[0]])]
    codes_of_values = table.codes_of_values
    codes += [table.read(X.iloc[[row]]) for row in range(1, 9)]
    assert table.codes_of_values is codes_of_values
    assert pickle.dumps(table) == before
    again = pickle.loads(before)
    np.testing.assert_array_equal(np.vstack(codes), again.read(X.head(9)))
