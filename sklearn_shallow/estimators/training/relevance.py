"""The relevance of the features, from the derivatives of a trained network.

Source: Radhakrishnan, Beaglehole, Pandit & Belkin 2024, "Mechanism for feature learning in neural
networks and backpropagation-free machine learning models", Science 383 (arXiv:2212.13881). The
relevance of a feature is the mean squared derivative of the output with respect to it. The authors
multiply X by the root of the matrix of all mean products of derivatives, in several rounds of
training; here X is multiplied by the root of its diagonal, in one round. If features are many, the
derivatives may be those of a lasso.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LassoCV, RidgeCV
from sklearn.model_selection import KFold

from sklearn_shallow.inputs.one_hot_rows import OneHotRows
from sklearn_shallow.inputs.ridge import PENALTIES
from sklearn_shallow.objective.curvature import linearised_rows
from sklearn_shallow.utils.rows import even_sample
from sklearn_shallow.utils.threads import one_blas_thread_each

SAMPLE_ROWS = 2000  # size of the sample of rows of the mean
MIN_ROOT = 0.25  # minimum of the root of a relevance, as a fraction of the largest root
POWER_OF_LABELS = 0.5  # exponent of the mean squared derivative for log-likelihoods
PENALTIES_OF_MANY = 10 * PENALTIES  # candidates of a ridge regression on many features
MAX_ERROR_OF_LASSO = 0.9  # of the error of a ridge regression, for which a lasso is better
MIN_REST = 0.01  # minimum share of the variance of y that is divided evenly among the features
N_FOLDS = 5


@one_blas_thread_each()
def relevance_of_features(data, theta):
    """Return the relevance of every feature; None if there is one feature, or the output depends on
    none.

    It is the mean square of the derivative of the output with respect to the standardised feature;
    for likelihoods, such as those of labels, its root. With little noise, the last errors of labels
    depend on features that matter little at first. The mean squared length of the samples stays the
    same.

    Parameters
    ----------
    data : TrainingData, whose features count alike
    theta : ndarray of shape (n_params,)
    """
    data, theta = data.in_columns(theta)
    objective, n = data.objective(), data.inputs.n_columns
    rows = even_sample(objective.n_rows, SAMPLE_ROWS)
    _, weight, raw, jacobian = linearised_rows(objective, theta, rows)
    weight = np.ravel(np.broadcast_to(weight, (len(raw), 1))).astype(np.float64)
    W = data.network_of_columns.layout.unpack(data.for_columns(theta)).W[0].astype(np.float64)
    changes = np.einsum("ij,jk,ik->i", W, signal_products(jacobian, raw, weight), W)
    X = jacobian.inputs[0]
    X = (X.toarray() if isinstance(X, OneHotRows) else X)[:, :n].astype(np.float64)
    variance = variance_of(X, weight)
    relevance = of_features(data, changes, variance)
    if len(relevance) == 1 or not relevance.any():
        return None
    relevance = relevance**POWER_OF_LABELS if data.target.loss.is_likelihood else relevance
    relevance = np.maximum(relevance, MIN_ROOT**2 * relevance.max())
    return scaled(data, relevance, variance)


def relevance_by_lasso(data):
    """Return the relevance of every feature by the coefficients of a lasso; None unless its error
    in cross-validation is clearly below that of a ridge regression.

    The squared coefficients are the mean squared derivatives of its predictions. Their part of the
    relevance is the share of the variance of y that the lasso explains; the rest is divided evenly,
    since it may depend on any feature. With no explained variance all features are equal.

    Parameters
    ----------
    data : TrainingData without bins, whose features count alike
    """
    rows = data.rows
    known = ~np.isnan(rows.Y).any(axis=1)
    X, Y = (part[known].astype(np.float64) for part in (rows.X, rows.Y))
    X, weight = X[:, :-1], None if rows.weight is None else rows.weight[known]
    ridge = RidgeCV(PENALTIES_OF_MANY, alpha_per_target=True).fit(X, Y, weight)
    lassos = [lasso(X, y, weight) for y in Y.T]
    error = sum(one.mse_path_.mean(axis=1).min() for one in lassos)
    changes = sum(one.coef_**2 for one in lassos)
    if error > MAX_ERROR_OF_LASSO * -np.sum(ridge.best_score_) or not changes.any():
        return None
    variance = variance_of(X, weight)
    rest = np.clip(error / variance_of(Y, weight).sum(), MIN_REST, 1)
    return rest + (1 - rest) * scaled(data, of_features(data, changes, variance), variance)


def lasso(X, y, weight):
    """Return a lasso whose penalty has the least error in cross-validation.

    A few penalties and iterations suffice to tell which features count.
    """
    folds = KFold(N_FOLDS, shuffle=True, random_state=0)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        return LassoCV(alphas=10, eps=0.03, tol=0.01, max_iter=100, cv=folds).fit(X, y, weight)


def variance_of(X, weight):
    """Return the variances of the columns."""
    return np.average((X - np.average(X, axis=0, weights=weight)) ** 2, axis=0, weights=weight)


def of_features(data, changes, variance):
    """Return the means over the columns of each feature, weighted by the variance of the columns.

    Parameters
    ----------
    changes : ndarray of shape (n_columns,), the mean squared derivatives
    variance : ndarray of shape (n_columns,)
    """
    features, n = data.inputs.features, data.shape[1]
    sizes = np.bincount(features, variance, n)
    found = np.bincount(features, changes * variance, n)
    return np.divide(found, sizes, out=np.zeros_like(found), where=sizes > 0)


def scaled(data, relevance, variance):
    """Return the relevance times a factor that keeps the mean squared length of the samples."""
    return relevance * variance.sum() / (variance * relevance[data.inputs.features]).sum()


def signal_products(jacobian, raw, weight):
    """Return the mean products of the derivatives of the outputs with respect to the inputs of the
    hidden units in the first layer, summed over the outputs, (n_units, n_units)."""
    products = 0.0
    for output in range(raw.shape[1]):
        direction = np.zeros_like(raw)
        direction[:, output] = 1
        signals = jacobian.signals(direction)[0].astype(np.float64)
        products = products + signals.T @ (weight[:, np.newaxis] * signals)
    return products / weight.sum()
