"""Between the user's labels y and the encoded, always two-dimensional Y of the core.

Convention
----------
y : what the user passes: labels of shape (n_rows,), or an indicator of shape (n_rows, n_labels),
whose nan says that an entry is not known.
Y, raw : ndarray of shape (n_rows, n_outputs), see `losses.registry`; nan where y is not known.
"""

import numpy as np
from scipy import sparse
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from sklearn_shallow.losses.links import LINKS
from sklearn_shallow.targets.scaling import UnitScaling
from sklearn_shallow.utils.statistics import is_missing

__all__ = [
    "Multilabel",
    "check_no_weights",
    "class_target",
    "declared_target",
    "listed",
    "target_of_classes",
]


MAX_LISTED = 10  # labels in a message


class _ClassTarget:
    """What the targets share: nothing is scaled, and raw needs no more than a link."""

    scaling = UnitScaling()
    largest = 1.0

    def learn(self, Y, sample_weight):
        """Take the encoded targets into the statistics that scale them: there are none."""

    def standardized(self, Y, dtype):
        """Return the encoded targets as the loss sees them."""
        return Y

    def fold(self, W, b):
        """Return the output layer in the user's units."""
        return W, b

    unfold = fold

    def same_as(self, other):
        """Return whether the other target has the same labels."""
        return type(self) is type(other) and np.array_equal(self.classes, other.classes)

    def has_classes(self, classes):
        """Return whether these are the labels, in any order."""
        return np.array_equal(np.unique(classes), self.classes)

    def two_sided(self, raw):
        """Return raw with a column for every column of the probabilities."""
        return raw

    def decision(self, raw):
        return raw


class _Labels(_ClassTarget):
    """One label per row."""

    def __init__(self, classes):
        self.classes = classes
        self.n_columns = len(classes)

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
        return np.array([position[label] for label in labels.tolist()], np.intp)[inverse]

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
    if len(present) == 0:
        return weight
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

    link = LINKS["logistic"]
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

    link = LINKS["softmax"]

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


class Multilabel(_ClassTarget):
    """Any number of labels per row: one output each, the log-odds of the label."""

    link = LINKS["logistic"]

    def __init__(self, n_labels, *, as_sparse):
        self.n_outputs = self.n_columns = n_labels
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
        if not (np.isin(Y, (0, 1)) | np.isnan(Y)).all():
            raise ValueError(
                f"y is a multilabel indicator with the values {listed(np.unique(Y))}; it must hold "
                "0 and 1 only, or nan where it is not known whether a row has a label. Pass y > 0, "
                "or whatever says that it has. For several columns of labels see "
                "sklearn.multioutput.MultiOutputClassifier."
            )
        return Y

    def looks_like_classes(self, y):
        """Return whether the indicator has one label in every row, and rows enough to tell."""
        enough = y.shape[0] > self.n_outputs > 1
        return enough and bool((np.ravel(y.sum(axis=1)) == 1).all())

    def row_weight(self, class_weight, y, sample_weight):
        """Return the product over the labels of the weights of having or lacking it."""
        kinds = [Binary(np.array([0, 1]))] * self.n_outputs
        columns = self.encode(y, float).T
        return product_of_weights(kinds, class_weight, columns, sample_weight)

    def decode(self, raw):
        indicator = (raw > 0).astype(int)
        return sparse.csr_matrix(indicator) if self.as_sparse else indicator


def product_of_weights(kinds, class_weight, columns, sample_weight):
    """Return the product over the columns of the weights of their labels, 1 for one not known."""
    if isinstance(class_weight, str):
        class_weight = [class_weight] * len(kinds)
    if isinstance(class_weight, dict):
        class_weight = [class_weight]
    if len(class_weight) != len(kinds):
        raise ValueError(
            f"class_weight={class_weight!r} has {len(class_weight)} entries, y has "
            f"{len(kinds)} columns. Pass a list with one dict per column, each of the form "
            "{label: weight}: {0: weight, 1: weight} for a column of an indicator."
        )
    product = np.ones(len(columns[0]))
    for kind, weight, column in zip(kinds, class_weight, columns, strict=True):
        known = ~is_missing(column)
        counts = None if sample_weight is None else sample_weight[known]
        product[known] *= kind.row_weight(weight, column[known], counts)
    return product


def filled(y):
    """Return y with the gaps of every column filled by one of its labels."""
    if sparse.issparse(y) or y.ndim == 1 or not is_missing(y).any():
        return y
    gaps = is_missing(y)
    if gaps.all(axis=0).any():
        column = int(np.flatnonzero(gaps.all(axis=0))[0])
        raise ValueError(
            f"y has no label in column {column}, only nan. Leave the column out, or check how the "
            "rows were selected."
        )
    first = y[(~gaps).argmax(axis=0), np.arange(y.shape[1])]
    return np.where(gaps, first, y)


def class_target(y):
    """Return the target that fits the labels in y.

    Raises
    ------
    ValueError
        If y is not a classification target, or has fewer than two classes.
    """
    y = filled(as_numbers(y))
    kind = type_of_target(y, input_name="y")
    if kind == "multiclass-multioutput":
        raise several_columns(y)
    check_classification_targets(y)
    if kind == "multilabel-indicator":
        return Multilabel(y.shape[1], as_sparse=sparse.issparse(y))
    if sparse.issparse(y):
        raise ValueError(
            f"y is sparse with the values {listed(np.unique(y.data))}; only an indicator of 0 and "
            "1 may be. Pass y.toarray()."
        )
    return target_of_classes(np.unique(y), "y")


def declared_target(classes, y):
    """Return the target for declared classes, of which y need not hold all."""
    if y.ndim == 2:
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
    return target_of_classes(classes, "classes")


def check_no_weights(classes, y):
    """Check that what was passed as the classes are labels, and no weights of the rows.

    The order of the arguments of `partial_fit` is that of SGDClassifier; MLPClassifier has another.
    """
    if classes is None:
        return
    if any(np.ndim(label) for label in classes):
        raise ValueError(f"classes={classes!r} must be one flat sequence of labels.")
    if y.ndim != 1 or len(y) == 1:
        return
    given = np.ravel(classes).tolist()
    if len(given) == len(y) and (len(set(given)) == 1 or set(given).isdisjoint(y.tolist())):
        raise ValueError(
            f"classes={listed(classes)} has an entry for every row, like weights. The order is "
            "partial_fit(X, y, classes, sample_weight), in the order of SGDClassifier and not of "
            "MLPClassifier: pass sample_weight=... and classes=... by name."
        )


def as_numbers(y):
    """Return an indicator of objects, as with None for gaps, as numbers."""
    if sparse.issparse(y) or y.ndim == 1 or y.dtype.kind not in "OUS":
        return y
    typed = np.array(y.tolist())
    if typed.dtype.kind not in "biuf":
        raise several_columns(y)
    return typed


def several_columns(y):
    """Return the error for a y with columns of labels that is no indicator."""
    return ValueError(
        f"y has shape {y.shape} and is no indicator of 0 and 1: several columns of labels are "
        "several targets. Fit a classifier to each, "
        "sklearn.multioutput.MultiOutputClassifier(...), or pass one label per row."
    )


def target_of_classes(classes, name):
    """Return the target for labels."""
    if is_missing(np.asarray(classes)).any():
        raise ValueError(f"{name}={classes!r} has nan among the labels. Leave it out.")
    classes = np.unique(classes)
    if len(classes) < 2:
        raise ValueError(
            f"{name} has one class, {listed(classes)}; a classifier needs two or more classes. "
            "Check how the rows were selected or split."
        )
    return Binary(classes) if len(classes) == 2 else Multiclass(classes)
