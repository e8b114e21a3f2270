"""Checks of a custom loss, and of the quantiles."""

from itertools import pairwise
from numbers import Real

import numpy as np

from sklearn_shallow.losses.base import Loss

__all__ = ["check_loss", "check_quantile"]

REGRESSOR_LINKS = {  # and what may be done to the target so that they still fit it
    "identity": (None, "mean", "median", "size"),
    "exp": (None, "size"),
    "logistic": (None,),
}


def check_quantile(quantile):
    """Return the quantiles as a list."""
    levels = [quantile] if isinstance(quantile, Real) else quantile
    fits = isinstance(levels, (tuple, list, np.ndarray)) and len(levels) > 0
    fits = fits and all(isinstance(level, Real) and 0 < level < 1 for level in levels)
    if fits and all(low < high for low, high in pairwise(levels)):
        return [float(level) for level in levels]
    raise ValueError(
        f"quantile={quantile!r} must be a number between 0 and 1, or an increasing sequence of "
        "such numbers, for example [0.05, 0.5, 0.95]."
    )


def check_loss(loss):
    """Check a loss of the user's own: that it has what `Loss` has."""
    if isinstance(loss, type):
        raise ValueError(
            f"loss={loss!r} is a class. Pass an object made by it: loss={loss.__name__}(...)."
        )
    for method in _missing_methods(loss):
        raise ValueError(
            f"loss={loss!r} has no method {method!r}. Derive it from sklearn_shallow.Loss, "
            "whose docstring has an example, or choose a loss by its name."
        )
    link = getattr(loss, "link", "identity")
    link = getattr(link, "name", link)
    if not (isinstance(link, str) and link in REGRESSOR_LINKS):
        raise ValueError(
            f"loss={loss!r} has link={link!r}; it must be one of {sorted(REGRESSOR_LINKS)}."
        )
    domain = getattr(loss, "domain", ())
    if not _is_domain(domain):
        raise ValueError(
            f"loss={loss!r} has domain={domain!r}; it must be two numbers, the lower one first, or "
            "a sklearn_shallow.Domain."
        )
    if getattr(loss, "is_kinked", False) and not callable(getattr(loss, "smoothed", None)):
        raise ValueError(
            f"loss={loss!r} has is_kinked=True and no method 'smoothed'. Give it one that returns, "
            "for a width, a loss without the kink, or leave is_kinked out."
        )
    kind = getattr(loss, "standardization", None)
    fitting = REGRESSOR_LINKS[link]
    if kind not in fitting:
        raise ValueError(
            f"loss={loss!r} has standardization={kind!r}; with its link it must be one of "
            f"{fitting}."
        )


def _missing_methods(loss):
    """Return the names of the methods that the loss neither has nor inherits in full."""
    own = {name: getattr(type(loss), name, None) for name in ("value", "terms", "gradient")}
    if isinstance(loss, Loss):
        own = {name: None if own[name] is getattr(Loss, name) else own[name] for name in own}
    missing = [] if own["value"] or own["terms"] else ["terms"]
    if not isinstance(loss, Loss):
        missing = [] if callable(getattr(loss, "value", None)) else ["value"]
    has_gradient = own["gradient"] or "gradient" in getattr(loss, "__dict__", ())
    return missing if has_gradient else [*missing, "gradient"]


def _is_domain(domain):
    if not isinstance(domain, (tuple, list)) or len(domain) not in (0, 2, 3):
        return False
    numbers = all(isinstance(end, Real) for end in domain[:2])
    return numbers and (not domain or domain[0] < domain[1])
