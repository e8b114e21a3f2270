"""Validation during a fit: which rows it is done on, and what is measured there.

Convention
----------
strata : ndarray of int, shape (n_rows,), the class of every row, or None
"""

import copy
from numbers import Integral, Real

import numpy as np
from sklearn.model_selection import check_cv, train_test_split

__all__ = ["LossMonitor", "ScoreMonitor", "as_indices", "probe", "validation_split"]


def validation_split(validation_fraction, X, y, groups, candidates, strata, rng):
    """Return the rows to train on and the rows to validate on.

    Parameters
    ----------
    validation_fraction : float, or anything `check_cv` takes, of which the first split is used
    groups : array-like or None, for the splitter
    candidates : ndarray of int
        The rows of positive weight, among which a fraction is taken.
    rng : numpy.random.Generator
    """
    if isinstance(validation_fraction, Integral) or not isinstance(validation_fraction, Real):
        splits = check_cv(validation_fraction, y, classifier=strata is not None)
        first = next(iter(splits.split(X, y, groups)), (candidates, []))
        train, validation = (as_indices(rows) for rows in first)
        train = np.intersect1d(train, candidates)
    elif groups is not None:
        raise ValueError(
            f"groups were passed, but validation_fraction={validation_fraction!r} does not look at "
            "them. Pass a splitter that does, for example GroupShuffleSplit()."
        )
    elif strata is None:
        train, validation = _draw(candidates, validation_fraction * len(candidates), rng)
    else:
        train, validation = _stratified(candidates, strata, validation_fraction, rng)
    if len(train) == 0 or len(validation) == 0:
        raise ValueError(
            f"validation_fraction={validation_fraction!r} of n_samples={len(candidates)} leaves "
            f"{len(train)} rows to train on and {len(validation)} to validate on. Change it, pass "
            "X_val and y_val to fit, or set early_stopping=False."
        )
    return train, validation


def as_indices(rows):
    """Return rows that a splitter gives as indices or as a mask, as indices."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows.astype(int)


def _stratified(rows, strata, fraction, rng):
    """Give every class a row to train on, and if they suffice one to validate on; draw the rest."""
    train, rest = _one_of_each(rows, strata, rng)
    size = max(1, round(fraction * len(rows)))
    validation, others = _one_of_each(rest, strata, rng)
    if len(validation) > size:
        validation, others = rest[:0], rest
    drawn = _draw(others, size - len(validation), rng, strata)
    parts = np.concatenate([train, drawn[0]]), np.concatenate([validation, drawn[1]])
    return np.sort(parts[0]), np.sort(parts[1])


def _one_of_each(rows, strata, rng):
    """Return a random row of every class, and the others."""
    rows = rng.permutation(rows)
    _, first = np.unique(strata[rows], return_index=True)
    return rows[first], np.delete(rows, first)


def _draw(rows, size, rng, strata=None):
    """Return two parts of the rows, the second of about that size, stratified if counts permit."""
    size = min(len(rows), max(0 if strata is not None else 1, round(size)))
    if size in (0, len(rows)):
        return (rows, rows[:0]) if size == 0 else (rows[:0], rows)
    classes = None if strata is None else strata[rows]
    if classes is not None:
        counts = np.unique(classes, return_counts=True)[1]
        if counts.min() < 2 or min(size, len(rows) - size) < len(counts):
            classes = None
    seed = int(rng.integers(2**31))
    return train_test_split(rows, test_size=size, random_state=seed, stratify=classes)


class LossMonitor:
    """Measures the loss on validation rows, without the penalty.

    Parameters
    ----------
    objective : Objective on the validation rows, with alpha 0
    """

    def __init__(self, objective):
        self.objective = objective

    def __call__(self, theta):
        with np.errstate(all="ignore"):  # it is what an infinite value is looked for in
            loss = self.objective.value(theta)
        # A loss that is not a number must not pass for an improvement.
        return (loss if np.isfinite(loss) else np.inf), {"validation_loss": loss}


class ScoreMonitor:
    """Measures a score on validation rows, and the loss beside it.

    Parameters
    ----------
    objective : as for `LossMonitor`
    scorer : callable with scikit-learn's signature ``scorer(estimator, X, y)``
    probe : callable
        Maps theta to a fitted estimator.
    X, y, sample_weight : the validation rows in the user's units; no weight is passed if it is None
    """

    def __init__(self, objective, scorer, probe, X, y, sample_weight):
        self.objective = objective
        self.scorer = scorer
        self.probe = probe
        self.rows = (X, y)
        self.weight = {} if sample_weight is None else {"sample_weight": sample_weight}

    def __call__(self, theta):
        score = float(self.scorer(self.probe(theta), *self.rows, **self.weight))
        with np.errstate(all="ignore"):
            loss = self.objective.value(theta)
        criterion = -score if np.isfinite(score) else np.inf
        return criterion, {"validation_score": score, "validation_loss": loss}


def probe(estimator, model, target):
    """Return a function from theta to a copy of the estimator that predicts with it."""

    def fitted(theta):
        twin = copy.copy(estimator)
        vars(twin).pop("feature_names_in_", None)  # what it is to predict has lost them
        twin._warns_of_limits = False  # it predicts in every iteration
        twin._keep(model.at(theta), target)
        return twin

    return fitted
