"""`WeightsDisplay`: images and heat maps hold the weights of the first layer."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits

from sklearn_shallow import ShallowNetClassifier, ShallowNetRegressor, WeightsDisplay

pytest.importorskip("matplotlib.pyplot")
BRIEF = {"max_iter": 3, "alpha": 1, "random_state": 0}
X, Y = load_digits(return_X_y=True)


@pytest.fixture(scope="module")
def net():
    return ShallowNetClassifier(30, **BRIEF).fit(X, Y)


def test_images_hold_the_weights_of_the_strongest_units(net):
    display = WeightsDisplay.from_estimator(net, image_shape=(8, 8))
    assert len(display.images_) == len(display.axes_) == 20
    for image, unit in zip(display.images_, display.units_, strict=True):
        np.testing.assert_array_equal(image.get_array().ravel(), display.weights[:, unit])
    assert (np.diff(display.strength[display.units_]) <= 0).all()
    assert display.axes_[0].get_title() == f"unit {display.units_[0]}"
    [limits] = {image.get_clim() for image in display.images_}
    assert limits[0] == -limits[1]
    assert limits[1] == np.abs(display.weights[:, display.units_]).max()


def test_a_pixel_that_is_always_the_same_has_no_weight(net):
    weights = WeightsDisplay.from_estimator(net, image_shape=(8, 8)).weights
    constant = np.ptp(X, axis=0) == 0
    assert constant.any()
    assert not weights[constant].any()
    assert weights[~constant].all()


def test_without_a_hidden_layer_images_are_the_classes():
    linear = ShallowNetClassifier((), **BRIEF).fit(X, Y)
    display = WeightsDisplay.from_estimator(linear, image_shape=(8, 8))
    assert [ax.get_title() for ax in display.axes_] == [str(digit) for digit in range(10)]


def test_a_heat_map_has_names():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    net = ShallowNetRegressor(4, **BRIEF).fit(X, y)
    display = WeightsDisplay.from_estimator(net)
    [image] = display.images_
    np.testing.assert_array_equal(image.get_array(), display.weights[:, display.units_])
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == list(X.columns)
    assert display.ax_.get_xlabel() == "hidden units, strongest first"


def test_a_large_heat_map_is_drawn_in_part():
    net = ShallowNetClassifier(70, **BRIEF).fit(X, Y)
    display = WeightsDisplay.from_estimator(net)
    assert display.images_[0].get_array().shape == (30, 60)
    assert display.ax_.get_title(loc="left") == "strongest 30 of 64 inputs"
    assert display.ax_.get_xlabel() == "60 of 70 hidden units, strongest first"
    sizes = np.linalg.norm(display.weights, axis=1)
    assert sizes[display.inputs_].min() >= np.sort(sizes)[-30]


@pytest.mark.parametrize("image_shape", [(8, 9), (64,), (4, 4, 4), 64])
def test_a_wrong_image_shape_is_refused(net, image_shape):
    with pytest.raises(ValueError, match=r"image_shape=.* a product of 64"):
        WeightsDisplay.from_estimator(net, image_shape=image_shape)


def test_bins_are_no_pixels():
    net = ShallowNetClassifier(4, numeric_encoding=3, **BRIEF).fit(X, Y)
    with pytest.raises(ValueError, match="numeric_encoding=None"):
        WeightsDisplay.from_estimator(net, image_shape=(8, 8))
    assert len(WeightsDisplay.from_estimator(net).inputs_) == 30
