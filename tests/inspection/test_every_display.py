"""Every display draws every kind of fit, or refuses with a way out; and three look as they did."""

import ast
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, make_multilabel_classification
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_shallow
from sklearn_shallow import (
    ActivationDisplay,
    HiddenUnitsDisplay,
    IntervalDisplay,
    LossCurveDisplay,
    NetworkDisplay,
    ResponseDisplay,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
    WeightsDisplay,
)

plt = pytest.importorskip("matplotlib.pyplot")
BRIEF = {"max_iter": 3, "alpha": 1, "random_state": 0}
X, Y = load_diabetes(return_X_y=True)
CANCER = load_breast_cancer(return_X_y=True)


def frame():
    pd = pytest.importorskip("pandas")
    frame, y = load_diabetes(return_X_y=True, as_frame=True)
    frame["town"] = pd.Categorical(["Bonn", "Rome"] * 221)
    frame.loc[::9, "bmi"] = np.nan
    return frame, y


def fit_of(kind):
    """A fit and the samples that it has seen."""
    if kind == "frame with categories, gaps and bins":
        A, b = frame()
        return ShallowNetRegressor(4, numeric_encoding=3, **BRIEF).fit(A, b), A, b
    if kind == "several networks":
        return ShallowNetRegressor(4, n_estimators=2, **BRIEF).fit(X, Y), X, Y
    if kind == "several targets, quantiles":
        both = np.column_stack([Y, -Y])
        net = ShallowNetRegressor(4, loss="quantile", quantile=[0.05, 0.95], **BRIEF)
        return net.fit(X, both), X, both
    if kind == "posterior, two layers":
        net = ShallowNetRegressor((4, 3), posterior="laplace", **BRIEF)
        return net.fit(X, Y), X, Y
    if kind == "partial_fit":
        net = ShallowNetClassifier(4, random_state=0)
        for _ in range(3):
            net.partial_fit(*CANCER, classes=[0, 1])
        return net, *CANCER
    if kind == "multilabel":
        A, b = make_multilabel_classification(n_classes=3, random_state=0)
        return ShallowNetClassifier(4, **BRIEF).fit(A, b), A, b
    if kind == "linear":
        return ShallowNetClassifier((), **BRIEF).fit(*CANCER), *CANCER
    if kind == "sparse":
        A = sparse.random(442, 40, density=0.2, format="csr", random_state=0)
        return ShallowNetClassifier(4, **BRIEF).fit(A, Y > 150), A, Y > 150
    if kind == "search, labels":
        net = ShallowNetClassifier(4, solver="lbfgs", random_state=0)
        return ShallowNetClassifierCV(net, alphas=[3, 10], cv=2).fit(*CANCER), *CANCER
    if kind == "search, numbers":
        net = ShallowNetRegressor(4, solver="lbfgs", posterior="laplace", random_state=0)
        return ShallowNetRegressorCV(net, alphas=[3, 10], cv=2).fit(X, Y), X, Y
    net = ShallowNetRegressor(4, activation=["tanh"], standardize=False, **BRIEF)
    return make_pipeline(StandardScaler(), net).fit(X, Y), X, Y


DISPLAYS = {
    "loss curve": lambda net, A, b: LossCurveDisplay.from_estimator(net),
    "network": lambda net, A, b: NetworkDisplay.from_estimator(net),
    "weights": lambda net, A, b: WeightsDisplay.from_estimator(net),
    "response": lambda net, A, b: ResponseDisplay.from_estimator(net, A, [0, 2]),
    "hidden units": lambda net, A, b: HiddenUnitsDisplay.from_estimator(net, A),
    "activations": lambda net, A, b: ActivationDisplay.from_estimator(net, A),
    "intervals": lambda net, A, b: IntervalDisplay.from_estimator(
        net, A, b, target=1 if np.ndim(b) == 2 else None
    ),
}
NO_INTERVALS = r"CalibrationDisplay|posterior='laplace'"
ONE = r"Pass estimator.estimators_\[0\]"
REFUSED = {
    "frame with categories, gaps and bins": {"intervals": NO_INTERVALS},
    "several networks": {
        "intervals": NO_INTERVALS,
        **dict.fromkeys(["network", "weights", "hidden units", "activations"], ONE),
    },
    "several targets, quantiles": {},
    "posterior, two layers": {},
    "partial_fit": {"intervals": NO_INTERVALS},
    "multilabel": {"intervals": NO_INTERVALS},
    "linear": {
        "intervals": NO_INTERVALS,
        "hidden units": "See WeightsDisplay",
        "activations": "See ActivationDisplay.from_activations",
    },
    "sparse": {"intervals": NO_INTERVALS, "response": r"Pass X.toarray\(\)"},
    "search, labels": {"intervals": NO_INTERVALS},
    "search, numbers": {},
    "pipeline": {"intervals": NO_INTERVALS},
}


@pytest.mark.parametrize("kind", REFUSED)
def test_every_display_draws_or_says_the_way_out(kind):
    net, A, b = fit_of(kind)
    for name, draw in DISPLAYS.items():
        if name in REFUSED[kind]:
            with pytest.raises(ValueError, match=REFUSED[kind][name]):
                draw(net, A, b)
            continue
        display = draw(net, A, b)
        assert display.ax_.figure is display.figure_
        figure = plt.figure()
        again = display.plot(ax=figure.add_subplot(1, 2, 2))
        assert again is display
        assert display.figure_ is figure


ONE_PART = {**DISPLAYS, "response": lambda net, A, b: ResponseDisplay.from_estimator(net, A, 2)}


@pytest.mark.parametrize("name", ONE_PART)
def test_one_part_is_drawn_in_axes_outside_of_any_grid(name):
    net = ShallowNetRegressor(4, solver="lbfgs", alpha=1, posterior="laplace", random_state=0)
    display = ONE_PART[name](net.fit(X, Y), X, Y)
    loose = plt.figure().add_axes([0.1, 0.1, 0.8, 0.8])
    assert display.plot(ax=loose).ax_ is loose


def test_dollars_in_names_are_drawn_as_they_are():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X[:, :4], columns=["$x_1", "$$", r"$\no$", "a $ b"])
    frame["town"] = pd.Categorical(["$x^$", "$_$"] * 221)
    labels = np.where(Y > 200, "$_$", np.where(Y > 100, "$$", "$x^{$"))
    net = ShallowNetClassifier(4, **BRIEF).fit(frame, labels)
    number = ShallowNetRegressor(4, posterior="laplace", **BRIEF).fit(frame, Y)
    of_two = ShallowNetClassifier(4, **BRIEF).fit(frame, np.where(Y > 140, "$^$", "no"))
    displays = [
        LossCurveDisplay.from_estimator(net, net, names=["$^$", "$$"]),
        NetworkDisplay.from_estimator(net),
        WeightsDisplay.from_estimator(net),
        WeightsDisplay.from_estimator(ShallowNetClassifier((), **BRIEF).fit(frame, labels)),
        ResponseDisplay.from_estimator(net, frame),
        ResponseDisplay.from_estimator(of_two, frame),
        HiddenUnitsDisplay.from_estimator(net, frame),
        ActivationDisplay.from_estimator(net, frame),
        IntervalDisplay.from_estimator(number, frame, Y, feature="$$"),
    ]
    for display in displays:
        display.figure_.canvas.draw()  # an invalid formula is found here


def test_matplotlib_is_imported_when_something_is_drawn():
    for path in sorted(Path(sklearn_shallow.__file__).parent.glob("inspection/*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert " matplotlib" not in ast.unparse(node), path
