"""Numbers among the values that users pass; a truth value is none, although Python counts it."""

from numbers import Integral, Real


def is_number(value):
    """Return whether a value is a real number."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_integer(value):
    """Return whether a value is a whole number by its type."""
    return isinstance(value, Integral) and not isinstance(value, bool)
