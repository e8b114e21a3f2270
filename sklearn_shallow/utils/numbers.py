"""Checks of numbers that users pass; a bool is not a number."""

import sys
from math import inf
from numbers import Integral, Real


def is_number(value):
    """Return whether a value is a real number."""
    if type(value) is float:  # ten times as fast as the check of an abstract class
        return True
    return isinstance(value, Real) and not isinstance(value, bool)


def is_integer(value):
    """Return whether a value is of an integer type."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def check_number(name, value, *, low, high=inf, closed="neither", whole=False, also=""):
    """Check that a parameter is a number between low and high.

    Parameters
    ----------
    closed : {"left", "neither"}, whether `low` is permitted
    whole : bool, whether an int is required
    also : str, further permitted values, for the message
    """
    is_one = is_integer(value) if whole else is_number(value)
    is_one = is_one and abs(value) <= sys.float_info.max
    if is_one and (low < value < high or (closed == "left" and value == low)):
        return
    least = f"{'>=' if closed == 'left' else '>'} {low}"
    most = f" and < {high}" if high < inf else ""
    kind = "an int" if whole else "a finite number"
    raise ValueError(f"{name}={value!r} must be {kind} {least}{most}{also}.")
