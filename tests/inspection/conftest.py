"""Figures are drawn off the screen, and closed after every test."""

import pytest


@pytest.fixture(autouse=True)
def off_screen():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    yield
    from matplotlib import pyplot

    pyplot.close("all")
