"""Checks of what the user passes."""

from itertools import pairwise
from math import isfinite
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import is_regressor
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    check_X_y,
    column_or_1d,
    validate_data,
)

from sklearn_shallow.estimators.scikit_learn import check_sample_weight
from sklearn_shallow.inputs.table import Table, as_frame
from sklearn_shallow.network.activations import get_activation
from sklearn_shallow.utils.numbers import is_integer, is_number
from sklearn_shallow.utils.statistics import filled, is_missing

FLOATS = (np.float64, np.float32)
AS_ROWS = {"accept_sparse": "csr", "dtype": FLOATS, "ensure_all_finite": "allow-nan"}


def check_fit_data(estimator, X, y, *, reset):
    """Return X as a float ndarray or CSR and y as an ndarray or CSR, of equal length.

    Gaps in dense X are nan, and so are those in a y of several columns.
    """
    X = as_frame(X)
    if isinstance(y, np.ma.MaskedArray):
        y = filled(y)
    if reset:
        estimator._table = Table.of(X, estimator.categorical_features)
    if _is_plain(estimator, X, reset=reset) and _is_plain_target(y, len(X)):
        estimator.n_features_in_ = X.shape[1]
        return X, y
    check_orientation(_shape(X), _shape(y))
    if is_regressor(estimator) and (sparse.issparse(y) or isinstance(y, Real)):
        found = f"sparse, of shape {y.shape}" if sparse.issparse(y) else repr(y)
        raise ValueError(
            f"y is {found}; pass an array of shape (n_samples,) or (n_samples, n_targets)."
        )
    known = _as_array(y)
    if is_regressor(estimator) and known is not None:
        _check_numeric(known)
    has_gaps = known is not None and known.dtype.kind in "fO" and is_missing(known).any()
    if has_gaps and known.ndim == 2 and known.shape[1] > 1:
        X = read(estimator, X, reset=reset)
        y = np.where(is_missing(known), np.nan, known) if known.dtype == object else known
        dtype = np.float64 if is_regressor(estimator) and y.dtype == object else None
        y = check_array(y, dtype=dtype, ensure_all_finite="allow-nan", input_name="y")
        check_consistent_length(X, y)
    else:
        if has_gaps and known.ndim < 3:
            raise ValueError("Input y contains NaN, None or NA. Leave these samples out.")
        of_y = {"multi_output": True, "y_numeric": is_regressor(estimator)}
        with np.errstate(over="ignore", invalid="ignore"):  # the sum of huge targets
            X, y = read(estimator, X, y, reset=reset, **of_y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y.toarray() if hasattr(y, "toarray") else y, warn=True)
    if sparse.issparse(X) and not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()  # StandardScaler counts entries
    return X, y


def _shape(array):
    try:
        return array.shape if hasattr(array, "shape") else np.shape(array)
    except (TypeError, ValueError):  # no array, or rows of different lengths
        return ()


def check_orientation(X, y):
    """Check by the shapes of X and y that the samples are not in the columns."""
    if len(X) != 2 or not 1 <= len(y) <= 2 or X[0] == y[0]:
        return
    turned = ["X.T"] if X[1] == y[0] else []
    if not turned and len(y) == 2:
        turned = ["X.T"] * (X[1] == y[1]) + ["y.T"] * (y[1] in X)
    if turned:
        raise ValueError(
            f"X has shape {X} and y {y}, but a row is a sample in both. Pass "
            f"{' and '.join(turned)}."
        )


def check_several(X, y):
    """Check that samples in columns, of one feature and one target, are not taken for one row."""
    if X.shape == y.shape == (1, X.shape[1]) and X.shape[1] > 1:
        raise ValueError(
            f"X and y have shape {X.shape}: one sample, with as many targets as features. If the "
            "samples are in columns, pass X.T and y.T, since a row is a sample."
        )


def _as_array(y):
    """Return y as an array; None where it is none, which scikit-learn says, or sparse."""
    try:
        return None if y is None or sparse.issparse(y) else np.asarray(y)
    except ValueError:
        raise ValueError(
            "y has rows of different lengths. Pass a number or a label per sample; convert lists "
            "of labels to zeros and ones with sklearn.preprocessing.MultiLabelBinarizer()."
        ) from None


def _check_numeric(y):
    """Check that a y of a regressor is of numbers, or of text that can be read as numbers."""
    if y.dtype.kind in "mM":
        raise ValueError(
            f"y holds values of type {y.dtype}, and a regressor predicts numbers. Convert them to "
            "numbers, such as the days since a date."
        )
    try:
        y.astype(np.float64 if y.dtype.kind in "OU" else y.dtype)
    except TypeError:  # a missing value of pandas
        pass
    except ValueError as error:
        raise ValueError(
            f"y holds values that are not numbers: {error}. For labels use ShallowNetClassifier."
        ) from None


def read(estimator, X, *y, reset, **of_y):
    """Return X, with codes of categories, and y if it is passed, as `validate_data` would."""
    table = estimator._table
    if table is None and not reset:  # numbers in fit, perhaps objects now
        table = Table.of(X, None)
    if table is None:
        found = validate_data(estimator, X, *y, reset=reset, **AS_ROWS, **of_y)
        X, *y = found if y else (found,)
        check_stored(X)
        X = X if X.dtype in FLOATS else X.astype(np.float64)  # from a sparse frame of bools
        return (X, *y) if y else X
    validate_data(estimator, X, reset=reset, skip_check_array=True)  # the names of the columns
    X = table.read(X)
    if y:
        return check_X_y(X, *y, estimator=estimator, **AS_ROWS, **of_y)
    return check_array(X, estimator=estimator, input_name="X", **AS_ROWS)


def check_stored(X):
    """Check that the stored elements of sparse X are numbers: a gap would be one among zeros."""
    if sparse.issparse(X) and np.isnan(X.data).any():
        raise ValueError(
            "Input X contains NaN and is sparse: missing values are filled in dense X only. Pass "
            "X.toarray(), or fill them first, for example by SimpleImputer(add_indicator=True)."
        )


def check_rows(estimator, X):
    """Return X, to be predicted, as a float ndarray or CSR with the columns seen in fit."""
    if _is_plain(estimator, X):
        return X
    shape, n_features = _shape(X), estimator.n_features_in_
    if len(shape) == 2 and shape[0] == n_features != shape[1] and not hasattr(X, "columns"):
        raise ValueError(
            f"X has {shape[1]} features, but {type(estimator).__name__} is expecting {n_features} "
            f"features as input. Its shape is {shape}, and a row is a sample: pass X.T."
        )
    return read(estimator, as_frame(X), reset=False)


def is_array(estimator, X, *, reset=False):
    """Return whether X is an array of floats, like that in fit if not `reset`, without names."""
    return (
        type(X) is np.ndarray
        and X.dtype in FLOATS
        and X.ndim == 2
        and X.size > 0
        and (reset or X.shape[1] == estimator.n_features_in_)
        and estimator._table is None
        and not hasattr(estimator, "feature_names_in_")
    )


def _is_plain(estimator, X, *, reset=False):
    """Return whether scikit-learn has nothing to find, which takes it 50 us to find out."""
    if not is_array(estimator, X, reset=reset):
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return isfinite(X.sum())  # if the sum overflows, scikit-learn looks more closely


def _is_plain_target(y, n_rows):
    """Return likewise whether y is one finite number for every row."""
    if not (type(y) is np.ndarray and y.shape == (n_rows,) and y.dtype.kind in "biuf"):
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return isfinite(y.sum())


def check_weight(sample_weight, X):
    """Return the weights as a float64 array, or None if there are none.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, if none is positive, or if their number is wrong.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, (str, dict)):
        raise ValueError(
            f"sample_weight={sample_weight!r} must be numbers, one per sample. The weights of "
            "classes are a parameter of the classifier: class_weight='balanced'."
        )
    sample_weight = check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )
    if not sample_weight.any():
        raise ValueError(
            "sample_weight is zero for every sample. "
            "Pass a positive weight for at least one sample, or sample_weight=None."
        )
    return sample_weight


def check_hidden_units(hidden_layer_sizes):
    """Return the sizes of the hidden layers as a tuple of int."""
    sizes = hidden_layer_sizes
    if isinstance(sizes, Integral):
        sizes = (sizes,)
    if isinstance(sizes, np.ndarray) and sizes.ndim == 1:
        sizes = tuple(sizes)
    fits = isinstance(sizes, (tuple, list))
    if fits and all(is_integer(size) and size >= 1 for size in sizes):
        return tuple(int(size) for size in sizes)
    raise ValueError(
        f"hidden_layer_sizes={hidden_layer_sizes!r} must be an int >= 1, or a tuple of such, one "
        "per hidden layer: 100, (100,) or (50, 20), or 'auto'. Use () for a linear model."
    )


def check_activations(activation, hidden):
    """Return a list with one `Activation` per hidden layer."""
    if not isinstance(activation, (list, tuple)):
        return [get_activation(activation)] * len(hidden)
    if len(activation) != len(hidden):
        raise ValueError(
            f"activation={activation!r} has {len(activation)} entries, but hidden_layer_sizes="
            f"{hidden} has {len(hidden)}. Pass one activation per hidden layer, or one for all; "
            "that of the output layer follows from y."
        )
    return [get_activation(entry) for entry in activation]


def check_dropout(dropout, n_hidden):
    """Return the rates for the inputs and for every hidden layer."""
    rates = (0.0, *[dropout] * n_hidden) if is_number(dropout) else dropout
    if _are_numbers(rates, n_hidden + 1) and all(0 <= rate < 1 for rate in rates):
        return tuple(float(rate) for rate in rates)
    raise ValueError(
        f"dropout={dropout!r} must be a number in [0, 1) for all hidden layers, or a sequence of "
        f"{n_hidden + 1} such numbers: for the inputs, then for every hidden layer."
    )


def check_l1_ratio(value, n_layers):
    """Check a number from 0 to 1, or one number per layer of weights."""
    values = [value] * n_layers if is_number(value) else value
    if not (_are_numbers(values, n_layers) and all(0 <= entry <= 1 for entry in values)):
        raise ValueError(
            f"l1_ratio={value!r} must be a number from 0 to 1, or {n_layers} such numbers: one per "
            "layer of weights, from the inputs to the outputs."
        )


def _are_numbers(values, n):
    fits = isinstance(values, (tuple, list, np.ndarray)) and getattr(values, "ndim", 1) == 1
    fits = fits and len(values) == n
    return fits and all(map(is_number, values))


def check_initial_parameters(coef_init, intercept_init, layout):
    """Return the parameter vector that these lists make, or None without any."""
    if coef_init is None and intercept_init is None:
        return None
    shapes = list(pairwise(layout.units))
    wanted = {"coef_init": shapes, "intercept_init": [(n_out,) for _, n_out in shapes]}
    for (name, shapes), arrays in zip(wanted.items(), (coef_init, intercept_init), strict=True):
        found = None if arrays is None else [np.shape(array) for array in arrays]
        if found != shapes:
            raise ValueError(
                f"{name} must be a list of arrays of the shapes {shapes}, got {found}. "
                "Pass coef_init and intercept_init together, one array per layer."
            )
    theta = layout.pack(coef_init, intercept_init).astype(np.float64)
    if not np.isfinite(theta).all():
        raise ValueError("coef_init and intercept_init must be finite, got nan or inf among them.")
    return theta
