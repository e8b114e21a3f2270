"""Fitted networks as MLPClassifier and MLPRegressor of scikit-learn.

Convention
----------
networks : sequence of FittedNetwork of one estimator, whose predictions are averaged
layers : pair of lists, W and b of every layer
"""

import numpy as np
from scipy.linalg import block_diag
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, LabelBinarizer, LabelEncoder

from sklearn_shallow.export.describe import BUILT_IN, check_exportable, have_equal_inputs
from sklearn_shallow.export.scikit_learn.transformers import preprocessing_of
from sklearn_shallow.targets.labels import Multilabel
from sklearn_shallow.targets.numbers import RegressionTarget

ACTIVATIONS = ["identity", "logistic", "tanh", "relu"]
SOLVERS = ("adam", "sgd", "lbfgs")


def as_scikit_learn(networks, table, names, solver):
    """Return a fitted network of scikit-learn, in a pipeline where X is transformed.

    Parameters
    ----------
    table : Table or None
    names : ndarray of the names of the features, or None
    solver : str or Solver, for the parameters

    Raises
    ------
    ValueError
        If scikit-learn's networks cannot predict the same; the message says why.
    """
    check_possible(networks)
    target = networks[0].target
    steps, first_layer = preprocessing_of(networks[0].inputs, table, names)
    nets = [layers_of(network, first_layer) for network in networks]
    in_layers = limits_in_layers(networks[0])
    if in_layers:
        nets = [limited_layers(*pair) for pair in zip(nets, networks, strict=True)]
    if can_be_one(networks[0]):
        nets = [side_by_side(nets)]
    solver = solver if isinstance(solver, str) and solver in SOLVERS else "adam"
    labels = target.classes
    if len(nets) > 1 and labels is not None:
        labels = np.arange(len(labels))  # a VotingClassifier encodes labels
    made = [
        network_of(layers, network, labels, solver)
        for layers, network in zip(nets, networks[: len(nets)], strict=True)
    ]
    if not in_layers and target.limits.low is not None:
        made = [limited(*pair) for pair in zip(made, networks, strict=True)]
    model = made[0] if len(made) == 1 else voting_estimator(made, target)
    if steps:
        return make_pipeline(*steps, model)
    if names is not None:
        model.feature_names_in_ = names
    return model


def check_possible(networks):
    """Check that scikit-learn's networks can make the same predictions."""
    for network in networks:
        check_exportable(network)
    for problem in obstacles(networks):
        raise ValueError(
            f"No network of scikit-learn predicts the same, because of {problem}. Use to_onnx "
            "or export_code, which write any network of this package, or fit without that."
        )


def obstacles(networks):
    """Yield descriptions of the parts that scikit-learn lacks."""
    network = networks[0]
    activations, target, link = network.network.activations, network.target, network.target.link
    kinds = {BUILT_IN[type(activation)] for activation in activations}
    of_numbers = isinstance(target, RegressionTarget)
    if len(kinds) > 1 or not kinds <= {*ACTIVATIONS}:
        yield f"activation={[*activations]!r}; scikit-learn has one of {ACTIVATIONS} for all layers"
    if link.name not in (("identity", "log") if of_numbers else ("logit", "softmax")):
        yield f"loss={target.loss!r}, whose link {link.name!r} scikit-learn does not have"
    if link.name == "log" and not target.scaling.scale.all():
        yield "a constant y of zeros, whose logarithm is infinite"
    is_joint = isinstance(target, Multilabel) or (of_numbers and target.n_outputs > 1)
    if len(networks) > 1 and is_joint and not can_be_one(network):
        yield (
            "n_estimators > 1 with several labels or targets, which no VotingClassifier or "
            "VotingRegressor has"
        )
    if not have_equal_inputs(networks):
        yield "transforms of X that differ, as an interrupted warm start leaves them"


def can_be_one(network):
    """Return whether one network can predict the mean of several networks."""
    target = network.target
    is_limited = target.limits.low is not None and not limits_in_layers(network)
    return target.link.name == "identity" and not is_limited


def layers_of(network, first_layer):
    """Return the weights and biases after the transformers, in units of y and in float64."""
    parameters = network.network.layout.unpack(network.theta.astype(np.float64))
    W, b = [*parameters.W], [*parameters.b]
    W[0], b[0] = first_layer(W[0], b[0])
    W[-1], b[-1] = network.target.to_raw_units(W[-1], b[-1])
    return W, b


def limits_in_layers(network):
    """Return whether layers of relu units can limit the predictions, if they are limited."""
    kinds = {BUILT_IN[type(activation)] for activation in network.network.activations}
    return network.target.limits.low is not None and kinds <= {"relu"}


def limited_layers(layers, network):
    """Return the layers with one more that limits their output z to its ends, by four units each:
    ``relu(z) - relu(-z) - relu(z - high) + relu(low - z)``.
    """
    (W, b), target = layers, network.target
    largest = np.finfo(float).max
    low, high = np.clip(target.limits.ends, -largest, largest)
    if target.link.name == "log":
        low, high = np.log(np.maximum([low, high], np.finfo(float).tiny))
    one = np.eye(len(low))
    inner = [b[-1], -b[-1], b[-1] - high, low - b[-1]]
    W = [*W[:-1], np.hstack([W[-1], -W[-1], W[-1], -W[-1]]), np.vstack([one, -one, -one, one])]
    return W, [*b[:-1], np.concatenate(inner), np.zeros(len(low))]


def limited(model, network):
    """Return a fitted TransformedTargetRegressor that limits the predictions of a network."""
    low, high = network.target.limits.ends
    ends = {"a_min": low, "a_max": high}
    limiter = FunctionTransformer(inverse_func=np.clip, inv_kw_args=ends).fit(low[np.newaxis])
    made = TransformedTargetRegressor(model, transformer=limiter, check_inverse=False)
    made.regressor_, made.transformer_ = model, limiter
    made._training_dim = 1 if network.target.is_column else 2
    return made


def side_by_side(nets):
    """Return one network whose output is the mean of the outputs of several."""
    n = len(nets)
    W, b = ([*zip(*parts, strict=True)] for parts in zip(*nets, strict=True))  # by layer
    if len(W) == 1:
        return [sum(W[0]) / n], [sum(b[0]) / n]
    inner = [block_diag(*parts) for parts in W[1:-1]]
    joined = [np.hstack(W[0]), *inner, np.vstack(W[-1]) / n]
    return joined, [*(np.concatenate(parts) for parts in b[:-1]), sum(b[-1]) / n]


def network_of(layers, network, labels, solver):
    """Return a fitted MLPClassifier or MLPRegressor with these layers.

    Parameters
    ----------
    network : FittedNetwork that tells the rest
    labels : the classes, or None of numbers
    """
    (W, b), target = layers, network.target
    kinds = [BUILT_IN[type(activation)] for activation in network.network.activations]
    kinds += ["relu"] if limits_in_layers(network) else ["identity"]
    parameters = {
        "hidden_layer_sizes": tuple(len(part) for part in b[:-1]),
        "activation": kinds[0],
        "solver": solver,
        "alpha": float(network.decay),
        "max_iter": max(1, network.n_iter),
        "random_state": network.seed,
    }
    if isinstance(target, RegressionTarget):
        made = MLPRegressor(**parameters)
        made.out_activation_ = {"identity": "identity", "log": "exp"}[target.link.name]
        made.loss = "poisson" if target.link.name == "log" else "squared_error"
    else:
        made = MLPClassifier(**parameters)
        made.out_activation_ = target.out_activation
        is_multilabel = isinstance(target, Multilabel)
        y = np.eye(2, target.n_outputs, dtype=int) if is_multilabel else labels
        made._label_binarizer = LabelBinarizer().fit(y)
        made.classes_ = made._label_binarizer.classes_
    made.coefs_, made.intercepts_ = W, b
    made.n_features_in_, made.n_outputs_, made.n_layers_ = len(W[0]), len(b[-1]), len(W) + 1
    set_record(made, network)
    return made


def set_record(made, network):
    """Set the attributes of a network of scikit-learn that record its training."""
    made.n_iter_, made.t_, made.loss_ = network.n_iter, network.n_rows_seen, network.loss
    made.loss_curve_ = [float(loss) for loss in network.history.get("loss", [])]
    made.best_loss_ = min(made.loss_curve_, default=network.loss)
    made.validation_scores_ = made.best_validation_score_ = None


def voting_estimator(nets, target):
    """Return a VotingClassifier or VotingRegressor of fitted networks."""
    named = [(f"net{number}", one) for number, one in enumerate(nets)]
    if isinstance(target, RegressionTarget):
        made = VotingRegressor(named)
    else:
        made = VotingClassifier(named, voting="soft")
        made.le_ = LabelEncoder().fit(target.classes)
        made.classes_ = made.le_.classes_
    made.estimators_, made.named_estimators_ = nets, dict(named)
    return made
