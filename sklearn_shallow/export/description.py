"""The description of a prediction: a sequence of operations with what goes in and out.

Writers of other formats begin here and never look at an estimator.
"""

from dataclasses import dataclass, fields, is_dataclass, replace
from math import prod
from typing import Any

import numpy as np

from sklearn_shallow.utils.operations import Average, Operation


@dataclass(frozen=True)
class Feature:
    """A feature by name; `categories` are the values of its codes, None if it is a number."""

    name: str
    categories: tuple | None = None

    @property
    def is_text(self):
        """True if the values are strings."""
        return bool(self.categories) and isinstance(self.categories[0], str)


@dataclass(frozen=True, eq=False)
class Description:
    """A prediction as a sequence of operations.

    Attributes
    ----------
    title : str
        The estimator in words.
    features : tuple of Feature
    steps : tuple of operations
        They make the outputs of X: probabilities, or numbers in the user's units.
    shape : tuple of int
        The shape of the outputs of one row, as `predict` or `predict_proba` have it.
    classes : ndarray of shape (n_classes,), or None
        The labels; None of numbers.
    threshold : float, or None
        Outputs above it are labels, any number of them; None if the largest output is the label.
    dtype : dtype of all constants, and of the arithmetic
    """

    title: str
    features: tuple
    steps: tuple
    shape: tuple
    classes: np.ndarray | None = None
    threshold: float | None = None
    dtype: Any = np.float64

    @property
    def n_outputs(self):
        return prod(self.shape)

    def raw(self):
        """Return the description of the raw output of a classifier, in place of probabilities."""
        *steps, link = self.steps
        if isinstance(link, Average):
            raise ValueError(
                "The raw output, which CalibratedClassifierCV and the option 'raw_scores' ask for, "
                "is that of one network, and there are several. Fit with n_estimators=1."
            )
        threshold = None if self.threshold is None else 0.0
        return replace(self, steps=tuple(steps), threshold=threshold)

    def astype(self, dtype):
        """Return the description with constants in float32 or float64."""
        dtype = np.dtype(dtype)
        return replace(self, steps=_cast(self.steps, dtype, "its outputs"), dtype=dtype)


def _cast(value, dtype, name):
    """Return the value with all float arrays in it in the dtype, in which they must be finite."""
    if isinstance(value, tuple):
        return tuple(_cast(part, dtype, name) for part in value)
    if isinstance(value, Operation) and is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}
        names = f"{type(value).__name__}."
        return replace(value, **{key: _cast(v, dtype, names + key) for key, v in parts.items()})
    if not (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
        return value
    if name.startswith("Limit."):
        largest = np.finfo(dtype).max
        value = np.clip(value, -largest, largest)
    with np.errstate(over="ignore", under="ignore"):
        cast = value.astype(dtype)
    lost = name.endswith(("factor", ".scale")) and ((cast == 0) & (value != 0)).any()
    if lost or not np.isfinite(cast).all():
        raise ValueError(
            f"dtype={dtype.name!r} cannot hold the constants {name} of this network, between "
            f"{np.abs(value).min():g} and {np.abs(value).max():g}. Use dtype='float64', or divide "
            "X or y by a constant before fit."
        )
    return cast
