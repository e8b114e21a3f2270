"""From the user's rows and parameters to a model and an objective.

Convention
----------
net : the estimator; its parameters are read, nothing is written
X, y : the rows, checked, as the user gave them
weights : (sample weights, sample weights times class weights), each an ndarray or None
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from sklearn_shallow.estimators.auto import batch_rows
from sklearn_shallow.estimators.checks import (
    check_activations,
    check_dropout,
    check_hidden_units,
    check_validation_data,
    check_weight,
    finds_decay,
)
from sklearn_shallow.estimators.early_stopping import validation_split
from sklearn_shallow.estimators.model import Model
from sklearn_shallow.estimators.range_warnings import warn_of_untransformed
from sklearn_shallow.evidence.decay import INITIAL_ALPHA
from sklearn_shallow.inputs.compression import NO_COMPRESSION, heavy_tails
from sklearn_shallow.inputs.sample_weights import check_scale, counted, observed, without_ones
from sklearn_shallow.inputs.scaling import CommonScale, ScaledRows, Standardization
from sklearn_shallow.network.dropout import Dropout
from sklearn_shallow.network.layout import Layout
from sklearn_shallow.network.passes import Network
from sklearn_shallow.objective.formula import Objective, block_rows
from sklearn_shallow.solvers.update_rules import OPTIMIZERS
from sklearn_shallow.utils.rows import canonical_rows, take_rows

__all__ = [
    "CANONICAL_ROWS",
    "DECOUPLED",
    "Rows",
    "check_known",
    "check_representable",
    "hold_out",
    "make_compression",
    "make_model",
    "make_objective",
    "make_scaling",
    "network_rows",
    "observed_rows",
    "precision",
    "row_weights",
    "split_decay",
]

CANONICAL_ROWS = 2000  # beyond this a fit does not hinge on rounding, and ordering takes time
DECOUPLED = "adamw"  # its decay of the squares is not in the gradient
SAFE_IN_SINGLE = 1e6  # numbers whose products and their squares stay far from its limits


def row_weights(net, X, y, target, sample_weight):
    """Return the weights of the rows.

    The inputs are standardised by the sample weights alone: how much an error on a class costs
    does not change where its rows lie.
    """
    sample_weight = check_weight(sample_weight, X)
    weight = net._class_weighted(target, y, sample_weight)
    if weight is None:
        return None, None
    if not weight.any():
        raise ValueError(
            "class_weight and sample_weight leave no row with a positive weight. "
            "Give at least one class that is present a positive weight."
        )
    if not isinstance(net.alpha, str):
        check_scale(weight, net.alpha)
    return sample_weight, weight


def hold_out(net, rows, target, weights, groups, validation, rng):
    """Return the rows to train on, (X, y, weights), and those to validate on or None.

    Rows of weight zero are left out; they could not be told from absent ones.
    """
    X, y = rows
    weight = weights[1]
    kept = np.arange(X.shape[0]) if weight is None else np.flatnonzero(weight)
    held_out = check_validation_data(net, sparse.issparse(X), *validation)
    if held_out is not None:
        X_val, y_val, weight_val = held_out
        if not sparse.issparse(X):
            warn_of_untransformed(net, X, X_val)
        held_out = X_val, y_val, net._class_weighted(target, y_val, weight_val)
    elif net.early_stopping_:
        strata = target.strata(y)
        kept, held = validation_split(net.validation_fraction, X, y, groups, kept, strata, rng)
        held_out = X[held], y[held], None if weight is None else weight[held]
    if held_out is not None and held_out[2] is not None and not held_out[2].any():
        raise ValueError(
            "sample_weight and class_weight are zero for every validation row. Pass positive "
            "weights in sample_weight_val, or change validation_fraction."
        )
    if len(kept) == X.shape[0]:
        return (X, y, weights), held_out
    return take_rows(kept, X, y, weights), held_out


def observed_rows(net, X, Y, weights, *, full_batch):
    """Return the rows to train on as the objective counts them.

    Unless alpha is a number, the weights add up to the number of observations, see
    `inputs.sample_weights`. Equal rows are merged if the rows are few and all in one batch.
    """
    finds = isinstance(net.alpha, str)
    weights = observed(X, Y, weights) if finds else tuple(map(without_ones, weights))
    if full_batch and X.shape[0] <= CANONICAL_ROWS:
        X, Y, weights = canonical_rows(X, Y, weights)
    return X, Y, counted(len(Y), weights) if finds else weights


def check_known(Y):
    """Check that there is something to learn in every column of the encoded targets."""
    unknown = np.isnan(Y).all(axis=0)
    if unknown.any():
        column = int(np.flatnonzero(unknown)[0])
        raise ValueError(
            f"y has no value in column {column} of the rows to train on, only nan. Leave the "
            "column out, or check how the rows were selected."
        )


def check_representable(net, X, Y):
    """Check that the targets do not overflow the dtype of the predictions."""
    dtype = np.dtype(parameter_dtype(net, X))
    largest = np.nanmax(np.abs(Y), initial=0)
    if largest > np.finfo(dtype).max:
        raise ValueError(
            f"y is up to {largest:.3g}, beyond the largest number of {dtype}, the dtype "
            "of the predictions. Set dtype='float64', or divide y by a constant."
        )


def parameter_dtype(net, X):
    """Return the dtype of the parameters and predictions."""
    return X.dtype if net.dtype == "auto" else np.dtype(net.dtype)


def precision(net, X, target, *, full_batch):
    """Return the dtype to compute in.

    Rounding is what limits a full-batch solver, so it gets double, unless the rows are many and
    single was asked for; the noise of mini-batches is far above the rounding of single.
    """
    if full_batch:
        large = X.shape[0] > CANONICAL_ROWS
        return np.float32 if large and parameter_dtype(net, X) == np.float32 else np.float64
    if net.dtype != "auto":
        return np.dtype(net.dtype).type
    values = X.data if sparse.issparse(X) else X
    safe = net.standardize or np.abs(values).max(initial=0) < SAFE_IN_SINGLE
    return np.float32 if safe and target.largest < SAFE_IN_SINGLE else np.float64


def make_compression(net, X, sample_weight):
    """Return the compression of the heavy tails of X, or that of the network to go on with.

    With a posterior there are no limits: how far out a row is, is told by its deviation.
    """
    if net.__sklearn_is_fitted__():
        compression = net.compression_.widened(X)
    elif net.standardize == "auto" and not sparse.issparse(X):
        compression = heavy_tails(X, sample_weight)
    else:
        compression = NO_COMPRESSION
    return compression if net.posterior is None else compression.unlimited()


def make_scaling(net, X, sample_weight, *, scaling=None, compression=NO_COMPRESSION):
    """Return the standardisation of X, which goes on from the given one."""
    if scaling is None and sparse.issparse(X) and net.standardize == "auto":
        scaling = CommonScale(X.shape[1], compression=compression)
    elif scaling is None:
        center = not sparse.issparse(X)
        scaling = Standardization(X.shape[1], center=center, compression=compression)
    else:
        scaling.compression = scaling.compression.widened(X)
    if net.standardize:
        scaling.update(X, sample_weight)
    return scaling


def make_model(net, X, target, scaling):
    """Return a model without parameters, of the shape that the estimator's parameters say."""
    hidden = check_hidden_units(net.hidden_layer_sizes)
    activations = check_activations(net.activation, hidden)
    layout = Layout((X.shape[1], *hidden, target.n_outputs))
    return Model(Network(layout, activations), scaling, np.empty(0, parameter_dtype(net, X)))


def scaled_rows(net, model, X, dtype):
    """Return X as the network sees it: at once for batches, block by block where the rows are many
    and all are passed through in blocks."""
    in_blocks = batch_rows(net, X.shape[0]) == X.shape[0] > CANONICAL_ROWS
    if sparse.issparse(X) or not in_blocks:
        return model.scaling.apply(X, dtype)
    return ScaledRows(model.scaling, X, dtype, block_rows(model.network.layout, dtype))


class Rows(NamedTuple):
    """Rows as an objective takes them; several objectives may have the same.

    Attributes
    ----------
    X : ndarray, CSR or ScaledRows, as the network sees it
    Y : ndarray of shape (n_rows, n_outputs), encoded and scaled, in the dtype to compute in
    weight : ndarray of float64, or None
    """

    X: object
    Y: np.ndarray
    weight: np.ndarray | None

    @property
    def total_weight(self):
        """The sum of the weights."""
        return float(len(self.Y) if self.weight is None else self.weight.sum())


def network_rows(net, model, X, Y, weight):
    """Return the rows as an objective takes them."""
    return Rows(scaled_rows(net, model, X, Y.dtype), np.asfortranarray(Y), weight)


def make_objective(net, model, rows, target, *, prior=1.0, rng=None):
    """Return an objective with work arrays of its own; with a rng, its epochs see dropout.

    Parameters
    ----------
    prior : float
        How much of the penalty counts.
    """
    X, Y, weight = rows
    X = X.twin() if isinstance(X, ScaledRows) else X
    weight = None if weight is None else weight.astype(Y.dtype)
    loss = target.loss
    arguments = (model.network, loss, X, Y, weight)
    alpha, relevance = split_decay(INITIAL_ALPHA if finds_decay(net._decay) else net._decay)
    alpha, l1_ratio = prior * np.asarray(alpha, float), np.asarray(net.l1_ratio, float)
    if net.solver_ == DECOUPLED:
        alpha, l1_ratio = alpha * l1_ratio, 1.0
    rates = check_dropout(net.dropout, len(model.network.activations))
    noise = None
    if rng is not None and any(rates) and net.solver_ in OPTIMIZERS:
        noise = Dropout(model.network, rates, rng)
    objective = Objective(*arguments, alpha=alpha, l1_ratio=l1_ratio, noise=noise)
    return objective if relevance is None else objective.with_alpha(alpha, relevance)


def split_decay(decay):
    """Return a decay per layer, and what it is divided by in every column of X, None if nothing.

    The decay that "ard" finds has an array as its first entry, and numbers that are equal.
    """
    if not np.iterable(decay) or np.ndim(decay[0]) == 0:
        return decay, None
    of_others = decay[-1] if len(decay) > 1 else 1.0
    return [of_others] * len(decay), of_others / decay[0]
