"""Encoding of the user's labels y as the two-dimensional Y of the objective, and decoding.

Convention
----------
y : the user's labels of shape (n_rows,), or indicator of shape (n_rows, n_labels); an entry of the
indicator that is missing is nan.
Y, raw : ndarray of shape (n_rows, n_outputs), see `losses.base`; nan where y is missing.
"""

import copy

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from sklearn_shallow.losses.checks import check_methods
from sklearn_shallow.losses.labels import WeightedLabels
from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.targets.base import Target
from sklearn_shallow.targets.class_weights import label_weights, listed, product_of_weights
from sklearn_shallow.targets.scaling import UnitScaling
from sklearn_shallow.utils import operations as ops
from sklearn_shallow.utils.statistics import is_missing, weighted_mean
from sklearn_shallow.utils.warnings import warn_user


class _ClassTarget(Target):
    """Base class of the targets of labels, which are not scaled.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
    loss : Loss
        It gets the link of the target.
    """

    link = LINKS["logit"]
    scaling = UnitScaling()
    largest = 1.0

    def __init__(self, classes, loss, n_outputs=None):
        self.classes = classes
        self.n_outputs = n_outputs or len(classes)
        self.n_kinds = len(classes)
        self.loss, self.out_activation = loss.on(self.link), self.link.activation
        check_methods(self.loss, self.n_outputs)

    @property
    def operations(self):
        """The operations from the raw output to the probabilities, for export."""
        return [*self.link.operations]

    def with_loss(self, loss):
        """Return this target with another loss."""
        other = copy.copy(self)
        other.loss = loss.on(self.link)
        return other

    def encode(self, y, dtype):
        """Return Y for training, with label smoothing (Szegedy et al. 2016) if the loss has it."""
        Y, amount = self.encode_unsmoothed(y, dtype), self.loss.smoothing
        if amount:
            Y *= 1 - amount
            Y += amount / self.n_kinds
        return Y

    def learn(self, Y, sample_weight):
        """Update the statistics of the scaling: there are none."""

    def standardized(self, Y, dtype):
        """Return the scaled targets: Y, since labels are not scaled."""
        return Y

    def to_raw_units(self, W, b):
        """Return the output layer in the user's units: the same, since labels are not scaled."""
        return W, b

    from_raw_units = to_raw_units

    def first_raw(self, Y, weight):
        """Return the initial raw output, (n_outputs,)."""
        return np.zeros(self.n_outputs)

    def constant_raw(self, Y, weight):
        """Return the raw output of the class frequencies, (n_outputs,)."""
        return self.link.link(weighted_mean(Y, weight))

    def class_weighted(self, class_weight, y, sample_weight):
        """Return the weight of every row, or None without weights."""
        if class_weight is None:
            return sample_weight
        weight = self.row_weight(class_weight, y, sample_weight)
        return weight if sample_weight is None else weight * sample_weight

    def check_same(self, other):
        """Check that a network that was fitted to another target can be trained on this one."""
        if type(self) is not type(other) or not np.array_equal(self.classes, other.classes):
            raise ValueError(
                f"y has the classes {listed(self.classes)}, but the fitted network has "
                f"{listed(other.classes)}, and training would continue with it. Pass y with the "
                "same classes, use partial_fit for a part of them, or fit with warm_start=False."
            )

    def two_sided(self, raw):
        """Return raw with a column for every column of the probabilities."""
        return raw

    def decision(self, raw):
        """Return the result of `decision_function`."""
        return raw


class _Labels(_ClassTarget):
    """One label per row."""

    def strata(self, y):
        """Return the index of every label in the classes."""
        if y.ndim != 1:
            raise ValueError(
                f"y has shape {y.shape}, but the classifier learns one label per sample, of "
                f"{listed(self.classes)}. Pass y of shape (n_samples,)."
            )
        if y.dtype == self.classes.dtype and y.dtype.kind in "biuf":
            codes = np.searchsorted(self.classes, y)
            if np.array_equal(self.classes.take(codes, mode="clip"), y):
                return codes
        # LabelEncoder would cast y to the dtype of the classes, which truncates long strings.
        position = {label: code for code, label in enumerate(self.classes.tolist())}
        labels, inverse = np.unique(y, return_inverse=True)
        unknown = [label for label in labels.tolist() if label not in position]
        if unknown:
            raise ValueError(
                f"y has the labels {listed(unknown)}, which are not among the classes "
                f"{listed(self.classes)}. Declare all classes in the first call of "
                "partial_fit(X, y, classes=...), call fit, or leave these samples out."
            )
        return np.array([position[label] for label in labels.tolist()], np.intp)[inverse]

    def warn_if_suspicious(self, y, cost):
        """Warn of weights that are positive for samples of one class only."""
        if cost is None:
            return
        left = np.unique(self.strata(y)[cost > 0])
        if len(left) == 1:
            warn_user(
                f"sample_weight and class_weight are positive for samples of one class only, "
                f"{listed(self.classes[left])}, so that all predictions are this class. Give "
                f"samples of another class a positive weight, of {listed(self.classes)}."
            )

    def row_weight(self, class_weight, y, sample_weight):
        """Return the class weight of every row."""
        if isinstance(class_weight, list):
            raise ValueError(
                f"class_weight={class_weight!r} is a list, which is for multilabel y. "
                "Pass one dict {label: weight}, or 'balanced'."
            )
        codes = self.strata(y)
        return label_weights(self.classes, class_weight, codes, sample_weight)[codes]


class Binary(_Labels):
    """Two classes: one output, the log-odds of the second."""

    def __init__(self, classes, loss):
        super().__init__(classes, loss, n_outputs=1)

    @property
    def operations(self):
        return [ops.Opposites(), *self.link.operations]

    def encode_unsmoothed(self, y, dtype):
        """Return Y for validation, without label smoothing."""
        return self.strata(y).astype(dtype)[:, np.newaxis]

    def decode(self, raw):
        """Return the most probable labels, (n_rows,); of a multilabel target an indicator."""
        return self.classes[(raw[:, 0] > 0).astype(int)]

    def two_sided(self, raw):
        """Return the log-odds of both classes; 1 - p would round small probabilities to zero."""
        return np.vstack([-raw.T, raw.T]).T

    def decision(self, raw):
        return raw[:, 0]


class Multiclass(_Labels):
    """Three or more classes: one output each."""

    link = LINKS["softmax"]

    def encode_unsmoothed(self, y, dtype):
        codes = self.strata(y)
        Y = np.zeros((len(codes), self.n_outputs), dtype)
        Y[np.arange(len(codes)), codes] = 1
        return Y

    def decode(self, raw):
        return self.classes[raw.argmax(axis=1)]


class Multilabel(_ClassTarget):
    """Any number of labels per row: one output each, the log-odds of the label."""

    def __init__(self, n_labels, loss, *, as_sparse):
        super().__init__(np.arange(n_labels), loss)
        self.n_kinds, self.as_sparse, self.scaling = 2, as_sparse, UnitScaling(n_labels)

    @property
    def training_loss(self):
        noise = self.scaling.noise
        return self.loss if noise is None else WeightedLabels(self.loss, 1 / noise**2)

    def encode_unsmoothed(self, y, dtype):
        if y.ndim != 2 or y.shape[1] != self.n_outputs:
            raise ValueError(
                f"y has shape {y.shape}, the classifier was fitted to {self.n_outputs} labels: "
                f"pass an indicator of shape (n_samples, {self.n_outputs})."
            )
        return indicator(y, dtype)

    def warn_if_suspicious(self, y, cost):
        """Warn of an indicator with exactly one label in every row, if it has enough rows."""
        n_labels = self.n_outputs
        if y.shape[0] > n_labels > 1 and (np.ravel(y.sum(axis=1)) == 1).all():
            warn_user(
                f"y is an indicator with one of {n_labels} labels in every sample, like classes in "
                f"one-hot encoding, and is taken for multilabel: any of the {n_labels} labels may "
                "apply to a sample. For classes, pass one label per sample: y.argmax(axis=1)."
            )

    def row_weight(self, class_weight, y, sample_weight):
        """Return the product of the weights of all entries of a row."""
        return product_of_weights(class_weight, self.encode_unsmoothed(y, float), sample_weight)

    def decode(self, raw):
        indicator = (raw > 0).astype(int)
        return sparse.csr_matrix(indicator) if self.as_sparse else indicator


def class_target(y, loss, classes=None):
    """Return the target for the labels in y or, if given, for declared classes.

    Raises
    ------
    ValueError
        If y is not a classification target, if there are fewer than two classes, or if the number
        of classes differs from the number of columns of y. A column without a known label is
        refused in `fit` only, by `check_known`: a batch of `partial_fit` may lack all.
    """
    if y.ndim == 1:
        check_labels(y)
        name, labels = ("y", np.unique(y)) if classes is None else ("classes", classes)
        return _target_of_classes(labels, name, loss)
    indicator(y, np.float64)  # an error for other values
    if classes is not None and len(np.unique(classes)) != y.shape[1]:
        raise ValueError(
            f"classes={classes!r} has {len(np.unique(classes))} labels, the indicator y has "
            f"{y.shape[1]} columns. They must agree; classes may be left out."
        )
    return Multilabel(y.shape[1], loss, as_sparse=sparse.issparse(y))


def check_labels(y):
    """Check that y, (n_rows,), holds text, integers or booleans in an array of such a type."""
    if type_of_target(y) == "unknown":
        kinds = ", ".join(sorted({type(label).__name__ for label in y.tolist()}))
        raise ValueError(
            f"Unknown label type: y is an array of objects of type {kinds}, but labels are text, "
            "integers or booleans. Convert them, by y.astype(int), y.astype(bool) or y.astype(str) "
            "for example."
        )
    check_classification_targets(y)


def _target_of_classes(classes, name, loss):
    """Return the target of one label per sample; `name` is the argument that holds the classes."""
    if is_missing(np.asarray(classes)).any():
        raise ValueError(f"{name}={classes!r} has nan among the labels. Leave it out.")
    classes = np.unique(classes)
    if len(classes) < 2:
        raise ValueError(
            f"{name} has one class, {listed(classes)}; a classifier needs two or more classes. "
            "Check how the samples were selected or split."
        )
    return (Binary if len(classes) == 2 else Multiclass)(classes, loss)


def indicator(y, dtype):
    """Return an indicator of labels as numbers: 0, 1, and nan where an entry is missing."""
    Y = y.toarray() if sparse.issparse(y) else np.asarray(y)
    try:
        Y = Y.astype(dtype)
        is_one = (np.isin(Y, (0, 1)) | np.isnan(Y)).all()
    except (TypeError, ValueError):  # y holds strings
        is_one = False
    if not is_one:
        raise ValueError(
            f"y has shape {y.shape} and is no indicator, whose values are 0, 1 and nan (unknown). "
            "Pass one label per sample, or an indicator such as y > 0; for several columns of "
            "labels use sklearn.multioutput.MultiOutputClassifier(...)."
        )
    return Y
