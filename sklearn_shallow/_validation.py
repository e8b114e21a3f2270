"""Checks of what the user passes. The only file that touches private scikit-learn names."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, column_or_1d, validate_data

from sklearn_shallow._activations import ACTIVATIONS, Activation, get_activation
from sklearn_shallow._layout import INITIALIZERS

__all__ = [
    "ACTIVATION_CONSTRAINT",
    "Interval",
    "StrOptions",
    "check_activations",
    "check_fit_data",
    "check_hidden_units",
    "check_init",
    "check_parameters",
    "check_rows",
    "check_weight",
]

FLOATS = (np.float64, np.float32)


def check_parameters(estimator):
    """Check the constructor's parameters against the declared constraints."""
    estimator._validate_params()


def check_fit_data(estimator, X, y, *, reset):
    """Return X as a float ndarray or CSR and y as an ndarray or CSR, of equal length."""
    X, y = validate_data(
        estimator, X, y, accept_sparse="csr", dtype=FLOATS, multi_output=True, reset=reset
    )
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y.toarray() if hasattr(y, "toarray") else y, warn=True)
    return X, y


def check_rows(estimator, X):
    """Return X, to be predicted, as a float ndarray or CSR with the columns seen in fit."""
    return validate_data(estimator, X, accept_sparse="csr", dtype=FLOATS, reset=False)


def check_weight(sample_weight, X):
    """Return the weights as a float64 array, or None if there are none.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, if none is positive, or if their number is wrong.
    """
    if sample_weight is None:
        return None
    sample_weight = _check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    if not sample_weight.any():
        raise ValueError(
            "sample_weight is zero for every row: nothing is left to learn from. "
            "Pass a positive weight for at least one row, or sample_weight=None."
        )
    return sample_weight


def check_hidden_units(hidden_layer_sizes):
    """Return the sizes of the hidden layers as a tuple of int."""
    sizes = hidden_layer_sizes
    if isinstance(sizes, Integral):
        sizes = (sizes,)
    if isinstance(sizes, np.ndarray):
        sizes = tuple(sizes)
    if isinstance(sizes, (tuple, list)) and all(_is_size(size) for size in sizes):
        return tuple(int(size) for size in sizes)
    raise ValueError(
        f"hidden_layer_sizes={hidden_layer_sizes!r} must be an int >= 1, or a tuple of such, one "
        "per hidden layer: 100, (100,) or (50, 20). Use () for a linear model."
    )


def _is_size(size):
    return isinstance(size, Integral) and not isinstance(size, (bool, np.bool_)) and size >= 1


def check_activations(activation, hidden):
    """Return a list with one `Activation` per hidden layer."""
    if isinstance(activation, (list, tuple)):
        if len(activation) != len(hidden):
            raise ValueError(
                f"activation={activation!r} has {len(activation)} entries, but there are "
                f"{len(hidden)} hidden layers {hidden}. Give one per hidden layer, or one for all."
            )
        return [get_activation(entry) for entry in activation]
    return [get_activation(activation)] * len(hidden)


def check_init(init):
    """Return init, a name or a standard deviation."""
    if isinstance(init, str) and (init == "auto" or init in INITIALIZERS):
        return init
    if isinstance(init, Real) and not isinstance(init, bool) and 0 < init < np.inf:
        return float(init)
    raise ValueError(
        f"init={init!r} must be 'auto', one of {sorted(INITIALIZERS)}, or a positive number, the "
        "standard deviation of the initial weights. (Zero would keep all hidden units equal.)"
    )


ACTIVATION_CONSTRAINT = [StrOptions(set(ACTIVATIONS)), list, tuple, Activation]
