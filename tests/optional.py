"""Packages without wheels for every Python, such as free-threaded builds: tests skip there."""

import pytest


class Absent:
    """A stand-in for what a package makes, which skips the test that looks at it."""

    def __init__(self, name):
        self._name = name

    def __call__(self, *args, **options):
        return self

    def __getattr__(self, attribute):
        if attribute.startswith("__"):  # pytest looks at these when it collects
            raise AttributeError(attribute)
        pytest.skip(f"{self._name} is not installed")

    def __iter__(self):
        pytest.skip(f"{self._name} is not installed")


class AbsentPackage:
    """A stand-in for a package."""

    def __init__(self, name):
        self._name = name

    def __getattr__(self, attribute):
        return Absent(self._name)


try:
    import polars
except ImportError:
    polars = AbsentPackage("polars")
