"""`ResponseDisplay`: partial dependence of whatever `predict` takes."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.inspection import partial_dependence
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_shallow import (
    ResponseDisplay,
    ShallowNetClassifier,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
)

plt = pytest.importorskip("matplotlib.pyplot")
X, Y = load_diabetes(return_X_y=True)
BRIEF = {"max_iter": 5, "alpha": 1, "random_state": 0}


@pytest.fixture(scope="module")
def bayes():
    return ShallowNetRegressor(3, solver="lbfgs", posterior="laplace", random_state=0).fit(X, Y)


def test_it_is_scikit_learns_partial_dependence(bayes):
    display = ResponseDisplay.from_estimator(bayes, X[:80], 2)
    [one] = display.responses
    expected = partial_dependence(bayes, X[:80], [2], custom_values={2: one.values}, kind="average")
    np.testing.assert_allclose(one.mean[:, 0], expected["average"][0], rtol=1e-9)
    [[line]] = display.lines_
    np.testing.assert_array_equal(line.get_ydata(), one.mean[:, 0])
    np.testing.assert_array_equal(line.get_xdata(), one.values)


def test_the_band_is_the_standard_deviation(bayes):
    display = ResponseDisplay.from_estimator(bayes, X[:80], [8])
    [one], [[band]] = display.responses, display.bands_
    samples = X[:80].copy()
    samples[:, 8] = one.values[0]
    _, std = bayes.predict(samples, return_std=True)
    np.testing.assert_allclose(one.std[0, 0], np.sqrt(np.mean(std**2)))
    edges = band.get_paths()[0].vertices[:, 1]
    assert edges.min() == pytest.approx((one.mean - one.std).min())
    assert edges.max() == pytest.approx((one.mean + one.std).max())


def test_the_features_of_the_largest_response_are_chosen():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 9))
    y = X[:, 7] - 2 * X[:, 1] + 0.5 * X[:, 3]
    net = ShallowNetRegressor((), solver="lbfgs", random_state=0).fit(X, y)
    display = ResponseDisplay.from_estimator(net, X)
    names = [one.name for one in display.responses]
    assert len(names) == 6
    assert {"x1", "x3", "x7"} < set(names)
    assert names == sorted(names)


def test_every_class_and_label_has_a_line():
    iris = load_iris(as_frame=True)
    net = ShallowNetClassifier(3, **BRIEF).fit(iris.data, iris.target)
    display = ResponseDisplay.from_estimator(net, iris.data, target_names=iris.target_names)
    assert len(display.axes_) == 4
    for one, lines in zip(display.responses, display.lines_, strict=True):
        assert len(lines) == 3
        np.testing.assert_allclose(one.mean.sum(axis=1), 1, rtol=1e-6)
    legend = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert legend == list(iris.target_names)
    binary = ShallowNetClassifier(3, **BRIEF).fit(X, np.where(Y > 150, "ill", "fine"))
    display = ResponseDisplay.from_estimator(binary, X, 2)
    assert display.ax_.get_ylabel() == "probability of ill"
    assert len(display.lines_[0]) == 1
    S, labels = make_multilabel_classification(n_classes=2, random_state=0)
    both = ShallowNetClassifier(3, **BRIEF).fit(S, labels)
    assert len(ResponseDisplay.from_estimator(both, S, 0).lines_[0]) == 2


def test_targets_and_quantiles_have_a_line():
    several = np.column_stack([Y, -Y])
    for settings, y, n in [
        ({}, several, 2),
        ({"loss": "quantile", "quantile": [0.1, 0.9]}, several, 4),
        ({"n_estimators": 2}, Y, 1),
    ]:
        net = ShallowNetRegressor(3, **BRIEF, **settings).fit(X, y)
        assert len(ResponseDisplay.from_estimator(net, X, 2).lines_[0]) == n


def frame():
    pd = pytest.importorskip("pandas")
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X = X[["age", "bmi"]].assign(
        town=pd.Categorical(["Bonn", "Rome", None, "Bonn"] * 110 + ["Rome"] * 2)
    )
    X.loc[::6, "age"] = np.nan
    return X, y


def check_town(display):
    town = display.responses[1]
    assert town.are_levels
    assert town.values.tolist() == ["Bonn", "Rome"]
    assert np.isfinite(town.mean).all()
    labels = [label.get_text() for label in display.axes_[1].get_xticklabels()]
    assert labels == ["Bonn", "Rome"]


def test_data_frames_with_categories_and_gaps():
    X, y = frame()
    net = ShallowNetRegressor(3, **BRIEF).fit(X, y)
    display = ResponseDisplay.from_estimator(net, X, ["age", "town"])
    check_town(display)
    rome = X.iloc[:100].copy()
    rome.loc[:, "town"] = "Rome"
    display = ResponseDisplay.from_estimator(net, X.iloc[:100], "town")
    assert display.responses[0].mean[1, 0] == pytest.approx(net.predict(rome).mean(), rel=1e-5)
    assert X.isna().sum().tolist() == [74, 0, 110]  # nothing is changed


def test_text_with_the_missing_value_of_pandas():
    X, y = frame()
    X["town"] = X["town"].astype(object).astype("string")  # gaps are NA, which is no truth value
    net = ShallowNetRegressor(3, **BRIEF).fit(X, y)
    check_town(ResponseDisplay.from_estimator(net, X, ["age", "town"]))


def test_data_frames_of_polars():
    polars = pytest.importorskip("polars")
    X, y = frame()
    columns = {name: X[name].tolist() for name in ("age", "bmi")}
    towns = polars.Series([None if town != town else town for town in X["town"].tolist()])
    X = polars.DataFrame({**columns, "town": towns.cast(polars.Categorical)})
    net = ShallowNetRegressor(3, **BRIEF).fit(X, y)
    check_town(ResponseDisplay.from_estimator(net, X, ["age", "town"]))


def test_categories_that_are_numbers():
    codes = np.column_stack([X[:, 2], np.arange(len(X)) % 3])
    net = ShallowNetRegressor(3, categorical_features=[1], **BRIEF).fit(codes, Y)
    display = ResponseDisplay.from_estimator(net, codes)
    assert [one.are_levels for one in display.responses] == [False, True]


def test_pipelines_and_searches():
    X, y = frame()
    encode = make_column_transformer(
        (OneHotEncoder(), ["town"]), (StandardScaler(), ["age", "bmi"])
    )
    pipeline = make_pipeline(encode, ShallowNetRegressor(3, **BRIEF)).fit(X, y)
    check_town(ResponseDisplay.from_estimator(pipeline, X, ["age", "town"]))
    search = ShallowNetRegressorCV(ShallowNetRegressor(2, solver="lbfgs"), alphas=[1], cv=2)
    search.fit(X[["bmi"]], y)
    assert len(ResponseDisplay.from_estimator(search, X[["bmi"]]).axes_) == 1


@pytest.mark.parametrize("features", ["glucose", 10, [0, -11], [], [True], 1.5])
def test_unknown_features_are_refused(bayes, features):
    with pytest.raises(ValueError, match="features="):
        ResponseDisplay.from_estimator(bayes, X, features)


def test_what_cannot_be_varied_is_refused(bayes):
    with pytest.raises(ValueError, match=r"Pass X.toarray\(\)"):
        ResponseDisplay.from_estimator(bayes, sparse.csr_array(X), 0)
    empty = X.copy()
    empty[:, 3] = np.nan
    with pytest.raises(ValueError, match="no finite value"):
        ResponseDisplay.from_estimator(bayes, empty, 3)


def test_the_legend_stands_above_or_in_given_axes():
    iris = load_iris()
    net = ShallowNetClassifier(3, **BRIEF).fit(iris.data, iris.target)
    assert len(ResponseDisplay.from_estimator(net, iris.data).figure_.legends) == 1
    _, axes = plt.subplots(1, 2)
    display = ResponseDisplay.from_estimator(net, iris.data, ax=axes[0])
    assert not display.figure_.legends
    assert len(display.ax_.get_legend().get_texts()) == 3
