"""Error messages for arguments that a method or a constructor does not have; the constraints of
the others."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar, cast

from sklearn_shallow.utils.names import KEYWORDS, fields_of, suggestion

Method = TypeVar("Method", bound=Callable[..., Any])
T = TypeVar("T")


def checks_keywords(method: Method) -> Method:
    """Return the method or constructor with errors for unknown arguments that name the class of the
    estimator and what to pass. (Python's errors name the base class of the method.)
    """
    taken = signature(method)

    @wraps(method)
    def checked(estimator, /, *passed, **by_name):
        try:
            return method(estimator, *passed, **by_name)
        except TypeError:
            check_bound(taken, method.__name__, estimator, passed, by_name)
            raise

    return cast(Method, checked)


def with_checked_parameters(cls: type[T]) -> type[T]:
    """Return the dataclass of an estimator with the errors of `checks_keywords` in its constructor,
    and with the constraints of its parameters where scikit-learn reads them."""
    cls.__init__ = checks_keywords(cls.__init__)  # type: ignore[method-assign]
    known = {entry.name: entry.metadata.get("constraints") for entry in fields(cls)}  # type: ignore[arg-type]
    constraints = {name: found for name, found in known.items() if found is not None}
    cls._parameter_constraints = constraints  # type: ignore[attr-defined]
    return cls


def check_bound(taken, method, estimator, passed, by_name):
    """Check the names of the arguments of a method."""
    try:
        taken.bind(estimator, *passed, **by_name)
    except TypeError as error:
        kind, names = type(estimator).__name__, [*taken.parameters][1:]
        hints = "".join(_hint(estimator, name, names) for name in by_name if name not in names)
        if not hints:
            n_first = [p.kind for p in taken.parameters.values()].index(Parameter.KEYWORD_ONLY) - 1
            first, others = ", ".join(names[:n_first]), ", ".join(names[n_first:])
            hints = f" Its arguments are {first}, and by name {others}."
        called = kind if method == "__init__" else f"{kind}.{method}"
        raise TypeError(f"{called}: {error}.{hints}") from None


def _hint(estimator, name, names):
    """Return a sentence on what to pass in place of an argument, or an empty string."""
    meant, parameters = KEYWORDS.get(name, name), fields_of(estimator)
    kind, inner = type(estimator).__name__, getattr(estimator, "_default", None)  # of a search
    if meant in parameters:
        return f" Use {kind}({meant}=...)."
    similar = suggestion(name, [*names, *parameters])
    if inner is not None and not similar and meant in fields_of(inner):
        return f" Use {kind}({type(inner).__name__}({meant}=...))."
    return f" Pass {meant}." if meant != name else similar
