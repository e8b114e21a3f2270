"""`diagnose`: of networks that are bad on purpose, the first advice is the cure."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes, load_digits, make_multilabel_classification
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import (
    ShallowNetClassifier,
    ShallowNetRegressor,
    ShallowNetRegressorCV,
    diagnose,
)

X, Y = load_diabetes(return_X_y=True)
DIGITS, LABELS = load_digits(return_X_y=True)
RNG = np.random.default_rng(0)


def fitted(net, X, y, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fit warns too
        return net.set_params(random_state=0).fit(X, y, **options)


def rate_too_large():
    net = ShallowNetClassifier(20, learning_rate_init=5.0, max_iter=10)
    return diagnose(fitted(net, DIGITS, LABELS), DIGITS, LABELS)


def unscaled():
    wild = X * np.logspace(0, 5, 10)
    net = ShallowNetRegressor(20, standardize=False, max_iter=10)
    return diagnose(fitted(net, wild, Y / 100), wild, Y / 100)


def one_unit():
    x = RNG.uniform(-3, 3, (300, 1))
    y = np.sin(3 * x[:, 0])
    net = ShallowNetRegressor(1, activation="tanh", solver="lbfgs")
    return diagnose(fitted(net, x, y), x, y)


def constant():
    y = np.full(len(X), 3.0)
    return diagnose(fitted(ShallowNetRegressor(5, max_iter=10), X, y), X, y)


def overfit():
    net = fitted(ShallowNetRegressor(60, alpha=0, solver="lbfgs", tol=0.01), X[:80], Y[:80])
    return diagnose(net, X[:80], Y[:80], X_val=X[80:], y_val=Y[80:])


def saturated():
    W = [2000 * RNG.standard_normal((10, 20)), RNG.standard_normal((20, 1))]
    start = {"coef_init": W, "intercept_init": [np.zeros(20), np.zeros(1)]}
    net = ShallowNetRegressor(20, activation="tanh", alpha=1, max_iter=5)
    return diagnose(fitted(net, X, Y, **start), X, Y)


def silenced():
    W = [RNG.standard_normal((10, 20)), RNG.standard_normal((20, 1))]
    start = {"coef_init": W, "intercept_init": [np.full(20, -90.0), np.zeros(1)]}
    net = ShallowNetRegressor(20, alpha=1, max_iter=5)
    return diagnose(fitted(net, X, Y, **start), X, Y)


def far_test_data():
    net = fitted(ShallowNetRegressor(10, max_iter=20), X, Y)
    return diagnose(net, X, Y, X_val=1000 * X, y_val=Y)


def far_with_a_posterior():
    net = fitted(ShallowNetRegressor(3, solver="lbfgs", posterior="laplace"), X, Y)
    return diagnose(net, X, Y, X_val=1000 * X, y_val=Y)


def too_short():
    net = ShallowNetRegressor(30, solver="lbfgs", alpha=0.01, max_iter=5)
    return diagnose(fitted(net, X, Y), X, Y)


def noise():
    noise = np.random.default_rng(1).standard_normal(len(X))
    net = ShallowNetRegressor(20, alpha=1e4, solver="lbfgs")
    return diagnose(fitted(net, X, noise), X, noise)


def noise_at_the_defaults():
    y = np.random.default_rng(1).integers(2, size=400)
    samples = np.random.default_rng(2).standard_normal((400, 5))
    net = fitted(ShallowNetClassifier(), samples[:300], y[:300])
    return diagnose(net, samples[:300], y[:300], X_val=samples[300:], y_val=y[300:])


def gross_outliers():
    y = Y.copy()
    y[::40] += 10 * y.std()
    return diagnose(fitted(ShallowNetRegressor(20), X, y), X, y)


def errors_that_grow():
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((300, 3))
    y = np.exp(0.5 * samples.sum(axis=1) + 0.6 * rng.standard_normal(300))
    return diagnose(fitted(ShallowNetRegressor(20), samples, y), samples, y)


def rare_class():
    y = RNG.random(800) < 0.04
    samples = RNG.standard_normal((800, 4)) + 0.7 * y[:, np.newaxis]
    return diagnose(fitted(ShallowNetClassifier(5, max_iter=20), samples, y), samples, y)


@pytest.mark.parametrize(
    ("case", "cure"),
    [
        (gross_outliers, "Check y of these samples. If they are errors, set loss='huber'"),
        (errors_that_grow, "If relative errors matter, set loss='gamma'"),
        (rate_too_large, "Lower learning_rate_init=5, or set it to 'auto'."),
        (unscaled, "Set standardize='auto'."),
        (one_unit, "Set hidden_layer_sizes to more units"),
        (constant, "Check y: there is nothing to learn"),
        (overfit, "Set alpha='auto'"),
        (saturated, "Lower learning_rate_init, or start from smaller weights"),
        (silenced, "Lower learning_rate_init, or start from smaller weights"),
        (far_test_data, "Check the units and the transforms of X_val"),
        (far_with_a_posterior, "Check the units and the transforms of X_val"),
        (too_short, "Increase max_iter."),
        (noise, "Set alpha='auto'; if it does not help"),
        (noise_at_the_defaults, "Check whether the features have information"),
        (rare_class, "Choose a threshold of predict_proba"),
    ],
)
def test_the_first_advice_is_the_cure(case, cure):
    assert case().advice[0].change.startswith(cure)


@pytest.mark.parametrize("classes", [False, True])
def test_of_a_sound_network_nothing_stands_out(classes):
    net, (A, b) = (
        (ShallowNetClassifier(), (DIGITS, LABELS)) if classes else (ShallowNetRegressor(), (X, Y))
    )
    net = net.set_params(random_state=0).fit(A[:300], b[:300])
    diagnosis = diagnose(net, A[:300], b[:300], X_val=A[300:], y_val=b[300:])
    assert diagnosis.advice == []
    assert str(diagnosis).endswith("\nNo problem found.")


def test_zeros_with_some_amounts_have_no_outliers():
    y = np.where(np.arange(len(X)) % 20 == 0, Y, 0.0)
    both = np.column_stack([y, np.where(np.arange(len(X)) == 3, np.nan, Y)])
    for target in (y, both):
        net = fitted(ShallowNetRegressor(20, alpha=10, max_iter=20), X, target)
        assert diagnose(net, X, target).measurements.gross_part < 0.5


def test_errors_that_grow_matter_for_positive_targets_of_the_squared_error():
    rng = np.random.default_rng(0)
    samples = rng.standard_normal((300, 3))
    y = np.exp(0.5 * samples.sum(axis=1) + 0.6 * rng.standard_normal(300))
    gaps = np.column_stack([y - 9, np.where(np.arange(300) % 7, y, np.nan)])
    for target, loss, grows in (
        (y, "squared_error", True),
        (gaps, "squared_error", True),
        (y - 9, "squared_error", False),
        (y, "gamma", False),
        (Y.max() + Y, "squared_error", False),
    ):
        inputs = samples if len(target) == 300 else X
        net = fitted(ShallowNetRegressor(20, loss=loss), inputs, target)
        told = [advice.finding for advice in diagnose(net, inputs, target).advice]
        assert any("errors grow" in finding for finding in told) == grows


def test_the_losses_are_those_of_the_fit():
    net = ShallowNetRegressor(5, solver="lbfgs", alpha=1, random_state=0)
    net.fit(X[:300], Y[:300], X_val=X[300:], y_val=Y[300:])
    measurements = diagnose(net, X[:300], Y[:300]).measurements
    place = net.best_iteration_ - 1
    assert measurements.loss == pytest.approx(net.history_["data_loss"][place], rel=0.05)
    assert measurements.validation_loss == net.history_["validation_loss"][place]
    passed = diagnose(net, X[:300], Y[:300], X_val=X[300:], y_val=Y[300:]).measurements
    assert passed.validation_loss == pytest.approx(measurements.validation_loss, rel=1e-6)
    assert passed.gap == passed.validation_loss - passed.loss
    assert measurements.loss_of_constant == pytest.approx(0.5)


def test_what_is_done_already_is_not_advised():
    few = {"early_stopping": True, "numeric_encoding": None, "max_iter": 200}
    net = ShallowNetRegressor(60, n_estimators=2, **few)
    noise = np.random.default_rng(1).standard_normal(40)
    net = fitted(net.set_params(alpha=0), X[:40], noise)
    far = {"X_val": X[40:], "y_val": 9 * np.random.default_rng(2).standard_normal(402)}
    assert diagnose(net, X[:40], noise, **far).advice[0].change == (
        "Set alpha='auto', or above 0, or get more samples."
    )


def test_measurements_of_labels():
    net = ShallowNetClassifier(5, max_iter=20, random_state=0).fit(DIGITS, LABELS)
    measurements = diagnose(net, DIGITS, LABELS).measurements
    counts = np.bincount(LABELS)
    assert measurements.classes["3"] == pytest.approx(counts[3] / len(LABELS))
    rarest = counts.argmin()
    found = net.predict(DIGITS)[np.equal(LABELS, rarest)]
    expected = np.equal(found, rarest).mean()
    assert measurements.recall == pytest.approx(expected)
    assert measurements.n_params == sum(W.size for W in net.coefs_ + net.intercepts_)
    binary = ShallowNetClassifier(5, max_iter=20, random_state=0).fit(DIGITS, LABELS == 3)
    measurements = diagnose(binary, DIGITS, LABELS == 3).measurements
    expected = binary.predict(DIGITS[LABELS == 3]).mean()
    assert measurements.recall == pytest.approx(expected)
    assert list(measurements.classes) == ["False", "True"]


def test_two_labels_are_judged_one_by_one():
    samples, y = make_multilabel_classification(n_classes=2, random_state=0)
    net = ShallowNetClassifier(5, max_iter=20, random_state=0).fit(samples, y)
    rarest = y.mean(axis=0).argmin()
    expected = net.predict(samples)[y[:, rarest] == 1, rarest].mean()
    assert diagnose(net, samples, y).measurements.recall == pytest.approx(expected)


def test_text_and_html_tell_the_same():
    diagnosis = overfit()
    text, html = str(diagnosis), diagnosis._repr_html_()
    for advice in diagnosis.advice:
        assert advice.finding in text
        assert advice.change in text
        assert advice.finding in html
    assert "hidden units" in text
    assert "<th style='text-align:left'>hidden units</th>" in html
    assert repr(diagnosis) == text


def test_it_escapes_what_stands_in_html():
    y = np.where(RNG.random(300) < 0.03, "<b>", "a")
    net = fitted(ShallowNetClassifier(3, max_iter=5), X[:300], y)
    html = diagnose(net, X[:300], y)._repr_html_()
    assert "&lt;b&gt;" in html
    assert "label <b>" not in html


def test_every_kind_of_data_and_estimator():
    brief = {"max_iter": 4, "alpha": 1}
    several = np.column_stack([Y, -Y])
    several[::9, 1] = np.nan
    S, labels = make_multilabel_classification(n_classes=3, random_state=0)
    gaps = labels.astype(float)
    gaps[::7, 2] = np.nan
    text = sparse.random(442, 50, density=0.1, format="csr", random_state=0)
    search = ShallowNetRegressorCV(ShallowNetRegressor(2, solver="lbfgs"), alphas=[1, 9], cv=2)
    for net, A, b in [
        (ShallowNetRegressor(4, **brief), X, several),
        (ShallowNetRegressor(4, loss="quantile", quantile=[0.1, 0.9], **brief), X, Y),
        (ShallowNetRegressor(4, loss="poisson", **brief), X, np.round(Y / 50)),
        (ShallowNetRegressor((), n_estimators=2, **brief), X, Y),
        (ShallowNetClassifier(4, **brief), S, gaps),
        (ShallowNetClassifier(4, **brief), text, Y > 150),
        (search, X, Y),
    ]:
        diagnosis = diagnose(fitted(net, A, b), A, b)
        assert np.isfinite(diagnosis.measurements.loss)
        assert diagnosis.measurements.loss_of_constant > 0
        assert "training loss" in str(diagnosis)
    pipeline = make_pipeline(StandardScaler(), ShallowNetRegressor(4, standardize=False))
    pipeline.fit(1000 * X, Y)
    assert diagnose(pipeline, 1000 * X, Y).advice == []
    stream = ShallowNetRegressor(4, random_state=0)
    for _ in range(3):
        stream.partial_fit(X, Y)
    assert diagnose(stream, X, Y).measurements.n_iter == 3


def test_frames_with_categories():
    pd = pytest.importorskip("pandas")
    frame, y = load_diabetes(return_X_y=True, as_frame=True)
    frame["town"] = pd.Categorical(["Bonn", "Rome"] * 221)
    frame.loc[::9, "bmi"] = np.nan
    net = ShallowNetRegressor(5, random_state=0).fit(frame, y)
    assert diagnose(net, frame, y).advice == []


@pytest.mark.parametrize(
    ("values", "finding"),
    [
        ([f"2024-{i % 12 + 1:02}-{i % 28 + 1:02}" for i in range(300)], "'odd' are dates as text"),
        ([f"{i % 31 + 1}.12.2024 08:00" for i in range(300)], "'odd' are dates as text"),
        (["?"] + [str(i % 40) for i in range(299)], "'odd' are numbers as text"),
        (["?"] + [f"{i % 50}.5" for i in range(299)], "'odd' are numbers as text"),
        ([f"customer {i}" for i in range(300)], "'odd' differ from sample to sample"),
        ([str(i % 40) for i in range(300)], None),
        ([f"{i % 40}.0" for i in range(300)], None),
        ([f"town {i % 40}" for i in range(300)], None),
        ([str(i % 7) for i in range(300)], None),
    ],
)
def test_categories_that_are_none_are_named(values, finding):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"x": X[:300, 2], "odd": values})
    net = fitted(ShallowNetRegressor(5, max_iter=5), frame, Y[:300])
    told = [
        one.finding for one in diagnose(net, frame, Y[:300]).advice if "categories" in one.finding
    ]
    assert len(told) == (finding is not None)
    assert not told or finding in told[0]


def test_what_does_not_fit_is_refused():
    net = ShallowNetRegressor(3, max_iter=3, alpha=1).fit(X, Y)
    with pytest.raises(ValueError, match="X has 442 samples and y 441"):
        diagnose(net, X, Y[1:])
    with pytest.raises(ValueError, match="Pass both, or neither"):
        diagnose(net, X, Y, X_val=X)
    with pytest.raises(ValueError, match="got LinearRegression"):
        diagnose(LinearRegression().fit(X, Y), X, Y)
    with pytest.raises(ValueError, match="not fitted"):
        diagnose(ShallowNetRegressor(), X, Y)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 1, 1: 30}])
def test_class_weights_count_in_the_losses(class_weight):
    x = RNG.normal(size=(3000, 2))
    y = (x[:, 0] + RNG.normal(size=3000) > 2.5).astype(int)
    net = ShallowNetClassifier(10, class_weight=class_weight)
    held_out = {"X_val": x[2000:], "y_val": y[2000:]}
    found = diagnose(fitted(net, x[:2000], y[:2000]), x[:2000], y[:2000], **held_out)
    assert found.advice == []  # without weights, its loss is above that of a constant
    m = found.measurements
    assert max(m.loss, m.validation_loss) < 0.8 * m.loss_of_constant
    assert m.recall > 0.7
