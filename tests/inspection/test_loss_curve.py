"""`LossCurveDisplay`: the artists hold what `history_` holds."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import (
    LossCurveDisplay,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    diagnose,
)

plt = pytest.importorskip("matplotlib.pyplot")
X, Y = load_breast_cancer(return_X_y=True)


@pytest.fixture(scope="module")
def early():
    return ShallowNetClassifier(
        5, early_stopping=True, scoring="accuracy", max_iter=30, random_state=0
    ).fit(X, Y)


def test_the_curves_are_those_of_the_history(early):
    display = LossCurveDisplay.from_estimator(early)
    assert list(display.axes_) == ["loss", "validation_score", "learning_rate", "alpha"]
    for name, lines in display.lines_.items():
        [line] = lines
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, early.n_iter_ + 1))
        np.testing.assert_array_equal(line.get_ydata(), early.history_[name])
    assert display.penalty_ in display.ax_.collections
    assert display.ax_.get_ylabel() == "loss"
    assert display.axes_["alpha"].get_xlabel() == "epoch"


def test_the_returned_iteration_is_marked(early):
    [mark] = LossCurveDisplay.from_estimator(early).best_
    best = early.best_iteration_
    assert (*mark.get_xdata(), *mark.get_ydata()) == (
        best,
        early.history_["validation_loss"][best - 1],
    )


def test_after_a_warm_start_the_mark_counts_from_the_first_fit():
    net = ShallowNetClassifier(3, max_iter=5, alpha=1, warm_start=True, random_state=0).fit(X, Y)
    [mark] = LossCurveDisplay.from_estimator(net.fit(X, Y)).best_
    assert list(mark.get_xdata()) == [10]


def test_axes_that_would_show_nothing_are_not_there():
    net = ShallowNetClassifier(3, random_state=0)
    for _ in range(4):
        net.partial_fit(X, Y, classes=[0, 1])
    display = LossCurveDisplay.from_estimator(net)
    assert list(display.axes_) == ["loss"]
    assert len(display.lines_["data_loss"][0].get_xdata()) == 4


def test_several_fits_are_named_by_what_differs(early):
    other = ShallowNetClassifier(5, solver="lbfgs", random_state=1).fit(X, Y)
    third = ShallowNetClassifier(5, solver="lbfgs", alpha=1, random_state=1).fit(X, Y)
    display = LossCurveDisplay.from_estimator(other, third)
    assert display.names == ["alpha='auto'", "alpha=1"]
    assert len(display.lines_["data_loss"]) == len(display.best_) == 2
    assert display.penalty_ is None
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == display.names
    both = LossCurveDisplay.from_estimator(early, other, names=["a", "b"])
    assert both.axes_["alpha"].get_xlabel() == "epoch or iteration"
    with pytest.raises(ValueError, match=r"names=.* one for each of 2"):
        LossCurveDisplay.from_estimator(early, other, names=["a"])


def test_every_network_of_an_ensemble_is_drawn():
    net = ShallowNetClassifier(3, max_iter=4, n_estimators=3, random_state=0, alpha=1).fit(X, Y)
    display = LossCurveDisplay.from_estimator(net)
    assert display.names == ["network 1", "network 2", "network 3"]
    assert len(display.lines_["data_loss"]) == 3


def test_searches_and_pipelines_lead_to_their_network(early):
    search = ShallowNetClassifierCV(ShallowNetClassifier(2, solver="lbfgs"), alphas=[3, 10], cv=2)
    best = search.fit(X, Y).best_estimator_
    pipeline = make_pipeline(StandardScaler(), ShallowNetClassifier(2, max_iter=4, alpha=1))
    grid = GridSearchCV(pipeline, {"shallownetclassifier__alpha": [1, 2]}, cv=2).fit(X, Y)
    for estimator, net in [(search, best), (grid, grid.best_estimator_[-1])]:
        [line] = LossCurveDisplay.from_estimator(estimator).lines_["data_loss"]
        np.testing.assert_array_equal(line.get_ydata(), net.history_["data_loss"])


def test_it_is_drawn_in_given_axes(early):
    figure, axes = plt.subplots(1, 2)
    display = LossCurveDisplay.from_estimator(early, ax=axes[1])
    assert display.figure_ is figure
    assert display.plot().figure_ is not figure
    loose = figure.add_axes([0, 0, 1, 1])
    with pytest.raises(ValueError, match=r"plt.subplots\(\), or ax=None"):
        display.plot(ax=loose)


def test_without_a_history_there_is_nothing_to_draw():
    net = ShallowNetClassifier(2, max_iter=2, alpha=1).fit(X, Y)
    network = net._networks[0]
    net._networks = [replace(network, history=type(network.history)())]
    with pytest.raises(ValueError, match=r"its weights come from elsewhere. Fit it"):
        LossCurveDisplay.from_estimator(net)
    with pytest.raises(ValueError, match="diagnose needs the history"):
        diagnose(net, X, Y)


def test_others_are_refused():
    with pytest.raises(ValueError, match="not fitted"):
        LossCurveDisplay.from_estimator(ShallowNetClassifier())
    with pytest.raises(ValueError, match="got MLPClassifier"):
        LossCurveDisplay.from_estimator(MLPClassifier(2, max_iter=1000).fit(X[:20], Y[:20]))
