"""From fitted networks to the operations of a prediction.

Convention
----------
networks : sequence of FittedNetwork, whose outputs are averaged
table : what reads categories, see `inputs.table`, or None
"""

import numpy as np

from sklearn_shallow.export import operations as ops
from sklearn_shallow.export.description import Description, Feature
from sklearn_shallow.inputs.encoding import PiecewiseLinear
from sklearn_shallow.losses.links import LINKS, OrderedLink
from sklearn_shallow.network.activations import ACTIVATIONS
from sklearn_shallow.targets.class_weights import listed

BUILT_IN = {type(activation): name for name, activation in reversed(ACTIVATIONS.items())}
# The inverses of the links by name.
INVERSES = {
    "log": ops.Activate("exp"),
    "logit": ops.Activate("logistic"),
    "softmax": ops.Softmax(),
}
LARGEST_LABEL = 2**63
DTYPES = ("float32", "float64")


def describe(networks, title, names, table, dtype=None):
    """Return the description of what the networks predict.

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
    first, target = networks[0], networks[0].target
    chains = [_steps(network, len(names), dtype) for network in networks]
    if len(networks) == 1:
        steps = chains[0]
    else:
        n_shared = len(chains[0]) - len(_after_inputs(first)) if have_equal_inputs(networks) else 0
        branches = tuple(tuple(chain[n_shared:]) for chain in chains)
        steps = [*chains[0][:n_shared], ops.Average(branches)]
    classes = _checked_classes(getattr(target, "classes", None))
    description = Description(
        title=f"{title}, {len(names)} features",
        features=_features(names, table),
        steps=tuple(steps),
        shape=_shape(target),
        classes=classes,
        threshold=0.5 if hasattr(target, "as_sparse") else None,
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
    """Check that the network is made of parts that other formats may have."""
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
    if network.posterior is not None and hasattr(target, "classes"):
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
    if hasattr(target, "classes"):
        return (target.n_columns,)
    return target.shaped(np.empty((1, target.n_outputs))).shape[1:]


def _steps(network, n_features, dtype):
    """Return all operations; in single precision X is counted from origins, as in prediction."""
    origin = np.zeros(n_features)
    if dtype == np.float32 and network.in_single is not None:
        origin, network = network.in_single
    return [*_inputs(network, origin), *_after_inputs(network)]


def _after_inputs(network):
    return [*_layers(network), *_target(network.target)]


def _inputs(network, origin):
    """Return the operations from X to the columns that the first layer sees.

    Where next to nothing cancels, the first layer takes the scaling over, as in prediction.

    Parameters
    ----------
    origin : ndarray of shape (n_features,)
        What the features are counted from.
    """
    inputs = network.inputs
    compression, n = inputs.compression, len(inputs.inverse_scale)
    shift, factor = inputs.shift, inputs.inverse_scale
    steps = [_columns(inputs.columns, origin)]
    if compression.low is not None and len(compression.low):
        steps.append(ops.Limit(*compression.limits))
    if len(compression):
        columns = np.asarray(compression.columns)
        steps.append(ops.Compress(columns, compression.center, compression.scale))
    if inputs.is_mild:
        shift, factor = np.zeros(n), np.ones(n)
    else:
        steps.append(ops.Scale(shift, factor))
    if len(inputs.encoding):
        steps.append(_bins(inputs.encoding, shift, factor))
    return steps


def _columns(columns, origin):
    """Return the columns that are made of the user's features."""
    numbers = columns.numbers if columns.categories else np.arange(len(origin))
    parts = [_numbers(numbers, columns.fill, origin[numbers])] if len(numbers) else []
    parts += map(_levels, columns.categories)
    if len(columns.gappy):
        parts.append(ops.Gaps(numbers[columns.gappy]))
    return ops.Columns(tuple(parts))


def _numbers(features, fill, origin):
    """Return the features that are numbers, counted from the origins."""
    fill = np.broadcast_to(fill, len(features))
    if not origin.any():
        return ops.Numbers(features, fill)
    in_single = origin.astype(np.float32).astype(np.float64)
    return ops.CountedNumbers(features, fill, in_single, origin - in_single)


def _levels(category):
    """Return the columns of a category; see `inputs.columns.Category`."""
    if category.has_means:
        return ops.Means(category.feature, category.table)
    table, missing = category.table, category.table[-1]
    places = np.where(table.any(axis=1), table.argmax(axis=1), ops.Levels.NONE)
    places[(table == missing).all(axis=1)] = ops.Levels.MISSING
    return ops.Levels(category.feature, places, missing)


def _bins(encoding, shift, factor):
    slope, offset = encoding.lines(shift, factor)
    return ops.Bins(np.asarray(encoding.columns), slope, offset, encoding.least, encoding.most)


def _layers(network):
    """Return the operations from the columns of the first layer to the raw output."""
    is_folded = network.inputs.is_mild
    theta = network.theta_for_passed_X() if is_folded else network.theta.astype(np.float64)
    parameters, steps = network.network.layout.unpack(theta), []
    activations = [*network.network.activations, ACTIVATIONS["identity"]]
    for W, b, activation in zip(parameters.W, parameters.b, activations, strict=True):
        steps.append(ops.Dense(W, b))
        if BUILT_IN[type(activation)] != "identity":
            parameter = next(iter(vars(activation).values()), None)
            steps.append(ops.Activate(BUILT_IN[type(activation)], parameter))
    return steps


def _target(target):
    """Return the operations from the raw output to probabilities, or to the user's units."""
    link = target.link
    if isinstance(link, OrderedLink):
        steps = [ops.Ordered(link.size, link.base)]
    else:
        steps = [INVERSES[link.name]] if link.name in INVERSES else []
    if hasattr(target, "classes"):
        return [ops.Opposites(), *steps] if target.n_columns > target.n_outputs else steps
    parts = target.scaling.scale, target.scaling.shift
    scale, shift = (np.repeat(part, target.n_quantiles) for part in parts)
    if (scale != 1).any() or shift.any():
        steps.append(ops.Rescale(scale, shift))
    if target.limits.low is not None:
        steps.append(ops.Limit(*target.limits.ends.repeat(target.n_quantiles, axis=1)))
    return steps
