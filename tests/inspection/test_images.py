"""Three displays of given numbers look as they did.

The images are without text, whose shape depends on the release of freetype. To draw them again:
``python tests/inspection/test_images.py``.
"""

from pathlib import Path

import numpy as np
import pytest

from sklearn_shallow import ActivationDisplay, LossCurveDisplay, NetworkDisplay

IMAGES = Path(__file__).parent / "images"
TOLERANCE = (
    9  # root mean square of 255: 6 between matplotlib 3.10 and 3.11, 18 if signs are changed
)


def network():
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal(shape) for shape in ((4, 40), (40, 3))]
    biases = [rng.standard_normal(n) for n in (40, 3)]
    return NetworkDisplay(weights, biases, list("abcd"), list("xyz"), ["4", "40", "3"])


def loss_curve():
    steps = np.arange(1, 41)
    loss = 1 / steps + 0.1
    history = {
        "loss": loss + 0.2,
        "data_loss": loss,
        "validation_loss": loss + 0.002 * steps,
        "learning_rate": np.where(steps < 30, 0.01, 0.01 * (41 - steps) / 11),
        "alpha": np.where(steps < 20, 3.0, 1.0),
    }
    return LossCurveDisplay([history], [22], [""])


def activations():
    return ActivationDisplay.from_activations(["relu", "tanh"])


DRAWN = [network, loss_curve, activations]


def save(display, path):
    from matplotlib import rc_context
    from matplotlib.text import Text

    with rc_context({"figure.dpi": 50, "savefig.dpi": 50}):
        figure = display.plot().figure_
        figure.set_layout_engine("none")  # it makes room for text
        for text in figure.findobj(Text):
            text.set_visible(False)
        figure.savefig(path)


def difference(make, path):
    from matplotlib.testing.compare import compare_images

    save(make(), path)
    report = compare_images(str(IMAGES / f"{make.__name__}.png"), str(path), 0, in_decorator=True)
    return 0 if report is None else report["rms"]


@pytest.mark.parametrize("make", DRAWN, ids=lambda make: make.__name__)
def test_it_looks_as_it_did(make, tmp_path):
    assert difference(make, tmp_path / "drawn.png") <= TOLERANCE


def test_another_picture_is_told_apart(tmp_path):
    def network_2():
        display = network()
        display.weights[1] = -display.weights[1]
        return display

    network_2.__name__ = "network"
    assert difference(network_2, tmp_path / "drawn.png") > TOLERANCE


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    for make in DRAWN:
        save(make(), IMAGES / f"{make.__name__}.png")
