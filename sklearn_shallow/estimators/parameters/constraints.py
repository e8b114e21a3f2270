"""Check of the parameters against what the estimators declare."""

from numbers import Integral

import numpy as np

from sklearn_shallow.estimators.scikit_learn import Interval, validate_parameters
from sklearn_shallow.estimators.scikit_learn import StrOptions as AnyStrOptions
from sklearn_shallow.utils.names import unknown_name

N_JOBS = [
    Interval(Integral, 1, None, closed="left"),
    Interval(Integral, None, -1, closed="right"),
    None,
]
WORDS = {callable: "a callable", "boolean": "a bool", dict: "a dict", list: "a list"}
# Equal values of one of these types mean the same.
PLAIN = {int, float, np.float64, bool, str, type(None)}
_passed: set = set()  # the parameters that passed last


class StrOptions(AnyStrOptions):
    """Names, which messages list in one order."""

    def __str__(self):
        return f"one of {sorted(self.options)}"


def check_constraints(estimator, given):
    """Check the constructor's parameters that are declared.

    Parameters
    ----------
    given : mapping, the parameters by name
    """
    declared = estimator._parameter_constraints
    values = [given[name] for name in declared]
    kinds = [type(value) for value in values]
    is_plain = PLAIN.issuperset(kinds)
    key = (type(estimator), *values, *kinds)  # True == 1 == 1.0
    if is_plain and key in _passed:
        return  # the signature and the classes of constraints take scikit-learn 0.2 ms
    for name, constraints in declared.items():
        check_declared(name, given[name], constraints)
    validate_parameters(estimator)
    if is_plain:
        _passed.clear()
        _passed.add(key)


def check_declared(name, value, constraints):
    """Check what scikit-learn would admit, or refuse without saying what may be meant."""
    kinds = [type(entry) for entry in constraints]  # `isinstance` takes these classes long
    if isinstance(value, str) and StrOptions in kinds and str not in constraints:
        options = set().union(*(e.options for e in constraints if type(e) is StrOptions))
        if value not in options:
            others = [entry for entry in constraints if type(entry) is not StrOptions]
            also = "".join(f", or {WORDS.get(entry, entry)}" for entry in others)
            raise ValueError(unknown_name(name, value, options, also))
    is_number = Interval in kinds and "boolean" not in constraints
    if is_number and isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name}={value!r} must be a number, not a bool.")
