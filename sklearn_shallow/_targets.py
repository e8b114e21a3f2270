"""Between the user's y and the encoded, always two-dimensional Y of the core.

Convention
----------
y : what the user passes, labels of shape (n_rows,) or an indicator of shape (n_rows, n_labels).
Y, raw : ndarray of shape (n_rows, n_outputs), see `_losses`.
"""

import numpy as np
from scipy import sparse
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target

__all__ = ["class_target", "declared_target", "listed"]


MAX_LISTED = 10  # labels in a message


class _Labels:
    """One label per row."""

    def __init__(self, classes):
        self.classes = classes

    def codes(self, y):
        """Return the position of every label among the classes."""
        if y.ndim != 1:
            raise ValueError(
                f"y has shape {y.shape}, but the classifier learns one label per row, of "
                f"{listed(self.classes)}. Pass y of shape (n_rows,)."
            )
        # Not LabelEncoder: it casts y to the dtype of the classes, which cuts long strings off.
        position = {label: code for code, label in enumerate(self.classes.tolist())}
        labels, inverse = np.unique(y, return_inverse=True)
        unknown = [label for label in labels.tolist() if label not in position]
        if unknown:
            raise ValueError(
                f"y has the labels {listed(unknown)}, which are not among the classes "
                f"{listed(self.classes)}. Declare all classes in the first call of "
                "partial_fit(X, y, classes=...), or call fit."
            )
        return np.array([position[label] for label in labels.tolist()])[inverse]

    def row_weight(self, class_weight, y, sample_weight):
        """Return the weight of every row due to its class."""
        if isinstance(class_weight, list):
            raise ValueError(
                f"class_weight={class_weight!r} is a list, which is for multilabel y. "
                "Pass one dict {label: weight}, or 'balanced'."
            )
        codes = self.codes(y)
        return label_weights(self.classes, class_weight, codes, sample_weight)[codes]


def label_weights(classes, class_weight, codes, sample_weight):
    """Return the weight of every class, 1 where none is asked for."""
    weight = np.ones(len(classes))
    if isinstance(class_weight, dict):
        _check_class_weight(classes.tolist(), class_weight)
        return np.array([class_weight.get(label, 1.0) for label in classes.tolist()], float)
    counted = slice(None) if sample_weight is None else sample_weight > 0
    present = np.unique(codes[counted])
    weight[present] = compute_class_weight(
        class_weight,
        classes=present,
        y=codes[counted],
        sample_weight=None if sample_weight is None else sample_weight[counted],
    )
    return weight


def _check_class_weight(known, class_weight):
    foreign = [label for label in class_weight if label not in known]
    missing = [label for label in known if label not in class_weight]
    # A weight for a class that this fold happens to lack is fine, a misspelt label is not.
    if foreign and missing:
        raise ValueError(
            f"class_weight has the labels {listed(foreign)}, which are not among the classes "
            f"{listed(known)}, and no weight for {listed(missing)}. Correct the labels, or leave "
            "the foreign ones out."
        )
    weight = np.array(list(class_weight.values()), float)
    if not ((weight >= 0) & np.isfinite(weight)).all():
        raise ValueError(
            f"class_weight={class_weight!r}: every weight must be finite and not negative."
        )


def smooth(Y, amount, n_kinds):
    """Move the encoded targets towards 1 / n_kinds by that part (Szegedy et al. 2016)."""
    if amount:
        Y *= 1 - amount
        Y += amount / n_kinds
    return Y


def listed(labels):
    """Return the labels for a message, the first few of many."""
    labels = list(labels.tolist() if isinstance(labels, np.ndarray) else labels)
    if len(labels) <= MAX_LISTED:
        return str(labels)
    shown = ", ".join(map(repr, labels[:MAX_LISTED]))
    return f"[{shown}, ... {len(labels)} in all]"


class Binary(_Labels):
    """Two classes: one output, the log-odds of the second."""

    link = "logistic"
    n_outputs = 1

    def smooth(self, Y, amount):
        return smooth(Y, amount, n_kinds=2)

    def encode(self, y, dtype):
        return self.codes(y).astype(dtype)[:, np.newaxis]

    def decode(self, raw):
        return self.classes[(raw[:, 0] > 0).astype(int)]

    def two_sided(self, raw):
        """Return the log-odds of both classes: subtracting from 1 would lose the small ones."""
        return np.vstack([-raw.T, raw.T]).T

    def decision(self, raw):
        return raw[:, 0]


class Multiclass(_Labels):
    """Three or more classes: one output each."""

    link = "softmax"

    def __init__(self, classes):
        super().__init__(classes)
        self.n_outputs = len(classes)

    def smooth(self, Y, amount):
        return smooth(Y, amount, n_kinds=self.n_outputs)

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

    def smooth(self, Y, amount):
        return smooth(Y, amount, n_kinds=2)

    def encode(self, y, dtype):
        if y.ndim != 2 or y.shape[1] != self.n_outputs:
            raise ValueError(
                f"y has shape {y.shape}, the classifier was fitted to {self.n_outputs} labels: "
                f"pass an indicator of shape (n_rows, {self.n_outputs})."
            )
        Y = (y.toarray() if sparse.issparse(y) else np.asarray(y)).astype(dtype)
        if not np.isin(Y, (0, 1)).all():
            raise ValueError(
                f"y is a multilabel indicator with the values {listed(np.unique(Y))}; it must hold "
                "0 and 1 only. Pass y > 0, or whatever says that a row has a label."
            )
        return Y

    def row_weight(self, class_weight, y, sample_weight):
        """Return the product over the labels of the weights of having or lacking it."""
        if isinstance(class_weight, str):
            class_weight = [class_weight] * self.n_outputs
        if isinstance(class_weight, dict):
            class_weight = [class_weight]
        if len(class_weight) != self.n_outputs:
            raise ValueError(
                f"class_weight={class_weight!r} has {len(class_weight)} entries, y has "
                f"{self.n_outputs} labels. Pass a list with one dict per label, each of the form "
                "{0: weight, 1: weight}."
            )
        codes = self.encode(y, int)
        columns = [
            label_weights(np.array([0, 1]), weight, column, sample_weight)[column]
            for weight, column in zip(class_weight, codes.T, strict=True)
        ]
        return np.prod(columns, axis=0)

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
    if classes is not None and np.asarray(classes).dtype.kind == "f" and np.isnan(classes).any():
        raise ValueError(f"classes={classes!r} has nan among the labels. Leave it out.")
    if classes is None:
        raise ValueError(
            "classes=None in the first call of partial_fit. Pass all labels that y will ever hold: "
            "partial_fit(X, y, classes=np.unique(all_y))."
        )
    return _label_target(np.unique(classes), "classes")


def _label_target(classes, name):
    if len(classes) < 2:
        raise ValueError(
            f"{name} has one class, {listed(classes)}; a classifier needs two or more classes. "
            "Check how the rows were selected or split."
        )
    return Binary(classes) if len(classes) == 2 else Multiclass(classes)
