"""A trace shows the equations of the engine, with its numbers."""

from html.parser import HTMLParser

import numpy as np
import pytest
import textbook
from nets import plain
from numerical import numerical_jacobian
from sklearn.datasets import make_friedman1
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_shallow import (
    AbsoluteError,
    Activation,
    LogLoss,
    ShallowNetClassifier,
    ShallowNetClassifierCV,
    ShallowNetRegressor,
)
from sklearn_shallow.losses.registry import CLASSIFIER_LOSSES, REGRESSOR_LOSSES
from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.teaching import StepByStep, plain_gradient_descent
from sklearn_shallow.teaching.problem import problem_of

pytestmark = pytest.mark.filterwarnings("ignore:(?s).*no better than a constant")
N = 7
CASES = [
    *((ShallowNetClassifier, loss, kind) for loss in CLASSIFIER_LOSSES for kind in "bcl"),
    *((ShallowNetRegressor, loss, "real") for loss in REGRESSOR_LOSSES),
    (ShallowNetClassifier, LogLoss(smoothing=0.2), "c"),
    (ShallowNetRegressor, "squared_error", "gaps"),
]
N_OUTPUTS = {"b": 1, "c": 3, "l": 2, "real": 2, "gaps": 2}
NAMES = {"notes": "{}{}", "library": "{}[{}]"}


def data(kind, rng):
    X = rng.standard_normal((N, 3))
    targets = {
        "b": np.arange(N) % 2,
        "c": np.arange(N) % 3,
        "l": rng.integers(2, size=(N, 2)),
        "real": rng.gamma(2.0, size=(N, 2)),
    }
    targets["gaps"] = np.where(np.eye(N)[:, :2] > 0, np.nan, targets["real"])
    return X, targets[kind]


def example(kind="b", *, estimator=ShallowNetClassifier, hidden=(3,), notation="notes", **settings):
    """Return a trace and the problem that it should show, at parameters of any size."""
    rng = np.random.default_rng(len(hidden))
    X, y = data(kind, rng)
    settings = {"activation": "tanh", "solver": "lbfgs", "alpha": 0.5, **settings}
    net = estimator(hidden, **settings)
    layout = Layout((3, *hidden, N_OUTPUTS[kind]))
    initial = layout.unpack(0.7 * rng.standard_normal(layout.n_params))
    start = {"coef_init": initial.W, "intercept_init": initial.b}
    trace = StepByStep(net, X, y, notation=notation, **start)
    return trace, (trace._objective, trace._theta)


def assert_gradient_of_the_engine(trace, problem, notation):
    objective, theta = problem
    parameters = objective.layout.unpack(theta)
    value, gradient = objective.value_and_gradient(theta)
    gradient = objective.layout.unpack(gradient)
    steps, scale = trace.backward(), np.abs(gradient.flat).max()
    np.testing.assert_allclose(trace.forward()["JF"[notation == "library"]], value, rtol=1e-12)
    for layer in range(len(parameters.W)):
        number = layer + (notation == "notes")
        for letter, exact in (("dW", gradient.W[layer]), ("db", gradient.b[layer])):
            found = steps[NAMES[notation].format(letter, number)]
            if notation == "notes":
                assert found.shape == (exact.shape[::-1] if exact.ndim == 2 else (len(exact), 1))
                found = found.T.reshape(exact.shape)
            np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize(("estimator", "loss", "kind"), CASES)
def test_the_equations_make_the_gradient_of_the_engine(estimator, loss, kind, depth):
    for activation in ACTIVATIONS if depth == 2 else ["tanh"]:  # the same at every depth
        settings = {"estimator": estimator, "loss": loss, "activation": activation}
        trace, problem = example(kind, hidden=(4, 3, 2)[:depth], **settings)
        assert_gradient_of_the_engine(trace, problem, "notes")


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize(("estimator", "loss", "kind"), CASES)
def test_so_they_do_in_the_notation_of_the_library(estimator, loss, kind, depth):
    settings = {"estimator": estimator, "loss": loss, "notation": "library"}
    settings["activation"] = ["tanh", "gelu", "elu"][:depth] or "tanh"
    trace, problem = example(kind, hidden=(4, 3, 2)[:depth], **settings)
    assert_gradient_of_the_engine(trace, problem, "library")


def test_so_they_do_by_the_relevance_of_the_features():
    X, y = make_friedman1(250, n_features=20, noise=0.5, random_state=0)
    net = ShallowNetRegressor(2, activation="tanh", random_state=0).fit(X, y)
    assert len(set(net.relevance_)) > 1
    for notation in NAMES:
        trace = StepByStep(net, X, y, notation=notation)
        assert_gradient_of_the_engine(trace, problem_of(net, X, y), notation)
        assert trace.check()


@pytest.mark.parametrize("activation", textbook.SLOPES)
def test_the_numbers_are_those_of_loops_over_samples_and_units(activation):
    g, _ = textbook.SLOPES[activation]
    trace, (objective, theta) = example("c", activation=activation, alpha=0, standardize=False)
    parameters = objective.layout.unpack(theta)
    W, b = [w.T.tolist() for w in parameters.W], [c.tolist() for c in parameters.b]
    steps = {**trace.forward(), **trace.backward()}
    for sample in range(N):
        Z, A = textbook.forward(W, b, steps["X"][:, sample], g)
        dZ2 = [a - t for a, t in zip(A[2], steps["Y"][:, sample], strict=True)]
        found = {"Z1": Z[0], "A1": A[1], "Z2": Z[1], "A2": A[2], "dZ2": dZ2}
        for name, expected in found.items():
            np.testing.assert_allclose(steps[name][:, sample], expected, rtol=1e-12, atol=1e-15)


def test_a_fitted_estimator_is_shown_as_it_predicts():
    X, y = data("c", np.random.default_rng(0))
    net = plain(activation="tanh", solver="lbfgs", max_iter=200).fit(5 + 3 * X, y)
    trace = StepByStep(net, 5 + 3 * X, y)
    np.testing.assert_allclose(trace["A2"].T, net.predict_proba(5 + 3 * X), rtol=1e-9)
    np.testing.assert_allclose(trace["A1"].T, net.transform(5 + 3 * X), rtol=1e-9)
    assert trace.cost == pytest.approx(net.loss_, rel=1e-12)
    coefs = net.coefs_[0].copy()
    trace.step(0.5)
    np.testing.assert_array_equal(net.coefs_[0], coefs)


@pytest.mark.filterwarnings("ignore:(?s).*had not converged")
def test_the_trace_of_a_new_estimator_begins_where_its_fit_does():
    X, y = data("b", np.random.default_rng(0))
    settings = {"learning_rate_init": 1e-12, "standardize": False}
    net = plain(solver="sgd", max_iter=1, **settings)
    trace = StepByStep(net, X, y)
    assert not hasattr(net, "classes_")
    assert not net.__sklearn_is_fitted__()
    np.testing.assert_allclose(trace["W1"].T, net.fit(X, y).coefs_[0], atol=1e-7)


def test_steps_are_those_of_the_fit():
    X, y = data("b", np.random.default_rng(0))
    net = plain_gradient_descent(3, learning_rate=0.7, n_steps=20, random_state=0)
    trace = StepByStep(net, X, y, notation="library")
    first = trace.cost
    for _ in range(20):
        steps = trace.step(0.7)
    net.fit(X, y)
    assert trace.n_steps == 20
    assert trace.cost < first
    for layer in range(2):
        np.testing.assert_allclose(steps[f"W[{layer}]"], net.coefs_[layer], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(trace["W[0]"], steps["W[0]"])
    assert trace.cost == pytest.approx(net.loss_, rel=1e-12)


@pytest.mark.parametrize("notation", NAMES)
def test_check_finds_the_layer_of_a_wrong_slope(notation):
    right, wrong = (Activation(np.tanh, lambda Z, f=f: f - np.tanh(Z) ** 2) for f in (1, 1.001))
    assert example(activation=right, notation=notation)[0].check()
    found = example(activation=wrong, notation=notation)[0].check()
    first = NAMES[notation].format("dW", int(notation == "notes"))
    last = NAMES[notation].format("dW", 1 + (notation == "notes"))
    assert not found
    assert found.differences[first] > 1e-4
    assert found.differences[last] < 1e-8
    assert [line.split()[-1] for line in repr(found).splitlines()[1:3]] == ["DIFFER"] * 2


def test_check_is_about_the_numbers_that_are_shown():
    trace, (objective, theta) = example("real", estimator=ShallowNetRegressor, alpha=3.0)
    exact = numerical_jacobian(objective.value, theta)
    np.testing.assert_allclose(trace["dW1"].T.ravel(), exact[: trace["dW1"].size], atol=1e-7)
    assert max(trace.check().differences.values()) < 1e-7


def test_check_of_units_that_all_are_zero():
    trace = StepByStep(
        plain_gradient_descent(2),
        [[0.0], [1.0]],
        [0, 1],
        coef_init=[np.zeros((1, 2)), np.zeros((2, 1))],
        intercept_init=[np.zeros(2), np.zeros(1)],
    )
    assert trace.check()


# Text and HTML ----------------------------------------------------------------------------------


def test_text_has_the_equation_the_shape_and_the_numbers_side_by_side():
    trace = StepByStep(
        plain_gradient_descent(1, activation="identity"),
        [[1.0], [2.0]],
        [0, 1],
        coef_init=[[[0.5]], [[2.0]]],
        intercept_init=[[0.0], [-1.5]],
    )
    assert repr(trace.forward()).splitlines() == [
        "equation                shape   numbers",
        "X                       (1, 2)  [[1. 2.]]",
        "W1                      (1, 1)  [[0.5]]",
        "b1                      (1, 1)  [[0.]]",
        "Z1 = W1 @ X + b1        (1, 2)  [[0.5 1. ]]",
        "A1 = g1(Z1)             (1, 2)  [[0.5 1. ]]",
        "W2                      (1, 1)  [[2.]]",
        "b2                      (1, 1)  [[-1.5]]",
        "Z2 = W2 @ A1 + b2       (1, 2)  [[-0.5  0.5]]",
        "A2 = g2(Z2)             (1, 2)  [[0.3775 0.6225]]",
        "Y                       (1, 2)  [[0. 1.]]",
        "J = L(Z2, Y).sum() / m  ()      0.4741",
    ]


def test_small_numbers_keep_their_digits_and_rounding_is_none():
    trace = StepByStep(plain_gradient_descent(2, random_state=0), [[0.0], [1.0]], [0, 1])
    lines = repr(trace.backward()).splitlines()
    assert any("e-03" in line for line in lines if line.startswith("dW1"))
    assert not any("e-17" in line or "-0. " in line for line in lines)


def test_many_samples_are_abbreviated():
    X = np.random.default_rng(0).standard_normal((500, 2))
    trace = StepByStep(plain_gradient_descent(2, random_state=0), X, X[:, 0] > 0)
    text = repr(trace.forward())
    assert "(2, 500)" in text
    assert "..." in text
    assert len(text) < 3000


class Cells(HTMLParser):
    """The cells of a table, and the tags that are open."""

    def __init__(self):
        super().__init__()
        self.cells, self.open = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if "td" in self.open:
            self.cells[-1] += f"^{text}" if self.open[-1] == "sup" else text


@pytest.mark.parametrize("part", ["forward", "backward", "check"])
def test_html_is_a_table_with_the_same_cells(part):
    table = getattr(example()[0], part)()
    parser = Cells()
    parser.feed(table._repr_html_())
    assert parser.open == []
    assert len(parser.cells) == sum(map(len, table._rows))
    words = {"forward": "Z^[1] = W^[1] @ X + b^[1]", "backward": "dZ^[2] = A^[2] - Y"}
    assert words.get(part, "equal to 6 digits") in parser.cells


def test_repr_counts_what_there_is():
    trace, _ = example("c", hidden=(3, 1), activation=["tanh", Activation(np.sin, np.cos)])
    assert repr(trace).startswith(
        "StepByStep: 3 features, 3 hidden units (g1: tanh), 1 hidden unit (g2: Activation(sin, "
        "cos)), 3 outputs (g3: softmax), 7 samples, J = "
    )
    trace.step(0.1)
    assert repr(trace).endswith("after 1 step")


@pytest.mark.parametrize("kind", ["search", "grid", "pipeline", "grid of pipelines"])
def test_the_network_in_a_search_or_a_pipeline(kind):
    rng = np.random.default_rng(0)
    X = rng.normal(5.0, 3.0, (40, 3))
    y = (X[:, 0] > X[:, 1]).astype(int)
    net = ShallowNetClassifier(2, activation="tanh", solver="lbfgs", max_iter=500, alpha=1)
    pipeline = make_pipeline(PCA(2), net)
    model = {
        "search": ShallowNetClassifierCV(net, alphas=[1], cv=2),
        "grid": GridSearchCV(net, {"alpha": [1, 10]}, cv=2),
        "pipeline": pipeline,
        "grid of pipelines": GridSearchCV(pipeline, {"pca__n_components": [1, 2]}, cv=2),
    }[kind].fit(X, y)
    trace = StepByStep(model, X, y)
    np.testing.assert_allclose(trace["A2"].ravel(), model.predict_proba(X)[:, 1], rtol=1e-6)


# Refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_estimators": 2}, "estimators_"),
        ({"l1_ratio": 0.5}, "l1_ratio=0.5"),
        ({"class_weight": "balanced"}, "class_weight='balanced'"),
    ],
)
def test_what_the_equations_do_not_show_is_refused(settings, words):
    X, y = data("b", np.random.default_rng(0))
    with pytest.raises(ValueError, match=words):
        StepByStep(plain(**settings), X, y)


def test_wrong_arguments_are_named():
    X, y = data("b", np.random.default_rng(0))
    net = plain()
    with pytest.raises(ValueError, match=r"notation='note' .* Did you mean 'notes'\?"):
        StepByStep(net, X, y, notation="note")
    with pytest.raises(ValueError, match="coef_init must be a list of arrays"):
        StepByStep(net, X, y, coef_init=[np.zeros((3, 5))])
    with pytest.raises(NotFittedError, match="ShallowNetClassifierCV"):
        StepByStep(ShallowNetClassifierCV(), X, y)
    with pytest.raises(ValueError, match=r"StepByStep is for a ShallowNetClassifier .*got Ridge"):
        StepByStep(Ridge().fit(X, y), X, y)
    with pytest.raises(KeyError, match=r"'Z3' is none of X, W1, b1, Z1"):
        StepByStep(net, X, y)["Z3"]
    net = plain_gradient_descent(2, n_steps=1, random_state=0, loss=AbsoluteError()).fit(
        X, X[:, 0] > 0
    )
    with pytest.raises(ValueError, match="not fitted"):
        StepByStep(net, X, X[:, 0] > 0, coef_init=net.coefs_, intercept_init=net.intercepts_)
