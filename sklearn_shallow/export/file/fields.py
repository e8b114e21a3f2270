"""Conditions that the attributes of objects in a file have to meet."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sklearn_shallow.utils.numbers import is_integer, is_number


@dataclass(frozen=True)
class Is:
    """A condition of a value: in words, and as a function that tells whether it is met."""

    words: str
    fits: Callable
    optional: bool = False

    def __or__(self, other):
        words = f"{self.words} or {other.words}"
        return Is(words, lambda value: self.fits(value) or other.fits(value))

    def or_missing(self):
        """Return the same for an attribute that need not be there."""
        return Is(self.words, self.fits, optional=True)


def one(*classes):
    """Return the condition that a value is an object of one of these classes."""
    return Is(" or ".join(c.__name__ for c in classes), lambda value: isinstance(value, classes))


def list_of(entry, kind=list):
    """Return the condition that a value is a list of such entries."""
    return Is(
        f"a {kind.__name__} of {entry.words}",
        lambda value: isinstance(value, kind) and all(map(entry.fits, value)),
    )


def dict_of(entry):
    """Return the condition that a value is a dict of such entries by name."""
    inner = list_of(entry)
    return Is(
        f"a dict of {entry.words}",
        lambda value: (
            isinstance(value, dict)
            and all(isinstance(name, str) for name in value)
            and inner.fits([*value.values()])
        ),
    )


def array(kinds, n_axes):
    """Return the condition that a value is an array of such numbers, all of them finite."""

    def fits(value):
        if type(value) is not np.ndarray or value.ndim != n_axes or value.dtype.kind not in kinds:
            return False
        return kinds != "f" or bool(np.isfinite(value).all())

    finite = "finite " if kinds == "f" else ""
    return Is(f"an array of {n_axes} axes of {finite}numbers {kinds!r}", fits)


ANY = Is("anything", lambda value: True)
NONE = Is("None", lambda value: value is None)
TRUTH = Is("a truth value", lambda value: isinstance(value, (bool, np.bool_)))
TEXT = Is("text", lambda value: isinstance(value, str))
NUMBER = Is("a number", is_number)
COUNT = Is("a whole number >= 0", lambda value: is_integer(value) and value >= 0)
SIZE = Is("a whole number > 0", lambda value: COUNT.fits(value) and value > 0)
VECTOR, MATRIX = array("f", 1), array("f", 2)
PLACES, MASK = array("iu", 1), array("b", 1)
LABELS = array("biufUSO", 1)


def same_length(*names):
    """Return a check that some arrays are equally long."""

    def check(made):
        sizes = {len(getattr(made, name)) for name in names}
        return f"{', '.join(names)} have several lengths" if len(sizes) > 1 else None

    return check


def is_within(places, size):
    """Return whether all places are those of a sequence of that size."""
    return bool(((places >= 0) & (places < size)).all())
