"""ONNX models in onnxruntime against predictions."""

import sys

import numpy as np
import pytest
from exported import FRAMES, FULL, LABELS, NAMES, NUMBERS, X, classifier, fitted, regressor

from exported import in_double, is_single, labels, predictions, rounding  # isort: skip
from onnx_sessions import session_of
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import SplineTransformer

from sklearn_shallow import Activation, ShallowNetClassifier

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64}


def run(model, X):
    """Return the outputs by name for an array, or a data frame column by column."""
    running = session_of(model)
    inputs = running.get_inputs()
    columns = [X] if len(inputs) == 1 else [X.iloc[:, [i]] for i in range(X.shape[1])]
    feed = {}
    for of, column in zip(inputs, columns, strict=True):
        if of.type == "tensor(string)":
            column = column.astype(object).where(column.notna(), "")
            feed[of.name] = column.to_numpy(dtype=object)
        else:
            feed[of.name] = np.asarray(column, TYPES[of.type])
    return dict(
        zip([of.name for of in running.get_outputs()], running.run(None, feed), strict=True)
    )


def outputs_and_labels(made):
    return made.get("probabilities", made.get("variable")), made.get("label")


@pytest.mark.parametrize("name", NAMES)
def test_a_model_predicts_the_same(name):
    if name in FRAMES:
        pytest.importorskip("pandas")
    net, X = fitted(name)
    wanted = in_double(net, X)
    scale = max(1.0, np.abs(wanted).max())
    single = 3 * rounding(net, X) if is_single(X) else 1e-6 * scale
    for dtype, tolerance in (("float64", 1e-9 * scale), ("float32", single)):
        if dtype == "float32" and name == "far from zero":
            continue  # X itself loses its digits
        outputs, found = outputs_and_labels(run(net.to_onnx(dtype=dtype), X))
        assert outputs.dtype == dtype
        np.testing.assert_allclose(outputs.reshape(wanted.shape), wanted, 0, tolerance)
        if found is not None:
            np.testing.assert_array_equal(found, labels(net, X))


def test_a_model_runs_in_old_runtimes_and_says_who_made_it():
    net, _ = fitted("bins")
    model = net.to_onnx()
    versions = {part.domain: part.version for part in model.opset_import}
    assert versions == {"": 13, "ai.onnx.ml": 2}
    assert (model.ir_version, model.producer_name) == (7, "sklearn_shallow")


@pytest.mark.parametrize("n_rows", [0, 1, 7])
@pytest.mark.parametrize("name", ["bins", "several indicator", "quantiles of targets"])
def test_the_number_of_samples_is_free(name, n_rows):
    net, _ = fitted(name)
    outputs, found = outputs_and_labels(run(net.to_onnx(), X[:n_rows]))
    assert outputs.shape == (n_rows, *predictions(net, X[:1]).shape[1:])
    assert found is None or len(found) == n_rows


def test_infinity_is_limited_like_all_that_is_far_away():
    net, _ = fitted("bins")
    signs = np.where(X[:4] > 0, 1.0, -1.0)
    infinite = run(net.to_onnx(dtype="float32"), signs * np.inf)["probabilities"]
    assert np.allclose(infinite, predictions(net, signs * 1e30), atol=1e-6)


def test_small_probabilities_keep_their_digits_in_single_precision():
    net = classifier((), solver="lbfgs", alpha=1.0, standardize=True).set_params(max_iter=200)
    net.fit(FULL[:, 3:4], FULL[:, 3] > 5)
    x = np.linspace(-50, 60, 111)[:, np.newaxis]
    wanted, made = predictions(net, x), run(net.to_onnx(dtype="float32"), x)["probabilities"]
    assert np.any((wanted > 1e-20) & (wanted < 1e-10))
    np.testing.assert_allclose(made, wanted, 1e-3, 1e-30)


@pytest.mark.parametrize("names", [["label", "b"], ["", "b"], ["variable", "probabilities"]])
def test_names_of_features_that_are_no_names_of_inputs_are_numbered(names):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"one": FULL[:, 0], "two": np.where(LABELS > 0, "yes", "no")})
    net = regressor(3).fit(frame.set_axis(names, axis=1), NUMBERS)
    model = net.to_onnx()
    assert [part.name for part in model.graph.input] == ["x0", "x1"]
    made = run(model, frame)["variable"][:, 0]
    assert np.allclose(made, net.predict(frame.set_axis(names, axis=1)))


def test_a_path_gets_the_model(tmp_path):
    net, _ = fitted("linear")
    model = net.to_onnx(tmp_path / "net.onnx")
    assert onnx.load(tmp_path / "net.onnx") == model


REFUSED = {
    "Activation\\(sin, cos\\).*'relu'": lambda: classifier(activation=Activation(np.sin, np.cos)),
    "SplineTransformer.*Pipeline": lambda: classifier(numeric_encoding=SplineTransformer()),
    "posterior=None": lambda: classifier(posterior="laplace"),
}


@pytest.mark.parametrize("words", REFUSED)
def test_a_refusal_names_the_reason_and_the_way_out(words):
    net = REFUSED[words]().fit(FULL, LABELS)
    for export in (net.to_onnx, net.export_code, net.to_sklearn):
        with pytest.raises(ValueError, match=words):
            export()


@pytest.mark.parametrize(
    "classes", [np.array(["2020", "2021", "2022"], "datetime64[Y]"), np.array([1, 2, 2**63], "u8")]
)
def test_labels_without_a_type_are_refused(classes):
    net = classifier(2).fit(FULL, classes[LABELS])
    for export in (net.to_onnx, net.export_code):
        with pytest.raises(ValueError, match=r"astype\(str\)"):
            export()


def test_constants_beyond_single_precision_are_refused():
    net = regressor(2).fit(FULL, NUMBERS * 1e60)
    with pytest.raises(ValueError, match=r"dtype='float32' cannot hold .*float64"):
        net.to_onnx(dtype="float32")
    net = regressor(2).fit(FULL * 1e-60, NUMBERS)
    with pytest.raises(ValueError, match=r"dtype='float32' cannot hold .*float64"):
        net.to_onnx(dtype="float32")


@pytest.mark.parametrize(("of_x", "of_y"), [(1, 1e-60), (1, 1e-140), (1e-60, 1)])
def test_units_beyond_single_precision_have_all_digits(of_x, of_y):
    """onnxruntime drops the addition of one number that is zero in single precision."""
    x = of_x * (5 + FULL[:, :1])
    net = regressor(2).fit(x, of_y * NUMBERS)
    wanted, made = net.predict(x), run(net.to_onnx(), x)["variable"][:, 0]
    np.testing.assert_allclose(made / of_y, wanted / of_y, 1e-9)


def test_categories_that_are_equal_in_single_precision_are_refused():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": pd.Categorical(np.where(LABELS > 0, 2**24, 2**24 + 1))})
    net = regressor(2).fit(frame, NUMBERS)
    with pytest.raises(ValueError, match=r"'a' apart.*float64"):
        net.to_onnx(dtype="float32")


def test_another_dtype_is_refused():
    net, _ = fitted("linear")
    for dtype in ("float16", "wrong", int):
        with pytest.raises(ValueError, match="must be 'float32', 'float64' or None"):
            net.to_onnx(dtype=dtype)


def test_an_estimator_that_is_not_fitted_is_refused():
    with pytest.raises(NotFittedError):
        ShallowNetClassifier().to_onnx()


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    net, _ = fitted("linear")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install sklearn-shallow\[onnx\]"):
        net.to_onnx()
