"""Description of a prediction for exporters: features, operations and outputs.

Writers of other formats begin here and never look at an estimator.

Convention
----------
networks : sequence of FittedNetwork, whose outputs are averaged
table : what reads categories, see `inputs.table`, or None
"""

from dataclasses import dataclass, fields, is_dataclass, replace
from math import prod
from typing import Any

import numpy as np

from sklearn_shallow.inputs.encoding import PiecewiseLinear
from sklearn_shallow.losses.links import LINKS, OrderedLink
from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.targets.class_weights import listed
from sklearn_shallow.targets.labels import Multilabel
from sklearn_shallow.utils import operations as ops

BUILT_IN = {type(activation): name for name, activation in reversed(ACTIVATIONS.items())}
LARGEST_LABEL = 2**63
DTYPES = ("float32", "float64")


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
        if isinstance(link, ops.Average):
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


def describe(networks, title, names, table, dtype=None):
    """Return the description of the predictions of networks.

    Parameters
    ----------
    title : str
    names : sequence of str
        The names of the features.
    dtype : "float32", "float64" (or the NumPy dtypes), or None for that of the predictions

    Raises
    ------
    ValueError
        If a custom activation, link or encoding, or a posterior, takes part in the prediction, or
        if the dtype cannot hold a constant.
    """
    dtype = _checked_dtype(dtype, networks[0].theta.dtype)
    for network in networks:
        check_exportable(network)
    target = networks[0].target
    pairs = [_steps(network, len(names), dtype) for network in networks]
    if have_equal_inputs(networks):
        before, branches = pairs[0][0], tuple(after for _, after in pairs)
    else:
        before, branches = (), tuple(before + after for before, after in pairs)
    description = Description(
        title=f"{title}, {len(names)} features",
        features=_features(names, table),
        steps=before + (branches[0] if len(branches) == 1 else (ops.Average(branches),)),
        shape=_shape(target),
        classes=_checked_classes(target.classes),
        threshold=0.5 if isinstance(target, Multilabel) else None,
    )
    return description.astype(dtype)


def _checked_dtype(dtype, default):
    if dtype is None:
        return default
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = None
    if name not in DTYPES:
        raise ValueError(f"dtype={dtype!r} must be 'float32', 'float64' or None.")
    return np.dtype(name)


def check_exportable(network):
    """Check that the parts of the network can be exported."""
    for activation in network.network.activations:
        if type(activation) not in BUILT_IN:
            raise ValueError(
                f"activation={activation!r} is custom, and only built-in activations can be "
                f"exported. Fit with one of {sorted(ACTIVATIONS)}, or keep the estimator itself."
            )
    encoding, target = network.inputs.encoding, network.target
    if not isinstance(encoding, PiecewiseLinear):
        raise ValueError(
            f"numeric_encoding={encoding.kind!r} is a transformer, and only bins can be exported. "
            "Fit with numeric_encoding=8 or None, or put the transformer in a Pipeline before "
            "the network, which skl2onnx converts."
        )
    if network.posterior is not None and target.classes is not None:
        raise ValueError(
            "posterior='laplace' moderates the probabilities by the variance of every sample, "
            "which cannot be exported. Fit with posterior=None."
        )
    if not (isinstance(target.link, OrderedLink) or target.link in LINKS.values()):
        raise ValueError(
            f"The link {target.link!r} of the loss is custom, and cannot be exported. Fit with a "
            f"loss that has one of the links {sorted(LINKS)}."
        )


def have_equal_inputs(networks):
    """Return whether all networks see the same columns. (A warm start of several that was
    interrupted leaves them with different limits.)
    """
    kinds = set()
    for inputs in (network.inputs for network in networks):
        compression = inputs.compression
        limits = b"" if compression.low is None else compression.limits.tobytes()
        kinds.add(inputs.fingerprint() + limits)
    return len(kinds) == 1


def _features(names, table):
    """Return the features, with the values of categories in the order of their codes."""
    of_features = [None] * len(names) if table is None else table.values
    return tuple(
        Feature(str(name), None if values is None else _checked_values(values, name))
        for name, values in zip(names, of_features, strict=True)
    )


def _checked_values(values, name):
    """Return the values of a category, which are all strings or all numbers."""
    is_text = all(isinstance(value, str) for value in values)
    if not (is_text or all(isinstance(value, (bool, int, float)) for value in values)):
        kinds = sorted({type(value).__name__ for value in values})
        raise ValueError(
            f"The categories of {name!r} are of type {', '.join(kinds)}; only strings and numbers "
            "can be exported. Convert the column, by astype(str) for example, before fit."
        )
    return tuple(values) if is_text else tuple(map(float, values))


def _checked_classes(classes):
    """Return the labels, which are strings or numbers in the range of int64."""
    if classes is None or all(isinstance(label, str) for label in classes.tolist()):
        return classes
    if classes.dtype.kind not in "biuf" or np.abs(classes.astype(float)).max() >= LARGEST_LABEL:
        raise ValueError(
            f"The classes {listed(classes)} are neither strings nor 64-bit integers, which other "
            "formats have. Fit to y.astype(str)."
        )
    return classes


def _shape(target):
    """Return the shape of the outputs of one row."""
    if target.classes is not None:
        return (len(target.classes),)
    return target.shaped(np.empty((1, target.n_outputs))).shape[1:]


def _steps(network, n_features, dtype):
    """Return the operations up to the columns of the first layer, and the further ones.

    In single precision, origins are subtracted from X first, as in prediction.
    """
    origin = np.zeros(n_features)
    if dtype == np.float32 and network.in_single is not None:
        origin, network = network.in_single
    after = (*_layers(network), *network.target.operations)
    return tuple(network.inputs.operations(origin)), after


def _layers(network):
    """Return the operations from the columns of the first layer to the raw output."""
    is_folded = network.inputs.can_be_merged
    theta = network.theta_for_passed_X() if is_folded else network.theta.astype(np.float64)
    parameters, steps = network.network.layout.unpack(theta), []
    activations = [*network.network.activations, ACTIVATIONS["identity"]]
    for W, b, activation in zip(parameters.W, parameters.b, activations, strict=True):
        steps.append(ops.Dense(W, b))
        if BUILT_IN[type(activation)] != "identity":
            parameter = next(iter(vars(activation).values()), None)
            steps.append(ops.Activate(BUILT_IN[type(activation)], parameter))
    return steps


def _cast(value, dtype, name):
    """Return the value with all of its float arrays in a dtype, in which they must be finite."""
    if isinstance(value, tuple):
        return tuple(_cast(part, dtype, name) for part in value)
    if isinstance(value, ops.Operation) and is_dataclass(value):
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
