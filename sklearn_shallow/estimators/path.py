"""Held-out scores along a path of alphas: one network on one fold.

Full-batch solvers take a few iterations per alpha from where they have got to with the last one.
The stochastic ones take all of theirs from the initial values: they do not converge, so that alphas
later on the path would be better for having been trained longer.

Convention
----------
net : the estimator whose parameters apply, one network; it knows the columns of X
rows : X, y and the sample weights or None, checked
"""

import time
from copy import copy, deepcopy
from numbers import Integral

import numpy as np
from sklearn.model_selection import check_cv

from sklearn_shallow.estimators.early_stopping import as_indices, probe
from sklearn_shallow.estimators.ensemble import single_nets
from sklearn_shallow.estimators.preparation import hold_out, row_weights
from sklearn_shallow.estimators.training import make_monitor, prepare_held_out, train
from sklearn_shallow.solvers.update_rules import OPTIMIZERS
from sklearn_shallow.utils.rows import take_rows

__all__ = ["check_alphas", "make_folds", "scores_along_path"]

HIGHEST_ALPHA, LOWEST_ALPHA = 100.0, 0.01  # of the grid where only its size is given
FIRST = 0.75  # of max_iter, where a full-batch solver begins with the initial values
LATER = 0.05  # where it goes on
LEAST = 10  # iterations, unless max_iter is less
VANISHED = 1e-2  # weights that are no larger take too long to grow again


def check_alphas(alphas):
    """Return the alphas to choose from, in the order in which they were given."""
    if isinstance(alphas, Integral):
        return np.geomspace(HIGHEST_ALPHA, LOWEST_ALPHA, alphas)
    values = np.asarray(alphas)
    if values.ndim == 1 and len(values) and values.dtype.kind in "iuf":
        values = values.astype(float)
        if (values >= 0).all() and np.isfinite(values).all():
            return values
    raise ValueError(
        f"alphas={alphas!r} must be how many to choose from, or a sequence of numbers >= 0: 9, or "
        "[0.1, 1, 10]."
    )


def make_folds(cv, X, y, weight, groups, *, stratified):
    """Return pairs of the rows to train on and to score, without those of weight zero."""
    splits = check_cv(cv, y, classifier=stratified).split(X, y, groups)
    folds = [tuple(map(as_indices, split)) for split in splits]
    if weight is not None:
        folds = [tuple(rows[weight[rows] > 0] for rows in fold) for fold in folds]
    for number, fold in enumerate(folds):
        n_train, n_test = map(len, fold)
        if not (n_train and n_test):
            raise ValueError(
                f"cv={cv!r} leaves {n_train} rows of positive weight to train on and {n_test} to "
                f"score in split {number}. Change cv, or the weights."
            )
    if not folds:
        raise ValueError(f"cv={cv!r} makes no split. Pass a number of folds.")
    return folds


def scores_along_path(net, rows, train, test, alphas, scoring):
    """Return the held-out scores of the alphas, greater is better, and the seconds of their fits.

    Parameters
    ----------
    train, test : ndarrays of int, which rows to train on and which to score
    alphas : ndarray of shape (n_alphas,), in any order
    scoring : "loss", or what `check_scoring` takes
    """
    fold = Fold(copy(net).set_params(alpha=alphas[0]), rows, train, test, scoring)
    scores, seconds = np.empty((2, len(alphas)))

    def visit(place, theta):
        begin = time.perf_counter()
        theta = fold.trained(alphas[place], theta)
        seconds[place] = time.perf_counter() - begin
        scores[place] = fold.score(alphas[place], theta)
        return theta

    first, *branches = route(alphas * fold.rows_per_weight)
    middle = visit(first, None)
    for branch in branches:
        theta = middle
        for place in branch:
            theta = visit(place, theta)
    return scores, seconds


def route(alphas):
    """Return the place of the alpha nearest to 1, those of the larger and those of the smaller.

    A path that began at the largest alpha would lose the hidden units that this shrinks to nothing:
    where the weights into and out of a unit are zero, so is their gradient. One that began at the
    smallest would spend most iterations on fitting noise.
    """
    order = np.argsort(alphas)
    with np.errstate(divide="ignore"):
        begin = np.abs(np.log(alphas[order])).argmin()
    return order[begin], order[begin + 1 :], order[:begin][::-1]


class Fold:
    """A network and its rows, prepared once; to be trained with any alpha, and scored.

    The labels are those of all rows; all else is of the rows to train on, class weights included.

    Attributes
    ----------
    start : Start at the initial values
    rows_per_weight : float, what makes an alpha comparable whatever the unit of the weights
    """

    def __init__(self, net, rows, train, test, scoring):
        [self.net] = single_nets(net)
        target, streams = net._make_target(rows[1]), net._make_streams()
        X, y, (weight,) = take_rows(train, *rows[:2], rows[2:])
        weights = row_weights(net, X, y, target, weight)
        watched = (None, None, None)
        net._choose(X, weights[0], target, None, watched)
        fitted, held_out = hold_out(net, (X, y), target, weights, None, watched, streams["split"])
        self.task = net._prepare(fitted, held_out, target)
        [self.start] = net._starts(self.task, streams, (None, None))
        trained_on = self.task.rows
        self.rows_per_weight = fitted[0].shape[0] / trained_on.total_weight
        X, y, (weight,) = take_rows(test, *rows[:2], rows[2:])
        if scoring == "loss":  # a scorer is told the weights of the rows, not of their classes
            weight = net._class_weighted(target, y, weight)
        self.judged = copy(net).set_params(scoring=scoring)
        model, dtype = self.task.model, trained_on.Y.dtype
        scored = prepare_held_out(self.judged, model, target, dtype, (X, y, weight))
        at_theta = probe(self.judged, model, target)
        self.judge = make_monitor(self.judged, self.task._replace(held_out=scored), at_theta)

    def trained(self, alpha, theta):
        """Return where the solver gets to from theta, or anew if that is None or has vanished."""
        net, task, start = copy(self.net), self.task, self.start
        net.alpha = net._decay = alpha
        if net.solver_ in OPTIMIZERS:
            start = start._replace(streams=deepcopy(start.streams))
        else:
            part = FIRST
            if theta is not None and not self._has_vanished(theta):
                part, start = LATER, start._replace(theta=theta)
            most = min(task.max_iter, max(LEAST, round(part * task.max_iter)))
            task = task._replace(max_iter=most)
        return train(net, task, start, max_time=net.max_time).result.theta

    def _has_vanished(self, theta):
        weights = self.task.model.network.layout.unpack(theta).weights
        return max(np.abs(W).max() for W in weights) <= VANISHED

    def score(self, alpha, theta):
        """Return the score of the held-out rows, greater is better; a loss counts negative."""
        self.judged.alpha = self.judged._decay = alpha  # a scorer may look at it
        return -self.judge(theta)[0]
