"""To scikit-learn's networks and back: the same predictions."""

import re
import warnings

import numpy as np
import pytest
from exported import CASES, FRAMES, FULL, LABELS, NAMES, NUMBERS, Parts, fitted, labels, predictions
from onnx_sessions import session_of

from exported import in_double, is_single, rounding  # isort: skip
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor, diagnose, load

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IMPOSSIBLE = {
    f"activation {name}": "activation="
    for name in ("leaky_relu", "elu", "softplus", "silu", "gelu")
} | {
    "leaky": r"activation=[LeakyReLU(0.2), ELU(1.5)]",
    "quantiles": "link 'ordered'",
    "quantiles of targets": "link 'ordered'",
    "several indicator": "n_estimators > 1 with several labels",
    "different inputs": "transforms of X that differ",
}


def accepted(model, X):
    """Return X as the model takes it: a network alone takes no gaps."""
    return X if hasattr(model, "steps") or hasattr(X, "columns") else np.nan_to_num(X)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in IMPOSSIBLE])
def test_the_network_of_scikit_learn_predicts_the_same(name):
    if name in FRAMES:
        pytest.importorskip("pandas")
    net, X = fitted(name)
    model = net.to_sklearn()
    check_is_fitted(model)
    X = accepted(model, X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = predictions(model, X) if hasattr(net, "classes_") else model.predict(X)
        if hasattr(net, "classes_"):
            np.testing.assert_array_equal(model.predict(X), labels(net, X))
            np.testing.assert_array_equal(model.classes_, net.classes_)
    if is_single(X):
        np.testing.assert_allclose(found, in_double(net, X), 0, 3 * rounding(net, X))
    else:
        np.testing.assert_allclose(found, predictions(net, X), 1e-6, 1e-6)
    assert model.n_features_in_ == net.n_features_in_
    clone(model)


@pytest.mark.parametrize("unit", [1e-20, 1e20])
@pytest.mark.parametrize("standardize", [False, "auto"])
def test_the_unit_of_x_has_no_effect(standardize, unit):
    net = ShallowNetRegressor(4, standardize=standardize, numeric_encoding=4, max_iter=4)
    net.set_params(random_state=0).fit(unit * FULL, NUMBERS)
    found = net.to_sklearn().predict(unit * FULL)
    np.testing.assert_allclose(found, net.predict(unit * FULL), 1e-6)


def test_half_precision_is_passed_as_single_precision():
    X = FULL.astype(np.float16)
    net = ShallowNetRegressor(4, max_iter=4, random_state=0).fit(X, NUMBERS)
    found = net.to_sklearn().predict(X.astype(np.float32))
    np.testing.assert_allclose(found, net.predict(X), 1e-5)


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_scikit_learn_lacks_is_said_with_a_way_out(name):
    net, _ = fitted(name)
    with pytest.raises(ValueError, match=f"{re.escape(IMPOSSIBLE[name])}.*Use to_onnx"):
        net.to_sklearn()


def test_an_affine_map_of_x_is_part_of_the_network():
    net = CASES["standardized only"].fitted()
    assert type(net.to_sklearn()) is MLPRegressor
    assert type(fitted("sparse")[0].to_sklearn()) is MLPClassifier


def test_several_networks_of_an_identity_link_are_one():
    net = ShallowNetRegressor((4, 3), n_estimators=3, max_iter=2, standardize=True, random_state=0)
    net.fit(FULL, Parts.two)
    mlp = net.to_sklearn()
    assert mlp.hidden_layer_sizes == (12, 9)
    np.testing.assert_allclose(mlp.predict(FULL), net.predict(FULL), 1e-9)
    linear = ShallowNetRegressor((), n_estimators=2, max_iter=2, standardize=True).fit(
        FULL, NUMBERS
    )
    np.testing.assert_allclose(linear.to_sklearn().predict(FULL), linear.predict(FULL), 1e-9)


def test_the_names_of_the_features_are_kept():
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(FULL, columns=[*"abcde"])
    for standardize in ("auto", True):
        net = ShallowNetClassifier(3, max_iter=2, standardize=standardize).fit(X, LABELS)
        model = net.to_sklearn()
        np.testing.assert_array_equal(model.feature_names_in_, net.feature_names_in_)
        np.testing.assert_allclose(model.predict_proba(X), net.predict_proba(X), 1e-9)


def test_converters_for_scikit_learn_work():
    skl2onnx = pytest.importorskip("skl2onnx")
    X = FULL[:, [0, 2, 3, 4]].astype(np.float32)  # no converter knows arcsinh, of heavy tails
    net = ShallowNetClassifier(4, max_iter=4, random_state=0).fit(X, LABELS)
    model = skl2onnx.to_onnx(net.to_sklearn(), X[:1], options={"zipmap": False})
    _, probability = session_of(model).run(None, {"X": X})
    np.testing.assert_allclose(probability, net.predict_proba(X), 1e-4, 1e-5)


# And back


def regressor(**parameters):
    return MLPRegressor(hidden_layer_sizes=5, max_iter=5, random_state=0, **parameters)


BACK = {
    "classes": (MLPClassifier((5, 4), max_iter=5, random_state=0), LABELS),
    "two classes": (MLPClassifier(5, activation="tanh", max_iter=5, random_state=0), LABELS > 0),
    "labels": (MLPClassifier(5, solver="lbfgs", max_iter=5, random_state=0), Parts.indicator),
    "texts": (MLPClassifier(5, activation="logistic", max_iter=5, random_state=0), Parts.text),
    "early": (MLPClassifier(5, early_stopping=True, max_iter=5, random_state=0), LABELS),
    "numbers": (regressor(solver="sgd", learning_rate="adaptive"), NUMBERS),
    "two targets": (regressor(activation="identity"), Parts.two),
    "counts": (regressor(loss="poisson"), NUMBERS),
}
X_BACK = FULL * [1, 0, 1, 1, 0.01]


def mlp_and_net(name):
    mlp, y = BACK[name]
    mlp = clone(mlp).fit(X_BACK, y)
    cls = ShallowNetClassifier if hasattr(mlp, "predict_proba") else ShallowNetRegressor
    return mlp, cls.from_sklearn(mlp), y


@pytest.mark.parametrize("name", BACK)
def test_networks_of_scikit_learn_come_in(name, tmp_path, capsys):
    mlp, net, _ = mlp_and_net(name)
    np.testing.assert_array_equal(net.predict(X_BACK), net.predict(X_BACK))
    np.testing.assert_allclose(predictions(net, X_BACK), predict(mlp, X_BACK), 1e-12, 1e-12)
    for one, two in zip(net.coefs_ + net.intercepts_, mlp.coefs_ + mlp.intercepts_, strict=True):
        np.testing.assert_array_equal(one, two)
    net.summary()
    assert f"solver         {mlp.solver}" in capsys.readouterr().out
    assert net.validation_scores_ == getattr(mlp, "validation_scores_", None)
    net.save(tmp_path / "net")
    np.testing.assert_array_equal(load(tmp_path / "net").predict(X_BACK), net.predict(X_BACK))
    assert clone(net).standardize is False
    again = net.to_sklearn()
    np.testing.assert_allclose(predict(again, X_BACK), predict(mlp, X_BACK), 1e-12, 1e-12)
    assert again.out_activation_ == mlp.out_activation_


def predict(mlp, X):
    return mlp.predict_proba(X) if hasattr(mlp, "predict_proba") else mlp.predict(X)


@pytest.mark.parametrize("name", [name for name in BACK if name != "early"])
def test_training_continues_from_its_weights(name):
    mlp, net, y = mlp_and_net(name)
    before = net.predict(X_BACK)
    warm = net.set_params(warm_start=True, max_iter=1, alpha=0.0)
    if mlp.solver != "lbfgs":
        warm.set_params(learning_rate_init=1e-12)
        np.testing.assert_allclose(warm.fit(X_BACK, y).coefs_[0], mlp.coefs_[0], 0, 1e-6)
        warm.partial_fit(X_BACK, y)
        np.testing.assert_allclose(warm.coefs_[0], mlp.coefs_[0], 0, 1e-6)
        assert len(warm.loss_curve_) == len(mlp.loss_curve_) + 2
    else:
        assert warm.set_params(max_iter=5).fit(X_BACK, y).loss_ < mlp.loss_
    assert before.shape == net.predict(X_BACK).shape


def test_what_is_no_fitted_network_is_refused():
    mlp = MLPClassifier(5)
    with pytest.raises(NotFittedError):
        ShallowNetClassifier.from_sklearn(mlp)
    with pytest.raises(ValueError, match="takes a fitted MLPRegressor, got MLPClassifier"):
        ShallowNetRegressor.from_sklearn(mlp)
    with pytest.raises(ValueError, match="pass its last step"):
        ShallowNetClassifier.from_sklearn(make_pipeline(mlp))


def test_what_is_not_known_of_a_fit_elsewhere_is_left_out(capsys):
    X, y = FULL, FULL[:, 0]
    net = ShallowNetRegressor.from_sklearn(
        MLPRegressor(hidden_layer_sizes=4, max_iter=5, random_state=0).fit(X, y)
    )
    net.summary()
    with warnings.catch_warnings(action="error"):
        diagnosis = str(diagnose(net, X, y))
    assert "nan" not in capsys.readouterr().out + diagnosis
