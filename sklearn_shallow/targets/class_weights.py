"""Checks of classes and class weights; labels as text in messages."""

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

MAX_LISTED = 10  # number of labels listed in a message


def listed(labels):
    """Return the text of the labels for a message; of many labels, of the first few."""
    labels = list(labels.tolist() if isinstance(labels, np.ndarray) else labels)
    if len(labels) <= MAX_LISTED:
        return str(labels)
    shown = ", ".join(map(repr, labels[:MAX_LISTED]))
    return f"[{shown}, ... {len(labels)} in all]"


def check_no_weights(classes, y):
    """Check that the argument `classes` of `partial_fit` holds labels, not sample weights.

    Both may be passed by position, in the order of SGDClassifier.partial_fit.
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
            f"classes={listed(classes)} has an entry for every sample, like weights. The arguments "
            "are partial_fit(X, y, classes, sample_weight), as in SGDClassifier and unlike "
            "MLPClassifier. Pass sample_weight=... and classes=... by name."
        )


def label_weights(classes, class_weight, codes, sample_weight):
    """Return the weight of every class, 1 where `class_weight` has none."""
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
    # Foreign labels alone may be classes that a fold lacks; with missing ones they are misspelt.
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


def product_of_weights(class_weight, Y, sample_weight):
    """Return the weight of every row of an indicator: the product of the weights of its entries.

    A missing entry, nan, has the weight 1.
    """
    n_labels = Y.shape[1]
    if isinstance(class_weight, str):
        class_weight = [class_weight] * n_labels
    if isinstance(class_weight, dict) or len(class_weight) != n_labels:
        n_entries = 1 if isinstance(class_weight, dict) else len(class_weight)
        raise ValueError(
            f"class_weight={class_weight!r} has {n_entries} entries, y has {n_labels} columns. "
            "Pass a list with one dict per column, {0: weight, 1: weight}, or 'balanced'."
        )
    product = np.ones(len(Y))
    for weight, column in zip(class_weight, Y.T, strict=True):
        known = ~np.isnan(column)
        codes = column[known].astype(np.intp)
        counts = None if sample_weight is None else sample_weight[known]
        product[known] *= label_weights(np.arange(2), weight, codes, counts)[codes]
    return product
