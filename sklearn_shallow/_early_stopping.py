"""Validation during a fit: which rows it is done on, and what is measured there.

Convention
----------
strata : ndarray of int, shape (n_rows,), the class of every row, or None
"""

import copy
from numbers import Integral, Real

import numpy as np
from sklearn.model_selection import check_cv, train_test_split

__all__ = ["LossMonitor", "ScoreMonitor", "validation_split"]


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
        train, validation = next(iter(splits.split(X, y, groups)))
        train = np.intersect1d(train, candidates)
    elif strata is None:
        train, validation = _draw(candidates, None, validation_fraction, rng)
    else:
        train, validation = _stratified(candidates, strata[candidates], validation_fraction, rng)
    if len(train) == 0 or len(validation) == 0:
        raise ValueError(
            f"validation_fraction={validation_fraction!r} leaves {len(train)} rows to train on and "
            f"{len(validation)} to validate on. Change it, pass X_val and y_val to fit, or set "
            "early_stopping=False."
        )
    return train, validation


def _stratified(rows, strata, fraction, rng):
    """Keep one row of every class in the training part, and stratify the others if possible."""
    order = rng.permutation(len(rows))
    _, first = np.unique(strata[order], return_index=True)
    kept = order[first]
    free = np.setdiff1d(np.arange(len(rows)), kept)
    share = min(1.0, fraction * len(rows) / max(1, len(free)))
    train, validation = _draw(free, strata, share, rng)
    return rows[np.sort(np.concatenate([kept, train]))], rows[validation]


def _draw(rows, strata, fraction, rng):
    """Return two parts of the rows, the second of at least one row and about that fraction."""
    n_validation = min(len(rows), max(1, round(fraction * len(rows))))
    if n_validation == len(rows):
        return rows[:0], rows
    seed = int(rng.integers(2**31))
    strata = None if strata is None else strata[rows]
    if strata is not None:
        counts = np.unique(strata, return_counts=True)[1]
        possible = min(n_validation, len(rows) - n_validation) >= len(counts) and counts.min() > 1
        strata = strata if possible else None
    train, validation = train_test_split(
        rows, test_size=n_validation, random_state=seed, stratify=strata
    )
    return np.sort(train), np.sort(validation)


class LossMonitor:
    """Measures the loss on validation rows, without the penalty.

    Parameters
    ----------
    objective : Objective on the validation rows, with alpha 0
    """

    def __init__(self, objective):
        self.objective = objective

    def __call__(self, theta):
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
    X, y, sample_weight : the validation rows as the user gave them; the weight may be None
    """

    def __init__(self, objective, scorer, probe, X, y, sample_weight):
        self.objective = objective
        self.scorer = scorer
        self.probe = probe
        self.rows = (X, y)
        self.weight = {} if sample_weight is None else {"sample_weight": sample_weight}

    def __call__(self, theta):
        score = float(self.scorer(self.probe(theta), *self.rows, **self.weight))
        loss = self.objective.value(theta)
        criterion = -score if np.isfinite(score) else np.inf
        return criterion, {"validation_score": score, "validation_loss": loss}


def probe(estimator, model, target):
    """Return a function from theta to a copy of the estimator that predicts with it."""

    def fitted(theta):
        twin = copy.copy(estimator)
        twin._keep(model.at(theta), target)
        return twin

    return fitted
