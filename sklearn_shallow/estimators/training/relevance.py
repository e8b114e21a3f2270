"""The relevance of the features, from the derivatives of a trained network.

Source: Radhakrishnan, Beaglehole, Pandit & Belkin 2024, "Mechanism for feature learning in neural
networks and backpropagation-free machine learning models", Science 383 (arXiv:2212.13881). The
relevance of a feature is the mean squared derivative of the output with respect to it. The authors
multiply X by the root of the matrix of all mean products of derivatives, in several rounds of
training; here X is multiplied by the root of its diagonal, in one round.
"""

import numpy as np

from sklearn_shallow.inputs.one_hot_rows import OneHotRows
from sklearn_shallow.objective.curvature import linearised_rows
from sklearn_shallow.utils.rows import even_sample

SAMPLE_ROWS = 2000  # size of the sample of rows of the mean
MIN_ROOT = 0.25  # minimum of the root of a relevance, as a fraction of the largest root
POWER_OF_LABELS = 0.5  # exponent of the mean squared derivative for log-likelihoods


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
    W = data.network.layout.unpack(theta).W[0][:n].astype(np.float64)
    changes = np.einsum("ij,jk,ik->i", W, signal_products(jacobian, raw, weight), W)
    X = jacobian.inputs[0]
    X = (X.toarray() if isinstance(X, OneHotRows) else X)[:, :n].astype(np.float64)
    variance = np.average((X - np.average(X, axis=0, weights=weight)) ** 2, axis=0, weights=weight)
    features = data.inputs.features
    sizes = np.bincount(features, variance, data.shape[1])
    found = np.bincount(features, changes * variance, data.shape[1])
    relevance = np.divide(found, sizes, out=np.zeros_like(found), where=sizes > 0)
    if len(relevance) == 1 or not relevance.any():
        return None
    relevance = relevance**POWER_OF_LABELS if data.target.loss.is_likelihood else relevance
    relevance = np.maximum(relevance, MIN_ROOT**2 * relevance.max())
    return relevance * variance.sum() / (variance * relevance[features]).sum()


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
