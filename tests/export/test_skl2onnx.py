"""Pipelines that skl2onnx converts, in onnxruntime."""

import numpy as np
import pytest
from exported import FULL, LABELS, NUMBERS, classifier, labels, predictions, regressor
from onnx_sessions import session_of
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import StackingClassifier, VotingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_shallow import ShallowNetClassifierCV, ShallowNetRegressorCV, register_skl2onnx

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
skl2onnx = pytest.importorskip("skl2onnx")
PLAIN = {"zipmap": False}
TEXT = np.array(["low", "high", "more"])[LABELS]
INDICATOR = np.column_stack([LABELS > 0, LABELS < 2, NUMBERS > 1])


@pytest.fixture(autouse=True, scope="module")
def _registered():
    register_skl2onnx()
    register_skl2onnx()  # changes nothing


def run(model, feed):
    return session_of(model).run(None, feed)


@pytest.mark.parametrize(
    "y", [LABELS, LABELS > 0, TEXT, INDICATOR], ids=["int", "bool", "str", "2d"]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_classifier_behind_a_transformer(y, dtype):
    pipeline = make_pipeline(StandardScaler(), classifier(3)).fit(FULL, y)
    X = FULL[:9].astype(dtype)
    label, probability = run(skl2onnx.to_onnx(pipeline, X[:1], options=PLAIN), {"X": X})
    assert np.allclose(
        probability, predictions(pipeline, X), atol=1e-5 if dtype == np.float32 else 1e-12
    )
    assert np.array_equal(label, labels(pipeline, X))


def test_probabilities_are_maps_unless_an_option_says_otherwise():
    pipeline = make_pipeline(StandardScaler(), classifier(3)).fit(FULL, TEXT)
    X = FULL[:4].astype(np.float32)
    wanted = predictions(pipeline, X)
    label, maps = run(skl2onnx.to_onnx(pipeline, X[:1]), {"X": X})
    assert [sorted(one) for one in maps] == [["high", "low", "more"]] * 4
    assert np.allclose([[one[key] for key in sorted(one)] for one in maps], wanted, atol=1e-5)
    columns = run(skl2onnx.to_onnx(pipeline, X[:1], options={"zipmap": "columns"}), {"X": X})
    assert np.allclose(np.column_stack(columns[1:]), wanted, atol=1e-5)
    numbers, _ = run(skl2onnx.to_onnx(pipeline, X[:1], options={**PLAIN, "nocl": True}), {"X": X})
    assert np.array_equal(np.array(["high", "low", "more"])[numbers], label)


@pytest.mark.parametrize(
    "net",
    [
        ShallowNetClassifierCV(classifier(3, solver="lbfgs"), alphas=[1, 10], cv=2),
        GridSearchCV(classifier(3), {"alpha": [1, 10]}, cv=2),
        classifier(3, n_estimators=2),
    ],
    ids=["CV", "GridSearchCV", "several"],
)
def test_a_search_and_an_ensemble_of_classifiers(net):
    pipeline = make_pipeline(StandardScaler(), net).fit(FULL, TEXT)
    label, probability = run(skl2onnx.to_onnx(pipeline, FULL[:1], options=PLAIN), {"X": FULL})
    assert np.allclose(probability, predictions(pipeline, FULL), atol=1e-12)
    assert np.array_equal(label, pipeline.predict(FULL))


@pytest.mark.parametrize(
    "net",
    [
        regressor(3),
        regressor(3, loss="quantile", quantile=[0.1, 0.9]),
        ShallowNetRegressorCV(regressor(3, solver="lbfgs"), alphas=[1, 10], cv=2),
    ],
    ids=["plain", "quantiles", "CV"],
)
def test_a_regressor_behind_a_transformer(net):
    pipeline = make_pipeline(StandardScaler(), net).fit(FULL, NUMBERS)
    [made] = run(skl2onnx.to_onnx(pipeline, FULL[:1]), {"X": FULL})
    wanted = pipeline.predict(FULL)
    assert np.allclose(made.reshape(wanted.shape), wanted, atol=1e-12)


ENSEMBLES = [
    CalibratedClassifierCV(classifier(3), cv=2),
    OneVsRestClassifier(classifier(3)),
    StackingClassifier([("net", classifier(3)), ("line", LogisticRegression())], cv=2),
    VotingRegressor([("net", regressor(3)), ("line", LinearRegression())]),
]


@pytest.mark.parametrize("ensemble", ENSEMBLES, ids=lambda ensemble: type(ensemble).__name__)
def test_an_ensemble_of_scikit_learn(ensemble):
    has_labels = is_classifier(ensemble)
    ensemble.fit(FULL, LABELS if has_labels else NUMBERS)
    options = PLAIN if has_labels else None
    *_, made = run(skl2onnx.to_onnx(ensemble, FULL[:1], options=options), {"X": FULL})
    wanted = predictions(ensemble, FULL)
    assert np.allclose(made.reshape(wanted.shape), wanted, atol=1e-5)


@pytest.mark.parametrize("y", [LABELS, LABELS > 0, INDICATOR], ids=["int", "bool", "2d"])
def test_raw_scores_are_the_decision_function(y):
    net = classifier(3).fit(FULL, y)
    wanted = net.decision_function(FULL)
    if wanted.ndim == 1:
        wanted = np.column_stack([-wanted, wanted])
    raw = {**PLAIN, "raw_scores": True}
    label, made = run(skl2onnx.to_onnx(net, FULL[:1], options=raw), {"X": FULL})
    assert np.allclose(made, wanted, atol=1e-12)
    assert np.array_equal(label, net.predict(FULL))


def test_several_networks_have_no_raw_scores():
    net = classifier(3, n_estimators=2).fit(FULL, LABELS)
    with pytest.raises(ValueError, match="n_estimators=1"):
        skl2onnx.to_onnx(net, FULL[:1], options={**PLAIN, "raw_scores": True})


@pytest.mark.parametrize("step", [regressor(3), make_union(StandardScaler(), regressor(3))])
def test_a_network_whose_hidden_units_another_step_gets_is_refused(step):
    """The predictions would take their place without a word."""
    pipeline = make_pipeline(step, LinearRegression()).fit(FULL, NUMBERS)
    with pytest.raises(ValueError, match="another step follows the network"):
        skl2onnx.to_onnx(pipeline, FULL[:1])


@pytest.fixture
def frame():
    pd = pytest.importorskip("pandas")
    made = pd.DataFrame(FULL, columns=[*"abcde"])
    made["colour"], made["size"] = TEXT, LABELS * 7
    return made


def columns_of(frame):
    return {name: frame[[name]].to_numpy() for name in frame}


def test_a_column_transformer(frame):
    columns = make_column_transformer(
        (StandardScaler(), [*"abcde"]), (OneHotEncoder(), ["colour", "size"])
    )
    pipeline = make_pipeline(columns, regressor(3)).fit(frame, NUMBERS)
    [made] = run(skl2onnx.to_onnx(pipeline, frame[:1]), columns_of(frame))
    assert np.allclose(made[:, 0], pipeline.predict(frame), atol=1e-12)


def test_a_network_alone_takes_text_and_whole_numbers(frame):
    net = classifier(3).fit(frame, TEXT)
    label, probability = run(skl2onnx.to_onnx(net, frame[:1], options=PLAIN), columns_of(frame))
    assert np.allclose(probability, net.predict_proba(frame), atol=1e-12)
    assert np.array_equal(label, net.predict(frame))


def test_types_that_do_not_fit_are_refused(frame):
    net = regressor(3).fit(frame, NUMBERS)
    with pytest.raises(ValueError, match="'colour' is declared to hold numbers"):
        skl2onnx.to_onnx(net, frame.assign(colour=1.0)[:1])
    with pytest.raises(ValueError, match="6 columns, but the network has 7"):
        skl2onnx.to_onnx(net, frame.drop(columns="a")[:1])


def test_an_opset_that_is_too_old_is_refused():
    net = regressor(3).fit(FULL, NUMBERS)
    with pytest.raises(ValueError, match=r"target_opset .* must be at least 13"):
        skl2onnx.to_onnx(net, FULL[:1], target_opset=12)
