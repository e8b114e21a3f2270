"""`NetworkDisplay`: a line for every weight that can be seen, with its sign and size."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_multilabel_classification

from sklearn_shallow import NetworkDisplay, ShallowNetClassifier, ShallowNetRegressor

plt = pytest.importorskip("matplotlib.pyplot")
IRIS = load_iris(as_frame=True)


@pytest.fixture(scope="module")
def net():
    return ShallowNetClassifier(
        6, activation="tanh", max_iter=10, alpha=1, numeric_encoding=None, random_state=0
    ).fit(IRIS.data, IRIS.target)


def texts(display):
    return [text.get_text() for text in display.ax_.texts]


def test_every_weight_is_a_line_of_its_size_and_sign(net):
    display = NetworkDisplay.from_estimator(net)
    for layer, lines in enumerate(display.lines_):
        W = display.weights[layer]
        seen = np.abs(W) >= 0.02 * np.abs(W).max()
        order = np.argsort(np.abs(W[seen]))
        assert len(lines.get_segments()) == seen.sum()
        np.testing.assert_array_equal(np.sign(lines.get_array()), np.sign(W[seen][order]))
        assert (np.diff(lines.get_linewidths()) >= 0).all()
        ends = np.array(lines.get_segments())
        assert set(ends[:, 0, 0]) == {layer}
        assert set(ends[:, 1, 0]) == {layer + 1}


def test_weights_are_those_of_standardised_inputs(net):
    scaled = ShallowNetClassifier(
        6, activation="tanh", max_iter=10, alpha=1, numeric_encoding=None, random_state=0
    ).fit(1000 * IRIS.data, IRIS.target)
    first, second = (NetworkDisplay.from_estimator(one).weights[0] for one in (net, scaled))
    np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-4)
    assert np.abs(net.coefs_[0]).max() > 100 * np.abs(scaled.coefs_[0]).max()


def test_units_and_names(net):
    display = NetworkDisplay.from_estimator(net, target_names=IRIS.target_names)
    assert [len(circles.get_offsets()) for circles in display.units_] == [4, 6, 3]
    written = texts(display)
    assert written[:7] == [*IRIS.data.columns, *IRIS.target_names]
    assert written[7:] == ["4 inputs", "6 tanh units", "3 softmax outputs"]
    renamed = NetworkDisplay.from_estimator(net, feature_names=list("abcd"))
    assert texts(renamed)[:7] == ["a", "b", "c", "d", "0", "1", "2"]
    with pytest.raises(ValueError, match="feature_names has 2 names, and X had 4"):
        NetworkDisplay.from_estimator(net, feature_names=["a", "b"])
    with pytest.raises(ValueError, match=r"target_names=.* each of 3: 0, 1, 2"):
        NetworkDisplay.from_estimator(net, target_names=["a"])


def test_a_large_layer_is_drawn_in_part():
    X, y = load_digits(return_X_y=True)
    net = ShallowNetClassifier(100, max_iter=3, alpha=1, numeric_encoding=None, random_state=0)
    display = NetworkDisplay.from_estimator(net.fit(X, y))
    assert [len(shown) for shown in display.shown_] == [16, 16, 10]
    sizes = np.linalg.norm(display.weights[0], axis=1)
    assert sizes[display.shown_[0]].min() >= np.sort(sizes)[-16]
    assert {"⋮\n48 more", "⋮\n84 more"} <= set(texts(display))
    assert sum(len(lines.get_segments()) for lines in display.lines_) <= 16 * 16 + 16 * 10


def test_outputs_of_other_targets_are_named():
    X, y = load_diabetes(return_X_y=True)
    brief = {"max_iter": 3, "alpha": 1, "random_state": 0}
    for settings, of_y, names in [
        ({}, y, ["y"]),
        ({}, np.column_stack([y, y]), ["y0", "y1"]),
        ({"loss": "quantile", "quantile": [0.1, 0.9]}, y, ["y, 0.1 quantile", "y, 0.9 quantile"]),
    ]:
        net = ShallowNetRegressor(3, **brief, **settings).fit(X, of_y)
        assert NetworkDisplay.from_estimator(net).output_names == names
    binary = ShallowNetClassifier(3, **brief).fit(X, np.where(y > 150, "ill", "fine"))
    assert NetworkDisplay.from_estimator(binary).output_names == ["ill"]
    X, labels = make_multilabel_classification(n_classes=3, random_state=0)
    several = ShallowNetClassifier((), **brief).fit(X, labels)
    display = NetworkDisplay.from_estimator(several, target_names=list("abc"))
    assert display.output_names == ["a", "b", "c"]
    assert len(display.lines_) == 1


def test_categories_bins_and_gaps_are_inputs():
    pd = pytest.importorskip("pandas")
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    X = X[["age", "bmi"]].assign(town=pd.Categorical(["Bonn", "Rome"] * 221))
    X.loc[::5, "age"] = np.nan
    net = ShallowNetRegressor(3, max_iter=3, alpha=1, numeric_encoding=2).fit(X, y)
    names = NetworkDisplay.from_estimator(net).input_names
    assert names == list(net.input_names_)
    assert {"age", "town_Rome"} < set(names)


def test_in_small_axes_fewer_units_are_drawn():
    _, axes = plt.subplots(4, 1, figsize=(5, 6))
    wide = ShallowNetClassifier(25, max_iter=3, alpha=1, numeric_encoding=None, random_state=0)
    wide.fit(IRIS.data, IRIS.target)
    assert len(NetworkDisplay.from_estimator(wide).shown_[1]) == 25
    shown = NetworkDisplay.from_estimator(wide, ax=axes[0]).shown_
    assert [len(units) for units in shown[::2]] == [4, 3]
    assert 4 <= len(shown[1]) < 10
