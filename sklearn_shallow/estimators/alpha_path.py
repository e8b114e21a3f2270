"""Scores on a test fold along a path of alphas: one network on one fold.

- ``alpha="auto"`` is a path of its own: a fit as without a search.
- Full-batch solvers make a few iterations per alpha, starting from the result of the last one.
- Stochastic solvers start every alpha from the initial values. They do not converge, so that a
  later alpha of a path would be better only because it was trained longer.
"""

import time
from copy import deepcopy
from dataclasses import replace
from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import check_cv

from sklearn_shallow.estimators.parameters.settings import is_auto
from sklearn_shallow.estimators.training.ensemble import initial_points, members
from sklearn_shallow.estimators.training.messages import losses_of_validation
from sklearn_shallow.estimators.training.run import train
from sklearn_shallow.estimators.training.samples import Samples
from sklearn_shallow.estimators.training.source import Source
from sklearn_shallow.estimators.training.validation import make_monitor

MAX_ALPHA, MIN_ALPHA = 100.0, 0.01  # ends of the grid if `alphas` is its size
# Iterations of a full-batch solver, as fractions of max_iter
FIRST_PART = 0.75  # from the initial values
LATER_PART = 0.05  # from the parameters of the last alpha
MIN_ITERATIONS = 10  # unless max_iter is less
AUTO = "auto"
VANISHED = 1e-2  # size of weights that would take too long to grow again


def check_alphas(alphas):
    """Return the paths of alphas, lists: "auto" if it is among the alphas, and the numbers in the
    given order."""
    if isinstance(alphas, Integral):
        return [[AUTO], np.geomspace(MAX_ALPHA, MIN_ALPHA, alphas).tolist()]
    given = list(alphas) if np.ndim(alphas) == 1 else [None]
    values = np.asarray([alpha for alpha in given if not is_auto(alpha)])
    is_path = values.dtype.kind in "iuf" and (values >= 0).all() and np.isfinite(values).all()
    if given and (is_path or not len(values)):
        paths = [AUTO] * (len(values) < len(given)), values.astype(float).tolist()
        return [path for path in paths if path]
    raise ValueError(
        f"alphas={alphas!r} must be a number of values, such as 9, or a sequence of numbers >= "
        "0 and 'auto', such as [0.1, 1, 10, 'auto']."
    )


def make_folds(cv, samples, groups, *, stratified):
    """Return pairs of the samples to train on and to test on, without those of weight zero."""
    splits = check_cv(cv, samples.y, classifier=stratified).split(samples.X, samples.y, groups)
    everywhere = np.arange(samples.X.shape[0])  # rows may come as a mask
    folds = [tuple(everywhere[rows] for rows in split) for split in splits]
    if samples.cost is not None:
        folds = [tuple(rows[samples.cost[rows] > 0] for rows in fold) for fold in folds]
    for number, fold in enumerate(folds):
        n_train, n_test = map(len, fold)
        if not (n_train and n_test):
            raise ValueError(
                f"cv={cv!r} leaves {n_train} samples of positive weight to train on and {n_test} "
                f"to test on in split {number}. Change cv, or the weights."
            )
    if not folds:
        raise ValueError(f"cv={cv!r} makes no split. Pass a number of folds.")
    return folds


def scores_along_path(net, settings, scorer, train_rows, test_rows, alphas, *samples):
    """Return the scores of the alphas, greater is better, the seconds of their fits, and as many
    times minus the loss of a constant on the test fold, or nan, see `Fold`.

    Parameters
    ----------
    net : unfitted estimator, for `scorer`
    settings : Settings of that estimator, with any alpha of the path
    scorer : callable, or None for minus the loss
    train_rows, test_rows : ndarrays of int
    alphas : list, a path of `check_alphas`
    *samples : the parts of Samples, of which joblib's backends send arrays once for all calls
    """
    fold = Fold(net, settings, scorer, Samples(*samples), train_rows, test_rows)
    scores, seconds, constants = np.full((3, len(alphas)), fold.score_of_constant)

    def visit(place, theta):
        begin = time.perf_counter()
        theta = fold.trained(alphas[place], theta)
        seconds[place] = time.perf_counter() - begin
        scores[place] = fold.score(theta)
        return theta

    first, *branches = route(alphas, fold.rows_per_weight)
    middle = visit(first, None)
    for branch in branches:
        theta = middle
        for place in branch:
            theta = visit(place, theta)
    return scores, seconds, constants


def route(alphas, rows_per_weight):
    """Return the index of the alpha nearest to 1, and the indices of larger and of smaller alphas.

    The largest alpha first would lose hidden units: at zero weights into and out of a unit, the
    gradient is zero. The smallest first would spend most iterations on fitting noise.
    """
    if len(alphas) == 1:
        return 0, (), ()
    order = np.argsort(alphas)
    with np.errstate(divide="ignore"):
        begin = np.abs(np.log(np.array(alphas)[order] * rows_per_weight)).argmin()
    return order[begin], order[begin + 1 :], order[:begin][::-1]


class Fold:
    """A network with the samples of a fold, prepared once, to be trained with several alphas.

    The labels are those of all samples; all else, such as class weights, depends on the training
    samples only.

    Attributes
    ----------
    data : TrainingData
    start : InitialPoint
    score_of_constant : float
        Score on the test fold of the best constant for the training samples; nan with a scorer, or
        if y is constant.
    rows_per_weight : float
        Factor of alpha that cancels the unit of the weights.
    """

    def __init__(self, net, settings, scorer, samples, train_rows, test_rows):
        self.net = net = clone(net)
        target = net._make_target(samples.y, settings)
        [member] = members(settings, ())
        some = samples.take(train_rows).weighted(settings, target).without_zeros()
        self.data = Source(some).data(settings, some, target, None, member)
        [self.start] = initial_points(self.data, member)
        self.rows_per_weight = self.data.shape[0] / self.data.rows.total_weight
        held = samples.take(test_rows)
        # A scorer receives sample weights, without class weights.
        class_weight = settings.class_weight if scorer is None else None
        cost = target.class_weighted(class_weight, held.y, held.weight)
        scored = replace(self.data.settings, scorer=scorer)
        judged = self.data.validated_on(held._replace(cost=cost), scored)
        self.score_of_constant, Y = np.nan, self.data.rows.Y
        if scorer is None and (Y[0] != Y).any():
            self.score_of_constant = -losses_of_validation(judged, self.start.theta)[1]
        self.judge = make_monitor(judged, net._at_theta(judged))

    def trained(self, alpha, theta):
        """Return the fitted theta, starting from `theta`, or from the initial values if it is None
        or vanishes."""
        self.net.alpha = alpha  # for scorers, which may use it
        if is_auto(alpha):
            data, start = self.data, self.start
        else:
            data, start = self._continued(self.data.with_settings(decay=alpha), theta)
        time = data.settings.solver.max_time
        return train(data, start, self.net._at_theta(data), max_time=time).result.theta

    def _continued(self, data, theta):
        """Return the data with max_iter for an alpha, and the initial point."""
        start = self.start
        if data.settings.solver.takes_batches:
            start = replace(start, streams=deepcopy(start.streams))
        else:
            part, weights = FIRST_PART, ()
            if theta is not None:
                weights = data.network.layout.unpack(theta).weights
            if any(np.abs(W).max() > VANISHED for W in weights):
                part, start = LATER_PART, replace(start, theta=theta)
            max_iter = max(MIN_ITERATIONS, round(part * data.max_iter))
            data = data.with_settings(max_iter=min(data.max_iter, max_iter))
        return data, start

    def score(self, theta):
        """Return the score on the test fold, greater is better: minus the loss, or of a scorer."""
        return -self.judge(theta)[0]
