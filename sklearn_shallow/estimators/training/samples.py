"""Samples as the user gave them, checked, with their weights."""

from functools import partial
from typing import NamedTuple

import numpy as np

from sklearn_shallow.estimators.parameters.checks import check_weight
from sklearn_shallow.inputs.facts import FeatureFacts
from sklearn_shallow.inputs.sample_weights import check_scale, warn_counted, without_copies
from sklearn_shallow.utils.rows import select


class Samples(NamedTuple):
    """Samples to train on or to validate on.

    Attributes
    ----------
    X : ndarray, SelectedRows or CSR
    y : ndarray or CSR
    weight : ndarray of shape (n_rows,), or None
        The sample weights, by which the inputs and the target are standardised.
    cost : ndarray of shape (n_rows,), or None
        The sample weights times the class weights, by which the losses count: how much an error on
        a class costs does not change where its samples lie.
    numbers : ndarray of shape (n_rows,), or None
        Which of all samples these are, where they are only some.
    categories : list or None
        For every feature the names of its categories, or None if it is a number.
    features, levels, sums : or None
        What is known of all samples then: FeatureFacts; of the categories see `Columns.of`.
    keeps_absent : bool
        Whether categories that no sample has may come later, see `Category.of`.
    """

    X: object
    y: object
    weight: np.ndarray | None = None
    cost: np.ndarray | None = None
    numbers: np.ndarray | None = None
    categories: list | None = None
    features: FeatureFacts | None = None
    levels: dict | None = None
    sums: dict | None = None
    keeps_absent: bool = False

    def weighted(self, settings, target, sample_weight):
        """Return these samples with weights."""
        weight = check_weight(sample_weight, self.X)
        cost = target.class_weighted(settings.class_weight, self.y, weight)
        if cost is None:
            return self
        if not cost.any():
            raise ValueError(
                "class_weight and sample_weight leave no sample with a positive weight. "
                "Give at least one class that is present a positive weight."
            )
        if not settings.relative:
            check_scale(cost, settings.given["alpha"])
            warn_counted(weight, settings.given["alpha"])
        return self._replace(weight=weight, cost=cost)

    def take(self, rows):
        """Return some of the samples."""
        others = (None if part is None else part[rows] for part in self[1:5])
        return Samples(select(self.X, rows), *others, *self[5:])

    def without_zeros(self):
        """Return the samples of positive weight; others could not be told from absent ones."""
        if self.cost is None or self.cost.all():
            return self
        return self.take(np.flatnonzero(self.cost))

    def without_copies(self, settings, target):
        """Return the distinct samples if the decay is to be found and the others are copies."""
        if not settings.relative:
            return self
        samples = self.without_zeros()
        encoded = partial(target.encode, samples.y, np.float64)
        rows, weight = without_copies(samples.X, encoded, samples.weight)
        if rows is None:
            return self
        distinct = samples.take(rows)._replace(weight=None, cost=None)
        return distinct.weighted(settings, target, weight)

    @property
    def weights(self):
        """Both kinds of weights, see `inputs.sample_weights`."""
        return self.weight, self.cost


def check_known(Y, target):
    """Check that there is something to learn in every column of the encoded targets."""
    unknown = np.isnan(Y).all(axis=0)
    if unknown.any():
        column = int(np.flatnonzero(unknown)[0]) // target.loss.n_views
        raise ValueError(
            f"y has no value in column {column} of the samples to train on, only nan. Leave the "
            "column out, or check how the samples were selected."
        )


def check_representable(X, Y):
    """Check that the dtype of the predictions, that of X, has numbers as the targets are."""
    largest, numbers = np.nanmax(np.abs(Y), initial=0), np.finfo(X.dtype)
    if largest > numbers.max:
        raise ValueError(
            f"y is up to {largest:.3g}, beyond the largest number of {X.dtype}, the dtype of X and "
            "of the predictions. Pass X in float64, or divide y by a constant."
        )
    if 0 < largest < numbers.tiny:
        raise ValueError(
            f"y is up to {largest:.3g}, below the smallest normal number of {X.dtype}, the dtype "
            "of X and of the predictions. Pass X in float64, or multiply y by a constant."
        )
