"""`IntervalDisplay`: intervals, truth and the coverage that is written."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_shallow import IntervalDisplay, ShallowNetRegressor

pytest.importorskip("matplotlib.pyplot")
X, Y = load_diabetes(return_X_y=True)
BAYES = {"solver": "lbfgs", "posterior": "laplace", "random_state": 0}


@pytest.fixture(scope="module")
def net():
    return ShallowNetRegressor(3, **BAYES).fit(X[:300], Y[:300])


def test_intervals_points_and_coverage(net):
    display = IntervalDisplay.from_estimator(net, X[300:], Y[300:], coverage=0.8)
    low, high = net.predict_interval(X[300:], 0.8).T
    inside = (low <= Y[300:]) & (Y[300:] <= high)
    np.testing.assert_array_equal(display.inside, inside)
    assert display.observed_coverage == inside.mean()
    title = f"{100 * inside.mean():.3g} % of 142 samples inside, 80 % asked for"
    assert display.ax_.get_title() == title
    order = np.argsort(low + high, kind="stable")
    segments = np.array(display.intervals_.get_segments())
    np.testing.assert_array_equal(segments[:, 0, 1], low[order])
    np.testing.assert_array_equal(segments[:, 1, 1], high[order])
    points_inside, points_outside = display.points_
    np.testing.assert_array_equal(points_inside.get_ydata(), Y[300:][order][inside[order]])
    assert len(points_outside.get_ydata()) == (~inside).sum()


def test_of_many_samples_some_are_drawn(net):
    many = np.tile(X, (2, 1))
    display = IntervalDisplay.from_estimator(net, many, np.tile(Y, 2))
    assert len(display.intervals_.get_segments()) == 200
    assert "of 884 samples" in display.ax_.get_title()


def test_a_feature_stands_on_the_axis(net):
    display = IntervalDisplay.from_estimator(net, X, Y, feature=2)
    assert set(display.points_[0].get_xdata()) <= set(X[:, 2])
    assert display.ax_.get_xlabel() == "x2"
    pytest.importorskip("pandas")
    frame, y = load_diabetes(return_X_y=True, as_frame=True)
    named = ShallowNetRegressor(3, **BAYES).fit(frame, y)
    for feature in ("bmi", 2):
        display = IntervalDisplay.from_estimator(named, frame, y, feature=feature)
        assert display.ax_.get_xlabel() == "bmi"


def test_of_several_targets_one_is_drawn():
    both = np.column_stack([Y, -2 * Y])
    both[::10, 1] = np.nan
    net = ShallowNetRegressor(3, **BAYES).fit(X, both)
    display = IntervalDisplay.from_estimator(net, X, both, target=1)
    assert len(display.y) == 442 - 45
    assert (display.y < 0).all()
    for target in (None, 2):
        with pytest.raises(ValueError, match=f"target={target} must be one of the 2 targets"):
            IntervalDisplay.from_estimator(net, X, both, target=target)


def test_quantiles_in_a_pipeline():
    quantiles = ShallowNetRegressor(
        loss="quantile", quantile=[0.25, 0.75], max_iter=20, alpha=1, random_state=0
    )
    pipeline = make_pipeline(StandardScaler(), quantiles).fit(X, Y)
    display = IntervalDisplay.from_estimator(pipeline, X, Y, coverage=0.5)
    assert 0.3 < display.observed_coverage < 0.7
    with pytest.raises(ValueError, match=r"coverage=0.9 needs the quantiles"):
        IntervalDisplay.from_estimator(pipeline, X, Y)
