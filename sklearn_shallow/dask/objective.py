"""The objective of rows that stay on the workers.

Convention
----------
rows : RowsOfPart, on a worker
data : TrainingData without rows, on a worker
theta : ndarray of shape (n_params,)
"""

from dataclasses import dataclass
from math import gcd

import numpy as np

from sklearn_shallow.dask.parts import FAN_IN
from sklearn_shallow.estimators.training.samples import Rows
from sklearn_shallow.inputs.batches import stacked
from sklearn_shallow.inputs.scaling import ScaledRows
from sklearn_shallow.objective.epochs import Epoch
from sklearn_shallow.objective.formula import Objective
from sklearn_shallow.utils.threads import one_blas_thread_each


@dataclass(frozen=True, eq=False)
class RowsOfPart(Rows):
    """The rows of a part, in the form of an objective, and the number of the part.

    Arrays that arrive in a message lie anywhere in it. NumPy computes with those that are not
    aligned, but rounds otherwise, so they are copied: all workers return the same to the last bit.
    """

    number: int = 0

    def __setstate__(self, state):
        X = state["X"]
        if isinstance(X, ScaledRows):
            X.X = aligned(X.X)
        vars(self).update({name: aligned(value) for name, value in state.items()})


class DistributedRows:
    """All rows: their parts, their number, and sums over them.

    Parameters
    ----------
    parts : Parts of RowsOfPart
    data : future of TrainingData without rows
    ends : ndarray of int, how many rows the parts have up to the end of each
    """

    def __init__(self, parts, data, ends):
        self.parts, self.data, self.ends = parts, data, ends
        self.n_rows = int(ends[-1])
        [self.total_weight] = parts.sum(weights)
        self._taken = (None, None)

    def sum(self, function, theta, *args):
        """Return the sums over the parts of a function of rows, data, theta and the arguments."""
        if len(self.parts.futures) > FAN_IN:
            theta = self.parts.share(theta)
        return self.parts.sum(at, function, self.data, theta, *args)

    def mean_target(self):
        """Return the mean of every column of Y."""
        total, known = self.parts.sum(targets)
        return total / known

    def take(self, numbers):
        """Return X, Y and the weights of few rows, given their indices."""
        key = numbers.tobytes()
        if self._taken[0] != key:
            found = self.parts.of_rows(subset, numbers, self.ends)
            self._taken = key, tuple(map(stacked, zip(*found, strict=True)))
        return self._taken[1]


class DistributedObjective(Objective):
    """An objective whose sums over rows are computed by the workers.

    It has X, Y and the weights of a sample of the rows, for everything that is not a sum, such as
    quantiles. `n_rows` and the total weight are those of all rows.

    Parameters
    ----------
    sample : Objective of the sample
    rows : DistributedRows
    streams : Streams, of which dropout needs one, or None
    """

    def __init__(self, sample, rows, streams):
        vars(self).update(vars(sample))
        self.rows, self.streams, self.noise = rows, streams, None
        self.n_rows, self.total_weight = rows.n_rows, rows.total_weight
        self._set_penalty(sample.alpha)
        self._last_sums = {}

    def _means(self, name, theta, *args):
        """Return the results of a method of the objective, as means over all rows."""
        sums = self.rows.sum(sums_of, theta, self.loss, name, *args)
        return tuple(total / self.total_weight for total in sums)

    def loss_and_gradient(self, theta):
        return self._means("loss_and_gradient", theta)

    def loss_of_constant(self, constant):
        return self._means("loss_of_constant", constant)[0]

    def curvature(self, theta):
        return self._means("curvature", theta)[0]

    def total(self, function, theta, most=np.inf):
        [total] = self.rows.sum(total_of, theta, self.loss, function)
        return total

    def outputs(self, theta):
        """Yield the raw output, Y and the weights of the sample, block by block."""
        sample = Objective(self.network, self.loss, self.X, self.Y, self.sample_weight)
        return sample.outputs(theta)

    def in_active_units(self, theta):
        return self

    def take(self, rows):
        numbers = np.arange(*rows.indices(self.n_rows)) if isinstance(rows, slice) else rows
        X, Y, weight = self.rows.take(numbers)
        return self.inputs(X), Y, None if weight is None else weight.astype(self.dtype)

    def shuffled(self, rng):
        """Return a seed, from which the parts draw their orders."""
        return int(rng.integers(2**63))

    def epoch(self, theta, gradient, order, n_batches):
        return DistributedEpoch(self, theta, gradient, order, n_batches)


class DistributedEpoch(Epoch):
    """One pass over the rows in batches, of which every part has the same fraction of its rows."""

    def __iter__(self):
        objective, n_batches = self.objective, self.n_batches
        theta, total_weight = self.parameters.flat, objective.total_weight
        streams = objective.streams  # seeds, from which the parts draw their noise
        noise = 0 if streams is None else int(streams["dropout"].integers(2**63))
        for batch in range(n_batches):
            where = (self.order, noise, batch, n_batches)
            loss, total = objective.rows.sum(batch_of, theta.copy(), objective.loss, where)
            self.gradient.flat[...] = total * (n_batches / total_weight)
            objective.add_penalty_gradient(self.parameters, self.gradient)
            penalty = objective.penalty(self.parameters) / n_batches
            self.penalty += penalty
            self.value += loss / total_weight + penalty
            yield


# On the workers --------------------------------------------------------------------------------


def at(rows, number, function, data, theta, *args):
    """Return a function of a part on one BLAS thread, since a worker may run several tasks."""
    with one_blas_thread_each():
        return function(rows, data, aligned(theta), *args)


def aligned(value):
    """Return an array with aligned memory; other values are returned unchanged."""
    return np.require(value, requirements="A") if isinstance(value, np.ndarray) else value


def local(rows, data, loss, streams=None):
    """Return the objective of the rows of a part, without a penalty."""
    return data.objective(rows, fraction=0.0, streams=streams).with_loss(loss)


def sums_of(rows, data, theta, loss, name, *args):
    """Return the results of a method of the objective, as sums over the rows."""
    objective = local(rows, data, loss)
    found = getattr(objective, name)(theta, *args)
    found = found if isinstance(found, tuple) else (found,)
    return tuple(objective.total_weight * mean for mean in found)


def total_of(rows, data, theta, loss, function):
    return (local(rows, data, loss).total(function, theta),)


def weights(rows, number):
    """Return the sum of the weights."""
    return (rows.total_weight,)


def targets(rows, number):
    """Return the sums of the columns of Y, and the sums of the weights of their known entries."""
    weight = np.ones(len(rows.Y)) if rows.weight is None else rows.weight
    return weight @ np.nan_to_num(rows.Y.astype(np.float64)), weight @ ~np.isnan(rows.Y)


def batch_of(rows, data, theta, loss, where):
    """Return the sums of the losses of a batch and of their gradients."""
    order, noise, batch, n_batches = where
    # Batch numbers are shifted by part, so that the short batches of the parts do not coincide.
    n_rows, batch = len(rows.Y), (batch + rows.number) % n_batches
    chosen = slice(n_rows * batch // n_batches, n_rows * (batch + 1) // n_batches)
    if chosen.start == chosen.stop:
        return 0.0, np.zeros(len(theta))
    if order is not None:
        chosen = shuffled(n_rows, chosen, order, rows.number)
    streams = {"dropout": np.random.default_rng([noise, rows.number, batch])}
    objective = local(Rows(*subset(rows, chosen)), data, loss, streams).noisy()
    return tuple(objective.total_weight * mean for mean in objective.loss_and_gradient(theta))


def shuffled(n_rows, places, *seed):
    """Return the rows at a slice of a random order.

    It is ``first + step * place``, modulo the number of rows: a permutation, if step and number
    have no common divisor, which needs no memory, however many rows there are. (Random permutations
    were no better, not even for sorted labels.)
    """
    rng = np.random.default_rng(seed)
    first, step = rng.integers(1, n_rows, size=2, endpoint=True)
    while gcd(int(step), n_rows) > 1:
        step = rng.integers(1, n_rows, endpoint=True)
    return (first + step * np.arange(places.start, places.stop)) % n_rows


def subset(rows, chosen):
    """Return some of the rows."""
    weight = None if rows.weight is None else rows.weight[chosen]
    return rows.X[chosen], rows.Y[chosen], weight
