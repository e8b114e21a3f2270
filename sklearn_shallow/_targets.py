"""Between the user's y and the encoded, always two-dimensional Y of the core.

Convention
----------
y : what the user passes, labels of shape (n_rows,) or an indicator of shape (n_rows, n_labels).
Y, raw : ndarray of shape (n_rows, n_outputs), see `_losses`.
"""

import numpy as np
from scipy import sparse
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target

__all__ = ["class_target", "declared_target"]


class _Labels:
    """One label per row."""

    def __init__(self, classes):
        self.classes = classes

    def codes(self, y):
        """Return the position of every label among the classes."""
        if y.ndim != 1:
            raise ValueError(
                f"y has shape {y.shape}, but the classifier learns one label per row, of "
                f"{self.classes.tolist()}. Pass y of shape (n_rows,)."
            )
        # Not LabelEncoder: it casts y to the dtype of the classes, which cuts long strings off.
        position = {label: code for code, label in enumerate(self.classes.tolist())}
        labels, inverse = np.unique(y, return_inverse=True)
        unknown = [label for label in labels.tolist() if label not in position]
        if unknown:
            raise ValueError(
                f"y has the labels {unknown}, which are not among the classes "
                f"{self.classes.tolist()}. Declare all classes in the first call of "
                "partial_fit(X, y, classes=...), or call fit."
            )
        return np.array([position[label] for label in labels.tolist()])[inverse]

    def row_weight(self, class_weight, y, sample_weight):
        """Return the weight of every row due to its class."""
        codes = self.codes(y)
        if isinstance(class_weight, dict):
            return self._class_weights(class_weight)[codes]
        present = np.unique(codes)
        weight = np.ones(len(self.classes))
        weight[present] = compute_class_weight(
            class_weight, classes=present, y=codes, sample_weight=sample_weight
        )
        return weight[codes]

    def _class_weights(self, class_weight):
        known = self.classes.tolist()
        foreign = [label for label in class_weight if label not in known]
        missing = [label for label in known if label not in class_weight]
        # A weight for a class that this fold happens to lack is fine, a misspelt label is not.
        if foreign and missing:
            raise ValueError(
                f"class_weight has the labels {foreign}, which are not among the classes {known}, "
                f"and no weight for {missing}. Correct the labels, or leave the foreign ones out."
            )
        weight = np.array([class_weight.get(label, 1.0) for label in known], float)
        if not ((weight >= 0) & np.isfinite(weight)).all():
            raise ValueError(
                f"class_weight={class_weight!r}: every weight must be finite and not negative."
            )
        return weight


class Binary(_Labels):
    """Two classes: one output, the log-odds of the second."""

    link = "logistic"
    n_outputs = 1

    def encode(self, y, dtype):
        return self.codes(y).astype(dtype)[:, np.newaxis]

    def decode(self, raw):
        return self.classes[(raw[:, 0] > 0).astype(int)]

    def two_sided(self, raw):
        """Return the log-odds of both classes: subtracting from 1 would lose the small ones."""
        return np.column_stack([-raw, raw])

    def decision(self, raw):
        return raw[:, 0]


class Multiclass(_Labels):
    """Three or more classes: one output each."""

    link = "softmax"

    def __init__(self, classes):
        super().__init__(classes)
        self.n_outputs = len(classes)

    def encode(self, y, dtype):
        codes = self.codes(y)
        Y = np.zeros((len(codes), self.n_outputs), dtype)
        Y[np.arange(len(codes)), codes] = 1
        return Y

    def decode(self, raw):
        return self.classes[raw.argmax(axis=1)]

    def two_sided(self, raw):
        return raw

    def decision(self, raw):
        return raw


class Multilabel:
    """Any number of labels per row: one output each, the log-odds of the label."""

    link = "logistic"

    def __init__(self, n_labels, *, as_sparse):
        self.n_outputs = n_labels
        self.classes = np.arange(n_labels)
        self.as_sparse = as_sparse

    def encode(self, y, dtype):
        if y.ndim != 2 or y.shape[1] != self.n_outputs:
            raise ValueError(
                f"y has shape {y.shape}, the classifier was fitted to {self.n_outputs} labels: "
                f"pass an indicator of shape (n_rows, {self.n_outputs})."
            )
        return (y.toarray() if sparse.issparse(y) else np.asarray(y)).astype(dtype)

    def row_weight(self, class_weight, y, sample_weight):
        if isinstance(class_weight, dict):
            raise ValueError(
                f"class_weight={class_weight!r} is one dict, y has {self.n_outputs} labels. Pass a "
                "list with one dict per label, each of the form {0: weight, 1: weight}."
            )
        return compute_sample_weight(class_weight, y)

    def decode(self, raw):
        indicator = (raw > 0).astype(int)
        return sparse.csr_matrix(indicator) if self.as_sparse else indicator

    def two_sided(self, raw):
        return raw

    def decision(self, raw):
        return raw


def class_target(y):
    """Return the target that fits the labels in y.

    Raises
    ------
    ValueError
        If y is not a classification target, or has fewer than two classes.
    """
    check_classification_targets(y)
    kind = type_of_target(y, input_name="y")
    if kind == "multilabel-indicator":
        return Multilabel(y.shape[1], as_sparse=sparse.issparse(y))
    if kind == "multiclass-multioutput":
        raise ValueError(
            f"y has {y.shape[1]} columns of several classes each (multiclass-multioutput). Fit one "
            "classifier per column, for example with sklearn.multioutput.MultiOutputClassifier."
        )
    return _label_target(np.unique(y), "y")


def declared_target(classes, y):
    """Return the target for declared classes, of which y need not hold all."""
    if type_of_target(y, input_name="y") == "multilabel-indicator":
        target = class_target(y)
        if classes is not None and len(np.unique(classes)) != target.n_outputs:
            raise ValueError(
                f"classes={classes!r} has {len(np.unique(classes))} labels, the indicator y has "
                f"{target.n_outputs} columns. They must agree; classes may be left out."
            )
        return target
    check_classification_targets(y)
    if classes is None:
        raise ValueError(
            "classes=None in the first call of partial_fit. Pass all labels that y will ever hold: "
            "partial_fit(X, y, classes=np.unique(all_y))."
        )
    return _label_target(np.unique(classes), "classes")


def _label_target(classes, name):
    if len(classes) < 2:
        raise ValueError(
            f"{name} has one class, {classes.tolist()}; a classifier needs two or more classes. "
            "Check how the rows were selected or split."
        )
    return Binary(classes) if len(classes) == 2 else Multiclass(classes)
