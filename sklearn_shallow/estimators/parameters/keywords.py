"""Arguments that a method does not take, answered in terms of the class of the user."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, TypeVar, cast

from sklearn_shallow.utils.names import KEYWORDS, fields_of

Method = TypeVar("Method", bound=Callable[..., Any])


def checks_keywords(method: Method) -> Method:
    """Return the method with errors that name the class of the estimator and what to pass.

    Python's own names the base that the method is defined in.
    """
    taken = signature(method)

    @wraps(method)
    def checked(estimator, *passed, **by_name):
        try:
            taken.bind(estimator, *passed, **by_name)
        except TypeError as error:
            names = [*taken.parameters][1:]
            hints = "".join(_hint(estimator, name, names) for name in by_name)
            raise TypeError(
                f"{type(estimator).__name__}.{method.__name__}: {error}."
                f"{hints or ' Its arguments are ' + ', '.join(names) + '.'}"
            ) from None
        return method(estimator, *passed, **by_name)

    return cast(Method, checked)


def _hint(estimator, name, known):
    """Return a sentence on what to pass in place of an argument, empty if there is none to say."""
    meant = KEYWORDS.get(name, name)
    if name in known:
        return ""
    if meant in fields_of(estimator):
        return f" There is {type(estimator).__name__}({meant}=...)."
    return f" Pass {meant}." if meant != name else ""
