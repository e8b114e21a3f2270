"""Held-out scores along a path of alphas: one network on one fold.

Full-batch solvers take a few iterations per alpha from where they have got to with the last one.
The stochastic ones take all of theirs from the initial values: they do not converge, so that alphas
later on the path would be better for having been trained longer.

Convention
----------
net : the estimator whose parameters apply, one network; it knows the columns of X
"""

import time
from copy import copy, deepcopy

import numpy as np

from sklearn_shallow._early_stopping import probe
from sklearn_shallow._ensemble import single_nets
from sklearn_shallow._optimizers import OPTIMIZERS
from sklearn_shallow._preparation import hold_out
from sklearn_shallow._rows import take_rows
from sklearn_shallow._training import make_monitor, prepare_held_out, train

__all__ = ["scores_along_path"]

FIRST = 0.75  # of max_iter, where a full-batch solver begins with the initial values
LATER = 0.05  # where it goes on
LEAST = 10  # iterations, unless max_iter is less
VANISHED = 1e-2  # weights that are no larger take too long to grow again


def scores_along_path(net, rows, train, test, alphas, scoring):
    """Return the held-out scores of the alphas, greater is better, and the seconds of their fits.

    Parameters
    ----------
    rows : X, y and weights of all rows, checked, see `_preparation`
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

    Attributes
    ----------
    start : Start at the initial values
    rows_per_weight : float, what makes an alpha comparable whatever the unit of the weights
    """

    def __init__(self, net, rows, train, test, scoring):
        [self.net] = single_nets(net)
        target, streams = net._make_target(rows[1]), net._make_streams()
        X, y, weights = take_rows(train, *rows)
        watched = (None, None, None)
        net._choose(X, target, None, watched)
        fitted, held_out = hold_out(net, (X, y), target, weights, None, watched, streams["split"])
        self.task = net._prepare(fitted, held_out, target)
        [self.start] = net._starts(self.task, streams, (None, None))
        trained_on = self.task.rows
        self.rows_per_weight = fitted[0].shape[0] / trained_on.total_weight
        X, y, weights = take_rows(test, *rows)
        # A scorer is told the weights of the rows, the loss those of their classes too.
        weight = weights[1] if scoring == "loss" else weights[0]
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
