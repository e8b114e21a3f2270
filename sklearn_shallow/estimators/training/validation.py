"""The validation set of a fit, and the criterion measured on it.

Convention
----------
strata : ndarray of int, shape (n_rows,), the class of every sample, or None
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.model_selection import train_test_split

from sklearn_shallow.estimators.parameters.checks import check_fit_data, check_weight
from sklearn_shallow.estimators.parameters.scoring import check_scoring_of_classes, takes_weight
from sklearn_shallow.estimators.training.samples import Samples
from sklearn_shallow.utils.names import column_in_words
from sklearn_shallow.utils.rows import SelectedRows
from sklearn_shallow.utils.statistics import weighted_quantile
from sklearn_shallow.utils.warnings import warn_user

APART = 0.5  # distance of the median of X_val from the range of X, over the range: a warning


@dataclass(frozen=True, eq=False)
class ValidationData:
    """A validation set: in the form of the objective, and as passed by the user.

    Attributes
    ----------
    rows : Rows
    samples : Samples
    """

    rows: object
    samples: Samples


def validation_samples(estimator, samples, X_val, y_val, sample_weight_val):
    """Return the user's validation set, sparse if the training samples are, or None.

    Warns if it seems not to be transformed like the training samples.
    """
    if X_val is None and y_val is None:
        if sample_weight_val is not None:
            raise ValueError("sample_weight_val was passed without X_val and y_val. Pass them too.")
        return None
    if X_val is None or y_val is None:
        missing = "X_val" if X_val is None else "y_val"
        raise ValueError(f"{missing}=None: pass X_val and y_val together, or neither.")
    try:
        X_val, y_val = check_fit_data(estimator, X_val, y_val, reset=False)
        weight = check_weight(sample_weight_val, X_val)
    except ValueError as error:
        raise ValueError(f"In the validation set: {error}") from None
    if sparse.issparse(X_val) and not sparse.issparse(samples.X):
        X_val = X_val.toarray()
    elif sparse.issparse(samples.X) and not sparse.issparse(X_val):
        X_val = sparse.csr_matrix(X_val)
    warn_of_untransformed(samples, X_val)
    return Samples(X_val, y_val, weight)


def warn_of_untransformed(samples, X_val):
    """Warn if a validation set seems not to be transformed like the X of samples."""
    X, categories = samples.X, samples.categories
    if sparse.issparse(X):
        return
    low, high = np.fmin.reduce(X, axis=0), np.fmax.reduce(X, axis=0)
    median = weighted_quantile(X_val, 0.5, None)[0]
    with np.errstate(over="ignore", invalid="ignore"):
        far = np.maximum(low - median, median - high) > APART * (high - low)
    far &= high > low
    if categories is not None:
        far &= [names is None for names in categories]
    if far.any():
        column = int(far.argmax())
        where = column_in_words(samples.feature_names, column)
        warn_user(
            f"X_val is far outside the range of X in {far.sum()} of {len(far)} columns: its "
            f"median in {where} is {median[column]:.6g}, and X is between {low[column]:.6g} and "
            f"{high[column]:.6g} there. If X is transformed, transform X_val in the same way: "
            "Pipeline(..., transform_input=['X_val']) does it, with metadata routing enabled."
        )


def encoded_targets(settings, samples, target, dtype):
    """Return the encoded targets of a validation set."""
    try:
        Y = target.standardized(target.encode_unsmoothed(samples.y, dtype), dtype)
        if np.isnan(Y).all():
            raise ValueError("y is nan everywhere. Choose other samples.")
    except ValueError as error:
        raise ValueError(f"In the validation set (y_val): {error}") from None
    scoring = settings.given["scoring"]
    check_scoring_of_classes(scoring, target)
    if np.isnan(Y.min()) and settings.scorer is not None and not callable(scoring):
        raise ValueError(
            f"scoring={scoring!r} cannot be applied: there are missing values (nan) among the "
            "targets of the validation set. Set scoring='loss', which leaves them out, or pass a "
            "custom scorer that does."
        )
    return Y


def hold_out(settings, samples, target, validation, rng):
    """Return the training samples, and the validation set or None.

    Parameters
    ----------
    validation : Samples or None
        The user's validation set.
    rng : numpy.random.Generator, to draw a validation set if none is passed
    """
    if validation is not None:
        cost = target.class_weighted(settings.class_weight, validation.y, validation.weight)
        if cost is not None and not cost.any():
            raise ValueError(
                "sample_weight_val and class_weight are zero for the whole validation set. Pass "
                "positive weights."
            )
        return samples, validation._replace(cost=cost)
    if not settings.early_stopping:
        return samples, None
    if settings.validation_fraction == 0:
        raise ValueError(
            "validation_fraction=0 leaves nothing to validate on. Choose a larger one, pass X_val "
            "and y_val to fit, or set early_stopping=False."
        )
    parts = validation_split(settings.validation_fraction, samples, target, rng)
    return tuple(map(samples.take, parts))


def validation_split(fraction, samples, target, rng):
    """Return the indices of the training samples and of the validation set.

    Parameters
    ----------
    samples : Samples of positive weight
    rng : numpy.random.Generator
    """
    rows, strata = np.arange(samples.X.shape[0]), target.strata(samples.y)
    if strata is None:
        train, validation = _draw(rows, fraction * len(rows), rng)
    else:
        train, validation = _stratified(rows, strata, fraction, rng)
    if len(train) == 0 or len(validation) == 0:
        raise ValueError(
            f"validation_fraction={fraction!r} of n_samples={len(rows)} leaves "
            f"{len(train)} to train on and {len(validation)} to validate on. Change it, pass "
            "X_val and y_val to fit, or set early_stopping=False."
        )
    return train, validation


def _stratified(rows, strata, fraction, rng):
    """Return rows for training and for validation, stratified: at least one row of every class for
    training and, if possible, for validation."""
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
    """Return two random parts of the rows, the second of about `size` rows, stratified if the
    classes have enough rows."""
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


class Monitor:
    """The criterion on a validation set: the loss without the penalty, or minus a score.

    Parameters
    ----------
    objective : Objective on the validation set, with alpha 0
    score : callable, maps theta to the score; None for the loss
    """

    def __init__(self, objective, score):
        self.objective, self.score = objective, score
        self.recorded = ("validation_score",) * (score is not None) + ("validation_loss",)

    def __call__(self, theta):
        with np.errstate(all="ignore"):  # it may overflow
            criterion = loss = self.objective.value(theta)
        record = {}
        if self.score is not None:
            record["validation_score"] = score = float(self.score(theta))
            criterion = -score
        # nan must not count as an improvement.
        criterion = criterion if np.isfinite(criterion) else np.inf
        return criterion, record | {"validation_loss": loss}


def make_monitor(data, at_theta):
    """Return the `Monitor` of the validation set, or None without one."""
    scorer = data.settings.scorer
    if data.validation is None:
        return None
    objective = data.objective(data.validation.rows, fraction=0.0)
    if scorer is None:
        return Monitor(objective, None)
    samples = data.validation.samples
    X = np.asarray(samples.X) if isinstance(samples.X, SelectedRows) else samples.X
    has_weight = samples.cost is not None and takes_weight(scorer)
    weight = {"sample_weight": samples.cost} if has_weight else {}
    return Monitor(objective, lambda theta: scorer(at_theta(theta), X, samples.y, **weight))
